// SPDX-License-Identifier: Apache-2.0
#include "ledger/entries.hpp"

#include "hash/blake3.hpp"
#include "test.hpp"

namespace chopmark::test {

using namespace ledger;

namespace {

/// Decoding any bytes of an entry and encoding them gives the same: every byte has its field.
/// `fixed` are bytes that have few values: where, and which one.
template <class Entry>
void expect_round_trip(EntryKind kind, std::size_t size,
                       const std::vector<std::pair<std::size_t, std::uint8_t>>& fixed = {}) {
  Bytes bytes = random_bytes(static_cast<std::uint64_t>(kind), size);
  bytes[0] = static_cast<std::uint8_t>(kind);
  bytes[1] = 1;
  for (const auto& [at, value] : fixed)
    bytes[at] = value;
  EXPECT_EQ(to_hex(Entry::decode(bytes).encode().view()), to_hex(bytes));
}

}  // namespace

TEST(entries_have_the_sizes_and_kinds_of_the_table) {
  expect_round_trip<MemberEntry>(EntryKind::member, 90);
  expect_round_trip<RecordEntry>(EntryKind::record, 108, {{3, 1}});
  expect_round_trip<AttestationEntry>(EntryKind::attestation, 48);
  expect_round_trip<KeyEntry>(EntryKind::key, 67);
  expect_round_trip<PublicKeyEntry>(EntryKind::public_key, 10);
  expect_round_trip<RoleEntry>(EntryKind::role, 18);
  expect_round_trip<GovernanceEntry>(EntryKind::governance, 88);
  expect_round_trip<ValidatorsEntry>(EntryKind::validators, 43, {{10, 1}});
  expect_round_trip<ValidatorsEntry>(EntryKind::validators, 1035, {{10, 32}});
  expect_round_trip<DefinitionEntry>(EntryKind::schema, 50, {{2, 1}});
  expect_round_trip<DefinitionEntry>(EntryKind::case_template, 1156, {{2, 2}});
  expect_round_trip<DefinitionEntry>(EntryKind::asset_class, 86, {{2, 1}});
  expect_round_trip<NullifierEntry>(EntryKind::nullifier, 42);
  expect_round_trip<GrantEntry>(EntryKind::grant, 73, {{2, 2}});
  expect_round_trip<CaseEntry>(EntryKind::open_case, 101, {{2, 0}});
  expect_round_trip<TotalsEntry>(EntryKind::totals, 22);
  expect_round_trip<BackingEntry>(EntryKind::backing, 62);
  expect_round_trip<HoldingEntry>(EntryKind::holding, 35, {{2, 1}});
  expect_round_trip<LockEntry>(EntryKind::lock, 122, {{3, 0}});
}

TEST(entries_stand_behind_the_hash_of_kind_and_id) {
  EXPECT(governance_key() == blake3(Bytes{0x07}));
  EXPECT(member_key(0x01020304) == blake3(Bytes{0x01, 1, 2, 3, 4}));
  EXPECT(role_key(0x01020304, 0x0506) == blake3(Bytes{0x06, 1, 2, 3, 4, 5, 6}));
  Digest lot{};
  lot[31] = 9;
  Bytes holding{0x11, 0, 0, 0, 5};
  append(holding, lot);
  append(holding, Bytes{0, 0, 0, 6});
  EXPECT(holding_key(5, lot, 6) == blake3(holding));
  AttestOperation op;
  op.kind = TargetKind::open_case;
  op.target = lot;
  op.version = 3;
  op.claim = 4;
  Bytes attestation{0x03, 0, 0, 0, 5, 2};
  append(attestation, lot);
  append(attestation, Bytes{0, 0, 0, 3, 4});
  EXPECT(attestation_key(5, op) == blake3(attestation));
}

TEST(entries_are_held_from_their_height_on) {
  EXPECT(!Hold{}.held(0) && !Hold{}.held(10));
  EXPECT(!(Hold{true, 11}).held(10) && (Hold{true, 11}).held(11));
  EXPECT((Hold{false, 11}).held(10) && !(Hold{false, 11}).held(11));
}

}  // namespace chopmark::test
