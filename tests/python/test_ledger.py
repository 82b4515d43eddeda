# SPDX-License-Identifier: Apache-2.0
"""docs/spec/ledger.md: every code by a concrete block or transaction, finality, the pool."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
    ISSUER,
    OTHER_GENESIS,
    STRANGER,
    TRADER,
    WITNESS,
    WRONG_KEY,
    Block,
    Signer,
    amend,
    attest,
    bad_signature,
    block,
    create,
    digest,
    flip,
    record_id,
    transaction,
    withdraw,
)

from chopmark import EncodingError, InvalidProof, LedgerError, hash, ledger, state
from chopmark.ledger import Claim, Create, Ledger, Pool, Verdict
from chopmark.ledger.entries import (
    Attestation,
    Governance,
    Holding,
    Key,
    MemberEntry,
    MemberStatus,
    PublicKey,
    Record,
    RoleEntry,
    StateEntry,
    Validators,
)
from chopmark.ledger.operations import (
    CouncilReplacesKey,
    Expel,
    Freeze,
    Hold,
    KeyFlags,
    Object,
    ObjectKind,
    RevokeKey,
    RotateKey,
    TargetKind,
)
from chopmark.reference import codec, merkle
from chopmark.reference import ledger as reference
from chopmark.testing import use_backend

T = TypeVar("T")
FAR = 2**64 - 1
WINDOW = 1024
OVERLAYS_MAX = 256


def chain(*blocks: Sequence[bytes]) -> tuple[Ledger, Block]:
    """A ledger and its tip after valid blocks of these transactions, none final."""
    made, tip = Ledger(GENESIS_BYTES), GENESIS_BLOCK
    for transactions in blocks:
        tip = accepted(made, block(made, tip, transactions))
    return made, tip


def accepted(on: Ledger, one: Block) -> Block:
    verdict = on.validate_block(one.data)
    assert (verdict.ok, verdict.code, verdict.number) == (True, "OK", 0), verdict.code
    assert (verdict.transaction, verdict.detail) == (-1, "")
    assert verdict.digest == one.digest and on.knows(one.digest)
    return one


def snapshot(on: Ledger, tip: Block) -> object:
    return on.roots(tip.digest), on.roots(), on.final_height, on.final_digest, on.log_size


def refused(on: Ledger, tip: Block, data: bytes) -> Verdict:
    """The verdict on a block that must leave no trace."""
    before = snapshot(on, tip)
    verdict = on.validate_block(data)
    assert not verdict.ok
    assert snapshot(on, tip) == before
    assert not on.knows(hashlib.sha256(data[: codec.HEADER_BYTES]).digest())
    return verdict


def refusal(on: Ledger, tip: Block, one: Block) -> tuple[str, int, int]:
    verdict = refused(on, tip, one.data)
    assert verdict.digest == one.digest
    return verdict.code, verdict.number, verdict.transaction


def outcome(on: Ledger, tip: Block, data: bytes) -> tuple[str, int]:
    """Result code and failing operation of a transaction in the next block, made final."""
    one = accepted(on, block(on, tip, [data]))
    results = on.finalize(one.digest)
    return ledger.result_name(int(results.code[-1])), int(results.failing_op[-1])


# --- Genesis and headers -------------------------------------------------------------------------


def test_genesis() -> None:
    """L-10, L-23."""
    made = Ledger(GENESIS_BYTES)
    entries = reference.genesis_state(GENESIS)
    assert made.roots() == (reference.state_root(entries), 0, hashlib.sha256(b"").digest())
    assert made.roots(CHAIN_ID) == made.roots()
    assert (made.final_height, made.final_digest, made.log_size) == (0, CHAIN_ID, 0)
    assert made.chain_id == CHAIN_ID and made.knows(CHAIN_ID)
    assert made.usage[0] == len(entries) == 52
    for member in GENESIS.members:
        number, admin_keys = member.member_id, sum(key.administrates for key in member.keys)
        assert made.get(MemberEntry, number) == MemberEntry(
            number, MemberStatus.ACTIVE, 0, 0, len(member.keys), admin_keys, member.name
        )
        for key in member.keys:
            flags = KeyFlags.ADMINISTRATE if key.administrates else KeyFlags.NONE
            known = Key(number, key.key_id, flags, key.public_key, 0, FAR, FAR)
            assert made.get(Key, number, key.key_id) == known
            assert made.get(PublicKey, key.public_key) == PublicKey(number, key.key_id)
        for role in member.roles:
            known_role = RoleEntry(number, role.field, role.roles, 0)
            assert made.get(RoleEntry, number, role.field) == known_role
    assert made.get(Governance) == Governance(GENESIS.council, len(GENESIS.members), FAR, FAR)
    assert made.get(Validators) == Validators(0, GENESIS.validators)
    assert made.get(MemberEntry, 8) is None and made.get(RoleEntry, 7, 3) is None


def test_empty_block_changes_no_root() -> None:
    made, tip = chain([transaction(create(1))])
    assert made.roots(accepted(made, block(made, tip)).digest) == made.roots(tip.digest)


HEADERS = [
    ({"chain_id": OTHER_GENESIS.chain_id}, "WRONG_CHAIN", 102),
    ({"payload_root": bytes(32)}, "PAYLOAD_MISMATCH", 103),
    ({"payload_len": 0}, "PAYLOAD_MISMATCH", 103),
    ({"payload_len": 2**32 - 1}, "PAYLOAD_MISMATCH", 103),
    ({"parent_digest": bytes(32)}, "UNKNOWN_PARENT", 104),
    ({"height": 0}, "WRONG_HEIGHT", 105),
    ({"height": 1}, "WRONG_HEIGHT", 105),
    ({"height": 3}, "WRONG_HEIGHT", 105),
    ({"height": FAR}, "WRONG_HEIGHT", 105),
    ({"parent_digest": CHAIN_ID}, "WRONG_HEIGHT", 105),
    ({"parent_digest": CHAIN_ID, "height": 1}, "WRONG_STATE_ROOT", 106),
    ({"time_ms": GENESIS.time_ms + 1000}, "WRONG_TIME", 116),
    ({"time_ms": GENESIS.time_ms + 999}, "WRONG_TIME", 116),
    ({"time_ms": 0}, "WRONG_TIME", 116),
    ({"state_root": bytes(32)}, "WRONG_STATE_ROOT", 106),
    ({"log_size": 0}, "WRONG_LOG", 107),
    ({"log_size": 2}, "WRONG_LOG", 107),
    ({"log_root": hashlib.sha256(b"").digest()}, "WRONG_LOG", 107),
]


@pytest.mark.parametrize(("changes", "code", "number"), HEADERS)
def test_forged_header_field(changes: dict[str, Any], code: str, number: int) -> None:
    made, tip = chain([transaction(create(1))])
    good = block(made, tip, [transaction(create(2))])
    assert refusal(made, tip, good.spoiled(**changes)) == (code, number, -1)
    accepted(made, good)


def test_header_checks_come_in_order() -> None:
    """L-11."""
    made, tip = chain([transaction(create(1))])
    good = block(made, tip, [transaction(create(2), valid_until=0)])
    changes = {
        "chain_id": bytes(32),
        "payload_root": bytes(32),
        "parent_digest": bytes(32),
        "height": 9,
        "time_ms": 0,
        "state_root": bytes(32),
        "log_root": bytes(32),
    }
    numbers = []
    while changes:
        numbers.append(refusal(made, tip, good.spoiled(**changes))[1])
        del changes[next(iter(changes))]
    numbers.append(refusal(made, tip, good)[1])
    assert numbers == [102, 103, 104, 105, 116, 106, 107, 111]


@pytest.mark.parametrize(
    ("spoil", "detail"),
    [
        (lambda data: b"", "truncated at byte 0"),
        (lambda data: data[:1], "truncated at byte 1"),
        (lambda data: data[:283], "truncated at byte 276"),
        (lambda data: b"\x30" + data[1:], "tag at byte 1"),
        (lambda data: data[:1] + b"\x02" + data[2:], "version at byte 2"),
    ],
)
def test_malformed_header(spoil: Callable[[bytes], bytes], detail: str) -> None:
    made, tip = chain()
    good = block(made, tip, [transaction(create(1))]).data
    verdict = refused(made, tip, spoil(good))
    assert (verdict.code, verdict.number) == ("MALFORMED_HEADER", 101)
    assert (verdict.detail, verdict.transaction) == (detail, -1)


def test_reserved_shards_are_zero() -> None:
    """C-31."""
    made, tip = chain()
    good = block(made, tip).data
    at = 2 + 32 + 4 * 8 + 32 + 2 + 32 + 4
    for place in range(at, at + 4):
        verdict = refused(made, tip, flip(good, 8 * place + 7))
        assert (verdict.code, verdict.detail) == ("MALFORMED_HEADER", f"value at byte {at + 4}")


def test_fields_of_consensus_are_left_to_it() -> None:
    """L-17."""
    made, tip = chain()
    good = block(made, tip, [transaction(create(1))])
    changes: dict[str, Any] = {
        "epoch": 2, "view": FAR, "parent_view": 7, "leader": 3, "next_set_hash": digest("set"),
        "justify_root": digest("justification"),
    }  # fmt: skip
    blocks = [good, *[good.spoiled(**{name: value}) for name, value in changes.items()]]
    assert len({accepted(made, one).digest for one in blocks}) == 7
    assert len({made.roots(one.digest) for one in blocks}) == 1


def test_chain_without_council() -> None:
    """C-17, L-101: nobody governs, courts still hold."""
    genesis = dataclasses.replace(GENESIS, council=codec.Council(0, ()))
    on = Ledger(genesis.encode())
    one = transaction(create(1), chain_id=on.chain_id)
    freeze = transaction(Freeze(20), by=COUNCIL, chain_id=on.chain_id)
    held = Hold(Object(ObjectKind.RECORD, record_id(1)))
    hold = transaction(held, by=(COURT,), chain_id=on.chain_id)
    first = block(
        Ledger(GENESIS_BYTES), GENESIS_BLOCK, [one, freeze, hold], chain_id=on.chain_id,
        parent_digest=on.chain_id, state_root=on.roots()[0],
    )  # fmt: skip
    accepted(on, first)
    results = on.finalize(first.digest)
    assert results.code.tolist() == [0, ledger.ResultCode.THRESHOLD, 0]


# --- Payloads ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        (b"", "truncated at byte 0"),
        (bytes(3), "truncated at byte 0"),
        (bytes(5), "trailing at byte 4"),
        (b"\0\0\0\1", "truncated at byte 4"),
        (b"\xff" * 4, "limit at byte 4"),
        (b"\0\0\x40\x01" + bytes(4 * 0x4001), "limit at byte 4"),
        (b"\0\0\0\1\xff\xff\xff\xff", "limit at byte 8"),
        (b"\0\0\0\1" + (32769).to_bytes(4, "big") + bytes(32769), "limit at byte 8"),
        (bytes(4 * 1024 * 1024 + 1), "limit at byte 0"),
    ],
)
def test_malformed_payload(payload: bytes, detail: str) -> None:
    made, tip = chain()
    verdict = refused(made, tip, block(made, tip, payload=payload).data)
    assert (verdict.code, verdict.number) == ("MALFORMED_PAYLOAD", 108)
    assert (verdict.detail, verdict.transaction) == (detail, -1)


def test_oversized_proposal() -> None:
    made, tip = chain()
    verdict = refused(made, tip, block(made, tip).data + bytes(8 * 1024 * 1024))
    assert verdict.code == "PAYLOAD_MISMATCH"


def test_another_cut_of_the_same_bytes() -> None:
    first, second = transaction(create(1)), transaction(create(2))
    made, tip = chain()
    good = block(made, tip, [first, second])
    cut = codec.encode_payload([first + second[:1], second[1:]])
    assert good.header is not None and len(cut) == len(good.payload)
    under_same_header = Block(good.header, cut).data
    assert refused(made, tip, under_same_header).code == "PAYLOAD_MISMATCH"
    own = block(made, tip, payload=cut)
    assert own.digest != good.digest
    assert refusal(made, tip, own) == ("MALFORMED_TRANSACTION", 109, 0)
    accepted(made, good)
    for other in (cut, good.payload + b"\0", good.payload[:-1], b""):
        verdict = made.validate_block(Block(good.header, other).data)
        assert (verdict.code, verdict.digest) == ("PAYLOAD_MISMATCH", good.digest)
    assert made.knows(good.digest)


def test_bad_body_does_not_poison_its_header() -> None:
    made, tip = chain()
    item = transaction(create(1))
    good = block(made, tip, [item])
    assert good.header is not None
    for payload in (
        b"",
        codec.encode_payload([item, item]),
        codec.encode_payload([bad_signature(item)]),
        flip(good.payload, 3),
    ):
        assert refused(made, tip, Block(good.header, payload).data).code == "PAYLOAD_MISMATCH"
    accepted(made, good)


def test_duplicated_last_transaction() -> None:
    items = [transaction(create(i)) for i in range(3)]
    made, tip = chain()
    doubled = block(made, tip, [*items, items[2]])
    assert refusal(made, tip, doubled) == ("REPLAY", 113, 3)
    good = accepted(made, block(made, tip, items))
    assert good.digest != doubled.digest
    assert made.roots(good.digest)[1] == 3


# --- Transactions --------------------------------------------------------------------------------

GOOD = transaction(create(50))
TWO = transaction(create(1), attest(1, actor=1), by=(CLERK, BANK))
TRANSACTIONS: list[tuple[bytes, str, int]] = [
    (b"", "MALFORMED_TRANSACTION", 109),
    (GOOD[:-1], "MALFORMED_TRANSACTION", 109),
    (GOOD + b"\0", "MALFORMED_TRANSACTION", 109),
    (b"\x31" + GOOD[1:], "MALFORMED_TRANSACTION", 109),
    (GOOD[:1] + b"\2" + GOOD[2:], "MALFORMED_TRANSACTION", 109),
    (transaction(by=(CLERK,)), "MALFORMED_TRANSACTION", 109),
    (transaction(create(1), by=(CLERK, CLERK_SPARE)), "MALFORMED_TRANSACTION", 109),
    (transaction(create(1), chain_id=OTHER_GENESIS.chain_id), "WRONG_CHAIN", 102),
    (transaction(create(1), by=(STRANGER,)), "UNKNOWN_SIGNER", 110),
    (transaction(create(1), by=(WRONG_KEY,)), "UNKNOWN_SIGNER", 110),
    (transaction(create(1), by=(CLERK, STRANGER)), "UNKNOWN_SIGNER", 110),
    (transaction(create(1), valid_until=1), "EXPIRED", 111),
    (transaction(create(1), valid_until=0), "EXPIRED", 111),
    (transaction(create(1), valid_until=2 + WINDOW + 1), "TOO_FAR_AHEAD", 112),
    (transaction(create(1), valid_until=FAR), "TOO_FAR_AHEAD", 112),
    (transaction(create(9)), "REPLAY", 113),
    (transaction(create(8)), "REPLAY", 113),
    (transaction(create(1), by=(BROKEN,)), "BAD_SIGNATURE", 114),
    (transaction(create(1), sign_with=(CLERK_SPARE,)), "BAD_SIGNATURE", 114),
    (transaction(create(1), sign_with=(BANK,)), "BAD_SIGNATURE", 114),
    (transaction(create(1), by=(CLERK, BANK), sign_with=(BANK, CLERK)), "BAD_SIGNATURE", 114),
    (transaction(create(1), by=(CLERK, BANK), sign_with=(CLERK, CLERK)), "BAD_SIGNATURE", 114),
    (bad_signature(GOOD), "BAD_SIGNATURE", 114),
    (bad_signature(TWO), "BAD_SIGNATURE", 114),
    (TWO[:-128] + TWO[-64:] * 2, "BAD_SIGNATURE", 114),
    (GOOD[:-64] + bytes(64), "BAD_SIGNATURE", 114),
    (flip(GOOD, 8 * 35 + 7), "BAD_SIGNATURE", 114),
    (flip(GOOD, 8 * 60 + 7), "BAD_SIGNATURE", 114),
]


@pytest.mark.parametrize(("data", "code", "number"), TRANSACTIONS)
@pytest.mark.parametrize("index", [0, 2])
def test_spoiled_transaction(data: bytes, code: str, number: int, index: int) -> None:
    made, tip = chain([transaction(create(9))])
    before = [transaction(create(8)), transaction(create(7))]
    after = [transaction(create(6))]
    if index == 0:
        before, after = [], [*before, *after]
        if code == "REPLAY" and data == transaction(create(8)):
            index = 1
    one = block(made, tip, [*before, data, *after])
    assert refusal(made, tip, one) == (code, number, index)
    accepted(made, block(made, tip, [*before, *after]))


def test_malformed_transaction_tells_where() -> None:
    made, tip = chain()
    for data, detail in (
        (b"", "truncated at byte 0"),
        (GOOD + b"\0", f"trailing at byte {len(GOOD)}"),
        (GOOD[:2] + b"\7" + GOOD[3:], "version at byte 3"),
        (GOOD[:61] + b"\0" + GOOD[62:], "limit at byte 62"),
    ):
        verdict = refused(made, tip, block(made, tip, [GOOD, data]).data)
        assert (verdict.code, verdict.detail) == ("MALFORMED_TRANSACTION", detail)
        assert verdict.transaction == 1


def test_every_signature_of_a_transaction_counts() -> None:
    """C-24, L-15."""
    made, tip = chain()
    for i in range(1, 129):
        spoiled = flip(TWO, 8 * (len(TWO) - i) + i % 8)
        assert refusal(made, tip, block(made, tip, [spoiled]))[0] == "BAD_SIGNATURE"
    accepted(made, block(made, tip, [TWO]))


def test_transaction_checks_come_in_order() -> None:
    """L-11, L-12, L-13, L-14, L-15."""
    made, tip = chain([GOOD])
    foreign = transaction(create(1), by=(STRANGER,), chain_id=bytes(32), valid_until=0)
    unknown = transaction(create(1), by=(STRANGER,), valid_until=0)
    expired = transaction(create(1), sign_with=(BANK,), valid_until=0)
    numbers = [
        refusal(made, tip, block(made, tip, [data]))[1]
        for data in (foreign + b"\0", foreign, unknown, expired, bad_signature(GOOD))
    ]
    assert numbers == [109, 102, 110, 111, 113]


def test_first_fault_is_named_and_signatures_come_last() -> None:
    made, tip = chain()
    fine = [transaction(create(i)) for i in range(4)]
    late = transaction(create(9), valid_until=0)
    forged = bad_signature(fine[0])
    for items, want in (
        ([fine[1], late, late + b"\0"], ("EXPIRED", 111, 1)),
        ([fine[1], late + b"\0", late], ("MALFORMED_TRANSACTION", 109, 1)),
        ([forged, fine[1], late], ("EXPIRED", 111, 2)),
        ([fine[1], forged, fine[0]], ("REPLAY", 113, 2)),
        ([fine[1], forged, fine[2], bad_signature(fine[3])], ("BAD_SIGNATURE", 114, 1)),
    ):
        assert refusal(made, tip, block(made, tip, items)) == want


@pytest.mark.parametrize("height", [1, 2, 5])
def test_validity_window(height: int) -> None:
    made, tip = chain(*[[]] * (height - 1))
    for last, want in (
        (height - 1, "EXPIRED"),
        (height, "OK"),
        (height + WINDOW, "OK"),
        (height + WINDOW + 1, "TOO_FAR_AHEAD"),
    ):
        one = block(made, tip, [transaction(create(1), valid_until=last)])
        assert one.height == height
        assert made.validate_block(one.data).code == want


def test_any_key_of_a_member_signs() -> None:
    made, tip = chain([transaction(create(1))])
    assert outcome(made, tip, transaction(amend(1, 1), by=(CLERK_SPARE,))) == ("OK", 255)


# --- Replay --------------------------------------------------------------------------------------


def test_replay_across_blocks() -> None:
    """L-14."""
    item = transaction(create(1))
    made, tip = chain([item], [])
    other = bad_signature(item)
    for data in (item, other):
        assert refusal(made, tip, block(made, tip, [data])) == ("REPLAY", 113, 0)
    made.finalize(tip.digest)
    for data in (item, other):
        assert refusal(made, tip, block(made, tip, [data])) == ("REPLAY", 113, 0)
    tip = accepted(made, block(made, tip))
    assert refusal(made, tip, block(made, tip, [item])) == ("REPLAY", 113, 0)


@pytest.mark.parametrize("pieces", [1, 7, 250])
def test_replay_and_find_at_the_end_of_the_window(pieces: int) -> None:
    """L-13, L-14: what is forgotten can no longer come, however finality is cut."""
    made, tip = chain()
    item = transaction(create(1), valid_until=1 + WINDOW)
    tip = accepted(made, block(made, tip, [item]))
    identity = ledger.transaction_id(item)
    while tip.height < WINDOW:
        tip = accepted(made, block(made, tip))
        if tip.height % pieces == 0:
            made.finalize(tip.digest)
    made.finalize(tip.digest)
    assert refusal(made, tip, block(made, tip, [item])) == ("REPLAY", 113, 0)
    for _ in range(2):
        assert made.find(identity) == (0, 1, 0, 255)
        tip = accepted(made, block(made, tip))
        made.finalize(tip.digest)
        assert refusal(made, tip, block(made, tip, [item])) == ("EXPIRED", 111, 0)
    for _ in range(2):
        tip = accepted(made, block(made, tip))
        made.finalize(tip.digest)
    assert made.find(identity) is None
    assert made.log_size == 1
    assert made.get(Record, record_id(1)) is not None


def test_replay_of_a_transaction_that_failed() -> None:
    item = transaction(amend(1, 1))
    made, tip = chain([item])
    tip = accepted(made, block(made, tip, [transaction(create(1))]))
    assert refusal(made, tip, block(made, tip, [item])) == ("REPLAY", 113, 0)


def test_same_operations_with_another_salt() -> None:
    made, tip = chain([transaction(create(1))])
    assert outcome(made, tip, transaction(create(1), salt=1)) == ("DUPLICATE_ID", 0)


def test_same_body_with_a_bad_signature_first() -> None:
    item = transaction(create(1))
    made, tip = chain()
    assert refusal(made, tip, block(made, tip, [bad_signature(item)]))[0] == "BAD_SIGNATURE"
    tip = accepted(made, block(made, tip, [item]))
    assert made.finalize(tip.digest).transaction_id.tobytes() == ledger.transaction_id(item)


def test_same_body_on_a_sibling_with_a_bad_signature() -> None:
    item = transaction(create(1))
    made, tip = chain([item])
    sibling = block(made, GENESIS_BLOCK, [bad_signature(item)])
    assert refusal(made, tip, sibling) == ("BAD_SIGNATURE", 114, 0)


def test_replay_on_another_chain() -> None:
    """C-16, C-21."""
    made, tip = chain()
    other = Ledger(OTHER_GENESIS.encode())
    item = transaction(create(1))
    one = accepted(made, block(made, tip, [item]))
    assert other.validate_block(one.data).code == "WRONG_CHAIN"
    start = {
        "chain_id": other.chain_id,
        "parent_digest": other.chain_id,
        "state_root": other.roots()[0],
    }
    moved = one.spoiled(**start)
    verdict = other.validate_block(moved.data)
    assert (verdict.code, verdict.transaction) == ("WRONG_CHAIN", 0)
    renamed = item[:3] + other.chain_id + item[35:]
    verdict = other.validate_block(block(made, tip, [renamed], **start).data)
    assert (verdict.code, verdict.transaction) == ("BAD_SIGNATURE", 0)
    own = transaction(create(1), chain_id=other.chain_id)
    assert other.validate_block(block(made, tip, [own], **start).data).ok


# --- Results of transactions ---------------------------------------------------------------------

START = [
    transaction(create(1), create(2), create(3, refs=(1, 2))),
    transaction(amend(2, 1)),
    transaction(withdraw(3, 1)),
    transaction(create(4), by=(BANK,)),
    transaction(create(5), field=2),
]
RESULTS: list[tuple[bytes, str, int]] = [
    (transaction(create(9)), "OK", 255),
    (transaction(create(9, refs=(1, 2, 3, 4))), "OK", 255),
    (transaction(create(9), amend(9, 1), withdraw(9, 2)), "OK", 255),
    (transaction(create(9), create(8, refs=(9,))), "OK", 255),
    (transaction(amend(1, 1, refs=(1,))), "OK", 255),
    (transaction(amend(2, 2)), "OK", 255),
    (transaction(withdraw(1, 1)), "OK", 255),
    (transaction(amend(1, 1), field=2), "OK", 255),
    (transaction(attest(1)), "OK", 255),
    (transaction(attest(2, 2), by=(WITNESS,)), "OK", 255),
    (transaction(attest(3, 2), by=(BANK,)), "OK", 255),
    (transaction(attest(5), by=(WITNESS,)), "OK", 255),
    (transaction(attest(1), attest(1), attest(1, claim=Claim.DISPUTED)), "OK", 255),
    (transaction(create(9, actor=1), amend(1, 1), by=(CLERK, BANK)), "OK", 255),
    (transaction(create(9), by=(GUEST,)), "ROLE_DENIED", 0),
    (transaction(create(9), by=(WITNESS,)), "ROLE_DENIED", 0),
    (transaction(create(9), field=3), "ROLE_DENIED", 0),
    (transaction(create(9), field=2, by=(BANK,)), "ROLE_DENIED", 0),
    (transaction(amend(4, 1), field=2, by=(BANK,)), "ROLE_DENIED", 0),
    (transaction(withdraw(4, 1), field=0, by=(BANK,)), "ROLE_DENIED", 0),
    (transaction(attest(1), field=2), "ROLE_DENIED", 0),
    (transaction(attest(1), by=(GUEST,)), "ROLE_DENIED", 0),
    (transaction(create(9), create(8, actor=1), by=(CLERK, GUEST)), "ROLE_DENIED", 1),
    (transaction(create(1)), "DUPLICATE_ID", 0),
    (transaction(create(3)), "DUPLICATE_ID", 0),
    (transaction(create(4)), "DUPLICATE_ID", 0),
    (transaction(create(9), create(9)), "DUPLICATE_ID", 1),
    (transaction(amend(9, 1)), "UNKNOWN_RECORD", 0),
    (transaction(withdraw(9, 1)), "UNKNOWN_RECORD", 0),
    (transaction(amend(4, 1)), "NOT_CONTROLLER", 0),
    (transaction(withdraw(1, 1), by=(BANK,)), "NOT_CONTROLLER", 0),
    (transaction(amend(1, 1, actor=1), by=(CLERK, BANK)), "NOT_CONTROLLER", 0),
    (transaction(create(9, refs=(8,))), "MISSING_REF", 0),
    (transaction(create(9, refs=(9,))), "MISSING_REF", 0),
    (transaction(create(9, refs=(1, 2, 8))), "MISSING_REF", 0),
    (transaction(create(8, refs=(9,)), create(9)), "MISSING_REF", 0),
    (transaction(amend(1, 1, refs=(1, 9))), "MISSING_REF", 0),
    (transaction(attest(9)), "MISSING_REF", 0),
    (transaction(attest(1, 2)), "MISSING_REF", 0),
    (transaction(attest(2, 2**32 - 1)), "MISSING_REF", 0),
    (transaction(amend(1, 2)), "VERSION_CONFLICT", 0),
    (transaction(amend(2, 1), salt=1), "VERSION_CONFLICT", 0),
    (transaction(withdraw(1, 2**32 - 1)), "VERSION_CONFLICT", 0),
    (transaction(amend(1, 1), amend(1, 1)), "VERSION_CONFLICT", 1),
    (transaction(amend(3, 2)), "WITHDRAWN", 0),
    (transaction(withdraw(3, 2)), "WITHDRAWN", 0),
    (transaction(withdraw(1, 1), amend(1, 2)), "WITHDRAWN", 1),
    (transaction(attest(2, 1)), "STALE_VERSION", 0),
    (transaction(amend(1, 1), attest(1, 1)), "STALE_VERSION", 1),
    # More than one is wrong: the first of the order counts.
    (transaction(create(1, refs=(9,)), by=(GUEST,)), "ROLE_DENIED", 0),
    (transaction(attest(9), by=(GUEST,)), "ROLE_DENIED", 0),
    (transaction(create(1, refs=(9,))), "DUPLICATE_ID", 0),
    (transaction(amend(3, 7, refs=(9,)), by=(BANK,)), "NOT_CONTROLLER", 0),
    (transaction(amend(3, 7, refs=(9,))), "WITHDRAWN", 0),
    (transaction(amend(1, 7, refs=(9,))), "VERSION_CONFLICT", 0),
]  # fmt: skip


@pytest.mark.parametrize(("data", "code", "failing_op"), RESULTS)
def test_result(data: bytes, code: str, failing_op: int) -> None:
    made, tip = chain(START)
    assert outcome(made, tip, data) == (code, failing_op)
    assert all(made.find(ledger.transaction_id(item))[2] == 0 for item in START)  # type: ignore[index]


def test_result_names_and_numbers() -> None:
    """L-31: the names of the specification, in its order."""
    text = (Path(__file__).resolve().parents[2] / "docs/spec/ledger.md").read_text()
    table = text[text.index("**L-31**") : text.index("**L-32**")]
    rows = re.findall(r"^\| (\d+) \| ([A-Z_]+) \|", table, re.MULTILINE)
    assert len(rows) == 44
    assert {int(number): name for number, name in rows} == ledger.RESULT_NAMES
    assert {code.value: code.name for code in ledger.ResultCode} == ledger.RESULT_NAMES
    assert ledger.result_name(44) == "CODE_44"


@pytest.mark.parametrize("failing", [i for i, row in enumerate(RESULTS) if row[1] != "OK"])
def test_failed_transaction_changes_the_log_only(failing: int) -> None:
    made, tip = chain(START)
    data, code, failing_op = RESULTS[failing]
    root, size, log = made.roots(tip.digest)
    one = accepted(made, block(made, tip, [data]))
    after = made.roots(one.digest)
    assert after[:2] == (root, size + 1) and after[2] != log
    results = made.finalize(one.digest)
    assert results.failing_op.tolist() == [255] * len(START) + [failing_op]
    number = int(ledger.ResultCode[code])
    assert made.find(ledger.transaction_id(data)) == (size, 2, number, failing_op)


def test_all_operations_or_none() -> None:
    made, tip = chain()
    item = transaction(create(1), attest(1), create(2), amend(1, 7))
    assert outcome(made, tip, item) == ("VERSION_CONFLICT", 3)
    assert made.get(Record, record_id(1)) is None
    assert made.get(Record, record_id(2)) is None
    assert said_of(made, 7, 1) is None


def test_later_transactions_see_earlier_ones() -> None:
    """L-16, L-30."""
    items = [
        transaction(create(1)),
        transaction(amend(1, 1)),
        transaction(attest(1, 2), by=(WITNESS,)),
        transaction(create(1), salt=5),
    ]
    made, tip = chain(items)
    assert made.finalize(tip.digest).code.tolist() == [0, 0, 0, 2]
    made, tip = chain(items[::-1])
    assert made.finalize(tip.digest).code.tolist() == [0, 5, 0, 2]


def said_of(
    on: Ledger, signer: int, n: int, version: int = 1, claim: Claim = Claim.VERIFIED
) -> Attestation | None:
    return on.get(Attestation, signer, TargetKind.RECORD, record_id(n), version, claim)


def entry_bytes(on: Ledger, kind: type[StateEntry], *identity: int | bytes) -> bytes:
    entry, _ = on.prove(kind, *identity)
    assert entry is not None
    return entry


def test_record_entries() -> None:
    """L-25, L-47, and their bytes by hand."""
    made, tip = chain([transaction(create(2))])
    first, second = digest("document 1"), digest("document 1 1")
    for height, item, status, version, content in (
        (2, create(1, refs=(2,)), 1, 1, first),
        (3, amend(1, 1), 1, 2, second),
        (4, withdraw(1, 2), 2, 3, second),
    ):
        tip = accepted(made, block(made, tip, [transaction(item)]))
        made.finalize(tip.digest)
        want = bytes([2, 1, status, 0]) + bytes(8) + bytes.fromhex("00000007 0001 0000")
        want += version.to_bytes(4, "big") + height.to_bytes(8, "big") + bytes(4 + 8)
        assert entry_bytes(made, Record, record_id(1)) == want + content + bytes(32)
        found = made.get(Record, record_id(1))
        assert found is not None and (found.status, found.version) == (status, version)


def test_record_keeps_controller_and_field() -> None:
    """L-47."""
    made, tip = chain([transaction(create(1))])
    assert outcome(made, tip, transaction(amend(1, 1), field=2)) == ("OK", 255)
    found = made.get(Record, record_id(1))
    assert found is not None and (found.controller, found.field, found.version) == (7, 1, 2)


def test_attestation_entries() -> None:
    """L-26, L-53, L-54."""
    made, tip = chain([transaction(create(1))])
    for times in (1, 2, 3):
        item = transaction(attest(1), by=(WITNESS,), salt=times)
        tip = accepted(made, block(made, tip, [item]))
        made.finalize(tip.digest)
        assert said_of(made, 21, 1) == Attestation(times, tip.height, 1, digest("detail 1"))
        head = b"\3\1" + times.to_bytes(4, "big") + tip.height.to_bytes(8, "big") + b"\0\1"
        identity = 21, TargetKind.RECORD, record_id(1), 1, Claim.VERIFIED
        assert entry_bytes(made, Attestation, *identity) == head + digest("detail 1")
    assert said_of(made, 7, 1) is None
    assert said_of(made, 21, 2) is None
    assert said_of(made, 21, 1, version=2) is None
    assert said_of(made, 21, 1, claim=Claim.RECEIVED) is None


def test_values_are_those_of_the_final_state() -> None:
    made, tip = chain([transaction(create(1))])
    assert made.get(Record, record_id(1)) is None
    assert made.find(ledger.transaction_id(transaction(create(1)))) is None
    assert made.log_size == 0 and made.roots(tip.digest)[1] == 1
    made.finalize(tip.digest)
    assert made.get(Record, record_id(1)) is not None
    assert made.log_size == 1


# --- The log -------------------------------------------------------------------------------------


def test_log() -> None:
    """L-16, L-32, C-34."""
    items = [*START, transaction(amend(9, 1)), transaction(create(9), create(9))]
    results = [*[(0, 255)] * 5, (3, 0), (2, 1)]
    made, tip = chain(items[:3], items[3:])
    leaves = [
        item + code.to_bytes(2, "big") + bytes([failing_op])
        for item, (code, failing_op) in zip(items, results)
    ]
    assert made.roots(tip.digest)[1:] == (7, merkle.root(leaves))
    got = made.finalize(tip.digest)
    assert got.transaction_id.shape == (7, 32)
    assert list(zip(got.code.tolist(), got.failing_op.tolist())) == results
    assert got.height.tolist() == [1, 1, 1, 2, 2, 2, 2]
    assert got.log_index.tolist() == list(range(7))
    assert [row.tobytes() for row in got.transaction_id] == [
        ledger.transaction_id(item) for item in items
    ]
    assert [made.log_root(size) for size in range(8)] == [merkle.root(leaves[:n]) for n in range(8)]
    for index, leaf in enumerate(leaves):
        proof = made.prove_inclusion(index, 7)
        assert proof == merkle.inclusion_proof(index, leaves)
        root = made.log_root()
        assert merkle.verify_inclusion(merkle.leaf_hash(leaf), index, 7, proof, root)
        as_success = leaf[:-3] + b"\0\0\xff"
        shown = merkle.verify_inclusion(merkle.leaf_hash(as_success), index, 7, proof, root)
        assert shown == (results[index][0] == 0)


def test_log_out_of_range() -> None:
    made, tip = chain(START)
    made.finalize(tip.digest)
    with pytest.raises(ValueError, match="log"):
        made.log_root(6)
    for index, size in ((5, 5), (0, 6), (0, 0), (6, 5)):
        with pytest.raises(ValueError, match="log"):
            made.prove_inclusion(index, size)


# --- Siblings and finality -----------------------------------------------------------------------


def test_siblings() -> None:
    """L-18, L-19."""
    item, own = transaction(create(1)), transaction(create(1), by=(BANK,))
    made, left = chain([item])
    right = accepted(made, block(made, GENESIS_BLOCK, [own, item], view=2))
    above_left = accepted(made, block(made, left, [own]))
    above_right = accepted(made, block(made, right, [transaction(amend(1, 1), by=(BANK,))]))
    assert len({made.roots(one.digest) for one in (left, right, above_left, above_right)}) == 4
    results = made.finalize(right.digest)
    assert results.code.tolist() == [0, 2]
    assert (made.final_height, made.final_digest) == (1, right.digest)
    assert [made.knows(one.digest) for one in (GENESIS_BLOCK, left, above_left)] == [False] * 3
    assert made.knows(right.digest) and made.knows(above_right.digest)
    for one in (left, above_left):
        assert made.validate_block(one.data).code == "UNKNOWN_PARENT"
        with pytest.raises(LedgerError, match="UNKNOWN_PARENT"):
            made.finalize(one.digest)
        with pytest.raises(LedgerError):
            made.roots(one.digest)
    assert made.finalize(above_right.digest).code.tolist() == [0]
    found = made.get(Record, record_id(1))
    assert found is not None and found.controller == 20


def test_sibling_leaves_no_trace_in_the_state() -> None:
    items = [transaction(create(i)) for i in range(20)]
    alone, tip = chain(items[:10], items[10:])
    made, first = chain(items[:10])
    for i in range(10):
        item = transaction(*[amend(n, 1) for n in range(i + 1)], salt=i)
        side = accepted(made, block(made, first, [item], view=50 + i))
        accepted(made, block(made, side, [transaction(create(90 + i))]))
    second = accepted(made, block(made, first, items[10:]))
    assert made.roots(second.digest) == alone.roots(tip.digest)
    made.finalize(second.digest)
    assert made.roots() == alone.roots(tip.digest)
    assert made.get(Record, record_id(90)) is None


def test_finalize_takes_all_below() -> None:
    """L-19."""
    made, tip = chain(*[[transaction(create(i))] for i in range(6)])
    results = made.finalize(tip.digest)
    assert results.height.tolist() == [1, 2, 3, 4, 5, 6]
    assert made.log_root() == made.roots()[2] == made.roots(tip.digest)[2]


def test_finalize_again_gives_nothing() -> None:
    made, tip = chain([transaction(create(1))])
    assert len(made.finalize(tip.digest).code) == 1
    before = snapshot(made, tip)
    assert len(made.finalize(tip.digest).code) == 0
    assert snapshot(made, tip) == before


def test_same_block_again() -> None:
    """L-18."""
    made, tip = chain([transaction(create(1))])
    accepted(made, tip)
    made.finalize(tip.digest)
    accepted(made, tip)
    assert made.log_size == 1
    child = accepted(made, block(made, tip))
    made.finalize(child.digest)
    assert refusal(made, child, tip) == ("UNKNOWN_PARENT", 104, -1)


def test_too_many_overlays() -> None:
    """L-11, L-18."""
    made, tip = chain([transaction(create(1))])
    for i in range(OVERLAYS_MAX - 1):
        last = accepted(made, block(made, tip, view=10 + i))
    one_more = block(made, tip, view=9)
    assert refusal(made, tip, one_more) == ("TOO_MANY_OVERLAYS", 115, -1)
    accepted(made, last)
    made.finalize(tip.digest)
    accepted(made, one_more)
    made.finalize(last.digest)
    assert not made.knows(one_more.digest)
    for i in range(OVERLAYS_MAX):
        accepted(made, block(made, last, view=1000 + i))
    assert refusal(made, last, block(made, last, view=9))[0] == "TOO_MANY_OVERLAYS"


# --- Threads, backends, arguments ----------------------------------------------------------------


def test_view_of_a_payload() -> None:
    items = [transaction(create(n)) for n in range(3)]
    payload = ledger.encode_payload(items)
    for form in (payload, bytearray(payload)):
        view = ledger.view_payload(form)
        parsed = [codec.parse_transaction(one) for one in items]
        assert [
            payload[start : start + size] for start, size in zip(view.start, view.size)
        ] == items
        assert [row.tobytes() for row in view.transaction_id] == [
            ledger.transaction_id(one) for one in items
        ]
        assert view.field.tolist() == [one.field for one in parsed]
        assert view.submitter.tolist() == [one.signers[0][0] for one in parsed]
        assert view.valid_until.tolist() == [one.valid_until for one in parsed]
        assert view.signers.tolist() == [len(one.signers) for one in parsed]
        assert view.operations.tolist() == [len(one.operations) for one in parsed]
    assert len(ledger.view_payload(ledger.encode_payload([])).size) == 0
    with pytest.raises(EncodingError, match="payload"):
        ledger.view_payload(payload[:-1])
    with pytest.raises(EncodingError, match="transaction 1"):
        ledger.view_payload(ledger.encode_payload([items[0], items[1][:-1], items[2]]))


def test_threads_and_backends_change_nothing(backend: str) -> None:
    signers = (CLERK, BANK)
    items = [transaction(create(i), by=(signers[i % 2],)) for i in range(150)]
    want = None
    for threads in (1, 2, 0, 256):
        made, tip = Ledger(GENESIS_BYTES), GENESIS_BLOCK
        for bad in (0, 1, 63, 64, 149):
            spoiled = [*items[:bad], bad_signature(items[bad]), *items[bad + 1 :]]
            verdict = made.validate_block(block(made, tip, spoiled).data, threads=threads)
            assert (verdict.code, verdict.transaction) == ("BAD_SIGNATURE", bad)
        one = block(made, tip, items)
        assert made.validate_block(one.data, threads=threads).ok
        with use_backend("portable"):
            again, _ = chain(items)
        want = want or again.roots(one.digest)
        assert made.roots(one.digest) == want


def test_many_threads_at_once() -> None:
    made, tip = chain()
    count = 24
    rivals = [
        block(made, tip, [transaction(create(j)) for j in range(8)], view=1 + i)
        for i in range(count)
    ]
    spoiled = [one.spoiled(state_root=bytes(32)) for one in rivals]
    start = threading.Barrier(8)
    winner = rivals[0]
    accepted(made, winner)

    def work(i: int) -> set[str]:
        start.wait()
        found = set()
        for j in range(3 * count):
            one = rivals[(i + j) % count]
            found.add(made.validate_block(bytearray(one.data), threads=1 + j % 3).code)
            found.add(made.validate_block(spoiled[j % count].data).code)
            if i == 7 and j == count:
                made.finalize(winner.digest)
            if made.knows(winner.digest):
                found.add(str(made.roots(winner.digest)[1]))
        return found

    with ThreadPoolExecutor(8) as pool:
        seen = set().union(*pool.map(work, range(8)))
    assert seen <= {"OK", "UNKNOWN_PARENT", "WRONG_STATE_ROOT", "8"}
    assert made.final_digest == winner.digest and made.log_size == 8
    assert [made.knows(one.digest) for one in rivals[1:]] == [False] * (count - 1)


SCRIBBLE = """
import sys, threading
from ledger_world import CHAIN_ID, GENESIS_BLOCK, GENESIS_BYTES, block, create, transaction
from chopmark.ledger import Ledger, Pool

