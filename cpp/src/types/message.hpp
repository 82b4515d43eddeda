// SPDX-License-Identifier: Apache-2.0
// Messages between validators (docs/spec/codec.md C-43). Floor: types.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/header.hpp"
#include "types/position.hpp"
#include "types/vote.hpp"

namespace chopmark {

/// A block as its leader proposed it, or a Closing header in the place of one (no payload).
/// `leader_signature` is the leader's notarize vote; a block message does not carry it.
struct BlockBody {
  Header header;
  Bytes header_bytes;
  Digest digest{};
  Signature leader_signature{};
  Bytes justification;
  Bytes payload;
};

struct ProposalMessage {
  BlockBody block;
};
struct VoteMessage {
  Vote vote;
};
struct CertificateMessage {
  Certificate certificate;
};
enum class Wanted : std::uint8_t { certificate = 1, block = 2, final_blocks = 3 };
struct AskMessage {
  std::uint64_t epoch = 0;
  std::uint64_t number = 0;  // a view; for final_blocks a height
  Wanted wanted = Wanted::certificate;
  Digest digest{};  // of a block
};
struct BlockMessage {
  BlockBody block;
};

struct AmnesiaAskMessage {
  std::uint64_t epoch = 0;
  Digest nonce{};
};
struct AmnesiaReplyMessage {
  std::uint64_t epoch = 0;
  Digest nonce{};
  std::uint16_t validator = 0;
  std::uint64_t highest = 0;  // view
  Signature signature{};
  std::optional<Certificate> proof;
};
/// What an amnesia reply signs (C-44).
[[nodiscard]] Bytes amnesia_reply_payload(const Digest& chain_id, std::uint64_t epoch,
                                          const Digest& nonce, const Digest& asker_key,
                                          std::uint64_t highest);

/// Two things that one validator cannot both have said honestly (C-45, B-90).
struct Evidence {
  std::uint8_t kind = 0;  // 2, 3, 4, 5, 7, 8
  std::uint16_t culprit = 0;
  std::uint64_t epoch = 0;
  Bytes first, second;  // vote messages; for 7 and 8 the second is header and justification
};
struct EvidenceMessage {
  Evidence evidence;
};

[[nodiscard]] Bytes encode_evidence(const Evidence& evidence);
/// Exactly one piece of evidence by its layout alone; whether it holds is check_evidence's matter.
[[nodiscard]] Result<Evidence> parse_evidence(ByteView bytes);

using Message = std::variant<ProposalMessage, VoteMessage, CertificateMessage, AskMessage,
                             BlockMessage, AmnesiaAskMessage, AmnesiaReplyMessage, EvidenceMessage>;

[[nodiscard]] Bytes encode_message(const Message& message, std::size_t validators);

/// Exactly one message. A block's payload and justification are those its header commits to
/// (Error::value if not).
[[nodiscard]] Result<Message> parse_message(ByteView bytes, std::size_t validators);

}  // namespace chopmark
