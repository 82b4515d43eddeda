# SPDX-License-Identifier: Apache-2.0
"""The diagram as SVG: time downward, a line for each node, an arrow for each message."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from html import escape

from chopmark.sim_trace.events import Diagram, Event, Way
from chopmark.sim_trace.words import said

COLOURS = {
    "proposal": "#1746a2",
    "notarize": "#64a6e8",
    "notarization": "#0f8b8d",
    "nullify": "#f2a65a",
    "nullification": "#c8553d",
    "finalize": "#8cc152",
    "finalization": "#2e7d32",
    "block": "#7e57c2",
    "ask": "#8d8d8d",
    "amnesia": "#d81b60",
    "evidence": "#d00000",
    "unreadable": "#000000",
}
HEAVY = {"proposal": 1.8, "notarization": 1.2, "nullification": 1.2, "finalization": 1.2}
DARKER = {"notarize": "#2f78c4", "nullify": "#b86a00", "finalize": "#5a8a1d"}  # for words
LABELS = {
    "final": "#1b5e20",
    "crash": "#d00000",
    "restart": "#333333",
    "epoch": "#6a1b9a",
    "damage": "#d00000",
    "violation": "#d00000",
    "partition": "#8a6d00",
    "whole": "#2e7d32",
}

# Pixels.
LEFT, RIGHT, FOOT = 84, 330, 30
HEAD = 92
COLUMN = 250
ROW = 10  # between two labels of a node
LETTER = 5.45
HEIGHT_MIN, HEIGHT_MAX = 360, 8_000
PARTS = 12  # of the time
LOST = 0.16  # of the way is drawn of a message that does not arrive
TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 60_000)  # ms


class Canvas:
    """Where things are, and what was drawn; later parts lie on top."""

    def __init__(self, run: Diagram, shown: Sequence[int], from_ms: float, to_ms: float) -> None:
        self.run, self.shown = run, shown
        self.from_us, self.to_us = from_ms * 1000, to_ms * 1000
        self.tall = min(max(PARTS * ROW * self.busiest(), HEIGHT_MIN), HEIGHT_MAX)
        self.wide = LEFT + COLUMN * (len(shown) - 1) + RIGHT
        self.out: list[str] = []

    def busiest(self) -> int:
        """Labels that one node has in one part of the time, at most: they get room there."""
        part_us = max((self.to_us - self.from_us) / PARTS, 1)
        labels = Counter(
            (event.node, (event.time_us - self.from_us) // part_us)
            for event in self.run.events
            if event.node is not None and self.from_us <= event.time_us <= self.to_us
        )
        return max(labels.values(), default=0) + 1

    def x(self, node: int) -> float:
        return LEFT + COLUMN * self.shown.index(node)

    def y(self, time_us: float) -> float:
        part = (time_us - self.from_us) / max(self.to_us - self.from_us, 1)
        return HEAD + self.tall * min(max(part, 0.0), 1.0)

    def text(self, x: float, y: float, words: str, colour: str = "#222", more: str = "") -> None:
        self.out.append(
            f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" {more}>{escape(words)}</text>'
        )

    def rect(self, x: float, y: float, width: float, height: float, more: str) -> None:
        self.out.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" {more}/>'
        )

    def line(self, a: tuple[float, float], b: tuple[float, float], more: str) -> None:
        self.out.append(
            f'<line x1="{a[0]:.1f}" y1="{a[1]:.1f}" x2="{b[0]:.1f}" y2="{b[1]:.1f}" {more}/>'
        )


def svg(run: Diagram, shown: Sequence[int], from_ms: float, to_ms: float) -> str:
    """Of what `Diagram.cut` left of a run."""
    canvas = Canvas(run, shown, from_ms, to_ms)
    draw_time(canvas)
    draw_partitions(canvas)
    draw_nodes(canvas)
    for way in run.ways:
        draw_way(canvas, way)
    draw_events(canvas)
    draw_legend(canvas)
    size = f'width="{canvas.wide}" height="{HEAD + canvas.tall + FOOT}"'
    font = 'font-family="DejaVu Sans Mono, monospace" font-size="9"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    ground = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, arrowheads(), ground, *canvas.out, "</svg>", ""])


def arrowheads() -> str:
    shapes = (
        f'<marker id="{style}" viewBox="0 0 8 6" refX="8" refY="3" markerWidth="8" '
        f'markerHeight="6" markerUnits="userSpaceOnUse" orient="auto">'
        f'<path d="M0,0 L8,3 L0,6 z" fill="{colour}"/></marker>'
        for style, colour in COLOURS.items()
    )
    return f"<defs>{''.join(shapes)}</defs>"


def draw_time(canvas: Canvas) -> None:
    """A tick about every 50 pixels."""
    span_ms = max((canvas.to_us - canvas.from_us) / 1000, 1e-3)
    step = next((t for t in TICKS if t * canvas.tall / span_ms >= 50), TICKS[-1])
    tick = -(-canvas.from_us // (step * 1000)) * step
    while tick * 1000 <= canvas.to_us:
        y = canvas.y(tick * 1000)
        canvas.line((LEFT - 24, y), (canvas.wide - 10, y), 'stroke="#ececec"')
        canvas.text(LEFT - 28, y + 3, f"{tick:g} ms", "#777", 'text-anchor="end"')
        tick += step


def draw_partitions(canvas: Canvas) -> None:
    """A band from each partition to the next change."""
    began: Event | None = None
    for event in [*canvas.run.events, None]:
        if event is not None and event.style not in ("partition", "whole"):
            continue
        until = canvas.to_us if event is None else event.time_us
        if began is not None and until > canvas.from_us:
            top, end = canvas.y(began.time_us), canvas.y(until)
            canvas.rect(LEFT - 22, top, canvas.wide - LEFT + 12, end - top, 'fill="#fff3c4"')
        began = event if event is not None and event.style == "partition" else None


def draw_nodes(canvas: Canvas) -> None:
    """A line while the node is up; a red band while it is down."""
    for node in canvas.shown:
        x = canvas.x(node)
        colour = "#8e24aa" if node in canvas.run.liars else "#444"
        name = f"node {node}" + (" lies" if node in canvas.run.liars else "")
        canvas.text(
            x, HEAD - 10, name, colour, 'text-anchor="middle" font-size="12" font-weight="bold"'
        )
        since, up = canvas.from_us, True
        for time_us, now_up in [*changes(canvas.run.events, node), (canvas.to_us, True)]:
            if time_us >= canvas.from_us:
                top, end = canvas.y(since), canvas.y(time_us)
                if up:
                    canvas.line((x, top), (x, end), f'stroke="{colour}" stroke-width="1.5"')
                else:
                    canvas.rect(
                        x - 4,
                        top,
                        8,
                        end - top,
                        'fill="#ffd0d0" stroke="#d00000" stroke-width="0.5" stroke-dasharray="2,2"',
                    )
            since, up = max(time_us, canvas.from_us), now_up


def changes(events: Sequence[Event], node: int) -> Iterator[tuple[int, bool]]:
    for event in events:
        if event.node == node and event.style in ("crash", "restart"):
            yield event.time_us, event.style == "restart"


def draw_way(canvas: Canvas, way: Way) -> None:
    colour = COLOURS[way.style]
    start = (canvas.x(way.sender), canvas.y(way.sent_us))
    hint = f"<title>{escape(said(way.data, canvas.run.nodes))}, {way.sender} to {way.receiver}"
    if way.arrived_us is None:
        toward = canvas.x(way.receiver) - start[0]
        # As steep as the others are, about.
        end = (start[0] + LOST * toward, min(start[1] + 8, HEAD + canvas.tall))
        canvas.line(
            start, end, f'stroke="{colour}" stroke-width="0.8" stroke-dasharray="2,2" opacity="0.8"'
        )
        canvas.text(end[0] - 2.5, end[1] + 3, "×", "#d00000")
        return
    end = (canvas.x(way.receiver), canvas.y(way.arrived_us))
    heavy = HEAVY.get(way.style, 0.8)
    canvas.out.append(
        f'<g>{hint}</title><line x1="{start[0]:.1f}" y1="{start[1]:.1f}" x2="{end[0]:.1f}" '
        f'y2="{end[1]:.1f}" stroke="{colour}" stroke-width="{heavy}" opacity="0.85" '
        f'marker-end="url(#{way.style})"/></g>'
    )


def draw_events(canvas: Canvas) -> None:
    """Labels to the right of the lines, pushed down where they would lie on each other."""
    free: dict[int, float] = defaultdict(float)
    for event in canvas.run.events:
        if not canvas.from_us <= event.time_us <= canvas.to_us:
            continue
        y = canvas.y(event.time_us)
        colour = (
            LABELS.get(event.style) or DARKER.get(event.style) or COLOURS.get(event.style, "#222")
        )
        if event.node is None:
            draw_for_all(canvas, event, y, colour)
            continue
        x = canvas.x(event.node)
        at = max(y + 3, free[event.node])
        free[event.node] = at + ROW
        bold = event.style in ("final", "crash", "restart", "epoch", "damage", "evidence")
        canvas.rect(x + 9, at - 8, LETTER * len(event.text) + 4, 10, 'fill="white" opacity="0.75"')
        if at - y > 4:
            canvas.line((x, y), (x + 9, at - 3), 'stroke="#bbb" stroke-width="0.5"')
        canvas.text(x + 11, at, event.text, colour, 'font-weight="bold"' if bold else "")
        draw_mark(canvas, event.style, x, y)


def draw_for_all(canvas: Canvas, event: Event, y: float, colour: str) -> None:
    canvas.line(
        (LEFT - 22, y),
        (canvas.wide - 10, y),
        f'stroke="{colour}" stroke-width="1.5" stroke-dasharray="6,3"',
    )
    width = LETTER * len(event.text) * 1.12 + 8
    x = max(canvas.wide - 12 - width, LEFT)  # where no node has labels
    canvas.rect(x, y - 6, width, 13, f'fill="white" stroke="{colour}" stroke-width="0.7"')
    canvas.text(x + 4, y + 4, event.text, colour, 'font-weight="bold" font-size="10"')


def draw_mark(canvas: Canvas, style: str, x: float, y: float) -> None:
    if style == "final":
        canvas.out.append(
            f'<path d="M{x - 5:.1f},{y:.1f} l5,-5 l5,5 l-5,5 z" fill="#2e7d32" stroke="white"/>'
        )
    elif style == "proposal":
        canvas.rect(x - 4, y - 4, 8, 8, f'fill="{COLOURS["proposal"]}" stroke="white"')
    elif style == "crash":
        for slope in (-5, 5):
            canvas.line(
                (x - 5, y - slope), (x + 5, y + slope), 'stroke="#d00000" stroke-width="2.5"'
            )
    else:
        colour = LABELS.get(style) or COLOURS.get(style, "#222")
        canvas.out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}"/>')


def draw_legend(canvas: Canvas) -> None:
    span = f"{canvas.from_us / 1000:g} to {canvas.to_us / 1000:g} ms"
    canvas.text(12, 20, f"{canvas.run.title}, {span}", "#000", 'font-size="13" font-weight="bold"')
    x, y = 12.0, 40.0
    used = {way.style for way in canvas.run.ways}
    for style, colour in COLOURS.items():
        if style not in used:
            continue
        canvas.line(
            (x, y - 3),
            (x + 22, y - 3),
            f'stroke="{colour}" stroke-width="{HEAVY.get(style, 1)}" marker-end="url(#{style})"',
        )
        canvas.text(x + 27, y, style)
        x += 27 + LETTER * len(style) + 16
    x, y = 12.0, 58.0
    for style, words in (
        ("proposal", "proposes"),
        ("final", "final at this node"),
        ("crash", "crash"),
    ):
        draw_mark(canvas, style, x + 5, y - 3)
        canvas.text(x + 14, y, words)
        x += 14 + LETTER * len(words) + 16
    canvas.text(x, y, "×", "#d00000")
    canvas.text(x + 9, y, "message that does not arrive")
