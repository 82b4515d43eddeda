// SPDX-License-Identifier: Apache-2.0
// The write-ahead log as bytes: records, reading a log that a crash left behind, the fence
// (docs/spec/consensus.md B-60, B-63, B-64). Floor: consensus.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::consensus {

enum class RecordKind : std::uint8_t {
  proposal = 1,     // own proposal message: header, J, payload; also the own notarize vote
  vote = 2,         // own vote message
  block = 3,        // block message of the block that a vote or a finalization is about
  certificate = 4,  // certificate message that allows a vote, or finalizes
  final = 5,        // u64 height, view, digest: final up to here, all of it is in the log
  position = 6,     // where a new epoch begins, or where a checkpoint does
  start = 7,        // first of a log: chain id, own key, generation, next seq
  amnesia = 8,      // cleared u8, epoch u64, sign_above u64
  evidence = 9,
};

/// length u32 (of all that follows), seq u64, synced u64, epoch u64, kind u8, body, CRC-32C u32 of
/// everything before it.
[[nodiscard]] Bytes encode_record(std::uint64_t seq, std::uint64_t synced, std::uint64_t epoch,
                                  RecordKind kind, ByteView body);

/// CRC-32C (Castagnoli), as in RFC 3720 appendix B.4.
[[nodiscard]] std::uint32_t crc32c(ByteView bytes) noexcept;

struct Record {
  std::uint64_t seq, synced, epoch;
  RecordKind kind;
  ByteView body;  // borrows from the log
};

struct Log {
  std::vector<Record> records;  // up to the first gap
  bool damaged = false;         // something durable is missing: a later record says so
};
[[nodiscard]] Log read_log(ByteView bytes);

/// The second file of a validator: says which log is the newest.
struct Fence {
  Digest chain_id{};
  Digest own_key{};
  std::uint64_t generation = 0;
};
[[nodiscard]] Bytes encode_fence(const Fence& fence);
[[nodiscard]] std::optional<Fence> parse_fence(ByteView bytes);

}  // namespace chopmark::consensus
