# SPDX-License-Identifier: Apache-2.0
"""What happened in a run, decoded: the events of each node, and the way of each message."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from chopmark.reference.messages import Vote, parse_evidence
from chopmark.sim import Run, TraceKind, TraceRow
from chopmark.sim_trace.words import evidence_words, numbers, parsed, said, short, style_of, view_of

EVERYBODY = 0xFFFF


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that a node did; of all nodes if `node` is None."""

    time_us: int
    node: int | None
    style: str  # what it is drawn as
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """A message from one node to another; `arrived_us` None if it never came there."""

    sent_us: int
    arrived_us: int | None
    sender: int
    receiver: int
    style: str
    data: bytes


@dataclass(slots=True)
class Diagram:
    """A run, or a part of one."""

    title: str
    nodes: int
    liars: frozenset[int]
    events: list[Event] = field(default_factory=list)
    ways: list[Way] = field(default_factory=list)

    def cut(self, from_ms: float, to_ms: float, shown: Sequence[int]) -> Diagram:
        """Of these nodes between these moments. Crashes before are kept, since they last."""

        def inside(time_us: int) -> bool:
            return from_ms * 1000 <= time_us <= to_ms * 1000

        lasting = ("crash", "restart", "partition", "whole")
        return Diagram(
            self.title,
            self.nodes,
            self.liars,
            [e for e in self.events
             if (e.node is None or e.node in shown)
             and (inside(e.time_us) or (e.style in lasting and e.time_us <= to_ms * 1000))],
            [w for w in self.ways
             if w.sender in shown and w.receiver in shown
             and (inside(w.sent_us) or inside(w.arrived_us or w.sent_us))],
        )  # fmt: skip


def values_of(plan: str) -> dict[str, str]:
    """The lines of a plan by name."""
    pairs = (line.split("#")[0].partition("=") for line in plan.splitlines())
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def diagram(run: Run, rows: Sequence[TraceRow], plan: str) -> Diagram:
    """The whole run that a plan and its trace describe."""
    values = values_of(plan)
    nodes = int(values.get("validators", "4")) + int(values.get("spares", "0"))
    listed = values.get("byzantine", "none")
    liars = frozenset() if listed == "none" else frozenset(int(i) for i in listed.split())
    profile = values.get("profile", "swarm")
    out = Diagram(f"{profile}, seed {run.seed}", nodes, liars)
    out.events = [*events(rows, nodes), *violations(run)]
    out.events.sort(key=lambda event: event.time_us)  # stable: a violation comes after its cause
    latency = [int(one) for one in values.get("network.latency_us", "20000").split()]
    out.ways = list(ways(rows, nodes, latency))
    return out


def violations(run: Run) -> Iterator[Event]:
    for one in run.violations:
        text = f"violates invariant {one.invariant}: {one.what}"
        yield Event(one.time_us, None, "violation", text)


def events(rows: Iterable[TraceRow], nodes: int) -> Iterator[Event]:
    """One for each thing that a node did; what it sent to some one by one is one event."""
    open_send: TraceRow | None = None
    receivers: list[int] = []

    def close() -> Iterator[Event]:
        if open_send is not None:
            to = f" > {numbers(receivers)}" if 0 < len(receivers) < nodes - 1 else ""
            text = said(open_send.data, nodes) + in_the_name_of(open_send, nodes) + to
            yield Event(open_send.time_us, open_send.node, style_of(open_send.data), text)

    for row in rows:
        if row.kind == TraceKind.ARRIVED:
            continue
        if (
            row.kind == TraceKind.SENT
            and row.peer != EVERYBODY
            and receivers
            and open_send is not None
            and (row.time_us, row.node, row.data)
            == (open_send.time_us, open_send.node, open_send.data)
        ):
            receivers.append(row.peer)
            continue
        yield from close()
        open_send = None
        if row.kind == TraceKind.SENT and row.data[:1] == b"\x57":
            continue  # said where the replica asks for it
        if row.kind == TraceKind.SENT:
            open_send, receivers = row, [] if row.peer == EVERYBODY else [row.peer]
        else:
            yield other(row, nodes)
    yield from close()


