// SPDX-License-Identifier: Apache-2.0
// ISS, TRF, RED, LCK, and what they keep (L-81).
#include "hash/sha256.hpp"
#include "ledger/operations/world.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

constexpr std::uint32_t kClass = 6;
const Digest kLock = id_of(0x1c);

AssetClass money(std::uint8_t flags = kClassHolderRedeems) {
  AssetClass of;
  of.id = kClass;
  of.field = kField;
  of.flags = flags;
  of.holder_roles = kRoleTrade;
  of.supply_max = 1000;
  of.issue_max = 600;
  of.expires = kNever;
  return of;
}

AssetClass receipts(Backing backing = Backing::record) {
  AssetClass of = money(kClassLots | kClassHolderRedeems);
  of.backing = backing;
  return of;
}

IssueOperation issue_to(std::uint32_t to, std::uint64_t amount, const Digest& backing = {}) {
  IssueOperation op;
  op.asset_class = kClass;
  op.to = to;
  op.amount = amount;
  op.backing = backing;
  op.expires = kNever;
  return op;
}

TransferOperation transfer_to(std::uint32_t to, std::uint64_t amount, const Digest& lot = {}) {
  TransferOperation op;
  op.asset_class = kClass;
  op.lot = lot;
  op.to = to;
  op.amount = amount;
  return op;
}

RedeemOperation redeem_of(std::uint32_t holder, std::uint64_t amount, const Digest& lot = {}) {
  RedeemOperation op;
  op.asset_class = kClass;
  op.lot = lot;
  op.holder = holder;
  op.amount = amount;
  op.reason = 1;
  return op;
}

LockOperation lock_for(std::uint32_t beneficiary, std::uint64_t amount, LockCondition condition,
                       const Digest& subject) {
  LockOperation op;
  op.lock_id = kLock;
  op.asset_class = kClass;
  op.amount = amount;
  op.beneficiary = beneficiary;
  op.deadline = 2000;
  op.condition = condition;
  op.subject = subject;
  return op;
}

LockOperation end_of_lock(LockAction action, const Digest& preimage = {}) {
  LockOperation op;
  op.action = action;
  op.lock_id = kLock;
  op.preimage = preimage;
  return op;
}

Digest co_signer(std::uint8_t member) {
  Digest subject{};
  subject[3] = member;
  return subject;
}

HoldingEntry holding_of(const World& world, std::uint32_t member, const Digest& lot = {}) {
  return world.get<HoldingEntry>(holding_key(kClass, lot, member));
}

TotalsEntry totals_of(const World& world) {
  return world.get<TotalsEntry>(totals_key(kClass));
}

/// L-81 and L-91 over members 1 to 5 and one lot.
void expect_conserved(const World& world, const Digest& lot = {}) {
  std::uint64_t sum = 0;
  std::uint32_t holders = 0;
  for (std::uint32_t member = 1; member <= 5; ++member) {
    if (!world.has(holding_key(kClass, lot, member))) continue;
    const HoldingEntry holding = holding_of(world, member, lot);
    sum += holding.free + holding.locked;
    holders += holding.free + holding.locked != 0 ? 1 : 0;
  }
  const TotalsEntry totals = totals_of(world);
  EXPECT_EQ(sum, totals.issued - totals.redeemed);
  EXPECT_EQ(totals.holders, lot == Digest{} ? holders : 0);
}

}  // namespace

TEST(issue_by_those_who_may) {
  World world;
  EXPECT(world.run(issue_to(2, 1)) == ResultCode::class_);  // L-901
  AssetClass of = money(kClassOneIssuer);
  of.issuer = 3;
  of.expires = 1200;
  world.define(of);
  EXPECT(world.run(issue_to(2, 1)) == ResultCode::role_denied);  // L-902
  world.set_roles(3, kField, kRolesKnown & ~kRoleIssue);
  EXPECT(world.as(3).run(issue_to(2, 1)) == ResultCode::role_denied);
  world.set_roles(3, kField, kRolesKnown);
  EXPECT(world.at(1201).run(issue_to(2, 1)) == ResultCode::expired);  // L-903
  world.at(1200);
  IssueOperation op = issue_to(2, 1);
  op.expires = 1199;
  EXPECT(world.run(op) == ResultCode::expired);
  op.expires = 1200;
  EXPECT(world.run(op) == ResultCode::class_);  // L-904
  EXPECT(world.run(issue_to(2, 1, id_of(1))) == ResultCode::class_);
  EXPECT(world.run(issue_to(2, 601)) == ResultCode::supply);      // L-909
  EXPECT(world.run(issue_to(99, 1)) == ResultCode::not_allowed);  // L-72
  world.set_roles(4, kField, kRolesKnown & ~kRoleTrade);
  EXPECT(world.run(issue_to(4, 1)) == ResultCode::not_allowed);
  EXPECT(world.run(issue_to(2, 600)) == ResultCode::ok);
  EXPECT(world.run(issue_to(2, 401)) == ResultCode::supply);
  EXPECT(world.run(issue_to(2, 400)) == ResultCode::ok);
  EXPECT_EQ(holding_of(world, 2).free, 1000U);  // L-911
  expect_conserved(world);
}

