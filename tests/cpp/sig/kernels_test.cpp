// SPDX-License-Identifier: Apache-2.0
// The kernels of each backend against those of the portable one, at the ends of what a limb may be.
#include "sig/kernels.hpp"

#include "curve25519/reference.hpp"
#include "dispatch/backend.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

constexpr std::uint64_t kReduced = (std::uint64_t{1} << 51) + (1 << 16);

/// An element whose limbs are reduced, most of them at an end of that range or of a limb of 26 or
/// 25 bits in it.
Fe extreme_fe(std::uint64_t seed) {
  constexpr std::uint64_t kTop = kLimbMask;
  constexpr std::uint64_t kSpecial[] = {
      kReduced - 1,          kTop, kTop + 1, 0, 1, kTop - 18, (1 << 26) - 1, 1 << 26,
      kTop - ((1 << 26) - 1)};
  const Bytes random = random_bytes(seed, 48);
  Fe a = load(random.data());
  for (std::size_t i = 0; i < 5; ++i) {
    if (random[32 + i] < 200) a.limb[i] = kSpecial[random[37 + i] % std::size(kSpecial)];
  }
  return a;
}

bool same_ratio(const Fe& a, const Fe& b, const Fe& c, const Fe& d) {
  return encoded(mul(a, d)) == encoded(mul(b, c));
}

}  // namespace

// Off the curve nothing but equal formulas gives equal sums, so every product counts.
TEST_EACH_BACKEND(kernels_window_sums_of_extreme_limbs) {
  constexpr Fe kLargest{{kReduced - 1, kReduced - 1, kReduced - 1, kReduced - 1, kReduced - 1}};
  std::vector<Niels> points{{kLargest, kLargest, kLargest},
                            {kLargest, kZero, kLargest},
                            {kZero, kLargest, kLargest},
                            {kZero, kZero, kZero},
                            {}};
  for (std::uint64_t seed = 1; points.size() < 64; seed += 3)
    points.push_back({extreme_fe(seed), extreme_fe(seed + 1), extreme_fe(seed + 2)});
  std::vector<std::uint64_t> words(sig::kScratchWords + 8);
  std::uint64_t* scratch = words.data();
  while (reinterpret_cast<std::uintptr_t>(scratch) % 64 != 0)
    ++scratch;
  for (const unsigned bits : {4U, 8U}) {
    for (std::size_t i = 0; i < points.size(); ++i) {
      // All digits the same: a bucket takes one point, twice it or both signs of it.
      const std::vector<std::int8_t> digits(64, static_cast<std::int8_t>(i % 2 == 0 ? 17 : -17));
      const Niels* const two[] = {&points[i], &points[(7 * i + 1) % points.size()]};
      const sig::Terms terms{.short_points = points.data() + i,
                             .short_digits = digits.data(),
                             .short_count = 1,
                             .long_points = two,
                             .long_digits = digits.data(),
                             .long_count = 2,
                             .window_bits = bits,
                             .scratch = scratch};
      std::vector<Point> sums(256 / bits);
      std::vector<Point> expected(256 / bits);
      kernels().window_sums(sums.data(), terms);
      sig::window_sums_portable(expected.data(), terms);
      for (std::size_t w = 0; w < sums.size(); ++w) {
        const Point& p = sums[w];
        const Point& q = expected[w];
        EXPECT(same_ratio(p.x, p.z, q.x, q.z));
        EXPECT(same_ratio(p.y, p.z, q.y, q.z));
        EXPECT(same_ratio(p.t, p.z, q.t, q.z));
        EXPECT_EQ(is_zero(p.z), is_zero(q.z));
        EXPECT(all_below(p.x, kTight) && all_below(p.y, kTight) && all_below(p.z, kTight) &&
               all_below(p.t, kTight));
      }
    }
  }
}

TEST_EACH_BACKEND(kernels_decode_like_portable) {
  std::vector<Digest> encodings;
  const auto push = [&](Digest bytes) {
    for (const int sign : {0x00, 0x80}) {
      bytes[31] = static_cast<std::uint8_t>((bytes[31] & 0x7f) | sign);
      encodings.push_back(bytes);
    }
  };
  for (std::size_t small = 0; small < 64; ++small) {
    Digest low{}, high;
    low[0] = static_cast<std::uint8_t>(small);
    high.fill(0xff);
    high[0] = static_cast<std::uint8_t>(0xff - small);
    push(low);
    push(high);
  }
  for (std::size_t bit = 0; bit < 255; ++bit) {
    Digest one{};
    one[bit / 8] = static_cast<std::uint8_t>(1 << (bit % 8));
    push(one);
  }
  for (std::uint64_t seed = 1; seed <= 200; ++seed)
    push(digest_from(random_bytes(seed, 32).data()));
  std::vector<Niels> points(encodings.size()), expected(encodings.size());
  std::vector<std::uint8_t> ok(encodings.size()), expected_ok(encodings.size());
  decode_points_portable(expected.data(), expected_ok.data(), encodings[0].data(), 32,
                         encodings.size());
  for (const std::size_t count : {std::size_t{2}, std::size_t{15}, encodings.size()}) {
    kernels().decode_points(points.data(), ok.data(), encodings[0].data(), 32, count);
    for (std::size_t i = 0; i < count; ++i) {
      EXPECT_EQ(ok[i], expected_ok[i]);
      if (ok[i] == 0) continue;
      EXPECT(encoded(points[i].y_plus_x) == encoded(expected[i].y_plus_x));
      EXPECT(encoded(points[i].y_minus_x) == encoded(expected[i].y_minus_x));
      EXPECT(encoded(points[i].t2d) == encoded(expected[i].t2d));
      EXPECT(all_below(points[i].y_plus_x, kReduced) && all_below(points[i].y_minus_x, kReduced) &&
             all_below(points[i].t2d, kReduced));
    }
  }
}

}  // namespace chopmark::test
