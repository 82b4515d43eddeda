# SPDX-License-Identifier: Apache-2.0
"""Merkle trees against the definition in chopmark.reference, against pymerkle and against forgers.

The reference has SHA-256 only; `defined_with` lets the same text run with another hash.
"""

from __future__ import annotations

import hashlib
import random
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from types import SimpleNamespace
from typing import Any
from unittest import mock

import blake3 as blake3_package
import numpy as np
import pymerkle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import chopmark
from chopmark import Ragged, merkle
from chopmark.errors import InvalidProof
from chopmark.reference import merkle as reference
from chopmark.reference import sm3 as reference_sm3
from chopmark.testing import use_backend

HASHES = ["sha256", "blake3", "sm3"]
BACKENDS = chopmark.build_info()["available_backends"]
EMPTY = hashlib.sha256(b"").digest()
SMALL = 40


@cache
def sm3(data: bytes) -> bytes:
    if "sm3" in hashlib.algorithms_available:
        return hashlib.new("sm3", data).digest()
    return reference_sm3.sm3(data)


DIGEST: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "blake3": lambda data: blake3_package.blake3(data).digest(),
    "sm3": sm3,
}


@contextmanager
def defined_with(name: str) -> Iterator[None]:
    def hashed(data: bytes) -> SimpleNamespace:
        digest = DIGEST[name](data)
        return SimpleNamespace(digest=lambda: digest)

    if name == "sha256":
        yield
        return
    with mock.patch.object(reference, "hashlib", SimpleNamespace(sha256=hashed)):
        yield


@cache
def leaves(count: int) -> tuple[bytes, ...]:
    """Data of distinct leaves, with lengths across a block and more."""
    return tuple(b"%d." % i + bytes(i % 131) for i in range(count))


@cache
def whole_log(name: str, count: int) -> merkle.Log:
    log = merkle.Log(hash=name)
    log.extend(leaves(count))
    return log


def digests(count: int, seed: int) -> list[bytes]:
    source = random.Random(seed)
    return [source.randbytes(32) for _ in range(count)]


def flips(digest: bytes) -> Iterator[bytes]:
    number = int.from_bytes(digest)
    for bit in range(8 * len(digest)):
        yield (number ^ 1 << bit).to_bytes(len(digest))


def included(
    leaf: Any, index: Any, size: Any, proof: Any, root: Any, *, hash: str = "sha256"
) -> bool:
    try:
        merkle.verify_inclusion(leaf, index, size, proof, root, hash=hash)
    except InvalidProof:
        return False
    return True


def consistent(
    old: Any, new: Any, proof: Any, old_root: Any, new_root: Any, *, hash: str = "sha256"
) -> bool:
    try:
        merkle.verify_consistency(old, new, proof, old_root, new_root, hash=hash)
    except InvalidProof:
        return False
    return True


# Where a node stands, by walking down from the root: needs no tree, so that any size is possible.


def largest_power_below(count: int) -> int:
    power = 1
    while 2 * power < count:
        power *= 2
    return power


def siblings(index: int, size: int) -> list[str]:
    """On which side the sibling stands, from the leaf up."""
    way = []
    while size > 1:
        left = largest_power_below(size)
        if index < left:
            way.append("right")
            size = left
        else:
            way.append("left")
            index, size = index - left, size - left
    return way[::-1]


def beside(old: int, new: int) -> tuple[bool, list[str]]:
    """If the old root is a node of the new tree; the trees that have each next node, going up."""
    whole, way = True, []
    while old != new:
        left = largest_power_below(new)
        if old <= left:
            way.append("new")
            new = left
        else:
            way.append("both")
            old, new, whole = old - left, new - left, False
    return whole, way[::-1]


def root_of_path(leaf: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    node = leaf
    for side, step in zip(siblings(index, size), proof, strict=True):
        pair = (node, step) if side == "right" else (step, node)
        node = reference.node_hash(*pair)
    return node


def made_inclusion(index: int, size: int) -> tuple[bytes, list[bytes], bytes]:
    """Leaf, proof and root of a tree of which only this path exists."""
    leaf, *proof = digests(1 + len(siblings(index, size)), seed=size)
    return leaf, proof, root_of_path(leaf, index, size, proof)


def made_consistency(old: int, new: int) -> tuple[list[bytes], bytes, bytes]:
    """Proof, old root and new root of trees of which only these nodes exist."""
    whole, way = beside(old, new)
    first, *steps = digests(1 + len(way), seed=new)
    old_node = new_node = first
    for trees, step in zip(way, steps, strict=True):
        if trees == "both":
            old_node = reference.node_hash(step, old_node)
            new_node = reference.node_hash(step, new_node)
        else:
            new_node = reference.node_hash(new_node, step)
    return (steps if whole else [first, *steps]), old_node, new_node


# Roots


@pytest.mark.parametrize("name", HASHES)
def test_roots(backend: str, name: str) -> None:
    sizes = sorted({*range(131), *(2**k + d for k in range(7, 11) for d in (-1, 0, 1))})
    log = merkle.Log(hash=name)
    with defined_with(name):
        for size in sizes:
            data = leaves(size)
            expected = reference.root(data)
            assert merkle.root(data, hash=name) == expected, size
            assert reference.root_iterative(data) == expected, size
            log.extend(data[log.size :])
            assert log.root() == expected, size


@cache
def many_leaves(count: int) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, 12), np.uint8)


@cache
def expected_root(name: str, count: int) -> bytes:
    with defined_with(name):
        return reference.root_iterative([row.tobytes() for row in many_leaves(count)])


@pytest.mark.parametrize("name", HASHES)
def test_threads_change_nothing(backend: str, name: str) -> None:
    sizes = [4095, 4096, 4097] if name == "sm3" else [4096, 4097, 8191, 8192, 8193, 12289, 20000]
    for size in sizes:
        for threads in (0, 1, 2, 3, 256):
            found = merkle.root(many_leaves(size), hash=name, threads=threads)
            assert found == expected_root(name, size), (size, threads)


@pytest.mark.parametrize("size", [262_143, 262_144, 270_337])
def test_roots_of_many_leaves(backend: str, size: int) -> None:
    for threads in (1, 3):
        found = merkle.root(many_leaves(size), threads=threads)
        assert found == expected_root("sha256", size), threads


