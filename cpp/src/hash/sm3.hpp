// SPDX-License-Identifier: Apache-2.0
// SM3 (GB/T 32905-2016, ISO/IEC 10118-3). Floor: hash.
#pragma once

#include "hash/block_hash.hpp"

namespace chopmark {

struct Sm3Scheme {
  using Word = std::uint32_t;
  static constexpr std::size_t kBlockBytes = 64;
  static constexpr auto kBlocks = &Kernels::sm3_blocks;
  static constexpr std::array<Word, 8> kInitial = {0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
                                                   0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e};
};
using Sm3 = BlockHash<Sm3Scheme>;

[[nodiscard]] Digest sm3(ByteView data) noexcept;

}  // namespace chopmark
