// SPDX-License-Identifier: Apache-2.0
// In each lane an element of the field modulo p = 2^255 - 19, ten limbs of 26 and 25 bits in turn
// (radix 2^25.5), for a multiplier of 32 bits. Register v_k holds limb 2k in the lower halves of
// its words and limb 2k + 1 in the upper ones: sums cost half, and the multiplier reads lower
// halves.
//
// A product carries to the end, so nothing is left to a later carry but the excess of sums. Bounds
// are multiples of one unit, 2^26 + 2^8 for limbs of 26 bits and 2^25 + 2^12 for those of 25:
//
//   1 unit    what products, carry and fe_from_limbs give
//   5 units   LaneFe and LaneRaw, the first factor of a product
//   3 units   its second factor, which is multiplied by 19 in 32 bits: 19 * 3 * (2^26 + 2^8) < 2^32
//   2 units   what is squared: 38 * 2 * (2^25 + 2^12) < 2^32
//
// A sum adds units, and a difference two more. LaneRaw is a type of its own since the texts of
// lanes/ tell what is carried from what is not.

struct LaneFe {
  Vec v0, v1, v2, v3, v4;
};
struct LaneRaw {
  Vec v0, v1, v2, v3, v4;
};

constexpr std::uint64_t kUpper = std::uint64_t{1} << 32;  // one in the upper half
constexpr std::uint64_t kMask26 = (1U << 26) - 1;
constexpr std::uint64_t kMaskLimbs = kMask26 + kUpper * ((1U << 25) - 1);

/// Limbs of at most so many units.
#ifdef CHOPMARK_CHECK_BOUNDS
template <unsigned units, class Element>
LANE_INLINE void check_bounds(const Element& a) {
  const Vec even = splat(units * ((1U << 26) + (1U << 8)));
  const Vec odd = splat(units * ((1U << 25) + (1U << 12)));
  const Vec low = splat(kUpper - 1);
  const auto within = [&](Vec word) __attribute__((always_inline)) {
    return all_below(bits_and(word, low), even) && all_below(shifted_right<32>(word), odd);
  };
  CHOPMARK_CHECK(within(a.v0) && within(a.v1) && within(a.v2) && within(a.v3) && within(a.v4));
}
#else
template <unsigned units, class Element>
LANE_INLINE void check_bounds(const Element&) {}
#endif

LANE_INLINE LaneRaw raw(const LaneFe& a) {
  return {a.v0, a.v1, a.v2, a.v3, a.v4};
}
/// Of LaneRaw within the bounds.
LANE_INLINE LaneFe factor(const LaneRaw& a) {
  check_bounds<5>(a);
  return {a.v0, a.v1, a.v2, a.v3, a.v4};
}

/// From a limb of 51 bits, below 2^51 + 2^16: 26 bits to the lower half, the rest to the upper.
LANE_INLINE Vec split_limb(Vec limb) {
  return bits_and(halves_of(limb, shifted_left<6>(limb)), splat(kMask26 + kUpper * (kUpper - 1)));
}
LANE_INLINE LaneFe fe_from_limbs(const Vec* limbs) {
  return {split_limb(limbs[0]), split_limb(limbs[1]), split_limb(limbs[2]), split_limb(limbs[3]),
          split_limb(limbs[4])};
}
/// The words of one element of curve25519 in all lanes.
LANE_INLINE LaneFe splat_fe(const std::uint64_t* limbs) {
  alignas(32) std::uint64_t words[4];
  store(words, split_limb(load(limbs)));
  return {splat(words[0]), splat(words[1]), splat(words[2]), splat(words[3]),
          split_limb(splat(limbs[4]))};
}
LANE_INLINE LaneFe curve_d() {
  return splat_fe(words_of(&curve25519::kCurveD));
}
LANE_INLINE LaneFe curve_2d() {
  return splat_fe(words_of(&curve25519::kCurve2D));
}
LANE_INLINE LaneFe sqrt_minus_one() {
  return splat_fe(words_of(&curve25519::kSqrtMinusOne));
}
/// value < 2^26.
LANE_INLINE LaneFe small_fe(std::uint64_t value) {
  const Vec zero = splat(0);
  return {splat(value), zero, zero, zero, zero};
}

