# SPDX-License-Identifier: Apache-2.0
"""The bytes of proof files (P-1, P-17 to P-19): every bit, every cut, and what is no JSON or CBOR.

Also the tools that the one-file verifier has of its own.
"""

from __future__ import annotations

import functools
import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from proof_world import CLINIC, COMMITMENT, FIELD, SALT, Chain, record_id

from chopmark.ledger import Create
from chopmark.ledger.entries import MemberEntry, Record
from chopmark.node.cbor import encode_cbor
from chopmark.node.proof import (
    Opening,
    Proof,
    draft_absence,
    draft_entry,
    draft_key,
    draft_record,
    draft_role,
    draft_transaction,
)
from chopmark.reference import blake3, proof_file
from chopmark.reference import state as tree
from chopmark.reference.proof_file import Refused

RECORD = record_id("finding")


@pytest.fixture(scope="module")
def chain() -> Chain:
    return Chain("forms", 1)


@pytest.fixture(scope="module")
def proofs(chain: Chain) -> dict[str, Proof]:
    """Of each kind, from a chain of one validator: as small as they get."""
    wanted = chain.run(Create(RECORD, 0, COMMITMENT))
    ledger = chain.node.ledger
    drafts = [
        draft_transaction(ledger, chain.blocks, wanted, Opening(0, SALT)),
        draft_record(ledger, RECORD, SALT),
        draft_key(ledger, CLINIC, 1),
        draft_role(ledger, CLINIC, FIELD),
        draft_entry(ledger, MemberEntry, CLINIC),
        draft_absence(ledger, Record, bytes(32)),
    ]
    return {draft.kind: chain.prove(draft) for draft in drafts}


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """BLAKE3 in plain Python once for each input: most changes leave most of them as they are."""
    monkeypatch.setattr(proof_file, "blake3", functools.cache(proof_file.blake3))


def about_of(proof: Proof) -> bytes | None:
    """A changed id may be absent as well; that is true, and about something else."""
    entries: Any = proof.fields["entries"]
    return entries[0]["id"] if proof.fields["kind"] in ("entry", "absence") else None


def accepted(chain: Chain, data: bytes, about: bytes | None = None) -> bool:
    """Anything but Refused is a failure of the test."""
    try:
        proof_file.verify(data, chain.chain_id, about=about)
    except Refused:
        return False
    return True


def signatures_in(data: bytes, proof: Proof) -> set[int]:
    """The places of signatures: each costs milliseconds, so that not every bit of them is tried."""
    fields: Any = proof.fields
    found = [fields["state"]["certificate"][-64:]]
    if fields["kind"] == "transaction":
        found += [fields["transaction"][-64:], fields["block"]["certificate"][-64:]]
    places: set[int] = set()
    for signature in found:
        start = -1
        while (start := data.find(signature, start + 1)) >= 0:
            places |= set(range(start, start + 64))
    return places


@pytest.mark.parametrize("kind", proof_file.FIELDS)
@pytest.mark.usefixtures("remembered")
def test_every_bit_counts(chain: Chain, proofs: dict[str, Proof], kind: str) -> None:
    """All bits of a file in CBOR; of signatures one of each byte. An opening without a document is
    not looked at, so the salt is left out.
    """
    plain = {name: value for name, value in proofs[kind].fields.items() if name != "opening"}
    data = Proof(plain).cbor()
    assert accepted(chain, data)
    about, dear = about_of(proofs[kind]), signatures_in(data, proofs[kind])
    for at in range(len(data)):
        for bit in (at % 8,) if at in dear else range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            assert not accepted(chain, bytes(changed), about), (at, bit)


def test_every_bit_of_a_signature_counts(chain: Chain, proofs: dict[str, Proof]) -> None:
    proof = proofs["absence"]
    data = proof.cbor()
    for at in signatures_in(data, proof):
        for bit in range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            assert not accepted(chain, bytes(changed)), (at, bit)


@pytest.mark.usefixtures("remembered")
def test_every_bit_of_json_counts(chain: Chain, proofs: dict[str, Proof]) -> None:
    """One bit never turns white space into other white space, nor a digit into its capital."""
    data = proofs["absence"].json().encode()
    assert accepted(chain, data)
    about = about_of(proofs["absence"])
    signature = data.find(proofs["absence"].fields["state"]["certificate"][-64:].hex().encode())
    for at in range(len(data)):
        for bit in (at % 8,) if signature <= at < signature + 128 else range(8):
            changed = bytearray(data)
            changed[at] ^= 1 << bit
            assert not accepted(chain, bytes(changed), about), (at, bit)


