// SPDX-License-Identifier: Apache-2.0
// The writers of operation_samples.hpp.
#include "types/operation_samples.hpp"

namespace chopmark::test {
namespace {

using codec::Writer;

template <class Enum>
std::uint8_t number(Enum value) {
  return static_cast<std::uint8_t>(value);
}

void write_counted(Writer& out, ByteView entries, std::size_t width) {
  out.u8(static_cast<std::uint8_t>(entries.size() / width));
  out.bytes(entries);
}

void write_possessed(Writer& out, const NewKey& key) {
  out.bytes(key.public_key);
  out.bytes(key.possession);
}

void write_object(Writer& out, const ObjectId& object) {
  out.u8(number(object.kind));
  if (object.kind == ObjectKind::holding) out.u32(object.asset_class);
  out.bytes(object.id);
  if (object.kind == ObjectKind::holding) out.u32(object.member);
}

void write_governance(Writer& out, const GovernanceOperation& one) {
  switch (one.action) {
    case GovernanceAction::admit:
      out.u32(one.member);
      write_counted(out, one.name, 1);
      out.u32(one.key.id);
      return write_possessed(out, one.key);
    case GovernanceAction::expel:
    case GovernanceAction::freeze:
    case GovernanceAction::unfreeze:
      return out.u32(one.member);
    case GovernanceAction::roles:
      out.u32(one.member);
      out.u16(one.field);
      return out.u16(one.role_bits);
    case GovernanceAction::validators:
      return write_counted(out, one.validators, 32);
    case GovernanceAction::council:
      out.u8(one.threshold);
      return write_counted(out, one.council, 4);
    case GovernanceAction::parameter:
      out.u8(one.parameter);
      return out.u64(one.value);
    case GovernanceAction::schema:
    case GovernanceAction::case_template:
    case GovernanceAction::asset_class:
      return out.bytes(one.definition);
    case GovernanceAction::retire:
      out.u8(number(one.kind));
      return out.u32(one.id);
    case GovernanceAction::hold:
    case GovernanceAction::unhold:
      return write_object(out, one.object);
  }
}

void write_condition(Writer& out, const LockOperation& one) {
  out.u8(number(one.condition));
  out.bytes(ByteView(one.subject).first(one.condition == LockCondition::co_signature ? 4 : 32));
  if (one.condition == LockCondition::case_state) out.u8(one.state);
}

}  // namespace

Bytes body_of(const GovernanceOperation& one) {
  Writer out;
  out.u8(number(one.action));
  write_governance(out, one);
  return out.take();
}

Bytes body_of(const KeyOperation& one) {
  Writer out;
  out.u8(number(one.action));
  const bool council =
      one.action == KeyAction::council_revokes || one.action == KeyAction::council_replaces;
  if (council) out.u32(one.member);
  if (council || one.action == KeyAction::revoke) {
    out.u32(one.key_id);
    out.u64(one.compromised_since);
  }
  if (one.action == KeyAction::revoke || one.action == KeyAction::council_revokes)
    return out.take();
  out.u32(one.key.id);
  if (one.action == KeyAction::add) out.u8(one.key.flags);
  write_possessed(out, one.key);
  return out.take();
}

Bytes body_of(const RecordOperation& one) {
  Writer out;
  out.u8(number(one.action));
  out.bytes(one.record_id);
  out.u32(one.expected_version);
  if (one.action == RecordAction::withdraw || one.action == RecordAction::erase) return out.take();
  out.u16(one.schema);
  out.bytes(one.commitment);
  out.u64(one.retention);
  if (one.action == RecordAction::create_with_nullifier) out.bytes(one.nullifier);
  write_counted(out, one.refs.bytes, 32);
  return out.take();
}

Bytes body_of(const AttestOperation& one) {
  Writer out;
  out.u8(number(one.kind));
  out.bytes(one.target);
  out.u32(one.version);
  out.u8(one.claim);
  out.bytes(one.detail);
  return out.take();
}

Bytes body_of(const GrantOperation& one) {
  Writer out;
  out.u8(one.revoke ? 2 : 1);
  out.bytes(one.record_id);
  out.u32(one.grantee);
  if (one.revoke) return out.take();
  out.u16(one.purposes);
  out.u32(one.uses);
  out.u64(one.expires);
  out.bytes(one.wrapped);
  return out.take();
}

Bytes body_of(const UseOperation& one) {
  Writer out;
  out.u8(one.break_glass ? 2 : 1);
  out.bytes(one.record_id);
  out.u16(one.purposes);
  out.bytes(one.payload);
  if (!one.break_glass) return out.take();
  out.bytes(one.case_id);
  out.u16(one.template_id);
  return out.take();
}

Bytes body_of(const OpenOperation& one) {
  Writer out;
  out.bytes(one.case_id);
  out.u16(one.template_id);
  out.u64(one.deadline);
  out.bytes(one.subject);
  out.u8(one.party_count);
  for (std::size_t i = 0; i < one.party_count; ++i)
    out.u32(one.parties[i]);
  write_counted(out, one.refs.bytes, 32);
  return out.take();
}

Bytes body_of(const StepOperation& one) {
  Writer out;
  out.bytes(one.case_id);
  out.u8(one.expected_state);
  out.u8(one.event);
  out.bytes(one.detail);
  write_counted(out, one.refs.bytes, 32);
  return out.take();
}

Bytes body_of(const IssueOperation& one) {
  Writer out;
  out.u32(one.asset_class);
  out.u32(one.to);
  out.u64(one.amount);
  out.bytes(one.backing);
  out.u32(one.attester);
  out.u64(one.expires);
  return out.take();
}

Bytes body_of(const TransferOperation& one) {
  Writer out;
  out.u8(one.by_order ? 2 : 1);
  out.u32(one.asset_class);
  out.bytes(one.lot);
  if (one.by_order) out.u32(one.from);
  out.u32(one.to);
  out.u64(one.amount);
  return out.take();
}

Bytes body_of(const RedeemOperation& one) {
  Writer out;
  out.u32(one.asset_class);
  out.bytes(one.lot);
  out.u32(one.holder);
  out.u64(one.amount);
  out.u8(one.reason);
  out.bytes(one.detail);
  return out.take();
}

Bytes body_of(const LockOperation& one) {
  Writer out;
  out.u8(number(one.action));
  out.bytes(one.lock_id);
  if (one.action == LockAction::settle_with_preimage) out.bytes(one.preimage);
  if (one.action != LockAction::lock) return out.take();
  out.u32(one.asset_class);
  out.bytes(one.lot);
  out.u64(one.amount);
  out.u32(one.beneficiary);
  out.u64(one.deadline);
  write_condition(out, one);
  return out.take();
}

Bytes definition_of(const Schema& one, const Digest& description) {
  Writer out;
  out.u16(one.id);
  out.u16(one.field);
  out.u8(number(one.mode));
  out.u16(one.role_bits);
  out.bytes(description);
  return out.take();
}

Bytes definition_of(const Template& one, const Digest& description) {
  Writer out;
  out.u16(one.id);
  out.u16(one.field);
  out.u8(one.review ? 1 : 0);
  out.bytes(description);
  out.u8(one.party_count);
  for (std::size_t i = 0; i < one.party_count; ++i)
    out.u16(one.party_roles[i]);
  out.u8(one.openers);
  out.u8(one.state_count);
  for (std::size_t i = 0; i < one.state_count; ++i) {
    out.u8(one.states[i].closed ? 1 : 0);
    out.u64(one.states[i].limit_ms);
    out.u8(one.states[i].timeout_to);
  }
  out.u8(one.transition_count);
  for (std::size_t i = 0; i < one.transition_count; ++i) {
    const Template::Transition& step = one.transitions[i];
    for (const std::uint8_t byte : {step.from, step.event, step.to, step.by, step.with})
      out.u8(byte);
    out.u16(step.role_bits);
    out.u8(step.refs);
  }
  return out.take();
}

Bytes definition_of(const AssetClass& one, const Digest& description) {
  Writer out;
  out.u32(one.id);
  out.u16(one.field);
  out.u8(one.flags);
  out.u32(one.issuer);
  out.u8(number(one.backing));
  out.u8(one.claim);
  out.u16(one.holder_roles);
  out.u32(one.holders_max);
  out.u64(one.supply_max);
  out.u64(one.issue_max);
  out.u64(one.expires);
  out.bytes(description);
  return out.take();
}

}  // namespace chopmark::test
