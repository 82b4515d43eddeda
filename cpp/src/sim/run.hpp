// SPDX-License-Identifier: Apache-2.0
// One run, and many: whole validators under a simulated network, clock and disk; everything follows
// from the scenario and the seed. Floor: sim.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/plan.hpp"
#include "sim/result.hpp"
#include "sim/trace.hpp"

namespace chopmark::sim {

/// `trace` may be null.
[[nodiscard]] RunResult run(const Plan& plan, Trace* trace = nullptr);
[[nodiscard]] inline RunResult run_seed(const Scenario& scenario, std::uint64_t seed,
                                        Trace* trace = nullptr) {
  return run(make_plan(scenario, seed), trace);
}

/// Sums over seeds, in any order and split in any way.
struct Summary {
  std::uint64_t seeds = 0;
  std::uint64_t counted = 0;  // of at least 30 simulated seconds and 50 final blocks
  std::uint64_t finalized_blocks = 0, simulated_us = 0, events = 0;
  std::uint64_t event_hash = 0;
  std::array<std::uint64_t, 32> covered{};  // seeds, by bit
  std::vector<RunResult> failed;            // with violations
  std::vector<std::uint32_t> finality_us;

  void add(RunResult&& result);
};

[[nodiscard]] Summary run_seeds(const Scenario& scenario, std::uint64_t first, std::uint64_t count);

}  // namespace chopmark::sim
