// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

const Digest kRecord = id_of(1);
constexpr RecordAction kErase = RecordAction::erase;

RecordOperation create_nullified(const Digest& id, std::uint16_t schema, const Digest& nullifier) {
  RecordOperation op = create_record(id);
  op.action = RecordAction::create_with_nullifier;
  op.schema = schema;
  op.nullifier = nullifier;
  return op;
}

RecordEntry record_of(const World& world, const Digest& id) {
  return world.get<RecordEntry>(record_key(id));
}

}  // namespace

TEST(record_create_needs_role_and_a_new_id) {
  World world;
  EXPECT(world.in_field(kOtherField).run(create_record(kRecord)) == ResultCode::role_denied);  // 40
  EXPECT(!world.has(record_key(kRecord)));
  EXPECT(world.in_field(kField).run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.run(create_record(kRecord)) == ResultCode::duplicate_id);  // L-41
  const RecordEntry entry = record_of(world, kRecord);
  EXPECT_EQ(entry.controller, 1U);
  EXPECT_EQ(entry.version, 1U);
  EXPECT_EQ(entry.height, 10U);
  EXPECT(entry.commitment == id_of(0x77));
  EXPECT(!entry.hold.held(world.height()));
}

TEST(record_references_are_records_that_exist) {
  World world;
  RecordOperation op = create_record(kRecord);
  op.refs.bytes = kRecord;  // L-46: itself does not exist yet
  EXPECT(world.run(op) == ResultCode::missing_ref);
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  RecordOperation amend = change_record(RecordAction::amend, kRecord, 1);
  amend.refs.bytes = kRecord;
  EXPECT(world.run(amend) == ResultCode::ok);
  const Digest unknown = id_of(9);
  amend.expected_version = 2;
  amend.refs.bytes = unknown;
  EXPECT(world.run(amend) == ResultCode::missing_ref);
}

TEST(record_schema_says_which_create_and_which_roles) {
  World world;
  world.define(Schema{1, kField, SchemaMode::no_nullifiers, kRoleDecide});
  world.define(Schema{2, kOtherField, SchemaMode::no_nullifiers, 0});
  world.define(Schema{3, kField, SchemaMode::linking, 0});
  RecordOperation op = create_record(kRecord);
  op.schema = 9;
  EXPECT(world.run(op) == ResultCode::schema);  // L-301: unknown
  op.schema = 2;
  EXPECT(world.run(op) == ResultCode::schema);  // of another field
  op.schema = 3;
  EXPECT(world.run(op) == ResultCode::schema);  // L-302: a nullifier is asked for
  EXPECT(world.run(create_nullified(kRecord, 1, id_of(5))) == ResultCode::schema);
  EXPECT(world.run(create_nullified(kRecord, 0, id_of(5))) == ResultCode::schema);
  world.set_roles(1, kField, kRoleRecord);
  op.schema = 1;
  EXPECT(world.run(op) == ResultCode::role_denied);  // L-303
  world.set_roles(1, kField, kRoleRecord | kRoleDecide);
  EXPECT(world.run(op) == ResultCode::ok);
  world.set_roles(1, kField, kRoleRecord);
  RecordOperation amend = change_record(RecordAction::amend, kRecord, 1);
  amend.schema = 1;
  EXPECT(world.run(amend) == ResultCode::role_denied);  // L-303
  amend.schema = 2;
  EXPECT(world.run(amend) == ResultCode::schema);  // L-307
  amend.schema = 3;
  EXPECT(world.run(amend) == ResultCode::schema);  // mode 1
  amend.schema = 0;
  EXPECT(world.run(amend) == ResultCode::ok);
}

TEST(record_changes_are_refused_in_their_order) {
  World world;
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 1)) ==
         ResultCode::unknown_record);  // L-42
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.as(2).run(change_record(RecordAction::withdraw, kRecord, 1)) ==
         ResultCode::not_controller);  // L-43
  world.as(1);
  EXPECT(world.run(change_record(RecordAction::withdraw, kRecord, 2)) ==
         ResultCode::version_conflict);  // L-45
  EXPECT(world.run(change_record(RecordAction::withdraw, kRecord, 1)) == ResultCode::ok);
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 2)) ==
         ResultCode::withdrawn);  // L-44
  EXPECT(world.run(change_record(kErase, kRecord, 2)) == ResultCode::ok);
  EXPECT(world.run(change_record(kErase, kRecord, 3)) == ResultCode::withdrawn);
  EXPECT(world.run(create_record(kRecord)) == ResultCode::duplicate_id);  // L-41: erased
  EXPECT_EQ(record_of(world, kRecord).version, 3U);
}

TEST(record_versions_do_not_start_over) {
  World world;
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  RecordEntry entry = record_of(world, kRecord);
  entry.version = UINT32_MAX;
  world.put(record_key(kRecord), entry);
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, UINT32_MAX)) ==
         ResultCode::version_conflict);  // L-45
}

