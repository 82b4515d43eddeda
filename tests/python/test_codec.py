# SPDX-License-Identifier: Apache-2.0
"""docs/spec/codec.md: golden bytes, and that native code and reference accept the same bytes."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_world import CHAIN_ID, GENESIS_BYTES, create, flip, little_memory, transaction

from chopmark import EncodingError, _core, consensus, ledger
from chopmark.reference import codec, messages
from chopmark.reference.codec import (
    Amend,
    Attest,
    Claim,
    Create,
    InvalidEncoding,
    Roles,
    Withdraw,
)
from chopmark.reference.operations import TargetKind, possession_payload

VALIDATORS = 9  # two bytes of bitmap, a quorum of 7


class Fields:
    """Bytes written down field by field, so that tests can find and change one."""

    def __init__(self, *fields: tuple[str, str]) -> None:
        self.places: dict[str, tuple[int, int]] = {}
        self.data = b""
        for name, text in fields:
            field = bytes.fromhex(text)
            self.places[name] = (len(self.data), len(self.data) + len(field))
            self.data += field

    def replaced(self, name: str, field: bytes) -> bytes:
        start, end = self.places[name]
        return self.data[:start] + field + self.data[end:]


def r(byte: str, count: int = 32) -> str:
    return byte * count


GENESIS = Fields(
    ("tag", "40"), ("version", "02"), ("suite", "01"),
    ("name_length", "06"), ("name", "74 65 73 74 2d 31"),
    ("time_ms", "0000018bcfe56800"),
    ("validator_count", "02"), ("validator_0", r("11")), ("validator_1", r("22")),
    ("member_count", "00000002"),
    ("member_0", "00000007"), ("member_name_length", "02"), ("member_name", "612e"),
    ("key_count", "02"),
    ("key_0", "00000001"), ("flags_0", "01"), ("public_0", r("33")),
    ("key_1", "00000002"), ("flags_1", "00"), ("public_1", r("44")),
    ("role_count", "02"), ("field_0", "0001"), ("bits_0", "0001"), ("field_1", "0200"),
    ("bits_1", "0803"),
    ("member_1", "ffffffff"), ("member_1_name", "0139"),
    ("member_1_keys", "01 00000000 01" + r("55")), ("member_1_roles", "00"),
    ("threshold", "02"), ("council_count", "02"), ("council_0", "00000007"),
    ("council_1", "ffffffff"),
)  # fmt: skip
GENESIS_OBJECT = codec.Genesis(
    "test-1",
    1_700_000_000_000,
    (b"\x11" * 32, b"\x22" * 32),
    (
        codec.Member(
            7,
            "a.",
            (codec.GenesisKey(1, b"\x33" * 32), codec.GenesisKey(2, b"\x44" * 32, False)),
            (
                codec.Role(1, Roles.RECORD),
                codec.Role(512, Roles.RECORD | Roles.ATTEST | Roles.EMERGENCY),
            ),
        ),
        codec.Member(2**32 - 1, "9", (codec.GenesisKey(0, b"\x55" * 32),)),
    ),
    codec.Council(2, (7, 2**32 - 1)),
)

TRANSACTION = Fields(
    ("tag", "30"), ("version", "01"), ("suite", "01"),
    ("chain_id", r("aa")), ("field", "0203"), ("valid_until", "0000000000000164"),
    ("salt", "000102030405060708090a0b0c0d0e0f"),
    ("signer_count", "02"), ("signer_0", "00000007 00000001"), ("signer_1", "00000014 00000005"),
    ("op_count", "04"),
    ("create_code", "03"), ("create_actor", "00"), ("create_length", "0090"),
    ("create_action", "01"), ("create_record", r("b1")), ("create_version", "00000000"),
    ("create_schema", "0005"), ("create_commitment", r("c1")),
    ("create_retention", "0000018bcfe56800"), ("ref_count", "02"), ("ref_0", r("d1")),
    ("ref_1", r("d2")),
    ("amend_code", "03"), ("amend_actor", "01"), ("amend_length", "0050"),
    ("amend_action", "02"), ("amend_record", r("b2")), ("amend_version", "00000100"),
    ("amend_schema", "ffff"), ("amend_commitment", r("c2")),
    ("amend_retention", "0000000000000000"), ("amend_ref_count", "00"),
    ("withdraw_code", "03"), ("withdraw_actor", "00"), ("withdraw_length", "0025"),
    ("withdraw_action", "03"), ("withdraw_record", r("b3")), ("withdraw_version", "00000002"),
    ("attest_code", "04"), ("attest_actor", "01"), ("attest_length", "0046"),
    ("attest_kind", "02"), ("attest_target", r("e1")), ("attest_version", "00000001"),
    ("claim", "0a"), ("detail", r("00")),
    ("signature_0", r("5a", 64)), ("signature_1", r("a5", 64)),
)  # fmt: skip
TRANSACTION_OBJECT = codec.Transaction(
    b"\xaa" * 32,
    0x203,
    0x164,
    bytes(range(16)),
    ((7, 1), (20, 5)),
    (
        Create(
            b"\xb1" * 32,
            5,
            b"\xc1" * 32,
            (b"\xd1" * 32, b"\xd2" * 32),
            retention=1_700_000_000_000,
        ),
        Amend(b"\xb2" * 32, 256, 0xFFFF, b"\xc2" * 32, actor=1),
        Withdraw(b"\xb3" * 32, 2),
        Attest(b"\xe1" * 32, 1, Claim.CONSENT, kind=TargetKind.CASE, actor=1),
    ),
    (b"\x5a" * 64, b"\xa5" * 64),
)

PAYLOAD = Fields(
    ("count", "00000003"),
    ("length_0", "00000002"), ("item_0", "3001"),
    ("length_1", "00000000"),
    ("length_2", "00000001"), ("item_2", "ff"),
)  # fmt: skip
PAYLOAD_OBJECT = [b"\x30\x01", b"", b"\xff"]

EMPTY_ROOT = hashlib.sha256(bytes(4)).hexdigest()
ANCHOR = "00 0000"
ANCHOR_ROOT = hashlib.sha256(bytes(3)).hexdigest()
HEADER_FIELDS = (
    ("tag", "20"), ("version", "01"), ("chain_id", r("aa")),
    ("epoch", "0000000000000001"), ("view", "0000000000000203"), ("height", "0000000000000102"),
    ("parent_view", "0000000000000202"), ("parent_digest", r("bb")), ("leader", "0102"),
    ("payload_root", EMPTY_ROOT), ("payload_len", "00000004"),
    ("data_shards", "0000"), ("total_shards", "0000"),
    ("state_root", r("cc")), ("log_size", "0000000000000305"), ("log_root", r("dd")),
    ("next_set_hash", r("ee")), ("justify_root", ANCHOR_ROOT), ("time_ms", "0000018bcfe56801"),
)  # fmt: skip
HEADER = Fields(*HEADER_FIELDS)
HEADER_OBJECT = codec.Header(
    chain_id=b"\xaa" * 32,
    epoch=1,
    view=0x203,
    height=0x102,
    parent_view=0x202,
    parent_digest=b"\xbb" * 32,
    leader=0x102,
    payload_root=hashlib.sha256(bytes(4)).digest(),
    payload_len=4,
    state_root=b"\xcc" * 32,
    log_size=0x305,
    log_root=b"\xdd" * 32,
    next_set_hash=b"\xee" * 32,
    justify_root=hashlib.sha256(bytes(3)).digest(),
    time_ms=1_700_000_000_001,
)

CLOSING_FIELDS = (
    ("tag", "21"), ("version", "01"), ("chain_id", r("aa")),
    ("epoch", "0000000000000001"), ("view", "0000000000000204"), ("height", "0000000000000102"),
    ("parent_view", "0000000000000203"), ("parent_digest", r("bb")), ("leader", "0102"),
    ("last", r("cc")), ("justify_root", ANCHOR_ROOT), ("time_ms", "0000018bcfe56802"),
)  # fmt: skip
CLOSING_OBJECT = codec.ClosingHeader(
    chain_id=b"\xaa" * 32,
    epoch=1,
    view=0x204,
    height=0x102,
    parent_view=0x203,
    parent_digest=b"\xbb" * 32,
    leader=0x102,
    last=b"\xcc" * 32,
    justify_root=hashlib.sha256(bytes(3)).digest(),
    time_ms=1_700_000_000_002,
)


def body(tag: str, fields: tuple[tuple[str, str], ...], signature: str, payload: str) -> Fields:
    """A proposal or block message around a header."""
    return Fields(
        ("tag", tag),
        *[("header_" + name, text) for name, text in fields],
        *([("leader_signature", signature)] if signature else []),
        ("justification_length", "00000003"), ("justification", ANCHOR),
        ("payload_length", f"{len(payload) // 2:08x}"), ("payload", payload),
    )  # fmt: skip


PROPOSAL = body("50", HEADER_FIELDS, r("5a", 64), r("00", 4))
BLOCK = body("54", HEADER_FIELDS, "", r("00", 4))
CLOSING_PROPOSAL = body("50", CLOSING_FIELDS, r("5a", 64), "")
CLOSING_BLOCK = body("54", CLOSING_FIELDS, "", "")
VOTE = Fields(
    ("tag", "51"), ("kind", "12"), ("validator", "0008"), ("epoch", "0000000000000001"),
    ("view", "0000000000000203"), ("digest", r("bb")), ("signature", r("5a", 64)),
)  # fmt: skip
NULLIFY = Fields(
    ("tag", "51"), ("kind", "11"), ("validator", "0000"), ("epoch", "0000000000000001"),
    ("view", "0000000000000203"), ("signature", r("5a", 64)),
)  # fmt: skip
CERTIFICATE = Fields(
    ("tag", "52"), ("kind", "10"), ("epoch", "0000000000000001"), ("view", "0000000000000203"),
    ("digest", r("bb")), ("bitmap_length", "02"), ("bitmap", "bd 01"),
    *[(f"signature_{i}", r(f"0{i}", 64)) for i in (0, 2, 3, 4, 5, 7, 8)],
)  # fmt: skip
NULLIFICATION = Fields(
    ("tag", "52"), ("kind", "11"), ("epoch", "0000000000000001"), ("view", "0000000000000203"),
    ("bitmap_length", "02"), ("bitmap", "7f 00"),
    *[(f"signature_{i}", r(f"0{i}", 64)) for i in range(7)],
)  # fmt: skip
ASK = Fields(
    ("tag", "53"), ("epoch", "0000000000000001"), ("view", "0000000000000203"), ("what", "01")
)
ASK_BLOCK = Fields(
    ("tag", "53"), ("epoch", "0000000000000001"), ("view", "0000000000000203"), ("what", "02"),
    ("digest", r("bb")),
)  # fmt: skip
ASK_FINAL = Fields(
    ("tag", "53"), ("epoch", "0000000000000001"), ("height", "0000000000000203"), ("what", "03")
)
AMNESIA_ASK = Fields(("tag", "55"), ("epoch", "0000000000000001"), ("nonce", r("ab")))
AMNESIA_REPLY = Fields(
    ("tag", "56"), ("epoch", "0000000000000001"), ("nonce", r("ab")), ("validator", "0008"),
    ("highest", "0000000000000001"), ("signature", r("5a", 64)), ("proof_kind", "00"),
)  # fmt: skip
AMNESIA_PROOF = Fields(
    ("tag", "56"), ("epoch", "0000000000000001"), ("nonce", r("ab")), ("validator", "0000"),
    ("highest", "0000000000000204"), ("signature", r("5a", 64)), ("proof_kind", "01"),
    ("proof_length", f"{len(NULLIFICATION.data) - 1:08x}"), ("proof", NULLIFICATION.data[1:].hex()),
)  # fmt: skip
EVIDENCE = Fields(
    ("tag", "57"), ("kind", "03"), ("culprit", "0008"), ("epoch", "0000000000000001"),
    ("first_length", f"{len(VOTE.data):08x}"), ("first", VOTE.data.hex()),
    ("second_length", f"{len(NULLIFY.data):08x}"), ("second", NULLIFY.data.hex()),
)  # fmt: skip

POSITION_FIELDS = (
    ("tag", "42"), ("version", "01"), ("epoch", "0000000000000002"),
    ("anchor_height", "0000000000000102"), ("anchor_digest", r("bb")),
    ("anchor_time_ms", "0000018bcfe56801"), ("anchor_records", "01"),
    ("count", "02"), ("key_0", r("11")), ("key_1", r("22")),
)  # fmt: skip
POSITION_OBJECT = messages.Position(
    2, 0x102, b"\xbb" * 32, 1_700_000_000_001, True, (b"\x11" * 32, b"\x22" * 32)
)
POSITION = Fields(*POSITION_FIELDS, ("final", "00"))
LAST_HEADER = HEADER.replaced("epoch", bytes.fromhex("0000000000000002"))
LAST_DIGEST = hashlib.sha256(LAST_HEADER).hexdigest()
POSITION_FINAL = Fields(
    *POSITION_FIELDS, ("final", "01"), ("header", LAST_HEADER.hex()),
    ("length", "000000b3"), ("kind", "12"), ("of_epoch", "0000000000000002"),
    ("of_view", "0000000000000203"), ("of_digest", LAST_DIGEST), ("bitmap_length", "01"),
    ("bitmap", "03"), ("signature_0", r("00", 64)), ("signature_1", r("01", 64)),
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of object: native check, strict parser, its encoder, a literal and its object."""

    check: Callable[[bytes], None]
    parse: Callable[[bytes], object]
    encode: Callable[[object], bytes]
    golden: Fields
    meaning: object


