// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/world.hpp"
#include "sig/signing.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

GovernanceOperation governance(GovernanceAction action, std::uint32_t member = 0) {
  GovernanceOperation op;
  op.action = action;
  op.member = member;
  return op;
}

GovernanceOperation definition(const Bytes& bytes, GovernanceAction action, DefinitionKind kind,
                               std::uint32_t id) {
  GovernanceOperation op = governance(action);
  op.definition = bytes;
  op.kind = kind;
  op.id = id;
  return op;
}

GovernanceOperation retirement(DefinitionKind kind, std::uint32_t id) {
  GovernanceOperation op = governance(GovernanceAction::retire);
  op.kind = kind;
  op.id = id;
  return op;
}

GovernanceOperation hold_of(GovernanceAction action, ObjectKind kind, const Digest& id) {
  GovernanceOperation op = governance(action);
  op.object = {kind, id, 1, 1};
  return op;
}

}  // namespace

TEST(governance_needs_the_threshold_of_the_council) {
  World world;
  const auto freeze = governance(GovernanceAction::freeze, 5);
  EXPECT(world.as(1).run(freeze) == ResultCode::threshold);       // L-101
  EXPECT(world.as({1, 4}).run(freeze) == ResultCode::threshold);  // 4 is not on it
  KeyEntry key = world.get<KeyEntry>(key_key(2, 1));
  key.flags = 0;
  world.put(key_key(2, 1), key);
  world.next_block();
  EXPECT(world.as({1, 2}).run(freeze) == ResultCode::threshold);  // that key does not administrate
  world.set_status(3, MemberStatus::frozen);
  EXPECT(world.as({1, 3}).run(freeze) == ResultCode::threshold);
  world.set_status(3, MemberStatus::active);
  EXPECT(world.as({4, 1, 3}).run(freeze) == ResultCode::ok);
  GovernanceEntry entry = world.get<GovernanceEntry>(governance_key());
  entry.threshold = entry.council_count = 0;
  world.put(governance_key(), entry);
  world.next_block();
  EXPECT(world.run(governance(GovernanceAction::unfreeze, 5)) == ResultCode::threshold);
}

TEST(governance_admits_members_for_the_next_block) {
  World world;
  world.as({1, 2});
  const SecretKey secret = secret_key(3);
  const Bytes name = text("court-9");
  GovernanceOperation op = governance(GovernanceAction::admit, 9);
  op.name = name;
  op.key.id = 4;
  op.key.public_key = secret.public_key;
  const Bytes possession = sign(secret, possession_payload(world.chain_id(), 9, op.key));
  op.key.possession = possession;
  op.member = 5;
  EXPECT(world.run(op) == ResultCode::conflict);  // L-110
  op.member = 9;
  op.key.public_key = id_of(1);
  EXPECT(world.run(op) == ResultCode::key_reused);  // L-112
  op.key.public_key = secret.public_key;
  op.key.id = 5;
  EXPECT(world.run(op) == ResultCode::bad_possession);  // L-113
  op.key.id = 4;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::conflict);  // at present
  const auto member = world.get<MemberEntry>(member_key(9));
  EXPECT(member.status == MemberStatus::active && member.since == 11 && member.admitted == 11);
  EXPECT(member.keys == 1 && member.admin_keys == 1 && member.name_length == 7);
  const auto key = world.get<KeyEntry>(key_key(9, 4));
  EXPECT(key.administrates() && key.from == 11 && key.until == kNever);
  EXPECT_EQ(world.get<PublicKeyEntry>(public_key_key(secret.public_key)).member, 9U);
  auto entry = world.get<GovernanceEntry>(governance_key());
  EXPECT_EQ(entry.members, 6U);
  entry.members = limits::kMembersMax;
  world.put(governance_key(), entry);
  op.member = 10;
  EXPECT(world.run(op) == ResultCode::limit);  // L-111
}

