// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

World::World() {
  GovernanceEntry governance;
  governance.threshold = 2;
  governance.council_count = 3;
  governance.council = {1, 2, 3};
  governance.members = 5;
  put(governance_key(), governance);
  const Bytes validators(std::size_t{5} * 32, 1);
  put(validators_key(), ValidatorsEntry{0, validators});
  for (std::uint32_t member = 1; member <= 5; ++member)
    put_member(member);
  next_block();
  height_ = 10;
  as(1);
}

void World::put_member(std::uint32_t member) {
  MemberEntry entry;
  entry.member = member;
  entry.keys = entry.admin_keys = 1;
  put(member_key(member), entry);
  KeyEntry key;
  key.member = member;
  key.id = 1;
  key.flags = kKeyAdministrates;
  key.public_key = id_of(static_cast<std::uint8_t>(member));
  put(key_key(member, 1), key);
  put(public_key_key(key.public_key), PublicKeyEntry{member, 1});
  put(role_key(member, kField), RoleEntry{member, kField, kRolesKnown, 0});
}

World& World::as(std::initializer_list<std::uint32_t> members) {
  codec::Writer out;
  for (const std::uint32_t member : members) {
    out.u32(member);
    out.u32(1);
  }
  signers_ = out.take();
  return *this;
}

World& World::with_key(std::uint32_t member, std::uint32_t key) {
  codec::Writer out;
  out.u32(member);
  out.u32(key);
  signers_ = out.take();
  return *this;
}

TransactionView World::view_of(const std::vector<Bytes>& operations) {
  operations_.clear();
  for (const Bytes& operation : operations)
    append(operations_, operation);
  TransactionView view;
  view.field = field_;
  view.signer_count = static_cast<std::uint8_t>(signers_.size() / 8);
  view.signers = signers_;
  view.operation_count = static_cast<std::uint8_t>(operations.size());
  view.operations = operations_;
  return view;
}

TransactionResult World::execute(const std::vector<Bytes>& operations) {
  const TransactionView transaction = view_of(operations);
  return ledger::execute(block(), view_, transaction);
}

void World::next_block() {
  for (const Overlay::Change& change : overlay_.changes()) {
    if (change.standing == Overlay::Standing::present) registered_.apply(change.entry());
  }
  registered_.settle();
  ++height_;
}

void World::set_status(std::uint32_t member, MemberStatus status) {
  auto entry = get<MemberEntry>(member_key(member));
  entry.status = status;
  put(member_key(member), entry);
  next_block();
}

void World::set_roles(std::uint32_t member, std::uint16_t field, std::uint16_t bits) {
  put(role_key(member, field), RoleEntry{member, field, bits, 0});
  next_block();
}

void World::define(const Schema& schema) {
  const Bytes bytes = encoded(schema);
  put(schema_key(schema.id), DefinitionEntry{EntryKind::schema, false, 0, bytes});
  next_block();
}

void World::define(const Template& one) {
  const Bytes bytes = encoded(one);
  put(template_key(one.id), DefinitionEntry{EntryKind::case_template, false, 0, bytes});
  next_block();
}

void World::define(const AssetClass& one) {
  const Bytes bytes = encoded(one);
  put(class_key(one.id), DefinitionEntry{EntryKind::asset_class, false, 0, bytes});
  next_block();
}

void World::hold(const ObjectId& object, bool on) {
  GovernanceOperation op;
  op.action = on ? GovernanceAction::hold : GovernanceAction::unhold;
  op.object = object;
  const Bytes signers = signers_;
  as(5);
  EXPECT(run(op) == ResultCode::ok);
  signers_ = signers;
  next_block();
}

RecordOperation create_record(const Digest& id) {
  RecordOperation op;
  op.record_id = id;
  op.commitment = id_of(0x77);
  return op;
}

RecordOperation change_record(RecordAction action, const Digest& id, std::uint32_t version) {
  RecordOperation op;
  op.action = action;
  op.record_id = id;
  op.expected_version = version;
  return op;
}

}  // namespace chopmark::test
