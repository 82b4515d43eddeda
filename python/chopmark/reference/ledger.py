# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/spec/ledger.md in plain Python: the state, the operations, whole blocks.

The oracle of the tests and the baseline of the benchmarks. Needs its sibling modules only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from chopmark.reference import codec, ed25519, merkle
from chopmark.reference.blake3 import blake3, blake3_keyed
from chopmark.reference.codec import (
    Amend,
    Attest,
    Create,
    InvalidEncoding,
    Operation,
    Transaction,
    Withdraw,
    be,
)

__all__ = ["Entry", "Ledger", "Refusal", "ResultCode", "Verdict", "commitment", "state_root"]

REPLAY_WINDOW = 1024
NO_FAILING_OP = 255


class ResultCode(IntEnum):
    """Result of a transaction that stands in a block (L-31)."""

    OK = 0
    ROLE_DENIED = 1
    DUPLICATE_ID = 2
    UNKNOWN_RECORD = 3
    NOT_CONTROLLER = 4
    MISSING_REF = 5
    VERSION_CONFLICT = 6
    WITHDRAWN = 7
    STALE_VERSION = 8


class Refusal(IntEnum):
    """Why a block is refused and leaves no trace (L-11)."""

    OK = 0
    MALFORMED_HEADER = 101
    WRONG_CHAIN = 102
    PAYLOAD_MISMATCH = 103
    UNKNOWN_PARENT = 104
    WRONG_HEIGHT = 105
    WRONG_STATE_ROOT = 106
    WRONG_LOG = 107
    MALFORMED_PAYLOAD = 108
    MALFORMED_TRANSACTION = 109
    UNKNOWN_SIGNER = 110
    EXPIRED = 111
    TOO_FAR_AHEAD = 112
    REPLAY = 113
    BAD_SIGNATURE = 114


# --- State (L-20 .. L-27) ------------------------------------------------------------------------

LEAF_KEY = b"chopmark state leaf v1".ljust(32, b"\0")
NODE_KEY = b"chopmark state node v1".ljust(32, b"\0")


