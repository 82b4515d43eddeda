# SPDX-License-Identifier: Apache-2.0
"""The state tree against its definition in chopmark.reference, step by step, and forgers."""

from __future__ import annotations

import hashlib
import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
)

import chopmark
from chopmark import Ragged, state
from chopmark.errors import InvalidProof
from chopmark.reference import state as reference

HASHES = ["blake3", "sha256", "sm3"]
ZERO = bytes(32)


@pytest.fixture(autouse=True)
def faster_sm3(monkeypatch: pytest.MonkeyPatch) -> None:
    if "sm3" in hashlib.algorithms_available:
        monkeypatch.setitem(reference.HASH, "sm3", lambda data: hashlib.new("sm3", data).digest())


def spread(i: int) -> bytes:
    return hashlib.sha256(b"%d" % i).digest()


def entries(count: int) -> dict[bytes, bytes]:
    return {spread(i): spread(i + 10**6) for i in range(count)}


def tree_of(content: dict[bytes, bytes], hash: str = "blake3") -> state.StateTree:
    tree = state.StateTree(hash=hash)
    tree.update(list(content), list(content.values()))
    return tree


def flips(data: bytes) -> Iterator[bytes]:
    for bit in range(8 * len(data)):
        yield (int.from_bytes(data) ^ 1 << bit).to_bytes(len(data))


def ok(check: Callable[..., None], *arguments: Any, **options: Any) -> bool:
    try:
        check(*arguments, **options)
    except InvalidProof:
        return False
    return True


# Against the reference, step by step

# Few distinct bits, so that keys are often equal, share long prefixes, or part at the last bit.
KEYS = st.builds(
    lambda high, middle, low: bytes([high, *bytes(15), middle, *bytes(14), low]),
    st.sampled_from([0, 1, 0x40, 0x80, 0xFF]),
    st.sampled_from([0, 0x10, 0x80]),
    st.sampled_from([0, 1, 2, 3, 0x81]),
)
VALUES = st.integers(0, 5).map(lambda i: bytes([i]) * 32)
BATCH = st.dictionaries(KEYS, st.none() | VALUES, max_size=40)


class Versions(RuleBasedStateMachine):
    """Random batches on random versions, merged and dropped, against plain dicts."""

    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.tree = state.StateTree()
        self.model: dict[int, dict[bytes, bytes]] = {self.tree.base: {}}
        self.parent: dict[int, int] = {}

    def known(self, version: int) -> int:
        """The version, or the base where it is gone."""
        return version if version in self.model else self.tree.base

    def below(self, version: int) -> list[int]:
        """The versions that it stands on, itself first."""
        line = [version]
        while line[-1] in self.parent:
            line.append(self.parent[line[-1]])
        return line

    def keep(self, kept: set[int]) -> None:
        self.model = {v: content for v, content in self.model.items() if v in kept}
        self.parent = {v: p for v, p in self.parent.items() if v in kept and p in kept}

    @rule(target=versions, on=versions)
    def overlay(self, on: int) -> int:
        return self.make_overlay(self.known(on))

    @rule(target=versions)
    def overlay_on_base(self) -> int:
        return self.make_overlay(self.tree.base)

    def make_overlay(self, on: int) -> int:
        made = self.tree.overlay(on)
        self.model[made], self.parent[made] = dict(self.model[on]), on
        return made

    @rule(version=versions, batch=BATCH)
    def update_overlay(self, version: int, batch: dict[bytes, bytes | None]) -> None:
        self.update(self.known(version), batch)

    @rule(batch=BATCH)
    def update_base(self, batch: dict[bytes, bytes | None]) -> None:
        self.update(self.tree.base, batch)

    def update(self, version: int, batch: dict[bytes, bytes | None]) -> None:
        values = [value or ZERO for value in batch.values()]
        delete = np.array([value is None for value in batch.values()], dtype=bool)
        if version in self.parent.values():
            with pytest.raises(ValueError, match="overlays"):
                self.tree.update(list(batch), values, delete=delete, version=version)
            return
        root = self.tree.update(list(batch), values, delete=delete, version=version)
        self.model[version] = reference.update(self.model[version], batch.items())
        assert root == self.tree.root(version)

    @rule(version=consumes(versions))
    def merge(self, version: int) -> None:
        version = self.known(version)
        self.tree.merge(version)
        assert self.tree.base == version
        self.keep({v for v in self.model if version in self.below(v)})

    @rule(version=consumes(versions))
    def drop(self, version: int) -> None:
        if version not in self.model or version == self.tree.base:
            return
        self.tree.drop(version)
        self.keep({v for v in self.model if version not in self.below(v)})

    @rule(version=versions, key=KEYS)
    def prove(self, version: int, key: bytes) -> None:
        version = self.known(version)
        content, root = self.model[version], self.tree.root(version)
        proof = self.tree.prove([key], version=version)[0]
        assert proof == reference.prove(content, key)
        if key in content:
            state.verify_inclusion(root, key, content[key], proof)
        else:
            state.verify_absence(root, key, proof)

    @rule(version=versions)
    def export(self, version: int) -> None:
        version = self.known(version)
        chunks = list(self.tree.export(version=version, entries_max=64))
        assert chunks == list(reference.export(self.model[version], 64))
        copy = state.StateTree.from_chunks(self.tree.root(version), chunks)
        assert copy.root() == self.tree.root(version)

    @invariant()
    def equal(self) -> None:
        assert self.tree.overlays + 1 == len(self.model)
        for version, content in self.model.items():
            assert self.tree.size(version) == len(content)
            assert self.tree.root(version) == reference.root(content)
            values, found = self.tree.get(list(content), version=version)
            assert found.all() and values.tobytes() == b"".join(content.values())


