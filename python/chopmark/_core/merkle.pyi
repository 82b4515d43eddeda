from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "Frontier",
    "Log",
    "check_consistency",
    "check_consistency_many",
    "check_inclusion",
    "check_inclusion_many",
    "leaf_hash",
    "root",
]

class Log:
    def __init__(self, hash: typing.Any) -> None: ...
    def append(self, data: typing.Any) -> int: ...
    def extend(self, items: typing.Any, threads: typing.Any) -> tuple[int, int]: ...
    def extend_hashes(self, leaf_hashes: typing.Any, threads: typing.Any) -> tuple[int, int]: ...
    def leaf_hashes(
        self, start: typing.Any, stop: typing.Any
    ) -> numpy.typing.NDArray[numpy.uint8]: ...
    def prove_consistency(self, old: typing.Any, new: typing.Any) -> list[bytes]: ...
    def prove_consistency_many(
        self,
        olds: typing.Any,
        new: typing.Any,
        threads: typing.Any,
        steps: typing.Any,
        lengths: typing.Any,
    ) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.int64]]: ...
    def prove_inclusion(self, index: typing.Any, size: typing.Any) -> list[bytes]: ...
    def prove_inclusion_many(
        self,
        indexes: typing.Any,
        size: typing.Any,
        threads: typing.Any,
        steps: typing.Any,
        lengths: typing.Any,
    ) -> tuple[numpy.typing.NDArray[numpy.uint8], numpy.typing.NDArray[numpy.int64]]: ...
    def root(self, size: typing.Any) -> bytes: ...
    def truncate(self, size: typing.Any) -> None: ...
    @property
    def size(self) -> int: ...

class Frontier:
    def __init__(self, hash: typing.Any) -> None: ...
    def extend(self, items: typing.Any, threads: typing.Any) -> None: ...
    def extend_hashes(self, leaf_hashes: typing.Any, threads: typing.Any) -> None: ...
    def root(self) -> bytes: ...
    @property
    def size(self) -> int: ...

def check_consistency(
    old_size: typing.Any,
    new_size: typing.Any,
    proof: typing.Any,
    old_root: typing.Any,
    new_root: typing.Any,
    hash: typing.Any,
) -> bool: ...
def check_consistency_many(
    old_sizes: typing.Any,
    new_sizes: typing.Any,
    steps: typing.Any,
    lengths: typing.Any,
    old_roots: typing.Any,
    new_roots: typing.Any,
    hash: typing.Any,
    threads: typing.Any,
) -> numpy.typing.NDArray[numpy.bool]: ...
def check_inclusion(
    leaf_hash: typing.Any,
    index: typing.Any,
    size: typing.Any,
    proof: typing.Any,
    root: typing.Any,
    hash: typing.Any,
) -> bool: ...
def check_inclusion_many(
    leaf_hashes: typing.Any,
    indexes: typing.Any,
    sizes: typing.Any,
    steps: typing.Any,
    lengths: typing.Any,
    roots: typing.Any,
    hash: typing.Any,
    threads: typing.Any,
) -> numpy.typing.NDArray[numpy.bool]: ...
def leaf_hash(data: typing.Any, hash: typing.Any) -> bytes: ...
def root(leaves: typing.Any, hash: typing.Any, threads: typing.Any) -> bytes: ...
