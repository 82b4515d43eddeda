// SPDX-License-Identifier: Apache-2.0
#include "search.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <set>

#include "base/check.hpp"
#include "probe.hpp"
#include "sim/scheme.hpp"
#include "text.hpp"

namespace chopmark::search {

using Shown = Universe::Shown;

/// What honest nodes have said, together, and what liars can make of it.
struct Search::Pool {
  std::vector<Shown> said;
  std::vector<Id> proposed;    // by honest leaders
  std::vector<Shown> certain;  // of which there can be a certificate
  std::vector<Id> replies;     // to amnesia asks
  std::vector<std::pair<std::uint16_t, std::uint32_t>> asking;
  std::uint32_t offer = 0;  // number of the inputs that are there to be delivered
  bool conflict = false;
  bool covered = true;  // culprits enough are named where chains conflict
};

const char* verdict_name(Verdict verdict) noexcept {
  switch (verdict) {
    case Verdict::none:
      return "no violation";
    case Verdict::conflict:
      return "two conflicting certificates";
    case Verdict::contradiction:
      return "an honest node contradicted itself or accused an honest one";
    case Verdict::undue:
      return "a node delivered what nothing made final";
    case Verdict::uncovered:
      return "two conflicting chains name fewer than f + 1 culprits";
    case Verdict::stuck:
      return "the chain stands still";
  }
  return "";
}

Search::Search(Universe& universe, const Limits& limits, World* world, std::string prefix)
    : universe_(universe), limits_(limits), prefix_(std::move(prefix)), table_(limits.states_max) {
  if (world != nullptr) {
    // Parents first.
    std::multimap<std::uint64_t, std::string> by_view;
    for (const auto& [name, digest] : world->names())
      by_view.emplace(world->block(name)->view, name);
    for (const auto& [view, name] : by_view) {
      if (name[0] == '@') {
        universe.honest_block(Block(*world->block(name)), *world->proposal(name));
      } else {
        universe.scripted_block(name, *world->block(name));
      }
    }
  }
  const Locals::Options options{limits.restarts + limits.losses != 0, limits.nodes_kept};
  for (std::size_t i = 0; i < universe.setting().validators; ++i) {
    if (!universe.setting().honest(i)) continue;
    if (world != nullptr) {
      locals_.emplace_back(universe, *world->node(i), world->history(i), world->losses(i), options);
    } else {
      locals_.emplace_back(universe, Node(universe.setting(), i), std::vector<Node::Sent>{}, 0,
                           options);
    }
  }
  CHOPMARK_CHECK(locals_.size() <= State{}.size());
}

bool Search::over_threshold() const noexcept {
  const Setting& setting = universe_.setting();
  return setting.validators - locals_.size() > setting.validators - setting.quorum();
}

Search::~Search() = default;

const Search::Pool& Search::pool_of(const State& state) {
  State speeches{};
  for (std::size_t i = 0; i < locals_.size(); ++i)
    speeches[i] = locals_[i][state[i]].speech;
  const auto [at, added] = pools_.try_emplace(speeches);
  if (added) {
    at->second = std::make_unique<Pool>();
    collect(state, *at->second);
    make_offer(*at->second);
    at->second->conflict = conflicts(*at->second);
    if (at->second->conflict && over_threshold()) at->second->covered = covered(*at->second);
  }
  return *at->second;
}

void Search::collect(const State& state, Pool& pool) const {
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    const Speech& speech = locals_[i].speech(locals_[i][state[i]].speech);
    const std::uint32_t bit = 1U << locals_[i].node();
    for (const Id subject : speech.said) {
      const auto at =
          std::ranges::find_if(pool.said, [&](const Shown& one) { return one.subject == subject; });
      if (at == pool.said.end()) {
        pool.said.push_back({subject, bit});
      } else {
        at->honest |= bit;
      }
    }
    pool.proposed.insert(pool.proposed.end(), speech.proposed.begin(), speech.proposed.end());
    pool.replies.insert(pool.replies.end(), speech.replies.begin(), speech.replies.end());
    if (speech.losses != 0) {
      pool.asking.emplace_back(static_cast<std::uint16_t>(locals_[i].node()), speech.losses);
    }
  }
  const std::size_t liars = universe_.setting().validators - locals_.size();
  const std::size_t wanted = universe_.setting().quorum() - liars;
  for (const Shown& one : pool.said) {
    if (static_cast<std::size_t>(std::popcount(one.honest)) < wanted) continue;
    Shown signers = one;  // the first that suffice
    while (static_cast<std::size_t>(std::popcount(signers.honest)) > wanted)
      signers.honest &= ~std::bit_floor(signers.honest);
    pool.certain.push_back(signers);
  }
}

