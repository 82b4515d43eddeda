// SPDX-License-Identifier: Apache-2.0
#include "sim/world.hpp"

namespace chopmark::sim {

void LiarOutbox::send(std::size_t from, std::size_t to, ByteView message, std::uint64_t delay_us) {
  if (from == to || to >= world_.plan.nodes) return;
  world_.observer.sent(from, static_cast<std::uint16_t>(to), message);
  if (world_.trace != nullptr && world_.trace->messages)
    world_.trace->add(world_.now_us, TraceKind::sent, from, to, message);
  Buffer* buffer = world_.buffers.copy(message);
  world_.transmit(from, to, buffer, world_.now_us + delay_us);
  world_.buffers.drop(buffer);
}

}  // namespace chopmark::sim
