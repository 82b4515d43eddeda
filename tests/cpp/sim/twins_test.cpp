// SPDX-License-Identifier: Apache-2.0
// Twins: every schedule once, the same result on every run, and no violation by the replica.
#include "sim/twins.hpp"

#include <algorithm>
#include <set>

#include "sim/twins_judge.hpp"
#include "sim/twins_schedule.hpp"
#include "test.hpp"

namespace chopmark::test {
namespace {

using namespace sim;

TEST(twins_split_in_every_way_once) {
  const std::vector<Split>& all = splits();
  EXPECT_EQ(all.size(), kSplits);
  EXPECT_EQ(std::set<Split>(all.begin(), all.end()).size(), kSplits);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(same_when_swapped(all[i]), i < kSameSplits);
    // Groups are numbered as they appear.
    std::uint8_t next = 0;
    for (const std::uint8_t group : all[i]) {
      EXPECT(group <= next);
      next = std::max(next, static_cast<std::uint8_t>(group + 1));
    }
  }
}

TEST(twins_schedules_count_those_that_swapping_does_not_repeat) {
  // Half of all, where those that look the same when swapped are counted once (Burnside).
  std::uint64_t all = 1;
  std::uint64_t same = 1;
  for (std::size_t round = 0; round + 1 < kTwinRounds; ++round) {
    all *= kSplits;
    same *= kSameSplits;
  }
  EXPECT_EQ(TwinSchedules().groups(), kTwinKeys * (all + same) / 2);
}

TEST(twins_schedules_do_not_repeat) {
  const TwinSchedules schedules;
  std::set<std::array<std::uint8_t, kTwinRounds + 1>> seen;
  std::array<std::size_t, kTwinKeys> keys{};
  std::array<std::size_t, kSplits> first{};
  constexpr std::uint64_t kCount = 20'000;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    const TwinSchedule one = schedules.group(i);
    std::array<std::uint8_t, kTwinRounds + 1> key{};
    std::ranges::copy(one.split, key.begin());
    key[kTwinRounds] = one.twin_key;
    seen.insert(key);
    ++keys[one.twin_key];
    ++first[one.split[0]];
    // The first round that does not look the same tells the twins apart, in one of the two ways.
    for (const std::uint8_t split : one.split) {
      if (split < kSameSplits) continue;
      EXPECT(split < kSameSplits + (kSplits - kSameSplits) / 2);
      break;
    }
  }
  EXPECT_EQ(seen.size(), kCount);
  for (const std::size_t one : keys)
    EXPECT(one > kCount / 5 && one < kCount / 3);
  for (std::size_t i = 0; i < kSplits; ++i)
    EXPECT_EQ(first[i] != 0, i < kSameSplits + (kSplits - kSameSplits) / 2);
}

TEST(twins_leave_the_last_round_out_where_it_repeats) {
  TwinSchedule same;  // all in one group, always
  std::size_t allowed = 0;
  for (std::size_t last = 0; last < kSplits; ++last)
    allowed += TwinSchedules::allows(same, last);
  EXPECT_EQ(allowed, kSameSplits + (kSplits - kSameSplits) / 2);
  same.split[3] = kSplits - 1;
  for (std::size_t last = 0; last < kSplits; ++last)
    EXPECT(TwinSchedules::allows(same, last));
}

TEST(twins_judge_conflicts_of_the_honest) {
  constexpr std::uint8_t kNotarize = 0x10;
  constexpr std::uint8_t kNullify = 0x11;
  constexpr std::uint8_t kFinalize = 0x12;
  struct Pair {
    std::uint8_t first, second;
    bool same, conflict;
  };
  for (const Pair& pair :
       {Pair{kNotarize, kNotarize, false, true}, Pair{kNotarize, kNotarize, true, false},
        Pair{kNotarize, kFinalize, false, true}, Pair{kNotarize, kFinalize, true, false},
        Pair{kFinalize, kFinalize, false, true}, Pair{kFinalize, kNullify, true, true},
        Pair{kNullify, kFinalize, true, true}, Pair{kNotarize, kNullify, true, false},
        Pair{kNullify, kNotarize, true, false}}) {
    for (const bool honest : {true, false}) {
      TwinsJudge judge;
      EXPECT(judge.voted(pair.first, 1, 10, 2, honest) == nullptr);
      const char* const fault = judge.voted(pair.second, 1, pair.same ? 10 : 11, 2, honest);
      EXPECT_EQ(fault != nullptr, pair.conflict && honest);
      // Of another view it is no conflict.
      EXPECT(judge.voted(kNotarize, 2, 12, 2, honest) == nullptr);
    }
  }
}

TEST(twins_judge_quorums_and_chains) {
  TwinsJudge judge;
  for (const std::size_t voter : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
    EXPECT(judge.voted(0x10, 1, 10, voter, false) == nullptr);
  EXPECT(judge.voted(0x10, 1, 11, 0, false) == nullptr);
  EXPECT(judge.voted(0x10, 1, 11, 1, false) == nullptr);
  EXPECT(judge.voted(0x10, 1, 11, 3, false) != nullptr);
  for (const std::size_t voter : {std::size_t{0}, std::size_t{1}, std::size_t{2}})
    EXPECT(judge.voted(0x12, 2, 10, voter, false) == nullptr);
  EXPECT(judge.voted(0x11, 2, 0, 0, false) == nullptr);
  EXPECT(judge.voted(0x11, 2, 0, 1, false) == nullptr);
  EXPECT(judge.voted(0x11, 2, 0, 3, false) != nullptr);
  EXPECT(judge.delivered(1, 10) == nullptr);
  EXPECT(judge.delivered(1, 10) == nullptr);
  EXPECT(judge.delivered(2, 11) == nullptr);
  EXPECT(judge.delivered(2, 12) != nullptr);
}

TEST(twins_find_nothing_and_repeat_themselves) {
  const TwinsResult whole = run_twins(0, 400);
  for (const std::string& what : whole.what)
    EXPECT_EQ(what, std::string());
  EXPECT_EQ(whole.violations, 0U);
  EXPECT(whole.scenarios > 300);
  EXPECT(whole.blocks > 2 * whole.scenarios);   // the chain grows in spite of it
  const TwinsResult front = run_twins(0, 130);  // not at the end of a group
  const TwinsResult back = run_twins(130, 270);
  EXPECT_EQ(front.scenarios + back.scenarios, whole.scenarios);
  EXPECT_EQ(front.hash + back.hash, whole.hash);
  EXPECT(run_twins(1'000'000, 100).hash != run_twins(2'000'000, 100).hash);
}

}  // namespace
}  // namespace chopmark::test
