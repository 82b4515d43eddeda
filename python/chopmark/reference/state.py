# SPDX-License-Identifier: Apache-2.0
"""The state tree of docs/spec/state.md in plain Python: readable, slow, complete.

A state is a dict from 32-byte keys to 32-byte values; everything here is a function of one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from chopmark.reference import blake3, sm3

__all__ = [
    "CHUNK_ENTRIES_MAX",
    "EMPTY_ROOT",
    "check_chunk",
    "export",
    "import_chunks",
    "leaf_hash",
    "node_hash",
    "prove",
    "root",
    "update",
    "verify_absence",
    "verify_inclusion",
]

Entries = Mapping[bytes, bytes]
Entry = tuple[bytes, bytes]

EMPTY_ROOT = bytes(32)
EMPTY, PRESENT, OTHER_KEY = 0, 1, 2
CHUNK_ENTRIES_MAX = 65536
HASH: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sm3": sm3.sm3,
}


def bit(key: bytes, depth: int) -> int:
    """Bit `depth` of a key, the most significant bit of the first byte first (ST-2)."""
    return key[depth // 8] >> (7 - depth % 8) & 1


def shared_bits(a: bytes, b: bytes) -> int:
    """How many first bits two keys share: the depth at which they part."""
    differing = int.from_bytes(a) ^ int.from_bytes(b)
    return 256 - differing.bit_length()


def leaf_hash(key: bytes, value: bytes, hash: str = "blake3") -> bytes:
    """ST-4."""
    if hash == "blake3":
        return blake3.blake3_keyed(b"chopmark state tree leaf v1".ljust(32, b"\0"), key + value)
    return HASH[hash](key + value)


def node_hash(depth: int, left: bytes, right: bytes, hash: str = "blake3") -> bytes:
    """ST-5."""
    if hash == "blake3":
        name = b"chopmark state tree node v1".ljust(31, b"\0")
        return blake3.blake3_keyed(name + bytes([depth]), left + right)
    return HASH[hash](bytes([depth]) + left + right)


def split(entries: list[Entry]) -> tuple[int, list[Entry], list[Entry]]:
    """Where two or more sorted entries part, and the two sides."""
    depth = shared_bits(entries[0][0], entries[-1][0])
    sides: tuple[list[Entry], list[Entry]] = ([], [])
    for entry in entries:
        sides[bit(entry[0], depth)].append(entry)
    return depth, *sides


def root_of(entries: list[Entry], hash: str) -> bytes:
    """ST-3, for entries in ascending order of their keys."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return leaf_hash(*entries[0], hash)
    depth, left, right = split(entries)
    return node_hash(depth, root_of(left, hash), root_of(right, hash), hash)


def root(state: Entries, hash: str = "blake3") -> bytes:
    """The root of a state: a function of its entries and nothing else."""
    return root_of(sorted(state.items()), hash)


def update(state: Entries, changes: Iterable[tuple[bytes, bytes | None]]) -> dict[bytes, bytes]:
    """The state after a batch; a value of None deletes. ValueError for a key twice (ST-10)."""
    after = dict(state)
    seen: set[bytes] = set()
    for key, value in changes:
        if key in seen:
            raise ValueError("a key stands twice in the batch")
        seen.add(key)
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    return after


@dataclass(frozen=True)
class Way:
    """From the root down to a subtree: depths at which it branches, and the roots beside it."""

    steps: tuple[tuple[int, bytes], ...]  # the deepest first
    entries: list[Entry]  # of the subtree


def way(entries: list[Entry], key: bytes, most: int, hash: str) -> Way:
    """The way that `key` goes, down to the first subtree with at most `most` entries."""
    steps: list[tuple[int, bytes]] = []
    while len(entries) > most:
        depth, *sides = split(entries)
        side = bit(key, depth)
        steps.insert(0, (depth, root_of(sides[1 - side], hash)))
        entries = sides[side]
    return Way(tuple(steps), entries)


def encode_depths(steps: Iterable[tuple[int, bytes]]) -> bytes:
    """ST-20: a set of depths, depth d as bit d of 256."""
    return sum(1 << 255 - depth for depth, _ in steps).to_bytes(32)


def decode_depths(data: bytes) -> list[int]:
    """The depths of a set, the deepest first."""
    return [depth for depth in range(255, -1, -1) if bit(data, depth)]


def prove(state: Entries, key: bytes, hash: str = "blake3") -> bytes:
    """ST-20, ST-21: the proof that `key` has its value, or that it is absent."""
    if not state:
        return bytes([EMPTY])
    found = way(sorted(state.items()), key, 1, hash)
    (at_end,) = found.entries
    beside = b"".join(digest for _, digest in found.steps)
    depths = encode_depths(found.steps)
    if at_end[0] == key:
        return bytes([PRESENT]) + depths + beside
    return bytes([OTHER_KEY]) + depths + at_end[0] + at_end[1] + beside


