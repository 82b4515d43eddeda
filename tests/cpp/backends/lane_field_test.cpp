// SPDX-License-Identifier: Apache-2.0
// The field in lanes against exact integers, at the extremes of every bound that field51.inl
// states. The functions themselves assert the bounds of what they take and make.
#include "backends/lanes.hpp"

namespace chopmark::test {
namespace {

constexpr std::uint64_t kTightMost = curve25519::kTight - 1;

/// Calls see(a, b, numbers of a, numbers of b) for every pair of values, eight at a time.
using LaneNumbers = std::array<Number, kLaneCount>;
template <class See>
void for_pairs(const std::vector<Limbs>& left, const std::vector<Limbs>& right, const See& see) {
  std::vector<Number> left_numbers;
  std::vector<Number> right_numbers;
  for (const Limbs& limbs : left)
    left_numbers.push_back(number_of(limbs));
  for (const Limbs& limbs : right)
    right_numbers.push_back(number_of(limbs));
  const std::size_t pairs = left.size() * right.size();
  for (std::size_t begin = 0; begin < pairs; begin += kLaneCount) {
    LaneElement a{};
    LaneElement b{};
    LaneNumbers x{};
    LaneNumbers y{};
    for (std::size_t lane = 0; lane < kLaneCount; ++lane) {
      // The left one changes fastest and wraps at another place than the right one.
      const std::size_t pair = (begin + lane) % pairs;
      const std::size_t l = pair % left.size();
      const std::size_t r = (pair / left.size() + lane) % right.size();
      put_limbs(a, lane, left[l]);
      put_limbs(b, lane, right[r]);
      x[lane] = left_numbers[l];
      y[lane] = right_numbers[r];
    }
    see(a, b, x, y);
  }
}

}  // namespace

TEST(lanes_field_products_at_the_bounds) {
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  for (const LaneFunctions* lanes : all_lanes()) {
    for_pairs(values, values, [&](const auto& a, const auto& b, const auto& x, const auto& y) {
      LaneElement product{};
      LaneElement reduced{};
      lanes->product(product, a, b);
      lanes->mul(reduced, a, b);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        const Number expected = times_p(x[i], y[i]);
        EXPECT(holds(product, i, expected, kProductMost));
        EXPECT(holds(reduced, i, expected, kTightMost));
      }
    });
  }
}

TEST(lanes_field_squares_at_the_bounds) {
  std::vector<Limbs> values = combinations(
      {0, 1, kTopLimb, kTopLimb + 1, kReducedMost, (kReducedMost << 1 | 1) / 3 & kTopLimb});
  for (const Limbs& limbs : extreme_limbs(kReducedMost))
    values.push_back(limbs);
  for (std::size_t at = 0; at < values.size(); at += kLaneCount) {
    const LaneElement a = element_of(values, at);
    std::array<Number, kLaneCount> expected{};
    for (std::size_t i = 0; i < kLaneCount; ++i)
      expected[i] = times_p(number_in(a, i), number_in(a, i));
    for (const LaneFunctions* lanes : all_lanes()) {
      LaneElement square{};
      LaneElement reduced{};
      lanes->square(square, a);
      lanes->sqr(reduced, a);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        EXPECT(holds(square, i, expected[i], kProductMost));
        EXPECT(holds(reduced, i, expected[i], kTightMost));
      }
    }
  }
}

TEST(lanes_field_sums_and_differences_at_the_bounds) {
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  for (const LaneFunctions* lanes : all_lanes()) {
    for_pairs(values, values, [&](const auto& a, const auto& b, const auto& x, const auto& y) {
      LaneElement sum{};
      LaneElement difference{};
      LaneElement again{};
      lanes->sum(sum, a, b);
      lanes->difference(difference, a, b);
      lanes->recarried(again, difference);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        EXPECT(holds(sum, i, plus_p(x[i], y[i]), kTightMost));
        EXPECT(holds(difference, i, minus_p(x[i], y[i])));
        EXPECT(holds(again, i, minus_p(x[i], y[i]), kTopLimb + 19));
      }
    });
  }
}

TEST(lanes_field_carry_of_every_raw_value) {
  const std::vector<Limbs> values =
      combinations({0, kTopLimb, kTopLimb + 1, kProductMost, kRawMost - kTopLimb, kRawMost});
  for (std::size_t at = 0; at < values.size(); at += kLaneCount) {
    const LaneElement a = element_of(values, at);
    std::array<Number, kLaneCount> expected{};
    for (std::size_t i = 0; i < kLaneCount; ++i)
      expected[i] = number_in(a, i);
    for (const LaneFunctions* lanes : all_lanes()) {
      LaneElement carried{};
      lanes->carry(carried, a);
      for (std::size_t i = 0; i < kLaneCount; ++i)
        EXPECT(holds(carried, i, expected[i]));
    }
  }
}

