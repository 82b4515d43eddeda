# SPDX-License-Identifier: Apache-2.0
"""Proof files as a node exports them, checked by the one-file verifier (docs/spec/proof.md)."""

from __future__ import annotations

import copy
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from proof_world import (
    CLINIC,
    COMMITMENT,
    COURT,
    DOCUMENT,
    FIELD,
    NOTARY,
    SALT,
    Chain,
    possession,
    record_id,
)

from chopmark.ledger import Create, Roles, Withdraw
from chopmark.ledger.entries import (
    BackingEntry,
    GrantEntry,
    Holding,
    Key,
    MemberEntry,
    Nullifier,
    Record,
    StateEntry,
)
from chopmark.ledger.operations import (
    AddKey,
    Amend,
    Erase,
    Expel,
    Freeze,
    Grant,
    Hold,
    Object,
    ObjectKind,
    RevokeGrant,
    RevokeKey,
    SetRoles,
    Unhold,
)
from chopmark.node import proof as writer
from chopmark.node.devnet import derived_key
from chopmark.node.keys import public_bytes
from chopmark.node.proof import (
    NotProvable,
    Opening,
    Proof,
    draft_absence,
    draft_entry,
    draft_key,
    draft_record,
    draft_role,
    draft_transaction,
    export,
)
from chopmark.reference import proof_file
from chopmark.reference.codec import KeyFlags
from chopmark.reference.proof_file import Proven, Refused

ROOT = Path(__file__).resolve().parents[2]
DUPLICATE_ID = 2
RECORD = record_id("finding")
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def chain() -> Chain:
    """Four validators; the record of a document, and a second attempt at its id."""
    chain = Chain("proofs", 4)
    for i in range(5):
        chain.run(Create(record_id(f"other {i}"), 0, bytes(32)))
    return chain


@pytest.fixture(scope="module")
def recorded(chain: Chain) -> Proof:
    """A transaction that recorded a document."""
    wanted = chain.run(Create(RECORD, 0, COMMITMENT))
    return chain.prove(draft_transaction(chain.node.ledger, chain.blocks, wanted, Opening(0, SALT)))


@pytest.fixture(scope="module")
def refused(chain: Chain, recorded: Proof) -> Proof:
    """A transaction that failed."""
    wanted = chain.run(Create(RECORD, 0, COMMITMENT), by=(COURT, 1))
    return chain.prove(draft_transaction(chain.node.ledger, chain.blocks, wanted, Opening(0, SALT)))


@pytest.fixture(scope="module")
def states(chain: Chain, recorded: Proof) -> dict[str, Proof]:
    """A state proof of each kind."""
    ledger = chain.node.ledger
    drafts = {
        "record": draft_record(ledger, RECORD, SALT),
        "key": draft_key(ledger, CLINIC, 1),
        "role": draft_role(ledger, CLINIC, FIELD),
        "entry": draft_entry(ledger, MemberEntry, NOTARY),
        "absence": draft_absence(ledger, Record, bytes(32)),
    }
    return {kind: chain.prove(draft) for kind, draft in drafts.items()}


@pytest.fixture(params=["transaction", "record", "key", "role", "entry", "absence"])
def each(request: pytest.FixtureRequest, recorded: Proof, states: dict[str, Proof]) -> Proof:
    return {"transaction": recorded, **states}[request.param]


def verify(chain: Chain, proof: Proof, document: bytes | None = None, **more: Any) -> Proven:
    """Both forms, which must say the same."""
    document_hash = None if document is None else hashlib.sha256(document).digest()
    said = []
    for data in (proof.cbor(), proof.json().encode()):
        try:
            said.append(proof_file.verify(data, chain.chain_id, document_hash, **more))
        except Refused as refusal:
            said.append(refusal)
    if isinstance(said[0], Refused) or isinstance(said[1], Refused):
        assert str(said[0]) == str(said[1])
        raise said[0]
    assert said[0] == said[1]
    return said[0]


def fields_of(proof: Proof) -> Any:
    return proof.fields


def changed(proof: Proof, change: Change) -> Proof:
    fields = copy.deepcopy(dict(proof.fields))
    fields["entries"] = list(fields["entries"])
    change(fields)
    return Proof(fields)


# --- What is proven ------------------------------------------------------------------------------