LANE_INLINE LaneRaw add(const LaneRaw& a, const LaneRaw& b) {
  return {add_halves(a.v0, b.v0), add_halves(a.v1, b.v1), add_halves(a.v2, b.v2),
          add_halves(a.v3, b.v3), add_halves(a.v4, b.v4)};
}
/// a - b with `multiple` p added, in limbs that no limb of b exceeds.
template <unsigned multiple>
LANE_INLINE LaneRaw biased_difference(const LaneRaw& a, const LaneRaw& b) {
  check_bounds<multiple - 1>(b);
  const Vec first = splat(kMaskLimbs * multiple - 18 * multiple);
  const Vec other = splat(kMaskLimbs * multiple);
  return {sub_halves(add_halves(a.v0, first), b.v0), sub_halves(add_halves(a.v1, other), b.v1),
          sub_halves(add_halves(a.v2, other), b.v2), sub_halves(add_halves(a.v3, other), b.v3),
          sub_halves(add_halves(a.v4, other), b.v4)};
}
/// b of one unit.
LANE_INLINE LaneRaw sub(const LaneRaw& a, const LaneRaw& b) {
  return biased_difference<2>(a, b);
}
/// All carries at once, from 9 units. A carry is below 10, so limb 0 ends below 2^26 + 190.
LANE_INLINE LaneFe carry(const LaneRaw& a) {
  check_bounds<9>(a);
  const Vec mask = splat(kMaskLimbs);
  const Vec bits = splat(26 + kUpper * 25);
  const Vec c0 = shifted_halves(a.v0, bits), c1 = shifted_halves(a.v1, bits);
  const Vec c2 = shifted_halves(a.v2, bits), c3 = shifted_halves(a.v3, bits);
  const Vec c4 = shifted_halves(a.v4, bits);
  const Vec wrapped = times(shifted_right<32>(c4), splat(19));
  return {add_halves(bits_and(a.v0, mask), bits_or(wrapped, shifted_left<32>(c0))),
          add_halves(bits_and(a.v1, mask), swapped_halves(halves_of(c1, c0))),
          add_halves(bits_and(a.v2, mask), swapped_halves(halves_of(c2, c1))),
          add_halves(bits_and(a.v3, mask), swapped_halves(halves_of(c3, c2))),
          add_halves(bits_and(a.v4, mask), swapped_halves(halves_of(c4, c3)))};
}
LANE_INLINE LaneFe sum(const LaneFe& a, const LaneFe& b) {
  return carry(add(raw(a), raw(b)));
}
/// b of at most three units.
LANE_INLINE LaneFe difference(const LaneFe& a, const LaneFe& b) {
  return carry(biased_difference<4>(raw(a), raw(b)));
}
LANE_INLINE LaneFe recarried(const LaneFe& a) {
  return carry(raw(a));
}
template <class Element>
LANE_INLINE Element select(Mask mask, const Element& a, const Element& b) {
  return {select(mask, a.v0, b.v0), select(mask, a.v1, b.v1), select(mask, a.v2, b.v2),
          select(mask, a.v3, b.v3), select(mask, a.v4, b.v4)};
}

