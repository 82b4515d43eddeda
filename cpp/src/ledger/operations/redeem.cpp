// SPDX-License-Identifier: Apache-2.0
// RED: units end (docs/spec/ledger.md L-1101..L-1104).
#include "ledger/operations/quantities.hpp"

namespace chopmark::ledger {
namespace {

/// L-1101.
bool may_redeem(const Context& context, const AssetClass& of, std::uint32_t holder) noexcept {
  if (holder == context.actor()) return of.has(kClassHolderRedeems);
  return of.has(kClassIssuerRedeems) && context.actor_has(kRoleIssue, of.field) &&
         (!of.has(kClassOneIssuer) || of.issuer == context.actor());
}

/// L-1102.
ResultCode check_time(const Context& context, const AssetClass& of, const Holding& holder,
                      std::uint8_t reason) noexcept {
  const bool expired = class_expired(context, of) || holder.entry.expires < context.now();
  if (reason == kReasonExpired) return expired ? ResultCode::ok : ResultCode::too_early;
  return expired ? ResultCode::expired : ResultCode::ok;  // L-71, L-76
}

/// L-1104. `live` is the sum of the holdings of the lot (L-81), and the record counts this backing
/// for as long as it is not 0.
void shrink_backing(Context& context, const AssetClass& of, const RedeemOperation& op) {
  const Digest key = backing_key(of.id, op.lot);
  BackingEntry backing = *context.get<BackingEntry>(key);
  backing.live -= op.amount;
  context.put(key, backing);
  if (backing.live != 0) return;
  const Digest at = record_key(backing.record_id);
  RecordEntry record = *context.get<RecordEntry>(at);
  --record.backings;
  context.put(at, record);
}

}  // namespace

ResultCode execute_redeem(Context& context, const RedeemOperation& op) {
  const Defined<AssetClass>* const known = context.registered().asset_class(op.asset_class);
  if (known == nullptr) return ResultCode::class_;  // L-70
  const AssetClass& of = known->definition;
  if (!may_redeem(context, of, op.holder)) return ResultCode::role_denied;  // L-1101
  Holding holder = get_holding(context, of.id, op.lot, op.holder);
  if (!holder.known) return ResultCode::not_holder;                       // L-74
  if (holder.entry.hold.held(context.height())) return ResultCode::hold;  // L-75
  ResultCode code = check_time(context, of, holder, op.reason);
  if (code == ResultCode::ok) code = check_enough(holder.entry, op.amount);  // L-77, L-78
  if (code != ResultCode::ok) return code;
  holder.entry.free -= op.amount;  // L-1103
  put_holding(context, holder);
  const Digest at = totals_key(of.id);
  TotalsEntry totals = *context.get<TotalsEntry>(at);  // units were issued, or none would be held
  totals.redeemed += op.amount;
  count_holders(of, totals, {.comes = false, .leaves = holder.empty()});
  context.put(at, totals);
  if (of.backing == Backing::record) shrink_backing(context, of, op);
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
