# SPDX-License-Identifier: Apache-2.0
"""Measures cases: ours, pure Python and the peers in turn, several rounds, medians.

Machines are shared and their clocks drift; what counts is the ratio within one run, so the ways of
doing a thing are interleaved.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from chopmark import build_info
from chopmark.benchmarks.case import Case, Work
from chopmark.benchmarks.stages import Split

__all__ = ["Peer", "Row", "measure", "record", "too_slow"]

# What the pure-Python baselines reach on the slowest machine on which a comparison makes sense.
ED25519_BASELINE_MIN = 230.0
MERKLE_BASELINE_MIN = 1.3e6


@dataclass(frozen=True)
class Peer:
    """The fastest peer that is installed."""

    name: str
    version: str
    value: float


@dataclass(frozen=True)
class Row:
    """Items per second, each the median of the rounds."""

    name: str
    ours: float
    pure_python: float
    baseline: str
    best_peer: Peer | None
    unit: str
    ratio_to_pure_python: float
    ratio_to_peer: float | None


def rate(work: Work, seconds: float) -> float:
    """Items per second over at least `seconds` or one call."""
    done, started = 0, time.perf_counter()
    while True:
        work.run()
        done += work.items
        spent = time.perf_counter() - started
        if spent >= seconds:
            return done / spent


def measure(case: Case, *, rounds: int, seconds: float) -> Row:
    """One row. The first call of each way is not counted."""
    works = [case.ours, case.pure_python, *case.peers]
    for work in [case.ours, *case.peers]:
        work.run()
    rates: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for work, seen in zip(works, rates):
            seen.append(rate(work, seconds))
    ours, pure, *peer_rates = (statistics.median(seen) for seen in rates)
    peers = [Peer(w.name, w.version, value) for w, value in zip(case.peers, peer_rates)]
    best = max(peers, key=lambda p: p.value, default=None)
    return Row(
        name=case.name,
        ours=ours,
        pure_python=pure,
        baseline=case.pure_python.name,
        best_peer=best,
        unit=case.unit,
        ratio_to_pure_python=ours / pure,
        ratio_to_peer=None if best is None else ours / best.value,
    )


def too_slow(rows: Iterable[Row]) -> str | None:
    """Why this machine is too slow for an honest comparison, or None."""
    for row in rows:
        if row.baseline == "chopmark.reference.ed25519" and row.pure_python < ED25519_BASELINE_MIN:
            return (
                f"the machine is too slow to compare: pure Python verified {row.pure_python:.0f} "
                f"signatures/s, at least {ED25519_BASELINE_MIN:.0f} are expected"
            )
        if row.name.startswith("merkle.root") and row.pure_python < MERKLE_BASELINE_MIN:
            return (
                f"the machine is too slow to compare: pure Python hashed {row.pure_python:.0f} "
                f"Merkle leaves/s, at least {MERKLE_BASELINE_MIN:.0f} are expected"
            )
    return None


def cpu_name() -> str:
    """The processor as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def commit() -> str:
    """The commit that was measured, marked if the checkout had changes; empty if unknown."""
    here = Path(__file__).resolve().parent
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"],
            cwd=here, capture_output=True, text=True, check=False,
        )  # fmt: skip
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def record(rows: list[Row], splits: list[Split]) -> dict[str, object]:
    """Rows and splits with what they were measured on and with."""
    about = build_info()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "backend": about["backend"],
        "compiler": about["compiler"],
        "version": about["version"],
        "commit": commit(),
        "threads": 1,
        "note": too_slow(rows),
        "rows": [asdict(row) for row in rows],
        "splits": [asdict(split) for split in splits],
    }


def save(folder: Path, made: dict[str, object]) -> Path:
    """Writes a record under a name made of date, processor and commit."""
    words = "".join(c if c.isalnum() else "-" for c in str(made["cpu"]).lower()).strip("-")
    name = f"{str(made['date'])[:10]}-{words}-{str(made['commit']) or 'no-commit'}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(json.dumps(made, indent=1) + "\n")
    return path
