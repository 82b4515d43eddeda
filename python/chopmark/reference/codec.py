# SPDX-License-Identifier: Apache-2.0
"""The encodings of docs/spec/codec.md in plain Python. Stands alone.

Dataclasses encode themselves, and strict parsers accept exactly those bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeAlias, TypeVar

__all__ = [
    "Amend",
    "Attest",
    "Claim",
    "Create",
    "Genesis",
    "GenesisKey",
    "Header",
    "InvalidEncoding",
    "Member",
    "Operation",
    "Role",
    "Transaction",
    "Withdraw",
    "encode_payload",
    "parse_genesis",
    "parse_header",
    "parse_payload",
    "parse_transaction",
    "signing_payload",
    "transaction_id",
]

VERSION = 1
SUITE_ED25519 = 1
TAG_TRANSACTION_SIGNATURE = 0x01
TAG_HEADER = 0x20
TAG_TRANSACTION = 0x30
TAG_GENESIS = 0x40

TRANSACTION_BYTES_MAX = 32 * 1024
PAYLOAD_BYTES_MAX = 1024 * 1024
PAYLOAD_TRANSACTIONS_MAX = 16 * 1024
OPERATIONS_MAX = 64
OPERATION_BYTES_MAX = 2 * 1024
SIGNERS_MAX = 16
REFS_MAX = 16
VALIDATORS_MAX = 32
MEMBERS_MAX = 65536
NAME_BYTES_MAX = 64
MEMBER_KEYS_MAX = 16
MEMBER_ROLES_MAX = 64

ZERO = bytes(32)
NAME_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-")
T = TypeVar("T")


class InvalidEncoding(ValueError):
    """C-2: bytes that no encoder writes; `reason` at byte `offset`."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class Reader:
    """Reads big-endian fields in order (C-1)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def expect(self, condition: bool, reason: str) -> None:
        if not condition:
            raise InvalidEncoding(reason, self.at)

    def bytes(self, size: int) -> bytes:
        self.expect(size <= len(self.data) - self.at, "truncated")
        self.at += size
        return self.data[self.at - size : self.at]

    def uint(self, size: int) -> int:
        return int.from_bytes(self.bytes(size), "big")

    def tag(self, value: int, reason: str) -> None:
        self.expect(self.uint(1) == value, reason)

    def finish(self) -> None:
        self.expect(self.at == len(self.data), "trailing")


def be(value: int, size: int) -> bytes:
    """An unsigned integer, big-endian. OverflowError if it does not fit."""
    return value.to_bytes(size, "big")


# --- Genesis (C-10 .. C-16) ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GenesisKey:
    """A key of a member (C-14)."""

    key_id: int
    public_key: bytes


@dataclass(frozen=True, slots=True)
class Role:
    """What a member may do in one field (C-15)."""

    field: int
    record: bool = False
    attest: bool = False

    def encode(self) -> bytes:
        return be(self.field, 2) + be(self.record | self.attest << 1, 1)


@dataclass(frozen=True, slots=True)
class Member:
    """An institution with its keys and roles (C-13)."""

    member_id: int
    name: str
    keys: tuple[GenesisKey, ...]
    roles: tuple[Role, ...] = ()

    def encode(self) -> bytes:
        return b"".join(
            [
                be(self.member_id, 4),
                encode_name(self.name),
                be(len(self.keys), 1),
                *(be(key.key_id, 4) + key.public_key for key in self.keys),
                be(len(self.roles), 1),
                *(role.encode() for role in self.roles),
            ]
        )


@dataclass(frozen=True, slots=True)
class Genesis:
    """What a chain starts from (C-10)."""

    name: str
    time_ms: int
    validators: tuple[bytes, ...]
    members: tuple[Member, ...]

    def encode(self) -> bytes:
        return b"".join(
            [
                bytes([TAG_GENESIS, VERSION, SUITE_ED25519]),
                encode_name(self.name),
                be(self.time_ms, 8),
                be(len(self.validators), 1),
                *self.validators,
                be(len(self.members), 4),
                *(member.encode() for member in self.members),
            ]
        )

    @property
    def chain_id(self) -> bytes:
        """C-16."""
        return hashlib.sha256(self.encode()).digest()


def encode_name(name: str) -> bytes:
    data = name.encode("ascii")
    return be(len(data), 1) + data


def read_name(reader: Reader) -> str:
    size = reader.uint(1)
    reader.expect(1 <= size <= NAME_BYTES_MAX, "limit")
    data = reader.bytes(size)
    reader.expect(NAME_CHARACTERS.issuperset(data), "value")
    return data.decode("ascii")


def read_ascending(reader: Reader, count: int, id_size: int, rest: Callable[[int], T]) -> list[T]:
    """Entries that start with an id larger than the one before."""
    last = -1
    entries = []
    for _ in range(count):
        identity = reader.uint(id_size)
        reader.expect(identity > last, "order")
        last = identity
        entries.append(rest(identity))
    return entries


def read_member(reader: Reader, member_id: int) -> Member:
    name = read_name(reader)
    count = reader.uint(1)
    reader.expect(1 <= count <= MEMBER_KEYS_MAX, "limit")
    keys = read_ascending(reader, count, 4, lambda i: GenesisKey(i, reader.bytes(32)))
    count = reader.uint(1)
    reader.expect(count <= MEMBER_ROLES_MAX, "limit")

    def role(field_id: int) -> Role:
        bits = reader.uint(1)
        reader.expect(1 <= bits <= 3, "value")
        return Role(field_id, bool(bits & 1), bool(bits & 2))

    return Member(member_id, name, tuple(keys), tuple(read_ascending(reader, count, 2, role)))


def parse_genesis(data: bytes) -> Genesis:
    """Exactly one genesis (C-10 .. C-15)."""
    reader = Reader(data)
    reader.tag(TAG_GENESIS, "tag")
    reader.tag(VERSION, "version")
    reader.tag(SUITE_ED25519, "version")
    name = read_name(reader)
    time_ms = reader.uint(8)
    count = reader.uint(1)
    reader.expect(1 <= count <= VALIDATORS_MAX, "limit")
    validators: list[bytes] = []
    for _ in range(count):
        key = reader.bytes(32)
        reader.expect(key not in validators, "order")
        validators.append(key)
    count = reader.uint(4)
    reader.expect(count <= MEMBERS_MAX, "limit")
    members = read_ascending(reader, count, 4, lambda i: read_member(reader, i))
    reader.finish()
    return Genesis(name, time_ms, tuple(validators), tuple(members))


# --- Transactions (C-20 .. C-29) -----------------------------------------------------------------


class Claim(IntEnum):
    """What an attestation says (C-28)."""

    RECEIVED = 1
    VERIFIED = 2
    FAILED = 3
    INSPECTED = 4
    APPROVED = 5
    REJECTED = 6
    DISPUTED = 7
    NOTARISED = 8
    APPRAISED = 9
    CONSENT = 10


@dataclass(frozen=True, slots=True)
class Create:
    """REC create (C-27): a new record, version 1."""

    record_id: bytes
    schema: int
    commitment: bytes
    refs: tuple[bytes, ...] = ()
    actor: int = field(default=0, kw_only=True)

    def encode(self) -> bytes:
        head = be(1, 1) + self.record_id + be(0, 4)
        return head + encode_content(self.schema, self.commitment, self.refs)


@dataclass(frozen=True, slots=True)
class Amend:
    """REC amend (C-27): the next version after `expected_version`."""

    record_id: bytes
    expected_version: int
    schema: int
    commitment: bytes
    refs: tuple[bytes, ...] = ()
    actor: int = field(default=0, kw_only=True)

    def encode(self) -> bytes:
        head = be(2, 1) + self.record_id + be(self.expected_version, 4)
        return head + encode_content(self.schema, self.commitment, self.refs)


@dataclass(frozen=True, slots=True)
class Withdraw:
    """REC withdraw (C-27): the record stays, marked; one version more."""

    record_id: bytes
    expected_version: int
    actor: int = field(default=0, kw_only=True)

    def encode(self) -> bytes:
        return be(3, 1) + self.record_id + be(self.expected_version, 4)


@dataclass(frozen=True, slots=True)
class Attest:
    """ATT (C-28): a statement on one version of a record."""

    target: bytes
    version: int
    claim: Claim
    detail: bytes = ZERO
    actor: int = field(default=0, kw_only=True)

    def encode(self) -> bytes:
        return self.target + be(self.version, 4) + be(self.claim, 1) + self.detail


Operation: TypeAlias = Create | Amend | Withdraw | Attest
CODE_RECORD = 3
CODE_ATTEST = 4


def encode_content(schema: int, commitment: bytes, refs: Sequence[bytes]) -> bytes:
    return be(schema, 2) + commitment + be(len(refs), 1) + b"".join(refs)


def encode_operation(operation: Operation) -> bytes:
    """C-23."""
    code = CODE_ATTEST if isinstance(operation, Attest) else CODE_RECORD
    body = operation.encode()
    return be(code, 1) + be(operation.actor, 1) + be(len(body), 2) + body


def parse_record(data: bytes, actor: int) -> Create | Amend | Withdraw:
    """C-27."""
    reader = Reader(data)
    action = reader.uint(1)
    reader.expect(1 <= action <= 3, "tag")
    record_id = reader.bytes(32)
    version = reader.uint(4)
    reader.expect((version == 0) == (action == 1), "value")
    if action == 3:
        reader.finish()
        return Withdraw(record_id, version, actor=actor)
    schema = reader.uint(2)
    commitment = reader.bytes(32)
    count = reader.uint(1)
    reader.expect(count <= REFS_MAX, "limit")
    packed = reader.bytes(32 * count)
    refs = tuple(packed[32 * i : 32 * i + 32] for i in range(count))
    reader.expect(list(refs) == sorted(set(refs)), "order")
    reader.finish()
    if action == 1:
        return Create(record_id, schema, commitment, refs, actor=actor)
    return Amend(record_id, version, schema, commitment, refs, actor=actor)


def parse_attest(data: bytes, actor: int) -> Attest:
    """C-28."""
    reader = Reader(data)
    target = reader.bytes(32)
    version = reader.uint(4)
    reader.expect(version >= 1, "value")
    claim = reader.uint(1)
    reader.expect(1 <= claim <= 10, "tag")
    detail = reader.bytes(32)
    reader.finish()
    return Attest(target, version, Claim(claim), detail, actor=actor)


@dataclass(frozen=True, slots=True)
class Transaction:
    """C-20. `signers` are (member id, key id); `signatures` stand in their order."""

    chain_id: bytes
    field: int
    valid_until: int
    salt: bytes
    signers: tuple[tuple[int, int], ...]
    operations: tuple[Operation, ...]
    signatures: tuple[bytes, ...] = ()

    def encode_body(self) -> bytes:
        """C-21."""
        return b"".join(
            [
                bytes([TAG_TRANSACTION, VERSION, SUITE_ED25519]),
                self.chain_id,
                be(self.field, 2),
                be(self.valid_until, 8),
                self.salt,
                be(len(self.signers), 1),
                *(be(member, 4) + be(key, 4) for member, key in self.signers),
                be(len(self.operations), 1),
                *(encode_operation(operation) for operation in self.operations),
            ]
        )

    def encode(self) -> bytes:
        return self.encode_body() + b"".join(self.signatures)

    @property
    def id(self) -> bytes:
        """C-25."""
        return hashlib.sha256(self.encode_body()).digest()


def signing_payload(identity: bytes) -> bytes:
    """C-25: what each signer signs."""
    return bytes([TAG_TRANSACTION_SIGNATURE]) + identity


def read_operation(reader: Reader, signers: int) -> Operation:
    code = reader.uint(1)
    reader.expect(code in (CODE_RECORD, CODE_ATTEST), "tag")
    actor = reader.uint(1)
    reader.expect(actor < signers, "value")
    size = reader.uint(2)
    reader.expect(1 <= size <= OPERATION_BYTES_MAX, "limit")
    start = reader.at
    body = reader.bytes(size)
    try:
        return parse_record(body, actor) if code == CODE_RECORD else parse_attest(body, actor)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None


def parse_transaction(data: bytes) -> Transaction:
    """Exactly one transaction (C-20 .. C-28)."""
    reader = Reader(data)
    reader.expect(len(data) <= TRANSACTION_BYTES_MAX, "limit")
    reader.tag(TAG_TRANSACTION, "tag")
    reader.tag(VERSION, "version")
    reader.tag(SUITE_ED25519, "version")
    chain_id = reader.bytes(32)
    field_id = reader.uint(2)
    valid_until = reader.uint(8)
    salt = reader.bytes(16)
    count = reader.uint(1)
    reader.expect(1 <= count <= SIGNERS_MAX, "limit")
    signers: list[tuple[int, int]] = []
    for _ in range(count):
        signer = reader.uint(4), reader.uint(4)
        reader.expect(signer[0] not in [member for member, _ in signers], "order")
        signers.append(signer)
    count = reader.uint(1)
    reader.expect(1 <= count <= OPERATIONS_MAX, "limit")
    operations = tuple([read_operation(reader, len(signers)) for _ in range(count)])
    packed = reader.bytes(64 * len(signers))
    reader.finish()
    signatures = tuple(packed[64 * i : 64 * i + 64] for i in range(len(signers)))
    return Transaction(
        chain_id, field_id, valid_until, salt, tuple(signers), operations, signatures
    )


def transaction_id(data: bytes) -> bytes:
    """The id of an encoded transaction (C-25)."""
    return parse_transaction(data).id


def encode_payload(transactions: Sequence[bytes]) -> bytes:
    """C-29."""
    parts = [be(len(transactions), 4)]
    for transaction in transactions:
        parts += [be(len(transaction), 4), transaction]
    return b"".join(parts)


def parse_payload(data: bytes) -> list[bytes]:
    """C-29: the transactions as bytes; their content is not looked at."""
    reader = Reader(data)
    reader.expect(len(data) <= PAYLOAD_BYTES_MAX, "limit")
    count = reader.uint(4)
    reader.expect(count <= PAYLOAD_TRANSACTIONS_MAX, "limit")
    transactions = []
    for _ in range(count):
        size = reader.uint(4)
        reader.expect(size <= TRANSACTION_BYTES_MAX, "limit")
        transactions.append(reader.bytes(size))
    reader.finish()
    return transactions


# --- Headers (C-30 .. C-33) ----------------------------------------------------------------------

HEADER_BYTES = 284


@dataclass(frozen=True, slots=True)
class Header:
    """C-30."""

    chain_id: bytes
    epoch: int
    view: int
    height: int
    parent_view: int
    parent_digest: bytes
    leader: int
    payload_root: bytes
    payload_len: int
    state_root: bytes
    log_size: int
    log_root: bytes
    next_set_hash: bytes
    justify_root: bytes
    time_ms: int

    def encode(self) -> bytes:
        return b"".join(
            [
                bytes([TAG_HEADER, VERSION]),
                self.chain_id,
                be(self.epoch, 8),
                be(self.view, 8),
                be(self.height, 8),
                be(self.parent_view, 8),
                self.parent_digest,
                be(self.leader, 2),
                self.payload_root,
                be(self.payload_len, 4),
                bytes(4),  # C-31
                self.state_root,
                be(self.log_size, 8),
                self.log_root,
                self.next_set_hash,
                self.justify_root,
                be(self.time_ms, 8),
            ]
        )

    @property
    def digest(self) -> bytes:
        """The identity of the block."""
        return hashlib.sha256(self.encode()).digest()


def parse_header(data: bytes) -> Header:
    """Exactly one header."""
    reader = Reader(data)
    reader.tag(TAG_HEADER, "tag")
    reader.tag(VERSION, "version")
    chain_id = reader.bytes(32)
    epoch, view, height, parent_view = (reader.uint(8) for _ in range(4))
    parent_digest = reader.bytes(32)
    leader = reader.uint(2)
    payload_root = reader.bytes(32)
    payload_len = reader.uint(4)
    shards = reader.uint(2), reader.uint(2)
    reader.expect(shards == (0, 0), "value")
    state_root = reader.bytes(32)
    log_size = reader.uint(8)
    log_root = reader.bytes(32)
    next_set_hash, justify_root = reader.bytes(32), reader.bytes(32)
    time_ms = reader.uint(8)
    reader.finish()
    return Header(
        chain_id, epoch, view, height, parent_view, parent_digest, leader, payload_root,
        payload_len, state_root, log_size, log_root, next_set_hash, justify_root, time_ms,
    )  # fmt: skip
