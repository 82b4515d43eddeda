// SPDX-License-Identifier: Apache-2.0
// Points of the twisted Edwards curve -x^2 + y^2 = 1 + d x^2 y^2 over p = 2^255 - 19 in extended
// coordinates. The formulas are complete: they hold for all points, small order and identity
// included. Variable time. Floor: curve25519.
//
// Formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008),
// sections 3.1-3.3.
#pragma once

#include <array>
#include <cstdint>

#include "curve25519/constants.hpp"
#include "curve25519/field.hpp"

namespace chopmark::curve25519 {

/// x = X / Z, y = Y / Z, T = X Y / Z. All tight.
struct Point {
  Fe x = kZero;
  Fe y = kOne;
  Fe z = kOne;
  Fe t = kZero;
};

/// What an addition needs of its second operand. y_plus_x and z2 are sums, the rest loose.
struct Cached {
  Fe y_plus_x = kOne;
  Fe y_minus_x = kOne;
  Fe z2 = {{2, 0, 0, 0, 0}};
  Fe t2d = kZero;
};

/// A point with z = 1, as an addition reads it: t2d = 2 d x y. Limbs below kReduced, so that every
/// backend takes it as it is. Two lines of the cache.
struct alignas(64) Niels {
  Fe y_plus_x = kOne;
  Fe y_minus_x = kOne;
  Fe t2d = kZero;
  std::uint64_t unused = 0;
};
static_assert(sizeof(Niels) == 128);

/// Before the last products of an addition or doubling: x = E F, y = G H, z = F G, t = E H. All
/// loose.
struct Completed {
  Fe e, f, g, h;
};

inline Point to_point(const Completed& c) noexcept {
  return {mul(c.e, c.f), mul(c.g, c.h), mul(c.f, c.g), mul(c.e, c.h)};
}

/// Without t, which a following doubling does not read.
inline Point to_projective(const Completed& c) noexcept {
  return {mul(c.e, c.f), mul(c.g, c.h), mul(c.f, c.g), kZero};
}

inline Cached to_cached(const Point& p) noexcept {
  return {add(p.y, p.x), sub(p.y, p.x), add(p.z, p.z), mul(p.t, kCurve2D)};
}

inline Cached negate(const Cached& q) noexcept {
  return {q.y_minus_x, q.y_plus_x, q.z2, sub(kZero, carry(q.t2d))};
}

/// p + q.
inline Completed add(const Point& p, const Cached& q) noexcept {
  const Fe a = mul(sub(p.y, p.x), q.y_minus_x);
  const Fe b = mul(add(p.y, p.x), q.y_plus_x);
  const Fe c = mul(p.t, q.t2d);
  const Fe d = mul(p.z, q.z2);
  return {sub(b, a), sub(d, c), add(d, c), add(b, a)};
}

/// p - q, by the same formula with q's x and t negated.
inline Completed subtract(const Point& p, const Cached& q) noexcept {
  const Fe a = mul(sub(p.y, p.x), q.y_plus_x);
  const Fe b = mul(add(p.y, p.x), q.y_minus_x);
  const Fe c = mul(p.t, q.t2d);
  const Fe d = mul(p.z, q.z2);
  return {sub(b, a), add(d, c), sub(d, c), add(b, a)};
}

inline Completed add(const Point& p, const Niels& q) noexcept {
  const Fe a = mul(sub(p.y, p.x), q.y_minus_x);
  const Fe b = mul(add(p.y, p.x), q.y_plus_x);
  const Fe c = mul(p.t, q.t2d);
  const Fe d = add(p.z, p.z);
  return {sub(b, a), sub(d, c), add(d, c), add(b, a)};
}

inline Completed subtract(const Point& p, const Niels& q) noexcept {
  const Fe a = mul(sub(p.y, p.x), q.y_plus_x);
  const Fe b = mul(add(p.y, p.x), q.y_minus_x);
  const Fe c = mul(p.t, q.t2d);
  const Fe d = add(p.z, p.z);
  return {sub(b, a), add(d, c), sub(d, c), add(b, a)};
}

/// 2p. Does not read t.
inline Completed doubled(const Point& p) noexcept {
  const Fe a = sqr(p.x);
  const Fe b = sqr(p.y);
  const Fe zz = sqr(p.z);
  const Fe h = add(a, b);
  const Fe g = sub(a, b);
  // f = 2 zz + g: limbs < (2^52 + 2^14) + (2^53 + 2^51 + 2^13) < 2^54.
  return {sub(h, sqr(add(p.x, p.y))), add(add(zz, zz), g), g, h};
}

/// 8p.
inline Point times_cofactor(const Point& p) noexcept {
  return to_point(doubled(to_projective(doubled(to_projective(doubled(p))))));
}

/// Of a point with z = 1.
inline Niels to_niels(const Point& p) noexcept {
  return {carry(add(p.y, p.x)), carry(sub(p.y, p.x)), mul(p.t, kCurve2D)};
}

/// From (2x, 2y) with z = 2, all times 2: x = 4x', y = 4y', z = 4, t = 4x'y'.
inline Point to_point(const Niels& q) noexcept {
  const Fe x = carry(sub(q.y_plus_x, q.y_minus_x));
  const Fe y = carry(add(q.y_plus_x, q.y_minus_x));
  return {carry(add(x, x)), carry(add(y, y)), {{4, 0, 0, 0, 0}}, mul(x, y)};
}

[[nodiscard]] inline bool is_identity(const Point& p) noexcept {
  return is_zero(p.x) && is_zero(sub(p.y, p.z));
}

[[nodiscard]] inline bool is_small_order(const Point& p) noexcept {
  return is_identity(times_cofactor(p));
}

/// ZIP-215 decoding: y is taken modulo p, the sign bit chooses x, and x = 0 with the sign bit set
/// is accepted. False if no point of the curve has this y.
[[nodiscard]] bool decompress(Point& p, const std::uint8_t bytes[32]) noexcept;

/// Kernels::decode_points of the portable backend.
void decode_points_portable(Niels* points, std::uint8_t* ok, const std::uint8_t* encodings,
                            std::size_t stride, std::size_t count) noexcept;

/// Whether a canonical encoding of a point is that of one of small order: by its y alone.
[[nodiscard]] bool is_small_order_encoding(const std::uint8_t bytes[32]) noexcept;

/// Whether y < p, and not x = 0 with the sign bit set, for bytes that decode.
[[nodiscard]] bool is_canonical_encoding(const std::uint8_t bytes[32]) noexcept;

/// The one canonical encoding (RFC 8032 5.1.2).
void compress(std::uint8_t bytes[32], const Point& p) noexcept;

[[nodiscard]] const Point& base_point() noexcept;

/// 0, B, 2B, ..., 128B: written by tools/curve_tables.py.
inline constexpr std::size_t kBaseMultiples = 129;
extern const Niels kBaseTable[kBaseMultiples];

/// Odd multiples p, 3p, ..., (2 n - 1) p.
template <std::size_t n>
[[nodiscard]] std::array<Cached, n> odd_multiples(const Point& p) noexcept {
  std::array<Cached, n> table;
  const Cached twice = to_cached(to_point(doubled(p)));
  Point multiple = p;
  table[0] = to_cached(multiple);
  for (std::size_t i = 1; i < n; ++i) {
    multiple = to_point(add(multiple, twice));
    table[i] = to_cached(multiple);
  }
  return table;
}

}  // namespace chopmark::curve25519
