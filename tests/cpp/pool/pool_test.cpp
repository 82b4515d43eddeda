// SPDX-License-Identifier: Apache-2.0
#include "pool/pool.hpp"

#include <map>

#include "base/limits.hpp"
#include "ledger/chain.hpp"

namespace chopmark::test {
namespace {

using pool::Admission;
using pool::Pool;

Admission admitted(Pool& pool, const Chain& chain, const std::vector<Bytes>& transactions,
                   unsigned threads = 1) {
  const Result<Admission> result = pool.admit(chain.ledger, payload_of(transactions), threads);
  EXPECT(result.has_value());
  return result ? *result : Admission{};
}

void expect_admission(const Admission& found, std::uint64_t taken, std::uint64_t duplicate,
                      std::uint64_t refused, std::uint64_t full) {
  EXPECT_EQ(found.admitted, taken);
  EXPECT_EQ(found.duplicate, duplicate);
  EXPECT_EQ(found.refused, refused);
  EXPECT_EQ(found.full, full);
}

Bytes numbered(const Chain& chain, std::uint64_t i, std::uint32_t member = 1) {
  return chain.record(member, create_operation(some_digest(i)), i);
}

std::vector<Bytes> numbered_all(const Chain& chain, std::uint64_t from, std::uint64_t to,
                                std::uint32_t member = 1) {
  std::vector<Bytes> all;
  for (std::uint64_t i = from; i < to; ++i)
    all.push_back(numbered(chain, i, member));
  return all;
}

Bytes selected(const Pool& pool, const Chain& chain, std::uint64_t height = 1,
               std::size_t bytes_max = limits::kPayloadBytesMax) {
  return pool.select(chain.ledger, chain.ledger.final_digest(), height, bytes_max);
}

/// As close to the largest transaction as whole references come.
Bytes large(const Chain& chain, std::uint64_t salt, std::uint32_t member = 1) {
  std::vector<Digest> refs(16);
  for (std::size_t i = 0; i < refs.size(); ++i)
    refs[i][0] = static_cast<std::uint8_t>(i);
  Draft draft = chain.draft(member, {});
  for (std::uint64_t i = 0; i < 54; ++i)
    draft.operations.push_back({3, 0, create_operation(some_digest(i), refs)});
  draft.salt = salt;
  return chain.signed_bytes(draft);
}

}  // namespace

TEST(pool_keeps_order_of_arrival) {
  const Chain chain;
  Pool pool;
  std::vector<Bytes> all = numbered_all(chain, 0, 40);
  expect_admission(admitted(pool, chain, {all.begin(), all.begin() + 25}), 25, 0, 0, 0);
  expect_admission(admitted(pool, chain, {all.begin() + 25, all.end()}), 15, 0, 0, 0);
  EXPECT_EQ(pool.size(), 40U);
  std::size_t bytes = 0;
  for (const Bytes& one : all)
    bytes += one.size();
  EXPECT_EQ(pool.bytes(), bytes);
  EXPECT(selected(pool, chain) == payload_of(all));
}

TEST(pool_refuses_what_is_no_payload) {
  const Chain chain;
  Pool pool;
  const Bytes payload = payload_of(numbered_all(chain, 0, 2));
  for (std::size_t size = 0; size < payload.size(); ++size) {
    EXPECT(!pool.admit(chain.ledger, ByteView(payload).first(size), 1));
    EXPECT_EQ(pool.size(), 0U);
  }
  Bytes longer = payload;
  longer.push_back(0);
  EXPECT(!pool.admit(chain.ledger, longer, 1));
  EXPECT(pool.admit(chain.ledger, payload, 1).has_value());
  EXPECT_EQ(pool.size(), 2U);
}

TEST(pool_counts_what_it_refuses) {
  const Chain chain;
  Pool pool;
  const Bytes good = numbered(chain, 1);
  Bytes bad_signature = numbered(chain, 2);
  bad_signature.back() ^= 1;
  Draft draft = chain.draft(1, {{3, 0, create_operation(some_digest(1))}});
  draft.valid_until = 0;
  const Bytes expired = chain.signed_bytes(draft);
  draft.valid_until = 2 + limits::kReplayWindow;
  const Bytes too_far = chain.signed_bytes(draft);
  draft.valid_until = 1;
  draft.chain_id = some_digest(1);
  const Bytes other_chain = chain.signed_bytes(draft);
  expect_admission(
      admitted(pool, chain, {bad_signature, expired, too_far, other_chain, Bytes(5), good, good}),
      1, 1, 5, 0);
  expect_admission(admitted(pool, chain, {good, bad_signature}), 0, 1, 1, 0);
  EXPECT(selected(pool, chain) == payload_of({good}));
}

TEST(pool_changed_bits_do_not_get_in) {
  const Chain chain;
  const Bytes good = numbered(chain, 1);
  for (std::size_t bit = 0; bit < 8 * good.size(); bit += 5) {
    Pool pool;
    expect_admission(admitted(pool, chain, {with_bit_flipped(good, bit)}), 0, 0, 1, 0);
    expect_admission(admitted(pool, chain, {good}), 1, 0, 0, 0);
  }
}

TEST(pool_select_fits) {
  const Chain chain;
  Pool pool;
  const std::vector<Bytes> all = numbered_all(chain, 0, 10);
  admitted(pool, chain, all);
  EXPECT_EQ(to_hex(selected(pool, chain, 1, 4)), "00000000");
  for (std::size_t count = 0; count < all.size(); ++count) {
    const std::vector<Bytes> some(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    const Bytes fitting = payload_of(some);
    EXPECT(selected(pool, chain, 1, fitting.size()) == fitting);
    EXPECT(selected(pool, chain, 1, fitting.size() + 4 + all[count].size() - 1) == fitting);
  }
}

TEST(pool_select_looks_at_time) {
  const Chain chain;
  Pool pool;
  std::vector<Bytes> all;
  for (const std::uint64_t until : {std::uint64_t{1}, std::uint64_t{5}, limits::kReplayWindow}) {
    Draft draft = chain.draft(1, {{3, 0, create_operation(some_digest(until))}});
    draft.valid_until = until;
    all.push_back(chain.signed_bytes(draft));
  }
  admitted(pool, chain, all);
  EXPECT(selected(pool, chain, 1) == payload_of(all));
  EXPECT(selected(pool, chain, 2) == payload_of({all[1], all[2]}));
  EXPECT(selected(pool, chain, 5) == payload_of({all[1], all[2]}));
  EXPECT(selected(pool, chain, 6) == payload_of({all[2]}));
  EXPECT(selected(pool, chain, limits::kReplayWindow + 1) == payload_of({}));
}

TEST(pool_select_leaves_out_what_stands_below) {
  Chain chain;
  Pool pool;
  const std::vector<Bytes> all = numbered_all(chain, 0, 3);
  admitted(pool, chain, all);
  const Digest top = chain.ledger.chain_id();
  const Digest first = chain.extend(top, 1, {all[1]});
  const Digest beside = chain.extend(top, 1, {all[0]});
  const Digest second = chain.extend(first, 2, {all[2]});
  const auto select = [&](const Digest& parent, std::uint64_t height) {
    return pool.select(chain.ledger, parent, height, limits::kPayloadBytesMax);
  };
  EXPECT(select(top, 1) == payload_of(all));
  EXPECT(select(first, 2) == payload_of({all[0], all[2]}));
  EXPECT(select(beside, 2) == payload_of({all[1], all[2]}));
  EXPECT(select(second, 3) == payload_of({all[0]}));
  EXPECT_EQ(pool.size(), 3U);
}

TEST(pool_forgets_what_is_final_or_late) {
  Chain chain;
  Pool pool;
  const std::vector<Bytes> all = numbered_all(chain, 0, 4);
  admitted(pool, chain, all);
  Draft draft = chain.draft(1, {{3, 0, create_operation(some_digest(9))}});
  draft.valid_until = 1;
  const Bytes late = chain.signed_bytes(draft);
  admitted(pool, chain, {late});
  EXPECT_EQ(pool.remove_final(chain.ledger), 0U);
  chain.run({all[0], all[2]});
  EXPECT_EQ(pool.remove_final(chain.ledger), 3U);
  EXPECT_EQ(pool.bytes(), all[1].size() + all[3].size());
  EXPECT(selected(pool, chain, 2) == payload_of({all[1], all[3]}));
  expect_admission(admitted(pool, chain, {all[0], all[1], late}), 0, 2, 1, 0);
  chain.run({all[1], all[3]});
  EXPECT_EQ(pool.remove_final(chain.ledger), 2U);
  EXPECT_EQ(pool.size(), 0U);
  EXPECT_EQ(pool.bytes(), 0U);
}

TEST(pool_selection_is_a_valid_block) {
  Chain chain;
  Pool pool;
  admitted(pool, chain, numbered_all(chain, 0, 60));
  const Bytes payload = selected(pool, chain, 1, 5000);
  const Header header = chain.header_on(chain.ledger.chain_id(), 1, payload);
  const auto verdict = chain.ledger.validate_block(Chain::block(header, payload));
  EXPECT_EQ(named(verdict.refusal), "OK");
  EXPECT(parse_payload(payload)->size() > 10);
}

// One submitter gets an eighth; nine fill the pool.
TEST(pool_limit_of_bytes) {
  Chain chain;
  Pool pool;
  const std::size_t size = large(chain, 0).size();
  const std::size_t share = limits::kPoolBytesMax / limits::kPoolShares / size;
  std::size_t taken = 0;
  std::uint64_t salt = 0;
  for (std::uint32_t member = 1; member <= kMembers; ++member) {
    Admission last;
    std::size_t of_member = 0;
    while (last.full == 0) {
      std::vector<Bytes> some;
      for (int i = 0; i < 31; ++i)
        some.push_back(large(chain, salt++, member));
      last = admitted(pool, chain, some, 0);
      EXPECT_EQ(last.admitted + last.full, 31U);
      of_member += last.admitted;
    }
    taken += of_member;
    if (member < kMembers) EXPECT_EQ(of_member, share);
  }
  EXPECT_EQ(pool.size(), taken);
  EXPECT_EQ(pool.bytes(), taken * size);
  EXPECT(pool.bytes() <= limits::kPoolBytesMax && pool.bytes() + size > limits::kPoolBytesMax);
  const Bytes first = large(chain, 0);
  expect_admission(admitted(pool, chain, {first, large(chain, salt)}), 0, 1, 0, 1);
  chain.run({first});
  EXPECT_EQ(pool.remove_final(chain.ledger), 1U);
  expect_admission(admitted(pool, chain, {large(chain, salt), large(chain, salt + 1)}), 1, 0, 0, 1);
}

TEST(pool_limit_of_transactions) {
  Chain chain;
  Pool pool;
  constexpr std::uint64_t share = limits::kPoolTransactionsMax / limits::kPoolShares;
  std::uint64_t next = 0;
  for (std::uint32_t member = 1; member <= limits::kPoolShares; ++member, next += share)
    EXPECT_EQ(admitted(pool, chain, numbered_all(chain, next, next + share, member), 0).full, 0U);
  EXPECT_EQ(pool.size(), limits::kPoolTransactionsMax);
  expect_admission(admitted(pool, chain, numbered_all(chain, next, next + 3, 1)), 0, 0, 0, 3);
  expect_admission(admitted(pool, chain, numbered_all(chain, next, next + 3, 9)), 0, 0, 0, 3);
  const Bytes payload = selected(pool, chain);
  const Result<std::vector<ByteView>> one_block = parse_payload(payload);
  EXPECT(one_block.has_value());
  // Its bytes in rounds: each submitter has as many of them as every other.
  std::map<std::uint32_t, std::size_t> from;
  for (const ByteView one : *one_block)
    ++from[parse_transaction(one)->signer(0).member];
  EXPECT_EQ(from.size(), limits::kPoolShares);
  for (const auto& [member, count] : from)
    EXPECT(count + 1 >= from.begin()->second && count <= from.begin()->second);
}

// L-61: one after the other, each counted by the first that applies.
TEST(pool_same_id_twice_in_a_payload) {
  const Chain chain;
  const Bytes good = numbered(chain, 1);
  Bytes bad = good;
  bad.back() ^= 1;
  Pool one;
  expect_admission(admitted(one, chain, {good, bad, good}), 1, 2, 0, 0);
  Pool other;
  expect_admission(admitted(other, chain, {bad, good, bad}), 1, 1, 1, 0);
}

TEST(pool_selects_in_rounds) {
  const Chain chain;
  Pool pool;
  const std::vector<Bytes> one = numbered_all(chain, 0, 5, 1);
  const std::vector<Bytes> two = numbered_all(chain, 10, 12, 2);
  const std::vector<Bytes> three = numbered_all(chain, 20, 23, 3);
  admitted(pool, chain, one);
  admitted(pool, chain, three);
  admitted(pool, chain, two);
  const std::vector<Bytes> rounds{one[0], three[0], two[0],   one[1], three[1],
                                  two[1], one[2],   three[2], one[3], one[4]};
  EXPECT(selected(pool, chain) == payload_of(rounds));
  EXPECT_EQ(to_hex(pool.select(chain.ledger, some_digest(1), 1, 1 << 20)), "00000000");
}

TEST(pool_knows_what_it_verified) {
  Chain chain;
  Pool pool;
  const Bytes good = numbered(chain, 1);
  admitted(pool, chain, {good});
  const ledger::Register& registered = *chain.ledger.register_after(chain.ledger.chain_id());
  const Digest& key = registered.keys().bytes(*registered.key_index({1, 1}, 1));
  const Digest& other = registered.keys().bytes(*registered.key_index({1, 2}, 1));
  const Digest* right[] = {&key};
  const Digest* wrong[] = {&other};
  const Digest* many[] = {&key, &key};
  const Digest id = id_of(good);
  EXPECT(pool.knows(id, good, right));
  EXPECT(!pool.knows(id, good, wrong));
  EXPECT(!pool.knows(id, good, many));
  EXPECT(!pool.knows(some_digest(1), good, right));
  Bytes changed = good;
  changed.back() ^= 1;
  EXPECT(!pool.knows(id, changed, right));
  chain.run({good});
  pool.remove_final(chain.ledger);
  EXPECT(!pool.knows(id, good, right));
}

}  // namespace chopmark::test
