// SPDX-License-Identifier: Apache-2.0
#include "types/genesis.hpp"

#include "base/limits.hpp"
#include "hash/sha256.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

Result<Genesis> parse(const Bytes& bytes) {
  return parse_genesis(bytes);
}

std::vector<Digest> validators(std::size_t count) {
  std::vector<Digest> all;
  for (std::size_t i = 0; i < count; ++i)
    all.push_back(some_digest(i));
  return all;
}

GenesisMember member(std::uint32_t id, std::size_t keys, std::size_t roles) {
  GenesisMember out{id, {}, {}};
  for (std::size_t i = 0; i < keys; ++i)
    out.keys.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint8_t>(i == 0),
                        some_digest(100 * id + i)});
  for (std::size_t i = 0; i < roles; ++i)
    out.roles.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(1 << i % 12)});
  return out;
}

std::vector<GenesisMember> members() {
  return {member(1, 1, 0), member(4, 2, 3), member(9, 16, 64)};
}

// Of `members()`.
const GenesisCouncil kCouncil{2, {1, 4, 9}};

// What stands in front of the members: 3 bytes, the name, the time, one validator, two counts.
constexpr std::size_t kMembersAt = 3 + 13 + 8 + 1 + 32 + 4;

void expect_refused(const std::vector<GenesisMember>& all, const Failure& failure,
                    const GenesisCouncil& council = {}) {
  const Bytes bytes = genesis_bytes(validators(1), all, council);
  const Result<Genesis> genesis = parse_genesis(bytes);
  EXPECT(!genesis && genesis.failure() == failure);
}

}  // namespace

TEST(genesis_fields) {
  const Bytes bytes = genesis_bytes(validators(4), members(), kCouncil);
  const Result<Genesis> genesis = parse_genesis(bytes);
  EXPECT(genesis.has_value());
  if (!genesis) return;
  EXPECT(genesis->chain_id == sha256(bytes));
  EXPECT_EQ(genesis->name, "test.chain-1");
  EXPECT_EQ(genesis->time_ms, 1234567U);
  EXPECT(genesis->validators == validators(4));
  EXPECT_EQ(genesis->members.size(), 3U);
  const Member& second = genesis->members[1];
  EXPECT_EQ(second.id, 4U);
  EXPECT_EQ(second.name, "member-4");
  EXPECT_EQ(second.keys.size(), 2U);
  EXPECT(second.keys[0].flags == kKeyAdministrates && second.keys[1].flags == 0);
  EXPECT(second.keys[1].id == 1 && second.keys[1].public_key == some_digest(401));
  EXPECT_EQ(second.roles.size(), 3U);
  EXPECT(second.roles[2].field == 2 && second.roles[2].bits == kRoleInspect);
  EXPECT_EQ(genesis->members[2].roles[11].bits, kRoleEmergency);
  EXPECT_EQ(+genesis->threshold, +kCouncil.threshold);
  EXPECT(genesis->council == kCouncil.members);
}

TEST(genesis_truncated_or_trailing) {
  const Bytes bytes = genesis_bytes(validators(4), members(), kCouncil);
  expect_truncations_refused(bytes, parse);
  expect_trailing_refused(bytes, parse);
}

TEST(genesis_bit_flips) {
  const Bytes bytes = genesis_bytes(validators(2), {member(1, 1, 1), member(3, 2, 2)}, {1, {1, 3}});
  // Every field is an argument of the writer, but for name and time.
  const std::size_t front = 3 + 13 + 8;
  const auto encode = [&](const Genesis& genesis) {
    std::vector<GenesisMember> all;
    for (const Member& one : genesis.members)
      all.push_back({one.id, one.keys, one.roles});
    const Bytes back = genesis_bytes(genesis.validators, all, {genesis.threshold, genesis.council});
    return Bytes(back.begin() + front, back.end());
  };
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Bytes changed = with_bit_flipped(bytes, bit);
    const Result<Genesis> genesis = parse_genesis(changed);
    if (!genesis) {
      EXPECT(genesis.failure().offset <= changed.size());
      continue;
    }
    ++accepted;
    EXPECT(genesis->chain_id == sha256(changed));
    const bool names = genesis->members[0].name == "member-1" &&
                       genesis->members[1].name == "member-3" && bit >= 8 * front;
    const bool ids = genesis->members[0].id == 1 && genesis->members[1].id == 3;
    if (names && ids) EXPECT(encode(*genesis) == Bytes(changed.begin() + front, changed.end()));
  }
  EXPECT(accepted > 5 * 256 && accepted < 8 * bytes.size());
}

