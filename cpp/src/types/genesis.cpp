// SPDX-License-Identifier: Apache-2.0
#include "types/genesis.hpp"

#include <algorithm>
#include <cstring>

#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "hash/sha256.hpp"
#include "types/operations/fields.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;

/// Where public keys of 32 bytes stand, in the order of the encoding.
using KeyPlaces = std::vector<const std::uint8_t*>;

bool is_name_character(std::uint8_t c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

std::string read_name(Reader& in) {
  const ByteView name = fields::read_name(in);
  return {name.begin(), name.end()};
}

// C-14; whether keys stand twice is seen when all have been read.
void read_keys(Reader& in, Member& member, KeyPlaces& places) {
  const std::size_t count = fields::read_count(in, 1, limits::kMemberKeysMax);
  bool administrates = false;
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    MemberKey key;
    key.id = in.u32();
    in.expect(i == 0 || key.id > member.keys.back().id, Error::order);
    key.flags = fields::read_key_flags(in);
    const ByteView public_key = in.bytes(32);
    if (!in.ok()) return;
    key.public_key = digest_from(public_key.data());
    places.push_back(public_key.data());
    administrates = administrates || (key.flags & kKeyAdministrates) != 0;
    member.keys.push_back(key);
  }
  in.expect(administrates, Error::value);
}

void read_roles(Reader& in, Member& member) {
  const std::size_t count = fields::read_count(in, 0, limits::kMemberRolesMax);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint16_t field = in.u16();
    in.expect(i == 0 || field > member.roles.back().field, Error::order);
    member.roles.push_back({field, fields::positive(in, fields::read_role_bits(in))});
  }
}

void read_members(Reader& in, Genesis& out, KeyPlaces& places) {
  const std::size_t count = in.u32();
  in.expect(count <= limits::kMembersMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Member member;
    member.id = in.u32();
    in.expect(i == 0 || member.id > out.members.back().id, Error::order);
    member.name = read_name(in);
    read_keys(in, member, places);
    read_roles(in, member);
    out.members.push_back(std::move(member));
  }
}

bool has_member(const Genesis& genesis, std::uint32_t id) noexcept {
  const auto at = std::lower_bound(
      genesis.members.begin(), genesis.members.end(), id,
      [](const Member& member, std::uint32_t wanted) { return member.id < wanted; });
  return at != genesis.members.end() && at->id == id;
}

// C-17.
void read_council(Reader& in, Genesis& out) {
  out.threshold = in.u8();
  const std::size_t count = fields::read_count(in, 0, limits::kCouncilMax);
  in.expect(out.threshold <= count && (out.threshold != 0 || count == 0), Error::value);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint32_t id = in.u32();
    in.expect(i == 0 || id > out.council.back(), Error::order);
    in.expect(has_member(out, id), Error::value);
    out.council.push_back(id);
  }
}

/// The first place at which a key stands that stood before, or null.
const std::uint8_t* first_repeated(KeyPlaces& places) {
  const auto compared = [](const std::uint8_t* a, const std::uint8_t* b) {
    return std::memcmp(a, b, 32);
  };
  std::sort(places.begin(), places.end(), [&](const std::uint8_t* a, const std::uint8_t* b) {
    const int order = compared(a, b);
    return order != 0 ? order < 0 : a < b;
  });
  const std::uint8_t* first = nullptr;
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (compared(places[i - 1], places[i]) != 0) continue;
    if (first == nullptr || places[i] < first) first = places[i];
  }
  return first;
}

}  // namespace

bool is_name(ByteView bytes) noexcept {
  return !bytes.empty() && bytes.size() <= limits::kMemberNameBytesMax &&
         std::all_of(bytes.begin(), bytes.end(), is_name_character);
}

Result<Genesis> parse_genesis(ByteView bytes) {
  KeyPlaces places;
  Result<Genesis> out = fields::exactly_one<Genesis>(bytes, [&](Reader& in, Genesis& genesis) {
    in.expect(in.u8() == tags::kGenesis, Error::tag);
    in.expect(in.u8() == tags::kGenesisVersion, Error::version);
    in.expect(in.u8() == tags::kSuiteEd25519, Error::version);
    genesis.name = read_name(in);
    genesis.time_ms = in.u64();
    const ByteView validators = fields::read_validators(in);
    for (std::size_t i = 0; i < validators.size(); i += 32)
      genesis.validators.push_back(digest_from(validators.data() + i));
    read_members(in, genesis, places);
    read_council(in, genesis);
  });
  // Every key in `places` was read before anything else failed, so a repeated one goes first (C-5).
  if (const std::uint8_t* const repeated = first_repeated(places); repeated != nullptr) {
    return Failure{Error::order, static_cast<std::size_t>(repeated - bytes.data()) + 32};
  }
  if (out) out->chain_id = sha256(bytes);
  return out;
}

}  // namespace chopmark