TestVersions = Versions.TestCase
TestVersions.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.parametrize("name", HASHES)
def test_roots_and_proofs_are_the_references(backend: str, name: str) -> None:
    for count in (0, 1, 2, 3, 7, 60):
        content = entries(count)
        tree = tree_of(content, name)
        root = tree.root()
        assert root == reference.root(content, name)
        keys = [*content, *(spread(-1 - i) for i in range(20))]
        proofs = tree.prove(keys)
        assert [proofs[i] for i in range(len(keys))] == [
            reference.prove(content, key, name) for key in keys
        ]
        values = [content.get(key, ZERO) for key in keys]
        included = state.verify_inclusion_batch(root, keys, values, proofs, hash=name)
        absent = state.verify_absence_batch(root, keys, proofs, hash=name, threads=2)
        for i, key in enumerate(keys):
            assert included[i] == (key in content)
            assert absent[i] == (key not in content)
            assert included[i] == reference.verify_inclusion(root, key, values[i], proofs[i], name)
            assert absent[i] == reference.verify_absence(root, key, proofs[i], name)


def test_roots_differ_by_hash() -> None:
    content = entries(5)
    assert len({tree_of(content, name).root() for name in HASHES}) == 3


def test_history_does_not_matter() -> None:
    """The root is a function of the entries, whatever came and went before (ST-3)."""
    content = entries(300)
    wanted = tree_of(content).root()
    shuffled = list(content.items())
    for seed in range(4):
        random.Random(seed).shuffle(shuffled)
        tree = state.StateTree()
        for i in range(0, 300, 1 + 49 * seed):
            part = dict(shuffled[i : i + 1 + 49 * seed])
            extra = [spread(10**7 + i)]
            tree.update([*part, *extra], [*part.values(), ZERO])
            tree.update(extra, [ZERO], delete=np.array([True]))
        assert tree.root() == wanted


# Pitfalls


def test_empty_tree() -> None:
    tree = state.StateTree()
    assert tree.root() == ZERO == reference.EMPTY_ROOT
    proof = tree.prove([spread(1)])[0]
    assert proof == b"\0"
    state.verify_absence(ZERO, spread(1), proof)
    assert not ok(state.verify_absence, spread(2), spread(1), proof)
    assert not ok(state.verify_inclusion, ZERO, spread(1), ZERO, proof)
    for longer in (b"", b"\0\0", b"\1", b"\2", b"\3", b"\0" + bytes(32), b"\1" + bytes(32)):
        assert not ok(state.verify_absence, ZERO, spread(1), longer)
        assert not ok(state.verify_inclusion, ZERO, spread(1), ZERO, longer)


