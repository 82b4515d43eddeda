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
    out.keys.push_back({static_cast<std::uint32_t>(i), some_digest(100 * id + i)});
  for (std::size_t i = 0; i < roles; ++i)
    out.roles.push_back({static_cast<std::uint16_t>(i), static_cast<std::uint8_t>(1 + i % 3)});
  return out;
}

std::vector<GenesisMember> members() {
  return {member(1, 1, 0), member(4, 2, 3), member(9, 16, 64)};
}

}  // namespace

TEST(genesis_fields) {
  const Bytes bytes = genesis_bytes(validators(4), members());
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
  EXPECT(second.keys[1].id == 1 && second.keys[1].public_key == some_digest(401));
  EXPECT_EQ(second.roles.size(), 3U);
  EXPECT(second.roles[2].field == 2 && second.roles[2].bits == 3);
  std::size_t encoded = 0;
  for (const Member& one : genesis->members)
    encoded += one.encoding.size();
  EXPECT(second.encoding.data() ==
         genesis->members[0].encoding.data() + genesis->members[0].encoding.size());
  EXPECT(genesis->members[2].encoding.data() + genesis->members[2].encoding.size() ==
         bytes.data() + bytes.size());
  EXPECT(encoded < bytes.size());
}

TEST(genesis_truncated_or_trailing) {
  const Bytes bytes = genesis_bytes(validators(4), members());
  expect_truncations_refused(bytes, parse);
  expect_trailing_refused(bytes, parse);
}

TEST(genesis_bit_flips) {
  const Bytes bytes = genesis_bytes(validators(2), {member(1, 1, 1), member(3, 2, 2)});
  const Digest chain_id = parse_genesis(bytes)->chain_id;
  std::size_t accepted = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Bytes changed = with_bit_flipped(bytes, bit);
    const Result<Genesis> genesis = parse_genesis(changed);
    if (!genesis) continue;
    ++accepted;
    EXPECT(genesis->chain_id != chain_id);
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
  const auto with = [](const std::vector<GenesisMember>& all) {
    return genesis_bytes(validators(1), all);
  };
  expect_failure(with({member(2, 1, 0), member(1, 1, 0)}), Error::order, parse);
  expect_failure(with({member(2, 1, 0), member(2, 1, 0)}), Error::order, parse);
  GenesisMember keys = member(1, 3, 0);
  keys.keys[2].id = 1;
  expect_failure(with({keys}), Error::order, parse);
  GenesisMember roles = member(1, 1, 3);
  roles.roles[2].field = 1;
  expect_failure(with({roles}), Error::order, parse);
}

TEST(genesis_member_limits) {
  const auto with = [](const GenesisMember& one) { return genesis_bytes(validators(1), {one}); };
  EXPECT(parse_genesis(with(member(1, 16, 64))).has_value());
  expect_failure(with(member(1, 0, 0)), Error::limit, parse);
  expect_failure(with(member(1, 17, 0)), Error::limit, parse);
  expect_failure(with(member(1, 1, 65)), Error::limit, parse);
  for (const int bits : {0, 4, 7, 0x80}) {
    GenesisMember one = member(1, 1, 1);
    one.roles[0].bits = static_cast<std::uint8_t>(bits);
    expect_failure(with(one), Error::value, parse);
  }
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