def test_transaction(chain: Chain, recorded: Proof) -> None:
    proven = verify(chain, recorded, DOCUMENT)
    found = chain.node.ledger.find(proven.about)
    assert found == (proven.log_index, proven.height, 0, 255) and proven.success
    assert (proven.record_id, proven.record_version) == (RECORD, 1)
    assert proven.submitter == "clinic-1" and len(proven.state.signers) >= 3
    assert proven.headline == f"PROVEN: this document is version 1 of record {RECORD.hex()}"
    assert verify(chain, recorded).headline == "PROVEN: the transaction was carried out"


def test_refused_transaction_is_no_success(chain: Chain, refused: Proof) -> None:
    """P-10, also with the document that was not recorded by it."""
    for document in (None, DOCUMENT):
        proven = verify(chain, refused, document)
        assert (proven.code, proven.success, proven.record_id) == (DUPLICATE_ID, False, None)
        assert proven.headline.startswith("REFUSED by the ledger: code 2 (DUPLICATE_ID)")


def test_result_cannot_be_altered(chain: Chain, refused: Proof) -> None:
    """P-7."""
    for result in ({"code": 0, "failing_op": 255}, {"code": 0, "failing_op": 0},
                   {"code": 3, "failing_op": 0}):  # fmt: skip
        with pytest.raises(Refused, match="not in the log"):
            verify(chain, changed(refused, lambda fields, to=result: fields.update(result=to)))


def test_another_document(chain: Chain, recorded: Proof, states: dict[str, Proof]) -> None:
    for proof in (recorded, states["record"]):
        with pytest.raises(Refused, match="not the one"):
            verify(chain, proof, DOCUMENT + b" ")
    for kind in ("key", "role", "entry", "absence"):
        with pytest.raises(Refused, match="of no document"):
            verify(chain, states[kind], DOCUMENT)


def test_states(chain: Chain, states: dict[str, Proof]) -> None:
    said = {kind: verify(chain, proof) for kind, proof in states.items()}
    assert all(proven.success for proven in said.values())
    at = {kind: f"at height {proven.height}" for kind, proven in said.items()}
    name = f"record {RECORD.hex()}"
    assert said["record"].headline == f"PROVEN: {name} has version 1 and is active {at['record']}"
    assert ("commitment", COMMITMENT.hex()) in said["record"].facts
    assert said["key"].headline == f"PROVEN: key 1 of clinic-1 (member 1) is valid {at['key']}"
    assert said["role"].headline.startswith("PROVEN: clinic-1 (member 1) has the roles record, ")
    assert said["role"].headline.endswith(f"emergency in field 1 {at['role']}")
    assert said["entry"].headline == (
        f"PROVEN: the state {at['entry']} holds this member entry of member 3"
    )
    assert said["absence"].headline == (
        f"PROVEN: the state {at['absence']} holds no record entry of record {'00' * 32}"
    )
    document = verify(chain, states["record"], DOCUMENT)
    assert document.headline == (
        f"PROVEN: this document is version 1 of {name}, active {at['record']}"
    )


@pytest.mark.parametrize(
    ("kind", "identity"),
    [
        (Record, (bytes(32),)),
        (Nullifier, (1, bytes(32))),
        (GrantEntry, (RECORD, NOTARY)),
        (BackingEntry, (1, bytes(32))),
        (Holding, (1, bytes(32), CLINIC)),
        (Key, (CLINIC, 2)),
        (MemberEntry, (9,)),
    ],
)
def test_absence(chain: Chain, kind: type[StateEntry], identity: tuple[int | bytes, ...]) -> None:
    proof = chain.prove(draft_absence(chain.node.ledger, kind, *identity))
    proven = verify(chain, proof, kind="absence", about=kind.preimage(*identity))
    assert proven.entries[0].values is None and " holds no " in proven.headline


def test_life_of_a_record(chain: Chain) -> None:
    """P-12: what a record was, at the heights at which it was so."""
    one, ledger = record_id("life"), chain.node.ledger
    drafts = []
    for operation in (
        Create(one, 0, COMMITMENT), Amend(one, 1, 0, COMMITMENT), Withdraw(one, 2), Erase(one, 3),
    ):  # fmt: skip
        assert chain.result(chain.run(operation)) == 0
        drafts.append(draft_record(ledger, one, SALT))
        assert chain.result(chain.run(Hold(Object(ObjectKind.RECORD, one)), by=(COURT, 1))) == 0
        drafts.append(draft_record(ledger, one))
        released = chain.run(Unhold(Object(ObjectKind.RECORD, one)), by=(COURT, 1))
        assert chain.result(released) == 0
    proofs = [chain.prove(draft) for draft in drafts]
    said = [verify(chain, proof) for proof in proofs]
    assert [proven.record_version for proven in said] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert [proven.success for proven in said] == [True] * 4 + [False] * 4
    assert ["and held" in proven.headline for proven in said] == [False, True] * 4
    assert verify(chain, proofs[2], DOCUMENT).headline.startswith("PROVEN: this document is versi")
    assert verify(chain, proofs[4], DOCUMENT).headline.startswith("WITHDRAWN: record ")
    assert said[6].headline.startswith("ERASED: record ")
    with pytest.raises(Refused, match="not the one"):
        verify(chain, proofs[6], DOCUMENT)
    with pytest.raises(Refused, match="opens no commitment"):
        verify(chain, proofs[1], DOCUMENT)


