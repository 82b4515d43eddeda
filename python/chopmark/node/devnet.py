# SPDX-License-Identifier: Apache-2.0
"""A ledger of several validators in one process, on a simulated network.

Every message is encoded, delayed, and read by the same decoders that a socket would feed. Time is
the machine's own; only the delay of the network is simulated.
"""

from __future__ import annotations

import hashlib
import heapq
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark.consensus import Config
from chopmark.ledger import Genesis, GenesisKey, Ledger, Member, Pool, Role, Roles
from chopmark.node.driver import EVERYONE, Clock, Driver, FinalBlock
from chopmark.node.journal import Journal, MemoryJournal
from chopmark.node.keys import public_bytes
from chopmark.reference.wire import ROLES_KNOWN

__all__ = ["Devnet", "Institution", "Node", "make_genesis"]

DELTA_MS = 50
BUILD_MS = 50
STANDSTILL_MS = 1000
HEARTBEAT_MS = 10_000


@dataclass(frozen=True)
class Institution:
    """A member with its secret key, as a client of the ledger knows itself."""

    member: int
    name: str
    key_id: int
    key: Ed25519PrivateKey


def derived_key(purpose: str, index: int) -> Ed25519PrivateKey:
    """Deterministic keys, so that a devnet is the same each time. Worth nothing as secrets."""
    seed = hashlib.sha256(f"chopmark devnet {purpose} {index}".encode()).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


def make_genesis(
    name: str, validators: int, institutions: Iterable[Institution], fields: Iterable[int]
) -> tuple[Genesis, list[Ed25519PrivateKey]]:
    """A genesis in which every institution may do everything in each of `fields`; none governs."""
    keys = [derived_key("validator", i) for i in range(validators)]
    roles = tuple(Role(field, Roles(ROLES_KNOWN)) for field in sorted(fields))
    members = tuple(
        Member(one.member, one.name, (GenesisKey(one.key_id, public_bytes(one.key)),), roles)
        for one in sorted(institutions, key=lambda one: one.member)
    )
    genesis = Genesis(name, 0, tuple(public_bytes(key) for key in keys), members)
    return genesis, keys


class Node:
    """One validator of a devnet with the final blocks it has seen."""

    def __init__(
        self,
        index: int,
        genesis: Genesis,
        key: Ed25519PrivateKey,
        devnet: Devnet,
        epoch_blocks: int,
        journal: Journal,
    ) -> None:
        encoded = genesis.encode()
        self.index = index
        self.blocks: list[FinalBlock] = []
        self.journal = journal
        ledger = Ledger(encoded)
        config = Config(
            chain_id=ledger.chain_id,
            validators=genesis.validators,
            own_key=public_bytes(key),
            genesis_time_ms=genesis.time_ms,
            delta_ms=DELTA_MS,
            build_ms=BUILD_MS,
            standstill_ms=STANDSTILL_MS,
            heartbeat_ms=HEARTBEAT_MS,
            epoch_blocks=epoch_blocks,
        )
        self.driver = Driver(
            config=config,
            new_key=True,
            ledger=ledger,
            pool=Pool(),
            signer=key,
            journal=self.journal,
            send=lambda to, message: devnet.send(index, to, message),
            on_final=self._final,
        )

    @property
    def ledger(self) -> Ledger:
        """The ledger of this validator."""
        return self.driver.ledger

    def _final(self, block: FinalBlock) -> None:
        self.blocks.append(block)


class Devnet:
    """Validators in one process; messages between them take `delay_ms`.

    With `epoch_blocks`, the set changes as the state asks for (L-137). `joining` are keys of those
    who may come in that way; their nodes follow the chain meanwhile, numbered after the others.
    `journal` makes the journal of a node; every one must be new.
    """

    def __init__(
        self,
        genesis: Genesis,
        keys: list[Ed25519PrivateKey],
        *,
        delay_ms: float = 1.0,
        epoch_blocks: int = 0,
        joining: Iterable[Ed25519PrivateKey] = (),
        journal: Callable[[int], Journal] = lambda _index: MemoryJournal(),
    ) -> None:
        self.genesis = genesis
        self.delay_ms = delay_ms
        self.messages = 0
        self.message_bytes = 0
        self._wire: list[tuple[float, int, int, int, bytes]] = []  # due, order, from, to, message
        everyone = [*keys, *joining]
        self.nodes = [
            Node(i, genesis, key, self, epoch_blocks, journal(i)) for i, key in enumerate(everyone)
        ]
        for node in self.nodes:
            for link in range(len(keys), len(everyone)):
                if link != node.index:
                    node.driver.connect(link, public_bytes(everyone[link]), self.clock())
            node.driver.tick(self.clock())

    def clock(self) -> Clock:
        """Now."""
        return Clock(int(time.monotonic() * 1000), int(time.time() * 1000))

    def send(self, sender: int, to: int, message: bytes) -> None:
        """Puts a message on the wire to one validator, or to all others."""
        due = time.monotonic() + self.delay_ms / 1000
        receivers = range(len(self.nodes)) if to == EVERYONE else [to]
        for receiver in receivers:
            if receiver != sender:
                self.messages += 1
                self.message_bytes += len(message)
                heapq.heappush(self._wire, (due, self.messages, sender, receiver, message))

    def submit(self, transactions: bytes, node: int) -> tuple[int, int, int, int]:
        """Hands a payload of transactions (C-29) to one validator, as its client would."""
        return self.nodes[node].driver.submit(transactions, self.clock())

    def run(self, until: Callable[[], bool], timeout_s: float) -> bool:
        """Lets the network run until the condition holds. False after `timeout_s` without it."""
        deadline = time.monotonic() + timeout_s
        while not until():
            if time.monotonic() > deadline:
                return False
            if not self._deliver_due() and not self._tick_due():
                self._wait(deadline)
        return True

    def _deliver_due(self) -> bool:
        if not self._wire or self._wire[0][0] > time.monotonic():
            return False
        _, _, sender, receiver, message = heapq.heappop(self._wire)
        self.nodes[receiver].driver.receive(sender, message, self.clock())
        return True

    def _tick_due(self) -> bool:
        now = self.clock()
        due = [
            n
            for n in self.nodes
            if n.driver.wake_ms is not None and n.driver.wake_ms <= now.mono_ms
        ]
        for node in due:
            node.driver.tick(now)
        return bool(due)

    def _wait(self, deadline: float) -> None:
        wakes = [n.driver.wake_ms / 1000 for n in self.nodes if n.driver.wake_ms is not None]
        wakes += [self._wire[0][0]] if self._wire else []
        pause = min([*wakes, deadline]) - time.monotonic()
        if pause > 0:
            time.sleep(min(pause, 0.05))
