# SPDX-License-Identifier: Apache-2.0
"""Whole blocks: 10,000 transactions of 164 members, validated and executed on one thread.

The mix of operations is an assumption: mostly records and statements on them, some grants and their
use, cases, few quantities. A transaction has one signature and changes 1.06 entries of the state.
"""

from __future__ import annotations

import hashlib
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark import build_info, ledger
from chopmark.benchmarks.case import Case, Work, require
from chopmark.benchmarks.stages import Split
from chopmark.ledger import operations as op
from chopmark.node.keys import public_bytes
from chopmark.reference import codec
from chopmark.reference import ledger as reference
from chopmark.reference.wire import NEVER, ROLES_KNOWN, Roles
from chopmark.testing import use_backend

__all__ = ["MIX", "World", "block_case", "block_split", "ledger_cases"]

MEMBERS = 164
TRANSACTIONS = 10_000
FIELD, TEMPLATE, CLASS = 1, 1, 1
START_MS = 1_000
SIBLINGS = 200  # of the 256 that a ledger keeps

MIX = {  # of a hundred transactions
    "create": 40, "amend": 10, "attest": 20, "grant": 5, "use": 8, "open": 4, "step": 7,
    "issue": 2, "transfer": 2, "redeem": 1, "lock": 1,
}  # fmt: skip


def digest(label: str, i: int) -> bytes:
    return hashlib.sha256(f"chopmark ledger {label} {i}".encode()).digest()


@dataclass(frozen=True)
class Tip:
    """What a block stands on."""

    digest: bytes
    height: int
    time_ms: int
    view: int


