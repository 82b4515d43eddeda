# SPDX-License-Identifier: Apache-2.0
"""The native ledger and the reference give equal codes, roots, results and entries, block by block.

docs/spec/ledger.md L-10 to L-38 and every operation, on random chains with forks; the answers are
the same on every backend and with any number of threads, and however finality is cut (L-19).
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledger_plans import Plan, Planner
from ledger_scene import CLASSES, SCHEMAS, TEMPLATES
from ledger_twins import BACKENDS, Twins, Unreadable, replay
from ledger_world import (
    BANK,
    BROKEN,
    CHAIN_ID,
    CLERK,
    CLERK_SPARE,
    COUNCIL,
    COURT,
    GENESIS,
    GENESIS_BLOCK,
    GENESIS_BYTES,
    GUEST,
    HOSPITAL,
    OTHER_GENESIS,
    STRANGER,
    WITNESS,
    WRONG_KEY,
    Block,
    Signer,
    attest,
    bad_signature,
    block,
    create,
    digest,
    flip,
    record_id,
    transaction,
)
from test_reference_ledger_invariants import Walk as Scenes

from chopmark import ledger
from chopmark.reference import codec
from chopmark.reference import ledger as reference
from chopmark.reference.codec import Operation, Roles
from chopmark.reference.ledger import Refusal
from chopmark.reference.ledger.blocks import Refused
from chopmark.reference.operations import (
    AddKey,
    Admit,
    CouncilReplacesKey,
    CouncilRevokesKey,
    DefineSchema,
    DefinitionKind,
    Expel,
    Freeze,
    Hold,
    KeyFlags,
    Object,
    ObjectKind,
    Retire,
    RevokeKey,
    RotateKey,
    SetCouncil,
    SetRoles,
    Unfreeze,
    Withdraw,
)
from chopmark.testing import use_backend

TWO = COUNCIL[:2]
FAR = 2**64 - 1
LATEST = FAR - 100_000


def spoils(random: Random, one: Block) -> dict[str, Any]:
    """A change of one header field."""
    assert one.header is not None
    return random.choice(
        [
            {"chain_id": OTHER_GENESIS.chain_id},
            {"payload_len": 3},
            {"payload_root": bytes(32)},
            {"parent_digest": bytes(32)},
            {"parent_digest": CHAIN_ID},
            {"height": random.choice([0, 1, 2, one.height + 1, FAR])},
            {"time_ms": random.choice([0, GENESIS.time_ms, one.time_ms - 10_000])},
            {"state_root": bytes(32)},
            {"log_size": random.choice([0, 1, FAR])},
            {"log_root": bytes(32)},
            {"epoch": 7},
            {"leader": 3, "parent_view": FAR, "justify_root": digest("justification")},
        ]
    )


def decoded(data: bytes) -> Any:
    """A block by its bytes, whatever they are."""
    try:
        return Block(codec.parse_header(data[: codec.HEADER_BYTES]), data[codec.HEADER_BYTES :])
    except codec.InvalidEncoding:
        return Unreadable(data)


class Walk:
    """A random chain: plans from the state of the parent, forks, spoiled blocks, finality."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.planner = Planner(self.random)
        self.twins = Twins()
        self.pool = ledger.Pool()
        self.salt = 0
        self.seen: Counter[str] = Counter()
        define = [*SCHEMAS, *TEMPLATES, *CLASSES]
        first = block(self.twins.reference, GENESIS_BLOCK, [self.sign(define, TWO, 1, 9)])
        assert self.twins.propose(first)
        assert self.twins.results(first) == ["OK"]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def sign(self, operations: Any, by: Any, field: int, last: int, **more: Any) -> bytes:
        self.salt += 1
        return transaction(
            *operations, by=by, field=field, valid_until=last, salt=self.salt, **more
        )

    def sound(self, plan: Plan, height: int) -> bytes:
        last = height + self.random.choice([0, 1, 9, 1024])
        return self.sign(plan.operations, plan.by, plan.field, last)

    def spoiled(self, plan: Plan, height: int) -> bytes:
        """A transaction for which no block may be valid, most often."""
        more: dict[str, Any] = {}
        last, by = height + 9, plan.by
        how = self.random.randrange(10)
        if how == 0:
            more["chain_id"] = OTHER_GENESIS.chain_id
        elif how == 1:
            more["sign_with"] = (GUEST,) * len(by)
        elif how == 2:
            last = self.random.choice([0, height - 1, height + 1025, FAR])
        elif how == 3:
            added = self.random.choice([STRANGER, WRONG_KEY, BROKEN])
            by = (*(one for one in by if one.member != added.member), added)
            operations = tuple(dataclasses.replace(op, actor=0) for op in plan.operations)
            plan = dataclasses.replace(plan, operations=operations)
        data = self.sign(plan.operations, by, plan.field, last, **more)
        if how == 4:
            return bad_signature(data)
        if how == 5:
            return data[: self.random.randrange(len(data))]
        if how > 5:
            return flip(data, self.random.randrange(8 * len(data)))
        return data

    def contents(self, parent: Block, time_ms: int) -> list[bytes]:
        overlay = self.twins.reference.blocks[parent.digest]
        height = parent.height + 1
        state, seen = dict(overlay.state), dict(overlay.ids)
        around = reference.Block(CHAIN_ID, height, time_ms, overlay.state)
        items: list[bytes] = []
        for _ in range(self.random.randrange(9)):
            self.planner.state, self.planner.now = state, time_ms
            self.planner.height = height
            plan = self.planner.plan()
            if self.chance(3):
                items.append(self.spoiled(plan, height))
                continue
            item = self.sound(plan, height)
            if items and self.chance(2):
                item = self.random.choice(items)
            try:
                check = self.twins.reference.check_transaction
                parsed = check(item, height, overlay, seen, 0)
            except Refused:
                if self.chance(10):
                    items.append(item)
                continue
            seen[parsed.id] = parsed.valid_until
            reference.execute(around, state, parsed)
            items.append(item)
        return items

    def step(self, view: int) -> None:
        twins, random = self.twins, self.random
        parent = random.choice([twins.blocks[-1]] * 3 + twins.blocks[-4:])
        time_ms = parent.time_ms + random.choice([1, 1000, 1000, 3000])
        items = self.contents(parent, time_ms)
        one = block(twins.reference, parent, items, view=view, time_ms=time_ms)
        pool = None
        if self.chance(50):
            pool = self.pool
            pool.admit(twins.native, codec.encode_payload(items))
        ok = twins.propose(one, random.randrange(1, 4), pool)
        if ok:
            self.seen.update(twins.results(one))
        if self.chance(10):
            twins.propose(one.spoiled(**spoils(random, one)))
        if self.chance(10):
            other = decoded(flip(one.data, random.randrange(8 * len(one.data))))
            # Nothing is planned on a block that a flipped bit puts at the end of time.
            (twins.propose if other.time_ms < LATEST else twins.validate_block)(other)
        if self.chance(5):
            twins.propose(one)
        if self.chance(15):
            twins.finalize(random.choice(twins.blocks[-3:]))
            self.pool.remove_final(twins.native)

    def run(self, blocks: int) -> None:
        for view in range(2, blocks + 2):
            self.step(view)
        self.twins.finalize(self.twins.blocks[-1])


