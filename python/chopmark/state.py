# SPDX-License-Identifier: Apache-2.0
"""The authenticated state: a map from 32-byte keys to 32-byte values with a root, proofs that a key
has a value or is absent, overlays for blocks that are not final, and export in chunks that prove
themselves (docs/spec/state.md).

`hash` is "blake3", "sha256" or "sm3". Keys should be spread evenly, as hashes are; others are as
right and somewhat slower. Many keys, values or proofs are given as a sequence of bytes, an (n, 32)
uint8 array, a Ragged, or (keys and values) one buffer of n * 32 bytes.

Errors: TypeError for a wrong type or dtype (a bool is no integer); ValueError for an unknown hash,
a wrong shape or length, a version that does not exist or cannot be changed, a key that stands twice
in a batch, and limits. The `verify_` functions raise InvalidProof, and their batch forms answer
with an array of verdicts. `threads` = 0 means all cores. The GIL is released.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import SupportsIndex

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._core import Ragged
from chopmark._types import BytesLike, ItemsLike, PackedLike, Uint8Array, Verdicts
from chopmark.errors import InvalidProof

__all__ = [
    "Importer",
    "StateTree",
    "verify_absence",
    "verify_absence_batch",
    "verify_chunk",
    "verify_inclusion",
    "verify_inclusion_batch",
]


class StateTree:
    """A state and the overlays on it, all named by numbers. Safe to share between threads.

    The base is what is final. `overlay` makes a version that starts as its parent is; a version
    with overlays on it no longer changes. `merge` makes a version the base and drops all that do
    not stand on it. `version` = None means the base everywhere.
    """

    __slots__ = ("_hash", "_tree")

    def __init__(self, *, hash: str = "blake3") -> None:
        self._tree = _core.state.StateTree(hash)
        self._hash = hash

    @classmethod
    def _of(cls, tree: _core.state.StateTree, hash: str) -> StateTree:
        made = cls.__new__(cls)
        made._tree, made._hash = tree, hash
        return made

    @property
    def hash(self) -> str:
        """The name of the hash."""
        return self._hash

    @property
    def base(self) -> int:
        """The version that is final."""
        return self._tree.base

    @property
    def overlays(self) -> int:
        """How many versions there are beside the base."""
        return self._tree.overlays

    @property
    def memory(self) -> int:
        """Bytes that the native side holds for all versions."""
        return self._tree.memory

    def overlay(self, parent: SupportsIndex | None = None) -> int:
        """A new version on `parent`, equal to it. ValueError beyond 1,024 on top of each other or
        4,096 at all.
        """
        return self._tree.overlay(self._version(parent))

    def merge(self, version: SupportsIndex) -> None:
        """Makes `version` the base, with all that it stands on, and drops what does not stand on
        it. Its number stays; those that it stood on are unknown from now on.
        """
        self._tree.merge(version)

    def drop(self, version: SupportsIndex) -> None:
        """Drops an overlay and all that stand on it. ValueError for the base."""
        self._tree.drop(version)

    def root(self, version: SupportsIndex | None = None) -> bytes:
        """The root: 32 bytes, zeros for no entries."""
        return self._tree.root(self._version(version))

    def size(self, version: SupportsIndex | None = None) -> int:
        """How many entries there are."""
        return self._tree.size(self._version(version))

    def update(
        self,
        keys: PackedLike,
        values: PackedLike,
        *,
        delete: NDArray[np.bool_] | None = None,
        version: SupportsIndex | None = None,
        threads: int = 1,
    ) -> bytes:
        """Sets keys[i] to values[i] for all i at once and returns the new root.

        Where `delete`, an (n,) bool array, is true, the key is removed instead and its value not
        looked at; removing an absent key changes nothing. The order means nothing. ValueError, and
        nothing has changed, if a key stands twice or the version has overlays on it.
        """
        return self._tree.update(self._version(version), keys, values, delete, threads)

    def get(
        self, keys: PackedLike, *, version: SupportsIndex | None = None
    ) -> tuple[Uint8Array, Verdicts]:
        """The (n, 32) values, zeros where the key is absent, and whether each is present."""
        return self._tree.get(self._version(version), keys)

    def prove(self, keys: PackedLike, *, version: SupportsIndex | None = None) -> Ragged:
        """For each key the proof that it has its value, or that it is absent."""
        return self._tree.prove(self._version(version), keys)

    def export(
        self, *, version: SupportsIndex | None = None, entries_max: int = 4096
    ) -> Iterator[bytes]:
        """All entries in chunks of at most `entries_max` (64 to 65,536), in their order.

        Each shows by itself that it is all that the state has in its part. The version must not
        change until the last one is out.
        """
        at = self._version(version)
        start: bytes | None = bytes(32)
        while start is not None:
            chunk, start = self._tree.export_chunk(at, start, entries_max)
            yield chunk

    def export_chunk(
        self,
        start: BytesLike,
        *,
        version: SupportsIndex | None = None,
        entries_max: SupportsIndex = 4096,
    ) -> tuple[bytes, bytes | None]:
        """The chunk that begins at `start`, and where the next one does (None: this was the last).

        `start` is 32 zero bytes, or what came with an earlier chunk.
        """
        return self._tree.export_chunk(self._version(version), start, entries_max)

    @staticmethod
    def from_chunks(
        root: BytesLike, chunks: Iterable[BytesLike], *, hash: str = "blake3", threads: int = 1
    ) -> StateTree:
        """The state with this root. InvalidProof if a chunk is wrong, missing or out of order."""
        importer = Importer(root, hash=hash)
        for chunk in chunks:
            importer.add(chunk, threads=threads)
        return importer.finish()

    def _version(self, version: SupportsIndex | None) -> SupportsIndex:
        return self._tree.base if version is None else version


class Importer:
    """Takes the chunks of one export in their order. Safe to share between threads."""

    __slots__ = ("_hash", "_importer")

    def __init__(self, root: BytesLike, *, hash: str = "blake3") -> None:
        self._importer = _core.state.Importer(root, hash)
        self._hash = hash

    @property
    def complete(self) -> bool:
        """Whether the last chunk is in."""
        return self._importer.complete

    @property
    def size(self) -> int:
        """How many entries are in."""
        return self._importer.size

    @property
    def next(self) -> bytes | None:
        """Where the chunk that is wanted next starts (None: no more)."""
        return self._importer.next

    def add(self, chunk: BytesLike, *, threads: int = 1) -> None:
        """Takes the next chunk. InvalidProof, and nothing has changed, if it is not that."""
        self._importer.add(chunk, threads)

    def finish(self) -> StateTree:
        """The state. InvalidProof while chunks are missing; only once."""
        return StateTree._of(self._importer.finish(), self._hash)


def verify_inclusion(
    root: BytesLike, key: BytesLike, value: BytesLike, proof: BytesLike, *, hash: str = "blake3"
) -> None:
    """Checks that the state with this root has `value` at `key`. Raises InvalidProof."""
    if not _core.state.check_inclusions(root, [key], [value], [proof], hash, 1)[0]:
        raise InvalidProof("the proof does not lead from this key and value to the root")


def verify_absence(
    root: BytesLike, key: BytesLike, proof: BytesLike, *, hash: str = "blake3"
) -> None:
    """Checks that the state with this root has no `key`. Raises InvalidProof."""
    if not _core.state.check_absences(root, [key], [proof], hash, 1)[0]:
        raise InvalidProof("the proof does not show that the key is absent under this root")


def verify_inclusion_batch(
    root: BytesLike,
    keys: PackedLike,
    values: PackedLike,
    proofs: ItemsLike,
    *,
    hash: str = "blake3",
    threads: int = 1,
) -> Verdicts:
    """verify_inclusion for each i: an (n,) bool array."""
    return _core.state.check_inclusions(root, keys, values, proofs, hash, threads)


def verify_absence_batch(
    root: BytesLike,
    keys: PackedLike,
    proofs: ItemsLike,
    *,
    hash: str = "blake3",
    threads: int = 1,
) -> Verdicts:
    """verify_absence for each i: an (n,) bool array."""
    return _core.state.check_absences(root, keys, proofs, hash, threads)


def verify_chunk(root: BytesLike, chunk: BytesLike, *, hash: str = "blake3") -> None:
    """Checks by itself that a chunk holds all entries of its part of the state with this root.
    Raises InvalidProof.
    """
    if not _core.state.check_chunk(root, chunk, hash):
        raise InvalidProof("the chunk is no part of the state with this root")
