// SPDX-License-Identifier: Apache-2.0
// The roots of the complete subtrees that make up a tree of some size, largest first: all that is
// needed to append to it and to know its root. Floor: merkle.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark::merkle {

class Frontier {
 public:
  explicit Frontier(HashId id = HashId::sha256) noexcept : id_(id) {}

  void append(const Digest& leaf) { append_subtree(leaf, 0); }
  /// Appends all in order, by their data or by their leaf hashes (32 bytes each, side by side), or,
  /// if memory runs out, none. Held meanwhile: 32 KiB for each thread and 32 bytes for 1024 leaves.
  /// threads = 0 means all cores.
  void extend(const Items& leaves, unsigned threads);
  void extend_hashes(ByteView leaf_hashes, unsigned threads);

  [[nodiscard]] HashId hash_id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Digest root() const noexcept;

 private:
  template <class Hashes>
  void extend_by(std::size_t count, unsigned threads, const Hashes& hashes);
  void append_subtree(const Digest& root, unsigned level);
  void append_some(std::uint8_t* hashes, std::size_t count);

  HashId id_;
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;  // one for each bit set in size_, most significant first
};

/// Root over all items, each the data of one leaf.
[[nodiscard]] Digest root_of(HashId id, const Items& leaves, unsigned threads);

}  // namespace chopmark::merkle
