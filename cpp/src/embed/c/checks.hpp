// SPDX-License-Identifier: Apache-2.0
// Checks of what a C caller passes, and the border that no exception crosses. Floor: embed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <new>
#include <stdexcept>

#include "chopmark.h"

namespace chopmark::c {

/// Whether n items of `width` bytes, and n + 1 offsets, have sizes that memory can have.
[[nodiscard]] constexpr bool fits(std::size_t count, std::size_t width) noexcept {
  return count < SIZE_MAX / 2 / (width < 8 ? 8 : width);
}

/// Whether `offsets` cut `count` items out of `size` bytes.
[[nodiscard]] inline bool offsets_in_order(const std::uint64_t* offsets, std::size_t count,
                                           std::size_t size) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (offsets[i] > offsets[i + 1]) return false;
  }
  return offsets[count] <= size;
}

/// A stretch of memory; pointers of different objects are ordered by std::less only.
struct Extent {
  const void* base;
  std::size_t size;

  [[nodiscard]] bool overlaps(const Extent& other) const noexcept {
    if (size == 0 || other.size == 0 || base == nullptr || other.base == nullptr) return false;
    const std::less<const std::uint8_t*> before;
    return before(first(), other.first() + other.size) && before(other.first(), first() + size);
  }

 private:
  [[nodiscard]] const std::uint8_t* first() const noexcept {
    return static_cast<const std::uint8_t*>(base);
  }
};

/// Runs `work` and turns what it throws into a status. Sizes beyond what a container can have are a
/// lack of memory.
template <class Work>
[[nodiscard]] chopmark_status guarded(Work&& work) noexcept {
  try {
    work();
    return CHOPMARK_OK;
  } catch (const std::bad_alloc&) {
    return CHOPMARK_ERROR_MEMORY;
  } catch (const std::length_error&) {
    return CHOPMARK_ERROR_MEMORY;
  } catch (...) {
    return CHOPMARK_ERROR_INTERNAL;
  }
}

}  // namespace chopmark::c