def test_revoked_grant_is_an_entry(chain: Chain) -> None:
    """P-15."""
    one = record_id("granted")
    chain.run(Create(one, 0, COMMITMENT))
    chain.run(Grant(one, NOTARY, 1, 5, 2**63))
    given = chain.prove(draft_entry(chain.node.ledger, GrantEntry, one, NOTARY))
    chain.run(RevokeGrant(one, NOTARY))
    revoked = chain.prove(draft_entry(chain.node.ledger, GrantEntry, one, NOTARY))
    assert ("status", "given") in verify(chain, given).facts
    assert ("status", "revoked") in verify(chain, revoked).facts


def draft_unchecked(chain: Chain, kind: str, wanted: list[Any]) -> Proof:
    """As a writer would that does not care whether it is so."""
    return chain.prove(writer._draft(chain.node.ledger, kind, wanted))


def test_keys_come_and_go(chain: Chain) -> None:
    """P-8, P-13: a key that is not of the genesis signs, is proven, and ends."""
    secret = derived_key("new", 2)
    chain.secrets[NOTARY, 2] = secret
    proof = possession(chain.chain_id, NOTARY, 2, secret)
    chain.run(AddKey(2, KeyFlags(0), public_bytes(secret), proof), by=(NOTARY, 1))
    valid = chain.prove(draft_key(chain.node.ledger, NOTARY, 2))
    wanted = chain.run(Create(record_id("by a new key"), 0, COMMITMENT), by=(NOTARY, 2))
    before = chain.node.ledger.find(wanted)[1]
    chain.run(RevokeKey(2, compromised_since=before), by=(NOTARY, 1))
    with pytest.raises(NotProvable, match="key 2 of member 3 is not valid since"):
        draft_key(chain.node.ledger, NOTARY, 2)
    late = chain.prove(draft_transaction(chain.node.ledger, chain.blocks, wanted))
    revoked = draft_unchecked(chain, "key", [(Key, (NOTARY, 2)), (MemberEntry, (NOTARY,))])
    assert verify(chain, valid).headline.startswith("PROVEN: key 2 of notary-1 (member 3) is valid")
    proven = verify(chain, late)
    assert proven.success and proven.submitter == "notary-1"
    assert proven.warnings == [f"key 2 of notary-1 was reported compromised since height {before}"]
    assert f"\n  BUT {proven.warnings[0]}\n" in proof_file.describe(proven)
    with pytest.raises(Refused, match="the key does not count at height"):
        verify(chain, revoked)


def test_members_come_and_go() -> None:
    """P-8, P-13, P-14: frozen and expelled."""
    chain = Chain("members", 1)
    wanted = chain.run(Create(record_id("by a clinic"), 0, COMMITMENT))
    role = [(writer.RoleEntry, (CLINIC, FIELD)), (MemberEntry, (CLINIC,))]
    key = [(Key, (CLINIC, 1)), (MemberEntry, (CLINIC,))]
    assert chain.result(chain.run(Freeze(CLINIC), by=(COURT, 1))) == 0
    drafts = [writer._draft(chain.node.ledger, kind, what) for kind, what in
              (("key", key), ("role", role))]  # fmt: skip
    assert chain.result(chain.run(Expel(CLINIC), by=(COURT, 1))) == 0
    assert chain.result(chain.run(SetRoles(NOTARY, FIELD, Roles(0)), by=(COURT, 1))) == 0
    late = draft_transaction(chain.node.ledger, chain.blocks, wanted)
    drafts += [writer._draft(chain.node.ledger, kind, what) for kind, what in
               (("key", key), ("role", role))]  # fmt: skip
    role = [(writer.RoleEntry, (NOTARY, FIELD)), (MemberEntry, (NOTARY,))]
    drafts.append(writer._draft(chain.node.ledger, "role", role))
    for attempt, message in (
        (lambda: draft_key(chain.node.ledger, CLINIC, 1), "member 1 is expelled since"),
        (lambda: draft_role(chain.node.ledger, CLINIC, FIELD), "member 1 is expelled since"),
        (lambda: draft_role(chain.node.ledger, NOTARY, FIELD), "member 3 has no role in field 1"),
    ):
        with pytest.raises(NotProvable, match=message):
            attempt()
    while not any(block.height >= late.height and block.certificate for block in chain.blocks):
        chain.run(Create(record_id(f"more {chain.count}"), 0, bytes(32)), by=(COURT, 1))
    proofs = [chain.prove(draft) for draft in drafts]
    assert ("member is", "frozen") in verify(chain, proofs[0]).facts
    for proof, message in zip(
        proofs[1:],
        ["is frozen at", "is expelled at", "is expelled at", "no role in the field"],
        strict=True,
    ):
        with pytest.raises(Refused, match=message):
            verify(chain, proof)
    assert verify(chain, chain.prove(late)).success  # it was a member then


