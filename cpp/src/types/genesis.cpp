// SPDX-License-Identifier: Apache-2.0
#include "types/genesis.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "codec/reader.hpp"
#include "hash/sha256.hpp"
#include "types/tags.hpp"

namespace chopmark {
namespace {

using codec::Reader;

bool is_name_character(std::uint8_t c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
}

std::string read_name(Reader& in) {
  const std::size_t size = in.u8();
  in.expect(size >= 1 && size <= limits::kMemberNameBytesMax, Error::limit);
  const ByteView bytes = in.bytes(size);
  in.expect(std::all_of(bytes.begin(), bytes.end(), is_name_character), Error::value);
  return {bytes.begin(), bytes.end()};
}

void read_keys(Reader& in, Member& member) {
  const std::size_t count = in.u8();
  in.expect(count >= 1 && count <= limits::kMemberKeysMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint32_t id = in.u32();
    in.expect(i == 0 || id > member.keys.back().id, Error::order);
    member.keys.push_back({id, in.digest()});
  }
}

void read_roles(Reader& in, Member& member) {
  const std::size_t count = in.u8();
  in.expect(count <= limits::kMemberRolesMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const std::uint16_t field = in.u16();
    in.expect(i == 0 || field > member.roles.back().field, Error::order);
    const std::uint8_t bits = in.u8();
    in.expect(bits != 0 && (bits & ~kRolesKnown) == 0, Error::value);
    member.roles.push_back({field, bits});
  }
}

void read_validators(Reader& in, Genesis& out) {
  const std::size_t count = in.u8();
  in.expect(count >= 1 && count <= limits::kValidatorsMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    const Digest key = in.digest();
    const bool twice =
        std::find(out.validators.begin(), out.validators.end(), key) != out.validators.end();
    in.expect(!twice, Error::order);
    out.validators.push_back(key);
  }
}

}  // namespace

Result<Genesis> parse_genesis(ByteView bytes) {
  Reader in(bytes);
  Genesis out;
  in.expect(in.u8() == tags::kGenesis, Error::tag);
  in.expect(in.u8() == tags::kVersion, Error::version);
  in.expect(in.u8() == tags::kSuiteEd25519, Error::version);
  out.name = read_name(in);
  out.time_ms = in.u64();
  read_validators(in, out);
  const std::size_t count = in.u32();
  in.expect(count <= limits::kMembersMax, Error::limit);
  for (std::size_t i = 0; i < count && in.ok(); ++i) {
    Member member;
    const std::size_t start = in.offset();
    member.id = in.u32();
    in.expect(i == 0 || member.id > out.members.back().id, Error::order);
    member.name = read_name(in);
    read_keys(in, member);
    read_roles(in, member);
    member.encoding = bytes.subspan(start, in.offset() - start);
    out.members.push_back(std::move(member));
  }
  in.finish();
  if (!in.ok()) return in.failure();
  out.chain_id = sha256(bytes);
  return out;
}

}  // namespace chopmark
