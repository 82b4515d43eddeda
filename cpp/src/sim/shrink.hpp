// SPDX-License-Identifier: Apache-2.0
// Makes the plan of a run that fails as small and as short as it goes. Floor: sim.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "sim/plan.hpp"

namespace chopmark::sim {

/// When the run of a plan went wrong in the way that is looked for; nothing if it did not.
using Fails = std::function<std::optional<std::uint64_t>(const Plan& plan)>;

/// Runs it; wrong is what violates this invariant.
[[nodiscard]] Fails violates(std::uint32_t invariant);

struct Shrunk {
  Plan plan;
  std::uint64_t runs = 0;  // that it took
  /// Whether the budget sufficed: with any line less, no seed that was tried fails.
  bool minimal = false;
};

/// Whatever the draws of a fault decided changes when another fault is left out, so each smaller
/// plan is tried with its own seed and with the first ones.
inline constexpr std::uint64_t kSeedsTried = 8;

/// Of a plan that fails; faults are left out, by families, then one by one, as long as it does.
[[nodiscard]] Shrunk shrink(const Plan& plan, const Fails& fails, std::uint64_t runs_max);

}  // namespace chopmark::sim
