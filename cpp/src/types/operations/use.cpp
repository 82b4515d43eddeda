// SPDX-License-Identifier: Apache-2.0
// USE (C-62).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

enum class UseAction : std::uint8_t { use = 1, break_glass = 2 };

void read_use(Reader& in, UseOperation& out) noexcept {
  out.break_glass =
      fields::read_enum(in, UseAction::use, UseAction::break_glass) == UseAction::break_glass;
  out.record_id = in.digest();
  out.purposes = fields::positive(in, in.u16());
  out.payload = in.digest();
  if (!out.break_glass) return;
  out.case_id = in.digest();
  out.template_id = in.u16();
}

}  // namespace

Result<UseOperation> parse_use(ByteView body) {
  return fields::exactly_one<UseOperation>(body, read_use);
}

}  // namespace chopmark
