// SPDX-License-Identifier: Apache-2.0
// Kernels::window_sums of the portable backend: one window at a time.
#include <algorithm>

#include "sig/kernels.hpp"

namespace chopmark::sig {
namespace {

using namespace curve25519;

constexpr std::size_t kBucketsMax = 128;
static_assert(kBucketsMax * sizeof(Point) <= kScratchWords * sizeof(std::uint64_t));

/// The digit of window `window` of a scalar given in signed digits of base 256.
int window_digit(const std::int8_t* bytes, std::size_t window, unsigned bits) noexcept {
  if (bits == 8) return bytes[window];
  const int byte = bytes[window / 2];
  const int low = ((byte + 8) & 15) - 8;
  return window % 2 == 0 ? low : (byte - low) / 16;
}

struct WindowSum {
  std::array<Point, kBucketsMax> buckets;

  void take(const Niels& point, int digit) noexcept {
    if (digit == 0) return;
    Point& bucket = buckets[static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1];
    bucket = to_point(digit > 0 ? add(bucket, point) : subtract(bucket, point));
  }

  /// sum(i * bucket[i - 1]) by running sums.
  [[nodiscard]] Point weighted(std::size_t used) const noexcept {
    Point running;
    Point total;
    for (std::size_t i = used; i-- != 0;) {
      running = to_point(add(running, to_cached(buckets[i])));
      total = to_point(add(total, to_cached(running)));
    }
    return total;
  }
};

}  // namespace

void window_sums_portable(Point* sums, const Terms& terms) {
  const unsigned bits = terms.window_bits;
  const std::size_t used = std::size_t{1} << (bits - 1);
  WindowSum window;
  for (std::size_t w = 0; w < 256 / bits; ++w) {
    std::fill_n(window.buckets.begin(), used, Point{});
    for (std::size_t i = 0; i < terms.long_count; ++i)
      window.take(*terms.long_points[i], window_digit(terms.long_digits + 32 * i, w, bits));
    for (std::size_t i = 0; i < terms.short_count && w < 128 / bits; ++i)
      window.take(terms.short_points[i], window_digit(terms.short_digits + 16 * i, w, bits));
    sums[w] = window.weighted(used);
  }
}

}  // namespace chopmark::sig
