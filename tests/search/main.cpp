// SPDX-License-Identifier: Apache-2.0
// chopmark_search: explicit-state search over the real replica (docs/search.md).
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string>

#include "base/mutant.hpp"
#include "script.hpp"
#include "search.hpp"

namespace {

using namespace chopmark::search;

constexpr const char* kUsage =
    "chopmark_search [options]: exit status 1 if a property is violated\n"
    "  --views V           views 1..V (default 2)\n"
    "  --byzantine LIST    validators that lie, as 3 or 2,3 (default 3)\n"
    "  --leaders LIST      who leads views 1.. (default 0,1,2,3)\n"
    "  --restarts N        restarts with the log, a power cut at any record (default 0)\n"
    "  --losses N          restarts without the log (default 0)\n"
    "  --loser NODE        of this one alone\n"
    "  --epoch-blocks B    Closing headers from height B on\n"
    "  --idle              no transactions; --standstills, --heartbeats: slow clocks run\n"
    "  --votes             single votes beside certificates\n"
    "  --unreduced         every state, to check the reduction\n"
    "  --signers one|real  who signs the certificates that liars show (default one)\n"
    "  --marks AB          variants of a liar's block; X is refused by the ledgers,\n"
    "                      J and F skip views without and with forged nullifications\n"
    "  --probe N           every Nth new state must go on when the network is good\n"
    "  --probe-power       every other one after a power cut of all\n"
    "  --probe-ms MS       within so much time (default 60000)\n"
    "  --states N          at most so many (12 bytes each; default 10000000)\n"
    "  --seconds S\n"
    "  --from FILE         starts where a script ends\n"
    "  --script FILE       runs a script instead\n";

std::vector<std::uint16_t> numbers(const char* text) {
  std::vector<std::uint16_t> out;
  while (*text != '\0') {
    char* end = nullptr;
    out.push_back(static_cast<std::uint16_t>(std::strtoul(text, &end, 10)));
    text = *end == ',' ? end + 1 : end;
  }
  return out;
}

void print(const Outcome& outcome, bool last) {
  std::printf(
      "%s depth %u, %llu states, %llu transitions, %llu local states, %llu steps of the replica, "
      "%llu pools, "
      "%llu probes (slowest %llu ms), %llu conflicts, %.1f s, %.2f M transitions/s\n",
      last ? "total:" : "level:", outcome.depth, static_cast<unsigned long long>(outcome.states),
      static_cast<unsigned long long>(outcome.transitions),
      static_cast<unsigned long long>(outcome.locals),
      static_cast<unsigned long long>(outcome.steps),
      static_cast<unsigned long long>(outcome.pools),
      static_cast<unsigned long long>(outcome.probes),
      static_cast<unsigned long long>(outcome.slowest_probe),
      static_cast<unsigned long long>(outcome.conflicts), outcome.seconds,
      static_cast<double>(outcome.transitions) / (outcome.seconds + 1e-9) / 1e6);
  std::fflush(stdout);
}

std::string text_of(const char* path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

int run_file(const char* path) {
  const std::optional<ScriptFailure> failure = run_script(text_of(path));
  if (failure) {
    std::printf("%s:%zu: %s\n", path, failure->line, failure->what.c_str());
    return 1;
  }
  std::printf("%s: as expected\n", path);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Setting setting;
  setting.leaders = {0, 1, 2, 3};
  setting.byzantine = 1U << 3;
  Limits limits;
  std::string prefix;
  Signers signers = Signers::one_set;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    const auto value = [&]() -> const char* { return i + 1 < argc ? argv[++i] : ""; };
    const auto number = [&] { return std::strtoull(value(), nullptr, 10); };
    if (name == "--views") {
      limits.views = static_cast<std::uint32_t>(number());
    } else if (name == "--byzantine") {
      setting.byzantine = 0;
      for (const std::uint16_t one : numbers(value()))
        setting.byzantine |= 1ULL << one;
    } else if (name == "--leaders") {
      setting.leaders = numbers(value());
    } else if (name == "--restarts") {
      limits.restarts = static_cast<std::uint32_t>(number());
    } else if (name == "--losses") {
      limits.losses = static_cast<std::uint32_t>(number());
    } else if (name == "--loser") {
      limits.loser = number();
    } else if (name == "--epoch-blocks") {
      setting.epoch_blocks = static_cast<std::uint32_t>(number());
    } else if (name == "--idle") {
      setting.idle = true;
    } else if (name == "--standstills") {
      limits.standstills = true;
    } else if (name == "--heartbeats") {
      limits.heartbeats = true;
    } else if (name == "--unreduced") {
      limits.unreduced = true;
    } else if (name == "--votes") {
      limits.single_votes = true;
    } else if (name == "--signers") {
      signers = std::strcmp(value(), "real") == 0 ? Signers::real : Signers::one_set;
    } else if (name == "--marks") {
      limits.marks = value();
    } else if (name == "--probe") {
      limits.probe_every = number();
    } else if (name == "--probe-power") {
      limits.probe_power = true;
    } else if (name == "--probe-ms") {
      limits.probe_ms = number();
    } else if (name == "--states") {
      limits.states_max = number();
    } else if (name == "--kept") {
      limits.nodes_kept = number();
#ifdef CHOPMARK_MUTANTS
    } else if (name == "--mutant") {
      chopmark::active_mutant = static_cast<int>(number());
#endif
    } else if (name == "--from") {
      prefix = text_of(value());
    } else if (name == "--script") {
      return run_file(value());
    } else if (name == "--seconds") {
      limits.seconds_max = static_cast<double>(number());
    } else {
      std::fputs(kUsage, stderr);
      return 2;
    }
  }
  setting.view_max = limits.views;
  choose_chain(setting);
  std::unique_ptr<World> world;
  if (!prefix.empty()) {
    world = world_after(prefix);
    if (!world) return 2;
    setting = world->setting();
    setting.view_max = limits.views;
  }
  Universe universe(setting, signers);
  Search search(universe, limits, world.get(), prefix);
  const Outcome outcome = search.run([](const Outcome& so_far) { print(so_far, false); });
  print(outcome, true);
  std::printf("%s; %s\n", verdict_name(outcome.verdict),
              outcome.exhausted ? "exhausted" : "not exhausted");
  if (outcome.verdict == Verdict::none) return 0;
  std::printf("%s", outcome.script.c_str());
  // With the signatures of those who did sign, and by other code, it must come out the same.
  const std::optional<ScriptFailure> shown = run_script(outcome.script);
  std::printf("# as a script: %s\n", shown ? shown->what.c_str() : "nothing wrong");
  return 1;
}
