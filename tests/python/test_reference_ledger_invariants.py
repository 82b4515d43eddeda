# SPDX-License-Identifier: Apache-2.0
"""Random sequences on the reference ledger, checked by readers that share no code with it.

docs/spec/ledger.md L-29, L-32, L-35, L-81. The checkers know ids from the pools that plans draw
from, and read entries by the offsets of the specification.
"""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_plans import (
    ACTORS,
    CASES,
    CLASS_IDS,
    LOCKS,
    LOTS,
    MEMBERS,
    NULLIFIERS,
    RECORDS,
    Plan,
    Planner,
)
from ledger_scene import CLASSES, SCHEMAS, Scene, prepared

from chopmark.reference.blake3 import blake3
from chopmark.reference.ledger import ResultCode, state_root

BY_RECORD = {kind.class_id for kind in CLASSES if kind.backing == 2}
FUNGIBLE = {kind.class_id for kind in CLASSES if not kind.flags & 1}
UNIQUE = {schema.schema for schema in SCHEMAS if schema.mode == 2}

KEYS: dict[tuple[int, bytes], bytes] = {}


def entry(state: dict[bytes, bytes], kind: int, *parts: bytes) -> bytes | None:
    identity = kind, b"".join(parts)
    if identity not in KEYS:
        KEYS[identity] = blake3(bytes([kind]) + identity[1])
    return state.get(KEYS[identity])


def u32(value: int) -> bytes:
    return value.to_bytes(4, "big")


def number(data: bytes, start: int, size: int) -> int:
    return int.from_bytes(data[start : start + size], "big")


def check_quantities(state: dict[bytes, bytes]) -> None:
    """L-81."""
    open_locks: Counter[tuple[int, bytes, int]] = Counter()
    for lock_id in LOCKS:
        lock = entry(state, 0x12, lock_id)
        if lock and lock[2] == 1:
            owner = number(lock, 12, 4), lock[16:48], number(lock, 48, 4)
            open_locks[owner] += number(lock, 56, 8)
    for class_id in CLASS_IDS:
        totals = entry(state, 0x0F, u32(class_id)) or bytes(22)
        issued, redeemed, holders = (number(totals, a, n) for a, n in ((2, 8), (10, 8), (18, 4)))
        held, members = 0, set()
        for lot in LOTS:
            of_lot = 0
            for member in MEMBERS:
                holding = entry(state, 0x11, u32(class_id), lot, u32(member)) or bytes(35)
                free, locked = number(holding, 11, 8), number(holding, 19, 8)
                assert locked == open_locks[class_id, lot, member]
                of_lot += free + locked
                if free + locked:
                    members.add(member)
            backing = entry(state, 0x10, u32(class_id), lot)
            if class_id in BY_RECORD:
                assert of_lot == (number(backing, 14, 8) if backing else 0)
            held += of_lot
        assert held == issued - redeemed
        assert holders == (len(members) if class_id in FUNGIBLE else 0)


def check_records(state: dict[bytes, bytes]) -> None:
    """Nullifiers, and what stands behind live units."""
    live: Counter[tuple[int, bytes]] = Counter()
    count: Counter[tuple[int, bytes]] = Counter()
    for record_id in RECORDS:
        record = entry(state, 0x02, record_id)
        if record is None:
            continue
        backings = 0
        for class_id in BY_RECORD:
            for lot in LOTS:
                backing = entry(state, 0x10, u32(class_id), lot)
                backings += bool(backing and backing[30:] == record_id and number(backing, 14, 8))
        assert number(record, 32, 4) == backings
        status, nullifier = record[2], record[76:]
        assert status == 1 or backings == 0
        if nullifier != bytes(32):
            identity = number(record, 18, 2), nullifier
            count[identity] += 1
            live[identity] += status == 1
        if status == 3:
            assert record[36:] == bytes(72)
    for schema in SCHEMAS:
        for nullifier in NULLIFIERS:
            identity = schema.schema, nullifier
            used = entry(state, 0x0C, schema.schema.to_bytes(2, "big"), nullifier)
            assert (used is not None) == (count[identity] > 0)
            if used:
                assert (number(used, 2, 4), number(used, 6, 4)) == (count[identity], live[identity])
            assert live[identity] <= 1 or schema.schema not in UNIQUE


