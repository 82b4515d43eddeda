# SPDX-License-Identifier: Apache-2.0
"""BLAKE3, hash and keyed hash with 32 bytes of output, as its specification writes it.

Readable, slow, standing alone. The tree is built by its definition: the left subtree of a node is
the largest complete one that leaves at least one byte to the right.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

__all__ = ["blake3", "blake3_keyed"]

_MASK = 0xFFFFFFFF
_BLOCK_BYTES = 64
_CHUNK_BYTES = 1024

# Domain flags, table 3.
_CHUNK_START = 1
_CHUNK_END = 2
_PARENT = 4
_ROOT = 8
_KEYED_HASH = 16

_INITIAL = (
    0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19,
)  # fmt: skip
_PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)  # table 2


def blake3(data: bytes) -> bytes:
    """The 32-byte BLAKE3 hash of `data`."""
    return _node(bytes(data), 0, _INITIAL, 0, _ROOT)


def blake3_keyed(key: bytes, data: bytes) -> bytes:
    """The 32-byte BLAKE3 keyed hash of `data`. ValueError unless the key has 32 bytes."""
    if len(key) != 32:
        raise ValueError(f"key must have 32 bytes, not {len(key)}")
    return _node(bytes(data), 0, struct.unpack("<8I", key), _KEYED_HASH, _ROOT)


def _node(data: bytes, chunk: int, key: Sequence[int], mode: int, root: int) -> bytes:
    """The chaining value of the subtree over `data`, whose first chunk has number `chunk`.

    Recursion halves the input, so it is at most 54 deep.
    """
    if len(data) <= _CHUNK_BYTES:
        return _chunk(data, chunk, key, mode, root)
    chunks_before_last = (len(data) - 1) // _CHUNK_BYTES
    left_chunks = 1 << (chunks_before_last.bit_length() - 1)
    left_bytes = left_chunks * _CHUNK_BYTES
    left = _node(data[:left_bytes], chunk, key, mode, 0)
    right = _node(data[left_bytes:], chunk + left_chunks, key, mode, 0)
    return _compress(key, left + right, _BLOCK_BYTES, 0, mode | _PARENT | root)


def _chunk(data: bytes, chunk: int, key: Sequence[int], mode: int, root: int) -> bytes:
    """Blocks in a chain; an empty input is one empty block."""
    last_at = max(0, len(data) - 1) // _BLOCK_BYTES * _BLOCK_BYTES
    value = struct.pack("<8I", *key)
    for at in range(0, last_at + 1, _BLOCK_BYTES):
        block = data[at : at + _BLOCK_BYTES]
        flags = mode
        if at == 0:
            flags |= _CHUNK_START
        if at == last_at:
            flags |= _CHUNK_END | root
        padded = block.ljust(_BLOCK_BYTES, b"\0")
        value = _compress(struct.unpack("<8I", value), padded, len(block), chunk, flags)
    return value


def _compress(
    chaining: Sequence[int], block: bytes, block_bytes: int, counter: int, flags: int
) -> bytes:
    """The first 32 bytes of the output of the compression function (2.2)."""
    words = list(struct.unpack("<16I", block))
    state = [*chaining, *_INITIAL[:4], counter & _MASK, counter >> 32, block_bytes, flags]
    for _ in range(7):
        _round(state, words)
        words = [words[source] for source in _PERMUTATION]
    return struct.pack("<8I", *(state[i] ^ state[i + 8] for i in range(8)))


def _round(state: list[int], words: Sequence[int]) -> None:
    """Mixes the columns, then the diagonals."""
    for i in range(4):
        _mix(state, i, i + 4, i + 8, i + 12, words[2 * i], words[2 * i + 1])
    for i in range(4):
        b, c, d = 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4
        _mix(state, i, b, c, d, words[8 + 2 * i], words[9 + 2 * i])


def _mix(state: list[int], a: int, b: int, c: int, d: int, x: int, y: int) -> None:
    for word, right_d, right_b in ((x, 16, 12), (y, 8, 7)):
        state[a] = (state[a] + state[b] + word) & _MASK
        state[d] = _rotr(state[d] ^ state[a], right_d)
        state[c] = (state[c] + state[d]) & _MASK
        state[b] = _rotr(state[b] ^ state[c], right_b)


def _rotr(word: int, bits: int) -> int:
    return ((word >> bits) | (word << (32 - bits))) & _MASK