@pytest.mark.parametrize("name", HASHES)
def test_root_forms(backend: str, name: str) -> None:
    """Every form of leaves that holds the same data gives the same tree."""
    array = many_leaves(300)
    data = [row.tobytes() for row in array]
    offsets = np.arange(0, 301 * 12, 12)
    wide = np.zeros((300, 24), np.uint8)
    wide[:, ::2] = array
    forms = {
        "list": data,
        "tuple": tuple(data),
        "bytearrays": [bytearray(item) for item in data],
        "memoryviews": [memoryview(item) for item in data],
        "arrays": list(array),
        "mixed": [bytearray(item) if i % 2 else item for i, item in enumerate(data)],
        "array": array,
        "not contiguous": wide[:, ::2],
        "fortran order": np.asfortranarray(array),
        "ragged": Ragged(array.tobytes(), offsets),
        "ragged unsigned": Ragged(bytearray(array.tobytes()), offsets.astype(np.uint64)),
    }
    for form, items in forms.items():
        assert merkle.root(items, hash=name) == expected_root(name, 300), form
        log = merkle.Log(hash=name)
        assert log.extend(items) == range(300), form
        assert log.root() == expected_root(name, 300), form


@pytest.mark.parametrize("name", HASHES)
def test_roots_of_nothing(backend: str, name: str) -> None:
    nothing: list[Any] = [
        [],
        (),
        np.zeros((0, 32), np.uint8),
        Ragged(b"", np.zeros(1, np.int64)),
    ]
    for items in nothing:
        for threads in (0, 1, 3):
            assert merkle.root(items, hash=name, threads=threads) == DIGEST[name](b"")
        log = merkle.Log(hash=name)
        assert log.extend(items) == range(0)
        assert log.root() == log.root(0) == DIGEST[name](b"")
    empties: list[Any] = [
        [b""] * 3,
        np.zeros((3, 0), np.uint8),
        Ragged(b"", np.zeros(4, np.int64)),
    ]
    with defined_with(name):
        expected = reference.root([b""] * 3)
    for items in empties:
        assert merkle.root(items, hash=name) == expected


@pytest.mark.parametrize("name", HASHES)
def test_leaf_hash(backend: str, name: str) -> None:
    for size in [*range(135), 1022, 1023, 1024, 1025, 1026, 2048, 5000]:
        data = bytes(i % 251 for i in range(size))
        expected = DIGEST[name](b"\x00" + data)
        assert merkle.leaf_hash(data, hash=name) == expected, size
        assert merkle.root([data], hash=name) == expected, size
    array = np.arange(200, dtype=np.uint8)
    for form in (bytearray(array), memoryview(array), array, np.repeat(array, 2)[::2]):
        found = merkle.leaf_hash(form, hash=name)
        assert found == DIGEST[name](b"\x00" + array.tobytes())


def test_default_is_sha256() -> None:
    data = leaves(5)
    log = merkle.Log()
    log.extend(data)
    assert merkle.leaf_hash(data[1]) == reference.leaf_hash(data[1])
    assert merkle.root(data) == log.root() == reference.root(data)
    assert included(reference.leaf_hash(data[1]), 1, 5, log.prove_inclusion(1), log.root())
    assert consistent(3, 5, log.prove_consistency(3), log.root(3), log.root())


# The log


@settings(deadline=None)
@given(
    chunks=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3)), max_size=8),
    name=st.sampled_from(HASHES),
)
def test_log_in_any_chunks(chunks: list[tuple[int, int]], name: str) -> None:
    total = sum(size for size, _ in chunks)
    data = leaves(total)
    for backend in BACKENDS:
        with use_backend(backend):
            log = merkle.Log(hash=name)
            at = 0
            for size, form in chunks:
                part = data[at : at + size]
                if form == 0:
                    assert [log.append(item) for item in part] == list(range(at, at + size))
                elif form == 1:
                    assert log.extend(part) == range(at, at + size)
                elif form == 2:
                    assert log.extend(list(map(bytearray, part))) == range(at, at + size)
                else:
                    offsets = np.cumsum([0, *map(len, part)])
                    assert log.extend(Ragged(b"".join(part), offsets)) == range(at, at + size)
                at += size
                assert log.size == len(log) == at
            with defined_with(name):
                for size in {0, total // 3, total // 2, max(0, total - 1), total}:
                    assert log.root(size) == reference.root(data[:size])


@pytest.mark.parametrize("name", HASHES)
def test_historic_roots(backend: str, name: str) -> None:
    log = whole_log(name, 130)
    with defined_with(name):
        for size in range(131):
            assert log.root(size) == reference.root(leaves(size)), size
    assert log.root() == log.root(None) == log.root(130) == log.root(np.int64(130))


@pytest.mark.parametrize("name", HASHES)
def test_inclusion_of_every_leaf(backend: str, name: str) -> None:
    log = whole_log(name, SMALL)
    with defined_with(name):
        for size in range(1, SMALL + 1):
            data, root = leaves(size), log.root(size)
            for index in range(size):
                proof = log.prove_inclusion(index, size)
                assert proof == reference.inclusion_proof(index, data), (index, size)
                leaf = merkle.leaf_hash(data[index], hash=name)
                assert included(leaf, index, size, proof, root, hash=name), (index, size)
                assert reference.verify_inclusion(leaf, index, size, proof, root)
    assert log.prove_inclusion(3) == log.prove_inclusion(3, SMALL)


@pytest.mark.parametrize("name", HASHES)
def test_consistency_of_every_pair(backend: str, name: str) -> None:
    log = whole_log(name, SMALL)
    with defined_with(name):
        for new in range(SMALL + 1):
            for old in range(new + 1):
                proof = log.prove_consistency(old, new)
                assert proof == reference.consistency_proof(old, leaves(new)), (old, new)
                roots = log.root(old), log.root(new)
                assert consistent(old, new, proof, *roots, hash=name), (old, new)
                assert reference.verify_consistency(old, new, proof, *roots)
    assert log.prove_consistency(3) == log.prove_consistency(3, SMALL)


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_proofs_of_thousands(data: st.DataObject) -> None:
    log = whole_log("sha256", 5000)
    size = data.draw(st.integers(1, 5000))
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))
    root, leaf = log.root(size), merkle.leaf_hash(leaves(5000)[index])
    assert root == reference.root_iterative(leaves(5000)[:size])
    inclusion = log.prove_inclusion(index, size)
    assert inclusion == reference.inclusion_proof(index, leaves(5000)[:size])
    assert included(leaf, index, size, inclusion, root)
    consistency = log.prove_consistency(old, size)
    assert consistency == reference.consistency_proof(old, leaves(5000)[:size])
    assert consistent(old, size, consistency, log.root(old), root)