def test_every_bit_of_an_inclusion_counts() -> None:
    tree = tree_of(entries(9))
    key, root = spread(4), tree.root()
    value, proof = entries(9)[key], tree.prove([key])[0]
    state.verify_inclusion(root, key, value, proof)
    for i, good in enumerate((root, key, value, proof)):
        for bad in flips(good):
            arguments = [root, key, value, proof]
            arguments[i] = bad
            assert not ok(state.verify_inclusion, *arguments)
            assert not reference.verify_inclusion(*arguments)


def test_every_bit_of_an_absence_counts() -> None:
    tree = tree_of(entries(9))
    key, root = spread(77), tree.root()
    proof = tree.prove([key])[0]
    state.verify_absence(root, key, proof)
    for bad in flips(proof):
        assert not ok(state.verify_absence, root, key, bad)
        assert not reference.verify_absence(root, key, bad)
    for bad in flips(root):
        assert not ok(state.verify_absence, bad, key, proof)
    # Another key may well be absent for the same reason; the entry at the end of the way is not.
    for bad in flips(key):
        expected = reference.verify_absence(root, bad, proof)
        assert ok(state.verify_absence, root, bad, proof) == expected
    assert not ok(state.verify_absence, root, proof[33:65], proof)


def test_absence_by_another_neighbour_and_common_prefixes() -> None:
    """Entries of other keys, however near, show nothing about a key that is there (ST-24)."""
    content = {bytes(31) + bytes([i]): spread(i) for i in range(0, 64, 3)}
    tree = tree_of(content)
    root = tree.root()
    for key in content:
        for other, value in content.items():
            proof = reference.prove(content, other)
            forged = b"\2" + proof[1:33] + other + value + proof[33:]
            assert not ok(state.verify_absence, root, key, forged)
            # A shorter set of depths, so that the ways agree, leads elsewhere.
            depths = reference.decode_depths(proof[1:33])
            for keep in range(len(depths)):
                fewer = reference.encode_depths((d, b"") for d in depths[keep:])
                cut = b"\2" + fewer + other + value + proof[33 + 32 * keep :]
                assert not ok(state.verify_absence, root, key, cut)


def test_proof_of_another_key() -> None:
    content = {bytes(31) + bytes([i]): ZERO for i in range(32)}
    tree = tree_of(content)
    keys, root = list(content), tree.root()
    proofs = tree.prove(keys)
    for i in range(32):
        for j in range(32):
            assert ok(state.verify_inclusion, root, keys[i], ZERO, proofs[j]) == (i == j)


def test_leaf_and_node_are_not_confused() -> None:
    """The two roots below a node, offered as key and value of an entry (ST-6)."""
    for name in HASHES:
        content = entries(2)
        root = tree_of(content, name).root()
        pair = [reference.leaf_hash(*entry, name) for entry in sorted(content.items())]
        for key, value in (pair, pair[::-1]):
            bare = b"\1" + bytes(32)
            assert not ok(state.verify_inclusion, root, key, value, bare, hash=name)
        whole = tree_of(dict([next(iter(content.items()))]), name)
        assert whole.root() == reference.leaf_hash(*next(iter(content.items())), name)


def test_duplicate_keys_in_a_batch() -> None:
    """Refused, whatever the values, and nothing has changed (ST-10)."""
    tree = tree_of(entries(5))
    root = tree.root()
    for values in ([ZERO, ZERO, ZERO], [ZERO, spread(1), spread(2)]):
        with pytest.raises(ValueError, match="twice"):
            tree.update([spread(1), spread(9), spread(1)], values)
        with pytest.raises(ValueError, match="twice"):
            tree.update([spread(1), spread(9), spread(1)], values,
                        delete=np.array([True, False, False]))  # fmt: skip
    assert tree.root() == root and tree.size() == 5
    with pytest.raises(ValueError, match="twice"):
        reference.update({}, [(ZERO, ZERO), (ZERO, None)])