def encode_any(value: object) -> bytes:
    assert isinstance(value, codec.Genesis | codec.Transaction | codec.Header)
    return value.encode()


def encode_items(value: object) -> bytes:
    assert isinstance(value, list)
    return codec.encode_payload(value)


def encode_message(value: object) -> bytes:
    assert isinstance(value, messages.Message)
    prefix = b"\x52" if isinstance(value, messages.Certificate) else b""
    return prefix + value.encode(VALIDATORS)


def check_message(data: bytes) -> None:
    consensus.check_message(data, VALIDATORS)


def parse_message(data: bytes) -> object:
    return messages.parse_message(data, VALIDATORS)


def encode_position(value: object) -> bytes:
    assert isinstance(value, messages.Position)
    return value.encode()


def message_kind(golden: Fields, meaning: messages.Message) -> Kind:
    return Kind(check_message, parse_message, encode_message, golden, meaning)


SIGNATURES = {i: bytes([i]) * 64 for i in range(9)}
KINDS = {
    "genesis": Kind(ledger.check_genesis, codec.parse_genesis, encode_any, GENESIS, GENESIS_OBJECT),
    "transaction": Kind(
        ledger.check_transaction,
        codec.parse_transaction,
        encode_any,
        TRANSACTION,
        TRANSACTION_OBJECT,
    ),
    "payload": Kind(
        ledger.check_payload, codec.parse_payload, encode_items, PAYLOAD, PAYLOAD_OBJECT
    ),
    "header": Kind(ledger.check_header, codec.parse_header, encode_any, HEADER, HEADER_OBJECT),
    "proposal": message_kind(
        PROPOSAL, messages.Proposal(HEADER_OBJECT, b"\x5a" * 64, bytes(3), bytes(4))
    ),
    "block": message_kind(BLOCK, messages.Block(HEADER_OBJECT, bytes(3), bytes(4))),
    "closing_proposal": message_kind(
        CLOSING_PROPOSAL, messages.Proposal(CLOSING_OBJECT, b"\x5a" * 64, bytes(3), b"")
    ),
    "closing_block": message_kind(CLOSING_BLOCK, messages.Block(CLOSING_OBJECT, bytes(3), b"")),
    "vote": message_kind(
        VOTE, messages.Vote(messages.FINALIZE, 8, 1, 0x203, b"\xbb" * 32, b"\x5a" * 64)
    ),
    "nullify": message_kind(
        NULLIFY, messages.Vote(messages.NULLIFY, 0, 1, 0x203, bytes(32), b"\x5a" * 64)
    ),
    "certificate": message_kind(
        CERTIFICATE,
        messages.Certificate(
            messages.NOTARIZE,
            1,
            0x203,
            b"\xbb" * 32,
            {i: SIGNATURES[i] for i in (0, 2, 3, 4, 5, 7, 8)},
        ),
    ),
    "nullification": message_kind(
        NULLIFICATION,
        messages.Certificate(
            messages.NULLIFY, 1, 0x203, bytes(32), {i: SIGNATURES[i] for i in range(7)}
        ),
    ),
    "ask": message_kind(ASK, messages.Ask(1, 0x203)),
    "ask_block": message_kind(ASK_BLOCK, messages.Ask(1, 0x203, b"\xbb" * 32)),
    "ask_final": message_kind(ASK_FINAL, messages.Ask(1, 0x203, final=True)),
    "amnesia_ask": message_kind(AMNESIA_ASK, messages.AmnesiaAsk(1, b"\xab" * 32)),
    "amnesia_reply": message_kind(
        AMNESIA_REPLY, messages.AmnesiaReply(1, b"\xab" * 32, 8, 1, b"\x5a" * 64)
    ),
    "amnesia_proof": message_kind(
        AMNESIA_PROOF,
        messages.AmnesiaReply(
            1,
            b"\xab" * 32,
            0,
            0x204,
            b"\x5a" * 64,
            messages.Certificate(
                messages.NULLIFY, 1, 0x203, bytes(32), {i: SIGNATURES[i] for i in range(7)}
            ),
        ),
    ),
    "evidence": message_kind(EVIDENCE, messages.Evidence(3, 8, 1, VOTE.data, NULLIFY.data)),
    "position": Kind(
        _core.consensus.check_position,
        messages.parse_position,
        encode_position,
        POSITION,
        POSITION_OBJECT,
    ),
    "position_final": Kind(
        _core.consensus.check_position,
        messages.parse_position,
        encode_position,
        POSITION_FINAL,
        dataclasses.replace(
            POSITION_OBJECT,
            final=(
                dataclasses.replace(HEADER_OBJECT, epoch=2),
                messages.Certificate(
                    messages.FINALIZE,
                    2,
                    0x203,
                    bytes.fromhex(LAST_DIGEST),
                    {i: SIGNATURES[i] for i in range(2)},
                ),
            ),
        ),
    ),
}
EACH_KIND = pytest.mark.parametrize("name", KINDS)


