// SPDX-License-Identifier: Apache-2.0
// One point of the curve in each lane, in the coordinates and by the complete formulas of
// curve25519/point.hpp. Written over the field of the backend that includes it.

/// What a doubling reads.
struct LaneProjective {
  LaneFe x, y, z;
};
/// What an addition reads of its first operand, and what buckets hold.
struct LaneSums {
  LaneFe y_plus_x, y_minus_x, z, t;
};
/// What it reads of its second: z2 = 2 z, t2d = 2 d t. LaneNiels has z = 1.
struct LaneCached {
  LaneFe y_plus_x, y_minus_x, z2, t2d;
};
struct LaneNiels {
  LaneFe y_plus_x, y_minus_x, t2d;
};
/// Before the last products: x = E F, y = G H, z = F G, t = E H.
struct LaneCompleted {
  LaneFe e, f, g, h;
};

LANE_INLINE LaneProjective to_projective(const LaneCompleted& c) {
  return {mul(c.f, c.e), mul(c.g, c.h), mul(c.f, c.g)};
}
LANE_INLINE LaneSums to_sums(const LaneCompleted& c) {
  const LaneRaw x = product(c.f, c.e);
  const LaneRaw y = product(c.g, c.h);
  return {factor(add(y, x)), factor(sub(y, x)), mul(c.f, c.g), mul(c.e, c.h)};
}
inline LaneSums identity_sums() {
  const LaneFe one = small_fe(1);
  return {one, one, one, small_fe(0)};
}
LANE_INLINE LaneCached to_cached(const LaneSums& p) {
  return {p.y_plus_x, p.y_minus_x, sum(p.z, p.z), mul(p.t, curve_2d())};
}
LANE_INLINE LaneNiels to_niels(const LaneFe& x, const LaneFe& y) {
  return {sum(y, x), difference(y, x), mul(mul(x, y), curve_2d())};
}
LANE_INLINE LaneNiels negated(const LaneNiels& q) {
  return {q.y_minus_x, q.y_plus_x, difference(small_fe(0), q.t2d)};
}

LANE_INLINE LaneCompleted doubled(const LaneProjective& p) {
  const LaneRaw a = square(p.x);
  const LaneRaw b = square(p.y);
  const LaneRaw zz = square(p.z);
  const LaneRaw h = add(a, b);
  const LaneRaw g = sub(a, b);
  // f = 2 zz + a - b: three products and a bias.
  const LaneRaw e = sub(h, square(factor(add(raw(p.x), raw(p.y)))));
  return {carry(e), factor(add(add(zz, zz), g)), factor(g), factor(h)};
}

/// From a = (y - x)(y' - x'), b = (y + x)(y' + x'), c = t 2d t', d = 2 z z'. In the lanes of
/// `negative` the second operand was -q with t2d of q: c has the wrong sign, so f and g change.
LANE_INLINE LaneCompleted completed(const LaneRaw& a, const LaneRaw& b, const LaneRaw& c,
                                    const LaneRaw& d, Mask negative) {
  const LaneRaw less = sub(d, c);
  const LaneRaw more = add(d, c);
  return {factor(sub(b, a)), factor(select(negative, less, more)),
          carry(select(negative, more, less)), factor(add(b, a))};
}
/// p + q, or p - q in the lanes of `negative`.
LANE_INLINE LaneCompleted add(const LaneSums& p, const LaneCached& q, Mask negative) {
  const LaneRaw a = product(p.y_minus_x, select(negative, q.y_minus_x, q.y_plus_x));
  const LaneRaw b = product(p.y_plus_x, select(negative, q.y_plus_x, q.y_minus_x));
  return completed(a, b, product(p.t, q.t2d), product(p.z, q.z2), negative);
}
LANE_INLINE LaneCompleted add(const LaneSums& p, const LaneNiels& q, Mask negative) {
  const LaneRaw a = product(p.y_minus_x, select(negative, q.y_minus_x, q.y_plus_x));
  const LaneRaw b = product(p.y_plus_x, select(negative, q.y_plus_x, q.y_minus_x));
  return completed(a, b, product(p.t, q.t2d), add(raw(p.z), raw(p.z)), negative);
}
/// p + q where both are sums: one product more, for t2d.
LANE_INLINE LaneSums add(const LaneSums& p, const LaneSums& q) {
  return to_sums(add(p, to_cached(q), 0));
}

/// A point in memory: four elements of kFeWords words, rows of kRowWords.
constexpr unsigned kRowWords = 24;  // 20 used: whole lines of the cache

LANE_INLINE LaneSums load_sums(const std::uint64_t* const rows[kLanes]) {
  Vec words[20];
  load_columns(words, rows, 20);
  return {fe_at(words), fe_at(words + 5), fe_at(words + 10), fe_at(words + 15)};
}
LANE_INLINE void store_sums(std::uint64_t* const rows[kLanes], const LaneSums& p) {
  Vec words[20];
  put_fe(words, p.y_plus_x);
  put_fe(words + 5, p.y_minus_x);
  put_fe(words + 10, p.z);
  put_fe(words + 15, p.t);
  store_columns(rows, words, 20);
}

/// Lane i from the curve25519::Niels at rows[i].
LANE_INLINE LaneNiels load_niels(const std::uint64_t* const rows[kLanes]) {
  Vec words[16];
  load_columns(words, rows, 16);
  return {fe_from_limbs(words), fe_from_limbs(words + 5), fe_from_limbs(words + 10)};
}
LANE_INLINE void store_niels(std::uint64_t* const rows[kLanes], const LaneNiels& q) {
  Vec words[16];
  limbs_from_fe(words, q.y_plus_x);
  limbs_from_fe(words + 5, q.y_minus_x);
  limbs_from_fe(words + 10, q.t2d);
  words[15] = splat(0);
  store_columns(rows, words, 16);
}
/// The same Niels in all lanes.
LANE_INLINE LaneNiels splat_niels(const std::uint64_t* words) {
  return {splat_fe(words), splat_fe(words + 5), splat_fe(words + 10)};
}

/// Lane i to the curve25519::Point at rows[i]: (2x, 2y, 2z, 2t) is the same point. The second carry
/// brings limbs below the bound `tight` of the portable field.
inline void store_points(std::uint64_t* const rows[kLanes], const LaneSums& p) {
  Vec words[20];
  limbs_from_fe(words, recarried(difference(p.y_plus_x, p.y_minus_x)));
  limbs_from_fe(words + 5, recarried(sum(p.y_plus_x, p.y_minus_x)));
  limbs_from_fe(words + 10, recarried(sum(p.z, p.z)));
  limbs_from_fe(words + 15, recarried(sum(p.t, p.t)));
  store_columns(rows, words, 20);
}

/// Lanes that hold the neutral element: x = 0 and y = z.
inline Mask is_identity(const LaneProjective& p) {
  return static_cast<Mask>(is_zero(p.x) & is_zero(difference(p.y, p.z)));
}
inline Mask is_small_order(const LaneCompleted& c) {
  LaneProjective p = to_projective(c);
  for (int i = 0; i < 3; ++i)
    p = to_projective(doubled(p));
  return is_identity(p);
}