def test_deleting_what_is_absent() -> None:
    tree = tree_of(entries(50))
    root = tree.root()
    gone = [spread(i) for i in range(100, 140)]
    assert tree.update(gone, [ZERO] * 40, delete=np.ones(40, dtype=bool)) == root
    assert tree.size() == 50


# Overlays


def test_siblings() -> None:
    tree = tree_of(entries(200))
    base, root = tree.base, tree.root()
    left, right = tree.overlay(), tree.overlay()
    tree.update([spread(1)], [ZERO], version=left)
    tree.update([spread(2)], [ZERO], version=right)
    assert len({root, tree.root(left), tree.root(right)}) == 3
    assert tree.root(base) == root
    child = tree.overlay(right)
    tree.update([spread(3)], [ZERO], version=child)
    tree.merge(right)
    assert tree.base == right and tree.overlays == 1
    for gone in (base, left, 12345, -1, 2**70):
        with pytest.raises(ValueError, match="no such version"):
            tree.root(gone)
    tree.merge(child)
    content = {**entries(200), spread(2): ZERO, spread(3): ZERO}
    assert tree.root() == reference.root(content)
    with pytest.raises(ValueError, match="cannot be changed"):
        tree.drop(tree.base)


def test_a_version_with_overlays_does_not_change() -> None:
    tree = state.StateTree()
    tree.overlay()
    with pytest.raises(ValueError, match="overlays"):
        tree.update([ZERO], [ZERO])


def test_limits_of_overlays() -> None:
    tree = state.StateTree()
    top = tree.base
    for _ in range(1024):
        top = tree.overlay(top)
    with pytest.raises(ValueError, match="on top of each other"):
        tree.overlay(top)
    while tree.overlays < 4096:
        tree.overlay()
    with pytest.raises(ValueError, match="more overlays"):
        tree.overlay()


# Chunks


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize("count", [0, 1, 64, 65, 500])
def test_chunks_are_the_references(name: str, count: int) -> None:
    content = entries(count)
    tree = tree_of(content, name)
    chunks = list(tree.export(entries_max=64))
    assert chunks == list(reference.export(content, 64, name))
    for chunk in chunks:
        state.verify_chunk(tree.root(), chunk, hash=name)
    assert reference.import_chunks(tree.root(), chunks, name) == content
    copy = state.StateTree.from_chunks(tree.root(), chunks, hash=name)
    assert copy.root() == tree.root() and copy.size() == count and copy.hash == name
    assert copy.update([ZERO], [ZERO]) == reference.root({**content, ZERO: ZERO}, name)


def test_chunks_wrong_missing_reordered_truncated() -> None:
    tree = tree_of(entries(500))
    root, chunks = tree.root(), list(tree.export(entries_max=64))
    swapped = [chunks[1], chunks[0], *chunks[2:]]
    other = list(tree_of(entries(501)).export(entries_max=64))
    cases = {
        "missing": [*chunks[:3], *chunks[4:]],
        "truncated": chunks[:-1],
        "first missing": chunks[1:],
        "reordered": swapped,
        "twice": [chunks[0], *chunks],
        "one more": [*chunks, chunks[-1]],
        "of another state": other,
        "cut": [chunks[0][:-64], *chunks[1:]],
        "none": [],
    }
    for name, given in cases.items():
        with pytest.raises(InvalidProof):
            state.StateTree.from_chunks(root, given)
        with pytest.raises(ValueError):
            reference.import_chunks(root, given)
        assert name
    importer = state.Importer(root)
    for i, chunk in enumerate(chunks):
        with pytest.raises(InvalidProof, match="missing"):
            importer.finish()
        for bad in (chunks[i - 1], chunk[:-1], chunk + b"\0", b"\xff" * 36, b""):
            with pytest.raises(InvalidProof):
                importer.add(bad)
        assert importer.next is not None and not importer.complete
        importer.add(chunk)
    assert importer.next is None and importer.complete and importer.size == 500
    assert importer.finish().root() == root
    for use in (importer.finish, lambda: importer.add(chunks[0]), lambda: importer.size):
        with pytest.raises(ValueError, match="given its state away"):
            use()


