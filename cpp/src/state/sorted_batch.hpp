// SPDX-License-Identifier: Apache-2.0
// The changes of a batch in ascending order of their keys. Floor: state.
#pragma once

#include <vector>

#include "state/tree.hpp"

namespace chopmark::state {

class SortedBatch {
 public:
  explicit SortedBatch(const Batch& batch);

  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }
  [[nodiscard]] const std::uint8_t* key(std::size_t i) const noexcept {
    return batch_.key(order_[i].index);
  }
  [[nodiscard]] const std::uint8_t* value(std::size_t i) const noexcept {
    return batch_.value(order_[i].index);
  }
  [[nodiscard]] bool deletes_at(std::size_t i) const noexcept {
    return batch_.deletes_at(order_[i].index);
  }
  void prefetch(std::size_t i) const noexcept {
    __builtin_prefetch(key(i));
    __builtin_prefetch(value(i));
  }
  [[nodiscard]] bool has_deletes() const noexcept { return batch_.deletes != nullptr; }
  [[nodiscard]] bool has_duplicates() const noexcept;

  [[nodiscard]] unsigned bit(std::size_t i, std::size_t depth) const noexcept {
    return depth < 64 ? static_cast<unsigned>(order_[i].head >> (63 - depth)) & 1U
                      : bit_at(key(i), depth);
  }
  /// The first of the changes [from, to) whose bit at `depth` is 1; all share the bits before.
  [[nodiscard]] std::size_t split(std::size_t from, std::size_t to,
                                  std::size_t depth) const noexcept;

 private:
  struct Place {
    std::uint64_t head;  // the first bytes of the key: most comparisons need no more
    std::uint32_t index;
  };
  [[nodiscard]] bool before(const Place& a, const Place& b) const noexcept;
  void sort(std::size_t from, std::size_t to);

  Batch batch_;
  std::vector<Place> order_;
};

}  // namespace chopmark::state