/// Blocks that a liar can propose and justify: on every notarized block (and the anchor) from which
/// all views up to its own are nullified.
void Search::liars_blocks(const Pool& pool, std::vector<Id>& out) {
  const auto find = [&](std::uint64_t view, std::uint8_t kind, std::vector<Shown>& found) {
    for (const Shown& one : pool.certain) {
      const KnownSubject& subject = universe_.subject(one.subject);
      if (subject.view == view && subject.kind == kind) found.push_back(one);
    }
  };
  for (std::uint64_t view = 1; view <= limits_.views; ++view) {
    if (universe_.setting().honest(universe_.setting().leaders[view - 1])) continue;
    std::vector<Shown> nullified;
    for (const char mark : limits_.marks) {
      const bool unjust = (mark == 'J' || mark == 'F') && view > 1;
      if (unjust) out.push_back(universe_.liars_block(view, kNone, mark, nullptr, nullified));
    }
    for (std::uint64_t below = view - 1;; --below) {
      std::vector<Shown> parents;
      if (below != 0) find(below, kNotarize, parents);
      for (const char mark : limits_.marks) {
        if (mark == 'J' || mark == 'F') continue;
        if (below == 0) out.push_back(universe_.liars_block(view, kNone, mark, nullptr, nullified));
        for (const Shown& parent : parents) {
          const Id block = universe_.subject(parent.subject).block;
          out.push_back(universe_.liars_block(view, block, mark, &parent, nullified));
        }
      }
      if (below == 0) break;
      const std::size_t before = nullified.size();
      find(below, kNullify, nullified);
      if (nullified.size() == before) break;
      // Ascending by view in a justification.
      std::rotate(nullified.begin(), nullified.end() - 1, nullified.end());
    }
  }
}

/// All that the network may deliver to somebody.
void Search::make_offer(Pool& pool) {
  const Setting& setting = universe_.setting();
  std::vector<Id> offer;
  std::vector<Id> blocks;
  liars_blocks(pool, blocks);
  for (const std::vector<Id>* some : {&blocks, &pool.proposed}) {
    for (const Id block : *some)
      offer.push_back(universe_.proposal_input(block));
  }
  for (const Shown& one : pool.certain) {
    offer.push_back(universe_.certificate_input(one));
    const Id block = universe_.subject(one.subject).block;
    if (block != kNone && !universe_.block(block).honest) {
      offer.push_back(universe_.block_input(block));
    }
  }
  for (std::uint64_t view = 1; view <= limits_.views; ++view) {
    const std::uint16_t leader = setting.leaders[view - 1];
    const Id given_up = universe_.nullify_id(view);
    const bool said = std::ranges::any_of(pool.said, [&](const Shown& one) {
      return one.subject == given_up && (one.honest >> leader & 1) != 0;
    });
    if (said || !setting.honest(leader)) offer.push_back(universe_.vote_input(given_up, leader));
  }
  if (limits_.single_votes) {
    for (const Shown& one : pool.said) {
      for (std::uint16_t voter = 0; voter < setting.validators; ++voter) {
        // A liar says whatever somebody says.
        const bool can = !setting.honest(voter) || (one.honest >> voter & 1) != 0;
        if (can) offer.push_back(universe_.vote_input(one.subject, voter));
      }
    }
  }
  for (const auto& [asker, losses] : pool.asking) {
    offer.push_back(universe_.question_input(asker, losses));
    for (std::uint16_t liar = 0; liar < setting.validators; ++liar) {
      if (setting.honest(liar)) continue;
      const Bytes reply = amnesia_reply(setting.chain_id, 1, nonce_of(asker, losses), liar,
                                        sim::node_key(asker), 0, std::nullopt);
      offer.push_back(universe_.reply_input(liar, asker, reply));
    }
  }
  offer.insert(offer.end(), pool.replies.begin(), pool.replies.end());
  std::ranges::sort(offer);
  offer.erase(std::unique(offer.begin(), offer.end()), offer.end());
  const auto [at, added] =
      offer_ids_.try_emplace(std::move(offer), static_cast<std::uint32_t>(offers_.size()));
  if (added) offers_.push_back(&at->first);
  pool.offer = at->second;
}

