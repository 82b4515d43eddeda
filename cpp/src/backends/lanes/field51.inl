// SPDX-License-Identifier: Apache-2.0
// In each lane an element of the field modulo p = 2^255 - 19, five limbs of 51 bits, one limb to a
// register, for a multiplier of 52 bits.
//
//   LaneFe   limb < 2^51 + 2^16   what the multiplier takes: it reads 52 bits and drops the rest,
//                                 so not even the sum of two of these may be multiplied
//   LaneRaw  limb < 2^62          sums and differences of products, before the one carry
//
// A product is below 2^59 (product()); a LaneRaw is made of at most four products and one bias of
// 2^60, below 4 * 2^59 + 2^60 < 2^61.6.

struct LaneFe {
  Vec v0, v1, v2, v3, v4;
};
struct LaneRaw {
  Vec v0, v1, v2, v3, v4;
};

// The bounds are asserted in a build with CHOPMARK_CHECK_BOUNDS.
LANE_INLINE void check_below([[maybe_unused]] Vec a, [[maybe_unused]] std::uint64_t bound) {
#ifdef CHOPMARK_CHECK_BOUNDS
  CHOPMARK_CHECK(all_below(a, splat(bound)));
#endif
}
template <class Limbs>
LANE_INLINE void check_below(const Limbs& a, std::uint64_t bound) {
  check_below(a.v0, bound);
  check_below(a.v1, bound);
  check_below(a.v2, bound);
  check_below(a.v3, bound);
  check_below(a.v4, bound);
}
LANE_INLINE void check_bounds(const LaneFe& a) {
  check_below(a, (std::uint64_t{1} << 51) + (1 << 16));
}
LANE_INLINE void check_bounds(const LaneRaw& a) {
  check_below(a, std::uint64_t{1} << 62);
}
LANE_INLINE const LaneRaw& checked_product(const LaneRaw& a) {
  check_below(a, std::uint64_t{1} << 59);
  return a;
}

LANE_INLINE LaneRaw raw(const LaneFe& a) {
  return {a.v0, a.v1, a.v2, a.v3, a.v4};
}
/// The words of one element of curve25519 in all lanes.
LANE_INLINE LaneFe splat_fe(const std::uint64_t* limb) {
  return {splat(limb[0]), splat(limb[1]), splat(limb[2]), splat(limb[3]), splat(limb[4])};
}
LANE_INLINE LaneFe curve_d() {
  return splat_fe(words_of(&kOwnCurveD));
}
LANE_INLINE LaneFe curve_2d() {
  return splat_fe(words_of(&kOwnCurve2D));
}
LANE_INLINE LaneFe sqrt_minus_one() {
  return splat_fe(words_of(&kOwnSqrtMinusOne));
}
LANE_INLINE LaneFe small_fe(std::uint64_t value) {
  const Vec zero = splat(0);
  return {splat(value), zero, zero, zero, zero};
}

