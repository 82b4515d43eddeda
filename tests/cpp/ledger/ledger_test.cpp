// SPDX-License-Identifier: Apache-2.0
#include "ledger/ledger.hpp"

#include "hash/sha256.hpp"
#include "ledger/chain.hpp"
#include "ledger/entries.hpp"
#include "merkle/tree_hash.hpp"

namespace chopmark::test {
namespace {

using ledger::Refusal;
using ledger::ResultCode;
using ledger::Verdict;
using Codes = std::vector<ResultCode>;

const Digest kRecord = some_digest(1000);

void expect_verdict(const Verdict& verdict, Refusal refusal, std::int64_t transaction) {
  EXPECT_EQ(named(verdict.refusal), named(refusal));
  EXPECT_EQ(verdict.transaction, transaction);
}

/// Validates a first block of one transaction.
void expect_first_block(Chain& chain, const std::vector<Bytes>& transactions, Refusal refusal,
                        std::int64_t transaction) {
  const Bytes payload = payload_of(transactions);
  const Bytes block =
      Chain::block(chain.header_on(chain.ledger.final_digest(), 1, payload), payload);
  const Verdict verdict = chain.ledger.validate_block(block);
  expect_verdict(verdict, refusal, transaction);
  EXPECT_EQ(chain.ledger.knows(verdict.digest), refusal == Refusal::none);
}

void expect_header_refused(Chain& chain, const Header& header, const Bytes& payload,
                           Refusal refusal) {
  const Verdict verdict = chain.ledger.validate_block(Chain::block(header, payload));
  expect_verdict(verdict, refusal, -1);
  EXPECT(!chain.ledger.knows(header_digest(encode_header(header))));
}

}  // namespace

TEST(ledger_genesis_state) {
  const Chain chain;
  const ledger::Ledger& ledger = chain.ledger;
  EXPECT_EQ(ledger.final_height(), 0U);
  EXPECT(ledger.final_digest() == ledger.chain_id());
  EXPECT(ledger.knows(ledger.chain_id()));
  EXPECT(!ledger.knows(some_digest(1)));
  EXPECT(!ledger.roots(some_digest(1)).has_value());
  const ledger::Register& registered = *ledger.register_after(ledger.chain_id());
  for (std::uint32_t member = 0; member <= kMembers + 1; ++member) {
    const bool known = member >= 1 && member <= kMembers;
    EXPECT_EQ(!ledger.final_entry(ledger::member_key(member)).empty(), known);
    EXPECT_EQ(registered.active(member), known);
    EXPECT_EQ(registered.key_index({member, 1}, 1).has_value(), known);
    EXPECT_EQ(registered.key_index({member, 2}, 1).has_value(), known);
    EXPECT(!registered.key_index({member, 3}, 1));
    EXPECT(!registered.key_index({member, 0}, 1));
  }
  EXPECT(registered.has_roles(1, kField, kRoleAttest));
  EXPECT(!registered.has_roles(1, kField + 1, kRoleAttest));
  EXPECT(!registered.has_roles(2, kField, kRoleRecord));
  EXPECT(!registered.has_roles(99, kField, kRoleRecord));
  EXPECT(ledger.register_after(some_digest(1)) == nullptr);
}

TEST(ledger_header_refusals) {
  Chain chain;
  const Bytes payload = payload_of({});
  const Header fitting = chain.header_on(chain.ledger.chain_id(), 1, payload);
  Header header = fitting;
  header.chain_id = some_digest(1);
  expect_header_refused(chain, header, payload, Refusal::wrong_chain);
  header = fitting;
  header.payload_root = some_digest(1);
  expect_header_refused(chain, header, payload, Refusal::payload_mismatch);
  header = fitting;
  ++header.payload_len;
  expect_header_refused(chain, header, payload, Refusal::payload_mismatch);
  header = fitting;
  header.parent_digest = some_digest(1);
  expect_header_refused(chain, header, payload, Refusal::unknown_parent);
  for (const std::uint64_t height : {std::uint64_t{0}, std::uint64_t{2}, ~std::uint64_t{0}}) {
    header = fitting;
    header.height = height;
    expect_header_refused(chain, header, payload, Refusal::wrong_height);
  }
  header = fitting;
  header.state_root[0] ^= 1;
  expect_header_refused(chain, header, payload, Refusal::wrong_state_root);
  header = fitting;
  header.log_size = 1;
  expect_header_refused(chain, header, payload, Refusal::wrong_log);
  header = fitting;
  header.log_root[0] ^= 1;
  expect_header_refused(chain, header, payload, Refusal::wrong_log);
  EXPECT_EQ(named(chain.ledger.validate_block(Chain::block(fitting, payload)).refusal), "OK");
}

TEST(ledger_block_truncated_or_changed) {
  Chain chain;
  const Bytes payload = payload_of({chain.record(1, create_operation(kRecord))});
  const Bytes block = Chain::block(chain.header_on(chain.ledger.chain_id(), 1, payload), payload);
  for (std::size_t size = 0; size < block.size(); ++size) {
    const Verdict verdict = chain.ledger.validate_block(ByteView(block).first(size));
    expect_verdict(
        verdict, size < Header::kBytes ? Refusal::malformed_header : Refusal::payload_mismatch, -1);
  }
  for (std::size_t bit = 8 * Header::kBytes; bit < 8 * block.size(); ++bit) {
    const Verdict verdict = chain.ledger.validate_block(with_bit_flipped(block, bit));
    expect_verdict(verdict, Refusal::payload_mismatch, -1);
  }
  expect_verdict(chain.ledger.validate_block(block), Refusal::none, -1);
}

TEST(ledger_every_changed_payload_bit_is_refused) {
  Chain chain;
  const Bytes payload = payload_of({chain.record(1, create_operation(kRecord))});
  for (std::size_t bit = 0; bit < 8 * payload.size(); ++bit) {
    const Bytes changed = with_bit_flipped(payload, bit);
    const Header header = chain.header_on(chain.ledger.chain_id(), 1, changed);
    const Verdict verdict = chain.ledger.validate_block(Chain::block(header, changed));
    if (verdict.refusal != Refusal::none && !chain.ledger.knows(verdict.digest)) continue;
    EXPECT_EQ(bit, 8 * payload.size());
  }
}

TEST(ledger_payload_refusals) {
  Chain chain;
  const Bytes good = chain.record(1, create_operation(kRecord));
  Draft draft = chain.draft(1, {{3, 0, create_operation(kRecord)}});
  draft.chain_id = some_digest(1);
  expect_first_block(chain, {good, chain.signed_bytes(draft)}, Refusal::wrong_chain, 1);
  draft = chain.draft(1, {{3, 0, create_operation(kRecord)}});
  Bytes unknown = draft.body();
  append(unknown, some_signature(1));
  unknown[3 + 32 + 2 + 8 + 16 + 1 + 3] = 99;  // the member
  expect_first_block(chain, {unknown}, Refusal::unknown_signer, 0);
  expect_first_block(chain, {good, Bytes(10)}, Refusal::malformed_transaction, 1);
  expect_first_block(chain, {good, good}, Refusal::replay, 1);
  Bytes bad = good;
  bad.back() ^= 1;
  expect_first_block(chain, {bad}, Refusal::bad_signature, 0);
  const Bytes other = chain.record(3, create_operation(kRecord), 5);
  expect_first_block(chain, {other, bad, good}, Refusal::replay, 2);  // its id leaves them out
  expect_first_block(chain, {other, bad}, Refusal::bad_signature, 1);
  expect_first_block(chain, {other, good}, Refusal::none, -1);
}

TEST(ledger_every_signer_signs) {
  Chain chain;
  Draft draft = chain.draft(1, {{3, 1, create_operation(kRecord)}});
  draft.signers = {{4, 2}, {3, 2}, {1, 1}};
  const Bytes good = chain.signed_bytes(draft);
  for (std::size_t i = 0; i < 3; ++i) {
    Bytes bad = good;
    bad[bad.size() - 64 * i - 40] ^= 4;
    expect_first_block(chain, {bad}, Refusal::bad_signature, 0);
  }
  EXPECT(chain.run({good}) == Codes{ResultCode::ok});
  const ByteView entry = chain.ledger.final_entry(ledger::record_key(kRecord));
  EXPECT(!entry.empty() && ledger::RecordEntry::decode(entry).controller == 3);
}

TEST(ledger_time_window) {
  const struct {
    std::uint64_t valid_until;
    Refusal refusal;
  } cases[] = {{0, Refusal::expired},
               {1, Refusal::none},
               {1 + limits::kReplayWindow, Refusal::none},
               {2 + limits::kReplayWindow, Refusal::too_far_ahead},
               {~std::uint64_t{0}, Refusal::too_far_ahead}};
  for (const auto& one : cases) {
    Chain chain;
    Draft draft = chain.draft(1, {{3, 0, create_operation(kRecord)}});
    draft.valid_until = one.valid_until;
    const bool ok = one.refusal == Refusal::none;
    expect_first_block(chain, {chain.signed_bytes(draft)}, one.refusal, ok ? -1 : 0);
  }
}

TEST(ledger_siblings_do_not_share) {
  Chain chain;
  const Digest top = chain.ledger.chain_id();
  const ledger::Roots before = *chain.ledger.roots(top);
  const Bytes create = chain.record(1, create_operation(kRecord));
  const Bytes amend = chain.record(1, amend_operation(kRecord, 1));
  const Digest left = chain.extend(top, 1, {create});
  const Digest right = chain.extend(top, 1, {});
  EXPECT(*chain.ledger.roots(top) == before);
  EXPECT(*chain.ledger.roots(right) == before);
  EXPECT(chain.ledger.roots(left)->state_root != before.state_root);
  const Digest left_amended = chain.extend(left, 2, {amend});
  const Digest right_amended = chain.extend(right, 2, {amend});  // there is no record to amend
  EXPECT(chain.ledger.roots(right_amended)->state_root == before.state_root);
  EXPECT(chain.ledger.roots(right_amended)->log_size == 1);
  EXPECT(chain.ledger.roots(left_amended)->state_root != chain.ledger.roots(left)->state_root);
  EXPECT(chain.ledger.contains(id_of(create), left_amended));
  EXPECT(!chain.ledger.contains(id_of(create), right_amended));
  const auto entries = chain.ledger.finalize(left_amended);
  EXPECT(entries && entries->size() == 2);
  if (entries) EXPECT(entries->at(1).id == id_of(amend) && entries->at(1).log_index == 1);
  EXPECT_EQ(chain.ledger.final_height(), 2U);
  for (const Digest& gone : {top, left, right, right_amended})
    EXPECT(!chain.ledger.knows(gone));
}

TEST(ledger_siblings_equal_a_ledger_of_their_own) {
  Chain shared;
  const Digest top = shared.ledger.chain_id();
  std::vector<Bytes> branches;
  for (std::uint64_t i = 0; i < 6; ++i)
    branches.push_back(shared.record(1, create_operation(some_digest(i % 3)), i));
  for (const Bytes& one : branches) {
    Chain alone;
    const Digest here = shared.extend(top, 1, {one});
    const Digest there = alone.extend(top, 1, {one});
    EXPECT(here == there);
    EXPECT(*shared.ledger.roots(here) == *alone.ledger.roots(there));
    const Digest next = shared.extend(here, 2, {branches[0] == one ? branches[1] : branches[0]});
    const Digest next_alone =
        alone.extend(there, 2, {branches[0] == one ? branches[1] : branches[0]});
    EXPECT(*shared.ledger.roots(next) == *alone.ledger.roots(next_alone));
  }
}

TEST(ledger_replay_along_a_branch) {
  Chain chain;
  const Bytes create = chain.record(1, create_operation(kRecord));
  const Bytes payload = payload_of({create});
  const auto refusal_on = [&](const Digest& parent, std::uint64_t height) {
    const Bytes block = Chain::block(chain.header_on(parent, height, payload), payload);
    return named(chain.ledger.validate_block(block).refusal);
  };
  const Digest first = chain.extend(chain.ledger.chain_id(), 1, {create});
  const Digest second = chain.extend(first, 2, {});
  const Digest beside = chain.extend(chain.ledger.chain_id(), 1, {});
  EXPECT_EQ(refusal_on(first, 2), "REPLAY");
  EXPECT_EQ(refusal_on(second, 3), "REPLAY");
  EXPECT_EQ(refusal_on(beside, 2), "OK");
  EXPECT(chain.ledger.find_final(id_of(create)) == nullptr);
  EXPECT(chain.ledger.finalize(second).has_value());
  EXPECT(chain.ledger.find_final(id_of(create)) != nullptr);
  EXPECT_EQ(refusal_on(second, 3), "REPLAY");
}

TEST(ledger_finalize_keeps_descendants) {
  Chain chain;
  const Digest first = chain.extend(chain.ledger.chain_id(), 1, {});
  const Digest second = chain.extend(first, 2, {chain.record(1, create_operation(kRecord))});
  const Digest third = chain.extend(second, 3, {});
  const Digest fork = chain.extend(first, 2, {});
  const Digest fork_child = chain.extend(fork, 3, {});
  EXPECT(!chain.ledger.finalize(some_digest(1)));
  EXPECT(chain.ledger.finalize(first)->empty());
  for (const Digest& kept : {first, second, third, fork, fork_child})
    EXPECT(chain.ledger.knows(kept));
  EXPECT(chain.ledger.finalize(first)->empty());
  EXPECT_EQ(chain.ledger.finalize(second)->size(), 1U);
  EXPECT(chain.ledger.knows(third));
  EXPECT(!chain.ledger.knows(fork) && !chain.ledger.knows(fork_child));
  EXPECT(chain.ledger.finalize(third)->empty());
  EXPECT_EQ(chain.ledger.final_height(), 3U);
}

TEST(ledger_log_holds_transactions_and_results) {
  Chain chain;
  const std::vector<Bytes> transactions{chain.record(1, create_operation(kRecord)),
                                        chain.record(3, create_operation(kRecord)),
                                        chain.attest(2, attest_operation(kRecord, 1))};
  const Digest digest = chain.extend(chain.ledger.chain_id(), 1, transactions);
  const ledger::Roots roots = *chain.ledger.roots(digest);
  EXPECT_EQ(chain.ledger.log().size(), 0U);
  EXPECT(chain.ledger.finalize(digest).has_value());
  const char* results[] = {"0000ff", "000200", "0000ff"};
  merkle::Log log;
  for (std::size_t i = 0; i < transactions.size(); ++i) {
    Bytes leaf = transactions[i];
    append(leaf, from_hex(results[i]));
    log.append(leaf);
    const ledger::Entry* entry = chain.ledger.find_final(id_of(transactions[i]));
    EXPECT(entry != nullptr && entry->log_index == i && entry->height == 1);
  }
  EXPECT_EQ(roots.log_size, 3U);
  EXPECT(roots.log_root == log.root(3));
  EXPECT(chain.ledger.log().root(3) == log.root(3));
}

TEST(ledger_record_results) {
  Chain chain;
  const Digest other = some_digest(1001);
  EXPECT(chain.run({chain.record(1, create_operation(kRecord))}) == Codes{ResultCode::ok});
  const struct {
    std::uint32_t member;
    Bytes operation;
    ResultCode code;
  } cases[] = {{2, create_operation(other), ResultCode::role_denied},
               {1, create_operation(kRecord), ResultCode::duplicate_id},
               {3, create_operation(kRecord), ResultCode::duplicate_id},
               {1, create_operation(other, {some_digest(5)}), ResultCode::missing_ref},
               {1, create_operation(other, {kRecord}), ResultCode::ok},
               {1, amend_operation(some_digest(5), 1), ResultCode::unknown_record},
               {3, amend_operation(kRecord, 1), ResultCode::not_controller},
               {1, amend_operation(kRecord, 2), ResultCode::version_conflict},
               {1, amend_operation(kRecord, 1, {some_digest(5)}), ResultCode::missing_ref},
               {1, amend_operation(kRecord, 1, {other}), ResultCode::ok},
               {1, amend_operation(kRecord, 1), ResultCode::version_conflict},
               {3, withdraw_operation(kRecord, 2), ResultCode::not_controller},
               {1, withdraw_operation(kRecord, 1), ResultCode::version_conflict},
               {1, withdraw_operation(kRecord, 2), ResultCode::ok},
               {1, withdraw_operation(kRecord, 3), ResultCode::withdrawn},
               {1, amend_operation(kRecord, 3), ResultCode::withdrawn},
               {1, create_operation(kRecord), ResultCode::duplicate_id}};
  std::uint64_t salt = 10;
  for (const auto& one : cases) {
    const Codes found = chain.run({chain.record(one.member, one.operation, ++salt)});
    EXPECT_EQ(named(found.front()), named(one.code));
  }
}

TEST(ledger_attest_results) {
  Chain chain;
  EXPECT(chain.run({chain.record(1, create_operation(kRecord)),
                    chain.record(1, amend_operation(kRecord, 1))}) ==
         (Codes{ResultCode::ok, ResultCode::ok}));
  const struct {
    std::uint32_t member;
    Bytes operation;
    ResultCode code;
  } cases[] = {{3, attest_operation(kRecord, 2), ResultCode::role_denied},
               {4, attest_operation(kRecord, 2), ResultCode::role_denied},
               {2, attest_operation(some_digest(5), 2), ResultCode::missing_ref},
               {2, attest_operation(kRecord, 3), ResultCode::missing_ref},
               {2, attest_operation(kRecord, 1), ResultCode::stale_version},
               {2, attest_operation(kRecord, 2), ResultCode::ok},
               {2, attest_operation(kRecord, 2), ResultCode::ok},
               {1, attest_operation(kRecord, 2), ResultCode::ok}};
  std::uint64_t salt = 10;
  for (const auto& one : cases) {
    const Codes found = chain.run({chain.attest(one.member, one.operation, ++salt)});
    EXPECT_EQ(named(found.front()), named(one.code));
  }
  const AttestOperation op{TargetKind::record, kRecord, 2, 1, {}};
  const ByteView twice = chain.ledger.final_entry(ledger::attestation_key(2, op));
  const ByteView once = chain.ledger.final_entry(ledger::attestation_key(1, op));
  EXPECT(!twice.empty() && ledger::AttestationEntry::decode(twice).times == 2);
  EXPECT(!once.empty() && ledger::AttestationEntry::decode(once).times == 1);
  EXPECT(chain.ledger.final_entry(ledger::attestation_key(3, op)).empty());
}

TEST(ledger_transactions_are_atomic) {
  Chain chain;
  const auto state_root = [&] {
    return chain.ledger.roots(chain.ledger.final_digest())->state_root;
  };
  const Digest before = state_root();
  std::vector<Draft::Operation> operations;
  for (std::uint64_t i = 0; i < 5; ++i)
    operations.push_back({3, 0, create_operation(some_digest(i))});
  operations.push_back({3, 0, create_operation(some_digest(0))});
  const Bytes failing = chain.signed_bytes(chain.draft(1, operations));
  EXPECT(chain.run({failing}) == Codes{ResultCode::duplicate_id});
  EXPECT_EQ(+chain.ledger.find_final(id_of(failing))->result.failing_op, 5);
  EXPECT(state_root() == before);
  operations.pop_back();
  EXPECT(chain.run({chain.signed_bytes(chain.draft(1, operations))}) == Codes{ResultCode::ok});
  EXPECT(state_root() != before);
}

TEST(ledger_same_block_again) {
  Chain chain;
  const Bytes payload = payload_of({chain.record(1, create_operation(kRecord))});
  const Bytes block = Chain::block(chain.header_on(chain.ledger.chain_id(), 1, payload), payload);
  const Verdict first = chain.ledger.validate_block(block);
  const Verdict again = chain.ledger.validate_block(block, {.threads = 4});
  EXPECT(first.refusal == Refusal::none && again.refusal == Refusal::none);
  EXPECT(first.digest == again.digest);
  Bytes other = block;
  other.back() ^= 1;  // the known header over another payload
  EXPECT_EQ(named(chain.ledger.validate_block(other).refusal), "PAYLOAD_MISMATCH");
  EXPECT(chain.ledger.finalize(first.digest).has_value());
  EXPECT(chain.ledger.validate_block(block).refusal == Refusal::none);
}

TEST(ledger_overlay_limit) {
  Chain chain;
  const Bytes payload = payload_of({});
  Header header = chain.header_on(chain.ledger.chain_id(), 1, payload);
  for (header.view = 1; header.view <= ledger::kOverlaysMax; ++header.view) {
    const Verdict verdict = chain.ledger.validate_block(Chain::block(header, payload));
    EXPECT(verdict.refusal == Refusal::none);
  }
  expect_header_refused(chain, header, payload, Refusal::too_many_overlays);
  --header.view;
  EXPECT(chain.ledger.finalize(header_digest(encode_header(header))).has_value());
  chain.extend(chain.ledger.final_digest(), 2, {});
}

TEST(ledger_threads_agree) {
  std::vector<std::string> found;
  for (const unsigned threads : {1U, 2U, 8U}) {
    Chain chain;
    std::vector<Bytes> transactions;
    for (std::uint64_t i = 0; i < 200; ++i)
      transactions.push_back(chain.record(1, create_operation(some_digest(i)), i));
    transactions[150].back() ^= 1;
    transactions[170].back() ^= 1;
    const Bytes payload = payload_of(transactions);
    const Header header = chain.header_on(chain.ledger.chain_id(), 1, payload);
    const Verdict verdict =
        chain.ledger.validate_block(Chain::block(header, payload), {.threads = threads});
    expect_verdict(verdict, Refusal::bad_signature, 150);
    found.push_back(named(verdict.refusal));
  }
  EXPECT_EQ(found.size(), 3U);
}

TEST(ledger_time_of_blocks) {
  Chain chain;
  const Bytes payload = payload_of({});
  const Digest first = chain.extend(chain.ledger.chain_id(), 1, {});
  for (const std::uint64_t later : {0U, 1U, 2U}) {
    Header header = chain.header_on(first, 2, payload);
    header.time_ms = kGenesisTime + later;  // that of the parent is kGenesisTime + 1
    const Verdict verdict = chain.ledger.validate_block(Chain::block(header, payload));
    EXPECT_EQ(named(verdict.refusal), later == 2 ? "OK" : "WRONG_TIME");
  }
}

TEST(ledger_ids_are_forgotten_behind_the_window) {
  Chain chain;
  const Bytes one = chain.record(1, create_operation(kRecord));
  chain.run({one});
  for (std::uint64_t i = 0; i <= limits::kReplayWindow; ++i) {
    EXPECT(chain.ledger.find_final(id_of(one)) != nullptr);
    chain.run({});
  }
  EXPECT(chain.ledger.find_final(id_of(one)) == nullptr);
}

// A verdict that somebody has already counts for the same bytes and keys alone.
TEST(ledger_verified_before) {
  class Knows final : public ledger::Verified {
   public:
    [[nodiscard]] bool knows(const Digest&, ByteView transaction,
                             std::span<const Digest* const> keys) const noexcept override {
      asked += keys.size();
      return std::ranges::equal(transaction, known);
    }
    Bytes known;
    mutable std::size_t asked = 0;
  };
  Bytes bad = Chain().record(1, create_operation(kRecord));
  bad.back() ^= 1;
  for (const bool known : {false, true}) {
    Chain chain;
    Knows verified;
    if (known) verified.known = bad;
    const Bytes payload = payload_of({bad});
    const Bytes block = Chain::block(chain.header_on(chain.ledger.chain_id(), 1, payload), payload);
    const Verdict verdict = chain.ledger.validate_block(block, {.verified = &verified});
    EXPECT_EQ(named(verdict.refusal), known ? "OK" : "BAD_SIGNATURE");
    EXPECT_EQ(verified.asked, 1U);
  }
}

}  // namespace chopmark::test
