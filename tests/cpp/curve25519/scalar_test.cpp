// SPDX-License-Identifier: Apache-2.0
#include "curve25519/scalar.hpp"

#include "curve25519/reference.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

const Number& order() {
  return kGroupOrder.word;
}

Scalar random_scalar(std::uint64_t seed) {
  return {bytes_mod(random_bytes(seed, 64), order())};
}

Number any_number(std::uint64_t seed) {
  return load_scalar(random_bytes(seed, 32).data()).word;
}

/// Below L: 0, 1, 2, around L / 2, L - 2, L - 1, single bits, then random ones.
std::vector<Scalar> scalars() {
  std::vector<Scalar> all{small_scalar(0), small_scalar(1), small_scalar(2)};
  all.push_back({minus(order(), {1, 0, 0, 0})});
  all.push_back({minus(order(), {2, 0, 0, 0})});
  all.push_back({{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0x07ffffffffffffff}});
  all.push_back({{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0x0fffffffffffffff}});
  for (const std::size_t bit : {63U, 64U, 127U, 128U, 191U, 192U, 252U}) {
    Number power{};
    power[bit / 64] = std::uint64_t{1} << (bit % 64);
    all.push_back({power});
  }
  for (std::uint64_t seed = 100; seed < 120; ++seed)
    all.push_back(random_scalar(seed));
  return all;
}

void expect_reduces(ByteView bytes64) {
  const Scalar found = reduce_wide(bytes64.data());
  EXPECT(is_canonical(found));
  EXPECT_EQ(to_hex(number_bytes(found.word)), to_hex(number_bytes(bytes_mod(bytes64, order()))));
}

/// quotient L + rest as 64 bytes, for a rest that may be negative.
Bytes near_multiple(const Number& quotient, int rest) {
  Bytes bytes(64);
  for (std::size_t i = 0; i < 8; ++i) {  // schoolbook with 32-bit digits
    std::uint64_t carry = 0;
    const std::uint64_t digit = (quotient[i / 2] >> (32 * (i % 2))) & 0xffffffff;
    for (std::size_t j = 0; i + j < 16; ++j) {
      const std::uint64_t other = j < 8 ? (order()[j / 2] >> (32 * (j % 2))) & 0xffffffff : 0;
      std::uint64_t column = digit * other + carry;
      for (std::size_t k = 0; k < 4; ++k)
        column += std::uint64_t{bytes[4 * (i + j) + k]} << (8 * k);
      for (std::size_t k = 0; k < 4; ++k)
        bytes[4 * (i + j) + k] = static_cast<std::uint8_t>(column >> (8 * k));
      carry = column >> 32;
    }
  }
  int carry = rest;
  for (std::size_t i = 0; i < 64 && carry != 0; ++i) {
    const int sum = bytes[i] + carry;
    bytes[i] = static_cast<std::uint8_t>(sum & 0xff);
    carry = sum < 0 ? -1 : sum >> 8;
  }
  return bytes;
}

Scalar value_of(const std::int8_t (&digits)[256]) {
  Scalar sum;
  for (std::size_t i = 256; i-- != 0;) {
    sum = add(sum, sum);
    const auto size = static_cast<std::uint64_t>(digits[i] < 0 ? -digits[i] : digits[i]);
    sum = add(sum, digits[i] < 0 ? negate(small_scalar(size)) : small_scalar(size));
  }
  return sum;
}

void expect_form(const Scalar& s, unsigned width) {
  std::int8_t digits[256];
  const std::size_t used = non_adjacent_form(digits, s, width);
  EXPECT(value_of(digits) == s);
  EXPECT(used == 0 ? s == Scalar{} : digits[used - 1] > 0);
  std::size_t free_from = 0;
  for (std::size_t i = 0; i < 256; ++i) {
    if (digits[i] == 0) continue;
    EXPECT(i < used);
    EXPECT(i >= free_from);
    EXPECT((digits[i] & 1) != 0);
    EXPECT((digits[i] < 0 ? -digits[i] : digits[i]) < 1 << (width - 1));
    free_from = i + width;
  }
}

}  // namespace

