# SPDX-License-Identifier: Apache-2.0
"""What consensus costs one validator: the replica and the verification of votes, for each view.

A network without faults is run once, with real keys. Everything that one validator's replica was
given and had verified is kept, and measured alone by giving it to a new replica: signing, building
and certifying (the ledger), writing, sending, and the Python of a driver are not in it. As a driver
does, a step takes one message with a tick, or the answers to what the step before has asked for.
"""

from __future__ import annotations

import hashlib
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chopmark import Ragged, consensus, ed25519
from chopmark.benchmarks.case import Case, Work, peer, require, seed
from chopmark.benchmarks.stages import Split
from chopmark.consensus import (
    Build,
    Certify,
    Config,
    Deliver,
    Effect,
    Persist,
    Replica,
    Send,
    Sign,
    VerifyVotes,
)
from chopmark.ledger import Create, build_transaction, encode_payload
from chopmark.node.verifier import Verifier
from chopmark.reference import ed25519 as reference_ed25519

__all__ = ["Tape", "consensus_cases", "consensus_splits", "describe", "record_views"]

CHAIN_ID = hashlib.sha256(b"chopmark bench chain").digest()
WALL_MS = 1_000_000
HOP_MS = 5  # for each message; far below every timer
NEVER_MS = 60_000
MEASURED = 1  # the validator whose steps are kept
Verify = Callable[[VerifyVotes, int], bytes]


