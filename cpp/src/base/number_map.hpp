// SPDX-License-Identifier: Apache-2.0
// A map from u64 to u32 in one array: open addressing with linear probing. Entries are set and
// replaced, never taken out. Floor: base.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace chopmark {

class NumberMap {
 public:
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  [[nodiscard]] std::optional<std::uint32_t> find(std::uint64_t key) const noexcept {
    if (slots_.empty()) return std::nullopt;
    const Slot& slot = slots_[position(key)];
    if (!slot.used) return std::nullopt;
    return slot.value;
  }

  void set(std::uint64_t key, std::uint32_t value) {
    if (4 * (size_ + 1) > 3 * slots_.size()) grow();
    Slot& slot = slots_[position(key)];
    if (!slot.used) ++size_;
    slot = {key, value, true};
  }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t value = 0;
    bool used = false;
  };
  static_assert(sizeof(Slot) == 16);

  // Every bit of a key reaches the low bits, by which the slot is chosen: keys are often two small
  // numbers side by side.
  static std::uint64_t mixed(std::uint64_t key) noexcept {
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15U;  // odd, near 2^64 over the golden ratio
    return key ^ key >> 32;
  }

  /// Where the key is, or where it belongs. slots_.size() is a power of two, and at least a quarter
  /// of the slots is free, so the search ends.
  [[nodiscard]] std::size_t position(std::uint64_t key) const noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = static_cast<std::size_t>(mixed(key)) & mask;
    while (slots_[at].used && slots_[at].key != key)
      at = (at + 1) & mask;
    return at;
  }

  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : 2 * slots_.size());
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.used) slots_[position(slot.key)] = slot;
    }
  }

  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace chopmark
