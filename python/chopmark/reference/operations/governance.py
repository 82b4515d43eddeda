# SPDX-License-Identifier: Apache-2.0
"""GOV and KEY (docs/spec/codec.md, C-52, C-56, C-60)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, TypeAlias

from chopmark.reference.operations.base import Action, KeyFlagBits
from chopmark.reference.wire import (
    COUNCIL_MAX,
    NEVER,
    U16,
    U32,
    U64,
    VALIDATORS_MAX,
    Codec,
    Digest,
    Layout,
    Name,
    Reader,
    RoleBits,
    Signature,
    be,
    enum,
    read_ascending,
    read_distinct,
)

# --- GOV (C-52 .. C-56) --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Admit(Action):
    """GOV admit: a new member with its first key, which administrates."""

    CODE, ACTION = 1, 1
    member: U32
    name: Name
    key_id: U32
    public_key: Digest
    possession: Signature


@dataclass(frozen=True, slots=True)
class Expel(Action):
    """GOV expel."""

    CODE, ACTION = 1, 2
    member: U32


@dataclass(frozen=True, slots=True)
class Freeze(Action):
    """GOV freeze."""

    CODE, ACTION = 1, 3
    member: U32


@dataclass(frozen=True, slots=True)
class Unfreeze(Action):
    """GOV unfreeze."""

    CODE, ACTION = 1, 4
    member: U32


@dataclass(frozen=True, slots=True)
class SetRoles(Action):
    """GOV roles: all roles of a member in one field, in place of those before."""

    CODE, ACTION = 1, 5
    member: U32
    field: U16
    roles: RoleBits


def read_validators(reader: Reader) -> tuple[bytes, ...]:
    count = reader.count(1, 1, VALIDATORS_MAX)
    return read_distinct(reader, count, lambda r: r.bytes(32))


PublicKeys: TypeAlias = Annotated[
    tuple[bytes, ...], Codec(read_validators, lambda keys: be(len(keys), 1) + b"".join(keys))
]


@dataclass(frozen=True, slots=True)
class SetValidators(Action):
    """GOV validators: the set that consensus takes over next."""

    CODE, ACTION = 1, 6
    public_keys: PublicKeys


@dataclass(frozen=True, slots=True)
class Council(Layout):
    """Who governs, and how many of them must sign (C-17)."""

    threshold: int
    members: tuple[int, ...]

    def encode(self) -> bytes:
        counts = be(self.threshold, 1) + be(len(self.members), 1)
        return counts + b"".join(be(member, 4) for member in self.members)


def read_council(reader: Reader) -> Council:
    threshold = reader.uint(1)
    count = reader.count(1, 1, COUNCIL_MAX)
    reader.expect(1 <= threshold <= count, "value")
    return Council(threshold, tuple(read_ascending(reader, count, 4, lambda member: member)))


CouncilField: TypeAlias = Annotated[Council, Codec(read_council, Council.encode)]


@dataclass(frozen=True, slots=True)
class SetCouncil(Action):
    """GOV council."""

    CODE, ACTION = 1, 7
    council: CouncilField


class Parameter(IntEnum):
    """L-145."""

    GRANT_MS_MAX = 1
    LOCK_MS_MAX = 2


@dataclass(frozen=True, slots=True)
class SetParameter(Action):
    """GOV parameter."""

    CODE, ACTION = 1, 8
    parameter: Annotated[Parameter, enum(Parameter)]
    value: U64


class DefinitionKind(IntEnum):
    """C-52, action 12."""

    SCHEMA = 1
    TEMPLATE = 2
    CLASS = 3


@dataclass(frozen=True, slots=True)
class Retire(Action):
    """GOV retire: nothing new under a schema, template or class."""

    CODE, ACTION = 1, 12
    kind: Annotated[DefinitionKind, enum(DefinitionKind)]
    identity: U32

    def check(self, reader: Reader) -> None:
        reader.expect(self.kind == DefinitionKind.CLASS or self.identity < 1 << 16, "value")


class ObjectKind(IntEnum):
    """C-56."""

    RECORD = 1
    CASE = 2
    LOCK = 3
    HOLDING = 4


@dataclass(frozen=True, slots=True)
class Object(Layout):
    """Something that can be held: `identity` is an id of 32 bytes, or that of `holding_id`."""

    kind: ObjectKind
    identity: bytes

    def encode(self) -> bytes:
        return be(self.kind, 1) + self.identity


def holding_id(class_id: int, lot: bytes, member: int) -> bytes:
    return be(class_id, 4) + lot + be(member, 4)


def read_object(reader: Reader) -> Object:
    kind = enum(ObjectKind).read(reader)
    if kind != ObjectKind.HOLDING:
        return Object(kind, reader.bytes(32))
    class_id, lot, member = reader.uint(4), reader.bytes(32), reader.uint(4)
    return Object(kind, holding_id(class_id, lot, member))


ObjectField: TypeAlias = Annotated[Object, Codec(read_object, Object.encode)]


@dataclass(frozen=True, slots=True)
class Hold(Action):
    """GOV hold: by a court or regulator of the object's field."""

    CODE, ACTION = 1, 13
    object: ObjectField


@dataclass(frozen=True, slots=True)
class Unhold(Action):
    """GOV unhold."""

    CODE, ACTION = 1, 14
    object: ObjectField


# --- KEY (C-60) ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AddKey(Action):
    """KEY add."""

    CODE, ACTION = 2, 1
    key_id: U32
    flags: KeyFlagBits
    public_key: Digest
    possession: Signature


@dataclass(frozen=True, slots=True)
class RotateKey(Action):
    """KEY rotate: a new key in place of the one that signs."""

    CODE, ACTION = 2, 2
    key_id: U32
    public_key: Digest
    possession: Signature


@dataclass(frozen=True, slots=True)
class RevokeKey(Action):
    """KEY revoke."""

    CODE, ACTION = 2, 3
    key_id: U32
    compromised_since: U64 = NEVER


@dataclass(frozen=True, slots=True)
class CouncilRevokesKey(Action):
    """KEY, the council revokes."""

    CODE, ACTION = 2, 4
    member: U32
    key_id: U32
    compromised_since: U64 = NEVER


@dataclass(frozen=True, slots=True)
class CouncilReplacesKey(Action):
    """KEY, the council replaces a key that is lost."""

    CODE, ACTION = 2, 5
    member: U32
    key_id: U32
    compromised_since: U64
    new_key_id: U32
    public_key: Digest
    possession: Signature
