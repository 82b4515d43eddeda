# SPDX-License-Identifier: Apache-2.0
"""Signatures made to probe a verifier: built on the reference, torsion included."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from chopmark.reference import ed25519 as reference

L = reference.L
P = reference.P


def _multiply(scalar: int, point: reference.Point) -> reference.Point:
    return reference.double_multiply(0, scalar, point)


def _order_eight() -> reference.Point:
    """A point of order 8: L times a point whose torsion part has that order."""
    for y in range(2, 100):
        point = reference.decompress(y.to_bytes(32, "little"))
        if point is None:
            continue
        torsion = _multiply(L, point)
        if not reference.is_identity(_multiply(4, torsion)):
            return torsion
    raise AssertionError("no point of order 8 found")


TORSION = [_multiply(i, _order_eight()) for i in range(8)]
TORSION_ENCODINGS = [reference.compress(point) for point in TORSION]


def non_canonical_encodings() -> list[bytes]:
    """Every encoding that decodes by ZIP-215 but not by RFC 8032."""
    found = []
    for y in range(P, 2**255):
        for sign in (0, 1):
            encoding = (y | sign << 255).to_bytes(32, "little")
            if reference.decompress(encoding) is not None:
                found.append(encoding)
    for y in (1, P - 1):
        found.append((y | 1 << 255).to_bytes(32, "little"))
    return found


@dataclass(frozen=True, slots=True)
class Item:
    public_key: bytes
    signature: bytes
    message: bytes


def sign_with(
    secret: int,
    nonce: int,
    message: bytes,
    *,
    key_torsion: int = 0,
    r_torsion: int = 0,
    error: int = 0,
    multiples_of_order: int = 0,
) -> Item:
    """A signature by the scalar `secret`, with torsion points added to A and R and `error` to s.

    Under "zip215" it is valid exactly if error % L and multiples_of_order are 0.
    """
    key = reference.add(
        reference.double_multiply(secret, 0, reference.IDENTITY), TORSION[key_torsion]
    )
    public_key = reference.compress(key)
    r = reference.compress(
        reference.add(reference.double_multiply(nonce, 0, reference.IDENTITY), TORSION[r_torsion])
    )
    digest = hashlib.sha512(r + public_key + message).digest()
    k = int.from_bytes(digest, "little") % L
    s = (nonce + k * secret + error) % L + multiples_of_order * L
    return Item(public_key, r + s.to_bytes(32, "little"), message)


def honest(count: int, signers: int | None = None, size: int = 40) -> list[Item]:
    """Valid signatures by `signers` keys in turn."""
    items = []
    for i in range(count):
        seed = (i % (signers or count or 1)).to_bytes(32, "big")
        message = i.to_bytes(4, "big") * (size // 4)
        items.append(Item(_public_key(seed), reference.sign(seed, message), message))
    return items


_public_keys: dict[bytes, bytes] = {}


def _public_key(seed: bytes) -> bytes:
    if seed not in _public_keys:
        _public_keys[seed] = reference.public_key(seed)
    return _public_keys[seed]


def spoiled(item: Item, by: int = 1) -> Item:
    """The same signature with `by` added to s modulo L: well formed and not valid."""
    s = (int.from_bytes(item.signature[32:], "little") + by) % L
    return Item(item.public_key, item.signature[:32] + s.to_bytes(32, "little"), item.message)
