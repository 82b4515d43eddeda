// SPDX-License-Identifier: Apache-2.0
// GOV (C-52, C-56).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

constexpr std::uint8_t kParameterMax = 2;

void read_admit(Reader& in, GovernanceOperation& out) noexcept {
  out.member = in.u32();
  out.name = fields::read_name(in);
  out.key.id = in.u32();
  out.key.flags = kKeyAdministrates;  // L-114
  fields::read_possessed(in, out.key);
}

void read_council(Reader& in, GovernanceOperation& out) noexcept {
  out.threshold = in.u8();
  const std::size_t count = fields::read_count(in, 1, limits::kCouncilMax);
  in.expect(out.threshold >= 1 && out.threshold <= count, Error::value);
  out.council = fields::read_entries(in, count, 4, [](const std::uint8_t* front, std::size_t i) {
    return fields::ascends(front, i, 4);
  });
}

/// All that is left is one definition; its failures move to offsets of the whole body.
template <class Definition>
void read_definition(Reader& in, GovernanceOperation& out, DefinitionKind kind,
                     Result<Definition> (*parse)(ByteView)) {
  const std::size_t start = in.offset();
  out.kind = kind;
  out.definition = in.bytes(in.remaining());
  const Result<Definition> parsed = parse(out.definition);
  if (parsed) {
    out.id = parsed->id;
  } else {
    in.fail_at(parsed.failure().error, start + parsed.failure().offset);
  }
}

void read_retire(Reader& in, GovernanceOperation& out) noexcept {
  out.kind = fields::read_enum(in, DefinitionKind::schema, DefinitionKind::asset_class);
  out.id = in.u32();
  in.expect(out.kind == DefinitionKind::asset_class || out.id <= UINT16_MAX, Error::value);
}

void read_object(Reader& in, ObjectId& out) noexcept {
  out.kind = fields::read_enum(in, ObjectKind::record, ObjectKind::holding);
  const bool holding = out.kind == ObjectKind::holding;
  if (holding) out.asset_class = in.u32();
  out.id = in.digest();
  if (holding) out.member = in.u32();
}

void read_governance(Reader& in, GovernanceOperation& out) {
  out.action = fields::read_enum(in, GovernanceAction::admit, GovernanceAction::unhold);
  switch (out.action) {
    case GovernanceAction::admit:
      return read_admit(in, out);
    case GovernanceAction::expel:
    case GovernanceAction::freeze:
    case GovernanceAction::unfreeze:
      out.member = in.u32();
      return;
    case GovernanceAction::roles:
      out.member = in.u32();
      out.field = in.u16();
      out.role_bits = fields::read_role_bits(in);
      return;
    case GovernanceAction::validators:
      out.validators = fields::read_validators(in);
      return;
    case GovernanceAction::council:
      return read_council(in, out);
    case GovernanceAction::parameter:
      out.parameter = in.u8();
      in.expect(out.parameter >= 1 && out.parameter <= kParameterMax, Error::tag);
      out.value = in.u64();
      return;
    case GovernanceAction::schema:
      return read_definition(in, out, DefinitionKind::schema, parse_schema);
    case GovernanceAction::case_template:
      return read_definition(in, out, DefinitionKind::case_template, parse_template);
    case GovernanceAction::asset_class:
      return read_definition(in, out, DefinitionKind::asset_class, parse_class);
    case GovernanceAction::retire:
      return read_retire(in, out);
    case GovernanceAction::hold:
    case GovernanceAction::unhold:
      return read_object(in, out.object);
  }
}

}  // namespace

Result<GovernanceOperation> parse_governance(ByteView body) {
  return fields::exactly_one<GovernanceOperation>(body, read_governance);
}

}  // namespace chopmark