# --- Whose keys ----------------------------------------------------------------------------------

NEVER = proof_file.NEVER


@pytest.mark.parametrize(
    ("key", "member", "message"),
    [
        ({}, {}, ""),
        ({"from": 7}, {}, ""),
        ({"until": 8}, {}, ""),
        ({"from": 8}, {}, "did not count"),
        ({"until": 7}, {}, "did not count"),
        ({}, {"admitted": 8}, "no member"),
        ({}, {"status": 3, "since": 7}, "no member"),
        ({}, {"status": 3, "since": 8}, ""),
        ({}, {"status": 2, "since": 7}, ""),
    ],
)
def test_signer_counts_in_block_7(
    key: dict[str, int], member: dict[str, int], message: str
) -> None:
    """P-8, at its edges."""
    identity = {"member": 1, "key": 1}
    key_values = {"from": 0, "until": NEVER, "compromised_since": NEVER, "public_key": bytes(32)}
    member_values = {"status": 1, "since": 0, "admitted": 0, "name_length": 1, "name": b"a"}
    one, two = (1).to_bytes(4, "big"), (1).to_bytes(8, "big")
    entries = [
        proof_file.Entry("key", two[4:] + one, identity, key_values | key),
        proof_file.Entry("member", one, identity, member_values | member),
    ]
    header = proof_file.Header(b"", b"", 0, 0, 9, b"", b"", 0, b"", 0)
    final = proof_file.Final([header], [], [], b"")
    case = proof_file.Case({}, proof_file.Genesis(b"", "", []), final, entries, None)
    transaction = proof_file.Transaction(b"", b"", [(1, 1)], [], [])
    if not message:
        assert proof_file.check_signers(case, transaction, 7) == ([bytes(32)], [])
    else:
        with pytest.raises(Refused, match=message):
            proof_file.check_signers(case, transaction, 7)


def test_state_from_before_the_transaction(chain: Chain) -> None:
    """P-8: the key could have ended between. Both headers are final, and all else is right."""
    before = chain.prove(draft_key(chain.node.ledger, CLINIC, 1))
    wanted = chain.run(Create(record_id("later"), 0, COMMITMENT))
    proof = chain.prove(draft_transaction(chain.node.ledger, chain.blocks, wanted))
    verify(chain, proof)
    old = {name: before.fields[name] for name in ("state", "entries")}
    with pytest.raises(Refused, match="before the transaction's block"):
        verify(chain, changed(proof, lambda fields: fields.update(old)))


# --- What is refused -----------------------------------------------------------------------------


def flip(data: bytes, at: int) -> bytes:
    made = bytearray(data)
    made[at] ^= 1
    return bytes(made)


def put(*path: Any) -> Change:
    """put("state", "headers", 0, value): the value is the last."""

    def change(fields: dict[str, Any]) -> None:
        *way, last, value = path
        place: Any = fields
        for name in way:
            place = place[name]
        place[last] = value(place[last]) if callable(value) else value

    return change


def drop(*path: Any) -> Change:
    def change(fields: dict[str, Any]) -> None:
        place: Any = fields
        for name in path[:-1]:
            place = place[name]
        del place[path[-1]]

    return change


