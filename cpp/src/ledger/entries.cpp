// SPDX-License-Identifier: Apache-2.0
#include "ledger/entries.hpp"

#include "base/check.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "hash/blake3.hpp"

namespace chopmark::ledger {
namespace {

constexpr std::uint8_t kValueVersion = 1;
constexpr std::uint8_t kKindMember = 1;
constexpr std::uint8_t kKindRecord = 2;
constexpr std::uint8_t kKindAttestation = 3;
constexpr std::uint8_t kStatusActive = 1;
constexpr std::uint8_t kStatusWithdrawn = 2;

}  // namespace

Digest member_key(std::uint32_t member) noexcept {
  std::array<std::uint8_t, 5> bytes{kKindMember};
  store_be(bytes.data() + 1, member);
  return blake3(bytes);
}

Digest record_key(const Digest& record_id) noexcept {
  std::array<std::uint8_t, 33> bytes{kKindRecord};
  std::copy(record_id.begin(), record_id.end(), bytes.begin() + 1);
  return blake3(bytes);
}

Digest attestation_key(std::uint32_t signer, const AttestOperation& op) noexcept {
  std::array<std::uint8_t, 42> bytes{kKindAttestation};
  store_be(bytes.data() + 1, signer);
  std::copy(op.target.begin(), op.target.end(), bytes.begin() + 5);
  store_be(bytes.data() + 37, op.version);
  bytes[41] = op.claim;
  return blake3(bytes);
}

Bytes encode_member(ByteView genesis_encoding) {
  codec::Writer out;
  out.u8(kValueVersion);
  out.u8(kStatusActive);
  out.bytes(genesis_encoding);
  return out.take();
}

Bytes RecordEntry::encode() const {
  codec::Writer out;
  out.u8(kValueVersion);
  out.u8(withdrawn ? kStatusWithdrawn : kStatusActive);
  out.u32(controller);
  out.u16(field);
  out.u16(schema);
  out.u32(version);
  out.bytes(commitment);
  out.u8(static_cast<std::uint8_t>(refs.size() / 32));
  out.bytes(refs);
  return out.take();
}

RecordEntry RecordEntry::decode(ByteView bytes) noexcept {
  codec::Reader in(bytes);
  RecordEntry entry;
  in.expect(in.u8() == kValueVersion, Error::version);
  entry.withdrawn = in.u8() == kStatusWithdrawn;
  entry.controller = in.u32();
  entry.field = in.u16();
  entry.schema = in.u16();
  entry.version = in.u32();
  entry.commitment = in.digest();
  entry.refs = in.bytes(std::size_t{32} * in.u8());
  in.finish();
  CHOPMARK_CHECK(in.ok());
  return entry;
}

Bytes AttestationEntry::encode() const {
  codec::Writer out;
  out.u8(kValueVersion);
  out.u32(times);
  out.u64(height);
  out.u16(field);
  out.bytes(detail);
  return out.take();
}

AttestationEntry AttestationEntry::decode(ByteView bytes) noexcept {
  codec::Reader in(bytes);
  AttestationEntry entry;
  in.expect(in.u8() == kValueVersion, Error::version);
  entry.times = in.u32();
  entry.height = in.u64();
  entry.field = in.u16();
  entry.detail = in.digest();
  in.finish();
  CHOPMARK_CHECK(in.ok());
  return entry;
}

}  // namespace chopmark::ledger