def versions(state: dict[bytes, bytes]) -> dict[bytes, int]:
    found = {}
    for kind, pool, at in ((0x02, RECORDS, 20), (0x0E, CASES, 16)):
        for identity in pool:
            data = entry(state, kind, identity)
            if data:
                found[identity] = number(data, at, 4)
    return found


def grants(state: dict[bytes, bytes]) -> dict[tuple[bytes, int], tuple[int, int]]:
    """Times granted and uses logged."""
    found = {}
    for record_id in RECORDS:
        for member in MEMBERS:
            data = entry(state, 0x0D, record_id, u32(member))
            if data:
                found[record_id, member] = number(data, 9, 4), number(data, 17, 8)
    return found


def is_active(state: dict[bytes, bytes], member: int) -> bool:
    data = entry(state, 0x01, u32(member))
    return data is not None and data[6] == 1


class Walk:
    """A random sequence with all checks after each transaction."""

    def __init__(self, random: Random) -> None:
        self.scene: Scene = prepared()
        self.planner = Planner(random)
        self.seen: Counter[str] = Counter()

    def step(self) -> None:
        scene, planner = self.scene, self.planner
        if planner.chance(15):
            scene.next(planner.pick((1, 1000, 3000)))
        planner.state, planner.now, planner.height = scene.state, scene.time_ms, scene.height
        self.run(planner.plan())

    def run(self, plan: Plan) -> None:
        scene = self.scene
        before = dict(scene.state)
        code = scene.run(*plan.operations, by=plan.by, field=plan.field)
        self.seen[code] += 1
        if code != "OK":
            assert scene.state == before and scene.failing_op < len(plan.operations)
            return
        gone = before.keys() - scene.state.keys()
        assert all(before[key][0] == 0x0C for key in gone)  # L-29
        acting = {plan.by[op.actor].member for op in plan.operations}
        assert all(is_active(scene.parent, member) for member in acting)
        old, new = versions(before), versions(scene.state)
        steps = len(plan.operations)
        assert all(old[one] <= new[one] <= old[one] + steps for one in old)
        assert all(1 <= new[one] <= steps for one in new.keys() - old.keys())
        given = grants(before)
        for identity, (times, used) in grants(scene.state).items():
            earlier = given.get(identity, (0, 0))
            assert times >= earlier[0] and used >= earlier[1]

    def check(self) -> None:
        check_quantities(self.scene.state)
        check_records(self.scene.state)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 120))
def test_invariants_hold(seed: int, steps: int) -> None:
    walk = Walk(Random(seed))
    for _ in range(steps):
        walk.step()
    walk.check()


@pytest.mark.parametrize("seed", range(3))
def test_long_walk(seed: int) -> None:
    walk = Walk(Random(seed))
    for i in range(1500):
        walk.step()
        if i % 50 == 0:
            walk.check()
    walk.check()
    assert walk.seen["OK"] > 300


def test_plans_reach_most_codes() -> None:
    seen: Counter[str] = Counter()
    for seed in range(12):
        walk = Walk(Random(seed))
        for _ in range(600):
            walk.step()
        seen += walk.seen
    assert {code.name for code in ResultCode} - set(seen) <= {"LIMIT"}, sorted(seen.items())


def test_root_depends_on_entries_alone() -> None:
    walk = Walk(Random(7))
    for _ in range(200):
        walk.step()
    entries = list(walk.scene.state.items())
    Random(1).shuffle(entries)
    assert state_root(dict(entries)) == state_root(walk.scene.state)
    assert len(ACTORS) == len(set(MEMBERS))