def state_root(entries: Mapping[bytes, bytes], depth: int = 0) -> bytes:
    """L-21: a binary tree by the bits of the keys, most significant first."""
    if not entries:
        return bytes(32)
    if len(entries) == 1:
        ((key, value),) = entries.items()
        return blake3_keyed(LEAF_KEY, key + blake3(value))
    halves: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for key, value in entries.items():
        halves[key[depth // 8] >> (7 - depth % 8) & 1][key] = value
    left, right = (state_root(half, depth + 1) for half in halves)
    return blake3_keyed(NODE_KEY, left + right)


def member_key(member: int) -> bytes:
    return blake3(b"\x01" + be(member, 4))


def record_key(record_id: bytes) -> bytes:
    return blake3(b"\x02" + record_id)


def attestation_key(signer: int, op: Attest) -> bytes:
    return blake3(b"\x03" + be(signer, 4) + op.target + be(op.version, 4) + be(op.claim, 1))


@dataclass(frozen=True)
class Record:
    """L-25."""

    withdrawn: bool
    controller: int
    field: int
    schema: int
    version: int
    commitment: bytes
    refs: tuple[bytes, ...]

    def encode(self) -> bytes:
        return b"".join(
            [
                be(1, 1),
                be(2 if self.withdrawn else 1, 1),
                be(self.controller, 4),
                be(self.field, 2),
                codec.be(self.schema, 2),
                be(self.version, 4),
                self.commitment,
                be(len(self.refs), 1),
                *self.refs,
            ]
        )

    @staticmethod
    def decode(data: bytes) -> Record:
        reader = codec.Reader(data)
        reader.tag(1, "version")
        withdrawn = reader.uint(1) == 2
        controller, field_id = reader.uint(4), reader.uint(2)
        schema, version = reader.uint(2), reader.uint(4)
        committed = reader.bytes(32)
        refs = tuple([reader.bytes(32) for _ in range(reader.uint(1))])
        reader.finish()
        return Record(withdrawn, controller, field_id, schema, version, committed, refs)


def commitment(salt: bytes, document_hash: bytes) -> bytes:
    """L-28: what is recorded of a document, from a salt of 32 bytes and its SHA-256."""
    return hashlib.sha256(b"chopmark commitment v1" + salt + document_hash).digest()


# --- Operations (L-30 .. L-54) -------------------------------------------------------------------


class Failed(Exception):
    """An operation failed: the transaction has no effect."""

    def __init__(self, code: ResultCode) -> None:
        super().__init__(code.name)
        self.code = code


def require(condition: bool, code: ResultCode) -> None:
    if not condition:
        raise Failed(code)


@dataclass
class Context:
    """What an operation sees."""

    members: Mapping[int, codec.Member]
    state: dict[bytes, bytes]
    height: int
    field: int
    actor: int

    def role(self) -> codec.Role:
        roles = {role.field: role for role in self.members[self.actor].roles}
        return roles.get(self.field, codec.Role(self.field))


def check_refs(context: Context, refs: tuple[bytes, ...]) -> None:
    missing = any(record_key(ref) not in context.state for ref in refs)
    require(not missing, ResultCode.MISSING_REF)


def execute_create(context: Context, op: Create) -> None:
    key = record_key(op.record_id)
    require(key not in context.state, ResultCode.DUPLICATE_ID)
    check_refs(context, op.refs)
    record = Record(False, context.actor, context.field, op.schema, 1, op.commitment, op.refs)
    context.state[key] = record.encode()


def execute_change(context: Context, op: Amend | Withdraw) -> None:
    key = record_key(op.record_id)
    require(key in context.state, ResultCode.UNKNOWN_RECORD)
    old = Record.decode(context.state[key])
    require(old.controller == context.actor, ResultCode.NOT_CONTROLLER)
    require(not old.withdrawn, ResultCode.WITHDRAWN)
    require(old.version == op.expected_version, ResultCode.VERSION_CONFLICT)
    require(old.version < 2**32 - 1, ResultCode.VERSION_CONFLICT)
    version = old.version + 1
    if isinstance(op, Withdraw):
        new = Record(True, old.controller, old.field, old.schema, version, old.commitment, old.refs)
    else:
        check_refs(context, op.refs)
        new = Record(False, old.controller, old.field, op.schema, version, op.commitment, op.refs)
    context.state[key] = new.encode()


def execute_attest(context: Context, op: Attest) -> None:
    target = context.state.get(record_key(op.target))
    require(target is not None, ResultCode.MISSING_REF)
    assert target is not None
    version = Record.decode(target).version
    require(op.version <= version, ResultCode.MISSING_REF)
    require(op.version == version, ResultCode.STALE_VERSION)
    key = attestation_key(context.actor, op)
    times = int.from_bytes(context.state.get(key, bytes(5))[1:5], "big")
    require(times < 2**32 - 1, ResultCode.VERSION_CONFLICT)
    value = be(1, 1) + be(times + 1, 4) + be(context.height, 8) + be(context.field, 2) + op.detail
    context.state[key] = value


def execute_operation(context: Context, op: Operation) -> None:
    if isinstance(op, Attest):
        require(context.role().attest, ResultCode.ROLE_DENIED)
        execute_attest(context, op)
        return
    require(context.role().record, ResultCode.ROLE_DENIED)
    if isinstance(op, Create):
        execute_create(context, op)
    else:
        execute_change(context, op)


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
    """State and log after one block."""

    height: int
    parent: bytes
    state: dict[bytes, bytes]
    leaves: list[bytes]
    ids: frozenset[bytes]
    entries: list[Entry] = field(default_factory=list)
    roots: tuple[bytes, int, bytes] = (b"", 0, b"")

    def __post_init__(self) -> None:
        self.roots = (state_root(self.state), len(self.leaves), merkle.root_iterative(self.leaves))


class Refused(Exception):
    def __init__(self, code: Refusal, transaction: int = -1, offset: int = 0) -> None:
        super().__init__(code.name)
        self.verdict = Verdict(code, transaction, offset)


class Ledger:
    """All blocks that were found valid, by digest: nothing is ever dropped here."""

    def __init__(self, genesis: bytes) -> None:
        parsed = codec.parse_genesis(genesis)
        self.chain_id = hashlib.sha256(genesis).digest()
        self.members = {member.member_id: member for member in parsed.members}
        state = {member_key(m.member_id): b"\x01\x01" + m.encode() for m in parsed.members}
        self.blocks = {self.chain_id: Overlay(0, b"", state, [], frozenset())}

    def roots(self, digest: bytes) -> tuple[bytes, int, bytes]:
        """State root, log size and log root after a block."""
        return self.blocks[digest].roots

    def public_key(self, member: int, key: int) -> bytes | None:
        known = self.members.get(member)
        keys = {one.key_id: one.public_key for one in known.keys} if known else {}
        return keys.get(key)

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
        check(header.state_root == parent.roots[0], Refusal.WRONG_STATE_ROOT)
        check((header.log_size, header.log_root) == parent.roots[1:], Refusal.WRONG_LOG)
        return parent

    def check_transaction(
        self, data: bytes, height: int, known: frozenset[bytes] | set[bytes], index: int
    ) -> Transaction:
        """L-12 and L-13, in this order."""
        try:
            transaction = codec.parse_transaction(data)
        except InvalidEncoding as error:
            raise Refused(Refusal.MALFORMED_TRANSACTION, index, error.offset) from None
        if transaction.chain_id != self.chain_id:
            raise Refused(Refusal.WRONG_CHAIN, index)
        if any(self.public_key(*signer) is None for signer in transaction.signers):
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
        seen = set(parent.ids)
        transactions = []
        for index, item in enumerate(items):
            transaction = self.check_transaction(item, height, seen, index)
            seen.add(transaction.id)
            transactions.append(transaction)
        for index, transaction in enumerate(transactions):
            payload = codec.signing_payload(transaction.id)
            for signer, signature in zip(transaction.signers, transaction.signatures):
                key = self.public_key(*signer)
                assert key is not None
                if not ed25519.verify(key, signature, payload):
                    raise Refused(Refusal.BAD_SIGNATURE, index)
        return transactions

    def execute(
        self, state: dict[bytes, bytes], height: int, transaction: Transaction
    ) -> tuple[dict[bytes, bytes], ResultCode, int]:
        """L-30: all operations or none."""
        changed = dict(state)
        for i, op in enumerate(transaction.operations):
            actor = transaction.signers[op.actor][0]
            try:
                execute_operation(
                    Context(self.members, changed, height, transaction.field, actor), op
                )
            except Failed as failed:
                return state, failed.code, i
        return changed, ResultCode.OK, NO_FAILING_OP

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
        state, leaves, entries = parent.state, list(parent.leaves), []
        for item, transaction in zip(items, transactions):
            state, code, failing_op = self.execute(state, header.height, transaction)
            leaves.append(item + be(code, 2) + be(failing_op, 1))  # C-34
            entries.append(Entry(transaction.id, code, failing_op))
        ids = parent.ids | {entry.id for entry in entries}
        self.blocks[header.digest] = Overlay(
            header.height, header.parent_digest, state, leaves, ids, entries
        )
        return Verdict(Refusal.OK)
