# SPDX-License-Identifier: Apache-2.0
"""Figures are what was measured: ratios, floors of the baselines, records."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from chopmark.benchmarks import cases, consensus, measure, merkle, state, table
from chopmark.benchmarks.case import Case, Work
from chopmark.reference import merkle as reference


def sleeping(ms: float, items: int, name: str = "chopmark") -> Work:
    return Work(lambda: time.sleep(ms / 1000), items, name, "1.0")


@pytest.fixture
def row() -> measure.Row:
    case = Case("things", "things/s", sleeping(2, 100), sleeping(4, 10, "slow"),
                [sleeping(3, 20, "one"), sleeping(3, 40, "two")])  # fmt: skip
    return measure.measure(case, rounds=3, seconds=0.01)


def test_ratios(row: measure.Row) -> None:
    assert row.best_peer is not None and row.ratio_to_peer is not None
    assert row.best_peer.name == "two"
    assert row.ratio_to_pure_python == row.ours / row.pure_python
    assert row.ratio_to_peer == row.ours / row.best_peer.value
    assert row.ours > row.best_peer.value > row.pure_python


def test_slow_machines_are_named() -> None:
    def made(name: str, pure: float, baseline: str = "") -> measure.Row:
        return measure.Row(name, 1.0, pure, baseline, None, "x/s", 1.0, None)

    ed25519 = "chopmark.reference.ed25519"
    assert measure.too_slow([made("a", 230.0, ed25519), made("merkle.root, 1", 1.3e6)]) is None
    for slow in (made("a", 229.0, ed25519), made("merkle.root, 1", 1.29e6)):
        note = measure.too_slow([slow])
        assert note is not None and "too slow to compare" in note


def test_wrong_results_stop_a_benchmark() -> None:
    with pytest.raises(AssertionError):
        cases.require(False)


def test_record(row: measure.Row, tmp_path: Path) -> None:
    path = measure.save(tmp_path / "records", measure.record([row], []))
    kept = json.loads(path.read_text())
    assert kept["rows"][0]["best_peer"] == {
        "name": "two", "version": "1.0", "value": row.best_peer.value,  # type: ignore[union-attr]
    }  # fmt: skip
    assert kept["cpu"] and kept["compiler"] and kept["threads"] == 1


def test_table_is_aligned(row: measure.Row) -> None:
    lines = table.render([row, row]).splitlines()
    assert lines[1] == lines[2] and "two 1.0" in lines[1]
    assert lines[0].index("unit") == lines[1].index("things/s")


def test_every_case_is_named_once() -> None:
    names = [case.name for case in cases.cases(quick=True)]
    assert len(set(names)) == len(names)


def test_merkle_cases(monkeypatch: pytest.MonkeyPatch) -> None:
    """They check what they measure."""
    monkeypatch.setattr(merkle, "FEW", 50)
    proven = merkle.Proven(301)
    made = [merkle.root_case(301, 200), merkle.node_case(300), merkle.extend_case(301),
            merkle.prove_case(proven), merkle.verify_case(proven)]  # fmt: skip
    for case in made:
        case.ours.run()
        case.pure_python.run()


def test_state_cases() -> None:
    """They check what they measure."""
    made = [state.state_update(20_000, "blake3"), state.state_update(20_000, "sm3", overlay=True),
            state.state_prove(20_000, "sha256"), state.state_verify(20_000, "sm3"),
            state.state_verify(20_000, "blake3", absent=True)]  # fmt: skip
    for case in made:
        case.ours.run()
        case.pure_python.run()
    assert state.hash_bound(20_000, "sha256") > 0
    assert 70 < state.memory_per_key(20_000) < 200
    state.filled.cache_clear()


def test_stream_is_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merkle, "STREAM_PART", 1000)
    parts = merkle.packed_leaves(1000, 32)
    monkeypatch.setattr(merkle, "packed_leaves", lambda n, width: parts)
    leaves = [i.to_bytes(8, "little") + parts[i % 1000, 8:].tobytes() for i in range(2500)]
    assert merkle.stream(2500) == reference.root(leaves)


def test_consensus_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each way replays the same life of one validator."""
    case = consensus.consensus_case(4, 3, 8)
    for work in (case.ours, case.pure_python, *case.peers):
        work.run()
    tape = consensus.record_views(4, 3, 8)
    assert tape.play(None) >= 8
    assert tape.signatures >= 2 * 8  # two quorums, less what is its own
    monkeypatch.setattr(consensus, "SIZES", ((4, 3),))
    monkeypatch.setattr(consensus, "views_of", lambda _n, _quick: 8)
    [split] = consensus.consensus_splits(quick=True, rounds=1)
    assert all(ns > 0 for ns in split.nanoseconds.values())
