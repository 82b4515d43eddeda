# SPDX-License-Identifier: Apache-2.0
"""Runs one configuration and makes its figures."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from . import tls
from .load import transactions
from .processes import run_client, run_validator
from .settings import VALIDATORS, Settings

__all__ = ["STAGES", "Figures", "measure"]

STAGES = {
    "receive": "sockets and TLS, receiving",
    "send": "sockets and TLS, sending",
    "framing": "frames: split, copy, dispatch",
    "gather": "frames: join for admission and gossip",
    "admit": "Pool.admit: parse, dedup, signatures",
    "names": "naming and finding pieces, in Python",
    "select": "Pool.select and header",
    "validate": "Ledger.validate_block; signatures that the pool has verified are known",
    "finalize": "Ledger.finalize",
    "forget": "Pool.remove_final",
    "log": "block log, write and fsync",
    "other": "event loop and the rest of Python",
}
NATIVE = ("admit", "select", "validate", "finalize", "forget")
TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Figures:
    """Microseconds of CPU are for each final transaction and validator, the mean of all four."""

    settings: Settings
    cipher: str
    wall_seconds: float
    final_per_second: float
    cores_used: float
    cpu_us: float
    system_us: float
    stages_us: dict[str, float]
    client_cpu_us: float
    blocks: int
    admit_calls: float
    sync_ms: float
    syncs: float
    rss_mb: float

    @property
    def ledger_us(self) -> float:
        """The native calls: what a faster ledger and pool would change."""
        return sum(self.stages_us[name] for name in NATIVE)

    def as_json(self) -> dict[str, Any]:
        """All figures, with what is derived from them."""
        return asdict(self) | {"label": self.settings.label, "ledger_us": self.ledger_us}


def measure(settings: Settings, load: Path, scratch: Path) -> Figures:
    """Starts five processes and returns when all transactions are final on all validators."""
    transactions(load, settings.transactions)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        folder = Path(name)
        names = [f"validator-{i}" for i in range(VALIDATORS)]
        tls.issue(folder, [*names, "client"])
        # Read by OpenSSL when a process loads it, so it must stand in the environment before.
        os.environ["OPENSSL_CONF"] = str(tls.cipher_configuration(folder, settings.cipher))
        spawn = multiprocessing.get_context("spawn")
        pipes, processes = [], []
        for index in range(VALIDATORS + 1):
            ours, theirs = spawn.Pipe()
            validator = index < VALIDATORS
            process = spawn.Process(
                target=run_validator if validator else run_client,
                args=(settings, index if validator else load, folder, theirs),
            )
            process.start()
            theirs.close()
            pipes.append(ours)
            processes.append(process)
        try:
            return follow(settings, pipes)
        finally:
            for process in processes:
                process.join(2)
                if process.is_alive():
                    process.kill()


def answers(pipes: list[Connection]) -> list[Any]:
    """The next message of each; a process that died or hangs ends the run."""
    got: dict[Connection, Any] = {}
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while len(got) < len(pipes):
        ready = wait([p for p in pipes if p not in got], deadline - time.monotonic())
        if not ready:
            raise TimeoutError("a process of the spike does not answer")
        for pipe in ready:
            assert isinstance(pipe, Connection)
            got[pipe] = pipe.recv()
    return [got[pipe] for pipe in pipes]


def tell(pipes: list[Connection], message: object) -> None:
    for pipe in pipes:
        pipe.send(message)


def follow(settings: Settings, pipes: list[Connection]) -> Figures:
    """Leads the processes through one run."""
    validators, client = pipes[:-1], pipes[-1:]
    ports = answers(validators)
    tell(pipes, ports)
    answers(pipes)  # ready
    started = time.monotonic()
    tell(pipes, "go")
    answers(validators)  # done
    wall = time.monotonic() - started
    client_cpu = answers(client)[0]
    tell(validators, "stop")
    reports = answers(validators)
    tell(pipes, "end")
    return figures(settings, wall, client_cpu, reports)


def figures(
    settings: Settings, wall: float, client_cpu: float, reports: list[dict[str, Any]]
) -> Figures:
    if len({(r["log_root"], r["state_root"], r["final"]) for r in reports}) != 1:
        raise AssertionError("the validators do not agree")
    if reports[0]["final"] != settings.transactions:
        raise AssertionError("not all transactions are final")
    scale = 1e6 / settings.transactions

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    cpu = mean([r["user"] + r["system"] for r in reports])
    seconds = {name: mean([r["stages"].get(name, 0.0) for r in reports]) for name in STAGES}
    seconds["log"] = mean([r["log"] for r in reports])
    seconds["other"] = cpu - sum(seconds.values())
    return Figures(
        settings=settings,
        cipher=reports[0]["cipher"],
        wall_seconds=wall,
        final_per_second=settings.transactions / wall,
        cores_used=(VALIDATORS * cpu + client_cpu) / wall,
        cpu_us=cpu * scale,
        system_us=mean([r["system"] for r in reports]) * scale,
        stages_us={name: value * scale for name, value in seconds.items()},
        client_cpu_us=client_cpu * scale,
        blocks=reports[0]["blocks"],
        admit_calls=mean([r["admit_calls"] for r in reports]),
        sync_ms=mean([r["sync_ms"] for r in reports]),
        syncs=mean([r["syncs"] for r in reports]),
        rss_mb=mean([r["rss_mb"] for r in reports]),
    )
