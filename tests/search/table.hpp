// SPDX-License-Identifier: Apache-2.0
// The set of visited states: exact, open addressing, 12 bytes for each.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "base/check.hpp"

namespace chopmark::search {

/// The local states of the honest nodes, by number.
using State = std::array<std::uint32_t, 3>;

class Table {
 public:
  static constexpr std::uint32_t kLocalMax = 1U << 28;
  static constexpr std::uint32_t kDepthMax = (1U << 12) - 2;

  explicit Table(std::size_t states_max)
      : states_max_(states_max),
        count_(states_max + states_max / 4 + 16),
        slots_(static_cast<Slot*>(std::calloc(count_, sizeof(Slot))), &std::free) {
    CHOPMARK_CHECK(slots_ != nullptr);
  }

  /// False if it was there already. `full()` must not hold.
  bool insert(const State& state, std::uint32_t depth) {
    Slot& slot = find(state);
    if (slot.depth() != 0) return false;
    slot = Slot(state, depth + 1);
    ++size_;
    return true;
  }
  /// Depth at which the state was found, or -1.
  [[nodiscard]] std::int64_t depth_of(const State& state) {
    return static_cast<std::int64_t>(find(state).depth()) - 1;
  }
  void prefetch(const State& state) const noexcept { __builtin_prefetch(&slots_[home(state)]); }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool full() const noexcept { return size_ >= states_max_; }

 private:
  // Three numbers of 28 bits and the depth + 1 in 12; a free slot is all zeros.
  struct Slot {
    std::uint32_t word[3];
    Slot(const State& state, std::uint32_t depth) {
      CHOPMARK_CHECK(depth <= kDepthMax);
      for (std::size_t i = 0; i < 3; ++i)
        word[i] = state[i] << 4 | (depth >> (4 * i) & 15);
    }
    [[nodiscard]] std::uint32_t depth() const noexcept {
      return (word[0] & 15) | (word[1] & 15) << 4 | (word[2] & 15) << 8;
    }
    [[nodiscard]] bool holds(const State& state) const noexcept {
      return word[0] >> 4 == state[0] && word[1] >> 4 == state[1] && word[2] >> 4 == state[2];
    }
  };
  static_assert(sizeof(Slot) == 12);

  [[nodiscard]] std::size_t home(const State& state) const noexcept {
    std::uint64_t hash = (std::uint64_t{state[0]} << 32 | state[1]) * 0x9e3779b97f4a7c15ULL;
    hash = (hash ^ hash >> 29 ^ state[2]) * 0xbf58476d1ce4e5b9ULL;
    hash = (hash ^ hash >> 32) * 0x94d049bb133111ebULL;
    return static_cast<std::size_t>(static_cast<unsigned __int128>(hash) * count_ >> 64);
  }
  [[nodiscard]] Slot& find(const State& state) {
    std::size_t at = home(state);
    while (slots_[at].depth() != 0 && !slots_[at].holds(state))
      at = at + 1 == count_ ? 0 : at + 1;
    return slots_[at];
  }

  std::size_t states_max_;
  std::size_t size_ = 0;
  std::size_t count_;
  std::unique_ptr<Slot[], void (*)(void*)> slots_;  // pages come as they are touched
};

}  // namespace chopmark::search