@pytest.mark.parametrize("kind", proof_file.FIELDS)
def test_every_cut(chain: Chain, proofs: dict[str, Proof], kind: str) -> None:
    binary, text = proofs[kind].cbor(), proofs[kind].json().rstrip().encode()
    for data in (binary, text):
        assert accepted(chain, data)
        for size in range(len(data)):
            assert not accepted(chain, data[:size])
        assert not accepted(chain, data + b"\0")
        assert not accepted(chain, data + data)


def test_both_forms_have_the_same_fields(proofs: dict[str, Proof]) -> None:
    for proof in proofs.values():
        assert proof_file.read_fields(proof.cbor()) == proof_file.read_fields(proof.json().encode())
        assert len(proof.cbor()) < len(proof.json())
        compact = json.dumps(json.loads(proof.json()), separators=(",", ":")).encode()
        assert proof_file.read_fields(compact) == proof_file.read_fields(proof.cbor())


def test_too_large(chain: Chain, proofs: dict[str, Proof]) -> None:
    text = proofs["absence"].json().encode()
    most = proof_file.PROOF_BYTES_MAX
    assert accepted(chain, text.ljust(most))
    with pytest.raises(Refused, match="at most 1048576 bytes"):
        proof_file.verify(text.ljust(most + 1), chain.chain_id)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"text"',
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"format":' + b"[" * 1000 + b"]" * 1000 + b"}",
        b'{"version":' + b"9" * 500_000 + b"}",
        b'{"version":1e400}',
        b'{"version":NaN}',
        b'{"version":-0}',
        b'{"version":2.0}',
        b'{"format":"\\ud800"}',
        b'{"format":' + json.dumps(["00"] * 65).encode() + b"}",
    ],
    ids=lambda data: repr(data[:16]),
)
def test_no_json(chain: Chain, data: bytes) -> None:
    """P-17, P-19: also nested, wide and with numbers so long that they would take minutes."""
    assert not accepted(chain, data)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"version": 2,', '"version": 2, "version": 2,'),
        ('"version": 2,', '"version": true,'),
        ('"version": 2,', '"version": 2.0,'),
        ('"version": 2,', '"version": "02",'),
        ('"version": 2,', '"version": 02,'),
        ('"certificate"', '"certificate": "00", "certificate"'),
        ('"proof": "02', '"proof": "0 2'),
        ('"proof": "02', '"proof": "0x02'),
        ('"proof": "02', '"proof": "\\u00302'),
        ('"proof": "02', '"proof": "2'),
        ('"kind": "absence"', '"kind": "61"'),
    ],
)
def test_json_that_is_another(
    chain: Chain, proofs: dict[str, Proof], before: str, after: str
) -> None:
    text = proofs["absence"].json()
    assert before in text
    made = text.replace(before, after, 1)
    if "\\u0030" in after:  # another way to write the same text is the same content
        assert accepted(chain, made.encode())
    else:
        assert not accepted(chain, made.encode())


def test_json_in_capitals(chain: Chain, proofs: dict[str, Proof]) -> None:
    text = proofs["absence"].json()
    genesis: Any = proofs["absence"].fields["genesis"]
    assert not accepted(chain, text.replace(genesis.hex(), genesis.hex().upper()).encode())


# --- CBOR ----------------------------------------------------------------------------------------

Items = st.recursive(
    st.integers(0, 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=30),
    lambda below: (
        st.lists(below, max_size=30) | st.dictionaries(st.text(max_size=10), below, max_size=30)
    ),
    max_leaves=40,
)


def depth_of(item: Any) -> int:
    below = list(item.values()) if isinstance(item, dict) else item
    return 1 + max(map(depth_of, below), default=0) if isinstance(below, list) else 0


@settings(deadline=None)
@given(Items)
def test_cbor_round_trip(item: Any) -> None:
    encoded = encode_cbor(item)
    if depth_of(item) <= proof_file.DEPTH_MAX:
        assert proof_file.read_cbor(encoded) == item
    else:
        with pytest.raises(Refused, match="nested too deep"):
            proof_file.read_cbor(encoded)


