// SPDX-License-Identifier: Apache-2.0
// ATT: a licensed statement on one version of a record or case (docs/spec/ledger.md L-50..L-54).
#include "ledger/operations.hpp"

namespace chopmark::ledger {
namespace {

/// The present version of the target: 0, which is none, if it does not exist.
std::uint32_t version_of(const Context& context, const AttestOperation& op) {
  if (op.kind == TargetKind::record) {
    const auto record = context.get<RecordEntry>(record_key(op.target));
    return record.has_value() ? record->version : 0;
  }
  const auto opened = context.get<CaseEntry>(case_key(op.target));
  return opened.has_value() ? opened->steps : 0;
}

}  // namespace

ResultCode execute_attest(Context& context, const AttestOperation& op) {
  if (!context.actor_has(role_of_claim(op.claim), context.field())) {
    return ResultCode::role_denied;  // L-50
  }
  const std::uint32_t version = version_of(context, op);
  if (op.version > version) return ResultCode::missing_ref;    // L-51; op.version is at least 1
  if (op.version < version) return ResultCode::stale_version;  // L-52
  const Digest key = attestation_key(context.actor(), op);
  AttestationEntry entry = context.get<AttestationEntry>(key).value_or(AttestationEntry{});
  if (entry.times == UINT32_MAX) return ResultCode::version_conflict;  // L-54
  ++entry.times;
  entry.height = context.height();  // L-53
  entry.field = context.field();
  entry.detail = op.detail;
  context.put(key, entry);
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
