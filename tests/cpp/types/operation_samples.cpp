// SPDX-License-Identifier: Apache-2.0
#include "types/operation_samples.hpp"

#include <deque>

namespace chopmark::test {
namespace {

/// Keeps the bytes that samples borrow.
ByteView kept(Bytes bytes) {
  static std::deque<Bytes> all;
  return all.emplace_back(std::move(bytes));
}

ByteView numbers(const std::vector<std::uint32_t>& all) {
  codec::Writer out;
  for (const std::uint32_t number : all)
    out.u32(number);
  return kept(out.take());
}

RefsView refs(std::size_t count) {
  return {kept(packed(ascending(count)))};
}

NewKey new_key(std::uint32_t id, std::uint8_t flags) {
  return {id, flags, some_digest(id), kept(random_bytes(id, 64))};
}

template <class Definition>
GovernanceOperation define(GovernanceAction action, DefinitionKind kind, const Definition& one) {
  GovernanceOperation out{.action = action};
  out.definition = kept(definition_of(one, some_digest(20)));
  out.kind = kind;
  out.id = one.id;
  return out;
}

GovernanceOperation on_member(GovernanceAction action, std::uint32_t member) {
  GovernanceOperation out{.action = action};
  out.member = member;
  return out;
}

GovernanceOperation on_object(GovernanceAction action, const ObjectId& object) {
  GovernanceOperation out{.action = action};
  out.object = object;
  return out;
}

GovernanceOperation retire(DefinitionKind kind, std::uint32_t id) {
  GovernanceOperation out{.action = GovernanceAction::retire};
  out.kind = kind;
  out.id = id;
  return out;
}

void add_governance(std::vector<OperationSample>& all) {
  using Action = GovernanceAction;
  GovernanceOperation admit = on_member(Action::admit, 0x01020304);
  admit.name = kept(text("alpha-1"));
  admit.key = new_key(0x05060708, kKeyAdministrates);
  all.push_back({"admit", admit});
  all.push_back({"expel", on_member(Action::expel, 0x11121314)});
  all.push_back({"freeze", on_member(Action::freeze, 0x21222324)});
  all.push_back({"unfreeze", on_member(Action::unfreeze, 0x31323334)});
  GovernanceOperation roles = on_member(Action::roles, 0x41424344);
  roles.field = 0x4546;
  roles.role_bits = kRolesKnown;
  all.push_back({"roles", roles});
  GovernanceOperation validators{.action = Action::validators};
  validators.validators = kept(random_bytes(51, 96));
  all.push_back({"validators", validators});
  GovernanceOperation council{.action = Action::council};
  council.threshold = 2;
  council.council = numbers({3, 5, 0x80000000});
  all.push_back({"council", council});
  GovernanceOperation parameter{.action = Action::parameter};
  parameter.parameter = 2;
  parameter.value = 0x6162636465666768;
  all.push_back({"parameter", parameter});
  all.push_back({"schema", define(Action::schema, DefinitionKind::schema, sample_schema())});
  all.push_back({"template",
                 define(Action::case_template, DefinitionKind::case_template, sample_template())});
  all.push_back({"lots", define(Action::asset_class, DefinitionKind::asset_class, sample_lots())});
  all.push_back(
      {"units", define(Action::asset_class, DefinitionKind::asset_class, sample_units())});
  all.push_back({"retire schema", retire(DefinitionKind::schema, 0xffff)});
  all.push_back({"retire template", retire(DefinitionKind::case_template, 0)});
  all.push_back({"retire class", retire(DefinitionKind::asset_class, 0x10000)});
  all.push_back({"hold record", on_object(Action::hold, {ObjectKind::record, some_digest(71)})});
  all.push_back({"hold case", on_object(Action::hold, {ObjectKind::open_case, some_digest(72)})});
  all.push_back({"unhold lock", on_object(Action::unhold, {ObjectKind::lock, some_digest(73)})});
  all.push_back({"unhold holding", on_object(Action::unhold, {ObjectKind::holding, some_digest(74),
                                                              0x71727374, 0x75767778})});
}

void add_keys(std::vector<OperationSample>& all) {
  KeyOperation one{.action = KeyAction::add};
  one.key = new_key(0x01020304, kKeyAdministrates);
  all.push_back({"key add", one});
  one = {.action = KeyAction::rotate};
  one.key = new_key(0x11121314, 0);
  all.push_back({"key rotate", one});
  one = {.action = KeyAction::revoke, .key_id = 0x21222324, .compromised_since = 77};
  all.push_back({"key revoke", one});
  one = {.action = KeyAction::council_revokes, .member = 0x31323334, .key_id = 0x35363738};
  all.push_back({"key council revokes", one});
  one = {.action = KeyAction::council_replaces,
         .member = 0x41424344,
         .key_id = 0x45464748,
         .compromised_since = 0x5152535455565758};
  one.key = new_key(0x61626364, 0);
  all.push_back({"key council replaces", one});
}

void add_records(std::vector<OperationSample>& all) {
  RecordOperation one;
  one.record_id = some_digest(101);
  one.schema = 0x0102;
  one.commitment = some_digest(102);
  one.retention = 0x1112131415161718;
  one.refs = refs(3);
  all.push_back({"create", one});
  one.action = RecordAction::create_with_nullifier;
  one.nullifier = some_digest(103);
  all.push_back({"create with nullifier", one});
  one.action = RecordAction::amend;
  one.nullifier = {};
  one.expected_version = 0x21222324;
  one.refs = refs(16);
  all.push_back({"amend", one});
  one = {.action = RecordAction::withdraw, .record_id = some_digest(104), .expected_version = 1};
  all.push_back({"withdraw", one});
  one.action = RecordAction::erase;
  all.push_back({"erase", one});
}

void add_statements(std::vector<OperationSample>& all) {
  for (std::uint8_t claim = 1; claim <= kClaimMax; ++claim) {
    const auto kind = claim % 2 == 0 ? TargetKind::open_case : TargetKind::record;
    all.push_back({"attest " + std::to_string(claim),
                   AttestOperation{kind, some_digest(111), 0x01020304, claim, some_digest(112)}});
  }
  GrantOperation grant{false,      some_digest(121),   0x01020304,      0x0506,
                       0x11121314, 0x2122232425262728, some_digest(122)};
  all.push_back({"grant", grant});
  all.push_back({"grant revoke", GrantOperation{true, some_digest(123), 0x31323334}});
  UseOperation use{false, some_digest(131), 0x0102, some_digest(132)};
  all.push_back({"use", use});
  use.break_glass = true;
  use.case_id = some_digest(133);
  use.template_id = 0x0304;
  all.push_back({"break glass", use});
}

void add_cases(std::vector<OperationSample>& all) {
  OpenOperation open{some_digest(141), 0x0102, 0x1112131415161718,
                     some_digest(142), 3,      {0x21222324, 7, 0x31323334},
                     refs(2)};
  all.push_back({"open", open});
  all.push_back({"step", StepOperation{some_digest(151), 31, 255, some_digest(152), refs(2)}});
  all.push_back({"timeout", StepOperation{some_digest(153), 0, 0, {}, {}}});
}

void add_quantities(std::vector<OperationSample>& all) {
  all.push_back({"issue", IssueOperation{0x01020304, 0x05060708, 0x1112131415161718,
                                         some_digest(161), 0x21222324, 0x3132333435363738}});
  all.push_back({"transfer", TransferOperation{false, 0x01020304, some_digest(171), 0, 0x05060708,
                                               0x1112131415161718}});
  all.push_back(
      {"transfer by order", TransferOperation{true, 0x01020304, some_digest(172), 0x21222324,
                                              0x05060708, 0x1112131415161718}});
  for (std::uint8_t reason = 1; reason <= 5; ++reason) {
    all.push_back({"redeem " + std::to_string(reason),
                   RedeemOperation{0x01020304, some_digest(181), 0x05060708, 0x1112131415161718,
                                   reason, some_digest(182)}});
  }
}

void add_locks(std::vector<OperationSample>& all) {
  LockOperation lock{.action = LockAction::lock,
                     .lock_id = some_digest(191),
                     .asset_class = 0x01020304,
                     .lot = some_digest(192),
                     .amount = 0x1112131415161718,
                     .beneficiary = 0x21222324,
                     .deadline = 0x3132333435363738,
                     .condition = LockCondition::case_state,
                     .subject = some_digest(193),
                     .state = 31};
  all.push_back({"lock on case", lock});
  lock.condition = LockCondition::preimage;
  lock.state = 0;
  all.push_back({"lock on preimage", lock});
  lock.condition = LockCondition::co_signature;
  lock.subject = {0x41, 0x42, 0x43, 0x44};
  all.push_back({"lock on co-signature", lock});
  all.push_back(
      {"settle", LockOperation{.action = LockAction::settle, .lock_id = some_digest(194)}});
  all.push_back({"settle with preimage", LockOperation{.action = LockAction::settle_with_preimage,
                                                       .lock_id = some_digest(195),
                                                       .preimage = some_digest(196)}});
  all.push_back(
      {"refund", LockOperation{.action = LockAction::refund, .lock_id = some_digest(197)}});
}

template <class Operation>
Result<AnyOperation> any(const Result<Operation>& parsed) {
  if (!parsed) return parsed.failure();
  return AnyOperation{*parsed};
}

}  // namespace

Result<AnyOperation> parse_any(OperationCode code, ByteView body) {
  switch (code) {
    case OperationCode::governance:
      return any(parse_governance(body));
    case OperationCode::key:
      return any(parse_key(body));
    case OperationCode::record:
      return any(parse_record(body));
    case OperationCode::attest:
      return any(parse_attest(body));
    case OperationCode::grant:
      return any(parse_grant(body));
    case OperationCode::use:
      return any(parse_use(body));
    case OperationCode::open:
      return any(parse_open(body));
    case OperationCode::step:
      return any(parse_step(body));
    case OperationCode::issue:
      return any(parse_issue(body));
    case OperationCode::transfer:
      return any(parse_transfer(body));
    case OperationCode::redeem:
      return any(parse_redeem(body));
    case OperationCode::lock:
      return any(parse_lock(body));
  }
  return Failure{Error::tag, 0};
}

const std::vector<OperationSample>& operation_samples() {
  static const std::vector<OperationSample> samples = [] {
    std::vector<OperationSample> all;
    add_governance(all);
    add_keys(all);
    add_records(all);
    add_statements(all);
    add_cases(all);
    add_quantities(all);
    add_locks(all);
    return all;
  }();
  return samples;
}

const OperationSample& operation_sample(const std::string& name) {
  const auto& all = operation_samples();
  const auto at = std::find_if(all.begin(), all.end(),
                               [&](const OperationSample& one) { return one.name == name; });
  EXPECT(at != all.end());
  return at != all.end() ? *at : all.front();
}

Schema sample_schema() {
  return {0x0102, 0x0304, SchemaMode::unique, kRoleRecord | kRoleHandle};
}

Template sample_template() {
  Template out;
  out.id = 0x0102;
  out.field = 0x0304;
  out.review = true;
  out.party_count = 3;
  out.party_roles = {kRoleHandle, 0, kRoleDecide | kRoleAttest};
  out.openers = 0x05;
  out.state_count = 3;
  out.states[0] = {false, 0x1112131415161718, 2};
  out.states[1] = {false, 0, 0};
  out.states[2] = {true, 0, 0};
  out.transition_count = 3;
  out.transitions[0] = {0, 1, 1, 0x01, 0x02, 0, 1};
  out.transitions[1] = {0, 2, 2, 0, 0, kRoleDecide, 0};
  out.transitions[2] = {1, 1, 2, 0x04, 0, kRoleHandle, 16};
  return out;
}

AssetClass sample_lots() {
  AssetClass out;
  out.id = 0x01020304;
  out.field = 0x0506;
  out.flags = kClassLots | kClassOneIssuer | kClassHolderRedeems;
  out.issuer = 0x11121314;
  out.backing = Backing::record;
  out.claim = 2;
  out.holder_roles = kRoleTrade;
  out.supply_max = 0x2122232425262728;
  out.issue_max = 0x3132333435363738;
  out.expires = 0x4142434445464748;
  return out;
}

AssetClass sample_units() {
  AssetClass out;
  out.id = 0x51525354;
  out.field = 0x5556;
  out.flags = kClassIssuerRedeems | kClassReceiverSigns | kClassBound;
  out.holders_max = 0x61626364;
  out.supply_max = kNever;
  out.issue_max = 1;
  out.expires = kNever;
  return out;
}

}  // namespace chopmark::test
