// SPDX-License-Identifier: Apache-2.0
// REC: records of documents (docs/spec/ledger.md L-40..L-47, L-301..L-312).
#include "ledger/operations/references.hpp"

namespace chopmark::ledger {
namespace {

/// L-303. Schema 0 names none; any other that gets here is known.
bool has_roles_of_schema(const Context& context, std::uint16_t schema) noexcept {
  if (schema == 0) return true;
  return context.actor_has(context.registered().schema(schema)->definition.role_bits,
                           context.field());
}

/// The schema if it is in force and of the field, else null.
const Schema* schema_in_force(const Context& context, std::uint16_t id,
                              std::uint16_t field) noexcept {
  const Defined<Schema>* const schema = context.registered().schema(id);
  const bool fits = schema != nullptr && schema->in_force && schema->definition.field == field;
  return fits ? &schema->definition : nullptr;
}

void put_created(Context& context, const RecordOperation& op, const Digest& key) {
  RecordEntry entry;  // L-47
  entry.controller = context.actor();
  entry.field = context.field();
  entry.schema = op.schema;
  entry.version = 1;
  entry.height = context.height();
  entry.retention = op.retention;
  entry.commitment = op.commitment;
  entry.nullifier = op.nullifier;
  context.put(key, entry);
}

ResultCode create(Context& context, const RecordOperation& op, const Digest& key) {
  if (context.has(key)) return ResultCode::duplicate_id;  // L-41
  SchemaMode mode = SchemaMode::no_nullifiers;
  if (op.schema != 0) {
    const Schema* const schema = schema_in_force(context, op.schema, context.field());
    if (schema == nullptr) return ResultCode::schema;  // L-301
    mode = schema->mode;
  }
  const bool nullifies = op.action == RecordAction::create_with_nullifier;
  if (nullifies != (mode != SchemaMode::no_nullifiers)) return ResultCode::schema;  // L-302
  if (!has_roles_of_schema(context, op.schema)) return ResultCode::role_denied;     // L-303
  if (!references_exist(context, op.refs)) return ResultCode::missing_ref;          // L-46
  if (nullifies) {
    const Digest at = nullifier_key(op.schema, op.nullifier);
    NullifierEntry entry = context.get<NullifierEntry>(at).value_or(NullifierEntry{});
    if (mode == SchemaMode::unique && entry.live != 0)
      return ResultCode::duplicate_backing;                   // L-304
    if (entry.count == UINT32_MAX) return ResultCode::limit;  // L-305
    ++entry.count;                                            // L-310; `live` is at most `count`
    ++entry.live;
    entry.record_id = op.record_id;
    context.put(at, entry);
  }
  put_created(context, op, key);
  return ResultCode::ok;
}

/// L-307. Without a nullifier of its own, a record can change to a schema that asks for none.
bool schema_fits(const Context& context, const RecordEntry& record, std::uint16_t id) noexcept {
  if (id == record.schema) return true;
  if (record.has_nullifier()) return false;
  if (id == 0) return true;
  const Schema* const schema = schema_in_force(context, id, record.field);
  return schema != nullptr && schema->mode == SchemaMode::no_nullifiers;
}

/// L-311, L-312 for a record that has a nullifier: its entry counts this record, and counts it as
/// live while it is active, so neither number passes below 0.
void leave_nullifier(Context& context, const RecordEntry& record, bool erased) {
  const Digest key = nullifier_key(record.schema, record.nullifier);
  NullifierEntry entry = *context.get<NullifierEntry>(key);
  if (record.status == RecordStatus::active) --entry.live;
  if (erased) --entry.count;
  if (entry.count == 0) {
    context.remove(key);
  } else {
    context.put(key, entry);
  }
}

ResultCode amend(Context& context, const RecordOperation& op, RecordEntry& record) {
  if (!schema_fits(context, record, op.schema)) return ResultCode::schema;       // L-307
  if (!has_roles_of_schema(context, op.schema)) return ResultCode::role_denied;  // L-303
  if (!references_exist(context, op.refs)) return ResultCode::missing_ref;       // L-46
  record.schema = op.schema;                                                     // L-47
  record.commitment = op.commitment;
  record.retention = std::max(record.retention, op.retention);
  return ResultCode::ok;
}

ResultCode withdraw(Context& context, RecordEntry& record) {
  if (record.backings != 0) return ResultCode::backing_live;  // L-308
  if (record.has_nullifier()) leave_nullifier(context, record, false);
  record.status = RecordStatus::withdrawn;  // L-47
  return ResultCode::ok;
}

ResultCode erase(Context& context, RecordEntry& record) {
  if (record.backings != 0) return ResultCode::backing_live;           // L-308
  if (record.retention > context.now()) return ResultCode::too_early;  // L-309
  if (record.has_nullifier()) leave_nullifier(context, record, true);
  record.status = RecordStatus::erased;  // L-47
  record.retention = 0;
  record.commitment = {};
  record.nullifier = {};
  return ResultCode::ok;
}

ResultCode change_by_action(Context& context, const RecordOperation& op, RecordEntry& record) {
  switch (op.action) {
    case RecordAction::amend:
      return amend(context, op, record);
    case RecordAction::withdraw:
      return withdraw(context, record);
    case RecordAction::erase:
      return erase(context, record);
    case RecordAction::create:
    case RecordAction::create_with_nullifier:
      break;
  }
  CHOPMARK_CHECK(false);  // creates go elsewhere
  return ResultCode::ok;
}

ResultCode change(Context& context, const RecordOperation& op, const Digest& key) {
  auto record = context.get<RecordEntry>(key);
  if (!record.has_value()) return ResultCode::unknown_record;                    // L-42
  if (record->controller != context.actor()) return ResultCode::not_controller;  // L-43
  const bool gone = op.action == RecordAction::erase ? record->status == RecordStatus::erased
                                                     : record->status != RecordStatus::active;
  if (gone) return ResultCode::withdrawn;                            // L-44
  if (record->hold.held(context.height())) return ResultCode::hold;  // L-306
  if (record->version != op.expected_version || record->version == UINT32_MAX) {
    return ResultCode::version_conflict;  // L-45
  }
  const ResultCode code = change_by_action(context, op, *record);
  if (code != ResultCode::ok) return code;
  ++record->version;  // below 2^32 - 1 (L-45)
  record->height = context.height();
  context.put(key, *record);
  return ResultCode::ok;
}

}  // namespace

ResultCode execute_record(Context& context, const RecordOperation& op) {
  if (!context.actor_has(kRoleRecord, context.field())) return ResultCode::role_denied;  // L-40
  const Digest key = record_key(op.record_id);
  const bool creates =
      op.action == RecordAction::create || op.action == RecordAction::create_with_nullifier;
  return creates ? create(context, op, key) : change(context, op, key);
}

}  // namespace chopmark::ledger
