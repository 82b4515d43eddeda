// SPDX-License-Identifier: Apache-2.0
#include "sim/shrink.hpp"

#include <algorithm>

#include "sim/plan_text.hpp"
#include "test.hpp"

namespace chopmark::sim {
namespace {

/// Names of the lines in which a plan differs from a calm one.
std::vector<std::string> remaining(const Plan& plan) {
  const auto lines = plan_lines(plan);
  const auto calm =
      plan_lines(calm_plan(plan.setup.validators, plan.nodes - plan.setup.validators));
  std::vector<std::string> out;
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i] != calm[i]) out.push_back(lines[i].name);
  return out;
}

Plan wild_plan() {
  Scenario scenario;
  scenario.validators = 7;
  Plan plan = make_plan(scenario, 3);
  plan.network.loss_ppm = 12'345;
  plan.crash.step_ppm = 777;
  return plan;
}

TEST(shrink_leaves_what_is_needed) {
  // Goes wrong with losses and crashes, whatever else there is.
  const Fails fails = [](const Plan& plan) -> std::optional<std::uint64_t> {
    if (plan.network.loss_ppm == 0 || plan.crash.step_ppm == 0) return std::nullopt;
    return 1'234'567;
  };
  const Shrunk small = shrink(wild_plan(), fails, 3000);
  EXPECT(small.minimal);
  EXPECT_EQ(small.plan.nodes, std::size_t{4});
  EXPECT(remaining(small.plan) ==
         (std::vector<std::string>{"network.loss_ppm", "crash.step_ppm", "stop_us"}));
  EXPECT_EQ(small.plan.network.loss_ppm, 20'000U);
  EXPECT_EQ(small.plan.crash.step_ppm, 800U);
  EXPECT_EQ(small.plan.stop_us, std::uint64_t{1'300'000});
}

TEST(shrink_finds_another_seed) {
  const Fails fails = [](const Plan& plan) -> std::optional<std::uint64_t> {
    const bool calm = plan.network.jitter_us == 0;
    if (calm && plan.seed != 4) return std::nullopt;
    return calm ? 500'000 : 900'000;
  };
  const Shrunk small = shrink(wild_plan(), fails, 3000);
  EXPECT(small.minimal);
  EXPECT_EQ(small.plan.seed, std::uint64_t{4});
  EXPECT(remaining(small.plan) == std::vector<std::string>{"stop_us"});
}

TEST(shrink_keeps_no_more_liars_than_needed) {
  Plan plan = make_plan(Scenario{.validators = 7, .byzantine = 2}, 1);
  plan.liar_acts = 0b10110;
  const Fails fails = [](const Plan& one) -> std::optional<std::uint64_t> {
    const auto liars = std::ranges::count(one.setup.byzantine, true);
    // More liars than the protocol bears would be no finding.
    if (liars > static_cast<std::ptrdiff_t>(one.faulty_max)) return 1;
    if (liars == 0 || (one.liar_acts & 0b100) == 0) return std::nullopt;
    return 2'000'000;
  };
  const Shrunk small = shrink(plan, fails, 3000);
  EXPECT_EQ(std::ranges::count(small.plan.setup.byzantine, true), std::ptrdiff_t{1});
  EXPECT_EQ(small.plan.liar_acts, 0b100U);
  EXPECT_EQ(small.plan.nodes, std::size_t{4});
}

TEST(shrink_stops_when_its_runs_are_spent) {
  const Fails fails = [](const Plan&) -> std::optional<std::uint64_t> { return 1'000'000; };
  const Shrunk small = shrink(wild_plan(), fails, 3);
  EXPECT_EQ(small.runs, std::uint64_t{3});
  EXPECT(!small.minimal);
}

TEST(shrink_of_a_run_that_goes_well_changes_nothing) {
  Plan plan = calm_plan(4, 0);
  plan.stop_us = 500'000;
  const Shrunk same = shrink(plan, violates(6), 100);
  EXPECT_EQ(same.runs, std::uint64_t{1});
  EXPECT(write_plan(same.plan) == write_plan(plan));
}

}  // namespace
}  // namespace chopmark::sim