LANE_INLINE LaneRaw add(const LaneRaw& a, const LaneRaw& b) {
  return {add(a.v0, b.v0), add(a.v1, b.v1), add(a.v2, b.v2), add(a.v3, b.v3), add(a.v4, b.v4)};
}
/// b at most a product. 512 p is added, in limbs 2^60 - 19 * 512 and 2^60 - 512, so that no limb
/// goes below zero.
LANE_INLINE LaneRaw sub(const LaneRaw& a, const LaneRaw& b) {
  checked_product(b);
  const Vec first = splat((std::uint64_t{1} << 60) - 19 * 512);
  const Vec other = splat((std::uint64_t{1} << 60) - 512);
  return {sub(add(a.v0, first), b.v0), sub(add(a.v1, other), b.v1), sub(add(a.v2, other), b.v2),
          sub(add(a.v3, other), b.v3), sub(add(a.v4, other), b.v4)};
}
/// All carries at once. A carry is below 2^11, so a limb ends below 2^51 + 19 * 2^11 < 2^51 + 2^16.
/// From a single product the carry is below 2^8: 2^51 + 2^13, what the portable field calls tight.
LANE_INLINE LaneFe carry(const LaneRaw& a) {
  check_bounds(a);
  const Vec mask = splat(kMask51);
  const LaneFe r{madd_lo(bits_and(a.v0, mask), shifted_right<51>(a.v4), splat(19)),
                 add(bits_and(a.v1, mask), shifted_right<51>(a.v0)),
                 add(bits_and(a.v2, mask), shifted_right<51>(a.v1)),
                 add(bits_and(a.v3, mask), shifted_right<51>(a.v2)),
                 add(bits_and(a.v4, mask), shifted_right<51>(a.v3))};
  check_bounds(r);
  return r;
}
/// What a multiplier takes: here it must be carried.
LANE_INLINE LaneFe factor(const LaneRaw& a) {
  return carry(a);
}
LANE_INLINE LaneFe sum(const LaneFe& a, const LaneFe& b) {
  return carry(add(raw(a), raw(b)));
}
LANE_INLINE LaneFe difference(const LaneFe& a, const LaneFe& b) {
  return carry(sub(raw(a), raw(b)));
}
/// Limbs below 2^51 + 19: what the portable field calls tight.
LANE_INLINE LaneFe recarried(const LaneFe& a) {
  return carry(raw(a));
}
template <class Element>
LANE_INLINE Element select(Mask mask, const Element& a, const Element& b) {
  return {select(mask, a.v0, b.v0), select(mask, a.v1, b.v1), select(mask, a.v2, b.v2),
          select(mask, a.v3, b.v3), select(mask, a.v4, b.v4)};
}

/// An element as words of memory: of this backend's rows, and of curve25519. Here they are the
/// same.
LANE_INLINE LaneFe fe_at(const Vec* words) {
  return {words[0], words[1], words[2], words[3], words[4]};
}
LANE_INLINE void put_fe(Vec* words, const LaneFe& a) {
  words[0] = a.v0, words[1] = a.v1, words[2] = a.v2, words[3] = a.v3, words[4] = a.v4;
}
LANE_INLINE LaneFe fe_from_limbs(const Vec* words) {
  return fe_at(words);
}
LANE_INLINE void limbs_from_fe(Vec* words, const LaneFe& a) {
  put_fe(words, a);
}

/// Columns 5..9 have weight 2^255 and more: they come back times 19. With lower halves below 2^52
/// and twice the upper halves below 2^51 + 2^19 the largest column is the first, below
/// 2^52 + 19 * (4 * 2^52 + 5 * (2^51 + 2^19)) < 125 * 2^52 < 2^59.
LANE_INLINE LaneRaw folded(Vec r0, Vec r1, Vec r2, Vec r3, Vec r4, Vec r5, Vec r6, Vec r7, Vec r8,
                           Vec r9) {
  const Vec nineteen = opaque_splat(19);
  return checked_product({add(r0, times(r5, nineteen)), add(r1, times(r6, nineteen)),
                          add(r2, times(r7, nineteen)), add(r3, times(r8, nineteen)),
                          add(r4, times(r9, nineteen))});
}
LANE_INLINE Vec twice(Vec a) {
  return add(a, a);
}

