// SPDX-License-Identifier: Apache-2.0
// What GOV and KEY share: the threshold of the council, and keys that come and go. Floor: ledger.
#pragma once

#include "ledger/operations.hpp"

namespace chopmark::ledger {

/// L-101.
[[nodiscard]] bool council_agrees(const Context& context) noexcept;

/// Whether `key` signed that it is the member's (C-51).
[[nodiscard]] bool possessed(const Context& context, std::uint32_t member, const NewKey& key);

/// The entries of a key that counts from the next block on (L-82, L-83).
void put_new_key(Context& context, std::uint32_t member, const NewKey& key, std::uint8_t flags);

}  // namespace chopmark::ledger
