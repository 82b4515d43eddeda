# SPDX-License-Identifier: Apache-2.0
"""The encodings of docs/spec/codec.md in plain Python: genesis, transactions, payloads, headers.

Dataclasses encode themselves, and strict parsers accept exactly those bytes. The bodies of
operations are in `operations`, the general rules in `wire`; what callers need of both is here too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chopmark.reference.operations import (
    KEY_FLAGS,
    Amend,
    Attest,
    Claim,
    Council,
    Create,
    KeyFlags,
    Operation,
    Withdraw,
    encode_operation,
    read_operation,
)
from chopmark.reference.wire import (
    COUNCIL_MAX,
    MEMBER_KEYS_MAX,
    MEMBER_ROLES_MAX,
    MEMBERS_MAX,
    ROLES,
    SUITE_ED25519,
    VALIDATORS_MAX,
    VERSION,
    ZERO,
    InvalidEncoding,
    Reader,
    Roles,
    be,
    encode_name,
    read_ascending,
    read_distinct,
    read_name,
)

__all__ = [
    "ZERO",
    "Amend",
    "AnyHeader",
    "Attest",
    "Claim",
    "ClosingHeader",
    "Council",
    "Create",
    "Genesis",
    "GenesisKey",
    "Header",
    "InvalidEncoding",
    "Member",
    "Operation",
    "Reader",
    "Role",
    "Roles",
    "Transaction",
    "Withdraw",
    "be",
    "encode_operation",
    "encode_payload",
    "parse_any_header",
    "parse_genesis",
    "parse_header",
    "parse_payload",
    "parse_transaction",
    "signing_payload",
    "transaction_id",
]

TAG_TRANSACTION_SIGNATURE = 0x01
TAG_HEADER = 0x20
TAG_CLOSING_HEADER = 0x21
TAG_TRANSACTION = 0x30
TAG_GENESIS = 0x40
GENESIS_VERSION = 2

TRANSACTION_BYTES_MAX = 32 * 1024
PAYLOAD_BYTES_MAX = 4 * 1024 * 1024
PAYLOAD_TRANSACTIONS_MAX = 16 * 1024
OPERATIONS_MAX = 64
SIGNERS_MAX = 16


NO_COUNCIL = Council(0, ())


# --- Genesis (C-10 .. C-17) ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GenesisKey:
    """A key of a member (C-14)."""

    key_id: int
    public_key: bytes
    administrates: bool = True

    def encode(self) -> bytes:
        return be(self.key_id, 4) + be(self.administrates, 1) + self.public_key


@dataclass(frozen=True, slots=True)
class Role:
    """What a member may do in one field (C-15)."""

    field: int
    roles: Roles

    def encode(self) -> bytes:
        return be(self.field, 2) + be(self.roles, 2)


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
                *(key.encode() for key in self.keys),
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
    council: Council = NO_COUNCIL

    def encode(self) -> bytes:
        return b"".join(
            [
                bytes([TAG_GENESIS, GENESIS_VERSION, SUITE_ED25519]),
                encode_name(self.name),
                be(self.time_ms, 8),
                be(len(self.validators), 1),
                *self.validators,
                be(len(self.members), 4),
                *(member.encode() for member in self.members),
                self.council.encode(),
            ]
        )

    @property
    def chain_id(self) -> bytes:
        """C-16."""
        return hashlib.sha256(self.encode()).digest()


def read_member(reader: Reader, member_id: int, public_keys: set[bytes]) -> Member:
    """C-13 .. C-15; `public_keys` are those read so far in this genesis."""

    def key(key_id: int) -> GenesisKey:
        flags = KEY_FLAGS.read(reader)
        public_key = reader.bytes(32)
        reader.expect(public_key not in public_keys, "order")
        public_keys.add(public_key)
        return GenesisKey(key_id, public_key, KeyFlags.ADMINISTRATE in flags)

    def role(field: int) -> Role:
        roles = ROLES.read(reader)
        reader.expect(roles != Roles.NONE, "value")
        return Role(field, roles)

    name = read_name(reader)
    keys = read_ascending(reader, reader.count(1, 1, MEMBER_KEYS_MAX), 4, key)
    reader.expect(any(one.administrates for one in keys), "value")
    roles = read_ascending(reader, reader.count(1, 0, MEMBER_ROLES_MAX), 2, role)
    return Member(member_id, name, tuple(keys), tuple(roles))


def read_genesis_council(reader: Reader, members: Sequence[int]) -> Council:
    """C-17."""
    threshold = reader.uint(1)
    count = reader.count(1, 0, COUNCIL_MAX)
    reader.expect(min(count, 1) <= threshold <= count, "value")

    def check(member: int) -> int:
        reader.expect(member in known, "value")
        return member

    known = set(members)
    return Council(threshold, tuple(read_ascending(reader, count, 4, check)))


def parse_genesis(data: bytes) -> Genesis:
    """Exactly one genesis (C-10 .. C-17)."""
    reader = Reader(data)
    reader.tag(TAG_GENESIS, "tag")
    reader.tag(GENESIS_VERSION, "version")
    reader.tag(SUITE_ED25519, "version")
    name = read_name(reader)
    time_ms = reader.uint(8)
    count = reader.count(1, 1, VALIDATORS_MAX)
    validators = read_distinct(reader, count, lambda r: r.bytes(32))
    public_keys: set[bytes] = set()
    count = reader.count(4, 0, MEMBERS_MAX)
    members = read_ascending(reader, count, 4, lambda i: read_member(reader, i, public_keys))
    council = read_genesis_council(reader, [member.member_id for member in members])
    reader.finish()
    return Genesis(name, time_ms, validators, tuple(members), council)


# --- Transactions (C-20 .. C-29) -----------------------------------------------------------------


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


# --- Headers (C-30 .. C-33, C-37) ----------------------------------------------------------------

HEADER_BYTES = 284
CLOSING_HEADER_BYTES = 172


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


@dataclass(frozen=True, slots=True)
class ClosingHeader:
    """C-37: stands in the place of a header above the last block of an epoch."""

    chain_id: bytes
    epoch: int
    view: int
    height: int
    parent_view: int
    parent_digest: bytes
    leader: int
    last: bytes
    justify_root: bytes
    time_ms: int

    def encode(self) -> bytes:
        return b"".join(
            [
                bytes([TAG_CLOSING_HEADER, VERSION]),
                self.chain_id,
                be(self.epoch, 8),
                be(self.view, 8),
                be(self.height, 8),
                be(self.parent_view, 8),
                self.parent_digest,
                be(self.leader, 2),
                self.last,
                self.justify_root,
                be(self.time_ms, 8),
            ]
        )

    @property
    def digest(self) -> bytes:
        """What votes and children name."""
        return hashlib.sha256(self.encode()).digest()


AnyHeader: TypeAlias = Header | ClosingHeader


def parse_any_header(data: bytes) -> AnyHeader:
    """Exactly one header of either kind, told apart by its tag."""
    if data[:1] != bytes([TAG_CLOSING_HEADER]):
        return parse_header(data)
    reader = Reader(data)
    reader.tag(TAG_CLOSING_HEADER, "tag")
    reader.tag(VERSION, "version")
    chain_id = reader.bytes(32)
    epoch, view, height, parent_view = (reader.uint(8) for _ in range(4))
    parent_digest = reader.bytes(32)
    leader = reader.uint(2)
    last, justify_root = reader.bytes(32), reader.bytes(32)
    time_ms = reader.uint(8)
    reader.finish()
    return ClosingHeader(
        chain_id, epoch, view, height, parent_view, parent_digest, leader, last, justify_root,
        time_ms,
    )  # fmt: skip
