# SPDX-License-Identifier: Apache-2.0
"""Runs of the simulator, replayed through the Python driver on a fake disk and network.

The simulator's validators are driven by C++; here one of them is driven by `chopmark.node.driver`.
Each step gets the events of the run. Everything that the driver does with the effects must be what
the run shows: the bytes on the disk, the messages sent, and every answer, which may come in the run
at another moment than the driver gives it, but must have been given. Restarts begin with what the
driver wrote, as far as the run's crash has left it.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from types import SimpleNamespace

import pytest
from fake_folder import FakeFolder, Lost

from chopmark import consensus
from chopmark.consensus import Build, Certify, Config, Sign, VerifyVotes
from chopmark.errors import SigningRefused
from chopmark.node.blocks import MemoryBlockStore
from chopmark.node.driver import Driver
from chopmark.node.journal import FileJournal
from chopmark.reference.messages import parse_position
from chopmark.sim import Scenario, TraceKind, TraceRow, follow

TRANSACTIONS = 0x58
VOTES_VERIFIED, SIGNED, DURABLE, BUILT, CERTIFIED, STORED, UNSIGNED = (
    3, 4, 5, 6, 7, 9, 11,
)  # fmt: skip
ANSWERS = {VOTES_VERIFIED, SIGNED, BUILT, CERTIFIED, UNSIGNED}
SYNCED = {DURABLE, STORED}  # answered by a number: everything up to it
NEW_KEY, OLD_DISK = 1, 2  # how a life began
MASK = (1 << 64) - 1


def frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from(">BI", data, at)
        yield kind, data[at + 5 : at + 5 + size]
        at += 5 + size


def number(body: bytes) -> int:
    return int.from_bytes(body[:8], "big")


# --- Signatures of simulated runs, written anew --------------------------------------------------


def mix(state: int, word: int) -> int:
    product = (state ^ word) * 0x9E3779B97F4A7C15
    return (product ^ product >> 64) & MASK


def sign(key: bytes, payload: bytes) -> bytes:
    state = mix(0x243F6A8885A308D3, len(payload))
    for (word,) in struct.iter_unpack("<Q", key):
        state = mix(state, word)
    padded = payload + bytes(-len(payload) % 8)
    for at, (word,) in enumerate(struct.iter_unpack("<Q", padded)):
        state = mix((state + 8 * at) & MASK, word)
    return b"".join(struct.pack(">Q", mix(state, i)) for i in range(0, 64, 8))


def verify(effect: VerifyVotes, _threads: int) -> bytes:
    ends = effect.offsets.tolist()
    return bytes(
        effect.signatures[64 * i : 64 * i + 64]
        == sign(effect.public_keys[32 * i : 32 * i + 32], effect.messages[ends[i] : ends[i + 1]])
        for i in range(len(ends) - 1)
    )


# --- Parts of the driver that say what the run says ----------------------------------------------


class Script:
    """The answers of one life of the run, by what they answer."""

    def __init__(self, rows: list[TraceRow]) -> None:
        self.by_request: dict[int, tuple[int, bytes]] = {}
        self.certified: dict[bytes, list[bytes]] = defaultdict(list)
        for row in rows:
            if row.kind == TraceKind.EVENTS:
                for what, body in frames(row.data):
                    if what in (SIGNED, UNSIGNED, BUILT):
                        self.by_request[number(body)] = (what, body)
                    if what == CERTIFIED:
                        self.certified[body[:32]].append(body)
        self.effect: Build | Certify | Sign | None = None


class ScriptedLedger:
    """Judges and builds as the run's ledger did; nothing else is asked of it here."""

    def __init__(self, script: Script, height: int) -> None:
        self.script = script
        self.final_height = height

    def built(self) -> bytes:
        assert isinstance(self.script.effect, Build)
        _, body = self.script.by_request.get(self.script.effect.request, (BUILT, bytes(85)))
        return body

    def knows(self, _digest: bytes) -> bool:
        return True

    def roots(self, _parent: bytes) -> tuple[bytes, int, bytes]:
        body = self.built()
        return body[8:40], number(body[40:]), body[48:80]

    def validate_block(self, _block: bytes, **_: object) -> SimpleNamespace:
        assert isinstance(self.script.effect, Certify)
        answers = self.script.certified[self.script.effect.digest]
        self.judged = answers.pop(0) if answers else self.script.effect.digest + bytes(2)
        return SimpleNamespace(ok=self.judged[32] == 1, code="", detail="")

    def next_set(self, _parent: bytes, _present: tuple[bytes, ...]) -> tuple[bytes, ...]:
        certifies = isinstance(self.script.effect, Certify)
        body = self.judged[33:] if certifies else self.built()[80:]
        return tuple(body[1 + 32 * i : 33 + 32 * i] for i in range(body[0]))

    def finalize(self, _digest: bytes) -> None:
        self.final_height += 1


