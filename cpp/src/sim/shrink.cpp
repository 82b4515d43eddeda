// SPDX-License-Identifier: Apache-2.0
#include "sim/shrink.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/liar.hpp"
#include "sim/liars/behaviour.hpp"
#include "sim/mix.hpp"
#include "sim/plan_text.hpp"
#include "sim/run.hpp"

namespace chopmark::sim {
namespace {

constexpr std::size_t kValidatorsMin = 4;
constexpr std::uint64_t kLooksUs = 100'000;  // a run ends at a multiple of it
constexpr std::uint64_t kShorterSeeds = 24;  // tried for a run that fails earlier
// Much changes at once, so the first seeds are less likely to do.
constexpr std::uint64_t kSeedsForLies = 48, kSeedsForMuch = 32;
constexpr std::string_view kFamilies[] = {"network.", "disk.",   "crash.",
                                          "clock.",   "driver.", "load."};

std::uint64_t rounded_up(std::uint64_t value, std::uint64_t unit) noexcept {
  return (value + unit - 1) / unit * unit;
}

/// One digit and zeros.
std::uint64_t round_number(std::uint64_t value) noexcept {
  std::uint64_t unit = 1;
  while (value / unit >= 10)
    unit *= 10;
  return rounded_up(value, unit);
}

bool lies(const Plan& plan) {
  const auto& liars = plan.setup.byzantine;
  return std::ranges::find(liars, true) != liars.end();
}

/// How many lie beyond those that the protocol bears.
std::size_t liars_above(const Plan& plan) {
  const auto liars = static_cast<std::size_t>(std::ranges::count(plan.setup.byzantine, true));
  return liars - std::min(liars, plan.faulty_max);
}

class Shrinker {
 public:
  Shrinker(const Plan& plan, const Fails& fails, std::uint64_t runs_max)
      : plan_(plan), fails_(fails), runs_max_(runs_max) {}

  Shrunk go();

 private:
  bool pass();
  bool keep(Plan smaller, std::uint64_t seeds = kSeedsTried);
  bool keep_one(Plan smaller);
  bool fewer_nodes();
  bool name_the_lies();
  bool fewer_lies();
  bool without_families();
  bool without_lines();
  bool rounder_numbers();
  bool shorter();
  [[nodiscard]] bool spent() const noexcept { return runs_ >= runs_max_; }
  [[nodiscard]] std::vector<PlanLine> calm() const {
    return plan_lines(calm_plan(plan_.setup.validators, plan_.nodes - plan_.setup.validators));
  }

