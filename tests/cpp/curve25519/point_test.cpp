// SPDX-License-Identifier: Apache-2.0
#include "curve25519/point.hpp"

#include <algorithm>

#include "curve25519/reference.hpp"
#include "curve25519/scalar.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

Point decoded(const std::string& hex) {
  Point p;
  EXPECT(decompress(p, from_hex(hex).data()));
  return p;
}

bool equal(const Point& p, const Point& q) {
  return same(mul(p.x, q.z), mul(q.x, p.z)) && same(mul(p.y, q.z), mul(q.y, p.z));
}

/// The curve equation in projective form, t = x y / z, and the bounds of every coordinate.
bool well_formed(const Point& p) {
  const Fe xx = sqr(p.x);
  const Fe yy = sqr(p.y);
  const Fe zz = sqr(p.z);
  const bool on_curve = same(mul(sub(yy, xx), zz), add(sqr(zz), mul(kCurveD, mul(xx, yy))));
  const bool tight = all_below(p.x, kTight) && all_below(p.y, kTight) && all_below(p.z, kTight) &&
                     all_below(p.t, kTight);
  return on_curve && tight && !is_zero(p.z) && same(mul(p.t, p.z), mul(p.x, p.y));
}

/// All of small order, the base point and others of its subgroup, and mixtures.
std::vector<Point> points() {
  std::vector<Point> all;
  for (std::size_t i = 0; i < 8; ++i)
    all.push_back(decoded(kSmallOrderEncodings[i]));
  all.push_back(base_point());
  all.push_back(twice(base_point()));
  all.push_back(opposite(base_point()));
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    all.push_back(multiple(reduce_wide(random_bytes(seed, 64).data()), base_point()));
    all.push_back(sum_of(all.back(), all[seed + 2]));
  }
  return all;
}

unsigned order_up_to(const Point& p, unsigned most) {
  Point sum = p;
  unsigned order = 1;
  for (; order < most && !is_identity(sum); ++order)
    sum = sum_of(sum, p);
  return order;
}

/// Whether (y^2 - 1) / (d y^2 + 1) is a square, by the Euler criterion.
bool has_point(const Fe& y) {
  const Fe u = sub(sqr(y), kOne);
  const Fe v = carry(add(mul(sqr(y), kCurveD), kOne));
  const Fe product = mul(u, v);
  const Fe symbol = mul(sqr_times(pow_p58(product), 2), sqr(product));  // exponent (p - 1) / 2
  return is_zero(product) || same(symbol, kOne);
}

/// a p + b q with the tables and digits of a verification.
Point interleaved(const Scalar& a, const Point& p, const Scalar& b, const Point& q) {
  const auto p_table = odd_multiples<8>(p);
  const auto q_table = odd_multiples<64>(q);
  std::int8_t a_digits[256];
  std::int8_t b_digits[256];
  const std::size_t used =
      std::max(non_adjacent_form(a_digits, a, 5), non_adjacent_form(b_digits, b, 8));
  const auto step = [](Point& sum, const auto& table, int digit) {
    if (digit == 0) return;
    const Cached& entry = table[static_cast<std::size_t>(digit < 0 ? -digit : digit) / 2];
    sum = to_point(digit > 0 ? add(sum, entry) : subtract(sum, entry));
  };
  Point sum;
  for (std::size_t i = used; i-- != 0;) {
    sum = twice(sum);
    step(sum, p_table, a_digits[i]);
    step(sum, q_table, b_digits[i]);
  }
  return sum;
}

}  // namespace

TEST(point_base) {
  EXPECT_EQ(to_hex(encoded(base_point())), "58" + std::string(62, '6'));
  EXPECT(well_formed(base_point()));
  EXPECT(!is_odd(base_point().x));
  EXPECT(!is_small_order(base_point()));
  EXPECT(is_identity(multiple(kGroupOrder, base_point())));
  EXPECT(equal(multiple({minus(kGroupOrder.word, {1, 0, 0, 0})}, base_point()),
               opposite(base_point())));
}

TEST(point_decode_encode) {
  for (const Point& p : points()) {
    EXPECT(well_formed(p));
    const Digest bytes = encoded(p);
    const Point back = decoded(to_hex(bytes));
    EXPECT(equal(back, p));
    EXPECT(well_formed(back));
    EXPECT(encoded(back) == bytes);
  }
}

TEST(point_decode_random_bytes) {
  unsigned accepted = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const Bytes bytes = random_bytes(seed, 32);
    Point p;
    const bool ok = decompress(p, bytes.data());
    EXPECT_EQ(ok, has_point(load(bytes.data())));
    if (!ok) continue;
    ++accepted;
    EXPECT(well_formed(p));
    EXPECT(encoded(p) == digest_from(bytes.data()));
  }
  EXPECT(accepted > 100 && accepted < 200);
}

