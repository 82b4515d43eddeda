// SPDX-License-Identifier: Apache-2.0
// Sets of validators and where a chain stands (docs/spec/codec.md C-46, C-47). Floor: types.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "codec/reader.hpp"
#include "types/header.hpp"
#include "types/vote.hpp"

namespace chopmark {

using ValidatorSet = std::vector<Digest>;  // public keys by index

[[nodiscard]] Bytes encode_validator_set(const ValidatorSet& set);
/// A set inside of something else; Error::order for a key given twice, limit for too many.
[[nodiscard]] ValidatorSet read_validator_set(codec::Reader& in);
[[nodiscard]] Digest validator_set_hash(const ValidatorSet& set);

/// An epoch, its set and anchor (the last block of the epoch before), and the last final block of
/// it with its finalization, if there is one yet.
struct Position {
  struct Final {
    Header header;
    Certificate certificate;
  };
  std::uint64_t epoch = 1;
  std::uint64_t anchor_height = 0;
  Digest anchor_digest{};
  std::uint64_t anchor_time_ms = 0;
  bool anchor_records = false;
  ValidatorSet set;
  std::optional<Final> final;

  [[nodiscard]] std::uint64_t height() const noexcept {
    return final ? final->header.height : anchor_height;
  }
};

[[nodiscard]] Bytes encode_position(const Position& position);
/// Exactly one position; the certificate is a finalization of the header, of the epoch. Whether its
/// signatures verify is not looked at.
[[nodiscard]] Result<Position> parse_position(ByteView bytes);

}  // namespace chopmark
