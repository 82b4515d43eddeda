# SPDX-License-Identifier: Apache-2.0
"""`chopmark sim`: simulated validators under faults, many seeds at a time."""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import click

from chopmark import sim_trace
from chopmark.sim import (
    PROFILES,
    Run,
    Scenario,
    Summary,
    TraceRow,
    make_plan,
    shrink,
    simulate,
    trace_plan,
)

SHARES = ("crash", "torn_write", "equivocation", "nullified_view", "epoch_change")
SHOWN_MAX = 20
SVG_MS = 1000.0  # that are drawn unless said
AFTER_MS = 20.0  # a violation


@click.command()
@click.option("--validators", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--byzantine", type=click.IntRange(0, 32),
              help="Validators that lie. [default: swarm draws 0 to f for each seed]")  # fmt: skip
@click.option("--crashed", type=click.IntRange(0, 32), default=0,
              help="Validators that never start, in the profile wan.")  # fmt: skip
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True)
@click.option("--first-seed", type=click.IntRange(0, (1 << 63) - 1), default=1, show_default=True)
@click.option("--profile", type=click.Choice(PROFILES), default="swarm", show_default=True)
@click.option("--seconds", type=click.IntRange(1), default=30, show_default=True,
              help="Simulated seconds of each seed, at least.")  # fmt: skip
@click.option("--block-bytes", type=click.IntRange(4, 4 << 20), default=256 << 10,
              show_default=True, help="Payload of a block, in the profile wan.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(0), default=0,
              help="Threads. [default: one for each processor]")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--plan", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="Run what this file says in place of the first seed.")  # fmt: skip
@click.option("--shrink", "shrunk", is_flag=True,
              help="Print the smallest plan that violates what the first seed does.")  # fmt: skip
@click.option("--trace", "traced", is_flag=True,
              help="Print what happens in the first seed, a column for each node.")  # fmt: skip
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path),
              help="Draw it, with its messages, into this file.")  # fmt: skip
@click.option("--from", "from_ms", type=click.FloatRange(0), metavar="MS",
              help="Trace from this moment on.")  # fmt: skip
@click.option("--to", "to_ms", type=click.FloatRange(0), metavar="MS",
              help="Trace to this moment. [default: the end; SVG: one second]")  # fmt: skip
@click.option("--node", "shown", type=click.IntRange(0), multiple=True,
              help="Trace this node only; may be given again.")  # fmt: skip
def sim(
    validators: int,
    byzantine: int | None,
    crashed: int,
    seeds: int,
    first_seed: int,
    profile: str,
    seconds: int,
    block_bytes: int,
    jobs: int,
    as_json: bool,
    plan: Path | None,
    shrunk: bool,
    traced: bool,
    svg: Path | None,
    from_ms: float | None,
    to_ms: float | None,
    shown: tuple[int, ...],
) -> None:
    """Run whole validators under a simulated network, clock and disk, and check every step.

    A seed and the version of this program repeat a run exactly. The exit status is 1 if an
    invariant did not hold.
    """
    for name, count in (("--byzantine", byzantine or 0), ("--crashed", crashed)):
        if count > validators:
            raise click.UsageError(f"{name} is more than there are validators")
    scenario = Scenario(profile, validators, byzantine, crashed, seconds, block_bytes)
    if plan or shrunk or traced or svg:
        text = plan.read_text(encoding="utf-8") if plan else make_plan(scenario, first_seed)
        sys.exit(one_run(text, shrunk, traced, svg, from_ms, to_ms, shown))
    started = time.monotonic()
    summary = simulate(scenario, first_seed, seeds, jobs)
    about = record(summary, scenario, time.monotonic() - started)
    if as_json:
        click.echo(json.dumps(about))
    else:
        show(summary, about)
    if summary.failed:
        sys.exit(1)


