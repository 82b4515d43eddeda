# SPDX-License-Identifier: Apache-2.0
"""The driver's own log of final blocks, and what it answers to those who lag (B-50, B-72)."""

from __future__ import annotations

import pytest

from chopmark.consensus import Deliver, Epoch
from chopmark.node.blocks import MemoryBlockStore, final_row
from chopmark.reference.messages import Position

HEADER = b"\x20" + bytes(283)


def block(height: int, certificate: bytes = b"") -> Deliver:
    payload = b"payload %d" % height
    return Deliver(height, height.to_bytes(32, "big"), HEADER, certificate, b"why", payload)


def message(height: int) -> bytes:
    payload = b"payload %d" % height
    sized = b"\0\0\0\3why" + len(payload).to_bytes(4, "big") + payload
    return b"\x54" + HEADER + sized


def store(height: int, *certified: int) -> MemoryBlockStore:
    made = MemoryBlockStore()
    for at in range(1, height + 1):
        made.add(block(at, b"certificate %d" % at if at in certified else b""))
    return made


def row(top: int, low: int) -> list[bytes]:
    return [b"\x52certificate %d" % top, *[message(at) for at in range(top, low - 1, -1)]]


def ended(height: int, *proof: bytes) -> Epoch:
    position = Position(2, height, bytes(32), 0, False, (bytes(32),))
    return Epoch(position.encode(), proof)


def test_up_to_the_highest_finalization_within_32_blocks() -> None:
    made = store(100, 3, 20, 40, 90)
    assert final_row(made, 1) == row(20, 1)
    assert final_row(made, 3) == row(20, 3)
    assert final_row(made, 9) == row(40, 9), "the 32nd block counts"
    assert final_row(made, 8) == row(20, 8)
    assert final_row(made, 21) == row(40, 21)


def test_the_first_finalization_after_them_if_there_is_none() -> None:
    made = store(100, 3, 20, 90)
    assert final_row(made, 21) == row(90, 21)


def test_nothing_that_is_not_here_or_not_shown_final() -> None:
    made = store(100, 90)
    assert final_row(made, 0) == final_row(made, 91) == final_row(made, 101) == []
    assert final_row(MemoryBlockStore(), 1) == []


def test_row_ends_with_the_epoch() -> None:
    """Closed by its own finalization, or by that of a Closing header."""
    for certified in ((), (8,)):
        made = store(8, 2, *certified)
        closing = b"\x54\x21closing"
        proof = b"\x52closed", closing, message(8)
        made.add_epoch(ended(8, *proof))
        made.add(block(9, b"certificate 9"))
        assert made.boundary(8) == proof and made.boundary(9) is None
        assert final_row(made, 3) == [*proof[:2], *[message(at) for at in range(8, 2, -1)]]
        assert final_row(made, 8) == [*proof[:2], message(8)]
        assert final_row(made, 9) == row(9, 9)


def test_blocks_come_in_order() -> None:
    made = store(3)
    for height in (3, 5):
        with pytest.raises(ValueError, match="does not follow"):
            made.add(block(height))
    assert made.height == 3 and made.position == b""
    made.sync(b"position")
    assert made.position == b"position"
    assert made.block(0) is None and made.block(4) is None
    found = made.block(2)
    assert found is not None and found.height == 2
