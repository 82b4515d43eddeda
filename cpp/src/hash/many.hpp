// SPDX-License-Identifier: Apache-2.0
// Many inputs hashed in one call. Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark {

[[nodiscard]] constexpr std::size_t digest_bytes(HashId id) noexcept {
  return id == HashId::sha512 ? 64 : 32;
}

/// Writes the digest of `data`: digest_bytes(id) bytes.
void hash_one(HashId id, ByteView data, std::uint8_t* out) noexcept;

/// Writes items.size() digests one after the other. threads = 0 means all cores.
void hash_many(HashId id, const Items& items, std::uint8_t* out, unsigned threads);

}  // namespace chopmark
