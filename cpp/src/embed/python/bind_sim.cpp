// SPDX-License-Identifier: Apache-2.0
#include <pybind11/stl.h>

#include <cstring>
#include <utility>

#include "embed/python/bindings.hpp"
#include "embed/python/buffers.hpp"
#include "sim/plan_text.hpp"
#include "sim/run.hpp"
#include "sim/shrink.hpp"

namespace chopmark::python {
namespace {

using sim::RunResult;
using sim::Scenario;
using sim::Summary;
using sim::Trace;
using SimDict = py::typing::Dict<py::str, py::object>;
using TraceTuple = py::typing::Tuple<py::int_, py::int_, py::int_, py::int_, py::bytes>;

constexpr std::uint64_t kSecondsMax = 1'000'000;

Scenario scenario_from(const std::string& profile, std::size_t validators,
                       std::optional<std::size_t> byzantine, std::size_t crashed,
                       std::uint64_t seconds, std::uint32_t block_bytes) {
  Scenario out;
  const auto named = sim::profile_named(profile);
  if (!named) throw py::value_error("profile is none of lan, wan, swarm");
  out.profile = *named;
  if (validators < 1 || validators > 32) throw py::value_error("validators is not in 1..32");
  if (byzantine && *byzantine > validators) throw py::value_error("more byzantine than validators");
  if (crashed > validators) throw py::value_error("more crashed than validators");
  if (seconds < 1 || seconds > kSecondsMax) throw py::value_error("seconds is not in 1..1000000");
  if (block_bytes < 4 || block_bytes > 4U << 20)
    throw py::value_error("block_bytes is not in 4..4194304");
  out.validators = validators;
  out.byzantine = byzantine;
  out.crashed = crashed;
  out.seconds = static_cast<std::uint32_t>(seconds);
  out.block_bytes = block_bytes;
  return out;
}

py::list coverage_names(std::uint32_t covered) {
  py::list out;
  for (std::size_t bit = 0; bit < std::size(sim::kCoveredNames); ++bit)
    if ((covered >> bit & 1) != 0) out.append(sim::kCoveredNames[bit]);
  return out;
}

SimDict result_dict(const RunResult& result) {
  py::list violations;
  for (const sim::Violation& one : result.violations)
    violations.append(py::make_tuple(one.invariant, one.time_us, one.what));
  SimDict out;
  out["seed"] = result.seed;
  out["violations"] = violations;
  out["finalized_blocks"] = result.finalized_blocks;
  out["simulated_us"] = result.simulated_us;
  out["events"] = result.events;
  out["event_hash"] = result.event_hash;
  out["covered"] = coverage_names(result.covered);
  return out;
}

SimDict run_seeds(const std::string& profile, std::size_t validators,
                  std::optional<std::size_t> byzantine, std::size_t crashed, std::uint64_t seconds,
                  std::uint32_t block_bytes, std::uint64_t first_seed, std::uint64_t seeds) {
  const Scenario scenario =
      scenario_from(profile, validators, byzantine, crashed, seconds, block_bytes);
  Summary sum;
  {
    const py::gil_scoped_release released;
    sum = sim::run_seeds(scenario, first_seed, seeds);
  }
  py::list failed;
  for (const RunResult& one : sum.failed)
    failed.append(result_dict(one));
  py::dict covered;
  for (std::size_t bit = 0; bit < std::size(sim::kCoveredNames); ++bit)
    covered[sim::kCoveredNames[bit]] = sum.covered[bit];
  py::array_t<std::uint32_t> finality(static_cast<py::ssize_t>(sum.finality_us.size()));
  if (!sum.finality_us.empty())
    std::memcpy(finality.mutable_data(), sum.finality_us.data(), 4 * sum.finality_us.size());
  SimDict out;
  out["seeds"] = sum.seeds;
  out["counted"] = sum.counted;
  out["finalized_blocks"] = sum.finalized_blocks;
  out["simulated_us"] = sum.simulated_us;
  out["events"] = sum.events;
  out["event_hash"] = sum.event_hash;
  out["covered"] = covered;
  out["failed"] = failed;
  out["finality_us"] = finality;
  return out;
}

sim::Plan plan_from(const std::string& text) {
  std::string problem;
  const auto plan = sim::read_plan(text, problem);
  if (!plan) throw py::value_error(problem);
  return *plan;
}

std::string plan(const std::string& profile, std::size_t validators,
                 std::optional<std::size_t> byzantine, std::size_t crashed, std::uint64_t seconds,
                 std::uint32_t block_bytes, std::uint64_t seed) {
  const Scenario scenario =
      scenario_from(profile, validators, byzantine, crashed, seconds, block_bytes);
  return sim::write_plan(sim::make_plan(scenario, seed));
}

SimDict run_plan(const std::string& text) {
  const sim::Plan plan = plan_from(text);
  RunResult result;
  {
    const py::gil_scoped_release released;
    result = sim::run(plan);
  }
  return result_dict(result);
}

/// The plan, how many runs it took, and whether they sufficed.
py::typing::Tuple<py::str, py::int_, py::bool_> shrink(const std::string& text,
                                                       std::uint32_t invariant,
                                                       std::uint64_t runs_max) {
  const sim::Plan plan = plan_from(text);
  sim::Shrunk out;
  {
    const py::gil_scoped_release released;
    out = sim::shrink(plan, sim::violates(invariant), runs_max);
  }
  return py::make_tuple(sim::write_plan(out.plan), out.runs, out.minimal);
}

py::typing::Tuple<SimDict, py::typing::List<TraceTuple>> trace(
    const std::string& text, std::optional<std::uint16_t> follow) {
  const sim::Plan plan = plan_from(text);
  Trace rows;
  rows.messages = !follow.has_value();
  rows.follow = follow.value_or(0xffff);
  RunResult result;
  {
    const py::gil_scoped_release released;
    result = sim::run(plan, &rows);
  }
  py::list out;
  for (const sim::TraceRow& one : rows.rows) {
    out.append(py::make_tuple(one.time_us, static_cast<int>(one.kind), one.node, one.peer,
                              to_bytes(one.bytes)));
  }
  return py::make_tuple(result_dict(result), out);
}

/// Who is Byzantine, and what became final at which node: rows of the kinds delivered and epoch.
/// For runs with more than f Byzantine, whose whole traces are long.
py::typing::Tuple<SimDict, py::typing::List<py::int_>, py::typing::List<TraceTuple>> final_rows(
    const std::string& profile, std::size_t validators, std::optional<std::size_t> byzantine,
    std::size_t crashed, std::uint64_t seconds, std::uint32_t block_bytes, std::uint64_t seed) {
  const sim::Plan plan = sim::make_plan(
      scenario_from(profile, validators, byzantine, crashed, seconds, block_bytes), seed);
  Trace rows;
  RunResult result;
  {
    const py::gil_scoped_release released;
    result = sim::run(plan, &rows);
  }
  py::list liars, out;
  for (std::size_t i = 0; i < plan.setup.byzantine.size(); ++i)
    if (plan.setup.byzantine[i]) liars.append(i);
  for (const sim::TraceRow& one : rows.rows) {
    if (one.kind != sim::TraceKind::delivered && one.kind != sim::TraceKind::epoch) continue;
    out.append(py::make_tuple(one.time_us, static_cast<int>(one.kind), one.node, one.peer,
                              to_bytes(one.bytes)));
  }
  return py::make_tuple(result_dict(result), liars, out);
}

}  // namespace

void bind_sim(py::module_& core) {
  py::module_ m = core.def_submodule("sim");
  m.def("run_seeds", &run_seeds, py::arg("profile"), py::arg("validators"), py::arg("byzantine"),
        py::arg("crashed"), py::arg("seconds"), py::arg("block_bytes"), py::arg("first_seed"),
        py::arg("seeds"));
  m.def("final_rows", &final_rows, py::arg("profile"), py::arg("validators"), py::arg("byzantine"),
        py::arg("crashed"), py::arg("seconds"), py::arg("block_bytes"), py::arg("seed"));
  m.def("plan", &plan, py::arg("profile"), py::arg("validators"), py::arg("byzantine"),
        py::arg("crashed"), py::arg("seconds"), py::arg("block_bytes"), py::arg("seed"));
  m.def("run_plan", &run_plan, py::arg("plan"));
  m.def("shrink", &shrink, py::arg("plan"), py::arg("invariant"), py::arg("runs_max"));
  m.def("trace", &trace, py::arg("plan"), py::arg("follow"));
}

}  // namespace chopmark::python
