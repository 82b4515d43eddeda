# SPDX-License-Identifier: Apache-2.0
"""What a case is: the same work done natively, in pure Python, and by installed peers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version

__all__ = ["SAMPLE", "SIGNERS", "Case", "Work", "peer", "require", "seed"]

SIGNERS = 164  # institutions of the pilot: the permissioned case of repeated signers
SAMPLE = 64  # items that the slow side does, at the least


@dataclass(frozen=True)
class Work:
    """One way of doing it: `run()` does `items` of them."""

    run: Callable[[], object]
    items: int
    name: str = "chopmark"
    version: str = ""


@dataclass(frozen=True)
class Case:
    """The same work done in several ways."""

    name: str
    unit: str
    ours: Work
    pure_python: Work
    peers: list[Work] = field(default_factory=list)


def peer(package: str, make: Callable[[], Callable[[], object]], items: int) -> list[Work]:
    """A peer, if its package is installed."""
    try:
        return [Work(make(), items, package, version(package))]
    except ImportError:
        return []


def seed(label: str, index: int) -> bytes:
    return hashlib.sha256(f"chopmark bench {label} {index}".encode()).digest()


def require(correct: bool) -> None:
    """What is measured must also be right."""
    if not correct:
        raise AssertionError("a benchmark computed a wrong result")
