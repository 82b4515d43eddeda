// SPDX-License-Identifier: Apache-2.0
// What the kernels in lanes are written over: the array against definitions, registers against it.
#include "backends/lanes.hpp"

namespace chopmark::test {
namespace {

std::vector<std::uint64_t> word_values() {
  std::vector<std::uint64_t> all{0, 1, 19, kTopLimb, kTopLimb + 1, kReducedMost};
  for (const unsigned bit : {52U, 53U, 62U, 63U}) {
    for (const std::uint64_t near : {-1ULL, 0ULL, 1ULL})
      all.push_back((std::uint64_t{1} << bit) + near);
  }
  all.push_back(~std::uint64_t{0});
  for (std::uint64_t seed = 0; seed < 8; ++seed)
    all.push_back(curve25519::load_scalar(random_bytes(seed, 32).data()).word[0]);
  return all;
}

LaneWord word_of(const std::vector<std::uint64_t>& values, std::size_t at) {
  LaneWord a{};
  for (std::size_t lane = 0; lane < kLaneCount; ++lane)
    a.lane[lane] = values[(at + lane) % values.size()];
  return a;
}

bool equal(const LaneWord& a, const LaneWord& b) {
  return std::equal(std::begin(a.lane), std::end(a.lane), std::begin(b.lane));
}

/// Rows of words that are all different, with room around each, as rows of memory that nothing
/// aligns.
struct Rows {
  static constexpr std::size_t kWords = 24;
  std::array<std::array<std::uint64_t, kWords + 2>, kLaneCount> room{};
  std::uint64_t* rows[kLaneCount];
  Rows() {
    for (std::size_t i = 0; i < kLaneCount; ++i) {
      rows[i] = room[i].data() + 1;
      for (std::size_t j = 0; j < kWords + 2; ++j)
        room[i][j] = 1000 * (i + 1) + j;
    }
  }
};
using Columns = std::array<LaneWord, Rows::kWords>;

Columns different_columns() {
  Columns columns{};
  for (std::size_t j = 0; j < columns.size(); ++j) {
    for (std::size_t i = 0; i < kLaneCount; ++i)
      columns[j].lane[i] = 1'000'000 + 100 * i + j;
  }
  return columns;
}

/// That exactly the columns from .. end - 1 were loaded or stored, and at their places.
template <class Move>
void expect_loads(const Move& load, std::size_t from, std::size_t end) {
  const Rows memory;
  const Columns before = different_columns();
  Columns columns = before;
  load(columns.data(), memory.rows);
  for (std::size_t j = 0; j < columns.size(); ++j) {
    for (std::size_t i = 0; i < kLaneCount; ++i) {
      const bool moved = j >= from && j < end;
      EXPECT_EQ(columns[j].lane[i], moved ? memory.rows[i][j] : before[j].lane[i]);
    }
  }
}
template <class Move>
void expect_stores(const Move& store, std::size_t from, std::size_t end) {
  const Rows before;
  const Columns columns = different_columns();
  Rows memory;
  store(memory.rows, columns.data());
  for (std::size_t i = 0; i < kLaneCount; ++i) {
    for (std::size_t j = 0; j < Rows::kWords + 2; ++j) {
      const bool moved = j > from && j <= end;
      EXPECT_EQ(memory.room[i][j], moved ? columns[j - 1].lane[i] : before.room[i][j]);
    }
  }
}

}  // namespace

TEST(lanes_array_multiplies_52_bits) {
  const std::uint64_t most = (std::uint64_t{1} << 52) - 1;
  // (2^52 - 1)^2 = (2^52 - 2) 2^52 + 1; what is above 52 bits is not read.
  const LaneWord a{{most, ~std::uint64_t{0}, most + 1, 3, std::uint64_t{1} << 51, 1, 0, most}};
  const LaneWord b{{most, most, most, most + 1, std::uint64_t{1} << 51, most, most, 2}};
  const LaneWord sum{{0, 5, 7, 7, 1, ~std::uint64_t{0}, 9, 1}};
  LaneWord low{};
  LaneWord high{};
  kArrayLanes.madd_lo(low, sum, a, b);
  kArrayLanes.madd_hi(high, sum, a, b);
  EXPECT(equal(low, {{1, 6, 7, 7, 1, most - 1, 9, most}}));
  EXPECT(equal(
      high, {{most - 1, most + 4, 7, 7, (std::uint64_t{1} << 50) + 1, ~std::uint64_t{0}, 9, 2}}));
}

TEST(lanes_words_agree_with_the_array) {
  const std::vector<std::uint64_t> values = word_values();
  for (const LaneFunctions* lanes : all_lanes()) {
    const auto expect_same = [&](auto function, const auto&... arguments) {
      LaneWord got{};
      LaneWord expected{};
      (lanes->*function)(got, arguments...);
      (kArrayLanes.*function)(expected, arguments...);
      EXPECT(equal(got, expected));
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
      const LaneWord a = word_of(values, i);
      expect_same(&LaneFunctions::splat, values[i]);
      expect_same(&LaneFunctions::opaque_splat, values[i]);
      for (unsigned bits = 0; bits < 64; ++bits) {
        expect_same(&LaneFunctions::shifted_left, a, bits);
        expect_same(&LaneFunctions::shifted_right, a, bits);
      }
      for (std::size_t j = 0; j < values.size(); ++j) {
        const LaneWord b = word_of(values, j);
        const LaneWord c = word_of(values, i + 3 * j);
        for (const auto function :
             {&LaneFunctions::add, &LaneFunctions::sub, &LaneFunctions::bits_and,
              &LaneFunctions::bits_or, &LaneFunctions::times})
          expect_same(function, a, b);
        expect_same(&LaneFunctions::madd_lo, c, a, b);
        expect_same(&LaneFunctions::madd_hi, c, a, b);
        const auto mask = static_cast<std::uint8_t>(37 * i + 101 * j);
        expect_same(&LaneFunctions::select, mask, a, b);
        LaneWord mixed{};
        lanes->select(mixed, mask, a, b);
        EXPECT_EQ(+lanes->equal(mixed, b), +kArrayLanes.equal(mixed, b));
        EXPECT_EQ(lanes->all_below(a, b), kArrayLanes.all_below(a, b));
      }
    }
  }
}

TEST(lanes_masks_name_their_lanes) {
  for (const LaneFunctions* lanes : all_lanes()) {
    LaneWord zeros{};
    LaneWord ones{};
    lanes->splat(ones, 1);
    for (unsigned mask = 0; mask < 256; ++mask) {
      LaneWord mixed{};
      lanes->select(mixed, static_cast<std::uint8_t>(mask), zeros, ones);
      for (unsigned i = 0; i < kLaneCount; ++i)
        EXPECT_EQ(mixed.lane[i], (mask >> i) & 1);
      EXPECT_EQ(+lanes->equal(mixed, ones), static_cast<int>(mask));
      EXPECT_EQ(lanes->all_below(mixed, ones), mask == 0);
    }
  }
}

TEST(lanes_columns_move_to_their_places) {
  for (const LaneFunctions* lanes : all_lanes()) {
    for (const unsigned count : {4U, 8U, 12U, 16U, 20U, 24U}) {
      expect_loads([&](auto* columns, auto* rows) { lanes->load_columns(columns, rows, count); }, 0,
                   count);
      expect_stores([&](auto* rows, auto* columns) { lanes->store_columns(rows, columns, count); },
                    0, count);
    }
    for (const unsigned part : {0U, 1U, 2U}) {
      const std::size_t end = part < 2 ? 8 * part + 8 : 20;
      expect_loads([&](auto* columns, auto* rows) { lanes->load_part(columns, rows, part); },
                   std::size_t{8} * part, end);
      expect_stores([&](auto* rows, auto* columns) { lanes->store_part(rows, columns, part); },
                    std::size_t{8} * part, end);
    }
    std::array<std::uint64_t, 10> words{90, 1, 2, 3, 4, 5, 6, 7, 8, 91};
    std::array<std::uint64_t, 10> copy{};
    lanes->copy(copy.data() + 1, words.data() + 1);
    words.front() = words.back() = 0;
    EXPECT(copy == words);
  }
}

}  // namespace chopmark::test
