// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

AttestOperation statement(const Digest& target, std::uint32_t version, std::uint8_t claim = 1) {
  AttestOperation op;
  op.target = target;
  op.version = version;
  op.claim = claim;
  op.detail = id_of(0xdd);
  return op;
}

}  // namespace

TEST(attest_needs_the_role_of_the_claim) {
  World world;
  EXPECT(world.run(create_record(id_of(1))) == ResultCode::ok);
  world.set_roles(2, kField, kRoleAttest | kRoleNotarise);
  world.as(2);
  for (std::uint8_t claim = 1; claim <= kClaimMax; ++claim) {
    const bool may = claim == 1 || claim == 7 || claim == 8 || claim == 10;
    EXPECT(world.run(statement(id_of(1), 1, claim)) ==
           (may ? ResultCode::ok : ResultCode::role_denied));  // L-50
  }
}

TEST(attest_names_the_present_version) {
  World world;
  EXPECT(world.run(statement(id_of(1), 1)) == ResultCode::missing_ref);  // L-51
  EXPECT(world.run(create_record(id_of(1))) == ResultCode::ok);
  EXPECT(world.run(statement(id_of(1), 2)) == ResultCode::missing_ref);
  EXPECT(world.run(change_record(RecordAction::withdraw, id_of(1), 1)) == ResultCode::ok);
  EXPECT(world.run(statement(id_of(1), 1)) == ResultCode::stale_version);  // L-52
  EXPECT(world.run(statement(id_of(1), 2)) == ResultCode::ok);             // withdrawn or not
  EXPECT(world.run(statement(id_of(1), 2)) == ResultCode::ok);
  const Digest key = attestation_key(1, statement(id_of(1), 2));
  auto entry = world.get<AttestationEntry>(key);
  EXPECT(entry.times == 2 && entry.height == 10 && entry.field == kField);  // L-53, L-54
  entry.times = UINT32_MAX;
  world.put(key, entry);
  EXPECT(world.run(statement(id_of(1), 2)) == ResultCode::version_conflict);
}

TEST(attest_on_cases_counts_steps) {
  World world;
  CaseEntry opened;
  opened.steps = 3;
  world.put(case_key(id_of(1)), opened);
  AttestOperation op = statement(id_of(1), 3);
  EXPECT(world.run(op) == ResultCode::missing_ref);  // no record
  op.kind = TargetKind::open_case;
  EXPECT(world.run(op) == ResultCode::ok);
  op.version = 2;
  EXPECT(world.run(op) == ResultCode::stale_version);
}

}  // namespace chopmark::test
