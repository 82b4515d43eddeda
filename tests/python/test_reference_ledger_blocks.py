# SPDX-License-Identifier: Apache-2.0
"""Whole blocks on the reference ledger: refusals, keys by height, replay, what one entry proves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from ledger_twins import Twins
from ledger_world import (
    BROKEN,
    CHAIN_ID,
    CLERK,
    CLERK_SPARE,
    COUNCIL,
    GENESIS,
    GENESIS_BLOCK,
    OTHER_GENESIS,
    STRANGER,
    WRONG_KEY,
    Block,
    Signer,
    attest,
    bad_signature,
    block,
    create,
    record_id,
    transaction,
)
from test_reference_ledger_invariants import Walk

from chopmark.reference import merkle
from chopmark.reference import state as tree
from chopmark.reference.blake3 import blake3
from chopmark.reference.codec import Operation, Roles
from chopmark.reference.ledger import Refusal, ResultCode, entries
from chopmark.reference.operations import (
    Admit,
    Expel,
    Freeze,
    Hold,
    KeyFlags,
    Object,
    ObjectKind,
    RevokeKey,
    RotateKey,
    SetRoles,
    Withdraw,
)

TWO = COUNCIL[:2]
WINDOW = 1024


class Chain:
    """A ledger and its tip; every transaction has a salt of its own. The native ledger is given the
    same blocks, and must give the same answers.
    """

    def __init__(self) -> None:
        self.twins = Twins()
        self.ledger = self.twins.reference
        self.tip = GENESIS_BLOCK
        self.salt = 0

    def sign(self, *operations: Operation, by: Sequence[Signer] = (CLERK,), **more: Any) -> bytes:
        self.salt += 1
        more.setdefault("valid_until", self.tip.height + 5)
        return transaction(*operations, by=by, salt=self.salt, **more)

    def make(self, *transactions: bytes, **changes: Any) -> Block:
        return block(self.ledger, self.tip, transactions, **changes)

    def refusal(self, one: Block | bytes) -> tuple[str, int]:
        """Code and transaction at fault; nothing is kept of a refused block."""
        known = set(self.ledger.blocks)
        verdict = self.twins.validate(one if isinstance(one, bytes) else one.data)
        assert verdict.ok or set(self.ledger.blocks) == known
        return verdict.code.name, verdict.transaction

    def add(self, *transactions: bytes, **changes: Any) -> list[str]:
        """The next block, which is valid. Names of its results."""
        one = self.make(*transactions, **changes)
        assert self.refusal(one) == ("OK", -1)
        self.tip = one
        return [entry.code.name for entry in self.ledger.blocks[one.digest].entries]


@pytest.fixture
def chain() -> Chain:
    return Chain()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"chain_id": OTHER_GENESIS.chain_id, "payload_len": 0}, "WRONG_CHAIN"),
        ({"payload_len": 0, "parent_digest": bytes(32)}, "PAYLOAD_MISMATCH"),
        ({"payload_root": bytes(32)}, "PAYLOAD_MISMATCH"),
        ({"parent_digest": bytes(32), "height": 9}, "UNKNOWN_PARENT"),
        ({"height": 2, "time_ms": 0}, "WRONG_HEIGHT"),
        ({"time_ms": GENESIS.time_ms, "state_root": bytes(32)}, "WRONG_TIME"),
        ({"time_ms": 0}, "WRONG_TIME"),
        ({"time_ms": GENESIS.time_ms + 1}, "OK"),
        ({"time_ms": 2**64 - 1}, "OK"),
        ({"state_root": bytes(32), "log_size": 1}, "WRONG_STATE_ROOT"),
        ({"log_size": 1}, "WRONG_LOG"),
        ({"log_root": bytes(32)}, "WRONG_LOG"),
    ],
)
def test_headers(chain: Chain, changes: dict[str, Any], code: str) -> None:
    assert chain.refusal(chain.make(chain.sign(create(1))).spoiled(**changes)) == (code, -1)


def test_malformed(chain: Chain) -> None:
    good = chain.sign(create(1))
    assert chain.refusal(b"") == ("MALFORMED_HEADER", -1)
    assert chain.refusal(chain.make(payload=b"\0")) == ("MALFORMED_PAYLOAD", -1)
    assert chain.refusal(chain.make(good, good[:-1])) == ("MALFORMED_TRANSACTION", 1)


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        ({"chain_id": OTHER_GENESIS.chain_id, "by": (STRANGER,)}, "WRONG_CHAIN"),
        ({"by": (CLERK, STRANGER), "valid_until": 0}, "UNKNOWN_SIGNER"),
        ({"by": (WRONG_KEY,)}, "UNKNOWN_SIGNER"),
        ({"valid_until": 0}, "EXPIRED"),
        ({"valid_until": 1 + WINDOW}, "OK"),
        ({"valid_until": 2 + WINDOW}, "TOO_FAR_AHEAD"),
        ({"sign_with": (CLERK_SPARE,)}, "BAD_SIGNATURE"),
        ({"by": (BROKEN,)}, "BAD_SIGNATURE"),
    ],
)
def test_transactions(chain: Chain, spoiled: dict[str, Any], code: str) -> None:
    bad = chain.sign(create(2), **spoiled)
    index = -1 if code == "OK" else 1
    assert chain.refusal(chain.make(chain.sign(create(1)), bad)) == (code, index)


def test_signatures_come_last(chain: Chain) -> None:
    bad = bad_signature(chain.sign(create(1)))
    late = chain.sign(create(2), valid_until=0)
    assert chain.refusal(chain.make(bad, late)) == ("EXPIRED", 1)


def test_keys_count_by_height(chain: Chain) -> None:
    """L-12, L-33: a block is judged by the register of its parent."""
    new = Signer(CLERK.member, 40)
    rotate = RotateKey(new.key_id, new.public, new.possession(CHAIN_ID))
    early = chain.make(chain.sign(rotate), chain.sign(create(1), by=(new,)))
    assert chain.refusal(early) == ("UNKNOWN_SIGNER", 1)
    assert chain.add(chain.sign(rotate), chain.sign(create(1))) == ["OK", "OK"]
    assert chain.refusal(chain.make(chain.sign(create(2)))) == ("UNKNOWN_SIGNER", 0)
    revoke = RevokeKey(new.key_id)
    results = chain.add(chain.sign(create(2), by=(new,)), chain.sign(revoke, by=(CLERK_SPARE,)))
    assert results == ["OK", "OK"]
    last = chain.make(chain.sign(create(3), by=(new,)))
    assert chain.refusal(last) == ("UNKNOWN_SIGNER", 0)


def test_frozen_is_a_result_and_expelled_a_refusal(chain: Chain) -> None:
    freeze = chain.sign(Freeze(CLERK.member), by=TWO)
    assert chain.add(freeze, chain.sign(create(1))) == ["OK", "OK"]
    assert chain.add(chain.sign(create(2))) == ["FROZEN"]
    expel = chain.sign(Expel(CLERK.member), by=TWO)
    assert chain.add(expel, chain.sign(create(2))) == ["OK", "FROZEN"]
    assert chain.refusal(chain.make(chain.sign(create(2)))) == ("UNKNOWN_SIGNER", 0)


def test_admitted_member_signs_from_the_next_block_on(chain: Chain) -> None:
    fresh = Signer(50, 1)
    admit = Admit(50, "fresh", 1, fresh.public, fresh.possession(CHAIN_ID))
    roles = SetRoles(50, 1, Roles.RECORD)
    first = chain.sign(create(1), by=(fresh,))
    assert chain.refusal(chain.make(chain.sign(admit, roles, by=TWO), first)) == (
        "UNKNOWN_SIGNER",
        1,
    )
    assert chain.add(chain.sign(admit, roles, by=TWO)) == ["OK"]
    assert chain.add(first) == ["OK"]


def test_siblings_have_registers_of_their_own(chain: Chain) -> None:
    chain.add()
    fork = chain.tip
    chain.add(chain.sign(Freeze(CLERK.member), by=TWO))
    assert chain.add(chain.sign(create(1))) == ["FROZEN"]
    chain.tip = fork
    chain.add()
    assert chain.add(chain.sign(create(1))) == ["OK"]


def test_replay(chain: Chain) -> None:
    """L-14, for as long as L-13 lets the transaction come."""
    one = chain.sign(create(1), valid_until=3)
    failing = chain.sign(attest(9), valid_until=3)
    assert chain.refusal(chain.make(one, one)) == ("REPLAY", 1)
    assert chain.add(one, failing) == ["OK", "MISSING_REF"]
    for again in (one, failing):
        assert chain.refusal(chain.make(again)) == ("REPLAY", 0)
    chain.add()
    assert len(chain.ledger.blocks[chain.tip.digest].ids) == 2
    assert chain.refusal(chain.make(one)) == ("REPLAY", 0)
    chain.add()
    assert chain.ledger.blocks[chain.tip.digest].ids == {}
    assert chain.refusal(chain.make(one)) == ("EXPIRED", 0)


def test_results_stand_in_the_log(chain: Chain) -> None:
    data = [chain.sign(create(1)), chain.sign(create(2), create(1))]
    assert chain.add(*data) == ["OK", "DUPLICATE_ID"]
    leaves = [data[0] + bytes([0, 0, 255]), data[1] + bytes([0, 2, 1])]
    _, size, root = chain.ledger.roots(chain.tip.digest)
    assert (size, root) == (2, merkle.root_iterative(leaves))


def proven(chain: Chain, one: Block, key: bytes, entry: bytes | None) -> None:
    """One entry, or its absence, under the root in the header of `one` (L-20, L-98)."""
    assert one.header is not None
    state = chain.ledger.blocks[one.header.parent_digest].state
    hashed = {k: blake3(v) for k, v in state.items()}
    proof = tree.prove(hashed, key)
    root = one.header.state_root
    if entry is None:
        assert tree.verify_absence(root, key, proof)
    else:
        assert tree.verify_inclusion(root, key, blake3(entry), proof)


def test_one_entry_proves_one_fact(chain: Chain) -> None:
    new = Signer(CLERK.member, 40)
    rotate = RotateKey(new.key_id, new.public, new.possession(CHAIN_ID))
    before = chain.make()
    chain.add(
        chain.sign(create(1)),
        chain.sign(rotate),
        chain.sign(Freeze(20), SetRoles(21, 1, Roles.HANDLE), by=TWO),
    )
    chain.add(chain.sign(Withdraw(record_id(1), 1), by=(new,)))
    after = chain.make()
    key = entries.Key.key(CLERK.member, 40)
    proven(chain, before, key, None)
    fact = entries.Key(CLERK.member, 40, KeyFlags.ADMINISTRATE, new.public, 2)
    proven(chain, after, key, fact.entry())
    proven(chain, before, entries.Record.key(record_id(1)), None)
    state = chain.ledger.blocks[chain.tip.digest].state
    record = state[entries.Record.key(record_id(1))]
    assert record[2] == 2 and int.from_bytes(record[20:24]) == 2  # withdrawn, version 2
    proven(chain, after, entries.Record.key(record_id(1)), record)
    role = entries.RoleEntry(21, 1, Roles.HANDLE, 2)
    proven(chain, after, entries.RoleEntry.key(21, 1), role.entry())
    member = state[entries.MemberEntry.key(20)]
    assert member[6] == entries.MemberStatus.FROZEN and int.from_bytes(member[7:15]) == 2
    proven(chain, after, entries.MemberEntry.key(20), member)
    proven(chain, after, entries.Nullifier.key(3, record_id(1)), None)


def test_hold_by_a_court_in_a_block(chain: Chain) -> None:
    court = Signer(4, 1)
    hold = Hold(Object(ObjectKind.RECORD, record_id(1)))
    results = chain.add(
        chain.sign(create(1)),
        chain.sign(hold, by=(court,)),
        chain.sign(Withdraw(record_id(1), 2)),
    )
    assert results == ["OK", "OK", "VERSION_CONFLICT"]
    assert chain.add(chain.sign(Withdraw(record_id(1), 1))) == ["HOLD"]


def test_entries_have_the_sizes_of_the_specification() -> None:
    """The table of L-27, and every entry of a state that has been in use."""
    text = (Path(__file__).resolve().parents[2] / "docs/spec/ledger.md").read_text()
    rows = re.findall(
        r"^\| (0x..) \| [a-z ]+ \| .* \| ([0-9,]+)(?: to ([0-9,]+),.*)? \| L", text, re.M
    )
    sizes = {int(kind, 16): (size, most or size) for kind, size, most in rows}
    assert sorted(sizes) == list(range(1, 19))
    walk = Walk(Random(3))
    for _ in range(400):
        walk.step()
    seen = set()
    for entry in walk.scene.state.values():
        least, most = (int(number.replace(",", "")) for number in sizes[entry[0]])
        assert least <= len(entry) <= most and entry[1] == 1
        seen.add(entry[0])
    assert seen == set(sizes)


def test_every_refusal_has_a_number() -> None:
    assert [code.value for code in Refusal] == [0, *range(101, 117)]
    assert [code.value for code in ResultCode] == list(range(44))
