// SPDX-License-Identifier: Apache-2.0
// Hashes of many independent items in one call. Floor: hash.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "hash/hash_id.hpp"

namespace chopmark {

[[nodiscard]] constexpr std::size_t digest_bytes(HashId id) noexcept {
  switch (id) {
    case HashId::sha256:
    case HashId::blake3:
    case HashId::sm3:
      return 32;
    case HashId::sha512:
      return 64;
  }
  return 0;
}

/// Writes the digest of item i to out[i * digest_bytes(id)]; `out` has room for all of them and
/// overlaps no item. threads = 0 means all cores.
void hash_many(HashId id, const Items& items, std::uint8_t* out, unsigned threads);

}  // namespace chopmark
