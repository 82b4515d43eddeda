# SPDX-License-Identifier: Apache-2.0
"""REC, ATT, GRA, USE (docs/spec/codec.md, C-27, C-28, C-61, C-62)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Annotated, TypeAlias

from chopmark.reference.operations.base import Action, Claim
from chopmark.reference.wire import (
    U16,
    U32,
    U64,
    ZERO,
    Digest,
    Reader,
    be,
    encode_refs,
    enum,
    read_refs,
    uint,
)

# --- REC, ATT (C-27, C-28) -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Create(Action):
    """REC create: a new record, version 1; with a nullifier it is action 5."""

    CODE = 3
    record_id: bytes
    schema: int
    commitment: bytes
    refs: tuple[bytes, ...] = ()
    retention: int = field(default=0, kw_only=True)
    nullifier: bytes = field(default=ZERO, kw_only=True)

    @property
    def action(self) -> int:
        return 1 if self.nullifier == ZERO else 5

    def encode(self) -> bytes:
        nullifier = b"" if self.nullifier == ZERO else self.nullifier
        head = self.record_id + be(0, 4) + be(self.schema, 2) + self.commitment
        return head + be(self.retention, 8) + nullifier + encode_refs(self.refs)


@dataclass(frozen=True, slots=True)
class Amend(Action):
    """REC amend: the next version after `expected_version`."""

    CODE, ACTION = 3, 2
    record_id: bytes
    expected_version: int
    schema: int
    commitment: bytes
    refs: tuple[bytes, ...] = ()
    retention: int = field(default=0, kw_only=True)

    def encode(self) -> bytes:
        head = self.record_id + be(self.expected_version, 4) + be(self.schema, 2) + self.commitment
        return head + be(self.retention, 8) + encode_refs(self.refs)


@dataclass(frozen=True, slots=True)
class Withdraw(Action):
    """REC withdraw: the record stays, marked; one version more."""

    CODE, ACTION = 3, 3
    record_id: bytes
    expected_version: int

    def encode(self) -> bytes:
        return self.record_id + be(self.expected_version, 4)


@dataclass(frozen=True, slots=True)
class Erase(Action):
    """REC erase: a tombstone stays."""

    CODE, ACTION = 3, 4
    record_id: bytes
    expected_version: int

    def encode(self) -> bytes:
        return self.record_id + be(self.expected_version, 4)


def read_record(reader: Reader, actor: int) -> Create | Amend | Withdraw | Erase:
    """C-27."""
    action = reader.uint(1)
    reader.expect(1 <= action <= 5, "tag")
    record_id = reader.bytes(32)
    version = reader.uint(4)
    reader.expect((version == 0) == (action in (1, 5)), "value")
    if action in (3, 4):
        return (Withdraw if action == 3 else Erase)(record_id, version, actor=actor)
    schema, commitment, retention = reader.uint(2), reader.bytes(32), reader.uint(8)
    nullifier = ZERO
    if action == 5:
        nullifier = reader.bytes(32)
        reader.expect(nullifier != ZERO, "value")
    refs = read_refs(reader)
    if action == 2:
        return Amend(record_id, version, schema, commitment, refs, retention=retention, actor=actor)
    return Create(
        record_id, schema, commitment, refs, retention=retention, nullifier=nullifier, actor=actor
    )


class TargetKind(IntEnum):
    """C-28."""

    RECORD = 1
    CASE = 2


@dataclass(frozen=True, slots=True)
class Attest(Action):
    """ATT: a statement on one version of a record or case."""

    CODE = 4
    kind: Annotated[TargetKind, enum(TargetKind)] = field(default=TargetKind.RECORD, kw_only=True)
    target: Digest
    version: Annotated[int, uint(4, least=1)]
    claim: Annotated[Claim, enum(Claim)]
    detail: Digest = ZERO


# --- GRA, USE (C-61, C-62) -----------------------------------------------------------------------

Purposes: TypeAlias = Annotated[int, uint(2, least=1)]


@dataclass(frozen=True, slots=True)
class Grant(Action):
    """GRA grant: one member may see a record, for purposes, so often, so long."""

    CODE, ACTION = 5, 1
    record_id: Digest
    grantee: U32
    purposes: Purposes
    uses: Annotated[int, uint(4, least=1)]
    expires: U64
    wrapped: Digest = ZERO


@dataclass(frozen=True, slots=True)
class RevokeGrant(Action):
    """GRA revoke: no use from now on."""

    CODE, ACTION = 5, 2
    record_id: Digest
    grantee: U32


@dataclass(frozen=True, slots=True)
class Use(Action):
    """USE: one access under a grant, logged."""

    CODE, ACTION = 6, 1
    record_id: Digest
    purposes: Purposes
    payload: Digest


@dataclass(frozen=True, slots=True)
class BreakGlass(Action):
    """USE break-glass: an access without a grant, which opens a case of review."""

    CODE, ACTION = 6, 2
    record_id: Digest
    purposes: Purposes
    payload: Digest
    case_id: Digest
    template: U16