ALL: dict[str, Change] = {
    "P-1 unknown field": put("more", 1),
    "P-1 no format": drop("format"),
    "P-1 no kind": drop("kind"),
    "P-1 no genesis": drop("genesis"),
    "P-1 no state": drop("state"),
    "P-1 no headers": drop("state", "headers"),
    "P-1 no certificate": drop("state", "certificate"),
    "P-1 unknown field of state": put("state", "more", b""),
    "P-1 no entries": drop("entries"),
    "P-1 no proof": drop("entries", 0, "proof"),
    "P-1 unknown field of an entry": put("entries", 0, "more", b""),
    "P-1 another format": put("format", "proof"),
    "P-1 version 1": put("version", 1),
    "P-1 version 3": put("version", 3),
    "P-1 another kind": put("kind", "proof"),
    "P-1 kind as a number": put("kind", 1),
    "P-2 version as bytes": put("version", b"\2"),
    "P-2 genesis as a number": put("genesis", 1),
    "P-2 state as a list": put("state", []),
    "P-2 headers as a map": put("state", "headers", {}),
    "P-2 entries as a map": put("entries", {}),
    "P-2 entry as a number": put("entries", 0, 7),
    "P-2 proof as a number": put("entries", 0, "proof", 7),
    "P-2 no entry at all": put("entries", []),
    "P-2 too many entries": put("entries", lambda entries: entries * 33),
    "P-3 another genesis": put("genesis", lambda data: flip(data, 40)),
    "P-3 empty genesis": put("genesis", b""),
    "P-4 header of another chain": put("state", "headers", 0, lambda data: flip(data, 5)),
    "P-4 short header": put("state", "headers", 0, lambda data: data[:-1]),
    "P-4 long header": put("state", "headers", 0, lambda data: data + b"\0"),
    "P-4 no header": put("state", "headers", []),
    "P-4 the same header twice": put("state", "headers", lambda found: [found[0], *found]),
    "P-4 too many headers": put("state", "headers", lambda found: found[:1] * 65),
    "P-5 certificate of another header": put("state", "headers", -1, lambda data: flip(data, -1)),
    "P-5 a notarization": put("state", "certificate", lambda data: b"\x10" + data[1:]),
    "P-5 bitmap": put("state", "certificate", lambda data: flip(data, 50)),
    "P-5 a validator that is not there": put(
        "state", "certificate", lambda data: data[:50] + bytes([data[50] | 16]) + data[51:]
    ),
    "P-5 short certificate": put("state", "certificate", lambda data: data[:-1]),
    "P-5 long certificate": put("state", "certificate", lambda data: data + b"\0"),
    "P-5 no certificate": put("state", "certificate", b""),
    "P-6 signature of a validator": put("state", "certificate", lambda data: flip(data, -40)),
    "P-11 id of another entry": put("entries", 0, "id", lambda data: flip(data, -1)),
    "P-11 id of another kind": put("entries", 0, "id", lambda data: b"\x13" + data[1:]),
    "P-11 short id": put("entries", 0, "id", lambda data: data[:-1]),
    "P-11 no id": put("entries", 0, "id", b""),
    "P-11 first byte of the proof": put("entries", 0, "proof", lambda data: flip(data, 0)),
    "P-11 depths": put("entries", 0, "proof", lambda data: flip(data, 1)),
    "P-11 beside": put("entries", 0, "proof", lambda data: flip(data, -1)),
    "P-11 short proof": put("entries", 0, "proof", lambda data: data[:-1]),
    "P-11 long proof": put("entries", 0, "proof", lambda data: data + bytes(32)),
    "P-2 huge id": put("entries", 0, "id", lambda data: data + bytes(64)),
    "P-2 huge entry": put("entries", 0, "entry", lambda data: data + bytes(1157)),
    "P-2 huge proof": put("entries", 0, "proof", bytes(8290)),
    "P-11 no proof": put("entries", 0, "proof", b""),
    "P-11 proof of an empty state": put("entries", 0, "proof", b"\0"),
    "P-11 one entry more": put("entries", lambda entries: [*entries, entries[0]]),
}  # fmt: skip
OF_TRANSACTIONS: dict[str, Change] = {
    "P-1 no transaction": drop("transaction"),
    "P-1 no result": drop("result"),
    "P-1 no code": drop("result", "code"),
    "P-1 unknown field of result": put("result", "more", 1),
    "P-1 unknown field of opening": put("opening", "more", 1),
    "P-1 no salt": drop("opening", "salt"),
    "P-2 huge index": put("log_index", 2**63),
    "P-2 huge code": put("result", "code", 1 << 16),
    "P-2 index as bytes": put("log_index", b"\1"),
    "P-2 long path": put("inclusion", [bytes(32)] * 65),
    "P-2 step of another size": put("inclusion", [bytes(31)]),
    "P-2 short salt": put("opening", "salt", bytes(31)),
    "P-2 operation out of range": put("opening", "operation", 64),
    "P-4 headers in another order": put("block", "headers", lambda found: found[::-1]),
    "P-4 block of another chain": put("block", "headers", 0, lambda data: flip(data, 5)),
    "P-5 certificate of the block": put("block", "certificate", lambda data: flip(data, 20)),
    "P-6 signature under the block": put("block", "certificate", lambda data: flip(data, -40)),
    "P-7 no header behind": put("block", "headers", lambda found: found[:1]),
    "P-7 no header of the block": put("block", "headers", lambda found: found[1:]),
    "P-7 the place before": put("log_index", lambda index: index - 1),
    "P-7 the place behind": put("log_index", lambda index: index + 1),
    "P-7 failing operation": put("result", {"code": 0, "failing_op": 0}),
    "P-7 code": put("result", {"code": 1, "failing_op": 255}),
    "P-7 no path": put("inclusion", []),
    "P-7 longer path": put("inclusion", lambda path: [*path, bytes(32)]),
    "P-7 signature of a member": put("transaction", lambda data: flip(data, -40)),
    "P-8 transaction": put("transaction", lambda data: flip(data, 60)),
    "P-8 no member": put("entries", lambda entries: entries[:1]),
    "P-8 entries in another order": put("entries", lambda entries: entries[::-1]),
    "P-9 another operation": put("opening", "operation", 1),
    "P-9 another salt": put("opening", "salt", bytes(32)),
    "P-9 no opening": drop("opening"),
}
OF_RECORDS: dict[str, Change] = {
    "P-1 a field of transactions": put("log_index", 1),
    "P-1 operation in the opening": put("opening", "operation", 0),
    "P-12 another salt": put("opening", "salt", bytes(32)),
    "P-12 no opening": drop("opening"),
    "P-12 bytes of the entry": put("entries", 0, "entry", lambda data: flip(data, -40)),
    "P-12 short entry": put("entries", 0, "entry", lambda data: data[:-1]),
    "P-12 no bytes": put("entries", 0, "entry", b""),
}


