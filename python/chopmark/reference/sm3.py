# SPDX-License-Identifier: Apache-2.0
"""SM3 in plain Python. Stands alone. Source: GB/T 32905-2016, section 5."""

from __future__ import annotations

import struct

__all__ = ["sm3"]

IV = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
MASK = 0xFFFFFFFF


def rotate(x: int, n: int) -> int:
    """Rotation to the left."""
    n %= 32
    return (x << n | x >> (32 - n)) & MASK


def p0(x: int) -> int:
    return x ^ rotate(x, 9) ^ rotate(x, 17)


def p1(x: int) -> int:
    return x ^ rotate(x, 15) ^ rotate(x, 23)


def compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    """One block of 64 bytes."""
    w = list(struct.unpack(">16I", block))
    for j in range(16, 68):
        mixed = w[j - 16] ^ w[j - 9] ^ rotate(w[j - 3], 15)
        w.append(p1(mixed) ^ rotate(w[j - 13], 7) ^ w[j - 6])
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = rotate((rotate(a, 12) + e + rotate(constant, j)) & MASK, 7)
        ss2 = ss1 ^ rotate(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (w[j] ^ w[j + 4])) & MASK
        tt2 = (gg + h + ss1 + w[j]) & MASK
        a, b, c, d = tt1, a, rotate(b, 9), c
        e, f, g, h = p0(tt2), e, rotate(f, 19), g
    return tuple([x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h))])


def sm3(data: bytes) -> bytes:
    """The SM3 hash of `data`: 32 bytes."""
    zeros = -(len(data) + 9) % 64
    padded = bytes(data) + b"\x80" + bytes(zeros) + struct.pack(">Q", 8 * len(data))
    state = IV
    for i in range(0, len(padded), 64):
        state = compress(state, padded[i : i + 64])
    return struct.pack(">8I", *state)
