# SPDX-License-Identifier: Apache-2.0
"""Whole blocks: what refuses them, what they lead to (docs/spec/ledger.md, L-10 to L-19, L-30)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any

from chopmark.reference import codec, ed25519, merkle
from chopmark.reference.codec import InvalidEncoding, Transaction, be
from chopmark.reference.ledger import cases, governance, quantities, records
from chopmark.reference.ledger.codes import Refusal, ResultCode
from chopmark.reference.ledger.context import Changes, Context, Failed, require
from chopmark.reference.ledger.entries import (
    Governance,
    Key,
    MemberEntry,
    MemberStatus,
    PublicKey,
    RoleEntry,
    StateEntry,
    Validators,
    state_root,
)
from chopmark.reference.operations import KeyFlags

REPLAY_WINDOW = 1024
NO_FAILING_OP = 255

HANDLERS: dict[type, Callable[[Context, Any], None]] = {
    **governance.HANDLERS,
    **records.HANDLERS,
    **cases.HANDLERS,
    **quantities.HANDLERS,
}


# --- The state of the genesis (L-23) -------------------------------------------------------------


def genesis_state(genesis: codec.Genesis) -> dict[bytes, bytes]:
    state: dict[bytes, bytes] = {}

    def put(entry: StateEntry, *identity: int | bytes) -> None:
        state[entry.key(*identity)] = entry.entry()

    for member in genesis.members:
        number = member.member_id
        admin_keys = sum(key.administrates for key in member.keys)
        entry = MemberEntry(
            number, MemberStatus.ACTIVE, 0, 0, len(member.keys), admin_keys, member.name
        )
        put(entry, number)
        for key in member.keys:
            flags = KeyFlags.ADMINISTRATE if key.administrates else KeyFlags.NONE
            put(Key(number, key.key_id, flags, key.public_key, 0), number, key.key_id)
            put(PublicKey(number, key.key_id), key.public_key)
        for role in member.roles:
            put(RoleEntry(number, role.field, role.roles, 0), number, role.field)
    put(Governance(genesis.council, len(genesis.members)))
    put(Validators(0, genesis.validators))
    return state


# --- Transactions (L-30) -------------------------------------------------------------------------


@dataclass(frozen=True)
class Block:
    """What transactions see of their block, and of the state before it."""

    chain_id: bytes
    height: int
    time_ms: int
    parent: Mapping[bytes, bytes]


def execute(
    block: Block, state: dict[bytes, bytes], transaction: Transaction
) -> tuple[ResultCode, int]:
    """L-30: all operations or none. Changes `state`."""
    changes = Changes(state)
    for i, op in enumerate(transaction.operations):
        context = Context(
            block.parent, changes, block.chain_id, block.height, block.time_ms, transaction,
            op.actor,
        )  # fmt: skip
        try:
            require(context.is_active(context.actor), ResultCode.FROZEN)  # L-35
            HANDLERS[type(op)](context, op)
        except Failed as failed:
            return failed.code, i
    changes.apply(state)
    return ResultCode.OK, NO_FAILING_OP


# --- Blocks (L-10 .. L-19) -----------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """The answer to a block; `transaction` is the index of the one at fault, or -1."""

    code: Refusal
    transaction: int = -1
    offset: int = 0

    @property
    def ok(self) -> bool:
        return self.code == Refusal.OK


@dataclass(frozen=True)
class Entry:
    """A transaction that stands in a block."""

    id: bytes
    code: ResultCode
    failing_op: int


@dataclass
class Overlay:
    """State and log after one block. `ids` are those that may still come again (L-14)."""

    height: int
    time_ms: int
    parent: bytes
    state: dict[bytes, bytes]
    leaves: list[bytes]
    ids: dict[bytes, int]  # with their valid_until
    entries: list[Entry] = field(default_factory=list)

    @cached_property
    def roots(self) -> tuple[bytes, int, bytes]:
        return state_root(self.state), len(self.leaves), merkle.root_iterative(self.leaves)


class Refused(Exception):
    def __init__(self, code: Refusal, transaction: int = -1, offset: int = 0) -> None:
        super().__init__(code.name)
        self.verdict = Verdict(code, transaction, offset)


class Ledger:
    """All blocks that were found valid, by digest: nothing is ever dropped here."""

    def __init__(self, genesis: bytes) -> None:
        parsed = codec.parse_genesis(genesis)
        self.chain_id = hashlib.sha256(genesis).digest()
        start = Overlay(0, parsed.time_ms, b"", genesis_state(parsed), [], {})
        self.blocks = {self.chain_id: start}

    def roots(self, digest: bytes) -> tuple[bytes, int, bytes]:
        """State root, log size and log root after a block."""
        return self.blocks[digest].roots

    def next_set(self, parent: bytes, present: tuple[bytes, ...]) -> tuple[bytes, ...]:
        """L-137."""
        state = self.blocks[parent].state
        asked = Validators.decode(state[Validators.key()]).public_keys
        leaving = [key for key in present if key not in asked]
        coming = [key for key in asked if key not in present]
        pairs = list(zip_longest(leaving, coming))[: (len(present) - 1) // 3]
        seat = {old: new for old, new in pairs if old is not None}
        kept = [seat.get(key, key) for key in present]
        kept += [new for old, new in pairs if old is None]
        return tuple(key for key in kept if key is not None)

    def public_key(
        self, state: Mapping[bytes, bytes], height: int, member: int, key_id: int
    ) -> bytes | None:
        """L-12: the key, if it counts at this height by the register in `state`."""
        owner, key = state.get(MemberEntry.key(member)), state.get(Key.key(member, key_id))
        if owner is None or key is None:
            return None
        expelled = MemberEntry.decode(owner).status == MemberStatus.EXPELLED
        found = Key.decode(key)
        return found.public_key if found.counts_at(height) and not expelled else None

    def check_header(self, header: codec.Header, payload: bytes) -> Overlay:
        """L-11, in this order."""

        def check(condition: bool, code: Refusal) -> None:
            if not condition:
                raise Refused(code)

        check(header.chain_id == self.chain_id, Refusal.WRONG_CHAIN)
        root = hashlib.sha256(payload).digest()
        same = header.payload_len == len(payload) and header.payload_root == root
        check(same, Refusal.PAYLOAD_MISMATCH)
        parent = self.blocks.get(header.parent_digest)
        check(parent is not None, Refusal.UNKNOWN_PARENT)
        assert parent is not None
        check(header.height == parent.height + 1, Refusal.WRONG_HEIGHT)
        check(header.time_ms > parent.time_ms, Refusal.WRONG_TIME)
        check(header.state_root == parent.roots[0], Refusal.WRONG_STATE_ROOT)
        check((header.log_size, header.log_root) == parent.roots[1:], Refusal.WRONG_LOG)
        return parent

    def check_transaction(
        self, data: bytes, height: int, parent: Overlay, known: Mapping[bytes, int], index: int
    ) -> Transaction:
        """L-12 .. L-14, in this order."""
        try:
            transaction = codec.parse_transaction(data)
        except InvalidEncoding as error:
            raise Refused(Refusal.MALFORMED_TRANSACTION, index, error.offset) from None
        if transaction.chain_id != self.chain_id:
            raise Refused(Refusal.WRONG_CHAIN, index)
        for signer in transaction.signers:
            if self.public_key(parent.state, height, *signer) is None:
                raise Refused(Refusal.UNKNOWN_SIGNER, index)
        if transaction.valid_until < height:
            raise Refused(Refusal.EXPIRED, index)
        if transaction.valid_until - height > REPLAY_WINDOW:
            raise Refused(Refusal.TOO_FAR_AHEAD, index)
        if transaction.id in known:
            raise Refused(Refusal.REPLAY, index)
        return transaction

    def check_payload(self, items: list[bytes], height: int, parent: Overlay) -> list[Transaction]:
        """L-12 .. L-15."""
        seen = dict(parent.ids)
        transactions = []
        for index, item in enumerate(items):
            transaction = self.check_transaction(item, height, parent, seen, index)
            seen[transaction.id] = transaction.valid_until
            transactions.append(transaction)
        for index, transaction in enumerate(transactions):
            payload = codec.signing_payload(transaction.id)
            for signer, signature in zip(transaction.signers, transaction.signatures):
                key = self.public_key(parent.state, height, *signer)
                assert key is not None
                if not ed25519.verify(key, signature, payload):
                    raise Refused(Refusal.BAD_SIGNATURE, index)
        return transactions

    def validate_block(self, block: bytes) -> Verdict:
        """Checks a whole block and keeps what it leads to if it is valid."""
        head, payload = block[: codec.HEADER_BYTES], block[codec.HEADER_BYTES :]
        try:
            header = codec.parse_header(head)
        except InvalidEncoding as error:
            return Verdict(Refusal.MALFORMED_HEADER, offset=error.offset)
        try:
            parent = self.check_header(header, payload)
            try:
                items = codec.parse_payload(payload)
            except InvalidEncoding as error:
                raise Refused(Refusal.MALFORMED_PAYLOAD, offset=error.offset) from None
            transactions = self.check_payload(items, header.height, parent)
        except Refused as refused:
            return refused.verdict
        self.blocks[header.digest] = self.execute_block(header, parent, items, transactions)
        return Verdict(Refusal.OK)

    def execute_block(
        self,
        header: codec.Header,
        parent: Overlay,
        items: list[bytes],
        transactions: list[Transaction],
    ) -> Overlay:
        """L-16."""
        block = Block(self.chain_id, header.height, header.time_ms, parent.state)
        state, leaves, entries = dict(parent.state), list(parent.leaves), []
        ids = {one: last for one, last in parent.ids.items() if last > header.height}
        for item, transaction in zip(items, transactions):
            code, failing_op = execute(block, state, transaction)
            leaves.append(item + be(code, 2) + be(failing_op, 1))  # C-34
            entries.append(Entry(transaction.id, code, failing_op))
            ids[transaction.id] = transaction.valid_until
        return Overlay(
            header.height, header.time_ms, header.parent_digest, state, leaves, ids, entries
        )
