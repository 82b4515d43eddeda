# SPDX-License-Identifier: Apache-2.0
"""`chopmark sim` and `chopmark.sim`: what they print and return. What the simulator finds is tested
in C++ and by the runs whose records are committed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from chopmark.cli.sim import sim
from chopmark.sim import Scenario, TraceKind, follow, simulate, trace

ROOT = Path(__file__).resolve().parents[2]
SHORT = Scenario("swarm", seconds=5)


def test_json_has_what_the_command_promises() -> None:
    asked = ["--seeds", "3", "--seconds", "5", "--json"]
    result = CliRunner().invoke(sim, asked)
    about = json.loads(result.output)
    assert {"seeds", "violations", "finalized_blocks", "simulated_seconds", "wall_seconds"} <= set(
        about
    )
    assert set(about["coverage"]) == {
        "crash", "torn_write", "equivocation", "nullified_view", "epoch_change",
    }  # fmt: skip
    assert about["seeds"] == 3
    assert about["events"] > 1000
    assert result.exit_code == (1 if about["violations"] else 0)
    again = json.loads(CliRunner().invoke(sim, [*asked, "--jobs", "1"]).output)
    assert again["event_hash"] == about["event_hash"]


def test_wan_tells_how_long_finality_takes() -> None:
    asked = ["--profile", "wan", "--validators", "4", "--seconds", "2", "--block-bytes", "1000"]
    about = json.loads(CliRunner().invoke(sim, [*asked, "--json"]).output)
    assert 10 < about["finality_ms"]["p50"] <= about["finality_ms"]["p99"] < 1000


def test_exit_status_is_1_when_an_invariant_does_not_hold() -> None:
    asked = ["--byzantine", "3", "--seeds", "30", "--seconds", "10"]  # more than f
    result = CliRunner().invoke(sim, asked)
    assert result.exit_code == 1
    assert "invariant" in result.output


def test_seeds_split_over_threads_sum_up_to_the_same() -> None:
    one, three = simulate(SHORT, 40, 9, jobs=1), simulate(SHORT, 40, 9, jobs=3)
    assert (one.event_hash, one.events, one.covered) == (
        three.event_hash, three.events, three.covered,
    )  # fmt: skip


def test_trace_is_of_the_same_run(tmp_path: Path) -> None:
    summary = simulate(SHORT, 7, 1)
    run, rows = trace(SHORT, 7)
    assert run.events == summary.events
    kinds = {row.kind for row in rows}
    assert {TraceKind.SENT, TraceKind.ARRIVED, TraceKind.DELIVERED} <= kinds
    assert [row.time_us for row in rows] == sorted(row.time_us for row in rows)
    picture = tmp_path / "run.svg"
    result = CliRunner().invoke(
        sim, ["--first-seed", "7", "--seconds", "5", "--trace", "--svg", str(picture)]
    )
    assert "propose" in result.output
    assert "FINAL h1 " in result.output
    assert picture.read_text().count("<line") > 50
    followed, steps = follow(SHORT, 7, 0)
    assert followed.event_hash == run.event_hash
    assert {row.node for row in steps} <= {0}


def test_table_of_cities_is_what_its_generator_writes() -> None:
    subprocess.run([sys.executable, "tools/wan_cities.py", "--check"], cwd=ROOT, check=True)
