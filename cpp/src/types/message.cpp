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
  Writer out(128 + block.header_bytes.size() + block.justification.size() + block.payload.size());
  out.u8(tag);
  out.bytes(block.header_bytes);
  if (tag == tags::kMessageProposal) out.bytes(block.leader_signature);
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

BlockBody read_block(Reader& in, ByteView message) {
  BlockBody out;
  const std::size_t start = in.offset();
  const bool closing = start < message.size() && message[start] == tags::kClosingHeader;
  const ByteView head = in.bytes(closing ? Header::kClosingBytes : Header::kBytes);
  if (!in.ok()) return out;
  const Result<Header> header = parse_any_header(head);
  if (!header) {
    in.fail_at(header.failure().error, start + header.failure().offset);
    return out;
  }
  out.header = *header;
  out.header_bytes.assign(head.begin(), head.end());
  out.digest = header_digest(head);
  if (message[0] == tags::kMessageProposal) read_signature(in, out.leader_signature);
  out.justification = read_sized(in, limits::kJustificationBytesMax);
  in.expect(!in.ok() || sha256(out.justification) == out.header.justify_root, Error::value);
  out.payload = read_sized(in, limits::kPayloadBytesMax);
  const bool fits = closing ? out.payload.empty()
                            : out.header.payload_len == out.payload.size() &&
                                  sha256(out.payload) == out.header.payload_root;
  in.expect(!in.ok() || fits, Error::value);
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
  out.number = in.u64();
  const std::uint8_t what = in.u8();
  in.expect(what >= 1 && what <= 3, Error::tag);
  out.wanted = static_cast<Wanted>(what);
  if (out.wanted == Wanted::block) out.digest = in.digest();
  return out;
}

AmnesiaAskMessage read_amnesia_ask(Reader& in) {
  AmnesiaAskMessage out;
  out.epoch = in.u64();
  out.nonce = in.digest();
  return out;
}

AmnesiaReplyMessage read_amnesia_reply(Reader& in, std::size_t validators) {
  AmnesiaReplyMessage out;
  out.epoch = in.u64();
  out.nonce = in.digest();
  out.validator = in.u16();
  in.expect(out.validator < validators, Error::value);
  out.highest = in.u64();
  read_signature(in, out.signature);
  const std::uint8_t kind = in.u8();
  in.expect(kind <= 1, Error::tag);
  if (!in.ok() || kind == 0) return out;
  Result<Certificate> proof = read_sized_certificate(in, validators);
  if (proof) out.proof = std::move(*proof);
  return out;
}

Evidence read_evidence(Reader& in) {
  Evidence out;
  out.kind = in.u8();
  in.expect(out.kind >= 2 && out.kind <= 8 && out.kind != 6, Error::tag);
  out.culprit = in.u16();
  out.epoch = in.u64();
  out.first = read_sized(in, limits::kEvidencePartBytesMax);
  out.second = read_sized(in, limits::kEvidencePartBytesMax);
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
    out.u64(m.number);
    out.u8(static_cast<std::uint8_t>(m.wanted));
    if (m.wanted == Wanted::block) out.bytes(m.digest);
    return out.take();
  }
  Bytes operator()(const AmnesiaAskMessage& m) const {
    Writer out;
    out.u8(tags::kMessageAmnesiaAsk);
    out.u64(m.epoch);
    out.bytes(m.nonce);
    return out.take();
  }
  Bytes operator()(const AmnesiaReplyMessage& m) const {
    Writer out;
    out.u8(tags::kMessageAmnesiaReply);
    out.u64(m.epoch);
    out.bytes(m.nonce);
    out.u16(m.validator);
    out.u64(m.highest);
    out.bytes(m.signature);
    out.u8(m.proof ? 1 : 0);
    if (m.proof) write_sized(out, encode_certificate(*m.proof, validators));
    return out.take();
  }
  Bytes operator()(const EvidenceMessage& m) const {
    Bytes out(1, tags::kMessageEvidence);
    append(out, encode_evidence(m.evidence));
    return out;
  }
};

Message read_message(Reader& in, ByteView message, std::size_t validators) {
  const std::uint8_t tag = message[0];
  if (tag == tags::kMessageProposal) return ProposalMessage{read_block(in, message)};
  if (tag == tags::kMessageBlock) return BlockMessage{read_block(in, message)};
  if (tag == tags::kMessageVote) return read_vote(in, validators);
  if (tag == tags::kMessageAsk) return read_ask(in);
  if (tag == tags::kMessageAmnesiaAsk) return read_amnesia_ask(in);
  if (tag == tags::kMessageAmnesiaReply) return read_amnesia_reply(in, validators);
  if (tag == tags::kMessageEvidence) return EvidenceMessage{read_evidence(in)};
  in.fail(Error::tag);
  return AskMessage{};
}

}  // namespace

Bytes encode_message(const Message& message, std::size_t validators) {
  return std::visit(Encoder{validators}, message);
}

Bytes amnesia_reply_payload(const Digest& chain_id, std::uint64_t epoch, const Digest& nonce,
                            const Digest& asker_key, std::uint64_t highest) {
  Writer out;
  out.u8(tags::kAmnesiaReply);
  out.bytes(chain_id);
  out.u64(epoch);
  out.bytes(nonce);
  out.bytes(asker_key);
  out.u64(highest);
  return out.take();
}

Bytes encode_evidence(const Evidence& evidence) {
  Writer out;
  out.u8(evidence.kind);
  out.u16(evidence.culprit);
  out.u64(evidence.epoch);
  write_sized(out, evidence.first);
  write_sized(out, evidence.second);
  return out.take();
}

Result<Evidence> parse_evidence(ByteView bytes) {
  Reader in(bytes);
  Evidence evidence = read_evidence(in);
  in.finish();
  if (!in.ok()) return in.failure();
  return evidence;
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
  Message message = read_message(in, bytes, validators);
  in.finish();
  if (!in.ok()) return in.failure();
  return message;
}

}  // namespace chopmark
