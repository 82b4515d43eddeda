# SPDX-License-Identifier: Apache-2.0
"""Batches of proofs against the definition, one by one and spoiled in every bit."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any
from unittest import mock

import numpy as np
import pytest
from test_merkle import DIGEST, HASHES, consistent, defined_with, included, leaves, whole_log

import chopmark
from chopmark import merkle
from chopmark.merkle import Proofs
from chopmark.reference import merkle as reference

ALL_SIZES = 300


class Span(Sequence[bytes]):
    """Leaves [start, stop) of one list: hashable, so that the root of a part is computed once."""

    def __init__(self, start: int, stop: int) -> None:
        self.bounds = start, stop

    def __len__(self) -> int:
        return self.bounds[1] - self.bounds[0]

    def __getitem__(self, at: Any) -> Any:
        start, stop = self.bounds
        if isinstance(at, slice):
            first, last, _ = at.indices(len(self))
            return Span(start + first, start + last)
        return leaves(stop)[start + at]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and self.bounds == other.bounds

    def __hash__(self) -> int:
        return hash(self.bounds)


class Definition:
    """The reference with the hash `name`, which keeps the roots it has computed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root_of = cache(reference.root)

    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        with defined_with(self.name), mock.patch.object(reference, "root", self.root_of):
            return question(*arguments)

    def root(self, size: int) -> bytes:
        root: bytes = self.ask(self.root_of, Span(0, size))
        return root

    def inclusion(self, index: int, size: int) -> list[bytes]:
        proof: list[bytes] = self.ask(reference.inclusion_proof, index, Span(0, size))
        return proof

    def consistency(self, old: int, size: int) -> list[bytes]:
        proof: list[bytes] = self.ask(reference.consistency_proof, old, Span(0, size))
        return proof


@cache
def definition(name: str) -> Definition:
    return Definition(name)


def rows(digests: Sequence[bytes]) -> np.ndarray:
    return np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32)


@cache
def leaf_hashes(name: str, count: int) -> np.ndarray:
    return rows([merkle.leaf_hash(leaf, hash=name) for leaf in leaves(count)])


@cache
def roots(name: str, count: int) -> np.ndarray:
    """Row i: the root of the first i leaves."""
    log = whole_log(name, count)
    return rows([log.root(size) for size in range(count + 1)])


def agree(name: str, size: int, indexes: Sequence[int], olds: Sequence[int]) -> None:
    """Roots and all proofs are those of the definition and are accepted."""
    log, defined = whole_log(name, max(size, ALL_SIZES)), definition(name)
    root = log.root(size)
    assert root == defined.root(size), size
    proofs = log.prove_inclusion_many(indexes, size)
    assert len(proofs) == len(indexes)
    for i, index in enumerate(indexes):
        assert proofs[i] == defined.inclusion(index, size), (index, size)
    hashes = leaf_hashes(name, max(size, ALL_SIZES))[list(indexes)]
    assert merkle.verify_inclusion_many(hashes, indexes, size, proofs, root, hash=name).all()
    proofs = log.prove_consistency_many(olds, size)
    for i, old in enumerate(olds):
        assert proofs[i] == defined.consistency(old, size), (old, size)
    old_roots = roots(name, max(size, ALL_SIZES))[list(olds)]
    assert merkle.verify_consistency_many(olds, size, proofs, old_roots, root, hash=name).all()


@pytest.mark.parametrize("name", HASHES)
def test_every_size_to_300(name: str) -> None:
    for size in range(ALL_SIZES + 1):
        few = name != "sha256"  # of the other hashes some positions only
        step = 1 + size // 16 if few else 1
        agree(name, size, range(0, size, step), range(0, size + 1, step))


def test_random_larger_sizes(backend: str) -> None:
    source = random.Random(9162)
    for size in source.sample(range(ALL_SIZES, 5000), 6):
        positions = [0, size - 1, *source.sample(range(size), 30)]
        agree("sha256", size, positions, [*positions, size])


