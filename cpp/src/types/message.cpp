// SPDX-License-Identifier: Apache-2.0
#include "types/message.hpp"

#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;
using codec::Writer;

void write_sized(Writer& out, ByteView bytes) {
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  out.bytes(bytes);
}

Bytes encode_block(std::uint8_t tag, const BlockBody& block) {
  Writer out;
  out.u8(tag);
  out.bytes(block.header_bytes);
  out.bytes(block.leader_signature);
  write_sized(out, block.justification);
  write_sized(out, block.payload);
  return out.take();
}

void read_signature(Reader& in, Signature& out) {
  const ByteView bytes = in.bytes(out.size());
  if (in.ok()) std::copy(bytes.begin(), bytes.end(), out.begin());
}

Bytes read_sized(Reader& in, std::size_t max) {
  const std::size_t size = in.u32();
  in.expect(size <= max, Error::limit);
  const ByteView bytes = in.bytes(in.ok() ? size : 0);
  return {bytes.begin(), bytes.end()};
}

BlockBody read_block(Reader& in) {
  BlockBody out;
  const std::size_t start = in.offset();
  const ByteView head = in.bytes(Header::kBytes);
  if (!in.ok()) return out;
  const Result<Header> header = parse_header(head);
  if (!header) {
    in.fail_at(header.failure().error, start + header.failure().offset);
    return out;
  }
  out.header = *header;
  out.header_bytes.assign(head.begin(), head.end());
  out.digest = header_digest(head);
  read_signature(in, out.leader_signature);
  out.justification = read_sized(in, limits::kMessageBytesMax);
  in.expect(!in.ok() || sha256(out.justification) == out.header.justify_root, Error::value);
  out.payload = read_sized(in, limits::kPayloadBytesMax);
  in.expect(!in.ok() || (out.header.payload_len == out.payload.size() &&
                         sha256(out.payload) == out.header.payload_root),
            Error::value);
  return out;
}

VoteMessage read_vote(Reader& in, std::size_t validators) {
  VoteMessage out;
  const std::uint8_t kind = in.u8();
  in.expect(kind >= 0x10 && kind <= 0x12, Error::tag);
  if (!in.ok()) return out;
  out.vote.validator = in.u16();
  in.expect(out.vote.validator < validators, Error::value);
  out.vote.subject = read_subject_after(in, kind);
  read_signature(in, out.vote.signature);
  return out;
}

AskMessage read_ask(Reader& in) {
  AskMessage out;
  out.epoch = in.u64();
  out.view = in.u64();
  const std::uint8_t what = in.u8();
  in.expect(what == 1 || what == 2, Error::tag);
  out.wanted = static_cast<Wanted>(what);
  if (out.wanted == Wanted::block) out.digest = in.digest();
  return out;
}

struct Encoder {
  std::size_t validators;

  Bytes operator()(const ProposalMessage& m) const {
    return encode_block(tags::kMessageProposal, m.block);
  }
  Bytes operator()(const BlockMessage& m) const {
    return encode_block(tags::kMessageBlock, m.block);
  }
  Bytes operator()(const VoteMessage& m) const {
    Writer out;
    out.u8(tags::kMessageVote);
    out.u8(static_cast<std::uint8_t>(m.vote.subject.kind));
    out.u16(m.vote.validator);
    out.u64(m.vote.subject.epoch);
    out.u64(m.vote.subject.view);
    if (m.vote.subject.kind != VoteKind::nullify) out.bytes(m.vote.subject.digest);
    out.bytes(m.vote.signature);
    return out.take();
  }
  Bytes operator()(const CertificateMessage& m) const {
    Bytes out(1, tags::kMessageCertificate);
    append(out, encode_certificate(m.certificate, validators));
    return out;
  }
  Bytes operator()(const AskMessage& m) const {
    Writer out;
    out.u8(tags::kMessageAsk);
    out.u64(m.epoch);
    out.u64(m.view);
    out.u8(static_cast<std::uint8_t>(m.wanted));
    if (m.wanted == Wanted::block) out.bytes(m.digest);
    return out.take();
  }
};

Message read_message(Reader& in, std::uint8_t tag, std::size_t validators) {
  if (tag == tags::kMessageProposal) return ProposalMessage{read_block(in)};
  if (tag == tags::kMessageBlock) return BlockMessage{read_block(in)};
  if (tag == tags::kMessageVote) return read_vote(in, validators);
  if (tag == tags::kMessageAsk) return read_ask(in);
  in.fail(Error::tag);
  return AskMessage{};
}

}  // namespace

Bytes encode_message(const Message& message, std::size_t validators) {
  return std::visit(Encoder{validators}, message);
}

Result<Message> parse_message(ByteView bytes, std::size_t validators) {
  Reader in(bytes);
  in.expect(bytes.size() <= limits::kMessageBytesMax, Error::limit);
  const std::uint8_t tag = in.u8();
  if (in.ok() && tag == tags::kMessageCertificate) {
    Result<Certificate> certificate = parse_certificate(bytes.subspan(1), validators);
    if (certificate) return Message{CertificateMessage{std::move(*certificate)}};
    return Failure{certificate.failure().error, certificate.failure().offset + 1};
  }
  if (!in.ok()) return in.failure();
  Message message = read_message(in, tag, validators);
  in.finish();
  if (!in.ok()) return in.failure();
  return message;
}

}  // namespace chopmark