class ScriptedPool:
    size = 0

    def __init__(self, ledger: ScriptedLedger) -> None:
        self.ledger = ledger

    def select(self, *_: object) -> bytes:
        body = self.ledger.built()
        return body[81 + 32 * body[80] :]

    def remove_final(self, _ledger: ScriptedLedger) -> None:
        pass


class ScriptedSigner:
    def __init__(self, script: Script, key: bytes) -> None:
        self.script, self.key = script, key

    def sign(self, payload: bytes) -> bytes:
        assert isinstance(self.script.effect, Sign)
        kind, _ = self.script.by_request.get(self.script.effect.request, (SIGNED, b""))
        if kind == UNSIGNED:
            raise SigningRefused("as in the run")
        return sign(self.key, payload)


def height_of(position: bytes) -> int:
    if not position:
        return 0
    parsed = parse_position(position)
    return parsed.anchor_height if parsed.final is None else parsed.final[0].height


class Store(MemoryBlockStore):
    """Remembers every position, so that a crash may take back the last ones."""

    def __init__(self) -> None:
        super().__init__()
        self.positions = {0: b""}

    def sync(self, position: bytes) -> None:
        super().sync(position)
        self.positions[self.height] = position

    def cut(self, position: bytes) -> None:
        height = height_of(position)
        assert self.positions[height] == position, "another position than the run's driver stored"
        del self._blocks[height:]
        self._boundaries = {at: one for at, one in self._boundaries.items() if at <= height}
        self._position = position


class ReplayingDriver(Driver):
    """Tells its parts which effect they are asked about."""

    script: Script

    def _execute(self, effect: consensus.Effect) -> int:
        if isinstance(effect, Build | Certify | Sign):
            self.script.effect = effect
        return super()._execute(effect)


# --- The replay ----------------------------------------------------------------------------------


def optional(data: bytes, at: int) -> tuple[bytes | None, int]:
    if data[at] == 0:
        return None, at + 1
    found, end = sized(data, at + 1)
    return found, end


def sized(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 4 + int.from_bytes(data[at : at + 4], "big")
    return data[at + 4 : end], end


def read_config(data: bytes) -> Config:
    """B-10."""
    end = 65 + 32 * data[64]
    numbers = struct.unpack_from(">QIIIIHII", data, end)
    keys = tuple(data[at : at + 32] for at in range(65, end, 32))
    config = Config(data[:32], keys, data[32:64], *numbers)
    assert config.encode() == data
    return config


class Recorder:
    """The replica, with what its steps return kept."""

    def __init__(self, replica: consensus.Replica) -> None:
        self.replica = replica
        self.effects: list[bytes] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.replica, name)

    def step(self, events: bytes) -> bytes:
        self.effects.append(self.replica.step(events))
        return self.effects[-1]


