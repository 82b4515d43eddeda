# SPDX-License-Identifier: Apache-2.0
"""RFC 9162 (RFC 6962) Merkle trees: roots, an append-only log, inclusion and consistency proofs.

`hash` is "sha256", "blake3" or "sm3". Leaves are data, hashed here with the prefix 0x00; inner
nodes have the prefix 0x01 (section 2.1.1). A proof is a list of 32-byte hashes.

Errors: TypeError for a wrong type or dtype (a bool is no integer); ValueError for an unknown hash
and for an index or size out of range of a log. The `verify_` functions raise InvalidProof for
anything wrong with what is to be proven.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import SupportsIndex, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import BytesLike, ItemsLike
from chopmark.errors import InvalidProof

__all__ = ["Log", "leaf_hash", "root", "verify_consistency", "verify_inclusion"]

ProofLike: TypeAlias = Sequence[BytesLike] | NDArray[np.uint8]


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
