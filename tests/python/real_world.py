# SPDX-License-Identifier: Apache-2.0
"""Whole validators with real Ed25519 keys, the real ledger and its pool, on a network, clocks and
disks that fail as a seed says.

After the faults everything is healed, and the chain must go on at once. What is checked stands in
`Judge`; it reads messages with the reference and verifies signatures with `cryptography`.

    python tests/python/real_world.py [SEEDS [FIRST]]
"""

from __future__ import annotations

import hashlib
import heapq
import logging
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from random import Random

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from fake_folder import Crash, FakeFolder, Lost
from ledger_plans import Planner
from ledger_scene import CLASSES, SCHEMAS, TEMPLATES, prepared
from ledger_world import COUNCIL, GENESIS, ISSUER, transaction

from chopmark.consensus import Config, Deliver, Epoch
from chopmark.errors import JournalError
from chopmark.evidence import verify_evidence
from chopmark.ledger import Create, Ledger, Pool, transaction_id
from chopmark.node.blocks import MemoryBlockStore
from chopmark.node.driver import EVERYONE, Clock, Driver, FinalBlock
from chopmark.node.journal import FileJournal
from chopmark.node.proof import NotProvable, draft_record, export
from chopmark.reference import proof_file
from chopmark.reference.codec import ZERO, encode_payload, parse_header
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Certificate,
    Evidence,
    Proposal,
    Vote,
    parse_certificate,
    parse_evidence,
    parse_justification,
    parse_message,
    parse_position,
    quorum,
    set_hash,
    vote_payload,
)
from chopmark.reference.operations import (
    CouncilReplacesKey,
    CouncilRevokesKey,
    Expel,
    RevokeKey,
    RotateKey,
    SetCouncil,
    SetParameter,
    SetRoles,
    SetValidators,
)

START_MS = GENESIS.time_ms
HEAL_MS = 60_000  # within which the chain must have gone on
ALL = 32  # parses messages of any epoch, whatever the size of its set
VALID_UNTIL = 900
UNKIND = (
    CouncilReplacesKey, CouncilRevokesKey, Expel, RevokeKey, RotateKey, SetCouncil, SetParameter,
    SetRoles, SetValidators,
)  # fmt: skip
"""Operations that would take away who signs in these runs, or name validators that nobody runs."""


class Violation(AssertionError):
    """Something does not hold that must."""


def require(condition: object, what: str) -> None:
    if not condition:
        raise Violation(what)


@cache
def secret(index: int) -> Ed25519PrivateKey:
    seed = hashlib.sha256(b"real world %d" % index).digest()
    return Ed25519PrivateKey.from_private_bytes(seed)


@cache
def public(index: int) -> bytes:
    return secret(index).public_key().public_bytes_raw()


def signature_holds(key: bytes, signature: bytes, payload: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, payload)
    except InvalidSignature:
        return False
    return True


@cache
def planned() -> tuple[tuple[object, ...], ...]:
    """Transactions before they are signed: mostly sensible one after the other, often wrong."""
    random = Random(6)
    scene, planner, made = prepared(), Planner(random), []
    while len(made) < 150:
        if random.random() < 0.2:
            scene.next()
        planner.state, planner.now, planner.height = scene.state, scene.time_ms, scene.height
        plan = planner.plan()
        if not any(isinstance(one, UNKIND) for one in plan.operations):
            scene.run(*plan.operations, by=plan.by, field=plan.field)
            made.append((plan.operations, plan.by, plan.field))
    return tuple(made)


