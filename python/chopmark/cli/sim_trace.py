# SPDX-License-Identifier: Apache-2.0
"""A trace of one simulated run as a space-time diagram: text, or SVG."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from html import escape

from chopmark.sim import TraceKind, TraceRow

EVERYBODY = 0xFFFF
COLUMN = 26
KINDS = {0x10: "notarize", 0x11: "nullify", 0x12: "finalize"}
COLOURS = {0x50: "#1f5fbf", 0x51: "#777777", 0x52: "#2e8b57", 0x53: "#b8860b", 0x54: "#1f5fbf"}

# Pixels of the SVG.
PER_NODE = 160
PER_MS = 4
MARGIN = 60


def u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "big")


def said(message: bytes) -> str:
    """A message in a few words: what, epoch.view, block."""
    tag = message[0] if message else 0
    if tag in (0x50, 0x54):
        name = "propose" if tag == 0x50 else "block"
        closing = " closing" if message[1] == 0x21 else ""
        return f"{name}{closing} {u64(message, 35)}.{u64(message, 43)} h{u64(message, 51)}"
    if tag == 0x51:
        digest = f" {message[20:22].hex()}" if message[1] != 0x11 else ""
        kind = KINDS.get(message[1], "vote")
        return f"{kind} {u64(message, 4)}.{u64(message, 12)}{digest}"
    if tag == 0x52:
        digest = f" {message[18:20].hex()}" if message[1] != 0x11 else ""
        kind = KINDS.get(message[1], "vote")
        return f"{kind}s {u64(message, 2)}.{u64(message, 10)}{digest}"
    if tag == 0x53:
        what = {1: "certificate", 2: "block", 3: "final"}.get(message[17], "?")
        return f"ask {what} {u64(message, 9)}"
    names = {0x55: "amnesia ask", 0x56: "amnesia reply", 0x57: "evidence", 0x58: "transactions"}
    return names.get(tag, f"message {tag:02x}")


def happened(row: TraceRow) -> str:
    """Anything but an arrival, in a few words."""
    match row.kind:
        case TraceKind.SENT:
            return said(row.data) + ("" if row.peer == EVERYBODY else f" >{row.peer}")
        case TraceKind.DELIVERED:
            return f"FINAL h{u64(row.data, 0)} {row.data[8:10].hex()}"
        case TraceKind.CRASHED:
            return "CRASH"
        case TraceKind.STARTED:
            return "START amnesic" if row.data == b"\1" else "START"
        case TraceKind.EPOCH:
            return "EPOCH ends"
        case TraceKind.EVIDENCE:
            return f"EVIDENCE E{row.data[0]} on {int.from_bytes(row.data[1:3], 'big')}"
        case _:
            return row.kind.name


def lines(rows: Iterable[TraceRow], validators: int) -> Iterator[str]:
    """One line for each thing that a node does, in its column."""
    shown = [row for row in rows if row.kind != TraceKind.ARRIVED]
    nodes = max([validators, *(row.node + 1 for row in shown)])
    yield "     seconds  " + "".join(f"node {i}".ljust(COLUMN) for i in range(nodes)).rstrip()
    for row in shown:
        if row.kind == TraceKind.HEALED:
            yield f"{row.time_us / 1e6:12.6f}  {' faults stop '.center(COLUMN * nodes, '-')}"
            continue
        yield f"{row.time_us / 1e6:12.6f}  {' ' * (COLUMN * row.node)}{happened(row)}"


def svg(rows: Iterable[TraceRow], validators: int, from_ms: float, to_ms: float) -> str:
    """Nodes from left to right, time downward, a line for each message that arrived."""
    out: list[str] = []
    nodes = validators
    on_the_way: dict[tuple[int, int, bytes], deque[int]] = defaultdict(deque)

    def place(node: int, time_us: int) -> tuple[float, float]:
        return MARGIN + PER_NODE * node, MARGIN + PER_MS * (time_us / 1000 - from_ms)

    for row in rows:
        nodes = max(nodes, row.node + 1)
        inside = from_ms <= row.time_us / 1000 <= to_ms
        if row.kind == TraceKind.SENT:
            on_the_way[row.node, row.peer, row.data].append(row.time_us)
        if row.kind == TraceKind.ARRIVED:
            times = on_the_way[row.peer, row.node, row.data]
            times = times or on_the_way[row.peer, EVERYBODY, row.data]
            if not times or not inside:
                continue
            (x1, y1), (x2, y2) = place(row.peer, times[-1]), place(row.node, row.time_us)
            colour = COLOURS.get(row.data[0], "#999999")
            out.append(
                f'<line x1="{x1:.0f}" y1="{y1:.1f}" x2="{x2:.0f}" y2="{y2:.1f}" '
                f'stroke="{colour}" stroke-width="0.7">'
                f"<title>{escape(said(row.data))}</title></line>"
            )
        elif inside:
            x, y = place(row.node, row.time_us)
            out.append(f'<text x="{x + 3:.0f}" y="{y:.1f}">{escape(happened(row))}</text>')
    height = MARGIN * 2 + PER_MS * (to_ms - from_ms)
    axes = [
        f'<line x1="{MARGIN + PER_NODE * i}" y1="{MARGIN}" x2="{MARGIN + PER_NODE * i}" '
        f'y2="{height - MARGIN:.0f}" stroke="black"/>'
        f'<text x="{MARGIN + PER_NODE * i - 20}" y="{MARGIN - 12}">node {i}</text>'
        for i in range(nodes)
    ]
    size = f'width="{2 * MARGIN + PER_NODE * nodes}" height="{height:.0f}"'
    font = 'font-family="monospace" font-size="9"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font}>'
    ground = '<rect width="100%" height="100%" fill="white"/>'
    return "\n".join([head, ground, *axes, *out, "</svg>"])