sys.setswitchinterval(1e-5)
items = [transaction(create(i)) for i in range(200)]
good = block(Ledger(GENESIS_BYTES), GENESIS_BLOCK, items)
want = Ledger(GENESIS_BYTES)
want.validate_block(good.data)
payload = good.payload
data = bytearray(good.data if sys.argv[1] == "block" else payload)
place = len(data) - len(items[-1]) + int(sys.argv[2])
stop = threading.Event()

def scribble():
    while not stop.is_set():
        data[place] ^= 0x55
        data[place] ^= 0x55

writer = threading.Thread(target=scribble)
writer.start()
try:
    for _ in range(150):
        made = Ledger(GENESIS_BYTES)
        if sys.argv[1] == "block":
            if made.validate_block(data).ok:
                assert made.roots(good.digest) == want.roots(good.digest), "another state"
        else:
            pool = Pool()
            if pool.admit(made, data)[0] == len(items):
                assert pool.select(made, CHAIN_ID, 1, 2**20) == payload, "never verified"
finally:
    stop.set()
    writer.join()
"""
PLACES = {"action": 75, "record_id": 76, "refs": 154, "signature": 158}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("form", ["block", "payload"])
def test_buffer_written_meanwhile(form: str, place: str) -> None:
    item = transaction(create(1))
    assert item[75:77] == b"\1" + record_id(1)[:1] and len(item) == 155 + 64
    done = subprocess.run(
        [sys.executable, "-c", SCRIBBLE, form, str(PLACES[place])],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_arguments() -> None:
    made, tip = chain()
    good = block(made, tip, [transaction(create(1))]).data
    wrong: Any
    for wrong in ("text", None, 7, [good]):
        with pytest.raises(TypeError):
            made.validate_block(wrong)
        with pytest.raises(TypeError):
            Ledger(wrong)
        with pytest.raises(TypeError):
            made.finalize(wrong)
    for wrong in (-1, 257):
        with pytest.raises(ValueError, match="threads"):
            made.validate_block(good, threads=wrong)
    for wrong in (b"", bytes(31), bytes(33)):
        for method in (made.knows, made.roots, made.finalize, made.find):
            with pytest.raises(ValueError, match="32 bytes"):
                method(wrong)
        for ask in (made.get, made.prove):
            with pytest.raises(ValueError):
                ask(Record, wrong)
    for identity in ((), (record_id(1), 1), (record_id(1), 1, 1), (7,)):
        with pytest.raises(ValueError):
            made.get(Holding, *identity)
    with pytest.raises(EncodingError):
        Ledger(b"")
    assert not made.knows(bytes(32)) and made.find(bytes(32)) is None
    with pytest.raises(LedgerError) as caught:
        made.finalize(bytes(32))
    assert caught.value.code == "UNKNOWN_PARENT"
    for form in (bytearray(good), memoryview(good), memoryview(good * 2)[: len(good)]):
        assert made.validate_block(form).ok


def test_genesis_is_copied() -> None:
    data = bytearray(GENESIS_BYTES)
    made = Ledger(data)
    data[:] = bytes(len(data))
    tip = accepted(made, block(made, GENESIS_BLOCK, [transaction(create(1))]))
    assert made.chain_id == CHAIN_ID
    assert made.finalize(tip.digest).code.tolist() == [0]
    found = made.get(MemberEntry, 20)
    assert found is not None and found.name == "bank"


def test_commitment() -> None:
    """L-28."""
    salt, document = digest("salt"), b"a document"
    inner = hashlib.sha256(document).digest()
    want = hashlib.sha256(b"chopmark commitment v1" + salt + inner).digest()
    assert ledger.commitment(salt, document=document) == want
    assert ledger.commitment(salt, document_hash=inner) == want
    assert reference.commitment(salt, inner) == want
    both: Any = {"document": document, "document_hash": inner}
    with pytest.raises(TypeError):
        ledger.commitment(salt, **both)
    with pytest.raises(TypeError):
        ledger.commitment(salt)
    with pytest.raises(ValueError):
        ledger.commitment(salt[:-1], document=document)
    with pytest.raises(ValueError):
        ledger.commitment(salt, document_hash=inner[:-1])


def test_build_transaction() -> None:
    made, tip = chain()

    def build(salt: bytes | None = None, signers: Sequence[Signer] = (CLERK, BANK)) -> bytes:
        return ledger.build_transaction(
            chain_id=CHAIN_ID,
            field=1,
            valid_until=9,
            operations=[create(1), attest(1, actor=1)],
            signers=[(one.member, one.key_id, one.private) for one in signers],
            salt=salt,
        )

    salt = (77).to_bytes(16, "big")
    same = transaction(create(1), attest(1, actor=1), by=(CLERK, BANK), valid_until=9, salt=77)
    assert build(salt) == same
    assert build() != build()
    assert outcome(made, tip, build()) == ("OK", 255)
    with pytest.raises(EncodingError):
        build(signers=(CLERK,))
    with pytest.raises(EncodingError):
        build(salt[:15])


# --- The pool ------------------------------------------------------------------------------------

MILLION = 1024 * 1024


def admit(pool: Pool, on: Ledger, *items: bytes) -> tuple[int, int, int, int]:
    return pool.admit(on, ledger.encode_payload(items))


def in_rounds(items: Sequence[T], submitter: Callable[[T], object]) -> list[T]:
    """L-63: the oldest of each, then the second oldest of each, and so on."""
    ranks: Counter[object] = Counter()
    ranked = []
    for at, item in enumerate(items):
        ranked.append((ranks[submitter(item)], at, item))
        ranks[submitter(item)] += 1
    return [item for _, _, item in sorted(ranked, key=lambda row: row[:2])]


def waiting(
    pool: Pool, on: Ledger, parent: Block = GENESIS_BLOCK, size: int = MILLION
) -> list[bytes]:
    payload = pool.select(on, parent.digest, parent.height + 1, size)
    assert len(payload) <= max(size, 4)
    return ledger.iterate_payload(payload)


def test_pool_keeps_the_order_of_arrival() -> None:
    made, tip = chain()
    pool = Pool()
    items = [transaction(create(i)) for i in (5, 3, 9, 1, 7)]
    assert admit(pool, made, *items[:2]) == (2, 0, 0, 0)
    assert admit(pool, made, *items[2:]) == (3, 0, 0, 0)
    assert (pool.size, pool.total_bytes) == (5, sum(map(len, items)))
    assert waiting(pool, made) == items
    assert waiting(pool, made) == items
    accepted(made, block(made, tip, payload=pool.select(made, CHAIN_ID, 1, MILLION)))


def test_pool_duplicates() -> None:
    """L-60, L-61."""
    made, _ = chain()
    pool = Pool()
    item = transaction(create(1))
    assert admit(pool, made, item, item) == (1, 1, 0, 0)
    assert admit(pool, made, item) == (0, 1, 0, 0)
    assert admit(pool, made, bad_signature(item)) == (0, 1, 0, 0)
    assert (pool.size, pool.total_bytes) == (1, len(item))
    assert waiting(pool, made) == [item]


def test_pool_is_not_poisoned_by_a_bad_signature() -> None:
    """L-61, L-62."""
    made, _ = chain()
    pool = Pool()
    item = transaction(create(1))
    assert admit(pool, made, bad_signature(item)) == (0, 0, 1, 0)
    assert (pool.size, pool.total_bytes) == (0, 0)
    assert admit(pool, made, bad_signature(item), item, bad_signature(item)) == (1, 1, 1, 0)
    assert waiting(pool, made) == [item]


@pytest.mark.parametrize(("data", "code", "number"), TRANSACTIONS)
def test_pool_refuses_what_a_block_may_not_hold(data: bytes, code: str, number: int) -> None:
    made, tip = chain([transaction(create(9)), transaction(create(8))])
    made.finalize(tip.digest)
    pool = Pool()
    fine = transaction(create(30))
    want = (1, 1, 0, 0) if code == "REPLAY" else (1, 0, 1, 0)
    assert admit(pool, made, data, fine) == want
    assert waiting(pool, made, tip) == [fine]


def test_pool_takes_payloads_only() -> None:
    """L-61, C-29."""
    made, _ = chain()
    pool = Pool()
    item = transaction(create(1))
    for wrong in (b"", item, ledger.encode_payload([item])[:-1], b"\xff" * 8):
        with pytest.raises(EncodingError):
            pool.admit(made, wrong)
    assert (pool.size, pool.total_bytes) == (0, 0)
    assert pool.admit(made, bytes(4)) == (0, 0, 0, 0)
    with pytest.raises(ValueError, match="threads"):
        pool.admit(made, bytes(4), threads=-1)


def test_pool_threads_change_nothing() -> None:
    made, _ = chain()
    items = [transaction(create(i)) for i in range(130)]
    items[77] = bad_signature(items[77])
    for threads in (1, 3, 0):
        pool = Pool()
        payload = ledger.encode_payload(items)
        assert pool.admit(made, payload, threads=threads) == (129, 0, 1, 0)
        assert waiting(pool, made) == items[:77] + items[78:]


def test_pool_selects_what_fits() -> None:
    made, _ = chain()
    pool = Pool()
    items = [transaction(create(i)) for i in range(5)]
    admit(pool, made, *items)
    for count in range(6):
        size = len(ledger.encode_payload(items[:count]))
        assert waiting(pool, made, size=size) == items[:count]
        assert waiting(pool, made, size=size + 1) == items[:count]
        assert waiting(pool, made, size=size - 1) == items[: max(count - 1, 0)]


def test_pool_leaves_out_what_stands_below() -> None:
    made, _ = chain()
    pool = Pool()
    items = [transaction(create(i)) for i in range(4)]
    admit(pool, made, *items)
    left = accepted(made, block(made, GENESIS_BLOCK, items[:1]))
    right = accepted(made, block(made, GENESIS_BLOCK, items[1:3], view=2))
    above = accepted(made, block(made, right, [items[3]]))
    assert waiting(pool, made, left) == items[1:]
    assert waiting(pool, made, right) == [items[0], items[3]]
    assert waiting(pool, made, above) == [items[0]]
    assert waiting(pool, made) == items
    made.finalize(right.digest)
    assert waiting(pool, made, above) == [items[0]]
    assert pool.remove_final(made) == 2
    assert waiting(pool, made, right) == [items[0], items[3]]


def test_pool_looks_at_the_height() -> None:
    made, _ = chain()
    pool = Pool()
    soon = transaction(create(1), valid_until=2)
    late = transaction(create(2), valid_until=1 + WINDOW)
    assert admit(pool, made, soon, late) == (2, 0, 0, 0)
    assert admit(pool, made, transaction(create(3), valid_until=2 + WINDOW)) == (0, 0, 1, 0)
    selected = [
        ledger.iterate_payload(pool.select(made, CHAIN_ID, height, MILLION))
        for height in (0, 1, 2, 3, 1 + WINDOW, 2 + WINDOW)
    ]
    assert selected == [[soon], [soon, late], [soon, late], [late], [late], []]


def test_pool_drops_what_is_final_or_expired() -> None:
    """L-64."""
    made, tip = chain()
    pool = Pool()
    items = [transaction(create(i), valid_until=i) for i in (1, 2, 3, 4)]
    assert admit(pool, made, *items) == (4, 0, 0, 0)
    assert pool.remove_final(made) == 0
    tip = accepted(made, block(made, tip, [items[3]]))
    assert pool.remove_final(made) == 0
    made.finalize(tip.digest)
    assert pool.remove_final(made) == 2
    assert (pool.size, pool.total_bytes) == (2, len(items[1]) + len(items[2]))
    assert waiting(pool, made, tip) == items[1:3]
    assert admit(pool, made, items[0], items[3]) == (0, 1, 1, 0)
    tip = accepted(made, block(made, tip, [items[1]]))
    tip = accepted(made, block(made, tip))
    made.finalize(tip.digest)
    assert pool.remove_final(made) == 2
    assert (pool.size, pool.total_bytes) == (0, 0)
    assert pool.remove_final(made) == 0


def test_pool_says_what_is_worth_forwarding() -> None:
    """L-65: what waits afterwards, with the bytes that were verified; nothing else."""
    made, tip = chain()
    pool = Pool()
    known, final, new = (transaction(create(i)) for i in (1, 2, 3))
    assert admit(pool, made, known, final) == (2, 0, 0, 0)
    tip = accepted(made, block(made, tip, [final]))
    made.finalize(tip.digest)
    pool.remove_final(made)
    expired = transaction(create(4), valid_until=1)
    items = [
        new,
        expired,
        bad_signature(known),
        final,
        b"nothing",
        new,
        bad_signature(transaction(create(5))),
    ]
    counts, payload = pool.admit_waiting(made, ledger.encode_payload(items))
    assert counts == (1, 3, 3, 0)
    assert ledger.iterate_payload(payload) == [new, known]
    assert pool.admit_waiting(made, ledger.encode_payload([])) == ((0, 0, 0, 0), bytes(4))
    with pytest.raises(EncodingError):
        pool.admit_waiting(made, b"")


def test_pool_skips_what_cannot_stand_even_if_it_is_large() -> None:
    made, _ = chain()
    pool = Pool()
    large = transaction(*[create(i) for i in range(20)])
    small = transaction(create(50))
    assert admit(pool, made, large, small) == (2, 0, 0, 0)
    tip = accepted(made, block(made, GENESIS_BLOCK, [large]))
    assert len(ledger.encode_payload([small])) < 500 < len(large)
    assert waiting(pool, made, tip, size=500) == [small]


EIGHT = (*COUNCIL, COURT, ISSUER, TRADER, CLERK, BANK)  # fill a pool: each has an eighth of it


def copies(body: bytes, by: Signer, count: int) -> list[bytes]:
    """Transactions that differ in their salts alone."""
    key, found = by.private, []
    for i in range(count):
        one = body[:45] + i.to_bytes(16, "big") + body[61:]
        found.append(one + key.sign(b"\1" + hashlib.sha256(one).digest()))
    return found


def test_pool_of_most_bytes() -> None:
    """L-60: an eighth of the bytes for each submitter, all of them for eight."""
    made, _ = chain()
    pool = Pool()
    room = 64 * MILLION
    refs = tuple(sorted(record_id(i) for i in range(16)))
    operation = Create(record_id(1), 0, bytes(32), refs)
    total = 0
    for by in EIGHT:
        body = transaction(*[operation] * 54, by=(by,))[:-64]
        size = len(body) + 64
        assert 31_000 < size <= 32_768
        most = room // 8 // size
        items = copies(body, by, most + 2)
        answers = [admit(pool, made, *items[i : i + 100]) for i in range(0, most + 2, 100)]
        assert [sum(column) for column in zip(*answers)] == [most, 0, 0, 2]
        assert admit(pool, made, items[0], items[-1]) == (0, 1, 0, 1)
        assert admit(pool, made, bad_signature(items[-1])) == (0, 0, 1, 0)
        total += most * size
        assert pool.total_bytes == total
    small = transaction(create(50), by=(EIGHT[0],), salt=9)
    assert room // 8 - most * size > len(small)
    assert admit(pool, made, small) == (1, 0, 0, 0)
    left = room - pool.total_bytes
    filler = transaction(*[operation] * 50, by=(GUEST,))
    assert left > len(filler) and admit(pool, made, filler) == (1, 0, 0, 0)
    most_selected = waiting(pool, made, size=4 * MILLION)
    assert len(most_selected) == (4 * MILLION - 4) // (size + 4)


def test_pool_of_most_transactions() -> None:
    """L-60, L-63: 8,192 for each submitter, 65,536 in all; 16,384 of them in a selection."""
    made, _ = chain()
    pool = Pool()
    share = 8192
    pools: dict[Signer, list[bytes]] = {}
    for by in EIGHT:
        items = pools[by] = copies(transaction(withdraw(1, 1), by=(by,))[:-64], by, share + 1)
        answers = [admit(pool, made, *items[i : i + 4096]) for i in range(0, share, 4096)]
        assert [sum(column) for column in zip(*answers)] == [share, 0, 0, 0]
        assert admit(pool, made, items[share], items[0]) == (0, 1, 0, 1)
    assert pool.size == 8 * share
    other = transaction(create(1), by=(GUEST,))
    assert admit(pool, made, other) == (0, 0, 0, 1)
    chosen = waiting(pool, made, size=8 * MILLION)
    assert len(chosen) == 16384
    assert chosen == [pools[by][i] for i in range(16384 // 8) for by in EIGHT]
    tip = accepted(made, block(made, GENESIS_BLOCK, pools[CLERK][:2]))
    made.finalize(tip.digest)
    assert pool.remove_final(made) == 2
    assert admit(pool, made, pools[BANK][share], other) == (1, 0, 0, 1)
    assert admit(pool, made, pools[CLERK][share], pools[CLERK][0]) == (1, 1, 0, 0)


def test_pool_selects_in_rounds() -> None:
    """L-63: whoever hands in much does not keep others out."""
    made, _ = chain()
    pool = Pool()
    by = [CLERK] * 5 + [BANK] * 2 + [CLERK, WITNESS, BANK]
    items = [transaction(create(i), by=(one,)) for i, one in enumerate(by)]
    admit(pool, made, *items)
    order = [0, 5, 8, 1, 6, 2, 9, 3, 4, 7]
    assert waiting(pool, made) == [items[i] for i in order]
    for count in range(len(items)):
        wanted = [items[i] for i in order[:count]]
        assert waiting(pool, made, size=len(ledger.encode_payload(wanted))) == wanted
    tip = accepted(made, block(made, GENESIS_BLOCK, [items[0], items[8]]))
    # Rounds are of all that wait, also of what cannot stand on this parent.
    assert waiting(pool, made, tip) == [items[i] for i in order if i not in (0, 8)]
    made.finalize(tip.digest)
    pool.remove_final(made)
    left = [(i, by[i]) for i in range(len(by)) if i not in (0, 8)]
    assert waiting(pool, made, tip) == [items[i] for i, _ in in_rounds(left, lambda row: row[1])]


def test_pool_counts_the_first_signer() -> None:
    """L-60: the submitter is the first signer; the others are not."""
    made, _ = chain()
    pool = Pool()
    both = transaction(create(1), by=(CLERK, BANK))
    items = [both, transaction(create(2), by=(CLERK,)), transaction(create(3), by=(BANK,))]
    admit(pool, made, *items)
    assert waiting(pool, made) == [items[0], items[2], items[1]]


def test_pool_selects_nothing_for_an_unknown_parent() -> None:
    """L-63."""
    made, _ = chain()
    pool = Pool()
    admit(pool, made, transaction(create(1)))
    assert pool.select(made, bytes(32), 1, MILLION) == bytes(4)
    assert pool.select(made, CHAIN_ID, 1, 0) == bytes(4)


def test_pool_leaves_out_keys_that_no_longer_count() -> None:
    """L-12, L-63: also on the one branch where they do not."""
    made, tip = chain()
    pool = Pool()
    items = [transaction(create(1)), transaction(create(2), by=(CLERK_SPARE,))]
    admit(pool, made, *items)
    new = Signer(CLERK.member, 40)
    rotate = transaction(RotateKey(40, new.public, new.possession(CHAIN_ID)))
    rotated = accepted(made, block(made, tip, [rotate]))
    plain = accepted(made, block(made, tip, view=2))
    assert waiting(pool, made, rotated) == items[1:]
    assert waiting(pool, made, plain) == items
    expel = transaction(Expel(CLERK.member), by=COUNCIL[:2])
    expelled = accepted(made, block(made, plain, [expel]))
    assert waiting(pool, made, expelled) == []
    freeze = transaction(Freeze(CLERK.member), by=COUNCIL[:2])
    frozen = accepted(made, block(made, plain, [freeze], view=9))
    assert waiting(pool, made, frozen) == items
    made.finalize(expelled.digest)
    assert admit(pool, made, transaction(create(3))) == (0, 0, 1, 0)


# --- Verdicts of the pool ------------------------------------------------------------------------


def verdicts(one: Block, on: Ledger, pool: Pool) -> tuple[str, int]:
    """Of a block with and without the pool: they are the same."""
    found = [on.validate_block(one.data, pool=pool, threads=threads) for threads in (1, 2)]
    found.append(on.validate_block(one.data))
    answers = {(verdict.code, verdict.transaction) for verdict in found}
    assert len(answers) == 1
    return answers.pop()


def test_verdicts_of_the_pool_change_no_answer() -> None:
    """L-15, L-62: known, unknown and spoiled ones in one block."""
    items = [transaction(create(i), by=((CLERK, BANK)[i % 2],)) for i in range(8)]
    made, tip = chain()
    pool = Pool()
    admit(pool, made, *items[:4])
    for bad in range(8):
        spoiled = [*items[:bad], bad_signature(items[bad]), *items[bad + 1 :]]
        assert verdicts(block(made, tip, spoiled), made, pool) == ("BAD_SIGNATURE", bad)
    assert verdicts(block(made, tip, [*items, items[2]]), made, pool) == ("REPLAY", 8)
    one = block(made, tip, items)
    assert verdicts(one, made, pool) == ("OK", -1)
    alone, _ = chain(items)
    assert made.roots(one.digest) == alone.roots(one.digest)
    assert (pool.size, waiting(pool, made)) == (4, items[:4])


def test_same_id_with_other_signatures_is_not_known() -> None:
    """C-25, L-62: every byte of a waiting transaction counts, of each signature."""
    made, tip = chain()
    pool = Pool()
    item = transaction(create(1), create(2, actor=1), by=(CLERK, BANK))
    admit(pool, made, item)
    swapped = item[:-128] + item[-64:] + item[-128:-64]
    for spoiled in (
        swapped, item[:-128] + bytes(128), item[:-128] + item[-64:] * 2,
        *[flip(item, 8 * (len(item) - 1 - i)) for i in range(0, 128, 9)],
    ):  # fmt: skip
        assert ledger.transaction_id(spoiled) == ledger.transaction_id(item)
        assert admit(pool, made, spoiled) == (0, 1, 0, 0)
        assert verdicts(block(made, tip, [spoiled]), made, pool) == ("BAD_SIGNATURE", 0)
    assert waiting(pool, made) == [item]
    assert verdicts(block(made, tip, [item]), made, pool) == ("OK", -1)


@pytest.mark.parametrize("how", ["rotate", "revoke", "replace", "expel"])
def test_key_that_went_between_admission_and_block(how: str) -> None:
    """L-12, L-33: what was verified when it came is judged by the keys of the block's parent."""
    new = Signer(CLERK.member, 40)
    proof = new.possession(CHAIN_ID)
    operation, by = {
        "rotate": (RotateKey(40, new.public, proof), (CLERK,)),
        "revoke": (RevokeKey(CLERK.key_id), (CLERK,)),
        "replace": (
            CouncilReplacesKey(CLERK.member, CLERK.key_id, FAR, 40, new.public, proof),
            COUNCIL[:2],
        ),
        "expel": (Expel(CLERK.member), COUNCIL[:2]),
    }[how]
    made, tip = chain()
    pool = Pool()
    item, change = transaction(create(1)), transaction(operation, by=by)
    admit(pool, made, item, change)
    together = block(made, tip, [change, item])
    assert verdicts(together, made, pool) == ("OK", -1)
    changed = accepted(made, block(made, tip, [change], view=2))
    assert verdicts(block(made, changed, [item]), made, pool) == ("UNKNOWN_SIGNER", 0)
    aside = accepted(made, block(made, tip, view=3))
    assert verdicts(block(made, aside, [item]), made, pool) == ("OK", -1)
    made.finalize(changed.digest)
    assert verdicts(block(made, changed, [item]), made, pool) == ("UNKNOWN_SIGNER", 0)