TEST(point_decode_small_and_large_y) {
  Bytes bytes(32);
  for (unsigned y = 0; y < 256; ++y) {
    for (const int sign : {0x00, 0x80}) {
      bytes.assign(32, 0);
      bytes[0] = static_cast<std::uint8_t>(y);
      bytes[31] = static_cast<std::uint8_t>(sign);
      Point p;
      EXPECT_EQ(decompress(p, bytes.data()), has_point({{y, 0, 0, 0, 0}}));
      if (y >= 19) continue;
      Point same_y;  // p + y, which 255 bits can hold
      bytes.assign(32, 0xff);
      bytes[0] = static_cast<std::uint8_t>(0xed + y);
      bytes[31] = static_cast<std::uint8_t>(0x7f | sign);
      EXPECT_EQ(decompress(same_y, bytes.data()), has_point({{y, 0, 0, 0, 0}}));
      if (has_point({{y, 0, 0, 0, 0}})) EXPECT(equal(p, same_y));
    }
  }
}

TEST(point_sign_bit_chooses_x) {
  for (const Point& p : points()) {
    Digest bytes = encoded(p);
    bytes[31] ^= 0x80;
    Point other;
    EXPECT(decompress(other, bytes.data()));
    EXPECT(equal(other, opposite(p)));
  }
}

TEST(point_small_order_encodings) {
  for (const char* hex : kSmallOrderEncodings) {
    const Point p = decoded(hex);
    EXPECT(well_formed(p));
    EXPECT(is_small_order(p));
    EXPECT(is_identity(times_cofactor(p)));
    EXPECT(!is_small_order(sum_of(p, base_point())));
  }
  const unsigned orders[] = {1, 2, 4, 4, 8, 8, 8, 8};
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(order_up_to(decoded(kSmallOrderEncodings[i]), 9), orders[i]);
    EXPECT_EQ(to_hex(encoded(decoded(kSmallOrderEncodings[i]))), kSmallOrderEncodings[i]);
  }
  for (std::size_t i = 8; i < kSmallOrderEncodings.size(); ++i)
    EXPECT(to_hex(encoded(decoded(kSmallOrderEncodings[i]))) != kSmallOrderEncodings[i]);
}

TEST(point_identity) {
  const Point identity;
  EXPECT(is_identity(identity));
  EXPECT(is_identity(sum_of(identity, identity)));
  EXPECT(is_identity(twice(identity)));
  EXPECT(!is_identity(base_point()));
  EXPECT(!is_identity(decoded(kSmallOrderEncodings[1])));  // x = 0 too
  for (const Point& p : points()) {
    EXPECT(equal(sum_of(p, identity), p));
    EXPECT(equal(sum_of(identity, p), p));
    EXPECT(equal(to_point(add(p, Cached{})), p));
    EXPECT(is_identity(sum_of(p, opposite(p))));
  }
}

TEST(point_group_laws) {
  const std::vector<Point> all = points();
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) {
      const Point& p = all[i];
      const Point& q = all[j];
      const Point& r = all[(i + 3 * j + 1) % all.size()];
      const Point sum = sum_of(p, q);
      EXPECT(well_formed(sum));
      EXPECT(equal(sum, sum_of(q, p)));
      EXPECT(equal(sum_of(sum, r), sum_of(p, sum_of(q, r))));
      EXPECT(equal(to_point(subtract(sum, to_cached(q))), p));
      EXPECT(equal(to_point(add(sum, negate(to_cached(q)))), p));
    }
  }
}

TEST(point_double_equals_add) {
  for (const Point& p : points()) {
    EXPECT(well_formed(twice(p)));
    EXPECT(equal(twice(p), sum_of(p, p)));
    const Point projective = to_projective(doubled(p));
    EXPECT(equal(projective, twice(p)));
    EXPECT(equal(twice(projective), twice(twice(p))));
    EXPECT(equal(times_cofactor(p), twice(twice(twice(p)))));
  }
}

TEST(point_odd_multiples) {
  for (const Point& p : points()) {
    const auto table = odd_multiples<16>(p);
    Point expected = p;
    for (const Cached& entry : table) {
      EXPECT(equal(to_point(add(Point{}, entry)), expected));
      expected = sum_of(sum_of(expected, p), p);
    }
  }
}

TEST(point_two_scalars_equal_repeated_addition) {
  for (const std::size_t which : {8U, 12U, 4U}) {
    const Point p = points()[which];
    Point left;
    for (std::uint64_t a = 0; a < 40; ++a) {
      Point sum = left;
      for (std::uint64_t b = 0; b < 40; ++b) {
        if (!equal(interleaved(small_scalar(a), p, small_scalar(b), base_point()), sum)) {
          EXPECT_EQ(a, b + 1000);
          return;
        }
        sum = sum_of(sum, base_point());
      }
      left = sum_of(left, p);
    }
  }
}

TEST(point_two_scalars_equal_doubling) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    const Scalar a = reduce_wide(random_bytes(2 * seed, 64).data());
    const Scalar b = reduce_wide(random_bytes(2 * seed + 1, 64).data());
    const Point p = points()[seed];
    const Point expected = sum_of(multiple(a, p), multiple(b, base_point()));
    EXPECT(equal(interleaved(a, p, b, base_point()), expected));
  }
}

}  // namespace chopmark::test
