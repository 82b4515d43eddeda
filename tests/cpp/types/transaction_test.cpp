// SPDX-License-Identifier: Apache-2.0
#include "types/transaction.hpp"

#include "base/limits.hpp"
#include "types/samples.hpp"

namespace chopmark::test {
namespace {

Bytes with_signatures(const Draft& draft) {
  Bytes bytes = draft.body();
  for (std::size_t i = 0; i < draft.signers.size(); ++i)
    append(bytes, some_signature(i));
  return bytes;
}

std::vector<Digest> ascending(std::size_t count) {
  std::vector<Digest> all(count);
  for (std::size_t i = 0; i < count; ++i)
    all[i][31] = static_cast<std::uint8_t>(i);
  return all;
}

Draft sample() {
  Draft draft;
  draft.chain_id = some_digest(1);
  draft.signers = {{3, 1}, {1, 2}};
  draft.operations = {{3, 0, create_operation(some_digest(2), ascending(2))},
                      {3, 1, amend_operation(some_digest(3), 4)},
                      {3, 0, withdraw_operation(some_digest(4), 5)},
                      {4, 1, attest_operation(some_digest(5), 6, 10)}};
  return draft;
}

Result<TransactionView> parse(const Bytes& bytes) {
  return parse_transaction(bytes);
}

void expect_refused(const Draft& draft, Error error) {
  expect_failure(with_signatures(draft), error, parse);
}

bool accepted(const Draft& draft) {
  const Bytes bytes = with_signatures(draft);
  return parse_transaction(bytes).has_value();
}

}  // namespace

TEST(transaction_fields) {
  const Draft draft = sample();
  const Bytes bytes = with_signatures(draft);
  const Result<TransactionView> view = parse_transaction(bytes);
  EXPECT(view.has_value());
  if (!view) return;
  EXPECT_EQ(view->bytes.size(), bytes.size());
  EXPECT_EQ(to_hex(view->body), to_hex(draft.body()));
  EXPECT(view->chain_id == draft.chain_id);
  EXPECT_EQ(view->field, draft.field);
  EXPECT_EQ(view->valid_until, draft.valid_until);
  EXPECT_EQ(view->signers().size(), 2U);
  EXPECT(view->signers()[0] == draft.signers[0] && view->signers()[1] == draft.signers[1]);
  EXPECT_EQ(view->operations.size(), draft.operations.size());
  for (std::size_t i = 0; i < draft.operations.size(); ++i) {
    EXPECT_EQ(+static_cast<std::uint8_t>(view->operations[i].code), +draft.operations[i].code);
    EXPECT_EQ(+view->operations[i].actor, +draft.operations[i].actor);
    EXPECT_EQ(to_hex(view->operations[i].body), to_hex(draft.operations[i].body));
  }
  EXPECT_EQ(to_hex(view->signature(0)), to_hex(some_signature(0)));
  EXPECT_EQ(to_hex(view->signature(1)), to_hex(some_signature(1)));
}

TEST(transaction_truncated_or_trailing) {
  const Bytes bytes = with_signatures(sample());
  expect_truncations_refused(bytes, parse);
  expect_trailing_refused(bytes, parse);
}

TEST(transaction_bit_flips) {
  const Draft draft = sample();
  const Bytes bytes = with_signatures(draft);
  const Digest id = transaction_id(*parse_transaction(bytes));
  const std::size_t body_bits = 8 * draft.body().size();
  std::size_t accepted_flips = 0;
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    const Bytes changed = with_bit_flipped(bytes, bit);
    const Result<TransactionView> view = parse_transaction(changed);
    if (!view) {
      EXPECT(bit < body_bits);
      continue;
    }
    ++accepted_flips;
    EXPECT_EQ(transaction_id(*view) == id, bit >= body_bits);
    EXPECT_EQ(view->body.size() + view->signatures.size(), changed.size());
  }
  EXPECT(accepted_flips > 8 * 2 * 64 && accepted_flips < 8 * bytes.size());
}

TEST(transaction_signing_payload) {
  const auto payload = signing_payload(some_digest(9));
  EXPECT_EQ(to_hex(payload), "01" + to_hex(some_digest(9)));
}

TEST(transaction_front_is_fixed) {
  const Bytes bytes = with_signatures(sample());
  for (std::size_t at = 0; at < 3; ++at)
    expect_failure(with_bit_flipped(bytes, 8 * at), at == 0 ? Error::tag : Error::version, parse);
}

TEST(transaction_signer_limits) {
  Draft draft = sample();
  draft.signers.clear();
  expect_refused(draft, Error::limit);
  for (std::uint32_t i = 0; i < limits::kSignersMax; ++i)
    draft.signers.push_back({i, 0});
  EXPECT(accepted(draft));
  draft.signers.push_back({99, 0});
  expect_refused(draft, Error::limit);
  draft.signers = {{1, 1}, {2, 1}, {1, 2}};
  expect_refused(draft, Error::order);
}

TEST(transaction_operation_limits) {
  Draft draft = sample();
  const Draft::Operation one{3, 0, withdraw_operation(some_digest(1), 1)};
  draft.operations.clear();
  expect_refused(draft, Error::limit);
  draft.operations.assign(limits::kOperationsMax, one);
  EXPECT(accepted(draft));
  draft.operations.push_back(one);
  expect_refused(draft, Error::limit);
  draft.operations = {{3, 2, one.body}};
  expect_refused(draft, Error::value);
  for (const int code : {0, 1, 2, 5, 12, 255}) {
    draft.operations = {{static_cast<std::uint8_t>(code), 0, one.body}};
    expect_refused(draft, Error::tag);
  }
  draft.operations = {{3, 0, {}}};
  expect_refused(draft, Error::limit);
  draft.operations = {{3, 0, Bytes(limits::kOperationBytesMax + 1, 1)}};
  expect_refused(draft, Error::limit);
}

