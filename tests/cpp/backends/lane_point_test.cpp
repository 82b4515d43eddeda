// SPDX-License-Identifier: Apache-2.0
// The points in lanes: their formulas against exact integers on operands at the bounds of their
// limbs, which need not be points, and the group law against the points of curve25519.
#include "backends/lanes.hpp"

namespace chopmark::test {
namespace {

using curve25519::Niels;
using curve25519::Point;

struct Numbers {
  std::array<Number, 4> at{};
};
Numbers numbers_in(const LanePoint& p, std::size_t lane, std::size_t count) {
  Numbers n;
  for (std::size_t i = 0; i < count; ++i)
    n.at[i] = number_in(p.at[i], lane);
  return n;
}
bool holds_all(const LanePoint& p, std::size_t lane, const std::vector<Number>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!holds(p.at[i], lane, expected[i])) return false;
  }
  return true;
}

/// Operands of every kind: all elements at the same extreme, then mixed ones.
std::vector<LanePoint> extreme_operands() {
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  std::vector<LanePoint> all;
  LanePoint p{};
  for (const Limbs& limbs : values) {
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
      for (LaneElement& element : p.at)
        put_limbs(element, lane, limbs);
    }
    all.push_back(p);
  }
  for (std::size_t at = 0; at < values.size(); ++at) {
    for (std::size_t i = 0; i < 4; ++i)
      p.at[i] = element_of(values, at * (i + 1) + 5 * i);
    all.push_back(p);
  }
  return all;
}

/// E, F, G, H of p + q, or p - q with t2d of q.
std::vector<Number> sum_of_numbers(const Numbers& p, const Numbers& q, const Number& d,
                                   const Number& t2d, bool negative) {
  const Number a = times_p(p.at[1], q.at[negative ? 0 : 1]);
  const Number b = times_p(p.at[0], q.at[negative ? 1 : 0]);
  const Number c = times_p(p.at[3], t2d);
  const Number less = minus_p(d, c);
  const Number more = plus_p(d, c);
  return {minus_p(b, a), negative ? more : less, negative ? less : more, plus_p(b, a)};
}

std::uint8_t some_mask(std::size_t seed) {
  return random_bytes(seed, 1)[0];
}

LanePoint sums_of(const std::vector<Point>& points, std::size_t at, std::size_t step) {
  LanePoint sums{};
  for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
    const Point& p = points[(at + step * lane) % points.size()];
    put_limbs(sums.at[0], lane, curve25519::carry(curve25519::add(p.y, p.x)).limb);
    put_limbs(sums.at[1], lane, curve25519::carry(curve25519::sub(p.y, p.x)).limb);
    put_limbs(sums.at[2], lane, p.z.limb);
    put_limbs(sums.at[3], lane, p.t.limb);
  }
  return sums;
}

/// Memory of eight points or rows, each at the place of another lane.
struct PointRows {
  std::array<std::array<std::uint64_t, 24>, kLaneCount> room{};
  std::uint64_t* rows[kLaneCount];
  PointRows() {
    for (std::size_t i = 0; i < kLaneCount; ++i) {
      room[i].fill(7);
      rows[i] = room[(3 * i + 2) % kLaneCount].data();
    }
  }
};
Limbs limbs_at(const std::uint64_t* words) {
  return {words[0], words[1], words[2], words[3], words[4]};
}
Point point_at(const std::uint64_t* words) {
  return {{limbs_at(words)}, {limbs_at(words + 5)}, {limbs_at(words + 10)}, {limbs_at(words + 15)}};
}
bool equal(const Point& p, const Point& q) {
  using curve25519::mul;
  return same(mul(p.x, q.z), mul(q.x, p.z)) && same(mul(p.y, q.z), mul(q.y, p.z)) &&
         same(mul(p.t, p.z), mul(p.x, p.y));
}
bool tight(const Point& p) {
  using curve25519::kTight;
  return all_below(p.x, kTight) && all_below(p.y, kTight) && all_below(p.z, kTight) &&
         all_below(p.t, kTight);
}
std::vector<Point> stored_points(const LaneFunctions& lanes, const LanePoint& sums) {
  PointRows memory;
  lanes.store_points(memory.rows, sums);
  std::vector<Point> points;
  for (const std::uint64_t* row : memory.rows) {
    points.push_back(point_at(row));
    EXPECT(tight(points.back()));
    for (std::size_t i = 20; i < 24; ++i)
      EXPECT_EQ(row[i], 7U);
  }
  return points;
}

}  // namespace