def test_log_keeps_no_buffer() -> None:
    log = merkle.Log()
    item = bytearray(b"first")
    array = np.zeros((2, 4), np.uint8)
    log.append(item)
    log.extend(array)
    item[:] = b"other, and longer"
    array[:] = 7
    assert log.root() == reference.root([b"first", bytes(4), bytes(4)])


def test_log_shared_between_threads() -> None:
    log = merkle.Log()
    log.append(b"first")
    first = merkle.leaf_hash(b"first")
    placed = {0: b"first"}
    wrong: list[object] = []

    def write(writer: int) -> None:
        for i in range(80):
            items = [b"%d.%d.%d" % (writer, i, j) for j in range(5)]
            placed.update(zip(log.extend(items), items, strict=True))
            item = b"%d.%d" % (writer, i)
            placed[log.append(item)] = item

    def read() -> None:
        size = 1
        while size < 1441 and not wrong:
            before, size = size, log.size
            roots = log.root(before), log.root(size)
            if not included(first, 0, size, log.prove_inclusion(0, size), roots[1]):
                wrong.append(("inclusion", size))
            if not consistent(before, size, log.prove_consistency(before, size), *roots):
                wrong.append(("consistency", before, size))

    threads = [
        *(threading.Thread(target=write, args=(writer,), daemon=True) for writer in range(3)),
        *(threading.Thread(target=read, daemon=True) for _ in range(2)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not wrong
    assert sorted(placed) == list(range(1441))
    assert log.root() == reference.root([placed[index] for index in range(1441)])


# Errors


class Broken:
    def __index__(self) -> int:
        raise OSError("no index")


NO_INTEGERS: list[object] = [True, np.True_, 1.0, "1", b"1", [1]]
NO_BYTES: list[object] = ["text", None, 5, [b"a"], np.zeros(32, np.bool_), np.zeros(8, np.uint32)]


@pytest.mark.parametrize("name", ["sha512", "SHA256", "sha-256", "", "sha256\0", "blake2b"])
def test_unknown_hash(name: str) -> None:
    digest = bytes(32)
    calls: list[Callable[[], object]] = [
        lambda: merkle.leaf_hash(b"", hash=name),
        lambda: merkle.root([], hash=name),
        lambda: merkle.Log(hash=name),
        lambda: merkle.verify_inclusion(digest, 0, 1, [], digest, hash=name),
        lambda: merkle.verify_consistency(1, 1, [], digest, digest, hash=name),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="unknown hash"):
            call()


@pytest.mark.parametrize("name", [None, 1, b"sha256", bytearray(b"sha256"), ["sha256"]], ids=repr)
def test_hash_is_text(name: Any) -> None:
    digest = bytes(32)
    calls: list[Callable[[], object]] = [
        lambda: merkle.leaf_hash(b"", hash=name),
        lambda: merkle.root([], hash=name),
        lambda: merkle.Log(hash=name),
        lambda: merkle.verify_inclusion(digest, 0, 1, [], digest, hash=name),
        lambda: merkle.verify_consistency(1, 1, [], digest, digest, hash=name),
    ]
    for call in calls:
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize("wrong", NO_BYTES, ids=repr)
def test_data_types(wrong: Any) -> None:
    with pytest.raises(TypeError, match="data must"):
        merkle.leaf_hash(wrong)
    log = merkle.Log()
    with pytest.raises(TypeError, match="data must"):
        log.append(wrong)
    assert log.size == 0


@pytest.mark.parametrize(
    "wrong",
    [
        iter([b"a"]),
        "text",
        b"one leaf",
        bytearray(b"one leaf"),
        memoryview(b"one leaf"),
        None,
        7,
        {b"a": 1},
        {b"a"},
        [b"a", None],
        [b"a", "b"],
        [[b"a"]],
        [np.zeros(3, np.int32)],
        np.zeros((2, 2), np.int8),
        np.zeros((2, 2), np.bool_),
    ],
    ids=repr,
)
def test_items_types(wrong: Any) -> None:
    with pytest.raises(TypeError, match="leaves"):
        merkle.root(wrong)
    log = merkle.Log()
    log.append(b"a")
    with pytest.raises(TypeError, match="items"):
        log.extend(wrong)
    assert log.size == 1
    assert log.root() == reference.root([b"a"])
    with pytest.raises(TypeError, match="proof"):
        merkle.verify_inclusion(bytes(32), 0, 1, wrong, bytes(32))
    with pytest.raises(TypeError, match="proof"):
        merkle.verify_consistency(1, 1, wrong, bytes(32), bytes(32))


@pytest.mark.parametrize("shape", [(), (32,), (2, 2, 32)])
def test_items_shapes(shape: tuple[int, ...]) -> None:
    wrong = np.zeros(shape, np.uint8)
    with pytest.raises(ValueError, match="leaves must have shape"):
        merkle.root(wrong)
    with pytest.raises(ValueError, match="items must have shape"):
        merkle.Log().extend(wrong)
    with pytest.raises(ValueError, match="proof must have shape"):
        merkle.verify_inclusion(bytes(32), 0, 1, wrong, bytes(32))
    with pytest.raises(ValueError, match="proof must have shape"):
        merkle.verify_consistency(1, 1, wrong, bytes(32), bytes(32))


def test_threads_range() -> None:
    for wrong in (-1, 257, 1 << 40):
        with pytest.raises(ValueError, match="threads must be between 0"):
            merkle.root([b"a"], threads=wrong)
    for other in (1.0, "1", None):
        with pytest.raises(TypeError):
            merkle.root([b"a"], threads=other)  # type: ignore[arg-type]


def test_threads_of_many_bits() -> None:
    for wrong in (1 << 63, 1 << 70, -(1 << 70)):
        with pytest.raises(ValueError, match="threads must be between 0"):
            merkle.root([b"a"], threads=wrong)


def test_threads_is_no_bool() -> None:
    with pytest.raises(TypeError):
        merkle.root([b"a"], threads=True)


@pytest.mark.parametrize("wrong", NO_INTEGERS, ids=repr)
def test_positions_are_integers(wrong: Any) -> None:
    log = whole_log("sha256", SMALL)
    digest = bytes(32)
    calls: dict[str, list[Callable[[], object]]] = {
        "size": [
            lambda: log.root(wrong),
            lambda: log.prove_inclusion(0, wrong),
            lambda: merkle.verify_inclusion(digest, 0, wrong, [], digest),
        ],
        "index": [
            lambda: log.prove_inclusion(wrong),
            lambda: log.prove_inclusion(wrong, 5),
            lambda: merkle.verify_inclusion(digest, wrong, 1, [], digest),
        ],
        "old": [
            lambda: log.prove_consistency(wrong),
            lambda: merkle.verify_consistency(wrong, 1, [], digest, digest),
        ],
        "new": [
            lambda: log.prove_consistency(0, wrong),
            lambda: merkle.verify_consistency(1, wrong, [], digest, digest),
        ],
    }
    for what, named in calls.items():
        for call in named:
            with pytest.raises(TypeError, match=f"{what}.* must be an integer"):
                call()


def test_positions_that_raise() -> None:
    log = whole_log("sha256", SMALL)
    broken: Any = Broken()
    for call in (log.root, log.prove_inclusion, log.prove_consistency):
        with pytest.raises(OSError, match="no index"):
            call(broken)
    with pytest.raises(OSError, match="no index"):
        merkle.verify_inclusion(bytes(32), broken, 1, [], bytes(32))
    with pytest.raises(OSError, match="no index"):
        merkle.verify_consistency(1, broken, [], bytes(32), bytes(32))


@pytest.mark.parametrize("none", ["index", "old", "leaf_hash", "root", "verify"])
def test_none_is_for_the_present_size_only(none: str) -> None:
    log: Any = whole_log("sha256", SMALL)
    verify: Any = merkle.verify_inclusion
    calls: dict[str, Callable[[], object]] = {
        "index": lambda: log.prove_inclusion(None),
        "old": lambda: log.prove_consistency(None),
        "leaf_hash": lambda: verify(None, 0, 1, [], bytes(32)),
        "root": lambda: verify(bytes(32), 0, 1, [], None),
        "verify": lambda: verify(bytes(32), 0, None, [], bytes(32)),
    }
    with pytest.raises(TypeError, match="must be"):
        calls[none]()


def test_log_range() -> None:
    log = whole_log("sha256", SMALL)
    beyond = [SMALL + 1, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, (1 << 64) + 1]
    for wrong in [-1, -(1 << 63), -(1 << 64), *beyond, 10**5000]:
        with pytest.raises(ValueError, match=f"size out of range: the log has {SMALL} entries"):
            log.root(wrong)
        with pytest.raises(ValueError, match="out of range"):
            log.prove_inclusion(0, wrong)
        with pytest.raises(ValueError, match="out of range"):
            log.prove_inclusion(wrong)
        with pytest.raises(ValueError, match="out of range"):
            log.prove_consistency(0, wrong)
        with pytest.raises(ValueError, match="out of range"):
            log.prove_consistency(wrong)
    for index, size in [(SMALL, SMALL), (5, 5), (6, 5), (0, 0), (SMALL, None)]:
        with pytest.raises(ValueError, match="out of range"):
            log.prove_inclusion(index, size)
    for old, new in [(6, 5), (1, 0), (SMALL + 1, SMALL)]:
        with pytest.raises(ValueError, match="out of range"):
            log.prove_consistency(old, new)
    for call in (lambda: merkle.Log().root(1), lambda: merkle.Log().prove_inclusion(0)):
        with pytest.raises(ValueError, match="the log has 0 entries"):
            call()


@pytest.mark.parametrize("wrong", NO_BYTES, ids=repr)
def test_digest_types(wrong: Any) -> None:
    digest = bytes(32)
    with pytest.raises(TypeError, match="leaf_hash must"):
        merkle.verify_inclusion(wrong, 0, 1, [], digest)
    with pytest.raises(TypeError, match="root must"):
        merkle.verify_inclusion(digest, 0, 1, [], wrong)
    with pytest.raises(TypeError, match="old_root must"):
        merkle.verify_consistency(1, 1, [], wrong, digest)
    with pytest.raises(TypeError, match="new_root must"):
        merkle.verify_consistency(1, 1, [], digest, wrong)


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64, 65])
def test_digest_sizes(size: int) -> None:
    """Equal strings of another length than 32 are no digests."""
    other, digest = bytes(size), bytes(32)
    assert included(digest, 0, 1, [], digest)
    for leaf, root in [(other, other), (other, digest), (digest, other)]:
        assert not included(leaf, 0, 1, [], root)
        assert not consistent(1, 1, [], leaf, root)
    log = whole_log("sha256", 7)
    leaf, root = merkle.leaf_hash(leaves(7)[2]), log.root()
    proof = log.prove_inclusion(2)
    assert included(leaf, 2, 7, proof, root)
    for at in range(3):
        assert not included(leaf, 2, 7, [*proof[:at], other, *proof[at + 1 :]], root)
    proof = log.prove_consistency(3)
    assert consistent(3, 7, proof, log.root(3), root)
    for at in range(len(proof)):
        assert not consistent(3, 7, [*proof[:at], other, *proof[at + 1 :]], log.root(3), root)


