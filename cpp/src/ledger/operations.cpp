// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations.hpp"

namespace chopmark::ledger {
namespace {

ResultCode execute_one(Context& context, OperationCode code, ByteView body) {
  switch (code) {
    case OperationCode::governance:
      return execute_governance(context, *parse_governance(body));
    case OperationCode::key:
      return execute_key(context, *parse_key(body));
    case OperationCode::record:
      return execute_record(context, *parse_record(body));
    case OperationCode::attest:
      return execute_attest(context, *parse_attest(body));
    case OperationCode::grant:
      return execute_grant(context, *parse_grant(body));
    case OperationCode::use:
      return execute_use(context, *parse_use(body));
    case OperationCode::open:
      return execute_open(context, *parse_open(body));
    case OperationCode::step:
      return execute_step(context, *parse_step(body));
    case OperationCode::issue:
      return execute_issue(context, *parse_issue(body));
    case OperationCode::transfer:
      return execute_transfer(context, *parse_transfer(body));
    case OperationCode::redeem:
      return execute_redeem(context, *parse_redeem(body));
    case OperationCode::lock:
      return execute_lock(context, *parse_lock(body));
  }
  CHOPMARK_CHECK(false);  // the parser lets no other code through
  return ResultCode::ok;
}

}  // namespace

bool Context::signs(std::uint32_t member) const noexcept {
  for (std::size_t i = 0; i < transaction_.signer_count; ++i) {
    if (transaction_.signer(i).member == member) return active(member);
  }
  return false;
}

TransactionResult execute(const BlockContext& block, View& state,
                          const TransactionView& transaction) {
  state.begin_transaction();
  Context context(block, state, transaction);
  TransactionResult result;
  transaction.for_each_operation([&](std::size_t i, const OperationView& operation) {
    context.set_actor(operation.actor);
    result.code = context.active(context.actor())  // L-35
                      ? execute_one(context, operation.code, operation.body)
                      : ResultCode::frozen;
    if (result.code == ResultCode::ok) return true;
    result.failing_op = static_cast<std::uint8_t>(i);  // below 64
    return false;
  });
  if (result.code != ResultCode::ok) state.take_back();
  return result;
}

}  // namespace chopmark::ledger