/// The upper half of a_i b_j has weight 2^(51 (i + j) + 52): twice that of column i + j + 1. Column
/// by column, so that few registers are alive at a time.
LANE_INLINE LaneRaw product(const LaneFe& a, const LaneFe& b) {
  check_bounds(a);
  check_bounds(b);
  const Vec nineteen = opaque_splat(19);
  const Vec z = splat(0);
  Vec l = madd_lo(z, a.v0, b.v0);
  Vec h = madd_hi(z, a.v0, b.v0);
  Vec r0 = l;

  l = madd_lo(madd_lo(z, a.v0, b.v1), a.v1, b.v0);
  Vec r1 = add(l, twice(h));
  h = madd_hi(madd_hi(z, a.v0, b.v1), a.v1, b.v0);

  l = madd_lo(madd_lo(madd_lo(z, a.v0, b.v2), a.v1, b.v1), a.v2, b.v0);
  Vec r2 = add(l, twice(h));
  h = madd_hi(madd_hi(madd_hi(z, a.v0, b.v2), a.v1, b.v1), a.v2, b.v0);

  l = madd_lo(madd_lo(madd_lo(madd_lo(z, a.v0, b.v3), a.v1, b.v2), a.v2, b.v1), a.v3, b.v0);
  Vec r3 = add(l, twice(h));
  h = madd_hi(madd_hi(madd_hi(madd_hi(z, a.v0, b.v3), a.v1, b.v2), a.v2, b.v1), a.v3, b.v0);

  l = madd_lo(madd_lo(madd_lo(z, a.v0, b.v4), a.v1, b.v3), a.v2, b.v2);
  l = madd_lo(madd_lo(l, a.v3, b.v1), a.v4, b.v0);
  Vec r4 = add(l, twice(h));
  h = madd_hi(madd_hi(madd_hi(z, a.v0, b.v4), a.v1, b.v3), a.v2, b.v2);
  h = madd_hi(madd_hi(h, a.v3, b.v1), a.v4, b.v0);

  l = madd_lo(madd_lo(madd_lo(madd_lo(z, a.v1, b.v4), a.v2, b.v3), a.v3, b.v2), a.v4, b.v1);
  r0 = add(r0, times(add(l, twice(h)), nineteen));
  h = madd_hi(madd_hi(madd_hi(madd_hi(z, a.v1, b.v4), a.v2, b.v3), a.v3, b.v2), a.v4, b.v1);

  l = madd_lo(madd_lo(madd_lo(z, a.v2, b.v4), a.v3, b.v3), a.v4, b.v2);
  r1 = add(r1, times(add(l, twice(h)), nineteen));
  h = madd_hi(madd_hi(madd_hi(z, a.v2, b.v4), a.v3, b.v3), a.v4, b.v2);

  l = madd_lo(madd_lo(z, a.v3, b.v4), a.v4, b.v3);
  r2 = add(r2, times(add(l, twice(h)), nineteen));
  h = madd_hi(madd_hi(z, a.v3, b.v4), a.v4, b.v3);

  l = madd_lo(z, a.v4, b.v4);
  r3 = add(r3, times(add(l, twice(h)), nineteen));
  h = madd_hi(z, a.v4, b.v4);
  r4 = add(r4, times(twice(h), nineteen));
  return checked_product({r0, r1, r2, r3, r4});
}

/// Doubling a limb could reach 2^52 + 2^17, so it is the sums that are doubled: column k is
/// lo(square) + 2 (lo(cross) + hi(square) + 2 hi(cross)).
LANE_INLINE LaneRaw square(const LaneFe& a) {
  check_bounds(a);
  const Vec z = splat(0);
  const Vec x1 = madd_lo(madd_hi(z, a.v0, a.v0), a.v0, a.v1);
  const Vec u2 = madd_hi(z, a.v0, a.v1);
  const Vec x2 = madd_lo(z, a.v0, a.v2);
  const Vec u3 = madd_hi(z, a.v0, a.v2);
  const Vec x3 = madd_lo(madd_lo(madd_hi(z, a.v1, a.v1), a.v0, a.v3), a.v1, a.v2);
  const Vec u4 = madd_hi(madd_hi(z, a.v0, a.v3), a.v1, a.v2);
  const Vec x4 = madd_lo(madd_lo(z, a.v0, a.v4), a.v1, a.v3);
  const Vec u5 = madd_hi(madd_hi(z, a.v0, a.v4), a.v1, a.v3);
  const Vec x5 = madd_lo(madd_lo(madd_hi(z, a.v2, a.v2), a.v1, a.v4), a.v2, a.v3);
  const Vec u6 = madd_hi(madd_hi(z, a.v1, a.v4), a.v2, a.v3);
  const Vec x6 = madd_lo(z, a.v2, a.v4);
  const Vec u7 = madd_hi(z, a.v2, a.v4);
  const Vec x7 = madd_lo(madd_hi(z, a.v3, a.v3), a.v3, a.v4);
  const Vec u8 = madd_hi(z, a.v3, a.v4);
  const Vec r0 = madd_lo(z, a.v0, a.v0);
  const Vec r2 = madd_lo(twice(add(x2, twice(u2))), a.v1, a.v1);
  const Vec r4 = madd_lo(twice(add(x4, twice(u4))), a.v2, a.v2);
  const Vec r6 = madd_lo(twice(add(x6, twice(u6))), a.v3, a.v3);
  const Vec r8 = madd_lo(twice(twice(u8)), a.v4, a.v4);
  const Vec r9 = twice(madd_hi(z, a.v4, a.v4));
  return folded(r0, twice(x1), r2, twice(add(x3, twice(u3))), r4, twice(add(x5, twice(u5))), r6,
                twice(add(x7, twice(u7))), r8, r9);
}