def native(kind: Kind, data: bytes) -> tuple[str, int] | None:
    """Reason and offset of the refusal, or None."""
    try:
        kind.check(data)
    except EncodingError as error:
        return error.reason, error.offset
    return None


def reference(kind: Kind, data: bytes) -> tuple[str, int] | None:
    """The same of the reference, which also must write the bytes that it accepts."""
    try:
        parsed = kind.parse(data)
    except InvalidEncoding as error:
        return error.reason, error.offset
    assert kind.encode(parsed) == data
    return None


def agreed(kind: Kind, data: bytes) -> tuple[str, int] | None:
    ours = native(kind, data)
    assert ours == reference(kind, data), data.hex()
    return ours


def refusal(kind: Kind, data: bytes) -> str:
    found = agreed(kind, data)
    assert found is not None, data.hex()
    return found[0]


@EACH_KIND
def test_golden(name: str) -> None:
    """C-1."""
    kind = KINDS[name]
    assert kind.encode(kind.meaning) == kind.golden.data
    assert kind.parse(kind.golden.data) == kind.meaning
    assert agreed(kind, kind.golden.data) is None


def test_golden_sizes() -> None:
    """C-30, C-37, C-20."""
    assert len(HEADER.data) == codec.HEADER_BYTES == 284
    assert len(CLOSING_OBJECT.encode()) == codec.CLOSING_HEADER_BYTES == 172
    assert len(TRANSACTION.data) == 3 + 32 + 2 + 8 + 16 + 1 + 16 + 1 + 4 * 4 + 331 + 128