TEST(issue_stays_below_two_to_the_64) {
  World world;
  AssetClass of = money();
  of.supply_max = of.issue_max = UINT64_MAX;
  world.define(of);
  EXPECT(world.run(issue_to(1, UINT64_MAX - 1)) == ResultCode::ok);
  EXPECT(world.run(redeem_of(1, UINT64_MAX - 1)) == ResultCode::ok);
  EXPECT(world.run(issue_to(1, 2)) == ResultCode::supply);  // L-909: `issued` counts all
  EXPECT(world.run(issue_to(1, 1)) == ResultCode::ok);
  expect_conserved(world);
}

TEST(issue_on_a_record) {
  World world;
  AssetClass of = receipts();
  of.claim = 2;
  world.define(of);
  world.define(Schema{3, kField, SchemaMode::linking, 0});
  const Digest record = id_of(1);
  EXPECT(world.run(issue_to(2, 5, record)) == ResultCode::missing_ref);  // L-905
  RecordOperation create = create_record(record);
  create.action = RecordAction::create_with_nullifier;
  create.schema = 3;
  create.nullifier = id_of(0x55);
  EXPECT(world.run(create) == ResultCode::ok);
  IssueOperation op = issue_to(2, 5, record);
  op.attester = 4;
  EXPECT(world.run(op) == ResultCode::missing_ref);  // L-907
  AttestOperation claim;
  claim.target = record;
  claim.version = 1;
  claim.claim = 2;
  EXPECT(world.as(4).run(claim) == ResultCode::ok);
  EXPECT(world.as(1).run(op) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::duplicate_backing);  // L-908
  const Digest lot = create.nullifier;
  EXPECT_EQ(holding_of(world, 2, lot).free, 5U);
  auto backing = world.get<BackingEntry>(backing_key(kClass, lot));
  EXPECT(backing.issuer == 1 && backing.amount == 5 && backing.live == 5);  // L-912
  EXPECT(backing.record_id == record);
  EXPECT_EQ(world.get<RecordEntry>(record_key(record)).backings, 1U);
  expect_conserved(world, lot);
  EXPECT(world.run(change_record(RecordAction::withdraw, record, 1)) == ResultCode::backing_live);
  EXPECT(world.as(2).run(redeem_of(2, 3, lot)) == ResultCode::ok);  // L-1104
  EXPECT_EQ(world.get<BackingEntry>(backing_key(kClass, lot)).live, 2U);
  EXPECT(world.run(redeem_of(2, 2, lot)) == ResultCode::ok);
  EXPECT_EQ(world.get<RecordEntry>(record_key(record)).backings, 0U);
  expect_conserved(world, lot);
  EXPECT(world.as(1).run(op) == ResultCode::duplicate_backing);  // for good
  create.record_id = id_of(2);
  EXPECT(world.run(create) == ResultCode::ok);
  world.hold({ObjectKind::record, id_of(2), 0, 0}, true);
  EXPECT(world.run(issue_to(2, 5, id_of(2))) == ResultCode::hold);  // L-906
  EXPECT(world.run(change_record(RecordAction::withdraw, record, 1)) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::missing_ref);  // L-905: not active
}

TEST(issue_on_a_value) {
  World world;
  AssetClass of = money();
  of.backing = Backing::value;
  world.define(of);
  EXPECT(world.run(issue_to(2, 5)) == ResultCode::missing_ref);  // L-905
  EXPECT(world.run(issue_to(2, 5, id_of(1))) == ResultCode::ok);
  EXPECT(world.run(issue_to(2, 5, id_of(1))) == ResultCode::duplicate_backing);
  EXPECT(world.run(issue_to(2, 5, id_of(2))) == ResultCode::ok);
  EXPECT_EQ(holding_of(world, 2).free, 10U);  // without lots
  const auto backing = world.get<BackingEntry>(backing_key(kClass, id_of(2)));
  EXPECT(backing.live == 0 && backing.record_id == Digest{});
}

