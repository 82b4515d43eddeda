# SPDX-License-Identifier: Apache-2.0
"""Where the time of a combined Ed25519 verification goes, and how such splits are shown."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from chopmark import _core
from chopmark.benchmarks.case import SIGNERS
from chopmark.benchmarks.ed25519 import signed

__all__ = ["Split", "render_splits", "splits"]

STAGES = ("hash", "decode_keys", "decode_r", "scalars", "coefficients", "buckets", "combine")


@dataclass(frozen=True)
class Split:
    """Nanoseconds for each signature, transaction or view, by stage; medians."""

    name: str
    nanoseconds: dict[str, float]


def median_ns(run: Callable[[], object], items: int, rounds: int) -> float:
    seen = []
    for _ in range(rounds):
        started = time.perf_counter_ns()
        run()
        seen.append(time.perf_counter_ns() - started)
    return statistics.median(seen) / items


def split(name: str, n: int, signers: int, rounds: int) -> Split:
    data = signed(n, signers)
    stages = _core.stages.Ed25519(data.public_keys, data.signatures, data.messages)
    return Split(name, {stage: median_ns(getattr(stages, stage), n, rounds) for stage in STAGES})


def splits(rounds: int = 5) -> list[Split]:
    return [
        split("n=8192, distinct keys", 8192, 8192, rounds),
        split(f"n=8192, {SIGNERS} signers", 8192, SIGNERS, rounds),
        split("n=64, distinct keys", 64, 64, 16 * rounds),
    ]


def render_splits(made: list[Split]) -> str:
    """A line for each: nanoseconds and share of each stage."""
    lines = ["  where the time goes, ns for each signature, transaction or view:"]
    for one in made:
        total = sum(one.nanoseconds.values())
        parts = ", ".join(
            f"{stage.replace('_', ' ')} {ns:.0f} ({ns / total:.0%})"
            for stage, ns in one.nanoseconds.items()
        )
        lines.append(f"  {one.name}: {parts}")
    return "\n".join(lines)
