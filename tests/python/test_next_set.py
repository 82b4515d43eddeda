# SPDX-License-Identifier: Apache-2.0
"""L-137: to whom the last block of an epoch hands over, by the core and by the reference."""

from __future__ import annotations

import random

import pytest
from ledger_world import (
    CHAIN_ID,
    COUNCIL,
    GENESIS,
    GENESIS_BLOCK,
    GENESIS_BYTES,
    block,
    digest,
    transaction,
)

from chopmark import LedgerError
from chopmark.ledger import Ledger
from chopmark.reference.ledger import Ledger as Reference
from chopmark.reference.operations import SetValidators


def keys(names: str) -> tuple[bytes, ...]:
    return tuple(digest(name) for name in names)


def asks(validators: tuple[bytes, ...]) -> bytes:
    return transaction(SetValidators(validators), by=COUNCIL[:2])


def ledgers(asked: tuple[bytes, ...]) -> tuple[Ledger, Reference, bytes]:
    """Both, with a block in which the council asks for these validators."""
    ours, reference = Ledger(GENESIS_BYTES), Reference(GENESIS_BYTES)
    made = block(ours, GENESIS_BLOCK, [asks(asked)])
    for one in (ours, reference):
        assert one.validate_block(made.data).ok
    ours.finalize(made.digest)
    return ours, reference, made.digest


@pytest.mark.parametrize(
    ("present", "asked", "expected"),
    [
        ("abcd", "abcd", "abcd"),
        ("abcd", "dcba", "abcd"),  # nobody comes or goes
        ("abcd", "abcx", "abcx"),
        ("abcd", "xbcd", "xbcd"),
        ("abcd", "wxyz", "wbcd"),  # f = 1
        ("abcd", "abcdx", "abcdx"),
        ("abcde", "bcde", "bcde"),
        ("abcdefg", "bcdexyzw", "xbcdeyg"),  # f = 2: a and f go
        ("abcdefg", "abcd", "abcdg"),
        ("abc", "abcd", "abc"),  # f = 0
        ("a", "abcd", "a"),
    ],
)
def test_seats_that_change(present: str, asked: str, expected: str) -> None:
    """L-137, with every kind of pair."""
    ours, reference, tip = ledgers(keys(asked))
    assert reference.next_set(tip, keys(present)) == keys(expected)
    assert ours.next_set(tip, keys(present)) == keys(expected)


def test_the_state_after_the_parent_asks() -> None:
    """L-137: not the block before, nor the last final one."""
    ours, present = Ledger(GENESIS_BYTES), GENESIS.validators
    first = block(ours, GENESIS_BLOCK, [asks(keys("wxyz"))])
    assert ours.validate_block(first.data).ok
    above = block(ours, first, [asks(keys("stuv"))])
    assert ours.validate_block(above.data).ok
    assert ours.next_set(CHAIN_ID, present) == present
    assert ours.next_set(first.digest, present) == keys("w") + present[1:]
    assert ours.next_set(above.digest, present) == keys("s") + present[1:]


def test_it_comes_nearer_until_it_is_there() -> None:
    source = random.Random(5)
    for _ in range(40):
        names = [chr(ord("A") + i) for i in range(32)]
        present = keys("".join(source.sample(names, source.randint(4, 16))))
        asked = keys("".join(source.sample(names, source.randint(4, 16))))
        ours, reference, tip = ledgers(asked)
        for _ in range(40):
            after = ours.next_set(tip, present)
            assert after == reference.next_set(tip, present)
            moved = max(len(set(after) - set(present)), len(set(present) - set(after)))
            assert moved <= (len(present) - 1) // 3
            assert len(set(after)) == len(after) >= 4
            if after == present:
                break
            present = after
        assert set(present) == set(asked)


def test_arguments() -> None:
    ours = Ledger(GENESIS_BYTES)
    assert ours.next_set(CHAIN_ID, GENESIS.validators) == GENESIS.validators
    with pytest.raises(LedgerError):
        ours.next_set(digest("nothing"), GENESIS.validators)
    with pytest.raises(ValueError, match="present"):
        ours.next_set(CHAIN_ID, [b"short"])