TEST(transfer_of_own_units) {
  World world;
  EXPECT(world.run(transfer_to(2, 1)) == ResultCode::class_);  // L-70
  AssetClass of = money(kClassReceiverSigns);
  of.expires = 1200;
  world.define(of);
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  EXPECT(world.as(2).run(transfer_to(3, 1)) == ResultCode::not_holder);  // L-74
  world.as(1);
  EXPECT(world.run(transfer_to(2, 11)) == ResultCode::insufficient);  // L-78
  EXPECT(world.run(transfer_to(1, 5)) == ResultCode::not_allowed);    // L-1002
  EXPECT(world.run(transfer_to(99, 5)) == ResultCode::not_allowed);   // L-72
  EXPECT(world.run(transfer_to(2, 5)) == ResultCode::not_allowed);    // L-73
  world.as({1, 2});
  EXPECT(world.at(1201).run(transfer_to(2, 5)) == ResultCode::expired);  // L-71
  EXPECT(world.at(1200).run(transfer_to(2, 4)) == ResultCode::ok);
  EXPECT(holding_of(world, 1).free == 6 && holding_of(world, 2).free == 4);  // L-1003
  EXPECT_EQ(totals_of(world).holders, 2U);
  EXPECT(world.run(transfer_to(2, 6)) == ResultCode::ok);
  EXPECT_EQ(totals_of(world).holders, 1U);
  EXPECT(world.run(transfer_to(2, 1)) == ResultCode::insufficient);  // the entry stays
  expect_conserved(world);
}

TEST(transfer_keeps_lots_apart) {
  World world;
  world.define(receipts(Backing::value));
  IssueOperation op = issue_to(1, 10, id_of(1));
  op.expires = 1300;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(issue_to(1, 10, id_of(2))) == ResultCode::ok);
  EXPECT(world.run(transfer_to(2, 5)) == ResultCode::not_holder);
  EXPECT(world.run(transfer_to(2, 11, id_of(1))) == ResultCode::insufficient);
  EXPECT(world.run(transfer_to(2, 4, id_of(1))) == ResultCode::ok);
  EXPECT_EQ(holding_of(world, 2, id_of(1)).expires, 1300U);                        // L-80
  EXPECT(world.at(1301).run(transfer_to(2, 1, id_of(1))) == ResultCode::expired);  // L-76
  EXPECT(world.run(transfer_to(2, 1, id_of(2))) == ResultCode::ok);
  EXPECT_EQ(totals_of(world).holders, 0U);
}

TEST(transfer_under_a_cap) {
  World world;
  AssetClass of = money();
  of.holders_max = 2;
  world.define(of);
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  EXPECT(world.run(transfer_to(2, 4)) == ResultCode::ok);
  EXPECT(world.run(transfer_to(3, 4)) == ResultCode::cap);  // L-79
  EXPECT(world.run(issue_to(3, 4)) == ResultCode::cap);
  EXPECT(world.run(transfer_to(2, 1)) == ResultCode::ok);
  EXPECT(world.run(transfer_to(3, 5)) == ResultCode::ok);  // one leaves, one comes
  expect_conserved(world);
  EXPECT(world.as(2).run(redeem_of(2, 5)) == ResultCode::ok);
  EXPECT(world.as(3).run(transfer_to(4, 1)) == ResultCode::ok);
  expect_conserved(world);
}

TEST(transfer_of_bound_units_goes_by_order_alone) {
  World world;
  world.define(money(kClassBound | kClassReceiverSigns));
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  EXPECT(world.run(transfer_to(2, 1)) == ResultCode::not_allowed);  // L-1001
  EXPECT(world.run(lock_for(2, 1, LockCondition::preimage, {})) == ResultCode::not_allowed);
  TransferOperation order = transfer_to(2, 4);
  order.by_order = true;
  order.from = 1;
  world.as(5);
  EXPECT(world.run(order) == ResultCode::conflict);  // L-1012
  world.hold({ObjectKind::holding, {}, kClass, 1}, true);
  EXPECT(world.as(1).run(redeem_of(1, 1)) == ResultCode::role_denied);  // nobody redeems here
  world.set_roles(4, kField, 0);
  EXPECT(world.as(4).run(order) == ResultCode::role_denied);  // L-1011
  world.as(5);
  order.to = 1;
  EXPECT(world.run(order) == ResultCode::not_allowed);  // L-1002
  order.to = 4;
  EXPECT(world.run(order) == ResultCode::not_allowed);  // L-72
  order.to = 2;
  order.amount = 11;
  EXPECT(world.run(order) == ResultCode::insufficient);
  order.amount = 4;
  EXPECT(world.run(order) == ResultCode::ok);  // L-73 is not asked for
  order.from = 3;
  EXPECT(world.run(order) == ResultCode::not_holder);
  expect_conserved(world);
}

