// SPDX-License-Identifier: Apache-2.0
// Schemas, templates, classes (C-53 to C-55).
#include "types/operations/fields.hpp"

namespace chopmark {
namespace {

using codec::Reader;

constexpr std::size_t kDescriptionBytes = 32;
constexpr std::uint8_t kTemplateReview = 0x01;

bool bits_below(std::uint8_t bits, std::size_t count) noexcept {
  return bits >> count == 0;
}

void read_schema(Reader& in, Schema& out) noexcept {
  out.id = fields::positive(in, in.u16());
  out.field = in.u16();
  out.mode = fields::read_enum(in, SchemaMode::no_nullifiers, SchemaMode::unique);
  out.role_bits = fields::read_role_bits(in);
  static_cast<void>(in.bytes(kDescriptionBytes));
}

Template::State read_state(Reader& in, std::size_t state_count) noexcept {
  Template::State out;
  const std::uint8_t kind = in.u8();
  in.expect(kind <= 1, Error::tag);
  out.closed = kind == 1;
  out.limit_ms = in.u64();
  out.timeout_to = in.u8();
  const bool fits =
      out.limit_ms == 0 ? out.timeout_to == 0 : !out.closed && out.timeout_to < state_count;
  in.expect(fits, Error::value);
  return out;
}

int pair_of(const Template::Transition& transition) noexcept {
  return transition.from << 8 | transition.event;
}

bool transition_fits(const Template& of, const Template::Transition& transition) noexcept {
  return transition.from < of.state_count && transition.to < of.state_count &&
         transition.event != 0 && bits_below(transition.by, of.party_count) &&
         bits_below(transition.with, of.party_count) &&
         (transition.role_bits & ~kRolesKnown) == 0 &&
         (transition.by != 0 || transition.role_bits != 0) && transition.refs <= limits::kRefsMax;
}

Template::Transition read_transition(Reader& in) noexcept {
  const ByteView bytes = in.bytes(8);
  if (!in.ok()) return {};
  return {bytes[0], bytes[1], bytes[2],
          bytes[3], bytes[4], load_be<std::uint16_t>(bytes.data() + 5),
          bytes[7]};
}

void read_parties(Reader& in, Template& out) noexcept {
  out.party_count = static_cast<std::uint8_t>(fields::read_count(in, 1, limits::kPartiesMax));
  for (std::size_t i = 0; i < out.party_count; ++i)
    out.party_roles[i] = fields::read_role_bits(in);
  out.openers = in.u8();
  in.expect(out.openers != 0 && bits_below(out.openers, out.party_count), Error::value);
}

void read_template(Reader& in, Template& out) noexcept {
  out.id = in.u16();
  out.field = in.u16();
  const std::uint8_t flags = in.u8();
  in.expect((flags & ~kTemplateReview) == 0, Error::value);
  out.review = flags == kTemplateReview;
  static_cast<void>(in.bytes(kDescriptionBytes));
  read_parties(in, out);
  out.state_count =
      static_cast<std::uint8_t>(fields::read_count(in, 1, limits::kTemplateStatesMax));
  for (std::size_t i = 0; i < out.state_count; ++i)
    out.states[i] = read_state(in, out.state_count);
  out.transition_count =
      static_cast<std::uint8_t>(fields::read_count(in, 0, limits::kTemplateTransitionsMax));
  for (std::size_t i = 0; i < out.transition_count; ++i) {
    const Template::Transition one = read_transition(in);
    in.expect(transition_fits(out, one), Error::value);
    in.expect(i == 0 || pair_of(out.transitions[i - 1]) < pair_of(one), Error::order);
    out.transitions[i] = one;
  }
}

bool class_fits(const AssetClass& out) noexcept {
  const bool lots = out.has(kClassLots);
  return (out.backing != Backing::record || lots) && (out.backing != Backing::none || !lots) &&
         (out.claim == 0 || out.backing == Backing::record) && (out.holders_max == 0 || !lots) &&
         (out.issuer == 0 || out.has(kClassOneIssuer));
}

void read_class(Reader& in, AssetClass& out) noexcept {
  out.id = in.u32();
  out.field = in.u16();
  out.flags = in.u8();
  in.expect((out.flags & ~kClassFlagsKnown) == 0, Error::value);
  out.issuer = in.u32();
  out.backing = fields::read_enum(in, Backing::none, Backing::record);
  out.claim = in.u8();
  in.expect(out.claim <= kClaimMax, Error::tag);
  out.holder_roles = fields::read_role_bits(in);
  out.holders_max = in.u32();
  out.supply_max = fields::positive(in, in.u64());
  out.issue_max = fields::positive(in, in.u64());
  out.expires = in.u64();
  static_cast<void>(in.bytes(kDescriptionBytes));
  in.expect(class_fits(out), Error::value);
}

}  // namespace

const Template::Transition* Template::find(std::uint8_t from, std::uint8_t event) const noexcept {
  const int wanted = from << 8 | event;
  const Transition* const end = transitions.data() + transition_count;
  const Transition* const at =
      std::lower_bound(transitions.data(), end, wanted,
                       [](const Transition& one, int pair) { return pair_of(one) < pair; });
  return at != end && pair_of(*at) == wanted ? at : nullptr;
}

Result<Schema> parse_schema(ByteView bytes) {
  return fields::exactly_one<Schema>(bytes, read_schema);
}

Result<Template> parse_template(ByteView bytes) {
  return fields::exactly_one<Template>(bytes, read_template);
}

Result<AssetClass> parse_class(ByteView bytes) {
  return fields::exactly_one<AssetClass>(bytes, read_class);
}

}  // namespace chopmark
