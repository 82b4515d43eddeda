# SPDX-License-Identifier: Apache-2.0
"""SM3 as GB/T 32905-2016 writes it: readable, slow, standing alone."""

from __future__ import annotations

__all__ = ["sm3"]

_MASK = 0xFFFFFFFF
_INITIAL = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
    0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip


def sm3(data: bytes) -> bytes:
    """The 32-byte SM3 digest of `data`."""
    state = list(_INITIAL)
    padded = _pad(bytes(data))
    for at in range(0, len(padded), 64):
        state = _compress(state, padded[at : at + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def _pad(message: bytes) -> bytes:
    """5.2: a one bit, zero bits, the length in bits as 64-bit big-endian."""
    zeros = -(len(message) + 9) % 64
    return message + b"\x80" + bytes(zeros) + (8 * len(message)).to_bytes(8, "big")


def _compress(state: list[int], block: bytes) -> list[int]:
    """5.3.3, over the words of 5.3.2."""
    words = _expand(block)
    a, b, c, d, e, f, g, h = state
    for j in range(64):
        constant = 0x79CC4519 if j < 16 else 0x7A879D8A
        ss1 = _rotl((_rotl(a, 12) + e + _rotl(constant, j % 32)) & _MASK, 7)
        ss2 = ss1 ^ _rotl(a, 12)
        ff = a ^ b ^ c if j < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if j < 16 else (e & f) | (~e & g)
        tt1 = (ff + d + ss2 + (words[j] ^ words[j + 4])) & _MASK
        tt2 = (gg + h + ss1 + words[j]) & _MASK
        a, b, c, d = tt1, a, _rotl(b, 9), c
        e, f, g, h = tt2 ^ _rotl(tt2, 9) ^ _rotl(tt2, 17), e, _rotl(f, 19), g
    return [before ^ after for before, after in zip(state, (a, b, c, d, e, f, g, h), strict=True)]


def _expand(block: bytes) -> list[int]:
    words = [int.from_bytes(block[at : at + 4], "big") for at in range(0, 64, 4)]
    for j in range(16, 68):
        x = words[j - 16] ^ words[j - 9] ^ _rotl(words[j - 3], 15)
        p1 = x ^ _rotl(x, 15) ^ _rotl(x, 23)
        words.append(p1 ^ _rotl(words[j - 13], 7) ^ words[j - 6])
    return words


def _rotl(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & _MASK
