# SPDX-License-Identifier: Apache-2.0
"""What stands in the state (docs/spec/ledger.md, L-20 to L-28 and L-82 to L-94)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache
from typing import Annotated, ClassVar, TypeAlias, TypeVar

from chopmark.reference import state as tree
from chopmark.reference.blake3 import blake3
from chopmark.reference.operations import (
    Attest,
    ConditionKind,
    Council,
    DefineClass,
    DefineSchema,
    DefineTemplate,
    KeyFlagBits,
    KeyFlags,
    PublicKeys,
)
from chopmark.reference.wire import (
    COUNCIL_MAX,
    NAME_BYTES_MAX,
    NEVER,
    PARTIES_MAX,
    U8,
    U16,
    U32,
    U64,
    Codec,
    Digest,
    Layout,
    Reader,
    RoleBits,
    be,
    enum,
)

__all__ = [
    "Attestation",
    "BackingEntry",
    "Case",
    "ClassEntry",
    "Governance",
    "GrantEntry",
    "GrantStatus",
    "Holding",
    "Key",
    "LockEntry",
    "LockStatus",
    "MemberEntry",
    "MemberStatus",
    "Nullifier",
    "PublicKey",
    "Record",
    "RecordStatus",
    "RoleEntry",
    "SchemaEntry",
    "StateEntry",
    "TemplateEntry",
    "Totals",
    "Validators",
    "attestation_key",
    "commitment",
    "held",
    "member_key",
    "record_key",
    "state_root",
]

VERSION = 1
E = TypeVar("E", bound="StateEntry")


@lru_cache(maxsize=1 << 16)
def digest(data: bytes) -> bytes:
    return blake3(data)


def state_root(entries: Mapping[bytes, bytes]) -> bytes:
    """L-20: the tree over each key and the hash of its entry."""
    return tree.root({key: digest(entry) for key, entry in entries.items()})


class StateEntry(Layout):
    """An entry of one kind. `ID` has the widths of what its key is made of (L-27)."""

    __slots__ = ()
    KIND: ClassVar[int]
    ID: ClassVar[tuple[int, ...]]

    @classmethod
    def preimage(cls, *identity: int | bytes) -> bytes:
        """What the key of an entry is the hash of. ValueError if it identifies none."""
        parts = [
            be(part, width) if isinstance(part, int) else part
            for part, width in zip(identity, cls.ID, strict=True)
        ]
        if [len(part) for part in parts] != list(cls.ID):
            raise ValueError(f"{cls.__name__} is identified by parts of {cls.ID} bytes")
        return bytes([cls.KIND]) + b"".join(parts)

    @classmethod
    def key(cls, *identity: int | bytes) -> bytes:
        return digest(cls.preimage(*identity))

    def entry(self) -> bytes:
        return bytes([self.KIND, VERSION]) + self.encode()

    @classmethod
    def decode(cls: type[E], data: bytes) -> E:
        """From bytes that `entry` wrote."""
        reader = Reader(data)
        reader.tag(cls.KIND, "tag")
        reader.tag(VERSION, "version")
        made = cls.read(reader)
        reader.finish()
        return made


def padded(members: tuple[int, ...], most: int) -> bytes:
    return b"".join(be(member, 4) for member in members).ljust(4 * most, b"\0")


def read_padded(reader: Reader, count: int, most: int) -> tuple[int, ...]:
    return tuple([reader.uint(4) for _ in range(most)][:count])


# --- The register (L-24, L-82 .. L-87) -----------------------------------------------------------


class MemberStatus(IntEnum):
    """L-24."""

    ACTIVE = 1
    FROZEN = 2
    EXPELLED = 3


def read_padded_name(reader: Reader) -> str:
    size = reader.uint(1)
    return reader.bytes(NAME_BYTES_MAX)[:size].decode("ascii")


def encode_padded_name(name: str) -> bytes:
    return be(len(name), 1) + name.encode("ascii").ljust(NAME_BYTES_MAX, b"\0")


PaddedName: TypeAlias = Annotated[str, Codec(read_padded_name, encode_padded_name)]


@dataclass(frozen=True, slots=True)
class MemberEntry(StateEntry):
    """L-24."""

    KIND, ID = 0x01, (4,)
    member: U32
    status: Annotated[MemberStatus, enum(MemberStatus)]
    since: U64
    admitted: U64
    keys: U8
    admin_keys: U8
    name: PaddedName


@dataclass(frozen=True, slots=True)
class Key(StateEntry):
    """L-82."""

    KIND, ID = 0x04, (4, 4)
    member: U32
    key_id: U32
    flags: KeyFlagBits
    public_key: Digest
    since: U64  # `from` in the rule
    until: U64 = NEVER
    compromised_since: U64 = NEVER

    @property
    def administrates(self) -> bool:
        return KeyFlags.ADMINISTRATE in self.flags

    def counts_at(self, height: int) -> bool:
        return self.since <= height < self.until


@dataclass(frozen=True, slots=True)
class PublicKey(StateEntry):
    """L-83."""

    KIND, ID = 0x05, (32,)
    member: U32
    key_id: U32


@dataclass(frozen=True, slots=True)
class RoleEntry(StateEntry):
    """L-84."""

    KIND, ID = 0x06, (4, 2)
    member: U32
    field: U16
    roles: RoleBits
    since: U64


def read_padded_council(reader: Reader) -> Council:
    threshold, count = reader.uint(1), reader.uint(1)
    return Council(threshold, read_padded(reader, count, COUNCIL_MAX))


def encode_padded_council(council: Council) -> bytes:
    counts = be(council.threshold, 1) + be(len(council.members), 1)
    return counts + padded(council.members, COUNCIL_MAX)


PaddedCouncil: TypeAlias = Annotated[Council, Codec(read_padded_council, encode_padded_council)]


@dataclass(frozen=True, slots=True)
class Governance(StateEntry):
    """L-85."""

    KIND, ID = 0x07, ()
    council: PaddedCouncil
    members: U32
    grant_ms_max: U64 = NEVER
    lock_ms_max: U64 = NEVER


@dataclass(frozen=True, slots=True)
class Validators(StateEntry):
    """L-86."""

    KIND, ID = 0x08, ()
    since: U64
    public_keys: PublicKeys


class DefinitionStatus(IntEnum):
    """L-87."""

    IN_FORCE = 1
    RETIRED = 2


StatusField: TypeAlias = Annotated[DefinitionStatus, enum(DefinitionStatus)]
SchemaField: TypeAlias = Annotated[DefineSchema, Codec(DefineSchema.read, DefineSchema.encode)]
TemplateField: TypeAlias = Annotated[
    DefineTemplate, Codec(DefineTemplate.read, DefineTemplate.encode)
]
ClassField: TypeAlias = Annotated[DefineClass, Codec(DefineClass.read, DefineClass.encode)]


@dataclass(frozen=True, slots=True)
class SchemaEntry(StateEntry):
    """L-87."""

    KIND, ID = 0x09, (2,)
    status: StatusField
    since: U64
    definition: SchemaField


@dataclass(frozen=True, slots=True)
class TemplateEntry(StateEntry):
    """L-87."""

    KIND, ID = 0x0A, (2,)
    status: StatusField
    since: U64
    definition: TemplateField


@dataclass(frozen=True, slots=True)
class ClassEntry(StateEntry):
    """L-87."""

    KIND, ID = 0x0B, (4,)
    status: StatusField
    since: U64
    definition: ClassField


# --- Objects (L-25, L-26, L-88 .. L-94) ----------------------------------------------------------


class RecordStatus(IntEnum):
    """L-25."""

    ACTIVE = 1
    WITHDRAWN = 2
    ERASED = 3


@dataclass(frozen=True, slots=True)
class Record(StateEntry):
    """L-25."""

    KIND, ID = 0x02, (32,)
    status: Annotated[RecordStatus, enum(RecordStatus)]
    hold: U8
    hold_height: U64
    controller: U32
    field: U16
    schema: U16
    version: U32
    height: U64
    backings: U32
    retention: U64
    commitment: Digest
    nullifier: Digest


@dataclass(frozen=True, slots=True)
class Attestation(StateEntry):
    """L-26."""

    KIND, ID = 0x03, (4, 1, 32, 4, 1)
    times: U32
    height: U64
    field: U16
    detail: Digest


@dataclass(frozen=True, slots=True)
class Nullifier(StateEntry):
    """L-88."""

    KIND, ID = 0x0C, (2, 32)
    count: U32
    live: U32
    record_id: Digest


class GrantStatus(IntEnum):
    """L-89."""

    GIVEN = 1
    REVOKED = 2


@dataclass(frozen=True, slots=True)
class GrantEntry(StateEntry):
    """L-89."""

    KIND, ID = 0x0D, (32, 4)
    status: Annotated[GrantStatus, enum(GrantStatus)]
    granter: U32
    purposes: U16
    times: U32
    uses: U32
    used: U64
    expires: U64
    height: U64
    wrapped: Digest


def read_padded_parties(reader: Reader) -> tuple[int, ...]:
    return read_padded(reader, reader.uint(1), PARTIES_MAX)


def encode_padded_parties(parties: tuple[int, ...]) -> bytes:
    return be(len(parties), 1) + padded(parties, PARTIES_MAX)


PaddedParties: TypeAlias = Annotated[
    tuple[int, ...], Codec(read_padded_parties, encode_padded_parties)
]


@dataclass(frozen=True, slots=True)
class Case(StateEntry):
    """L-90."""

    KIND, ID = 0x0E, (32,)
    hold: U8
    hold_height: U64
    template: U16
    field: U16
    state: U8
    steps: U32
    deadline: U64
    height: U64
    subject: Digest
    parties: PaddedParties


@dataclass(frozen=True, slots=True)
class Totals(StateEntry):
    """L-91."""

    KIND, ID = 0x0F, (4,)
    issued: U64 = 0
    redeemed: U64 = 0
    holders: U32 = 0


@dataclass(frozen=True, slots=True)
class BackingEntry(StateEntry):
    """L-92."""

    KIND, ID = 0x10, (4, 32)
    issuer: U32
    amount: U64
    live: U64
    height: U64
    record_id: Digest


@dataclass(frozen=True, slots=True)
class Holding(StateEntry):
    """L-93."""

    KIND, ID = 0x11, (4, 32, 4)
    hold: U8
    hold_height: U64
    free: U64
    locked: U64
    expires: U64

    @property
    def total(self) -> int:
        return self.free + self.locked


class LockStatus(IntEnum):
    """L-94."""

    OPEN = 1
    SETTLED = 2
    REFUNDED = 3


@dataclass(frozen=True, slots=True)
class LockEntry(StateEntry):
    """L-94."""

    KIND, ID = 0x12, (32,)
    status: Annotated[LockStatus, enum(LockStatus)]
    hold: U8
    hold_height: U64
    class_id: U32
    lot: Digest
    owner: U32
    beneficiary: U32
    amount: U64
    deadline: U64
    expires: U64
    condition: Annotated[ConditionKind, enum(ConditionKind)]
    subject: Digest
    state: U8
    height: U64


Holdable: TypeAlias = Record | Case | LockEntry | Holding


def held(thing: Holdable, height: int) -> bool:
    """L-37: a change of `hold` counts from `hold_height` on."""
    return bool(thing.hold) == (thing.hold_height <= height)


# --- Names of keys that others use ---------------------------------------------------------------


def member_key(member: int) -> bytes:
    return MemberEntry.key(member)


def record_key(record_id: bytes) -> bytes:
    return Record.key(record_id)


def attestation_key(signer: int, op: Attest) -> bytes:
    return Attestation.key(signer, op.kind, op.target, op.version, op.claim)


def commitment(salt: bytes, document_hash: bytes) -> bytes:
    """L-28: what is recorded of a document, from a salt of 32 bytes and its SHA-256."""
    return hashlib.sha256(b"chopmark commitment v1" + salt + document_hash).digest()