TEST(transaction_largest) {
  Draft draft = sample();
  draft.operations.clear();
  for (std::size_t i = 0; i < 55; ++i)
    draft.operations.push_back({3, 0, create_operation(some_digest(i), ascending(16))});
  Bytes bytes = with_signatures(draft);
  EXPECT(bytes.size() < limits::kTransactionBytesMax);
  EXPECT(parse_transaction(bytes).has_value());
  draft.operations.push_back(draft.operations.front());
  bytes = with_signatures(draft);
  EXPECT(bytes.size() > limits::kTransactionBytesMax);
  expect_failure(bytes, Error::limit, parse);
}

TEST(transaction_failure_offsets_count_from_the_front) {
  Draft draft = sample();
  draft.operations[3].body = attest_operation(some_digest(5), 6, 11);
  const Bytes bytes = with_signatures(draft);
  const Result<TransactionView> view = parse_transaction(bytes);
  const std::size_t claim_end = draft.body().size() - 32;
  EXPECT(!view && view.failure() == (Failure{Error::tag, claim_end}));
}

TEST(record_operation_round_trip) {
  const Bytes body = create_operation(some_digest(1), ascending(16));
  const Result<RecordOperation> op = parse_record(body);
  EXPECT(op && op->action == RecordAction::create && op->record_id == some_digest(1));
  EXPECT(op && op->schema == 11 && op->refs.size() == 512);
  const auto parse_op = [](const Bytes& bytes) { return parse_record(bytes); };
  for (const Bytes& one : {body, amend_operation(some_digest(1), 7, ascending(3)),
                           withdraw_operation(some_digest(1), 7)}) {
    expect_truncations_refused(one, parse_op);
    expect_trailing_refused(one, parse_op);
  }
}

TEST(record_operation_refusals) {
  const auto parse_op = [](const Bytes& bytes) { return parse_record(bytes); };
  Bytes body = create_operation(some_digest(1));
  body[0] = 0;
  expect_failure(body, Error::tag, parse_op);
  body[0] = 4;
  expect_failure(body, Error::tag, parse_op);
  expect_failure(amend_operation(some_digest(1), 0), Error::value, parse_op);
  expect_failure(withdraw_operation(some_digest(1), 0), Error::value, parse_op);
  body = create_operation(some_digest(1));
  body[36] = 1;
  expect_failure(body, Error::value, parse_op);
  expect_failure(create_operation(some_digest(1), ascending(17)), Error::limit, parse_op);
  std::vector<Digest> refs = ascending(3);
  std::swap(refs[0], refs[1]);
  expect_failure(create_operation(some_digest(1), refs), Error::order, parse_op);
  refs = {some_digest(1), some_digest(1)};
  expect_failure(create_operation(some_digest(1), refs), Error::order, parse_op);
}

TEST(attest_operation_round_trip) {
  const auto parse_op = [](const Bytes& bytes) { return parse_attest(bytes); };
  for (int claim = 0; claim < 256; ++claim) {
    const Bytes body = attest_operation(some_digest(1), 9, static_cast<std::uint8_t>(claim));
    const Result<AttestOperation> op = parse_attest(body);
    EXPECT_EQ(op.has_value(), claim >= 1 && claim <= 10);
    if (op) EXPECT(op->target == some_digest(1) && op->version == 9 && op->claim == claim);
  }
  const Bytes body = attest_operation(some_digest(1), 9);
  expect_truncations_refused(body, parse_op);
  expect_trailing_refused(body, parse_op);
  expect_failure(attest_operation(some_digest(1), 0), Error::value, parse_op);
}

TEST(payload_round_trip) {
  const auto parse_op = [](const Bytes& bytes) { return parse_payload(bytes); };
  for (std::size_t count = 0; count < 20; ++count) {
    std::vector<Bytes> all;
    for (std::size_t i = 0; i < count; ++i)
      all.push_back(random_bytes(i, 3 * i));
    const std::vector<ByteView> views(all.begin(), all.end());
    const Bytes payload = encode_payload(views);
    const Result<std::vector<ByteView>> back = parse_payload(payload);
    EXPECT(back && back->size() == count);
    if (back) EXPECT(encode_payload(*back) == payload);
    expect_truncations_refused(payload, parse_op);
    expect_trailing_refused(payload, parse_op);
  }
}

TEST(payload_limits) {
  const auto parse_op = [](const Bytes& bytes) { return parse_payload(bytes); };
  std::vector<ByteView> views(limits::kPayloadTransactionsMax);
  EXPECT(parse_payload(encode_payload(views)).has_value());
  views.emplace_back();
  expect_failure(encode_payload(views), Error::limit, parse_op);
  const Bytes large(limits::kTransactionBytesMax + 1, 1);
  views.assign(1, ByteView(large).subspan(1));
  EXPECT(parse_payload(encode_payload(views)).has_value());
  views.assign(1, large);
  expect_failure(encode_payload(views), Error::limit, parse_op);
  views.assign(32, ByteView(large).subspan(1));
  expect_failure(encode_payload(views), Error::limit, parse_op);
  for (const char* counts : {"ffffffff", "00004000", "00000001ffffffff", "0000000100000001"}) {
    const Bytes bytes = from_hex(counts);
    EXPECT(!parse_payload(bytes));
  }
}

}  // namespace chopmark::test