TEST(lanes_field_carry_of_a_reduced_value_is_near_51_bits) {
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  for (const LaneFunctions* lanes : all_lanes()) {
    for (std::size_t at = 0; at < values.size(); at += kLaneCount) {
      const LaneElement a = element_of(values, at);
      LaneElement carried{};
      lanes->recarried(carried, a);
      for (std::size_t i = 0; i < kLaneCount; ++i)
        EXPECT(holds(carried, i, number_in(a, i), kTopLimb + 19));
    }
  }
}

// What a LaneRaw may be made of: four products and one bias.
TEST(lanes_field_raw_sums_of_four_products) {
  const std::vector<Limbs> most = extreme_limbs(kProductMost);
  std::vector<Limbs> three;
  for (Limbs limbs : most) {
    for (std::uint64_t& limb : limbs)
      limb *= 3;
    three.push_back(limbs);
  }
  for (const LaneFunctions* lanes : all_lanes()) {
    for_pairs(three, most, [&](const auto& a, const auto& b, const auto& x, const auto& y) {
      LaneElement less{};
      LaneElement all{};
      LaneElement carried{};
      LaneElement carried_less{};
      lanes->raw_sub(less, a, b);
      lanes->raw_add(all, less, b);  // as much as four products and a bias
      lanes->raw_add(all, all, b);
      lanes->carry(carried, all);
      lanes->carry(carried_less, less);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        EXPECT(holds(less, i, minus_p(x[i], y[i]), kRawMost));
        EXPECT(holds(carried_less, i, minus_p(x[i], y[i])));
        EXPECT(holds(all, i, plus_p(x[i], y[i]), kRawMost));
        EXPECT(holds(carried, i, plus_p(x[i], y[i])));
      }
    });
  }
}

TEST(lanes_field_raw_differences_do_not_wrap) {
  const std::vector<Limbs> values = extreme_limbs(kProductMost);
  const Limbs zero{};
  for (const LaneFunctions* lanes : all_lanes()) {
    for_pairs({zero}, values, [&](const auto& a, const auto& b, const auto&, const auto& y) {
      LaneElement less{};
      lanes->raw_sub(less, a, b);
      for (std::size_t i = 0; i < kLaneCount; ++i)
        EXPECT(holds(less, i, minus_p({}, y[i]), std::uint64_t{1} << 60));
    });
  }
}

TEST(lanes_field_canonical_of_every_reduced_value) {
  std::vector<Limbs> values =
      combinations({0, 1, kTopLimb - 18, kTopLimb, kTopLimb + 1, kReducedMost});
  // Multiples of p and their neighbours, also with limbs that have not been carried.
  for (const std::uint64_t near : {-1ULL, 0ULL, 1ULL}) {
    values.push_back({near + 1, 0, 0, 0, 0});
    values.push_back({kTopLimb - 18 + near, kTopLimb, kTopLimb, kTopLimb, kTopLimb});
    values.push_back({kTopLimb + 1 + near, kTopLimb, kTopLimb, kTopLimb, kTopLimb});  // 2^255
    values.push_back({kTopLimb - 17 + near, kTopLimb, kTopLimb - 1, kTopLimb + 1, kTopLimb});
    values.push_back({kTopLimb - 18 + near, kTopLimb, kTopLimb, kTopLimb - 1, kTopLimb + 1});
  }
  for (const Limbs& limbs : extreme_limbs(kReducedMost))
    values.push_back(limbs);
  for (std::size_t at = 0; at < values.size(); at += kLaneCount) {
    const LaneElement a = element_of(values, at);
    std::array<Number, kLaneCount> expected{};
    for (std::size_t i = 0; i < kLaneCount; ++i)
      expected[i] = number_in(a, i);
    for (const LaneFunctions* lanes : all_lanes()) {
      LaneElement canonical{};
      lanes->canonical(canonical, a);
      const unsigned zero = lanes->is_zero(a);
      const unsigned odd = lanes->is_odd(a);
      EXPECT_EQ(+lanes->equal_limbs(canonical, canonical), 0xff);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        EXPECT(limbs_in(canonical, i) == canonical_limbs(expected[i]));
        EXPECT_EQ((zero >> i & 1) != 0, expected[i] == Number{});
        EXPECT_EQ(odd >> i & 1, expected[i][0] & 1);
      }
    }
  }
}

TEST(lanes_field_limbs_are_compared_and_chosen_by_lane) {
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  for (const LaneFunctions* lanes : all_lanes()) {
    const LaneElement a = element_of(values, 3);
    for (unsigned mask = 0; mask < 256; ++mask) {
      LaneElement b = a;
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        if ((mask >> i & 1) == 0) b.limb[(mask + i) % 5].lane[i] ^= std::uint64_t{1} << mask % 52;
      }
      EXPECT_EQ(+lanes->equal_limbs(a, b), static_cast<int>(mask));
      const LaneElement c = element_of(values, 21);
      LaneElement chosen{};
      lanes->fe_select(chosen, static_cast<std::uint8_t>(mask), a, c);
      for (std::size_t i = 0; i < kLaneCount; ++i)
        EXPECT(limbs_in(chosen, i) == limbs_in((mask >> i & 1) != 0 ? c : a, i));
    }
  }
}

