// SPDX-License-Identifier: Apache-2.0
// Leaf and node hashing of the state tree, many at once (docs/spec/state.md ST-4..ST-6).
// Floor: state.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "dispatch/backend.hpp"
#include "hash/hash_id.hpp"
#include "state/bits.hpp"

namespace chopmark::state {

constexpr std::size_t kValueBytes = 32;
constexpr std::size_t kEntryBytes = kKeyBytes + kValueBytes;  // an entry: the key, then the value
constexpr std::size_t kDigestBytes = 32;

/// One hash to compute: of an entry (depth 0), or of a node, whose two digests lie side by side.
using HashJob = BlockJob;

void hash_leaves(HashId id, std::span<const HashJob> jobs, unsigned threads);
void hash_nodes(HashId id, std::span<const HashJob> jobs, unsigned threads);

/// The same, one by one. An entry has 64 bytes.
[[nodiscard]] Digest leaf_hash(HashId id, const std::uint8_t* entry);
[[nodiscard]] Digest node_hash(HashId id, std::size_t depth, const Digest& left,
                               const Digest& right);

/// Node jobs by the depth at which the node branches. A child branches deeper than its parent, so
/// running the depths from the deepest up finds every input ready.
class NodeJobs {
 public:
  void add(std::size_t depth, const std::uint8_t* pair, std::uint8_t* out) {
    by_depth_[depth].push_back({pair, out, static_cast<std::uint32_t>(depth)});
  }
  [[nodiscard]] std::vector<HashJob>& at(std::size_t depth) noexcept { return by_depth_[depth]; }
  void run(HashId id, unsigned threads);

 private:
  std::array<std::vector<HashJob>, kKeyBits> by_depth_;
};

[[nodiscard]] constexpr bool is_state_hash(HashId id) noexcept {
  return id != HashId::sha512;
}

}  // namespace chopmark::state
