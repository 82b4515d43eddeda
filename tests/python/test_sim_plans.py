# SPDX-License-Identifier: Apache-2.0
"""Plans of simulated runs: replayed, made smaller, drawn (docs/testing.md, "Plans")."""

from __future__ import annotations

import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from chopmark.cli.sim import sim
from chopmark.sim import (
    Scenario,
    TraceKind,
    make_plan,
    run_plan,
    shrink,
    simulate,
    trace,
    trace_plan,
)
from chopmark.sim_trace import diagram, lines, svg

ROOT = Path(__file__).resolve().parents[2]
PLANS = sorted((ROOT / "tests/scripts/consensus").glob("*.plan"))
MUTANTS = ROOT / "build/mutants/chopmark_mutants"
TRIED = 8  # seeds, as cpp/src/sim/shrink.hpp says

STORMY = """
seed = 5
validators = 4
liar_acts = equivocate collude
byzantine = 2
network.loss_ppm = 50000
network.split_ppm = 400000
network.weather_us = 100000
crash.step_ppm = 4000
heal_us = 3000000
stop_us = 3500000
"""

THREE_VIEWS = """\
lan, seed 1
          ms  node 0                          node 1                          node 2                          node 3
       0.000  --------------------------------------------------------- no faults ---------------------------------------------------------
      40.100  |                               @ propose v1 h1 ....            |                               |
      41.200  * notarize v1 ....              |                               * notarize v1 ....              * notarize v1 ....
      42.200  * notarization v1 .... by 0,1,2 * notarization v1 .... by 0,1,2 * notarization v1 .... by 0,1,2 * notarization v1 .... by 0,1,3
      42.300  * finalize v1 ....              * finalize v1 ....              * finalize v1 ....              * finalize v1 ....
      43.300  * finalization v1 .... by 0,1,2 * finalization v1 .... by 1,2,3 * finalization v1 .... by 1,2,3 * finalization v1 .... by 1,2,3
      43.400  # FINAL h1 .... v1              # FINAL h1 .... v1              # FINAL h1 .... v1              # FINAL h1 .... v1
      80.100  @ propose v2 h2 ....            |                               |                               |
      81.200  |                               * notarize v2 ....              * notarize v2 ....              * notarize v2 ....
      82.200  * notarization v2 .... by 0,1,2 * notarization v2 .... by 0,1,2 * notarization v2 .... by 0,1,2 * notarization v2 .... by 0,1,3
      82.300  * finalize v2 ....              * finalize v2 ....              * finalize v2 ....              * finalize v2 ....
      83.300  * finalization v2 .... by 0,2,3 * finalization v2 .... by 0,1,2 * finalization v2 .... by 0,2,3 * finalization v2 .... by 0,2,3
      83.400  # FINAL h2 .... v2              # FINAL h2 .... v2              # FINAL h2 .... v2              # FINAL h2 .... v2
"""  # noqa: E501


@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_committed_plan_violates_nothing(path: Path) -> None:
    run = run_plan(path.read_text())
    assert run.violations == ()
    assert run.events > 0


def test_there_are_plans() -> None:
    assert len(PLANS) >= 4
    assert all(re.search(r"^# mutant \d+$", path.read_text(), re.MULTILINE) for path in PLANS)


