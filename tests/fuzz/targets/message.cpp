// SPDX-License-Identifier: Apache-2.0
// parse_message (C-43). An input is the number of validators, then the message. One that carries a
// block is read twice: as it is, and with a header that commits to what follows it.
#include <cstring>

#include "base/endian.hpp"
#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "types/samples.hpp"
#include "types/tags.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::size_t kValidators = 7;

Bytes seed(const Message& message) {
  Bytes out{kValidators - 1};
  append(out, encode_message(message, kValidators));
  return out;
}

void read(ByteView bytes, std::size_t validators) {
  // Copies of everything that has a length, and vectors that grow by doubling.
  const auto parsed = [&] {
    const Allowance allowance(bytes.size());
    return parse_message(bytes, validators);
  }();
  if (parsed) {
    REQUIRE(std::ranges::equal(encode_message(*parsed, validators), bytes));
  } else {
    REQUIRE(parsed.failure().offset <= bytes.size());
  }
}

/// The header's commitments set to what follows, as far as lengths can be followed.
Bytes repaired(ByteView bytes) {
  constexpr std::size_t kPayloadRoot = 1 + 2 + 32 + 4 * 8 + 32 + 2;
  Bytes out(bytes.begin(), bytes.end());
  const bool closing = out.size() > 1 && out[1] == tags::kClosingHeader;
  const std::size_t header = closing ? Header::kClosingBytes : Header::kBytes;
  const std::size_t signature = out[0] == tags::kMessageProposal ? 64 : 0;
  const std::size_t at = 1 + header + signature;  // length of the justification
  if (out.size() < at + 8) return out;
  const std::size_t room = out.size() - at - 8;
  const std::size_t size = closing ? room : load_be<std::uint32_t>(out.data() + at) % (room + 1);
  store_be(out.data() + at, static_cast<std::uint32_t>(size));
  const ByteView justification = ByteView(out).subspan(at + 4, size);
  const std::size_t payload_at = at + 4 + size;
  store_be(out.data() + payload_at, static_cast<std::uint32_t>(room - size));
  const ByteView payload = ByteView(out).subspan(payload_at + 4);
  const Digest payload_root = sha256(payload);
  const Digest justify_root = sha256(justification);
  std::copy(justify_root.begin(), justify_root.end(), out.data() + 1 + header - 8 - 32);
  if (closing) return out;
  std::copy(payload_root.begin(), payload_root.end(), out.data() + kPayloadRoot);
  store_be(out.data() + kPayloadRoot + 32, static_cast<std::uint32_t>(payload.size()));
  return out;
}

/// A block that stands above the last one of an epoch.
BlockBody closing_block(const Bytes& justification) {
  BlockBody block = test::sample_block(justification, {});
  block.header.closing = true;
  block.header_bytes = encode_header(block.header);
  return block;
}

}  // namespace

std::vector<Bytes> seeds() {
  using test::some_digest;
  using test::some_signature;
  const Bytes payload = encode_payload({});
  const BlockBody block = test::sample_block(
      encode_justification({test::sample_certificate(VoteKind::notarize, 3, kValidators),
                            {test::sample_certificate(VoteKind::nullify, 4, kValidators)}},
                           kValidators),
      payload);
  return {seed(ProposalMessage{block}),
          seed(BlockMessage{test::sample_block({}, {})}),
          seed(VoteMessage{{{VoteKind::notarize, 1, 2, some_digest(1)}, 3, some_signature(1)}}),
          seed(VoteMessage{{{VoteKind::nullify, 1, 2, {}}, 6, some_signature(2)}}),
          seed(VoteMessage{{{VoteKind::finalize, 1, 2, some_digest(2)}, 0, some_signature(3)}}),
          seed(CertificateMessage{test::sample_certificate(VoteKind::finalize, 5, kValidators)}),
          seed(CertificateMessage{test::sample_certificate(VoteKind::nullify, 5, kValidators, 7)}),
          seed(AskMessage{1, 2, Wanted::certificate, {}}),
          seed(AskMessage{1, 2, Wanted::block, some_digest(4)}),
          seed(AskMessage{1, 2, Wanted::final_blocks, {}}),
          seed(ProposalMessage{closing_block(block.justification)}),
          seed(BlockMessage{closing_block({})}),
          seed(AmnesiaAskMessage{1, some_digest(5)}),
          seed(AmnesiaReplyMessage{1, some_digest(5), 6, 1, some_signature(6), {}}),
          seed(AmnesiaReplyMessage{1, some_digest(5), 0, 9, some_signature(6),
                                   test::sample_certificate(VoteKind::nullify, 8, kValidators)}),
          seed(EvidenceMessage{{3, 2, 1, test::random_bytes(7, 40), test::random_bytes(8, 9)}})};
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  if (size < 2) return 0;
  const std::size_t validators = 1 + data[0] % limits::kValidatorsMax;
  const ByteView bytes(data + 1, size - 1);
  fuzz::read(bytes, validators);
  if (bytes[0] == 0x50 || bytes[0] == 0x54) fuzz::read(fuzz::repaired(bytes), validators);
  return 0;
}
