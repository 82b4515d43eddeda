// SPDX-License-Identifier: Apache-2.0
// Append-only log with historic roots and proofs (RFC 9162 section 2.1). Floor: merkle.
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark::merkle {

/// The most steps that a proof in a tree of `size` leaves can have.
[[nodiscard]] constexpr std::size_t inclusion_depth(std::uint64_t size) noexcept {
  return size == 0 ? 0 : static_cast<std::size_t>(std::bit_width(size - 1));
}
[[nodiscard]] constexpr std::size_t consistency_depth(std::uint64_t size) noexcept {
  return size == 0 ? 0 : inclusion_depth(size) + 1;
}

/// Where many proofs go: proof i as the first lengths[i] steps of row i, which has as many steps as
/// the functions above say; what follows them is zeroed.
struct ProofRowsOut {
  std::uint8_t* steps;
  std::uint64_t* lengths;
};

/// Keeps the hash of every complete subtree: two digests per leaf. Any historic root or proof costs
/// O(log n) hashes.
class Log {
 public:
  explicit Log(HashId id = HashId::sha256) : id_(id) {}

  [[nodiscard]] HashId hash_id() const noexcept { return id_; }
  [[nodiscard]] std::uint64_t size() const noexcept {
    return levels_.empty() ? 0 : levels_[0].size();
  }

  /// Both return the index of the new leaf.
  std::uint64_t append(ByteView data);
  std::uint64_t append_hash(const Digest& leaf);
  /// Appends all in order, by their data or by their leaf hashes (32 bytes each, side by side), or,
  /// if memory runs out, none. threads = 0 means all cores.
  void extend(const Items& leaves, unsigned threads);
  void extend_hashes(ByteView leaf_hashes, unsigned threads);

  /// The hashes of all leaves, side by side. Valid until the log changes.
  [[nodiscard]] std::span<const Digest> leaves() const noexcept {
    return levels_.empty() ? std::span<const Digest>{} : std::span<const Digest>(levels_[0]);
  }

  /// Precondition of all below: size <= this->size().
  [[nodiscard]] Digest root(std::uint64_t size) const noexcept;
  void truncate(std::uint64_t size);
  /// Precondition: index < size.
  [[nodiscard]] std::vector<Digest> prove_inclusion(std::uint64_t index, std::uint64_t size) const;
  /// Precondition: old_size <= size. Empty when they are equal or old_size is 0.
  [[nodiscard]] std::vector<Digest> prove_consistency(std::uint64_t old_size,
                                                      std::uint64_t size) const;
  /// The same proofs, many at once. threads = 0 means all cores. Precondition: each index < size.
  void prove_inclusion_many(std::span<const std::uint64_t> indexes, std::uint64_t size,
                            unsigned threads, const ProofRowsOut& out) const;
  /// Precondition: each old size <= size.
  void prove_consistency_many(std::span<const std::uint64_t> old_sizes, std::uint64_t size,
                              unsigned threads, const ProofRowsOut& out) const;

 private:
  template <class Hashes>
  void extend_by(std::size_t count, unsigned threads, Hashes&& hashes);
  void resize(std::uint64_t size);
  /// Makes the nodes of one level that the leaves [from, to) complete, from the level below it.
  void join(std::size_t level, std::uint64_t from, std::uint64_t to) noexcept;
  /// Root of the leaves [begin, end), where begin is a multiple of the next power of two >= the
  /// length: such a range is a subtree of RFC 9162.
  [[nodiscard]] Digest subtree(std::uint64_t begin, std::uint64_t end) const noexcept;
  [[nodiscard]] std::vector<Digest> border(std::uint64_t size) const;
  void prefetch_path(std::uint64_t node) const noexcept;
  [[nodiscard]] std::uint8_t* put_path(std::uint64_t node, std::uint64_t last, std::size_t level,
                                       const Digest* border, std::uint8_t* to) const noexcept;

  HashId id_;
  std::vector<std::vector<Digest>> levels_;  // levels_[h][i]: root of leaves [i 2^h, (i + 1) 2^h)
};

}  // namespace chopmark::merkle
