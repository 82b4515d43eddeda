// SPDX-License-Identifier: Apache-2.0
#include "sim/plan_text.hpp"

#include <algorithm>
#include <charconv>
#include <concepts>

#include "sim/liars/behaviour.hpp"
#include "sim/plan_fields.hpp"

namespace chopmark::sim {
namespace {

constexpr std::size_t kNodesMax = 32;

/// In the order of the bits.
constexpr std::string_view kActNames[] = {
    "equivocate",      "collude",       "double-vote",   "impersonate",   "wrong-leader",
    "other-views",     "nullify-only",  "withhold",      "reveal-to-one", "gaps",
    "invalid-payload", "bad-signature", "late-proposal", "poison",        "retired-epoch",
    "frame",           "flood",         "lying-replies", "selective",     "duplicates",
    "flips",           "repeats",       "silent",        "bad-header"};
static_assert(std::size(kActNames) == liars::kBehaviours);
constexpr std::string_view kProfileNames[] = {"lan", "wan", "swarm"};
constexpr std::string_view kNone = "none";

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t from = text.find_first_not_of(" \t\r");
    if (from == std::string_view::npos) return out;
    text.remove_prefix(from);
    const std::size_t size = std::min(text.find_first_of(" \t\r"), text.size());
    out.push_back(text.substr(0, size));
    text.remove_prefix(size);
  }
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : " ") + word;
  return out.empty() ? std::string(kNone) : out;
}

struct Writer {
  std::vector<PlanLine> lines;

  void operator()(const char* name, Profile value) {
    lines.push_back({name, std::string(kProfileNames[static_cast<std::size_t>(value)])});
  }
  void operator()(const char* name, bool value) { lines.push_back({name, value ? "yes" : "no"}); }
  void operator()(const char* name, std::integral auto value, std::uint64_t, std::uint64_t = 0) {
    lines.push_back({name, std::to_string(value)});
  }
  void operator()(const char* name, const Span& value, std::uint64_t) {
    lines.push_back({name, std::to_string(value.low) + " " + std::to_string(value.high)});
  }
  /// One number where all are equal.
  template <class Number>
  void operator()(const char* name, const std::vector<Number>& value, std::uint64_t,
                  std::uint64_t = 0) {
    const bool equal = std::ranges::adjacent_find(value, std::not_equal_to{}) == value.end();
    std::vector<std::string> words;
    for (const Number one : value) {
      words.push_back(std::to_string(one));
      if (equal) break;
    }
    lines.push_back({name, joined(words)});
  }
  void acts(const char* name, std::uint32_t value) {
    std::vector<std::string> words;
    for (std::size_t bit = 0; bit < liars::kBehaviours; ++bit)
      if ((value >> bit & 1) != 0) words.emplace_back(kActNames[bit]);
    lines.push_back({name, joined(words)});
  }
  void nodes(const char* name, const std::vector<bool>& value) {
    std::vector<std::string> words;
    for (std::size_t i = 0; i < value.size(); ++i)
      if (value[i]) words.push_back(std::to_string(i));
    lines.push_back({name, joined(words)});
  }
};

template <class Number>
bool read_number(std::string_view word, Number& out, std::uint64_t most, std::uint64_t least) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) return false;
  if constexpr (std::signed_integral<Number>) {
    const auto bound = static_cast<Number>(most);
    if (value < -bound || value > bound) return false;
  } else if (value > most || value < least) {
    return false;
  }
  out = value;
  return true;
}

/// Sets the one value that is meant.
struct Setter {
  std::string_view name;
  std::vector<std::string_view> words;
  bool done = false;

  [[nodiscard]] bool meant(const char* one) const { return name == one && !words.empty(); }
  [[nodiscard]] bool none() const { return words.size() == 1 && words[0] == kNone; }