def test_reference_digest_sizes() -> None:
    """The reference gives the verdict of M-12 and M-21 too."""
    for size in (0, 31, 33):
        assert not reference.verify_inclusion(bytes(size), 0, 1, [], bytes(size)), size
        assert not reference.verify_consistency(1, 1, [], bytes(size), bytes(size)), size


def test_proof_forms(backend: str) -> None:
    log = whole_log("sha256", 13)
    leaf, root = merkle.leaf_hash(leaves(13)[4]), log.root()
    proof = log.prove_inclusion(4)
    packed = np.frombuffer(b"".join(proof), np.uint8).reshape(-1, 32)
    offsets = np.arange(0, 32 * len(proof) + 1, 32)
    forms: list[Any] = [
        proof,
        tuple(proof),
        list(map(bytearray, proof)),
        list(map(memoryview, proof)),
        packed,
        np.asfortranarray(packed),
        Ragged(b"".join(proof), offsets),
    ]
    for form in forms:
        assert included(leaf, 4, 13, form, root)
        assert not included(leaf, 5, 13, form, root)
    assert included(bytearray(leaf), np.uint8(4), np.int64(13), proof, memoryview(root))
    assert not included(leaf, 4, 13, packed.reshape(-1, 64), root)
    assert not included(leaf, 4, 13, packed.reshape(-1, 16), root)


