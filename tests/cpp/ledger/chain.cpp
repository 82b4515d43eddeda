// SPDX-License-Identifier: Apache-2.0
#include "ledger/chain.hpp"

#include "hash/sha256.hpp"

namespace chopmark::test {
namespace {

const Signer& signer_of(const SignerRef& ref) {
  static const std::vector<Signer> all = [] {
    std::vector<Signer> made;
    for (std::uint64_t i = 0; i < 2 * kMembers; ++i)
      made.emplace_back(secret_key(700 + i), 800 + i);
    return made;
  }();
  return all.at(2 * (ref.member - 1) + ref.key - 1);
}

Bytes chain_genesis() {
  std::vector<GenesisMember> members;
  for (std::uint32_t id = 1; id <= kMembers; ++id) {
    members.push_back({id,
                       {{1, kKeyAdministrates, signer_of({id, 1}).public_key()},
                        {2, 0, signer_of({id, 2}).public_key()}},
                       {}});
  }
  members[0].roles = {{kField, kRoleRecord | kRoleAttest}, {kField + 1, kRoleRecord}};
  members[1].roles = {{kField, kRoleAttest}};
  members[2].roles = {{kField, kRoleRecord}};
  return genesis_bytes({some_digest(1)}, members);
}

}  // namespace

Chain::Chain() : Chain(chain_genesis()) {}
Chain::Chain(const Bytes& genesis) : ledger(*parse_genesis(genesis)) {}

Draft Chain::draft(std::uint32_t member, std::vector<Draft::Operation> operations) const {
  Draft out;
  out.chain_id = ledger.chain_id();
  out.field = kField;
  out.valid_until = ledger.final_height() + 100;
  out.signers = {{member, 1}};
  out.operations = std::move(operations);
  return out;
}

Bytes Chain::signed_bytes(const Draft& draft) const {
  Bytes bytes = draft.body();
  const auto payload = signing_payload(sha256(bytes));
  for (const SignerRef& signer : draft.signers)
    append(bytes, signer_of(signer).sign(payload));
  return bytes;
}

Bytes Chain::record(std::uint32_t member, const Bytes& operation, std::uint64_t salt) const {
  Draft out = draft(member, {{3, 0, operation}});
  out.salt = salt;
  return signed_bytes(out);
}

Bytes Chain::attest(std::uint32_t member, const Bytes& operation, std::uint64_t salt) const {
  Draft out = draft(member, {{4, 0, operation}});
  out.salt = salt;
  return signed_bytes(out);
}

Header Chain::header_on(const Digest& parent, std::uint64_t height, const Bytes& payload) const {
  const ledger::Roots roots = ledger.roots(parent).value_or(ledger::Roots{});
  Header header;
  header.chain_id = ledger.chain_id();
  header.epoch = 1;
  header.view = height;
  header.height = height;
  header.parent_digest = parent;
  header.time_ms = kGenesisTime + height;
  header.payload_root = sha256(payload);
  header.payload_len = static_cast<std::uint32_t>(payload.size());
  header.state_root = roots.state_root;
  header.log_size = roots.log_size;
  header.log_root = roots.log_root;
  return header;
}

Bytes Chain::block(const Header& header, const Bytes& payload) {
  Bytes bytes = encode_header(header);
  append(bytes, payload);
  return bytes;
}

Digest Chain::extend(const Digest& parent, std::uint64_t height,
                     const std::vector<Bytes>& transactions) {
  const Bytes payload = payload_of(transactions);
  const Bytes bytes = block(header_on(parent, height, payload), payload);
  const ledger::Verdict verdict = ledger.validate_block(bytes);
  EXPECT_EQ(named(verdict.refusal), "OK");
  EXPECT(verdict.digest == sha256(ByteView(bytes).first(Header::kBytes)));
  return verdict.digest;
}

std::vector<ledger::ResultCode> Chain::run(const std::vector<Bytes>& transactions) {
  const auto entries =
      ledger.finalize(extend(ledger.final_digest(), ledger.final_height() + 1, transactions));
  std::vector<ledger::ResultCode> codes;
  for (const ledger::Entry& entry : entries.value_or(std::vector<ledger::Entry>{}))
    codes.push_back(entry.result.code);
  EXPECT_EQ(codes.size(), transactions.size());
  codes.resize(transactions.size());
  return codes;
}

}  // namespace chopmark::test
