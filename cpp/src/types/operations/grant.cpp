// SPDX-License-Identifier: Apache-2.0
// GRA (C-61).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

enum class GrantAction : std::uint8_t { grant = 1, revoke = 2 };

void read_grant(Reader& in, GrantOperation& out) noexcept {
  out.revoke =
      fields::read_enum(in, GrantAction::grant, GrantAction::revoke) == GrantAction::revoke;
  out.record_id = in.digest();
  out.grantee = in.u32();
  if (out.revoke) return;
  out.purposes = fields::positive(in, in.u16());
  out.uses = fields::positive(in, in.u32());
  out.expires = in.u64();
  out.wrapped = in.digest();
}

}  // namespace

Result<GrantOperation> parse_grant(ByteView body) {
  return fields::exactly_one<GrantOperation>(body, read_grant);
}

}  // namespace chopmark
