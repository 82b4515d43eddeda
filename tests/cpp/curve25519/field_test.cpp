// SPDX-License-Identifier: Apache-2.0
#include "curve25519/constants.hpp"

#include "curve25519/reference.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

constexpr std::uint64_t kTop = kLimbMask;  // 2^51 - 1
constexpr Fe kPrime{{kTop - 18, kTop, kTop, kTop, kTop}};

Fe random_fe(std::uint64_t seed) {
  return load(random_bytes(seed, 32).data());
}

/// Edge values as loads of canonical or non-canonical bytes, then random ones. All tight.
std::vector<Fe> values() {
  std::vector<Fe> all{kZero,
                      kOne,
                      {{kTop - 19, kTop, kTop, kTop, kTop}},
                      kPrime,
                      {{kTop - 17, kTop, kTop, kTop, kTop}},
                      {{kTop, kTop, kTop, kTop, kTop}},
                      {{0, 0, 0, 0, kTop}},
                      {{19, 0, 0, 0, 0}}};
  for (std::uint64_t seed = 1; seed <= 12; ++seed)
    all.push_back(random_fe(seed));
  return all;
}

Number number_of(const Fe& a) {
  Number value{};
  for (std::size_t i = 5; i-- != 0;) {
    for (int doubling = 0; doubling < 51; ++doubling)
      value = plus_mod(value, value, kFieldPrime);
    value =
        plus_mod(value, bytes_mod(number_bytes({a.limb[i], 0, 0, 0}), kFieldPrime), kFieldPrime);
  }
  return value;
}

/// Square and multiply; the exponent is little-endian.
Fe power(const Fe& a, ByteView exponent) {
  Fe result = kOne;
  for (std::size_t bit = 8 * exponent.size(); bit-- != 0;) {
    result = sqr(result);
    if (((exponent[bit / 8] >> (bit % 8)) & 1) != 0) result = mul(result, a);
  }
  return result;
}

Digest exponent_of(std::uint8_t lowest, std::uint8_t highest) {
  Digest exponent;
  exponent.fill(0xff);
  exponent.front() = lowest;
  exponent.back() = highest;
  return exponent;
}

}  // namespace

TEST(field_store_is_canonical) {
  const auto shows = [](const Fe& a) { return to_hex(encoded(a)); };
  const std::string tail(62, '0');
  EXPECT_EQ(shows(kZero), "00" + tail);
  EXPECT_EQ(shows(kOne), "01" + tail);
  EXPECT_EQ(shows(kPrime), "00" + tail);
  const std::string ones(60, 'f');
  EXPECT_EQ(shows({{kTop - 19, kTop, kTop, kTop, kTop}}), "ec" + ones + "7f");         // p - 1
  EXPECT_EQ(shows({{kTop - 17, kTop, kTop, kTop, kTop}}), "01" + tail);                // p + 1
  EXPECT_EQ(shows({{kTop, kTop, kTop, kTop, kTop}}), "12" + tail);                     // 2^255 - 1
  EXPECT_EQ(shows({{kTop + 1, 0, 0, 0, 0}}), "000000000000080000" + tail.substr(16));  // 2^51
  constexpr std::uint64_t two = 2 * kTop;
  EXPECT_EQ(shows({{two - 37, two, two, two, two}}), "ec" + ones + "7f");  // 2p - 1
  EXPECT_EQ(shows({{two - 36, two, two, two, two}}), "00" + tail);         // 2p
  EXPECT_EQ(shows({{two - 35, two, two, two, two}}), "01" + tail);         // 2p + 1
}

TEST(field_store_takes_every_loose_value) {
  const std::uint64_t edges[] = {0, kTop, kTop + 1, kTight - 1, kSum - 1, kLoose - 1};
  for (std::uint64_t pick = 0; pick < 6 * 6 * 6 * 6 * 6; ++pick) {
    Fe a;
    std::uint64_t left = pick;
    for (std::uint64_t& limb : a.limb) {
      limb = edges[left % 6];
      left /= 6;
    }
    if (encoded(a) == number_bytes(number_of(a))) continue;
    EXPECT_EQ(to_hex(encoded(a)), to_hex(number_bytes(number_of(a))));
    return;
  }
}

TEST(field_load_is_modular) {
  Digest bytes;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    bytes = digest_from(random_bytes(seed, 32).data());
    Digest high = bytes;
    high[31] ^= 0x80;
    EXPECT(load(bytes.data()).limb == load(high.data()).limb);
    bytes[31] &= 0x7f;
    EXPECT_EQ(to_hex(encoded(load(bytes.data()))),
              to_hex(number_bytes(bytes_mod(bytes, kFieldPrime))));
  }
  for (int above = 0; above < 19; ++above) {  // the encodings of p .. 2^255 - 1
    bytes.fill(0xff);
    bytes[0] = static_cast<std::uint8_t>(0xed + above);
    bytes[31] = 0x7f;
    EXPECT(same(load(bytes.data()), Fe{{static_cast<std::uint64_t>(above), 0, 0, 0, 0}}));
  }
}

TEST(field_arithmetic_equals_reference) {
  for (const Fe& a : values()) {
    const Number left = number_of(a);
    EXPECT(encoded(sqr(a)) == number_bytes(times_mod(left, left, kFieldPrime)));
    EXPECT(encoded(negate(a)) == encoded(sub(kZero, a)));
    EXPECT(same(add(a, negate(a)), kZero));
    for (const Fe& b : values()) {
      const Number right = number_of(b);
      const Number sum = plus_mod(left, right, kFieldPrime);
      EXPECT(encoded(add(a, b)) == number_bytes(sum));
      EXPECT(encoded(mul(a, b)) == number_bytes(times_mod(left, right, kFieldPrime)));
      const Number difference = number_of(sub(a, b));
      EXPECT(plus_mod(difference, right, kFieldPrime) == left);
    }
  }
}