def test_golden_ids() -> None:
    """C-16, C-25."""
    body = TRANSACTION.data[:-128]
    identity = hashlib.sha256(body).digest()
    assert ledger.transaction_id(TRANSACTION.data) == TRANSACTION_OBJECT.id == identity
    assert codec.signing_payload(identity) == b"\x01" + identity
    assert GENESIS_OBJECT.chain_id == hashlib.sha256(GENESIS.data).digest()
    assert HEADER_OBJECT.digest == hashlib.sha256(HEADER.data).digest()
    assert ledger.Ledger(GENESIS.data).chain_id == GENESIS_OBJECT.chain_id


def test_golden_signing_payloads_of_votes() -> None:
    """C-40."""
    chain, block = b"\xaa" * 32, b"\xbb" * 32
    subject = bytes.fromhex("0000000000000001 0000000000000203")
    assert messages.vote_payload(chain, 0x10, 1, 0x203, block) == b"\x10" + chain + subject + block
    assert messages.vote_payload(chain, 0x11, 1, 0x203, block) == b"\x11" + chain + subject


def test_golden_signing_payload_of_amnesia_replies() -> None:
    """C-44."""
    chain, nonce, asker = b"\xaa" * 32, b"\xab" * 32, b"\x11" * 32
    numbers = bytes.fromhex("0000000000000001"), bytes.fromhex("0000000000000203")
    made = messages.amnesia_reply_payload(chain, 1, nonce, asker, 0x203)
    assert made == b"\x13" + chain + numbers[0] + nonce + asker + numbers[1]


def test_golden_sets() -> None:
    """C-46."""
    keys = (b"\x11" * 32, b"\x22" * 32)
    assert messages.encode_set(()) == b"\0"
    assert messages.encode_set(keys) == b"\2" + keys[0] + keys[1]
    whole = b"\x41\2" + keys[0] + keys[1]
    assert messages.set_hash(keys) == hashlib.sha256(whole).digest()


def test_closing_headers() -> None:
    """C-37: a header of its own kind, which no decoder of blocks takes."""
    data = CLOSING_OBJECT.encode()
    assert data == Fields(*CLOSING_FIELDS).data
    assert codec.parse_any_header(data) == CLOSING_OBJECT
    assert codec.parse_any_header(HEADER.data) == HEADER_OBJECT
    assert CLOSING_OBJECT.digest == hashlib.sha256(data).digest()
    assert refusal(KINDS["header"], data) == "tag"
    for spoiled in (*[data[:size] for size in range(172)], data + b"\0", HEADER.data[:172]):
        with pytest.raises(InvalidEncoding):
            codec.parse_any_header(spoiled)


def test_closing_blocks_have_no_payload() -> None:
    """C-37, C-43."""
    for name in ("closing_block", "closing_proposal"):
        kind = KINDS[name]
        longer = kind.golden.replaced("payload_length", bytes.fromhex("00000001")) + b"\0"
        assert agreed(kind, longer) == ("value", len(longer))


def test_blocks_carry_no_signature() -> None:
    """C-43."""
    assert len(PROPOSAL.data) == len(BLOCK.data) + 64
    at = 1 + codec.HEADER_BYTES
    assert PROPOSAL.data[1:at] + PROPOSAL.data[at + 64 :] == BLOCK.data[1:]
    assert refusal(KINDS["block"], b"\x54" + PROPOSAL.data[1:]) == "limit"
    assert refusal(KINDS["proposal"], b"\x50" + BLOCK.data[1:]) == "truncated"


def test_tags() -> None:
    """C-4: whatever is signed or sent starts with a byte of its own."""
    chain = bytes(32)
    starts = {
        0x01: codec.signing_payload(bytes(32)), 0x02: possession_payload(chain, 1, 1, bytes(32)),
        0x10: messages.vote_payload(chain, messages.NOTARIZE, 1, 1, bytes(32)),
        0x11: messages.vote_payload(chain, messages.NULLIFY, 1, 1, bytes(32)),
        0x12: messages.vote_payload(chain, messages.FINALIZE, 1, 1, bytes(32)),
        0x20: HEADER.data, 0x30: TRANSACTION.data, 0x40: GENESIS.data, 0x50: PROPOSAL.data,
        0x51: VOTE.data, 0x52: CERTIFICATE.data, 0x53: ASK.data, 0x54: BLOCK.data,
        0x13: messages.amnesia_reply_payload(chain, 1, bytes(32), bytes(32), 1),
        0x21: CLOSING_OBJECT.encode(), 0x42: POSITION.data,
        0x55: AMNESIA_ASK.data, 0x56: AMNESIA_REPLY.data, 0x57: EVIDENCE.data,
    }  # fmt: skip
    assert all(data[0] == tag for tag, data in starts.items())


def test_id_leaves_signatures_out() -> None:
    other = TRANSACTION.replaced("signature_1", bytes(64))
    assert ledger.transaction_id(other) == ledger.transaction_id(TRANSACTION.data)


