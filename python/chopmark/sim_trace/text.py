# SPDX-License-Identifier: Apache-2.0
"""The diagram as text: a column for each node, a row for each moment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from chopmark.sim_trace.events import Diagram, Event

WIDTH_MIN, WIDTH_MAX = 12, 40
TIME = 12  # columns in front
UP, DOWN = "|", " "


def lines(run: Diagram, shown: Sequence[int], from_ms: float = 0) -> Iterator[str]:
    """Time downward in milliseconds; a node that is down has no line."""
    longest = max((len(e.text) for e in run.events if e.node is not None), default=0)
    width = min(max(longest, WIDTH_MIN), WIDTH_MAX) + 3
    names = (f"node {i} (lies)" if i in run.liars else f"node {i}" for i in shown)
    yield run.title
    yield f"{'ms':>{TIME}}  " + "".join(name.ljust(width) for name in names).rstrip()
    up = dict.fromkeys(shown, True)
    for time_us, group in groupby(run.events, key=lambda event: event.time_us):
        for row in stacked(list(group)):
            text = drawn(row, shown, up, width)
            if time_us >= from_ms * 1000:
                yield f"{time_us / 1000:{TIME}.3f}  {text}".rstrip()


def stacked(events: list[Event]) -> Iterator[list[Event]]:
    """Rows with one event for each node, in its order; what concerns all stands alone."""
    row: list[Event] = []
    for event in events:
        if event.node is None or any(e.node == event.node for e in row):
            if row:
                yield row
            row = []
        if event.node is None:
            yield [event]
        else:
            row.append(event)
    if row:
        yield row


def drawn(row: list[Event], shown: Sequence[int], up: dict[int, bool], width: int) -> str:
    if row[0].node is None:
        mark = "!" if row[0].style == "violation" else "-"
        return f" {row[0].text} ".center(width * len(shown) - 3, mark)
    of = {event.node: event for event in row}
    cells = []
    for node in shown:
        event = of.get(node)
        if event is not None and event.style in ("crash", "restart"):
            up[node] = event.style == "restart"
        mark = UP if up[node] else DOWN
        if event is None:
            cells.append(mark.ljust(width))
        else:
            text = event.text if len(event.text) <= width - 3 else event.text[: width - 5] + ".."
            cells.append(f"{MARKS.get(event.style, '*')} {text}".ljust(width))
    return "".join(cells)


MARKS = {
    "proposal": "@",
    "final": "#",
    "crash": "X",
    "restart": "+",
    "evidence": "!",
    "damage": "!",
}