@pytest.mark.parametrize("change", ALL)
def test_changed_field(chain: Chain, each: Proof, change: str) -> None:
    verify(chain, each)
    with pytest.raises(Refused):
        verify(chain, changed(each, ALL[change]))


@pytest.mark.parametrize("change", OF_TRANSACTIONS)
def test_changed_field_of_a_transaction(chain: Chain, recorded: Proof, change: str) -> None:
    with pytest.raises(Refused):
        verify(chain, changed(recorded, OF_TRANSACTIONS[change]), DOCUMENT)


@pytest.mark.parametrize("change", OF_RECORDS)
def test_changed_field_of_a_record(chain: Chain, states: dict[str, Proof], change: str) -> None:
    with pytest.raises(Refused):
        verify(chain, changed(states["record"], OF_RECORDS[change]), DOCUMENT)


@pytest.mark.parametrize("kind", ["record", "key", "role", "entry", "absence", "transaction"])
def test_proof_as_one_of_another_kind(chain: Chain, each: Proof, kind: str) -> None:
    """Presence as absence, and all other pairs. What an entry says, `entry` may say of it."""
    plain = {name: value for name, value in each.fields.items() if name != "opening"}
    proof = Proof({**plain, "kind": kind})
    if kind == each.fields["kind"] or (each.fields["kind"], kind) in {("record", "entry")}:
        assert verify(chain, proof).success
        return
    with pytest.raises(Refused):
        verify(chain, proof)


def test_presence_as_absence(chain: Chain, states: dict[str, Proof]) -> None:
    """P-16: with the way of the entry itself, and with the way of another."""
    record: Any = states["record"].fields
    absent: Any = states["absence"].fields
    (entry,), (other,) = record["entries"], absent["entries"]
    leaf = proof_file.blake3(entry["id"]) + proof_file.blake3(entry["entry"])
    proof = entry["proof"]
    shown = b"\2" + proof[1:33] + leaf + proof[33:]
    for way in (shown, other["proof"]):
        one = {"id": entry["id"], "entry": b"", "proof": way}
        with pytest.raises(Refused, match=r"the entry itself|another place"):
            verify(chain, Proof({**absent, "entries": [one]}))
    one = {"id": other["id"], "entry": entry["entry"], "proof": proof}
    with pytest.raises(Refused, match="not in the state"):
        verify(chain, Proof({**record, "entries": [one]}))


def test_another_chain(chain: Chain, each: Proof) -> None:
    with pytest.raises(Refused, match="another chain than the one trusted"):
        proof_file.verify(each.cbor(), bytes(32))
    other = Chain("another", 4)
    other.run(Create(RECORD, 0, COMMITMENT))
    theirs = other.prove(draft_record(other.node.ledger, RECORD, SALT))
    verify(other, theirs)
    with pytest.raises(Refused, match="the header is of another chain"):
        verify(chain, changed(each, put("state", theirs.fields["state"])))