def one_run(
    plan: str,
    shrunk: bool,
    traced: bool,
    svg: Path | None,
    from_ms: float | None,
    to_ms: float | None,
    shown: tuple[int, ...],
) -> int:
    """Plays a plan, smaller if wanted, and shows it. Returns the exit status."""
    try:
        smaller = shrink(plan) if shrunk else None
        if smaller is not None:
            plan = smaller.plan
        run, rows = trace_plan(plan)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if smaller is not None:
        words = "no line of it can be left out" if smaller.minimal else "not the smallest, perhaps"
        click.echo(f"# {smaller.runs} runs, {words}")
        click.echo(plan, nl=False)
    if traced or svg:
        draw(run, rows, plan, traced, svg, from_ms, to_ms, shown)
    if not traced:
        for one in run.violations:
            click.echo(f"# {one.time_us / 1e6:.6f} s: invariant {one.invariant}: {one.what}")
        if not run.violations:
            click.echo(f"# no violation in {run.simulated_us / 1e6:.1f} s, "
                       f"{run.finalized_blocks} blocks final, {run.event_hash:016x}")  # fmt: skip
    return 1 if run.violations else 0


def draw(
    run: Run,
    rows: list[TraceRow],
    plan: str,
    traced: bool,
    svg: Path | None,
    from_ms: float | None,
    to_ms: float | None,
    shown: tuple[int, ...],
) -> None:
    """The diagrams that are wanted: the whole run as text, the second that matters most as SVG."""
    whole = sim_trace.diagram(run, rows, plan)
    nodes = sorted(set(shown)) or range(whole.nodes)
    if max(nodes) >= whole.nodes:
        raise click.UsageError(f"there are {whole.nodes} nodes")
    if traced:
        part = whole.cut(from_ms or 0, math.inf if to_ms is None else to_ms, nodes)
        for line in sim_trace.lines(part, nodes, from_ms or 0):
            click.echo(line)
    if svg is not None:
        first = min((one.time_us for one in run.violations), default=None)
        if to_ms is None and (from_ms is not None or first is None):
            to_ms = (from_ms or 0) + SVG_MS
        elif to_ms is None and first is not None:
            to_ms = first / 1000 + AFTER_MS
        end_ms = to_ms or 0.0
        start_ms = max(end_ms - SVG_MS, 0.0) if from_ms is None else from_ms
        part = whole.cut(start_ms, end_ms, nodes)
        svg.write_text(sim_trace.svg(part, nodes, start_ms, end_ms), encoding="utf-8")


def record(summary: Summary, scenario: Scenario, wall: float) -> dict[str, Any]:
    """What `--json` prints."""
    about: dict[str, Any] = {
        "profile": scenario.profile,
        "validators": scenario.validators,
        "seeds": summary.seeds,
        "counted": summary.counted,
        "violations": summary.violations,
        "failed_seeds": [run.seed for run in summary.failed][:SHOWN_MAX],
        "finalized_blocks": summary.finalized_blocks,
        "simulated_seconds": round(summary.simulated_us / 1e6, 3),
        "wall_seconds": round(wall, 3),
        "events": summary.events,
        "event_hash": f"{summary.event_hash:016x}",
        "coverage": {name: round(summary.share(name), 4) for name in SHARES},
    }
    about["coverage_more"] = {
        name: round(summary.share(name), 4) for name in summary.covered if name not in SHARES
    }
    if scenario.profile == "wan":
        about["finality_ms"] = {"p50": summary.finality_ms(50), "p99": summary.finality_ms(99)}
    return about


def show(summary: Summary, about: dict[str, Any]) -> None:
    """A short table, and what went wrong."""
    for name, value in about.items():
        if name in ("coverage", "coverage_more"):
            shares = [f"{key} {100 * share:.0f} %" for key, share in value.items()]
            for i in range(0, len(shares), 4):
                click.echo(f"{name if i == 0 else '':18} {', '.join(shares[i : i + 4])}")
        elif name == "finality_ms":
            click.echo(f"{name:18} p50 {value['p50']}, p99 {value['p99']}")
        elif name != "failed_seeds":
            click.echo(f"{name:18} {value}")
    wall = float(about["wall_seconds"]) or 1e-9
    click.echo(f"{'speed':18} {about['simulated_seconds'] / wall:.0f} x real time, "
               f"{summary.events / wall:.0f} events/s")  # fmt: skip
    for run in summary.failed[:SHOWN_MAX]:
        first = run.violations[0]
        click.echo(f"seed {run.seed}: invariant {first.invariant} at {first.time_us / 1e6:.6f} s: "
                   f"{first.what} ({len(run.violations)} in all)")  # fmt: skip
    if len(summary.failed) > SHOWN_MAX:
        click.echo(f"and {len(summary.failed) - SHOWN_MAX} seeds more")
