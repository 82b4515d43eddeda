// SPDX-License-Identifier: Apache-2.0
// USE: a grant is used, or broken through in an emergency (docs/spec/ledger.md L-601..L-616).
#include "ledger/operations/cases.hpp"

namespace chopmark::ledger {
namespace {

ResultCode use(Context& context, const UseOperation& op) {
  const Digest key = grant_key(op.record_id, context.actor());
  auto grant = context.get<GrantEntry>(key);
  if (!grant.has_value() || grant->revoked) return ResultCode::no_grant;  // L-601
  if (grant->expires < context.now()) return ResultCode::expired;         // L-602
  if ((op.purposes & ~grant->purposes) != 0) return ResultCode::purpose;  // L-603
  if (grant->uses == 0) return ResultCode::exhausted;                     // L-604
  --grant->uses;                                                          // L-605
  ++grant->used;  // at most `times` times `uses` of a grant, below 2^64
  grant->height = context.height();
  context.put(key, *grant);
  return ResultCode::ok;
}

ResultCode break_glass(Context& context, const UseOperation& op) {
  if (!context.actor_has(kRoleEmergency, context.field())) return ResultCode::role_denied;  // L-611
  const auto record = context.get<RecordEntry>(record_key(op.record_id));
  if (!record.has_value()) return ResultCode::unknown_record;  // L-612
  const Template* const review = template_in_force(context, op.template_id);
  if (review == nullptr || !review->review || review->party_count != 2) {
    return ResultCode::template_;  // L-613
  }
  if (record->controller == context.actor()) return ResultCode::conflict;  // L-614
  const Digest key = case_key(op.case_id);
  if (context.has(key)) return ResultCode::duplicate_id;             // L-615
  CaseEntry entry = opened_case(context, *review, 0, op.record_id);  // L-616
  entry.party_count = 2;
  entry.parties[0] = context.actor();
  entry.parties[1] = record->controller;
  context.put(key, entry);
  return ResultCode::ok;
}

}  // namespace

ResultCode execute_use(Context& context, const UseOperation& op) {
  return op.break_glass ? break_glass(context, op) : use(context, op);
}

}  // namespace chopmark::ledger
