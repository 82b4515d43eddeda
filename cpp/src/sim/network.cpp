// SPDX-License-Identifier: Apache-2.0
#include "sim/network.hpp"

#include <algorithm>

namespace chopmark::sim {
namespace {

/// Bytes around a message on the wire: Ethernet, IP, TCP and TLS of one segment.
constexpr std::uint64_t kAroundBytes = 100;
/// Connections share a node's link packet by packet, so what fits a few packets does not wait for
/// a block that is on its way to somebody else; the block waits for it.
constexpr std::size_t kSmallBytes = 16 * 1024;
/// A driver gives up on what has waited for so long.
constexpr std::uint64_t kBacklogMaxUs = 5'000'000;

}  // namespace

Network::Network(const NetworkPlan& plan, std::size_t nodes, std::uint64_t seed)
    : plan_(plan),
      nodes_(nodes),
      draw_(seed),
      weather_(seed ^ 0x77656174686572),
      egress_(nodes),
      last_arrival_us_(nodes * nodes, 0),
      cut_(nodes * nodes, 0) {}

std::uint64_t Network::leaves(std::size_t from, std::size_t bytes, std::uint64_t time_us,
                              bool& dropped) {
  const std::uint64_t rate = plan_.bits_per_second[from];
  if (rate == 0) return time_us;
  Egress& out = egress_[from];
  const bool small = bytes <= kSmallBytes;
  std::uint64_t& free_us = small ? out.small_free_us : out.bulk_free_us;
  std::uint64_t& rest = small ? out.small_rest : out.bulk_rest;
  if (free_us < time_us) {
    free_us = time_us;
    rest = 0;
  }
  dropped = free_us > time_us + kBacklogMaxUs;
  if (dropped) return 0;
  const std::uint64_t work = (bytes + kAroundBytes) * 8 * 1'000'000 + rest;
  free_us += work / rate;
  rest = work % rate;
  if (small) out.bulk_free_us = std::max(out.bulk_free_us, time_us) + work / rate;
  return free_us;
}

void Network::transmit(Queue& queue, Buffer* message, std::size_t from, std::size_t to,
                       std::size_t process, std::uint64_t time_us) {
  const std::size_t link = from * nodes_ + to;
  bool dropped = false;
  const std::uint64_t left_us = leaves(from, message->size, time_us, dropped);
  if (dropped || cut_[link] != 0) return;
  if (plan_.loss_ppm != 0 && draw_.chance(plan_.loss_ppm)) return;
  std::uint64_t arrival_us = left_us + plan_.latency_us[link];
  if (plan_.jitter_us != 0) arrival_us += draw_.below(plan_.jitter_us);
  if (plan_.spike_ppm != 0 && draw_.chance(plan_.spike_ppm))
    arrival_us += draw_.below(plan_.spike_us);
  if (plan_.in_order) {
    arrival_us = std::max(arrival_us, last_arrival_us_[link]);
    last_arrival_us_[link] = arrival_us;
  }
  const bool twice = plan_.duplicate_ppm != 0 && draw_.chance(plan_.duplicate_ppm);
  for (int copies = twice ? 2 : 1; copies != 0; --copies) {
    Buffers::keep(message);
    Entry entry;
    entry.time_us = arrival_us;
    entry.data = message;
    entry.what = Happening::message;
    entry.process = static_cast<std::uint8_t>(process);
    entry.from = static_cast<std::uint8_t>(from);
    queue.push(entry);
    arrival_us += draw_.below(50'000);
  }
}

bool Network::turn() {
  if (plan_.split_ppm == 0) return false;
  if (split_ && weather_.chance(plan_.mend_ppm)) {
    std::ranges::fill(cut_, std::uint8_t{0});
    split_ = false;
  } else if (weather_.chance(plan_.split_ppm)) {
    const std::uint64_t sides = weather_.next();
    const bool one_way = plan_.one_way && weather_.chance(500'000);
    for (std::size_t from = 0; from < nodes_; ++from) {
      for (std::size_t to = 0; to < nodes_; ++to) {
        const bool a = (sides >> from & 1) != 0;
        const bool b = (sides >> to & 1) != 0;
        cut_[from * nodes_ + to] = one_way ? (a && !b) : (a != b);
      }
    }
    split_ = true;
  }
  return split_;
}

void Network::heal() {
  std::ranges::fill(cut_, std::uint8_t{0});
  split_ = false;
  plan_.split_ppm = plan_.loss_ppm = plan_.duplicate_ppm = plan_.spike_ppm = 0;
  std::ranges::fill(plan_.bits_per_second, 0);
  plan_.in_order = true;  // as TCP is
}

}  // namespace chopmark::sim