TEST(redeem_by_holder_or_issuer) {
  World world;
  world.define(money(kClassHolderRedeems));
  EXPECT(world.run(issue_to(2, 10)) == ResultCode::ok);
  EXPECT(world.run(redeem_of(2, 1)) == ResultCode::role_denied);       // L-1101
  EXPECT(world.as(3).run(redeem_of(3, 1)) == ResultCode::not_holder);  // L-74
  RedeemOperation expired = redeem_of(2, 1);
  expired.reason = kReasonExpired;
  EXPECT(world.as(2).run(expired) == ResultCode::too_early);  // L-1102
  EXPECT(world.run(redeem_of(2, 11)) == ResultCode::insufficient);
  EXPECT(world.run(redeem_of(2, 10)) == ResultCode::ok);  // L-1103
  EXPECT(totals_of(world).redeemed == 10 && totals_of(world).holders == 0);
  expect_conserved(world);
}

// L-1101: another who may issue in the field cannot take away what the one issuer gave out.
TEST(redeem_by_the_one_issuer) {
  World world;
  AssetClass of = money(kClassOneIssuer | kClassIssuerRedeems);
  of.issuer = 1;
  world.define(of);
  EXPECT(world.as(1).run(issue_to(2, 10)) == ResultCode::ok);
  world.set_roles(4, kField, kRoleIssue);
  EXPECT(world.as(4).run(redeem_of(2, 1)) == ResultCode::role_denied);
  EXPECT(world.as(1).run(redeem_of(2, 1)) == ResultCode::ok);
  expect_conserved(world);
}

TEST(redeem_by_the_issuer_after_expiry) {
  World world;
  AssetClass of = receipts(Backing::value);
  of.flags = kClassLots | kClassIssuerRedeems;
  world.define(of);
  IssueOperation op = issue_to(2, 10, id_of(1));
  op.expires = 1200;
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.as(2).run(redeem_of(2, 1, id_of(1))) == ResultCode::role_denied);
  world.as(1);
  world.hold({ObjectKind::holding, id_of(1), kClass, 2}, true);
  EXPECT(world.run(redeem_of(2, 1, id_of(1))) == ResultCode::hold);  // L-75
  world.hold({ObjectKind::holding, id_of(1), kClass, 2}, false);
  EXPECT(world.at(1201).run(redeem_of(2, 1, id_of(1))) == ResultCode::expired);
  RedeemOperation expired = redeem_of(2, 10, id_of(1));
  expired.reason = kReasonExpired;
  EXPECT(world.run(expired) == ResultCode::ok);
}

TEST(lock_is_checked_in_order) {
  World world;
  const LockOperation op = lock_for(2, 6, LockCondition::case_state, id_of(1));
  EXPECT(world.run(op) == ResultCode::class_);  // L-70
  world.define(money());
  LockOperation late = op;
  late.deadline = 999;
  EXPECT(world.run(late) == ResultCode::deadline);  // L-1202
  LockOperation foreign = op;
  foreign.beneficiary = 99;
  EXPECT(world.run(foreign) == ResultCode::not_allowed);  // L-72
  EXPECT(world.run(op) == ResultCode::unknown_case);      // L-1203
  EXPECT(world.run(lock_for(2, 6, LockCondition::co_signature, co_signer(99))) ==
         ResultCode::unknown_member);
  world.put(case_key(id_of(1)), CaseEntry{});
  EXPECT(world.run(op) == ResultCode::not_holder);  // L-74
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(holding_of(world, 1).free == 4 && holding_of(world, 1).locked == 6);  // L-1204
  EXPECT(world.run(op) == ResultCode::duplicate_id);                           // L-1201
  EXPECT(world.run(transfer_to(2, 5)) == ResultCode::locked);                  // L-77
  EXPECT(world.run(redeem_of(1, 11)) == ResultCode::insufficient);
  auto governance = world.get<GovernanceEntry>(governance_key());
  governance.lock_ms_max = 999;
  world.put(governance_key(), governance);
  world.next_block();
  LockOperation next = op;
  next.lock_id = id_of(9);
  EXPECT(world.run(next) == ResultCode::deadline);
}