SEEN: Counter[str] = Counter()
REFUSED: set[str] = set()


@pytest.mark.parametrize("seed", range(10))
def test_random_chains(seed: int) -> None:
    walk = Walk(seed)
    walk.run(120)
    SEEN.update(walk.seen)
    REFUSED.update(walk.twins.answers)
    for threads, backend in enumerate(BACKENDS, 1):
        walk.twins.repeat(backend, 1 + threads % 3)


def test_random_chains_reach_most_codes() -> None:
    """After those above. The tests of the reference reach the rest (test_reference_ledger.py)."""
    if not REFUSED:
        pytest.skip("runs after the random chains")
    assert set(SEEN) >= {code.name for code in reference.ResultCode} - {"LIMIT"}, SEEN
    rare = {"TOO_MANY_OVERLAYS", "MALFORMED_HEADER", "MALFORMED_PAYLOAD"}
    assert {code.name for code in Refusal} - rare <= REFUSED


def test_random_chain_at_the_end_of_time() -> None:
    """Sums of times and limits pass 2^64 (L-712)."""
    walk = Walk(77)
    late = block(walk.twins.reference, walk.twins.blocks[-1], view=99, time_ms=FAR - 200_000)
    assert walk.twins.propose(late)
    walk.twins.finalize(late)
    for view in range(100, 140):
        walk.step(view)
    last = block(walk.twins.reference, walk.twins.blocks[-1], view=999, time_ms=FAR)
    assert walk.twins.propose(last)
    for time_ms in (0, FAR):
        above = block(walk.twins.reference, last, time_ms=time_ms)
        assert walk.twins.validate(above.data).code == Refusal.WRONG_TIME
    walk.twins.finalize(last)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_short_random_chains(seed: int, blocks: int) -> None:
    Walk(seed).run(blocks)