def test_message_of_a_huge_number() -> None:
    """Python refuses to print an integer of more than 4300 digits: still InvalidProof."""
    huge = 10 ** (sys.int_info.default_max_str_digits + 1)
    for index, size in [(huge, huge + 1), (0, huge), (huge, 1), (-huge, 1)]:
        with pytest.raises(InvalidProof):
            merkle.verify_inclusion(bytes(32), index, size, [], bytes(32))
        with pytest.raises(InvalidProof):
            merkle.verify_consistency(index, size, [], EMPTY, bytes(32))


def test_public_names() -> None:
    assert sorted(merkle.__all__) == merkle.__all__
    for name in merkle.__all__:
        assert getattr(merkle, name).__doc__


# What verification of inclusion refuses


@pytest.mark.parametrize("name", HASHES)
def test_inclusion_bit_flips(backend: str, name: str) -> None:
    """Every single bit of leaf, proof and root, at every place of a tree with all shapes."""
    log = whole_log(name, 7)
    root = log.root()
    for index in range(7):
        leaf, proof = merkle.leaf_hash(leaves(7)[index], hash=name), log.prove_inclusion(index)
        assert included(leaf, index, 7, proof, root, hash=name)
        assert not any(included(bad, index, 7, proof, root, hash=name) for bad in flips(leaf))
        assert not any(included(leaf, index, 7, proof, bad, hash=name) for bad in flips(root))
        for at, step in enumerate(proof):
            for bad in flips(step):
                altered = [*proof[:at], bad, *proof[at + 1 :]]
                assert not included(leaf, index, 7, altered, root, hash=name), (index, at)


def test_inclusion_at_another_place() -> None:
    """A proof is good exactly where the siblings stand on the same sides."""
    log = whole_log("sha256", SMALL)
    places = [(index, size) for size in range(1, 19) for index in range(size)]
    sides = {place: siblings(*place) for place in places}
    for index, size in places:
        leaf, root = merkle.leaf_hash(leaves(SMALL)[index]), log.root(size)
        proof = log.prove_inclusion(index, size)
        for other in places:
            expected = sides[other] == sides[index, size]
            assert included(leaf, *other, proof, root) == expected, (index, size, other)
            if other[1] == size:
                assert expected == (other[0] == index)


def test_inclusion_under_another_root() -> None:
    log = whole_log("sha256", SMALL)
    for size in range(1, SMALL + 1):
        leaf, proof = merkle.leaf_hash(leaves(SMALL)[0]), log.prove_inclusion(0, size)
        for other in range(SMALL + 1):
            assert included(leaf, 0, size, proof, log.root(other)) == (other == size)


def test_index_outside_the_tree() -> None:
    for size in range(1, 18):
        log = whole_log("sha256", size)
        last = merkle.leaf_hash(leaves(size)[-1])
        proof = log.prove_inclusion(size - 1)
        assert included(last, size - 1, size, proof, log.root())
        for index in (size, size + 1, 2 * size, -1, -size, 2**32 + size - 1, 2**64 + size - 1):
            assert not included(last, index, size, proof, log.root()), (index, size)
            assert not reference.verify_inclusion(last, index, size, proof, log.root())


def test_tree_of_no_leaf() -> None:
    leaf = merkle.leaf_hash(b"")
    for index in (-1, 0, 1, 2**64):
        for size in (0, -1):
            for root in (leaf, EMPTY, bytes(32)):
                for digest in (leaf, root):
                    assert not included(digest, index, size, [], root)
                    assert not included(digest, index, size, [leaf], root)
                    assert not reference.verify_inclusion(digest, index, size, [], root)


def test_inclusion_proof_length() -> None:
    for size in range(1, 20):
        log = whole_log("sha256", size)
        root = log.root()
        for index in range(size):
            leaf, proof = merkle.leaf_hash(leaves(size)[index]), log.prove_inclusion(index)
            for count in range(len(proof)):
                assert not included(leaf, index, size, proof[:count], root)
                assert not included(leaf, index, size, proof[count + 1 :], root)
                assert not included(leaf, index, size, [*proof[:count], *proof[count + 1 :]], root)
            for extra in (root, leaf, bytes(32), EMPTY, *proof[:1]):
                for at in range(len(proof) + 1):
                    longer = [*proof[:at], extra, *proof[at:]]
                    assert not included(leaf, index, size, longer, root), (index, size, at)
            assert not included(leaf, index, size, [*proof, *[bytes(32)] * 1000], root)


def test_inclusion_proof_order() -> None:
    log = whole_log("sha256", 13)
    for index in range(13):
        leaf, proof = merkle.leaf_hash(leaves(13)[index]), log.prove_inclusion(index)
        for at in range(len(proof) - 1):
            swapped = [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]
            assert not included(leaf, index, 13, swapped, log.root())


def test_another_hash_is_another_tree() -> None:
    for name in HASHES:
        log = whole_log(name, 6)
        leaf, proof = merkle.leaf_hash(leaves(6)[1], hash=name), log.prove_inclusion(1)
        consistency = log.prove_consistency(3)
        for other in HASHES:
            same = other == name
            assert included(leaf, 1, 6, proof, log.root(), hash=other) == same
            assert consistent(3, 6, consistency, log.root(3), log.root(), hash=other) == same


# Leaves that pretend to be nodes, and nodes that pretend to be leaves


