// SPDX-License-Identifier: Apache-2.0
#include "sim/toy_ledger.hpp"

#include "base/endian.hpp"
#include "hash/sha256.hpp"
#include "sim/scheme.hpp"
#include "test.hpp"
#include "types/header.hpp"

namespace chopmark::sim {
namespace {

Setup setup_of(std::uint32_t epoch_blocks) {
  Setup setup;
  setup.chain_id.fill(3);
  setup.validators = 4;
  for (std::size_t i = 0; i < 6; ++i)
    setup.keys.push_back(node_key(i));
  setup.byzantine.assign(6, false);
  setup.epoch_blocks = epoch_blocks;
  return setup;
}

struct Made {
  Bytes header, payload;
  Digest digest;
};

Made make(ToyLedger& ledger, const Setup& setup, const Digest& parent, std::uint64_t height) {
  Made out;
  const bool last = setup.epoch_blocks != 0 && height % setup.epoch_blocks == 0;
  const auto built = ledger.build(parent, last, 10, 0, out.payload);
  EXPECT(built.has_value());
  Header header;
  header.chain_id = setup.chain_id;
  header.view = header.height = height;
  header.parent_digest = parent;
  header.state_root = built->state_root;
  header.log_size = built->log_size;
  if (last) {
    Bytes set{0x41};
    ledger.encode_set(built->next, set);
    header.next_set_hash = sha256(set);
  }
  out.header = encode_header(header);
  out.digest = header_digest(out.header);
  return out;
}

TEST(toy_ledger_puts_each_transaction_into_one_block) {
  const Setup setup = setup_of(0);
  ToyLedger ledger(setup, 6);
  EXPECT(ledger.submit(1) && ledger.submit(2) && !ledger.submit(1));
  const Made one = make(ledger, setup, setup.chain_id, 1);
  EXPECT_EQ(one.payload.size(), 4u + 2 * 8);
  EXPECT(ledger.certify(one.digest, one.header, one.payload).ok);
  EXPECT_EQ(make(ledger, setup, one.digest, 2).payload.size(), 4u);
  EXPECT_EQ(ledger.waiting(), 2u);
  EXPECT(ledger.finalize(one.digest, one.header, one.payload));
  EXPECT_EQ(ledger.waiting(), 0u);
  EXPECT(!ledger.submit(2));
  EXPECT(!ledger.finalize(one.digest, one.header, one.payload));  // not on the last one
}

TEST(toy_ledger_refuses_other_roots_and_spoiled_payloads) {
  const Setup setup = setup_of(0);
  ToyLedger ledger(setup, 6), other(setup, 6);
  ledger.submit(1);
  const Made one = make(ledger, setup, setup.chain_id, 1);
  Bytes wrong_root = one.header;
  wrong_root[150] ^= 1;
  EXPECT(!other.certify(header_digest(wrong_root), wrong_root, one.payload).ok);
  Bytes spoiled(12, 0xff);
  store_be<std::uint32_t>(spoiled.data(), 1);
  EXPECT(!other.certify(one.digest, one.header, spoiled).ok);
  EXPECT(other.certify(one.digest, one.header, one.payload).ok);
  Digest unknown{};
  Bytes payload;
  EXPECT(!other.build(unknown, false, 10, 0, payload).has_value());
}

TEST(toy_ledger_changes_at_most_f_seats_and_all_ledgers_the_same) {
  const Setup setup = setup_of(1);
  ToyLedger ledger(setup, 6), other(setup, 6);
  Digest parent = setup.chain_id;
  Seats seats = {0, 1, 2, 3};
  bool changed = false;
  for (std::uint64_t height = 1; height <= 50; ++height) {
    const Made one = make(ledger, setup, parent, height);
    const Judgement judged = other.certify(one.digest, one.header, one.payload);
    EXPECT(judged.ok && judged.next != nullptr);
    const Seats next = *judged.next;
    int differ = 0;
    for (std::size_t i = 0; i < seats.size(); ++i)
      differ += seats[i] != next[i];
    EXPECT(differ <= 1);
    changed |= differ != 0;
    seats = next;
    EXPECT(ledger.finalize(one.digest, one.header, one.payload));
    EXPECT(other.finalize(one.digest, one.header, one.payload));
    parent = one.digest;
  }
  EXPECT(changed);
  other.restore(20);  // epochs are taken back with their blocks
  EXPECT_EQ(other.height(), 20u);
  EXPECT(other.root(20) == ledger.root(20));
}

TEST(toy_ledger_forgets_what_was_not_stored) {
  const Setup setup = setup_of(0);
  ToyLedger ledger(setup, 6);
  ledger.submit(1);
  const Made one = make(ledger, setup, setup.chain_id, 1);
  EXPECT(ledger.finalize(one.digest, one.header, one.payload));
  ledger.submit(2);
  ledger.restore(0);
  EXPECT_EQ(ledger.waiting(), 0u);
  EXPECT(ledger.submit(1) && ledger.submit(2));
  EXPECT(ledger.finalize(one.digest, one.header, one.payload));
  EXPECT_EQ(ledger.waiting(), 1u);
}

}  // namespace
}  // namespace chopmark::sim
