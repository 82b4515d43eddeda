# SPDX-License-Identifier: Apache-2.0
"""Proof files as a node exports them, checked by the one-file verifier (docs/spec/proof.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from chopmark.ledger import Create, build_transaction, encode_payload, transaction_id
from chopmark.node.devnet import Devnet, Institution, derived_key, make_genesis
from chopmark.node.documents import Document, record
from chopmark.node.proof import NotProvable, Opening, export_proof
from chopmark.reference import proof_file
from chopmark.reference.codec import parse_header

FIELD, SCHEMA = 1, 0
CODE_DUPLICATE_ID = 2


@dataclass(frozen=True)
class World:
    chain_id: bytes
    genesis: bytes
    net: Devnet
    document: Document
    refused: bytes  # id of a transaction that failed
    proof: str
    refused_proof: str


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("documents")
    people = [Institution(i, f"clinic-{i}", 1, derived_key("institution", i)) for i in (1, 2)]
    genesis, keys = make_genesis("proofs", 4, people, [FIELD])
    net = Devnet(genesis, keys, delay_ms=0.1)
    chain_id = net.nodes[0].ledger.chain_id
    documents = []
    for i in range(5):
        path = folder / f"{i}.txt"
        path.write_text(f"document {i}\n")
        documents.append(record(path, folder, people[0], chain_id=chain_id, field=FIELD,
                                schema=SCHEMA, valid_until=100))  # fmt: skip
    wanted = documents[3]
    again = build_transaction(
        chain_id=chain_id, field=FIELD, valid_until=100,
        operations=[Create(wanted.record_id, schema=SCHEMA, commitment=wanted.commitment)],
        signers=[(people[1].member, 1, people[1].key)],
    )  # fmt: skip
    for batch in ([one.transaction for one in documents], [again]):
        net.submit(encode_payload(batch), 0)
        final = transaction_id(batch[-1])
        assert net.run(lambda final=final: net.nodes[0].ledger.find(final) is not None, 30)

    def covered() -> bool:
        blocks = net.nodes[0].blocks
        return bool(blocks[-1].certificate) and parse_header(blocks[-1].header).log_size == 6

    assert net.run(covered, 30)
    node = net.nodes[0]
    arguments = (node.ledger, genesis.encode(), node.blocks)
    yield World(
        chain_id,
        genesis.encode(),
        net,
        wanted,
        transaction_id(again),
        export_proof(*arguments, wanted.transaction_id, Opening(0, wanted.salt)),
        export_proof(*arguments, transaction_id(again)),
    )


def verify(world: World, fields: dict[str, Any], document: bytes | None = None) -> Any:
    return proof_file.verify(json.dumps(fields).encode(), world.chain_id, document)


def test_proven(world: World) -> None:
    content = world.document.path.read_bytes()
    proven = verify(world, json.loads(world.proof), content)
    assert (proven.code, proven.record_id, proven.record_version) == (
        0,
        world.document.record_id,
        1,
    )
    assert proven.transaction_id == world.document.transaction_id
    assert proven.submitter == "clinic-1" and proven.quorum_of == 4 and proven.signatures >= 3


def test_another_document(world: World) -> None:
    content = bytearray(world.document.path.read_bytes())
    content[3] ^= 1
    with pytest.raises(proof_file.Refused, match="not the one"):
        verify(world, json.loads(world.proof), bytes(content))


def test_refused_transaction_is_no_success(world: World) -> None:
    proven = verify(world, json.loads(world.refused_proof))
    assert proven.code == CODE_DUPLICATE_ID
    assert proof_file.describe(proven).startswith("REFUSED by the ledger: code 2 (DUPLICATE_ID)")


def test_result_cannot_be_altered(world: World) -> None:
    fields = json.loads(world.refused_proof)
    fields["result"] = {"code": 0, "failing_op": fields["result"]["failing_op"]}
    with pytest.raises(proof_file.Refused, match=r"inclusion|log"):
        verify(world, fields)


def change_hex(name: str, at: int) -> Callable[[dict[str, Any]], None]:
    def change(fields: dict[str, Any]) -> None:
        data = bytearray.fromhex(fields[name])
        data[at] ^= 1
        fields[name] = data.hex()

    return change


def put(name: str, value: object) -> Callable[[dict[str, Any]], None]:
    return lambda fields: fields.__setitem__(name, value)


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "P-1 unknown field": put("more", 1),
    "P-1 missing field": lambda fields: fields.pop("header"),
    "P-1 another format": put("format", "proof"),
    "P-1 another version": put("version", 2),
    "P-2 version as a bool": put("version", True),
    "P-2 negative index": put("log_index", -1),
    "P-2 bool as a number": put("log_index", True),
    "P-2 fraction": put("log_index", 1.0),
    "P-2 huge index": put("log_index", 2**63),
    "P-2 no hexadecimal": put("header", "zz"),
    "P-2 odd digits": put("header", "abc"),
    "P-2 upper case": lambda fields: put("header", fields["header"].upper())(fields),
    "P-2 long path": put("inclusion", ["00" * 32] * 65),
    "P-2 step of another size": put("inclusion", ["00" * 31]),
    "P-3 another genesis": change_hex("genesis", 40),
    "P-4 header of another chain": change_hex("header", 5),
    "P-4 short header": lambda fields: put("header", fields["header"][:-2])(fields),
    "P-5 certificate of another header": change_hex("header", -1),
    "P-5 bitmap": change_hex("certificate", 49),
    "P-5 short certificate": lambda f: put("certificate", f["certificate"][:-2])(f),
    "P-6 signature of a validator": change_hex("certificate", -1),
    "P-7 another place": lambda fields: put("log_index", fields["log_index"] ^ 1)(fields),
    "P-7 failing operation": put("result", {"code": 0, "failing_op": 0}),
    "P-7 code": put("result", {"code": 1, "failing_op": 255}),
    "P-7 no path": put("inclusion", []),
    "P-8 transaction": change_hex("transaction", 60),
    "P-8 signature of a member": change_hex("transaction", -1),
    "P-9 another operation": put("opening", {"operation": 1, "salt": "00" * 32}),
    "P-9 another salt": put("opening", {"operation": 0, "salt": "00" * 32}),
    "P-9 no opening": lambda fields: fields.pop("opening"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_field(world: World, change: str) -> None:
    fields = json.loads(world.proof)
    content = world.document.path.read_bytes()
    verify(world, fields, content)
    CHANGES[change](fields)
    with pytest.raises(proof_file.Refused):
        verify(world, fields, content)


@pytest.mark.parametrize("name", ["transaction", "header", "certificate", "genesis"])
def test_every_byte_counts(world: World, name: str) -> None:
    """One bit of each byte; signatures are left to a sample, since each costs milliseconds."""
    fields = json.loads(world.proof)
    size = len(fields[name]) // 2
    places = range(size) if name in ("header", "genesis") else range(0, size, 7)
    for at in places:
        changed = dict(fields)
        change_hex(name, at)(changed)
        with pytest.raises(proof_file.Refused):
            verify(world, changed)


def test_not_json(world: World) -> None:
    twice = world.proof.replace('"version": 1,', '"version": 1, "version": 1,')
    for data in (b"", b"[]", b"\xff", b"{", twice.encode(), b"[" * 100_000, b" " * (2 << 20)):
        with pytest.raises(proof_file.Refused):
            proof_file.verify(data, world.chain_id)


def test_not_provable_yet(world: World) -> None:
    node = world.net.nodes[0]
    with pytest.raises(NotProvable, match="no final transaction"):
        export_proof(node.ledger, world.genesis, node.blocks, bytes(32))
    height = node.ledger.find(world.refused)[1]  # type: ignore[index]
    with pytest.raises(NotProvable, match="not under a finalized header"):
        export_proof(node.ledger, world.genesis, node.blocks[:height], world.refused)


def stand_alone(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-S", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_stand_alone(world: World, tmp_path: Path) -> None:
    """The file alone, where chopmark cannot be imported: status 0, 1 and 2."""
    assert "ModuleNotFoundError" in stand_alone("-c", "import chopmark").stderr
    program = Path(str(proof_file.__file__))
    good, refused = tmp_path / "good.json", tmp_path / "refused.json"
    good.write_text(world.proof)
    refused.write_text(world.refused_proof)
    anchor = ["--chain-id", world.chain_id.hex()]
    done = stand_alone(program, good, *anchor, "--document", world.document.path)
    assert (done.returncode, done.stdout[:7]) == (0, "PROVEN:")
    done = stand_alone(program, good, "--chain-id", "00" * 32)
    assert (done.returncode, done.stdout[:11]) == (1, "NOT PROVEN:")
    done = stand_alone(program, refused, *anchor)
    assert (done.returncode, done.stdout[:8]) == (1, "REFUSED ")
    done = stand_alone(program, refused, *anchor, "--allow-refused")
    assert (done.returncode, done.stdout[:8]) == (0, "REFUSED ")
    done = stand_alone(program, tmp_path / "none.json", *anchor)
    assert done.returncode == 2 and "No such file" in done.stderr
