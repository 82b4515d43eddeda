// SPDX-License-Identifier: Apache-2.0
// All interleavings: breadth first over the states of the honest nodes together, with a network
// that delivers what it likes and liars that sign what they like (docs/search.md).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "locals.hpp"
#include "table.hpp"
#include "world.hpp"

namespace chopmark::search {

struct Limits {
  std::uint32_t views = 2;
  std::uint32_t restarts = 0;
  std::uint32_t losses = 0;
  std::size_t loser = ~std::size_t{0};  // which node may lose its log; any
  bool standstills = false;
  bool heartbeats = false;
  bool unreduced = false;         // every state, silent ones too: to check the reduction
  bool single_votes = false;      // of anybody, one by one, beside the certificates
  std::string marks = "AB";       // variants of a liar's block; X is refused by the ledgers
  std::uint64_t probe_every = 0;  // one of so many states is asked whether the chain goes on
  bool probe_power = false;       // also after a power cut of all
  std::uint64_t probe_ms = 60 * kStandstillMs;  // in which it must go on
  std::size_t states_max = 10'000'000;
  double seconds_max = 1e9;
  std::size_t nodes_kept = 60'000;
};

enum class Verdict : std::uint8_t { none, conflict, contradiction, undue, uncovered, stuck };
[[nodiscard]] const char* verdict_name(Verdict verdict) noexcept;

struct Outcome {
  Verdict verdict = Verdict::none;
  bool exhausted = false;
  std::uint64_t states = 0, transitions = 0, locals = 0, steps = 0, pools = 0, probes = 0;
  std::uint64_t conflicts = 0;      // over-threshold runs only: states in which agreement is broken
  std::uint64_t slowest_probe = 0;  // ms
  std::uint32_t depth = 0;
  double seconds = 0;
  std::string script;  // of a counterexample
};

class Search {
 public:
  /// From the start, or from what a script left behind (with its text).
  Search(Universe& universe, const Limits& limits, World* world = nullptr, std::string prefix = "");
  ~Search();
  Outcome run(const std::function<void(const Outcome&)>& progress);

 private:
  struct Pool;
  /// A node takes silent inputs, then one that makes it say something. What others do in between
  /// depends on what is said alone, so a silent input may as well wait until just before that one.
  struct Move {
    std::size_t place;  // of the node among the honest ones
    std::vector<Action> actions;
    std::uint32_t to;
  };
  struct Hash {
    std::size_t operator()(const State& key) const noexcept {
      std::uint64_t hash = 0;
      for (const std::uint32_t one : key)
        hash = (hash ^ one ^ hash >> 31) * 0x9e3779b97f4a7c15ULL;
      return hash ^ hash >> 29;
    }
  };
  struct Targets {
    std::vector<std::uint32_t> speaking;
    std::uint32_t silent = 0;  // local states without a word
    bool undue = false;        // delivered what nothing made final
  };

  const Pool& pool_of(const State& state);
  void collect(const State& state, Pool& pool) const;
  [[nodiscard]] bool conflicts(const Pool& pool) const;
  [[nodiscard]] bool covered(const Pool& pool) const;
  [[nodiscard]] std::uint32_t culprits(const Universe::Shown& a, const Universe::Shown& b) const;
  void liars_blocks(const Pool& pool, std::vector<Id>& out);
  void make_offer(Pool& pool);
  void inputs_of(const Local& local, std::size_t place, const std::vector<Id>& offer,
                 std::vector<Id>& out);
  void actions_of(std::uint32_t id, std::size_t place, const std::vector<Id>& offer,
                  std::uint32_t spent, std::vector<Action>& out);
  template <class Visit>
  void explore(std::size_t place, std::uint32_t from, const std::vector<Id>& offer,
               std::uint32_t spent, Visit&& visit);
  const Targets& targets(std::size_t place, const State& state, const Pool& pool);
  void drop_later_ones(std::size_t place, const std::vector<Id>& offer, std::uint32_t spent,
                       std::vector<std::uint32_t>& targets);
  [[nodiscard]] bool due(const Local& local, const Pool& pool) const;
  [[nodiscard]] std::uint32_t spent_by_others(std::size_t place, const State& state) const;
  [[nodiscard]] Verdict judge(const State& state);
  [[nodiscard]] bool goes_on(const State& state, std::vector<Move>& silent);
  [[nodiscard]] std::vector<Move> path_to(State state, std::uint32_t depth);
  [[nodiscard]] std::vector<Action> actions_between(std::size_t place, const State& state,
                                                    std::uint32_t to);
  [[nodiscard]] std::string script_of(const std::vector<Move>& path) const;
  [[nodiscard]] bool over_threshold() const noexcept;
  Outcome& measured();

  Universe& universe_;
  Limits limits_;
  std::string prefix_;
  std::deque<Locals> locals_;  // of the honest nodes
  Table table_;
  std::unordered_map<State, std::unique_ptr<Pool>, Hash> pools_;  // by the speeches
  std::map<std::vector<Id>, std::uint32_t> offer_ids_;
  std::vector<const std::vector<Id>*> offers_;
  std::array<std::unordered_map<State, Targets, Hash>, 3> targets_;  // by local state, offer, spent
  std::vector<std::uint32_t> marks_;                                 // of explore()
  std::uint32_t mark_ = 0;
  double begun_ = 0;
  bool power_ = false;  // the last probe began with a power cut
  Outcome outcome_;
};

}  // namespace chopmark::search
