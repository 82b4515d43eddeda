// SPDX-License-Identifier: Apache-2.0
// REC: create, amend, withdraw (docs/spec/ledger.md L-40..L-47, checked in this order).
#include "ledger/entries.hpp"
#include "ledger/operations.hpp"

namespace chopmark::ledger {
namespace {

bool refs_exist(const State& state, ByteView refs) noexcept {
  for (std::size_t at = 0; at < refs.size(); at += 32) {
    if (state.get(record_key(digest_from(refs.data() + at))) == nullptr) return false;
  }
  return true;
}

ResultCode create(const Context& context, const RecordOperation& op, const Digest& key) {
  if (context.state.get(key) != nullptr) return ResultCode::duplicate_id;
  if (!refs_exist(context.state, op.refs)) return ResultCode::missing_ref;
  RecordEntry entry;
  entry.controller = context.actor;
  entry.field = context.field;
  entry.schema = op.schema;
  entry.version = 1;
  entry.commitment = op.commitment;
  entry.refs = op.refs;
  context.state.put(key, entry.encode());
  return ResultCode::ok;
}

ResultCode change(const Context& context, const RecordOperation& op, const Digest& key) {
  const Bytes* value = context.state.get(key);
  if (value == nullptr) return ResultCode::unknown_record;
  const Bytes stored = *value;  // `entry` borrows it while the state changes
  RecordEntry entry = RecordEntry::decode(stored);
  if (entry.controller != context.actor) return ResultCode::not_controller;
  if (entry.withdrawn) return ResultCode::withdrawn;
  if (entry.version != op.expected_version) return ResultCode::version_conflict;
  // Versions are counted; one that would pass 2^32 - 1 conflicts instead of starting over.
  if (entry.version == UINT32_MAX) return ResultCode::version_conflict;
  ++entry.version;
  if (op.action == RecordAction::withdraw) {
    entry.withdrawn = true;
  } else {
    if (!refs_exist(context.state, op.refs)) return ResultCode::missing_ref;
    entry.schema = op.schema;
    entry.commitment = op.commitment;
    entry.refs = op.refs;
  }
  context.state.put(key, entry.encode());
  return ResultCode::ok;
}

}  // namespace

ResultCode execute_record(const Context& context, const RecordOperation& op) {
  if (!context.registry.has_role(context.actor, context.field, kRoleRecord)) {
    return ResultCode::role_denied;
  }
  const Digest key = record_key(op.record_id);
  return op.action == RecordAction::create ? create(context, op, key) : change(context, op, key);
}

}  // namespace chopmark::ledger