/// An element as words of this backend's rows.
LANE_INLINE LaneFe fe_at(const Vec* words) {
  return {words[0], words[1], words[2], words[3], words[4]};
}
LANE_INLINE void put_fe(Vec* words, const LaneFe& a) {
  words[0] = a.v0, words[1] = a.v1, words[2] = a.v2, words[3] = a.v3, words[4] = a.v4;
}
/// Limbs of 51 bits, below 2^51 + 2^8 after a carry of their own.
LANE_INLINE void limbs_from_fe(Vec* words, const LaneFe& a) {
  const Vec mask = splat(kMask51);
  const auto joined = [](Vec word) __attribute__((always_inline)) {
    return add(bits_and(word, splat(kUpper - 1)), shifted_left<26>(shifted_right<32>(word)));
  };
  const Vec l0 = joined(a.v0), l1 = joined(a.v1), l2 = joined(a.v2), l3 = joined(a.v3);
  const Vec l4 = joined(a.v4);
  words[0] = add(bits_and(l0, mask), times(shifted_right<51>(l4), splat(19)));
  words[1] = add(bits_and(l1, mask), shifted_right<51>(l0));
  words[2] = add(bits_and(l2, mask), shifted_right<51>(l1));
  words[3] = add(bits_and(l3, mask), shifted_right<51>(l2));
  words[4] = add(bits_and(l4, mask), shifted_right<51>(l3));
}

/// The sum of five products.
LANE_INLINE Vec five(Vec a, Vec b, Vec c, Vec d, Vec e, Vec f, Vec g, Vec h, Vec i, Vec j) {
  return add(add(add(add(times(a, b), times(c, d)), times(e, f)), times(g, h)), times(i, j));
}
LANE_INLINE Vec twice(Vec a) {
  return add(a, a);
}
/// The upper half of each word.
LANE_INLINE Vec upper(Vec a) {
  return shifted_right<32>(a);
}
/// Two limbs without their carries.
LANE_INLINE Vec packed(Vec even, Vec odd) {
  return bits_and(halves_of(even, shifted_left<32>(odd)), splat(kMaskLimbs));
}
/// With 19 times the carry out of limb 9 added to limb 0, and what that carries to limb 1.
LANE_INLINE LaneRaw wrapped(Vec w0, Vec w1, Vec w2, Vec w3, Vec w4, Vec nineteen_times_carry) {
  const Vec mask = splat(kMask26);
  const Vec limb0 = add(bits_and(w0, mask), nineteen_times_carry);
  const Vec limb1 = add(upper(w0), shifted_right<26>(limb0));
  return {bits_or(bits_and(limb0, mask), shifted_left<32>(limb1)), w1, w2, w3, w4};
}