TEST(genesis_validators) {
  EXPECT(parse_genesis(genesis_bytes(validators(1), {})).has_value());
  EXPECT(parse_genesis(genesis_bytes(validators(limits::kValidatorsMax), {})).has_value());
  expect_failure(genesis_bytes({}, {}), Error::limit, parse);
  expect_failure(genesis_bytes(validators(limits::kValidatorsMax + 1), {}), Error::limit, parse);
  std::vector<Digest> twice = validators(4);
  twice[3] = twice[0];
  expect_failure(genesis_bytes(twice, {}), Error::order, parse);
}

TEST(genesis_order) {
  const std::size_t member_bytes = 4 + 9 + 1 + 37 + 1;  // with one key and no role
  const std::size_t second = kMembersAt + member_bytes;
  expect_refused({member(2, 1, 0), member(1, 1, 0)}, {Error::order, second + 4});
  expect_refused({member(2, 1, 0), member(2, 1, 0)}, {Error::order, second + 4});
  GenesisMember keys = member(1, 3, 0);
  keys.keys[2].id = 1;
  expect_refused({keys}, {Error::order, kMembersAt + 14 + 2 * 37 + 4});
  GenesisMember roles = member(1, 1, 3);
  roles.roles[2].field = 1;
  expect_refused({roles}, {Error::order, second + 2 * 4 + 2});
}

TEST(genesis_member_limits) {
  const auto with = [](const GenesisMember& one) { return genesis_bytes(validators(1), {one}); };
  EXPECT(parse_genesis(with(member(1, 16, 64))).has_value());
  expect_failure(with(member(1, 0, 0)), Error::limit, parse);
  expect_failure(with(member(1, 17, 0)), Error::limit, parse);
  expect_failure(with(member(1, 1, 65)), Error::limit, parse);
  const std::size_t role = kMembersAt + 14 + 37 + 1;
  for (const int bits : {0, 0x1000, 0x8001, 0xffff}) {
    GenesisMember one = member(1, 1, 1);
    one.roles[0].bits = static_cast<std::uint16_t>(bits);
    expect_refused({one}, {Error::value, role + 4});
  }
  GenesisMember all_roles = member(1, 1, 1);
  all_roles.roles[0].bits = kRolesKnown;
  EXPECT(parse_genesis(with(all_roles)).has_value());
  Bytes bytes = genesis_bytes(validators(1), {});
  bytes[kMembersAt - 3] = 1;  // 65,536 members, of which none is there
  expect_failure(bytes, Error::truncated, parse);
  bytes[kMembersAt - 1] = 1;
  expect_failure(bytes, Error::limit, parse);
}

TEST(genesis_key_flags) {
  const std::size_t keys = kMembersAt + 14;
  GenesisMember one = member(1, 2, 0);
  one.keys[1].flags = 2;
  expect_refused({one}, {Error::value, keys + 37 + 5});
  one.keys[1].flags = 1;
  EXPECT(parse_genesis(genesis_bytes(validators(1), {one})).has_value());
  one.keys[0].flags = 0;
  EXPECT(parse_genesis(genesis_bytes(validators(1), {one})).has_value());
  one.keys[1].flags = 0;
  expect_refused({one}, {Error::value, keys + 2 * 37});
}