TEST(lanes_point_formulas_at_the_bounds) {
  const std::vector<LanePoint> all = extreme_operands();
  for (const LaneFunctions* lanes : all_lanes()) {
    LaneElement d2{};
    lanes->curve_2d(d2);
    for (std::size_t at = 0; at < all.size(); ++at) {
      const LanePoint& p = all[at];
      LanePoint projective{}, sums{}, cached{}, niels{}, negated{}, doubled{};
      lanes->to_projective(projective, p);
      lanes->to_sums(sums, p);
      lanes->to_cached(cached, p);
      lanes->to_niels(niels, p.at[0], p.at[1]);
      lanes->negated(negated, p);
      lanes->doubled(doubled, p);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        const auto& [a, b, c, d] = numbers_in(p, i, 4).at;
        const Number two_d = number_in(d2, i);
        const Number x = times_p(a, b);
        const Number y = times_p(c, d);
        const Number z = times_p(b, c);
        EXPECT(holds_all(projective, i, {x, y, z}));
        EXPECT(holds_all(sums, i, {plus_p(y, x), minus_p(y, x), z, times_p(a, d)}));
        EXPECT(holds_all(cached, i, {a, b, plus_p(c, c), times_p(d, two_d)}));
        EXPECT(holds_all(niels, i, {plus_p(b, a), minus_p(b, a), times_p(x, two_d)}));
        EXPECT(holds_all(negated, i, {b, a, minus_p({}, c)}));
        const Number xx = times_p(a, a);
        const Number yy = times_p(b, b);
        const Number zz = times_p(c, c);
        const Number h = plus_p(xx, yy);
        const Number g = minus_p(xx, yy);
        const Number sum = plus_p(a, b);
        EXPECT(holds_all(doubled, i,
                         {minus_p(h, times_p(sum, sum)), plus_p(plus_p(zz, zz), g), g, h}));
      }
    }
  }
}

TEST(lanes_point_additions_at_the_bounds) {
  const std::vector<LanePoint> all = extreme_operands();
  for (const LaneFunctions* lanes : all_lanes()) {
    for (std::size_t at = 0; at < all.size(); ++at) {
      for (const std::size_t other : {at, (at + 17) % all.size(), 5 * at % all.size()}) {
        const LanePoint& p = all[at];
        const LanePoint& q = all[other];
        const std::uint8_t negative = some_mask(at + other);
        LanePoint by_cached{}, by_niels{};
        lanes->add_cached(by_cached, p, q, negative);
        lanes->add_niels(by_niels, p, q, negative);
        for (std::size_t i = 0; i < kLaneCount; ++i) {
          const Numbers a = numbers_in(p, i, 4);
          const Numbers b = numbers_in(q, i, 4);
          const bool minus_q = (negative >> i & 1) != 0;
          EXPECT(holds_all(by_cached, i,
                           sum_of_numbers(a, b, times_p(a.at[2], b.at[2]), b.at[3], minus_q)));
          EXPECT(holds_all(by_niels, i,
                           sum_of_numbers(a, b, plus_p(a.at[2], a.at[2]), b.at[2], minus_q)));
        }
      }
    }
  }
}

