// SPDX-License-Identifier: Apache-2.0
// What OPN, STP and USE share. Floor: ledger.
#pragma once

#include "ledger/operations.hpp"

namespace chopmark::ledger {

/// The template if it is in force and of the field of the transaction, else null.
[[nodiscard]] const Template* template_in_force(const Context& context, std::uint16_t id) noexcept;

/// A case that nobody holds, in state 0, with one step, without parties (L-711). Deadline 0 stands
/// for that of L-712.
[[nodiscard]] CaseEntry opened_case(const Context& context, const Template& of,
                                    std::uint64_t deadline, const Digest& subject) noexcept;

}  // namespace chopmark::ledger
