# SPDX-License-Identifier: Apache-2.0
"""The driver's own log: final blocks with what made them final, for restarts and for peers that lag
(docs/spec/consensus.md, B-50, B-51).
"""

from __future__ import annotations

import struct
from typing import Protocol

from chopmark.consensus import Deliver, Epoch
from chopmark.reference.messages import parse_position

__all__ = ["BlockStore", "MemoryBlockStore", "final_row"]

ROW_BLOCKS = 32  # B-50
CERTIFICATE_TAG, BLOCK_TAG, CLOSING_TAG = 0x52, 0x54, 0x21


class BlockStore(Protocol):
    """Final blocks by height. What `sync` has made durable is never changed or given up.

    `position` and what it stands on come back together after a crash, or neither does.
    """

    @property
    def position(self) -> bytes:
        """Where the stored chain ends (C-47); empty before the first `sync`."""
        ...

    @property
    def height(self) -> int:
        """Of the last stored block; 0 if there is none."""
        ...

    def add(self, block: Deliver) -> None:
        """The block after the last one."""
        ...

    def add_epoch(self, epoch: Epoch) -> None:
        """The epoch that ended with the last block."""
        ...

    def sync(self, position: bytes) -> None:
        """Returns once everything added is durable, and `position` with it."""
        ...

    def block(self, height: int) -> Deliver | None:
        """One block; None if it is not there."""
        ...

    def boundary(self, height: int) -> tuple[bytes, ...] | None:
        """The boundary proof of the epoch that ended with this block (B-72), if one did."""
        ...


class MemoryBlockStore:
    """All blocks since the start of the process. For devnets and tests."""

    def __init__(self) -> None:
        self._blocks: list[Deliver] = []
        self._boundaries: dict[int, tuple[bytes, ...]] = {}
        self._position = b""

    @property
    def position(self) -> bytes:
        return self._position

    @property
    def height(self) -> int:
        return len(self._blocks)

    def add(self, block: Deliver) -> None:
        if block.height != self.height + 1:
            raise ValueError(f"block {block.height} does not follow block {self.height}")
        self._blocks.append(block)

    def add_epoch(self, epoch: Epoch) -> None:
        self._boundaries[parse_position(epoch.position).anchor_height] = epoch.proof

    def sync(self, position: bytes) -> None:
        self._position = position

    def block(self, height: int) -> Deliver | None:
        return self._blocks[height - 1] if 1 <= height <= self.height else None

    def boundary(self, height: int) -> tuple[bytes, ...] | None:
        return self._boundaries.get(height)


def block_message(block: Deliver) -> bytes:
    """C-43."""
    parts = [bytes([BLOCK_TAG]), block.header]
    for part in (block.justification, block.payload):
        parts += [struct.pack(">I", len(part)), part]
    return b"".join(parts)


def final_row(store: BlockStore, height: int) -> list[bytes]:
    """The messages that make the blocks from `height` on final (B-50); none if they are not here.

    They end in the epoch in which they begin: who asks cannot judge certificates of the next.
    """
    last, at = 0, height
    while (block := store.block(at)) is not None:
        if block.certificate or store.boundary(at) is not None:
            last = at
        if store.boundary(at) is not None or (last and at >= height + ROW_BLOCKS - 1):
            break
        at += 1
    return _row(store, height, last) if last else []


def _row(store: BlockStore, height: int, last: int) -> list[bytes]:
    blocks = [block for at in range(last, height - 1, -1) if (block := store.block(at))]
    proof = store.boundary(last)
    if proof is None:
        head = [bytes([CERTIFICATE_TAG]) + blocks[0].certificate]
    else:
        head = [one for one in proof if one[0] == CERTIFICATE_TAG or one[1] == CLOSING_TAG]
    return head + [block_message(block) for block in blocks]
