# SPDX-License-Identifier: Apache-2.0
"""Drivers that lose power, disks that fail and lie: a validator never contradicts itself, and knows
when it has forgotten (docs/spec/consensus.md, B-60 to B-65, B-80; threats 36 to 38).
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from driver_world import LOG_BYTES_MAX, Conflict, World
from fake_folder import FakeFolder, Lost, crash_at, fail_at
from simulated_network import public_key

from chopmark import consensus
from chopmark.errors import ConsensusError, JournalError
from chopmark.node.journal import DiskFolder

TRANSACTIONS = 3  # of a first life
FIRST_CHECKPOINT = 2 + 8  # operations of the disk until the first step


def add(world: World, number: int) -> bool:
    """Whether a transaction becomes final on the chain of one, before its validator dies."""
    [node] = world.nodes
    wanted = world.submit(0, number)

    def done() -> bool:
        return node.driver is None or node.driver.ledger.find(wanted) is not None

    return world.run(done, 5000) and node.driver is not None


def first_life(
    world: World, before: Callable[[int, str], None] = lambda _number, _what: None
) -> None:
    """A chain of one validator, whose disk does as `before` says."""
    [node] = world.nodes
    node.folder.before = before
    node.start(new_key=True)
    for number in range(TRANSACTIONS):
        add(world, number)
        world.run(lambda: False, 50)


def next_life(world: World, lost: Lost, number: int) -> None:
    """After the crash; the validator has other transactions and another time than before."""
    [node] = world.nodes
    world.now_ms += 700
    node.after_crash(lost)
    node.start(new_key=False)
    assert node.driver is not None and not node.driver.replica.amnesic, number
    for i in range(2):
        assert add(world, 100 * (number + 1) + i), f"stands still after a crash at {number}"


@cache
def operations() -> tuple[str, ...]:
    world = World(1)
    first_life(world)
    assert len(world.nodes[0].final) > TRANSACTIONS
    return tuple(world.nodes[0].folder.calls)


def test_first_life_as_the_others_expect_it() -> None:
    calls = operations()
    assert calls[:2] == ("read log", "read fence")
    assert calls[FIRST_CHECKPOINT] == "append log"
    assert calls.count("rename log") > 1, "no checkpoint on the way"
    assert len(calls) > 60


@pytest.mark.parametrize("lost", Lost)
def test_crash_at_every_operation_of_the_disk(lost: Lost) -> None:
    for number in range(FIRST_CHECKPOINT, len(operations())):
        world = World(1)
        first_life(world, crash_at(number))
        [node] = world.nodes
        assert node.driver is None
        next_life(world, lost, number)


@pytest.mark.parametrize("lost", Lost)
def test_crash_before_the_first_checkpoint_is_durable(lost: Lost) -> None:
    """The key has signed nothing; whether it may be taken for new is seen from the disk alone."""
    for number in range(FIRST_CHECKPOINT):
        world = World(1)
        first_life(world, crash_at(number))
        [node] = world.nodes
        assert node.mouth.words == 0
        node.after_crash(lost)
        files = node.folder.after_crash(Lost.NOTHING)
        node.start(new_key=True)
        if "log" in files or "fence" in files:
            assert isinstance(node.failure, JournalError)
            node.start(new_key=False)
            assert node.driver is not None
            assert node.driver.replica.amnesic == ({"log", "fence"} - set(files) != set())
        else:
            assert node.driver is not None and not node.driver.replica.amnesic


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO])
@pytest.mark.parametrize("lost", [Lost.ALL, Lost.TAIL, Lost.NOTHING])
def test_failing_disk_at_every_operation(lost: Lost, code: int) -> None:
    """Disk full and failed fsync: the driver stops before it says more, and recovers."""
    for number in range(FIRST_CHECKPOINT, len(operations())):
        world = World(1)
        first_life(world, fail_at(number, code))
        [node] = world.nodes
        assert isinstance(node.failure, JournalError) and node.failure.errno == code
        assert len(node.folder.calls) == number + 1, "went on with a broken disk"
        next_life(world, lost, number)


def test_driver_with_a_broken_journal_takes_nothing_more() -> None:
    world = World(1)
    [node] = world.nodes
    node.start(new_key=True)
    driver = node.driver
    assert driver is not None
    node.folder.before = fail_at(len(node.folder.calls), errno.ENOSPC)
    world.submit(0, 1)
    assert isinstance(node.failure, JournalError)
    words = node.mouth.words
    for attempt in (
        lambda: driver.tick(node.clock),
        lambda: driver.receive(0, b"", node.clock),
        lambda: driver.connect(9, public_key(9), node.clock),
    ):
        with pytest.raises(ConsensusError, match="stopped") as caught:
            attempt()
        assert isinstance(caught.value.__cause__, JournalError)
    assert node.mouth.words == words


class LyingFolder(FakeFolder):
    """Says that it has synced the log, and has not."""

    def sync(self, name: str) -> None:
        self._enter(f"sync {name}")
        if name != "log":
            super().sync(name)


def test_these_tests_would_see_a_conflict() -> None:
    """A disk that lies about fsync cannot be helped: with one, the same crashes make conflicts."""
    conflicts = 0
    for number in range(FIRST_CHECKPOINT, len(operations())):
        world = World(1)
        [node] = world.nodes
        node.folder = LyingFolder()
        try:
            first_life(world, crash_at(number))
            next_life(world, Lost.ALL, number)
        except (Conflict, AssertionError):
            conflicts += 1
    assert conflicts > 5


@pytest.mark.parametrize("checkpoints", [LOG_BYTES_MAX, 1 << 20])
def test_lives_on_a_real_disk(tmp_path: Path, checkpoints: int) -> None:
    world = World(1)
    [node] = world.nodes
    for life in range(4):
        node.disk = folder = DiskFolder(tmp_path / "journal")
        node.start(new_key=life == 0, log_bytes_max=checkpoints)
        assert node.driver is not None and not node.driver.replica.amnesic
        for i in range(3):
            assert add(world, 10 * life + i)
        with pytest.raises(JournalError, match="another process"):
            DiskFolder(tmp_path / "journal")
        folder.close()
        node.driver = None
        world.now_ms += 100
    node.disk = DiskFolder(tmp_path / "journal")
    node.start(new_key=True)
    assert isinstance(node.failure, JournalError), "begun twice"
    node.disk.close()


# --- What is wrong with the files when it starts -------------------------------------------------


@cache
def files_of_a_life() -> tuple[dict[str, bytes], dict[str, bytes], bytes]:
    """Log and fence after a life, those of an earlier generation, and where the store ends."""
    world = World(1)
    [node] = world.nodes
    node.start(new_key=True, log_bytes_max=1 << 20)
    add(world, 1)
    before = node.folder.after_crash(Lost.NOTHING)
    assert node.driver is not None
    node.driver.checkpoint()
    add(world, 2)
    return node.folder.after_crash(Lost.NOTHING), before, node.store.position


def good_files() -> tuple[dict[str, bytes], dict[str, bytes]]:
    now, before, _ = files_of_a_life()
    return now, before


def records(log: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(log):
        end = at + 4 + int.from_bytes(log[at : at + 4], "big")
        found.append(log[at:end])
        at = end
    return found


def recovered(**files: bytes | None) -> consensus.Replica:
    world = World(1)
    log, fence = files.get("log"), files.get("fence")
    return consensus.Replica.recover(
        world.config(public_key(0)),
        log=log,
        fence=fence,
        position=files_of_a_life()[2],
        nonce=bytes(32),
    )


def test_good_files_are_remembered() -> None:
    now, before = good_files()
    assert not recovered(**now).amnesic
    assert not recovered(**before).amnesic
    kinds = [consensus.read_record(one).kind for one in records(now["log"])]
    assert kinds[0] == 7 and {1, 2, 4, 5} <= set(kinds)


def test_missing_files_are_forgotten_words() -> None:
    """B-64."""
    now, _ = good_files()
    assert recovered(log=now["log"], fence=None).amnesic
    assert recovered(log=None, fence=now["fence"]).amnesic
    assert recovered(log=b"", fence=now["fence"]).amnesic
    assert recovered(log=None, fence=None).amnesic


def test_older_log_than_the_fence() -> None:
    """B-64: a log put back from a copy; the other way round is the crash between both renames."""
    now, before = good_files()
    assert recovered(log=before["log"], fence=now["fence"]).amnesic
    assert not recovered(log=now["log"], fence=before["fence"]).amnesic


def durable_by_itself(log: bytes) -> int:
    """How many records a later one shows to have been durable. What is wrong with those behind
    cannot be told from a torn tail.
    """
    parsed = [consensus.read_record(one) for one in records(log)]
    shown = max(one.synced for one in parsed)
    return sum(one.seq <= shown for one in parsed)


def test_every_bit_flip_of_what_was_durable() -> None:
    now, _ = good_files()
    log = now["log"]
    safe = sum(map(len, records(log)[: durable_by_itself(log)]))
    assert safe > len(log) / 2
    for bit in [*range(0, 8 * safe, 5), 8 * safe - 1]:
        changed = bytearray(log)
        changed[bit // 8] ^= 1 << bit % 8
        assert recovered(log=bytes(changed), fence=now["fence"]).amnesic, bit


def test_every_bit_flip_of_the_fence() -> None:
    now, _ = good_files()
    for bit in range(8 * len(now["fence"])):
        changed = bytearray(now["fence"])
        changed[bit // 8] ^= 1 << bit % 8
        assert recovered(log=now["log"], fence=bytes(changed)).amnesic, bit


def test_swapped_and_missing_records() -> None:
    now, _ = good_files()
    parts = records(now["log"])
    for at in range(durable_by_itself(now["log"]) - 1):
        swapped = [*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]
        assert recovered(log=b"".join(swapped), fence=now["fence"]).amnesic, at
        without = [*parts[:at], *parts[at + 1 :]]
        assert recovered(log=b"".join(without), fence=now["fence"]).amnesic, at


def test_files_of_another_chain_or_key() -> None:
    now, _ = good_files()
    other = World(4)
    for index in range(2):
        replica = consensus.Replica.recover(other.config(public_key(index)), **now, nonce=bytes(32))
        assert replica.amnesic


def test_amnesic_driver_says_nothing() -> None:
    """B-80: and its chain of one stands still."""
    now, _ = good_files()
    world = World(1)
    [node] = world.nodes
    node.folder = FakeFolder({"log": now["log"]})
    node.start(new_key=False)
    world.submit(0, 3)
    assert not world.run(lambda: bool(node.final), 20_000)
    assert node.mouth.words == 0
    assert node.driver is not None and node.driver.replica.amnesic
    files = node.folder.after_crash(Lost.ALL)
    assert recovered(**files).amnesic, "forgotten that it has forgotten"


# --- Among four ----------------------------------------------------------------------------------


VICTIM = 1


def four(before: Callable[[int, str], None] | None = None, epoch_blocks: int = 0) -> World:
    """A chain of four; the disk of one does as `before` says."""
    world = World(4, epoch_blocks)
    if before is not None:
        world.nodes[VICTIM].folder.before = before
    for node in world.nodes:
        node.start(new_key=True)
    return world


def spread(world: World, first: int, count: int, limit_ms: int = 20_000) -> bool:
    """Hands in transactions one after the other; whether all who live have made them final."""
    before = max(len(node.final) for node in world.nodes)
    for number in range(first, first + count):
        world.submit(number % 4, number)
        world.run(lambda: False, 30)
    alive = [node.driver for node in world.nodes if node.driver is not None]

    def done() -> bool:
        same = len({one.ledger.log_size for one in alive}) == 1
        return same and not any(one.pool.size for one in alive)

    return world.run(done, limit_ms) and max(len(node.final) for node in world.nodes) > before


@pytest.mark.parametrize(("lost", "epoch_blocks"), [(Lost.ALL, 0), (Lost.TAIL, 0), (Lost.ALL, 3)])
def test_crash_of_one_among_four(lost: Lost, epoch_blocks: int) -> None:
    """It comes back, catches up and takes part; nothing that it says contradicts what it said."""
    world = four(epoch_blocks=epoch_blocks)
    assert spread(world, 0, 4)
    calls = len(world.nodes[VICTIM].folder.calls)
    for number in range(FIRST_CHECKPOINT, calls, 3):
        world = four(crash_at(number), epoch_blocks)
        node = world.nodes[VICTIM]
        spread(world, 0, 4)
        assert node.driver is None
        node.after_crash(lost)
        node.start(new_key=False)
        assert node.driver is not None and not node.driver.replica.amnesic
        assert spread(world, 10, 4), f"not caught up after a crash at {number}"
        words = node.mouth.words
        assert spread(world, 20, 4)
        assert node.mouth.words > words
        assert (node.driver.replica.epoch > 2) == (epoch_blocks > 0)


def test_forgetful_one_among_four_comes_back() -> None:
    """B-81: it asks the others, waits for a later finalization, and only then signs again."""
    world = four()
    node = world.nodes[VICTIM]
    assert spread(world, 0, 4)
    node.folder = FakeFolder()
    node.start(new_key=False)
    assert node.driver is not None and node.driver.replica.amnesic
    words = node.mouth.words
    assert spread(world, 10, 6)
    assert not node.driver.replica.amnesic
    assert spread(world, 20, 4)
    assert node.mouth.words > words


def test_new_key_beside_an_old_store() -> None:
    """B-51: it begins where the blocks end that its driver has verified before."""
    world = four()
    assert spread(world, 0, 4)
    node = world.nodes[VICTIM]
    assert node.driver is not None
    height, view, digest = node.driver.replica.last_final
    node.folder, node.own_key = FakeFolder(), consensus.OBSERVER
    node.start(new_key=True)
    assert node.driver.replica.last_final == (height, view, digest)
    assert node.driver.ledger.final_digest == digest
    words = node.mouth.words
    assert spread(world, 10, 4)
    assert node.mouth.words == words, "it observes"
