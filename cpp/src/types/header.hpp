// SPDX-License-Identifier: Apache-2.0
// Block header (docs/spec/codec.md C-30..C-33): 284 bytes, fixed layout; Closing header (C-37):
// 172. Floor: types.
#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace chopmark {

struct Header {
  static constexpr std::size_t kBytes = 284;
  static constexpr std::size_t kClosingBytes = 172;

  Digest chain_id{};
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  std::uint64_t height = 0;
  std::uint64_t parent_view = 0;
  Digest parent_digest{};
  std::uint16_t leader = 0;
  Digest payload_root{};
  std::uint32_t payload_len = 0;
  std::uint16_t data_shards = 0;   // k; 0 while payloads are inline
  std::uint16_t total_shards = 0;  // n; 0 while payloads are inline
  Digest state_root{};             // after the parent block
  std::uint64_t log_size = 0;      // after the parent block
  Digest log_root{};               // after the parent block
  Digest next_set_hash{};          // zero unless this is the last block of its epoch
  Digest justify_root{};
  std::uint64_t time_ms = 0;
  // A Closing header has `last`, the last block of its epoch, and nothing of payload, state or log.
  bool closing = false;
  Digest last{};

  friend bool operator==(const Header&, const Header&) = default;
};

/// Of either kind, by `closing`.
[[nodiscard]] Bytes encode_header(const Header& header);

/// Exactly one header. Error::truncated, trailing, tag, version; value for shard counts other than
/// 0.
[[nodiscard]] Result<Header> parse_header(ByteView bytes);

/// Exactly one header of either kind.
[[nodiscard]] Result<Header> parse_any_header(ByteView bytes);

/// SHA-256 of the encoded header: the identity of the block.
[[nodiscard]] Digest header_digest(ByteView encoded_header) noexcept;

}  // namespace chopmark