@pytest.mark.parametrize("name", HASHES)
def test_backends_and_threads_change_nothing(backend: str, name: str) -> None:
    log, n = whole_log(name, 2500), 2500
    one = log.prove_inclusion_many(range(n))
    hashes = leaf_hashes(name, n)
    for count in (0, 2, 7):
        proofs = log.prove_inclusion_many(range(n), threads=count)
        assert np.array_equal(proofs.steps, one.steps)
        assert np.array_equal(proofs.lengths, one.lengths)
        spoiled = hashes.copy()
        spoiled[::3, 5] ^= 1
        found = merkle.verify_inclusion_many(
            spoiled, range(n), n, proofs, log.root(), hash=name, threads=count
        )
        assert np.array_equal(found, np.arange(n) % 3 != 0)


# One claim with its proof as arrays of one row, and what changes a bit in it


def inclusion_claim(name: str, index: int, size: int) -> dict[str, np.ndarray]:
    log = whole_log(name, ALL_SIZES)
    proofs = log.prove_inclusion_many([index], size)
    return {
        "leaf": leaf_hashes(name, ALL_SIZES)[[index]],
        "index": np.array([index], np.uint64),
        "size": np.array([size], np.uint64),
        "steps": proofs.steps,
        "length": proofs.lengths,
        "root": rows([log.root(size)]),
    }


def consistency_claim(name: str, old: int, new: int) -> dict[str, np.ndarray]:
    log = whole_log(name, ALL_SIZES)
    proofs = log.prove_consistency_many([old], new)
    return {
        "old": np.array([old], np.uint64),
        "new": np.array([new], np.uint64),
        "steps": proofs.steps,
        "length": proofs.lengths,
        "old_root": rows([log.root(old)]),
        "new_root": rows([log.root(new)]),
    }


def with_changes(claim: dict[str, np.ndarray], changed: dict[str, np.ndarray]) -> Any:
    """The claim as often as there are changes to it."""
    count = max(map(len, changed.values()), default=1)
    return {
        name: np.repeat(value, count, axis=0) if len(value) == 1 else value
        for name, value in {**claim, **changed}.items()
    }


def included_many(name: str, claim: dict[str, np.ndarray], **changed: np.ndarray) -> np.ndarray:
    all_of = with_changes(claim, changed)
    return merkle.verify_inclusion_many(
        all_of["leaf"], all_of["index"], all_of["size"], Proofs(all_of["steps"], all_of["length"]),
        all_of["root"], hash=name,
    )  # fmt: skip


def consistent_many(name: str, claim: dict[str, np.ndarray], **changed: np.ndarray) -> np.ndarray:
    all_of = with_changes(claim, changed)
    return merkle.verify_consistency_many(
        all_of["old"], all_of["new"], Proofs(all_of["steps"], all_of["length"]),
        all_of["old_root"], all_of["new_root"], hash=name,
    )  # fmt: skip


