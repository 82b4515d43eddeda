# SPDX-License-Identifier: Apache-2.0
"""How many third-party cases each kind of test checked on each backend.

Call `count` after the checks, so that a case that failed is not counted.
"""

from __future__ import annotations

from collections import Counter

_counts: Counter[tuple[str, str]] = Counter()


def count(kind: str, backend: str, n: int) -> None:
    """Adds n checked third-party cases of `kind` on `backend` (or "reference")."""
    _counts[kind, backend] += n


def lines() -> list[str]:
    """One line per kind and backend, in order of kind."""
    return [
        f"third-party cases: {kind} [{backend}] {n}"
        for (kind, backend), n in sorted(_counts.items())
    ]
