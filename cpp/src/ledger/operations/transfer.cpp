// SPDX-License-Identifier: Apache-2.0
// TRF: units change hands, by their holder or by order of a court (docs/spec/ledger.md
// L-1001..L-1012).
#include "ledger/operations/quantities.hpp"

namespace chopmark::ledger {
namespace {

/// L-1001 for the actor's own units.
ResultCode check_own(const Context& context, const AssetClass& of, const Holding& giver,
                     std::uint64_t amount) noexcept {
  if (of.has(kClassBound)) return ResultCode::not_allowed;     // L-1001
  if (class_expired(context, of)) return ResultCode::expired;  // L-71
  return check_giver(context, giver, amount);                  // L-74 to L-78
}

/// L-1011, L-1012 for units that are held.
ResultCode check_order(const Context& context, const AssetClass& of, const Holding& giver,
                       std::uint64_t amount) noexcept {
  if (!context.actor_has(kRoleHold, of.field)) return ResultCode::role_denied;  // L-1011
  if (!giver.known) return ResultCode::not_holder;                              // L-74
  if (!giver.entry.hold.held(context.height())) return ResultCode::conflict;    // L-1012
  return check_enough(giver.entry, amount);                                     // L-77, L-78
}

}  // namespace

ResultCode execute_transfer(Context& context, const TransferOperation& op) {
  const Defined<AssetClass>* const known = context.registered().asset_class(op.asset_class);
  if (known == nullptr) return ResultCode::class_;  // L-70
  const AssetClass& of = known->definition;
  const std::uint32_t from = op.by_order ? op.from : context.actor();
  Holding giver = get_holding(context, of.id, op.lot, from);
  const ResultCode code = op.by_order ? check_order(context, of, giver, op.amount)
                                      : check_own(context, of, giver, op.amount);
  if (code != ResultCode::ok) return code;
  if (op.to == from) return ResultCode::not_allowed;                     // L-1002
  if (!may_receive(context, of, op.to)) return ResultCode::not_allowed;  // L-72
  if (!op.by_order && !receiver_agrees(context, of, op.to)) {
    return ResultCode::not_allowed;  // L-73
  }
  Holding receiver = get_holding(context, of.id, op.lot, op.to);
  giver.entry.free -= op.amount;
  const HolderChange change{.comes = receiver.empty(), .leaves = giver.empty()};
  if (!within_cap(context, of, change)) return ResultCode::cap;  // L-79
  receive(receiver, op.amount, giver.entry.expires);             // L-1003
  put_holding(context, giver);
  put_holding(context, receiver);
  put_holders(context, of, change);
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
