# SPDX-License-Identifier: Apache-2.0
"""Cases of the state tree: batches, proofs and their verification, one thread.

`hash_bound` says what a batch would reach if nothing but its hashes took time.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from chopmark import hash, state
from chopmark.benchmarks.case import SAMPLE, Case, Work, require
from chopmark.reference import state as reference

__all__ = ["hash_bound", "memory_per_key", "state_cases", "state_prove", "state_update",
           "state_verify"]  # fmt: skip

Rows = NDArray[np.uint8]

BATCH = 10_000
POOL = 64  # batches drawn before anything is measured
HASHES = ("blake3", "sha256", "sm3")


def rows(label: str, count: int) -> Rows:
    """Pseudo-random rows of 32 bytes, the same on every machine."""
    stream = hashlib.shake_256(f"chopmark state {label}".encode()).digest(32 * count)
    return np.frombuffer(stream, np.uint8).reshape(count, 32)


@cache
def filled(keys: int, name: str) -> tuple[state.StateTree, Rows]:
    """A tree of that many keys, and the keys."""
    tree, all_keys = state.StateTree(hash=name), rows("key", keys)
    for start in range(0, keys, 1 << 18):
        part = all_keys[start : start + (1 << 18)]
        tree.update(part, part)
    require(tree.size() == keys)
    return tree, all_keys


@cache
def pure_update() -> Work:
    """The reference makes the whole root anew, so that its tree is kept small."""
    content = {row.tobytes(): bytes(32) for row in rows("pure", SAMPLE)}
    return Work(lambda: reference.root(content), SAMPLE, "chopmark.reference.state, whole root")


def state_update(keys: int, name: str, *, overlay: bool = False) -> Case:
    """Batches of 10,000: half change keys that are there, half insert new ones. With `overlay` each
    goes into an overlay that is merged after.
    """
    tree, old = filled(keys, name)
    draw = np.random.default_rng(1)
    values = rows("value", BATCH)
    batches = draw.integers(0, 256, (POOL, BATCH, 32), dtype=np.uint8)
    for batch in batches:
        batch[::2] = old[draw.choice(keys, BATCH // 2, replace=False, shuffle=False)]
    turns = itertools.count(1)

    def run() -> None:
        turn = next(turns)
        batch = batches[turn % POOL]
        batch[1::2, 24:] = np.frombuffer(turn.to_bytes(8), np.uint8)  # keys not seen before
        if not overlay:
            tree.update(batch, values)
            return
        version = tree.overlay()
        tree.update(batch, values, version=version)
        tree.merge(version)

    way = "an overlay, merged" if overlay else "in place"
    return Case(f"state.update {name}, {keys} keys, {way}", "updates/s", Work(run, BATCH),
                pure_update())  # fmt: skip


def state_prove(keys: int, name: str) -> Case:
    """Proofs of 1,000 random keys that are there."""
    tree, old = filled(keys, name)
    draw = np.random.default_rng(2)
    content = {row.tobytes(): bytes(32) for row in old[:SAMPLE]}
    first = next(iter(content))
    return Case(
        f"state.prove {name}, {keys} keys",
        "proofs/s",
        Work(lambda: tree.prove(old[draw.integers(0, keys, 1000)]), 1000),
        Work(lambda: reference.prove(content, first), 1, f"the reference, {SAMPLE} keys"),
    )


def state_verify(keys: int, name: str, *, absent: bool = False) -> Case:
    """1,000 proofs verified in one call."""
    tree, old = filled(keys, name)
    some = rows("absent", 1000) if absent else old[:: keys // 1000][:1000]
    proofs, root = tree.prove(some), tree.root()
    values, _ = tree.get(some)
    one = (root, some[0].tobytes(), values[0].tobytes(), proofs[0])

    def ours() -> None:
        if absent:
            verdicts = state.verify_absence_batch(root, some, proofs, hash=name)
        else:
            verdicts = state.verify_inclusion_batch(root, some, values, proofs, hash=name)
        require(bool(verdicts.all()))

    def pure() -> None:
        if absent:
            require(reference.verify_absence(one[0], one[1], one[3], name))
        else:
            require(reference.verify_inclusion(*one, name))

    what = "absence" if absent else "inclusion"
    size = len(proofs.data) / 1000
    return Case(f"state.verify_{what} {name}, {keys} keys, {size:.0f} B each", "proofs/s",
                Work(ours, 1000), Work(pure, 1, "chopmark.reference.state"))  # fmt: skip


def hash_bound(keys: int, name: str) -> float:
    """Updates/s in batches of 10,000 if only hashing took time: the nodes above one leaf that it
    does not share with others, and the leaf; inputs of 64 or 65 bytes packed in the cache.
    """
    hashes = np.log2(keys / BATCH) + 1.33 + 1
    many, size = {"blake3": (hash.blake3_many, 64), "sha256": (hash.sha256_many, 65),
                  "sm3": (hash.sm3_many, 65)}[name]  # fmt: skip
    inputs = np.zeros((4096, size), np.uint8)
    many(inputs)
    started = time.perf_counter()
    for _ in range(20):
        many(inputs)
    return float(20 * 4096 / (time.perf_counter() - started) / hashes)


def memory_per_key(keys: int) -> float:
    """Bytes that the native side holds for each key of a tree of that many."""
    return filled(keys, "blake3")[0].memory / keys


def state_cases(quick: bool) -> Iterator[Case]:
    """All of them: a tree of a million keys, or of ten."""
    keys = 1_000_000 if quick else 10_000_000
    for name in HASHES[:1] if quick else HASHES:
        yield state_update(keys, name)
        yield state_verify(keys, name)
        if name == "blake3":
            yield state_update(keys, name, overlay=True)
            yield state_verify(keys, name, absent=True)
            yield state_prove(keys, name)
        filled.cache_clear()
