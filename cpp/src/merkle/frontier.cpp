// SPDX-License-Identifier: Apache-2.0
#include "merkle/frontier.hpp"

#include <bit>

#include "base/parallel.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::size_t kLeavesPerThread = 4096;

// Leaves whose hashes are held at once: a power of two, so that all but the last are complete
// subtrees.
constexpr std::size_t kSubtreeLeaves = 1024;

Digest root_of_range(HashId id, const Items& leaves, std::size_t from, std::size_t to) {
  Frontier frontier(id);
  Bytes hashes(std::min(kSubtreeLeaves, to - from) * std::tuple_size_v<Digest>);
  for (std::size_t count = 0; from != to; from += count) {
    count = std::min(kSubtreeLeaves, to - from);
    leaf_hashes(id, leaves, from, count, hashes.data());
    frontier.append(root_of_hashes(id, hashes.data(), count));
  }
  return frontier.root();
}

}  // namespace

void Frontier::append(const Digest& leaf) {
  // Each trailing one of the old size is a complete subtree that the new one closes.
  Digest node = leaf;
  for (std::uint64_t ones = size_; (ones & 1) != 0; ones >>= 1) {
    node = node_hash(id_, peaks_.back(), node);
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  ++size_;
}

Digest Frontier::root() const noexcept {
  if (peaks_.empty()) return empty_root(id_);
  Digest node = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- != 0;)
    node = node_hash(id_, peaks_[i], node);
  return node;
}

Digest root_of(HashId id, const Items& leaves, unsigned threads) {
  const std::size_t count = leaves.size();
  if (count <= kLeavesPerThread) return root_of_range(id, leaves, 0, count);
  // Parts of one power-of-two size are complete subtrees (the last one may be smaller), so their
  // roots are the leaves of the same tree further up.
  const std::size_t part = std::bit_floor(std::max(kLeavesPerThread, count / 64));
  std::vector<Digest> roots((count + part - 1) / part);
  parallel_for(roots.size(), threads, 1, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      roots[i] = root_of_range(id, leaves, i * part, std::min(count, (i + 1) * part));
    }
  });
  Frontier top(id);
  for (const Digest& root : roots)
    top.append(root);
  return top.root();
}

}  // namespace chopmark::merkle
