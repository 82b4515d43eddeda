// SPDX-License-Identifier: Apache-2.0
#include "types/vote.hpp"

#include "base/limits.hpp"
#include "codec/writer.hpp"

namespace chopmark {
namespace {

using codec::Reader;
using codec::Writer;

constexpr std::size_t kCertificateBytesMax = 64 + 32 + 64 * limits::kValidatorsMax;

void write_subject(Writer& out, const VoteSubject& subject) {
  out.u64(subject.epoch);
  out.u64(subject.view);
  if (subject.kind != VoteKind::nullify) out.bytes(subject.digest);
}

}  // namespace

Bytes vote_payload(const Digest& chain_id, const VoteSubject& subject) {
  Writer out;
  out.u8(static_cast<std::uint8_t>(subject.kind));
  out.bytes(chain_id);
  write_subject(out, subject);
  return out.take();
}

VoteSubject read_subject_after(Reader& in, std::uint8_t kind) {
  VoteSubject subject;
  subject.kind = static_cast<VoteKind>(kind);
  subject.epoch = in.u64();
  subject.view = in.u64();
  if (subject.kind != VoteKind::nullify) subject.digest = in.digest();
  return subject;
}

Bytes encode_certificate(const Certificate& certificate, std::size_t validators) {
  Writer out(64 + validators / 8 + 64 * certificate.signatures.size());
  out.u8(static_cast<std::uint8_t>(certificate.subject.kind));
  write_subject(out, certificate.subject);
  Bytes bitmap((validators + 7) / 8);
  for (const std::uint16_t signer : certificate.signers) {
    bitmap[signer / 8] = static_cast<std::uint8_t>(bitmap[signer / 8] | 1U << signer % 8);
  }
  out.u8(static_cast<std::uint8_t>(bitmap.size()));
  out.bytes(bitmap);
  for (const Signature& signature : certificate.signatures)
    out.bytes(signature);
  return out.take();
}

Result<Certificate> parse_certificate(ByteView bytes, std::size_t validators) {
  Reader in(bytes);
  Certificate out;
  const std::uint8_t kind = in.u8();
  in.expect(kind >= 0x10 && kind <= 0x12, Error::tag);
  if (!in.ok()) return in.failure();
  out.subject = read_subject_after(in, kind);
  const std::size_t bitmap_size = in.u8();
  in.expect(bitmap_size == (validators + 7) / 8, Error::limit);
  const ByteView bitmap = in.bytes(in.ok() ? bitmap_size : 0);
  if (!in.ok()) return in.failure();
  for (std::size_t i = 0; i < 8 * bitmap_size; ++i) {
    if (((bitmap[i / 8] >> (i % 8)) & 1) == 0) continue;
    in.expect(i < validators, Error::value);
    out.signers.push_back(static_cast<std::uint16_t>(i));
  }
  in.expect(out.signers.size() >= quorum(validators), Error::limit);
  for (std::size_t i = 0; i < out.signers.size() && in.ok(); ++i) {
    const ByteView signature = in.bytes(64);
    if (!in.ok()) break;
    std::copy(signature.begin(), signature.end(), out.signatures.emplace_back().begin());
  }
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

Result<Certificate> read_sized_certificate(Reader& in, std::size_t validators) {
  const std::size_t size = in.u32();
  in.expect(size <= kCertificateBytesMax, Error::limit);
  const std::size_t start = in.offset();
  const ByteView bytes = in.bytes(size);
  if (!in.ok()) return in.failure();
  Result<Certificate> certificate = parse_certificate(bytes, validators);
  if (!certificate) {
    in.fail_at(certificate.failure().error, start + certificate.failure().offset);
    return in.failure();
  }
  return certificate;
}

Bytes encode_justification(const Justification& justification, std::size_t validators) {
  Writer out;
  const auto put = [&](const Certificate& certificate) {
    const Bytes bytes = encode_certificate(certificate, validators);
    out.u32(static_cast<std::uint32_t>(bytes.size()));
    out.bytes(bytes);
  };
  out.u8(justification.parent ? 1 : 0);
  if (justification.parent) put(*justification.parent);
  out.u16(static_cast<std::uint16_t>(justification.nullifications.size()));
  for (const Certificate& one : justification.nullifications)
    put(one);
  return out.take();
}

Result<Justification> parse_justification(ByteView bytes, std::size_t validators) {
  Reader in(bytes);
  Justification out;
  const std::uint8_t kind = in.u8();
  in.expect(kind <= 1, Error::tag);
  if (in.ok() && kind == 1) {
    Result<Certificate> parent = read_sized_certificate(in, validators);
    if (!parent) return in.failure();
    in.expect(parent->subject.kind != VoteKind::nullify, Error::tag);
    out.parent = std::move(*parent);
  }
  const std::size_t count = in.u16();
  in.expect(count <= limits::kJustifyMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Result<Certificate> one = read_sized_certificate(in, validators);
    if (!one) return in.failure();
    in.expect(one->subject.kind == VoteKind::nullify, Error::tag);
    in.expect(i == 0 || one->subject.view == out.nullifications.back().subject.view + 1,
              Error::order);
    out.nullifications.push_back(std::move(*one));
  }
  in.finish();
  if (!in.ok()) return in.failure();
  return out;
}

}  // namespace chopmark
