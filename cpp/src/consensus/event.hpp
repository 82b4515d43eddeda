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
  std::uint16_t peer;
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
  ByteView payload;
};
struct CertifiedBlock {
  Digest digest;
  bool ok;
};
struct Pending {
  std::uint32_t count;
};

using Event = std::variant<Tick, MessageReceived, VotesVerified, Signed, Durable, Built,
                           CertifiedBlock, Pending>;

/// All events of a buffer, which they borrow.
[[nodiscard]] Result<std::vector<Event>> parse_events(ByteView bytes);

}  // namespace chopmark::consensus
