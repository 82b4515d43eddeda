# SPDX-License-Identifier: Apache-2.0
"""ISS, TRF, RED, LCK (docs/spec/codec.md, C-65 to C-68)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, ClassVar, TypeAlias

from chopmark.reference.operations.base import Action, Amount
from chopmark.reference.operations.cases import StateIndex
from chopmark.reference.wire import NEVER, U32, U64, ZERO, Codec, Digest, Layout, Reader, be, enum

# --- ISS, TRF, RED, LCK (C-65 .. C-68) -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Issue(Action):
    """ISS: new units of a class."""

    CODE = 9
    class_id: U32
    to: U32
    amount: Amount
    backing: Digest = ZERO
    attester: U32 = 0
    expires: U64 = NEVER


@dataclass(frozen=True, slots=True)
class Transfer(Action):
    """TRF own."""

    CODE, ACTION = 10, 1
    class_id: U32
    lot: Digest
    to: U32
    amount: Amount


@dataclass(frozen=True, slots=True)
class TransferByOrder(Action):
    """TRF by order: what is held goes where a court says."""

    CODE, ACTION = 10, 2
    class_id: U32
    lot: Digest
    giver: U32  # `from` on the wire
    to: U32
    amount: Amount


class Reason(IntEnum):
    """Why units are redeemed (C-67)."""

    USED = 1
    PAID = 2
    CANCELLED = 3
    EXPIRED = 4
    MOVED = 5


@dataclass(frozen=True, slots=True)
class Redeem(Action):
    """RED."""

    CODE = 11
    class_id: U32
    lot: Digest
    holder: U32
    amount: Amount
    reason: Annotated[Reason, enum(Reason)] = Reason.USED
    detail: Digest = ZERO


class ConditionKind(IntEnum):
    """When a lock is settled (C-68)."""

    CASE_STATE = 1
    PREIMAGE = 2
    CO_SIGNATURE = 3


@dataclass(frozen=True, slots=True)
class CaseState(Layout):
    """The case is in the state."""

    KIND: ClassVar = ConditionKind.CASE_STATE
    case_id: Digest
    state: StateIndex


@dataclass(frozen=True, slots=True)
class Preimage(Layout):
    """Somebody shows 32 bytes with this SHA-256."""

    KIND: ClassVar = ConditionKind.PREIMAGE
    hash: Digest


@dataclass(frozen=True, slots=True)
class CoSignature(Layout):
    """The member signs the transaction that settles."""

    KIND: ClassVar = ConditionKind.CO_SIGNATURE
    member: U32


Condition: TypeAlias = CaseState | Preimage | CoSignature
CONDITIONS: dict[int, type[CaseState] | type[Preimage] | type[CoSignature]] = {
    1: CaseState,
    2: Preimage,
    3: CoSignature,
}


def read_condition(reader: Reader) -> Condition:
    return CONDITIONS[enum(ConditionKind).read(reader)].read(reader)


def encode_condition(condition: Condition) -> bytes:
    return be(condition.KIND, 1) + condition.encode()


ConditionField: TypeAlias = Annotated[Condition, Codec(read_condition, encode_condition)]


@dataclass(frozen=True, slots=True)
class Lock(Action):
    """LCK lock: units wait for a condition, until a deadline."""

    CODE, ACTION = 12, 1
    lock_id: Digest
    class_id: U32
    lot: Digest
    amount: Amount
    beneficiary: U32
    deadline: U64
    condition: ConditionField


@dataclass(frozen=True, slots=True)
class Settle(Action):
    """LCK settle, by the state of a case or a co-signature."""

    CODE, ACTION = 12, 2
    lock_id: Digest


@dataclass(frozen=True, slots=True)
class SettleWithPreimage(Action):
    """LCK settle, by a preimage."""

    CODE, ACTION = 12, 3
    lock_id: Digest
    preimage: Digest


@dataclass(frozen=True, slots=True)
class Refund(Action):
    """LCK refund: back to the owner."""

    CODE, ACTION = 12, 4
    lock_id: Digest