/// What of the offer is for this node in its state, and what time does to it.
void Search::inputs_of(const Local& local, std::size_t place, const std::vector<Id>& offer,
                       std::vector<Id>& out) {
  out.clear();
  if (local.epoch_over) return;
  const auto self = static_cast<std::uint16_t>(locals_[place].node());
  const auto answered = [&](const Input& question) {
    const std::vector<Id>& replies = locals_[place].speech(local.speech).replies;
    return std::ranges::any_of(
        replies, [&](Id reply) { return universe_.input(reply).only_to == question.link; });
  };
  for (const Id id : offer) {
    const Input& input = universe_.input(id);
    if (input.link == self) continue;
    if (input.only_to != kEverybody && (input.only_to != self || !local.amnesic)) continue;
    // R6 looks at the current view alone; the vote may as well come when that is reached.
    const bool vote = input.what == What::vote && !limits_.single_votes;
    if (vote && input.view != local.view) continue;
    // Later replies name no lower view, so the first is the worst.
    if (input.what == What::question && answered(input)) continue;
    out.push_back(id);
  }
  if (local.view <= limits_.views) out.push_back(universe_.plain_input(What::timeout));
  for (std::uint64_t view = local.final_view + 1; view < local.view && view <= limits_.views;
       ++view)
    out.push_back(universe_.ask_input(view));
  if (limits_.standstills) out.push_back(universe_.plain_input(What::standstill));
  if (limits_.heartbeats) out.push_back(universe_.plain_input(What::heartbeat));
}

/// And power cuts, between inputs and at every record written during one. `spent`: by others.
void Search::actions_of(std::uint32_t id, std::size_t place, const std::vector<Id>& offer,
                        std::uint32_t spent, std::vector<Action>& out) {
  static thread_local std::vector<Id> inputs;
  out.clear();
  inputs_of(locals_[place][id], place, offer, inputs);
  for (const Id input : inputs)
    out.push_back({input, Action::kWhole});
  const Local& local = locals_[place][id];
  const bool loses = limits_.loser == ~std::size_t{0} || limits_.loser == locals_[place].node();
  if (loses && local.losses + (spent >> 16) < limits_.losses) {
    out.push_back({universe_.plain_input(What::lose), Action::kWhole});
  }
  if (local.restarts + (spent & 0xffff) >= limits_.restarts) return;
  out.push_back({universe_.plain_input(What::crash), Action::kWhole});
  for (const Id input : inputs) {
    const std::size_t records = locals_[place].records(id, input);
    for (std::size_t cut = 1; cut < records; ++cut)
      out.push_back({input, static_cast<std::uint8_t>(cut)});
  }
}

std::uint32_t Search::spent_by_others(std::size_t place, const State& state) const {
  std::uint32_t spent = 0;
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    if (i != place)
      spent +=
          locals_[i][state[i]].restarts + std::uint32_t{locals_[i][state[i]].losses} * 0x10000U;
  }
  return spent;
}

/// Visits every step from a state that `from` reaches in silence: (state, action, state after).
template <class Visit>
void Search::explore(std::size_t place, std::uint32_t from, const std::vector<Id>& offer,
                     std::uint32_t spent, Visit&& visit) {
  const std::uint32_t mark = ++mark_;
  std::vector<std::uint32_t> queue = {from};
  std::vector<Action> actions;
  const auto first = [&](std::uint32_t id) {
    if (marks_.size() <= id) marks_.resize(id + id / 2 + 16, 0);
    return std::exchange(marks_[id], mark) != mark;
  };
  (void)first(from);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    const std::uint32_t at = queue[i];
    actions_of(at, place, offer, spent, actions);
    for (const Action action : actions) {
      const std::uint32_t to = locals_[place].next(at, action);
      if (to == at || !first(to)) continue;
      const bool speaks = limits_.unreduced ||
                          locals_[place][to].speech != locals_[place][from].speech ||
                          locals_[place][to].wrong;
      if (!speaks) queue.push_back(to);
      ++outcome_.transitions;
      if (!visit(at, action, to, speaks)) return;
    }
  }
}