def climb(node: bytes, key: bytes, depths: list[int], beside: bytes, hash: str) -> bytes:
    """From the root of a subtree to the root of the tree."""
    for i, depth in enumerate(depths):
        other = beside[32 * i : 32 * i + 32]
        pair = (other, node) if bit(key, depth) else (node, other)
        node = node_hash(depth, *pair, hash)
    return node


def verify_inclusion(
    root: bytes, key: bytes, value: bytes, proof: bytes, hash: str = "blake3"
) -> bool:
    """ST-23."""
    if len(proof) < 33 or proof[0] != PRESENT:
        return False
    depths, beside = decode_depths(proof[1:33]), proof[33:]
    if len(beside) != 32 * len(depths):
        return False
    return climb(leaf_hash(key, value, hash), key, depths, beside, hash) == root


def verify_absence(root: bytes, key: bytes, proof: bytes, hash: str = "blake3") -> bool:
    """ST-24."""
    if proof == bytes([EMPTY]):
        return root == EMPTY_ROOT
    if len(proof) < 97 or proof[0] != OTHER_KEY:
        return False
    depths, beside = decode_depths(proof[1:33]), proof[97:]
    other, value = proof[33:65], proof[65:97]
    if len(beside) != 32 * len(depths) or other == key:
        return False
    if any(bit(other, depth) != bit(key, depth) for depth in depths):
        return False
    return climb(leaf_hash(other, value, hash), other, depths, beside, hash) == root


def next_key(depths: list[int], key: bytes) -> tuple[int, bytes] | None:
    """ST-33: where the way to the next subtree turns off, and the first key on it."""
    for depth in depths:
        if not bit(key, depth):
            number = int.from_bytes(key) >> 255 - depth | 1
            return depth, (number << 255 - depth).to_bytes(32)
    return None


def export(state: Entries, entries_max: int, hash: str = "blake3") -> Iterator[bytes]:
    """ST-30: all chunks in their order."""
    entries = sorted(state.items())
    key = bytes(32)
    while True:
        found = way(entries, key, entries_max, hash)
        beside = b"".join(digest for _, digest in found.steps)
        data = b"".join(k + v for k, v in found.entries)
        depths = encode_depths(found.steps)
        yield len(found.entries).to_bytes(4) + depths + beside + data
        turn = next_key(decode_depths(depths), found.entries[0][0]) if found.entries else None
        if turn is None:
            return
        key = turn[1]


def check_chunk(
    root: bytes, chunk: bytes, hash: str = "blake3"
) -> tuple[list[int], list[Entry]] | None:
    """ST-31, ST-32: the depths of the way and the entries of a chunk, or None."""
    if len(chunk) < 36:
        return None
    count, depths = int.from_bytes(chunk[:4]), decode_depths(chunk[4:36])
    head = 36 + 32 * len(depths)
    if count > CHUNK_ENTRIES_MAX or len(chunk) != head + 64 * count:
        return None
    entries = [(chunk[i : i + 32], chunk[i + 32 : i + 64]) for i in range(head, len(chunk), 64)]
    keys = [key for key, _ in entries]
    if any(a >= b for a, b in pairwise(keys)):
        return None
    if not entries:
        return ([], []) if not depths and root == EMPTY_ROOT else None
    if depths and len(keys) > 1 and shared_bits(keys[0], keys[-1]) <= depths[0]:
        return None
    top = climb(root_of(entries, hash), keys[0], depths, chunk[36:head], hash)
    return (depths, entries) if top == root else None


def import_chunks(root: bytes, chunks: Iterable[bytes], hash: str = "blake3") -> dict[bytes, bytes]:
    """ST-33, ST-34: the state of all chunks. ValueError if one is wrong, missing or too many."""
    state: dict[bytes, bytes] = {}
    wanted: tuple[int | None, bytes] | None = (None, bytes(32))
    for chunk in chunks:
        checked = check_chunk(root, chunk, hash)
        if checked is None:
            raise ValueError("not a chunk of this state")
        depths, entries = checked
        if wanted is None:
            raise ValueError("a chunk after the last one")
        turn, key = wanted
        if entries and any(bit(key, depth) != bit(entries[0][0], depth) for depth in depths):
            raise ValueError("not the chunk that comes next")
        if turn is not None and turn not in depths:
            raise ValueError("a chunk with entries that were there before")
        state.update(entries)
        wanted = next_key(depths, entries[0][0]) if entries else None
    if wanted is not None:
        raise ValueError("a chunk is missing")
    return state
