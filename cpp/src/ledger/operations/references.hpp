// SPDX-License-Identifier: Apache-2.0
// What operations with references share. Floor: ledger.
#pragma once

#include "ledger/operations.hpp"

namespace chopmark::ledger {

/// Whether every reference is the id of a record (L-46, L-708, L-813).
[[nodiscard]] inline bool references_exist(const Context& context, const RefsView& refs) {
  for (std::size_t i = 0; i < refs.size(); ++i) {
    if (!context.has(record_key(refs[i]))) return false;
  }
  return true;
}

}  // namespace chopmark::ledger
