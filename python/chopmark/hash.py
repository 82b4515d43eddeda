# SPDX-License-Identifier: Apache-2.0
"""Hash functions: one input, or many in one call.

The `_many` functions take a sequence of bytes-like objects, an (n, m) uint8 array, or a `Ragged`,
and return an (n, digest) uint8 array; they release the GIL and may use several threads. Every
backend gives the same bytes.

Errors: TypeError for a wrong type or dtype; ValueError for a wrong shape, for `threads` outside
0..256 (0 means all cores), or for an `out` that is not a C-contiguous writable (n, digest) array.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import Bytes2d, BytesLike, ItemsLike

__all__ = [
    "blake3",
    "blake3_keyed",
    "blake3_many",
    "sha256",
    "sha256_many",
    "sha512",
    "sha512_many",
    "sm3",
    "sm3_many",
]


def sha256(data: BytesLike) -> bytes:
    """SHA-256 (FIPS 180-4) of one bytes-like object: 32 bytes."""
    return _core.hash.sha256(data)


def sha256_many(
    items: ItemsLike, *, threads: int = 1, out: NDArray[np.uint8] | None = None
) -> Bytes2d:
    """SHA-256 (FIPS 180-4) of each item: (n, 32) uint8, written into `out` if given."""
    return _core.hash.sha256_many(items, threads=threads, out=out)


def sha512(data: BytesLike) -> bytes:
    """SHA-512 (FIPS 180-4) of one bytes-like object: 64 bytes."""
    return _core.hash.sha512(data)


def sha512_many(
    items: ItemsLike, *, threads: int = 1, out: NDArray[np.uint8] | None = None
) -> Bytes2d:
    """SHA-512 (FIPS 180-4) of each item: (n, 64) uint8, written into `out` if given."""
    return _core.hash.sha512_many(items, threads=threads, out=out)


def blake3(data: BytesLike) -> bytes:
    """BLAKE3 with 32 bytes of output of one bytes-like object: 32 bytes."""
    return _core.hash.blake3(data)


def blake3_many(
    items: ItemsLike, *, threads: int = 1, out: NDArray[np.uint8] | None = None
) -> Bytes2d:
    """BLAKE3 with 32 bytes of output of each item: (n, 32) uint8, written into `out` if given."""
    return _core.hash.blake3_many(items, threads=threads, out=out)


def sm3(data: BytesLike) -> bytes:
    """SM3 (GB/T 32905-2016) of one bytes-like object: 32 bytes."""
    return _core.hash.sm3(data)


def sm3_many(
    items: ItemsLike, *, threads: int = 1, out: NDArray[np.uint8] | None = None
) -> Bytes2d:
    """SM3 (GB/T 32905-2016) of each item: (n, 32) uint8, written into `out` if given."""
    return _core.hash.sm3_many(items, threads=threads, out=out)


def blake3_keyed(key: BytesLike, data: BytesLike) -> bytes:
    """BLAKE3 in keyed mode: 32 bytes. ValueError unless the key has 32 bytes."""
    return _core.hash.blake3_keyed(key, data)
