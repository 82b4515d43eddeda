# SPDX-License-Identifier: Apache-2.0
"""The `chopmark` command as a user runs it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest


def chopmark(*arguments: object, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chopmark", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def test_help_lists_the_commands() -> None:
    done = chopmark("--help")
    assert done.returncode == 0
    for name in ("bench", "demo", "devnet", "info", "keys", "proof"):
        assert f"\n  {name} " in done.stdout


def test_info() -> None:
    about = json.loads(chopmark("info", "--json").stdout)
    assert about["backend"] in about["available_backends"]
    assert about["version"] in chopmark("--version").stdout


def test_unknown_backend_is_a_loud_error() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "chopmark", "info"],
        env={**os.environ, "CHOPMARK_BACKEND": "abacus"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0 and "CHOPMARK_BACKEND" in done.stderr and "abacus" in done.stderr


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    made = json.loads(chopmark("keys", "new", path, "--json").stdout)
    assert len(bytes.fromhex(made["public_key"])) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert chopmark("keys", "show", path).stdout.strip() == made["public_key"]
    before = path.read_bytes()
    again = chopmark("keys", "new", path)
    assert again.returncode != 0 and str(path) in again.stderr
    assert "Traceback" not in again.stderr
    assert path.read_bytes() == before


def test_keys_of_others_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert chopmark("keys", "new", path).returncode == 0
    path.chmod(0o644)
    done = chopmark("keys", "show", path)
    assert done.returncode != 0 and "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"no key", b"\xff" * 100])
def test_no_key_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    done = chopmark("keys", "show", path)
    assert done.returncode != 0 and str(path) in done.stderr and "Traceback" not in done.stderr


def test_devnet() -> None:
    done = chopmark("devnet", "--seconds", 0.5, "--rate", 200, "--json")
    about = json.loads(done.stdout)
    assert about["agree"] and about["drained"]
    assert about["final"] == about["offered"] > 0


def test_devnet_of_one() -> None:
    about = json.loads(chopmark("devnet", "--validators", 1, "--seconds", 0.3, "--json").stdout)
    assert about["agree"] and about["final"] == about["offered"] > 0


def test_demo(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"report-{i}.txt").write_text(f"contents {i}")
    done = chopmark("demo", tmp_path, "--no-table")
    assert done.returncode == 0, done.stderr
    for line in (
        "records final       3,",
        "refused, with proof 1 (DUPLICATE_ID)",
        "1 ms simulated network delay",
        "the four validators agree on both roots",
        "  PROVEN: this document is version 1 of record",
        "  NOT PROVEN: the document is not the one that was recorded",
        "  REFUSED by the ledger: code 2 (DUPLICATE_ID)",
    ):
        assert line in done.stdout


def test_demo_of_nothing(tmp_path: Path) -> None:
    done = chopmark("demo", tmp_path)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [f"Error: no documents below {tmp_path}"]


def test_proof_of_no_proof(tmp_path: Path) -> None:
    path = tmp_path / "proof.json"
    path.write_text("{}")
    done = chopmark("proof", "verify", path, "--chain-id", "00" * 32)
    assert done.returncode == 1 and done.stdout.startswith("NOT PROVEN: the proof file lacks ")


def test_bench_record() -> None:
    done = chopmark("bench", "--quick", "--json", "--only", "ed25519.verify_batch n=1, d")
    record = json.loads(done.stdout)
    for stamp in ("cpu", "backend", "compiler", "commit", "date", "version"):
        assert stamp in record
    (row,) = record["rows"]
    assert {"name", "ours", "pure_python", "best_peer", "unit", "ratio_to_pure_python",
            "ratio_to_peer"} <= set(row)  # fmt: skip
    assert {"name", "version", "value"} == set(row["best_peer"])
    assert row["ratio_to_pure_python"] == pytest.approx(row["ours"] / row["pure_python"])


def test_bench_of_nothing() -> None:
    done = chopmark("bench", "--only", "no such row")
    assert done.returncode == 2 and "no row" in done.stderr