def in_the_name_of(row: TraceRow, nodes: int) -> str:
    """In the first epoch the index of a validator is the number of its node."""
    vote = parsed(row.data, nodes)
    forged = isinstance(vote, Vote) and vote.epoch == 1 and vote.validator != row.node
    return f" as {vote.validator}" if forged and isinstance(vote, Vote) else ""


def other(row: TraceRow, nodes: int) -> Event:
    """Anything but a message."""

    def of(style: str, text: str) -> Event:
        return Event(row.time_us, row.node, style, text)

    match row.kind:
        case TraceKind.DELIVERED:
            height = int.from_bytes(row.data[:8], "big")
            epoch, view = (int.from_bytes(row.data[at : at + 8], "big") for at in (74, 82))
            return of("final", f"FINAL h{height} {short(row.data[8:])} {view_of(epoch, view)}")
        case TraceKind.CRASHED:
            return of("crash", "CRASH")
        case TraceKind.STARTED:
            return of("restart", "RESTART, amnesic" if row.data == b"\1" else "RESTART")
        case TraceKind.EPOCH:
            return of("epoch", "EPOCH ends")
        case TraceKind.EVIDENCE:
            found = parse_evidence(row.data)
            return of("evidence", evidence_words(found.kind, found.culprit))
        case TraceKind.DAMAGED:
            return of("damage", f"DISK: {row.data.decode().replace('_', ' ')}")
        case TraceKind.COPIED:
            return of("damage", "SECOND PROCESS with this key")
        case TraceKind.PARTED if row.data:
            return Event(row.time_us, None, "partition", parted(row.data, nodes))
        case TraceKind.PARTED:
            return Event(row.time_us, None, "whole", "partition ends")
        case TraceKind.HEALED if row.time_us == 0:
            return Event(0, None, "whole", "no faults")
        case TraceKind.HEALED:
            return Event(row.time_us, None, "whole", "faults stop")
    return of("other", row.kind.name.lower())


def parted(cut: bytes, nodes: int) -> str:
    """Who does not reach whom."""
    senders = [i for i in range(nodes) if any(cut[i * nodes : (i + 1) * nodes])]
    receivers = [i for i in range(nodes) if any(cut[i::nodes])]
    if senders != receivers:
        return f"partition: {numbers(senders)} do not reach {numbers(receivers)}"
    side = [i for i in senders if not cut[senders[0] * nodes + i]]
    rest = [i for i in range(nodes) if i not in side]
    return f"partition: {numbers(side)} | {numbers(rest)}"


def ways(rows: Iterable[TraceRow], nodes: int, latency_us: Sequence[int]) -> Iterator[Way]:
    """Pairs what was sent with what arrived: the last time that it can have been sent."""
    sent: dict[tuple[int, int, bytes], list[int]] = defaultdict(list)
    came: set[tuple[int, int, bytes, int]] = set()
    for row in rows:
        if row.kind == TraceKind.SENT:
            all_nodes = row.peer == EVERYBODY
            for peer in range(nodes) if all_nodes else (row.peer,):
                if peer != row.node:
                    sent[row.node, peer, row.data].append(row.time_us)
        elif row.kind == TraceKind.ARRIVED:
            key = (row.peer, row.node, row.data)
            link = row.peer * nodes + row.node
            least = latency_us[link if len(latency_us) > 1 else 0]
            times = sent.get(key, [])
            at = bisect_right(times, row.time_us - least) - 1
            if at < 0:  # of a second process with the key, which has other links
                continue
            came.add((*key, times[at]))
            yield Way(times[at], row.time_us, *key[:2], style_of(row.data), row.data)
    for (sender, receiver, data), times in sent.items():
        for time_us in times:
            if (sender, receiver, data, time_us) not in came:
                yield Way(time_us, None, sender, receiver, style_of(data), data)