TEST(governance_changes_the_status_of_members) {
  World world;
  world.as({1, 2});
  EXPECT(world.run(governance(GovernanceAction::freeze, 99)) ==
         ResultCode::unknown_member);                                                    // L-120
  EXPECT(world.run(governance(GovernanceAction::unfreeze, 5)) == ResultCode::conflict);  // L-121
  EXPECT(world.run(governance(GovernanceAction::freeze, 3)) == ResultCode::conflict);    // L-122
  EXPECT(world.run(governance(GovernanceAction::freeze, 5)) == ResultCode::ok);
  EXPECT(world.run(governance(GovernanceAction::freeze, 5)) == ResultCode::conflict);  // at present
  EXPECT(world.run(governance(GovernanceAction::unfreeze, 5)) == ResultCode::ok);
  EXPECT(world.run(governance(GovernanceAction::freeze, 5)) == ResultCode::ok);
  EXPECT(world.run(governance(GovernanceAction::expel, 5)) == ResultCode::ok);
  EXPECT(world.run(governance(GovernanceAction::expel, 5)) == ResultCode::conflict);
  EXPECT(world.run(governance(GovernanceAction::unfreeze, 5)) == ResultCode::conflict);
  EXPECT_EQ(world.get<MemberEntry>(member_key(5)).since, 11U);  // L-123
  GovernanceOperation roles = governance(GovernanceAction::roles, 5);
  roles.field = kField;
  EXPECT(world.run(roles) == ResultCode::conflict);  // L-130
  roles.member = 99;
  EXPECT(world.run(roles) == ResultCode::unknown_member);
}

TEST(governance_counts_from_the_next_block_on) {
  World world;
  GovernanceOperation roles = governance(GovernanceAction::roles, 4);
  roles.field = kField;
  EXPECT(world.as({1, 2}).run(roles) == ResultCode::ok);  // L-131: none are left
  EXPECT(world.as(4).run(create_record(id_of(1))) == ResultCode::ok);
  world.next_block();
  EXPECT(world.run(create_record(id_of(2))) == ResultCode::role_denied);
  EXPECT(world.as({1, 2}).run(governance(GovernanceAction::freeze, 4)) == ResultCode::ok);
  GrantOperation grant;
  grant.record_id = id_of(3);
  grant.grantee = 4;
  grant.expires = kNever;
  EXPECT(world.as(1).run(create_record(id_of(3))) == ResultCode::ok);
  EXPECT(world.run(grant) == ResultCode::ok);
  world.next_block();
  EXPECT(world.run(grant) == ResultCode::unknown_member);
}

TEST(governance_sets_validators_council_and_parameters) {
  World world;
  world.as({1, 2});
  GovernanceOperation op = governance(GovernanceAction::validators);
  const Bytes keys = random_bytes(1, 7 * 32);
  op.validators = ByteView(keys).first(3 * 32);
  EXPECT(world.run(op) == ResultCode::last_validator);  // L-135
  op.validators = ByteView(keys).first(4 * 32);
  EXPECT(world.run(op) == ResultCode::ok);
  const Bytes three(3 * 32, 1);
  world.put(validators_key(), ValidatorsEntry{0, three});
  op.validators = ByteView(keys).first(2 * 32);
  EXPECT(world.run(op) == ResultCode::last_validator);
  op.validators = ByteView(keys).first(3 * 32);
  EXPECT(world.run(op) == ResultCode::ok);  // as many as at present
  EXPECT_EQ(world.get<ValidatorsEntry>(validators_key()).since, 11U);

  GovernanceOperation council = governance(GovernanceAction::council);
  codec::Writer out;
  for (const std::uint32_t member : {4U, 99U})
    out.u32(member);
  const Bytes members = out.take();
  council.threshold = 1;
  council.council = members;
  EXPECT(world.run(council) == ResultCode::unknown_member);  // L-140
  council.council = ByteView(members).first(4);
  EXPECT(world.run(council) == ResultCode::ok);
  const auto entry = world.get<GovernanceEntry>(governance_key());
  EXPECT(entry.council_count == 1 && entry.council[0] == 4 && entry.council[1] == 0);  // L-141
  EXPECT(world.run(governance(GovernanceAction::freeze, 1)) == ResultCode::ok);
  EXPECT(world.run(governance(GovernanceAction::freeze, 4)) == ResultCode::conflict);  // L-122

  GovernanceOperation parameter = governance(GovernanceAction::parameter);
  parameter.parameter = 2;
  parameter.value = 77;
  EXPECT(world.run(parameter) == ResultCode::ok);  // L-145
  EXPECT_EQ(world.get<GovernanceEntry>(governance_key()).lock_ms_max, 77U);
  EXPECT_EQ(world.get<GovernanceEntry>(governance_key()).grant_ms_max, kNever);
}

