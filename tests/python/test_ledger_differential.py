# SPDX-License-Identifier: Apache-2.0
"""The native ledger and the reference give equal codes, roots and results, block by block."""

from __future__ import annotations

import dataclasses
import hashlib
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ledger_world import (
    BANK,
    BROKEN,
    CHAIN_ID,
    CLERK,
    CLERK_SPARE,
    GENESIS,
    GENESIS_BLOCK,
    GENESIS_BYTES,
    GUEST,
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
    flip,
    record_id,
    transaction,
)

from chopmark import ledger
from chopmark.reference import codec
from chopmark.reference import ledger as reference
from chopmark.reference.codec import Amend, Attest, Claim, Create, Operation, Withdraw
from chopmark.reference.ledger import Refusal
from chopmark.testing import use_backend

RECORDS = range(12)
CLAIMS = (Claim.RECEIVED, Claim.CONSENT)


class Twins:
    """Both ledgers, given the same blocks; every answer is compared."""

    def __init__(self, genesis: bytes = GENESIS_BYTES) -> None:
        self.native = ledger.Ledger(genesis)
        self.reference = reference.Ledger(genesis)
        self.blocks = [GENESIS_BLOCK]  # the last final one and the valid ones above it
        self.final_entries = 0

    def validate(self, data: bytes, threads: int = 1) -> ledger.Verdict:
        known = set(self.reference.blocks)
        digest = hashlib.sha256(data[: codec.HEADER_BYTES]).digest()
        # The reference forgets no block; the native ledger those that can no longer be final.
        parent = data[66:98]
        forgotten = parent in known and not self.native.knows(parent)
        forgotten = forgotten and not self.native.knows(digest)
        ours = self.native.validate_block(data, threads=threads)
        theirs = self.reference.validate_block(data)
        if forgotten and (theirs.ok or theirs.code > Refusal.UNKNOWN_PARENT):
            theirs = reference.Verdict(Refusal.UNKNOWN_PARENT)
            if digest not in known:
                self.reference.blocks.pop(digest, None)
        assert (ours.number, ours.code) == (int(theirs.code), theirs.code.name)
        assert ours.transaction == theirs.transaction
        if ours.code.startswith("MALFORMED"):
            assert ours.detail.endswith(f" at byte {theirs.offset}")
        assert ours.ok == self.native.knows(digest) or digest in known
        if ours.ok:
            assert ours.digest == digest
            assert self.native.roots(digest) == self.reference.roots(digest)
        else:
            assert set(self.reference.blocks) == known
        return ours

    def propose(self, one: Block, threads: int = 1) -> bool:
        ok = self.validate(one.data, threads).ok
        if ok and one.digest not in [known.digest for known in self.blocks]:
            self.blocks.append(one)
        return ok

    def finalize(self, target: Block) -> None:
        start = self.native.final_digest
        path: list[bytes] = []
        at = target.digest
        while at != start:
            path.append(at)
            at = self.reference.blocks[at].parent
        want = [
            (self.reference.blocks[digest].height, entry.id, int(entry.code), entry.failing_op)
            for digest in reversed(path)
            for entry in self.reference.blocks[digest].entries
        ]
        got = self.native.finalize(target.digest)
        ids = [row.tobytes() for row in got.transaction_id]
        assert want == list(
            zip(got.height.tolist(), ids, got.code.tolist(), got.failing_op.tolist())
        )
        first = self.final_entries
        self.final_entries += len(want)
        assert got.log_index.tolist() == list(range(first, self.final_entries))
        for index, (height, identity, code, failing_op) in enumerate(want, first):
            assert self.native.find(identity) == (index, height, code, failing_op)
        self.compare_final(target)
        self.blocks = [one for one in self.blocks if self.stands_on(one, target.digest)]
        assert all(self.native.knows(one.digest) for one in self.blocks)

    def stands_on(self, one: Block, digest: bytes) -> bool:
        at = one.digest
        while at not in (digest, b""):
            at = self.reference.blocks[at].parent
        return at == digest

    def compare_final(self, target: Block) -> None:
        overlay = self.reference.blocks[target.digest]
        assert (self.native.final_digest, self.native.final_height) == (
            target.digest,
            overlay.height,
        )
        assert self.native.log_size == len(overlay.leaves)
        assert self.native.log_root() == overlay.roots[2]
        for n in RECORDS:
            key = reference.record_key(record_id(n))
            assert self.native.record_value(record_id(n)) == overlay.state.get(key)
            for signer in (CLERK, BANK, WITNESS):
                for claim in CLAIMS:
                    said = Attest(record_id(n), 1, claim)
                    value = overlay.state.get(reference.attestation_key(signer.member, said))
                    assert value == self.native.attestation_value(
                        signer.member, said.target, 1, claim
                    )


# --- Random chains -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Plan:
    """A transaction before its height is known."""

    operations: tuple[Operation, ...]
    by: tuple[Signer, ...]
    field: int
    lasts: int
    salt: int
    spoil: str


