// SPDX-License-Identifier: Apache-2.0
// The signature kernels against the portable ones: in lanes over the array and over registers, with
// the bounds asserted, and as each backend has them.
#include "backends/lanes.hpp"
#include "sig/signing.hpp"
#include "sig/terms.hpp"

namespace chopmark::test {
namespace {

using namespace curve25519;

void expect_decodes(decltype(Kernels::decode_points) kernel, const Bytes& encodings,
                    std::size_t stride, std::size_t count) {
  const Niels untouched{{{1}}, {{2}}, {{3}}, 4};
  std::vector<Niels> points(count + 1, untouched);
  std::vector<Niels> expected(count + 1);
  Bytes ok(count + 1, 0xee);
  Bytes expected_ok(count + 1, 0xee);
  kernel(points.data(), ok.data(), encodings.data(), stride, count);
  decode_points_portable(expected.data(), expected_ok.data(), encodings.data(), stride, count);
  EXPECT(ok == expected_ok);
  for (std::size_t i = 0; i < count; ++i) {
    if (ok[i] != 1) continue;
    EXPECT(same(points[i].y_plus_x, expected[i].y_plus_x));
    EXPECT(same(points[i].y_minus_x, expected[i].y_minus_x));
    EXPECT(same(points[i].t2d, expected[i].t2d));
    EXPECT(all_below(points[i].y_plus_x, kReduced) && all_below(points[i].y_minus_x, kReduced) &&
           all_below(points[i].t2d, kReduced));
  }
  EXPECT(points[count].y_plus_x.limb == untouched.y_plus_x.limb &&
         points[count].t2d.limb == untouched.t2d.limb);
}

void expect_decodes_all(decltype(Kernels::decode_points) kernel) {
  const std::vector<Digest> all = kinds_of_encodings();
  std::size_t at = 0;
  for (std::size_t count = 1; count <= 20; ++count) {
    for (const std::size_t stride : {32U, 96U}) {  // other ones each time, at all lanes
      Bytes encodings(stride * count, 0x55);
      for (std::size_t i = 0; i < count; ++i)
        std::copy(all[(at + i) % all.size()].begin(), all[(at + i) % all.size()].end(),
                  encodings.begin() + static_cast<std::ptrdiff_t>(stride * i));
      expect_decodes(kernel, encodings, stride, count);
      at += count;
    }
  }
  for (std::size_t begin = 0; begin < all.size(); begin += 16) {
    Bytes encodings;
    for (std::size_t i = begin; i < begin + 16; ++i)
      append(encodings, all[i % all.size()]);
    expect_decodes(kernel, encodings, 32, 16);
  }
}

/// Equations with what they should come to, owning what they look at.
class Equations {
 public:
  Equations() {
    const std::vector<Point> torsion = kinds_of_points();
    const Scalar largest{minus(kGroupOrder.word, {1, 0, 0, 0})};
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const Scalar s = random_scalar(3 * seed);
      const Scalar k = random_scalar(3 * seed + 1);
      const Point key = multiple(random_scalar(3 * seed + 2), base_point());
      const Point r = left_over(s, k, key);
      const Point small = torsion[1 + seed % 7];
      add(s, k, key, encoded(r), true, true);
      add(s, k, key, encoded(sum_of(r, small)), true, false);
      add(s, k, key, encoded(sum_of(r, base_point())), false, false);
      add(curve25519::add(s, small_scalar(1)), k, key, encoded(r), false, false);
      add(s, curve25519::add(k, small_scalar(1)), key, encoded(r), false, false);
      add(s, k, key, random_digest(seed), false, false);
      Digest other_sign = encoded(r);
      other_sign[31] ^= 0x80;
      add(s, k, key, other_sign, false, false);
      add(s, k, sum_of(key, small), encoded(left_over(s, k, sum_of(key, small))), true, true);
      // Nothing is left over but small order, in every encoding of it.
      const Scalar a = random_scalar(900 + seed);
      const Digest small_r = digest_from(from_hex(kSmallOrderEncodings[seed]).data());
      add(mul(k, a), k, multiple(a, base_point()), small_r, true, false);
    }
    for (const Scalar& s : {small_scalar(0), small_scalar(1), small_scalar(128), largest}) {
      for (const Scalar& k : {small_scalar(0), small_scalar(1), small_scalar(16), largest}) {
        for (const Point& key : {base_point(), torsion[4], torsion[0]}) {
          const Point r = left_over(s, k, key);
          add(s, k, key, encoded(r), true, !is_small_order(r));
          add(s, k, key, encoded(sum_of(r, twice(base_point()))), false, false);
        }
      }
    }
    for (std::size_t i = 8; i < kSmallOrderEncodings.size(); ++i) {
      const Digest r = digest_from(from_hex(kSmallOrderEncodings[i]).data());
      add(small_scalar(0), small_scalar(3), torsion[i - 8], r, true, false);
      add(small_scalar(0), small_scalar(1), base_point(), r, false, false);
    }
  }

