// SPDX-License-Identifier: Apache-2.0
// Terms of multi-scalar multiplications.
#pragma once

#include <vector>

#include "curve25519/reference.hpp"
#include "dispatch/backend.hpp"
#include "sig/kernels.hpp"
#include "test.hpp"

namespace chopmark::test {

inline std::vector<curve25519::Niels> some_points(std::size_t count) {
  std::vector<curve25519::Niels> points(count);
  std::vector<std::uint8_t> ok(count);
  Bytes encodings;
  curve25519::Point p = curve25519::base_point();
  for (std::size_t i = 0; i < count; ++i) {
    append(encodings, encoded(p));
    p = sum_of(twice(p), curve25519::base_point());
  }
  decode_points_portable(points.data(), ok.data(), encodings.data(), 32, count);
  return points;
}

/// Digits of all kinds: the extremes, zeros, and whatever comes.
inline std::vector<std::int8_t> some_digits(std::uint64_t seed, std::size_t count) {
  std::vector<std::int8_t> digits(count);
  const Bytes random = random_bytes(seed, 2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    constexpr std::int8_t kSpecial[] = {0, -128, 127, 1, -1, 8, -8, 120};
    const bool special = random[2 * i] < 100;
    digits[i] = special ? kSpecial[random[2 * i + 1] % 8]
                        : static_cast<std::int8_t>(random[2 * i + 1] ^ 0x80);
  }
  return digits;
}

struct Scratch {
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(sig::kScratchWords + 8);
  std::uint64_t* aligned() {
    const std::size_t at = reinterpret_cast<std::uintptr_t>(words.data()) / 8 % 8;
    return words.data() + (8 - at) % 8;
  }
};

/// That a kernel gives what the portable one gives, for several counts of terms and both widths.
inline void expect_window_sums(decltype(Kernels::window_sums) kernel,
                               const std::vector<curve25519::Niels>& points) {
  using namespace curve25519;
  std::vector<const Niels*> pointers;
  for (const Niels& point : points)
    pointers.push_back(&point);
  const auto short_digits = some_digits(1, 16 * points.size());
  const auto long_digits = some_digits(2, 32 * points.size());
  Scratch scratch;
  for (const unsigned bits : {4U, 8U}) {
    for (const std::size_t shorts :
         {std::size_t{0}, std::size_t{1}, std::size_t{2}, points.size() - 1, points.size()}) {
      for (const std::size_t longs :
           {std::size_t{0}, std::size_t{1}, std::size_t{3}, points.size()}) {
        const sig::Terms terms{.short_points = points.data(),
                               .short_digits = short_digits.data(),
                               .short_count = shorts,
                               .long_points = pointers.data(),
                               .long_digits = long_digits.data(),
                               .long_count = longs,
                               .window_bits = bits,
                               .scratch = scratch.aligned()};
        std::vector<Point> sums(256 / bits);
        std::vector<Point> expected(256 / bits);
        kernel(sums.data(), terms);
        sig::window_sums_portable(expected.data(), terms);
        for (std::size_t w = 0; w < sums.size(); ++w) {
          EXPECT(encoded(sums[w]) == encoded(expected[w]));
          EXPECT(same(mul(sums[w].t, sums[w].z), mul(sums[w].x, sums[w].y)));
          EXPECT(all_below(sums[w].x, kTight) && all_below(sums[w].y, kTight) &&
                 all_below(sums[w].z, kTight) && all_below(sums[w].t, kTight));
        }
      }
    }
  }
}

}  // namespace chopmark::test
