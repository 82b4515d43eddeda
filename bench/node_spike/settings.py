# SPDX-License-Identifier: Apache-2.0
"""What one run of the spike varies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from chopmark.reference.codec import PAYLOAD_BYTES_MAX

__all__ = ["ITEM_BYTES", "QUORUM", "TRANSACTION_BYTES", "VALIDATORS", "Settings", "count_in"]

VALIDATORS = 4
QUORUM = 3
TRANSACTION_BYTES = 293  # all have one size here
ITEM_BYTES = 4 + TRANSACTION_BYTES  # in a payload


def count_in(size: int) -> int:
    """How many transactions so many bytes of a payload hold."""
    return size // ITEM_BYTES


@dataclass(frozen=True)
class Settings:
    """One configuration.

    `payload` says how a transaction reaches the other validators: `twice`, by gossip and again in
    the block; `ids`, by gossip, and the block names each by its hash; `batches`, by gossip, and the
    block names whole gossip frames by their hash; `block`, without gossip, in the block alone.
    `together` admits and forwards what a few milliseconds brought in one call and one write;
    without it each frame has a call and a write of its own. `execute_us` replaces the ledger by a
    stub that spends so long on a transaction (stub.py); 0 is the native ledger.
    """

    transactions: int = 60_000
    frame: int = 256
    payload: Literal["twice", "ids", "batches", "block"] = "twice"
    together: bool = True
    transport: Literal["buffered", "streams"] = "buffered"
    loop: Literal["asyncio", "uvloop"] = "asyncio"
    cipher: Literal["AES_128_GCM", "AES_256_GCM", "CHACHA20_POLY1305"] = "AES_128_GCM"
    fsync: bool = True
    block_transactions: int = 10_000
    execute_us: float = 0.0

    @property
    def block_bytes(self) -> int:
        """Bytes of one block's payload; the codec's own limit may be the lower one."""
        return min(PAYLOAD_BYTES_MAX, 4 + self.block_transactions * ITEM_BYTES)

    @property
    def label(self) -> str:
        """What differs from the defaults, in a few words."""
        words = [self.payload, f"frames of {self.frame}", self.transport, self.loop, self.cipher]
        words += [] if self.together else ["each frame alone"]
        words += [] if self.fsync else ["no fsync"]
        words += [f"ledger stub of {self.execute_us:g} us"] if self.execute_us else []
        return ", ".join(words)