TEST(lanes_point_stores_tight_points_from_any_limbs) {
  for (const LaneFunctions* lanes : all_lanes()) {
    for (const LanePoint& sums : extreme_operands()) {
      const std::vector<Point> stored = stored_points(*lanes, sums);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        const auto& [plus, less, z, t] = numbers_in(sums, i, 4).at;
        EXPECT(number_of(stored[i].x.limb) == minus_p(plus, less));
        EXPECT(number_of(stored[i].y.limb) == plus_p(plus, less));
        EXPECT(number_of(stored[i].z.limb) == plus_p(z, z));
        EXPECT(number_of(stored[i].t.limb) == plus_p(t, t));
      }
    }
  }
}

TEST(lanes_point_group_law) {
  const std::vector<Point> points = kinds_of_points();
  for (const LaneFunctions* lanes : all_lanes()) {
    for (std::size_t at = 0; at < points.size(); ++at) {
      for (std::size_t step = 0; step < points.size(); ++step) {
        const LanePoint p = sums_of(points, at, 1);
        const LanePoint q = sums_of(points, at + step, 3);
        LanePoint sum{}, cached{}, difference{}, less{}, projective{}, twice_p{};
        lanes->add_sums(sum, p, q);
        lanes->to_cached(cached, q);
        lanes->add_cached(difference, p, cached, 0xff);
        lanes->to_sums(less, difference);
        lanes->to_projective(projective, difference);
        const unsigned identity = lanes->is_identity(projective);
        const unsigned small = lanes->is_small_order(difference);
        lanes->doubled(twice_p, projective);
        lanes->to_sums(twice_p, twice_p);
        const std::vector<Point> sums = stored_points(*lanes, sum);
        const std::vector<Point> differences = stored_points(*lanes, less);
        const std::vector<Point> doubles = stored_points(*lanes, twice_p);
        for (std::size_t i = 0; i < kLaneCount; ++i) {
          const Point& a = points[(at + i) % points.size()];
          const Point& b = points[(at + step + 3 * i) % points.size()];
          const Point expected = sum_of(a, opposite(b));
          EXPECT(equal(sums[i], sum_of(a, b)));
          EXPECT(equal(differences[i], expected));
          EXPECT(equal(doubles[i], twice(expected)));
          EXPECT_EQ((identity >> i & 1) != 0, curve25519::is_identity(expected));
          EXPECT_EQ((small >> i & 1) != 0, curve25519::is_small_order(expected));
        }
      }
    }
  }
}

TEST(lanes_point_identity) {
  for (const LaneFunctions* lanes : all_lanes()) {
    LanePoint identity{};
    lanes->identity_sums(identity);
    for (const Point& p : stored_points(*lanes, identity))
      EXPECT(equal(p, Point{}));
  }
}

TEST(lanes_point_rows) {
  for (const LaneFunctions* lanes : all_lanes()) {
    for (const LanePoint& p : extreme_operands()) {
      PointRows sums;
      PointRows niels;
      lanes->store_sums(sums.rows, p);
      lanes->store_niels(niels.rows, p);
      LanePoint sums_back{}, niels_back{}, spread{};
      lanes->load_sums(sums_back, sums.rows);
      lanes->load_niels(niels_back, niels.rows);
      lanes->splat_niels(spread, niels.rows[5]);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        for (std::size_t j = 0; j < 4; ++j) {
          EXPECT(limbs_at(sums.rows[i] + 5 * j) == limbs_in(p.at[j], i));
          EXPECT(limbs_in(sums_back.at[j], i) == limbs_in(p.at[j], i));
          if (j == 3) continue;
          EXPECT(limbs_at(niels.rows[i] + 5 * j) == limbs_in(p.at[j], i));
          EXPECT(limbs_in(niels_back.at[j], i) == limbs_in(p.at[j], i));
          EXPECT(limbs_in(spread.at[j], i) == limbs_in(p.at[j], 5));
        }
        EXPECT_EQ(niels.rows[i][15], 0U);
        for (std::size_t j = 16; j < 24; ++j)
          EXPECT_EQ(niels.rows[i][j], 7U);
        for (std::size_t j = 20; j < 24; ++j)
          EXPECT_EQ(sums.rows[i][j], 7U);
      }
    }
  }
}

}  // namespace chopmark::test