@pytest.mark.parametrize("seed", range(2))
def test_long_scenes(seed: int) -> None:
    """The sequences on which the invariants of the reference are checked, in full blocks."""
    walk = Scenes(Random(100 + seed))
    for _ in range(700):
        walk.step()
    replay(walk.scene.journal, 1 + seed)


# --- Members, keys and their use in the same block -----------------------------------------------


class Churn:
    """Members come and go, keys too, while everybody signs with whatever key there ever was."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.twins = Twins()
        self.salt = 0
        self.made: dict[Operation, Signer] = {}  # keys that operations bring
        self.keys: list[Signer] = [CLERK, CLERK_SPARE, BANK, WITNESS, HOSPITAL, *COUNCIL]
        self.counting = self.keys  # in the next block
        self.members = [one.member for one in self.keys]
        self.next_key = 50
        self.seen: Counter[str] = Counter()

    def fresh(self, member: int) -> Signer:
        self.next_key += 1
        return Signer(member, self.next_key)

    def someone(self) -> Signer:
        return self.random.choice(self.counting if self.random.random() < 0.9 else self.keys)

    def council(self) -> tuple[Signer, ...]:
        members = {one.member: one for one in self.random.sample(self.counting, len(self.counting))}
        found = [members[m] for m in (1, 2, 3) if m in members] or [BANK]
        return tuple(found[: self.random.choice([1, 2, 3, 3, 3])])

    def own(self) -> tuple[Operation, tuple[Signer, ...]]:
        signer = self.someone()
        one = self.fresh(signer.member)
        proof = one.possession(CHAIN_ID)
        other = self.random.choice([key.key_id for key in self.keys if key.member == signer.member])
        operation: Operation = self.random.choice(
            [
                AddKey(one.key_id, KeyFlags.ADMINISTRATE, one.public, proof),
                AddKey(one.key_id, KeyFlags.NONE, one.public, proof),
                AddKey(other, KeyFlags.NONE, one.public, proof),
                AddKey(one.key_id, KeyFlags.NONE, BANK.public, proof),
                AddKey(one.key_id, KeyFlags.NONE, one.public, flip(proof, 300)),
                RotateKey(one.key_id, one.public, proof),
                RotateKey(one.key_id, one.public, proof),
                RevokeKey(other, self.random.choice([0, 3, FAR])),
            ]
        )
        if isinstance(operation, AddKey | RotateKey):
            self.made[operation] = one
        return operation, (signer,)

    def governed(self) -> tuple[Operation, tuple[Signer, ...]]:
        member = self.random.choice(self.members)
        lost = self.someone()
        one = self.fresh(lost.member)
        newcomer = self.fresh(1000 + self.next_key)
        operation: Operation = self.random.choice(
            [
                Admit(
                    newcomer.member, "new", newcomer.key_id, newcomer.public,
                    newcomer.possession(CHAIN_ID),
                ),
                Freeze(self.random.choice(self.members[2:])),
                *[Unfreeze(member)] * 4,
                Expel(self.random.choice([WITNESS.member, *self.members[8:], GUEST.member])),
                *[SetRoles(member, 1, Roles.RECORD)] * 2,
                SetRoles(member, 1, Roles.RECORD | Roles.ATTEST | Roles.INSPECT),
                CouncilRevokesKey(lost.member, lost.key_id),
                CouncilReplacesKey(
                    lost.member, lost.key_id, FAR, one.key_id, one.public,
                    one.possession(CHAIN_ID),
                ),
                SetCouncil(
                    codec.Council(
                        self.random.choice([1, 2]),
                        tuple(sorted({1, 2, 3, member})),
                    )
                ),
                DefineSchema(self.random.randrange(1, 4), 1),
                Retire(DefinitionKind.SCHEMA, self.random.randrange(1, 4)),
            ]
        )  # fmt: skip
        if isinstance(operation, Admit):
            self.made[operation] = newcomer
        elif isinstance(operation, CouncilReplacesKey):
            self.made[operation] = one
        return operation, self.council()

    def use(self) -> tuple[Operation, tuple[Signer, ...]]:
        signer, n = self.someone(), self.random.randrange(20)
        operation: Operation = self.random.choice(
            [
                create(n, schema=self.random.randrange(4)),
                *[create(n)] * 3,
                attest(n),
                Withdraw(record_id(n), 1),
                Hold(Object(ObjectKind.RECORD, record_id(n))),
            ]
        )
        signer = COURT if isinstance(operation, Hold) else signer
        return operation, (signer,)

    def block(self, view: int) -> None:
        twins, random = self.twins, self.random
        parent = random.choice(twins.blocks[-2:])
        overlay = twins.reference.blocks[parent.digest]
        public_key = twins.reference.public_key
        self.counting = [
            one
            for one in self.keys
            if public_key(overlay.state, parent.height + 1, one.member, one.key_id)
        ]
        items, seen = [], dict(overlay.ids)
        for _ in range(random.randrange(1, 9)):
            operation, by = random.choice([self.own, self.governed, self.use, self.use])()
            self.salt += 1
            item = transaction(operation, by=by, valid_until=parent.height + 9, salt=self.salt)
            try:
                found = twins.reference.check_transaction(item, parent.height + 1, overlay, seen, 0)
                seen[found.id] = 1
            except Refused:
                if random.random() < 0.8:
                    continue
            items.append(item)
            if operation in self.made:
                one = self.made[operation]
                self.keys.append(one)
                self.members += [] if one.member in self.members else [one.member]
        made = block(twins.reference, parent, items, view=view)
        if twins.propose(made, random.randrange(1, 4)):
            self.seen.update(twins.results(made))
        if random.random() < 0.2:
            twins.finalize(random.choice(twins.blocks))


@pytest.mark.parametrize("seed", range(5))
def test_members_and_keys_come_and_go(seed: int) -> None:
    churn = Churn(seed)
    for view in range(1, 61):
        churn.block(view)
    churn.twins.finalize(churn.twins.blocks[-1])
    assert churn.seen["OK"] > 50
    assert {"KEY_REUSED", "ROLE_DENIED", "CONFLICT"} <= set(churn.seen), churn.seen
    churn.twins.repeat("portable", 3)


# --- However finality is cut ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_root_does_not_depend_on_how_finality_comes(seed: int) -> None:
    """L-19: block by block, in pieces or at once, with siblings or without."""
    walk = Walk(seed)
    walk.chance = lambda percent: percent != 15 and Walk.chance(walk, percent)  # type: ignore[method-assign]
    for view in range(2, 30):
        walk.step(view)
    twins = walk.twins
    tip = max(twins.blocks, key=lambda one: one.height)
    chain: list[Block] = []
    by_digest = {one.digest: one for one in twins.blocks}
    at = tip
    while at.header is not None:
        chain.insert(0, at)
        at = by_digest[at.header.parent_digest]
    random = Random(seed)
    want = None
    for cut in ("each", "pieces", "late", "siblings"):
        made = ledger.Ledger(GENESIS_BYTES)
        entries = []
        for one in twins.blocks[1:] if cut == "siblings" else chain:
            assert made.validate_block(one.data).ok
            if cut == "each" or (cut == "pieces" and random.random() < 0.3):
                entries += made.finalize(one.digest).transaction_id.tolist()
        entries += made.finalize(tip.digest).transaction_id.tolist()
        answers = made.roots(), made.final_digest, made.usage[0], entries
        want = want or answers
        assert answers == want
        assert made.roots() == twins.reference.roots(tip.digest)


# --- Every bit, every length ---------------------------------------------------------------------


def free_header_bits() -> set[int]:
    """Bits of the fields that the rules of the ledger do not look at."""
    sizes = [
        (2, False), (32, False), (8, True), (8, True), (8, False), (8, True), (32, False),
        (2, True), (32, False), (4, False), (4, False), (32, False), (8, False), (32, False),
        (32, True), (32, True), (8, False),
    ]  # fmt: skip
    bits: set[int] = set()
    at = 0
    for size, free in sizes:
        if free:
            bits |= set(range(8 * at, 8 * (at + size)))
        at += size
    assert at == codec.HEADER_BYTES
    return bits


def test_every_bit_of_a_header() -> None:
    twins = Twins()
    good = block(twins.native, GENESIS_BLOCK)
    valid: set[int] = set()
    for bit in range(8 * codec.HEADER_BYTES):
        if len(valid) % 200 == 199:
            twins.native = ledger.Ledger(GENESIS_BYTES)
        if twins.validate(flip(good.data, bit)).ok:
            valid.add(bit)
    time_bits = range(8 * (codec.HEADER_BYTES - 8), 8 * codec.HEADER_BYTES)
    later = {bit for bit in time_bits if good.time_ms ^ 1 << time_bits[-1] - bit > GENESIS.time_ms}
    assert valid == free_header_bits() | later


def test_every_bit_of_a_payload() -> None:
    twins = Twins()
    item = transaction(create(1), attest(1, actor=1), by=(CLERK, BANK), valid_until=1)
    good = block(twins.native, GENESIS_BLOCK, [item])
    seen = set()
    for bit in range(8 * len(good.payload)):
        payload = flip(good.payload, bit)
        assert good.header is not None
        under_same = Block(good.header, payload)
        assert twins.validate(under_same.data).code == Refusal.PAYLOAD_MISMATCH
        own = block(twins.native, GENESIS_BLOCK, payload=payload)
        seen.add(twins.validate(own.data).code.name)
    assert seen == {
        "MALFORMED_PAYLOAD",
        "MALFORMED_TRANSACTION",
        "WRONG_CHAIN",
        "UNKNOWN_SIGNER",
        "EXPIRED",
        "TOO_FAR_AHEAD",
        "BAD_SIGNATURE",
    }
    assert twins.validate(good.data).ok


def test_every_length_of_a_block() -> None:
    """C-33."""
    twins = Twins()
    good = block(twins.native, GENESIS_BLOCK, [transaction(create(1))])
    assert good.header is not None
    first = good.header.height, good.header.parent_view, good.header.parent_digest
    assert first == (1, 0, CHAIN_ID)
    for size in range(len(good.data)):
        assert not twins.validate(good.data[:size]).ok
        payload = good.payload[: size - codec.HEADER_BYTES]
        if size >= codec.HEADER_BYTES:
            own = block(twins.native, GENESIS_BLOCK, payload=payload)
            assert twins.validate(own.data).code == Refusal.MALFORMED_PAYLOAD
    assert twins.validate(good.data + b"\0").code == Refusal.PAYLOAD_MISMATCH


# --- State ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 2**32 - 1),
        st.tuples(
            st.text("abc.-09", min_size=1, max_size=64),
            st.lists(st.booleans(), min_size=1, max_size=16).filter(any),
            st.dictionaries(st.integers(0, 2**16 - 1), st.integers(1, 4095), max_size=4),
        ),
        max_size=20,
    ),
    st.integers(0, 16),
    st.integers(1, 32),
)
@example({}, 0, 1)
def test_genesis_state(
    found: dict[int, tuple[str, list[bool], dict[int, int]]], council: int, validators: int
) -> None:
    """L-23."""
    members = tuple(
        codec.Member(
            number,
            name,
            tuple(
                codec.GenesisKey(7 * i, digest(f"{number} {i}"), administrates)
                for i, administrates in enumerate(keys)
            ),
            tuple(codec.Role(f, Roles(roles[f])) for f in sorted(roles)),
        )
        for number, (name, keys, roles) in sorted(found.items())
    )
    seats = tuple(member.member_id for member in members)[:council]
    genesis = dataclasses.replace(
        GENESIS,
        members=members,
        validators=tuple(digest(f"validator {i}") for i in range(validators)),
        council=codec.Council((len(seats) + 1) // 2, seats),
    ).encode()
    twins = Twins(genesis)
    assert twins.native.chain_id == twins.reference.chain_id
    assert twins.native.roots() == twins.reference.roots(twins.native.chain_id)
    state = twins.reference.blocks[twins.native.chain_id].state
    assert twins.native.usage[0] == len(state)
    twins.compare_entries(state)


def test_many_records(backend: str) -> None:
    twins = Twins()
    for start in range(0, 320, 160):
        items = [
            transaction(*[create(n) for n in range(first, first + 40)])
            for first in range(start, start + 160, 40)
        ]
        parent = twins.blocks[-1]
        assert twins.propose(block(twins.reference, parent, items), threads=2)
        rival = block(twins.reference, parent, items[::-1], view=99)
        assert twins.propose(rival)
        assert twins.native.roots(rival.digest)[0] == twins.native.roots(twins.blocks[-2].digest)[0]
        twins.blocks.pop()
    with use_backend("portable"):
        twins.finalize(twins.blocks[-1])


@pytest.mark.parametrize("count", range(1, 20))
def test_log_of_every_small_size(count: int) -> None:
    twins = Twins()
    items = [transaction(create(n), salt=n) for n in range(count)]
    half = count // 2
    assert twins.propose(block(twins.reference, GENESIS_BLOCK, items[:half]))
    assert twins.propose(block(twins.reference, twins.blocks[-1], items[half:]))
    twins.finalize(twins.blocks[-1])
    leaves = twins.reference.blocks[twins.native.final_digest].leaves
    assert leaves == [item + b"\0\0\xff" for item in items]
