// SPDX-License-Identifier: Apache-2.0
// GRA and USE.
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

const Digest kRecord = id_of(1);

GrantOperation grant_to(std::uint32_t grantee) {
  GrantOperation op;
  op.record_id = kRecord;
  op.grantee = grantee;
  op.purposes = 0x0006;
  op.uses = 2;
  op.expires = 1500;
  return op;
}

GrantOperation revocation_of(std::uint32_t grantee) {
  GrantOperation op;
  op.revoke = true;
  op.record_id = kRecord;
  op.grantee = grantee;
  return op;
}

UseOperation use_for(std::uint16_t purposes) {
  UseOperation op;
  op.record_id = kRecord;
  op.purposes = purposes;
  return op;
}

GrantEntry grant_of(const World& world, std::uint32_t grantee) {
  return world.get<GrantEntry>(grant_key(kRecord, grantee));
}

Template review_template() {
  Template one;
  one.id = 3;
  one.field = kField;
  one.review = true;
  one.party_count = 2;
  one.openers = 1;
  one.state_count = 1;
  one.states[0].limit_ms = 50;
  return one;
}

}  // namespace

TEST(grant_is_given_by_the_controller) {
  World world;
  EXPECT(world.run(grant_to(2)) == ResultCode::unknown_record);  // L-501
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.as(3).run(grant_to(2)) == ResultCode::not_controller);   // L-502
  EXPECT(world.as(1).run(grant_to(99)) == ResultCode::unknown_member);  // L-505
  EXPECT(world.at(1501).run(grant_to(2)) == ResultCode::expired);       // L-506
  EXPECT(world.at(1500).run(grant_to(2)) == ResultCode::ok);
  auto entry = grant_of(world, 2);
  EXPECT(entry.granter == 1 && entry.times == 1 && entry.uses == 2 && entry.used == 0);  // L-509
  entry.times = UINT32_MAX;
  world.put(grant_key(kRecord, 2), entry);
  EXPECT(world.run(grant_to(2)) == ResultCode::limit);  // L-508
  EXPECT(world.run(change_record(RecordAction::withdraw, kRecord, 1)) == ResultCode::ok);
  EXPECT(world.run(grant_to(3)) == ResultCode::withdrawn);  // L-503
  EXPECT(world.run(revocation_of(2)) == ResultCode::ok);
  EXPECT(world.run(revocation_of(2)) == ResultCode::no_grant);  // L-510
  EXPECT(world.run(revocation_of(3)) == ResultCode::no_grant);
}

TEST(grant_lasts_as_long_as_the_parameter_allows) {
  World world;
  auto governance = world.get<GovernanceEntry>(governance_key());
  governance.grant_ms_max = 499;
  world.put(governance_key(), governance);
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.run(grant_to(2)) == ResultCode::ok);  // L-34: not in the register yet
  world.next_block();
  EXPECT(world.run(grant_to(2)) == ResultCode::deadline);  // L-507
  EXPECT(world.at(1001).run(grant_to(2)) == ResultCode::ok);
}

TEST(grant_stops_under_a_hold) {
  World world;
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.run(grant_to(2)) == ResultCode::ok);
  world.hold({ObjectKind::record, kRecord, 0, 0}, true);
  EXPECT(world.run(grant_to(3)) == ResultCode::hold);  // L-504
  EXPECT(world.run(revocation_of(2)) == ResultCode::hold);
}

TEST(use_follows_the_grant_in_one_block) {
  World world;
  EXPECT(world.run(create_record(kRecord)) == ResultCode::ok);
  EXPECT(world.as(2).run(use_for(2)) == ResultCode::no_grant);  // L-601
  EXPECT(world.as(1).run(grant_to(2)) == ResultCode::ok);
  world.as(2);
  EXPECT(world.run(use_for(0x0003)) == ResultCode::purpose);  // L-603
  EXPECT(world.run(use_for(0x0002)) == ResultCode::ok);       // L-34: at present
  EXPECT(world.run(use_for(0x0006)) == ResultCode::ok);
  EXPECT(world.run(use_for(0x0002)) == ResultCode::exhausted);  // L-604
  EXPECT(grant_of(world, 2).uses == 0 && grant_of(world, 2).used == 2);
  EXPECT(world.as(1).run(grant_to(2)) == ResultCode::ok);
  EXPECT(grant_of(world, 2).uses == 2 && grant_of(world, 2).used == 2);
  EXPECT_EQ(grant_of(world, 2).times, 2U);
  EXPECT(world.as(2).at(1501).run(use_for(2)) == ResultCode::expired);  // L-602
  EXPECT(world.as(1).run(revocation_of(2)) == ResultCode::ok);
  EXPECT(world.as(2).at(1000).run(use_for(2)) == ResultCode::no_grant);
}

TEST(break_glass_opens_a_case_of_review) {
  World world;
  world.define(review_template());
  UseOperation op = use_for(1);
  op.break_glass = true;
  op.case_id = id_of(2);
  op.template_id = 3;
  EXPECT(world.as(2).in_field(kOtherField).run(op) == ResultCode::role_denied);  // L-611
  world.in_field(kField);
  EXPECT(world.run(op) == ResultCode::unknown_record);  // L-612
  EXPECT(world.as(1).run(create_record(kRecord)) == ResultCode::ok);
  op.template_id = 4;
  EXPECT(world.as(2).run(op) == ResultCode::template_);  // L-613
  Template other = review_template();
  other.id = 4;
  other.review = false;
  world.define(other);
  EXPECT(world.run(op) == ResultCode::template_);
  op.template_id = 3;
  EXPECT(world.as(1).run(op) == ResultCode::conflict);  // L-614
  EXPECT(world.as(2).run(op) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::duplicate_id);  // L-615
  const auto opened = world.get<CaseEntry>(case_key(id_of(2)));
  EXPECT(opened.subject == kRecord && opened.party_count == 2);  // L-616
  EXPECT(opened.parties[0] == 2 && opened.parties[1] == 1);
  EXPECT(opened.deadline == 1050 && opened.steps == 1 && opened.state == 0);
}

}  // namespace chopmark::test