TEST(scalar_group_order) {
  EXPECT_EQ(to_hex(number_bytes(order())),
            "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
}

TEST(scalar_is_canonical) {
  for (const Scalar& s : scalars())
    EXPECT(is_canonical(s));
  bool carried = false;
  EXPECT(!is_canonical(kGroupOrder));
  EXPECT(!is_canonical({plus(order(), {1, 0, 0, 0}, carried)}));
  EXPECT(!is_canonical({plus(order(), order(), carried)}));
  EXPECT(!is_canonical({{~0ULL, ~0ULL, ~0ULL, ~0ULL}}));
  for (std::size_t word = 0; word < 4; ++word) {
    Scalar above = kGroupOrder;
    ++above.word[word];
    for (std::size_t lower = 0; lower < word; ++lower)
      above.word[lower] = 0;
    EXPECT(!is_canonical(above));
    if (order()[word] == 0) continue;
    Scalar below = kGroupOrder;
    --below.word[word];
    for (std::size_t lower = 0; lower < word; ++lower)
      below.word[lower] = ~0ULL;
    EXPECT(is_canonical(below));
  }
}

TEST(scalar_load_is_little_endian) {
  Bytes bytes(32);
  for (std::size_t i = 0; i < 32; ++i)
    bytes[i] = static_cast<std::uint8_t>(i);
  const Scalar s = load_scalar(bytes.data());
  EXPECT_EQ(s.word[0], 0x0706050403020100U);
  EXPECT_EQ(s.word[3], 0x1f1e1d1c1b1a1918U);
  EXPECT(number_bytes(s.word) == digest_from(bytes.data()));
}

TEST(scalar_reduce_around_multiples) {
  std::vector<Number> quotients{{1, 0, 0, 0}, {2, 0, 0, 0}, {3, 0, 0, 0}, {~0ULL, 0, 0, 0}};
  quotients.push_back({~0ULL, ~0ULL, ~0ULL, ~0ULL});
  quotients.push_back({0, 0, 0, 1ULL << 63});
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    quotients.push_back(any_number(seed));
  for (const Number& quotient : quotients) {
    for (int rest = -3; rest <= 3; ++rest) {
      const Bytes bytes = near_multiple(quotient, rest);
      expect_reduces(bytes);
      Scalar expected = small_scalar(static_cast<std::uint64_t>(rest < 0 ? -rest : rest));
      if (rest < 0) expected = {minus(order(), expected.word)};
      EXPECT(reduce_wide(bytes.data()) == expected);
    }
  }
}

TEST(scalar_reduce_64_bytes) {
  expect_reduces(Bytes(64, 0));
  expect_reduces(Bytes(64, 0xff));
  for (std::size_t bit = 0; bit < 512; ++bit) {
    Bytes power(64);
    power[bit / 8] = static_cast<std::uint8_t>(1 << (bit % 8));
    expect_reduces(power);
    Bytes ones(64, 0xff);  // 2^512 - 1 - 2^bit
    ones[bit / 8] ^= power[bit / 8];
    expect_reduces(ones);
  }
  for (std::uint64_t seed = 1000; seed < 1400; ++seed)
    expect_reduces(random_bytes(seed, 64));
}

TEST(scalar_mul_equals_reference) {
  for (const Scalar& a : scalars()) {
    for (const Scalar& b : scalars())
      EXPECT(mul(a, b).word == times_mod(a.word, b.word, order()));
  }
}

TEST(scalar_mul_of_unreduced_operands) {
  const Scalar largest{{~0ULL, ~0ULL, ~0ULL, ~0ULL}};
  EXPECT(mul(largest, largest).word == times_mod(largest.word, largest.word, order()));
  EXPECT(mul(kGroupOrder, largest) == Scalar{});
  EXPECT(mul(largest, kGroupOrder) == Scalar{});
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const Number a = any_number(seed);
    const Number b = any_number(seed + 500);
    EXPECT(mul({a}, {b}).word == times_mod(a, b, order()));
  }
}

TEST(scalar_add_and_negate) {
  for (const Scalar& a : scalars()) {
    EXPECT(is_canonical(negate(a)));
    EXPECT(add(a, negate(a)) == Scalar{});
    EXPECT(negate(negate(a)) == a);
    for (const Scalar& b : scalars()) {
      EXPECT(add(a, b).word == plus_mod(a.word, b.word, order()));
      EXPECT(mul(a, negate(b)) == negate(mul(a, b)));
    }
  }
}

TEST(scalar_non_adjacent_form) {
  for (unsigned width = 2; width <= 8; ++width) {
    for (const Scalar& s : scalars())
      expect_form(s, width);
    for (std::uint64_t value = 0; value < 600; ++value)
      expect_form(small_scalar(value), width);
  }
}

}  // namespace chopmark::test
