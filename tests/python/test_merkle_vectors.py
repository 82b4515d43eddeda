# SPDX-License-Identifier: Apache-2.0
"""All third-party Merkle cases, on each backend and on the reference."""

from __future__ import annotations

import csv
import json
from base64 import b64decode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest
from vector_counts import count

from chopmark import merkle
from chopmark.errors import InvalidProof
from chopmark.hash import sha256
from chopmark.reference import merkle as reference


class Verifier(Protocol):
    """What both implementations answer."""

    def leaf_hash(self, data: bytes) -> bytes: ...

    def root(self, leaves: Sequence[bytes]) -> bytes: ...

    def verify_inclusion(
        self, leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
    ) -> bool: ...

    def verify_consistency(
        self, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
    ) -> bool: ...


class Native:
    leaf_hash = staticmethod(merkle.leaf_hash)
    root = staticmethod(merkle.root)

    @staticmethod
    def verify_inclusion(*arguments: Any) -> bool:
        try:
            merkle.verify_inclusion(*arguments)
        except InvalidProof:
            return False
        return True

    @staticmethod
    def verify_consistency(*arguments: Any) -> bool:
        try:
            merkle.verify_consistency(*arguments)
        except InvalidProof:
            return False
        return True


class NativeBatches:
    """The functions for many, each with the case among others that are its copies."""

    COPIES = 33

    @staticmethod
    def leaf_hash(data: bytes) -> bytes:
        log = merkle.Log()
        log.extend([data] * NativeBatches.COPIES)
        (found,) = {row.tobytes() for row in log.leaf_hashes()}
        return found

    @staticmethod
    def root(leaves: Sequence[bytes]) -> bytes:
        frontier = merkle.Frontier()
        frontier.extend(leaves)
        return frontier.root()

    @classmethod
    def verdict(cls, verify: Callable[..., Any], *arguments: Any) -> bool:
        """What cannot be packed into arrays is no proof."""
        try:
            verdicts = verify(*arguments)
        except (ValueError, OverflowError):
            return False
        (found,) = set(verdicts.tolist())
        return bool(found)

    @classmethod
    def verify_inclusion(
        cls, leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
    ) -> bool:
        n = cls.COPIES
        return cls.verdict(
            lambda: merkle.verify_inclusion_many(
                [leaf] * n, [index] * n, [size] * n, merkle.Proofs.pack([proof] * n), [expected] * n
            )
        )

    @classmethod
    def verify_consistency(
        cls, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
    ) -> bool:
        n = cls.COPIES
        return cls.verdict(
            lambda: merkle.verify_consistency_many(
                [old] * n, [new] * n, merkle.Proofs.pack([proof] * n), [old_root] * n,
                [new_root] * n
            )
        )  # fmt: skip


@pytest.fixture(params=["native", "batches", "reference"])
def verifier(request: pytest.FixtureRequest) -> Verifier:
    made = {"native": Native(), "batches": NativeBatches(), "reference": reference}
    return made[request.param]


@dataclass(frozen=True)
class Inclusion:
    name: str
    leaf: bytes
    index: int
    size: int
    proof: list[bytes]
    root: bytes
    valid: bool


@dataclass(frozen=True)
class Consistency:
    name: str
    old: int
    new: int
    proof: list[bytes]
    old_root: bytes
    new_root: bytes
    valid: bool


def load(path: Path) -> Any:
    return json.loads(path.read_text())


def steps(row: dict[str, Any]) -> list[bytes]:
    return [b64decode(step) for step in row["proof"] or []]


def is_subtree(row: dict[str, Any]) -> bool:
    """If the leaves from `start` to `end` are a subtree of ours: `start` is divisible by the next
    power of two from their number on.
    """
    number = row["end"] - row["start"]
    return number <= 0 or row["start"] % (1 << (number - 1).bit_length()) == 0


