// SPDX-License-Identifier: Apache-2.0
// SHA-256 (FIPS 180-4). Floor: hash.
#pragma once

#include "hash/block_hash.hpp"

namespace chopmark {

struct Sha256Scheme {
  using Word = std::uint32_t;
  static constexpr std::size_t kBlockBytes = 64;
  static constexpr auto kBlocks = &Kernels::sha256_blocks;
  // Fractional parts of the square roots of the first 8 primes (5.3.3).
  static constexpr std::array<Word, 8> kInitial = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
};
using Sha256 = BlockHash<Sha256Scheme>;

[[nodiscard]] Digest sha256(ByteView data) noexcept;

}  // namespace chopmark
