// SPDX-License-Identifier: Apache-2.0
// The functions of lane_functions.hpp, written over a Vec and the texts of lanes/. Included in an
// unnamed namespace of chopmark::backends, so that nothing of it is shared between objects.

inline Vec vec_of(const test::LaneWord& a) {
  return load(a.lane);
}
inline void put(test::LaneWord& out, const Vec& a) {
  store(out.lane, a);
}
inline LaneFe fe_of(const test::LaneElement& a) {
  return {vec_of(a.limb[0]), vec_of(a.limb[1]), vec_of(a.limb[2]), vec_of(a.limb[3]),
          vec_of(a.limb[4])};
}
inline LaneRaw raw_of(const test::LaneElement& a) {
  return raw(fe_of(a));
}
template <class Limbs>
inline void put(test::LaneElement& out, const Limbs& a) {
  put(out.limb[0], a.v0);
  put(out.limb[1], a.v1);
  put(out.limb[2], a.v2);
  put(out.limb[3], a.v3);
  put(out.limb[4], a.v4);
}
inline LaneProjective projective_of(const test::LanePoint& p) {
  return {fe_of(p.at[0]), fe_of(p.at[1]), fe_of(p.at[2])};
}
inline LaneNiels niels_of(const test::LanePoint& p) {
  return {fe_of(p.at[0]), fe_of(p.at[1]), fe_of(p.at[2])};
}
template <class Four>
inline Four four_of(const test::LanePoint& p) {
  return {fe_of(p.at[0]), fe_of(p.at[1]), fe_of(p.at[2]), fe_of(p.at[3])};
}
inline void put(test::LanePoint& out, const LaneFe& a, const LaneFe& b, const LaneFe& c) {
  put(out.at[0], a);
  put(out.at[1], b);
  put(out.at[2], c);
}
inline void put(test::LanePoint& out, const LaneProjective& p) {
  put(out, p.x, p.y, p.z);
}
inline void put(test::LanePoint& out, const LaneNiels& p) {
  put(out, p.y_plus_x, p.y_minus_x, p.t2d);
}
inline void put(test::LanePoint& out, const LaneSums& p) {
  put(out, p.y_plus_x, p.y_minus_x, p.z);
  put(out.at[3], p.t);
}
inline void put(test::LanePoint& out, const LaneCached& p) {
  put(out, p.y_plus_x, p.y_minus_x, p.z2);
  put(out.at[3], p.t2d);
}
inline void put(test::LanePoint& out, const LaneCompleted& c) {
  put(out, c.e, c.f, c.g);
  put(out.at[3], c.h);
}

template <unsigned at>
void shift_left_by(test::LaneWord& out, const test::LaneWord& a, unsigned bits) {
  if (bits == at) return put(out, shifted_left<at>(vec_of(a)));
  if constexpr (at < 63) shift_left_by<at + 1>(out, a, bits);
}
template <unsigned at>
void shift_right_by(test::LaneWord& out, const test::LaneWord& a, unsigned bits) {
  if (bits == at) return put(out, shifted_right<at>(vec_of(a)));
  if constexpr (at < 63) shift_right_by<at + 1>(out, a, bits);
}

constexpr unsigned kMostColumns = 24;
// Columns on their way: what a function does not write stays as it was.
struct Columns {
  Vec at[kMostColumns];
};
inline Columns columns_of(const test::LaneWord* words) {
  Columns c;
  for (unsigned j = 0; j < kMostColumns; ++j)
    c.at[j] = vec_of(words[j]);
  return c;
}
inline void put_columns(test::LaneWord* words, const Columns& c) {
  for (unsigned j = 0; j < kMostColumns; ++j)
    put(words[j], c.at[j]);
}