TEST(lanes_field_constants) {
  for (const LaneFunctions* lanes : all_lanes()) {
    LaneElement d{};
    LaneElement twice_d{};
    LaneElement root{};
    LaneElement small{};
    LaneElement spread{};
    const Limbs limbs{11, 12, 13, 14, 15};
    lanes->curve_d(d);
    lanes->curve_2d(twice_d);
    lanes->sqrt_minus_one(root);
    lanes->fe_small(small, 19);
    lanes->fe_splat(spread, limbs.data());
    const Number minus_one = minus(kFieldPrime, {1, 0, 0, 0});
    for (std::size_t i = 0; i < kLaneCount; ++i) {
      EXPECT(plus_p(times_p(number_in(d, i), {121666, 0, 0, 0}), {121665, 0, 0, 0}) == Number{});
      EXPECT(holds(twice_d, i, plus_p(number_in(d, i), number_in(d, i)), kTopLimb));
      EXPECT(times_p(number_in(root, i), number_in(root, i)) == minus_one);
      EXPECT(limbs_in(small, i) == (Limbs{19, 0, 0, 0, 0}));
      EXPECT(limbs_in(spread, i) == limbs);
    }
  }
}

TEST(lanes_field_powers) {
  using curve25519::Fe;
  const std::vector<Limbs> values = extreme_limbs(kReducedMost);
  for (const LaneFunctions* lanes : all_lanes()) {
    for (std::size_t at = 0; at < values.size(); at += 2 * kLaneCount) {
      const LaneElement a = element_of(values, at);
      const LaneElement b = element_of(values, at + kLaneCount);
      LaneElement roots[2] = {a, b};
      LaneElement inverses[2] = {a, b};
      lanes->pow_p58(roots[0], roots[1]);
      lanes->invert(inverses[0], inverses[1]);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        for (const std::size_t which : {0U, 1U}) {
          const Fe one{limbs_in(which == 0 ? a : b, i)};
          EXPECT(same(Fe{limbs_in(roots[which], i)}, curve25519::pow_p58(one)));
          EXPECT(same(Fe{limbs_in(inverses[which], i)}, curve25519::invert(one)));
        }
      }
    }
  }
}

TEST(lanes_field_loads_encodings) {
  const std::vector<Digest> encodings = kinds_of_encodings();
  for (const LaneFunctions* lanes : all_lanes()) {
    for (std::size_t at = 0; at < encodings.size(); ++at) {
      const std::uint8_t* from[kLaneCount];
      for (std::size_t i = 0; i < kLaneCount; ++i)
        from[i] = encodings[(at + i) % encodings.size()].data();
      LaneElement loaded{};
      std::uint8_t sign = 0;
      lanes->load_encodings(loaded, sign, from);
      for (std::size_t i = 0; i < kLaneCount; ++i) {
        EXPECT(limbs_in(loaded, i) == curve25519::load(from[i]).limb);
        EXPECT_EQ(sign >> i & 1, from[i][31] >> 7);
      }
    }
  }
}

TEST(lanes_digits_make_up_the_scalar) {
  using curve25519::Scalar;
  std::vector<Scalar> scalars{small_scalar(0),
                              small_scalar(1),
                              small_scalar(16),
                              small_scalar(17),
                              small_scalar(128),
                              small_scalar(129),
                              {minus(curve25519::kGroupOrder.word, {1, 0, 0, 0})}};
  for (std::uint64_t seed = 0; seed < 40; ++seed)
    scalars.push_back(curve25519::reduce_wide(random_bytes(seed, 64).data()));
  for (const unsigned bit : {63U, 64U, 127U, 128U, 191U, 192U, 251U, 252U}) {
    scalars.emplace_back();
    scalars.back().word[bit / 64] = std::uint64_t{1} << bit % 64;
    scalars.push_back({minus(scalars.back().word, {1, 0, 0, 0})});
  }
  for (const LaneFunctions* lanes : all_lanes()) {
    for (const auto& [width, windows] : {std::pair{lanes->key_bits, lanes->key_windows},
                                         std::pair{lanes->base_bits, lanes->base_windows}}) {
      for (const Scalar& scalar : scalars) {
        std::vector<std::int16_t> digits(kLaneCount * static_cast<std::size_t>(windows), 999);
        lanes->fixed_digits(digits.data() + 5, scalar.word.data(), width, windows);
        Number sum{};
        for (std::size_t j = static_cast<std::size_t>(windows); j-- != 0;) {
          bool carried = false;
          for (int doubling = 0; doubling < width; ++doubling)
            sum = plus(sum, sum, carried);
          const int digit = digits[kLaneCount * j + 5];
          EXPECT(digit >= -(1 << (width - 1)) && digit <= 1 << (width - 1));
          const Number size{static_cast<std::uint64_t>(digit < 0 ? -digit : digit), 0, 0, 0};
          sum = digit < 0 ? minus(sum, size) : plus(sum, size, carried);
          digits[kLaneCount * j + 5] = 999;
        }
        EXPECT(sum == scalar.word);
        EXPECT(digits == std::vector<std::int16_t>(digits.size(), 999));
      }
    }
  }
}

}  // namespace chopmark::test
