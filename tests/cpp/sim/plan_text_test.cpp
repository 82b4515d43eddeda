// SPDX-License-Identifier: Apache-2.0
#include "sim/plan_text.hpp"

#include <algorithm>

#include "sim/run.hpp"
#include "test.hpp"

namespace chopmark::sim {
namespace {

TEST(plan_text_says_all_that_a_seed_decides) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    Scenario scenario;
    scenario.validators = seed % 3 == 0 ? 7 : 4;
    scenario.seconds = 5;
    const Plan plan = make_plan(scenario, seed);
    std::string problem;
    const auto read = read_plan(write_plan(plan), problem);
    EXPECT(read.has_value());
    if (!read) continue;
    EXPECT(plan_lines(*read) == plan_lines(plan));
    EXPECT_EQ(run(*read).event_hash, run(plan).event_hash);
  }
}

TEST(plan_text_says_all_of_the_other_profiles) {
  for (const Profile profile : {Profile::lan, Profile::wan}) {
    Scenario scenario;
    scenario.profile = profile;
    scenario.seconds = 1;
    scenario.crashed = profile == Profile::wan ? 1 : 0;
    const Plan plan = make_plan(scenario, 3);
    std::string problem;
    const auto read = read_plan(write_plan(plan), problem);
    EXPECT(read.has_value());
    if (read) EXPECT_EQ(run(*read).event_hash, run(plan).event_hash);
  }
}

TEST(plan_text_of_a_calm_plan_is_short) {
  EXPECT(write_plan(calm_plan(4, 0)) == "seed = 0\nvalidators = 4\n");
  Plan plan = calm_plan(4, 1);
  EXPECT(set_line(plan, {"byzantine", "2"}));
  EXPECT(set_line(plan, {"liar_acts", "equivocate collude"}));
  EXPECT(set_line(plan, {"clock.rate", "1 2 3 4000 5000"}) == false);
  EXPECT(set_line(plan, {"clock.rate", "900000 1000000 1000000 1000000 1000000"}));
  EXPECT(write_plan(plan) ==
         "seed = 0\nvalidators = 4\nspares = 1\nliar_acts = equivocate collude\nbyzantine = 2\n"
         "clock.rate = 900000 1000000 1000000 1000000 1000000\n");
}

TEST(plan_text_that_is_wrong_is_refused) {
  for (const char* text : {"seed",
                           "seed = x",
                           "seed = 1\nseed = 2",
                           "validators = 33",
                           "validators = 0",
                           "validators = 4\nspares = 29",
                           "no.such = 1",
                           "network.loss_ppm = 1000001",
                           "network.loss_ppm = -1",
                           "network.latency_us = 1 2 3",
                           "network.in_order = 1",
                           "disk.sync_us = 5 4",
                           "disk.sync_us = 5",
                           "byzantine = 4",
                           "byzantine = 0 x",
                           "spares = 1\nbyzantine = 4",
                           "liar_acts = lies",
                           "profile = moon",
                           "crashed = 5",
                           "load.every_us = 0",
                           "network.weather_us = 0",
                           "seed = 1 2"}) {
    std::string problem;
    EXPECT(!read_plan(text, problem).has_value());
    EXPECT(!problem.empty());
  }
  std::string problem;
  EXPECT(read_plan("# a run\n\n  seed=3 # as drawn\r\nvalidators =4\n", problem).has_value());
}

TEST(plan_stops_when_it_should) {
  Plan plan = calm_plan(4, 0);
  plan.stop_us = 700'000;
  const RunResult result = run(plan);
  EXPECT_EQ(result.simulated_us, std::uint64_t{700'000});
  EXPECT(result.violations.empty());
  EXPECT(result.finalized_blocks > 2);
}

TEST(plan_keeps_its_other_nodes) {
  Scenario scenario;
  scenario.validators = 7;
  Plan plan = make_plan(scenario, 5);
  plan.clock.rate[1] = 1'234'567;
  const Plan smaller = without_node(plan, 3);
  const std::size_t n = smaller.nodes;
  EXPECT_EQ(n, plan.nodes - 1);
  EXPECT_EQ(smaller.setup.validators, std::size_t{6});
  EXPECT_EQ(smaller.faulty_max, std::size_t{1});
  EXPECT_EQ(smaller.clock.rate[1], std::uint64_t{1'234'567});
  EXPECT_EQ(smaller.clock.rate[4], plan.clock.rate[5]);
  EXPECT_EQ(smaller.network.latency_us.size(), n * n);
  EXPECT_EQ(smaller.network.latency_us[n + 2], plan.network.latency_us[plan.nodes + 2]);
  EXPECT_EQ(smaller.network.latency_us[4 * n + 1], plan.network.latency_us[5 * plan.nodes + 1]);
}

}  // namespace
}  // namespace chopmark::sim