@settings(deadline=None, max_examples=300)
@given(Items, st.data())
def test_cbor_has_one_encoding(item: Any, data: Any) -> None:
    """C-2 in CBOR: what is read is what the writer would have written."""
    encoded = bytearray(encode_cbor(item))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(encoded) - 1))
        encoded[at] = data.draw(st.integers(0, 255))
    try:
        read = proof_file.read_cbor(bytes(encoded))
    except Refused:
        return
    assert encode_cbor(read) == bytes(encoded)


@given(st.binary(max_size=60))
def test_cbor_of_noise(data: bytes) -> None:
    try:
        read = proof_file.read_cbor(data)
    except Refused:
        return
    assert encode_cbor(read) == data


@pytest.mark.parametrize(
    "hexadecimal",
    [
        "",
        "1800",  # 0, one byte too long
        "1817",
        "1900ff",
        "1a0000ffff",
        "1b00000000ffffffff",
        "1c",
        "1f",
        "20",  # -1
        "5f4100ff",  # indefinite byte string
        "7f6161ff",
        "9fff",
        "bfff",
        "c000",  # a tag
        "d9d9f700",
        "f4",  # false
        "f6",
        "f7",
        "f93c00",  # 1.0
        "fb3ff0000000000000",
        "5bffffffffffffffff",  # longer than the file
        "5a7fffffff00",
        "9affffffff",
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "9841" + "00" * 65,  # 65 items
        "8181818181" + "00",  # 5 deep
        "a20000",  # keys that are no texts
        "a1410000",
        "a180" + "00",
        "a2616100616100",  # a key twice
        "a2616200616100",  # keys out of order
        "a262616100616200",  # a longer one first
        "61ff",  # no UTF-8
        "0000",  # one behind the end
    ],
)
def test_no_cbor(hexadecimal: str) -> None:
    """P-18, P-19."""
    with pytest.raises(Refused):
        proof_file.read_cbor(bytes.fromhex(hexadecimal))


@pytest.mark.parametrize(
    ("item", "error"),
    [(True, TypeError), (1.0, TypeError), (None, TypeError), (-1, ValueError), (2**64, ValueError),
     ([False], TypeError), ({1: 1}, None)],
)  # fmt: skip
def test_cbor_writer_refuses(item: Any, error: type[Exception] | None) -> None:
    if error is None:
        with pytest.raises(Refused):
            proof_file.read_cbor(encode_cbor(item))
    else:
        with pytest.raises(error):
            encode_cbor(item)


def test_texts_in_place_of_bytes_in_cbor(chain: Chain, proofs: dict[str, Proof]) -> None:
    """P-17: hexadecimal is for JSON alone."""
    fields = dict(proofs["absence"].fields)
    fields["genesis"] = fields["genesis"].hex()
    assert not accepted(chain, encode_cbor(fields))


# --- The verifier's own tools --------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 63, 64, 65, 1023, 1024, 1025, 2048, 2049, 3073, 7000])
def test_blake3(size: int) -> None:
    data = bytes(i % 251 for i in range(size))
    assert proof_file.blake3(data) == blake3.blake3(data)
    assert proof_file.blake3(data, bytes(range(32))) == blake3.blake3_keyed(bytes(range(32)), data)


def test_state_proofs_of_small_trees() -> None:
    """ST-20 to ST-24, for trees of no to forty entries."""
    for count in (0, 1, 2, 3, 40):
        entries = {b"\x0c%d" % i: os.urandom(40) for i in range(count)}
        hashed = {blake3.blake3(key): blake3.blake3(entry) for key, entry in entries.items()}
        root = tree.root(hashed)
        for preimage in [*entries, b"\x0cnone"]:
            proof = tree.prove(hashed, blake3.blake3(preimage))
            entry = entries.get(preimage, b"")
            proof_file.check_entry(preimage, entry, proof, root)
            for wrong in (b"another", b"" if entry else b"one"):
                with pytest.raises(Refused):
                    proof_file.check_entry(preimage, wrong, proof, root)
            with pytest.raises(Refused):
                proof_file.check_entry(preimage, entry, proof, bytes(31) + b"\1")
