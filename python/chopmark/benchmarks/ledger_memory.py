# SPDX-License-Identifier: Apache-2.0
"""What the state takes in memory: `python -m chopmark.benchmarks.ledger_memory [records]`.

Builds a ledger by real blocks, 64 operations to a transaction, and prints the bytes that the
process grew by for each record, holding and member.
"""

from __future__ import annotations

import gc
import hashlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark.benchmarks.case import require
from chopmark.benchmarks.ledger import FIELD, START_MS, World, digest
from chopmark.ledger import operations as op
from chopmark.reference import codec
from chopmark.reference.wire import ROLES_KNOWN, Roles, be

OPERATIONS = 64  # of a transaction
TRANSACTIONS = 700  # of a block: what fits into a payload of 4 MiB
HOLDERS = 1000


def resident() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def transaction(world: World, encoded: list[bytes]) -> bytes:
    """Operations of member 0, encoded already (C-23)."""
    head = bytes([0x30, 1, 1]) + world.chain_id + be(FIELD, 2) + be(world.tip.height + 1000, 8)
    salt = digest("salt", next(world.salts))[:16]
    signer = bytes([1]) + be(0, 4) + be(1, 4)
    body = head + salt + signer + be(len(encoded), 1) + b"".join(encoded)
    payload = b"\x01" + hashlib.sha256(body).digest()
    return body + world.keys[0].sign(payload)


def in_blocks(world: World, encoded: Iterator[bytes]) -> None:
    transactions: list[bytes] = []
    operations: list[bytes] = []
    for one in encoded:
        operations.append(one)
        if len(operations) == OPERATIONS:
            transactions.append(transaction(world, operations))
            operations = []
        if len(transactions) == TRANSACTIONS:
            world.extend(transactions)
            transactions = []
    if operations:
        transactions.append(transaction(world, operations))
    world.extend(transactions)


def records(count: int) -> Iterator[bytes]:
    template = codec.encode_operation(op.Create(b"\xff" * 32, 0, bytes(32)))
    at = template.index(b"\xff" * 32)
    draw = np.random.default_rng(1)
    for start in range(0, count, 1 << 16):
        ids = draw.bytes(32 << 16)
        for i in range(min(count - start, 1 << 16)):
            yield template[:at] + ids[32 * i : 32 * i + 32] + template[at + 32 :]


def classes(count: int) -> Iterator[bytes]:
    for number in range(count):
        defined = op.DefineClass(
            100 + number, FIELD, op.ClassFlags.HOLDER_REDEEMS, supply_max=1 << 62,
            issue_max=1 << 32, backing=op.Backing.NONE,
        )  # fmt: skip
        yield codec.encode_operation(defined)


def holdings(count: int) -> Iterator[bytes]:
    for number in range(count):
        issued = op.Issue(100 + number // HOLDERS, number % HOLDERS, 1 << 20)
        yield codec.encode_operation(issued)


def measured(world: World, what: str, count: int, fill: Callable[[], None]) -> None:
    before, (entries, state) = resident(), world.ledger.usage
    started = time.perf_counter()
    fill()
    took = time.perf_counter() - started
    after, (more_entries, more_state) = resident(), world.ledger.usage
    print(
        f"{count} {what}: {(after - before) / count:.0f} B each in the process, "
        f"{(more_state - state) / count:.0f} B of them state ({more_entries - entries} entries); "
        f"{after / 2**30:.2f} GiB in all; {took:.0f} s",
        flush=True,
    )


def members(count: int) -> None:
    """A genesis of many, each with one key and one role."""
    base = Ed25519PrivateKey.from_private_bytes(digest("member", 0)).public_key().public_bytes_raw()
    role = (codec.Role(FIELD, Roles(ROLES_KNOWN)),)
    made = tuple(
        codec.Member(i, f"member-{i:05}", (codec.GenesisKey(1, digest("key", i) if i else base),),
                     role)
        for i in range(count)
    )  # fmt: skip
    genesis = codec.Genesis(
        "bench", START_MS, (digest("validator", 0),), made, op.Council(1, (0,))
    ).encode()
    from chopmark import ledger

    before = resident()
    one = ledger.Ledger(genesis)
    print(
        f"{count} members: {(resident() - before) / count:.0f} B each in the process, "
        f"{one.usage[1] / count:.0f} B of them state"
    )


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    members(65_536)
    world = World(100, signers=HOLDERS)
    few = max(HOLDERS, count // 10)
    in_blocks(world, classes(few // HOLDERS))
    measured(world, "holdings", few, lambda: in_blocks(world, holdings(few)))
    measured(world, "records", count, lambda: in_blocks(world, records(count)))
    require(world.ledger.usage[0] > count)


if __name__ == "__main__":
    main()