def test_length_in_a_chunk_is_not_believed() -> None:
    """The count is compared with the bytes that are there before anything is made."""
    for count in (1, 64, 65536, 65537, 2**31, 2**32 - 1):
        for depths in (bytes(32), b"\xff" * 32):
            assert not ok(state.verify_chunk, ZERO, count.to_bytes(4) + depths)


# Arguments


def test_forms_of_arguments() -> None:
    content = entries(40)
    wanted = tree_of(content).root()
    keys, values = b"".join(content), b"".join(content.values())
    array = np.frombuffer(keys, np.uint8).reshape(40, 32)
    offsets = np.arange(0, 32 * 41, 32)
    for given in (keys, array, bytearray(keys), Ragged(keys, offsets), array[::1], list(array)):
        tree = state.StateTree()
        assert tree.update(given, values, threads=0) == wanted
        found, present = tree.get(given)
        assert present.all() and found.tobytes() == values
        assert len(tree.prove(given)) == 40


@pytest.mark.parametrize(
    "keys,values,options,error",
    [
        ([b"short"], [ZERO], {}, ValueError),
        ([ZERO], [bytes(33)], {}, ValueError),
        ([ZERO], [], {}, ValueError),
        (ZERO[:-1], ZERO, {}, ValueError),
        ("text", [ZERO], {}, TypeError),
        ([ZERO], [ZERO], {"version": True}, TypeError),
        ([ZERO], [ZERO], {"version": "1"}, TypeError),
        ([ZERO], [ZERO], {"version": 7}, ValueError),
        ([ZERO], [ZERO], {"threads": -1}, ValueError),
        ([ZERO], [ZERO], {"delete": [True]}, TypeError),
        ([ZERO], [ZERO], {"delete": np.zeros(2, bool)}, ValueError),
        ([ZERO], [ZERO], {"delete": np.zeros(1, np.uint8)}, TypeError),
        (np.zeros((1, 31), np.uint8), ZERO, {}, ValueError),
        (np.zeros((1, 32), np.int8), ZERO, {}, TypeError),
    ],
)
def test_wrong_arguments(keys: Any, values: Any, options: Any, error: type[Exception]) -> None:
    tree = state.StateTree()
    with pytest.raises(error):
        tree.update(keys, values, **options)
    assert tree.root() == ZERO


def test_wrong_arguments_of_the_rest() -> None:
    with pytest.raises(ValueError, match="hash"):
        state.StateTree(hash="sha512")
    with pytest.raises(TypeError):
        state.StateTree(hash=1)  # type: ignore[arg-type]
    tree = state.StateTree()
    for most in (0, 63, 65537, -1):
        with pytest.raises(ValueError, match="entries_max"):
            list(tree.export(entries_max=most))
    with pytest.raises(ValueError, match="32 bytes"):
        tree.export_chunk(b"")
    with pytest.raises(ValueError, match="32 bytes"):
        state.Importer(b"")
    with pytest.raises(ValueError, match="proofs"):
        state.verify_absence_batch(ZERO, [ZERO], [])
    with pytest.raises(ValueError, match="32 bytes"):
        state.verify_inclusion(ZERO, b"", ZERO, b"")


def test_threads_share_a_tree() -> None:
    tree = tree_of(entries(2000))
    root, keys = tree.root(), [spread(i) for i in range(2000)]
    wrong: list[int] = []

    def read() -> None:
        for i in range(0, 2000, 100):
            proofs = tree.prove(keys[i : i + 100], version=version)
            values, _ = tree.get(keys[i : i + 100], version=version)
            good = state.verify_inclusion_batch(root, keys[i : i + 100], values, proofs)
            wrong.extend(np.flatnonzero(~good).tolist())

    def write() -> None:
        for i in range(20):
            made = tree.overlay(version)
            tree.update(keys[i : i + 50], [ZERO] * 50, version=made)
            tree.drop(made)

    version = tree.base
    threads = [threading.Thread(target=work) for work in (read, write, read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong and tree.root() == root


def test_memory_is_told() -> None:
    assert state.StateTree().memory < 10**8
    assert "state" in chopmark.__all__
