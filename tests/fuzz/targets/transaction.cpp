// SPDX-License-Identifier: Apache-2.0
// parse_transaction (C-20 to C-25): what is accepted is written back as the same bytes.
#include "harness/target.hpp"
#include "hash/sha256.hpp"
#include "types/operation_samples.hpp"

namespace chopmark::fuzz {
namespace {

test::Draft draft_of(const TransactionView& view) {
  test::Draft out;
  out.chain_id = digest_from(view.chain_id().data());
  out.field = view.field;
  out.valid_until = view.valid_until;
  out.signers.clear();
  for (std::size_t i = 0; i < view.signer_count; ++i)
    out.signers.push_back(view.signer(i));
  view.for_each_operation([&](std::size_t i, const OperationView& operation) {
    REQUIRE(i == out.operations.size());
    REQUIRE(operation.actor < view.signer_count);
    const auto parsed = test::parse_any(operation.code, operation.body);
    REQUIRE(parsed);
    const Bytes body = std::visit([](const auto& one) { return test::body_of(one); }, *parsed);
    out.operations.push_back({static_cast<std::uint8_t>(operation.code), operation.actor, body});
    return true;
  });
  return out;
}

// Samples keep no description of a definition; it stands in the bytes that they borrow.
void check(ByteView bytes, const TransactionView& view) {
  REQUIRE(view.bytes.data() == bytes.data() && view.bytes.size() == bytes.size());
  REQUIRE(view.signatures.size() == std::size_t{64} * view.signer_count);
  Bytes written = draft_of(view).body();
  REQUIRE(written.size() == view.body.size());
  constexpr std::size_t kSalt = 45;  // the draft keeps half of the salt
  std::copy_n(view.body.begin() + kSalt, 16, written.begin() + kSalt);
  append(written, view.signatures);
  REQUIRE(std::ranges::equal(written, bytes));
  REQUIRE(transaction_id(view) == sha256(view.body));
}

}  // namespace

std::vector<Bytes> seeds() {
  std::vector<Bytes> all;
  test::Draft draft;
  const auto add = [&] {
    Bytes bytes = draft.body();
    bytes.resize(bytes.size() + 64 * draft.signers.size(), 0x5a);
    all.push_back(std::move(bytes));
  };
  std::vector<test::Draft::Operation> operations;
  for (const test::OperationSample& sample : test::operation_samples()) {
    draft.operations = {{static_cast<std::uint8_t>(sample.code()), 0, sample.body()}};
    operations.push_back(draft.operations[0]);
    add();
  }
  operations.resize(limits::kOperationsMax, operations.back());
  draft.operations = std::move(operations);
  draft.signers.clear();
  for (std::uint32_t i = 0; i < limits::kSignersMax; ++i)
    draft.signers.push_back({i, 1});
  add();
  return all;
}

}  // namespace chopmark::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace chopmark;
  const ByteView bytes(data, size);
  const auto parsed = [&] {
    const fuzz::Allowance allowance(0, 0);  // views, nothing else
    return parse_transaction(bytes);
  }();
  if (parsed) {
    fuzz::check(bytes, *parsed);
  } else {
    REQUIRE(parsed.failure().offset <= size);
  }
  return 0;
}