def test_another_header(chain: Chain, each: Proof) -> None:
    """A final one of the same chain, with another state."""
    known = {fields_of(each)["state"]["headers"][0]}
    root = proof_file.parse_header(*known).state_root
    others = [block for block in chain.finals()
              if proof_file.parse_header(block.header).state_root != root]  # fmt: skip
    for block in (others[0], others[-1]):
        state = {"headers": [block.header], "certificate": block.certificate}
        with pytest.raises(Refused, match=r"not in the state|another place"):
            verify(chain, changed(each, put("state", state)))


def test_header_that_is_not_final(chain: Chain, states: dict[str, Proof]) -> None:
    """P-5: certificates of others, too few signatures, and one signature twice."""
    proof = states["record"]
    certificate = fields_of(proof)["state"]["certificate"]
    other = next(block for block in chain.finals() if block.certificate != certificate)
    with pytest.raises(Refused, match="another block than this header"):
        verify(chain, changed(proof, put("state", "certificate", other.certificate)))
    front, bitmap, signatures = certificate[:50], certificate[50], certificate[51:]
    first = bitmap & -bitmap
    few = front + bytes([bitmap & ~first]) + signatures[64:]
    if bitmap.bit_count() == 3:
        with pytest.raises(Refused, match="2 signatures are fewer than a quorum"):
            verify(chain, changed(proof, put("state", "certificate", few)))
    twice = front + bytes([bitmap]) + signatures[:64] * bitmap.bit_count()
    with pytest.raises(Refused, match="signature of validator"):
        verify(chain, changed(proof, put("state", "certificate", twice)))


def test_headers_one_behind_the_other(chain: Chain, states: dict[str, Proof]) -> None:
    """P-4: a header is as final as one behind it; but only behind it."""
    proof = states["record"]
    first = proof_file.parse_header(fields_of(proof)["state"]["headers"][0]).height
    while not any(block.height >= first + 2 for block in chain.finals()):
        chain.step()
    last = next(block.height for block in chain.finals() if block.height >= first + 2)
    behind = chain.blocks[first - 1 : last]
    headers = [block.header for block in behind]
    longer = {"headers": headers, "certificate": behind[-1].certificate}
    proven = verify(chain, changed(proof, put("state", longer)))
    assert (proven.height, len(proven.state.headers)) == (first, len(behind))
    for wrong in (headers[:1] + headers[2:], headers[::-1], headers[:1] * 2 + headers[1:]):
        with pytest.raises(Refused, match=r"not the parent|another block"):
            verify(chain, changed(proof, put("state", {**longer, "headers": wrong})))


def test_what_was_asked_for(chain: Chain, each: Proof) -> None:
    """P-20."""
    kind: Any = each.fields["kind"]
    about = verify(chain, each).about
    verify(chain, each, kind=kind, about=about)
    with pytest.raises(Refused, match=f"of the kind {kind}"):
        verify(chain, each, kind="key" if kind != "key" else "role")
    for other in (flip(about, 0), about[1:], b"\x0e" + about):
        with pytest.raises(Refused, match="about something else"):
            verify(chain, each, about=other)


def test_names_that_steer_a_terminal() -> None:
    """P-21."""
    for name in (b"", b"a\x1b[2J", b"A", "ä".encode(), b"a" * 65):
        with pytest.raises(Refused, match="no valid name"):
            proof_file.name_of(name, "chain")


def test_not_provable(chain: Chain, recorded: Proof) -> None:
    ledger = chain.node.ledger
    with pytest.raises(NotProvable, match="no final transaction"):
        draft_transaction(ledger, chain.blocks, bytes(32))
    with pytest.raises(NotProvable, match=r"Record 00.* is not in the state"):
        draft_record(ledger, bytes(32))
    with pytest.raises(NotProvable, match="is in the state"):
        draft_absence(ledger, Record, RECORD)
    with pytest.raises(NotProvable, match="Key 1, 9 is not in the state"):
        draft_key(ledger, CLINIC, 9)
    draft = draft_record(ledger, RECORD)
    with pytest.raises(NotProvable, match="not under a finalized header yet"):
        export(draft, chain.genesis, chain.blocks[: draft.height - 1])
    chain.prove(draft)
    early = writer.replace(draft, height=1)
    with pytest.raises(NotProvable, match="does not follow the state"):
        export(early, chain.genesis, chain.blocks)


