// SPDX-License-Identifier: Apache-2.0
// SHA-512 (FIPS 180-4). Floor: hash.
#pragma once

#include <span>

#include "hash/block_hash.hpp"

namespace chopmark {

struct Sha512Scheme {
  using Word = std::uint64_t;
  static constexpr std::size_t kBlockBytes = 128;
  static constexpr auto kBlocks = &Kernels::sha512_blocks;
  // Fractional parts of the square roots of the first 8 primes (5.3.5).
  static constexpr std::array<Word, 8> kInitial = {
      0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
      0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
};
using Sha512 = BlockHash<Sha512Scheme>;

[[nodiscard]] std::array<std::uint8_t, 64> sha512(ByteView data) noexcept;

/// Digest i, at out + 64 * i, is that of the 64 bytes at prefixes + 64 * i followed by message i; a
/// null `prefixes` means no prefixes. `out` overlaps no input.
void sha512_prefixed_many(const std::uint8_t* prefixes, std::span<const ByteView> messages,
                          std::uint8_t* out) noexcept;

}  // namespace chopmark
