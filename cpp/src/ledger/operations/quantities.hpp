// SPDX-License-Identifier: Apache-2.0
// Units of classes: who may hold, give and receive them, and how they move (docs/spec/ledger.md
// L-70..L-81). What ISS, TRF, RED and LCK share. Floor: ledger.
//
// Sums of `free` and `locked` are at most `issued`, which is below 2^64 (L-81, L-909): additions
// here do not overflow, and subtractions follow a check.
#pragma once

#include "ledger/operations.hpp"

namespace chopmark::ledger {

/// One holding as the operations before left it.
struct Holding {
  Digest key{};
  bool known = false;  // it has an entry: the member held these units at some time
  HoldingEntry entry;
  [[nodiscard]] bool empty() const noexcept { return entry.free == 0 && entry.locked == 0; }
};

[[nodiscard]] Holding get_holding(const Context& context, std::uint32_t asset_class,
                                  const Digest& lot, std::uint32_t member);
inline void put_holding(Context& context, const Holding& holding) {
  context.put(holding.key, holding.entry);
}

/// L-71.
[[nodiscard]] inline bool class_expired(const Context& context, const AssetClass& of) noexcept {
  return of.expires < context.now();
}
/// L-72.
[[nodiscard]] bool may_receive(const Context& context, const AssetClass& of,
                               std::uint32_t receiver) noexcept;
/// L-73.
[[nodiscard]] bool receiver_agrees(const Context& context, const AssetClass& of,
                                   std::uint32_t receiver) noexcept;
/// L-77, L-78.
[[nodiscard]] ResultCode check_enough(const HoldingEntry& giver, std::uint64_t amount) noexcept;
/// L-74 to L-78.
[[nodiscard]] ResultCode check_giver(const Context& context, const Holding& giver,
                                     std::uint64_t amount) noexcept;

/// What an operation does to the number of members that hold something.
struct HolderChange {
  bool comes = false;   // the receiver had nothing
  bool leaves = false;  // the giver, another member, has nothing left
};

/// L-79.
[[nodiscard]] bool within_cap(const Context& context, const AssetClass& of, HolderChange change);
/// L-91.
void count_holders(const AssetClass& of, TotalsEntry& totals, HolderChange change) noexcept;
/// The same where nothing else of the totals changes.
void put_holders(Context& context, const AssetClass& of, HolderChange change);

/// L-80: units with this expiry come to a holding.
void receive(Holding& receiver, std::uint64_t amount, std::uint64_t expires) noexcept;

}  // namespace chopmark::ledger
