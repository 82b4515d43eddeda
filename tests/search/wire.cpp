// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "sim/scheme.hpp"

namespace chopmark::search {
namespace {

using codec::Reader;
using codec::Writer;

constexpr std::size_t kHeaderBytes = 284;
constexpr std::size_t kClosingBytes = 172;

void long_bytes(Writer& out, ByteView bytes) {
  out.u32(static_cast<std::uint32_t>(bytes.size()));
  out.bytes(bytes);
}

Bytes vote_payload(const Digest& chain_id, const Subject& subject) {
  Writer out;
  out.u8(subject.kind);
  out.bytes(chain_id);
  out.u64(subject.epoch);
  out.u64(subject.view);
  if (subject.kind != kNullify) out.bytes(subject.digest);
  return out.take();
}

Bytes sign_vote(const Digest& chain_id, const Subject& subject, std::uint16_t validator) {
  const auto signature = sim::sign(sim::node_key(validator), vote_payload(chain_id, subject));
  return {signature.begin(), signature.end()};
}

void start_header(Writer& out, const Digest& chain_id, const Block& block) {
  out.u8(block.closing ? 0x21 : 0x20);
  out.u8(1);
  out.bytes(chain_id);
  out.u64(block.epoch);
  out.u64(block.view);
  out.u64(block.height);
  out.u64(block.parent_view);
  out.bytes(block.parent);
  out.u16(block.leader);
}

Subject read_subject(Reader& in, std::uint8_t kind) {
  Subject out{kind, in.u64(), in.u64(), {}};
  if (kind != kNullify) out.digest = in.digest();
  return out;
}

/// Header, then what stands between it and the justification (`skipped` bytes), then the rest.
std::optional<Block> read_block(Reader& in, ByteView whole, std::size_t skipped) {
  const std::size_t start = in.offset();
  if (in.remaining() == 0) return std::nullopt;
  Block out;
  out.closing = whole[start] == 0x21;
  const ByteView header = in.bytes(out.closing ? kClosingBytes : kHeaderBytes);
  out.header.assign(header.begin(), header.end());
  out.digest = sha256(header);
  Reader fields(header);
  (void)fields.u16();
  (void)fields.digest();
  out.epoch = fields.u64();
  out.view = fields.u64();
  out.height = fields.u64();
  out.parent_view = fields.u64();
  out.parent = fields.digest();
  out.leader = fields.u16();
  if (out.closing) {
    out.last = fields.digest();
  } else {
    (void)fields.bytes(32 + 4 + 2 + 2 + 32 + 8 + 32);
    out.next_set_hash = fields.digest();
  }
  (void)fields.digest();
  out.time_ms = fields.u64();
  (void)in.bytes(skipped);
  const ByteView justified = in.bytes(in.u32());
  const ByteView payload = in.bytes(in.u32());
  out.justification.assign(justified.begin(), justified.end());
  out.payload.assign(payload.begin(), payload.end());
  if (!in.ok() || !fields.ok()) return std::nullopt;
  return out;
}

}  // namespace

void seal(const Digest& chain_id, Block& block) {
  Writer out;
  start_header(out, chain_id, block);
  const Digest justify_root = sha256(block.justification);
  if (block.closing) {
    out.bytes(block.last);
  } else {
    out.bytes(sha256(block.payload));
    out.u32(static_cast<std::uint32_t>(block.payload.size()));
    out.u16(0);
    out.u16(0);
    out.bytes(Digest{});  // roots and log after the parent: nobody looks at them here
    out.u64(0);
    out.bytes(Digest{});
    out.bytes(block.next_set_hash);
  }
  out.bytes(justify_root);
  out.u64(block.time_ms);
  block.header = out.take();
  block.digest = sha256(block.header);
}

Bytes certificate(const Digest& chain_id, const Subject& subject,
                  const std::vector<std::uint16_t>& signers, std::size_t validators) {
  Writer out;
  out.u8(subject.kind);
  out.u64(subject.epoch);
  out.u64(subject.view);
  if (subject.kind != kNullify) out.bytes(subject.digest);
  Bytes bitmap((validators + 7) / 8, 0);
  for (const std::uint16_t signer : signers)
    bitmap[signer / 8] = static_cast<std::uint8_t>(bitmap[signer / 8] | 1U << signer % 8);
  out.u8(static_cast<std::uint8_t>(bitmap.size()));
  out.bytes(bitmap);
  for (const std::uint16_t signer : signers)
    out.bytes(sign_vote(chain_id, subject, signer));
  return out.take();
}

Bytes justification(const std::optional<Bytes>& parent, const std::vector<Bytes>& nullifications) {
  Writer out;
  out.u8(parent ? 1 : 0);
  if (parent) long_bytes(out, *parent);
  out.u16(static_cast<std::uint16_t>(nullifications.size()));
  for (const Bytes& one : nullifications)
    long_bytes(out, one);
  return out.take();
}

Bytes proposal_message(const Digest& chain_id, const Block& block) {
  Writer out;
  out.u8(0x50);
  out.bytes(block.header);
  out.bytes(sign_vote(chain_id, {kNotarize, block.epoch, block.view, block.digest}, block.leader));
  long_bytes(out, block.justification);
  long_bytes(out, block.payload);
  return out.take();
}

Bytes block_message(const Block& block) {
  Writer out;
  out.u8(0x54);
  out.bytes(block.header);
  long_bytes(out, block.justification);
  long_bytes(out, block.payload);
  return out.take();
}

Bytes vote_message(const Digest& chain_id, const Subject& subject, std::uint16_t validator) {
  Writer out;
  out.u8(0x51);
  out.u8(subject.kind);
  out.u16(validator);
  out.u64(subject.epoch);
  out.u64(subject.view);
  if (subject.kind != kNullify) out.bytes(subject.digest);
  out.bytes(sign_vote(chain_id, subject, validator));
  return out.take();
}

Bytes certificate_message(ByteView certificate) {
  Writer out;
  out.u8(0x52);
  out.bytes(certificate);
  return out.take();
}

Bytes ask_message(std::uint64_t epoch, std::uint64_t number, std::uint8_t what,
                  const Digest* digest) {
  Writer out;
  out.u8(0x53);
  out.u64(epoch);
  out.u64(number);
  out.u8(what);
  if (digest != nullptr) out.bytes(*digest);
  return out.take();
}

Bytes amnesia_ask(std::uint64_t epoch, ByteView nonce) {
  Writer out;
  out.u8(0x55);
  out.u64(epoch);
  out.bytes(nonce);
  return out.take();
}

Bytes amnesia_reply(const Digest& chain_id, std::uint64_t epoch, ByteView nonce,
                    std::uint16_t validator, const Digest& asker, std::uint64_t highest,
                    const std::optional<Bytes>& proof) {
  Writer payload;
  payload.u8(0x13);
  payload.bytes(chain_id);
  payload.u64(epoch);
  payload.bytes(nonce);
  payload.bytes(asker);
  payload.u64(highest);
  Writer out;
  out.u8(0x56);
  out.u64(epoch);
  out.bytes(nonce);
  out.u16(validator);
  out.u64(highest);
  out.bytes(sim::sign(sim::node_key(validator), payload.take()));
  out.u8(proof ? 1 : 0);
  if (proof) long_bytes(out, *proof);
  return out.take();
}

Bytes encode_set(const std::vector<Digest>& keys) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(keys.size()));
  for (const Digest& key : keys)
    out.bytes(key);
  return out.take();
}