TEST(governance_defines_and_retires) {
  World world;
  world.as({1, 2});
  const Bytes schema = encoded(Schema{1, kField, SchemaMode::no_nullifiers, 0});
  const auto define = definition(schema, GovernanceAction::schema, DefinitionKind::schema, 1);
  EXPECT(world.run(retirement(DefinitionKind::schema, 1)) == ResultCode::schema);  // L-155
  EXPECT(world.run(retirement(DefinitionKind::case_template, 1)) == ResultCode::template_);
  EXPECT(world.run(retirement(DefinitionKind::asset_class, 1)) == ResultCode::class_);
  EXPECT(world.run(define) == ResultCode::ok);
  EXPECT(world.run(define) == ResultCode::conflict);  // L-150
  RecordOperation record = create_record(id_of(1));
  record.schema = 1;
  EXPECT(world.run(record) == ResultCode::schema);  // L-34: not in the register yet
  world.next_block();
  EXPECT(world.run(record) == ResultCode::ok);
  EXPECT(world.run(retirement(DefinitionKind::schema, 1)) == ResultCode::ok);
  EXPECT(world.run(retirement(DefinitionKind::schema, 1)) == ResultCode::conflict);  // L-156
  record.record_id = id_of(2);
  EXPECT(world.run(record) == ResultCode::ok);  // L-34: still in force in this block
  world.next_block();
  record.record_id = id_of(3);
  EXPECT(world.run(record) == ResultCode::schema);
  RecordOperation amend = change_record(RecordAction::amend, id_of(1), 1);
  amend.schema = 1;
  EXPECT(world.run(amend) == ResultCode::ok);  // L-307: what began goes on
  const auto entry = world.get<DefinitionEntry>(schema_key(1));
  EXPECT(entry.retired && entry.since == 12);
  EXPECT(Bytes(entry.definition.begin(), entry.definition.end()) == schema);

  AssetClass of{.id = 6, .field = kField, .flags = kClassOneIssuer, .issuer = 99};
  of.supply_max = of.issue_max = 1;
  const Bytes unknown = encoded(of);
  EXPECT(world.run(definition(unknown, GovernanceAction::asset_class, DefinitionKind::asset_class,
                              6)) == ResultCode::unknown_member);  // L-151
  of.issuer = 5;
  const Bytes known = encoded(of);
  EXPECT(world.run(definition(known, GovernanceAction::asset_class, DefinitionKind::asset_class,
                              6)) == ResultCode::ok);
}

TEST(governance_holds_objects_once_in_a_block) {
  World world;
  world.as(1);
  const auto hold = hold_of(GovernanceAction::hold, ObjectKind::record, id_of(1));
  const auto unhold = hold_of(GovernanceAction::unhold, ObjectKind::record, id_of(1));
  EXPECT(world.run(hold) == ResultCode::unknown_record);  // L-160
  EXPECT(world.run(hold_of(GovernanceAction::hold, ObjectKind::open_case, id_of(1))) ==
         ResultCode::unknown_case);
  EXPECT(world.run(hold_of(GovernanceAction::hold, ObjectKind::lock, id_of(1))) ==
         ResultCode::unknown_lock);
  EXPECT(world.run(hold_of(GovernanceAction::hold, ObjectKind::holding, id_of(1))) ==
         ResultCode::not_holder);
  EXPECT(world.run(create_record(id_of(1))) == ResultCode::ok);
  world.set_roles(4, kField, 0);
  EXPECT(world.as(4).run(hold) == ResultCode::role_denied);  // L-161
  world.as(5);
  EXPECT(world.run(unhold) == ResultCode::conflict);  // L-162: it is not held
  EXPECT(world.in_field(kOtherField).run(hold) ==
         ResultCode::ok);  // the field of the record counts
  EXPECT(world.run(hold) == ResultCode::conflict);
  EXPECT(world.run(unhold) == ResultCode::conflict);  // once in a block
  world.next_block();
  EXPECT(world.run(hold) == ResultCode::conflict);
  EXPECT(world.run(unhold) == ResultCode::ok);
  const auto entry = world.get<RecordEntry>(record_key(id_of(1)));
  EXPECT(!entry.hold.on && entry.hold.height == world.height() + 1);  // L-163
}

}  // namespace chopmark::test