TEST(genesis_public_keys_stand_once) {
  const std::size_t second_keys = kMembersAt + (14 + 37 + 1) + 14;
  GenesisMember twice = member(2, 2, 0);
  twice.keys[1].public_key = twice.keys[0].public_key;
  expect_refused({member(1, 1, 0), twice}, {Error::order, second_keys + 2 * 37});
  GenesisMember of_another = member(2, 2, 0);
  of_another.keys[0].public_key = member(1, 1, 0).keys[0].public_key;
  expect_refused({member(1, 1, 0), of_another}, {Error::order, second_keys + 37});
  // Of several it is the first; what is wrong behind it does not matter (C-5).
  GenesisMember worse = of_another;
  worse.id = 3;
  worse.keys[1].flags = 0xff;
  expect_refused({member(1, 1, 0), of_another, worse}, {Error::order, second_keys + 37});
  of_another.keys[0].flags = of_another.keys[1].flags = 0;
  expect_refused({member(1, 1, 0), of_another}, {Error::order, second_keys + 37});
  // What is wrong in front of it does.
  of_another.keys[0].flags = 0xff;
  expect_refused({member(1, 1, 0), of_another}, {Error::value, second_keys + 5});
  // A validator may use the key of a member.
  GenesisMember validator = member(1, 1, 0);
  validator.keys[0].public_key = validators(1)[0];
  EXPECT(parse_genesis(genesis_bytes(validators(1), {validator})).has_value());
}

TEST(genesis_of_all_members) {
  std::vector<GenesisMember> all;
  for (std::uint32_t id = 0; id < limits::kMembersMax; ++id)
    all.push_back({id, {{1, kKeyAdministrates, some_digest(id)}}, {}});
  const Result<Genesis> genesis = parse_genesis(genesis_bytes(validators(1), all, {1, {65535}}));
  EXPECT(genesis && genesis->members.size() == limits::kMembersMax);
  all.back().keys[0].public_key = some_digest(0);
  expect_failure(genesis_bytes(validators(1), all), Error::order, parse);
  all.push_back({1 << 20, {{1, kKeyAdministrates, some_digest(1 << 20)}}, {}});
  expect_failure(genesis_bytes(validators(1), all), Error::limit, parse);
}

TEST(genesis_council) {
  const std::vector<GenesisMember> all = {member(1, 1, 0), member(2, 1, 0), member(3, 1, 0)};
  const std::size_t counted = kMembersAt + 3 * 52 + 2;
  for (std::uint8_t threshold = 1; threshold <= 3; ++threshold)
    EXPECT(parse_genesis(genesis_bytes(validators(1), all, {threshold, {1, 2, 3}})).has_value());
  EXPECT(parse_genesis(genesis_bytes(validators(1), all, {0, {}})).has_value());
  expect_refused(all, {Error::value, counted}, {1, {}});
  expect_refused(all, {Error::value, counted}, {0, {1}});
  expect_refused(all, {Error::value, counted}, {3, {1, 2}});
  expect_refused(all, {Error::order, counted + 8}, {1, {2, 1}});
  expect_refused(all, {Error::order, counted + 8}, {1, {2, 2}});
  expect_refused(all, {Error::value, counted + 4}, {1, {0, 1}});
  expect_refused(all, {Error::value, counted + 8}, {1, {3, 4}});
  expect_refused(all, {Error::limit, counted}, {1, std::vector<std::uint32_t>(17, 1)});
}

TEST(genesis_names) {
  const Bytes bytes = genesis_bytes(validators(1), {});
  for (int character = 0; character < 256; ++character) {
    Bytes changed = bytes;
    changed[4] = static_cast<std::uint8_t>(character);
    const bool allowed = (character >= 'a' && character <= 'z') ||
                         (character >= '0' && character <= '9') || character == '.' ||
                         character == '-';
    EXPECT_EQ(parse_genesis(changed).has_value(), allowed);
  }
  for (const int size : {0, 65, 255}) {
    Bytes changed = bytes;
    changed[3] = static_cast<std::uint8_t>(size);
    expect_failure(changed, Error::limit, parse);
  }
}

TEST(genesis_front_is_fixed) {
  const Bytes bytes = genesis_bytes(validators(1), {});
  expect_failure(with_bit_flipped(bytes, 0), Error::tag, parse);
  expect_failure(with_bit_flipped(bytes, 8), Error::version, parse);
  expect_failure(with_bit_flipped(bytes, 16), Error::version, parse);
}

}  // namespace chopmark::test
