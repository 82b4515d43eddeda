// SPDX-License-Identifier: Apache-2.0
// GOV: members, roles, validators, the council, definitions, and holds of courts and regulators
// (docs/spec/ledger.md L-101..L-163). All but holds is read at present, and counts from the next
// block on. A height is that of the parent plus 1, so h + 1 does not pass 2^64 - 1.
#include "ledger/operations/council.hpp"

namespace chopmark::ledger {
namespace {

GovernanceEntry governance_at_present(const Context& context) {
  return *context.get<GovernanceEntry>(governance_key());  // of the genesis, and stays (L-29, L-23)
}

ResultCode admit(Context& context, const GovernanceOperation& op) {
  if (context.has(member_key(op.member))) return ResultCode::conflict;  // L-110
  GovernanceEntry governance = governance_at_present(context);
  if (governance.members >= limits::kMembersMax) return ResultCode::limit;            // L-111
  if (context.has(public_key_key(op.key.public_key))) return ResultCode::key_reused;  // L-112
  if (!possessed(context, op.member, op.key)) return ResultCode::bad_possession;      // L-113
  MemberEntry member;                                                                 // L-114
  member.member = op.member;
  member.since = member.admitted = context.height() + 1;
  member.keys = member.admin_keys = 1;
  member.name_length = static_cast<std::uint8_t>(op.name.size());  // at most 64 (C-11)
  std::copy(op.name.begin(), op.name.end(), member.name.begin());
  context.put(member_key(op.member), member);
  put_new_key(context, op.member, op.key, kKeyAdministrates);
  ++governance.members;
  context.put(governance_key(), governance);
  return ResultCode::ok;
}

ResultCode change_status(Context& context, const GovernanceOperation& op) {
  auto member = context.get<MemberEntry>(member_key(op.member));
  if (!member.has_value()) return ResultCode::unknown_member;  // L-120
  const bool thaws = op.action == GovernanceAction::unfreeze;
  const bool expels = op.action == GovernanceAction::expel;
  const bool fits = member->status == MemberStatus::active
                        ? !thaws
                        : member->status == MemberStatus::frozen && (thaws || expels);
  if (!fits) return ResultCode::conflict;  // L-121
  if (!thaws && governance_at_present(context).on_council(op.member)) {
    return ResultCode::conflict;  // L-122
  }
  member->status = thaws    ? MemberStatus::active
                   : expels ? MemberStatus::expelled
                            : MemberStatus::frozen;
  member->since = context.height() + 1;
  context.put(member_key(op.member), *member);  // L-123
  return ResultCode::ok;
}

ResultCode set_roles(Context& context, const GovernanceOperation& op) {
  const auto member = context.get<MemberEntry>(member_key(op.member));
  if (!member.has_value()) return ResultCode::unknown_member;                 // L-120
  if (member->status == MemberStatus::expelled) return ResultCode::conflict;  // L-130
  const RoleEntry entry{op.member, op.field, op.role_bits, context.height() + 1};
  context.put(role_key(op.member, op.field), entry);  // L-131
  return ResultCode::ok;
}

ResultCode set_validators(Context& context, const GovernanceOperation& op) {
  constexpr std::size_t kEnough = 4;
  const auto present = context.get<ValidatorsEntry>(validators_key());
  const std::size_t before = present->public_keys.size();
  if (op.validators.size() < std::min(before, kEnough * sig::kKeyBytes)) {
    return ResultCode::last_validator;  // L-135
  }
  context.put(validators_key(), ValidatorsEntry{context.height() + 1, op.validators});  // L-136
  return ResultCode::ok;
}

ResultCode set_council(Context& context, const GovernanceOperation& op) {
  GovernanceEntry governance = governance_at_present(context);
  governance.threshold = op.threshold;
  governance.council_count = static_cast<std::uint8_t>(op.council.size() / 4);  // at most 16 (C-52)
  governance.council = {};
  for (std::size_t i = 0; i < governance.council_count; ++i) {
    const auto id = load_be<std::uint32_t>(op.council.data() + 4 * i);
    const auto member = context.get<MemberEntry>(member_key(id));
    if (!member.has_value() || member->status != MemberStatus::active) {
      return ResultCode::unknown_member;  // L-140
    }
    governance.council[i] = id;
  }
  context.put(governance_key(), governance);  // L-141
  return ResultCode::ok;
}

ResultCode set_parameter(Context& context, const GovernanceOperation& op) {
  GovernanceEntry governance = governance_at_present(context);
  (op.parameter == 1 ? governance.grant_ms_max : governance.lock_ms_max) = op.value;  // L-145
  context.put(governance_key(), governance);
  return ResultCode::ok;
}

Digest definition_key(DefinitionKind kind, std::uint32_t id) noexcept {
  switch (kind) {
    case DefinitionKind::schema:
      return schema_key(static_cast<std::uint16_t>(id));  // below 2^16 (C-52)
    case DefinitionKind::case_template:
      return template_key(static_cast<std::uint16_t>(id));
    case DefinitionKind::asset_class:
      break;
  }
  return class_key(id);
}

EntryKind entry_kind(DefinitionKind kind) noexcept {
  switch (kind) {
    case DefinitionKind::schema:
      return EntryKind::schema;
    case DefinitionKind::case_template:
      return EntryKind::case_template;
    case DefinitionKind::asset_class:
      break;
  }
  return EntryKind::asset_class;
}

ResultCode define(Context& context, const GovernanceOperation& op) {
  const Digest key = definition_key(op.kind, op.id);
  if (context.has(key)) return ResultCode::conflict;  // L-150
  if (op.kind == DefinitionKind::asset_class) {
    const Result<AssetClass> defined = parse_class(op.definition);
    if (defined->has(kClassOneIssuer) && !context.has(member_key(defined->issuer))) {
      return ResultCode::unknown_member;  // L-151
    }
  }
  context.put(key, DefinitionEntry{entry_kind(op.kind), false, context.height() + 1,  // L-152
                                   op.definition});
  return ResultCode::ok;
}

ResultCode unknown_definition(DefinitionKind kind) noexcept {
  switch (kind) {
    case DefinitionKind::schema:
      return ResultCode::schema;
    case DefinitionKind::case_template:
      return ResultCode::template_;
    case DefinitionKind::asset_class:
      break;
  }
  return ResultCode::class_;
}

ResultCode retire(Context& context, const GovernanceOperation& op) {
  const Digest key = definition_key(op.kind, op.id);
  const auto entry = context.get<DefinitionEntry>(key);
  if (!entry.has_value()) return unknown_definition(op.kind);  // L-155
  if (entry->retired) return ResultCode::conflict;             // L-156
  DefinitionEntry retired = *entry;  // borrows the definition, which is copied before it changes
  retired.retired = true;
  retired.since = context.height() + 1;
  context.put(key, retired);  // L-157
  return ResultCode::ok;
}

/// L-160 to L-163 for one kind of object; `field_of` says in which field it stands.
template <class Entry, class FieldOf>
ResultCode change_hold(Context& context, bool on, const Digest& key, ResultCode unknown,
                       FieldOf&& field_of) {
  auto entry = context.get<Entry>(key);
  if (!entry.has_value()) return unknown;                                               // L-160
  if (!context.actor_has(kRoleHold, field_of(*entry))) return ResultCode::role_denied;  // L-161
  Hold& hold = entry->hold;
  if (hold.height > context.height() || hold.on == on) return ResultCode::conflict;  // L-162
  hold = {on, context.height() + 1};
  context.put(key, *entry);  // L-163
  return ResultCode::ok;
}

ResultCode change_hold_of(Context& context, bool on, const ObjectId& object) {
  // A class that a lock or a holding names was known when that came, and stays so (L-29).
  const auto field_of_class = [&](std::uint32_t id) {
    return context.registered().asset_class(id)->definition.field;
  };
  switch (object.kind) {
    case ObjectKind::record:
      return change_hold<RecordEntry>(context, on, record_key(object.id),
                                      ResultCode::unknown_record,
                                      [](const RecordEntry& record) { return record.field; });
    case ObjectKind::open_case:
      return change_hold<CaseEntry>(context, on, case_key(object.id), ResultCode::unknown_case,
                                    [](const CaseEntry& opened) { return opened.field; });
    case ObjectKind::lock:
      return change_hold<LockEntry>(
          context, on, lock_key(object.id), ResultCode::unknown_lock,
          [&](const LockEntry& lock) { return field_of_class(lock.asset_class); });
    case ObjectKind::holding:
      break;
  }
  return change_hold<HoldingEntry>(
      context, on, holding_key(object.asset_class, object.id, object.member),
      ResultCode::not_holder,
      [&](const HoldingEntry&) { return field_of_class(object.asset_class); });
}

}  // namespace

bool council_agrees(const Context& context) noexcept {
  const GovernanceEntry& governance = context.registered().governance();
  const TransactionView& transaction = context.transaction();
  std::size_t agreeing = 0;
  for (std::size_t i = 0; i < transaction.signer_count; ++i) {
    const SignerRef signer = transaction.signer(i);
    if (!governance.on_council(signer.member) || !context.active(signer.member)) continue;
    const KeyEntry* const key = context.registered().find_key(signer.member, signer.key);
    if (key != nullptr && key->administrates()) ++agreeing;
  }
  return governance.council_count != 0 && agreeing >= governance.threshold;
}

ResultCode execute_governance(Context& context, const GovernanceOperation& op) {
  if (op.action == GovernanceAction::hold || op.action == GovernanceAction::unhold) {
    return change_hold_of(context, op.action == GovernanceAction::hold, op.object);
  }
  if (!council_agrees(context)) return ResultCode::threshold;  // L-101
  switch (op.action) {
    case GovernanceAction::admit:
      return admit(context, op);
    case GovernanceAction::expel:
    case GovernanceAction::freeze:
    case GovernanceAction::unfreeze:
      return change_status(context, op);
    case GovernanceAction::roles:
      return set_roles(context, op);
    case GovernanceAction::validators:
      return set_validators(context, op);
    case GovernanceAction::council:
      return set_council(context, op);
    case GovernanceAction::parameter:
      return set_parameter(context, op);
    case GovernanceAction::schema:
    case GovernanceAction::case_template:
    case GovernanceAction::asset_class:
      return define(context, op);
    case GovernanceAction::retire:
      return retire(context, op);
    case GovernanceAction::hold:
    case GovernanceAction::unhold:
      break;
  }
  CHOPMARK_CHECK(false);  // the parser lets no other action through
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
