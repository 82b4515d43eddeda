# SPDX-License-Identifier: Apache-2.0
"""Real drivers and ledgers on a simulated network and clock, with disks that fail as a test wants.

Signatures of votes are hashes (`simulated_network`); those of transactions are real. Whatever a
validator ever said is kept across its crashes and held against what it says later.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Callable

from fake_folder import Crash, FakeFolder, Lost
from simulated_network import public_key, sign

from chopmark.consensus import Config, VerifyVotes
from chopmark.errors import JournalError
from chopmark.ledger import Create, Ledger, Pool, build_transaction, transaction_id
from chopmark.node.blocks import MemoryBlockStore
from chopmark.node.devnet import Institution, derived_key, make_genesis
from chopmark.node.driver import EVERYONE, Clock, Driver, FinalBlock
from chopmark.node.journal import FileJournal, Folder
from chopmark.reference.codec import encode_payload
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Proposal,
    Vote,
    parse_message,
)

CLIENT = Institution(1, "clerk", 1, derived_key("client", 1))
WALL_MS = 1_000_000
LOG_BYTES_MAX = 3000  # so that checkpoints come in the middle of short runs


def genesis_of(n: int) -> bytes:
    genesis, _ = make_genesis("crash", n, [CLIENT], [1])
    keys = tuple(public_key(i) for i in range(n))
    return type(genesis)(genesis.name, genesis.time_ms, keys, genesis.members).encode()


def transaction(genesis: bytes, number: int) -> bytes:
    return build_transaction(
        chain_id=hashlib.sha256(genesis).digest(),
        field=1,
        valid_until=900,
        operations=[
            Create(hashlib.sha256(b"%d" % number).digest(), schema=1, commitment=bytes(32))
        ],
        signers=[(CLIENT.member, CLIENT.key_id, CLIENT.key)],
        salt=number.to_bytes(16, "big"),
    )


def verify(effect: VerifyVotes, _threads: int) -> bytes:
    ends = effect.offsets.tolist()
    return bytes(
        effect.signatures[64 * i : 64 * i + 64]
        == sign(effect.public_keys[32 * i : 32 * i + 32], effect.messages[ends[i] : ends[i + 1]])
        for i in range(len(ends) - 1)
    )


class HashSigner:
    def __init__(self, key: bytes) -> None:
        self.key = key

    def sign(self, data: bytes) -> bytes:
        return sign(self.key, data)


class Conflict(AssertionError):
    """A validator has said what contradicts what it said before."""


class Mouth:
    """All that one validator ever signed and sent."""

    def __init__(self) -> None:
        self.said: dict[tuple[int, int], dict[int, set[bytes]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self.words = 0

    def hear(self, index: int, message: bytes, n: int) -> None:
        if message[0] == 0x58:
            return
        parsed = parse_message(message, n)
        if isinstance(parsed, Vote) and parsed.validator == index:
            self.add(parsed.epoch, parsed.view, parsed.kind, parsed.digest)
        elif isinstance(parsed, Proposal) and parsed.header.leader == index:
            self.add(parsed.header.epoch, parsed.header.view, NOTARIZE, parsed.header.digest)

    def add(self, epoch: int, view: int, kind: int, digest: bytes) -> None:
        self.words += 1
        said = self.said[epoch, view]
        said[kind].add(digest)
        notarized, finalized = said[NOTARIZE], said[FINALIZE]
        if len(notarized) > 1 or len(finalized) > 1:
            raise Conflict(f"two votes of one kind in view {view}")
        if finalized and (said[NULLIFY] or not notarized <= finalized):
            raise Conflict(f"a finalize against another vote in view {view}")


class Node:
    """One validator over all its lives: the disk, the store and what it said outlive a crash."""

    def __init__(self, index: int, world: World) -> None:
        self.index = index
        self.world = world
        self.own_key = public_key(index)
        self.folder = FakeFolder()
        self.disk: Folder | None = None  # instead of it
        self.store = MemoryBlockStore()
        self.mouth = Mouth()
        self.final: dict[int, bytes] = {}
        self.driver: Driver | None = None
        self.failure: BaseException | None = None
        self.born_ms = 0

    def start(self, *, new_key: bool, log_bytes_max: int = LOG_BYTES_MAX) -> None:
        self.born_ms = self.world.now_ms
        self.failure = None
        with self.dying():
            self.driver = Driver(
                config=self.world.config(self.own_key),
                new_key=new_key,
                ledger=Ledger(self.world.genesis),
                pool=Pool(),
                signer=HashSigner(self.own_key),
                journal=FileJournal(self.folder if self.disk is None else self.disk),
                send=self.send,
                on_final=self.on_final,
                store=self.store,
                verify=verify,
                nonce=hashlib.sha256(b"nonce %d" % self.world.now_ms).digest(),
                log_bytes_max=log_bytes_max,
            )
        self.do(lambda driver, now: driver.tick(now))

    def dying(self) -> Dying:
        return Dying(self)

    @property
    def clock(self) -> Clock:
        now = self.world.now_ms
        return Clock(now - self.born_ms, WALL_MS + now)

    def do(self, what: Callable[[Driver, Clock], object]) -> None:
        if self.driver is not None:
            with self.dying():
                what(self.driver, self.clock)
        if self.driver is not None and self.driver.wake_ms is not None:
            self.world.wake(self, self.born_ms + self.driver.wake_ms)

    def send(self, to: int, message: bytes) -> None:
        self.mouth.hear(self.index, message, self.world.n)
        self.world.carry(self.index, to, message)

    def on_final(self, block: FinalBlock) -> None:
        known = self.final.setdefault(block.height, block.digest)
        assert known == block.digest, f"two final blocks of height {block.height}"

    def after_crash(self, lost: Lost) -> None:
        """A new disk with what the crash has left."""
        self.folder = FakeFolder(self.folder.after_crash(lost))


class Dying:
    """A crash or a broken journal ends the life of a node, not the test."""

    def __init__(self, node: Node) -> None:
        self.node = node

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Crash | JournalError):
            return False
        self.node.driver, self.node.failure = None, error
        return True


class World:
    """Nodes, time, and a network that delivers after a millisecond."""

    def __init__(self, n: int, epoch_blocks: int = 0) -> None:
        self.n = n
        self.epoch_blocks = epoch_blocks
        self.genesis = genesis_of(n)
        self.now_ms = 0
        self._order = 0
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self.nodes = [Node(i, self) for i in range(n)]

    def config(self, own_key: bytes) -> Config:
        return Config(
            chain_id=hashlib.sha256(self.genesis).digest(),
            validators=tuple(public_key(i) for i in range(self.n)),
            own_key=own_key,
            delta_ms=20,
            build_ms=20,
            standstill_ms=200,
            heartbeat_ms=10_000,
            epoch_blocks=self.epoch_blocks,
        )

    def at(self, due_ms: int, action: Callable[[], None]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (max(due_ms, self.now_ms), self._order, action))

    def wake(self, node: Node, due_ms: int) -> None:
        def fire() -> None:
            driver = node.driver
            due = None if driver is None else driver.wake_ms
            if due is not None and due <= node.clock.mono_ms:
                node.do(lambda driver, now: driver.tick(now))

        self.at(due_ms, fire)

    def carry(self, sender: int, to: int, message: bytes) -> None:
        for target in range(self.n) if to == EVERYONE else [to]:
            if target != sender:
                node = self.nodes[target]
                self.at(
                    self.now_ms + 1,
                    lambda node=node: node.do(  # type: ignore[misc]
                        lambda driver, now: driver.receive(sender, message, now)
                    ),
                )

    def submit(self, index: int, number: int) -> bytes:
        """Hands one transaction in; returns its id."""
        made = transaction(self.genesis, number)
        self.nodes[index].do(lambda driver, now: driver.submit(encode_payload([made]), now))
        return transaction_id(made)

    def run(self, until: Callable[[], bool], limit_ms: int) -> bool:
        deadline = self.now_ms + limit_ms
        while not until():
            if not self._queue or self._queue[0][0] > deadline:
                self.now_ms = deadline
                return False
            self.now_ms, _, action = heapq.heappop(self._queue)
            action()
        return True
