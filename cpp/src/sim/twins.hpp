// SPDX-License-Identifier: Apache-2.0
// Twins (Bano, Sonnino, Chursin, Perelman, Malkhi 2020, arXiv:2004.10617): one of four keys runs in
// two replicas that know nothing of each other, and the network splits anew in each round. That
// makes equivocation, double votes and amnesia without a line of Byzantine code. Floor: sim.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace chopmark::sim {

struct TwinsResult {
  std::uint64_t scenarios = 0;
  std::uint64_t violations = 0;
  std::uint64_t hash = 0;         // of what became final and which views were reached
  std::uint64_t blocks = 0;       // final, of the highest replica of each scenario
  std::vector<std::string> what;  // of the first violations: number of the scenario, and words
};

/// Scenarios `first` to `first + count - 1`. Numbers that repeat another scenario are left out and
/// not counted.
[[nodiscard]] TwinsResult run_twins(std::uint64_t first, std::uint64_t count);

}  // namespace chopmark::sim
