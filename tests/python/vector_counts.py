# SPDX-License-Identifier: Apache-2.0
"""Counts third-party cases for the summary: a run says what it really checked, and on what."""

from __future__ import annotations

from collections import Counter

COUNTS: Counter[tuple[str, str]] = Counter()


def count(kind: str, backend: str, n: int) -> None:
    """`n` cases of `kind` were checked on `backend` ("reference" for the pure-Python one)."""
    COUNTS[kind, backend] += n
