// SPDX-License-Identifier: Apache-2.0
#include "ledger/operations/quantities.hpp"

namespace chopmark::ledger {

Holding get_holding(const Context& context, std::uint32_t asset_class, const Digest& lot,
                    std::uint32_t member) {
  Holding holding;
  holding.key = holding_key(asset_class, lot, member);
  const auto entry = context.get<HoldingEntry>(holding.key);
  holding.known = entry.has_value();
  if (holding.known) holding.entry = *entry;
  return holding;
}

bool may_receive(const Context& context, const AssetClass& of, std::uint32_t receiver) noexcept {
  return context.active(receiver) &&
         context.registered().has_roles(receiver, of.field, of.holder_roles);
}

bool receiver_agrees(const Context& context, const AssetClass& of,
                     std::uint32_t receiver) noexcept {
  return !of.has(kClassReceiverSigns) || context.signs(receiver);
}

ResultCode check_enough(const HoldingEntry& giver, std::uint64_t amount) noexcept {
  if (giver.free >= amount) return ResultCode::ok;
  return giver.free + giver.locked >= amount ? ResultCode::locked         // L-77
                                             : ResultCode::insufficient;  // L-78
}

ResultCode check_giver(const Context& context, const Holding& giver,
                       std::uint64_t amount) noexcept {
  if (!giver.known) return ResultCode::not_holder;                       // L-74
  if (giver.entry.hold.held(context.height())) return ResultCode::hold;  // L-75
  if (giver.entry.expires < context.now()) return ResultCode::expired;   // L-76
  return check_enough(giver.entry, amount);                              // L-77, L-78
}

bool within_cap(const Context& context, const AssetClass& of, HolderChange change) {
  if (of.holders_max == 0 || !change.comes || change.leaves) {
    // One who leaves makes room for one who comes, and the number before was within the cap: each
    // operation that raised it was checked here.
    return true;
  }
  const auto totals = context.get<TotalsEntry>(totals_key(of.id));
  return (totals.has_value() ? totals->holders : 0) < of.holders_max;
}

void count_holders(const AssetClass& of, TotalsEntry& totals, HolderChange change) noexcept {
  if (of.has(kClassLots)) return;  // 0 there
  // Members are at most 65,536, and one who leaves was counted.
  if (change.comes) ++totals.holders;
  if (change.leaves) --totals.holders;
}

void put_holders(Context& context, const AssetClass& of, HolderChange change) {
  if (of.has(kClassLots) || change.comes == change.leaves) return;
  const Digest key = totals_key(of.id);
  TotalsEntry totals = *context.get<TotalsEntry>(key);  // units were issued, or none would move
  count_holders(of, totals, change);
  context.put(key, totals);
}

void receive(Holding& receiver, std::uint64_t amount, std::uint64_t expires) noexcept {
  if (!receiver.known) receiver.entry.expires = expires;
  receiver.known = true;
  receiver.entry.free += amount;
}

}  // namespace chopmark::ledger
