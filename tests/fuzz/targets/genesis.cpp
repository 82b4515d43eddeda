// SPDX-License-Identifier: Apache-2.0
// parse_genesis (C-10 to C-17), and the ledger that begins with what is accepted.
#include <set>

#include "codec/writer.hpp"
#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "ledger/ledger.hpp"
#include "types/samples.hpp"

namespace chopmark::fuzz {
namespace {

void write_name(codec::Writer& out, const std::string& name) {
  out.u8(static_cast<std::uint8_t>(name.size()));
  out.bytes(test::text(name));
}

Bytes written(const Genesis& genesis) {
  codec::Writer out;
  out.u8(0x40);
  out.u8(2);
  out.u8(1);
  write_name(out, genesis.name);
  out.u64(genesis.time_ms);
  out.u8(static_cast<std::uint8_t>(genesis.validators.size()));
  for (const Digest& key : genesis.validators)
    out.bytes(key);
  out.u32(static_cast<std::uint32_t>(genesis.members.size()));
  for (const Member& member : genesis.members) {
    out.u32(member.id);
    write_name(out, member.name);
    out.u8(static_cast<std::uint8_t>(member.keys.size()));
    for (const MemberKey& key : member.keys) {
      out.u32(key.id);
      out.u8(key.flags);
      out.bytes(key.public_key);
    }
    out.u8(static_cast<std::uint8_t>(member.roles.size()));
    for (const MemberRole& role : member.roles) {
      out.u16(role.field);
      out.u16(role.bits);
    }
  }
  out.u8(genesis.threshold);
  out.u8(static_cast<std::uint8_t>(genesis.council.size()));
  for (const std::uint32_t member : genesis.council)
    out.u32(member);
  return out.take();
}

void check(ByteView bytes, const Genesis& genesis) {
  REQUIRE(std::ranges::equal(written(genesis), bytes));
  REQUIRE(genesis.chain_id == sha256(bytes));
  std::set<Digest> keys;
  std::size_t count = 0;
  std::size_t roles = 0;
  for (const Member& member : genesis.members) {
    for (const MemberKey& key : member.keys)
      keys.insert(key.public_key);
    count += member.keys.size();
    roles += member.roles.size();
  }
  REQUIRE(keys.size() == count);
  const ledger::Ledger ledger(genesis);
  // L-23.
  REQUIRE(ledger.final_entry_count() == genesis.members.size() + 2 * count + roles + 2);
}

}  // namespace

std::vector<Bytes> seeds() {
  using test::some_digest;
  const test::GenesisMember one{1, {{1, 1, some_digest(1)}}, {{7, kRoleRecord}}};
  const test::GenesisMember two{
      2, {{1, 0, some_digest(2)}, {5, 1, some_digest(3)}}, {{7, kRolesKnown}, {8, kRoleHold}}};
  return {test::genesis_bytes({some_digest(9)}, {}),
          test::genesis_bytes({some_digest(9)}, {one, two}, {2, {1, 2}}),
          test::genesis_bytes(test::ascending(32), {one}, {1, {1}})};
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  const ByteView bytes(data, size);
  const auto parsed = [&] {
    const fuzz::Allowance allowance(size);
    return parse_genesis(bytes);
  }();
  if (parsed) {
    fuzz::check(bytes, *parsed);
  } else {
    REQUIRE(parsed.failure().offset <= size);
  }
  return 0;
}
