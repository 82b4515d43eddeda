# SPDX-License-Identifier: Apache-2.0
"""Hash functions: one message at a time, or many in one call.

The `_many` functions take `items` as a sequence of bytes-like objects, an (n, m) uint8 array whose
rows are the messages, or a `chopmark.Ragged`, and return an (n, digest) uint8 array. They release
the GIL, and neither copy contiguous items nor change them; a message must not be written to
meanwhile. `threads` is how many threads share the work, 0 for one per core: the digests do not
depend on it. `out` receives the result when given: C-contiguous, writable, of the shape and dtype
of the result, and apart from the items; it is then what the call returns.

Every function raises TypeError where bytes are expected and something else is given (str
included), where an array has another dtype than uint8, and where `items` is not one of the three
forms (an iterator is not). The `_many` functions raise ValueError if an array of items has not two
dimensions, if `out` has the wrong shape, is not contiguous or writable, or overlaps an item, and if
`threads` is not in 0..256. A `Ragged` checks its offsets when it is built.
"""

from __future__ import annotations

from chopmark import _core
from chopmark._types import BytesLike, ItemsLike, Uint8Array

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
    """The 32-byte SHA-256 digest of `data` (FIPS 180-4, 6.2).

    TypeError if not bytes-like.
    """
    return _core.hash.sha256(data)


def sha256_many(items: ItemsLike, *, threads: int = 1, out: Uint8Array | None = None) -> Uint8Array:
    """The SHA-256 digests of all items: (n, 32) uint8, row i for item i.

    TypeError for a wrong type or dtype, ValueError for a wrong shape, `out` or `threads` (see the
    module).
    """
    return _core.hash.sha256_many(items, threads=threads, out=out)


def sha512(data: BytesLike) -> bytes:
    """The 64-byte SHA-512 digest of `data` (FIPS 180-4, 6.4).

    TypeError if not bytes-like.
    """
    return _core.hash.sha512(data)


def sha512_many(items: ItemsLike, *, threads: int = 1, out: Uint8Array | None = None) -> Uint8Array:
    """The SHA-512 digests of all items: (n, 64) uint8, row i for item i.

    TypeError for a wrong type or dtype, ValueError for a wrong shape, `out` or `threads` (see the
    module).
    """
    return _core.hash.sha512_many(items, threads=threads, out=out)


def blake3(data: BytesLike) -> bytes:
    """The 32-byte BLAKE3 digest of `data` (BLAKE3 specification, hash mode).

    TypeError if not bytes-like.
    """
    return _core.hash.blake3(data)


def blake3_keyed(key: BytesLike, data: BytesLike) -> bytes:
    """The 32-byte BLAKE3 keyed hash of `data` (BLAKE3 specification, keyed_hash mode).

    `key` is public here: nothing in chopmark keeps it secret. TypeError if one of the two is not
    bytes-like; ValueError unless the key has 32 bytes.
    """
    return _core.hash.blake3_keyed(key, data)


def blake3_many(items: ItemsLike, *, threads: int = 1, out: Uint8Array | None = None) -> Uint8Array:
    """The BLAKE3 digests of all items: (n, 32) uint8, row i for item i.

    TypeError for a wrong type or dtype, ValueError for a wrong shape, `out` or `threads` (see the
    module).
    """
    return _core.hash.blake3_many(items, threads=threads, out=out)


def sm3(data: BytesLike) -> bytes:
    """The 32-byte SM3 digest of `data` (GB/T 32905-2016, ISO/IEC 10118-3).

    TypeError if not bytes-like.
    """
    return _core.hash.sm3(data)


def sm3_many(items: ItemsLike, *, threads: int = 1, out: Uint8Array | None = None) -> Uint8Array:
    """The SM3 digests of all items: (n, 32) uint8, row i for item i.

    TypeError for a wrong type or dtype, ValueError for a wrong shape, `out` or `threads` (see the
    module).
    """
    return _core.hash.sm3_many(items, threads=threads, out=out)
