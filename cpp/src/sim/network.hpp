// SPDX-License-Identifier: Apache-2.0
// Links between nodes: when, and whether, a message arrives. Floor: sim.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "sim/plan.hpp"
#include "sim/queue.hpp"
#include "sim/random.hpp"

namespace chopmark::sim {

class Network {
 public:
  Network(const NetworkPlan& plan, std::size_t nodes, std::uint64_t seed);

  /// Puts the arrivals at `process` (of node `to`) of what `from` sends at `time_us` into the
  /// queue; each keeps the buffer.
  void transmit(Queue& queue, Buffer* message, std::size_t from, std::size_t to,
                std::size_t process, std::uint64_t time_us);

  /// Partitions begin and end. True if there is one now.
  bool turn();
  /// By link: whether it carries nothing. Empty if all do.
  [[nodiscard]] ByteView cut() const noexcept { return split_ ? ByteView(cut_) : ByteView(); }
  /// No fault from now on.
  void heal();

 private:
  struct Egress {
    std::uint64_t small_free_us = 0;  // when the next small message can leave
    std::uint64_t bulk_free_us = 0;
    std::uint64_t small_rest = 0, bulk_rest = 0;  // fractions of a microsecond, in bits * 10^6
  };

  [[nodiscard]] std::uint64_t leaves(std::size_t from, std::size_t bytes, std::uint64_t time_us,
                                     bool& dropped);

  NetworkPlan plan_;
  std::size_t nodes_;
  Random draw_, weather_;
  std::vector<Egress> egress_;
  std::vector<std::uint64_t> last_arrival_us_;  // by link, if in order
  std::vector<std::uint8_t> cut_;               // by link
  bool split_ = false;
};

}  // namespace chopmark::sim
