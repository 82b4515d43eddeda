# SPDX-License-Identifier: Apache-2.0
"""All third-party Ed25519 cases: both rules, each way of verifying, each backend, the reference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from vector_counts import count

from chopmark import InvalidSignature, ed25519
from chopmark.ed25519 import Rule
from chopmark.reference import ed25519 as reference

RULES: dict[Rule, str] = {"zip215": "zip215", "strict": "dalek_strict"}


@dataclass(frozen=True)
class Vector:
    name: str
    public_key: bytes
    signature: bytes
    message: bytes
    expected: dict[str, bool]  # by rule


def everywhere(valid: bool) -> dict[str, bool]:
    return {"zip215": valid, "strict": valid}


def expected_of(row: dict[str, object], default: bool) -> dict[str, bool]:
    columns = row.get("expect")
    if not isinstance(columns, dict):
        return everywhere(default)
    return {rule: columns[column] for rule, column in RULES.items()}


def rows(path: Path) -> list[Vector]:
    return [
        Vector(f"{path.stem}/{i}", *(bytes.fromhex(row[k]) for k in ("pub", "sig", "msg")),
               expected_of(row, default=True))
        for i, row in enumerate(json.loads(path.read_text()))
    ]  # fmt: skip


def wycheproof(path: Path) -> list[Vector]:
    made = []
    for group in json.loads(path.read_text())["testGroups"]:
        key = bytes.fromhex(group["publicKey"]["pk"])
        for test in group["tests"]:
            expected = everywhere(test["result"] == "valid")
            if test["tcId"] == 151:  # R is y = 1 with the sign bit: only ZIP-215 decodes it
                expected = {"zip215": True, "strict": False}
            signature, message = bytes.fromhex(test["sig"]), bytes.fromhex(test["msg"])
            made.append(Vector(f"wycheproof/{test['tcId']}", key, signature, message, expected))
    return made


def sign_input(path: Path) -> list[Vector]:
    made = []
    for i, line in enumerate(path.read_text().splitlines()):
        _, key, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        made.append(Vector(f"sign.input/{i}", key, signed[:64], message, everywhere(True)))
    return made


@cache
def load(folder: Path) -> dict[str, list[Vector]]:
    named = (
        "cctv_a",
        "celestia_votes",
        "solana_mainnet_epoch0",
        "speccheck12",
        "zip215_smallorder_a",
    )
    kinds = {name: rows(folder / f"{name}.json") for name in named}
    kinds["wycheproof"] = wycheproof(folder / "wycheproof_ed25519_test.json")
    kinds["sign_input_a"] = sign_input(folder / "sign_input_a.txt")
    return kinds


def mismatches(vectors: list[Vector], rule: Rule, verdicts: list[bool]) -> list[str]:
    return [v.name for v, verdict in zip(vectors, verdicts) if verdict != v.expected[rule]]


def single(vector: Vector, rule: Rule) -> bool:
    try:
        ed25519.verify(vector.public_key, vector.signature, vector.message, rule=rule)
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("rule", RULES)
def test_native(vectors: Path, backend: str, rule: Rule) -> None:
    for kind, cases in load(vectors / "ed25519").items():
        keys = [v.public_key for v in cases]
        signatures = [v.signature for v in cases]
        messages = [v.message for v in cases]
        assert not mismatches(cases, rule, [single(v, rule) for v in cases]), kind
        for method in ("auto", "exact", *(["combined"] if rule == "zip215" else [])):
            for size in (1, 7, 64, len(cases)):
                verdicts: list[bool] = []
                for at in range(0, len(cases), size):
                    part = slice(at, at + size)
                    verdicts += ed25519.verify_batch(
                        keys[part], signatures[part], messages[part], rule=rule, method=method
                    ).tolist()
                assert not mismatches(cases, rule, verdicts), (kind, method, size)
            well_formed = [v for v in cases if len(v.public_key) == 32]
            index = np.arange(len(well_formed))
            for tables in (False, True):
                key_set = ed25519.KeySet([v.public_key for v in well_formed], tables=tables)
                got = ed25519.verify_batch(
                    key_set, [v.signature for v in well_formed], [v.message for v in well_formed],
                    key_index=index, rule=rule, method=method,
                )  # fmt: skip
                assert not mismatches(well_formed, rule, got.tolist()), (kind, method, "KeySet")
        count(f"Ed25519 {kind} {rule}", backend, len(cases))


@pytest.mark.parametrize("rule", RULES)
def test_reference(vectors: Path, rule: Rule) -> None:
    for kind, cases in load(vectors / "ed25519").items():
        verdicts = [
            reference.verify(v.public_key, v.signature, v.message, rule=rule) for v in cases
        ]
        assert not mismatches(cases, rule, verdicts), kind
        count(f"Ed25519 {kind} {rule}", "reference", len(cases))


def test_signatures_are_reproduced_by_the_reference(vectors: Path) -> None:
    path = vectors / "ed25519" / "sign_input_a.txt"
    for line in path.read_text().splitlines()[::8]:
        secret, key, message, signed = (bytes.fromhex(part) for part in line.split(":")[:4])
        assert reference.public_key(secret[:32]) == key
        assert reference.sign(secret[:32], message) == signed[:64]


def test_whole_batches(vectors: Path, backend: str) -> None:
    """Real batches with bad items of many kinds, the cancelling pair among them."""
    batches = json.loads((vectors / "batch" / "ed25519_batches.json").read_text())
    for batch in batches:
        keys, messages, signatures = (
            [bytes.fromhex(item[i]) for item in batch["items"]] for i in range(3)
        )
        for method in ("exact", "combined"):
            got = ed25519.verify_batch(keys, signatures, messages, method=method)
            assert got.astype(int).tolist() == batch["expect"], (batch["kind"], method)
    count("Ed25519 whole batches", backend, len(batches))
    kinds = {batch["kind"] for batch in batches}
    assert any("cancel" in kind for kind in kinds), kinds