def test_same_names_with_other_keys_are_not_known() -> None:
    """C-25: two chains of different keys under the same names; a pool of one, blocks of the other.

    The chain id is part of the body, so the transaction is of another chain there; what it is not,
    is valid because its id waits somewhere.
    """
    made, tip = chain()
    swapped = tuple(
        dataclasses.replace(member, keys=(BANK.genesis_key(),))
        if member.member_id == 21
        else dataclasses.replace(
            member, keys=(dataclasses.replace(WITNESS.genesis_key(), key_id=5),)
        )
        if member.member_id == 20
        else member
        for member in GENESIS.members
    )
    other = Ledger(dataclasses.replace(GENESIS, members=swapped).encode())
    pool = Pool()
    item = transaction(create(1), by=(BANK,))
    admit(pool, made, item)
    start = {"chain_id": other.chain_id, "parent_digest": other.chain_id,
             "state_root": other.roots()[0]}  # fmt: skip
    renamed = item[:3] + other.chain_id + item[35:]
    for data, code in ((item, "WRONG_CHAIN"), (renamed, "BAD_SIGNATURE")):
        one = block(made, tip, [data], **start)
        assert verdicts(one, other, pool) == (code, 0)


def test_pool_empties_while_blocks_are_checked() -> None:
    """What leaves the pool is verified again, with the same answer."""
    made, tip = chain()
    pool = Pool()
    item = transaction(create(1), valid_until=1)
    admit(pool, made, item)
    one = block(made, tip, [item])
    tip = accepted(made, one)
    made.finalize(tip.digest)
    assert pool.remove_final(made) == 1
    assert verdicts(one, made, pool) == ("OK", -1)
    spoiled = block(made, tip, [bad_signature(transaction(create(2)))])
    assert verdicts(spoiled, made, pool) == ("BAD_SIGNATURE", 0)


