// SPDX-License-Identifier: Apache-2.0
// The authenticated state: a map from 32-byte keys to values, with a root (docs/spec/ledger.md
// L-20..L-23). States share structure, so a copy is a reference and an overlay costs what it
// changes. Floor: ledger.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::ledger {

/// Holds the nodes of all states that share structure. Not for several threads at once.
class StateArena {
 public:
  using NodeId = std::uint32_t;
  static constexpr NodeId kEmpty = 0;

  StateArena() : nodes_(1) {}
  [[nodiscard]] std::size_t live_nodes() const noexcept { return nodes_.size() - 1 - free_.size(); }

 private:
  friend class State;

  struct Node {
    Digest hash{};
    Digest key{};  // of a leaf
    Bytes value;   // of a leaf
    NodeId left = kEmpty;
    NodeId right = kEmpty;
    std::uint32_t references = 0;
    bool leaf = false;
    bool hashed = false;
  };

  NodeId make();
  NodeId make_leaf(const Digest& key, ByteView value);
  NodeId retain(NodeId id) noexcept;
  void release(NodeId id) noexcept;
  /// Consumes the reference to `id` and returns one to the tree with the entry set.
  NodeId put(NodeId id, std::size_t depth, const Digest& key, ByteView value);
  NodeId split(NodeId old_leaf, NodeId new_leaf, std::size_t depth);
  const Digest& hash(NodeId id) noexcept;

  std::vector<Node> nodes_;  // nodes_[0] is the empty tree
  std::vector<NodeId> free_;
};

/// One version of the state. Copies are cheap; changing one does not change the others.
class State {
 public:
  explicit State(StateArena& arena) noexcept : arena_(&arena) {}
  State(const State& other) noexcept : arena_(other.arena_), root_(arena_->retain(other.root_)) {}
  State(State&& other) noexcept : arena_(other.arena_), root_(other.root_) { other.root_ = 0; }
  State& operator=(State other) noexcept;
  ~State() { arena_->release(root_); }

  /// The value, borrowed until this state changes; nullptr if the key is absent.
  [[nodiscard]] const Bytes* get(const Digest& key) const noexcept;
  void put(const Digest& key, ByteView value);
  /// 32 zero bytes for the empty state. Hashes what changed since the last call.
  [[nodiscard]] Digest root() const noexcept;

 private:
  StateArena* arena_;
  StateArena::NodeId root_ = StateArena::kEmpty;
};

}  // namespace chopmark::ledger
