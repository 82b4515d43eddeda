// SPDX-License-Identifier: Apache-2.0
// What can happen to a replica (docs/spec/consensus.md B-20). Floor: consensus.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "types/vote.hpp"

namespace chopmark::consensus {

struct Tick {
  std::uint64_t mono_ms, wall_ms;
};
struct MessageReceived {
  std::uint16_t link;
  ByteView bytes;
};
struct VotesVerified {
  std::uint64_t request;
  ByteView verdicts;
};
struct Signed {
  std::uint64_t request;
  Signature signature;
};
struct Durable {
  std::uint64_t seq;
};
struct Built {
  std::uint64_t request;
  Digest state_root;
  std::uint64_t log_size;
  Digest log_root;
  ByteView next_set;  // a valid set, perhaps empty
  ByteView payload;
};
struct CertifiedBlock {
  Digest digest;
  bool ok;
  ByteView next_set;  // a valid set, perhaps empty
};
struct Pending {
  std::uint32_t count;
};
struct Stored {
  std::uint64_t height;
};
struct Link {
  std::uint16_t link;
  Digest public_key;
};
struct Unsigned {
  std::uint64_t request;
};
struct PositionReached {
  ByteView position;  // valid
};

using Event = std::variant<Tick, MessageReceived, VotesVerified, Signed, Durable, Built,
                           CertifiedBlock, Pending, Stored, Link, Unsigned, PositionReached>;

/// Appends all events of a buffer, which they borrow. Error::tag for an unknown kind.
[[nodiscard]] Result<bool> parse_events(ByteView bytes, std::vector<Event>& out);

}  // namespace chopmark::consensus
