# SPDX-License-Identifier: Apache-2.0
"""A small chain for tests: members, signed transactions, whole blocks, and ways to spoil them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark.reference import codec
from chopmark.reference.codec import Amend, Attest, Claim, Create, Operation, Roles, Withdraw
from chopmark.reference.operations import possession_payload

NO_POINT = (2).to_bytes(32, "little")


def digest(label: str) -> bytes:
    return hashlib.sha256(label.encode()).digest()


@dataclass(frozen=True)
class Signer:
    """A key of a member, or one that claims to be."""

    member: int
    key_id: int

    @property
    def private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(digest(f"key {self.member} {self.key_id}"))

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    def genesis_key(self, *, administrates: bool = True) -> codec.GenesisKey:
        return codec.GenesisKey(self.key_id, self.public, administrates)

    def possession(self, chain_id: bytes) -> bytes:
        """C-51."""
        return self.private.sign(
            possession_payload(chain_id, self.member, self.key_id, self.public)
        )


COUNCIL = Signer(1, 1), Signer(2, 1), Signer(3, 1)  # two of them decide
COUNCIL_GATEWAY = Signer(1, 2)  # a key that does not administrate
COURT = Signer(4, 1)  # holds and decides in fields 1 and 2
ISSUER = Signer(5, 1)  # issues, records and attests in field 1
TRADER = Signer(6, 1)  # trades in field 1
CLERK, CLERK_SPARE = Signer(7, 1), Signer(7, 9)  # records and attests in field 1, records in 2
HOSPITAL = Signer(9, 1)  # records, trades, and sees records in an emergency, in field 1
BANK = Signer(20, 5)  # records, attests and trades in field 1
WITNESS = Signer(21, 0)  # attests in field 1
BROKEN = Signer(22, 1)  # its public key is no point of the curve
GUEST = Signer(2**32 - 1, 2**32 - 1)  # no roles
STRANGER = Signer(8, 1)  # no member
WRONG_KEY = Signer(20, 6)  # a member, but no key of it

ATTEST = Roles.ATTEST | Roles.INSPECT | Roles.APPROVE | Roles.NOTARISE
BOTH = codec.Role(1, Roles.RECORD | ATTEST)
COURT_ROLES = Roles.HOLD | Roles.DECIDE
GENESIS = codec.Genesis(
    name="test-1",
    time_ms=1_700_000_000_000,
    validators=tuple(digest(f"validator {i}") for i in range(4)),
    members=(
        codec.Member(1, "council-1", (COUNCIL[0].genesis_key(),
                                      COUNCIL_GATEWAY.genesis_key(administrates=False))),
        codec.Member(2, "council-2", (COUNCIL[1].genesis_key(),)),
        codec.Member(3, "council-3", (COUNCIL[2].genesis_key(),)),
        codec.Member(4, "court", (COURT.genesis_key(),),
                     (codec.Role(1, COURT_ROLES), codec.Role(2, COURT_ROLES))),
        codec.Member(5, "issuer", (ISSUER.genesis_key(),),
                     (codec.Role(1, Roles.ISSUE | Roles.RECORD | ATTEST),)),
        codec.Member(6, "trader", (TRADER.genesis_key(),), (codec.Role(1, Roles.TRADE),)),
        codec.Member(7, "clerk", (CLERK.genesis_key(), CLERK_SPARE.genesis_key()),
                     (BOTH, codec.Role(2, Roles.RECORD))),
        codec.Member(9, "hospital", (HOSPITAL.genesis_key(),),
                     (codec.Role(1, Roles.RECORD | Roles.EMERGENCY | Roles.TRADE),)),
        codec.Member(20, "bank", (BANK.genesis_key(),),
                     (codec.Role(1, BOTH.roles | Roles.TRADE),)),
        codec.Member(21, "witness", (WITNESS.genesis_key(),), (codec.Role(1, ATTEST),)),
        codec.Member(22, "broken", (codec.GenesisKey(1, NO_POINT),), (BOTH,)),
        codec.Member(2**32 - 1, "guest", (GUEST.genesis_key(),)),
    ),
    council=codec.Council(2, (1, 2, 3)),
)  # fmt: skip
GENESIS_BYTES = GENESIS.encode()
CHAIN_ID = GENESIS.chain_id
OTHER_GENESIS = dataclasses.replace(GENESIS, time_ms=GENESIS.time_ms + 1)


def record_id(n: int) -> bytes:
    return digest(f"record {n}")


def create(n: int, *, refs: Sequence[int] = (), schema: int = 0, actor: int = 0) -> Create:
    ids = tuple(sorted(record_id(ref) for ref in refs))
    return Create(record_id(n), schema, digest(f"document {n}"), ids, actor=actor)


def amend(n: int, version: int, *, refs: Sequence[int] = (), actor: int = 0) -> Amend:
    ids = tuple(sorted(record_id(ref) for ref in refs))
    return Amend(record_id(n), version, 0, digest(f"document {n} {version}"), ids, actor=actor)


def withdraw(n: int, version: int, *, actor: int = 0) -> Withdraw:
    return Withdraw(record_id(n), version, actor=actor)


def attest(n: int, version: int = 1, claim: Claim = Claim.VERIFIED, *, actor: int = 0) -> Attest:
    return Attest(record_id(n), version, claim, digest(f"detail {n}"), actor=actor)


def transaction(
    *operations: Operation,
    by: Sequence[Signer] = (CLERK,),
    sign_with: Sequence[Signer] | None = None,
    chain_id: bytes = CHAIN_ID,
    field: int = 1,
    valid_until: int = 100,
    salt: int = 0,
) -> bytes:
    """One transaction; its keys are those of `sign_with` if that is given."""
    unsigned = codec.Transaction(
        chain_id,
        field,
        valid_until,
        salt.to_bytes(16, "big"),
        tuple((one.member, one.key_id) for one in by),
        operations,
    )
    body = unsigned.encode_body()
    payload = codec.signing_payload(hashlib.sha256(body).digest())
    signers = by if sign_with is None else sign_with
    return body + b"".join(one.private.sign(payload) for one in signers)


def flip(data: bytes, bit: int) -> bytes:
    """`data` with one bit changed, counted from the front."""
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def bad_signature(data: bytes) -> bytes:
    """A transaction with the same id and a last signature that does not verify."""
    return flip(data, 8 * len(data) - 260)


class HasRoots(Protocol):
    def roots(self, digest: bytes) -> tuple[bytes, int, bytes]: ...


@dataclass(frozen=True)
class Block:
    """A header with its payload; GENESIS_BLOCK stands for the parent of the first."""

    header: codec.Header | None
    payload: bytes = b""

    @property
    def height(self) -> int:
        return self.header.height if self.header else 0

    @property
    def view(self) -> int:
        return self.header.view if self.header else 0

    @property
    def time_ms(self) -> int:
        return self.header.time_ms if self.header else GENESIS.time_ms

    @property
    def digest(self) -> bytes:
        return self.header.digest if self.header else CHAIN_ID

    @property
    def data(self) -> bytes:
        assert self.header is not None
        return self.header.encode() + self.payload

    def spoiled(self, **changes: Any) -> Block:
        """The same payload under a header with other fields."""
        assert self.header is not None
        return Block(dataclasses.replace(self.header, **changes), self.payload)


GENESIS_BLOCK = Block(None)


def block(
    on: HasRoots,
    parent: Block,
    transactions: Sequence[bytes] = (),
    *,
    payload: bytes | None = None,
    **changes: Any,
) -> Block:
    """A block that `on` finds valid on `parent`, unless its transactions or `changes` spoil it."""
    if payload is None:
        payload = codec.encode_payload(transactions)
    state_root, log_size, log_root = on.roots(parent.digest)
    header = codec.Header(
        chain_id=CHAIN_ID,
        epoch=1,
        view=parent.view + 1,
        height=parent.height + 1,
        parent_view=parent.view,
        parent_digest=parent.digest,
        leader=0,
        payload_root=hashlib.sha256(payload).digest(),
        payload_len=len(payload),
        state_root=state_root,
        log_size=log_size,
        log_root=log_root,
        next_set_hash=bytes(32),
        justify_root=bytes(32),
        time_ms=parent.time_ms + 1000,
    )
    return Block(dataclasses.replace(header, **changes), payload)


@contextmanager
def little_memory(room: int = 512 << 20) -> Iterator[None]:
    """Lets the process map at most `room` bytes more, where the system can say how many it has."""
    try:
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (ImportError, OSError):
        yield
        return
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + room, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