def finds(mutant: str, plan: Path) -> bool:
    command = [str(MUTANTS), "--only", mutant, "--plan", str(plan)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode == 0


def without_one(text: str) -> Iterator[str]:
    """The plan without one of the lines that say what goes wrong, or without one way to lie."""
    plan = [line for line in text.splitlines() if line and not line.startswith("#")]
    for line in plan:
        name, _, value = line.partition(" = ")
        if name in ("seed", "validators", "stop_us"):  # which run of it, and how long
            continue
        less = [""] if name != "liar_acts" else lies_but_one(line, value.split())
        for other in less:
            yield "\n".join(other if one == line else one for one in plan)


def lies_but_one(line: str, lies: list[str]) -> list[str]:
    if len(lies) == 1:
        return []
    return [line.replace(f" {lie}", "") for lie in lies]


@pytest.mark.skipif(not MUTANTS.exists(), reason="the preset mutants is not built")
@pytest.mark.parametrize("path", PLANS, ids=lambda path: path.stem)
def test_committed_plan_finds_its_mutant_and_is_minimal(path: Path, tmp_path: Path) -> None:
    text = path.read_text()
    (mutant,) = re.findall(r"^# mutant (\d+)$", text, re.MULTILINE)
    assert finds(mutant, path)
    less = tmp_path / "less.plan"
    for smaller in without_one(text):
        for seed in [None, *range(1, TRIED)]:
            own = smaller if seed is None else re.sub(r"seed = \d+", f"seed = {seed}", smaller)
            less.write_text(own)
            assert not finds(mutant, less), own


def test_seed_gives_the_same_trace_again() -> None:
    scenario = Scenario(seconds=3)
    one, rows = trace(scenario, 11)
    again, rows_again = trace(scenario, 11)
    assert one == again
    assert rows == rows_again
    assert rows != trace(scenario, 12)[1]


def test_plan_of_a_seed_is_its_run() -> None:
    scenario = Scenario(seconds=5)
    seeds = range(40, 46)
    runs = [run_plan(make_plan(scenario, seed)) for seed in seeds]
    assert sum(run.events for run in runs) == simulate(scenario, seeds[0], len(seeds), 1).events
    one, rows = trace_plan(make_plan(scenario, 41))
    assert one == runs[1]
    assert one == trace(scenario, 41)[0]
    assert {row.kind for row in rows} >= {TraceKind.SENT, TraceKind.ARRIVED, TraceKind.DELIVERED}


@pytest.mark.parametrize("text", ["seed", "validators = 99", "disk.sync_us = 7 3", "moon = 1"])
def test_wrong_plan_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        run_plan(text)
    path = tmp_path / "wrong.plan"
    path.write_text(text)
    done = CliRunner().invoke(sim, ["--plan", str(path)])
    assert done.exit_code == 1
    assert "Error" in done.output


def masked(text: str) -> str:
    """Digests of blocks say nothing to a reader, and change with every field of a header."""
    return re.sub(r"\b[0-9a-f]{4}\b", "....", text)


def test_diagram_of_two_views() -> None:
    arguments = ["--profile", "lan", "--seconds", "1", "--trace", "--to", "100"]
    done = CliRunner().invoke(sim, arguments)
    assert done.exit_code == 0
    assert masked(done.output) == THREE_VIEWS


def test_diagram_says_what_went_wrong() -> None:
    run, rows = trace_plan(STORMY)
    whole = diagram(run, rows, STORMY)
    text = "\n".join(lines(whole, range(4)))
    for words in ("node 2 (lies)", "X CRASH", "+ RESTART", "partition: ", "faults stop",
                  "EVIDENCE E", "propose v1 h1", "# FINAL h1 "):  # fmt: skip
        assert words in text
    assert all(way.arrived_us is None or way.arrived_us > way.sent_us for way in whole.ways)
    arrived = sum(row.kind == TraceKind.ARRIVED for row in rows)
    assert sum(way.arrived_us is not None for way in whole.ways) == arrived
    assert any(way.arrived_us is None for way in whole.ways)


def test_diagram_of_one_node_and_a_moment() -> None:
    arguments = ["--profile", "lan", "--seconds", "1", "--trace", "--node", "2"]
    done = CliRunner().invoke(sim, [*arguments, "--from", "80", "--to", "84"])
    assert masked(done.output).splitlines()[2:] == [
        "      81.200  * notarize v2 ....",
        "      82.200  * notarization v2 .... by 0,1,2",
        "      82.300  * finalize v2 ....",
        "      83.300  * finalization v2 .... by 0,2,3",
        "      83.400  # FINAL h2 .... v2",
    ]


def test_drawing_has_all_messages(tmp_path: Path) -> None:
    path = tmp_path / "run.svg"
    plan = tmp_path / "run.plan"
    plan.write_text(STORMY)
    done = CliRunner().invoke(sim, ["--plan", str(plan), "--svg", str(path), "--to", "400",
                                     "--from", "0"])  # fmt: skip
    assert done.exit_code == 0, done.output
    drawn = ElementTree.fromstring(path.read_text())
    space = "{http://www.w3.org/2000/svg}"
    names = [text.text for text in drawn.iter(f"{space}text")]
    assert {"node 0", "node 1", "node 2 lies", "node 3"} <= set(names)
    run, rows = trace_plan(STORMY)
    part = diagram(run, rows, STORMY).cut(0, 400, range(4))
    assert len(list(drawn.iter(f"{space}g"))) == sum(
        way.arrived_us is not None for way in part.ways
    )
    assert names.count("×") >= sum(way.arrived_us is None for way in part.ways) > 0
    assert svg(part, range(4), 0, 400) == path.read_text()


def test_run_that_goes_well_cannot_be_made_smaller() -> None:
    assert shrink(STORMY) is None


def test_failing_run_shrinks_to_what_it_needs() -> None:
    # Nobody can be ready so soon after the faults: a run that always fails, to have one.
    failing = STORMY.replace("stop_us = 3500000", "patience_us = 1000")
    small = shrink(failing, 400)
    assert small is not None
    assert small.minimal
    assert {line.split()[0] for line in small.plan.splitlines()} == {
        "seed", "validators", "patience_us", "stop_us"}  # fmt: skip
    assert [one.invariant for one in run_plan(small.plan).violations] == [14]
    assert run_plan(small.plan.replace("patience_us = 1000\n", "")).violations == ()
