# SPDX-License-Identifier: Apache-2.0
"""Writes CBOR in its deterministic encoding (RFC 8949 section 4.2.1), as proof files need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["Item", "encode_cbor"]

Item = int | bytes | str | Sequence["Item"] | Mapping[str, "Item"]

NUMBER, BYTES, TEXT, ARRAY, MAP = 0, 2, 3, 4, 5


def encode_cbor(item: Item) -> bytes:
    """The one encoding of `item`: shortest lengths, keys in the order of their encodings.

    TypeError for other types (a bool is no number), ValueError for numbers outside u64.
    """
    if isinstance(item, bool):
        raise TypeError("a proof file holds no bool")
    if isinstance(item, int):
        return _head(NUMBER, item)
    if isinstance(item, bytes):
        return _head(BYTES, len(item)) + item
    if isinstance(item, str):
        encoded = item.encode("utf-8")
        return _head(TEXT, len(encoded)) + encoded
    if isinstance(item, Mapping):
        pairs = sorted((encode_cbor(name), encode_cbor(value)) for name, value in item.items())
        return _head(MAP, len(pairs)) + b"".join(name + value for name, value in pairs)
    if isinstance(item, Sequence):
        return _head(ARRAY, len(item)) + b"".join(encode_cbor(one) for one in item)
    raise TypeError(f"a proof file holds no {type(item).__name__}")


def _head(major: int, value: int) -> bytes:
    if not 0 <= value < 1 << 64:
        raise ValueError(f"{value} is no number of 64 bits")
    if value < 24:
        return bytes([major << 5 | value])
    power = next(power for power in range(4) if value < 1 << (8 << power))
    return bytes([major << 5 | 24 + power]) + value.to_bytes(1 << power, "big")
