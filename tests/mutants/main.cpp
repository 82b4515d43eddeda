// SPDX-License-Identifier: Apache-2.0
// The mutation gate: the swarm profile, as it is, must find every rule bug that base/mutant.hpp
// turns on (docs/testing.md, "Mutants").
// One mutant for each process, since some stop at the replica's own checks; tests/mutants/run.py
// runs them all.
//   chopmark_mutants [--only NUMBER] [--seconds BUDGET] [--validators N]
//   chopmark_mutants --only NUMBER --plan FILE      plays it (docs/testing.md, "Plans")
//   chopmark_mutants --only NUMBER --shrink RUNS    prints a small plan that finds the mutant
//   chopmark_mutants --hash SEEDS: what happened in so many seeds of the correct core, as one
//   number
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "base/mutant.hpp"
#include "script.hpp"
#include "sim/plan_text.hpp"
#include "sim/run.hpp"
#include "sim/shrink.hpp"

namespace {

using namespace chopmark;
using Clock = std::chrono::steady_clock;

struct Mutant {
  int number;
  const char* rule;
  const char* what;
  // What the swarm meets too rarely, or what costs time and breaks nothing: the script of
  // tests/scripts/consensus that fails on it.
  const char* script = nullptr;
};

constexpr Mutant kMutants[] = {
    {1, "B-11", "a quorum is one vote short"},
    {2, "R3", "a second proposal of a view is notarized, too"},
    {3, "B-62", "that a block is final is not written"},
    {4, "R5", "finalizes what it nullified"},
    {5, "R5", "finalizes another block than it notarized"},
    {6, "R3", "a justification may name other views and blocks"},
    {7, "R5", "finalizes before the block is certified"},
    {8, "R11", "a nullify given as an answer is not remembered"},
    {9, "R11", "a gap is filled with a nullify after a finalize"},
    {10, "B-65", "a restart forgets own nullifies"},
    {11, "B-61", "finalizes without the notarization in the log"},
    {12, "B-62", "the finalization is not written before blocks are delivered"},
    {13, "B-81", "the amnesic sign again two views too early", "amnesia_bound.txt"},
    {14, "B-64", "a log older than the fence is trusted"},
    {15, "B-80", "amnesia replies need no proof", "amnesia_reply_without_proof.txt"},
    {16, "B-81", "one amnesia reply less is enough", "amnesia_needs_a_quorum.txt"},
    {17, "B-61", "votes without a certificate of the view before in the log"},
    {18, "B-61", "votes are sent before they are durable"},
    {19, "R9", "certificates are taken unverified"},
    {20, "R3", "signatures in justifications do not matter"},
    {21, "B-80", "the amnesic vote"},
    {22, "B-71", "blocks go on above the last one of an epoch"},
    {23, "R4", "blocks are certified without the ledger"},
    {24, "R2", "part (d) of the idle rule is missing", "idle_stall.txt"},
    {25, "R8", "nothing is said again in a standstill"},
    {26, "R11", "gaps are not asked for"},
    {27, "B-64", "a damaged log is taken for a torn one"},
    {28, "B-63", "a checkpoint leaves own votes out"},
    {29, "B-62", "blocks and their justifications are not written"},
    {30, "R7", "certificates are not passed on"},
    {31, "B-91", "evidence counts unverified"},
    {32, "B-60", "the record of a final block does not say that the epoch ended"},
    {33, "R2", "builds on what is notarized and not certified"},
    {34, "R3", "the last skipped view needs no nullification"},
    {35, "R3", "time may stand still or go back"},
    {36, "R3", "heights are not looked at"},
    {37, "R3", "anybody may lead"},
    {38, "R7", "votes of different blocks make a certificate together"},
    {39, "B-65", "a restart forgets own notarize votes"},
    {40, "B-62", "delivers before it is durable that a block is final"},
    {41, "B-72", "views of an epoch are kept in the next"},
};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

constexpr std::uint64_t kSeedsShrunk = 4;

/// The violation that came first.
const sim::Violation& first_of(const sim::RunResult& result) {
  return *std::ranges::min_element(result.violations, {}, &sim::Violation::time_us);
}

bool play(const Mutant& mutant, const char* file) {
  std::ifstream in(file);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::string problem;
  const auto plan = sim::read_plan(text, problem);
  if (!in || !plan) {
    std::fprintf(stderr, "%s: %s\n", file, in ? problem.c_str() : "cannot be read");
    std::exit(2);
  }
  active_mutant = mutant.number;
  const sim::RunResult result = sim::run(*plan);
  if (result.violations.empty()) {
    std::printf("no violation in %.1f s\n", static_cast<double>(result.simulated_us) / 1e6);
    return false;
  }
  const sim::Violation& first = first_of(result);
  std::printf("[%u] %s at %.6f s\n", first.invariant, first.what.c_str(),
              static_cast<double>(first.time_us) / 1e6);
  return true;
}

/// Of the first seeds that find it, the plan that becomes the smallest. It is no trouble without
/// the mutant.
bool print_small(const Mutant& mutant, std::size_t validators, std::uint64_t runs_max) {
  sim::Scenario scenario;
  scenario.validators = validators;
  std::string best, shown;
  for (std::uint64_t seed = 1, left = kSeedsShrunk; left != 0 && seed <= runs_max; ++seed) {
    const sim::Plan plan = sim::make_plan(scenario, seed);
    active_mutant = mutant.number;
    const sim::RunResult result = sim::run(plan);
    if (result.violations.empty()) continue;
    const sim::Violation& first = first_of(result);
    const auto wrong = sim::violates(first.invariant);
    const auto fails = [&](const sim::Plan& one) -> std::optional<std::uint64_t> {
      active_mutant = mutant.number;
      const auto when_us = wrong(one);
      active_mutant = 0;
      if (!when_us || !sim::run(one).violations.empty()) return std::nullopt;
      return when_us;
    };
    if (!fails(plan)) continue;
    --left;
    const sim::Shrunk small = sim::shrink(plan, fails, runs_max);
    std::fprintf(stderr, "seed %llu, %llu runs%s\n", static_cast<unsigned long long>(seed),
                 static_cast<unsigned long long>(small.runs), small.minimal ? "" : ", all spent");
    const std::string text = sim::write_plan(small.plan);
    if (!best.empty() && text.size() >= best.size()) continue;
    best = text;
    active_mutant = mutant.number;
    const sim::RunResult again = sim::run(small.plan);
    shown = "# " + std::string(mutant.rule) + ": " + mutant.what + ".\n# " + first_of(again).what +
            "\n";
  }
  if (!best.empty()) std::printf("# mutant %d\n%s%s", mutant.number, shown.c_str(), best.c_str());
  return !best.empty();
}

/// Runs seeds until one violates an invariant; says which.
bool hunt(const Mutant& mutant, std::size_t validators, double budget) {
  active_mutant = mutant.number;
  if (mutant.script != nullptr) {
    std::ifstream in(std::string(CHOPMARK_SCRIPTS) + "/" + mutant.script);
    std::stringstream text;
    text << in.rdbuf();
    const auto failure = search::run_script(text.str());
    std::printf("%s: %s\n", mutant.script, failure ? failure->what.c_str() : "passes");
    return failure.has_value();
  }
  sim::Scenario scenario;
  scenario.validators = validators;
  const Clock::time_point start = Clock::now();
  std::uint64_t seed = 0;
  while (seconds_since(start) < budget) {
    const sim::RunResult result = sim::run_seed(scenario, ++seed);
    if (result.violations.empty()) continue;
    const sim::Violation& first = result.violations.front();
    std::printf("seed %llu [%u] %s\n", static_cast<unsigned long long>(seed), first.invariant,
                first.what.c_str());
    return true;
  }
  std::printf("missed in %llu seeds\n", static_cast<unsigned long long>(seed));
  return false;
}

/// Equal whatever compiled it, or what happens depends on more than the seed.
int print_hash(std::uint64_t seeds) {
  sim::Scenario scenario;
  sim::Summary sum = sim::run_seeds(scenario, 1, seeds);
  scenario.validators = 7;
  const sim::Summary of_seven = sim::run_seeds(scenario, 1, seeds / 8 + 1);
  std::printf("%016llx %016llx\n", static_cast<unsigned long long>(sum.event_hash),
              static_cast<unsigned long long>(of_seven.event_hash));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  double budget = 60;
  int only = 0;
  const char* plan = nullptr;
  std::uint64_t shrink_runs = 0;
  std::size_t validators = 4;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--seconds") budget = std::atof(argv[i + 1]);
    if (name == "--only") only = std::atoi(argv[i + 1]);
    if (name == "--plan") plan = argv[i + 1];
    if (name == "--shrink") shrink_runs = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--hash") return print_hash(std::strtoull(argv[i + 1], nullptr, 10));
    if (name == "--validators") validators = static_cast<std::size_t>(std::atoi(argv[i + 1]));
  }
  if (only == 0) {  // the list, for tests/mutants/run.py
    for (const Mutant& mutant : kMutants)
      std::printf("%d\t%s\t%s\n", mutant.number, mutant.rule, mutant.what);
    return 0;
  }
  for (const Mutant& mutant : kMutants) {
    if (mutant.number != only) continue;
    if (plan != nullptr) return play(mutant, plan) ? 0 : 1;
    if (shrink_runs != 0) return print_small(mutant, validators, shrink_runs) ? 0 : 1;
    return hunt(mutant, validators, budget) ? 0 : 1;
  }
  return 2;
}