/// Whether there can be a finalization of the last block that this node delivered, or of one above.
bool Search::due(const Local& local, const Pool& pool) const {
  if (local.final_view == 0 || local.final_block == kNone || local.epoch_over) return true;
  return std::ranges::any_of(pool.certain, [&](const Shown& one) {
    const KnownSubject& subject = universe_.subject(one.subject);
    return subject.kind == kFinalize && universe_.stands_on(subject.block, local.final_block);
  });
}

const Search::Targets& Search::targets(std::size_t place, const State& state, const Pool& pool) {
  const std::uint32_t spent = spent_by_others(place, state);
  const auto [entry, added] = targets_[place].try_emplace(State{state[place], pool.offer, spent});
  Targets& found = entry->second;
  if (!added) {
    outcome_.transitions += found.speaking.size() + found.silent;
    return found;
  }
  explore(place, state[place], *offers_[pool.offer], spent,
          [&](std::uint32_t, Action, std::uint32_t to, bool speaks) {
            // What a node says itself may be what makes a block final: judge() looks at those.
            found.undue |= !speaks && !due(locals_[place][to], pool);
            if (speaks) {
              found.speaking.push_back(to);
            } else {
              ++found.silent;
            }
            return true;
          });
  if (!limits_.unreduced) drop_later_ones(place, *offers_[pool.offer], spent, found.speaking);
  return found;
}

/// What a target reaches in silence has no future that the target itself has not.
void Search::drop_later_ones(std::size_t place, const std::vector<Id>& offer, std::uint32_t spent,
                             std::vector<std::uint32_t>& targets) {
  for (std::size_t i = 0; i < targets.size(); ++i) {
    std::vector<std::uint32_t> reached;
    if (locals_[place][targets[i]].wrong) continue;
    explore(place, targets[i], offer, spent,
            [&](std::uint32_t, Action, std::uint32_t to, bool speaks) {
              if (!speaks) reached.push_back(to);
              return true;
            });
    std::ranges::sort(reached);
    const auto keep = targets.begin() + static_cast<std::ptrdiff_t>(i) + 1;
    const auto later = [&](std::uint32_t one) {
      return one != targets[i] && std::ranges::binary_search(reached, one);
    };
    const std::size_t before = static_cast<std::size_t>(
        std::count_if(targets.begin(), keep - 1, [&](std::uint32_t one) { return later(one); }));
    std::erase_if(targets, later);
    i -= before;
  }
}

bool Search::conflicts(const Pool& pool) const {
  for (const Shown& first : pool.certain) {
    const KnownSubject& a = universe_.subject(first.subject);
    for (const Shown& second : pool.certain) {
      if (first.subject == second.subject) continue;
      const KnownSubject& b = universe_.subject(second.subject);
      const bool same_view = a.view == b.view;
      if (a.kind == kNotarize && b.kind == kNotarize && same_view) return true;
      if (a.kind != kFinalize) continue;
      if (b.kind == kNullify && same_view) return true;
      if (b.kind == kNotarize && same_view && a.block != b.block) return true;
      const bool above = b.kind == kFinalize && b.view >= a.view;
      if (above && !universe_.stands_on(b.block, a.block)) return true;
    }
  }
  return false;
}

/// B-92: of two conflicting final chains, with their justifications and finalizations alone.
std::uint32_t Search::culprits(const Shown& a, const Shown& b) const {
  const Setting& setting = universe_.setting();
  std::vector<Seen> seen;
  for (const Shown& one : {a, b}) {
    const KnownSubject& subject = universe_.subject(one.subject);
    const Digest digest = universe_.block(subject.block).block.digest;
    seen.push_back({{kFinalize, 1, subject.view, digest},
                    one.honest | static_cast<std::uint32_t>(setting.byzantine)});
    for (Id at = subject.block; at != kNone; at = universe_.block(at).parent) {
      const Block& block = universe_.block(at).block;
      // The leader's signature comes with the block.
      seen.push_back({{kNotarize, 1, block.view, block.digest}, 1U << block.leader});
      for (const Seen& more : seen_in(block.justification))
        seen.push_back(more);
    }
  }
  std::uint32_t named = 0;
  for (const Seen& x : seen) {
    for (const Seen& y : seen) {
      if (x.subject.view != y.subject.view || x.subject.kind == kNullify) continue;
      const bool exclude = y.subject.kind == kNullify ? x.subject.kind == kFinalize
                                                      : x.subject.digest != y.subject.digest;
      if (exclude) named |= x.signers & y.signers;
    }
  }
  return named;
}

