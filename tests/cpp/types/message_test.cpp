// SPDX-License-Identifier: Apache-2.0
#include "types/message.hpp"
#include "hash/sha256.hpp"

#include "base/limits.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

constexpr std::size_t kValidators = 7;

Result<Message> parse(const Bytes& bytes) {
  return parse_message(bytes, kValidators);
}

Bytes encode(const Message& message) {
  return encode_message(message, kValidators);
}

Justification sample_justification() {
  return {sample_certificate(VoteKind::notarize, 1, kValidators),
          {sample_certificate(VoteKind::nullify, 2, kValidators)}};
}

BlockBody block() {
  return sample_block(encode_justification(sample_justification(), kValidators),
                      random_bytes(1, 100));
}

// C-37
BlockBody closing_block() {
  BlockBody block;
  block.justification = encode_justification(sample_justification(), kValidators);
  block.header.closing = true;
  block.header.chain_id = some_digest(1);
  block.header.epoch = 2;
  block.header.view = 9;
  block.header.height = 7;
  block.header.parent_view = 8;
  block.header.parent_digest = some_digest(2);
  block.header.leader = 1;
  block.header.last = some_digest(3);
  block.header.time_ms = 12345;
  block.header.justify_root = sha256(block.justification);
  block.header_bytes = encode_header(block.header);
  block.digest = header_digest(block.header_bytes);
  return block;
}

std::vector<Message> messages() {
  std::vector<Message> all;
  all.emplace_back(ProposalMessage{block()});
  all.emplace_back(BlockMessage{block()});
  all.emplace_back(BlockMessage{sample_block({}, {})});
  for (const VoteKind kind : {VoteKind::notarize, VoteKind::nullify, VoteKind::finalize}) {
    const Certificate one = sample_certificate(kind, 5, kValidators);
    all.emplace_back(VoteMessage{{one.subject, 6, some_signature(1)}});
    all.emplace_back(CertificateMessage{one});
  }
  all.emplace_back(AskMessage{1, 2, Wanted::certificate, {}});
  all.emplace_back(AskMessage{1, 2, Wanted::block, some_digest(3)});
  all.emplace_back(AskMessage{1, 2, Wanted::final_blocks, {}});
  all.emplace_back(BlockMessage{closing_block()});
  all.emplace_back(ProposalMessage{closing_block()});
  all.emplace_back(AmnesiaAskMessage{1, some_digest(4)});
  all.emplace_back(AmnesiaReplyMessage{1, some_digest(4), 2, 1, some_signature(5), {}});
  all.emplace_back(AmnesiaReplyMessage{1, some_digest(4), 2, 6, some_signature(5),
                                       sample_certificate(VoteKind::nullify, 5, kValidators)});
  for (const int kind : {2, 3, 4, 5, 7, 8}) {
    all.emplace_back(EvidenceMessage{
        {static_cast<std::uint8_t>(kind), 3, 1, random_bytes(2, 90), random_bytes(3, 80)}});
  }
  return all;
}

}  // namespace

TEST(message_round_trip) {
  for (const Message& one : messages()) {
    const Bytes bytes = encode(one);
    const Result<Message> back = parse(bytes);
    EXPECT(back.has_value());
    if (!back) continue;
    EXPECT_EQ(back->index(), one.index());
    EXPECT(encode(*back) == bytes);
  }
}

TEST(message_tags) {
  const std::uint8_t expected[] = {0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57};
  for (const Message& one : messages())
    EXPECT_EQ(+encode(one).front(), +expected[one.index()]);
  for (int tag = 0; tag < 256; ++tag) {
    if (tag >= 0x50 && tag <= 0x57) continue;
    Bytes bytes(400);
    bytes[0] = static_cast<std::uint8_t>(tag);
    expect_failure(bytes, Error::tag, parse);
  }
}

TEST(message_truncated_or_trailing) {
  for (const Message& one : messages()) {
    const Bytes bytes = encode(one);
    expect_truncations_refused(bytes, parse);
    expect_trailing_refused(bytes, parse);
  }
}

