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

  void append(const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  [[nodiscard]] Digest root() const noexcept;

 private:
  HashId id_;
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;  // one for each bit set in size_, most significant first
};

/// Root over all items, each the data of one leaf.
[[nodiscard]] Digest root_of(HashId id, const Items& leaves, unsigned threads);

}  // namespace chopmark::merkle