/// a_i b_j has weight 2^ceil(25.5 i) 2^ceil(25.5 j), twice that of limb i + j where both i and j
/// are odd; from limb 10 on it comes back times 19 (c_j = 19 b_j). The largest column is the first:
/// 1 + 4 * 19 products of two limbs of 26 bits and 5 * 38 of two of 25 bits. With 5 and 3 units it
/// is below 5 * 3 * 125 * 2^52 < 2^63. Column 9 has no factor: below 5 * 3 * 10 * 2^51 < 2^58.5, so
/// 19 times its carry is below 2^38, and limb 1 ends below 2^25 + 2^12. Column by column, so that
/// few registers are alive at a time.
LANE_INLINE LaneRaw product(const LaneFe& a, const LaneFe& b) {
  check_bounds<5>(a);
  check_bounds<3>(b);
  const Vec nineteen = splat(19);
  const Vec b0 = b.v0, b1 = upper(b.v0), b2 = b.v1, b3 = upper(b.v1), b4 = b.v2;
  const Vec b5 = upper(b.v2), b6 = b.v3, b7 = upper(b.v3), b8 = b.v4, b9 = upper(b.v4);
  const Vec c1 = times(b1, nineteen), c2 = times(b2, nineteen), c3 = times(b3, nineteen);
  const Vec c4 = times(b4, nineteen), c5 = times(b5, nineteen), c6 = times(b6, nineteen);
  const Vec c7 = times(b7, nineteen), c8 = times(b8, nineteen), c9 = times(b9, nineteen);
  const Vec a0 = a.v0, a1 = upper(a.v0), a2 = a.v1, a3 = upper(a.v1), a4 = a.v2;
  const Vec a5 = upper(a.v2), a6 = a.v3, a7 = upper(a.v3), a8 = a.v4, a9 = upper(a.v4);
  const Vec r0 = add(five(a0, b0, a2, c8, a4, c6, a6, c4, a8, c2),
                     twice(five(a1, c9, a3, c7, a5, c5, a7, c3, a9, c1)));
  const Vec r1 = add(add(five(a0, b1, a2, c9, a4, c7, a6, c5, a8, c3),
                         five(a1, b0, a3, c8, a5, c6, a7, c4, a9, c2)),
                     shifted_right<26>(r0));
  const Vec w0 = packed(r0, r1);
  const Vec r2 = add(add(five(a0, b2, a2, b0, a4, c8, a6, c6, a8, c4),
                         twice(five(a1, b1, a3, c9, a5, c7, a7, c5, a9, c3))),
                     shifted_right<25>(r1));
  const Vec r3 = add(add(five(a0, b3, a2, b1, a4, c9, a6, c7, a8, c5),
                         five(a1, b2, a3, b0, a5, c8, a7, c6, a9, c4)),
                     shifted_right<26>(r2));
  const Vec w1 = packed(r2, r3);
  const Vec r4 = add(add(five(a0, b4, a2, b2, a4, b0, a6, c8, a8, c6),
                         twice(five(a1, b3, a3, b1, a5, c9, a7, c7, a9, c5))),
                     shifted_right<25>(r3));
  const Vec r5 = add(add(five(a0, b5, a2, b3, a4, b1, a6, c9, a8, c7),
                         five(a1, b4, a3, b2, a5, b0, a7, c8, a9, c6)),
                     shifted_right<26>(r4));
  const Vec w2 = packed(r4, r5);
  const Vec r6 = add(add(five(a0, b6, a2, b4, a4, b2, a6, b0, a8, c8),
                         twice(five(a1, b5, a3, b3, a5, b1, a7, c9, a9, c7))),
                     shifted_right<25>(r5));
  const Vec r7 = add(add(five(a0, b7, a2, b5, a4, b3, a6, b1, a8, c9),
                         five(a1, b6, a3, b4, a5, b2, a7, b0, a9, c8)),
                     shifted_right<26>(r6));
  const Vec w3 = packed(r6, r7);
  const Vec r8 = add(add(five(a0, b8, a2, b6, a4, b4, a6, b2, a8, b0),
                         twice(five(a1, b7, a3, b5, a5, b3, a7, b1, a9, c9))),
                     shifted_right<25>(r7));
  const Vec r9 = add(add(five(a0, b9, a2, b7, a4, b5, a6, b3, a8, b1),
                         five(a1, b8, a3, b6, a5, b4, a7, b2, a9, b0)),
                     shifted_right<26>(r8));
  const Vec w4 = packed(r8, r9);
  // Of more than 32 bits, so not by the multiplier.
  const Vec top = shifted_right<25>(r9);
  const Vec nine = add(shifted_left<3>(top), top);
  return wrapped(w0, w1, w2, w3, w4, add(twice(nine), top));
}

