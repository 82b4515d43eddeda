# SPDX-License-Identifier: Apache-2.0
"""Simulated networks of whole validators that try to break the protocol (docs/testing.md).

A run follows from its scenario and its seed alone. Runs of many seeds go to several threads; the
native part holds no lock meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chopmark import _core

__all__ = [
    "PROFILES",
    "Run",
    "Scenario",
    "Shrunk",
    "Summary",
    "TraceKind",
    "TraceRow",
    "Violation",
    "follow",
    "make_plan",
    "run_plan",
    "shrink",
    "simulate",
    "trace",
    "trace_plan",
]

PROFILES = ("lan", "wan", "swarm")
CHUNKS_PER_JOB = 8
CHUNK_SEEDS_MAX = 256
SHRINK_RUNS_MAX = 3000


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated. `byzantine` None: each seed draws from 0 to f."""

    profile: str = "swarm"
    validators: int = 4
    byzantine: int | None = None
    crashed: int = 0  # from start to end; in the profile wan
    seconds: int = 30  # simulated, at least
    block_bytes: int = 256 * 1024  # synthetic payload; in the profile wan

    def _arguments(self) -> tuple[str, int, int | None, int, int, int]:
        return (
            self.profile,
            self.validators,
            self.byzantine,
            self.crashed,
            self.seconds,
            self.block_bytes,
        )


@dataclass(frozen=True, slots=True)
class Violation:
    """An invariant (by its number in docs/testing.md) that did not hold."""

    invariant: int
    time_us: int
    what: str


@dataclass(frozen=True, slots=True)
class Run:
    """What one seed has shown."""

    seed: int
    violations: tuple[Violation, ...]
    finalized_blocks: int
    simulated_us: int
    events: int
    event_hash: int
    covered: frozenset[str]


@dataclass(slots=True)
class Summary:
    """Sums over seeds; the hash does not depend on how they were split."""

    seeds: int = 0
    counted: int = 0  # of at least 30 simulated seconds and 50 final blocks
    finalized_blocks: int = 0
    simulated_us: int = 0
    events: int = 0
    event_hash: int = 0
    covered: dict[str, int] = field(default_factory=dict)  # seeds in which it happened
    failed: list[Run] = field(default_factory=list)
    finality_us: list[NDArray[np.uint32]] = field(default_factory=list)

    @property
    def violations(self) -> int:
        """Of all seeds."""
        return sum(len(run.violations) for run in self.failed)

    def share(self, name: str) -> float:
        """Of the seeds in which it happened."""
        return self.covered.get(name, 0) / self.seeds if self.seeds else 0.0

    def finality_ms(self, percentile: float) -> float | None:
        """From the order to build a block to its delivery, over all nodes (wan)."""
        samples = np.concatenate(self.finality_us) if self.finality_us else np.empty(0)
        return round(float(np.percentile(samples, percentile)) / 1000, 1) if samples.size else None

    def _add(self, part: dict[str, Any]) -> None:
        self.seeds += part["seeds"]
        self.counted += part["counted"]
        self.finalized_blocks += part["finalized_blocks"]
        self.simulated_us += part["simulated_us"]
        self.events += part["events"]
        self.event_hash = (self.event_hash + part["event_hash"]) % (1 << 64)
        for name, count in part["covered"].items():
            self.covered[name] = self.covered.get(name, 0) + count
        self.failed += [_run(one) for one in part["failed"]]
        if part["finality_us"].size:
            self.finality_us.append(part["finality_us"])


