// SPDX-License-Identifier: Apache-2.0
// GRA: who may see a record, for what, how often and until when (docs/spec/ledger.md L-501..L-511).
#include "ledger/operations.hpp"

namespace chopmark::ledger {
namespace {

ResultCode grant(Context& context, const GrantOperation& op) {
  if (!context.active(op.grantee)) return ResultCode::unknown_member;  // L-505
  if (op.expires < context.now()) return ResultCode::expired;          // L-506
  if (op.expires - context.now() > context.registered().governance().grant_ms_max) {
    return ResultCode::deadline;  // L-507
  }
  const Digest key = grant_key(op.record_id, op.grantee);
  GrantEntry entry = context.get<GrantEntry>(key).value_or(GrantEntry{});
  if (entry.times == UINT32_MAX) return ResultCode::limit;  // L-508
  ++entry.times;                                            // L-509; `used` stays
  entry.revoked = false;
  entry.granter = context.actor();
  entry.purposes = op.purposes;
  entry.uses = op.uses;
  entry.expires = op.expires;
  entry.height = context.height();
  entry.wrapped = op.wrapped;
  context.put(key, entry);
  return ResultCode::ok;
}

ResultCode revoke(Context& context, const GrantOperation& op) {
  const Digest key = grant_key(op.record_id, op.grantee);
  auto entry = context.get<GrantEntry>(key);
  if (!entry.has_value() || entry->revoked) return ResultCode::no_grant;  // L-510
  entry->revoked = true;                                                  // L-511
  entry->height = context.height();
  context.put(key, *entry);
  return ResultCode::ok;
}

}  // namespace

ResultCode execute_grant(Context& context, const GrantOperation& op) {
  const auto record = context.get<RecordEntry>(record_key(op.record_id));
  if (!record.has_value()) return ResultCode::unknown_record;                    // L-501
  if (record->controller != context.actor()) return ResultCode::not_controller;  // L-502
  if (!op.revoke && record->status != RecordStatus::active) {
    return ResultCode::withdrawn;  // L-503
  }
  if (record->hold.held(context.height())) return ResultCode::hold;  // L-504
  return op.revoke ? revoke(context, op) : grant(context, op);
}

}  // namespace chopmark::ledger