  void operator()(const char* one, Profile& value) {
    if (!meant(one) || words.size() != 1) return;
    const auto named = profile_named(words[0]);
    if (named) value = *named;
    done = named.has_value();
  }
  void operator()(const char* one, bool& value) {
    if (!meant(one) || words.size() != 1) return;
    done = words[0] == "yes" || words[0] == "no";
    if (done) value = words[0] == "yes";
  }
  template <std::integral Number>
  void operator()(const char* one, Number& value, std::uint64_t most, std::uint64_t least = 0) {
    if (meant(one) && words.size() == 1) done = read_number(words[0], value, most, least);
  }
  void operator()(const char* one, Span& value, std::uint64_t most) {
    if (!meant(one) || words.size() != 2) return;
    Span read;
    done = read_number(words[0], read.low, most, 0) && read_number(words[1], read.high, most, 0) &&
           read.low <= read.high;
    if (done) value = read;
  }
  template <class Number>
  void operator()(const char* one, std::vector<Number>& value, std::uint64_t most,
                  std::uint64_t least = 0) {
    if (!meant(one) || (words.size() != 1 && words.size() != value.size())) return;
    std::vector<Number> read(value.size());
    for (std::size_t i = 0; i < read.size(); ++i) {
      if (!read_number(words[words.size() == 1 ? 0 : i], read[i], most, least)) return;
    }
    value = std::move(read);
    done = true;
  }
  void acts(const char* one, std::uint32_t& value) {
    if (!meant(one)) return;
    std::uint32_t read = 0;
    for (const std::string_view word : words) {
      if (none()) break;
      const auto* const found = std::ranges::find(kActNames, word);
      if (found == std::end(kActNames)) return;
      read |= std::uint32_t{1} << (found - std::begin(kActNames));
    }
    value = read;
    done = true;
  }
  void nodes(const char* one, std::vector<bool>& value) {
    if (!meant(one)) return;
    std::vector<bool> read(value.size(), false);
    for (const std::string_view word : words) {
      if (none()) break;
      std::size_t node = 0;
      if (!read_number(word, node, value.size() - 1, 0)) return;
      read[node] = true;
    }
    value = std::move(read);
    done = true;
  }
};

std::string_view trimmed(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r");
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(" \t\r") + 1 - from);
}

/// The lines of a text that say something; nothing if one says it wrongly.
std::optional<std::vector<PlanLine>> read_lines(std::string_view text, std::string& problem) {
  std::vector<PlanLine> out;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    line = trimmed(line.substr(0, std::min(line.find('#'), line.size())));
    if (line.empty()) continue;
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) {
      problem = "line " + std::to_string(number) + " is not name = value";
      return std::nullopt;
    }
    const std::string name(trimmed(line.substr(0, equals)));
    if (std::ranges::find(out, name, &PlanLine::name) != out.end()) {
      problem = name + " is there twice";
      return std::nullopt;
    }
    out.push_back({name, std::string(trimmed(line.substr(equals + 1)))});
  }
  return out;
}

/// Takes a number out of the lines; `otherwise` if it is not there.
bool take(std::vector<PlanLine>& lines, const char* name, std::uint64_t& value, std::uint64_t most,
          std::uint64_t least, std::string& problem) {
  const auto found = std::ranges::find(lines, name, &PlanLine::name);
  if (found == lines.end()) return true;
  if (!read_number(found->value, value, most, least)) {
    problem = std::string(name) + " cannot be " + found->value;
    return false;
  }
  lines.erase(found);
  return true;
}

}  // namespace

