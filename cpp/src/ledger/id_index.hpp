// SPDX-License-Identifier: Apache-2.0
// Finds numbered things by their ids, which are hashes; the ids themselves stand elsewhere.
// Floor: ledger.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/endian.hpp"

namespace chopmark::ledger {

/// `id_of(number)` gives the id of a number that is in here.
class IdIndex {
 public:
  template <class IdOf>
  [[nodiscard]] std::optional<std::uint64_t> find(const Digest& id, IdOf&& id_of) const {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[place(id, id_of)];
    if (slot == 0) return std::nullopt;
    return number_of(slot);
  }

  /// False, and nothing changed, if the id is in here.
  template <class IdOf>
  bool insert(const Digest& id, std::uint64_t number, IdOf&& id_of) {
    if (2 * (used_ + 1) > slots_.size()) grow(id_of);
    Slot& slot = slots_[place(id, id_of)];
    if (slot != 0) return false;
    slot = tag_of(id) | (number + 1);
    ++used_;
    return true;
  }

  template <class IdOf>
  void erase(const Digest& id, IdOf&& id_of) {
    if (slots_.empty()) return;
    std::size_t hole = place(id, id_of);
    if (slots_[hole] == 0) return;
    // Those behind move up, so that each is found from the slot of its id without a gap.
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = (hole + 1) & mask; slots_[at] != 0; at = (at + 1) & mask) {
      const std::size_t home = home_of(id_of(number_of(slots_[at])));
      if (((at - home) & mask) < ((at - hole) & mask)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole] = 0;
    --used_;
  }

  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  void reserve(std::size_t count) {
    if (used_ == 0 && 2 * count > slots_.size()) slots_.assign(slots_for(count), 0);
  }
  void clear() noexcept {
    slots_ = {};
    used_ = 0;
  }

 private:
  using Slot = std::uint64_t;  // 24 bits of the id, then 1 + the number; 0: free
  static constexpr unsigned kNumberBits = 40;
  static constexpr Slot kNumberMask = (Slot{1} << kNumberBits) - 1;

  [[nodiscard]] static std::size_t slots_for(std::size_t count) noexcept {
    std::size_t slots = 64;
    while (slots < 2 * (count + 1))
      slots *= 2;
    return slots;
  }
  [[nodiscard]] static Slot tag_of(const Digest& id) noexcept {
    return load_be<std::uint64_t>(id.data()) >> kNumberBits << kNumberBits;
  }
  [[nodiscard]] static std::uint64_t number_of(Slot slot) noexcept {
    return (slot & kNumberMask) - 1;
  }
  [[nodiscard]] std::size_t home_of(const Digest& id) const noexcept {
    return load_be<std::uint64_t>(id.data() + 8) & (slots_.size() - 1);
  }

  /// The slot of an id, or the free one where it would go.
  template <class IdOf>
  [[nodiscard]] std::size_t place(const Digest& id, IdOf&& id_of) const {
    const Slot tag = tag_of(id);
    std::size_t at = home_of(id);
    for (; slots_[at] != 0; at = (at + 1) & (slots_.size() - 1)) {
      if ((slots_[at] & ~kNumberMask) == tag && id_of(number_of(slots_[at])) == id) break;
    }
    return at;
  }

  template <class IdOf>
  void grow(IdOf&& id_of) {
    std::vector<Slot> before(slots_for(2 * used_));
    before.swap(slots_);
    for (const Slot slot : before) {
      if (slot == 0) continue;
      std::size_t at = home_of(id_of(number_of(slot)));
      while (slots_[at] != 0)
        at = (at + 1) & (slots_.size() - 1);
      slots_[at] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace chopmark::ledger
