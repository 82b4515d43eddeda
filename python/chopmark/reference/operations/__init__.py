# SPDX-License-Identifier: Apache-2.0
"""The bodies of the twelve operations (docs/spec/codec.md, C-26 to C-28 and C-50 to C-68).

Each dataclass is one action. Its fields stand in the order of the wire; `actor`, the index of the
signer who acts, stands in front of the body (C-23).
"""

from __future__ import annotations

from typing import Any, TypeAlias

from chopmark.reference.operations.base import (
    KEY_FLAGS,
    Action,
    Claim,
    KeyFlagBits,
    KeyFlags,
    possession_payload,
)
from chopmark.reference.operations.cases import TIMEOUT, OpenCase, Step
from chopmark.reference.operations.definitions import (
    Backing,
    ClassFlags,
    DefineClass,
    DefineSchema,
    DefineTemplate,
    NullifierMode,
    State,
    StateKind,
    TemplateFlags,
    Transition,
)
from chopmark.reference.operations.governance import (
    AddKey,
    Admit,
    Council,
    CouncilReplacesKey,
    CouncilRevokesKey,
    DefinitionKind,
    Expel,
    Freeze,
    Hold,
    Object,
    ObjectKind,
    Parameter,
    PublicKeys,
    Retire,
    RevokeKey,
    RotateKey,
    SetCouncil,
    SetParameter,
    SetRoles,
    SetValidators,
    Unfreeze,
    Unhold,
    holding_id,
)
from chopmark.reference.operations.quantities import (
    CaseState,
    Condition,
    ConditionKind,
    CoSignature,
    Issue,
    Lock,
    Preimage,
    Reason,
    Redeem,
    Refund,
    Settle,
    SettleWithPreimage,
    Transfer,
    TransferByOrder,
)
from chopmark.reference.operations.records import (
    Amend,
    Attest,
    BreakGlass,
    Create,
    Erase,
    Grant,
    RevokeGrant,
    TargetKind,
    Use,
    Withdraw,
    read_record,
)
from chopmark.reference.wire import OPERATION_BYTES_MAX, InvalidEncoding, Reader, be

__all__ = [
    "KEY_FLAGS",
    "TIMEOUT",
    "Action",
    "AddKey",
    "Admit",
    "Amend",
    "Attest",
    "Backing",
    "BreakGlass",
    "CaseState",
    "Claim",
    "ClassFlags",
    "CoSignature",
    "Condition",
    "ConditionKind",
    "Council",
    "CouncilReplacesKey",
    "CouncilRevokesKey",
    "Create",
    "DefineClass",
    "DefineSchema",
    "DefineTemplate",
    "DefinitionKind",
    "Erase",
    "Expel",
    "Freeze",
    "Grant",
    "Hold",
    "Issue",
    "KeyFlagBits",
    "KeyFlags",
    "Lock",
    "NullifierMode",
    "Object",
    "ObjectKind",
    "OpenCase",
    "Operation",
    "Parameter",
    "Preimage",
    "PublicKeys",
    "Reason",
    "Redeem",
    "Refund",
    "Retire",
    "RevokeGrant",
    "RevokeKey",
    "RotateKey",
    "SetCouncil",
    "SetParameter",
    "SetRoles",
    "SetValidators",
    "Settle",
    "SettleWithPreimage",
    "State",
    "StateKind",
    "Step",
    "TargetKind",
    "TemplateFlags",
    "Transfer",
    "TransferByOrder",
    "Transition",
    "Unfreeze",
    "Unhold",
    "Use",
    "Withdraw",
    "encode_operation",
    "holding_id",
    "possession_payload",
    "read_operation",
]

Operation: TypeAlias = (
    Admit | Expel | Freeze | Unfreeze | SetRoles | SetValidators | SetCouncil | SetParameter
    | DefineSchema | DefineTemplate | DefineClass | Retire | Hold | Unhold
    | AddKey | RotateKey | RevokeKey | CouncilRevokesKey | CouncilReplacesKey
    | Create | Amend | Withdraw | Erase | Attest
    | Grant | RevokeGrant | Use | BreakGlass | OpenCase | Step
    | Issue | Transfer | TransferByOrder | Redeem | Lock | Settle | SettleWithPreimage | Refund
)  # fmt: skip

OPERATION_TYPES: tuple[type[Action], ...] = Operation.__args__
WITH_ACTIONS = {
    code: {t.ACTION: t for t in OPERATION_TYPES if code == t.CODE and t.ACTION is not None}
    for code in (1, 2, 5, 6, 10, 12)
}
ALONE = {t.CODE: t for t in OPERATION_TYPES if t.CODE in (4, 7, 8, 9, 11)}
CODES = range(1, 13)
CODE_RECORD = 3


def encode_operation(operation: Operation) -> bytes:
    """C-23."""
    body = operation.body()
    return be(operation.CODE, 1) + be(operation.actor, 1) + be(len(body), 2) + body


def read_body(reader: Reader, code: int, actor: int) -> Any:
    if code == CODE_RECORD:
        return read_record(reader, actor)
    if code in ALONE:
        return ALONE[code].read(reader, actor=actor)
    action = reader.uint(1)
    reader.expect(action in WITH_ACTIONS[code], "tag")
    return WITH_ACTIONS[code][action].read(reader, actor=actor)


def read_operation(reader: Reader, signers: int) -> Operation:
    """C-23: one operation; offsets of failures count from the front of `reader`."""
    code = reader.uint(1)
    reader.expect(code in CODES, "tag")
    actor = reader.uint(1)
    reader.expect(actor < signers, "value")
    size = reader.uint(2)
    reader.expect(1 <= size <= OPERATION_BYTES_MAX, "limit")
    start = reader.at
    inner = Reader(reader.bytes(size))
    try:
        operation: Operation = read_body(inner, code, actor)
        inner.finish()
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None
    return operation