Digest set_hash(const std::vector<Digest>& keys) {
  Writer out;
  out.u8(0x41);
  out.bytes(encode_set(keys));
  return sha256(out.take());
}

std::optional<Said> said(ByteView message) {
  if (message.empty()) return std::nullopt;
  Reader in(message);
  const std::uint8_t tag = in.u8();
  if (tag == 0x50) {
    std::optional<Block> block = read_block(in, message, 64);
    if (!block) return std::nullopt;
    const Subject subject{kNotarize, block->epoch, block->view, block->digest};
    return Said{subject, std::move(block)};
  }
  if (tag != 0x51) return std::nullopt;
  const std::uint8_t kind = in.u8();
  (void)in.u16();
  const Subject subject = read_subject(in, kind);
  if (!in.ok()) return std::nullopt;
  return Said{subject, std::nullopt};
}

std::vector<Seen> seen_in(ByteView justification) {
  Reader in(justification);
  std::vector<Seen> out;
  const auto read = [&] {
    Reader one(in.bytes(in.u32()));
    const std::uint8_t kind = one.u8();
    Seen seen{read_subject(one, kind), 0};
    const ByteView bitmap = one.bytes(one.u8());
    for (std::size_t i = 0; i < bitmap.size(); ++i)
      seen.signers |= std::uint32_t{bitmap[i]} << (8 * i);
    out.push_back(seen);
  };
  if (in.u8() == 1) read();
  for (std::size_t left = in.u16(); left != 0 && in.ok(); --left)
    read();
  return out;
}

std::optional<Block> block_in(ByteView message) {
  if (message.empty()) return std::nullopt;
  Reader in(message);
  const std::uint8_t tag = in.u8();
  if (tag == 0x50) return read_block(in, message, 64);
  if (tag == 0x54) return read_block(in, message, 0);
  return std::nullopt;
}

}  // namespace chopmark::search