Plan calm_plan(std::size_t validators, std::size_t spares) {
  Plan plan;
  Setup& setup = plan.setup;
  plan.scenario.validators = setup.validators = validators;
  plan.nodes = validators + spares;
  plan.faulty_max = (validators - 1) / 3;
  for (std::size_t i = 0; i < plan.nodes; ++i)
    setup.keys.push_back(node_key(i));
  setup.byzantine.assign(plan.nodes, false);
  setup.payload_bytes_max = 64 * 1024;
  set_seed(plan, 0);
  plan.network.latency_us.assign(plan.nodes * plan.nodes, 20'000);
  plan.network.bits_per_second.assign(plan.nodes, 0);
  plan.network.spike_us = 1'000'000;
  plan.network.mend_ppm = 300'000;
  plan.disk.sync_us = {500, 500};
  plan.disk.snapshot_ppm = 150'000;
  plan.crash.down_us = {10'000, 1'000'000};
  plan.clock.rate.assign(plan.nodes, kMillion);
  plan.clock.day_offset_ms.assign(plan.nodes, 0);
  plan.clock.jump_ms = 3'000;
  plan.driver.turn_us.assign(plan.nodes, 0);
  plan.load.busy_us = 5 * kMillion;
  plan.blocks_min = 50;
  plan.heal_blocks = 10;
  plan.patience_us = patience_after_faults_us(plan.faulty_max);
  plan.end_us = 30 * kMillion;
  return plan;
}

std::vector<PlanLine> plan_lines(const Plan& plan) {
  Writer out;
  each_field(plan, out);
  return std::move(out.lines);
}

bool set_line(Plan& plan, const PlanLine& line) {
  Setter set{line.name, words_of(line.value)};
  each_field(plan, set);
  if (set.done) settle(plan);
  return set.done;
}

void settle(Plan& plan) {
  const auto liars = static_cast<std::size_t>(std::ranges::count(plan.setup.byzantine, true));
  plan.must_live = liars + plan.scenario.crashed <= plan.faulty_max;
  plan.setup.views_per_leader = plan.views_per_leader;
}

void set_seed(Plan& plan, std::uint64_t seed) {
  plan.seed = seed;
  plan.setup.chain_id = chain_id_of(seed);
}

Plan without_node(const Plan& plan, std::size_t node) {
  const bool spare = node >= plan.setup.validators;
  const std::size_t validators = plan.setup.validators - (spare ? 0 : 1);
  const Plan calm = calm_plan(validators, plan.nodes - 1 - validators);
  Plan out = plan;
  out.scenario.validators = out.setup.validators = validators;
  out.scenario.crashed = std::min(plan.scenario.crashed, validators);
  out.nodes = calm.nodes;
  out.faulty_max = calm.faulty_max;
  out.setup.keys = calm.setup.keys;
  const auto drop = [node](auto& list) {
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(node));
  };
  drop(out.setup.byzantine);
  drop(out.network.bits_per_second);
  drop(out.clock.rate);
  drop(out.clock.day_offset_ms);
  drop(out.driver.turn_us);
  out.network.latency_us.clear();
  for (std::size_t link = 0; link < plan.network.latency_us.size(); ++link) {
    if (link / plan.nodes != node && link % plan.nodes != node)
      out.network.latency_us.push_back(plan.network.latency_us[link]);
  }
  settle(out);
  return out;
}

std::string write_plan(const Plan& plan) {
  const std::size_t spares = plan.nodes - plan.setup.validators;
  std::string out = "seed = " + std::to_string(plan.seed) + "\n";
  out += "validators = " + std::to_string(plan.setup.validators) + "\n";
  if (spares != 0) out += "spares = " + std::to_string(spares) + "\n";
  const std::vector<PlanLine> calm = plan_lines(calm_plan(plan.setup.validators, spares));
  const std::vector<PlanLine> lines = plan_lines(plan);
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i] != calm[i]) out += lines[i].name + " = " + lines[i].value + "\n";
  return out;
}

std::optional<Plan> read_plan(std::string_view text, std::string& problem) {
  auto lines = read_lines(text, problem);
  if (!lines) return std::nullopt;
  std::uint64_t seed = 0, validators = 4, spares = 0;
  if (!take(*lines, "seed", seed, ~std::uint64_t{0}, 0, problem) ||
      !take(*lines, "validators", validators, kNodesMax, 1, problem) ||
      !take(*lines, "spares", spares, kNodesMax - validators, 0, problem)) {
    return std::nullopt;
  }
  Plan plan = calm_plan(validators, spares);
  set_seed(plan, seed);
  for (const PlanLine& line : *lines) {
    if (set_line(plan, line)) continue;
    problem = line.name + " cannot be " + line.value;
    return std::nullopt;
  }
  const auto joins = plan.setup.byzantine.begin() + static_cast<std::ptrdiff_t>(validators);
  if (plan.scenario.crashed > validators ||
      std::find(joins, plan.setup.byzantine.end(), true) != plan.setup.byzantine.end()) {
    problem = "more crashed than there are validators, or a node that lies and is none";
    return std::nullopt;
  }
  return plan;
}

}  // namespace chopmark::sim