bool Search::covered(const Pool& pool) const {
  const Setting& setting = universe_.setting();
  const std::size_t wanted = setting.validators - setting.quorum() + 1;
  for (const Shown& a : pool.certain) {
    for (const Shown& b : pool.certain) {
      const KnownSubject& x = universe_.subject(a.subject);
      const KnownSubject& y = universe_.subject(b.subject);
      if (x.kind != kFinalize || y.kind != kFinalize || x.view > y.view) continue;
      if (universe_.stands_on(y.block, x.block)) continue;
      const std::uint32_t named = culprits(a, b);
      const bool framed = (named & ~static_cast<std::uint32_t>(setting.byzantine)) != 0;
      if (framed || static_cast<std::size_t>(std::popcount(named)) < wanted) return false;
    }
  }
  return true;
}

Verdict Search::judge(const State& state) {
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    const Local& local = locals_[i][state[i]];
    if (local.wrong) return Verdict::contradiction;
    if (!due(local, pool_of(state))) return Verdict::undue;
  }
  if (!pool_of(state).conflict) return Verdict::none;
  if (!over_threshold()) return Verdict::conflict;
  ++outcome_.conflicts;
  return pool_of(state).covered ? Verdict::none : Verdict::uncovered;
}

/// Asked of a state in which every node has gone on in silence for some way.
bool Search::goes_on(const State& state, std::vector<Move>& silent) {
  const Pool& pool = pool_of(state);
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < locals_.size(); ++i) {
    // Any choice would do; this one follows from the state.
    const std::size_t wanted = Hash{}(state) >> (8 * i + 8) & 31;
    std::size_t count = 0;
    Move move{i, {}, state[i]};
    explore(i, state[i], *offers_[pool.offer], spent_by_others(i, state),
            [&](std::uint32_t, Action, std::uint32_t to, bool speaks) {
              if (!speaks) move.to = to;
              return speaks || ++count <= wanted;
            });
    nodes.push_back(locals_[i].at(move.to));
    if (move.to != state[i]) silent.push_back(move);
  }
  for (const Node& node : nodes) {
    if (node.replica().amnesic()) return true;  // with a silent liar there is no quorum
  }
  ++outcome_.probes;
  power_ = limits_.probe_power && outcome_.probes % 2 == 0;
  for (Node& node : nodes) {
    if (power_) node.restart(universe_.setting(), Node::Disk::kept);
  }
  const std::uint64_t ms =
      ms_until_progress(universe_.setting(), std::move(nodes), limits_.probe_ms);
  outcome_.slowest_probe = std::max(outcome_.slowest_probe, ms);
  return ms < limits_.probe_ms;
}

Outcome& Search::measured() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  outcome_.seconds = std::chrono::duration<double>(now).count() - begun_;
  outcome_.states = table_.size();
  outcome_.locals = outcome_.steps = 0;
  for (const Locals& one : locals_) {
    outcome_.locals += one.size();
    outcome_.steps += one.steps();
  }
  outcome_.pools = pools_.size();
  return outcome_;
}

Outcome Search::run(const std::function<void(const Outcome&)>& progress) {
  begun_ = 0;
  begun_ = measured().seconds;
  std::vector<State> level = {State{}};
  std::vector<State> next_level;
  table_.insert(level[0], 0);
  std::uint64_t probe_turn = 0;
  std::uint64_t turns = 0;
  for (std::uint32_t depth = 0; !level.empty(); ++depth) {
    outcome_.depth = depth;
    for (const State& state : level) {
      const Pool& pool = pool_of(state);
      for (std::size_t place = 0; place < locals_.size(); ++place) {
        const Targets& found = targets(place, state, pool);
        State reached = state;
        bool before = false;  // it is wrong with this state already
        if (found.undue) {
          outcome_.verdict = Verdict::undue;
          before = true;
        }
        std::vector<Move> silent;
        for (const std::uint32_t to : found.speaking) {
          if (before) break;
          reached[place] = to;
          if (!table_.insert(reached, depth + 1)) continue;
          next_level.push_back(reached);
          outcome_.verdict = judge(reached);
          if (outcome_.verdict == Verdict::none && limits_.probe_every != 0 &&
              ++probe_turn % limits_.probe_every == 0 && !goes_on(reached, silent)) {
            outcome_.verdict = Verdict::stuck;
          }
          silent.resize(outcome_.verdict == Verdict::stuck ? silent.size() : 0, Move{});
          if (outcome_.verdict != Verdict::none || table_.full()) break;
        }
        if (table_.full()) return measured();
        if (++turns % 256 == 0 && measured().seconds > limits_.seconds_max) return outcome_;
        if (outcome_.verdict == Verdict::none) continue;
        (void)measured();
        std::vector<Move> path = path_to(before ? state : reached, before ? depth : depth + 1);
        for (Move& move : silent) {
          move.actions = actions_between(move.place, reached, move.to);
          path.push_back(move);
        }
        outcome_.script = script_of(path);
        return outcome_;
      }
    }
    progress(measured());
    if (outcome_.seconds > limits_.seconds_max) return outcome_;
    level.swap(next_level);
    next_level.clear();
  }
  outcome_.exhausted = true;
  return outcome_;
}