class TraceKind(IntEnum):
    """What a row of a trace is about, and its bytes."""

    SENT = 0  # to the peer (0xffff: to all): the message
    ARRIVED = 1  # from the peer: the message
    DELIVERED = 2  # the body of the effect
    CRASHED = 3
    STARTED = 4  # one byte: amnesic
    EPOCH = 5  # the body of the effect
    EVIDENCE = 6  # the body of the effect
    HEALED = 7
    # Of the node that is followed, if it is honest:
    EVENTS = 8  # the row given to `step`
    EFFECTS = 9  # what it returned; SENT follows, as far as it got
    BEGAN = 10  # config, how, log, fence, position, nonce (cpp/src/sim/process.hpp)
    CHECKPOINT = 11  # a log (length u32), and the fence, unless it crashed before
    # Of all nodes:
    PARTED = 12  # a byte for each link, from * nodes + to: it carries nothing; empty: all do
    DAMAGED = 13  # what happened to the disk, by its name in the coverage
    COPIED = 14  # a second process with the key starts


@dataclass(frozen=True, slots=True)
class TraceRow:
    """One thing that happened."""

    time_us: int
    kind: TraceKind
    node: int
    peer: int
    data: bytes


def simulate(scenario: Scenario, first_seed: int, seeds: int, jobs: int = 0) -> Summary:
    """Runs the seeds from `first_seed` on, on `jobs` threads (0: all processors)."""
    jobs = jobs or os.cpu_count() or 1
    total = Summary()

    def part(chunk: tuple[int, int]) -> dict[str, Any]:
        made: dict[str, Any] = _core.sim.run_seeds(*scenario._arguments(), *chunk)
        return made

    with ThreadPoolExecutor(jobs) as pool:
        for one in pool.map(part, _chunks(first_seed, seeds, jobs)):
            total._add(one)
    total.failed.sort(key=lambda run: run.seed)
    return total


def make_plan(scenario: Scenario, seed: int) -> str:
    """What the seed decides, as lines `name = value` (docs/testing.md, "Plans")."""
    text: str = _core.sim.plan(*scenario._arguments(), seed)
    return text


def run_plan(plan: str) -> Run:
    """One run as the plan says. ValueError if it says something wrong."""
    return _run(_core.sim.run_plan(plan))


def trace_plan(plan: str) -> tuple[Run, list[TraceRow]]:
    """One run as the plan says, with everything that was said and happened."""
    return _traced(plan, None)


def trace(scenario: Scenario, seed: int) -> tuple[Run, list[TraceRow]]:
    """One seed again, with everything that was said and happened."""
    return _traced(make_plan(scenario, seed), None)


def follow(scenario: Scenario, seed: int, node: int) -> tuple[Run, list[TraceRow]]:
    """One seed again, with the events that one node's replica was given and what it asked for."""
    return _traced(make_plan(scenario, seed), node)


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A smaller plan that violates the same invariant."""

    plan: str
    runs: int  # that it took
    minimal: bool  # the runs sufficed: with a line less, no seed that was tried violates it


def shrink(plan: str, runs_max: int = SHRINK_RUNS_MAX) -> Shrunk | None:
    """Leaves out of a plan what its first violation does not need. None if there is none."""
    violations = run_plan(plan).violations
    if not violations:
        return None
    first = min(violations, key=lambda one: one.time_us)
    return Shrunk(*_core.sim.shrink(plan, first.invariant, runs_max))


def _traced(plan: str, node: int | None) -> tuple[Run, list[TraceRow]]:
    result, rows = _core.sim.trace(plan, node)
    return _run(result), [
        TraceRow(time_us, TraceKind(kind), of, peer, data) for time_us, kind, of, peer, data in rows
    ]


def _run(result: dict[str, Any]) -> Run:
    return Run(
        seed=result["seed"],
        violations=tuple(Violation(*one) for one in result["violations"]),
        finalized_blocks=result["finalized_blocks"],
        simulated_us=result["simulated_us"],
        events=result["events"],
        event_hash=result["event_hash"],
        covered=frozenset(result["covered"]),
    )


def _chunks(first: int, count: int, jobs: int) -> Iterator[tuple[int, int]]:
    size = max(1, min(CHUNK_SEEDS_MAX, count // (jobs * CHUNKS_PER_JOB)))
    for at in range(first, first + count, size):
        yield at, min(size, first + count - at)
