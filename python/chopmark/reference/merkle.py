# SPDX-License-Identifier: Apache-2.0
"""RFC 9162 section 2.1 in plain Python, with SHA-256 of hashlib. Stands alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

__all__ = [
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "node_hash",
    "root",
    "root_iterative",
    "verify_consistency",
    "verify_inclusion",
]


def leaf_hash(data: bytes) -> bytes:
    """HASH(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """HASH(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def well_formed(size: int, digests: Sequence[bytes]) -> bool:
    """Sizes are below 2^63 and digests have 32 bytes (M-12, M-21)."""
    return 0 <= size < 2**63 and all(len(digest) == 32 for digest in digests)


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << (count - 1).bit_length() - 1


def root(leaves: Sequence[bytes]) -> bytes:
    """Section 2.1.1: MTH."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    k = split(len(leaves))
    return node_hash(root(leaves[:k]), root(leaves[k:]))


def root_iterative(leaves: Sequence[bytes]) -> bytes:
    """The same root, level by level: the plain loop that one would write for speed.

    In subtrees of 4096 leaves, which stay in the processor's cache.
    """
    if not leaves:
        return hashlib.sha256(b"").digest()
    sha256 = hashlib.sha256
    tops = []
    for start in range(0, len(leaves), 4096):
        part = leaves[start : start + 4096]
        tops.append(_join([sha256(b"\x00" + leaf).digest() for leaf in part]))
    return _join(tops)


def _join(level: list[bytes]) -> bytes:
    sha256 = hashlib.sha256
    while len(level) > 1:
        pairs = iter(level)
        joined = [sha256(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs)]
        if len(level) % 2:
            joined.append(level[-1])  # a last node without a sibling moves up unchanged
        level = joined
    return level[0]


def inclusion_proof(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """Section 2.1.3.1: PATH."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*inclusion_proof(index, leaves[:k]), root(leaves[k:])]
    return [*inclusion_proof(index - k, leaves[k:]), root(leaves[:k])]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> bool:
    """Section 2.1.3.2; `leaf` is a leaf hash."""
    if not 0 <= index < size or not well_formed(size, [leaf, *proof, expected]):
        return False
    fn, sn, node = index, size - 1, leaf
    for step in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(step, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and node == expected


def consistency_proof(old: int, leaves: Sequence[bytes], *, complete: bool = True) -> list[bytes]:
    """Section 2.1.4.1: SUBPROOF; `complete` while the old tree is a whole subtree seen so far."""
    if old in (0, len(leaves)):
        return [] if complete or old == 0 else [root(leaves)]
    k = split(len(leaves))
    if old <= k:
        return [*consistency_proof(old, leaves[:k], complete=complete), root(leaves[k:])]
    return [*consistency_proof(old - k, leaves[k:], complete=False), root(leaves[:k])]


def verify_consistency(
    old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes
) -> bool:
    """Section 2.1.4.2; equal sizes need equal roots, and every tree extends the empty one."""
    if not 0 <= old_size <= new_size or not well_formed(new_size, [*proof, old_root, new_root]):
        return False
    if old_size in (0, new_size):
        wanted = root([]) if old_size == 0 and new_size != 0 else new_root
        return not proof and old_root == wanted
    steps = list(proof)
    if old_size & (old_size - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        return False
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_node = new_node = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_node, new_node = node_hash(step, old_node), node_hash(step, new_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_node = node_hash(new_node, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_node == old_root and new_node == new_root
