// SPDX-License-Identifier: Apache-2.0
#include "types/transaction.hpp"

#include "base/limits.hpp"
#include "types/operation_samples.hpp"

namespace chopmark::test {
namespace {

Bytes with_signatures(const Draft& draft) {
  Bytes bytes = draft.body();
  for (std::size_t i = 0; i < draft.signers.size(); ++i)
    append(bytes, some_signature(i));
  return bytes;
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

void expect_refused(const Draft& draft, const Failure& failure) {
  const Bytes bytes = with_signatures(draft);
  const Result<TransactionView> view = parse_transaction(bytes);
  EXPECT(!view && view.failure() == failure);
}

void expect_operations(const TransactionView& view, const Draft& draft) {
  std::size_t visited = 0;
  view.for_each_operation([&](std::size_t i, const OperationView& operation) {
    EXPECT_EQ(i, visited++);
    EXPECT_EQ(+static_cast<std::uint8_t>(operation.code), +draft.operations[i].code);
    EXPECT_EQ(+operation.actor, +draft.operations[i].actor);
    EXPECT_EQ(to_hex(operation.body), to_hex(draft.operations[i].body));
    return true;
  });
  EXPECT_EQ(visited, draft.operations.size());
  EXPECT_EQ(visited, std::size_t{view.operation_count});
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
  EXPECT_EQ(to_hex(view->chain_id()), to_hex(draft.chain_id));
  EXPECT_EQ(view->field, draft.field);
  EXPECT_EQ(view->valid_until, draft.valid_until);
  EXPECT_EQ(+view->signer_count, 2);
  EXPECT(view->signer(0) == draft.signers[0] && view->signer(1) == draft.signers[1]);
  EXPECT_EQ(to_hex(view->signature(0)), to_hex(some_signature(0)));
  EXPECT_EQ(to_hex(view->signature(1)), to_hex(some_signature(1)));
  EXPECT_EQ(to_hex(view->operations), to_hex(view->body.last(view->operations.size())));
  expect_operations(*view, draft);
}

TEST(transaction_of_every_operation) {
  Draft draft = sample();
  draft.operations.clear();
  for (const OperationSample& one : operation_samples()) {
    draft.operations.push_back({static_cast<std::uint8_t>(one.code()), 1, one.body()});
  }
  EXPECT(draft.operations.size() <= limits::kOperationsMax);
  const Bytes bytes = with_signatures(draft);
  const Result<TransactionView> view = parse_transaction(bytes);
  EXPECT(view.has_value());
  if (view) expect_operations(*view, draft);
}

TEST(transaction_operations_until_told) {
  const Bytes bytes = with_signatures(sample());
  const Result<TransactionView> view = parse_transaction(bytes);
  for (std::size_t last = 0; last < 4; ++last) {
    std::size_t visited = 0;
    view->for_each_operation([&](std::size_t i, const OperationView&) {
      ++visited;
      return i != last;
    });
    EXPECT_EQ(visited, last + 1);
  }
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
  for (const int code : {0, 13, 255}) {
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
  for (std::size_t i = 0; i < 54; ++i)
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
  const std::size_t signers = 62;  // behind their count
  const std::size_t operations = signers + 2 * 8 + 1;
  Draft draft = sample();
  draft.signers[1].member = draft.signers[0].member;
  expect_refused(draft, {Error::order, signers + 16});
  const Bytes whole = with_signatures(sample());
  for (const std::size_t size : {signers + 3, signers + 4, signers + 11}) {
    const Result<TransactionView> cut = parse_transaction(ByteView(whole).first(size));
    const std::size_t field = signers + (size - signers) / 4 * 4;
    EXPECT(!cut && cut.failure() == (Failure{Error::truncated, field}));
  }
  draft = sample();
  draft.operations[0].code = 13;
  expect_refused(draft, {Error::tag, operations + 1});
  draft = sample();
  draft.operations[0].actor = 2;
  expect_refused(draft, {Error::value, operations + 2});
  draft = sample();
  draft.operations[0].body.clear();
  expect_refused(draft, {Error::limit, operations + 4});
  draft = sample();
  draft.operations[0].body[0] = 0;
  expect_refused(draft, {Error::tag, operations + 5});
  draft = sample();
  draft.operations[0].body.pop_back();  // the references
  expect_refused(draft, {Error::truncated, operations + 4 + 80});
  draft = sample();
  draft.operations[0].body.push_back(0);
  expect_refused(draft, {Error::trailing, operations + 4 + draft.operations[0].body.size() - 1});
  draft = sample();
  draft.operations[3].body = attest_operation(some_digest(5), 6, 11);
  expect_refused(draft, {Error::tag, draft.body().size() - 32});
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
  views.assign(limits::kPayloadBytesMax / limits::kTransactionBytesMax, ByteView(large).subspan(1));
  expect_failure(encode_payload(views), Error::limit, parse_op);
  for (const char* counts : {"ffffffff", "00004000", "00000001ffffffff", "0000000100000001"}) {
    const Bytes bytes = from_hex(counts);
    EXPECT(!parse_payload(bytes));
  }
}

}  // namespace chopmark::test