def each_bit(row: np.ndarray) -> np.ndarray:
    """For every bit of a row (1, ...), the row with this bit changed."""
    if row.dtype != np.uint8:
        return row[0] ^ (np.uint64(1) << np.arange(64, dtype=np.uint64))
    bits = np.arange(8 * row.size)
    changed = np.repeat(row, len(bits), axis=0)
    changed.reshape(len(bits), row.size)[bits, bits // 8] ^= (1 << bits % 8).astype(np.uint8)
    return changed


@pytest.mark.parametrize("name", HASHES)
def test_every_bit_of_an_inclusion_claim(backend: str, name: str) -> None:
    for size in (1, 2, 3, 7, 13, 64, 65, 300):
        for index in {0, size // 2, size - 1}:
            claim = inclusion_claim(name, index, size)
            assert included_many(name, claim).all()
            for part in ("leaf", "index", "root", *(["steps"] if claim["steps"].size else [])):
                found = included_many(name, claim, **{part: each_bit(claim[part])})
                assert not found.any(), (part, index, size)
            # Other sizes may put the siblings on the same sides (M-13): never more than that.
            sizes = each_bit(claim["size"])
            proof = Proofs(claim["steps"], claim["length"])[0]
            leaf, root = claim["leaf"].tobytes(), claim["root"].tobytes()
            with defined_with(name):
                expected = [
                    reference.verify_inclusion(leaf, index, int(other), proof, root)
                    for other in sizes
                ]
            assert included_many(name, claim, size=sizes).tolist() == expected


@pytest.mark.parametrize("name", HASHES)
def test_every_bit_of_a_consistency_claim(backend: str, name: str) -> None:
    for new in (2, 3, 7, 13, 64, 65, 300):
        for old in {1, new // 2, new - 1} - {0}:
            claim = consistency_claim(name, old, new)
            assert consistent_many(name, claim).all()
            for part in ("steps", "old_root", "new_root"):
                found = consistent_many(name, claim, **{part: each_bit(claim[part])})
                assert not found.any(), (part, old, new)
            proof = Proofs(claim["steps"], claim["length"])[0]
            both = claim["old_root"].tobytes(), claim["new_root"].tobytes()
            for part in ("old", "new"):
                sizes = each_bit(claim[part])
                with defined_with(name):
                    expected = [
                        reference.verify_consistency(
                            *((int(x), new) if part == "old" else (old, int(x))), proof, *both
                        )
                        for x in sizes
                    ]
                assert consistent_many(name, claim, **{part: sizes}).tolist() == expected


def longer(claim: dict[str, np.ndarray], by: int) -> dict[str, np.ndarray]:
    """The steps with zeros behind them, in longer rows."""
    return {**claim, "steps": np.pad(claim["steps"], ((0, 0), (0, by), (0, 0)))}


def test_proof_too_long_or_too_short() -> None:
    for index, size in ((0, 1), (4, 5), (0, 8), (6, 7), (299, 300), (130, 257)):
        claim = longer(inclusion_claim("sha256", index, size), 3)
        length = int(claim["length"][0])
        depth = claim["steps"].shape[1]
        lengths = np.array([x for x in range(-2, depth + 3) if x != length])
        assert included_many("sha256", claim).all()
        assert not included_many("sha256", claim, length=lengths).any()
        # A step too many that is no zero, counted or not.
        claim["steps"] = claim["steps"].copy()
        claim["steps"][0, length] = 7
        assert not included_many("sha256", claim, length=np.array([length, length + 1])).any()
    for old, new in ((1, 2), (3, 7), (4, 8), (255, 300), (256, 300), (5, 5), (0, 9)):
        claim = longer(consistency_claim("sha256", old, new), 3)
        length = int(claim["length"][0])
        lengths = np.array([x for x in range(-2, 20) if x != length])
        assert consistent_many("sha256", claim).all()
        assert not consistent_many("sha256", claim, length=lengths).any()


def test_index_out_of_range() -> None:
    for size in (1, 2, 5, 8, 300):
        claim = inclusion_claim("sha256", size - 1, size)
        beyond = [size, size + 1, 2 * size, 2**32 + size - 1, 2**63 - 1, -1, -size, -(2**63)]
        assert not included_many("sha256", claim, index=np.array(beyond)).any()
        log = whole_log("sha256", ALL_SIZES)
        for index in beyond:
            with pytest.raises(ValueError, match="out of range"):
                log.prove_inclusion_many([0, index], size)
    for size in (0, -1, -(2**63)):
        claim = inclusion_claim("sha256", 0, 1)
        assert not included_many("sha256", claim, size=np.array([size])).any()
    assert not included_many("sha256", claim, size=np.array([2**63, 2**64 - 1], np.uint64)).any()


def test_empty_tree() -> None:
    log = merkle.Log()
    proofs = log.prove_inclusion_many([])
    assert (len(proofs), proofs.steps.shape) == (0, (0, 0, 32))
    assert merkle.verify_inclusion_many([], [], 0, proofs, log.root()).shape == (0,)
    with pytest.raises(ValueError, match="out of range"):
        log.prove_inclusion_many([0])
    # A leaf is in no tree without leaves, whatever its root.
    nothing = Proofs.pack([[]])
    empty = np.frombuffer(log.root(), np.uint8)[np.newaxis]
    assert not merkle.verify_inclusion_many(empty, [0], 0, nothing, log.root()).any()
    assert merkle.verify_consistency_many([0], [0], nothing, log.root(), log.root()).all()


def test_consistency_from_0_and_between_equal_sizes() -> None:
    sizes = np.arange(ALL_SIZES + 1)
    all_roots = roots("sha256", ALL_SIZES)
    n = len(sizes)
    nothing = Proofs.pack([[]] * n)
    empty = merkle.root([])
    # Every tree extends the empty one, which says nothing about the new root (M-23).
    assert merkle.verify_consistency_many(0, sizes, nothing, empty, all_roots).all()
    wrong = merkle.verify_consistency_many(0, sizes, nothing, bytes(32), all_roots)
    assert not wrong.any()
    assert merkle.verify_consistency_many(sizes, sizes, nothing, all_roots, all_roots).all()
    other = all_roots[::-1].copy()
    other[ALL_SIZES // 2, 0] ^= 1
    assert not merkle.verify_consistency_many(sizes, sizes, nothing, other, all_roots).any()
    one = Proofs(np.zeros((n, 1, 32), np.uint8), np.ones(n, np.int64))
    assert not merkle.verify_consistency_many(0, sizes, one, empty, all_roots).any()
    assert not merkle.verify_consistency_many(sizes, sizes, one, all_roots, all_roots).any()
    # From a larger size to a smaller one.
    assert not merkle.verify_consistency_many(sizes[1:], sizes[:-1], Proofs.pack([[]] * (n - 1)),
                                              all_roots[1:], all_roots[:-1]).any()  # fmt: skip


@pytest.mark.parametrize("name", HASHES)
def test_leaf_node_second_preimage(backend: str, name: str) -> None:
    """The two digests under a node, taken for the data of a leaf, make another hash than the node;
    and the hash of that leaf stands nowhere in the tree.
    """
    log = whole_log(name, 8)
    hashes = leaf_hashes(name, 8)
    pairs = hashes.reshape(4, 64)
    as_leaves = rows([merkle.leaf_hash(pair, hash=name) for pair in pairs])
    nodes = rows([DIGEST[name](b"\x01" + pair.tobytes()) for pair in pairs])
    assert not (as_leaves == nodes).all(axis=1).any()
    upper = Proofs(log.prove_inclusion_many([0, 2, 4, 6]).steps[:, 1:], np.full(4, 2))
    # The node stands where a tree of four leaves would have it; the forged leaf does not.
    assert merkle.verify_inclusion_many(nodes, range(4), 4, upper, log.root(), hash=name).all()
    assert not merkle.verify_inclusion_many(
        as_leaves, range(4), 4, upper, log.root(), hash=name
    ).any()
    assert merkle.root(pairs, hash=name) != log.root()


@pytest.mark.parametrize("name", HASHES)
def test_duplicated_last_leaf_cve_2012_2459(backend: str, name: str) -> None:
    """No tree has the root of the one in which its last leaves are repeated."""
    for size in range(1, 70):
        data = list(leaves(size))
        seen = {merkle.root(data, hash=name)}
        for repeated in {1, size & -size, size // 2} - {0}:
            seen.add(merkle.root([*data, *data[-repeated:]], hash=name))
        assert len(seen) == 1 + len({1, size & -size, size // 2} - {0})


@pytest.mark.parametrize("name", HASHES)
def test_64_byte_leaf_as_inner_node_cve_2017_12842(backend: str, name: str) -> None:
    """A leaf of 64 bytes, or of 65 that begin like a node, opens no level below it."""
    inner = rows([bytes([i]) * 32 for i in range(2)])
    for data in (inner.tobytes(), b"\x01" + inner.tobytes()):
        log = merkle.Log(hash=name)
        log.extend([data, b"other"])
        root = np.frombuffer(log.root(), np.uint8)[np.newaxis]
        other = merkle.leaf_hash(b"other", hash=name)
        for index in (0, 1):
            proofs = Proofs.pack([[inner[1 - index].tobytes(), other]])
            for size in (3, 4):
                found = merkle.verify_inclusion_many(
                    inner[[index]], [index], size, proofs, root, hash=name
                )
                assert not found.any(), (index, size)


# Agreement with the single forms, arguments


def test_batch_verdicts_are_those_of_single_proofs() -> None:
    source = random.Random(4)
    log = whole_log("sha256", ALL_SIZES)
    claims = []
    for _ in range(3000):
        size = source.randrange(1, 40)
        index = source.randrange(size)
        proof = log.prove_inclusion(index, size)
        leaf = leaf_hashes("sha256", ALL_SIZES)[source.choice([index, index, 1])].tobytes()
        if source.random() < 0.3 and proof:
            proof = source.sample(proof, source.randrange(1, len(proof) + 1))
        claims.append((leaf, source.choice([index, index, 3]), source.choice([size, 7]), proof,
                       log.root(size)))  # fmt: skip
    found = merkle.verify_inclusion_many(
        [c[0] for c in claims], [c[1] for c in claims], [c[2] for c in claims],
        Proofs.pack([c[3] for c in claims]), [c[4] for c in claims],
    )  # fmt: skip
    expected = [included(*claim) for claim in claims]
    assert found.tolist() == expected
    assert any(expected) and not all(expected)
    both = []
    for _ in range(2000):
        old, new, proof_of = sorted(source.randrange(40) for _ in range(3))
        both.append((old, new, log.prove_consistency(*source.choice([(old, new), (old, proof_of)])),
                     log.root(old), log.root(new)))  # fmt: skip
    found = merkle.verify_consistency_many(
        [c[0] for c in both], [c[1] for c in both], Proofs.pack([c[2] for c in both]),
        [c[3] for c in both], [c[4] for c in both],
    )  # fmt: skip
    assert found.tolist() == [consistent(*claim) for claim in both]
    assert found.any() and not found.all()


def test_batch_arguments() -> None:
    log = whole_log("sha256", 8)
    proofs, root = log.prove_inclusion_many(range(8)), log.root()
    hashes = leaf_hashes("sha256", 8)
    verify: Any = merkle.verify_inclusion_many
    for sizes in (8, np.int64(8), [8] * 8, np.full(8, 8, np.uint8)):
        for given in (root, bytearray(root), [root] * 8, rows([root] * 8), rows([root])[0]):
            assert verify(hashes, range(8), sizes, proofs, given).all()
    assert verify(list(hashes), np.arange(8, dtype=np.int8), 8, proofs, root).all()
    assert verify(np.asfortranarray(hashes), range(8), 8, proofs, root).all()
    strided = Proofs(np.repeat(proofs.steps, 2, axis=0)[::2], np.repeat(proofs.lengths, 2)[::2])
    assert verify(hashes, range(8), 8, strided, root).all()
    for wrong in (
        lambda: verify(hashes, np.zeros(8), 8, proofs, root),
        lambda: verify(hashes, np.zeros(8, bool), 8, proofs, root),
        lambda: verify(hashes, range(8), True, proofs, root),
        lambda: verify(hashes, range(8), 8.0, proofs, root),
        lambda: verify(hashes.astype(np.int64), range(8), 8, proofs, root),
        lambda: verify(hashes, range(8), 8, Proofs(proofs.steps.astype(int), proofs.lengths), root),
        lambda: verify(hashes, range(8), 8, proofs, "root"),
        lambda: log.prove_inclusion_many(np.zeros(3)),
        lambda: log.prove_inclusion_many([0], 1.0),  # type: ignore[arg-type]
    ):
        with pytest.raises(TypeError):
            wrong()
    for wrong in (
        lambda: verify(hashes[:7], range(8), 8, proofs, root),
        lambda: verify(hashes[:, :31], range(8), 8, proofs, root),
        lambda: verify(hashes, range(7), 8, proofs, root),
        lambda: verify(hashes, range(8), [8] * 7, proofs, root),
        lambda: verify(hashes, range(8), 8, proofs, root[:31]),
        lambda: verify(hashes, range(8), 8, proofs, [root] * 7),
        lambda: verify(hashes, range(8), 8, Proofs(proofs.steps, proofs.lengths[:7]), root),
        lambda: verify(hashes, range(8), 8, Proofs(proofs.steps[0], proofs.lengths), root),
        lambda: verify(hashes, range(8), 8, proofs, root, threads=257),
        lambda: verify(hashes, range(8), 8, proofs, root, hash="sha512"),
        lambda: Proofs.pack([[bytes(31)]]),
        lambda: log.prove_inclusion_many([8]),
        lambda: log.prove_inclusion_many([0], 9),
        lambda: log.prove_consistency_many([9]),
        lambda: log.prove_consistency_many([3], 2),
        lambda: log.prove_inclusion_many(np.zeros((2, 2), int)),
    ):
        with pytest.raises(ValueError):
            wrong()


def test_proofs_into_given_arrays() -> None:
    log = merkle.Log()
    log.extend([bytes([i]) for i in range(100)])
    for many, depth in ((log.prove_inclusion_many, 7), (log.prove_consistency_many, 8)):
        expected = many([3, 99, 64])
        out = merkle.Proofs(np.full((3, depth, 32), 9, np.uint8), np.full(3, 9, np.int64))
        given = many([3, 99, 64], out=out)
        assert given.steps is out.steps
        assert given.lengths is out.lengths
        assert (out.steps == expected.steps).all()
        assert (out.lengths == expected.lengths).all()
        for steps, lengths, error in (
            (out.steps[:2], out.lengths, ValueError),
            (out.steps[:, ::-1], out.lengths, ValueError),
            (out.steps.astype(np.int8), out.lengths, TypeError),
            (out.steps, out.lengths[:2], ValueError),
            (out.steps, out.lengths.astype(np.int32), TypeError),
            (np.frombuffer(bytes(96 * depth), np.uint8).reshape(3, depth, 32), out.lengths,
             ValueError),
        ):  # fmt: skip
            with pytest.raises(error):
                many([3, 99, 64], out=merkle.Proofs(steps, lengths))


def test_pack_is_what_the_log_proves() -> None:
    log = whole_log("sha256", 13)
    proofs = log.prove_inclusion_many(range(13))
    packed = Proofs.pack([log.prove_inclusion(i) for i in range(13)])
    assert np.array_equal(packed.steps, proofs.steps)
    assert np.array_equal(packed.lengths, proofs.lengths)


def test_batches_while_the_log_grows_and_shrinks() -> None:
    log = merkle.Log()
    log.extend(leaves(1000))
    root = log.root(500)
    hashes = leaf_hashes("sha256", 1000)[:500]
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            log.extend(leaves(1000), threads=2)
            log.truncate(1000)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(30):
        proofs = log.prove_inclusion_many(range(500), 500)
        assert merkle.verify_inclusion_many(hashes, range(500), 500, proofs, root).all()
    stop.set()
    writer.join()
    assert chopmark.merkle.root(leaves(1000)) == log.root()