# --- Proofs of entries ---------------------------------------------------------------------------


def test_entries_are_proven_under_the_roots() -> None:
    """L-20, L-98: inclusion and absence, by the tree's own verifier."""
    made, tip = chain(START)
    facts: list[tuple[type[StateEntry], tuple[int | bytes, ...]]] = [
        (MemberEntry, (7,)), (Key, (7, 1)), (PublicKey, (CLERK.public,)), (RoleEntry, (7, 1)),
        (Governance, ()), (Validators, ()), (Record, (record_id(1),)), (Record, (record_id(3),)),
    ]  # fmt: skip
    absent: list[tuple[type[StateEntry], tuple[int | bytes, ...]]] = [
        (MemberEntry, (8,)), (Key, (7, 2)), (PublicKey, (bytes(32),)), (RoleEntry, (7, 3)),
        (Record, (record_id(9),)), (Holding, (1, bytes(32), 7)),
        (Attestation, (7, 1, record_id(1), 1, 2)),
    ]  # fmt: skip
    for _ in range(2):
        root = made.roots()[0]
        there = [fact for fact in facts if made.get(fact[0], *fact[1]) is not None]
        for kind, identity in there:
            entry, proof = made.prove(kind, *identity)
            assert entry is not None and kind.decode(entry) == made.get(kind, *identity)
            key, value = hash.blake3(kind.preimage(*identity)), hash.blake3(entry)
            state.verify_inclusion(root, key, value, proof)
            for wrong in (
                (bytes(32), key, value, proof), (root, flip(key, 200), value, proof),
                (root, key, flip(value, 7), proof), (root, key, value, flip(proof, 99)),
            ):  # fmt: skip
                with pytest.raises(InvalidProof):
                    state.verify_inclusion(*wrong)
            with pytest.raises(InvalidProof):
                state.verify_absence(root, key, proof)
        missing = [fact for fact in facts if fact not in there] + absent
        for kind, identity in missing:
            nothing, proof = made.prove(kind, *identity)
            assert nothing is None and made.get(kind, *identity) is None
            key = hash.blake3(kind.preimage(*identity))
            state.verify_absence(root, key, proof)
            with pytest.raises(InvalidProof):
                state.verify_inclusion(root, key, bytes(32), proof)
        made.finalize(tip.digest)
    assert len(there) == len(facts)


