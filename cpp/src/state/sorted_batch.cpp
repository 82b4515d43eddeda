// SPDX-License-Identifier: Apache-2.0
#include "state/sorted_batch.hpp"

#include <algorithm>

namespace chopmark::state {
namespace {

constexpr std::size_t kInsertionMax = 16;  // shorter runs are sorted by insertion

}  // namespace

SortedBatch::SortedBatch(const Batch& batch) : batch_(batch), order_(batch.count) {
  if (batch.count == 0) return;
  // One pass of counting by the first bits, into about as many cells as there are keys: evenly
  // spread keys are nearly sorted by it.
  const int bits = std::min(16, static_cast<int>(std::bit_width(batch.count)));
  const int shift = 64 - bits;
  std::vector<std::uint32_t> ends((std::size_t{1} << bits) + 1);
  const auto head = [&](std::size_t i) { return load_be<std::uint64_t>(batch.key(i)); };
  for (std::size_t i = 0; i < batch.count; ++i)
    ++ends[(head(i) >> shift) + 1];
  for (std::size_t cell = 1; cell < ends.size(); ++cell)
    ends[cell] += ends[cell - 1];
  for (std::size_t i = 0; i < batch.count; ++i)
    order_[ends[head(i) >> shift]++] = {head(i), static_cast<std::uint32_t>(i)};
  // ends[c] was the start of cell c and is its end now.
  std::size_t from = 0;
  for (std::size_t cell = 0; cell + 1 < ends.size(); ++cell) {
    sort(from, ends[cell]);
    from = ends[cell];
  }
}

bool SortedBatch::before(const Place& a, const Place& b) const noexcept {
  return a.head != b.head ? a.head < b.head : key_before(batch_.key(a.index), batch_.key(b.index));
}

void SortedBatch::sort(std::size_t from, std::size_t to) {
  const auto begin = order_.begin();
  const auto less = [this](const Place& a, const Place& b) { return before(a, b); };
  if (to - from > kInsertionMax) {
    std::sort(begin + static_cast<std::ptrdiff_t>(from), begin + static_cast<std::ptrdiff_t>(to),
              less);
    return;
  }
  for (std::size_t i = from + 1; i < to; ++i) {
    const Place moved = order_[i];
    std::size_t at = i;
    for (; at > from && before(moved, order_[at - 1]); --at)
      order_[at] = order_[at - 1];
    order_[at] = moved;
  }
}

bool SortedBatch::has_duplicates() const noexcept {
  for (std::size_t i = 1; i < size(); ++i) {
    if (order_[i - 1].head == order_[i].head && equal_keys(key(i - 1), key(i))) return true;
  }
  return false;
}

std::size_t SortedBatch::split(std::size_t from, std::size_t to, std::size_t depth) const noexcept {
  while (from != to) {
    const std::size_t middle = from + (to - from) / 2;
    if (bit(middle, depth) != 0) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

}  // namespace chopmark::state
