// SPDX-License-Identifier: Apache-2.0
// Messages between validators (docs/spec/codec.md C-43). Floor: types.
#pragma once

#include <cstdint>
#include <variant>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/header.hpp"
#include "types/vote.hpp"

namespace chopmark {

/// A block as its leader proposed it. The signature is the leader's notarize vote.
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
enum class Wanted : std::uint8_t { certificate = 1, block = 2 };
struct AskMessage {
  std::uint64_t epoch = 0;
  std::uint64_t view = 0;
  Wanted wanted = Wanted::certificate;
  Digest digest{};  // of a block
};
struct BlockMessage {
  BlockBody block;
};

using Message =
    std::variant<ProposalMessage, VoteMessage, CertificateMessage, AskMessage, BlockMessage>;

[[nodiscard]] Bytes encode_message(const Message& message, std::size_t validators);

/// Exactly one message. A block's payload and justification are those its header commits to
/// (Error::value if not).
[[nodiscard]] Result<Message> parse_message(ByteView bytes, std::size_t validators);

}  // namespace chopmark
