# SPDX-License-Identifier: Apache-2.0
"""What is measured of trees and logs: roots of long leaves, nodes, batches of proofs, streaming.

`python -m chopmark.benchmarks.merkle` builds a log of 100 million entries in bounded memory and
prints one line.
"""

from __future__ import annotations

import hashlib
import resource
import sys
import time
from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import merkle
from chopmark.benchmarks.case import Case, Work, peer, require
from chopmark.reference import merkle as reference

__all__ = ["merkle_cases", "stream"]

Uint8Array: TypeAlias = NDArray[np.uint8]

STREAM_PART = 1_000_000  # entries that are in memory at once
FEW = 2000  # proofs that the slow side does
BATCH = 10_000  # proofs of one call


def packed_leaves(n: int, width: int) -> Uint8Array:
    block = hashlib.shake_256(b"chopmark merkle").digest(n * width)
    return np.frombuffer(block, np.uint8).reshape(n, width)


def root_case(n: int, width: int) -> Case:
    """RFC 9162 root over n packed leaves, SHA-256."""
    array = packed_leaves(n, width)
    items = [row.tobytes() for row in array]
    require(merkle.root(array) == reference.root_iterative(items))
    return Case(
        f"merkle.root, {n} leaves of {width} B",
        "leaves/s",
        Work(lambda: merkle.root(array), n),
        Work(lambda: reference.root_iterative(items), n, "hashlib, level by level"),
    )


def node_case(n: int) -> Case:
    """Nodes of 65 bytes: the root over n leaf hashes, which are hashed no more."""
    hashes = packed_leaves(n, 32)
    pairs = [b"\x01" + row.tobytes() for row in hashes.reshape(-1, 64)]

    def ours() -> None:
        frontier = merkle.Frontier()
        frontier.extend_hashes(hashes)
        frontier.root()

    return Case(
        f"merkle nodes of 65 B, tree of {n}",
        "nodes/s",
        Work(ours, n - 1),
        Work(lambda: [hashlib.sha256(x).digest() for x in pairs], len(pairs), "hashlib loop"),
    )


def extend_case(n: int) -> Case:
    """A log of n entries of 200 bytes that keeps every node."""
    array = packed_leaves(n, 200)
    items = [row.tobytes() for row in array]

    def ours() -> None:
        log = merkle.Log()
        log.extend(array)

    def pymerkle() -> Callable[[], object]:
        from pymerkle import InmemoryTree

        def run() -> None:
            tree = InmemoryTree(algorithm="sha256")
            for leaf in items[:FEW]:
                tree.append_entry(leaf)

        return run

    return Case(
        f"merkle.Log.extend, {n} entries of 200 B",
        "entries/s",
        Work(ours, n),
        Work(lambda: reference.root_iterative(items), n, "hashlib, level by level, root only"),
        peer("pymerkle", pymerkle, FEW),
    )


class Proven:
    """A log of n entries, and proofs of some at random."""

    def __init__(self, n: int) -> None:
        self.size = n
        self.log = merkle.Log()
        self.log.extend(packed_leaves(n, 32))
        self.root = self.log.root()
        self.indexes = np.random.default_rng(n).integers(0, n, BATCH)
        self.leaves = self.log.leaf_hashes()[self.indexes]
        self.proofs = self.log.prove_inclusion_many(self.indexes)


def levels_of(hashes: Uint8Array) -> list[list[bytes]]:
    """The nodes of each level by hashlib; a last one without a sibling moves up."""
    levels = [[row.tobytes() for row in hashes]]
    while len(levels[-1]) > 1:
        below = levels[-1]
        pairs = zip(below[::2], below[1::2])
        level = [hashlib.sha256(b"\x01" + left + right).digest() for left, right in pairs]
        levels.append(level + below[2 * len(level) :])
    return levels


def prove_case(proven: Proven) -> Case:
    """Inclusion proofs of entries at random. Pure Python has all nodes in lists."""
    levels = levels_of(proven.log.leaf_hashes())
    few = [int(i) for i in proven.indexes[:FEW]]

    def pure() -> list[list[bytes]]:
        proofs = []
        for index in few:
            proof = []
            for level, nodes in enumerate(levels):
                sibling = index >> level ^ 1
                if sibling < len(nodes):
                    proof.append(nodes[sibling])
            proofs.append(proof)
        return proofs

    require(pure() == [proven.proofs[i] for i in range(len(few))])
    out = merkle.Proofs(proven.proofs.steps.copy(), proven.proofs.lengths.copy())
    return Case(
        f"merkle.Log.prove_inclusion_many, {BATCH} of a tree of {proven.size}",
        "proofs/s",
        Work(lambda: proven.log.prove_inclusion_many(proven.indexes, out=out), BATCH),
        Work(pure, len(few), "lists of nodes"),
    )


def verify_case(proven: Proven) -> Case:
    """The same proofs verified."""
    few = [
        (proven.leaves[i].tobytes(), int(proven.indexes[i]), proven.proofs[i]) for i in range(FEW)
    ]

    def ours() -> None:
        verdicts = merkle.verify_inclusion_many(
            proven.leaves, proven.indexes, proven.size, proven.proofs, proven.root
        )
        require(bool(verdicts.all()))

    def pure() -> None:
        for leaf, index, proof in few:
            require(reference.verify_inclusion(leaf, index, proven.size, proof, proven.root))

    return Case(
        f"merkle.verify_inclusion_many, {BATCH} of a tree of {proven.size}",
        "proofs/s",
        Work(ours, BATCH),
        Work(pure, len(few), "chopmark.reference.merkle"),
    )


def stream(n: int) -> bytes:
    """The root of a log of n different entries of 32 bytes, of which few are in memory at once."""
    part = packed_leaves(STREAM_PART, 32).copy()
    counters = part.view(np.uint64)[:, 0]
    frontier = merkle.Frontier()
    for start in range(0, n, STREAM_PART):
        count = min(STREAM_PART, n - start)
        counters[:count] = np.arange(start, start + count)
        frontier.extend(part[:count])
    return frontier.root()


def merkle_cases(quick: bool) -> Iterator[Case]:
    """All of the above."""
    n = 100_000 if quick else 1_000_000
    yield root_case(n, 200)
    yield node_case(n)
    yield extend_case(n)
    proven = Proven(n)
    yield prove_case(proven)
    yield verify_case(proven)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.perf_counter()
    root = stream(n)
    took = time.perf_counter() - started
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(
        f"{n} entries in {took:.1f} s on one thread, {n / took / 1e6:.1f} M/s, "
        f"{grown:.0f} MiB more than at the start; root {root.hex()}"
    )


if __name__ == "__main__":
    main()
