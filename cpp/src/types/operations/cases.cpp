// SPDX-License-Identifier: Apache-2.0
// OPN (C-63), STP (C-64).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

void read_open(Reader& in, OpenOperation& out) noexcept {
  out.case_id = in.digest();
  out.template_id = in.u16();
  out.deadline = in.u64();
  out.subject = in.digest();
  const std::size_t count = fields::read_count(in, 1, limits::kPartiesMax);
  const ByteView parties = fields::read_distinct(in, count, 4);
  for (std::size_t i = 0; i < parties.size() / 4; ++i)
    out.parties[i] = load_be<std::uint32_t>(parties.data() + 4 * i);
  out.party_count = static_cast<std::uint8_t>(count);
  out.refs = fields::read_refs(in);
}

void read_step(Reader& in, StepOperation& out) noexcept {
  out.case_id = in.digest();
  out.expected_state = fields::read_state_index(in);
  out.event = in.u8();
  out.detail = in.digest();
  out.refs = fields::read_refs(in);
}

}  // namespace

Result<OpenOperation> parse_open(ByteView body) {
  return fields::exactly_one<OpenOperation>(body, read_open);
}

Result<StepOperation> parse_step(ByteView body) {
  return fields::exactly_one<StepOperation>(body, read_step);
}

}  // namespace chopmark
