# SPDX-License-Identifier: Apache-2.0
"""RFC 9162 (RFC 6962) Merkle trees: roots, an append-only log, inclusion and consistency proofs.

`hash` is "sha256", "blake3" or "sm3". Leaves are data, hashed here with the prefix 0x00; inner
nodes have the prefix 0x01 (section 2.1.1). A proof is a list of 32-byte hashes.

Errors: TypeError for a wrong type or dtype (a bool is no integer); ValueError for an unknown hash
and for an index or size out of range of a log. The `verify_` functions raise InvalidProof for
anything wrong with what is to be proven.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import BytesLike, ItemsLike, Uint8Array, Verdicts
from chopmark.errors import InvalidProof

__all__ = [
    "CHUNK_LEAVES",
    "Frontier",
    "Log",
    "Proofs",
    "leaf_hash",
    "root",
    "verify_consistency",
    "verify_consistency_many",
    "verify_inclusion",
    "verify_inclusion_many",
]

CHUNK_LEAVES = 4096  # leaf hashes of a full chunk, if not told otherwise

ProofLike: TypeAlias = Sequence[BytesLike] | NDArray[np.uint8]
Integers: TypeAlias = Sequence[int] | NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Proofs:
    """Many proofs in two arrays, as the `_many` functions make and take them.

    `steps` is (n, depth, 32) uint8 and `lengths` (n,) integers: proof i is
    `steps[i, : lengths[i]]`. What stands behind it in its row must be zero, so that a proof has one
    form; the verifiers refuse another.
    """

    steps: Uint8Array
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def __getitem__(self, i: int) -> list[bytes]:
        """Proof i as `Log.prove_inclusion` and `Log.prove_consistency` give it."""
        return [step.tobytes() for step in self.steps[i, : self.lengths[i]]]

    @classmethod
    def pack(cls, proofs: Sequence[Sequence[bytes]]) -> Proofs:
        """Proofs that are lists of 32-byte steps. ValueError if a step has another length."""
        lengths = np.array([len(proof) for proof in proofs], np.int64)
        steps = np.zeros((len(proofs), max(map(len, proofs), default=0), 32), np.uint8)
        for row, proof in zip(steps, proofs, strict=True):
            if any(len(step) != 32 for step in proof):
                raise ValueError("a step of a proof has 32 bytes")
            row[: len(proof)] = np.frombuffer(b"".join(proof), np.uint8).reshape(-1, 32)
        return cls(steps, lengths)


def leaf_hash(data: BytesLike, *, hash: str = "sha256") -> bytes:
    """The hash of a leaf with this data: 32 bytes."""
    return _core.merkle.leaf_hash(data, hash)


def root(leaves: ItemsLike, *, hash: str = "sha256", threads: int = 1) -> bytes:
    """The root over all leaves, given by their data.

    They are a sequence of bytes, an (n, m) uint8 array or a Ragged. `threads` = 0 means all cores.
    The GIL is released.
    """
    return _core.merkle.root(leaves, hash, threads)


class Log:
    """An append-only log in memory: any historic root and proof in O(log n). Safe to share between
    threads.
    """

    __slots__ = ("_log",)

    def __init__(self, *, hash: str = "sha256") -> None:
        self._log = _core.merkle.Log(hash)

    @property
    def size(self) -> int:
        """How many entries the log has."""
        return self._log.size

    def __len__(self) -> int:
        return self._log.size

    def append(self, data: BytesLike) -> int:
        """Adds an entry and returns its index."""
        return self._log.append(data)

    def extend(self, items: ItemsLike, *, threads: int = 1) -> range:
        """Adds entries and returns the range of their indexes.

        They are given as those of `root`, and hashed side by side: one call for many is much faster
        than `append`. `threads` = 0 means all cores. The GIL is released.
        """
        return range(*self._log.extend(items, threads))

    def extend_hashes(self, leaf_hashes: ItemsLike, *, threads: int = 1) -> range:
        """As `extend`, for entries whose leaf hashes are known: an (n, 32) uint8 array or n of 32
        bytes.
        """
        return range(*self._log.extend_hashes(leaf_hashes, threads))

    def leaf_hashes(
        self, start: SupportsIndex = 0, stop: SupportsIndex | None = None
    ) -> Uint8Array:
        """A copy of the leaf hashes of entries [start, stop): (n, 32) uint8.

        ValueError unless `start` <= `stop` <= the size of the log (None: that size).
        """
        return self._log.leaf_hashes(start, stop)

    def chunk(self, number: int, *, leaves: int = CHUNK_LEAVES) -> Uint8Array:
        """Chunk `number`: the leaf hashes of entries [number * leaves, (number + 1) * leaves), as
        far as the log has them; (n, 32) uint8.

        A chunk of n = `leaves` rows is full, and never changes as long as the log only grows: it
        can be stored once. The last chunk may be shorter, and grows at its end. `leaves` is a power
        of two, so that a full chunk has all below one node of the tree, which `root` of a Frontier
        over its rows gives. ValueError if `leaves` is none, or the log has no such chunk.
        """
        check_chunk_leaves(leaves)
        start = number * leaves
        if not 0 <= start < self.size:
            raise ValueError(f"chunk out of range: the log has {self.size} entries")
        return self.leaf_hashes(start, min(start + leaves, self.size))

    @classmethod
    def from_chunks(
        cls,
        chunks: Iterable[ItemsLike],
        size: int,
        root: BytesLike,
        *,
        leaves: int = CHUNK_LEAVES,
        hash: str = "sha256",
        threads: int = 1,
    ) -> Log:
        """The log whose chunks these are, all in order, with this size and root.

        Those two come from one source that is trusted.
        Every chunk but the last must be full. Raises InvalidProof, and gives no log, if one is not,
        or if the chunks make another tree than that of this size and root.
        """
        check_chunk_leaves(leaves)
        log = cls(hash=hash)
        for chunk in chunks:
            if log.size % leaves != 0:
                raise InvalidProof("a chunk before the last is not full")
            added = log.extend_hashes(chunk, threads=threads)
            if not 0 < len(added) <= leaves:
                raise InvalidProof(f"a chunk has 1 to {leaves} leaf hashes, not {len(added)}")
        if log.size != size or log.root() != bytes(root):
            raise InvalidProof("the chunks make another tree than the one of this size and root")
        return log

    def truncate(self, size: SupportsIndex) -> None:
        """Rolls back to the first `size` entries. ValueError if there are not so many."""
        self._log.truncate(size)

    def root(self, size: SupportsIndex | None = None) -> bytes:
        """The root when the log had `size` entries (None: now). ValueError if it never had."""
        return self._log.root(size)

    def prove_inclusion(
        self, index: SupportsIndex, size: SupportsIndex | None = None
    ) -> list[bytes]:
        """Proof that entry `index` is in the log of `size` entries (section 2.1.3.1)."""
        return self._log.prove_inclusion(index, size)

    def prove_consistency(
        self, old: SupportsIndex, new: SupportsIndex | None = None
    ) -> list[bytes]:
        """Proof that the log of `new` entries extends that of `old` ones (section 2.1.4.1).

        Empty if both are equal or `old` is 0.
        """
        return self._log.prove_consistency(old, new)

    def prove_inclusion_many(
        self,
        indexes: Integers,
        size: SupportsIndex | None = None,
        *,
        threads: int = 1,
        out: Proofs | None = None,
    ) -> Proofs:
        """The proofs of `prove_inclusion` for all indexes, in the log of one size.

        `out` is filled and returned if given: steps of shape (n, depth, 32), where depth is that of
        the longest proof, (size - 1).bit_length(); ValueError otherwise. `threads` = 0 means all
        cores. The GIL is released.
        """
        arrays = (None, None) if out is None else (out.steps, out.lengths)
        return Proofs(*self._log.prove_inclusion_many(indexes, size, threads, *arrays))

    def prove_consistency_many(
        self,
        olds: Integers,
        new: SupportsIndex | None = None,
        *,
        threads: int = 1,
        out: Proofs | None = None,
    ) -> Proofs:
        """The proofs of `prove_consistency` from all old sizes to one new size.

        `out` as in `prove_inclusion_many`, with one step more. `threads` = 0 means all cores. The
        GIL is released.
        """
        arrays = (None, None) if out is None else (out.steps, out.lengths)
        return Proofs(*self._log.prove_consistency_many(olds, new, threads, *arrays))


class Frontier:
    """A log that keeps only what it needs to take more entries and to know its root: 32 bytes for
    each bit of its size. Builds a tree of any size from parts in bounded memory. Safe to share
    between threads.
    """

    __slots__ = ("_frontier",)

    def __init__(self, *, hash: str = "sha256") -> None:
        self._frontier = _core.merkle.Frontier(hash)

    @property
    def size(self) -> int:
        """How many entries it has seen."""
        return self._frontier.size

    def __len__(self) -> int:
        return self._frontier.size

    def extend(self, items: ItemsLike, *, threads: int = 1) -> None:
        """Adds entries, given as those of `root`. `threads` = 0 means all cores. The GIL is
        released.
        """
        self._frontier.extend(items, threads)

    def extend_hashes(self, leaf_hashes: ItemsLike, *, threads: int = 1) -> None:
        """Adds entries by their leaf hashes: an (n, 32) uint8 array or n of 32 bytes."""
        self._frontier.extend_hashes(leaf_hashes, threads)

    def root(self) -> bytes:
        """The root over all entries so far."""
        return self._frontier.root()


def check_chunk_leaves(leaves: int) -> None:
    if leaves <= 0 or leaves & (leaves - 1) != 0:
        raise ValueError(f"a chunk has a power of two of leaves, not {leaves}")


def verify_inclusion(
    leaf_hash: BytesLike,
    index: SupportsIndex,
    size: SupportsIndex,
    proof: ProofLike,
    root: BytesLike,
    *,
    hash: str = "sha256",
) -> None:
    """Checks that a leaf stands at `index` in the tree of `size` leaves (section 2.1.3.2).

    Raises InvalidProof if it does not, or if an argument has a wrong length or range.
    """
    if not _core.merkle.check_inclusion(leaf_hash, index, size, proof, root, hash):
        raise InvalidProof("the proof does not lead from the leaf at this index to the root")


def verify_consistency(
    old_size: SupportsIndex,
    new_size: SupportsIndex,
    proof: ProofLike,
    old_root: BytesLike,
    new_root: BytesLike,
    *,
    hash: str = "sha256",
) -> None:
    """Checks that the tree of `new_size` leaves extends that of `old_size` (section 2.1.4.2).

    Two trees of equal size are consistent if their roots are equal; every tree extends the empty
    one, whose root is the hash of nothing. In both cases the proof must be empty. Raises
    InvalidProof.
    """
    if not _core.merkle.check_consistency(old_size, new_size, proof, old_root, new_root, hash):
        raise InvalidProof("the proof does not tie the new root to the old one")


def verify_inclusion_many(
    leaf_hashes: ItemsLike,
    indexes: Integers,
    sizes: SupportsIndex | Integers,
    proofs: Proofs,
    roots: BytesLike | ItemsLike,
    *,
    hash: str = "sha256",
    threads: int = 1,
) -> Verdicts:
    """Which of n proofs `verify_inclusion` accepts: (n,) bool. No proof depends on another.

    `leaf_hashes` is an (n, 32) uint8 array or n of 32 bytes, `indexes` (n,) integers. `sizes` and
    `roots` are one for all, or one for each. `threads` = 0 means all cores. The GIL is released.

    TypeError for a wrong type or dtype, ValueError for a wrong shape or number; whatever else is
    wrong is the verdict False.
    """
    return _core.merkle.check_inclusion_many(
        leaf_hashes, indexes, sizes, proofs.steps, proofs.lengths, roots, hash, threads
    )


def verify_consistency_many(
    old_sizes: SupportsIndex | Integers,
    new_sizes: SupportsIndex | Integers,
    proofs: Proofs,
    old_roots: BytesLike | ItemsLike,
    new_roots: BytesLike | ItemsLike,
    *,
    hash: str = "sha256",
    threads: int = 1,
) -> Verdicts:
    """Which of n proofs `verify_consistency` accepts: (n,) bool. No proof depends on another.

    Sizes and roots are one for all, or one for each. As `verify_inclusion_many`.
    """
    return _core.merkle.check_consistency_many(
        old_sizes, new_sizes, proofs.steps, proofs.lengths, old_roots, new_roots, hash, threads
    )
