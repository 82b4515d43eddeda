// SPDX-License-Identifier: Apache-2.0
// Which validators take over at the end of an epoch (docs/spec/ledger.md L-137). Floor: ledger.
#pragma once

#include <span>
#include <vector>

#include "base/bytes.hpp"

namespace chopmark::ledger {

/// The set after `present` when the state asks for `asked`: some seats nearer to it, in the order
/// of their seats. Equal to `present` when both hold the same keys.
[[nodiscard]] std::vector<Digest> next_set(std::span<const Digest> present,
                                           std::span<const Digest> asked);

}  // namespace chopmark::ledger
