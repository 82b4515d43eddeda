// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations.hpp"

namespace chopmark::ledger {
namespace {

ResultCode execute_one(const Context& context, const OperationView& operation) {
  switch (operation.code) {
    case OperationCode::record:
      return execute_record(context, *parse_record(operation.body));
    case OperationCode::attest:
      return execute_attest(context, *parse_attest(operation.body));
  }
  CHOPMARK_CHECK(false);  // the parser lets no other code through
  return ResultCode::ok;
}

}  // namespace

TransactionResult execute(const Registry& registry, State& state, std::uint64_t height,
                          const TransactionView& transaction) {
  const State before = state;
  for (std::size_t i = 0; i < transaction.operations.size(); ++i) {
    const OperationView& operation = transaction.operations[i];
    const Context context{registry, state, height, transaction.field,
                          transaction.signers()[operation.actor].member};
    const ResultCode code = execute_one(context, operation);
    if (code != ResultCode::ok) {
      state = before;
      return {code, static_cast<std::uint8_t>(i)};
    }
  }
  return {};
}

}  // namespace chopmark::ledger