TEST(field_ring_identities) {
  const std::vector<Fe> all = values();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Fe& a = all[i];
    const Fe& b = all[(i + 5) % all.size()];
    const Fe& c = all[(i + 11) % all.size()];
    EXPECT(same(mul(a, b), mul(b, a)));
    EXPECT(same(mul(mul(a, b), c), mul(a, mul(b, c))));
    EXPECT(same(mul(a, add(b, c)), add(mul(a, b), mul(a, c))));
    EXPECT(same(mul(a, sub(b, c)), sub(mul(a, b), mul(a, c))));
    EXPECT(same(sqr(add(a, b)), add(add(sqr(a), sqr(b)), mul(add(a, a), b))));
    EXPECT(same(mul(sub(a, b), add(a, b)), sub(sqr(a), sqr(b))));
    EXPECT(same(mul(a, kOne), a));
    EXPECT(same(mul(a, kZero), kZero));
  }
}

TEST(field_products_of_largest_loose_values) {
  const Fe largest{{kLoose - 1, kLoose - 1, kLoose - 1, kLoose - 1, kLoose - 1}};
  const Number value = number_of(largest);
  const Number square = times_mod(value, value, kFieldPrime);
  EXPECT(encoded(mul(largest, largest)) == number_bytes(square));
  EXPECT(encoded(sqr(largest)) == number_bytes(square));
  EXPECT(encoded(carry(largest)) == number_bytes(value));
  EXPECT(all_below(mul(largest, largest), kTight));
  EXPECT(all_below(sqr(largest), kTight));
  EXPECT(all_below(carry(largest), kTight));
  const Fe sum{{kSum - 1, kSum - 1, kSum - 1, kSum - 1, kSum - 1}};
  EXPECT(all_below(sub(sum, kZero), kLoose));
  EXPECT(same(add(sub(kZero, sum), sum), kZero));
  EXPECT(all_below(sub(kZero, sum), kLoose));
  EXPECT(same(negate(negate(sum)), sum));
}

TEST(field_zero_and_odd) {
  EXPECT(is_zero(kZero));
  EXPECT(is_zero(kPrime));
  EXPECT(is_zero(add(kPrime, kPrime)));
  EXPECT(!is_zero(kOne));
  EXPECT(is_odd(kOne));
  EXPECT(!is_odd(kPrime));
  EXPECT(!is_odd(negate(kOne)));  // p - 1 is even
  for (const Fe& a : values()) {
    if (!is_zero(a)) EXPECT(is_odd(a) != is_odd(negate(a)));
  }
}

TEST(field_invert) {
  EXPECT(is_zero(invert(kZero)));
  EXPECT(is_zero(invert(kPrime)));
  const Digest exponent = exponent_of(0xeb, 0x7f);  // p - 2
  for (const Fe& a : values()) {
    EXPECT(same(invert(a), power(a, exponent)));
    if (!is_zero(a)) EXPECT(same(mul(a, invert(a)), kOne));
  }
}

TEST(field_power_for_roots) {
  const Digest exponent = exponent_of(0xfd, 0x0f);  // 2^252 - 3
  for (const Fe& a : values())
    EXPECT(same(pow_p58(a), power(a, exponent)));
}

TEST(field_sqr_times) {
  const Fe a = random_fe(99);
  EXPECT(same(sqr_times(a, 0), a));
  EXPECT(same(sqr_times(a, 3), power(a, Bytes{8})));
  EXPECT(same(sqr_times(a, 9), power(a, Bytes{0, 2})));
}

TEST(field_sqrt_ratio) {
  const Fe two{{2, 0, 0, 0, 0}};  // no square, as p is 5 modulo 8
  for (const Fe& x : values()) {
    for (const Fe& v : values()) {
      if (is_zero(x) || is_zero(v)) continue;
      const Fe u = mul(v, sqr(x));
      Fe root;
      EXPECT(sqrt_ratio(root, u, v));
      EXPECT(same(root, x) || same(root, negate(x)));
      EXPECT(sqrt_ratio(root, negate(u), v));  // -1 is a square
      EXPECT(same(mul(v, sqr(root)), negate(u)));
      EXPECT(!sqrt_ratio(root, mul(two, u), v));
    }
  }
}

TEST(field_sqrt_ratio_of_zero) {
  Fe root = kOne;
  EXPECT(sqrt_ratio(root, kZero, random_fe(5)));
  EXPECT(is_zero(root));
  EXPECT(sqrt_ratio(root, kPrime, kOne));
  EXPECT(is_zero(root));
  EXPECT(!sqrt_ratio(root, kOne, kZero));
}

TEST(field_curve_constants) {
  EXPECT_EQ(to_hex(encoded(kCurveD)),
            "a3785913ca4deb75abd841414d0a700098e879777940c78c73fe6f2bee6c0352");
  const Fe numerator{{121665, 0, 0, 0, 0}};
  const Fe denominator{{121666, 0, 0, 0, 0}};
  EXPECT(is_zero(add(mul(kCurveD, denominator), numerator)));
  EXPECT(same(kCurve2D, add(kCurveD, kCurveD)));
  EXPECT(all_below(kCurveD, kTight) && all_below(kCurve2D, kTight));
}

}  // namespace chopmark::test
