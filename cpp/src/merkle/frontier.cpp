// SPDX-License-Identifier: Apache-2.0
#include "merkle/frontier.hpp"

#include <bit>
#include <utility>

#include "base/check.hpp"
#include "base/parallel.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::merkle {
namespace {

constexpr std::size_t kBytes = std::tuple_size_v<Digest>;

// Leaves whose hashes are held at once.
constexpr unsigned kSubtreeLevel = 10;
constexpr std::size_t kSubtreeLeaves = std::size_t{1} << kSubtreeLevel;
constexpr std::size_t kSubtreesPerThread = 4;

/// The largest power of two that is at most `count` and divides `at`: the leaves of a complete
/// subtree that may come next.
std::size_t next_subtree(std::uint64_t at, std::size_t count) noexcept {
  const std::size_t most = std::bit_floor(count);
  const std::uint64_t aligned = at & (~at + 1);
  return at == 0 || aligned > most ? most : static_cast<std::size_t>(aligned);
}

/// Root of the new leaves [from, from + count); count is a power of two, at least kSubtreeLeaves.
template <class Hashes>
Digest subtree_root(HashId id, std::size_t from, std::size_t count, unsigned threads,
                    const Hashes& hashes) {
  const std::size_t parts = count / kSubtreeLeaves;
  Bytes roots(parts * kBytes);
  parallel_for(parts, threads, kSubtreesPerThread, [&](std::size_t begin, std::size_t end) {
    Bytes held(kSubtreeLeaves * kBytes);
    for (std::size_t i = begin; i < end; ++i) {
      hashes(from + i * kSubtreeLeaves, kSubtreeLeaves, held.data());
      const Digest root = root_of_hashes(id, held.data(), kSubtreeLeaves);
      std::copy(root.begin(), root.end(), roots.data() + i * kBytes);
    }
  });
  return root_of_hashes(id, roots.data(), parts);
}

}  // namespace

void Frontier::append_subtree(const Digest& root, unsigned level) {
  // Each trailing one of the old size is a complete subtree that the new one closes.
  Digest node = root;
  for (std::uint64_t ones = size_ >> level; (ones & 1) != 0; ones >>= 1) {
    node = node_hash(id_, peaks_.back(), node);
    peaks_.pop_back();
  }
  peaks_.push_back(node);
  size_ += std::uint64_t{1} << level;
}

/// Appends fewer leaf hashes than a part holds; overwrites them.
void Frontier::append_some(std::uint8_t* hashes, std::size_t count) {
  while (count != 0) {
    const std::size_t some = next_subtree(size_, count);
    append_subtree(root_of_hashes(id_, hashes, some),
                   static_cast<unsigned>(std::countr_zero(some)));
    hashes += kBytes * some;
    count -= some;
  }
}

/// hashes(at, count, out) writes the hashes of new leaves [at, at + count).
template <class Hashes>
void Frontier::extend_by(std::size_t count, unsigned threads, const Hashes& hashes) {
  Bytes held;
  for (std::size_t at = 0; at != count;) {
    std::size_t some = next_subtree(size_, count - at);
    if (some >= kSubtreeLeaves) {
      append_subtree(subtree_root(id_, at, some, threads, hashes),
                     static_cast<unsigned>(std::countr_zero(some)));
    } else {
      const auto missing = static_cast<std::size_t>(kSubtreeLeaves - size_ % kSubtreeLeaves);
      some = std::min(count - at, missing);
      held.resize(kSubtreeLeaves * kBytes);
      hashes(at, some, held.data());
      append_some(held.data(), some);
    }
    at += some;
  }
}

void Frontier::extend(const Items& leaves, unsigned threads) {
  Frontier grown = *this;
  grown.extend_by(leaves.size(), threads,
                  [&](std::size_t at, std::size_t count, std::uint8_t* out) {
                    leaf_hashes(id_, leaves, at, count, out);
                  });
  *this = std::move(grown);
}

void Frontier::extend_hashes(ByteView leaf_hashes, unsigned threads) {
  CHOPMARK_CHECK(leaf_hashes.size() % kBytes == 0);
  Frontier grown = *this;
  grown.extend_by(leaf_hashes.size() / kBytes, threads,
                  [&](std::size_t at, std::size_t count, std::uint8_t* out) {
                    std::copy_n(leaf_hashes.data() + kBytes * at, kBytes * count, out);
                  });
  *this = std::move(grown);
}

Digest Frontier::root() const noexcept {
  if (peaks_.empty()) return empty_root(id_);
  Digest node = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i-- != 0;)
    node = node_hash(id_, peaks_[i], node);
  return node;
}

Digest root_of(HashId id, const Items& leaves, unsigned threads) {
  Frontier frontier(id);
  frontier.extend(leaves, threads);
  return frontier.root();
}

}  // namespace chopmark::merkle
