# SPDX-License-Identifier: Apache-2.0
"""Runs of whole validators with real signatures and the real ledger (`real_world`).

CHOPMARK_REAL_SEEDS=1000 runs as many instead of the few of the suite.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from fake_folder import FakeFolder
from real_world import ALL, Judge, Node, Violation, Weather, World, public, run_seeds, secret

from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Certificate,
    Evidence,
    Vote,
    parse_message,
    vote_payload,
)

SEEDS = int(os.environ.get("CHOPMARK_REAL_SEEDS", "24"))
FIRST = 1000
CHUNK = 8
LYING_SEEDS = (1, 7, 23, 26)
KEYS = tuple(public(i) for i in range(4))
ONE, OTHER = b"\x01" * 32, b"\x02" * 32


@pytest.mark.parametrize("first", range(FIRST, FIRST + SEEDS, CHUNK))
def test_seeds(first: int) -> None:
    total, violations = run_seeds(first, min(CHUNK, FIRST + SEEDS - first))
    assert violations == []
    for what in ("crashes", "transactions", "failed transactions", "proofs", "blocks",
                 "signatures of votes", "signatures of certificates"):  # fmt: skip
        assert total[what] > 0, what


def test_a_seed_replays_its_run() -> None:
    trails = []
    for _ in range(2):
        world = World(FIRST)
        world.go()
        trails.append((world.trail.hexdigest(), world.judge.headers, world.counts))
    assert trails[0] == trails[1]


class LyingFolder(FakeFolder):
    """Says that appended records are durable, and writes them when it likes."""

    def sync(self, name: str) -> None:
        if name.endswith(".new"):
            super().sync(name)
        else:
            self._enter(f"sync {name}")


def test_a_disk_that_lies_is_found() -> None:
    """What a validator forgot that way it contradicts sooner or later, and the judge sees it."""
    found = []
    for seed in LYING_SEEDS:
        try:
            World(seed, LyingFolder).go()
        except Violation as violation:
            found.append(str(violation))
    assert any("of view" in one for one in found), found


def judge() -> Judge:
    return Judge(b"genesis", KEYS, Counter())


def vote(kind: int, digest: bytes, by: int = 1, view: int = 3) -> Vote:
    digest = bytes(32) if kind == NULLIFY else digest
    said = vote_payload(judge().chain_id, kind, 1, view, digest)
    return Vote(kind, by, 1, view, digest, secret(by).sign(said))


@pytest.mark.parametrize(
    "votes",
    [
        [vote(NOTARIZE, ONE), vote(NOTARIZE, OTHER)],
        [vote(FINALIZE, ONE), vote(FINALIZE, OTHER)],
        [vote(FINALIZE, ONE), vote(NULLIFY, ONE)],
        [vote(NULLIFY, ONE), vote(FINALIZE, ONE)],
        [vote(NOTARIZE, ONE), vote(FINALIZE, OTHER)],
        [vote(NOTARIZE, ONE, by=2)],
        [Vote(NOTARIZE, 1, 1, 3, ONE, secret(2).sign(b"else"))],
    ],
)
def test_judge_of_words(votes: list[Vote]) -> None:
    seen = judge()
    for one in votes[:-1]:
        seen.hear(KEYS[1], one.encode())
    with pytest.raises(Violation):
        seen.hear(KEYS[1], votes[-1].encode())


def test_judge_of_certificates() -> None:
    good = Certificate(FINALIZE, 1, 3, ONE, {i: vote(FINALIZE, ONE, i).signature for i in range(3)})
    judge().verify(good)
    wrong = good.signatures | {2: vote(FINALIZE, OTHER, 2).signature}
    forged = Certificate(FINALIZE, 1, 3, ONE, wrong)
    few = Certificate(FINALIZE, 1, 3, ONE, {0: good.signatures[0]})
    for one in (forged, few):
        with pytest.raises(Violation):
            judge().verify(one)


def test_judge_of_evidence() -> None:
    """Evidence against an honest validator."""
    first, second = vote(NOTARIZE, ONE), vote(NOTARIZE, OTHER)
    evidence = Evidence(2, 1, 1, first.encode(), second.encode()).encode_alone()
    judge().accused(evidence, {KEYS[1]})
    with pytest.raises(Violation, match="accused"):
        judge().accused(evidence, {KEYS[2]})
    forged = Evidence(2, 1, 1, first.encode(), Vote(NOTARIZE, 1, 1, 3, OTHER, bytes(64)).encode())
    with pytest.raises(Violation, match="does not hold"):
        judge().accused(forged.encode_alone(), {KEYS[1]})


def test_liars_have_two_faces() -> None:
    """Both as well signed: the words of a liar are evidence against it."""
    world = World(FIRST)
    parsed = parse_message(world.other_face(vote(NOTARIZE, ONE).encode(), 1), ALL)
    assert isinstance(parsed, Vote)
    said = vote_payload(world.chain_id, parsed.kind, 1, 3, parsed.digest)
    secret(1).public_key().verify(parsed.signature, said)


def test_seeds_draw_everything() -> None:
    drawn = [World(seed).weather for seed in range(60)]
    assert {one.n for one in drawn} == {1, 4, 5, 7}
    for what in ("spares", "epoch_blocks", "loss", "duplicate", "spike", "split", "crash", "damage",
                 "liars"):  # fmt: skip
        assert {bool(getattr(one, what)) for one in drawn} == {False, True}, what
    assert all(len(one.liars) <= (one.n - 1) // 3 for one in drawn)
    assert isinstance(drawn[0], Weather) and Node(0, World(1)).key == KEYS[0]
