# SPDX-License-Identifier: Apache-2.0
"""Rows as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from chopmark.benchmarks.cases import batch, merkle_root
from chopmark.benchmarks.ledger import World, block_case
from chopmark.benchmarks.measure import Row, measure, too_slow

__all__ = ["comparison", "render"]


def short(value: float) -> str:
    """Three significant digits with k or M."""
    for scale, letter in ((1e6, "M"), (1e3, "k")):
        if value >= scale:
            return f"{value / scale:.3g}{letter}"
    return f"{value:.3g}"


def render(rows: Sequence[Row]) -> str:
    """A line for each row; columns are as wide as they need to be."""
    cells = [("", "native", "pure Python", "ratio", "best peer", "ratio", "unit")]
    for row in rows:
        peer, ratio = "-", "-"
        if row.best_peer is not None and row.ratio_to_peer is not None:
            peer = f"{short(row.best_peer.value)} {row.best_peer.name} {row.best_peer.version}"
            ratio = f"{row.ratio_to_peer:.3g}x"
        pure_ratio = f"{row.ratio_to_pure_python:.3g}x"
        cells.append(
            (row.name, short(row.ours), short(row.pure_python), pure_ratio, peer, ratio, row.unit)
        )
    widths = [max(len(line[i]) for line in cells) for i in range(len(cells[0]))]
    lines = []
    for line in cells:
        name, *rest = (text.ljust(w) if i in (0, 6) else text.rjust(w)
                       for i, (text, w) in enumerate(zip(line, widths)))  # fmt: skip
        lines.append(f"  {name}  {'  '.join(rest)}".rstrip())
    return "\n".join(lines)


def comparison() -> str:
    """The three rows that the demo shows, measured now."""
    chosen = (batch(1024), merkle_root(100_000), block_case(World(1000), "164 members"))
    rows = [measure(case, rounds=3, seconds=0.1) for case in chosen]
    note = too_slow(rows)
    return render(rows) + (f"\n  {note}" if note else "")
