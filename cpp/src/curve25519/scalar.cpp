// SPDX-License-Identifier: Apache-2.0
#include "curve25519/scalar.hpp"

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "base/endian.hpp"

namespace chopmark::curve25519 {
namespace {

using Wide = unsigned __int128;
template <std::size_t n>
using Words = std::array<std::uint64_t, n>;

// L - 2^252, of 125 bits.
constexpr Words<2> kRest = {kGroupOrder.word[0], kGroupOrder.word[1]};
constexpr Words<4> kTwiceOrder = {kGroupOrder.word[0] << 1,
                                  kGroupOrder.word[1] << 1 | kGroupOrder.word[0] >> 63,
                                  kGroupOrder.word[1] >> 63, kGroupOrder.word[3] << 1};

template <std::size_t n, std::size_t m>
constexpr Words<n + m> multiply(const Words<n>& a, const Words<m>& b) noexcept {
  Words<n + m> product{};
  for (std::size_t i = 0; i < n; ++i) {
    std::uint64_t carry = 0;
    for (std::size_t j = 0; j < m; ++j) {
      // At most (2^64-1)^2 + 2 (2^64-1) = 2^128 - 1.
      const Wide column = Wide{a[i]} * b[j] + product[i + j] + carry;
      product[i + j] = static_cast<std::uint64_t>(column);
      carry = static_cast<std::uint64_t>(column >> 64);
    }
    product[i + m] = carry;
  }
  return product;
}

/// a - b modulo 2^(64 n); returns the borrow.
template <std::size_t n>
constexpr bool subtract(Words<n>& a, const Words<n>& b) noexcept {
  std::uint64_t borrow = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Wide difference = Wide{a[i]} - b[i] - borrow;
    a[i] = static_cast<std::uint64_t>(difference);
    borrow = static_cast<std::uint64_t>(difference >> 64) & 1;
  }
  return borrow != 0;
}

constexpr bool below(const Words<4>& a, const Words<4>& b) noexcept {
  Words<4> difference = a;
  return subtract(difference, b);
}

// 128 in every byte.
constexpr std::uint64_t kBias = 0x8080808080808080;

/// sum += a. The caller knows that it fits.
template <std::size_t n, std::size_t m>
constexpr void accumulate(Words<n>& sum, const Words<m>& a) noexcept {
  static_assert(m <= n);
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const Wide column = Wide{sum[i]} + (i < m ? a[i] : 0) + carry;
    sum[i] = static_cast<std::uint64_t>(column);
    carry = static_cast<std::uint64_t>(column >> 64);
  }
}

/// The value modulo 2^252.
template <std::size_t n>
constexpr Words<4> low_252(const Words<n>& x) noexcept {
  return {x[0], x[1], x[2], x[3] & (~std::uint64_t{0} >> 4)};
}
/// The value divided by 2^252.
template <std::size_t n>
constexpr Words<n - 3> above_252(const Words<n>& x) noexcept {
  Words<n - 3> high;
  for (std::size_t i = 3; i < n; ++i)
    high[i - 3] = x[i] >> 60 | (i + 1 < n ? x[i + 1] << 4 : 0);
  return high;
}

/// 2^252 = -kRest modulo L, three times: x = lo - t, t = lo' - u, u = lo'' - v.
Scalar reduce(const Words<8>& x) noexcept {
  const Words<7> t = multiply(kRest, above_252(x));  // below 2^(125 + 260)
  const auto t_high = above_252(t);                  // 133 bits
  const Words<5> u = multiply(kRest, Words<3>{t_high[0], t_high[1], t_high[2]});  // 258 bits
  const Words<3> v = multiply(kRest, Words<1>{above_252(u)[0]});                  // 131 bits
  // From above L to below 2 L + 2 * 2^252 < 4 L.
  Words<4> r = low_252(x);
  accumulate(r, low_252(u));
  accumulate(r, kTwiceOrder);
  subtract(r, low_252(t));
  subtract(r, Words<4>{v[0], v[1], v[2], 0});
  if (!below(r, kTwiceOrder)) subtract(r, kTwiceOrder);
  if (!below(r, kGroupOrder.word)) subtract(r, kGroupOrder.word);
  return {r};
}

}  // namespace

Scalar load_scalar(const std::uint8_t bytes[32]) noexcept {
  Scalar s;
  for (std::size_t i = 0; i < 4; ++i)
    s.word[i] = load_le<std::uint64_t>(bytes + 8 * i);
  return s;
}