@cache
def signed(plan: Plan, height: int) -> bytes:
    data = transaction(
        *plan.operations,
        by=plan.by,
        sign_with=(GUEST,) * len(plan.by) if plan.spoil == "keys" else None,
        chain_id=OTHER_GENESIS.chain_id if plan.spoil == "chain" else CHAIN_ID,
        field=plan.field,
        valid_until=max(0, height + plan.lasts),
        salt=plan.salt,
    )
    if plan.spoil == "signature":
        return bad_signature(data)
    if plan.spoil == "short":
        return data[: len(data) // 2]
    if plan.spoil == "flip":
        return flip(data, (plan.salt + 1) * 7919 % (8 * len(data)))
    return data


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    members = [CLERK, BANK, WITNESS, GUEST, CLERK_SPARE, BROKEN, STRANGER, WRONG_KEY]
    weights = [CLERK] * 12 + [BANK] * 8 + [WITNESS] * 4 + members
    by = draw(
        st.lists(st.sampled_from(weights), min_size=1, max_size=2, unique_by=lambda s: s.member)
    )
    actor = st.integers(0, len(by) - 1)
    record = st.sampled_from(RECORDS[:3]).map(record_id)
    version = st.sampled_from([1, 1, 1, 2, 2, 3])
    refs = st.lists(record, max_size=2, unique=True).map(lambda found: tuple(sorted(found)))
    content = st.sampled_from([bytes(32), b"\x11" * 32])
    operation = st.one_of(
        st.builds(Create, record, st.integers(0, 1), content, refs, actor=actor),
        st.builds(Create, record, st.just(7), content, actor=actor),
        st.builds(Amend, record, version, st.integers(0, 1), content, refs, actor=actor),
        st.builds(Withdraw, record, version, actor=actor),
        st.builds(Attest, record, version, st.sampled_from(CLAIMS), content, actor=actor),
    )
    return Plan(
        operations=tuple(draw(st.lists(operation, min_size=1, max_size=4))),
        by=tuple(by),
        field=draw(st.sampled_from([1] * 6 + [2, 3])),
        lasts=draw(st.sampled_from([9] * 20 + [0, 1024, 1025, -1])),
        salt=draw(st.integers(0, 2)),
        spoil=draw(
            st.sampled_from([""] * 30 + ["keys", "chain", "signature", "short", "flip", "flip"])
        ),
    )


SPOILS: list[dict[str, Any]] = [
    {"chain_id": OTHER_GENESIS.chain_id},
    {"payload_len": 3},
    {"payload_root": bytes(32)},
    {"parent_digest": bytes(32)},
    {"parent_digest": CHAIN_ID},
    {"height": 2},
    {"state_root": bytes(32)},
    {"log_size": 1},
    {"log_root": bytes(32)},
]


@st.composite
def steps(draw: st.DrawFn) -> tuple[int, list[Plan], dict[str, Any], str, int]:
    return (
        draw(st.integers(0, 3)),
        draw(st.lists(plans(), max_size=4)),
        draw(st.sampled_from([{}] * 20 + SPOILS)),
        draw(st.sampled_from(["finalize", *["keep"] * 3, "flip", "again"])),
        draw(st.integers(0, 2**16)),
    )


def run(chain: list[tuple[int, list[Plan], dict[str, Any], str, int]]) -> Twins:
    twins = Twins()
    for view, (back, items, changes, action, number) in enumerate(chain, 1):
        parent = twins.blocks[-1 - back % len(twins.blocks)]
        data = [signed(plan, parent.height + 1) for plan in items]
        one = block(twins.reference, parent, data, **{"view": view, **changes})
        valid = twins.propose(one)
        if action == "finalize" and valid:
            twins.finalize(one)
        elif action == "again" and valid:
            assert twins.propose(one)
        elif action == "flip":
            place = number % (8 * len(one.data))
            twins.propose(decoded(flip(one.data, place)))
    twins.finalize(twins.blocks[-1])
    return twins


def decoded(data: bytes) -> Any:
    """A block by its bytes, whatever they are."""
    try:
        return Block(codec.parse_header(data[: codec.HEADER_BYTES]), data[codec.HEADER_BYTES :])
    except codec.InvalidEncoding:
        return Unreadable(data)


@dataclass(frozen=True)
class Unreadable:
    data: bytes


@settings(max_examples=120, deadline=None)
@given(st.lists(steps(), max_size=8))
def test_random_chains(chain: list[tuple[int, list[Plan], dict[str, Any], str, int]]) -> None:
    run(chain)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(plans(), min_size=1, max_size=3), max_size=6))
def test_random_chains_without_spoiled_blocks(chain: list[list[Plan]]) -> None:
    twins = Twins()
    for items in chain:
        parent = twins.blocks[-1]
        seen: set[bytes] = set()
        data = []
        for plan in items:
            sound = dataclasses.replace(plan, spoil="", lasts=9)
            known = [one for one in sound.by if one not in (BROKEN, STRANGER, WRONG_KEY)]
            if len(known) < len(sound.by):
                continue
            one = signed(sound, parent.height + 1)
            identity = ledger.transaction_id(one)
            if identity not in seen | set(twins.reference.blocks[parent.digest].ids):
                seen.add(identity)
                data.append(one)
        assert twins.propose(block(twins.reference, parent, data))
    twins.finalize(twins.blocks[-1])


