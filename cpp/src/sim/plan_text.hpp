// SPDX-License-Identifier: Apache-2.0
// A plan as text: `name = value`, a line for each thing in which it differs from a calm plan, so
// that a run can be read, changed and played again without its seed's draws. Floor: sim.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/plan.hpp"

namespace chopmark::sim {

/// The validators agree on block after block and nothing goes wrong.
[[nodiscard]] Plan calm_plan(std::size_t validators, std::size_t spares);

struct PlanLine {
  std::string name, value;
  friend bool operator==(const PlanLine&, const PlanLine&) = default;
};

/// Everything but the seed and the numbers of nodes, always in the same order.
[[nodiscard]] std::vector<PlanLine> plan_lines(const Plan& plan);
/// False: there is no such name, or it cannot have this value.
[[nodiscard]] bool set_line(Plan& plan, const PlanLine& line);
/// What follows from the other values.
void settle(Plan& plan);
/// Another course of the same plan.
void set_seed(Plan& plan, std::uint64_t seed);
/// The same plan for the others; there is more than one validator.
[[nodiscard]] Plan without_node(const Plan& plan, std::size_t node);

[[nodiscard]] std::string write_plan(const Plan& plan);
/// Of what `write_plan` writes, with comments behind '#'. Nothing: see `problem`.
[[nodiscard]] std::optional<Plan> read_plan(std::string_view text, std::string& problem);

}  // namespace chopmark::sim
