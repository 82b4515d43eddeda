# SPDX-License-Identifier: Apache-2.0
"""What a block may name instead of carrying it: single transactions, or whole gossip frames.

This is the Python that a node would need if the native pool could not look transactions up.
"""

from __future__ import annotations

import numpy as np

from chopmark import Ragged
from chopmark.hash import sha256, sha256_many

from .settings import ITEM_BYTES, count_in

__all__ = ["Store"]

NAME_BYTES = 32


class Store:
    """Pieces of payloads by the SHA-256 of what they hold, in order of arrival."""

    def __init__(self, *, single: bool) -> None:
        self._single = single
        self._waiting: dict[bytes, bytes] = {}
        self.transactions = 0

    def add(self, pieces: list[bytes]) -> None:
        """Takes pieces; `single` gives each transaction in them a name of its own."""
        self.transactions += count_in(sum(len(piece) for piece in pieces))
        if not self._single:
            self._waiting.update((sha256(piece), piece) for piece in pieces)
            return
        joined = b"".join(pieces)
        starts = range(0, len(joined), ITEM_BYTES)
        offsets = np.arange(0, len(joined) + 1, ITEM_BYTES, dtype=np.uint64)
        names = sha256_many(Ragged(joined, offsets)).tobytes()
        for number, start in enumerate(starts):
            name = names[NAME_BYTES * number : NAME_BYTES * (number + 1)]
            self._waiting[name] = joined[start : start + ITEM_BYTES]

    def choose(self, bytes_max: int) -> bytes:
        """Names of the oldest pieces whose payload fits."""
        chosen, size = [], 4
        for name, piece in self._waiting.items():
            size += len(piece)
            if size > bytes_max:
                break
            chosen.append(name)
        return b"".join(chosen)

    def take(self, names: bytes) -> bytes | None:
        """The payload of these names, whose pieces leave the store. None if one is not there."""
        wanted = [names[at : at + NAME_BYTES] for at in range(0, len(names), NAME_BYTES)]
        if not all(name in self._waiting for name in wanted):
            return None
        pieces = [self._waiting.pop(name) for name in wanted]
        count = count_in(sum(len(piece) for piece in pieces))
        self.transactions -= count
        return b"".join([count.to_bytes(4, "big"), *pieces])
