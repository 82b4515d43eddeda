// SPDX-License-Identifier: Apache-2.0
#include "types/samples.hpp"

#include "hash/sha256.hpp"
#include "types/operation_samples.hpp"

namespace chopmark::test {
namespace {

using codec::Writer;

Bytes record_operation(RecordAction action, const Digest& id, std::uint32_t version,
                       const std::vector<Digest>& refs) {
  const Bytes refs_bytes = packed(refs);
  RecordOperation out{.action = action, .record_id = id, .expected_version = version};
  out.commitment = some_digest(version + 500);
  out.refs = {refs_bytes};
  return body_of(out);
}

void write_name(Writer& out, const std::string& name) {
  out.u8(static_cast<std::uint8_t>(name.size()));
  out.bytes(text(name));
}

void write_member(Writer& out, const GenesisMember& member) {
  out.u32(member.id);
  write_name(out, "member-" + std::to_string(member.id));
  out.u8(static_cast<std::uint8_t>(member.keys.size()));
  for (const MemberKey& key : member.keys) {
    out.u32(key.id);
    out.u8(key.flags);
    out.bytes(key.public_key);
  }
  out.u8(static_cast<std::uint8_t>(member.roles.size()));
  for (const MemberRole& role : member.roles) {
    out.u16(role.field);
    out.u16(role.bits);
  }
}

}  // namespace

Signature some_signature(std::uint64_t seed) {
  Signature signature;
  const Bytes bytes = random_bytes(seed, signature.size());
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
}

std::vector<Digest> ascending(std::size_t count) {
  std::vector<Digest> all(count);
  for (std::size_t i = 0; i < count; ++i)
    all[i][31] = static_cast<std::uint8_t>(i);
  return all;
}

Bytes packed(const std::vector<Digest>& digests) {
  Bytes out;
  for (const Digest& one : digests)
    append(out, one);
  return out;
}

Bytes Draft::body() const {
  Writer out;
  out.u8(0x30);
  out.u8(1);
  out.u8(1);
  out.bytes(chain_id);
  out.u16(field);
  out.u64(valid_until);
  out.u64(0);
  out.u64(salt);
  out.u8(static_cast<std::uint8_t>(signers.size()));
  for (const SignerRef& signer : signers) {
    out.u32(signer.member);
    out.u32(signer.key);
  }
  out.u8(static_cast<std::uint8_t>(operations.size()));
  for (const Operation& operation : operations) {
    out.u8(operation.code);
    out.u8(operation.actor);
    out.u16(static_cast<std::uint16_t>(operation.body.size()));
    out.bytes(operation.body);
  }
  return out.take();
}

Bytes create_operation(const Digest& id, const std::vector<Digest>& refs) {
  return record_operation(RecordAction::create, id, 0, refs);
}

Bytes amend_operation(const Digest& id, std::uint32_t version, const std::vector<Digest>& refs) {
  return record_operation(RecordAction::amend, id, version, refs);
}

Bytes withdraw_operation(const Digest& id, std::uint32_t version) {
  return record_operation(RecordAction::withdraw, id, version, {});
}

Bytes attest_operation(const Digest& target, std::uint32_t version, std::uint8_t claim) {
  return body_of(AttestOperation{TargetKind::record, target, version, claim, some_digest(claim)});
}

Bytes genesis_bytes(const std::vector<Digest>& validators,
                    const std::vector<GenesisMember>& members, const GenesisCouncil& council) {
  Writer out;
  out.u8(0x40);
  out.u8(2);
  out.u8(1);
  write_name(out, "test.chain-1");
  out.u64(1234567);
  out.u8(static_cast<std::uint8_t>(validators.size()));
  for (const Digest& key : validators)
    out.bytes(key);
  out.u32(static_cast<std::uint32_t>(members.size()));
  for (const GenesisMember& member : members)
    write_member(out, member);
  out.u8(council.threshold);
  out.u8(static_cast<std::uint8_t>(council.members.size()));
  for (const std::uint32_t member : council.members)
    out.u32(member);
  return out.take();
}

Header sample_header() {
  Header header;
  header.chain_id = some_digest(1);
  header.epoch = 0x0101;
  header.view = 0x0202;
  header.height = 0x0303;
  header.parent_view = 0x0404;
  header.parent_digest = some_digest(2);
  header.leader = 0x0505;
  header.payload_root = some_digest(3);
  header.payload_len = 0x0606;
  header.state_root = some_digest(4);
  header.log_size = 0x0707;
  header.log_root = some_digest(5);
  header.next_set_hash = some_digest(6);
  header.justify_root = some_digest(7);
  header.time_ms = 0x0808;
  return header;
}

BlockBody sample_block(const Bytes& justification, const Bytes& payload) {
  BlockBody block;
  block.header = sample_header();
  block.header.justify_root = sha256(justification);
  block.header.payload_root = sha256(payload);
  block.header.payload_len = static_cast<std::uint32_t>(payload.size());
  block.header_bytes = encode_header(block.header);
  block.digest = header_digest(block.header_bytes);
  block.leader_signature = some_signature(8);
  block.justification = justification;
  block.payload = payload;
  return block;
}

Certificate sample_certificate(VoteKind kind, std::uint64_t view, std::size_t validators,
                               std::size_t signers) {
  Certificate out;
  out.subject = {kind, 1, view, kind == VoteKind::nullify ? Digest{} : some_digest(view)};
  if (signers == 0) signers = quorum(validators);
  for (std::size_t i = 0; i < signers; ++i) {
    out.signers.push_back(static_cast<std::uint16_t>(i));
    out.signatures.push_back(some_signature(100 * view + i));
  }
  return out;
}

}  // namespace chopmark::test
