// SPDX-License-Identifier: Apache-2.0
// Leaf and node hashing of RFC 9162 section 2.1.1, for each 32-byte hash (docs/spec/merkle.md M-1).
// Floor: merkle.
#pragma once

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark::merkle {

/// SHA-512 has no 32-byte digest: trees take sha256, blake3 and sm3.
[[nodiscard]] constexpr bool is_tree_hash(HashId id) noexcept {
  return id != HashId::sha512;
}

[[nodiscard]] Digest empty_root(HashId id) noexcept;
[[nodiscard]] Digest leaf_hash(HashId id, ByteView data);
[[nodiscard]] Digest node_hash(HashId id, const Digest& left, const Digest& right) noexcept;

/// Hashes of leaves [from, from + count), 32 bytes each, side by side.
void leaf_hashes(HashId id, const Items& leaves, std::size_t from, std::size_t count,
                 std::uint8_t* out);

/// Hashes of `count` nodes whose two digests each lie side by side. `out` may be `children`.
void node_hashes(HashId id, const std::uint8_t* children, std::size_t count,
                 std::uint8_t* out) noexcept;

/// The root over `count` >= 1 leaf hashes that lie side by side; overwrites them.
[[nodiscard]] Digest root_of_hashes(HashId id, std::uint8_t* hashes, std::size_t count) noexcept;

}  // namespace chopmark::merkle
