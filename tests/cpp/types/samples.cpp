// SPDX-License-Identifier: Apache-2.0
#include "types/samples.hpp"

#include "hash/sha256.hpp"

namespace chopmark::test {
namespace {

using codec::Writer;

Bytes record_operation(std::uint8_t action, const Digest& id, std::uint32_t version,
                       const std::vector<Digest>& refs) {
  Writer out;
  out.u8(action);
  out.bytes(id);
  out.u32(version);
  if (action == 3) return out.take();
  out.u16(11);
  out.bytes(some_digest(version + 500));
  out.u8(static_cast<std::uint8_t>(refs.size()));
  for (const Digest& ref : refs)
    out.bytes(ref);
  return out.take();
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
    out.bytes(key.public_key);
  }
  out.u8(static_cast<std::uint8_t>(member.roles.size()));
  for (const MemberRole& role : member.roles) {
    out.u16(role.field);
    out.u8(role.bits);
  }
}

}  // namespace

Signature some_signature(std::uint64_t seed) {
  Signature signature;
  const Bytes bytes = random_bytes(seed, signature.size());
  std::copy(bytes.begin(), bytes.end(), signature.begin());
  return signature;
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
  return record_operation(1, id, 0, refs);
}

Bytes amend_operation(const Digest& id, std::uint32_t version, const std::vector<Digest>& refs) {
  return record_operation(2, id, version, refs);
}

Bytes withdraw_operation(const Digest& id, std::uint32_t version) {
  return record_operation(3, id, version, {});
}

Bytes attest_operation(const Digest& target, std::uint32_t version, std::uint8_t claim) {
  Writer out;
  out.bytes(target);
  out.u32(version);
  out.u8(claim);
  out.bytes(some_digest(claim));
  return out.take();
}

Bytes genesis_bytes(const std::vector<Digest>& validators,
                    const std::vector<GenesisMember>& members) {
  Writer out;
  out.u8(0x40);
  out.u8(1);
  out.u8(1);
  write_name(out, "test.chain-1");
  out.u64(1234567);
  out.u8(static_cast<std::uint8_t>(validators.size()));
  for (const Digest& key : validators)
    out.bytes(key);
  out.u32(static_cast<std::uint32_t>(members.size()));
  for (const GenesisMember& member : members)
    write_member(out, member);
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
