// SPDX-License-Identifier: Apache-2.0
// The shape of the tree over entries in ascending order of their keys, and its hash jobs.
// Floor: state.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "state/bits.hpp"
#include "state/state_hash.hpp"

namespace chopmark::state {

/// An entry, borrowed.
struct EntryRef {
  const std::uint8_t* key;
  const std::uint8_t* value;
};

/// The first of the entries [from, to), in ascending order of keys, whose bit at `depth` is 1. All
/// of them share the bits before it.
template <class KeyOf>
std::size_t split_at(std::size_t from, std::size_t to, std::size_t depth, KeyOf&& key) noexcept {
  while (from != to) {
    const std::size_t middle = from + (to - from) / 2;
    if (bit_at(key(middle), depth) != 0) {
      to = middle;
    } else {
      from = middle + 1;
    }
  }
  return from;
}

/// Where `count` > 1 entries part: the first `left` of them have the bit 0 there.
struct Parting {
  std::size_t depth;
  std::size_t left;
};
[[nodiscard]] Parting part(const std::uint8_t* entries, std::size_t count) noexcept;

/// Nodes that exist while their subtree is hashed and no longer. They do not move when more are
/// made.
class ScratchNodes {
 public:
  std::uint8_t* make();
  void clear() noexcept { used_ = 0; }

 private:
  static constexpr std::size_t kBlockNodes = 1024;
  std::vector<std::vector<std::uint8_t>> blocks_;
  std::size_t used_ = 0;
};

/// Everything that one pass over a part of the tree has to hash.
struct HashWork {
  std::vector<HashJob> leaves;
  NodeJobs nodes;
  ScratchNodes scratch;

  void run(HashId id, unsigned threads);
  /// Jobs that put the root over `count` >= 1 entries of 64 bytes each, in ascending order of
  /// distinct keys, to `out`.
  void add_entries(const std::uint8_t* entries, std::size_t count, std::uint8_t* out);
};

/// The root over `count` >= 1 entries of 64 bytes each, in ascending order of distinct keys.
[[nodiscard]] Digest root_of_entries(HashId id, const std::uint8_t* entries, std::size_t count);

}  // namespace chopmark::state
