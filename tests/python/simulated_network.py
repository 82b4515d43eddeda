# SPDX-License-Identifier: Apache-2.0
"""Replicas on a simulated network with faults, and an observer that checks every step.

Signatures are hashes that only the owner of a key computes here, so a run is fast and depends on
its seed alone. The checks share no code with the replica: messages are read by the reference.
"""

from __future__ import annotations

import hashlib
import heapq
import random
import struct
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from chopmark import consensus
from chopmark.reference.codec import ZERO, Header, InvalidEncoding, parse_header
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Certificate,
    Proposal,
    Vote,
    parse_certificate,
    parse_justification,
    parse_message,
    quorum,
    vote_payload,
)

EVERYONE = 0xFFFF
CHAIN = hashlib.sha256(b"simulated chain").digest()
INVALID = b"INVALID!"
EPOCH = 1


def public_key(index: int) -> bytes:
    return hashlib.sha256(b"validator %d" % index).digest()


def sign(key: bytes, payload: bytes) -> bytes:
    return hashlib.sha512(b"signature" + key + payload).digest()


@dataclass(frozen=True)
class Faults:
    """What happens until `heal_ms`. Rates are per message; Byzantine validators stay so."""

    loss: float = 0.0
    duplicate: float = 0.0
    delay_ms: tuple[int, int] = (1, 8)
    spike: float = 0.0  # messages that take up to a second more
    partition: float = 0.0  # chance per 200 ms that the network splits for a while
    stall: float = 0.0  # chance per 200 ms that one validator stands still for a while
    crashed: frozenset[int] = frozenset()
    byzantine: frozenset[int] = frozenset()
    heal_ms: int = 4000


class Violation(AssertionError):
    """An invariant of the protocol does not hold."""


def require(condition: bool, what: str) -> None:
    if not condition:
        raise Violation(what)