SPOILS = [
    ("genesis", "tag", "30", "tag"),
    # C-10, C-11
    ("genesis", "name_length", "00", "limit"),
    ("genesis", "name_length", "41", "limit"),
    ("genesis", "name", "546573742d31", "value"),
    ("genesis", "name", "7465737400ff", "value"),
    ("genesis", "name", "74657374205f", "value"),
    # C-12
    ("genesis", "validator_count", "00", "limit"),
    ("genesis", "validator_count", "21", "limit"),
    ("genesis", "validator_1", r("11"), "order"),
    # C-13, C-14, C-15
    ("genesis", "member_count", "00010001", "limit"),
    ("genesis", "member_count", "00000001", "limit"),
    ("genesis", "member_count", "00000003", "order"),
    ("genesis", "member_1", "00000007", "order"),
    ("genesis", "member_1", "00000006", "order"),
    ("genesis", "key_count", "00", "limit"),
    ("genesis", "key_count", "11", "limit"),
    ("genesis", "key_1", "00000001", "order"),
    ("genesis", "role_count", "41", "limit"),
    ("genesis", "field_1", "0001", "order"),
    ("genesis", "flags_0", "00", "value"),
    ("genesis", "flags_0", "02", "value"),
    ("genesis", "public_1", r("33"), "order"),
    ("genesis", "bits_0", "0000", "value"),
    ("genesis", "bits_0", "1000", "value"),
    ("genesis", "bits_0", "8001", "value"),
    # C-17
    ("genesis", "threshold", "00", "value"),
    ("genesis", "threshold", "03", "value"),
    ("genesis", "council_count", "11", "limit"),
    ("genesis", "council_0", "00000008", "value"),
    ("genesis", "council_1", "00000007", "order"),
    # C-21, C-22
    ("transaction", "tag", "20", "tag"),
    ("transaction", "signer_count", "00", "limit"),
    ("transaction", "signer_count", "11", "limit"),
    ("transaction", "signer_1", "0000000700000002", "order"),
    ("transaction", "op_count", "00", "limit"),
    ("transaction", "op_count", "41", "limit"),
    ("transaction", "op_count", "03", "trailing"),
    # C-23, C-26
    ("transaction", "create_code", "00", "tag"),
    ("transaction", "create_code", "0d", "tag"),
    ("transaction", "create_code", "ff", "tag"),
    ("transaction", "create_actor", "02", "value"),
    ("transaction", "create_length", "0000", "limit"),
    ("transaction", "create_length", "0801", "limit"),
    ("transaction", "create_length", "008f", "truncated"),
    ("transaction", "create_length", "0091", "trailing"),
    # C-27, C-50
    ("transaction", "create_action", "00", "tag"),
    ("transaction", "create_action", "06", "tag"),
    ("transaction", "create_action", "04", "value"),
    ("transaction", "create_action", "05", "limit"),
    ("transaction", "create_action", "02", "value"),
    ("transaction", "create_version", "00000001", "value"),
    ("transaction", "ref_count", "11", "limit"),
    ("transaction", "ref_count", "01", "trailing"),
    ("transaction", "ref_count", "03", "truncated"),
    ("transaction", "ref_1", r("d1"), "order"),
    ("transaction", "ref_1", r("d0"), "order"),
    ("transaction", "amend_version", "00000000", "value"),
    ("transaction", "withdraw_version", "00000000", "value"),
    ("transaction", "withdraw_action", "02", "truncated"),
    # C-28
    ("transaction", "attest_kind", "00", "tag"),
    ("transaction", "attest_kind", "03", "tag"),
    ("transaction", "attest_version", "00000000", "value"),
    ("transaction", "claim", "00", "tag"),
    ("transaction", "claim", "0b", "tag"),
    # C-29
    ("payload", "count", "00000002", "trailing"),
    ("payload", "count", "00000004", "truncated"),
    ("payload", "count", "00004001", "limit"),
    ("payload", "length_0", "00008001", "limit"),
    ("payload", "length_2", "00000002", "truncated"),
    # C-30, C-31
    ("header", "tag", "40", "tag"),
    ("header", "data_shards", "0001", "value"),
    ("header", "total_shards", "0100", "value"),
    # C-42, C-43
    ("proposal", "tag", "58", "tag"),
    ("proposal", "tag", "00", "tag"),
    ("proposal", "header_version", "02", "version"),
    ("proposal", "header_justify_root", r("00"), "value"),
    ("proposal", "header_payload_root", r("00"), "value"),
    ("proposal", "header_payload_len", "00000005", "value"),
    ("proposal", "payload", "00000001", "value"),
    ("proposal", "justification", "010000", "value"),
    ("block", "header_tag", "22", "tag"),
    ("block", "header_tag", "21", "value"),  # read as a Closing header, whose root differs
    ("block", "payload", "00000001", "value"),
    ("vote", "kind", "0f", "tag"),
    ("vote", "kind", "13", "tag"),
    ("vote", "kind", "11", "trailing"),
    ("vote", "validator", "0009", "value"),
    ("vote", "validator", "ffff", "value"),
    ("nullify", "kind", "10", "truncated"),
    # C-41
    ("certificate", "kind", "13", "tag"),
    ("certificate", "bitmap_length", "01", "limit"),
    ("certificate", "bitmap_length", "03", "limit"),
    ("certificate", "bitmap", "bd03", "value"),
    ("certificate", "bitmap", "bd81", "value"),
    ("certificate", "bitmap", "bc01", "limit"),
    ("certificate", "bitmap", "ff01", "truncated"),
    ("certificate", "signature_8", "", "truncated"),
    ("ask", "what", "00", "tag"),
    ("ask", "what", "04", "tag"),
    ("ask", "what", "02", "truncated"),
    ("ask_block", "what", "01", "trailing"),
    ("ask_block", "what", "03", "trailing"),
    # C-37
    ("closing_block", "header_tag", "20", "truncated"),
    ("closing_block", "header_version", "02", "version"),
    ("closing_block", "header_justify_root", r("00"), "value"),
    ("closing_block", "justification", "000001", "value"),
    ("closing_block", "payload_length", "00000001", "truncated"),
    ("closing_proposal", "header_justify_root", r("00"), "value"),
    # C-44
    ("amnesia_reply", "validator", "0009", "value"),
    ("amnesia_reply", "proof_kind", "01", "truncated"),
    ("amnesia_reply", "proof_kind", "02", "tag"),
    ("amnesia_proof", "proof_kind", "00", "trailing"),
    ("amnesia_proof", "proof_length", "ffffffff", "limit"),
    ("amnesia_proof", "proof_length", "00000001", "truncated"),
    # C-45
    ("evidence", "kind", "00", "tag"),
    ("evidence", "kind", "01", "tag"),
    ("evidence", "kind", "06", "tag"),
    ("evidence", "kind", "09", "tag"),
    ("evidence", "first_length", "0050011d", "limit"),
    ("evidence", "second_length", "0050011d", "limit"),
    ("evidence", "second_length", "00000000", "trailing"),
    # C-46
    ("position", "count", "00", "limit"),
    ("position", "count", "21", "limit"),
    ("position", "count", "03", "truncated"),
    ("position", "key_1", r("11"), "order"),
    # C-47
    ("position", "tag", "41", "tag"),
    ("position", "epoch", r("00", 8), "value"),
    ("position", "anchor_records", "02", "tag"),
    ("position", "final", "01", "truncated"),
    ("position", "final", "02", "tag"),
    ("position_final", "final", "00", "trailing"),
    ("position_final", "epoch", "0000000000000001", "value"),
    ("position_final", "header", HEADER.data.hex(), "value"),
    ("position_final", "header", CLOSING_OBJECT.encode().hex() + r("00", 112), "tag"),
    ("position_final", "kind", "10", "value"),
    ("position_final", "of_epoch", "0000000000000001", "value"),
    ("position_final", "of_view", "0000000000000204", "value"),
    ("position_final", "of_digest", r("00"), "value"),
    ("position_final", "bitmap", "01", "limit"),
    ("position_final", "bitmap", "07", "value"),
]


