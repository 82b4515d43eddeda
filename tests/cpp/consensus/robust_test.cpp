// SPDX-License-Identifier: Apache-2.0
// A replica takes whatever bytes come: it refuses events that are none, counts messages that are
// none, and answers with well-formed effects.
#include "consensus/frames.hpp"
#include "consensus/replica.hpp"

namespace chopmark::test {
namespace {

using namespace consensus;

constexpr std::size_t kValidators = 4;

std::vector<Message> messages(const Config& config) {
  const Digest chain = config.chain_id;
  BlockBody block = sample_block(encode_justification({}, kValidators), from_hex("00000000"));
  block.header.chain_id = chain;
  block.header.epoch = 1;
  block.header.view = 1;
  block.header.height = 1;
  block.header.parent_view = 0;
  block.header.parent_digest = chain;
  block.header.leader = leader_order(leader_seed(chain), kValidators)[0];
  block.header.time_ms = config.genesis_time_ms + 1;
  block.header_bytes = encode_header(block.header);
  block.digest = header_digest(block.header_bytes);
  const VoteSubject subject{VoteKind::notarize, 1, 1, block.digest};
  std::vector<Message> all{ProposalMessage{block}, BlockMessage{block}};
  all.emplace_back(VoteMessage{{subject, 1, some_signature(1)}});
  all.emplace_back(VoteMessage{{{VoteKind::nullify, 1, 1, {}}, 1, some_signature(2)}});
  Certificate certificate = sample_certificate(VoteKind::notarize, 1, kValidators);
  certificate.subject = subject;
  all.emplace_back(CertificateMessage{certificate});
  all.emplace_back(CertificateMessage{sample_certificate(VoteKind::nullify, 1, kValidators)});
  all.emplace_back(AskMessage{1, 1, Wanted::certificate, {}});
  all.emplace_back(AskMessage{1, 1, Wanted::block, block.digest});
  all.emplace_back(AskMessage{1, 1, Wanted::final_blocks, {}});
  all.emplace_back(AmnesiaAskMessage{1, some_digest(7)});
  all.emplace_back(AmnesiaReplyMessage{1, some_digest(7), 1, 1, some_signature(3), {}});
  all.emplace_back(EvidenceMessage{{3, 1, 1, from_hex("51"), from_hex("51")}});
  return all;
}

std::vector<Bytes> event_buffers(const Config& config) {
  std::vector<Bytes> all;
  for (const Message& message : messages(config)) {
    const Bytes bytes = encode_message(message, kValidators);
    for (std::uint16_t peer = 1; peer <= 3; ++peer)
      all.push_back(encode_event(MessageReceived{peer, bytes}));
  }
  const Bytes verdicts(3, 1);
  const Bytes payload(4);
  all.push_back(encode_event(Tick{10, 2000}));
  all.push_back(encode_event(VotesVerified{1, verdicts}));
  all.push_back(encode_event(Signed{1, some_signature(1)}));
  all.push_back(encode_event(Durable{1}));
  all.push_back(encode_event(Built{1, some_digest(1), 0, some_digest(2), {}, payload}));
  all.push_back(encode_event(CertifiedBlock{some_digest(1), true, {}}));
  all.push_back(encode_event(Pending{1}));
  all.push_back(encode_event(Stored{1}));
  all.push_back(encode_event(Link{5, some_digest(8)}));
  all.push_back(encode_event(Unsigned{1}));
  return all;
}

void expect_effects(const Bytes& effects) {
  for (const Frame& one : frames_of(effects))
    EXPECT(one.kind >= 0x81 && one.kind <= 0x8b);
}

/// The effects of a step, or nothing if the events are refused.
Bytes stepped(Replica& replica, const Bytes& events) {
  Bytes effects;
  if (!replica.step(events, effects)) return {};
  expect_effects(effects);
  return effects;
}

Replica started(const Config& config) {
  Replica replica(config);
  EXPECT(!stepped(replica, encode_events({Tick{1, 2000}, Pending{1}})).empty());
  return replica;
}

}  // namespace

TEST(replica_takes_sample_messages) {
  const Config config = sample_config(0, kValidators);
  Replica replica = started(config);
  for (const Message& message : messages(config)) {
    const Bytes bytes = encode_message(message, kValidators);
    EXPECT(parse_message(bytes, kValidators).has_value());
    Bytes effects;
    EXPECT(replica.step(encode_event(MessageReceived{1, bytes}), effects).has_value());
  }
  EXPECT_EQ(replica.counters().malformed, 0U);
}

TEST(replica_counts_malformed_messages) {
  const Config config = sample_config(0, kValidators);
  Replica replica = started(config);
  std::uint64_t expected = 0;
  for (const Message& message : messages(config)) {
    const Bytes bytes = encode_message(message, kValidators);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      Bytes effects;
      const MessageReceived event{1, ByteView(bytes).first(size)};
      EXPECT(replica.step(encode_event(event), effects).has_value());
      EXPECT_EQ(replica.counters().malformed, ++expected);
    }
  }
}

TEST(replica_survives_every_bit_flip_of_one_event) {
  const Config config = sample_config(0, kValidators);
  const Replica fresh = started(config);
  for (const Bytes& events : event_buffers(config)) {
    for (std::size_t bit = 0; bit < 8 * events.size(); ++bit) {
      Replica replica = fresh;
      stepped(replica, with_bit_flipped(events, bit));
      EXPECT_EQ(replica.last_final().height, 0U);
    }
  }
}

TEST(replica_survives_bit_flips_in_a_row) {
  for (const std::uint16_t index : {std::uint16_t{0}, std::uint16_t{2}, kObserver}) {
    const Config config = sample_config(index, kValidators);
    Replica replica = started(config);
    Replica twin = started(config);
    std::uint64_t now = 1;
    for (const Bytes& events : event_buffers(config)) {
      for (std::size_t bit = 0; bit < 8 * events.size(); bit += 3) {
        const Bytes changed = with_bit_flipped(events, bit);
        EXPECT(stepped(replica, changed) == stepped(twin, changed));
        if (bit % 64 != 0) continue;
        const Bytes tick = encode_event(Tick{now += 50, 2000 + now});
        EXPECT(stepped(replica, tick) == stepped(twin, tick));
      }
    }
    EXPECT_EQ(replica.view(), twin.view());
    EXPECT_EQ(replica.last_final().height, 0U);
  }
}

TEST(replica_refuses_truncated_events) {
  const Config config = sample_config(0, kValidators);
  Replica replica = started(config);
  for (const Bytes& events : event_buffers(config)) {
    for (std::size_t size = 1; size < events.size(); ++size) {
      Bytes effects;
      const auto result = replica.step(ByteView(events).first(size), effects);
      EXPECT(!result && result.failure().error == Error::truncated);
      EXPECT(effects.empty());
    }
  }
}

TEST(replica_refuses_answers_to_nothing) {
  const Config config = sample_config(kObserver, kValidators);
  const Replica fresh = started(config);
  const Bytes verdicts(3, 1);
  const std::vector<Event> answers{VotesVerified{77, verdicts},
                                   Signed{77, some_signature(1)},
                                   Durable{77},
                                   Built{77, some_digest(1), 0, some_digest(2), {}, verdicts},
                                   Unsigned{77},
                                   MessageReceived{kValidators, verdicts}};
  for (const Event& event : answers) {
    Replica replica = fresh;
    Bytes effects;
    EXPECT(!replica.step(encode_event(event), effects));
  }
}

}  // namespace chopmark::test