class World:
    """A chain whose state has something for every operation of the mix to act on."""

    def __init__(self, transactions: int = TRANSACTIONS, *, signers: int = MEMBERS) -> None:
        self.transactions = transactions
        self.keys = [
            Ed25519PrivateKey.from_private_bytes(digest("member", i)) for i in range(signers)
        ]
        roles = (codec.Role(FIELD, Roles(ROLES_KNOWN)),)
        members = tuple(
            codec.Member(i, f"member-{i:05}", (codec.GenesisKey(1, public_bytes(key)),), roles)
            for i, key in enumerate(self.keys)
        )
        genesis = codec.Genesis(
            "bench", START_MS, (digest("validator", 0),), members, op.Council(1, (0,))
        )
        self.genesis = genesis.encode()
        self.chain_id = hashlib.sha256(self.genesis).digest()
        self.salts = itertools.count()
        self.siblings = 0  # blocks made for the tip
        self.ledger = ledger.Ledger(self.genesis)
        self.tip = Tip(self.chain_id, 0, START_MS, 0)
        self.setup = [self.definitions(), *self.objects()]

    # What is signed.

    def signed(self, signer: int, operation: op.Operation) -> bytes:
        signer %= len(self.keys)
        return ledger.build_transaction(
            chain_id=self.chain_id,
            field=FIELD,
            valid_until=1000,
            operations=[operation],
            signers=[(signer, 1, self.keys[signer])],
            salt=digest("salt", next(self.salts))[:16],
        )

    def block(self, transactions: Sequence[bytes], *, later_ms: int = SIBLINGS + 1) -> bytes:
        """On the tip, as a leader would build it."""
        payload = ledger.encode_payload(transactions)
        return self.block_of(payload, hashlib.sha256(payload).digest(), later_ms)

    def block_of(self, payload: bytes, payload_root: bytes, later_ms: int) -> bytes:
        state_root, log_size, log_root = self.ledger.roots(self.tip.digest)
        header = codec.Header(
            chain_id=self.chain_id,
            epoch=1,
            view=self.tip.view + 1,
            height=self.tip.height + 1,
            parent_view=self.tip.view,
            parent_digest=self.tip.digest,
            leader=0,
            payload_root=payload_root,
            payload_len=len(payload),
            state_root=state_root,
            log_size=log_size,
            log_root=log_root,
            next_set_hash=bytes(32),
            justify_root=bytes(32),
            time_ms=self.tip.time_ms + later_ms,
        )
        return header.encode() + payload

    def extend(self, transactions: Sequence[bytes]) -> bytes:
        """A block that becomes final."""
        block = self.block(transactions)
        require(self.ledger.validate_block(block).ok)
        results = self.ledger.finalize(hashlib.sha256(block[:284]).digest())
        require(not results.code.any())
        header = codec.parse_header(block[:284])
        self.tip = Tip(hashlib.sha256(block[:284]).digest(), header.height, header.time_ms,
                       header.view)  # fmt: skip
        return block

    # What stands there before.

    def definitions(self) -> bytes:
        open_state = op.State(op.StateKind.OPEN, 0, 0)
        template = op.DefineTemplate(
            TEMPLATE, FIELD, parties=(Roles.NONE, Roles.NONE), openers=0b11,
            states=(open_state, open_state),
            transitions=(op.Transition(0, 1, 1, by=0b11), op.Transition(1, 1, 0, by=0b11)),
        )  # fmt: skip
        asset_class = op.DefineClass(
            CLASS, FIELD, op.ClassFlags.HOLDER_REDEEMS, supply_max=1 << 62, issue_max=1 << 32,
            backing=op.Backing.NONE,
        )  # fmt: skip
        return self.extend([self.signed(0, template), self.signed(0, asset_class)])

    def objects(self) -> Iterator[bytes]:
        """A record for each transaction to come, cases, grants, units."""
        count = self.transactions
        yield self.extend([self.signed(i, self.create("old", i)) for i in range(count)])
        cases = [self.signed(i, self.open_case("old", i)) for i in range(count // 8)]
        grants = [
            self.signed(i, op.Grant(digest("old", i), self.other(i), 1, 1000, NEVER))
            for i in range(count // 8)
        ]
        yield self.extend(cases + grants)
        holders = min(len(self.keys), count // 50 + 1)  # all who transfer, redeem or lock
        yield self.extend([self.signed(i, op.Issue(CLASS, i, 1 << 20)) for i in range(holders)])

    def other(self, i: int) -> int:
        return (i + 1) % len(self.keys)

    def create(self, label: str, i: int) -> op.Create:
        """The later ones refer to two that are there."""
        refs = () if label == "old" else (digest("old", i), digest("old", i // 2))
        return op.Create(digest(label, i), 0, digest("document", i), tuple(sorted(set(refs))))

    def open_case(self, label: str, i: int) -> op.OpenCase:
        first = i % len(self.keys)
        return op.OpenCase(
            digest("case " + label, i), TEMPLATE, 0, digest("subject", i), (first, self.other(i))
        )

    # The mix.

    def operation(self, kind: str, i: int) -> tuple[int, op.Operation]:
        """The signer, and the i-th operation of its kind."""
        old = digest("old", i)
        made: dict[str, Callable[[], tuple[int, op.Operation]]] = {
            "create": lambda: (i, self.create("new", i)),
            "amend": lambda: (i, op.Amend(old, 1, 0, digest("amended", i))),
            "attest": lambda: (
                i + 2, op.Attest(digest("old", i + self.transactions // 4), 1, op.Claim.VERIFIED)),
            "grant": lambda: (i, op.Grant(old, (i + 5) % len(self.keys), 1, 3, NEVER)),
            "use": lambda: (self.other(i), op.Use(old, 1, digest("payload", i))),
            "open": lambda: (i, self.open_case("new", i)),
            "step": lambda: (i, op.Step(digest("case old", i), 0, 1)),
            "issue": lambda: (i, op.Issue(CLASS, i % len(self.keys), 5)),
            "transfer": lambda: (i, op.Transfer(CLASS, bytes(32), self.other(i), 1)),
            "redeem": lambda: (i, op.Redeem(CLASS, bytes(32), i % len(self.keys), 1)),
            "lock": lambda: (
                i, op.Lock(digest("lock", i), CLASS, bytes(32), 1, self.other(i), NEVER,
                           op.Preimage(digest("hash", i)))),
        }  # fmt: skip
        return made[kind]()

    def mixed(self) -> list[bytes]:
        """The transactions of a block, the kinds evenly spread."""
        places = sorted(
            ((k + 0.5) / (share * self.transactions // 100), kind, k)
            for kind, share in MIX.items()
            for k in range(share * self.transactions // 100)
        )
        return [self.signed(*self.operation(kind, k)) for _, kind, k in places]

    def sibling_blocks(self, transactions: Sequence[bytes]) -> Iterator[bytes]:
        """Blocks of the same content on the tip, no two of this world the same. Now and then an
        empty block becomes final, which drops all of them.
        """
        payload = ledger.encode_payload(transactions)
        payload_root = hashlib.sha256(payload).digest()
        while True:
            if self.siblings == SIBLINGS:
                self.extend([])
                self.siblings = 0
            self.siblings += 1
            yield self.block_of(payload, payload_root, self.siblings)


@cache
def reference_work() -> Work:
    """The reference needs milliseconds for each transaction: a world and a block of a hundred."""
    world = World(100)
    slow = reference.Ledger(world.genesis)
    for block in world.setup:
        require(slow.validate_block(block).ok)
    blocks = world.sibling_blocks(world.mixed())

    def run() -> None:
        require(slow.validate_block(next(blocks)).ok)

    return Work(run, 100, "chopmark.reference.ledger")


def block_case(
    world: World, what: str, *, backend: str | None = None, waiting: bool = False
) -> Case:
    """Whole blocks of the mix: parse, ids, signatures, rules, state, log, roots. With `waiting` all
    transactions stand in the pool, which has verified their signatures.
    """
    mixed = world.mixed()
    blocks = world.sibling_blocks(mixed)
    size = sum(map(len, mixed)) / len(mixed)
    pool = None
    if waiting:
        pool = ledger.Pool()
        require(pool.admit(world.ledger, ledger.encode_payload(mixed))[0] == len(mixed))

    def ours() -> None:
        require(world.ledger.validate_block(next(blocks), pool=pool).ok)

    def capped() -> None:
        with use_backend(str(backend)):
            ours()

    return Case(
        f"ledger.validate_block, {len(mixed)} of {size:.0f} B, {what}",
        "transactions/s",
        Work(capped if backend else ours, len(mixed)),
        reference_work(),
    )


def admit_case(world: World) -> Case:
    """Admission to an empty pool; one signature of a hundred is bad."""
    mixed = world.mixed()
    mixed[::100] = [one[:-1] + bytes([one[-1] ^ 1]) for one in mixed[::100]]
    payload = ledger.encode_payload(mixed)
    good = len(mixed) - len(mixed[::100])

    def ours() -> None:
        counts = ledger.Pool().admit(world.ledger, payload)
        require((counts[0], counts[2]) == (good, len(mixed) - good))

    return Case(
        f"ledger.Pool.admit, {len(mixed)} of {len(world.keys)} members, 1 % bad signatures",
        "transactions/s",
        Work(ours, len(mixed)),
        reference_work(),
    )


def ledger_cases(quick: bool) -> Iterator[Case]:
    world = World(1000 if quick else TRANSACTIONS)
    yield block_case(world, f"{MEMBERS} members")
    yield block_case(world, f"{MEMBERS} members, all in the pool", waiting=True)
    yield admit_case(world)
    if "avx2" in build_info()["available_backends"]:
        yield block_case(world, f"{MEMBERS} members, on avx2", backend="avx2")
    if not quick:
        yield block_case(World(TRANSACTIONS, signers=TRANSACTIONS), "all keys distinct")


def block_split(transactions: int = TRANSACTIONS) -> Split:
    """How long a transaction spends in each stage of validation: medians over some blocks."""
    world = World(transactions)
    seen: dict[str, list[int]] = {}
    for block, _ in zip(world.sibling_blocks(world.mixed()), range(20)):
        last = time.perf_counter_ns()

        def reached(stage: str) -> None:
            nonlocal last
            now = time.perf_counter_ns()
            seen.setdefault(stage, []).append(now - last)
            last = now

        require(world.ledger._ledger.validate_block_in_stages(block, reached).ok)
    return Split(
        f"block of {transactions}, {MEMBERS} members",
        {stage: statistics.median(times) / transactions for stage, times in seen.items()},
    )
