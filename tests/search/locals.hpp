// SPDX-License-Identifier: Apache-2.0
// The states that one node can be in, numbered, and what each input makes of them. The real replica
// computes every such step once; the search over all nodes together then looks it up.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "universe.hpp"

namespace chopmark::search {

/// An input, and after how many records written meanwhile the power goes (kWhole: it does not).
struct Action {
  static constexpr std::uint8_t kWhole = 0xff;
  Id input = 0;
  std::uint8_t records = kWhole;
  friend bool operator==(const Action&, const Action&) = default;
};

struct Local {
  std::uint32_t parent = 0;  // how it was found first
  Action action;
  std::uint32_t speech = 0;  // number of what it has said
  std::uint64_t view = 0;
  std::uint64_t final_view = 0;
  Id final_block = kNone;
  std::uint16_t restarts = 0;
  std::uint16_t losses = 0;
  std::uint16_t ticks = 0;       // standstills since something became final, at most 1
  std::uint16_t heartbeats = 0;  // and heartbeats
  std::uint8_t records = 0;      // written by the step that found it
  bool amnesic = false;
  bool epoch_over = false;
  bool wrong = false;  // signed what excludes each other, or accused an honest node

  static constexpr std::uint32_t kUnknown = ~0U;
  struct Edge {
    Action action;
    std::uint32_t to;
  };
  std::vector<std::uint32_t> whole;  // by input: the state after it
  std::vector<Edge> cut;             // with a power cut
};

/// All that a node has signed and sent.
struct Speech {
  std::vector<Id> said;      // subjects, ascending
  std::vector<Id> proposed;  // blocks, ascending
  std::vector<Id> replies;   // to amnesia asks, as inputs
  std::uint16_t losses = 0;  // so often it asks itself
  friend auto operator<=>(const Speech&, const Speech&) = default;
};

class Locals {
 public:
  struct Options {
    bool restarts = false;            // states differ by what a restart would make of them
    std::size_t nodes_kept = 60'000;  // replicas in memory; others are made again by replay
  };

  /// From a node that has just been made, or one that has said `history` and lost its log so often.
  Locals(Universe& universe, Node start, const std::vector<Node::Sent>& history,
         std::uint32_t losses, Options options);

  [[nodiscard]] std::size_t node() const noexcept { return index_; }
  [[nodiscard]] const Local& operator[](std::uint32_t id) const { return locals_[id]; }
  [[nodiscard]] const Speech& speech(std::uint32_t id) const { return *speeches_[id]; }
  [[nodiscard]] std::size_t size() const noexcept { return locals_.size(); }
  [[nodiscard]] std::uint64_t steps() const noexcept { return steps_; }

  std::uint32_t next(std::uint32_t from, Action action) {
    const Local& local = locals_[from];
    if (action.records == Action::kWhole) {
      const bool known =
          action.input < local.whole.size() && local.whole[action.input] != Local::kUnknown;
      return known ? local.whole[action.input] : compute(from, action);
    }
    for (const Local::Edge& edge : local.cut) {
      if (edge.action == action) return edge.to;
    }
    return compute(from, action);
  }
  /// Records that the node writes when it takes the whole input.
  std::size_t records(std::uint32_t from, Id input);
  /// The node in that state.
  const Node& at(std::uint32_t id);

 private:
  std::uint32_t compute(std::uint32_t from, Action action);
  void apply(Node& node, Action action) const;
  std::uint32_t intern(Local&& local, Node&& node);
  void listen(Local& local, Speech speech, const Node& node,
              const std::vector<Node::Sent>& sent_messages);
  [[nodiscard]] bool contradicts(const std::vector<Id>& said) const;

  struct Hash {
    std::size_t operator()(const std::pair<std::uint64_t, std::uint64_t>& key) const noexcept {
      return key.first;
    }
  };

  Universe& universe_;
  std::size_t index_;
  Options options_;
  std::deque<Local> locals_;
  std::map<Speech, std::uint32_t> speech_ids_;
  std::vector<const Speech*> speeches_;
  std::unordered_map<std::pair<std::uint64_t, std::uint64_t>, std::uint32_t, Hash> ids_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Node>> kept_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Node>> recent_;
  std::deque<std::uint32_t> recent_order_;
  std::unordered_map<std::uint64_t, std::uint8_t> records_;
  std::uint64_t steps_ = 0;
};

}  // namespace chopmark::search
