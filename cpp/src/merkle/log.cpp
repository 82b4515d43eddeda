// SPDX-License-Identifier: Apache-2.0
#include "merkle/log.hpp"

#include <algorithm>
#include <bit>

#include "base/check.hpp"
#include "base/parallel.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

// Leaves whose subtree one thread builds at a time, while it is in the cache.
constexpr std::size_t kWindowLevel = 12;
constexpr std::uint64_t kWindow = 1ULL << kWindowLevel;

/// The largest power of two smaller than `count`, where a tree of count >= 2 leaves splits.
std::uint64_t split(std::uint64_t count) noexcept {
  return std::bit_floor(count - 1);
}

}  // namespace

std::uint64_t Log::append(ByteView data) {
  return append_hash(leaf_hash(id_, data));
}

std::uint64_t Log::append_hash(const Digest& leaf) {
  const std::uint64_t index = size();
  Digest node = leaf;
  for (std::size_t level = 0;; ++level) {
    if (level == levels_.size()) levels_.emplace_back();
    levels_[level].push_back(node);
    if (((index >> level) & 1) == 0) break;  // no complete pair ends here
    node = node_hash(id_, levels_[level][levels_[level].size() - 2], node);
  }
  return index;
}

void Log::resize(std::uint64_t size) {
  const auto levels = static_cast<std::size_t>(std::bit_width(size));
  if (levels > levels_.size()) levels_.resize(levels);
  for (std::size_t level = 0; level < levels_.size(); ++level)
    levels_[level].resize(size >> level);
}

void Log::join(std::size_t level, std::uint64_t from, std::uint64_t to) noexcept {
  const std::uint64_t first = from >> level;
  const std::uint64_t end = to >> level;
  if (first == end) return;
  node_hashes(id_, levels_[level - 1][2 * first].data(), end - first, levels_[level][first].data());
}

/// hashes(at, count, out) writes the hashes of new leaves [at, at + count).
template <class Hashes>
void Log::extend_by(std::size_t count, unsigned threads, Hashes&& hashes) {
  const std::uint64_t old = size();
  const std::uint64_t now = old + count;
  try {
    resize(now);
    // A window starts at a multiple of its size, so that no node up to its level lies in two.
    const std::uint64_t first = old >> kWindowLevel;
    const std::uint64_t end = (now + kWindow - 1) >> kWindowLevel;
    parallel_for(end - first, threads, 1, [&](std::uint64_t begin, std::uint64_t stop) {
      for (std::uint64_t window = first + begin; window != first + stop; ++window) {
        const std::uint64_t from = std::max(old, window << kWindowLevel);
        const std::uint64_t to = std::min(now, (window + 1) << kWindowLevel);
        if (from == to) continue;
        hashes(from - old, to - from, levels_[0][from].data());
        for (std::size_t level = 1; level <= kWindowLevel && level < levels_.size(); ++level)
          join(level, from, to);
      }
    });
  } catch (...) {
    truncate(old);
    throw;
  }
  for (std::size_t level = kWindowLevel + 1; level < levels_.size(); ++level)
    join(level, old, now);
}

void Log::extend(const Items& leaves, unsigned threads) {
  extend_by(leaves.size(), threads, [&](std::size_t at, std::size_t count, std::uint8_t* out) {
    leaf_hashes(id_, leaves, at, count, out);
  });
}

void Log::extend_hashes(ByteView leaf_hashes, unsigned threads) {
  constexpr std::size_t kBytes = std::tuple_size_v<Digest>;
  CHOPMARK_CHECK(leaf_hashes.size() % kBytes == 0);
  extend_by(leaf_hashes.size() / kBytes, threads,
            [&](std::size_t at, std::size_t count, std::uint8_t* out) {
              std::copy_n(leaf_hashes.data() + kBytes * at, kBytes * count, out);
            });
}

Digest Log::subtree(std::uint64_t begin, std::uint64_t end) const noexcept {
  const std::uint64_t count = end - begin;
  if (std::has_single_bit(count)) {
    const auto level = static_cast<std::size_t>(std::countr_zero(count));
    return levels_[level][begin >> level];
  }
  const std::uint64_t middle = begin + split(count);
  return node_hash(id_, subtree(begin, middle), subtree(middle, end));
}

Digest Log::root(std::uint64_t size) const noexcept {
  CHOPMARK_CHECK(size <= this->size());
  return size == 0 ? empty_root(id_) : subtree(0, size);
}

void Log::truncate(std::uint64_t size) {
  CHOPMARK_CHECK(size <= this->size());
  resize(size);
}

std::vector<Digest> Log::prove_inclusion(std::uint64_t index, std::uint64_t size) const {
  CHOPMARK_CHECK(index < size && size <= this->size());
  // From the root down to the leaf: the sibling at each split (RFC 9162 2.1.3.1), then reversed.
  std::vector<Digest> path;
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end - begin > 1) {
    const std::uint64_t middle = begin + split(end - begin);
    if (index < middle) {
      path.push_back(subtree(middle, end));
      end = middle;
    } else {
      path.push_back(subtree(begin, middle));
      begin = middle;
    }
  }
  std::reverse(path.begin(), path.end());
  return path;
}

std::vector<Digest> Log::prove_consistency(std::uint64_t old_size, std::uint64_t size) const {
  CHOPMARK_CHECK(old_size <= size && size <= this->size());
  std::vector<Digest> path;
  if (old_size == 0 || old_size == size) return path;
  // RFC 9162 2.1.4.1: descend to where the old tree ends; what lies beside the way is the proof.
  std::uint64_t begin = 0;
  std::uint64_t end = size;
  while (end != old_size) {
    const std::uint64_t middle = begin + split(end - begin);
    if (old_size <= middle) {
      path.push_back(subtree(middle, end));
      end = middle;
    } else {
      path.push_back(subtree(begin, middle));
      begin = middle;
    }
  }
  // The old tree itself needs no hash when it is the leftmost subtree: its root is known.
  if (begin != 0) path.push_back(subtree(begin, end));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace chopmark::merkle
