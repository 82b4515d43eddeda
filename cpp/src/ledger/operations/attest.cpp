// SPDX-License-Identifier: Apache-2.0
// ATT: a licensed statement on one version of a record (docs/spec/ledger.md L-50..L-54).
#include "ledger/entries.hpp"
#include "ledger/operations.hpp"

namespace chopmark::ledger {

ResultCode execute_attest(const Context& context, const AttestOperation& op) {
  if (!context.registry.has_role(context.actor, context.field, kRoleAttest)) {
    return ResultCode::role_denied;
  }
  const Bytes* target = context.state.get(record_key(op.target));
  if (target == nullptr) return ResultCode::missing_ref;
  const std::uint32_t version = RecordEntry::decode(*target).version;
  if (op.version > version) return ResultCode::missing_ref;
  if (op.version < version) return ResultCode::stale_version;
  const Digest key = attestation_key(context.actor, op);
  const Bytes* before = context.state.get(key);
  const std::uint32_t times = before == nullptr ? 0 : AttestationEntry::decode(*before).times;
  if (times == UINT32_MAX) return ResultCode::version_conflict;
  AttestationEntry entry;
  entry.times = times + 1;
  entry.height = context.height;
  entry.field = context.field;
  entry.detail = op.detail;
  context.state.put(key, entry.encode());
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
