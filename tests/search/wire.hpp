// SPDX-License-Identifier: Apache-2.0
// Messages as a liar makes them and as an onlooker reads them (docs/spec/codec.md C-30..C-45), with
// no code of the replica.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::search {

inline constexpr std::uint8_t kNotarize = 0x10;
inline constexpr std::uint8_t kNullify = 0x11;
inline constexpr std::uint8_t kFinalize = 0x12;

/// What a vote says. The digest is zero for a nullify.
struct Subject {
  std::uint8_t kind = kNotarize;
  std::uint64_t epoch = 1;
  std::uint64_t view = 0;
  Digest digest{};
  friend auto operator<=>(const Subject&, const Subject&) = default;
};

/// A block or Closing header with all that a proposal carries.
struct Block {
  bool closing = false;
  std::uint64_t epoch = 1;
  std::uint64_t view = 0;
  std::uint64_t height = 0;
  std::uint64_t parent_view = 0;
  Digest parent{};
  std::uint16_t leader = 0;
  Digest last{};           // Closing headers
  Digest next_set_hash{};  // blocks
  std::uint64_t time_ms = 0;
  Bytes justification, payload;
  Bytes header;     // encoded
  Digest digest{};  // of it
};

/// Fills `header` and `digest` from the rest.
void seal(const Digest& chain_id, Block& block);
/// Of n validators: those who are to sign are given by index.
[[nodiscard]] Bytes certificate(const Digest& chain_id, const Subject& subject,
                                const std::vector<std::uint16_t>& signers, std::size_t validators);
[[nodiscard]] Bytes justification(const std::optional<Bytes>& parent,
                                  const std::vector<Bytes>& nullifications);
[[nodiscard]] Bytes proposal_message(const Digest& chain_id, const Block& block);
[[nodiscard]] Bytes block_message(const Block& block);
[[nodiscard]] Bytes vote_message(const Digest& chain_id, const Subject& subject,
                                 std::uint16_t validator);
[[nodiscard]] Bytes certificate_message(ByteView certificate);
[[nodiscard]] Bytes ask_message(std::uint64_t epoch, std::uint64_t number, std::uint8_t what,
                                const Digest* digest);
[[nodiscard]] Bytes amnesia_ask(std::uint64_t epoch, ByteView nonce);
[[nodiscard]] Bytes amnesia_reply(const Digest& chain_id, std::uint64_t epoch, ByteView nonce,
                                  std::uint16_t validator, const Digest& asker,
                                  std::uint64_t highest, const std::optional<Bytes>& proof);
[[nodiscard]] Digest set_hash(const std::vector<Digest>& keys);
[[nodiscard]] Bytes encode_set(const std::vector<Digest>& keys);

/// What a message of an honest node shows of what it signed; nothing for other messages.
struct Said {
  Subject subject;             // of a vote, or the notarize in a proposal
  std::optional<Block> block;  // a proposal
};
[[nodiscard]] std::optional<Said> said(ByteView message);

/// A certificate as somebody reads it who has to say who signed what.
struct Seen {
  Subject subject;
  std::uint32_t signers = 0;  // mask
};
/// All certificates in a justification.
[[nodiscard]] std::vector<Seen> seen_in(ByteView justification);

/// The block in a block message or proposal.
[[nodiscard]] std::optional<Block> block_in(ByteView message);

}  // namespace chopmark::search