def test_proofs_are_of_the_header_above() -> None:
    """C-32, L-98: the root after a block is the one that its children's headers carry."""
    made, tip = chain([transaction(create(1))])
    made.finalize(tip.digest)
    entry, proof = made.prove(Record, record_id(1))
    child = block(made, tip)
    assert child.header is not None and entry is not None and tip.header is not None
    key = hash.blake3(Record.preimage(record_id(1)))
    state.verify_inclusion(child.header.state_root, key, hash.blake3(entry), proof)
    with pytest.raises(InvalidProof):
        state.verify_inclusion(tip.header.state_root, key, hash.blake3(entry), proof)


# --- Large blocks --------------------------------------------------------------------------------


def test_ten_thousand_transactions() -> None:
    """They fit into a payload, a message and a block; the pool gives and takes them."""
    made, tip = chain()
    pool = Pool()
    signers = (CLERK, BANK, ISSUER, HOSPITAL)
    items = [transaction(create(i), by=(signers[i % 4],), valid_until=9) for i in range(10_000)]
    payload = ledger.encode_payload(items)
    assert len(payload) < 4 * MILLION and len(payload) + 284 < 8 * MILLION
    for at in range(0, len(items), 2000):
        assert admit(pool, made, *items[at : at + 2000]) == (2000, 0, 0, 0)
    selected = pool.select(made, CHAIN_ID, 1, 4 * MILLION)
    assert selected == payload  # four submitters in turn: their rounds are the order of arrival
    one = block(made, tip, payload=payload)
    assert made.validate_block(one.data, pool=pool, threads=2).ok
    results = made.finalize(one.digest)
    assert results.code.tolist() == [0] * 10_000 and made.log_size == 10_000
    assert made.usage[0] == 52 + 10_000
    assert pool.remove_final(made) == 10_000 and pool.size == 0


