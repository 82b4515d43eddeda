// SPDX-License-Identifier: Apache-2.0
#include "ledger/state.hpp"

#include <string_view>
#include <utility>

#include "base/check.hpp"
#include "hash/blake3.hpp"

namespace chopmark::ledger {
namespace {

constexpr Digest padded(std::string_view text) noexcept {
  Digest key{};
  for (std::size_t i = 0; i < text.size(); ++i)
    key[i] = static_cast<std::uint8_t>(text[i]);
  return key;
}

constexpr Digest kLeafKey = padded("chopmark state leaf v1");
constexpr Digest kNodeKey = padded("chopmark state node v1");

bool bit_of(const Digest& key, std::size_t depth) noexcept {
  return ((key[depth / 8] >> (7 - depth % 8)) & 1) != 0;
}

Digest hash_pair(const Digest& key, const Digest& first, const Digest& second) noexcept {
  std::array<std::uint8_t, 64> bytes;
  std::copy(first.begin(), first.end(), bytes.begin());
  std::copy(second.begin(), second.end(), bytes.begin() + 32);
  return blake3_keyed(key, bytes);
}

}  // namespace

StateArena::NodeId StateArena::make() {
  NodeId id;
  if (free_.empty()) {
    CHOPMARK_CHECK(nodes_.size() < UINT32_MAX);
    id = static_cast<NodeId>(nodes_.size());
    nodes_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
    nodes_[id] = Node{};
  }
  nodes_[id].references = 1;
  return id;
}

StateArena::NodeId StateArena::make_leaf(const Digest& key, ByteView value) {
  const NodeId id = make();
  Node& node = nodes_[id];
  node.leaf = true;
  node.key = key;
  node.value.assign(value.begin(), value.end());
  return id;
}

StateArena::NodeId StateArena::retain(NodeId id) noexcept {
  if (id != kEmpty) ++nodes_[id].references;
  return id;
}

void StateArena::release(NodeId id) noexcept {
  // Recursion ends at depth 256, the number of bits of a key.
  if (id == kEmpty || --nodes_[id].references != 0) return;
  release(nodes_[id].left);
  release(nodes_[id].right);
  nodes_[id] = Node{};
  free_.push_back(id);
}

StateArena::NodeId StateArena::split(NodeId old_leaf, NodeId new_leaf, std::size_t depth) {
  const bool old_bit = bit_of(nodes_[old_leaf].key, depth);
  const bool new_bit = bit_of(nodes_[new_leaf].key, depth);
  const NodeId id = make();
  if (old_bit == new_bit) {
    const NodeId below = split(old_leaf, new_leaf, depth + 1);
    (old_bit ? nodes_[id].right : nodes_[id].left) = below;
  } else {
    nodes_[id].left = old_bit ? new_leaf : old_leaf;
    nodes_[id].right = old_bit ? old_leaf : new_leaf;
  }
  return id;
}

StateArena::NodeId StateArena::put(NodeId id, std::size_t depth, const Digest& key,
                                   ByteView value) {
  if (id == kEmpty) return make_leaf(key, value);
  if (nodes_[id].leaf) {
    if (nodes_[id].key != key) return split(id, make_leaf(key, value), depth);
    if (nodes_[id].references == 1) {
      nodes_[id].value.assign(value.begin(), value.end());
      nodes_[id].hashed = false;
      return id;
    }
    const NodeId replaced = make_leaf(key, value);
    release(id);
    return replaced;
  }
  if (nodes_[id].references != 1) {  // shared with another state: change a copy
    const NodeId copy = make();
    nodes_[copy].left = retain(nodes_[id].left);
    nodes_[copy].right = retain(nodes_[id].right);
    release(id);
    id = copy;
  }
  const bool right = bit_of(key, depth);
  const NodeId child = right ? nodes_[id].right : nodes_[id].left;
  const NodeId changed = put(child, depth + 1, key, value);
  (right ? nodes_[id].right : nodes_[id].left) = changed;
  nodes_[id].hashed = false;
  return id;
}

const Digest& StateArena::hash(NodeId id) noexcept {
  Node& node = nodes_[id];
  if (id == kEmpty || node.hashed) return node.hash;
  node.hash = node.leaf ? hash_pair(kLeafKey, node.key, blake3(node.value))
                        : hash_pair(kNodeKey, hash(node.left), hash(node.right));
  node.hashed = true;
  return node.hash;
}

State& State::operator=(State other) noexcept {
  std::swap(arena_, other.arena_);
  std::swap(root_, other.root_);
  return *this;
}

const Bytes* State::get(const Digest& key) const noexcept {
  StateArena::NodeId id = root_;
  for (std::size_t depth = 0; id != StateArena::kEmpty; ++depth) {
    const StateArena::Node& node = arena_->nodes_[id];
    if (node.leaf) return node.key == key ? &node.value : nullptr;
    id = bit_of(key, depth) ? node.right : node.left;
  }
  return nullptr;
}

void State::put(const Digest& key, ByteView value) {
  root_ = arena_->put(std::exchange(root_, StateArena::kEmpty), 0, key, value);
}

Digest State::root() const noexcept {
  return arena_->hash(root_);
}

}  // namespace chopmark::ledger
