// SPDX-License-Identifier: Apache-2.0
// Many proofs of one log at once, all in the tree of one size.
#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.hpp"
#include "base/parallel.hpp"
#include "merkle/log.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::size_t kBytes = std::tuple_size_v<Digest>;
constexpr std::size_t kProofsPerThread = 1024;
constexpr std::size_t kAhead = 6;  // proofs whose nodes are asked for

/// Sets the length of row i, whose steps end at `end`, and zeroes what follows them.
void close_row(const ProofRowsOut& out, std::size_t depth, std::size_t i, std::uint8_t* end) {
  std::uint8_t* const row = out.steps + kBytes * depth * i;
  std::fill(end, row + kBytes * depth, std::uint8_t{0});
  out.lengths[i] = static_cast<std::size_t>(end - row) / kBytes;
}

}  // namespace

/// The last node of each level in the tree of `size` >= 1 leaves, complete or not.
std::vector<Digest> Log::border(std::uint64_t size) const {
  std::vector<Digest> nodes{levels_[0][size - 1]};
  std::uint64_t last = size - 1;
  for (std::size_t level = 0; last != 0; ++level, last >>= 1) {
    const Digest& node = nodes.back();
    nodes.push_back((last & 1) != 0 ? node_hash(id_, levels_[level][last - 1], node) : node);
  }
  return nodes;
}

/// Writes the siblings on the way up from a node of `level`, whose last node is `last`; returns
/// where they end.
std::uint8_t* Log::put_path(std::uint64_t node, std::uint64_t last, std::size_t level,
                            const Digest* border, std::uint8_t* to) const noexcept {
  for (; last != 0; ++level, node >>= 1, last >>= 1) {
    const std::uint64_t sibling = node ^ 1;
    if (sibling > last) continue;  // a last node without a right sibling moves up unchanged
    const Digest& step = sibling == last ? border[level] : levels_[level][sibling];
    std::memcpy(to, step.data(), kBytes);
    to += kBytes;
  }
  return to;
}

/// Asks for the lowest nodes beside the way of a leaf; those above are shared by many.
void Log::prefetch_path(std::uint64_t node) const noexcept {
  constexpr std::size_t kLevels = 10;
  for (std::size_t level = 0; level < std::min(kLevels, levels_.size()); ++level, node >>= 1)
    __builtin_prefetch(levels_[level].data() + (node ^ 1));
}

void Log::prove_inclusion_many(std::span<const std::uint64_t> indexes, std::uint64_t size,
                               unsigned threads, const ProofRowsOut& out) const {
  CHOPMARK_CHECK(size <= this->size());
  if (indexes.empty()) return;
  CHOPMARK_CHECK(size != 0);
  const std::size_t depth = inclusion_depth(size);
  const std::vector<Digest> last_nodes = border(size);
  parallel_for(indexes.size(), threads, kProofsPerThread, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      if (i + kAhead < to) prefetch_path(indexes[i + kAhead]);
      std::uint8_t* const row = out.steps + kBytes * depth * i;
      close_row(out, depth, i, put_path(indexes[i], size - 1, 0, last_nodes.data(), row));
    }
  });
}

void Log::prove_consistency_many(std::span<const std::uint64_t> old_sizes, std::uint64_t size,
                                 unsigned threads, const ProofRowsOut& out) const {
  CHOPMARK_CHECK(size <= this->size());
  const std::size_t depth = consistency_depth(size);
  const std::vector<Digest> last_nodes = size == 0 ? std::vector<Digest>{} : border(size);
  parallel_for(old_sizes.size(), threads, kProofsPerThread, [&](std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
      const std::uint64_t old_size = old_sizes[i];
      std::uint8_t* end = out.steps + kBytes * depth * i;
      if (old_size != 0 && old_size != size) {
        // The largest subtree that ends where the old tree ends. Alone it is the old tree, whose
        // root is known; otherwise the proof begins with it.
        const auto level = static_cast<std::size_t>(std::countr_zero(old_size));
        const std::uint64_t node = (old_size >> level) - 1;
        if (node != 0) {
          std::memcpy(end, levels_[level][node].data(), kBytes);
          end += kBytes;
        }
        end = put_path(node, (size - 1) >> level, level, last_nodes.data(), end);
      }
      close_row(out, depth, i, end);
    }
  });
}

}  // namespace chopmark::merkle