/// Columns as in product(): d_i = 2 a_i, c_j = 19 a_j for even j and 38 a_j for odd ones. Column 9
/// is below 2 * 2 * 10 * 2^51 < 2^57: its carry has 32 bits.
LANE_INLINE LaneRaw square(const LaneFe& a) {
  check_bounds<2>(a);
  const Vec nineteen = splat(19);
  const Vec a0 = a.v0, a1 = upper(a.v0), a2 = a.v1, a3 = upper(a.v1), a4 = a.v2;
  const Vec a5 = upper(a.v2), a6 = a.v3, a7 = upper(a.v3), a8 = a.v4, a9 = upper(a.v4);
  const Vec d0 = twice(a0), d2 = twice(a2), d4 = twice(a4), d6 = twice(a6);  // lower halves only
  const Vec d1 = twice(a1), d3 = twice(a3), d5 = twice(a5), d7 = twice(a7);
  const Vec c5 = times(d5, nineteen), c6 = times(a6, nineteen), c7 = times(d7, nineteen);
  const Vec c8 = times(a8, nineteen), c9 = times(twice(a9), nineteen);
  const Vec r0 = add(five(a0, a0, d1, c9, d2, c8, d3, c7, d4, c6), times(a5, c5));
  const Vec r1 = add(five(d0, a1, a2, c9, d3, c8, a4, c7, d5, c6), shifted_right<26>(r0));
  const Vec w0 = packed(r0, r1);
  const Vec r2 =
      add(add(five(d0, a2, d1, a1, d3, c9, d4, c8, d5, c7), times(a6, c6)), shifted_right<25>(r1));
  const Vec r3 = add(five(d0, a3, d1, a2, a4, c9, d5, c8, a6, c7), shifted_right<26>(r2));
  const Vec w1 = packed(r2, r3);
  const Vec r4 =
      add(add(five(d0, a4, d1, d3, a2, a2, d5, c9, d6, c8), times(a7, c7)), shifted_right<25>(r3));
  const Vec r5 = add(five(d0, a5, d1, a4, d2, a3, a6, c9, d7, c8), shifted_right<26>(r4));
  const Vec w2 = packed(r4, r5);
  const Vec r6 =
      add(add(five(d0, a6, d1, d5, d2, a4, d3, a3, d7, c9), times(a8, c8)), shifted_right<25>(r5));
  const Vec r7 = add(five(d0, a7, d1, a6, d2, a5, d3, a4, a8, c9), shifted_right<26>(r6));
  const Vec w3 = packed(r6, r7);
  const Vec r8 =
      add(add(five(d0, a8, d1, d7, d2, a6, d3, d5, a4, a4), times(a9, c9)), shifted_right<25>(r7));
  const Vec r9 = add(five(d0, a9, d1, a8, d2, a7, d3, a6, d4, a5), shifted_right<26>(r8));
  const Vec w4 = packed(r8, r9);
  return wrapped(w0, w1, w2, w3, w4, times(shifted_right<25>(r9), nineteen));
}

LANE_INLINE LaneFe mul(const LaneFe& a, const LaneFe& b) {
  return factor(product(a, b));
}
LANE_INLINE LaneFe sqr(const LaneFe& a) {
  return factor(square(a));
}

/// The representative below p, limbs of 26 and 25 bits.
LaneFe canonical(const LaneFe& a) {
  const Vec even = splat(kMask26), odd = splat(kMask26 >> 1);
  Vec r[10] = {bits_and(a.v0, splat(kUpper - 1)), upper(a.v0),
               bits_and(a.v1, splat(kUpper - 1)), upper(a.v1),
               bits_and(a.v2, splat(kUpper - 1)), upper(a.v2),
               bits_and(a.v3, splat(kUpper - 1)), upper(a.v3),
               bits_and(a.v4, splat(kUpper - 1)), upper(a.v4)};
  // Two sequential carries leave only limb 0 above its bits, by less than 19, so the value is below
  // 2p. Then top = 1 exactly when the value is at least p: value + 19 reaches 2^255.
  Vec top = splat(0);
  for (int pass = 0; pass < 3; ++pass) {
    if (pass == 2) {
      top = shifted_right<26>(add(r[0], splat(19)));
      for (unsigned i = 1; i < 10; i += 2) {
        top = shifted_right<25>(add(r[i], top));
        if (i != 9) top = shifted_right<26>(add(r[i + 1], top));
      }
      r[0] = add(r[0], times(top, splat(19)));
    }
    for (unsigned i = 0; i < 10; i += 2) {
      r[i + 1] = add(r[i + 1], shifted_right<26>(r[i]));
      r[i] = bits_and(r[i], even);
      if (i != 8) r[i + 2] = add(r[i + 2], shifted_right<25>(r[i + 1]));
      // The last one drops 2^255 when top = 1: the value becomes value - p.
      if (i != 8) r[i + 1] = bits_and(r[i + 1], odd);
    }
    top = shifted_right<25>(r[9]);
    r[9] = bits_and(r[9], odd);
    if (pass < 2) r[0] = add(r[0], times(top, splat(19)));
  }
  return {packed(r[0], r[1]), packed(r[2], r[3]), packed(r[4], r[5]), packed(r[6], r[7]),
          packed(r[8], r[9])};
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