@pytest.mark.parametrize(("name", "field", "text", "reason"), SPOILS)
def test_one_spoiled_field(name: str, field: str, text: str, reason: str) -> None:
    """C-2, C-3."""
    kind = KINDS[name]
    assert refusal(kind, kind.golden.replaced(field, bytes.fromhex(text))) == reason


@pytest.mark.parametrize("name", ["genesis", "transaction", "header", "position"])
def test_unknown_version(name: str) -> None:
    kind = KINDS[name]
    for field in {"version", "suite"} & set(kind.golden.places):
        for byte in {0, 1, 2, 3, 0x80, 0xFF} - {kind.golden.data[kind.golden.places[field][0]]}:
            spoiled = kind.golden.replaced(field, bytes([byte]))
            end = kind.golden.places[field][1]
            assert agreed(kind, spoiled) == ("version", end)


def test_two_signers_must_be_two_members() -> None:
    """C-22."""
    swapped = TRANSACTION.replaced("signer_0", bytes.fromhex("0000001400000005"))
    assert refusal(KINDS["transaction"], swapped) == "order"
    descending = TRANSACTION.replaced("signer_1", bytes.fromhex("0000000600000001"))
    assert agreed(KINDS["transaction"], descending) is None


@EACH_KIND
def test_every_truncation(name: str) -> None:
    """C-2."""
    kind = KINDS[name]
    for size in range(len(kind.golden.data)):
        found = agreed(kind, kind.golden.data[:size])
        assert found is not None
        assert found[0] == "truncated"
        assert found[1] <= size


@EACH_KIND
def test_appended_bytes(name: str) -> None:
    kind = KINDS[name]
    data = kind.golden.data
    for tail in (b"\0", b"\xff", data, bytes(4096)):
        assert agreed(kind, data + tail) == ("trailing", len(data))


@EACH_KIND
def test_every_bit_flip(name: str) -> None:
    kind = KINDS[name]
    data = kind.golden.data
    accepted = sum(agreed(kind, flip(data, bit)) is None for bit in range(8 * len(data)))
    assert 0 < accepted < 8 * len(data)


@EACH_KIND
def test_every_byte_gone_or_doubled(name: str) -> None:
    kind = KINDS[name]
    data = kind.golden.data
    for at in range(len(data)):
        assert agreed(kind, data[:at] + data[at + 1 :]) is not None
        assert agreed(kind, data[:at] + data[at : at + 1] + data[at:]) is not None


@EACH_KIND
def test_empty(name: str) -> None:
    assert agreed(KINDS[name], b"") == ("truncated", 0)


BOMBS = [
    ("genesis", "name_length"),
    ("genesis", "validator_count"),
    ("genesis", "member_count"),
    ("genesis", "member_name_length"),
    ("genesis", "key_count"),
    ("genesis", "role_count"),
    ("genesis", "council_count"),
    ("transaction", "signer_count"),
    ("transaction", "op_count"),
    ("transaction", "create_length"),
    ("transaction", "ref_count"),
    ("payload", "count"),
    ("payload", "length_0"),
    ("proposal", "justification_length"),
    ("proposal", "payload_length"),
    ("block", "justification_length"),
    ("block", "payload_length"),
    ("certificate", "bitmap_length"),
    ("closing_block", "justification_length"),
    ("closing_block", "payload_length"),
    ("amnesia_proof", "proof_length"),
    ("evidence", "first_length"),
    ("evidence", "second_length"),
    ("position", "count"),
    ("position_final", "length"),
]


@pytest.mark.parametrize(("name", "field"), BOMBS)
def test_length_bomb(name: str, field: str) -> None:
    """C-2."""
    kind = KINDS[name]
    start, end = kind.golden.places[field]
    spoiled = kind.golden.replaced(field, b"\xff" * (end - start))
    with little_memory():
        assert agreed(kind, spoiled) == ("limit", end)
        assert agreed(kind, spoiled[:end]) is not None


def test_largest_count_of_nothing() -> None:
    with little_memory():
        members = GENESIS.replaced("member_count", bytes.fromhex("00010000"))
        end = GENESIS.places["member_count"][1]
        assert agreed(KINDS["genesis"], members[:end]) == ("truncated", end)
        payload = bytes.fromhex("00004000")
        assert agreed(KINDS["payload"], payload) == ("truncated", 4)


def test_many_empty_items() -> None:
    kind = KINDS["payload"]
    most = codec.PAYLOAD_TRANSACTIONS_MAX
    assert most == 16384
    assert agreed(kind, codec.encode_payload([b""] * most)) is None
    assert agreed(kind, codec.encode_payload([b""] * (most + 1))) == ("limit", 4)


def test_payload_of_most_bytes() -> None:
    """C-29."""
    kind = KINDS["payload"]
    items = [bytes(32768)] * 127
    rest = 4_194_304 - len(codec.encode_payload(items)) - 4
    assert agreed(kind, codec.encode_payload([*items, bytes(rest)])) is None
    assert agreed(kind, codec.encode_payload([*items, bytes(rest + 1)])) == ("limit", 0)
    assert refusal(kind, codec.encode_payload([bytes(32769)])) == "limit"


