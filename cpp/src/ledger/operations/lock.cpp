// SPDX-License-Identifier: Apache-2.0
// LCK: units wait for a case, a preimage or a signature (docs/spec/ledger.md L-1201..L-1222).
#include "hash/sha256.hpp"
#include "ledger/operations/quantities.hpp"

namespace chopmark::ledger {
namespace {

std::uint32_t co_signer(const Digest& subject) noexcept {
  return load_be<std::uint32_t>(subject.data());
}

/// L-1203 up to the condition.
ResultCode check_condition(const Context& context, const LockOperation& op) {
  switch (op.condition) {
    case LockCondition::case_state:
      return context.has(case_key(op.subject)) ? ResultCode::ok : ResultCode::unknown_case;
    case LockCondition::co_signature:
      return context.active(co_signer(op.subject)) ? ResultCode::ok : ResultCode::unknown_member;
    case LockCondition::preimage:
      break;
  }
  return ResultCode::ok;
}

/// L-1201 to L-1203 but for the units themselves; the lock is new.
ResultCode check_terms(const Context& context, const AssetClass& of, const LockOperation& op) {
  if (of.has(kClassBound)) return ResultCode::not_allowed;     // L-1001
  if (class_expired(context, of)) return ResultCode::expired;  // L-71
  if (op.deadline < context.now() ||
      op.deadline - context.now() > context.registered().governance().lock_ms_max) {
    return ResultCode::deadline;  // L-1202
  }
  if (!may_receive(context, of, op.beneficiary)) return ResultCode::not_allowed;      // L-72
  if (!receiver_agrees(context, of, op.beneficiary)) return ResultCode::not_allowed;  // L-73
  return check_condition(context, op);                                                // L-1203
}

LockEntry new_lock(const Context& context, const LockOperation& op, std::uint64_t expires) {
  LockEntry lock;
  lock.asset_class = op.asset_class;
  lock.lot = op.lot;
  lock.owner = context.actor();
  lock.beneficiary = op.beneficiary;
  lock.amount = op.amount;
  lock.deadline = op.deadline;
  lock.expires = expires;
  lock.condition = op.condition;
  lock.subject = op.subject;
  lock.state = op.state;
  lock.height = context.height();
  return lock;
}

ResultCode lock_units(Context& context, const LockOperation& op) {
  const Digest key = lock_key(op.lock_id);
  if (context.has(key)) return ResultCode::duplicate_id;  // L-1201
  const Defined<AssetClass>* const known = context.registered().asset_class(op.asset_class);
  if (known == nullptr) return ResultCode::class_;  // L-70
  ResultCode code = check_terms(context, known->definition, op);
  if (code != ResultCode::ok) return code;
  Holding owner = get_holding(context, op.asset_class, op.lot, context.actor());
  code = check_giver(context, owner, op.amount);
  if (code != ResultCode::ok) return code;  // L-74 to L-78
  owner.entry.free -= op.amount;            // L-1204
  owner.entry.locked += op.amount;
  put_holding(context, owner);
  context.put(key, new_lock(context, op, owner.entry.expires));
  return ResultCode::ok;
}

/// L-1217.
bool condition_met(const Context& context, const LockEntry& lock, const LockOperation& op) {
  const bool plain = op.action == LockAction::settle;
  switch (lock.condition) {
    case LockCondition::case_state: {
      const auto opened = context.get<CaseEntry>(case_key(lock.subject));
      return plain && opened.has_value() && opened->state == lock.state;
    }
    case LockCondition::preimage:
      return !plain && sha256(op.preimage) == lock.subject;
    case LockCondition::co_signature:
      break;
  }
  return plain && context.signs(co_signer(lock.subject));
}

/// L-79 and the effect L-1218 on the holdings. The sum of `locked` over open locks of the owner is
/// that of its holding (L-81), so the amount is there.
ResultCode hand_over(Context& context, const AssetClass& of, const LockEntry& lock) {
  Holding owner = get_holding(context, lock.asset_class, lock.lot, lock.owner);
  owner.entry.locked -= lock.amount;
  if (lock.beneficiary == lock.owner) {  // it held something before: no cap, no new holder
    receive(owner, lock.amount, lock.expires);
    put_holding(context, owner);
    return ResultCode::ok;
  }
  Holding receiver = get_holding(context, lock.asset_class, lock.lot, lock.beneficiary);
  const HolderChange change{.comes = receiver.empty(), .leaves = owner.empty()};
  if (!within_cap(context, of, change)) return ResultCode::cap;  // L-79
  receive(receiver, lock.amount, lock.expires);
  put_holding(context, owner);
  put_holding(context, receiver);
  put_holders(context, of, change);
  return ResultCode::ok;
}

ResultCode settle(Context& context, const LockOperation& op, const LockEntry& lock) {
  // Known when the lock was made, and stays so (L-29).
  const AssetClass& of = context.registered().asset_class(lock.asset_class)->definition;
  if (lock.deadline < context.now()) return ResultCode::deadline;  // L-1215
  if (lock.expires < context.now() || class_expired(context, of)) {
    return ResultCode::expired;  // L-1216
  }
  if (!condition_met(context, lock, op)) return ResultCode::cond_unmet;             // L-1217
  if (!may_receive(context, of, lock.beneficiary)) return ResultCode::not_allowed;  // L-72
  return hand_over(context, of, lock);
}

ResultCode refund(Context& context, const LockEntry& lock) {
  if (lock.deadline >= context.now()) return ResultCode::too_early;  // L-1221
  Holding owner = get_holding(context, lock.asset_class, lock.lot, lock.owner);
  owner.entry.locked -= lock.amount;  // L-1222; it is there, as in hand_over
  owner.entry.free += lock.amount;
  put_holding(context, owner);
  return ResultCode::ok;
}

/// L-1211 to L-1214, and what settle and refund have in common.
ResultCode end_lock(Context& context, const LockOperation& op) {
  const Digest key = lock_key(op.lock_id);
  auto lock = context.get<LockEntry>(key);
  if (!lock.has_value()) return ResultCode::unknown_lock;         // L-1211
  if (lock->status != LockStatus::open) return ResultCode::done;  // L-1212
  if (context.actor() != lock->owner && context.actor() != lock->beneficiary) {
    return ResultCode::not_party;  // L-1213
  }
  if (lock->hold.held(context.height())) return ResultCode::hold;  // L-1214
  const bool refunds = op.action == LockAction::refund;
  const ResultCode code = refunds ? refund(context, *lock) : settle(context, op, *lock);
  if (code != ResultCode::ok) return code;
  lock->status = refunds ? LockStatus::refunded : LockStatus::settled;
  lock->height = context.height();
  context.put(key, *lock);
  return ResultCode::ok;
}

}  // namespace

ResultCode execute_lock(Context& context, const LockOperation& op) {
  return op.action == LockAction::lock ? lock_units(context, op) : end_lock(context, op);
}

}  // namespace chopmark::ledger
