// SPDX-License-Identifier: Apache-2.0
// Slow arithmetic by definition, one bit or byte at a time, and ways to look at the fast one.
#pragma once

#include <array>
#include <cstdint>

#include "curve25519/field.hpp"
#include "curve25519/point.hpp"
#include "curve25519/scalar.hpp"

namespace chopmark::test {

using Number = std::array<std::uint64_t, 4>;  // little-endian words, below 2^256

inline constexpr Number kFieldPrime{0xffffffffffffffed, 0xffffffffffffffff, 0xffffffffffffffff,
                                    0x7fffffffffffffff};

inline bool at_least(const Number& a, const Number& b) {
  for (std::size_t i = 4; i-- != 0;) {
    if (a[i] != b[i]) return a[i] > b[i];
  }
  return true;
}

/// a + b or a - b modulo 2^256; `carried` says whether it wrapped.
inline Number plus(const Number& a, const Number& b, bool& carried) {
  Number sum{};
  carried = false;
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t first = a[i] + b[i];
    sum[i] = first + (carried ? 1 : 0);
    carried = first < a[i] || sum[i] < first;
  }
  return sum;
}

inline Number minus(const Number& a, const Number& b) {
  Number inverted{};
  for (std::size_t i = 0; i < 4; ++i)
    inverted[i] = ~b[i];
  bool carried = false;
  const Number all = plus(a, inverted, carried);
  return plus(all, {1, 0, 0, 0}, carried);
}

/// (a + b) mod m for a, b < m.
inline Number plus_mod(const Number& a, const Number& b, const Number& m) {
  bool carried = false;
  const Number sum = plus(a, b, carried);
  return carried || at_least(sum, m) ? minus(sum, m) : sum;
}

/// The little-endian bits of `bytes` modulo m, from the top bit down.
inline Number bytes_mod(ByteView bytes, const Number& m) {
  Number rest{};
  for (std::size_t bit = 8 * bytes.size(); bit-- != 0;) {
    rest = plus_mod(rest, rest, m);
    if (((bytes[bit / 8] >> (bit % 8)) & 1) != 0) rest = plus_mod(rest, {1, 0, 0, 0}, m);
  }
  return rest;
}

/// sum(limb[i] * 2^(51 i)) modulo m for five limbs of up to 64 bits.
inline Number limbs_mod(const std::array<std::uint64_t, 5>& limbs, const Number& m) {
  std::array<std::uint64_t, 5> words{};
  for (std::size_t i = 0; i < 5; ++i) {
    const std::size_t shift = 51 * i % 64;
    unsigned __int128 rest = static_cast<unsigned __int128>(limbs[i]) << shift;
    for (std::size_t at = 51 * i / 64; rest != 0; ++at) {
      rest += words[at];
      words[at] = static_cast<std::uint64_t>(rest);
      rest >>= 64;
    }
  }
  Bytes bytes;
  for (std::size_t i = 0; i < 40; ++i)
    bytes.push_back(static_cast<std::uint8_t>(words[i / 8] >> (8 * (i % 8))));
  return bytes_mod(bytes, m);
}

inline Digest number_bytes(const Number& a) {
  Digest bytes;
  for (std::size_t i = 0; i < 32; ++i)
    bytes[i] = static_cast<std::uint8_t>(a[i / 8] >> (8 * (i % 8)));
  return bytes;
}

inline Number times_mod(const Number& a, const Number& b, const Number& m) {
  const Digest bits = number_bytes(a);
  const Number factor = bytes_mod(number_bytes(b), m);
  Number product{};
  for (std::size_t bit = 256; bit-- != 0;) {
    product = plus_mod(product, product, m);
    if (((bits[bit / 8] >> (bit % 8)) & 1) != 0) product = plus_mod(product, factor, m);
  }
  return product;
}

inline Digest encoded(const curve25519::Fe& a) {
  Digest bytes;
  curve25519::store(bytes.data(), a);
  return bytes;
}

inline bool same(const curve25519::Fe& a, const curve25519::Fe& b) {
  return encoded(a) == encoded(b);
}

inline Digest encoded(const curve25519::Point& p) {
  Digest bytes;
  curve25519::compress(bytes.data(), p);
  return bytes;
}

inline curve25519::Point sum_of(const curve25519::Point& p, const curve25519::Point& q) {
  return curve25519::to_point(curve25519::add(p, curve25519::to_cached(q)));
}

inline curve25519::Point twice(const curve25519::Point& p) {
  return curve25519::to_point(curve25519::doubled(p));
}

inline curve25519::Point opposite(const curve25519::Point& p) {
  return {curve25519::negate(p.x), p.y, p.z, curve25519::negate(p.t)};
}

/// By doubling and adding, one bit at a time.
inline curve25519::Point multiple(const curve25519::Scalar& s, const curve25519::Point& p) {
  curve25519::Point sum;
  for (std::size_t bit = 256; bit-- != 0;) {
    sum = twice(sum);
    if (((s.word[bit / 64] >> (bit % 64)) & 1) != 0) sum = sum_of(sum, p);
  }
  return sum;
}

inline curve25519::Scalar small_scalar(std::uint64_t value) {
  return {{value, 0, 0, 0}};
}

/// Every encoding of a point of order 1, 2, 4 or 8 that ZIP-215 decodes; the first eight are the
/// canonical ones.
inline constexpr std::array<const char*, 14> kSmallOrderEncodings{
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};

}  // namespace chopmark::test