@cache
def inclusions(folder: Path) -> dict[str, list[Inclusion]]:
    """A subtree is a tree whose first leaf has the index `start`."""
    made: dict[str, list[Inclusion]] = {"transparency": [], "transparency subtree": [], "Rekor": []}
    for row in load(folder / "transparency_inclusion_a.json"):
        made["transparency"].append(
            Inclusion(row["name"], b64decode(row["leafHash"]), row["leafIdx"], row["treeSize"],
                      steps(row), b64decode(row["root"]), not row["wantErr"])
        )  # fmt: skip
    for row in load(folder / "transparency_subtreeinclusion_a.json"):
        if not is_subtree(row):
            assert row["wantErr"]
            continue
        made["transparency subtree"].append(
            Inclusion(row["name"], b64decode(row["leafHash"]), row["leafIdx"] - row["start"],
                      row["end"] - row["start"], steps(row), b64decode(row["root"]),
                      not row["wantErr"])
        )  # fmt: skip
    for row in load(folder / "rekor_inclusion_a.json"):
        made["Rekor"].append(
            Inclusion(row["src"], reference.leaf_hash(bytes.fromhex(row["leaf"])),
                      row["leaf_index"], row["tree_size"], list(map(bytes.fromhex, row["proof"])),
                      bytes.fromhex(row["root"]), row["valid"])
        )  # fmt: skip
    return made


@cache
def consistencies(folder: Path) -> dict[str, list[Consistency]]:
    """Of the subtrees, those that start at the first leaf: each is an older tree.

    The source takes strings of any length for roots. Two of its subtrees are valid with roots that
    are no digests: not here.
    """
    made: dict[str, list[Consistency]] = {"transparency": [], "transparency subtree": []}
    for row in load(folder / "transparency_consistency_a.json"):
        made["transparency"].append(
            Consistency(row["name"], row["size1"], row["size2"], steps(row),
                        b64decode(row["root1"]), b64decode(row["root2"]), not row["wantErr"])
        )  # fmt: skip
    no_digests = set()
    for row in load(folder / "transparency_subtreeconsistency_a.json"):
        if row["start"] == 0:
            roots = b64decode(row["root1"]), b64decode(row["root2"])
            valid = not row["wantErr"]
            if valid and {*map(len, roots)} != {32}:
                no_digests.add(row["name"].rpartition("/")[2])
                valid = False
            made["transparency subtree"].append(
                Consistency(row["name"], row["end"], row["size"], steps(row), *roots, valid)
            )
    assert no_digests == {
        "sizes-are-equal-one-and-proof-is-empty",
        "subtree-is-empty-sizes-are-equal-zero-subtree-root-valid-tree-root-random-proof-is-empty",
    }
    return made


def place(verifier: Verifier, backend: str) -> str:
    if isinstance(verifier, NativeBatches):
        return f"{backend}, batches"
    return "reference" if verifier is reference else backend


def counted(kind: str, verifier: Verifier, backend: str, n: int) -> None:
    """The reference runs once for each backend, and counts once."""
    if verifier is not reference or backend == "portable":
        count(f"Merkle {kind}", place(verifier, backend), n)


@pytest.mark.parametrize("kind,cases", [("transparency", 59), ("transparency subtree", 121),
                                        ("Rekor", 17)])  # fmt: skip
def test_inclusion(vectors: Path, backend: str, verifier: Verifier, kind: str, cases: int) -> None:
    found = inclusions(vectors / "merkle")[kind]
    wrong = [
        case.name
        for case in found
        if case.valid
        != verifier.verify_inclusion(case.leaf, case.index, case.size, case.proof, case.root)
    ]
    assert not wrong
    assert len(found) == cases
    assert {case.valid for case in found} == {True, False}
    counted(f"inclusion {kind}", verifier, backend, len(found))