  [[nodiscard]] std::size_t size() const { return made_.size(); }
  /// Every `comb_step`-th item has a comb; with 0 none has.
  void expect_verdicts(decltype(Kernels::verify_exact) kernel, std::size_t from, std::size_t count,
                       bool cofactored, std::size_t comb_step) const {
    std::vector<sig::Equation> some;
    Bytes expected;
    for (std::size_t i = from; i < from + count; ++i) {
      const One& one = made_[i % size()];
      const bool by_comb = comb_step != 0 && (i - from) % comb_step == 0;
      some.push_back({&one.key, by_comb ? one.comb.data() : nullptr, one.r.data(), one.k, one.s});
      expected.push_back((cofactored ? one.zip215 : one.strict) ? 1 : 0);
    }
    Bytes verdicts(count + 1, 0xee);
    kernel(verdicts.data(), some.data(), count, cofactored);
    EXPECT_EQ(+verdicts.back(), 0xee);
    verdicts.pop_back();
    EXPECT_EQ(to_hex(verdicts), to_hex(expected));
  }

 private:
  struct One {
    Niels key;
    std::vector<Niels> comb;
    Digest r;
    Scalar k, s;
    bool zip215, strict;
  };
  static Scalar random_scalar(std::uint64_t seed) {
    return reduce_wide(random_bytes(seed + 500, 64).data());
  }
  static Digest random_digest(std::uint64_t seed) {
    return digest_from(random_bytes(seed + 600, 32).data());
  }
  static Point left_over(const Scalar& s, const Scalar& k, const Point& key) {
    return sum_of(multiple(s, base_point()), opposite(multiple(k, key)));
  }
  void add(const Scalar& s, const Scalar& k, const Point& key, const Digest& r, bool zip215,
           bool strict) {
    One one{{}, std::vector<Niels>(KeyComb::kSize), r, k, s, zip215, strict};
    make_comb(one.comb.data(), key, KeyComb::kBits, KeyComb::kWindows);
    std::uint8_t ok = 0;
    decode_points_portable(&one.key, &ok, encoded(key).data(), 32, 1);
    EXPECT_EQ(+ok, 1);
    made_.push_back(one);
  }
  std::vector<One> made_;
};

void expect_verifies_all(decltype(Kernels::verify_exact) kernel) {
  static const Equations equations;
  for (const bool cofactored : {false, true}) {
    for (const std::size_t comb_step : {0U, 1U, 9U}) {
      equations.expect_verdicts(kernel, 0, equations.size(), cofactored, comb_step);
      std::size_t at = 5 + 2 * comb_step;
      for (std::size_t count = 1; count <= 20; ++count) {
        equations.expect_verdicts(kernel, at, count, cofactored, comb_step);
        at += count;
      }
      for (const std::size_t count : {63U, 64U, 65U})
        equations.expect_verdicts(kernel, 11 * count, count, cofactored, comb_step);
    }
  }
}

/// Points of the table with some of small order, whose buckets meet again and again.
std::vector<Niels> points_for_sums() {
  std::vector<Niels> points = some_points(14);
  for (const Point& p : kinds_of_points()) {
    std::uint8_t ok = 0;
    points.emplace_back();
    decode_points_portable(&points.back(), &ok, encoded(p).data(), 32, 1);
    EXPECT_EQ(+ok, 1);
  }
  points.push_back(points.front());
  return points;
}

}  // namespace

TEST(lanes_decode_points) {
  for (const LaneFunctions* lanes : all_lanes())
    expect_decodes_all(lanes->decode_points);
}
TEST_EACH_BACKEND(decode_points_of_every_kind) {
  expect_decodes_all(kernels().decode_points);
}

TEST(lanes_verify_exact) {
  for (const LaneFunctions* lanes : all_lanes())
    expect_verifies_all(lanes->verify_exact);
}
TEST_EACH_BACKEND(verify_exact_of_every_kind) {
  expect_verifies_all(kernels().verify_exact);
}

TEST(lanes_window_sums) {
  for (const LaneFunctions* lanes : all_lanes())
    expect_window_sums(lanes->window_sums, points_for_sums());
}

}  // namespace chopmark::test
