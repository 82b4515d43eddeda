# SPDX-License-Identifier: Apache-2.0
"""What governance registers: schemas, templates, classes (docs/spec/codec.md, C-53 to C-55)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Any, TypeAlias

from chopmark.reference.operations.base import Action, Amount, Claim
from chopmark.reference.wire import (
    NEVER,
    PARTIES_MAX,
    REFS_MAX,
    ROLES,
    ROLES_KNOWN,
    STATES_MAX,
    TRANSITIONS_MAX,
    U8,
    U16,
    U32,
    U64,
    ZERO,
    Codec,
    Digest,
    Layout,
    Reader,
    RoleBits,
    Roles,
    be,
    bits,
    codecs_of,
    enum,
    uint,
)


class NullifierMode(IntEnum):
    """C-53."""

    NONE = 0
    LINKING = 1
    UNIQUE = 2


@dataclass(frozen=True, slots=True)
class DefineSchema(Action):
    """GOV schema (C-53)."""

    CODE, ACTION = 1, 9
    schema: Annotated[int, uint(2, least=1)]
    field: U16
    mode: Annotated[NullifierMode, enum(NullifierMode)] = NullifierMode.NONE
    roles: RoleBits = Roles.NONE
    description: Digest = ZERO


class TemplateFlags(IntFlag):
    """C-54."""

    NONE = 0
    REVIEW = 1


class StateKind(IntEnum):
    """C-54."""

    OPEN = 0
    CLOSED = 1


@dataclass(frozen=True, slots=True)
class State(Layout):
    """A state of a case: how long it may last, and what silence leads to."""

    kind: Annotated[StateKind, enum(StateKind)] = StateKind.OPEN
    limit_ms: U64 = 0
    timeout_to: U8 = 0


# C-54 checks a transition as a whole, its roles among the rest.
AnyRoles: TypeAlias = Annotated[Roles, Codec(lambda r: Roles(r.uint(2)), ROLES.write)]


@dataclass(frozen=True, slots=True)
class Transition(Layout):
    """A step: from which state by which event to which, who may and who else signs."""

    source: U8
    event: U8
    to: U8
    by: U8
    together: U8 = 0  # `with` on the wire
    roles: AnyRoles = Roles.NONE
    refs: U8 = 0


def read_states(reader: Reader) -> tuple[State, ...]:
    count = reader.count(1, 1, STATES_MAX)
    states = []
    for _ in range(count):
        state = State.read(reader)
        limited = state.kind == StateKind.OPEN and state.timeout_to < count
        reader.expect(limited if state.limit_ms else state.timeout_to == 0, "value")
        states.append(state)
    return tuple(states)


def encode_layouts(items: tuple[Layout, ...]) -> bytes:
    return be(len(items), 1) + b"".join(item.encode() for item in items)


@dataclass(frozen=True, slots=True)
class DefineTemplate(Action):
    """GOV template (C-54): cases as finite state machines."""

    CODE, ACTION = 1, 10
    template: U16
    field: U16
    flags: Annotated[TemplateFlags, bits(TemplateFlags, 1)] = TemplateFlags.NONE
    description: Digest = ZERO
    parties: tuple[Roles, ...] = ()
    openers: int = 1
    states: tuple[State, ...] = ()
    transitions: tuple[Transition, ...] = ()

    def encode(self) -> bytes:
        return b"".join(
            [
                Action.encode(self),
                be(len(self.parties), 1),
                *(be(roles, 2) for roles in self.parties),
                be(self.openers, 1),
                encode_layouts(self.states),
                encode_layouts(self.transitions),
            ]
        )

    @classmethod
    def read(cls, reader: Reader, **others: Any) -> DefineTemplate:
        head = {name: codec.read(reader) for name, codec in codecs_of(cls)}
        count = reader.count(1, 1, PARTIES_MAX)
        parties = tuple([ROLES.read(reader) for _ in range(count)])
        openers = reader.uint(1)
        reader.expect(0 < openers < 1 << count, "value")
        states = read_states(reader)
        transitions: list[Transition] = []
        last = (0, 0)
        for _ in range(reader.count(1, 0, TRANSITIONS_MAX)):
            reader.expect(len(reader.data) - reader.at >= 8, "truncated")
            one = Transition.read(reader)
            reader.expect(
                max(one.source, one.to) < len(states)
                and one.event != 0
                and max(one.by, one.together) < 1 << count
                and one.roles & ~ROLES_KNOWN == 0
                and (one.by != 0 or one.roles != 0)
                and one.refs <= REFS_MAX,
                "value",
            )
            reader.expect((one.source, one.event) > last, "order")
            last = one.source, one.event
            transitions.append(one)
        return cls(
            **head, parties=parties, openers=openers, states=states,
            transitions=tuple(transitions), **others,
        )  # fmt: skip


class ClassFlags(IntFlag):
    """C-55."""

    NONE = 0
    LOTS = 0x01
    ONE_ISSUER = 0x02
    HOLDER_REDEEMS = 0x04
    ISSUER_REDEEMS = 0x08
    RECEIVER_SIGNS = 0x10
    BOUND = 0x20


class Backing(IntEnum):
    """What units of a class are issued on (C-55)."""

    NONE = 0
    VALUE = 1
    RECORD = 2


@dataclass(frozen=True, slots=True)
class DefineClass(Action):
    """GOV class (C-55)."""

    CODE, ACTION = 1, 11
    class_id: U32
    field: U16
    flags: Annotated[ClassFlags, bits(ClassFlags, 1)] = ClassFlags.HOLDER_REDEEMS
    issuer: U32 = 0
    backing: Annotated[Backing, enum(Backing)] = Backing.NONE
    claim: Annotated[int, uint(1, most=max(Claim), reason="tag")] = 0
    holder_roles: RoleBits = Roles.NONE
    holders_max: U32 = 0
    supply_max: Amount = NEVER
    issue_max: Amount = NEVER
    expires: U64 = NEVER
    description: Digest = ZERO

    @property
    def lots(self) -> bool:
        return ClassFlags.LOTS in self.flags

    def check(self, reader: Reader) -> None:
        reader.expect(self.backing != Backing.RECORD or self.lots, "value")
        reader.expect(self.backing != Backing.NONE or not self.lots, "value")
        reader.expect(self.claim == 0 or self.backing == Backing.RECORD, "value")
        reader.expect(self.holders_max == 0 or not self.lots, "value")
        reader.expect(self.issuer == 0 or ClassFlags.ONE_ISSUER in self.flags, "value")