LANE_INLINE LaneFe mul(const LaneFe& a, const LaneFe& b) {
  return carry(product(a, b));
}
LANE_INLINE LaneFe sqr(const LaneFe& a) {
  return carry(square(a));
}

/// The representative below p, limbs below 2^51.
inline LaneFe canonical(const LaneFe& a) {
  check_bounds(a);
  const Vec mask = splat(kMask51);
  LaneFe r = a;
  // What is above 2^255 is at most 1, so these carries leave limbs < 2^51 but for v0 < 2^51 + 19,
  // and the value is below 2p.
  r.v1 = add(r.v1, shifted_right<51>(r.v0));
  r.v0 = bits_and(r.v0, mask);
  r.v2 = add(r.v2, shifted_right<51>(r.v1));
  r.v1 = bits_and(r.v1, mask);
  r.v3 = add(r.v3, shifted_right<51>(r.v2));
  r.v2 = bits_and(r.v2, mask);
  r.v4 = add(r.v4, shifted_right<51>(r.v3));
  r.v3 = bits_and(r.v3, mask);
  r.v0 = add(r.v0, times(shifted_right<51>(r.v4), splat(19)));
  r.v4 = bits_and(r.v4, mask);
  // q = 1 exactly when the value is at least p: then value + 19 reaches 2^255.
  Vec q = shifted_right<51>(add(r.v0, splat(19)));
  q = shifted_right<51>(add(r.v1, q));
  q = shifted_right<51>(add(r.v2, q));
  q = shifted_right<51>(add(r.v3, q));
  q = shifted_right<51>(add(r.v4, q));
  r.v0 = add(r.v0, times(q, splat(19)));
  r.v1 = add(r.v1, shifted_right<51>(r.v0));
  r.v0 = bits_and(r.v0, mask);
  r.v2 = add(r.v2, shifted_right<51>(r.v1));
  r.v1 = bits_and(r.v1, mask);
  r.v3 = add(r.v3, shifted_right<51>(r.v2));
  r.v2 = bits_and(r.v2, mask);
  r.v4 = add(r.v4, shifted_right<51>(r.v3));
  r.v3 = bits_and(r.v3, mask);
  r.v4 = bits_and(r.v4, mask);  // drops 2^255 when q = 1: the value becomes value - p
  return r;
}
/// Lanes where all limbs are the same.
LANE_INLINE Mask equal_limbs(const LaneFe& a, const LaneFe& b) {
  return static_cast<Mask>(equal(a.v0, b.v0) & equal(a.v1, b.v1) & equal(a.v2, b.v2) &
                           equal(a.v3, b.v3) & equal(a.v4, b.v4));
}
inline Mask is_zero(const LaneFe& a) {
  const LaneFe c = canonical(a);
  const Vec any = bits_or(bits_or(bits_or(c.v0, c.v1), bits_or(c.v2, c.v3)), c.v4);
  return equal(any, splat(0));
}
inline Mask is_odd(const LaneFe& a) {
  const Vec one = splat(1);
  return equal(bits_and(canonical(a).v0, one), one);
}
