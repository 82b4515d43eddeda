// SPDX-License-Identifier: Apache-2.0
// ISS: new units, on a backing where the class asks for one (docs/spec/ledger.md L-901..L-912).
#include "ledger/operations/quantities.hpp"

namespace chopmark::ledger {
namespace {

/// L-901 to L-904.
ResultCode check_issuer(const Context& context, const Defined<AssetClass>* known,
                        const IssueOperation& op) noexcept {
  if (known == nullptr || !known->in_force) return ResultCode::class_;  // L-901
  const AssetClass& of = known->definition;
  const bool may_issue = context.actor_has(kRoleIssue, of.field) &&
                         (!of.has(kClassOneIssuer) || of.issuer == context.actor());
  if (!may_issue) return ResultCode::role_denied;  // L-902
  if (op.expires < context.now() || class_expired(context, of)) {
    return ResultCode::expired;  // L-903
  }
  if (!of.has(kClassLots) && op.expires != kNever) return ResultCode::class_;  // L-904
  if (of.backing == Backing::none && op.backing != Digest{}) return ResultCode::class_;
  return ResultCode::ok;
}

/// L-907: the statement of the attester on the present version of the record.
bool claimed(const Context& context, const AssetClass& of, const IssueOperation& op,
             const RecordEntry& record) {
  AttestOperation statement;
  statement.kind = TargetKind::record;
  statement.target = op.backing;
  statement.version = record.version;
  statement.claim = of.claim;
  return context.has(attestation_key(op.attester, statement));
}

/// L-905 to L-907 for a record as backing.
ResultCode check_record(const Context& context, const AssetClass& of, const IssueOperation& op,
                        const std::optional<RecordEntry>& record) {
  if (!record.has_value() || record->status != RecordStatus::active) {
    return ResultCode::missing_ref;  // L-905
  }
  if (record->hold.held(context.height())) return ResultCode::hold;                         // L-906
  if (of.claim != 0 && !claimed(context, of, op, *record)) return ResultCode::missing_ref;  // L-907
  return ResultCode::ok;
}

/// L-905 to L-908, and the effect L-912. `lot` of the backing.
ResultCode back(Context& context, const AssetClass& of, const IssueOperation& op, Digest& lot) {
  if (of.backing == Backing::none) return ResultCode::ok;
  BackingEntry backing;
  backing.issuer = context.actor();
  backing.amount = op.amount;
  backing.height = context.height();
  lot = op.backing;
  const Digest at = record_key(op.backing);
  std::optional<RecordEntry> record;
  if (of.backing == Backing::record) {
    record = context.get<RecordEntry>(at);
    const ResultCode code = check_record(context, of, op, record);
    if (code != ResultCode::ok) return code;
    if (record->has_nullifier()) lot = record->nullifier;
    backing.live = op.amount;
    backing.record_id = op.backing;
  } else if (op.backing == Digest{}) {
    return ResultCode::missing_ref;  // L-905
  }
  const Digest key = backing_key(of.id, lot);
  if (context.has(key)) return ResultCode::duplicate_backing;  // L-908
  context.put(key, backing);
  if (record.has_value()) {
    ++record->backings;  // one for each class at most, and their ids have 32 bits
    context.put(at, *record);
  }
  return ResultCode::ok;
}

/// L-909.
bool within_supply(const AssetClass& of, const TotalsEntry& totals, std::uint64_t amount) noexcept {
  // Redeemed is at most issued (L-81), and what is left within `supply_max`: this was checked when
  // it was issued, and a class never changes.
  return amount <= of.issue_max && amount <= of.supply_max - (totals.issued - totals.redeemed) &&
         amount <= UINT64_MAX - totals.issued;
}

}  // namespace

ResultCode execute_issue(Context& context, const IssueOperation& op) {
  const Defined<AssetClass>* const known = context.registered().asset_class(op.asset_class);
  ResultCode code = check_issuer(context, known, op);
  if (code != ResultCode::ok) return code;  // L-901 to L-904
  const AssetClass& of = known->definition;
  Digest lot{};
  code = back(context, of, op, lot);
  if (code != ResultCode::ok) return code;  // L-905 to L-908
  const Digest at = totals_key(of.id);
  TotalsEntry totals = context.get<TotalsEntry>(at).value_or(TotalsEntry{});
  if (!within_supply(of, totals, op.amount)) return ResultCode::supply;      // L-909
  if (!may_receive(context, of, op.to)) return ResultCode::not_allowed;      // L-910, L-72
  if (!receiver_agrees(context, of, op.to)) return ResultCode::not_allowed;  // L-73
  if (!of.has(kClassLots)) lot = {};
  Holding receiver = get_holding(context, of.id, lot, op.to);
  const HolderChange change{.comes = receiver.empty(), .leaves = false};
  if (!within_cap(context, of, change)) return ResultCode::cap;  // L-79
  totals.issued += op.amount;                                    // L-911
  count_holders(of, totals, change);
  context.put(at, totals);
  receive(receiver, op.amount, op.expires);
  put_holding(context, receiver);
  return ResultCode::ok;
}

}  // namespace chopmark::ledger