/// How the node at `place` gets from its part of `state` to the local state `to`, others waiting.
std::vector<Action> Search::actions_between(std::size_t place, const State& state,
                                            std::uint32_t to) {
  std::map<std::uint32_t, std::pair<std::uint32_t, Action>> came_from;
  explore(place, state[place], *offers_[pool_of(state).offer], spent_by_others(place, state),
          [&](std::uint32_t before, Action action, std::uint32_t after, bool) {
            came_from.emplace(after, std::pair(before, action));
            return after != to;
          });
  std::vector<Action> out;
  for (std::uint32_t at = to; at != state[place];) {
    const auto step = came_from.find(at);
    if (step == came_from.end()) return {};
    out.push_back(step->second.second);
    at = step->second.first;
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// Backwards through visited states that are one step nearer to the start.
std::vector<Search::Move> Search::path_to(State state, std::uint32_t depth) {
  std::vector<Move> path;
  for (; depth != 0; --depth) {
    bool found = false;
    for (std::size_t place = 0; place < locals_.size() && !found; ++place) {
      const std::uint32_t to = state[place];
      State before = state;
      for (std::uint32_t from = 0; from < locals_[place].size() && !found; ++from) {
        before[place] = from;
        if (table_.depth_of(before) != std::int64_t{depth} - 1) continue;
        std::vector<Action> actions = actions_between(place, before, to);
        if (actions.empty()) continue;
        path.push_back({place, std::move(actions), to});
        state = before;
        found = true;
      }
    }
    CHOPMARK_CHECK(found);
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::string Search::script_of(const std::vector<Move>& path) const {
  const Setting& setting = universe_.setting();
  std::string out = numbered("n ", setting.validators) + "\nbyzantine";
  for (std::size_t i = 0; i < setting.validators; ++i) {
    if (!setting.honest(i)) out += numbered(" ", i);
  }
  out += "\nleaders";
  for (const std::uint16_t leader : setting.leaders)
    out += numbered(" ", leader);
  out += "\n";
  if (setting.epoch_blocks != 0) out += numbered("epoch_blocks ", setting.epoch_blocks) + "\n";
  if (setting.idle) out += "idle\n";
  if (!prefix_.empty()) out = prefix_;
  std::set<Id> made;
  const auto make = [&](auto&& self, Id block) -> void {
    if (block == kNone || !made.insert(block).second) return;
    self(self, universe_.block(block).parent);
    const std::string& line = universe_.block(block).script;
    if (!line.empty()) out += line + "\n";
  };
  for (const Move& move : path) {
    const std::string node = std::to_string(locals_[move.place].node());
    for (const Action action : move.actions) {
      const Input& input = universe_.input(action.input);
      make(make, input.block);
      if (action.records != Action::kWhole) {
        out += "cut " + node + numbered(" after ", action.records) + "\n";
      }
      out += input.script + " " + node + "\n";
      if (action.records != Action::kWhole) out += "restart " + node + "\n";
    }
  }
  if (outcome_.verdict == Verdict::stuck) {
    if (power_) {
      out += "restart";
      for (const Locals& one : locals_)
        out += numbered(" ", one.node());
      out += "\n";
    }
    out += "expect progress\n";
  }
  if (!path.empty()) {
    // Another way to the state that the last node was in, if it was found by that first.
    const Move& last = path.back();
    std::string way;
    for (std::uint32_t at = last.to; at != 0;) {
      const Local& local = locals_[last.place][at];
      way = "# " + universe_.input(local.action.input).script + "\n" + way;
      at = local.parent;
    }
    out += "# found first by\n" + way;
  }
  return out;
}

}  // namespace chopmark::search
