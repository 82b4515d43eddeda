// SPDX-License-Identifier: Apache-2.0
#include "state/climb.hpp"

#include <cstring>

namespace chopmark::state {

void Climb::run(HashId id, std::vector<Climber>& climbers) {
  pairs_.resize(2 * kDigestBytes * climbers.size());
  for (std::size_t i = 0; i < climbers.size(); ++i) {
    const std::size_t depth = climbers[i].depths.deepest();
    if (depth != kKeyBits) waiting_[depth].push_back(static_cast<std::uint32_t>(i));
  }
  for (std::size_t depth = kKeyBits; depth-- != 0;)
    step(id, depth, climbers);
}

void Climb::step(HashId id, std::size_t depth, std::vector<Climber>& climbers) {
  if (waiting_[depth].empty()) return;
  jobs_.clear();
  for (const std::uint32_t i : waiting_[depth]) {
    Climber& climber = climbers[i];
    std::uint8_t* const pair = pairs_.data() + 2 * kDigestBytes * i;
    const unsigned side = bit_at(climber.key, depth);
    std::memcpy(pair + kDigestBytes * side, climber.node.data(), kDigestBytes);
    std::memcpy(pair + kDigestBytes * (1 - side), climber.beside, kDigestBytes);
    climber.beside += kDigestBytes;
    jobs_.push_back({pair, climber.node.data(), static_cast<std::uint32_t>(depth)});
    const std::size_t next = climber.depths.before(depth);
    if (next != kKeyBits) waiting_[next].push_back(i);
  }
  hash_nodes(id, jobs_, 1);
  waiting_[depth].clear();
}

}  // namespace chopmark::state
