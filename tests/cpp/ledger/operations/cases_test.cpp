// SPDX-License-Identifier: Apache-2.0
// OPN and STP.
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

const Digest kCase = id_of(1);

/// Parties 0 and 1. State 0 waits 100 ms for both to agree (event 1) or for one who decides
/// (event 2, one reference), then times out to state 2; states 1 and 2 are closed.
Template sale() {
  Template one;
  one.id = 3;
  one.field = kField;
  one.party_count = 2;
  one.party_roles = {kRoleTrade, kRoleTrade};
  one.openers = 1;
  one.state_count = 3;
  one.states[0] = {false, 100, 2};
  one.states[1] = {true, 0, 0};
  one.states[2] = {true, 0, 0};
  one.transition_count = 2;
  one.transitions[0] = {0, 1, 1, 1, 2, 0, 0};
  one.transitions[1] = {0, 2, 1, 0, 0, kRoleDecide, 1};
  return one;
}

OpenOperation opening() {
  OpenOperation op;
  op.case_id = kCase;
  op.template_id = 3;
  op.party_count = 2;
  op.parties = {1, 2};
  return op;
}

StepOperation step(std::uint8_t state, std::uint8_t event) {
  StepOperation op;
  op.case_id = kCase;
  op.expected_state = state;
  op.event = event;
  return op;
}

}  // namespace

TEST(open_fits_its_template) {
  World world;
  EXPECT(world.run(opening()) == ResultCode::template_);  // L-701
  world.define(sale());
  EXPECT(world.in_field(kOtherField).run(opening()) == ResultCode::template_);
  world.in_field(kField);
  OpenOperation op = opening();
  op.party_count = 1;
  EXPECT(world.run(op) == ResultCode::template_);  // L-702
  op = opening();
  op.parties[1] = 99;
  EXPECT(world.run(op) == ResultCode::unknown_member);  // L-704
  world.set_roles(2, kField, kRolesKnown & ~kRoleTrade);
  EXPECT(world.run(opening()) == ResultCode::role_denied);  // L-705
  world.set_roles(2, kField, kRolesKnown);
  EXPECT(world.as(2).run(opening()) == ResultCode::role_denied);  // L-706
  EXPECT(world.as(3).run(opening()) == ResultCode::role_denied);
  world.as(1);
  const Digest unknown = id_of(9);
  op = opening();
  op.refs.bytes = unknown;
  EXPECT(world.run(op) == ResultCode::missing_ref);  // L-708
  op = opening();
  op.deadline = 999;
  EXPECT(world.run(op) == ResultCode::deadline);  // L-709
  op.deadline = 1101;
  EXPECT(world.run(op) == ResultCode::deadline);
  op.deadline = 1100;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::duplicate_id);  // L-707
  const auto entry = world.get<CaseEntry>(case_key(kCase));
  EXPECT(entry.deadline == 1100 && entry.steps == 1 && entry.field == kField);  // L-711
}

TEST(open_takes_no_deadline_where_there_is_no_limit) {
  World world;
  Template one = sale();
  one.states[0] = {false, 0, 0};
  world.define(one);
  OpenOperation op = opening();
  op.deadline = 1001;
  EXPECT(world.run(op) == ResultCode::template_);  // L-703
  op.deadline = 0;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT_EQ(world.get<CaseEntry>(case_key(kCase)).deadline, kNever);  // L-712
  EXPECT(world.run(step(0, 0)) == ResultCode::bad_state);             // L-804
}

TEST(open_deadlines_end_at_never) {
  World world;
  Template one = sale();
  one.states[0].limit_ms = kNever - 999;
  world.define(one);
  EXPECT(world.run(opening()) == ResultCode::ok);
  EXPECT_EQ(world.get<CaseEntry>(case_key(kCase)).deadline, kNever);  // L-712
}

TEST(step_needs_those_whom_the_transition_names) {
  World world;
  EXPECT(world.run(step(0, 1)) == ResultCode::unknown_case);  // L-801
  world.define(sale());
  EXPECT(world.run(opening()) == ResultCode::ok);
  EXPECT(world.run(step(1, 1)) == ResultCode::bad_state);                     // L-803
  EXPECT(world.run(step(0, 9)) == ResultCode::bad_state);                     // L-807
  EXPECT(world.as({2, 1}).run(step(0, 1)) == ResultCode::role_denied);        // L-808
  EXPECT(world.as(1).run(step(0, 1)) == ResultCode::role_denied);             // L-810
  EXPECT(world.as({1, 2}).at(1101).run(step(0, 1)) == ResultCode::deadline);  // L-811
  EXPECT(world.at(1100).run(step(0, 1)) == ResultCode::ok);
  const auto entry = world.get<CaseEntry>(case_key(kCase));
  EXPECT(entry.state == 1 && entry.steps == 2 && entry.deadline == kNever);  // L-815
  EXPECT(world.run(step(1, 1)) == ResultCode::bad_state);
}

TEST(step_by_a_role_with_a_reference) {
  World world;
  world.define(sale());
  EXPECT(world.run(opening()) == ResultCode::ok);
  world.set_roles(4, kField, 0);
  EXPECT(world.as(4).run(step(0, 2)) == ResultCode::role_denied);  // L-809
  world.as(5).in_field(kOtherField);                               // the field of the case counts
  EXPECT(world.run(step(0, 2)) == ResultCode::missing_ref);        // L-812
  StepOperation op = step(0, 2);
  const Digest record = id_of(7);
  op.refs.bytes = record;
  EXPECT(world.run(op) == ResultCode::missing_ref);  // L-813
  EXPECT(world.in_field(kField).run(create_record(record)) == ResultCode::ok);
  auto entry = world.get<CaseEntry>(case_key(kCase));
  entry.steps = UINT32_MAX;
  world.put(case_key(kCase), entry);
  EXPECT(world.run(op) == ResultCode::limit);  // L-814
  entry.steps = 1;
  world.put(case_key(kCase), entry);
  world.hold({ObjectKind::open_case, kCase, 0, 0}, true);
  EXPECT(world.run(op) == ResultCode::hold);  // L-802
  world.hold({ObjectKind::open_case, kCase, 0, 0}, false);
  EXPECT(world.run(op) == ResultCode::ok);
}

TEST(step_of_time) {
  World world;
  world.define(sale());
  EXPECT(world.run(opening()) == ResultCode::ok);
  EXPECT(world.as(3).at(1101).run(step(0, 0)) == ResultCode::role_denied);  // L-805
  EXPECT(world.as(2).at(1100).run(step(0, 0)) == ResultCode::too_early);    // L-806
  EXPECT(world.at(1101).run(step(0, 0)) == ResultCode::ok);
  EXPECT_EQ(world.get<CaseEntry>(case_key(kCase)).state, 2U);
}

}  // namespace chopmark::test
