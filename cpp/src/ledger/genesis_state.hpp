// SPDX-License-Identifier: Apache-2.0
// The state that a chain starts from (docs/spec/ledger.md L-23). Floor: ledger.
#pragma once

#include "ledger/view.hpp"
#include "types/genesis.hpp"

namespace chopmark::ledger {

void put_genesis_state(const Genesis& genesis, View& state);

}  // namespace chopmark::ledger