@dataclass
class Weather:
    """What a seed has in store until `heal_ms`. Rates are for one message, or for a tenth of a
    second.
    """

    n: int
    spares: int  # nodes that are validators only when the set changes
    epoch_blocks: int
    heal_ms: int
    latency_ms: int
    loss: float
    duplicate: float
    spike: float
    split: float
    crash: float
    damage: float  # share of crashes after which the journal is damaged so that it shows
    liars: frozenset[int]

    @classmethod
    def draw(cls, random: Random) -> Weather:
        n = random.choice([1, 4, 4, 4, 4, 5, 7])
        changes = n > 1 and random.random() < 0.4
        lying = random.random() < 0.4
        return cls(
            n=n,
            spares=random.randint(1, 2) if changes else 0,
            epoch_blocks=random.randint(4, 12) if changes else random.choice([0, 0, 9]),
            heal_ms=random.randint(2500, 4500),
            latency_ms=random.choice([2, 5, 15]),
            loss=random.choice([0, 0, 0.02, 0.1]),
            duplicate=random.choice([0, 0.05]),
            spike=random.choice([0, 0.01]),
            split=random.choice([0, 0, 0.06]),
            crash=random.choice([0, 0.1, 0.25, 0.25]),
            damage=random.choice([0, 0.3, 0.6]),
            liars=frozenset(random.sample(range(n), random.randint(0, (n - 1) // 3) * lying)),
        )


class Judge:
    """Holds what validators said and made final against each other, over all their lives."""

    def __init__(self, genesis: bytes, validators: tuple[bytes, ...], counts: Counter[str]) -> None:
        self.chain_id = hashlib.sha256(genesis).digest()
        self.sets = {1: validators}
        self.anchors = {1: self.chain_id}
        self.counts = counts
        self.headers: dict[int, bytes] = {}
        self.results: dict[int, tuple[object, ...]] = {}
        self.said: dict[tuple[bytes, int, int], dict[int, set[bytes]]] = defaultdict(
            lambda: defaultdict(set)
        )
        self._verified: set[object] = set()

    # --- What is said

    def hear(self, key: bytes, message: bytes) -> None:
        """`message` leaves the honest validator with this key."""
        if message[0] not in (0x50, 0x51):
            return
        parsed = parse_message(message, ALL)
        if isinstance(parsed, Proposal):
            head = parsed.header
            speaker, said = head.leader, (NOTARIZE, head.epoch, head.view, head.digest)
            signature = parsed.leader_signature
        else:
            assert isinstance(parsed, Vote)
            speaker = parsed.validator
            said = (parsed.kind, parsed.epoch, parsed.view, parsed.digest)
            signature = parsed.signature
        require(self.sets[said[1]][speaker] == key, "speaks for another")
        self.add(key, *said)
        if (key, said) not in self._verified:
            self._verified.add((key, said))
            self.counts["signatures of votes"] += 1
            payload = vote_payload(self.chain_id, *said)
            require(signature_holds(key, signature, payload), "sends a signature that is not valid")

    def add(self, key: bytes, kind: int, epoch: int, view: int, digest: bytes) -> None:
        said = self.said[key, epoch, view]
        said[kind].add(digest)
        require(len(said[NOTARIZE]) < 2, f"two notarize of view {view}")
        require(len(said[FINALIZE]) < 2, f"two finalize of view {view}")
        if said[FINALIZE]:
            require(not said[NULLIFY], f"finalize and nullify of view {view}")
            require(said[NOTARIZE] <= said[FINALIZE], f"notarize and finalize another, view {view}")

    def accused(self, evidence: bytes, liars: set[bytes]) -> None:
        """By an honest validator."""
        if evidence in self._verified:
            return
        self._verified.add(evidence)
        self.counts["evidence"] += 1
        one: Evidence = parse_evidence(evidence)
        keys = self.sets[one.epoch]
        require(keys[one.culprit] in liars, f"an honest validator is accused of E{one.kind}")
        anchor = self.anchors[one.epoch]
        holds = verify_evidence(evidence, chain_id=self.chain_id, anchor=anchor, validators=keys)
        require(holds, f"evidence E{one.kind} does not hold")

    # --- What is final

    def stored(self, block: Deliver) -> None:
        header = parse_header(block.header)
        known = self.headers.setdefault(block.height, block.header)
        require(known == block.header, f"two final blocks of height {block.height}")
        require(header.digest == block.digest and header.height == block.height, "names another")
        if block.certificate and block.certificate not in self._verified:
            n = len(self.sets[header.epoch])
            certificate = parse_certificate(block.certificate, n)
            subject = (certificate.kind, certificate.epoch, certificate.view, certificate.digest)
            wanted = (FINALIZE, header.epoch, header.view, block.digest)
            require(subject == wanted, "a finalization of something else")
            self.verify(certificate)
            self._verified.add(block.certificate)
        if block.justification not in self._verified:
            n = len(self.sets[header.epoch])
            why = parse_justification(block.justification, n)
            for one in (why.parent, *why.nullifications):
                if one is not None:
                    self.verify(one)
            self._verified.add(block.justification)

    def verify(self, one: Certificate) -> None:
        keys = self.sets[one.epoch]
        payload = vote_payload(self.chain_id, one.kind, one.epoch, one.view, one.digest)
        require(len(one.signatures) >= quorum(len(keys)), "a certificate of too few")
        for index, signature in one.signatures.items():
            self.counts["signatures of certificates"] += 1
            require(signature_holds(keys[index], signature, payload), "a certificate is not valid")

    def epoch(self, position: bytes) -> None:
        one = parse_position(position)
        before = self.sets[one.epoch - 1]
        known = self.sets.setdefault(one.epoch, one.validators)
        require(known == one.validators, f"two sets of epoch {one.epoch}")
        self.anchors.setdefault(one.epoch, one.anchor_digest)
        last = parse_header(self.headers[one.anchor_height])
        require(last.digest == one.anchor_digest, "an epoch on another block")
        require(last.next_set_hash == set_hash(one.validators), "not the set of the last header")
        moved = len(set(before) - set(one.validators))
        require(moved <= (len(before) - 1) // 3, "more than f seats change")

    def final(self, block: FinalBlock, ledger: Ledger) -> None:
        found = block.results
        seen = (
            block.digest,
            found.transaction_id.tobytes(),
            found.code.tobytes(),
            found.failing_op.tobytes(),
            found.log_index.tobytes(),
            ledger.roots(),
        )
        known = self.results.setdefault(block.height, seen)
        require(known == seen, f"other results or roots of height {block.height}")


class Store(MemoryBlockStore):
    """What was not synced is gone after a crash."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self.judge = judge
        self._durable = 0

    def add(self, block: Deliver) -> None:
        self.judge.stored(block)
        super().add(block)

    def add_epoch(self, epoch: Epoch) -> None:
        self.judge.epoch(epoch.position)
        super().add_epoch(epoch)

    def sync(self, position: bytes) -> None:
        super().sync(position)
        self._durable = self.height

    def crash(self) -> None:
        del self._blocks[self._durable :]
        for height in [one for one in self._boundaries if one > self._durable]:
            del self._boundaries[height]


class Node:
    """One validator over all its lives."""

    def __init__(self, index: int, world: World) -> None:
        self.index = index
        self.world = world
        self.key = public(index)
        self.liar = index in world.weather.liars
        self.folder = world.folder()
        self.store = Store(world.judge)
        self.driver: Driver | None = None
        self.blocks: dict[int, FinalBlock] = {}
        self.fuse = 0  # operations until it loses its power; 0: it does not
        self.damaged = False  # by a disk that lost what it had synced, until it may sign again
        self.life = 0
        self.born_ms = 0
        self.offset_ms = world.random.randint(-100, 100)

    @property
    def clock(self) -> Clock:
        now = self.world.now_ms
        return Clock(now - self.born_ms, START_MS + 5000 + now + self.offset_ms)

    def burn(self, _number: int = 0, _what: str = "") -> None:
        """One more operation during which the power may go."""
        if self.fuse:
            self.fuse -= 1
            if not self.fuse:
                raise Crash

    def sign(self, data: bytes) -> bytes:
        self.burn()
        return secret(self.index).sign(data)

    def start(self, *, new_key: bool = False) -> None:
        world = self.world
        self.born_ms = world.now_ms - world.random.randint(0, 10_000)
        self.life += 1
        self.folder.before = self.burn
        ledger = Ledger(world.genesis)
        try:
            self.driver = Driver(
                config=world.config(self.key),
                new_key=new_key,
                ledger=ledger,
                pool=Pool(),
                signer=self,
                journal=FileJournal(self.folder),
                send=self.send,
                on_final=lambda block: self.on_final(block, ledger),
                store=self.store,
                nonce=world.random.randbytes(32),
                log_bytes_max=world.random.choice([5_000, 50_000]),
            )
        except Crash:
            self.die()
            return
        world.counts["amnesic starts"] += self.driver.replica.amnesic
        for link in range(world.weather.n, len(world.nodes)):
            if link != self.index:
                self.do(lambda driver, now, link=link: driver.connect(link, public(link), now))
        self.do(lambda driver, now: driver.tick(now))

    def do(self, what: Callable[[Driver, Clock], object]) -> None:
        driver = self.driver
        if driver is None:
            return
        try:
            what(driver, self.clock)
        except (Crash, JournalError):
            self.die()
            return
        if driver.wake_ms is not None:
            self.world.wake(self, self.born_ms + driver.wake_ms)
        if self.damaged and not driver.replica.amnesic:
            self.damaged = False

    def send(self, to: int, message: bytes) -> None:
        self.burn()
        if self.liar:
            self.world.lie(self, to, message)
        else:
            self.world.judge.hear(self.key, message)
            self.world.carry(self.index, to, message)

    def on_final(self, block: FinalBlock, ledger: Ledger) -> None:
        self.blocks[block.height] = block
        self.world.judge.final(block, ledger)

    def end(self) -> None:
        """What is to be asked of a life that ends."""
        if self.driver is not None and not self.liar:
            liars = {public(i) for i in self.world.weather.liars}
            for one in self.driver.evidence:
                self.world.judge.accused(one.data, liars)

    def die(self) -> None:
        self.end()
        self.driver, self.fuse = None, 0
        world = self.world
        world.counts["crashes"] += 1
        random = world.random
        files = self.folder.after_crash(random.choice(list(Lost)))
        self.store.crash()
        if world.may_damage(self) and random.random() < world.weather.damage:
            self.damage(files)
        self.folder = world.folder(files)
        life = self.life
        world.at(random.randint(20, 1500), lambda: self.life == life and self.start())

    def damage(self, files: dict[str, bytes]) -> None:
        """In a way that a validator must notice (B-64)."""
        self.damaged = True
        self.world.counts["damaged disks"] += 1
        how = self.world.random.randrange(4)
        if how == 0:
            files.pop("log", None)
        elif how == 1:
            files.pop("fence", None)
        elif how == 2:  # its first sector
            files["log"] = bytes(64) + files["log"][64:]
        else:  # all it had
            files.clear()
            self.store = Store(self.world.judge)


class World:
    """Nodes, time, and the network between them."""

    def __init__(self, seed: int, folder: type[FakeFolder] = FakeFolder) -> None:
        self.random = Random(seed)
        self.weather = Weather.draw(self.random)
        self.folder = folder
        self.trail = hashlib.sha256()  # of all that was carried
        self.counts: Counter[str] = Counter()
        self.now_ms = 0
        self.healed = False
        self.cut: set[tuple[int, int]] = set()  # links that carry nothing
        self.said: list[bytes] = []  # by liars, to be repeated
        self.salt = 0
        self.next_plan = 0
        self._order = 0
        self._queue: list[tuple[int, int, Callable[[], object]]] = []
        keys = tuple(public(i) for i in range(self.weather.n))
        self.genesis = replace(GENESIS, validators=keys).encode()
        self.chain_id = hashlib.sha256(self.genesis).digest()
        self.judge = Judge(self.genesis, keys, self.counts)
        self.nodes = [Node(i, self) for i in range(self.weather.n + self.weather.spares)]

    @property
    def honest(self) -> list[Node]:
        return [node for node in self.nodes if not node.liar]

    def may_damage(self, node: Node) -> bool:
        """At most f at once have lied, forgotten or lost anything."""
        faulty = sum(one.damaged or one.liar for one in self.nodes if one is not node)
        most = (self.weather.n - 1) // 3
        return not self.healed and not node.liar and not node.damaged and faulty < most

    def config(self, own_key: bytes) -> Config:
        return Config(
            chain_id=self.chain_id,
            validators=self.judge.sets[1],
            own_key=own_key,
            genesis_time_ms=START_MS,
            delta_ms=20,
            build_ms=20,
            standstill_ms=200,
            heartbeat_ms=1000,
            epoch_blocks=self.weather.epoch_blocks,
        )

    # --- Time

    def at(self, after_ms: int, action: Callable[[], object]) -> None:
        self._order += 1
        heapq.heappush(self._queue, (self.now_ms + after_ms, self._order, action))

    def wake(self, node: Node, due_ms: int) -> None:
        life = node.life

        def fire() -> None:
            driver = node.driver
            if driver is None or node.life != life or driver.wake_ms is None:
                return
            if driver.wake_ms <= node.clock.mono_ms:
                node.do(lambda driver, now: driver.tick(now))

        self.at(max(0, due_ms - self.now_ms), fire)

    def run(self, until: Callable[[], bool], limit_ms: int) -> bool:
        deadline = self.now_ms + limit_ms
        while not until():
            if self._queue[0][0] > deadline:
                return False
            self.now_ms, _, action = heapq.heappop(self._queue)
            action()
        return True

    # --- The network

    def carry(self, sender: int, to: int, message: bytes) -> None:
        for target in range(len(self.nodes)) if to == EVERYONE else [to]:
            if target != sender:
                self.carry_one(sender, target, message)

    def carry_one(self, sender: int, target: int, message: bytes) -> None:
        weather, random = self.weather, self.random
        copies = 1
        delay = weather.latency_ms + random.randint(0, 2)
        if not self.healed:
            if (sender, target) in self.cut or random.random() < weather.loss:
                return
            copies += random.random() < weather.duplicate
            delay += random.randint(0, 800) * (random.random() < weather.spike)
        node = self.nodes[target]
        for _ in range(copies):
            self.counts["messages"] += 1
            self.trail.update(b"%d %d %d" % (self.now_ms, sender, target) + message)
            self.at(
                delay,
                lambda: node.do(lambda driver, now: driver.receive(sender, message, now)),
            )
            delay += random.randint(0, 30)

    def lie(self, node: Node, to: int, message: bytes) -> None:
        """Two faces, changed bits, silence to some, what others have said before."""
        random = self.random
        trick = random.choice(["honest", "honest", "some", "two faces", "flip", "repeat"])
        for target in range(len(self.nodes)) if to == EVERYONE else [to]:
            out = message
            if target == node.index or (trick == "some" and random.random() < 0.5):
                continue
            if trick == "repeat" and self.said:
                self.carry_one(node.index, target, random.choice(self.said))
            if trick == "flip":
                changed = bytearray(message)
                changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
                out = bytes(changed)
            if trick == "two faces":
                self.carry_one(node.index, target, self.other_face(message, node.index))
                if random.random() < 0.5:
                    continue
            self.carry_one(node.index, target, out)
        self.said.append(message)

    def other_face(self, message: bytes, index: int) -> bytes:
        """Another message of the same view, as well signed."""
        if message[0] not in (0x50, 0x51):
            return message
        parsed, random = parse_message(message, ALL), self.random
        if isinstance(parsed, Proposal):
            head = replace(parsed.header, time_ms=parsed.header.time_ms + random.randint(1, 9))
            said = vote_payload(self.chain_id, NOTARIZE, head.epoch, head.view, head.digest)
            return replace(parsed, header=head, leader_signature=secret(index).sign(said)).encode()
        assert isinstance(parsed, Vote)
        kind = random.choice([NOTARIZE, NULLIFY, FINALIZE])
        digest = ZERO if kind == NULLIFY else random.choice([parsed.digest, random.randbytes(32)])
        said = vote_payload(self.chain_id, kind, parsed.epoch, parsed.view, digest)
        made = replace(parsed, kind=kind, digest=digest, signature=secret(index).sign(said))
        return made.encode()

    def turn(self) -> None:
        """A tenth of a second of faults."""
        if self.healed:
            return
        weather, random = self.weather, self.random
        if random.random() < 0.2:
            self.cut.clear()
        if random.random() < weather.split:
            self.counts["partitions"] += 1
            some = set(random.sample(range(len(self.nodes)), random.randint(1, len(self.nodes))))
            one_way = random.random() < 0.3
            self.cut = {
                (a, b)
                for a in range(len(self.nodes))
                for b in range(len(self.nodes))
                if (a in some) > (b in some) or ((a in some) < (b in some) and not one_way)
            }
        node = random.choice(self.nodes)
        if random.random() < weather.crash and not node.fuse:
            node.fuse = random.randint(1, 80)
        self.at(100, self.turn)

    # --- Transactions

    def signed(self, *operations: object, by: object, field: int = 1) -> bytes:
        self.salt += 1
        return transaction(
            *operations,  # type: ignore[arg-type]
            by=by,  # type: ignore[arg-type]
            field=field,
            chain_id=self.chain_id,
            valid_until=VALID_UNTIL,
            salt=self.salt,
        )

    def submit(self, node: Node, *transactions: bytes) -> None:
        node.do(lambda driver, now: driver.submit(encode_payload(list(transactions)), now))

    def load(self) -> None:
        if self.healed:
            return
        random = self.random
        if self.weather.spares and random.random() < 0.08:
            wanted = random.sample(range(len(self.nodes)), self.weather.n)
            if self.weather.liars <= set(wanted):  # or there would be more than f later
                asked = SetValidators(tuple(public(i) for i in wanted))
                self.submit(random.choice(self.nodes), self.signed(asked, by=COUNCIL[:2]))
        some = []
        for _ in range(random.randint(1, 3)):
            operations, by, field = planned()[self.next_plan % len(planned())]
            self.next_plan += 1
            some.append(self.signed(*operations, by=by, field=field))  # type: ignore[misc,arg-type]
        self.submit(random.choice(self.nodes), *some)
        self.at(random.randint(30, 150), self.load)

    def new_record(self) -> tuple[bytes, bytes]:
        """A transaction of a new record, and the record's id."""
        record = hashlib.sha256(b"new record %d" % self.salt).digest()
        return self.signed(Create(record, 0, record), by=(ISSUER,)), record

    # --- A run

    def all_sign(self) -> bool:
        """Whether all validators of the present set remember, or may sign again (B-81)."""
        present = self.judge.sets[max(self.judge.sets)]
        return not any(
            node.driver is None or node.driver.replica.amnesic
            for node in self.honest
            if node.key in present
        )

    def everything_final(self, wanted: list[bytes]) -> bool:
        return all(
            node.driver is not None and node.driver.ledger.find(one) is not None
            for node in self.honest
            for one in wanted
        )

    def all_found(self, wanted: list[bytes]) -> None:
        ids = [transaction_id(one) for one in wanted]
        if not self.run(lambda: self.everything_final(ids), HEAL_MS):
            heights = [node.driver and node.driver.ledger.final_height for node in self.nodes]
            raise Violation(f"what was handed in after the heal is not final: {heights}")

    def go(self) -> Counter[str]:
        """One whole run. Violation if anything does not hold."""
        for node in self.nodes:
            node.start(new_key=True)
        self.submit(
            self.nodes[0],
            self.signed(*SCHEMAS, *TEMPLATES, *CLASSES, by=COUNCIL[:2]),
        )
        self.at(50, self.load)
        self.at(100, self.turn)
        self.run(lambda: False, self.weather.heal_ms)
        self.heal()
        self.finish()
        return self.counts

    def heal(self) -> None:
        self.healed = True
        for node in self.nodes:
            node.fuse = 0
            if node.driver is None:
                node.start()
        made = [self.new_record() for _ in self.nodes]
        for node, (one, _) in zip(self.nodes, made):
            self.submit(node if not node.liar else self.honest[0], one)
        self.all_found([one for one, _ in made])
        self.prove(made[0][1])

    def prove(self, record: bytes) -> None:
        """A proof of a record, which an auditor checks with nothing but the chain id."""
        node = self.honest[0]
        assert node.driver is not None
        draft = draft_record(node.driver.ledger, record)
        for _ in range(20):
            blocks = [node.blocks[height] for height in sorted(node.blocks)]
            try:
                proof = export(draft, self.genesis, blocks)
                break
            except NotProvable:
                more, _ = self.new_record()
                self.submit(node, more)
                self.all_found([more])
        last = parse_header(proof.fields["state"]["headers"][-1])  # type: ignore[call-overload,index]
        try:
            proven = proof_file.verify(proof.cbor(), self.chain_id, None, about=record)
            require(proven.record_id == record, "a proof of another record")
            self.counts["proofs"] += 1
        except proof_file.Refused as refusal:
            # Proof files know no other set than that of the genesis.
            changed = self.judge.sets[last.epoch] != self.judge.sets[1]
            require(changed, f"a proof is refused: {refusal}")

    def finish(self) -> None:
        """All are at one height with the same chain, and a new ledger comes to the same state."""

        def level() -> bool:
            drivers = [node.driver for node in self.honest]
            return len({one.ledger.final_height for one in drivers if one is not None}) == 1

        require(self.run(self.all_sign, HEAL_MS), "a validator may not sign any more")
        require(self.run(level, HEAL_MS), "not all come to the same height")
        for node in self.honest:
            node.end()
        height = max(self.judge.results)
        fresh = Ledger(self.genesis)
        for block in self.final_blocks(height):
            require(fresh.validate_block(block.header + block.payload).ok, "a final block is wrong")
            self.judge.final(replace(block, results=fresh.finalize(block.digest)), fresh)
            self.counts["transactions"] += len(block.results.code)
            self.counts["failed transactions"] += int((block.results.code != 0).sum())
        self.counts["blocks"] += height
        self.counts["epochs"] += max(self.judge.sets) - 1
        self.counts["set changes"] += len(set(self.judge.sets.values())) - 1
        self.counts["simulated ms"] += self.now_ms

    def final_blocks(self, height: int) -> Iterator[FinalBlock]:
        node = self.honest[0]
        assert node.driver is not None
        require(node.driver.ledger.final_height == height, "others are further")
        for at in range(1, height + 1):
            yield node.blocks[at]


def run_seeds(first: int, count: int) -> tuple[Counter[str], list[str]]:
    """Sums over many seeds, and what did not hold."""
    total, violations = Counter[str](), []
    for seed in range(first, first + count):
        world = World(seed)
        try:
            world.go()
        except Violation as violation:
            violations.append(f"seed {seed}: {violation}")
        total += world.counts
        total["seeds"] += 1
    return total, violations


def main(arguments: list[str]) -> int:
    count, first = [int(one) for one in arguments] + [200, 1][len(arguments) :]
    started = time.monotonic()
    total, violations = run_seeds(first, count)
    for name, value in total.items():
        print(f"{value:>10,} {name}")
    print(f"{time.monotonic() - started:10.1f} s")
    for one in violations:
        print(one)
    print(f"{len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    logging.disable()
    sys.exit(main(sys.argv[1:]))
