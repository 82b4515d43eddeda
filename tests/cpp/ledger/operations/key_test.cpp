// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/world.hpp"
#include "sig/signing.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

/// An operation with a new key of its own; `possession` keeps the signature.
struct WithKey {
  KeyOperation op;
  Bytes possession;

  WithKey(const World& world, KeyAction action, std::uint32_t member, std::uint32_t id,
          std::uint64_t seed) {
    const SecretKey secret = secret_key(seed);
    op.action = action;
    op.member = member;
    op.key.id = id;
    op.key.public_key = secret.public_key;
    possession = sign(secret, possession_payload(world.chain_id(), member, op.key));
    op.key.possession = possession;
  }
  WithKey(const WithKey&) = delete;
  WithKey& operator=(const WithKey&) = delete;
};

KeyOperation revocation(std::uint32_t key, std::uint64_t since = kNever) {
  KeyOperation op;
  op.action = KeyAction::revoke;
  op.key_id = key;
  op.compromised_since = since;
  return op;
}

MemberEntry member_of(const World& world, std::uint32_t member) {
  return world.get<MemberEntry>(member_key(member));
}

KeyEntry key_of(const World& world, std::uint32_t member, std::uint32_t key) {
  return world.get<KeyEntry>(key_key(member, key));
}

}  // namespace

TEST(key_add) {
  World world;
  WithKey add(world, KeyAction::add, 1, 2, 50);
  add.op.key.id = 1;
  EXPECT(world.run(add.op) == ResultCode::key_reused);  // L-211
  add.op.key.id = 3;
  EXPECT(world.run(add.op) == ResultCode::bad_possession);  // L-214: signed for key 2
  add.op.key.id = 2;
  MemberEntry member = member_of(world, 1);
  member.keys = limits::kMemberKeysMax;
  world.put(member_key(1), member);
  EXPECT(world.run(add.op) == ResultCode::limit);  // L-213
  member.keys = 1;
  world.put(member_key(1), member);
  EXPECT(world.run(add.op) == ResultCode::ok);
  EXPECT_EQ(key_of(world, 1, 2).from, 11U);  // L-215
  EXPECT(!key_of(world, 1, 2).administrates());
  EXPECT(member_of(world, 1).keys == 2 && member_of(world, 1).admin_keys == 1);
  WithKey again(world, KeyAction::add, 1, 3, 50);
  EXPECT(world.run(again.op) == ResultCode::key_reused);  // L-212
  world.next_block();
  WithKey third(world, KeyAction::add, 1, 3, 51);
  EXPECT(world.with_key(1, 2).run(third.op) == ResultCode::role_denied);  // L-210
}

TEST(key_rotate_keeps_flags_and_counts) {
  World world;
  WithKey rotate(world, KeyAction::rotate, 1, 2, 60);
  EXPECT(world.run(rotate.op) == ResultCode::ok);
  EXPECT(key_of(world, 1, 1).until == 11 && key_of(world, 1, 2).from == 11);  // L-221
  EXPECT(key_of(world, 1, 2).administrates());
  EXPECT(member_of(world, 1).keys == 1 && member_of(world, 1).admin_keys == 1);
  WithKey again(world, KeyAction::rotate, 1, 3, 61);
  EXPECT(world.run(again.op) == ResultCode::key_revoked);  // L-220, at present
}

TEST(key_revoke) {
  World world;
  EXPECT(world.run(revocation(9)) == ResultCode::key_unknown);   // L-230
  EXPECT(world.run(revocation(1)) == ResultCode::last_key);      // L-234
  EXPECT(world.run(revocation(1, 11)) == ResultCode::conflict);  // L-233
  WithKey add(world, KeyAction::add, 1, 2, 70);
  EXPECT(world.run(add.op) == ResultCode::ok);
  world.next_block();
  world.with_key(1, 2);
  EXPECT(world.run(revocation(1)) == ResultCode::role_denied);                             // L-232
  EXPECT(world.run(revocation(2, 11)) == ResultCode::ok);                                  // itself
  EXPECT(key_of(world, 1, 2).until == 12 && key_of(world, 1, 2).compromised_since == 11);  // L-235
  EXPECT(member_of(world, 1).keys == 1 && member_of(world, 1).admin_keys == 1);
  EXPECT(world.run(revocation(2)) == ResultCode::key_revoked);  // L-231
}

TEST(key_by_the_council) {
  World world;
  KeyOperation revoke = revocation(1);
  revoke.action = KeyAction::council_revokes;
  revoke.member = 99;
  EXPECT(world.as(1).run(revoke) == ResultCode::threshold);  // L-101
  world.as({1, 2});
  EXPECT(world.run(revoke) == ResultCode::unknown_member);  // L-240
  revoke.member = 5;
  EXPECT(world.run(revoke) == ResultCode::last_key);  // L-234
  WithKey replace(world, KeyAction::council_replaces, 5, 2, 80);
  replace.op.key_id = 9;
  EXPECT(world.run(replace.op) == ResultCode::key_unknown);  // L-230
  replace.op.key_id = 1;
  replace.op.compromised_since = 3;
  EXPECT(world.run(replace.op) == ResultCode::ok);
  EXPECT(key_of(world, 5, 1).until == 11 && key_of(world, 5, 1).compromised_since == 3);  // L-241
  EXPECT(key_of(world, 5, 2).administrates() && key_of(world, 5, 2).from == 11);
  EXPECT(world.run(replace.op) == ResultCode::key_revoked);  // L-231
  world.set_status(4, MemberStatus::expelled);
  revoke.member = 4;
  EXPECT(world.run(revoke) == ResultCode::unknown_member);  // L-240
}

TEST(register_follows_keys) {
  Register registered;
  registered.settle();
  EXPECT_EQ(registered.keys().size(), 0U);
  KeyEntry key;
  key.member = 1;
  key.id = 2;
  key.public_key = secret_key(90).public_key;
  key.from = 5;
  registered.apply(key.encode().view());
  registered.apply(MemberEntry{.member = 1}.encode().view());
  registered.settle();
  Register later = registered;
  key.until = 9;
  later.apply(key.encode().view());
  key.id = 3;
  key.public_key = secret_key(91).public_key;
  later.apply(key.encode().view());
  later.settle();
  EXPECT_EQ(registered.keys().size(), 1U);
  EXPECT_EQ(later.keys().size(), 2U);
  EXPECT(later.keys().valid(1, sig::Rule::zip215));
  EXPECT(!later.key_index({1, 2}, 4).has_value());  // L-12
  EXPECT(later.key_index({1, 2}, 5) == 0U);
  EXPECT(!later.key_index({1, 2}, 9).has_value());
  EXPECT(registered.key_index({1, 2}, 9) == 0U);
  EXPECT(later.key_index({1, 3}, 8) == 1U);
  EXPECT(!later.key_index({2, 2}, 8).has_value());
  later.apply(MemberEntry{.member = 1, .status = MemberStatus::frozen}.encode().view());
  EXPECT(later.key_index({1, 3}, 8) == 1U);
  later.apply(MemberEntry{.member = 1, .status = MemberStatus::expelled}.encode().view());
  EXPECT(!later.key_index({1, 3}, 8).has_value());
}

}  // namespace chopmark::test
