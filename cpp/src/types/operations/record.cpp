// SPDX-License-Identifier: Apache-2.0
// REC (C-27).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

void read_record(Reader& in, RecordOperation& out) noexcept {
  out.action = fields::read_enum(in, RecordAction::create, RecordAction::create_with_nullifier);
  const bool with_nullifier = out.action == RecordAction::create_with_nullifier;
  const bool creates = out.action == RecordAction::create || with_nullifier;
  out.record_id = in.digest();
  out.expected_version = in.u32();
  in.expect((out.expected_version == 0) == creates, Error::value);
  if (!creates && out.action != RecordAction::amend) return;
  out.schema = in.u16();
  out.commitment = in.digest();
  out.retention = in.u64();
  if (with_nullifier) {
    out.nullifier = in.digest();
    in.expect(out.nullifier != Digest{}, Error::value);
  }
  out.refs = fields::read_refs(in);
}

}  // namespace

Result<RecordOperation> parse_record(ByteView body) {
  return fields::exactly_one<RecordOperation>(body, read_record);
}

}  // namespace chopmark
