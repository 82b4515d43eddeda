# SPDX-License-Identifier: Apache-2.0
"""The reference of docs/spec/codec.md: every operation has one encoding, and its limits hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from ledger_scene import CLASSES, SCHEMAS, TEMPLATES
from ledger_world import GENESIS, GENESIS_BYTES, flip, transaction

from chopmark import EncodingError, ledger
from chopmark.reference import codec, operations, wire
from chopmark.reference.codec import Council, InvalidEncoding, Operation, Roles
from chopmark.reference.operations import (
    Claim,
    ClassFlags,
    DefineClass,
    DefineTemplate,
    KeyFlags,
    Object,
    ObjectKind,
    State,
    StateKind,
    TargetKind,
    Transition,
    encode_operation,
    holding_id,
    possession_payload,
    read_operation,
)
from chopmark.reference.wire import Reader

A, B, C = b"\xa1" * 32, b"\xb2" * 32, b"\xc3" * 32
S = b"\x5a" * 64
BIG = 2**32 - 2
FULL = DefineTemplate(
    9, 1, parties=(Roles.RECORD,) * 8, openers=0xFF, states=(State(),) * 32,
    transitions=tuple(Transition(i // 3, i % 3 + 1, 31, 1) for i in range(96)),
)  # fmt: skip

SAMPLES: list[Operation] = [
    operations.Admit(BIG, "a.b-9", 3, A, S),
    operations.Expel(BIG),
    operations.Freeze(1),
    operations.Unfreeze(1),
    operations.SetRoles(1, 2, Roles.EMERGENCY),
    operations.SetRoles(1, 2, Roles.NONE),
    operations.SetValidators((B, A)),
    operations.SetCouncil(Council(2, (0, 5, BIG))),
    operations.SetParameter(operations.Parameter.LOCK_MS_MAX, 7),
    *SCHEMAS,
    *TEMPLATES,
    FULL,
    *CLASSES,
    operations.Retire(operations.DefinitionKind.CLASS, BIG),
    operations.Hold(Object(ObjectKind.RECORD, A)),
    operations.Hold(Object(ObjectKind.CASE, A)),
    operations.Unhold(Object(ObjectKind.LOCK, A)),
    operations.Unhold(Object(ObjectKind.HOLDING, holding_id(1, A, 2))),
    operations.AddKey(1, KeyFlags.ADMINISTRATE, A, S),
    operations.RotateKey(1, A, S),
    operations.RevokeKey(1, 5),
    operations.CouncilRevokesKey(1, 2),
    operations.CouncilReplacesKey(1, 2, 3, 4, A, S),
    operations.Create(A, 1, B, (A, C), retention=9),
    operations.Create(A, 1, B, nullifier=C),
    operations.Amend(A, 1, 2, B, (A,), retention=1),
    operations.Withdraw(A, BIG),
    operations.Erase(A, 1),
    operations.Attest(A, 1, Claim.CONSENT, B, kind=TargetKind.CASE),
    operations.Grant(A, 1, 2, 3, 4, B),
    operations.RevokeGrant(A, 1),
    operations.Use(A, 0xFFFF, B),
    operations.BreakGlass(A, 1, B, C, 5),
    operations.OpenCase(A, 1, 2, B, (5, 4, 3), (A,)),
    operations.Step(A, 31, 0, B, (A, B)),
    operations.Issue(1, 2, 3, A, 4, 5),
    operations.Transfer(1, A, 2, 3),
    operations.TransferByOrder(1, A, 2, 3, 4),
    operations.Redeem(1, A, 2, 3, operations.Reason.MOVED, B),
    operations.Lock(A, 1, B, 2, 3, 4, operations.CaseState(C, 31)),
    operations.Lock(A, 1, B, 2, 3, 4, operations.Preimage(C)),
    operations.Lock(A, 1, B, 2, 3, 4, operations.CoSignature(5)),
    operations.Settle(A),
    operations.SettleWithPreimage(A, B),
    operations.Refund(A),
]
BYTES_OF_BODIES = {  # by hand, from the layouts
    "Expel": 5, "SetRoles": 9, "SetParameter": 10, "Retire": 6, "AddKey": 102, "RotateKey": 101,
    "RevokeKey": 13, "CouncilRevokesKey": 17, "CouncilReplacesKey": 117, "Withdraw": 37,
    "Erase": 37, "Attest": 70, "Grant": 83, "RevokeGrant": 37, "Use": 67, "BreakGlass": 101,
    "Issue": 60, "Transfer": 49, "TransferByOrder": 53, "Redeem": 81, "Settle": 33,
    "SettleWithPreimage": 65, "Refund": 33, "DefineSchema": 40, "DefineClass": 76,
}  # fmt: skip


BEFORE = transaction(operations.Withdraw(A, 1))[:71]  # of a transaction, in front of operations


def refusal(check: Callable[[bytes], object], data: bytes) -> tuple[str, int] | None:
    try:
        check(data)
    except (InvalidEncoding, EncodingError) as error:
        return error.reason, error.offset
    return None


def compare(data: bytes) -> None:
    """Native code and reference say the same to a transaction of this operation."""
    whole = BEFORE + data + bytes(64)
    assert refusal(ledger.check_transaction, whole) == refusal(codec.parse_transaction, whole)


def parse_genesis(data: bytes) -> codec.Genesis:
    """By the reference, which must answer as native code does."""
    assert refusal(ledger.check_genesis, data) == refusal(codec.parse_genesis, data)
    return codec.parse_genesis(data)


def parsed(data: bytes, signers: int = 1) -> Operation:
    compare(data)
    reader = Reader(data)
    operation = read_operation(reader, signers)
    reader.finish()
    return operation


def refused(data: bytes) -> tuple[str, int]:
    with pytest.raises(InvalidEncoding) as caught:
        parsed(data)
    return caught.value.reason, caught.value.offset


def test_every_action_has_a_sample() -> None:
    assert {type(one) for one in SAMPLES} == set(operations.OPERATION_TYPES)


@pytest.mark.parametrize("operation", SAMPLES, ids=lambda op: type(op).__name__)
def test_one_encoding(operation: Operation) -> None:
    """C-3, C-23, C-26."""
    data = encode_operation(operation)
    assert len(data) <= 4 + wire.OPERATION_BYTES_MAX
    assert parsed(data) == operation
    size = BYTES_OF_BODIES.get(type(operation).__name__)
    assert size is None or len(data) == 4 + size
    for length in range(len(data)):
        assert refused(data[:length])[0] == "truncated"
    assert refused(data + b"\0")[0] == "trailing"


@pytest.mark.parametrize("operation", SAMPLES, ids=lambda op: type(op).__name__)
def test_flipped_bits_are_refused_or_read_exactly(operation: Operation) -> None:
    data = encode_operation(operation)
    for bit in range(0, 8 * len(data), 1 if len(data) < 300 else 7):
        changed = flip(data, bit)
        try:
            found = parsed(changed)
        except InvalidEncoding as error:
            assert error.offset <= len(data)
        else:
            assert found != operation and encode_operation(found) == changed


@pytest.mark.parametrize("operation", SAMPLES, ids=lambda op: type(op).__name__)
def test_body_of_another_length(operation: Operation) -> None:
    body = operation.body()
    for size in (len(body) - 1, len(body) + 1):
        longer = (body + b"\0")[:size]
        head = bytes([operation.CODE, 0]) + size.to_bytes(2, "big")
        reason, _ = refused(head + longer)
        assert reason in ("truncated", "trailing")


def body(code: int, text: str) -> bytes:
    data = bytes.fromhex(text)
    return bytes([code, 0]) + len(data).to_bytes(2, "big") + data


def r(byte: str, count: int = 32) -> str:
    return byte * count


TEMPLATE = "0a 0001 0001 00" + r("00")
CLASS = "0b 00000001 0001"


@pytest.mark.parametrize(
    ("data", "reason", "offset"),
    [
        (body(0, "00"), "tag", 1),
        (body(13, "00"), "tag", 1),
        (bytes([1, 1, 0, 1, 0]), "value", 2),
        (bytes([1, 0, 0, 0]), "limit", 4),
        (bytes([1, 0, 8, 1]) + bytes(2049), "limit", 4),
        # C-52
        (body(1, "00"), "tag", 5),
        (body(1, "0f"), "tag", 5),
        (body(1, "01 00000001 00"), "limit", 10),
        (body(1, "01 00000001 0141"), "value", 11),
        (body(1, "05 00000001 0001 1000"), "value", 13),
        (body(1, "06 00"), "limit", 6),
        (body(1, "06 21" + r("11", 1)), "limit", 6),
        (body(1, "06 02" + r("11") + r("11")), "order", 70),
        (body(1, "07 01 00"), "limit", 7),
        (body(1, "07 01 11"), "limit", 7),
        (body(1, "07 00 01 00000001"), "value", 7),
        (body(1, "07 02 01 00000001"), "value", 7),
        (body(1, "07 01 02 00000001 00000001"), "order", 15),
        (body(1, "08 03" + r("00", 8)), "tag", 6),
        # C-53
        (body(1, "09 0000 0001 00 0000" + r("00")), "value", 7),
        (body(1, "09 0001 0001 03 0000" + r("00")), "tag", 10),
        (body(1, "09 0001 0001 00 8000" + r("00")), "value", 12),
        # C-54
        (body(1, "0a 0001 0001 02"), "value", 10),
        (body(1, TEMPLATE + "00"), "limit", 43),
        (body(1, TEMPLATE + "09"), "limit", 43),
        (body(1, TEMPLATE + "01 f000"), "value", 45),
        (body(1, TEMPLATE + "01 0000 00"), "value", 46),
        (body(1, TEMPLATE + "01 0000 02"), "value", 46),
        (body(1, TEMPLATE + "01 0000 01 00"), "limit", 47),
        (body(1, TEMPLATE + "01 0000 01 21"), "limit", 47),
        (body(1, TEMPLATE + "01 0000 01 01 02"), "tag", 48),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 8) + "01"), "value", 57),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 7) + "01 01"), "value", 57),
        (body(1, TEMPLATE + "01 0000 01 01 01" + r("00", 7) + "01 00"), "value", 57),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "61"), "limit", 58),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01" + r("00", 7)), "truncated", 58),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 00 00 01 00 0000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 01 01 00 01 00 0000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 01 01 01 00 0000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 01 00 02 00 0000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 01 00 00 00 0000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 01 00 01 00 1000 00"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "01 00 01 00 01 00 0000 11"),
         "value", 66),
        (body(1, TEMPLATE + "01 0000 01 01 00" + r("00", 9) + "02" + 2 * "00 01 00 01 00 0000 00"),
         "order", 74),
        # C-55
        (body(1, CLASS + "40"), "value", 12),
        (body(1, CLASS + "00 00000000 03"), "tag", 17),
        (body(1, CLASS + "00 00000000 00 0b"), "tag", 18),
        (body(1, CLASS + "00 00000000 00 00 0000 00000000" + r("00", 8)), "value", 32),
        # C-52, C-56
        (body(1, "0c 04 00000001"), "tag", 6),
        (body(1, "0c 02 00010000"), "value", 10),
        (body(1, "0d 05" + r("00")), "tag", 6),
        # C-60
        (body(2, "06"), "tag", 5),
        (body(2, "01 00000001 02"), "value", 10),
        # C-27
        (body(3, "06"), "tag", 5),
        (body(3, "04" + r("00") + "00000000"), "value", 41),
        (body(3, "05" + r("00") + "00000001"), "value", 41),
        (body(3, "05" + r("00") + "00000000 0001" + r("00") + r("00", 8) + r("00")), "value", 115),
        # C-28
        (body(4, "03"), "tag", 5),
        (body(4, "01" + r("00") + "00000000"), "value", 41),
        (body(4, "01" + r("00") + "00000001 0b"), "tag", 42),
        # C-61
        (body(5, "01" + r("00") + "00000001 0000"), "value", 43),
        (body(5, "01" + r("00") + "00000001 0001 00000000"), "value", 47),
        # C-62
        (body(6, "01" + r("00") + "0000"), "value", 39),
        # C-63
        (body(7, r("00") + "0001" + r("00", 8) + r("00") + "00"), "limit", 79),
        (body(7, r("00") + "0001" + r("00", 8) + r("00") + "09"), "limit", 79),
        (body(7, r("00") + "0001" + r("00", 8) + r("00") + "02" + r("00", 8)), "order", 87),
        # C-64
        (body(8, r("00") + "20"), "value", 37),
        (body(8, r("00") + "00 00" + r("00") + "11"), "limit", 71),
        (body(8, r("00") + "00 00" + r("00") + "02" + r("22") + r("11")), "order", 135),
        # C-65
        (body(9, r("00", 16)), "value", 20),
        # C-66
        (body(10, "03"), "tag", 5),
        (body(10, "01" + r("00", 48)), "value", 53),
        # C-67
        (body(11, r("00", 48)), "value", 52),
        (body(11, r("00", 47) + "01 06"), "tag", 53),
        # C-68
        (body(12, "05"), "tag", 5),
        (body(12, "01" + r("00", 76)), "value", 81),
        (body(12, "01" + r("00", 75) + "01" + r("00", 12) + "04"), "tag", 94),
        (body(12, "01" + r("00", 75) + "01" + r("00", 12) + "01" + r("00") + "20"), "value", 127),
    ],
)  # fmt: skip
def test_refused(data: bytes, reason: str, offset: int) -> None:
    assert refused(data) == (reason, offset)


@pytest.mark.parametrize(
    "changes",
    [
        {"backing": 2, "flags": ClassFlags.NONE},
        {"backing": 0, "flags": ClassFlags.LOTS},
        {"claim": 1, "backing": 1, "flags": ClassFlags.LOTS},
        {"holders_max": 1, "backing": 1, "flags": ClassFlags.LOTS},
        {"issuer": 1},
    ],
)
def test_classes_that_do_not_fit(changes: dict[str, int]) -> None:
    """C-55."""
    made = replace(DefineClass(1, 1), **changes)  # type: ignore[arg-type]
    assert refused(encode_operation(made)) == ("value", 4 + 76)


def test_largest_template_fits() -> None:
    """C-54."""
    assert len(FULL.body()) == 1 + 1145 <= wire.OPERATION_BYTES_MAX
    closed = State(StateKind.CLOSED)
    least = DefineTemplate(1, 1, parties=(Roles.NONE,), states=(closed,))
    assert len(least.body()) == 1 + 53


def test_possession_payload() -> None:
    """C-51."""
    payload = possession_payload(A, 1, 2, B)
    assert payload == b"\x02" + A + bytes([0, 0, 0, 1, 0, 0, 0, 2]) + B and len(payload) == 73


# --- Genesis (C-10 .. C-17) ----------------------------------------------------------------------


def test_genesis() -> None:
    """C-10."""
    assert parse_genesis(GENESIS_BYTES) == GENESIS
    for length in range(0, len(GENESIS_BYTES), 7):
        with pytest.raises(InvalidEncoding, match="truncated"):
            parse_genesis(GENESIS_BYTES[:length])
    for bit in range(0, 8 * len(GENESIS_BYTES), 11):
        changed = flip(GENESIS_BYTES, bit)
        with suppress(InvalidEncoding):
            assert parse_genesis(changed).encode() == changed


def one_member(**changes: object) -> codec.Genesis:
    member = codec.Member(7, "a", (codec.GenesisKey(1, A), codec.GenesisKey(2, B, False)))
    return codec.Genesis(
        "test",
        0,
        (C,),
        (replace(member, **changes),),
        Council(1, (7,)),  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("genesis", "reason"),
    [
        (one_member(keys=(codec.GenesisKey(1, A, False),)), "value"),
        (one_member(keys=(codec.GenesisKey(1, A), codec.GenesisKey(2, A))), "order"),
        (one_member(roles=(codec.Role(1, Roles.NONE),)), "value"),
        (one_member(roles=(codec.Role(1, Roles(0x1000)),)), "value"),
        (replace(one_member(), council=Council(0, (7,))), "value"),
        (replace(one_member(), council=Council(1, ())), "value"),
        (replace(one_member(), council=Council(2, (7,))), "value"),
        (replace(one_member(), council=Council(1, (8,))), "value"),
        (replace(one_member(), council=Council(1, (7, 7))), "order"),
        (replace(one_member(), council=Council(1, tuple(range(17)))), "limit"),
    ],
)
def test_genesis_refused(genesis: codec.Genesis, reason: str) -> None:
    """C-13, C-14, C-15, C-17."""
    with pytest.raises(InvalidEncoding) as caught:
        parse_genesis(genesis.encode())
    assert caught.value.reason == reason


def test_genesis_of_the_first_version_is_refused() -> None:
    """C-10, C-17."""
    data = one_member().encode()
    with pytest.raises(InvalidEncoding, match="version at byte 2"):
        parse_genesis(data[:1] + b"\1" + data[2:])
    assert parse_genesis(replace(one_member(), council=Council(0, ())).encode())