class Replay:
    """One node of a run, driven by Python."""

    def __init__(self, rows: list[TraceRow]) -> None:
        self.rows = rows
        self.ours, self.theirs = hashlib.sha256(), hashlib.sha256()
        self.seen: Counter[str] = Counter()
        self.folder = FakeFolder()
        self.store = Store()
        self.sent: list[tuple[int, bytes]] = []
        self.told = 0  # the highest seq that the replica knows to be durable

    def run(self) -> None:
        for at, row in enumerate(self.rows):
            match row.kind:
                case TraceKind.BEGAN:
                    self.begin(row.data, self.life(at))
                case TraceKind.CHECKPOINT:
                    self.compare_checkpoint(row.data)
                case TraceKind.EVENTS:
                    self.step(row.data)
                case TraceKind.EFFECTS:
                    self.compare_effects(row.data)
                case TraceKind.SENT if row.data[0] != TRANSACTIONS:
                    self.seen["messages"] += 1
                    assert self.sent.pop(0) == (row.peer, row.data), "another message"
                case TraceKind.CRASHED:
                    self.seen["crashes"] += 1
                    self.sent.clear()
        assert self.ours.digest() == self.theirs.digest()

    def life(self, at: int) -> list[TraceRow]:
        rows = self.rows[at + 1 :]
        ends = (i for i, row in enumerate(rows) if row.kind == TraceKind.BEGAN)
        return rows[: next(ends, len(rows))]

    def begin(self, data: bytes, life: list[TraceRow]) -> None:
        config, at = sized(data, 0)
        how = data[at]
        log, at = optional(data, at + 1)
        fence, at = optional(data, at)
        position, at = sized(data, at)
        nonce = data[at : at + 32]
        kept = True
        if how != NEW_KEY:
            kept = self.keeps_what_was_durable(log)
            files = {"log": log, "fence": fence}
            self.folder = FakeFolder({name: d for name, d in files.items() if d is not None})
            self.store.cut(position)
        self.script = Script(life)
        self.outstanding: Counter[tuple[int, bytes]] = Counter()
        self.synced = {DURABLE: 0, STORED: self.store.height}
        self.told = 0
        self.sent.clear()
        ledger = ScriptedLedger(self.script, self.store.height)
        parsed = read_config(config)
        self.driver = ReplayingDriver(
            config=parsed,
            new_key=how == NEW_KEY,
            ledger=ledger,  # type: ignore[arg-type]
            pool=ScriptedPool(ledger),  # type: ignore[arg-type]
            signer=ScriptedSigner(self.script, parsed.own_key),
            journal=FileJournal(self.folder),
            send=lambda to, message: self.sent.append((to, message)),
            on_final=lambda _block: None,
            store=self.store,
            verify=verify,
            nonce=nonce,
        )
        self.driver.script = self.script
        self.recorder = Recorder(self.driver.replica)
        self.driver.replica = self.recorder  # type: ignore[assignment]
        self.fresh = True  # its first checkpoint is made
        amnesic = self.driver.replica.amnesic
        self.seen["amnesic"] += amnesic
        assert kept or amnesic or how == OLD_DISK, "what was durable is gone"

    def keeps_what_was_durable(self, log: bytes | None) -> bool:
        """Whether a crash has left all that this driver was told to be durable, as it wrote it."""
        ours, end = self.folder.after_crash(Lost.NOTHING).get("log", b""), 0
        while end < len(ours) and number(ours[end + 4 :]) <= self.told:
            end = sized(ours, end)[1]
        return log is not None and log[:end] == ours[:end]

    def compare_checkpoint(self, data: bytes) -> None:
        log, at = sized(data, 0)
        if not self.fresh:
            self.driver.checkpoint()
        self.fresh = False
        ours = self.folder.after_crash(Lost.ALL)
        assert ours["log"] == log
        assert data[at:] in (ours["fence"], b"")
        self.seen["checkpoints"] += 1
        if data[at:]:
            last = 0
            while last < len(log):
                self.told, last = number(log[last + 4 :]), sized(log, last)[1]

    def step(self, events: bytes) -> None:
        assert not self.sent, "the run does not send this"
        self.seen["steps"] += 1
        for kind, body in frames(events):
            if kind in SYNCED:
                assert number(body) <= self.synced[kind], "durable in the run before it is here"
                self.told = max(self.told, number(body)) if kind == DURABLE else self.told
            elif kind in ANSWERS:
                self.seen["answers"] += 1
                if kind == CERTIFIED and body[32] == 0:
                    body = body[:33] + b"\0"  # no set goes with a refusal
                self.outstanding[kind, body] -= 1
                assert self.outstanding[kind, body] >= 0, f"the driver did not answer {kind}"
        for answer in self.driver.step(events):
            for kind, body in frames(answer):
                if kind in SYNCED:
                    self.synced[kind] = number(body)
                else:
                    self.outstanding[kind, body] += 1

    def compare_effects(self, data: bytes) -> None:
        [ours] = self.recorder.effects
        self.recorder.effects.clear()
        assert ours == data
        self.ours.update(ours)
        self.theirs.update(data)


def replayed(validators: int, seeds: Iterable[int], seconds: int) -> Counter[str]:
    """One honest node of each seed; what was seen in all of them."""
    seen: Counter[str] = Counter()
    for seed in seeds:
        scenario = Scenario(validators=validators, seconds=seconds)
        for node in range(validators):
            _, rows = follow(scenario, seed, (seed + node) % validators)
            if any(row.kind == TraceKind.BEGAN for row in rows):
                break
        replay = Replay(rows)
        try:
            replay.run()
        except BaseException as error:
            error.add_note(f"{scenario}, seed {seed}, node {rows[0].node}")
            raise
        seen += replay.seen
        seen["runs"] += 1
    return seen


@pytest.mark.parametrize("part", range(4))
def test_runs_of_four_are_the_same_through_python(part: int) -> None:
    seen = replayed(4, range(45 * part, 45 * part + 45), 30)
    assert seen["runs"] == 45
    for what in ("crashes", "checkpoints", "amnesic", "answers", "messages"):
        assert seen[what], f"none of these runs has {what}"


def test_runs_of_seven_are_the_same_through_python() -> None:
    seen = replayed(7, range(1000, 1020), 30)
    assert seen["runs"] == 20 and seen["crashes"]