@pytest.mark.parametrize("name", HASHES)
def test_leaf_that_looks_like_a_node(backend: str, name: str) -> None:
    """64 bytes that are two hashes, with and without the prefix of a node (CVE-2017-12842)."""
    log = whole_log(name, 2)
    left, right = (merkle.leaf_hash(item, hash=name) for item in leaves(2))
    assert log.root() == DIGEST[name](b"\x01" + left + right)
    for prefix in (b"", b"\x00", b"\x01"):
        data = prefix + left + right
        assert merkle.leaf_hash(data, hash=name) != log.root()
        assert merkle.root([data], hash=name) != log.root()
        assert not included(merkle.leaf_hash(data, hash=name), 0, 1, [], log.root(), hash=name)


@pytest.mark.parametrize("name", HASHES)
def test_second_preimage_of_a_root(backend: str, name: str) -> None:
    """A smaller tree over the inner nodes of another one has another root."""
    for size in range(2, 17):
        data = leaves(size)
        hashes = [merkle.leaf_hash(item, hash=name) for item in data]
        root = merkle.root(data, hash=name)
        for prefix in (b"", b"\x00", b"\x01"):
            pairs = [prefix + b"".join(hashes[i : i + 2]) for i in range(0, size, 2)]
            assert merkle.root(pairs, hash=name) != root, (size, prefix)
        assert merkle.root(hashes, hash=name) != root, size


def test_inner_node_is_no_leaf() -> None:
    """With the true size, a node on the path and the rest of the proof show nothing."""
    for size in range(2, 20):
        log = whole_log("sha256", size)
        root = log.root()
        for index in range(size):
            proof, node = log.prove_inclusion(index), merkle.leaf_hash(leaves(size)[index])
            for at, (side, step) in enumerate(zip(siblings(index, size), proof), start=1):
                pair = (node, step) if side == "right" else (step, node)
                node = reference.node_hash(*pair)
                for claimed in range(size):
                    assert not included(node, claimed, size, proof[at:], root)
            assert node == root


def test_duplicated_last_leaves() -> None:
    """A tree that pairs a last node with itself takes these for the same (CVE-2012-2459)."""
    for size in range(1, 34):
        data, root = leaves(size), merkle.root(leaves(size))
        log = whole_log("sha256", size)
        for count in range(1, size + 1):
            assert merkle.root(data + data[-count:]) != root, (size, count)
        proof, last = log.prove_inclusion(size - 1), merkle.leaf_hash(data[-1])
        assert not included(last, size, size + 1, [last, *proof], root)
        for claimed in (proof, [last, *proof]):
            assert not included(last, size, size, claimed, root)
        assert not consistent(size, size + 1, [last], root, root)


def test_moved_boundaries() -> None:
    """The same bytes cut into other leaves are another tree."""
    whole = b"one and two and three"
    cuts = [[whole], [whole, b""], [b"", whole], *([whole[:i], whole[i:]] for i in range(1, 21))]
    assert len({merkle.root(cut) for cut in cuts}) == len(cuts)


# Positions up to the limit of 63 bits, and beyond

LIMIT = 1 << 63
HUGE = [
    *((index, 2**62 + d) for d in (-1, 0, 1) for index in (0, 1, 2**61, 2**62 - 2)),
    *((index, LIMIT - 1) for index in (0, 1, 2**62 - 1, 2**62, LIMIT - 3, LIMIT - 2)),
    (2**62, 2**62 + 1),
    (0x2AAA_AAAA_AAAA_AAAA, 0x5555_5555_5555_5555),
    (0x5555_5555_5555_5554, 0x5555_5555_5555_5555),
]


@pytest.mark.parametrize("index,size", HUGE)
def test_inclusion_in_huge_trees(index: int, size: int) -> None:
    leaf, proof, root = made_inclusion(index, size)
    assert included(leaf, index, size, proof, root)
    assert reference.verify_inclusion(leaf, index, size, proof, root)
    for other in (index ^ 1, index + 1, index - 1, index ^ 1 << 61, index + 2**64, index - 2**64):
        if siblings(other, size) != siblings(index, size) or not 0 <= other < size:
            assert not included(leaf, other, size, proof, root), other
    assert not included(leaf, index, size, proof[:-1], root)
    assert not included(leaf, index, size, [*proof, root], root)
    for wrapped in (size + 2**63, size + 2**64, size - 2**63, size - 2**64, -size):
        assert not included(leaf, index, wrapped, proof, root), wrapped


@pytest.mark.parametrize(
    "old,new",
    [(1, LIMIT - 1), (2**62, LIMIT - 1), (2**62 - 1, 2**62), (2**62, 2**62 + 1), (3, 2**62),
     (LIMIT - 2, LIMIT - 1), (0x2AAA_AAAA_AAAA_AAAB, 0x5555_5555_5555_5555)],
)  # fmt: skip
def test_consistency_of_huge_trees(old: int, new: int) -> None:
    proof, old_root, new_root = made_consistency(old, new)
    assert consistent(old, new, proof, old_root, new_root)
    assert reference.verify_consistency(old, new, proof, old_root, new_root)
    assert not consistent(old, new, proof, new_root, old_root)
    assert not consistent(old, new, proof[:-1], old_root, new_root)
    assert not consistent(old, new, [*proof, new_root], old_root, new_root)
    for shift in (2**63, 2**64, -(2**63), -(2**64)):
        assert not consistent(old + shift, new, proof, old_root, new_root)
        assert not consistent(old, new + shift, proof, old_root, new_root)
        assert not consistent(old + shift, new + shift, proof, old_root, new_root)


BEYOND = [LIMIT, LIMIT + 1, 2 * LIMIT - 1, 2 * LIMIT, 2 * LIMIT + 1, 4 * LIMIT]


@pytest.mark.parametrize("size", BEYOND)
def test_sizes_beyond_63_bits(size: int) -> None:
    """Refused even with a proof that is right."""
    for index in {0, size - 1}:
        leaf, proof, root = made_inclusion(index, size)
        assert not included(leaf, index, size, proof, root)
    for old in (1, 2, size - 1):
        proof, old_root, new_root = made_consistency(old, size)
        assert not consistent(old, size, proof, old_root, new_root)
    assert not consistent(size, size, [], bytes(32), bytes(32))
    assert not consistent(0, size, [], EMPTY, bytes(32))