@dataclass
class Observer:
    """Everything honest validators ever sent or delivered, checked as it comes."""

    n: int
    byzantine: frozenset[int]
    final: dict[int, bytes] = field(default_factory=dict)
    final_views: dict[int, bytes] = field(default_factory=dict)
    # (kind, view) -> digest -> who signed it
    signed: dict[tuple[int, int], dict[bytes, set[int]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )

    def vote(self, vote: Vote) -> None:
        if vote.signature != sign(
            public_key(vote.validator),
            vote_payload(CHAIN, vote.kind, vote.epoch, vote.view, vote.digest),
        ):
            return
        self.signed[vote.kind, vote.view][vote.digest].add(vote.validator)
        self.check_view(vote.view)
        if vote.validator not in self.byzantine:
            self.check_honest(vote)

    def check_honest(self, vote: Vote) -> None:
        me, view = vote.validator, vote.view
        for kind in (NOTARIZE, FINALIZE):
            own = [d for d, who in self.signed[kind, view].items() if me in who]
            require(len(own) <= 1, f"validator {me} signed two of kind {kind:#x} in view {view}")
        nullified = me in self.signed[NULLIFY, view][ZERO]
        finalized = [d for d, who in self.signed[FINALIZE, view].items() if me in who]
        require(not (nullified and finalized), f"validator {me} finalized and nullified {view}")
        for digest in finalized:
            other = [d for d, who in self.signed[NOTARIZE, view].items() if me in who]
            require(other in ([], [digest]), f"validator {me} finalized another block of {view}")

    def check_view(self, view: int) -> None:
        q = quorum(self.n)
        notarized = [d for d, who in self.signed[NOTARIZE, view].items() if len(who) >= q]
        finalized = [d for d, who in self.signed[FINALIZE, view].items() if len(who) >= q]
        require(len(notarized) <= 1, f"two notarizations in view {view}")
        require(len(finalized) <= 1, f"two finalizations in view {view}")
        if finalized:
            nullified = len(self.signed[NULLIFY, view][ZERO])
            require(nullified < q, f"view {view} is finalized and nullified")

    def verify(self, certificate: Certificate) -> None:
        payload = vote_payload(
            CHAIN, certificate.kind, certificate.epoch, certificate.view, certificate.digest
        )
        require(len(certificate.signatures) >= quorum(self.n), "certificate without quorum")
        for index, signature in certificate.signatures.items():
            require(signature == sign(public_key(index), payload), "certificate does not verify")

    def justified(self, header: Header, data: bytes) -> None:
        why = parse_justification(data, self.n)
        if why.parent is None:
            require(header.parent_view == 0 and header.parent_digest == CHAIN, "no parent")
        else:
            self.verify(why.parent)
            found = why.parent.view, why.parent.digest
            require(found == (header.parent_view, header.parent_digest), "another parent")
        between = list(range(header.parent_view + 1, header.view))
        require([one.view for one in why.nullifications] == between, "a gap is not nullified")
        for one in why.nullifications:
            self.verify(one)

    def deliver(self, node: Node, block: consensus.Deliver) -> None:
        header = parse_header(block.header)
        require(header.digest == block.digest, "digest of another header")
        require(block.height == header.height == node.height + 1, "a height is left out")
        require(header.parent_digest == node.final_digest, "not on the block before")
        require(hashlib.sha256(block.payload).digest() == header.payload_root, "another payload")
        require(INVALID not in block.payload, "an invalid block is final")
        self.justified(header, block.justification)
        if block.certificate:
            certificate = parse_certificate(block.certificate, self.n)
            self.verify(certificate)
            found = certificate.kind, certificate.view, certificate.digest
            require(found == (FINALIZE, header.view, block.digest), "another finalization")
        known = self.final.setdefault(block.height, block.digest)
        require(known == block.digest, f"two final blocks of height {block.height}")


class Node:
    """One validator: a replica, and answers to what it asks, some of them late."""

    def __init__(self, index: int, network: Network) -> None:
        self.index = index
        self.network = network
        self.key = public_key(index)
        self.replica = consensus.Replica.create(network.config(index))
        self.height = 0
        self.final_digest = CHAIN
        self.roots = {CHAIN: hashlib.sha256(b"state").digest()}
        self.parents: dict[bytes, tuple[bytes, bytes]] = {}  # digest -> parent, payload
        self.waiting: list[bytes] = []  # transactions of 8 bytes
        self.done: set[bytes] = set()
        self.told = -1
        self.durable: set[bytes] = set()
        self.written: list[tuple[int, bytes]] = []
        self.evidence: list[consensus.Evidence] = []
        self.sent = 0
        self.wake = 0
        self.stalled_until = 0

    def submit(self, transaction: bytes) -> None:
        if transaction not in self.done:
            self.waiting.append(transaction)

    def step(self, *events: bytes) -> None:
        now = self.network.now
        batch = [consensus.tick(now + 1, 1_000_000 + now + self.network.drift[self.index])]
        batch += events
        if len(self.waiting) != self.told:
            self.told = len(self.waiting)
            batch.append(consensus.pending(self.told))
        for effect in consensus.decode_effects(self.replica.step(b"".join(batch))):
            self.execute(effect)

    def later(self, event: bytes, most_ms: int = 3) -> None:
        delay = self.network.random.randint(0, most_ms)
        self.network.at(delay, lambda: self.network.wake(self.index, event))

    def execute(self, effect: consensus.Effect) -> None:
        match effect:
            case consensus.VerifyVotes():
                self.later(consensus.votes_verified(effect.request, self.verify(effect)))
            case consensus.Sign(request, payload):
                self.later(consensus.signed(request, sign(self.key, payload)))
            case consensus.Persist(seq, record):
                self.written.append((seq, consensus.read_record(record).body))
                self.network.at(self.network.random.randint(0, 4), lambda: self.synced(seq))
            case consensus.Send(to, message):
                self.check_durable(message)
                self.sent += 1
                self.network.send(self.index, to, message)
            case consensus.SetTimer(mono_ms):
                self.wake = mono_ms
                self.network.at(max(0, mono_ms - 1 - self.network.now), self.timer)
            case consensus.Build(request, parent):
                self.later(self.built(request, parent))
            case consensus.Certify(digest, header, payload):
                self.later(consensus.certified(digest, self.valid(digest, header, payload)))
            case consensus.Deliver():
                if self.index not in self.network.faults.byzantine:
                    self.network.observer.deliver(self, effect)
                self.height, self.final_digest = effect.height, effect.digest
                mine = {effect.payload[i : i + 8] for i in range(4, len(effect.payload), 8)}
                self.done |= mine
                self.waiting = [t for t in self.waiting if t not in mine]
            case consensus.Evidence():
                self.evidence.append(effect)
                if self.index not in self.network.faults.byzantine:
                    require(effect.culprit in self.network.faults.byzantine, "honest one accused")

    def timer(self) -> None:
        if self.wake and self.wake <= self.network.now + 1:
            self.network.wake(self.index)

    def verify(self, effect: consensus.VerifyVotes) -> bytes:
        ends = effect.offsets.tolist()
        verdicts = []
        for i in range(len(ends) - 1):
            key = effect.public_keys[32 * i : 32 * i + 32]
            message = effect.messages[ends[i] : ends[i + 1]]
            verdicts.append(effect.signatures[64 * i : 64 * i + 64] == sign(key, message))
        return bytes(verdicts)

    def synced(self, seq: int) -> None:
        self.durable |= {body for at, body in self.written if at <= seq}
        self.written = [one for one in self.written if one[0] > seq]
        self.network.wake(self.index, consensus.durable(seq))

    def check_durable(self, message: bytes) -> None:
        """Own votes and proposals leave only when the log holds them."""
        if message[0] == 0x50 or (message[0] == 0x51 and self.speaks(message)):
            require(message in self.durable, "sent before it was durable")
        if message[0] == 0x57:
            require(message[1:] in self.durable, "evidence sent before it was durable")

    def speaks(self, message: bytes) -> bool:
        return struct.unpack_from(">H", message, 2)[0] == self.index

    def built(self, request: int, parent: bytes) -> bytes:
        taken, at = set(self.done), parent
        while at in self.parents:
            at, payload = self.parents[at]
            taken |= {payload[i : i + 8] for i in range(4, len(payload), 8)}
        chosen = [t for t in self.waiting if t not in taken][:20]
        if self.network.lies(self.index, "invalid block"):
            chosen = [INVALID]
        payload = len(chosen).to_bytes(4, "big") + b"".join(chosen)
        return consensus.built(request, self.roots[parent], 0, ZERO, payload)

    def valid(self, digest: bytes, encoded: bytes, payload: bytes) -> bool:
        header = parse_header(encoded)
        parent = header.parent_digest
        require(parent in self.roots, "asked to certify before the parent was certified")
        if header.state_root != self.roots[parent] or INVALID in payload:
            return False
        self.parents[digest] = (parent, payload)
        self.roots[digest] = hashlib.sha256(self.roots[parent] + payload).digest()
        return True


class Network:
    """Time, links and faults; everything follows from the seed."""

    def __init__(self, n: int, seed: int, faults: Faults = Faults()) -> None:
        self.n = n
        self.faults = faults
        self.random = random.Random(seed)
        self.now = 0
        self.order = 0
        self.queue: list[tuple[int, int, Callable[[], None]]] = []
        self.observer = Observer(n, faults.byzantine)
        self.sides: list[int] = [0] * n
        self.heard: list[bytes] = []
        self.drift = [self.random.randint(-2000, 2000) for _ in range(n)]
        self.nodes = [Node(i, self) for i in range(n)]
        for node in self.alive():
            self.at(self.random.randint(0, 20), lambda i=node.index: self.wake(i))  # type: ignore[misc]
        self.at(200, self.weather)

    def config(self, index: int) -> consensus.Config:
        return consensus.Config(
            chain_id=CHAIN,
            validators=tuple(public_key(i) for i in range(self.n)),
            own_key=public_key(index),
            delta_ms=20,
            build_ms=20,
            standstill_ms=500,
            heartbeat_ms=10_000,
        )

    def alive(self) -> list[Node]:
        return [node for node in self.nodes if node.index not in self.faults.crashed]

    def honest(self) -> list[Node]:
        return [node for node in self.alive() if node.index not in self.faults.byzantine]

    @property
    def faulty_now(self) -> bool:
        return self.now < self.faults.heal_ms

    def at(self, delay: int, action: Callable[[], None]) -> None:
        self.order += 1
        heapq.heappush(self.queue, (self.now + delay, self.order, action))

    def wake(self, index: int, *events: bytes) -> None:
        node = self.nodes[index]
        if index in self.faults.crashed:
            return
        if node.stalled_until > self.now:
            self.at(node.stalled_until - self.now, lambda: self.wake(index, *events))
            return
        node.step(*events)

    def weather(self) -> None:
        if not self.faulty_now:
            self.sides = [0] * self.n
            return
        if self.random.random() < self.faults.partition:
            self.sides = [self.random.randint(0, 1) for _ in range(self.n)]
        elif self.random.random() < 0.5:
            self.sides = [0] * self.n
        if self.random.random() < self.faults.stall:
            chosen = self.random.choice(self.nodes)
            chosen.stalled_until = self.now + self.random.randint(50, 1500)
        self.at(200, self.weather)

    def lies(self, index: int, _what: str) -> bool:
        return index in self.faults.byzantine and self.random.random() < 0.3

    def send(self, sender: int, to: int, message: bytes) -> None:
        targets = [i for i in range(self.n) if i != sender] if to == EVERYONE else [to]
        if sender in self.faults.byzantine:
            self.send_as_liar(sender, targets, message)
            return
        self.observe(message)
        self.heard = [*self.heard[-50:], message]
        for target in targets:
            self.carry(sender, target, message)

    def observe(self, message: bytes) -> None:
        parsed = parse_message(message, self.n)  # whatever an honest one sends can be read
        if isinstance(parsed, Vote):
            self.observer.vote(parsed)
        elif isinstance(parsed, Proposal):
            self.observer.vote(leader_vote(parsed))
        elif isinstance(parsed, Certificate):
            self.observer.verify(parsed)

    def carry(self, sender: int, target: int, message: bytes) -> None:
        copies = 1
        delay = self.random.randint(*self.faults.delay_ms)
        if self.faulty_now:
            if self.random.random() < self.faults.loss or self.sides[sender] != self.sides[target]:
                return
            copies += self.random.random() < self.faults.duplicate
            if self.random.random() < self.faults.spike:
                delay += self.random.randint(0, 1000)
        for _ in range(copies):
            self.at(delay, lambda: self.wake(target, consensus.message(sender, message)))
            delay += self.random.randint(0, 50)

    def send_as_liar(self, sender: int, targets: list[int], message: bytes) -> None:
        """Equivocates, votes twice, sends to some only, corrupts, and repeats what others said."""
        key = public_key(sender)
        trick = self.random.choice(["honest", "some", "two faces", "flip", "repeat", "silent"])
        for target in targets:
            out = message
            if trick == "silent" or (trick == "some" and self.random.random() < 0.5):
                continue
            if trick == "flip":
                changed = bytearray(message)
                changed[self.random.randrange(len(changed))] ^= 1 << self.random.randrange(8)
                out = bytes(changed)
            if trick == "repeat" and self.heard:
                self.carry(sender, target, self.random.choice(self.heard))
            if trick == "two faces":
                other = other_face(message, key, self.n, self.random)
                self.note(other)
                if self.random.random() < 0.5:
                    self.carry(sender, target, other)
                if self.random.random() < 0.5:
                    continue
            self.note(out)
            self.carry(sender, target, out)

    def note(self, message: bytes) -> None:
        try:
            parsed = parse_message(message, self.n)
        except InvalidEncoding:
            return
        if isinstance(parsed, Vote):
            self.observer.vote(parsed)
        elif isinstance(parsed, Proposal):
            self.observer.vote(leader_vote(parsed))

    def run(self, until: Callable[[], bool], limit_ms: int) -> bool:
        """Runs until the condition holds; False if it does not within `limit_ms` of this run."""
        deadline = self.now + limit_ms
        while not until():
            if not self.queue or self.queue[0][0] > deadline:
                return False
            self.now, _, action = heapq.heappop(self.queue)
            action()
        return True


def leader_vote(proposal: Proposal) -> Vote:
    header = proposal.header
    digest, signature = header.digest, proposal.leader_signature
    return Vote(NOTARIZE, header.leader, header.epoch, header.view, digest, signature)


def other_face(message: bytes, key: bytes, n: int, source: random.Random) -> bytes:
    """Another signed message of the same view: what an honest validator never sends."""
    parsed = parse_message(message, n)
    if isinstance(parsed, Proposal):
        payload = (1).to_bytes(4, "big") + source.randbytes(8)
        root = hashlib.sha256(payload).digest()
        header = replace(parsed.header, payload_root=root, payload_len=len(payload))
        signed = vote_payload(CHAIN, NOTARIZE, header.epoch, header.view, header.digest)
        return Proposal(header, sign(key, signed), parsed.justification, payload).encode()
    if isinstance(parsed, Vote):
        kind = source.choice([NOTARIZE, NULLIFY, FINALIZE])
        digest = ZERO if kind == NULLIFY else source.choice([parsed.digest, source.randbytes(32)])
        signed = vote_payload(CHAIN, kind, parsed.epoch, parsed.view, digest)
        made = Vote(kind, parsed.validator, parsed.epoch, parsed.view, digest, sign(key, signed))
        return made.encode()
    return message