def likely_operation(random: Random, state: dict[bytes, bytes], actor: int) -> Operation:
    """Most often one that the present state lets pass."""
    identity = record_id(random.choice(RECORDS))
    value = state.get(reference.record_key(identity))
    version = reference.Record.decode(value).version if value else 1
    version = max(1, version + random.choice([0] * 8 + [-1, 1]))
    content = random.randbytes(32)
    refs = tuple(sorted(map(record_id, random.sample(RECORDS, random.choice([0, 0, 1])))))
    kind = random.choice("caaaattttw" if value else "cccccaawt")
    if kind == "c":
        return Create(identity, random.randrange(9), content, refs, actor=actor)
    if kind == "a":
        return Amend(identity, version, random.randrange(9), content, refs, actor=actor)
    if kind == "w":
        return Withdraw(identity, version, actor=actor)
    return Attest(identity, version, random.choice(CLAIMS), content, actor=actor)


@pytest.mark.parametrize("seed", range(6))
def test_long_chains_reach_every_result(seed: int) -> None:
    random = Random(seed)
    twins = Twins()
    found: set[int] = set()
    for view in range(1, 101):
        parent = random.choice(twins.blocks[-3:])
        overlay = twins.reference.blocks[parent.digest]
        items = []
        for _ in range(random.randrange(6)):
            by: tuple[Signer, ...] = (random.choice([CLERK, CLERK, CLERK_SPARE]),)
            by += tuple(random.sample([BANK, WITNESS, GUEST], random.choice([0, 0, 1, 2])))
            operations = [
                likely_operation(random, overlay.state, random.randrange(len(by)))
                for _ in range(random.choice([1, 1, 2]))
            ]
            field = random.choice([1] * 9 + [2])
            items.append(transaction(*operations, by=by, field=field, salt=random.getrandbits(128)))
        one = block(twins.reference, parent, items, view=view)
        assert twins.propose(one, threads=random.randrange(4))
        found |= {int(entry.code) for entry in twins.reference.blocks[one.digest].entries}
        if random.random() < 0.25:
            twins.finalize(random.choice(twins.blocks))
    assert found == {int(code) for code in reference.ResultCode}


# --- Every bit, every length ---------------------------------------------------------------------


def free_header_bits() -> set[int]:
    """Bits of the fields that the rules of the ledger do not look at."""
    sizes = [
        (2, False), (32, False), (8, True), (8, True), (8, False), (8, True), (32, False),
        (2, True), (32, False), (4, False), (4, False), (32, False), (8, False), (32, False),
        (32, True), (32, True), (8, True),
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
    assert valid == free_header_bits()


def test_every_bit_of_a_payload() -> None:
    twins = Twins()
    item = transaction(create(1), attest(1, actor=1), by=(CLERK, BANK), valid_until=1)
    good = block(twins.native, GENESIS_BLOCK, [item])
    seen = set()
    for bit in range(8 * len(good.payload)):
        payload = flip(good.payload, bit)
        assert good.header is not None
        assert twins.validate(Block(good.header, payload).data).code == "PAYLOAD_MISMATCH"
        seen.add(twins.validate(block(twins.native, GENESIS_BLOCK, payload=payload).data).code)
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
    twins = Twins()
    good = block(twins.native, GENESIS_BLOCK, [transaction(create(1))])
    for size in range(len(good.data)):
        assert not twins.validate(good.data[:size]).ok
        payload = good.payload[: size - codec.HEADER_BYTES]
        if size >= codec.HEADER_BYTES:
            own = block(twins.native, GENESIS_BLOCK, payload=payload)
            assert twins.validate(own.data).code == "MALFORMED_PAYLOAD"
    assert twins.validate(good.data + b"\0").code == "PAYLOAD_MISMATCH"


# --- State ---------------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 2**32 - 1),
        st.tuples(
            st.text("abc.-09", min_size=1, max_size=64),
            st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=3),
            st.dictionaries(st.integers(0, 2**16 - 1), st.integers(1, 3), max_size=4),
        ),
        max_size=20,
    )
)
@example({})
def test_genesis_state(found: dict[int, tuple[str, list[bytes], dict[int, int]]]) -> None:
    members = tuple(
        codec.Member(
            number,
            name,
            tuple(codec.GenesisKey(i, key) for i, key in enumerate(keys)),
            tuple(codec.Role(f, codec.Roles(roles[f])) for f in sorted(roles)),
        )
        for number, (name, keys, roles) in sorted(found.items())
    )
    genesis = dataclasses.replace(GENESIS, members=members).encode()
    native, oracle = ledger.Ledger(genesis), reference.Ledger(genesis)
    assert native.chain_id == oracle.chain_id
    assert native.roots() == oracle.roots(oracle.chain_id)
    assert (native.roots()[0] == bytes(32)) == (not members)


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
