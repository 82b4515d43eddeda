# SPDX-License-Identifier: Apache-2.0
"""Logs as chunks that never change once full, and trees built from parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from test_merkle import HASHES, leaves, whole_log

from chopmark import Ragged, merkle
from chopmark.errors import InvalidProof


def chunks_of(log: merkle.Log, size: int) -> list[np.ndarray]:
    return [log.chunk(i, leaves=size) for i in range(-(-log.size // size))]


def rebuilt(chunks: Sequence[Any], log: merkle.Log, **options: Any) -> merkle.Log:
    return merkle.Log.from_chunks(chunks, log.size, log.root(), leaves=64, **options)


@pytest.mark.parametrize("name", HASHES)
def test_log_from_its_chunks(backend: str, name: str) -> None:
    for size in (0, 1, 63, 64, 65, 128, 1000):
        log = merkle.Log(hash=name)
        log.extend(leaves(size))
        chunks = chunks_of(log, 64)
        assert sum(map(len, chunks)) == size
        again = rebuilt(chunks, log, hash=name, threads=2)
        assert np.array_equal(again.leaf_hashes(), log.leaf_hashes())
        for at in range(0, size + 1, 1 + size // 10):
            assert again.root(at) == log.root(at)
            assert again.prove_consistency(at) == log.prove_consistency(at)


def test_full_chunks_never_change() -> None:
    """Storage only appends: what was written of a chunk is the beginning of what it becomes."""
    log = merkle.Log()
    stored: list[np.ndarray] = []
    for step in (1, 62, 1, 1, 100, 7, 300, 64):
        log.extend(leaves(1000)[log.size : log.size + step])
        now = chunks_of(log, 64)
        for before, after in zip(stored, now, strict=False):
            assert np.array_equal(before, after[: len(before)])
            assert len(before) < 64 or len(after) == 64
        stored = now
    assert np.array_equal(np.concatenate(stored), log.leaf_hashes())


def test_full_chunk_is_a_subtree() -> None:
    """Its root is a node of the tree, so that a chunk can be checked by itself."""
    log = whole_log("sha256", 300)
    nodes = merkle.Frontier()
    for number in range(4):
        part = merkle.Frontier()
        part.extend_hashes(log.chunk(number, leaves=64))
        nodes.extend_hashes([part.root()])
        assert nodes.root() == log.root(64 * (number + 1))
    # The proof of any of its leaves ends with the proof of the chunk.
    proof = log.prove_inclusion(70, 256)
    part = merkle.Frontier()
    part.extend_hashes(log.chunk(1, leaves=64))
    merkle.verify_inclusion(part.root(), 1, 4, proof[6:], log.root(256))


def test_wrong_chunks_are_refused() -> None:
    log = merkle.Log()
    log.extend(leaves(300))
    good = chunks_of(log, 64)
    rebuilt(good, log)
    spoiled = []
    for number in range(len(good)):
        for row, byte, bit in ((0, 0, 1), (5, 31, 128), (len(good[number]) - 1, 7, 16)):
            chunk = good[number].copy()
            chunk[row, byte] ^= bit
            spoiled.append([*good[:number], chunk, *good[number + 1 :]])
    wrong: list[list[Any]] = [
        *spoiled,
        [],
        good[:-1],
        good[1:],
        [*good, good[-1]],
        [good[1], good[0], *good[2:]],
        [good[0], good[0], *good[2:]],
        [good[0][:63], *good[1:]],  # not full
        [np.concatenate(good[:2]), *good[2:]],  # another cut of the same hashes
        [np.concatenate(good)],
        [*good[:-1], good[-1][:-1]],
        [*good[:-1], good[-1][:20], good[-1][20:]],
        [*good, good[0][:0]],
    ]
    for chunks in wrong:
        with pytest.raises(InvalidProof):
            rebuilt(chunks, log)
    for size, root in ((299, log.root()), (301, log.root()), (300, log.root(299)), (300, b"")):
        with pytest.raises(InvalidProof):
            merkle.Log.from_chunks(good, size, root, leaves=64)
    with pytest.raises(InvalidProof):
        merkle.Log.from_chunks(good, 300, log.root(), leaves=64, hash="sm3")


def test_chunk_arguments() -> None:
    log = whole_log("sha256", 300)
    assert len(log.chunk(0)) == 300 < merkle.CHUNK_LEAVES
    for number in (-1, 5, 2**70):
        with pytest.raises(ValueError, match="out of range"):
            log.chunk(number, leaves=64)
    for size in (0, -1, 3, 65):
        with pytest.raises(ValueError, match="power of two"):
            log.chunk(0, leaves=size)
        with pytest.raises(ValueError, match="power of two"):
            merkle.Log.from_chunks([], 0, merkle.root([]), leaves=size)
    for start, stop in ((-1, 3), (4, 3), (0, 301), (301, None), (301, 301), (2**64, 2**64)):
        with pytest.raises(ValueError, match="out of range"):
            log.leaf_hashes(start, stop)
    assert log.leaf_hashes(300).shape == (0, 32)
    empty = merkle.Log()
    with pytest.raises(ValueError, match="out of range"):
        empty.chunk(0)
    hashes = log.leaf_hashes(0, 9)
    forms: list[Any] = [
        hashes,
        list(hashes),
        [row.tobytes() for row in hashes],
        np.asfortranarray(hashes),
        Ragged(hashes.tobytes(), np.arange(0, 9 * 32 + 1, 32)),
    ]
    for form in forms:
        for tree in (merkle.Log(), merkle.Frontier()):
            tree.extend_hashes(form)
            assert tree.root() == log.root(9)
    for tree in (merkle.Log(), merkle.Frontier()):
        with pytest.raises(ValueError, match="32 bytes"):
            tree.extend_hashes([bytes(31)])
        with pytest.raises(ValueError, match="32 bytes"):
            tree.extend_hashes(np.zeros((2, 64), np.uint8))
        with pytest.raises(TypeError):
            tree.extend_hashes(bytes(32))  # type: ignore[arg-type]
        assert tree.size == len(tree) == 0
        with pytest.raises(ValueError, match="threads"):
            tree.extend([], threads=-1)


@pytest.mark.parametrize("name", HASHES)
def test_frontier_in_any_parts(backend: str, name: str) -> None:
    data = leaves(3000)
    log = whole_log(name, 3000)
    for part in (1, 7, 64, 1000, 1024, 1025, 2500):
        frontier = merkle.Frontier(hash=name)
        end = 200 if part == 1 else 3000
        for at in range(0, end, part):
            frontier.extend(data[at : min(end, at + part)], threads=1 + at % 2)
            assert frontier.root() == log.root(frontier.size)
        assert frontier.size == end


def test_roll_back_to_a_size(backend: str) -> None:
    data = leaves(5000)
    for kept in (0, 1, 255, 256, 4095, 4096, 4097, 5000):
        log = merkle.Log()
        log.extend(data)
        log.truncate(kept)
        assert log.size == kept
        assert log.root() == whole_log("sha256", 5000).root(kept)
        log.extend(data[kept:])
        assert log.root() == whole_log("sha256", 5000).root()
    for size in (-1, 5001, 2**64):
        with pytest.raises(ValueError, match="out of range"):
            log.truncate(size)
    with pytest.raises(TypeError):
        log.truncate(True)
    assert log.size == 5000
