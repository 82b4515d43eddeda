// SPDX-License-Identifier: Apache-2.0
#include "types/position.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "codec/writer.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark {

using codec::Reader;
using codec::Writer;

Bytes encode_validator_set(const ValidatorSet& set) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(set.size()));
  for (const Digest& key : set)
    out.bytes(key);
  return out.take();
}

ValidatorSet read_validator_set(Reader& in) {
  const std::size_t count = in.u8();
  in.expect(count <= limits::kValidatorsMax, Error::limit);
  ValidatorSet set;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Digest key = in.digest();
    in.expect(std::ranges::find(set, key) == set.end(), Error::order);
    set.push_back(key);
  }
  return in.ok() ? set : ValidatorSet{};
}

Digest validator_set_hash(const ValidatorSet& set) {
  Bytes bytes(1, tags::kValidatorSet);
  append(bytes, encode_validator_set(set));
  return sha256(bytes);
}

Bytes encode_position(const Position& position) {
  Writer out;
  out.u8(tags::kPosition);
  out.u8(tags::kVersion);
  out.u64(position.epoch);
  out.u64(position.anchor_height);
  out.bytes(position.anchor_digest);
  out.u64(position.anchor_time_ms);
  out.u8(position.anchor_records ? 1 : 0);
  out.bytes(encode_validator_set(position.set));
  out.u8(position.final ? 1 : 0);
  if (position.final) {
    out.bytes(encode_header(position.final->header));
    const Bytes certificate = encode_certificate(position.final->certificate, position.set.size());
    out.u32(static_cast<std::uint32_t>(certificate.size()));
    out.bytes(certificate);
  }
  return out.take();
}

namespace {

void read_final(Reader& in, Position& out) {
  const std::size_t start = in.offset();
  const ByteView head = in.bytes(Header::kBytes);
  if (!in.ok()) return;
  const Result<Header> header = parse_header(head);
  if (!header) {
    in.fail_at(header.failure().error, start + header.failure().offset);
    return;
  }
  const Result<Certificate> certificate = read_sized_certificate(in, out.set.size());
  if (!certificate) return;
  const VoteSubject subject{VoteKind::finalize, out.epoch, header->view, header_digest(head)};
  in.expect(certificate->subject == subject && header->epoch == out.epoch, Error::value);
  out.final = Position::Final{*header, *certificate};
}

}  // namespace

Result<Position> parse_position(ByteView bytes) {
  Reader in(bytes);
  in.expect(in.u8() == tags::kPosition || !in.ok(), Error::tag);
  in.expect(in.u8() == tags::kVersion || !in.ok(), Error::version);
  Position out;
  out.epoch = in.u64();
  in.expect(out.epoch != 0, Error::value);
  out.anchor_height = in.u64();
  out.anchor_digest = in.digest();
  out.anchor_time_ms = in.u64();
  const std::uint8_t records = in.u8();
  in.expect(records <= 1, Error::tag);
  out.anchor_records = records == 1;
  out.set = read_validator_set(in);
  in.expect(!in.ok() || !out.set.empty(), Error::limit);
  const std::uint8_t final = in.u8();
  in.expect(final <= 1, Error::tag);
  if (in.ok() && final == 1) read_final(in, out);
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

}  // namespace chopmark