  Plan plan_;
  const Fails& fails_;
  std::uint64_t runs_max_, runs_ = 0;
  std::uint64_t failed_us_ = 0;
};

/// With this seed only. A run need not go on for much longer than the last one that failed.
bool Shrinker::keep_one(Plan smaller) {
  if (spent() || liars_above(smaller) > liars_above(plan_)) return false;
  ++runs_;
  smaller.stop_us = rounded_up(failed_us_ + failed_us_ / 2 + 2 * kLooksUs, kLooksUs);
  const auto when_us = fails_(smaller);
  if (!when_us) return false;
  plan_ = std::move(smaller);
  failed_us_ = *when_us;
  return true;
}

bool Shrinker::keep(Plan smaller, std::uint64_t seeds) {
  if (keep_one(smaller)) return true;
  for (std::uint64_t seed = 1; seed < seeds; ++seed) {
    set_seed(smaller, seed);
    if (keep_one(smaller)) return true;
  }
  return false;
}

bool Shrinker::fewer_nodes() {
  bool any = false;
  for (std::size_t node = plan_.nodes; node-- != 0;) {
    if (node < plan_.setup.validators && plan_.setup.validators <= kValidatorsMin) break;
    any |= keep(without_node(plan_, node));
  }
  return any;
}

/// What liars drew for themselves stands in the plan.
bool Shrinker::name_the_lies() {
  if (plan_.liar_acts != 0 || !lies(plan_)) return false;
  Plan named = plan_;
  named.liar_acts = Conspiracy(plan_.setup, mix(plan_.seed, 2)).acts();
  return keep(std::move(named), kSeedsForLies);  // what liars do begins with other draws then
}

bool Shrinker::fewer_lies() {
  bool any = name_the_lies();
  for (std::size_t node = 0; node < plan_.nodes; ++node) {
    if (!plan_.setup.byzantine[node]) continue;
    Plan smaller = plan_;
    smaller.setup.byzantine[node] = false;
    settle(smaller);
    any |= keep(std::move(smaller));
  }
  for (std::size_t bit = 0; bit < liars::kBehaviours; ++bit) {
    Plan smaller = plan_;
    smaller.liar_acts &= ~(std::uint32_t{1} << bit);
    // No bit at all would mean that they draw.
    if (smaller.liar_acts == plan_.liar_acts || smaller.liar_acts == 0) continue;
    any |= keep(std::move(smaller));
  }
  return any;
}

bool Shrinker::without_families() {
  const std::vector<PlanLine> without = calm();
  bool any = false;
  for (const std::string_view family : kFamilies) {
    Plan smaller = plan_;
    for (const PlanLine& line : without)
      if (line.name.starts_with(family)) (void)set_line(smaller, line);
    if (plan_lines(smaller) != plan_lines(plan_)) any |= keep(std::move(smaller), kSeedsForMuch);
  }
  return any;
}

bool Shrinker::without_lines() {
  const std::vector<PlanLine> without = calm();
  bool any = false;
  for (std::size_t i = 0; i < without.size(); ++i) {
    if (without[i].name == "stop_us" || plan_lines(plan_)[i] == without[i]) continue;
    if (without[i].name == "liar_acts" && lies(plan_)) continue;  // they would draw again
    Plan smaller = plan_;
    if (set_line(smaller, without[i])) any |= keep(std::move(smaller));
  }
  return any;
}

/// Of rates, and the same for all nodes: no fewer lines, but easier to read.
bool Shrinker::rounder_numbers() {
  const std::vector<PlanLine> without = calm();
  bool any = false;
  for (std::size_t i = 0; i < without.size(); ++i) {
    const PlanLine line = plan_lines(plan_)[i];
    if (line == without[i] || line.name == "stop_us" || line.value.size() > 19 ||
        line.value.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    const std::uint64_t value = std::stoull(line.value);
    const std::uint64_t rounder = round_number(value);
    if (rounder == value) continue;
    Plan smaller = plan_;
    if (set_line(smaller, {line.name, std::to_string(rounder)})) any |= keep(std::move(smaller));
  }
  return any;
}

/// Faults for no longer than needed, and of the first seeds the one that fails earliest.
bool Shrinker::shorter() {
  bool any = false;
  const auto heal_at = [&](std::uint64_t heal_us) {
    Plan smaller = plan_;
    smaller.heal_us = rounded_up(heal_us, kLooksUs);
    if (smaller.heal_us < plan_.heal_us) any |= keep(std::move(smaller));
  };
  heal_at(failed_us_);
  heal_at(plan_.heal_us / 2);
  for (std::uint64_t seed = 1; seed < kShorterSeeds; ++seed) {
    const Plan plan = plan_;
    const std::uint64_t failed_us = failed_us_;
    Plan other = plan_;
    set_seed(other, seed);
    if (!keep_one(std::move(other))) continue;
    if (failed_us_ < failed_us) {
      any = true;
    } else {
      plan_ = plan;
      failed_us_ = failed_us;
    }
  }
  return any;
}

bool Shrinker::pass() {
  bool any = fewer_nodes();
  any |= fewer_lies();
  any |= without_families();
  any |= without_lines();
  any |= rounder_numbers();
  return any | shorter();
}

Shrunk Shrinker::go() {
  ++runs_;
  if (const auto when_us = fails_(plan_)) {
    failed_us_ = *when_us;
    (void)shorter();  // first, since all that follows takes less time then
    bool any = true;
    while (any && !spent())
      any = pass();
    plan_.stop_us = rounded_up(failed_us_ + 1, kLooksUs);
  }
  return {plan_, runs_, !spent()};
}

}  // namespace

Fails violates(std::uint32_t invariant) {
  return [invariant](const Plan& plan) -> std::optional<std::uint64_t> {
    const RunResult result = run(plan);
    const auto found = std::ranges::find(result.violations, invariant, &Violation::invariant);
    if (found == result.violations.end()) return std::nullopt;
    return found->time_us;
  };
}

Shrunk shrink(const Plan& plan, const Fails& fails, std::uint64_t runs_max) {
  return Shrinker(plan, fails, runs_max).go();
}

}  // namespace chopmark::sim
