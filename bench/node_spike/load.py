# SPDX-License-Identifier: Apache-2.0
"""The genesis of the run and its signed transactions, kept in a file: signing takes longer than a
run. Each creates a record and attests it, 293 bytes, by 164 members in turn.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from chopmark.benchmarks.case import SIGNERS, seed
from chopmark.ledger import Attest, Claim, Create, Genesis, build_transaction
from chopmark.node.devnet import Institution, derived_key, make_genesis

from .settings import TRANSACTION_BYTES, VALIDATORS

__all__ = ["genesis", "transactions"]

FIELD = 1
VALID_UNTIL = 1024  # the furthest that the first block may see


@cache
def institutions() -> list[Institution]:
    numbers = range(1, 1 + SIGNERS)
    return [Institution(i, f"member-{i}", 1, derived_key("spike", i)) for i in numbers]


@cache
def genesis() -> Genesis:
    """164 members with the roles record and attest in one field."""
    made, _ = make_genesis("node-spike", VALIDATORS, institutions(), [FIELD])
    return made


def signed(index: int, chain_id: bytes) -> bytes:
    by = institutions()[index % SIGNERS]
    record = seed("spike record", index)
    return build_transaction(
        chain_id=chain_id,
        field=FIELD,
        valid_until=VALID_UNTIL,
        operations=[Create(record, 0, seed("spike content", index)),
                    Attest(record, 1, Claim.RECEIVED)],
        signers=[(by.member, by.key_id, by.key)],
        salt=record[:16],
    )  # fmt: skip


def transactions(folder: Path, count: int) -> memoryview:
    """`count` transactions one after the other, made if the folder does not hold as many."""
    chain_id = hashlib.sha256(genesis().encode()).digest()
    path = folder / f"transactions-{chain_id.hex()[:16]}.bin"
    have = path.stat().st_size // TRANSACTION_BYTES if path.exists() else 0
    with path.open("ab") as file:
        for index in range(have, count):
            made = signed(index, chain_id)
            assert len(made) == TRANSACTION_BYTES
            file.write(made)
    return memoryview(path.read_bytes())[: count * TRANSACTION_BYTES]
