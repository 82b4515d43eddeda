// SPDX-License-Identifier: Apache-2.0
// Records of the write-ahead log (docs/spec/consensus.md B-60). Floor: consensus.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"

namespace chopmark::consensus {

enum class RecordKind : std::uint8_t {
  proposal = 1,      // own proposal message: header, J, payload; also the own notarize vote
  vote = 2,          // own vote message
  block = 3,         // block message of the block that a vote or a finalization is about
  certificate = 4,   // certificate message that allows a vote, or finalizes
  final_height = 5,  // u64 height, view, digest: delivered up to here
};

/// length u32 (of all that follows), seq u64, epoch u64, kind u8, body, CRC-32C u32 of everything
/// before it.
[[nodiscard]] Bytes encode_record(std::uint64_t seq, std::uint64_t epoch, RecordKind kind,
                                  ByteView body);

/// CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes) noexcept;

}  // namespace chopmark::consensus
