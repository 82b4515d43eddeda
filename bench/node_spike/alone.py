# SPDX-License-Identifier: Apache-2.0
"""The pieces by themselves in one process without neighbours: what the stages of a run consist of.

Microseconds of CPU for each transaction; the median of several rounds where a piece can be
repeated, the mean of all blocks where it changes the ledger.
"""

from __future__ import annotations

import contextlib
import ssl
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TypeVar, cast

import numpy as np

from chopmark import Ragged, ed25519
from chopmark.hash import sha256, sha256_many
from chopmark.ledger import Ledger, Pool, check_payload, check_transaction
from chopmark.reference.codec import PAYLOAD_BYTES_MAX, Header

from . import tls
from .load import genesis, transactions
from .settings import ITEM_BYTES, TRANSACTION_BYTES, count_in

__all__ = ["pieces"]

BODY_BYTES = TRANSACTION_BYTES - 64
ZERO = bytes(32)
T = TypeVar("T")


def median_us(work: Callable[[], object], items: int, rounds: int = 5) -> float:
    """Microseconds of CPU an item."""
    spent = []
    for _ in range(rounds):
        before = time.process_time()
        work()
        spent.append(time.process_time() - before)
    return statistics.median(spent) * 1e6 / items


def payload_of(few: memoryview) -> bytes:
    """The payload (C-29) of transactions that stand one after the other."""
    count = len(few) // TRANSACTION_BYTES
    rows = np.empty((count, ITEM_BYTES), dtype=np.uint8)
    rows[:, :4] = np.frombuffer(TRANSACTION_BYTES.to_bytes(4, "big"), dtype=np.uint8)
    rows[:, 4:] = np.frombuffer(few, dtype=np.uint8).reshape(count, TRANSACTION_BYTES)
    return count.to_bytes(4, "big") + rows.tobytes()


def signature_pieces(data: memoryview, count: int) -> dict[str, float]:
    """What both admission and validation do for `count` transactions, without the ledger."""
    rows = np.frombuffer(data, dtype=np.uint8).reshape(-1, TRANSACTION_BYTES)[:count]
    bodies = np.ascontiguousarray(rows[:, :BODY_BYTES])
    signatures = np.ascontiguousarray(rows[:, BODY_BYTES:])
    messages = np.empty((count, 33), dtype=np.uint8)
    messages[:, 0] = 1
    messages[:, 1:] = sha256_many(bodies)
    keys = ed25519.KeySet(b"".join(m.keys[0].public_key for m in genesis().members))
    index = np.arange(count, dtype=np.int64) % len(keys)
    assert ed25519.verify_batch(keys, signatures, messages, key_index=index).all()
    payload = payload_of(data[: count * TRANSACTION_BYTES])
    offsets = np.arange(0, len(data) + 1, TRANSACTION_BYTES, dtype=np.uint64)[: count + 1]
    packed = Ragged(bytes(data[: count * TRANSACTION_BYTES]), offsets)
    one = bytes(data[:TRANSACTION_BYTES])
    return {
        "Ed25519 batch": median_us(
            lambda: ed25519.verify_batch(keys, signatures, messages, key_index=index), count
        ),
        "ids, SHA-256 in lanes": median_us(lambda: sha256_many(bodies), count),
        "log leaves, SHA-256 in lanes": median_us(lambda: sha256_many(packed), count),
        "payload, SHA-256 of the whole": median_us(lambda: sha256(payload), count),
        "payload, lengths only": median_us(lambda: check_payload(payload), count),
        "one Python call to parse one": median_us(
            lambda: deque(map(check_transaction, repeat(one, 1000)), 0), 1000
        ),
    }


def ledger_pieces(data: memoryview, frame: int, transactions_total: int) -> dict[str, float]:
    """Admission in batches of `frame`, and blocks as full as the codec allows."""
    ledger, pool = Ledger(genesis().encode()), Pool()
    spent = dict.fromkeys(("admit", "select", "validate", "finalize", "forget"), 0.0)
    per_block = count_in(PAYLOAD_BYTES_MAX - 4)
    done = 0

    def timed(name: str, work: Callable[[], T]) -> T:
        before = time.process_time()
        made = work()
        spent[name] += time.process_time() - before
        return made

    while done < transactions_total:
        block_end = min(transactions_total, done + per_block)
        for at in range(done, block_end, frame):
            few = data[at * TRANSACTION_BYTES : min(at + frame, block_end) * TRANSACTION_BYTES]
            timed("admit", partial(pool.admit, ledger, payload_of(few)))
        height, parent = ledger.final_height + 1, ledger.final_digest
        payload = timed("select", partial(pool.select, ledger, parent, height, PAYLOAD_BYTES_MAX))
        state_root, log_size, log_root = ledger.roots()
        block = Header(
            chain_id=ledger.chain_id, epoch=0, view=height, height=height, parent_view=height - 1,
            parent_digest=parent, leader=0, payload_root=sha256(payload), payload_len=len(payload),
            state_root=state_root, log_size=log_size, log_root=log_root, next_set_hash=ZERO,
            justify_root=ZERO, time_ms=0,
        ).encode() + payload  # fmt: skip
        verdict = timed("validate", partial(ledger.validate_block, block))
        assert verdict.ok
        timed("finalize", partial(ledger.finalize, verdict.digest))
        timed("forget", partial(pool.remove_final, ledger))
        done = block_end
    assert ledger.log_size == transactions_total
    return {name: value * 1e6 / transactions_total for name, value in spent.items()}


def tls_pieces(folder: Path) -> dict[str, float]:
    """Encryption and decryption of 288 bytes within 256 KiB writes, in memory, without a socket."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        tls.issue(Path(name), ["a", "b"])
        wire = [ssl.MemoryBIO(), ssl.MemoryBIO()]
        ends = [
            tls.context(Path(name), "a", server=True).wrap_bio(wire[0], wire[1], server_side=True),
            tls.context(Path(name), "b", server=False).wrap_bio(
                wire[1], wire[0], server_hostname="a"
            ),
        ]
        for end in (ends[1], ends[0], ends[1], ends[0]):
            with contextlib.suppress(ssl.SSLWantReadError):
                end.do_handshake()
        data, into = bytes(256 * 1024), bytearray(512 * 1024)
        spent: dict[str, list[float]] = {"encrypt": [], "decrypt": []}
        for _ in range(40):
            before = time.process_time()
            ends[0].write(data)
            middle = time.process_time()
            left = len(data)
            while left:
                left -= cast(int, ends[1].read(left, into))  # into a buffer: a count
            spent["encrypt"].append(middle - before)
            spent["decrypt"].append(time.process_time() - middle)
        cipher = ends[0].cipher()
        assert cipher is not None
        scale = 1e6 * ITEM_BYTES / len(data)
        return {f"{what}, {cipher[0]}": statistics.median(v) * scale for what, v in spent.items()}


def pieces(load: Path, scratch: Path, transactions_total: int) -> dict[str, dict[str, float]]:
    """All of it, by name."""
    data = transactions(load, transactions_total)
    per_block = count_in(PAYLOAD_BYTES_MAX - 4)
    made = {
        "TLS of 288 bytes in memory": tls_pieces(scratch),
        f"pieces, {per_block} at once": signature_pieces(data, per_block),
    }
    for frame in (1, 16, 256, per_block):
        few = transactions_total if frame > 1 else min(transactions_total, 4000)
        made[f"ledger alone, admitted by {frame}"] = ledger_pieces(data, frame, few)
    return made