TEST(record_holds_switch_with_the_next_block) {
  World world;
  const ObjectId object{ObjectKind::record, kRecord, 0, 0};
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  GovernanceOperation op;
  op.action = GovernanceAction::hold;
  op.object = object;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 1)) == ResultCode::ok);
  world.next_block();
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 2)) == ResultCode::hold);  // L-306
  op.action = GovernanceAction::unhold;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 2)) == ResultCode::hold);
  world.next_block();
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 2)) == ResultCode::ok);
}

TEST(record_erasure_waits_and_leaves_nothing) {
  World world;
  RecordOperation op = create_record(kRecord);
  op.retention = 2000;
  EXPECT(world.run(op) == ResultCode::ok);
  RecordOperation amend = change_record(RecordAction::amend, kRecord, 1);
  amend.retention = 500;  // L-47: only later
  EXPECT(world.run(amend) == ResultCode::ok);
  EXPECT_EQ(record_of(world, kRecord).retention, 2000U);
  EXPECT(world.at(1999).run(change_record(kErase, kRecord, 2)) == ResultCode::too_early);  // L-309
  EXPECT(world.at(2000).run(change_record(kErase, kRecord, 2)) == ResultCode::ok);
  const RecordEntry entry = record_of(world, kRecord);
  EXPECT(entry.status == RecordStatus::erased);
  EXPECT(entry.commitment == Digest{} && entry.nullifier == Digest{});
  EXPECT_EQ(entry.retention, 0U);
  EXPECT_EQ(entry.controller, 1U);
}

TEST(record_that_backs_units_stays) {
  World world;
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  RecordEntry entry = record_of(world, kRecord);
  entry.backings = 1;
  world.put(record_key(kRecord), entry);
  EXPECT(world.run(change_record(RecordAction::withdraw, kRecord, 1)) ==
         ResultCode::backing_live);  // L-308
  EXPECT(world.run(change_record(kErase, kRecord, 1)) == ResultCode::backing_live);
  EXPECT(world.run(change_record(RecordAction::amend, kRecord, 1)) == ResultCode::ok);
}

TEST(nullifiers_that_link_count_their_records) {
  World world;
  world.define(Schema{3, kField, SchemaMode::linking, 0});
  const Digest nullifier = id_of(5);
  const Digest key = nullifier_key(3, nullifier);
  EXPECT(world.run(create_nullified(id_of(1), 3, nullifier)) == ResultCode::ok);
  EXPECT(world.run(create_nullified(id_of(2), 3, nullifier)) == ResultCode::ok);  // L-310
  NullifierEntry entry = world.get<NullifierEntry>(key);
  EXPECT(entry.count == 2 && entry.live == 2 && entry.record_id == id_of(2));
  EXPECT(world.run(change_record(RecordAction::withdraw, id_of(1), 1)) == ResultCode::ok);  // L-311
  entry = world.get<NullifierEntry>(key);
  EXPECT(entry.count == 2 && entry.live == 1);
  EXPECT(world.run(change_record(kErase, id_of(1), 2)) == ResultCode::ok);  // L-312
  entry = world.get<NullifierEntry>(key);
  EXPECT(entry.count == 1 && entry.live == 1);
  EXPECT(world.run(change_record(kErase, id_of(2), 1)) == ResultCode::ok);
  EXPECT(!world.has(key));
  world.put(key, NullifierEntry{UINT32_MAX, 0, id_of(2)});
  EXPECT(world.run(create_nullified(id_of(3), 3, nullifier)) == ResultCode::limit);  // L-305
}

TEST(unique_nullifiers_are_free_again_after_a_withdrawal) {
  World world;
  world.define(Schema{4, kField, SchemaMode::unique, 0});
  const Digest nullifier = id_of(5);
  EXPECT(world.run(create_nullified(id_of(1), 4, nullifier)) == ResultCode::ok);
  EXPECT(world.run(create_nullified(id_of(2), 4, nullifier)) ==
         ResultCode::duplicate_backing);  // L-304
  EXPECT(world.run(create_nullified(id_of(2), 4, id_of(6))) == ResultCode::ok);
  EXPECT(world.run(change_record(RecordAction::withdraw, id_of(1), 1)) == ResultCode::ok);
  EXPECT(world.run(create_nullified(id_of(3), 4, nullifier)) == ResultCode::ok);
  RecordOperation amend = change_record(RecordAction::amend, id_of(3), 1);
  EXPECT(world.run(amend) == ResultCode::schema);  // L-307: its nullifier stays under its schema
  amend.schema = 4;
  EXPECT(world.run(amend) == ResultCode::ok);
}

}  // namespace chopmark::test