bool is_canonical(const Scalar& s) noexcept {
  return below(s.word, kGroupOrder.word);
}

Scalar reduce_wide(const std::uint8_t bytes[64]) noexcept {
  Words<8> x;
  for (std::size_t i = 0; i < 8; ++i)
    x[i] = load_le<std::uint64_t>(bytes + 8 * i);
  return reduce(x);
}

Scalar mul(const Scalar& a, const Scalar& b) noexcept {
  return reduce(multiply(a.word, b.word));
}

Scalar add(const Scalar& a, const Scalar& b) noexcept {
  // Both are below 2^253, so the sum fits.
  Scalar sum;
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide column = Wide{a.word[i]} + b.word[i] + carry;
    sum.word[i] = static_cast<std::uint64_t>(column);
    carry = static_cast<std::uint64_t>(column >> 64);
  }
  if (!is_canonical(sum)) subtract(sum.word, kGroupOrder.word);
  return sum;
}

Scalar negate(const Scalar& a) noexcept {
  if (a == Scalar{}) return a;
  Scalar result = kGroupOrder;
  subtract(result.word, a.word);
  return result;
}

void CoefficientSum::add(const std::uint8_t z[16], const Scalar& a) noexcept {
  const Words<2> u = {load_le<std::uint64_t>(z) ^ kBias, load_le<std::uint64_t>(z + 8) ^ kBias};
  accumulate(products_, multiply(u, a.word));
  accumulate(plain_, a.word);
}

Scalar CoefficientSum::value() const noexcept {
  // Adding L 2^142 >= 2^394 keeps the difference from going below zero.
  constexpr Words<7> kMultiple = {0,
                                  0,
                                  kGroupOrder.word[0] << 14,
                                  kGroupOrder.word[0] >> 50 | kGroupOrder.word[1] << 14,
                                  kGroupOrder.word[1] >> 50,
                                  kGroupOrder.word[3] << 14,
                                  kGroupOrder.word[3] >> 50};
  Words<7> sum = products_;
  accumulate(sum, kMultiple);
  CHOPMARK_CHECK(!subtract(sum, multiply(Words<2>{kBias, kBias}, plain_)));
  return reduce({sum[0], sum[1], sum[2], sum[3], sum[4], sum[5], sum[6], 0});
}

void reduce_digests_portable(Scalar* scalars, const std::uint8_t* digests,
                             std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i)
    scalars[i] = reduce_wide(digests + 64 * i);
}

void coefficient_digits_portable(std::int8_t* digits, const std::uint8_t* z, const Scalar* scalars,
                                 std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    CoefficientSum product;
    product.add(z + 16 * i, scalars[i]);
    signed_bytes(digits + 32 * i, product.value());
  }
}

void signed_bytes(std::int8_t digits[32], const Scalar& s) noexcept {
  // Each byte of s + 128 (1 + 256 + ... + 256^31) < 2^256 is its digit plus 128.
  Words<4> sum = s.word;
  accumulate(sum, Words<4>{kBias, kBias, kBias, kBias});
  std::uint8_t bytes[8];
  for (std::size_t i = 0; i < 32; ++i) {
    if (i % 8 == 0) store_le(bytes, sum[i / 8] ^ kBias);
    digits[i] = static_cast<std::int8_t>(bytes[i % 8]);
  }
}

std::size_t non_adjacent_form(std::int8_t digits[256], const Scalar& s, unsigned width) noexcept {
  std::fill_n(digits, 256, std::int8_t{0});
  const std::uint64_t modulus = std::uint64_t{1} << width;
  std::uint64_t carry = 0;
  std::size_t used = 0;
  std::size_t bit = 0;
  while (bit < 256) {
    const std::size_t word = bit / 64;
    const std::size_t shift = bit % 64;
    std::uint64_t window = s.word[word] >> shift;
    if (shift + width > 64 && word < 3) window |= s.word[word + 1] << (64 - shift);
    window = (window & (modulus - 1)) + carry;
    if ((window & 1) == 0) {  // even with its carry: this digit is 0 and the carry stays
      ++bit;
      continue;
    }
    carry = window >= modulus / 2 ? 1 : 0;
    const auto digit =
        static_cast<std::int64_t>(window) - static_cast<std::int64_t>(carry << width);
    digits[bit] = static_cast<std::int8_t>(digit);
    used = bit + 1;
    bit += width;
  }
  return used;
}

}  // namespace chopmark::curve25519
