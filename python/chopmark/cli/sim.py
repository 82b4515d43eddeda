# SPDX-License-Identifier: Apache-2.0
"""`chopmark sim`: simulated validators under faults, many seeds at a time."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import click

from chopmark.sim import PROFILES, Scenario, Summary, simulate, trace

SHARES = ("crash", "torn_write", "equivocation", "nullified_view", "epoch_change")
SHOWN_MAX = 20


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
@click.option("--trace", "traced", is_flag=True, help="Print what happens in the first seed.")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path),
              help="With --trace: draw it into this file.")  # fmt: skip
@click.option("--window-ms", type=(float, float), default=(0.0, 1000.0), show_default=True,
              help="What of it is drawn.")  # fmt: skip
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
    traced: bool,
    svg: Path | None,
    window_ms: tuple[float, float],
) -> None:
    """Run whole validators under a simulated network, clock and disk, and check every step.

    A seed and the version of this program repeat a run exactly. The exit status is 1 if an
    invariant did not hold.
    """
    for name, count in (("--byzantine", byzantine or 0), ("--crashed", crashed)):
        if count > validators:
            raise click.UsageError(f"{name} is more than there are validators")
    scenario = Scenario(profile, validators, byzantine, crashed, seconds, block_bytes)
    if traced:
        from chopmark.cli import sim_trace

        run, rows = trace(scenario, first_seed)
        if svg is not None:
            svg.write_text(sim_trace.svg(rows, validators, *window_ms), encoding="utf-8")
        for line in sim_trace.lines(rows, validators):
            click.echo(line)
        for one in run.violations:
            click.echo(f"{one.time_us / 1e6:12.6f}  violates invariant {one.invariant}: {one.what}")
        sys.exit(1 if run.violations else 0)
    started = time.monotonic()
    summary = simulate(scenario, first_seed, seeds, jobs)
    about = record(summary, scenario, time.monotonic() - started)
    if as_json:
        click.echo(json.dumps(about))
    else:
        show(summary, about)
    if summary.failed:
        sys.exit(1)


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
