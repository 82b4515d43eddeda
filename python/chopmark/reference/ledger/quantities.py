# SPDX-License-Identifier: Apache-2.0
"""Units of classes: ISS, TRF, RED, LCK (docs/spec/ledger.md, L-70 to L-81 and L-901 to L-1222)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chopmark.reference.ledger.codes import ResultCode
from chopmark.reference.ledger.context import Context, found, require
from chopmark.reference.ledger.entries import (
    Attestation,
    BackingEntry,
    Case,
    Holding,
    LockEntry,
    LockStatus,
    Record,
    RecordStatus,
    Totals,
    held,
)
from chopmark.reference.operations import (
    Backing,
    CaseState,
    ClassFlags,
    ConditionKind,
    CoSignature,
    DefineClass,
    Issue,
    Lock,
    Preimage,
    Reason,
    Redeem,
    Refund,
    Settle,
    SettleWithPreimage,
    TargetKind,
    Transfer,
    TransferByOrder,
)
from chopmark.reference.wire import NEVER, ZERO, Roles, be

# --- What all share (L-70 .. L-81) ---------------------------------------------------------------


def check_class_time(context: Context, kind: DefineClass) -> None:
    """L-71."""
    require(kind.expires >= context.time_ms, ResultCode.EXPIRED)


def check_receiver(context: Context, kind: DefineClass, receiver: int) -> None:
    """L-72."""
    allowed = context.is_active(receiver) and context.has(receiver, kind.field, kind.holder_roles)
    require(allowed, ResultCode.NOT_ALLOWED)


def check_receiver_signs(context: Context, kind: DefineClass, receiver: int) -> None:
    """L-73."""
    asked = ClassFlags.RECEIVER_SIGNS in kind.flags
    require(not asked or context.signs(receiver), ResultCode.NOT_ALLOWED)


def check_not_bound(kind: DefineClass) -> None:
    """L-1001."""
    require(ClassFlags.BOUND not in kind.flags, ResultCode.NOT_ALLOWED)


def holding_of(context: Context, class_id: int, lot: bytes, member: int) -> Holding:
    """L-74."""
    return found(context.present(Holding, class_id, lot, member), ResultCode.NOT_HOLDER)


def check_not_held(context: Context, thing: Holding | LockEntry) -> None:
    """L-75, L-1214."""
    require(not held(thing, context.height), ResultCode.HOLD)


def check_holding_time(context: Context, holding: Holding) -> None:
    """L-76."""
    require(holding.expires >= context.time_ms, ResultCode.EXPIRED)


def check_amount(holding: Holding, amount: int) -> None:
    """L-77, L-78."""
    enough = holding.total >= amount
    require(holding.free >= amount, ResultCode.LOCKED if enough else ResultCode.INSUFFICIENT)


def spendable(context: Context, class_id: int, lot: bytes, member: int, amount: int) -> Holding:
    """L-74 .. L-78."""
    holding = holding_of(context, class_id, lot, member)
    check_not_held(context, holding)
    check_holding_time(context, holding)
    check_amount(holding, amount)
    return holding


def totals_of(context: Context, class_id: int) -> Totals:
    return context.present(Totals, class_id) or Totals()


def total_of(context: Context, class_id: int, lot: bytes, member: int) -> int:
    holding = context.present(Holding, class_id, lot, member)
    return holding.total if holding else 0


def check_cap(
    context: Context, kind: DefineClass, lot: bytes, receiver: int, leaving: bool = False
) -> None:
    """L-79. `leaving` says that the giver has nothing left afterwards."""
    new = total_of(context, kind.class_id, lot, receiver) == 0
    after = totals_of(context, kind.class_id).holders + 1 - leaving
    require(kind.holders_max == 0 or not new or after <= kind.holders_max, ResultCode.CAP)


def change(
    context: Context,
    kind: DefineClass,
    lot: bytes,
    member: int,
    *,
    free: int = 0,
    locked: int = 0,
    expires: int = NEVER,
) -> None:
    """L-80: adds to a holding, and counts its member as a holder while there is something."""
    identity = kind.class_id, lot, member
    before = context.present(Holding, *identity) or Holding(0, 0, 0, 0, expires)
    after = replace(before, free=before.free + free, locked=before.locked + locked)
    context.put(after, *identity)
    if not kind.lots and (before.total == 0) != (after.total == 0):
        totals = totals_of(context, kind.class_id)
        holders = totals.holders + (1 if after.total else -1)
        context.put(replace(totals, holders=holders), kind.class_id)


# --- ISS (L-901 .. L-912) ------------------------------------------------------------------------


def check_backing(context: Context, op: Issue, kind: DefineClass) -> tuple[bytes, Record | None]:
    """L-905 .. L-908. Returns the lot of the backing and the record behind it."""
    if kind.backing == Backing.VALUE:
        require(op.backing != ZERO, ResultCode.MISSING_REF)
        lot, record = op.backing, None
    else:
        record = found(context.present(Record, op.backing), ResultCode.MISSING_REF)
        require(record.status == RecordStatus.ACTIVE, ResultCode.MISSING_REF)
        require(not held(record, context.height), ResultCode.HOLD)
        if kind.claim:
            claim = op.attester, TargetKind.RECORD, op.backing, record.version, kind.claim
            found(context.present(Attestation, *claim), ResultCode.MISSING_REF)
        lot = op.backing if record.nullifier == ZERO else record.nullifier
    used = context.present(BackingEntry, op.class_id, lot)
    require(used is None, ResultCode.DUPLICATE_BACKING)
    return lot, record


def licensed_issuer(context: Context, kind: DefineClass) -> bool:
    one = ClassFlags.ONE_ISSUER not in kind.flags or context.actor == kind.issuer
    return one and context.has(context.actor, kind.field, Roles.ISSUE)


def issue(context: Context, op: Issue) -> None:
    kind = context.class_in_force(op.class_id)
    require(licensed_issuer(context, kind), ResultCode.ROLE_DENIED)  # L-902
    require(op.expires >= context.time_ms, ResultCode.EXPIRED)  # L-903
    check_class_time(context, kind)
    require(kind.lots or op.expires == NEVER, ResultCode.CLASS)  # L-904
    require(kind.backing != Backing.NONE or op.backing == ZERO, ResultCode.CLASS)
    backed, record = ZERO, None
    if kind.backing != Backing.NONE:
        backed, record = check_backing(context, op, kind)
    lot = backed if kind.lots else ZERO
    totals = totals_of(context, op.class_id)
    outstanding = totals.issued - totals.redeemed
    fits = op.amount <= kind.issue_max and outstanding + op.amount <= kind.supply_max
    require(fits and totals.issued + op.amount < 2**64, ResultCode.SUPPLY)  # L-909
    check_receiver(context, kind, op.to)
    check_receiver_signs(context, kind, op.to)
    check_cap(context, kind, lot, op.to)
    context.put(replace(totals, issued=totals.issued + op.amount), op.class_id)  # L-911
    change(context, kind, lot, op.to, free=op.amount, expires=op.expires)
    if kind.backing != Backing.NONE:  # L-912
        live, record_id = (op.amount, op.backing) if record else (0, ZERO)
        entry = BackingEntry(context.actor, op.amount, live, context.height, record_id)
        context.put(entry, op.class_id, backed)
    if record:
        context.put(replace(record, backings=record.backings + 1), op.backing)


# --- TRF (L-1001 .. L-1012) ----------------------------------------------------------------------


def move(
    context: Context, kind: DefineClass, lot: bytes, giver: int, holding: Holding, to: int,
    amount: int,
) -> None:  # fmt: skip
    """L-79, L-1003."""
    check_cap(context, kind, lot, to, leaving=holding.total == amount)
    change(context, kind, lot, giver, free=-amount)
    change(context, kind, lot, to, free=amount, expires=holding.expires)


def transfer(context: Context, op: Transfer) -> None:
    kind = context.known_class(op.class_id)
    check_not_bound(kind)
    check_class_time(context, kind)
    holding = spendable(context, op.class_id, op.lot, context.actor, op.amount)
    require(op.to != context.actor, ResultCode.NOT_ALLOWED)  # L-1002
    check_receiver(context, kind, op.to)
    check_receiver_signs(context, kind, op.to)
    move(context, kind, op.lot, context.actor, holding, op.to, op.amount)


def transfer_by_order(context: Context, op: TransferByOrder) -> None:
    kind = context.known_class(op.class_id)
    may = context.has(context.actor, kind.field, Roles.HOLD)
    require(may, ResultCode.ROLE_DENIED)  # L-1011
    holding = holding_of(context, op.class_id, op.lot, op.giver)
    require(held(holding, context.height), ResultCode.CONFLICT)  # L-1012
    check_amount(holding, op.amount)
    require(op.to != op.giver, ResultCode.NOT_ALLOWED)  # L-1002
    check_receiver(context, kind, op.to)
    move(context, kind, op.lot, op.giver, holding, op.to, op.amount)


# --- RED (L-1101 .. L-1104) ----------------------------------------------------------------------


def redeem(context: Context, op: Redeem) -> None:
    kind = context.known_class(op.class_id)
    if op.holder == context.actor:  # L-1101
        may = ClassFlags.HOLDER_REDEEMS in kind.flags
    else:
        may = ClassFlags.ISSUER_REDEEMS in kind.flags and licensed_issuer(context, kind)
    require(may, ResultCode.ROLE_DENIED)
    holding = holding_of(context, op.class_id, op.lot, op.holder)
    check_not_held(context, holding)
    if op.reason == Reason.EXPIRED:  # L-1102
        past = min(kind.expires, holding.expires) < context.time_ms
        require(past, ResultCode.TOO_EARLY)
    else:
        check_class_time(context, kind)
        check_holding_time(context, holding)
    check_amount(holding, op.amount)
    change(context, kind, op.lot, op.holder, free=-op.amount)  # L-1103
    totals = totals_of(context, op.class_id)
    context.put(replace(totals, redeemed=totals.redeemed + op.amount), op.class_id)
    if kind.backing == Backing.RECORD:
        redeem_backing(context, op)


def redeem_backing(context: Context, op: Redeem) -> None:
    """L-1104."""
    backing = context.present(BackingEntry, op.class_id, op.lot)
    assert backing is not None
    backing = replace(backing, live=backing.live - op.amount)
    context.put(backing, op.class_id, op.lot)
    if backing.live == 0:
        record = context.present(Record, backing.record_id)
        assert record is not None
        context.put(replace(record, backings=record.backings - 1), backing.record_id)


# --- LCK (L-1201 .. L-1222) ----------------------------------------------------------------------


def check_condition(context: Context, op: Lock) -> tuple[bytes, int]:
    """L-1203. Returns `subject` and `state` of L-94."""
    match op.condition:
        case CaseState(case_id, state):
            found(context.present(Case, case_id), ResultCode.UNKNOWN_CASE)
            return case_id, state
        case CoSignature(member):
            require(context.is_active(member), ResultCode.UNKNOWN_MEMBER)
            return be(member, 4).ljust(32, b"\0"), 0
        case Preimage(hash):
            return hash, 0


def lock(context: Context, op: Lock) -> None:
    require(context.present(LockEntry, op.lock_id) is None, ResultCode.DUPLICATE_ID)  # L-1201
    kind = context.known_class(op.class_id)
    check_not_bound(kind)
    check_class_time(context, kind)
    ahead = op.deadline - context.time_ms
    require(0 <= ahead <= context.governance.lock_ms_max, ResultCode.DEADLINE)  # L-1202
    check_receiver(context, kind, op.beneficiary)
    check_receiver_signs(context, kind, op.beneficiary)
    subject, state = check_condition(context, op)
    holding = spendable(context, op.class_id, op.lot, context.actor, op.amount)
    change(context, kind, op.lot, context.actor, free=-op.amount, locked=op.amount)  # L-1204
    entry = LockEntry(
        status=LockStatus.OPEN,
        hold=0,
        hold_height=0,
        class_id=op.class_id,
        lot=op.lot,
        owner=context.actor,
        beneficiary=op.beneficiary,
        amount=op.amount,
        deadline=op.deadline,
        expires=holding.expires,
        condition=op.condition.KIND,
        subject=subject,
        state=state,
        height=context.height,
    )
    context.put(entry, op.lock_id)


def open_lock(context: Context, lock_id: bytes) -> LockEntry:
    """L-1211 .. L-1214."""
    entry = found(context.present(LockEntry, lock_id), ResultCode.UNKNOWN_LOCK)
    require(entry.status == LockStatus.OPEN, ResultCode.DONE)
    require(context.actor in (entry.owner, entry.beneficiary), ResultCode.NOT_PARTY)
    check_not_held(context, entry)
    return entry


def is_met(context: Context, entry: LockEntry, op: Settle | SettleWithPreimage) -> bool:
    """L-1217."""
    if isinstance(op, SettleWithPreimage):
        shown = hashlib.sha256(op.preimage).digest()
        return entry.condition == ConditionKind.PREIMAGE and shown == entry.subject
    if entry.condition == ConditionKind.CASE_STATE:
        found_case = context.present(Case, entry.subject)
        return found_case is not None and found_case.state == entry.state
    co_signer = int.from_bytes(entry.subject[:4])
    return entry.condition == ConditionKind.CO_SIGNATURE and context.signs(co_signer)


def settle(context: Context, op: Settle | SettleWithPreimage) -> None:
    entry = open_lock(context, op.lock_id)
    require(entry.deadline >= context.time_ms, ResultCode.DEADLINE)  # L-1215
    kind = context.known_class(entry.class_id)
    require(entry.expires >= context.time_ms, ResultCode.EXPIRED)  # L-1216
    check_class_time(context, kind)
    require(is_met(context, entry, op), ResultCode.COND_UNMET)
    check_receiver(context, kind, entry.beneficiary)
    left = total_of(context, entry.class_id, entry.lot, entry.owner) - entry.amount
    check_cap(context, kind, entry.lot, entry.beneficiary, leaving=left == 0)
    change(context, kind, entry.lot, entry.owner, locked=-entry.amount)  # L-1218
    change(context, kind, entry.lot, entry.beneficiary, free=entry.amount, expires=entry.expires)
    settled = replace(entry, status=LockStatus.SETTLED, height=context.height)
    context.put(settled, op.lock_id)


def refund(context: Context, op: Refund) -> None:
    entry = open_lock(context, op.lock_id)
    require(entry.deadline < context.time_ms, ResultCode.TOO_EARLY)  # L-1221
    kind = context.known_class(entry.class_id)
    change(context, kind, entry.lot, entry.owner, free=entry.amount, locked=-entry.amount)  # L-1222
    refunded = replace(entry, status=LockStatus.REFUNDED, height=context.height)
    context.put(refunded, op.lock_id)


HANDLERS: dict[type, Callable[[Context, Any], None]] = {
    Issue: issue,
    Transfer: transfer,
    TransferByOrder: transfer_by_order,
    Redeem: redeem,
    Lock: lock,
    Settle: settle,
    SettleWithPreimage: settle,
    Refund: refund,
}