def signed_by(signers: int, operations: tuple[codec.Operation, ...]) -> bytes:
    return dataclasses.replace(
        TRANSACTION_OBJECT,
        signers=tuple((i, 0) for i in range(signers)),
        operations=operations,
        signatures=(bytes(64),) * signers,
    ).encode()


def records(refs: list[int]) -> list[codec.Operation]:
    ids = [i.to_bytes(32, "big") for i in range(20)]
    return [Create(bytes(32), 0, bytes(32), tuple(ids[:n])) for n in refs]


def test_most_signers_operations_and_references() -> None:
    """C-21, C-22, C-50."""
    kind = KINDS["transaction"]
    one = Withdraw(bytes(32), 1)
    assert agreed(kind, signed_by(16, (one,) * 64)) is None
    assert refusal(kind, signed_by(17, (one,))) == "limit"
    assert refusal(kind, signed_by(1, (one,) * 65)) == "limit"
    assert agreed(kind, signed_by(1, tuple(records([16])))) is None
    assert refusal(kind, signed_by(1, tuple(records([17])))) == "limit"


def test_transaction_of_most_bytes() -> None:
    """C-20."""
    kind = KINDS["transaction"]
    one = Withdraw(bytes(32), 1)
    operations = (*records([16] * 54 + [5]), *[one] * 5)
    largest = signed_by(1, operations)
    assert len(largest) == 32768
    assert agreed(kind, largest) is None
    assert agreed(kind, signed_by(1, (*operations, one))) == ("limit", 0)
    assert agreed(kind, largest + b"\0") == ("limit", 0)


def test_genesis_of_most_entries() -> None:
    kind = KINDS["genesis"]
    keys = tuple(codec.GenesisKey(i, bytes([i]) * 32) for i in range(17))
    roles = tuple(codec.Role(i, Roles.RECORD) for i in range(65))
    validators = tuple(bytes([i]) * 32 for i in range(33))

    def genesis(name: int, key: int, role: int, validator: int) -> bytes:
        member = codec.Member(1, "m" * name, keys[:key], roles[:role])
        return codec.Genesis("n" * name, 0, validators[:validator], (member,)).encode()

    assert agreed(kind, genesis(64, 16, 64, 32)) is None
    assert agreed(kind, genesis(1, 1, 0, 1)) is None
    for spoiled in ((65, 1, 0, 1), (1, 17, 0, 1), (1, 1, 65, 1), (1, 1, 0, 33)):
        assert refusal(kind, genesis(*spoiled)) == "limit"
    nobody = dataclasses.replace(GENESIS_OBJECT, members=(), council=codec.Council(0, ()))
    assert agreed(kind, nobody.encode()) is None


def test_position_of_most_validators() -> None:
    """C-46, C-47."""
    kind = KINDS["position"]
    validators = tuple(bytes([i]) * 32 for i in range(33))
    for count in (1, 4, 32):
        made = dataclasses.replace(POSITION_OBJECT, validators=validators[:count])
        assert agreed(kind, made.encode()) is None
    for count in (0, 33):
        made = dataclasses.replace(POSITION_OBJECT, validators=validators[:count])
        assert refusal(kind, made.encode()) == "limit"


def test_justification_of_most_bytes() -> None:
    """C-43."""
    kind = KINDS["closing_block"]
    for size, found in ((messages.JUSTIFICATION_BYTES_MAX, None), (5 * 1024 * 1024 + 1, "limit")):
        why = bytes(size)
        header = dataclasses.replace(CLOSING_OBJECT, justify_root=hashlib.sha256(why).digest())
        outcome = agreed(kind, messages.Block(header, why, b"").encode())
        assert (outcome and outcome[0]) == found


