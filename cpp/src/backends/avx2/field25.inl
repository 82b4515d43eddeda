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
  return splat_fe(words_of(&kOwnCurveD));
}
LANE_INLINE LaneFe curve_2d() {
  return splat_fe(words_of(&kOwnCurve2D));
}
LANE_INLINE LaneFe sqrt_minus_one() {
  return splat_fe(words_of(&kOwnSqrtMinusOne));
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
/// Limbs of 51 bits, below 2^51 + 2^8 by a carry of their own.
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

LANE_INLINE Vec twice(Vec a) {
  return add(a, a);
}
/// The upper half of each word.
LANE_INLINE Vec upper(Vec a) {
  return shifted_right<32>(a);
}
/// Limbs not yet carried.
struct Columns {
  Vec r0, r1, r2, r3, r4, r5, r6, r7, r8, r9;
};
/// sum += a b, at this place: left alone, gcc puts all additions of a product behind all of its
/// multiplications, and runs out of registers.
LANE_INLINE void add_product(Vec& sum, Vec a, Vec b) {
  sum = add(sum, times(a, b));
  __asm__("" : "+x"(sum));
}
/// Makes the compiler read an array from memory from here on.
template <unsigned size>
LANE_INLINE void keep_in_memory(Vec (&array)[size]) {
  __asm__("" : "+m"(array));
}
/// Two limbs without their carries.
LANE_INLINE Vec packed(Vec even, Vec odd) {
  return bits_and(halves_of(even, shifted_left<32>(odd)), splat(kMaskLimbs));
}
/// 19 a for words of more than 32 bits.
LANE_INLINE Vec nineteen_times(Vec a) {
  const Vec nine = add(shifted_left<3>(a), a);
  return add(twice(nine), a);
}
/// From limb 0 to limb 9, back to limb 0 and on to limb 1.
LANE_INLINE LaneRaw carried(Columns r) {
  r.r1 = add(r.r1, shifted_right<26>(r.r0));
  r.r2 = add(r.r2, shifted_right<25>(r.r1));
  r.r3 = add(r.r3, shifted_right<26>(r.r2));
  r.r4 = add(r.r4, shifted_right<25>(r.r3));
  r.r5 = add(r.r5, shifted_right<26>(r.r4));
  r.r6 = add(r.r6, shifted_right<25>(r.r5));
  r.r7 = add(r.r7, shifted_right<26>(r.r6));
  r.r8 = add(r.r8, shifted_right<25>(r.r7));
  r.r9 = add(r.r9, shifted_right<26>(r.r8));
  const Vec mask = splat(kMask26);
  const Vec limb0 = add(bits_and(r.r0, mask), nineteen_times(shifted_right<25>(r.r9)));
  const Vec w0 = packed(limb0, r.r1);
  return {add(w0, shifted_left<32>(shifted_right<26>(limb0))), packed(r.r2, r.r3),
          packed(r.r4, r.r5), packed(r.r6, r.r7), packed(r.r8, r.r9)};
}

/// Adds a_i b to all columns. `table` is 19 b_j, j < 10, and then b_j: column k takes entry
/// 10 + k - i. Where i is odd, `even` is 2 a_i.
template <unsigned i>
LANE_INLINE void add_row(Columns& r, Vec even, Vec odd, Vec (&table)[20]) {
  keep_in_memory(table);
  const Vec* const b = table + 10 - i;
  add_product(r.r0, even, b[0]);
  add_product(r.r1, odd, b[1]);
  add_product(r.r2, even, b[2]);
  add_product(r.r3, odd, b[3]);
  add_product(r.r4, even, b[4]);
  add_product(r.r5, odd, b[5]);
  add_product(r.r6, even, b[6]);
  add_product(r.r7, odd, b[7]);
  add_product(r.r8, even, b[8]);
  add_product(r.r9, odd, b[9]);
}
template <unsigned i>
LANE_INLINE void add_odd_row(Columns& r, Vec a, Vec (&table)[20]) {
  add_row<i>(r, twice(a), a, table);
}

/// a_i b_j has weight 2^ceil(25.5 i) 2^ceil(25.5 j), twice that of limb i + j where both i and j
/// are odd; from limb 10 on it comes back times 19. The largest column is the first: 1 + 4 * 19
/// products of two limbs of 26 bits and 5 * 38 of two of 25 bits. With 5 and 3 units it is below
/// 5 * 3 * 125 * 2^52 < 2^63. Column 9 has no factor: below 5 * 3 * 10 * 2^51 < 2^58.5, so 19 times
/// its carry is below 2^38, and limb 1 ends below 2^25 + 2^12.
///
/// Row by row: the ten columns stay in registers, and each multiplication reads one of its factors
/// from memory. A call, unlike a square: a product has 300 instructions, and inlined everywhere
/// they do not fit in the cache.
__attribute__((noinline)) LaneRaw product(const LaneFe& a, const LaneFe& b) {
  check_bounds<5>(a);
  check_bounds<3>(b);
  const Vec nineteen = splat(19);
  const Vec b1 = upper(b.v0), b3 = upper(b.v1), b5 = upper(b.v2), b7 = upper(b.v3);
  const Vec b9 = upper(b.v4);
  Vec table[20] = {splat(0),
                   times(b1, nineteen),
                   times(b.v1, nineteen),
                   times(b3, nineteen),
                   times(b.v2, nineteen),
                   times(b5, nineteen),
                   times(b.v3, nineteen),
                   times(b7, nineteen),
                   times(b.v4, nineteen),
                   times(b9, nineteen),
                   b.v0,
                   b1,
                   b.v1,
                   b3,
                   b.v2,
                   b5,
                   b.v3,
                   b7,
                   b.v4,
                   b9};
  Columns r{times(a.v0, b.v0), times(a.v0, b1), times(a.v0, b.v1), times(a.v0, b3),
            times(a.v0, b.v2), times(a.v0, b5), times(a.v0, b.v3), times(a.v0, b7),
            times(a.v0, b.v4), times(a.v0, b9)};
  add_odd_row<1>(r, upper(a.v0), table);
  add_row<2>(r, a.v1, a.v1, table);
  add_odd_row<3>(r, upper(a.v1), table);
  add_row<4>(r, a.v2, a.v2, table);
  add_odd_row<5>(r, upper(a.v2), table);
  add_row<6>(r, a.v3, a.v3, table);
  add_odd_row<7>(r, upper(a.v3), table);
  add_row<8>(r, a.v4, a.v4, table);
  add_odd_row<9>(r, upper(a.v4), table);
  return carried(r);
}

/// Columns as in product(), at most those of 2 and 2 units, row by row; both terms of a pair at
/// once. d_i = 2 a_i, c_j = 19 a_j for even j and 38 a_j for odd ones.
LANE_INLINE LaneRaw square(const LaneFe& a) {
  check_bounds<2>(a);
  const Vec nineteen = splat(19);
  const Vec a0 = a.v0, a1 = upper(a.v0), a2 = a.v1, a3 = upper(a.v1), a4 = a.v2;
  const Vec a5 = upper(a.v2), a6 = a.v3, a7 = upper(a.v3), a8 = a.v4, a9 = upper(a.v4);
  const Vec d0 = twice(a0), d1 = twice(a1), d2 = twice(a2), d3 = twice(a3), d4 = twice(a4);
  const Vec d5 = twice(a5), d6 = twice(a6), d7 = twice(a7);
  const Vec c5 = times(d5, nineteen), c6 = times(a6, nineteen), c7 = times(d7, nineteen);
  const Vec c8 = times(a8, nineteen), c9 = times(twice(a9), nineteen);
  Columns r;
  r.r0 = times(a0, a0);
  r.r1 = times(d0, a1);
  r.r2 = times(d0, a2);
  r.r3 = times(d0, a3);
  r.r4 = times(d0, a4);
  r.r5 = times(d0, a5);
  r.r6 = times(d0, a6);
  r.r7 = times(d0, a7);
  r.r8 = times(d0, a8);
  r.r9 = times(d0, a9);
  add_product(r.r2, d1, a1);
  add_product(r.r3, d1, a2);
  add_product(r.r4, d1, d3);
  add_product(r.r5, d1, a4);
  add_product(r.r6, d1, d5);
  add_product(r.r7, d1, a6);
  add_product(r.r8, d1, d7);
  add_product(r.r9, d1, a8);
  add_product(r.r0, d1, c9);
  add_product(r.r4, a2, a2);
  add_product(r.r5, d2, a3);
  add_product(r.r6, d2, a4);
  add_product(r.r7, d2, a5);
  add_product(r.r8, d2, a6);
  add_product(r.r9, d2, a7);
  add_product(r.r0, d2, c8);
  add_product(r.r1, a2, c9);
  add_product(r.r6, d3, a3);
  add_product(r.r7, d3, a4);
  add_product(r.r8, d3, d5);
  add_product(r.r9, d3, a6);
  add_product(r.r0, d3, c7);
  add_product(r.r1, d3, c8);
  add_product(r.r2, d3, c9);
  add_product(r.r8, a4, a4);
  add_product(r.r9, d4, a5);
  add_product(r.r0, d4, c6);
  add_product(r.r1, a4, c7);
  add_product(r.r2, d4, c8);
  add_product(r.r3, a4, c9);
  add_product(r.r0, a5, c5);
  add_product(r.r1, d5, c6);
  add_product(r.r2, d5, c7);
  add_product(r.r3, d5, c8);
  add_product(r.r4, d5, c9);
  add_product(r.r2, a6, c6);
  add_product(r.r3, a6, c7);
  add_product(r.r4, d6, c8);
  add_product(r.r5, a6, c9);
  add_product(r.r4, a7, c7);
  add_product(r.r5, d7, c8);
  add_product(r.r6, d7, c9);
  add_product(r.r6, a8, c8);
  add_product(r.r7, a8, c9);
  add_product(r.r8, a9, c9);
  return carried(r);
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