def test_reference_sizes_beyond_63_bits() -> None:
    """The reference gives the verdict of M-12 and M-21 too."""
    for size in BEYOND:
        leaf, proof, root = made_inclusion(0, size)
        assert not reference.verify_inclusion(leaf, 0, size, proof, root), size
        proof, old_root, new_root = made_consistency(1, size)
        assert not reference.verify_consistency(1, size, proof, old_root, new_root), size


# What verification of consistency refuses


@pytest.mark.parametrize("name", HASHES)
def test_consistency_bit_flips(backend: str, name: str) -> None:
    log = whole_log(name, 13)
    for old, new in [(1, 2), (2, 3), (3, 7), (4, 7), (6, 8), (7, 13), (8, 13), (12, 13)]:
        proof, first, last = log.prove_consistency(old, new), log.root(old), log.root(new)
        assert consistent(old, new, proof, first, last, hash=name)
        assert not any(consistent(old, new, proof, bad, last, hash=name) for bad in flips(first))
        assert not any(consistent(old, new, proof, first, bad, hash=name) for bad in flips(last))
        for at, step in enumerate(proof):
            for bad in flips(step):
                altered = [*proof[:at], bad, *proof[at + 1 :]]
                assert not consistent(old, new, altered, first, last, hash=name), (old, new, at)


def test_consistency_of_other_sizes() -> None:
    """A proof is good exactly for sizes that need the same nodes of the same trees."""
    log = whole_log("sha256", SMALL)
    pairs = [(old, new) for new in range(2, 17) for old in range(1, new)]
    needs = {pair: beside(*pair) for pair in pairs}
    for pair in pairs:
        proof = log.prove_consistency(*pair)
        roots = log.root(pair[0]), log.root(pair[1])
        for other in pairs:
            expected = needs[other] == needs[pair]
            assert consistent(*other, proof, *roots) == expected, (pair, other)
        for same in (0, *pair):
            assert not consistent(same, same, proof, *roots)
            assert not consistent(0, same, proof, *roots)
        assert not consistent(pair[1], pair[0], proof, *roots)
        assert not consistent(pair[1], pair[0], proof, *roots[::-1])


def test_consistency_proof_length() -> None:
    log = whole_log("sha256", SMALL)
    for new in range(2, 20):
        for old in range(1, new):
            proof, roots = log.prove_consistency(old, new), (log.root(old), log.root(new))
            assert consistent(old, new, proof, *roots)
            assert not consistent(old, new, [], *roots)
            for root in roots:
                assert not consistent(old, new, [], root, root)
            for at in range(len(proof)):
                assert not consistent(old, new, proof[:at], *roots)
                assert not consistent(old, new, [*proof[:at], *proof[at + 1 :]], *roots)
            for extra in (*roots, bytes(32), EMPTY):
                for at in range(len(proof) + 1):
                    longer = [*proof[:at], extra, *proof[at:]]
                    assert not consistent(old, new, longer, *roots), (old, new, at)


def test_consistency_from_nothing(backend: str) -> None:
    for name in HASHES:
        empty, log = DIGEST[name](b""), whole_log(name, 9)
        for size in range(10):
            root = log.root(size)
            assert consistent(0, size, [], empty, root, hash=name)
            for proof in ([root], [empty], [bytes(32)] * 4):
                assert not consistent(0, size, proof, empty, root, hash=name)
            if size:
                assert not consistent(0, size, [], bytes(32), root, hash=name)
                assert not consistent(0, size, [], root, root, hash=name)
                assert not consistent(size, 0, [], root, empty, hash=name)


def test_consistency_of_equal_sizes() -> None:
    log = whole_log("sha256", 9)
    for size in range(10):
        root = log.root(size)
        assert log.prove_consistency(size, size) == []
        assert consistent(size, size, [], root, root)
        for proof in ([root], [bytes(32)]):
            assert not consistent(size, size, proof, root, root)
        for other in range(10):
            assert consistent(size, size, [], root, log.root(other)) == (other == size)


def test_rewritten_history() -> None:
    """No proof of the log ties it to a log that changed one of its earlier entries."""
    for old in range(1, 12):
        for changed in range(old):
            data = list(leaves(12))
            data[changed] += b"!"
            other = merkle.Log()
            other.extend(data)
            log = whole_log("sha256", 12)
            assert other.root(old) != log.root(old)
            proof = other.prove_consistency(old)
            assert consistent(old, 12, proof, other.root(old), other.root())
            assert not consistent(old, 12, proof, log.root(old), other.root())
            true_proof = log.prove_consistency(old)
            assert not consistent(old, 12, true_proof, log.root(old), other.root())


# The same verdict as the reference, whatever the proof


@st.composite
def altered(draw: st.DrawFn, proof: list[bytes], known: list[bytes]) -> list[bytes]:
    """The proof after up to three changes."""
    steps = list(proof)
    for _ in range(draw(st.integers(0, 3))):
        change = draw(st.sampled_from(["flip", "drop", "insert", "swap", "resize", "replace"]))
        at = draw(st.integers(0, max(0, len(steps) - 1)))
        if change == "insert":
            steps.insert(at, draw(st.sampled_from([*known, *steps])))
        elif not steps:
            continue
        elif change == "flip":
            bit = draw(st.integers(0, 8 * len(steps[at]) - 1)) if steps[at] else 0
            number = int.from_bytes(steps[at]) ^ 1 << bit
            steps[at] = number.to_bytes(max(1, len(steps[at])))
        elif change == "drop":
            del steps[at]
        elif change == "swap":
            other = draw(st.integers(0, len(steps) - 1))
            steps[at], steps[other] = steps[other], steps[at]
        elif change == "resize":
            steps[at] = draw(st.sampled_from([steps[at][:-1], steps[at] + b"\0", b""]))
        else:
            steps[at] = draw(st.sampled_from(known))
    return steps