@dataclass
class Tape:
    """The life of one validator: what its replica was given, and the batches it had verified."""

    config: Config
    steps: list[bytes | VerifyVotes] = field(default_factory=list)  # in their order
    views: int = 0
    effect_bytes: int = 0
    messages: int = 0  # that it was given
    sent: int = 0

    @property
    def events(self) -> list[bytes]:
        return [one for one in self.steps if isinstance(one, bytes)]

    @property
    def batches(self) -> list[VerifyVotes]:
        return [one for one in self.steps if isinstance(one, VerifyVotes)]

    @property
    def signatures(self) -> int:
        return sum(len(one.signatures) // 64 for one in self.batches)

    def play(self, verify: Verify | None) -> int:
        """The same life again, by a new replica. None: without the batches. Returns its view."""
        replica = Replica.create(self.config)
        for one in self.steps:
            if isinstance(one, bytes):
                replica.step(one)
            elif verify is not None:
                verify(one, 1)
        return replica.view

    def verify(self, verify: Verify) -> None:
        """The batches alone."""
        for one in self.batches:
            require(b"\0" not in verify(one, 1))


class Network:
    """Replicas whose messages arrive one after the other, each a hop later."""

    def __init__(self, n: int, payload: bytes) -> None:
        self.keys = [Ed25519PrivateKey.from_private_bytes(seed("validator", i)) for i in range(n)]
        public = tuple(key.public_key().public_bytes_raw() for key in self.keys)
        configs = [
            Config(
                chain_id=CHAIN_ID,
                validators=public,
                own_key=own,
                delta_ms=NEVER_MS,
                standstill_ms=NEVER_MS,
                heartbeat_ms=NEVER_MS,
            )
            for own in public
        ]
        self.payload = payload
        self.verify = Verifier()
        self.replicas = [Replica.create(config) for config in configs]
        self.tapes = [Tape(config) for config in configs]
        self.wire: deque[tuple[int, int, int, bytes]] = deque()  # due, from, to, message
        self.now_ms = 0
        for i in range(n):
            self.run(i, [self.tick(), consensus.pending(1)])

    def tick(self) -> bytes:
        return consensus.tick(self.now_ms, WALL_MS + self.now_ms)

    def run(self, node: int, events: list[bytes]) -> None:
        tape = self.tapes[node]
        while events:
            given = b"".join(events)
            tape.steps.append(given)
            effects = self.replicas[node].step(given)
            tape.effect_bytes += len(effects)
            events = []
            last_seq = height = 0
            for effect in consensus.decode_effects(effects):
                if isinstance(effect, Persist):
                    last_seq = effect.seq
                elif isinstance(effect, Deliver):
                    height = effect.height
                else:
                    events += self.answer(node, effect)
            events += [consensus.durable(last_seq)] if last_seq else []
            events += [consensus.stored(height)] if height else []

    def answer(self, node: int, effect: Effect) -> list[bytes]:
        match effect:
            case VerifyVotes(request):
                self.tapes[node].steps.append(effect)
                return [consensus.votes_verified(request, self.verify(effect, 1))]
            case Sign(request, payload):
                return [consensus.signed(request, self.keys[node].sign(payload))]
            case Send(to, message):
                for target in range(len(self.keys)) if to == 0xFFFF else [to]:
                    if target != node:
                        self.tapes[node].sent += 1
                        self.wire.append((self.now_ms + HOP_MS, node, target, message))
            case Build(request):
                return [consensus.built(request, bytes(32), 0, bytes(32), self.payload)]
            case Certify(digest):
                return [consensus.certified(digest, True)]
        return []

    def go(self, views: int) -> None:
        while self.replicas[MEASURED].view <= views:
            self.now_ms, sender, target, message = self.wire.popleft()
            self.tapes[target].messages += 1
            self.run(target, [self.tick(), consensus.message(sender, message)])


def payload_of(transactions: int) -> bytes:
    key = Ed25519PrivateKey.from_private_bytes(seed("client", 1))
    return encode_payload(
        [
            build_transaction(
                chain_id=CHAIN_ID,
                field=1,
                valid_until=1000,
                operations=[Create(seed("record", i), 0, bytes(32))],
                signers=[(1, 1, key)],
                salt=i.to_bytes(16, "big"),
            )
            for i in range(transactions)
        ]
    )


@cache
def record_views(n: int, transactions: int, views: int) -> Tape:
    """A life of so many views without faults, blocks with so many transactions each."""
    network = Network(n, payload_of(transactions))
    network.go(views)
    tape = network.tapes[MEASURED]
    tape.views = views
    height, view, _ = network.replicas[MEASURED].last_final
    require(height == view >= views - 1)  # nothing was nullified
    require(tape.play(network.verify) == network.replicas[MEASURED].view)
    return tape


def one_by_one(check: Callable[[bytes, bytes, bytes], object]) -> Verify:
    def run(effect: VerifyVotes, _threads: int) -> bytes:
        ends = effect.offsets.tolist()
        for i in range(len(ends) - 1):
            check(
                effect.public_keys[32 * i : 32 * i + 32],
                effect.signatures[64 * i : 64 * i + 64],
                effect.messages[ends[i] : ends[i + 1]],
            )
        return b""

    return run


def keys_each_time(effect: VerifyVotes, threads: int) -> bytes:
    """Without what the verifier of a driver keeps of the keys."""
    messages = Ragged(effect.messages, effect.offsets)
    verdicts = ed25519.verify_batch(
        effect.public_keys, effect.signatures, messages, threads=threads
    )
    return verdicts.astype(np.uint8).tobytes()


def consensus_case(n: int, transactions: int, views: int) -> Case:
    """Views of one validator; the others differ in who verifies its signatures."""
    few = max(4, views // 50)

    def replay(views: int, verify: Verify) -> Callable[[], object]:
        return lambda: record_views(n, transactions, views).play(verify)

    def ours() -> Callable[[], object]:
        verifier = Verifier()
        record_views(n, transactions, few)
        return replay(views, verifier)

    def pynacl() -> Callable[[], object]:
        from nacl.signing import VerifyKey

        return replay(views, one_by_one(lambda key, s, m: VerifyKey(key).verify(m, s)))

    def openssl() -> Callable[[], object]:
        load = Ed25519PublicKey.from_public_bytes
        return replay(views, one_by_one(lambda key, s, m: load(key).verify(s, m)))

    return Case(
        f"consensus, n={n}, {named(transactions)}",
        "views/s",
        Work(lazily(ours), views),
        Work(
            replay(few, one_by_one(reference_ed25519.verify)),
            few,
            "native replica, chopmark.reference.ed25519",
        ),
        [*peer("pynacl", pynacl, views), *peer("cryptography", openssl, views)],
    )


def lazily(make: Callable[[], Callable[[], object]]) -> Callable[[], object]:
    made = cache(make)
    return lambda: made()()


def named(transactions: int) -> str:
    return f"{transactions} transactions" if transactions else "empty blocks"


SIZES = ((4, 0), (4, 100), (16, 0), (16, 100))


def views_of(n: int, quick: bool) -> int:
    return (400 if quick else 2000) * 4 // (n if n > 4 else 4)


def consensus_cases(quick: bool) -> Iterator[Case]:
    """Made when they are asked for."""
    for n, transactions in SIZES:
        yield consensus_case(n, transactions, views_of(n, quick))


def cpu_ns(run: Callable[[], object], rounds: int) -> float:
    """Processor time of this thread, the median of the rounds after a first."""
    run()
    seen = []
    for _ in range(rounds):
        started = time.thread_time_ns()
        run()
        seen.append(time.thread_time_ns() - started)
    return statistics.median(seen)


def consensus_splits(quick: bool, rounds: int = 5) -> list[Split]:
    """Processor time for each view and validator: of the replica, and of the verification."""
    return [split(record_views(n, size, views_of(n, quick)), size, rounds) for n, size in SIZES]


def split(tape: Tape, transactions: int, rounds: int) -> Split:
    verifier, n = Verifier(), len(tape.config.validators)
    steps = cpu_ns(lambda: tape.play(None), rounds) / tape.views
    batches = cpu_ns(lambda: tape.verify(verifier), rounds) / tape.views
    decoded = cpu_ns(lambda: tape.verify(keys_each_time), rounds) / tape.views
    return Split(
        f"consensus n={n}, {named(transactions)} ({describe(tape)}; signatures without "
        f"tables of keys {decoded:.0f})",
        {"replica": steps, "signatures": batches},
    )


def describe(tape: Tape) -> str:
    """Calls and bytes for each view of one validator."""
    given = sum(len(one) for one in tape.events)
    return (
        f"{len(tape.events) / tape.views:.1f} steps, {tape.messages / tape.views:.1f} messages in, "
        f"{tape.sent / tape.views:.1f} out, {len(tape.batches) / tape.views:.1f} batches of "
        f"{tape.signatures / len(tape.batches):.1f} signatures, "
        f"{given / tape.views:.0f} bytes of events, "
        f"{tape.effect_bytes / tape.views:.0f} of effects"
    )
