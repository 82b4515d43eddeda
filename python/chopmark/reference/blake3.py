# SPDX-License-Identifier: Apache-2.0
"""BLAKE3 in plain Python, 32-byte output, with the keyed mode. Stands alone.

Source: the BLAKE3 paper (O'Connor, Aumasson, Neves, Wilcox-O'Hearn, 2020), sections 2.1 to 2.6.
"""

from __future__ import annotations

import struct

__all__ = ["blake3", "blake3_keyed"]

CHUNK_BYTES = 1024
BLOCK_BYTES = 64
CHUNK_START, CHUNK_END, PARENT, ROOT, KEYED = 1, 2, 4, 8, 16
IV = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
# The four columns, then the four diagonals: which state words each mixing step touches.
STEPS = (
    (0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
    (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14),
)  # fmt: skip
MASK = 0xFFFFFFFF


def compress(
    chaining: tuple[int, ...], message: tuple[int, ...], counter: int, length: int, flags: int
) -> tuple[int, ...]:
    """The compression function, first half of its output."""
    v = [*chaining, *IV[:4], counter & MASK, counter >> 32, length, flags]
    for _ in range(7):
        for i, (a, b, c, d) in enumerate(STEPS):
            va, vb, vc, vd = v[a], v[b], v[c], v[d]
            va = (va + vb + message[2 * i]) & MASK
            vd ^= va
            vd = (vd >> 16 | vd << 16) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 12 | vb << 20) & MASK
            va = (va + vb + message[2 * i + 1]) & MASK
            vd ^= va
            vd = (vd >> 8 | vd << 24) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 7 | vb << 25) & MASK
            v[a], v[b], v[c], v[d] = va, vb, vc, vd
        message = tuple([message[i] for i in PERMUTATION])
    return tuple([low ^ high for low, high in zip(v[:8], v[8:])])


def words(data: bytes) -> tuple[int, ...]:
    """A block as sixteen little-endian words, padded with zeros."""
    return struct.unpack("<16I", data.ljust(BLOCK_BYTES, b"\0"))


def hash_chunk(key: tuple[int, ...], data: bytes, index: int, flags: int) -> tuple[int, ...]:
    """The chaining value of one chunk (or the root, when the flags say so)."""
    value = key
    last = max(len(data) - 1, 0) // BLOCK_BYTES
    for i in range(last + 1):
        block = data[i * BLOCK_BYTES : (i + 1) * BLOCK_BYTES]
        step = flags & ~ROOT
        step |= CHUNK_START if i == 0 else 0
        step |= CHUNK_END | (flags & ROOT) if i == last else 0
        value = compress(value, words(block), index, len(block), step)
    return value


def hash_subtree(key: tuple[int, ...], data: bytes, index: int, flags: int) -> tuple[int, ...]:
    """The left child covers the largest power of two of whole chunks that leaves something."""
    if len(data) <= CHUNK_BYTES:
        return hash_chunk(key, data, index, flags)
    chunks = 1 << ((len(data) - 1) // CHUNK_BYTES).bit_length() - 1
    left = hash_subtree(key, data[: chunks * CHUNK_BYTES], index, flags & ~ROOT)
    right = hash_subtree(key, data[chunks * CHUNK_BYTES :], index + chunks, flags & ~ROOT)
    return compress(key, left + right, 0, BLOCK_BYTES, flags | PARENT)


def blake3(data: bytes) -> bytes:
    """The BLAKE3 hash of `data`: 32 bytes."""
    return struct.pack("<8I", *hash_subtree(IV, bytes(data), 0, ROOT))


def blake3_keyed(key: bytes, data: bytes) -> bytes:
    """The keyed BLAKE3 hash of `data` under a key of 32 bytes: 32 bytes."""
    if len(key) != 32:
        raise ValueError("key must have 32 bytes")
    return struct.pack(
        "<8I", *hash_subtree(struct.unpack("<8I", key), bytes(data), 0, ROOT | KEYED)
    )