@pytest.mark.parametrize("kind,cases", [("transparency", 52), ("transparency subtree", 53)])
def test_consistency(
    vectors: Path, backend: str, verifier: Verifier, kind: str, cases: int
) -> None:
    found = consistencies(vectors / "merkle")[kind]
    wrong = [
        case.name
        for case in found
        if case.valid
        != verifier.verify_consistency(case.old, case.new, case.proof, case.old_root, case.new_root)
    ]
    assert not wrong
    assert len(found) == cases
    assert {case.valid for case in found} == {True, False}
    counted(f"consistency {kind}", verifier, backend, len(found))


def test_certificate_leaves(vectors: Path, backend: str, verifier: Verifier) -> None:
    cases = load(vectors / "merkle" / "ct_navigli2025h2_leaves.json")
    for case in cases:
        assert verifier.leaf_hash(bytes.fromhex(case["leaf"])).hex() == case["leaf_hash"]
    counted("leaves of a certificate log", verifier, backend, len(cases))


def test_roots_of_eight_leaves(vectors: Path, backend: str, verifier: Verifier) -> None:
    case = load(vectors / "merkle" / "ct_8leaf.json")
    leaves = list(map(bytes.fromhex, case["leaves"]))
    roots = [verifier.root(leaves[:size]).hex() for size in range(9)]
    assert roots == case["roots_by_size"]
    counted("roots of eight leaves", verifier, backend, len(roots))


def test_roots_of_validators(vectors: Path, backend: str, verifier: Verifier) -> None:
    cases = load(vectors / "merkle" / "cometbft_roots.json")
    for case in cases:
        leaves = list(map(bytes.fromhex, case["leaves"]))
        assert verifier.root(leaves).hex() == case["root"], case["name"]
    counted("CometBFT roots", verifier, backend, len(cases))


class Block:
    """Reads the transactions of a block without witnesses."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 80

    def skip(self, size: int) -> None:
        self.at += size

    def number(self) -> int:
        first = self.data[self.at]
        width = {0xFD: 2, 0xFE: 4, 0xFF: 8}.get(first, 0)
        self.at += 1 + width
        return int.from_bytes(self.data[self.at - width : self.at], "little") if width else first

    def transaction(self) -> bytes:
        start = self.at
        self.skip(4)
        for _ in range(self.number()):
            self.skip(36)
            self.skip(self.number() + 4)
        for _ in range(self.number()):
            self.skip(8)
            self.skip(self.number())
        self.skip(4)
        return self.data[start : self.at]


@cache
def real_leaves(folder: Path) -> list[list[bytes]]:
    block = Block((folder / "blocks" / "btc_mainnet_413567.raw").read_bytes())
    ids = [sha256(sha256(block.transaction())) for _ in range(block.number())]
    assert block.at == len(block.data)
    with (folder / "secp256k1" / "btc_mainnet_413567.sigs.csv").open() as file:
        signed = [bytes.fromhex(row["digest"]) for row in csv.DictReader(file)]
    return [ids, signed]


def test_roots_of_real_data(vectors: Path, backend: str, verifier: Verifier) -> None:
    """Roots computed by an implementation that is not ours, at every size that is named."""
    cases = load(vectors / "merkle" / "rfc6962_large_roots.json")
    total = 0
    for case, leaves in zip(cases, real_leaves(vectors), strict=True):
        assert len(leaves) == case["n"]
        for row in case["roots"]:
            assert verifier.root(leaves[: row["size"]]).hex() == row["root"], row["size"]
            total += 1
    assert total == 65
    counted("roots of real data", verifier, backend, total)


def test_logs_give_the_same_roots(vectors: Path, backend: str) -> None:
    cases = load(vectors / "merkle" / "rfc6962_large_roots.json")
    for case, leaves in zip(cases, real_leaves(vectors), strict=True):
        log = merkle.Log()
        log.extend(leaves)
        found = {row["size"]: log.root(row["size"]).hex() for row in case["roots"]}
        assert found == {row["size"]: row["root"] for row in case["roots"]}
