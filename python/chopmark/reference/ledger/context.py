# SPDX-License-Identifier: Apache-2.0
"""What an operation sees and how it fails (docs/spec/ledger.md, L-30 to L-38)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from chopmark.reference.codec import Transaction
from chopmark.reference.ledger.codes import ResultCode
from chopmark.reference.ledger.entries import (
    ClassEntry,
    DefinitionStatus,
    Governance,
    Key,
    MemberEntry,
    MemberStatus,
    Record,
    RoleEntry,
    SchemaEntry,
    StateEntry,
    TemplateEntry,
)
from chopmark.reference.operations import DefineClass, DefineSchema, DefineTemplate
from chopmark.reference.wire import Roles

E = TypeVar("E", bound=StateEntry)


class Failed(Exception):
    """An operation failed: the transaction has no effect."""

    def __init__(self, code: ResultCode) -> None:
        super().__init__(code.name)
        self.code = code


def require(condition: bool, code: ResultCode) -> None:
    if not condition:
        raise Failed(code)


def found(entry: E | None, code: ResultCode) -> E:
    """The entry, which must exist."""
    if entry is None:
        raise Failed(code)
    return entry


class Changes:
    """A state and what a transaction changes in it, until it is known to succeed."""

    def __init__(self, below: Mapping[bytes, bytes]) -> None:
        self.below = below
        self.changed: dict[bytes, bytes | None] = {}

    def get(self, key: bytes) -> bytes | None:
        return self.changed[key] if key in self.changed else self.below.get(key)

    def set(self, key: bytes, entry: bytes | None) -> None:
        """None removes the entry."""
        self.changed[key] = entry

    def apply(self, state: dict[bytes, bytes]) -> None:
        for key, entry in self.changed.items():
            if entry is None:
                state.pop(key, None)
            else:
                state[key] = entry


@dataclass
class Context:
    """What one operation sees: `parent` is the state with the register of the block (L-33)."""

    parent: Mapping[bytes, bytes]
    state: Changes
    chain_id: bytes
    height: int
    time_ms: int
    transaction: Transaction
    signer: int  # index of the signer who acts

    @property
    def actor(self) -> int:
        return self.transaction.signers[self.signer][0]

    @property
    def field(self) -> int:
        return self.transaction.field

    @property
    def next(self) -> int:
        """The height from which changes of the register count."""
        return self.height + 1

    # --- Entries: in the register of the block, and at present (L-34)

    def registered(self, kind: type[E], *identity: int | bytes) -> E | None:
        entry = self.parent.get(kind.key(*identity))
        return None if entry is None else kind.decode(entry)

    def present(self, kind: type[E], *identity: int | bytes) -> E | None:
        entry = self.state.get(kind.key(*identity))
        return None if entry is None else kind.decode(entry)

    def put(self, entry: StateEntry, *identity: int | bytes) -> None:
        self.state.set(entry.key(*identity), entry.entry())

    def remove(self, kind: type[StateEntry], *identity: int | bytes) -> None:
        self.state.set(kind.key(*identity), None)

    # --- Members (L-34 .. L-36)

    def is_active(self, member: int) -> bool:
        entry = self.registered(MemberEntry, member)
        return entry is not None and entry.status == MemberStatus.ACTIVE

    def has(self, member: int, field: int, roles: Roles) -> bool:
        """Whether the member has all these roles in the field."""
        entry = self.registered(RoleEntry, member, field)
        return roles & (entry.roles if entry else Roles.NONE) == roles

    def signs(self, member: int) -> bool:
        """L-36."""
        signers = [one for one, _ in self.transaction.signers]
        return member in signers and self.is_active(member)

    @property
    def signing_key(self) -> Key:
        """The key that the actor's signer entry names: L-12 has found it."""
        key = self.registered(Key, *self.transaction.signers[self.signer])
        assert key is not None
        return key

    @property
    def governance(self) -> Governance:
        entry = self.registered(Governance)
        assert entry is not None
        return entry

    def check_council(self) -> None:
        """L-101."""
        council = self.governance.council
        votes = 0
        for member, key_id in self.transaction.signers:
            key = self.registered(Key, member, key_id)
            administrates = key is not None and key.administrates
            votes += member in council.members and self.is_active(member) and administrates
        require(council.threshold > 0 and votes >= council.threshold, ResultCode.THRESHOLD)

    # --- Definitions (L-38)

    def schema_in_force(self, schema: int, field: int) -> DefineSchema:
        entry = found(self.registered(SchemaEntry, schema), ResultCode.SCHEMA)
        require(entry.status == DefinitionStatus.IN_FORCE, ResultCode.SCHEMA)
        require(entry.definition.field == field, ResultCode.SCHEMA)
        return entry.definition

    def known_schema(self, schema: int) -> DefineSchema:
        """That of a record: it was in force once."""
        return found(self.registered(SchemaEntry, schema), ResultCode.SCHEMA).definition

    def template_in_force(self, template: int) -> DefineTemplate:
        """L-613, L-701."""
        entry = found(self.registered(TemplateEntry, template), ResultCode.TEMPLATE)
        require(entry.status == DefinitionStatus.IN_FORCE, ResultCode.TEMPLATE)
        require(entry.definition.field == self.field, ResultCode.TEMPLATE)
        return entry.definition

    def known_class(self, class_id: int) -> DefineClass:
        """L-70."""
        return found(self.registered(ClassEntry, class_id), ResultCode.CLASS).definition

    def class_in_force(self, class_id: int) -> DefineClass:
        """L-901."""
        entry = found(self.registered(ClassEntry, class_id), ResultCode.CLASS)
        require(entry.status == DefinitionStatus.IN_FORCE, ResultCode.CLASS)
        return entry.definition

    def check_refs(self, refs: Iterable[bytes]) -> None:
        """L-46, L-708, L-813."""
        missing = any(self.state.get(Record.key(ref)) is None for ref in refs)
        require(not missing, ResultCode.MISSING_REF)
