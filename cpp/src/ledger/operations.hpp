// SPDX-License-Identifier: Apache-2.0
// The operations of the ledger: one function for each, which changes the state or says why not.
// A new operation is a code in types/transaction.hpp, a file in operations/, and a case in
// execute_one(). Floor: ledger.
#pragma once

#include <cstdint>

#include "ledger/codes.hpp"
#include "ledger/registry.hpp"
#include "ledger/state.hpp"
#include "types/transaction.hpp"

namespace chopmark::ledger {

/// What an operation sees.
struct Context {
  const Registry& registry;
  State& state;
  std::uint64_t height;
  std::uint16_t field;
  std::uint32_t actor;  // member
};

// Both may leave the state half changed when they fail: the transaction is undone as a whole.
[[nodiscard]] ResultCode execute_record(const Context& context, const RecordOperation& op);
[[nodiscard]] ResultCode execute_attest(const Context& context, const AttestOperation& op);

struct TransactionResult {
  ResultCode code = ResultCode::ok;
  std::uint8_t failing_op = 255;
};

/// All operations of a parsed transaction, in order, or none of them (L-30).
[[nodiscard]] TransactionResult execute(const Registry& registry, State& state,
                                        std::uint64_t height, const TransactionView& transaction);

}  // namespace chopmark::ledger
