// SPDX-License-Identifier: Apache-2.0
#include "ledger/scene.hpp"

#include <map>
#include <string>
#include <tuple>

#include "hash/sha256.hpp"

namespace chopmark::fuzz {
namespace {

constexpr std::uint8_t kNewKeys = 16;  // numbers that no member of the genesis has

/// Keeps the bytes that operations borrow: few, since the choices are.
ByteView kept(const Bytes& bytes) {
  static std::map<std::string, Bytes> all;
  return all.try_emplace({bytes.begin(), bytes.end()}, bytes).first->second;
}

std::uint32_t member(Choices& choices) {
  return static_cast<std::uint32_t>(1 + choices.below(kMembers + 2));
}

std::uint64_t amount(Choices& choices) {
  constexpr std::uint64_t all[] = {1, 2, 5, 100, 300, 400, 600, kNever};
  return all[choices.below(std::size(all))];
}

std::uint64_t moment(Choices& choices, std::uint64_t time) {
  switch (choices.below(8)) {
    case 0:
      return kNever;
    case 1:
      return 0;
    case 2:
      return time - 1;
    case 3:
      return time;
    case 4:
      return time + 1;
    case 5:
      return time + 50;
    case 6:
      return time + 500;
    default:
      return kNever - 1;
  }
}

Digest lot(Choices& choices) {
  switch (choices.below(4)) {
    case 0:
      return {};
    case 1:
      return name(1, choices.below(3));  // a record
    case 2:
      return name(2, choices.below(2));  // a nullifier
    default:
      return name(5, choices.below(2));  // a value
  }
}

RefsView refs(Choices& choices) {
  std::vector<Digest> all;
  for (std::size_t i = choices.below(4); i > 0 && i < 3; --i)
    all.push_back(name(1, choices.below(3)));
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return {kept(test::packed(all))};
}

NewKey new_key(Choices& choices, std::uint32_t of, std::uint8_t flags) {
  const std::uint8_t choice = choices.byte();
  NewKey out;
  out.id = 1 + choice % 4;
  out.flags = flags;
  // Sometimes one that is in use, or one without possession.
  const std::size_t number = choice < 224 ? 12 + (choice / 4) % kNewKeys : choice % kKeyNumbers;
  out.public_key = signer(number).public_key();
  const bool shown = choices.byte() % 8 != 7;
  out.possession = shown ? possession(of, out.id, number) : kept(Bytes(64));
  return out;
}

ObjectId object(Choices& choices) {
  ObjectId out;
  out.kind = static_cast<ObjectKind>(1 + choices.below(4));
  if (out.kind == ObjectKind::holding) {
    out.asset_class = static_cast<std::uint32_t>(1 + choices.below(7));
    out.member = member(choices);
    out.id = lot(choices);
  } else {
    constexpr std::uint8_t kinds[] = {0, 1, 3, 4};
    out.id = name(kinds[static_cast<std::size_t>(out.kind)], choices.below(2));
  }
  return out;
}

std::uint16_t roles(Choices& choices) {
  return choices.below(2) == 0 ? std::uint16_t{kRolesKnown}
                               : static_cast<std::uint16_t>(1U << choices.below(12));
}

Bytes governance(Choices& choices, std::uint64_t time) {
  GovernanceOperation op;
  op.action = static_cast<GovernanceAction>(1 + choices.below(14));
  op.member = member(choices);
  switch (op.action) {
    case GovernanceAction::admit:
      op.name = kept(test::text("new-member"));
      op.key = new_key(choices, op.member, kKeyAdministrates);
      break;
    case GovernanceAction::roles:
      op.field = static_cast<std::uint16_t>(kField + choices.below(2));
      op.role_bits = choices.below(4) == 0 ? std::uint16_t{0} : roles(choices);
      break;
    case GovernanceAction::validators:
      op.validators = kept(test::packed(test::ascending(1 + choices.below(6))));
      break;
    case GovernanceAction::council: {
      codec::Writer out;
      const std::uint8_t mask = choices.byte() | 1;
      for (std::uint32_t i = 0; i < 8; ++i) {
        if ((mask >> i & 1) != 0) out.u32(i + 1);
      }
      op.council = kept(out.take());
      op.threshold = static_cast<std::uint8_t>(1 + choices.below(op.council.size() / 4));
      break;
    }
    case GovernanceAction::parameter:
      op.parameter = static_cast<std::uint8_t>(1 + choices.below(2));
      op.value = moment(choices, time) % 1000;
      break;
    case GovernanceAction::schema:
      return definition_body(DefinitionKind::schema, 1 + choices.below(5));
    case GovernanceAction::case_template:
      return definition_body(DefinitionKind::case_template, 1 + choices.below(5));
    case GovernanceAction::asset_class:
      return definition_body(DefinitionKind::asset_class, 1 + choices.below(8));
    case GovernanceAction::retire:
      op.kind = static_cast<DefinitionKind>(1 + choices.below(3));
      op.id = static_cast<std::uint32_t>(1 + choices.below(7));
      break;
    case GovernanceAction::hold:
    case GovernanceAction::unhold:
      op.object = object(choices);
      break;
    case GovernanceAction::expel:
    case GovernanceAction::freeze:
    case GovernanceAction::unfreeze:
      break;
  }
  return test::body_of(op);
}

Bytes key(Choices& choices, std::uint64_t height) {
  KeyOperation op;
  op.action = static_cast<KeyAction>(1 + choices.below(5));
  const std::uint8_t choice = choices.byte();
  op.member = 1 + choice % (kMembers + 1);
  op.key_id = 1 + choice / 16 % 4;
  constexpr std::uint64_t heights[] = {kNever, 0};
  op.compromised_since = choice >= 192 ? height + choice % 3 : heights[choice / 64 % 2];
  if (op.action != KeyAction::revoke && op.action != KeyAction::council_revokes)
    op.key = new_key(choices, op.member, op.action == KeyAction::add ? choice / 128 : 0);
  return test::body_of(op);
}

Bytes record(Choices& choices, std::uint64_t time) {
  RecordOperation op;
  op.action = static_cast<RecordAction>(1 + choices.below(5));
  op.record_id = name(1, choices.below(3));
  const bool creates =
      op.action == RecordAction::create || op.action == RecordAction::create_with_nullifier;
  op.expected_version = creates ? 0 : static_cast<std::uint32_t>(1 + choices.below(3));
  op.schema = static_cast<std::uint16_t>(choices.below(5));
  op.commitment = name(9, choices.below(2));
  op.retention = choices.below(2) == 0 ? 0 : moment(choices, time);
  if (op.action == RecordAction::create_with_nullifier) op.nullifier = name(2, choices.below(2));
  op.refs = refs(choices);
  return test::body_of(op);
}

Bytes attest(Choices& choices) {
  AttestOperation op;
  op.kind = static_cast<TargetKind>(1 + choices.below(2));
  op.target = op.kind == TargetKind::record ? name(1, choices.below(3)) : name(3, choices.below(2));
  op.version = static_cast<std::uint32_t>(1 + choices.below(3));
  op.claim = static_cast<std::uint8_t>(1 + choices.below(kClaimMax));
  return test::body_of(op);
}

Bytes grant(Choices& choices, std::uint64_t time) {
  GrantOperation op;
  op.revoke = choices.below(4) == 0;
  op.record_id = name(1, choices.below(3));
  op.grantee = member(choices);
  op.purposes = static_cast<std::uint16_t>(1 + choices.below(3));
  op.uses = static_cast<std::uint32_t>(1 + choices.below(2));
  op.expires = moment(choices, time);
  return test::body_of(op);
}

Bytes use(Choices& choices) {
  UseOperation op;
  op.break_glass = choices.below(3) == 0;
  op.record_id = name(1, choices.below(3));
  op.purposes = static_cast<std::uint16_t>(1 + choices.below(3));
  op.case_id = name(3, choices.below(2));
  op.template_id = static_cast<std::uint16_t>(1 + choices.below(4));
  return test::body_of(op);
}

Bytes open(Choices& choices, std::uint64_t time) {
  OpenOperation op;
  op.case_id = name(3, choices.below(2));
  op.template_id = static_cast<std::uint16_t>(1 + choices.below(4));
  op.deadline = choices.below(2) == 0 ? 0 : moment(choices, time);
  op.party_count = static_cast<std::uint8_t>(choices.below(4) == 3 ? 3 : 2);
  const std::uint32_t first = member(choices);
  for (std::uint32_t i = 0; i < op.party_count; ++i)
    op.parties[i] = 1 + (first - 1 + i) % (kMembers + 1);
  op.refs = refs(choices);
  return test::body_of(op);
}

Bytes step(Choices& choices) {
  StepOperation op;
  op.case_id = name(3, choices.below(2));
  op.expected_state = static_cast<std::uint8_t>(choices.below(3));
  op.event = static_cast<std::uint8_t>(choices.below(4));
  op.refs = refs(choices);
  return test::body_of(op);
}

std::uint32_t any_class(Choices& choices) {
  return static_cast<std::uint32_t>(1 + choices.below(8));
}

Bytes issue(Choices& choices, std::uint64_t time) {
  IssueOperation op;
  op.asset_class = any_class(choices);
  op.to = member(choices);
  op.amount = amount(choices);
  const bool lots = op.asset_class != 1 && op.asset_class != 4;
  const std::uint8_t choice = choices.byte();
  if (lots) op.backing = op.asset_class == 3 ? name(5, choice % 2) : name(1, choice % 3);
  if (choice >= 224) op.backing = {};
  op.attester = member(choices);
  op.expires = choices.below(4) != 0 ? kNever : moment(choices, time);
  return test::body_of(op);
}

Bytes transfer(Choices& choices) {
  TransferOperation op;
  op.by_order = choices.below(4) == 0;
  op.asset_class = any_class(choices);
  op.lot = lot(choices);
  op.from = op.by_order ? member(choices) : 0;
  op.to = member(choices);
  op.amount = amount(choices);
  return test::body_of(op);
}

Bytes redeem(Choices& choices) {
  RedeemOperation op;
  op.asset_class = any_class(choices);
  op.lot = lot(choices);
  op.holder = member(choices);
  op.amount = amount(choices);
  op.reason = static_cast<std::uint8_t>(1 + choices.below(5));
  return test::body_of(op);
}

Bytes lock(Choices& choices, std::uint64_t time) {
  LockOperation op;
  op.action = static_cast<LockAction>(1 + choices.below(4));
  op.lock_id = name(4, choices.below(2));
  if (op.action == LockAction::settle_with_preimage) op.preimage = preimage(choices.below(3));
  if (op.action != LockAction::lock) return test::body_of(op);
  op.asset_class = any_class(choices);
  op.lot = lot(choices);
  op.amount = amount(choices);
  op.beneficiary = member(choices);
  op.deadline = moment(choices, time);
  op.condition = static_cast<LockCondition>(1 + choices.below(3));
  switch (op.condition) {
    case LockCondition::case_state:
      op.subject = name(3, choices.below(2));
      op.state = static_cast<std::uint8_t>(choices.below(3));
      break;
    case LockCondition::preimage:
      op.subject = sha256(preimage(choices.below(2)));
      break;
    case LockCondition::co_signature:
      op.subject = {};
      op.subject[3] = static_cast<std::uint8_t>(member(choices));
      break;
  }
  return test::body_of(op);
}

Bytes genesis_encoding() {
  std::vector<test::GenesisMember> members;
  for (std::uint32_t id = 1; id <= kMembers; ++id) {
    members.push_back({id,
                       {{1, kKeyAdministrates, signer(2 * id - 2).public_key()},
                        {2, 0, signer(2 * id - 1).public_key()}},
                       {}});
  }
  for (const std::size_t i : {0U, 1U, 2U, 5U})
    members[i].roles.push_back({kField, kRolesKnown});
  members[0].roles.push_back({kField + 1, kRolesKnown});
  members[1].roles.push_back({kField + 1, kRolesKnown});
  members[3].roles.push_back({kField, kRoleRecord | kRoleAttest | kRoleTrade});
  return test::genesis_bytes(test::ascending(4), members, {2, {1, 2, 3}});
}

}  // namespace

const Genesis& genesis() {
  static const Genesis one = *parse_genesis(genesis_encoding());
  return one;
}

const test::Signer& signer(std::size_t number) {
  static const std::vector<test::Signer> all = [] {
    std::vector<test::Signer> made;
    for (std::size_t i = 0; i < kKeyNumbers; ++i)
      made.emplace_back(test::secret_key(7000 + i), 8000 + i);
    return made;
  }();
  return all.at(number);
}

ByteView possession(std::uint32_t member, std::uint32_t key_id, std::size_t number) {
  NewKey key;
  key.id = key_id;
  key.public_key = signer(number).public_key();
  // One nonce for all that a key signs costs nothing but its secret.
  static std::map<std::tuple<std::uint32_t, std::uint32_t, std::size_t>, Bytes> all;
  Bytes& made = all[{member, key_id, number}];
  if (made.empty()) made = signer(number).sign(possession_payload(genesis().chain_id, member, key));
  return made;
}

Digest name(std::uint8_t kind, std::size_t number) {
  Digest out{};
  out[0] = kind;
  out[31] = static_cast<std::uint8_t>(1 + number);
  return out;
}

Digest preimage(std::size_t number) {
  return name(6, number);
}

Schema schema(std::size_t number) {
  Schema out;
  out.id = static_cast<std::uint16_t>(number);
  out.field = number == 5 ? kField + 1 : kField;
  out.mode = static_cast<SchemaMode>((number + 2) % 3);  // 1: none, 2: linking, 3: unique
  out.role_bits = number == 4 ? std::uint16_t{kRoleDecide} : std::uint16_t{0};
  return out;
}

Template case_template(std::size_t number) {
  Template out;
  out.id = static_cast<std::uint16_t>(number);
  out.field = number == 5 ? kField + 1 : kField;
  out.review = number == 2;
  out.party_count = number == 3 ? 3 : 2;
  if (number == 1) out.party_roles[1] = kRoleDecide;
  out.openers = 0x01;
  out.state_count = 3;
  out.states[0] = {false, number == 4 ? 0U : 100U, number == 4 ? std::uint8_t{0} : std::uint8_t{2}};
  out.states[1] = {false, kNever, 2};
  out.states[2] = {true, 0, 0};
  out.transition_count = 4;
  out.transitions[0] = {0, 1, 1, 0x02, 0, 0, 0};
  out.transitions[1] = {0, 2, 2, 0x01, 0x02, 0, 1};
  out.transitions[2] = {1, 1, 0, 0, 0, kRoleDecide, 0};
  out.transitions[3] = {1, 2, 2, 0x03, 0, 0, 0};
  return out;
}

AssetClass asset_class(std::size_t number) {
  AssetClass out;
  out.id = static_cast<std::uint32_t>(number);
  out.field = number == 8 ? kField + 1 : kField;
  out.holder_roles = number == 2 ? std::uint16_t{0} : std::uint16_t{kRoleTrade};
  out.supply_max = number == 5 ? kNever : 1000;
  out.issue_max = number == 5 ? kNever : 600;
  out.expires = number == 6 ? kGenesisTime + 2000 : kNever;
  out.flags = kClassHolderRedeems;
  switch (number) {
    case 1:
      out.holders_max = 2;
      break;
    case 2:
      out.flags |= kClassLots | kClassIssuerRedeems;
      out.backing = Backing::record;
      break;
    case 3:
      out.flags |= kClassLots | kClassReceiverSigns;
      out.backing = Backing::value;
      break;
    case 4:
      out.flags = kClassBound | kClassIssuerRedeems;
      break;
    case 5:
    case 6:
      out.flags |= kClassLots | kClassOneIssuer;
      out.issuer = 1;
      out.backing = Backing::record;
      out.claim = number == 5 ? std::uint8_t{2} : std::uint8_t{0};
      break;
    default:
      break;
  }
  return out;
}

Bytes definition_body(DefinitionKind kind, std::size_t number) {
  GovernanceOperation op;
  Bytes definition;
  switch (kind) {
    case DefinitionKind::schema:
      op.action = GovernanceAction::schema;
      definition = test::definition_of(schema(number), {});
      break;
    case DefinitionKind::case_template:
      op.action = GovernanceAction::case_template;
      definition = test::definition_of(case_template(number), {});
      break;
    case DefinitionKind::asset_class:
      op.action = GovernanceAction::asset_class;
      definition = test::definition_of(asset_class(number), {});
      break;
  }
  op.definition = definition;
  return test::body_of(op);
}

const std::vector<Bytes>& definitions() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> made;
    for (std::size_t i = 1; i <= 3; ++i)
      made.push_back(definition_body(DefinitionKind::schema, i));
    for (std::size_t i = 1; i <= 3; ++i)
      made.push_back(definition_body(DefinitionKind::case_template, i));
    for (std::size_t i = 1; i <= 6; ++i)
      made.push_back(definition_body(DefinitionKind::asset_class, i));
    return made;
  }();
  return all;
}

test::Draft::Operation operation(Choices& choices, std::uint64_t time, std::uint64_t height) {
  const auto code = static_cast<std::uint8_t>(1 + choices.below(12));
  test::Draft::Operation out{code, 0, {}};
  switch (static_cast<OperationCode>(code)) {
    case OperationCode::governance:
      out.body = governance(choices, time);
      break;
    case OperationCode::key:
      out.body = key(choices, height);
      break;
    case OperationCode::record:
      out.body = record(choices, time);
      break;
    case OperationCode::attest:
      out.body = attest(choices);
      break;
    case OperationCode::grant:
      out.body = grant(choices, time);
      break;
    case OperationCode::use:
      out.body = use(choices);
      break;
    case OperationCode::open:
      out.body = open(choices, time);
      break;
    case OperationCode::step:
      out.body = step(choices);
      break;
    case OperationCode::issue:
      out.body = issue(choices, time);
      break;
    case OperationCode::transfer:
      out.body = transfer(choices);
      break;
    case OperationCode::redeem:
      out.body = redeem(choices);
      break;
    case OperationCode::lock:
      out.body = lock(choices, time);
      break;
  }
  return out;
}

}  // namespace chopmark::fuzz