TEST(lock_settles_when_its_case_does) {
  World world;
  world.define(money());
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  CaseEntry opened;
  world.put(case_key(id_of(1)), opened);
  LockOperation op = lock_for(2, 10, LockCondition::case_state, id_of(1));
  op.state = 1;
  const LockOperation settle = end_of_lock(LockAction::settle);
  EXPECT(world.run(settle) == ResultCode::unknown_lock);  // L-1211
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.as(3).run(settle) == ResultCode::not_party);                     // L-1213
  EXPECT(world.as(2).run(settle) == ResultCode::cond_unmet);                    // L-1217
  EXPECT(world.run(end_of_lock(LockAction::refund)) == ResultCode::too_early);  // L-1221
  opened.state = 1;
  world.put(case_key(id_of(1)), opened);
  EXPECT(world.run(end_of_lock(LockAction::settle_with_preimage)) == ResultCode::cond_unmet);
  EXPECT(world.at(2001).run(settle) == ResultCode::deadline);  // L-1215
  world.at(2000).hold({ObjectKind::lock, kLock, 0, 0}, true);
  EXPECT(world.run(settle) == ResultCode::hold);  // L-1214
  world.hold({ObjectKind::lock, kLock, 0, 0}, false);
  world.hold({ObjectKind::holding, {}, kClass, 1}, true);
  EXPECT(world.run(settle) == ResultCode::ok);    // a hold on the holding does not matter
  EXPECT(world.run(settle) == ResultCode::done);  // L-1212
  EXPECT(holding_of(world, 1).locked == 0 && holding_of(world, 2).free == 10);  // L-1218
  EXPECT(world.get<LockEntry>(lock_key(kLock)).status == LockStatus::settled);
  expect_conserved(world);
}

TEST(lock_opens_with_a_preimage) {
  World world;
  AssetClass of = money();
  of.expires = 1500;
  of.holders_max = 1;
  world.define(of);
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  const Digest secret = id_of(0x5e);
  EXPECT(world.run(lock_for(2, 4, LockCondition::preimage, sha256(secret))) == ResultCode::ok);
  const LockOperation settle = end_of_lock(LockAction::settle_with_preimage, secret);
  EXPECT(world.run(end_of_lock(LockAction::settle)) == ResultCode::cond_unmet);
  EXPECT(world.run(end_of_lock(LockAction::settle_with_preimage, id_of(1))) ==
         ResultCode::cond_unmet);
  EXPECT(world.at(1501).run(settle) == ResultCode::expired);  // L-1216
  EXPECT(world.at(1500).run(settle) == ResultCode::cap);      // L-79
  EXPECT(world.run(redeem_of(1, 6)) == ResultCode::ok);
  world.set_roles(2, kField, 0);
  EXPECT(world.run(settle) == ResultCode::not_allowed);  // L-72
  world.set_roles(2, kField, kRoleTrade);
  EXPECT(world.run(settle) == ResultCode::ok);  // the owner leaves
  expect_conserved(world);
}

TEST(lock_as_a_pledge) {
  World world;
  world.define(money());
  EXPECT(world.run(issue_to(1, 10)) == ResultCode::ok);
  const LockOperation op = lock_for(1, 10, LockCondition::co_signature, co_signer(3));
  const LockOperation settle = end_of_lock(LockAction::settle);
  EXPECT(world.run(op) == ResultCode::ok);
  EXPECT(world.run(settle) == ResultCode::cond_unmet);
  EXPECT(world.as({1, 3}).run(settle) == ResultCode::ok);  // L-36
  EXPECT(holding_of(world, 1).free == 10 && holding_of(world, 1).locked == 0);
  LockOperation again = op;
  again.lock_id = id_of(9);
  EXPECT(world.as(1).run(again) == ResultCode::ok);
  LockOperation refund = end_of_lock(LockAction::refund);
  refund.lock_id = id_of(9);
  EXPECT(world.at(2000).run(refund) == ResultCode::too_early);
  EXPECT(world.at(2001).run(refund) == ResultCode::ok);  // L-1222
  EXPECT(world.run(refund) == ResultCode::done);
  EXPECT(holding_of(world, 1).free == 10 && holding_of(world, 1).locked == 0);
  EXPECT(world.get<LockEntry>(lock_key(id_of(9))).status == LockStatus::refunded);
  expect_conserved(world);
}

}  // namespace chopmark::test