MODEL_ITEMS = [
    transaction(create(i), valid_until=1 + i % 6, by=((CLERK, BANK)[i % 2],)) for i in range(12)
]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("admit"), st.lists(st.integers(0, 23), max_size=6)),
        st.tuples(st.just("block"), st.lists(st.integers(0, 11), max_size=3, unique=True)),
        st.tuples(st.just("clean"), st.just([])),
    ),
    max_size=20,
)


@settings(max_examples=80, deadline=None)
@given(STEPS)
def test_pool_counts_never_drift(steps: list[tuple[str, list[int]]]) -> None:
    made, tip = chain()
    pool = Pool()
    inside: list[int] = []
    final: set[int] = set()

    def last(i: int) -> int:
        return 1 + i % 6

    for action, numbers in steps:
        if action == "admit":
            counts = [0, 0, 0, 0]
            for i in numbers:
                # 12 .. 23 are the same transactions with bad signatures
                if last(i % 12) <= made.final_height:
                    counts[2] += 1
                elif i % 12 in inside or i % 12 in final:
                    counts[1] += 1
                elif i >= 12:
                    counts[2] += 1
                else:
                    counts[0] += 1
                    inside.append(i)
            items = [
                MODEL_ITEMS[i] if i < 12 else bad_signature(MODEL_ITEMS[i - 12]) for i in numbers
            ]
            assert admit(pool, made, *items) == tuple(counts)
        elif action == "block":
            fresh = [i for i in numbers if i not in final and last(i) > made.final_height]
            tip = accepted(made, block(made, tip, [MODEL_ITEMS[i] for i in fresh]))
            made.finalize(tip.digest)
            final |= set(fresh)
        else:
            left = [i for i in inside if i not in final and last(i) > made.final_height]
            assert pool.remove_final(made) == len(inside) - len(left)
            inside = left
        assert pool.size == len(inside)
        assert pool.total_bytes == sum(len(MODEL_ITEMS[i]) for i in inside)
        may = [i for i in inside if i not in final and last(i) > made.final_height]
        rounds = in_rounds(inside, lambda i: i % 2)
        assert waiting(pool, made, tip) == [MODEL_ITEMS[i] for i in rounds if i in may]


def test_pool_from_many_threads() -> None:
    made, tip = chain()
    pool = Pool()
    items = [transaction(create(i)) for i in range(64)]
    start = threading.Barrier(8)

    def work(i: int) -> int:
        start.wait()
        admitted = 0
        for j in range(0, 64, 8):
            at = (8 * i + j) % 64
            admitted += admit(pool, made, *items[at : at + 8])[0]
            waiting(pool, made)
            if i == 0:
                pool.remove_final(made)
        return admitted

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(work, range(8))) == 64
    assert (pool.size, pool.total_bytes) == (64, sum(map(len, items)))
    payload = pool.select(made, tip.digest, 1, MILLION)
    assert sorted(ledger.iterate_payload(payload)) == sorted(items)
