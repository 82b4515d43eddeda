# SPDX-License-Identifier: Apache-2.0
"""Forks that more than f Byzantine validators made: at least f + 1 of them are named and nobody
else (docs/spec/consensus.md, B-92). `python tests/python/over_threshold.py` judges many more.
"""

from __future__ import annotations

import pytest
from over_threshold import (
    Violation,
    check,
    forks,
    judge,
    node_key,
    read_chains,
    run_seed,
    sign,
)

from chopmark import _core
from chopmark.reference.codec import parse_header
from chopmark.reference.messages import parse_certificate, vote_payload
from chopmark.sim import Scenario

FOUR, SEVEN = Scenario(validators=4, byzantine=2), Scenario(validators=7, byzantine=3)
SEEDS = [(FOUR, seed) for seed in (3, 5, 21)] + [(SEVEN, seed) for seed in (1, 2)]


@pytest.mark.parametrize(("scenario", "seed"), SEEDS)
def test_forks_name_their_makers(scenario: Scenario, seed: int) -> None:
    total = run_seed(scenario, seed)
    assert total.violations == []
    assert total.forks > 0


def test_check_of_names() -> None:
    """Too few names, and an honest one, are noticed."""
    _, liars, rows = _core.sim.final_rows(*FOUR._arguments(), 3)
    a, b, height = forks(read_chains(rows, liars))[0]
    judge(a, b, height, 4, liars, 3)
    with pytest.raises(Violation, match="honest"):
        judge(a, b, height, 4, liars[:1], 3)
    chain_id = parse_header(a.blocks[0].header).chain_id
    keys = tuple(node_key(i) for i in range(4))
    with pytest.raises(Violation, match="only 0"):
        check([], chain_id, chain_id, keys, liars, 3)


def test_scheme() -> None:
    """The signatures of simulated runs, by this code and by the simulator's."""
    _, _, rows = _core.sim.final_rows(*Scenario("lan", seconds=1)._arguments(), 1)
    [chain, *_] = read_chains(rows, [])
    block = next(one for one in chain.blocks if one.certificate)
    one = parse_certificate(block.certificate, 4)
    chain_id = parse_header(block.header).chain_id
    payload = vote_payload(chain_id, one.kind, one.epoch, one.view, one.digest)
    assert one.signatures == {i: sign(node_key(i), payload) for i in one.signatures}