# --- Entries and the program ---------------------------------------------------------------------


def test_entries_have_the_sizes_of_the_specification() -> None:
    """L-27: each kind, its name, and the bytes of its id and entry."""
    text = (ROOT / "docs/spec/ledger.md").read_text()
    rows = re.findall(r"^\| (0x[01][0-9a-f]) \| ([a-z ]+) \| (.*) \| ([0-9]+)( to )?", text, re.M)
    assert {int(row[0], 16) for row in rows} == set(proof_file.ENTRIES)
    for code, name, identity, size, varies in rows:
        kind = int(code, 16)
        found, identity_layout, layout = proof_file.ENTRIES[kind]
        assert found == name
        widths = re.findall(r"[a-z_]+ (?:u(\d+)|(\d+))(?=[,`])", identity)
        wanted = sum(int(bits) // 8 if bits else int(whole) for bits, whole in widths)
        assert size_of(identity_layout) == wanted
        assert ("*" in layout) == bool(varies)
        if not varies:
            assert size_of(layout) + 2 == int(size)


def size_of(layout: str) -> int:
    return sum(int(part.split(":")[1].rstrip("x")) for part in layout.split())


COMPARED = ("status", "version", "commitment", "public_key", "from", "until", "since", "admitted",
            "controller", "height", "keys")  # fmt: skip


def test_entries_are_read_as_the_ledger_wrote_them(chain: Chain, recorded: Proof) -> None:
    for kind, identity in ((Record, (RECORD,)), (MemberEntry, (CLINIC,)), (Key, (CLINIC, 1))):
        entry, _ = chain.node.ledger.prove(kind, *identity)
        read = proof_file.read_entry(kind.preimage(*identity), entry).values
        written = chain.node.ledger.get(kind, *identity)
        assert read is not None
        renamed = {"from": "since"} if kind is Key else {}
        for name in read.keys() & set(COMPARED):
            assert read[name] == getattr(written, renamed.get(name, name)), name


def stand_alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_stand_alone(chain: Chain, recorded: Proof, refused: Proof, tmp_path: Path) -> None:
    """The file alone, where chopmark cannot be imported: status 0, 1 and 2 (P-22)."""
    assert "ModuleNotFoundError" in stand_alone("-c", "import chopmark").stderr
    program = Path(str(proof_file.__file__))
    good, failed, document = (tmp_path / name for name in ("good", "failed", "document"))
    good.write_text(recorded.json())
    failed.write_bytes(refused.cbor())
    document.write_bytes(DOCUMENT)
    anchor = ["--chain-id", chain.chain_id.hex()]
    done = stand_alone(program, good, *anchor, "--document", document)
    assert (done.returncode, done.stdout[:7]) == (0, "PROVEN:")
    for wrong in (["--chain-id", "00" * 32], [*anchor, "--kind", "key"], [*anchor, "--about", "00"],
                  [*anchor, "--document", good]):  # fmt: skip
        done = stand_alone(program, good, *wrong)
        assert (done.returncode, done.stdout[:11]) == (1, "NOT PROVEN:")
    done = stand_alone(program, failed, *anchor)
    assert (done.returncode, done.stdout[:8]) == (1, "REFUSED ")
    done = stand_alone(program, failed, *anchor, "--allow-inactive")
    assert done.returncode == 1
    done = stand_alone(program, failed, *anchor, "--allow-refused")
    assert (done.returncode, done.stdout[:8]) == (0, "REFUSED ")
    done = stand_alone(program, tmp_path / "none.json", *anchor)
    assert done.returncode == 2 and "No such file" in done.stderr
    for usage in (["--chain-id", "00"], ["--chain-id", "zz" * 32], [*anchor, "--kind", "x"], []):
        assert stand_alone(program, good, *usage).returncode == 2


def test_inactive_record_is_no_success(chain: Chain, tmp_path: Path) -> None:
    one = record_id("to be withdrawn")
    chain.run(Create(one, 0, COMMITMENT))
    chain.run(Withdraw(one, 1))
    path = tmp_path / "proof"
    path.write_bytes(chain.prove(draft_record(chain.node.ledger, one)).cbor())
    arguments = [str(path), "--chain-id", chain.chain_id.hex()]
    assert proof_file.main(arguments) == 1
    assert proof_file.main([*arguments, "--allow-refused"]) == 1
    assert proof_file.main([*arguments, "--allow-inactive"]) == 0
    assert proof_file.verify(path.read_bytes(), chain.chain_id, kind="record").success is False
