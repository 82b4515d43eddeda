# SPDX-License-Identifier: Apache-2.0
"""Ed25519 in plain Python (RFC 8032 section 5.1), with both rules of verification. Stands alone.

Signing is here for tests: it is neither fast nor safe against side channels.
"""

from __future__ import annotations

import hashlib

__all__ = ["public_key", "sign", "verify"]

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
D2 = 2 * D % P
SQRT_M1 = pow(2, (P - 1) // 4, P)

Point = tuple[int, int, int, int]  # extended coordinates X, Y, Z, T with T = X Y / Z
IDENTITY: Point = (0, 1, 1, 0)


def add(p: Point, q: Point) -> Point:
    """RFC 8032 5.1.4."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = p[3] * D2 * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def double(p: Point) -> Point:
    """RFC 8032 5.1.4."""
    a = p[0] * p[0] % P
    b = p[1] * p[1] % P
    h = a + b
    e = h - (p[0] + p[1]) ** 2 % P
    g = a - b
    f = 2 * p[2] * p[2] % P + g
    return e * f % P, g * h % P, f * g % P, e * h % P


def negate(p: Point) -> Point:
    return -p[0] % P, p[1], p[2], -p[3] % P


def is_identity(p: Point) -> bool:
    return p[0] % P == 0 and (p[1] - p[2]) % P == 0


def times_cofactor(p: Point) -> Point:
    return double(double(double(p)))


def decompress(encoded: bytes) -> Point | None:
    """ZIP-215: y modulo p, x = 0 with the sign bit accepted. None if it is no point."""
    value = int.from_bytes(encoded, "little")
    sign, y = value >> 255, (value & (2**255 - 1)) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    if v * x * x % P == -u % P:
        x = x * SQRT_M1 % P
    if v * x * x % P != u:
        return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def compress(p: Point) -> bytes:
    inverse = pow(p[2], -1, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def base_point() -> Point:
    point = decompress((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    assert point is not None
    return point


BASE = base_point()


def multiples(p: Point) -> list[Point]:
    """0, p, ..., 15 p."""
    table = [IDENTITY, p]
    for _ in range(14):
        table.append(add(table[-1], p))
    return table


BASE_MULTIPLES = multiples(BASE)


def double_multiply(s: int, k: int, p: Point) -> Point:
    """s B + k p, four bits of both scalars at a time (Straus)."""
    table = multiples(p)
    total = IDENTITY
    for shift in range(252, -1, -4):
        total = double(double(double(double(total))))
        if digit := s >> shift & 15:
            total = add(total, BASE_MULTIPLES[digit])
        if digit := k >> shift & 15:
            total = add(total, table[digit])
    return total


def is_canonical(encoded: bytes, p: Point) -> bool:
    return compress(p) == encoded


def verify(public_key: bytes, signature: bytes, message: bytes, *, rule: str = "zip215") -> bool:
    """Whether the signature is valid under rule "zip215" or "strict". Wrong lengths are not."""
    if rule not in ("zip215", "strict"):
        raise ValueError(f"unknown rule {rule!r}: expected zip215 or strict")
    if len(public_key) != 32 or len(signature) != 64:
        return False
    r_bytes, s = signature[:32], int.from_bytes(signature[32:], "little")
    a, r = decompress(public_key), decompress(r_bytes)
    if s >= L or a is None or r is None:
        return False
    if rule == "strict":
        for encoded, point in ((public_key, a), (r_bytes, r)):
            if not is_canonical(encoded, point) or is_identity(times_cofactor(point)):
                return False
    k = int.from_bytes(hashlib.sha512(r_bytes + public_key + message).digest(), "little") % L
    difference = add(double_multiply(s, k, negate(a)), negate(r))
    return is_identity(times_cofactor(difference) if rule == "zip215" else difference)


def expand(seed: bytes) -> tuple[int, bytes]:
    digest = hashlib.sha512(seed).digest()
    scalar = int.from_bytes(digest[:32], "little") & (2**254 - 8) | 2**254
    return scalar, digest[32:]


def public_key(seed: bytes) -> bytes:
    """The public key of a secret seed of 32 bytes (RFC 8032 5.1.5)."""
    return compress(double_multiply(expand(seed)[0], 0, IDENTITY))


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of `message` by a secret seed of 32 bytes (RFC 8032 5.1.6)."""
    scalar, prefix = expand(seed)
    r = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    r_bytes = compress(double_multiply(r, 0, IDENTITY))
    k = int.from_bytes(hashlib.sha512(r_bytes + public_key(seed) + message).digest(), "little")
    return r_bytes + ((r + k * scalar) % L).to_bytes(32, "little")