TEST(message_bit_flips) {
  for (const Message& one : messages()) {
    const Bytes bytes = encode(one);
    EXPECT(expect_flips_exact(bytes, parse, encode) < 8 * bytes.size());
  }
}

TEST(message_block_fields) {
  const BlockBody sent = block();
  const Result<Message> back = parse(encode(ProposalMessage{sent}));
  const auto* proposal = back ? std::get_if<ProposalMessage>(&*back) : nullptr;
  EXPECT(proposal != nullptr);
  if (proposal == nullptr) return;
  EXPECT(proposal->block.header == sent.header);
  EXPECT(proposal->block.header_bytes == sent.header_bytes);
  EXPECT(proposal->block.digest == sent.digest);
  EXPECT(proposal->block.leader_signature == sent.leader_signature);
  EXPECT(proposal->block.justification == sent.justification);
  EXPECT(proposal->block.payload == sent.payload);
}

TEST(message_block_commitments) {
  const Bytes bytes = encode(BlockMessage{block()});
  const std::size_t commitments[] = {1 + 100, 1 + 132, 1 + 244};  // payload root and size, J root
  for (const std::size_t at : commitments) {
    for (std::size_t bit = 0; bit < 32; ++bit)
      expect_failure(with_bit_flipped(bytes, 8 * at + bit), Error::value, parse);
  }
  const std::size_t justification = 1 + Header::kBytes + 4;
  const std::size_t payload = bytes.size() - 100;
  for (std::size_t at = justification; at < bytes.size(); ++at) {
    const bool size = at >= payload - 4 && at < payload;
    if (!size) expect_failure(with_bit_flipped(bytes, 8 * at), Error::value, parse);
  }
}

TEST(message_block_limits) {
  BlockBody large = sample_block({}, Bytes(limits::kPayloadBytesMax, 3));
  EXPECT(parse(encode(BlockMessage{large})).has_value());
  large = sample_block({}, Bytes(limits::kPayloadBytesMax + 1, 3));
  expect_failure(encode(BlockMessage{large}), Error::limit, parse);
  large = sample_block(Bytes(limits::kMessageBytesMax, 3), {});
  expect_failure(encode(BlockMessage{large}), Error::limit, parse);
  Bytes bytes = encode(BlockMessage{sample_block({}, {})});
  bytes[1 + Header::kBytes] = 0xff;
  expect_failure(bytes, Error::limit, parse);
}

TEST(message_header_failures_count_from_the_front) {
  const Bytes bytes = with_bit_flipped(encode(BlockMessage{block()}), 8 * (1 + 136));
  const Result<Message> result = parse(bytes);
  EXPECT(!result && result.failure() == (Failure{Error::value, 1 + 140}));
}

TEST(message_certificate_failures_count_from_the_front) {
  Bytes bytes = encode(CertificateMessage{sample_certificate(VoteKind::nullify, 5, kValidators)});
  bytes.resize(10);
  const Result<Message> result = parse(bytes);
  EXPECT(!result && result.failure() == (Failure{Error::truncated, 10}));
}

TEST(message_vote_refusals) {
  VoteMessage vote{{{VoteKind::notarize, 1, 2, some_digest(1)}, kValidators, {}}};
  expect_failure(encode(vote), Error::value, parse);
  vote.vote.validator = 0;
  Bytes bytes = encode(vote);
  EXPECT(parse(bytes).has_value());
  for (const int kind : {0, 0x0f, 0x13, 0xff}) {
    bytes[1] = static_cast<std::uint8_t>(kind);
    expect_failure(bytes, Error::tag, parse);
  }
}

TEST(message_ask_refusals) {
  Bytes bytes = encode(AskMessage{1, 2, Wanted::certificate, {}});
  for (const int wanted : {0, 4, 255}) {
    bytes.back() = static_cast<std::uint8_t>(wanted);
    expect_failure(bytes, Error::tag, parse);
  }
}

TEST(message_too_long) {
  const Bytes bytes(limits::kMessageBytesMax + 1, 0x51);
  expect_failure(bytes, Error::limit, parse);
}

}  // namespace chopmark::test