def near(draw: Callable[[st.SearchStrategy[int]], int], value: int) -> int:
    return value + draw(st.sampled_from([0, 0, 0, 0, 1, -1, value, -value, 2**32]))


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_inclusion_verdict_is_the_references(data: st.DataObject) -> None:
    log = whole_log("sha256", 70)
    size = data.draw(st.integers(1, 70))
    index = data.draw(st.integers(0, size - 1))
    leaf, root = merkle.leaf_hash(leaves(70)[index]), log.root(size)
    known = [leaf, root, EMPTY, bytes(32), merkle.leaf_hash(leaves(70)[0])]
    proof = data.draw(altered(log.prove_inclusion(index, size), known))
    place = near(data.draw, index), near(data.draw, size)
    if data.draw(st.booleans()):
        leaf, root = data.draw(st.sampled_from(known)), data.draw(st.sampled_from(known))
    expected = reference.verify_inclusion(leaf, *place, proof, root)
    assert included(leaf, *place, proof, root) == expected
    if place == (index, size) and leaf == known[0] and root == known[1]:
        assert expected == (proof == log.prove_inclusion(index, size))


@settings(deadline=None, max_examples=400)
@given(data=st.data())
def test_consistency_verdict_is_the_references(data: st.DataObject) -> None:
    log = whole_log("sha256", 70)
    new = data.draw(st.integers(0, 70))
    old = data.draw(st.integers(0, new))
    roots = [log.root(old), log.root(new)]
    known = [*roots, EMPTY, bytes(32), merkle.leaf_hash(leaves(70)[0])]
    proof = data.draw(altered(log.prove_consistency(old, new), known))
    sizes = near(data.draw, old), near(data.draw, new)
    if data.draw(st.booleans()):
        roots = [data.draw(st.sampled_from(known)) for _ in range(2)]
    expected = reference.verify_consistency(*sizes, proof, *roots)
    assert consistent(*sizes, proof, *roots) == expected
    if sizes == (old, new) and roots == known[:2]:
        assert expected == (proof == log.prove_consistency(old, new))


# Against pymerkle


@cache
def other_tree(count: int) -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    tree.append_entries(leaves(count))
    return tree


def test_pymerkle_roots() -> None:
    tree, log = other_tree(300), whole_log("sha256", 300)
    for size in [*range(131), 255, 256, 257, 299, 300]:
        assert tree.get_root(size) == log.root(size) == merkle.root(leaves(300)[:size]), size
    for index in range(300):
        assert tree.get_leaf(index + 1) == merkle.leaf_hash(leaves(300)[index])


def test_pymerkle_takes_our_inclusion_proofs() -> None:
    log = whole_log("sha256", SMALL)
    for size in range(1, SMALL + 1):
        root = log.root(size)
        for index in range(size):
            leaf = merkle.leaf_hash(leaves(SMALL)[index])
            path = [leaf, *log.prove_inclusion(index, size)]
            rule = [0 if side == "right" else 1 for side in siblings(index, size)]
            proof = pymerkle.InclusionProof("sha256", True, size, index + 1, [*rule, 0], path)
            if size > 1:
                pymerkle.verify_inclusion(leaf, root, proof, index=index + 1, size=size)
            assert path == other_tree(SMALL).prove_inclusion(index + 1, size).path


def test_batches_and_pymerkle() -> None:
    """Both ways: theirs through the batch verifier, what the batch prover makes through theirs."""
    tree, log = other_tree(300), whole_log("sha256", 300)
    for size in (1, 2, 7, 64, 255, 300):
        theirs = [tree.prove_inclusion(index + 1, size).path for index in range(size)]
        ours = log.prove_inclusion_many(range(size), size)
        assert [ours[index] for index in range(size)] == [path[1:] for path in theirs]
        packed = merkle.Proofs.pack([path[1:] for path in theirs])
        leaf_hashes = [path[0] for path in theirs]
        verdicts = merkle.verify_inclusion_many(
            leaf_hashes, range(size), size, packed, tree.get_root(size)
        )
        assert verdicts.all()
        for index in range(size if size > 1 else 0):
            rule = [0 if side == "right" else 1 for side in siblings(index, size)]
            path = [leaf_hashes[index], *ours[index]]
            proof = pymerkle.InclusionProof("sha256", True, size, index + 1, [*rule, 0], path)
            pymerkle.verify_inclusion(
                leaf_hashes[index], tree.get_root(size), proof, index=index + 1, size=size
            )


def test_we_take_inclusion_proofs_of_pymerkle() -> None:
    tree = other_tree(300)
    for size in (1, 2, 3, 7, 64, 65, 255, 256, 257, 300):
        for index in {0, 1, size // 2, size - 2, size - 1} & set(range(size)):
            leaf, *path = tree.prove_inclusion(index + 1, size).path
            assert included(leaf, index, size, path, tree.get_root(size)), (index, size)
            assert path == whole_log("sha256", 300).prove_inclusion(index, size)


def test_consistency_proofs_of_pymerkle() -> None:
    """Theirs has the peaks of the old tree and a way to the next leaf: ours joins that way."""
    tree, log = other_tree(SMALL), whole_log("sha256", SMALL)
    for new in range(2, SMALL + 1):
        for old in range(1, new):
            theirs = tree.prove_consistency(old, new)
            pymerkle.verify_consistency(
                log.root(old), log.root(new), theirs, prior_size=old, later_size=new
            )
            peak = theirs.subset.index(1)
            joined = theirs.path[0]
            for bit, step in zip(theirs.rule, theirs.path[1:peak]):
                pair = (step, joined) if bit else (joined, step)
                joined = reference.node_hash(*pair)
            first = [] if old & (old - 1) == 0 else [theirs.path[peak]]
            proof = [*first, joined, *theirs.path[peak + 1 :]]
            assert proof == log.prove_consistency(old, new), (old, new)
            assert consistent(old, new, proof, tree.get_root(old), tree.get_root(new))


def test_chain_of_consistency_proofs() -> None:
    log = whole_log("sha256", 5000)
    sizes = [0, 1, 2, 3, 7, 8, 100, 128, 129, 1000, 4095, 4096, 4097, 5000]
    for old, new in pairwise(sizes):
        proof = log.prove_consistency(old, new)
        assert len(proof) <= new.bit_length() + 1
        assert consistent(old, new, proof, log.root(old), log.root(new))
