// SPDX-License-Identifier: Apache-2.0
#include "sim/run.hpp"

#include <algorithm>
#include <bit>

#include "test.hpp"

namespace chopmark::sim {
namespace {

Scenario swarm_of(std::size_t validators) {
  Scenario out;
  out.validators = validators;
  out.seconds = 10;
  return out;
}

TEST(run_of_one_seed_is_the_same_each_time) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    const RunResult one = run_seed(swarm_of(4), seed);
    const RunResult again = run_seed(swarm_of(4), seed);
    EXPECT_EQ(one.event_hash, again.event_hash);
    EXPECT_EQ(one.events, again.events);
    EXPECT_EQ(one.simulated_us, again.simulated_us);
    EXPECT_EQ(one.covered, again.covered);
    EXPECT(one.event_hash != run_seed(swarm_of(4), seed + 100).event_hash);
  }
}

TEST(run_is_not_changed_by_a_trace) {
  Trace trace;
  const RunResult one = run_seed(swarm_of(4), 5, &trace);
  EXPECT_EQ(one.event_hash, run_seed(swarm_of(4), 5).event_hash);
  const auto of = [&](TraceKind kind) {
    return std::ranges::count_if(trace.rows,
                                 [kind](const TraceRow& row) { return row.kind == kind; });
  };
  EXPECT(of(TraceKind::sent) != 0 && of(TraceKind::arrived) != 0 && of(TraceKind::delivered) != 0);
  Trace steps;
  steps.messages = false;
  steps.follow = 2;
  EXPECT_EQ(run_seed(swarm_of(4), 5, &steps).event_hash, one.event_hash);
  bool given = false, asked = false;
  for (const TraceRow& row : steps.rows) {
    EXPECT_EQ(row.node, 2);  // an honest one in this seed
    EXPECT(row.kind != TraceKind::arrived && row.kind != TraceKind::delivered);
    given |= row.kind == TraceKind::events;
    asked |= row.kind == TraceKind::effects;
  }
  EXPECT(given && asked);
}

TEST(sums_do_not_depend_on_how_seeds_are_split) {
  const Summary all = run_seeds(swarm_of(4), 20, 4);
  const Summary first = run_seeds(swarm_of(4), 20, 1);
  const Summary others = run_seeds(swarm_of(4), 21, 3);
  EXPECT_EQ(all.event_hash, first.event_hash + others.event_hash);
  EXPECT_EQ(all.events, first.events + others.events);
  EXPECT_EQ(all.finalized_blocks, first.finalized_blocks + others.finalized_blocks);
}

TEST(swarm_reaches_its_faults_and_holds) {
  const Summary sum = run_seeds(swarm_of(4), 1000, 40);
  for (const RunResult& one : sum.failed)
    test::fail(__FILE__, __LINE__,
               "seed " + std::to_string(one.seed) + ": " + one.violations[0].what);
  EXPECT(sum.finalized_blocks >= 50 * sum.seeds);
  const auto share = [&](Covered what) {
    return 100 *
           sum.covered[static_cast<std::size_t>(
               std::countr_zero(static_cast<std::uint32_t>(what)))] /
           sum.seeds;
  };
  for (const Covered what : {Covered::crash, Covered::torn_write, Covered::equivocation,
                             Covered::nullified_view, Covered::epoch_change})
    EXPECT(share(what) >= 10);
}

// 4093, 13965: a signer that refused once, and another validator without a memory, and the chain
// stood still. 9652, 12731: an amnesia reply that was overtaken while it was signed.
TEST(seeds_that_once_failed_hold) {
  for (const std::uint64_t seed : {4093U, 13965U, 9652U, 12731U, 21387U, 20941U})
    EXPECT(run_seed(Scenario{}, seed).violations.empty());
}

TEST(lan_makes_25_blocks_in_a_second) {
  Scenario lan;
  lan.profile = Profile::lan;
  lan.seconds = 10;
  const Summary sum = run_seeds(lan, 1, 1);
  EXPECT(sum.failed.empty());
  EXPECT(sum.finalized_blocks >= 245 && sum.finalized_blocks <= 251);
}

TEST(wan_goes_on_without_f_of_the_validators) {
  Scenario wan;
  wan.profile = Profile::wan;
  wan.validators = 7;
  wan.crashed = 2;
  wan.seconds = 5;
  wan.block_bytes = 4096;
  const Summary sum = run_seeds(wan, 1, 1);
  EXPECT(sum.failed.empty());
  EXPECT(!sum.finality_us.empty());
}

TEST(too_many_liars_are_seen) {
  // With more than f that tell each half another story, somebody must see two final blocks.
  Scenario scenario = swarm_of(4);
  scenario.byzantine = 3;
  const Summary sum = run_seeds(scenario, 1, 30);
  EXPECT(!sum.failed.empty());
}

}  // namespace
}  // namespace chopmark::sim