def test_evidence_of_most_bytes() -> None:
    """C-45."""
    kind = KINDS["evidence"]
    most = messages.EVIDENCE_PART_BYTES_MAX
    for first, second in ((most, 0), (0, most), (most, most // 2)):
        made = messages.Evidence(7, 1, 1, bytes(first), bytes(second))
        assert agreed(kind, made.encode()) is None
    for first, second in ((most + 1, 0), (0, most + 1)):
        made = messages.Evidence(7, 1, 1, bytes(first), bytes(second))
        assert refusal(kind, made.encode()) == "limit"


def test_message_of_too_many_bytes() -> None:
    data = BLOCK.data + bytes(8 * 1024 * 1024)
    assert agreed(KINDS["block"], data) == ("limit", 0)
    assert agreed(KINDS["block"], data[: 8 * 1024 * 1024]) == ("trailing", len(BLOCK.data))


@pytest.mark.parametrize("validators", [1, 3, 4, 7, 8, 9, 31, 32])
def test_certificate_needs_a_quorum(validators: int) -> None:
    """C-41."""
    for count in range(validators + 1):
        signatures = {i: bytes(64) for i in range(count)}
        one = messages.Certificate(messages.FINALIZE, 1, 1, bytes(32), signatures)
        data = b"\x52" + one.encode(validators)
        if 3 * count > 2 * validators:
            consensus.check_message(data, validators)
            assert messages.parse_message(data, validators) == one
        else:
            with pytest.raises(EncodingError, match="limit"):
                consensus.check_message(data, validators)
            with pytest.raises(InvalidEncoding, match="limit"):
                messages.parse_message(data, validators)


def test_builders_check_what_they_build() -> None:
    good = transaction(create(1), by=())
    with pytest.raises(EncodingError):
        ledger.check_transaction(good)
    with pytest.raises(EncodingError):
        ledger.build_transaction(
            chain_id=CHAIN_ID, field=1, valid_until=1, operations=[], signers=[]
        )
    with pytest.raises(EncodingError, match="genesis"):
        ledger.Ledger(GENESIS_BYTES[:-1])


# --- Whatever a generator thinks of --------------------------------------------------------------

bytes32 = st.binary(min_size=32, max_size=32)
u16, u32, u64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-", min_size=1, max_size=64)
keys = st.dictionaries(u32, st.booleans(), min_size=1, max_size=16)
roles = st.dictionaries(u16, st.integers(1, 0xFFF), max_size=8).map(
    lambda found: tuple(codec.Role(i, Roles(found[i])) for i in sorted(found))
)
members = st.dictionaries(u32, st.tuples(names, keys, roles), max_size=4)


@st.composite
def genesis_objects(draw: st.DrawFn) -> codec.Genesis:
    found = draw(members)
    made = []
    for member in sorted(found):
        name, flags, licences = found[member]
        first = min(flags)
        made_keys = tuple(
            codec.GenesisKey(i, hashlib.sha256(b"%d %d" % (member, i)).digest(),
                             flags[i] or i == first)
            for i in sorted(flags)
        )  # fmt: skip
        made.append(codec.Member(member, name, made_keys, licences))
    council = tuple(sorted(draw(st.lists(st.sampled_from(sorted(found)), unique=True)))
                    if found else ())  # fmt: skip
    threshold = draw(st.integers(1, len(council))) if council else 0
    validators = draw(st.lists(bytes32, min_size=1, max_size=32, unique=True))
    return codec.Genesis(
        draw(names), draw(u64), tuple(validators), tuple(made), codec.Council(threshold, council)
    )


refs = st.lists(bytes32, max_size=16, unique=True).map(lambda found: tuple(sorted(found)))
versions = st.integers(1, 2**32 - 1)


def operations(signers: int) -> st.SearchStrategy[codec.Operation]:
    actor = st.integers(0, signers - 1)
    return st.one_of(
        st.builds(
            Create, bytes32, u16, bytes32, refs, retention=u64, nullifier=bytes32, actor=actor
        ),
        st.builds(Amend, bytes32, versions, u16, bytes32, refs, retention=u64, actor=actor),
        st.builds(Withdraw, bytes32, versions, actor=actor),
        st.builds(
            Attest,
            bytes32,
            versions,
            st.sampled_from(Claim),
            bytes32,
            kind=st.sampled_from(TargetKind),
            actor=actor,
        ),
    )


@st.composite
def transaction_objects(draw: st.DrawFn) -> codec.Transaction:
    signers = draw(st.lists(st.tuples(u32, u32), min_size=1, max_size=16, unique_by=lambda s: s[0]))
    return codec.Transaction(
        draw(bytes32),
        draw(u16),
        draw(u64),
        draw(st.binary(min_size=16, max_size=16)),
        tuple(signers),
        tuple(draw(st.lists(operations(len(signers)), min_size=1, max_size=6))),
        tuple(draw(st.binary(min_size=64, max_size=64)) for _ in signers),
    )


header_objects = st.builds(
    codec.Header, bytes32, u64, u64, u64, u64, bytes32, u16, bytes32, u32, bytes32, u64, bytes32,
    bytes32, bytes32, u64,
)  # fmt: skip
signatures64 = st.binary(min_size=64, max_size=64)
signer_sets = st.sets(st.integers(0, VALIDATORS - 1), min_size=7)


@st.composite
def certificates(draw: st.DrawFn) -> messages.Certificate:
    kind = draw(st.sampled_from([messages.NOTARIZE, messages.NULLIFY, messages.FINALIZE]))
    digest = bytes(32) if kind == messages.NULLIFY else draw(bytes32)
    signed = {i: draw(signatures64) for i in draw(signer_sets)}
    return messages.Certificate(kind, draw(u64), draw(u64), digest, signed)


@st.composite
def closing_blocks(draw: st.DrawFn) -> messages.Block:
    why = draw(st.binary(max_size=80))
    header = codec.ClosingHeader(
        draw(bytes32), draw(u64), draw(u64), draw(u64), draw(u64), draw(bytes32), draw(u16),
        draw(bytes32), hashlib.sha256(why).digest(), draw(u64),
    )  # fmt: skip
    return messages.Block(header, why, b"")


@st.composite
def positions(draw: st.DrawFn) -> messages.Position:
    validators = draw(st.lists(bytes32, min_size=VALIDATORS, max_size=VALIDATORS, unique=True))
    epoch = draw(st.integers(1, 2**64 - 1))
    final = None
    if draw(st.booleans()):
        header = dataclasses.replace(draw(header_objects), epoch=epoch)
        signed = {i: draw(signatures64) for i in draw(signer_sets)}
        certificate = messages.Certificate(
            messages.FINALIZE, epoch, header.view, header.digest, signed
        )
        final = header, certificate
    return messages.Position(
        epoch, draw(u64), draw(bytes32), draw(u64), draw(st.booleans()), tuple(validators), final
    )


payload_objects = st.lists(st.binary(max_size=80), max_size=20)
OBJECTS: dict[str, st.SearchStrategy[object]] = {
    "genesis": genesis_objects(),
    "transaction": transaction_objects(),
    "header": header_objects,
    "payload": payload_objects,
    "closing_block": closing_blocks(),
    "amnesia_ask": st.builds(messages.AmnesiaAsk, u64, bytes32),
    "amnesia_reply": st.builds(
        messages.AmnesiaReply, u64, bytes32, st.integers(0, VALIDATORS - 1), u64, signatures64,
        st.none() | certificates(),
    ),
    "evidence": st.builds(
        messages.Evidence, st.sampled_from(messages.EVIDENCE_KINDS), u16, u64,
        st.binary(max_size=80), st.binary(max_size=80),
    ),
    "position": positions(),
}  # fmt: skip


@pytest.mark.parametrize("name", OBJECTS)
def test_round_trip(name: str) -> None:
    kind = KINDS[name]

    @settings(max_examples=60, deadline=None)
    @given(OBJECTS[name])
    def check(value: object) -> None:
        data = kind.encode(value)
        assert kind.parse(data) == value
        assert native(kind, data) is None

    check()


@EACH_KIND
def test_random_damage(name: str) -> None:
    kind = KINDS[name]
    data = kind.golden.data

    @settings(max_examples=150, deadline=None)
    @given(
        st.integers(0, len(data)),
        st.integers(0, 8),
        st.one_of(st.binary(max_size=8), st.integers(0, len(data)).map(lambda at: data[at:])),
    )
    def check(at: int, gone: int, inserted: bytes) -> None:
        agreed(kind, data[:at] + inserted + data[at + gone :])

    check()


@pytest.mark.parametrize("name", KINDS)
def test_noise(name: str) -> None:
    kind = KINDS[name]

    @settings(max_examples=60, deadline=None)
    @given(st.binary(max_size=400))
    def check(data: bytes) -> None:
        agreed(kind, data)
        agreed(kind, kind.golden.data[: len(data) % 8] + data)

    check()