constexpr test::LaneFunctions kFunctions{
    .name = kName,

    .splat = [](test::LaneWord& out, std::uint64_t word) { put(out, splat(word)); },
    .opaque_splat = [](test::LaneWord& out, std::uint64_t word) { put(out, opaque_splat(word)); },
    .copy = [](std::uint64_t* out, const std::uint64_t* words) { store(out, load(words)); },
    .add = [](test::LaneWord& out, const test::LaneWord& a,
              const test::LaneWord& b) { put(out, add(vec_of(a), vec_of(b))); },
    .sub = [](test::LaneWord& out, const test::LaneWord& a,
              const test::LaneWord& b) { put(out, sub(vec_of(a), vec_of(b))); },
    .bits_and = [](test::LaneWord& out, const test::LaneWord& a,
                   const test::LaneWord& b) { put(out, bits_and(vec_of(a), vec_of(b))); },
    .bits_or = [](test::LaneWord& out, const test::LaneWord& a,
                  const test::LaneWord& b) { put(out, bits_or(vec_of(a), vec_of(b))); },
    .times = [](test::LaneWord& out, const test::LaneWord& a,
                const test::LaneWord& b) { put(out, times(vec_of(a), vec_of(b))); },
    .shifted_left = shift_left_by<0>,
    .shifted_right = shift_right_by<0>,
    .madd_lo =
        [](test::LaneWord& out, const test::LaneWord& sum, const test::LaneWord& a,
           const test::LaneWord& b) { put(out, madd_lo(vec_of(sum), vec_of(a), vec_of(b))); },
    .madd_hi =
        [](test::LaneWord& out, const test::LaneWord& sum, const test::LaneWord& a,
           const test::LaneWord& b) { put(out, madd_hi(vec_of(sum), vec_of(a), vec_of(b))); },
    .select = [](test::LaneWord& out, std::uint8_t mask, const test::LaneWord& a,
                 const test::LaneWord& b) { put(out, select(mask, vec_of(a), vec_of(b))); },
    .equal = [](const test::LaneWord& a, const test::LaneWord& b) -> std::uint8_t {
      return equal(vec_of(a), vec_of(b));
    },
    .all_below = [](const test::LaneWord& a,
                    const test::LaneWord& bound) { return all_below(vec_of(a), vec_of(bound)); },
    .load_columns =
        [](test::LaneWord* columns, const std::uint64_t* const* rows, unsigned count) {
          Columns c = columns_of(columns);
          load_columns(c.at, rows, count);
          put_columns(columns, c);
        },
    .store_columns = [](std::uint64_t* const* rows, const test::LaneWord* columns,
                        unsigned count) { store_columns(rows, columns_of(columns).at, count); },
    .load_part =
        [](test::LaneWord* columns, const std::uint64_t* const* rows, unsigned part) {
          Columns c = columns_of(columns);
          if (part == 0) load_part<0>(c.at, rows);
          if (part == 1) load_part<1>(c.at, rows);
          if (part == 2) load_part<2>(c.at, rows);
          put_columns(columns, c);
        },
    .store_part =
        [](std::uint64_t* const* rows, const test::LaneWord* columns, unsigned part) {
          const Columns c = columns_of(columns);
          if (part == 0) store_part<0>(rows, c.at);
          if (part == 1) store_part<1>(rows, c.at);
          if (part == 2) store_part<2>(rows, c.at);
        },

    .fe_splat = [](test::LaneElement& out,
                   const std::uint64_t* limbs) { put(out, splat_fe(limbs)); },
    .fe_small = [](test::LaneElement& out, std::uint64_t value) { put(out, small_fe(value)); },
    .curve_d = [](test::LaneElement& out) { put(out, curve_d()); },
    .curve_2d = [](test::LaneElement& out) { put(out, curve_2d()); },
    .sqrt_minus_one = [](test::LaneElement& out) { put(out, sqrt_minus_one()); },
    .raw_add = [](test::LaneElement& out, const test::LaneElement& a,
                  const test::LaneElement& b) { put(out, add(raw_of(a), raw_of(b))); },
    .raw_sub = [](test::LaneElement& out, const test::LaneElement& a,
                  const test::LaneElement& b) { put(out, sub(raw_of(a), raw_of(b))); },
    .product = [](test::LaneElement& out, const test::LaneElement& a,
                  const test::LaneElement& b) { put(out, product(fe_of(a), fe_of(b))); },
    .square = [](test::LaneElement& out,
                 const test::LaneElement& a) { put(out, square(fe_of(a))); },
    .carry = [](test::LaneElement& out, const test::LaneElement& a) { put(out, carry(raw_of(a))); },
    .recarried = [](test::LaneElement& out,
                    const test::LaneElement& a) { put(out, recarried(fe_of(a))); },
    .sum = [](test::LaneElement& out, const test::LaneElement& a,
              const test::LaneElement& b) { put(out, sum(fe_of(a), fe_of(b))); },
    .difference = [](test::LaneElement& out, const test::LaneElement& a,
                     const test::LaneElement& b) { put(out, difference(fe_of(a), fe_of(b))); },
    .mul = [](test::LaneElement& out, const test::LaneElement& a,
              const test::LaneElement& b) { put(out, mul(fe_of(a), fe_of(b))); },
    .sqr = [](test::LaneElement& out, const test::LaneElement& a) { put(out, sqr(fe_of(a))); },
    .canonical = [](test::LaneElement& out,
                    const test::LaneElement& a) { put(out, canonical(fe_of(a))); },
    .fe_select = [](test::LaneElement& out, std::uint8_t mask, const test::LaneElement& a,
                    const test::LaneElement& b) { put(out, select(mask, fe_of(a), fe_of(b))); },
    .equal_limbs = [](const test::LaneElement& a, const test::LaneElement& b) -> std::uint8_t {
      return equal_limbs(fe_of(a), fe_of(b));
    },
    .is_zero = [](const test::LaneElement& a) -> std::uint8_t { return is_zero(fe_of(a)); },
    .is_odd = [](const test::LaneElement& a) -> std::uint8_t { return is_odd(fe_of(a)); },

    .to_projective =
        [](test::LanePoint& out, const test::LanePoint& c) {
          put(out, to_projective(four_of<LaneCompleted>(c)));
        },
    .to_sums = [](test::LanePoint& out,
                  const test::LanePoint& c) { put(out, to_sums(four_of<LaneCompleted>(c))); },
    .identity_sums = [](test::LanePoint& out) { put(out, identity_sums()); },
    .to_cached = [](test::LanePoint& out,
                    const test::LanePoint& p) { put(out, to_cached(four_of<LaneSums>(p))); },
    .to_niels = [](test::LanePoint& out, const test::LaneElement& x,
                   const test::LaneElement& y) { put(out, to_niels(fe_of(x), fe_of(y))); },
    .negated = [](test::LanePoint& out,
                  const test::LanePoint& q) { put(out, negated(niels_of(q))); },
    .doubled = [](test::LanePoint& out,
                  const test::LanePoint& p) { put(out, doubled(projective_of(p))); },
    .add_cached =
        [](test::LanePoint& out, const test::LanePoint& p, const test::LanePoint& q,
           std::uint8_t negative) {
          put(out, add(four_of<LaneSums>(p), four_of<LaneCached>(q), negative));
        },
    .add_niels =
        [](test::LanePoint& out, const test::LanePoint& p, const test::LanePoint& q,
           std::uint8_t negative) { put(out, add(four_of<LaneSums>(p), niels_of(q), negative)); },
    .add_sums =
        [](test::LanePoint& out, const test::LanePoint& p, const test::LanePoint& q) {
          put(out, add(four_of<LaneSums>(p), four_of<LaneSums>(q)));
        },
    .load_sums = [](test::LanePoint& out,
                    const std::uint64_t* const* rows) { put(out, load_sums(rows)); },
    .store_sums = [](std::uint64_t* const* rows,
                     const test::LanePoint& p) { store_sums(rows, four_of<LaneSums>(p)); },
    .load_niels = [](test::LanePoint& out,
                     const std::uint64_t* const* rows) { put(out, load_niels(rows)); },
    .store_niels = [](std::uint64_t* const* rows,
                      const test::LanePoint& q) { store_niels(rows, niels_of(q)); },
    .splat_niels = [](test::LanePoint& out,
                      const std::uint64_t* words) { put(out, splat_niels(words)); },
    .store_points = [](std::uint64_t* const* rows,
                       const test::LanePoint& p) { store_points(rows, four_of<LaneSums>(p)); },
    .is_identity = [](const test::LanePoint& p) -> std::uint8_t {
      return is_identity(projective_of(p));
    },
    .is_small_order = [](const test::LanePoint& c) -> std::uint8_t {
      return is_small_order(four_of<LaneCompleted>(c));
    },

    .load_encodings =
        [](test::LaneElement& out, std::uint8_t& sign, const std::uint8_t* const* encodings) {
          put(out, load_encodings(encodings, sign));
        },
    .pow_p58 =
        [](test::LaneElement& a, test::LaneElement& b) {
          const FePair power = pow_p58(FePair{fe_of(a), fe_of(b)});
          put(a, power.a);
          put(b, power.b);
        },
    .invert =
        [](test::LaneElement& a, test::LaneElement& b) {
          const FePair inverse = invert(FePair{fe_of(a), fe_of(b)});
          put(a, inverse.a);
          put(b, inverse.b);
        },

    .fixed_digits = fixed_digits,
    .key_bits = kKeyBits,
    .key_windows = kKeyWindows,
    .base_bits = int{curve25519::BaseWindow::kBits},
    .base_windows = int{curve25519::BaseWindow::kWindows},

    .reduce_digests = reduce_digests,
    .coefficient_digits = coefficient_digits,
    .decode_points = decode_points,
    .verify_exact = verify_exact,
    .window_sums = window_sums,
};
