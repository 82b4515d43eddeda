# SPDX-License-Identifier: Apache-2.0
"""A stand-in for a faster ledger: signatures once and for real, execution as time that passes.

`Pool.admit` verifies the whole batch with the native verifier, without looking at the rest of a
transaction. `validate_block` hashes the payload, takes every verdict as cached, and then keeps the
processor busy for as long as execution is expected to take. It answers one question: what would
the node reach if the ledger were as fast as planned? Works with `payload` "batches" alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from time import thread_time

import numpy as np

from chopmark.ed25519 import KeySet, verify_batch
from chopmark.hash import sha256, sha256_many
from chopmark.reference.codec import parse_header

from .load import genesis
from .settings import ITEM_BYTES, TRANSACTION_BYTES, count_in

__all__ = ["StubLedger", "StubPool"]

BODY = slice(4, ITEM_BYTES - 64)
MEMBER = slice(4 + 62, 4 + 66)  # of the only signer (C-21, C-22); members are 1, 2, ... in order


@dataclass(frozen=True)
class StubVerdict:
    ok: bool
    digest: bytes
    code: str = "PAYLOAD_MISMATCH"
    detail: str = ""


class StubLedger:
    """Heights, digests and the number of transactions, no state."""

    def __init__(self, encoded_genesis: bytes, execute_us: float) -> None:
        self.chain_id = sha256(encoded_genesis)
        self.keys = KeySet(b"".join(member.keys[0].public_key for member in genesis().members))
        self.final_height = 0
        self.log_size = 0
        self._execute_us = execute_us
        self._blocks: dict[bytes, tuple[int, int]] = {}  # height and log size after it
        self._root = self.chain_id

    def knows(self, digest: bytes) -> bool:
        return digest in self._blocks

    def roots(self, digest: bytes | None = None) -> tuple[bytes, int, bytes]:
        size = self.log_size if digest is None else self._blocks.get(digest, (0, 0))[1]
        return self._root, size, self._root

    def log_root(self) -> bytes:
        return self._root

    def validate_block(self, block: bytes, *, pool: object) -> StubVerdict:
        header, digest = parse_header(block[:284]), sha256(block[:284])
        payload = memoryview(block)[284:]
        count = count_in(len(payload) - 4)
        end = thread_time() + self._execute_us * 1e-6 * count
        self._blocks[digest] = (header.height, header.log_size + count)
        right = header.payload_root == sha256(payload)
        while thread_time() < end:
            pass
        return StubVerdict(right, digest)

    def finalize(self, digest: bytes) -> None:
        self.final_height, self.log_size = self._blocks[digest]
        self._root = sha256(digest)


class StubPool:
    """Counts what was admitted. Selects nothing: batches are chosen from the store."""

    def __init__(self) -> None:
        self.size = 0
        self._admitted = 0

    def admit(self, ledger: StubLedger, payload: bytes) -> tuple[int, int, int, int]:
        rows = np.frombuffer(payload, dtype=np.uint8, offset=4).reshape(-1, ITEM_BYTES)
        count = len(rows)
        messages = np.empty((count, 33), dtype=np.uint8)
        messages[:, 0] = 1
        messages[:, 1:] = sha256_many(np.ascontiguousarray(rows[:, BODY]))
        signatures = np.ascontiguousarray(rows[:, 4 + TRANSACTION_BYTES - 64 :])
        members = np.ascontiguousarray(rows[:, MEMBER]).view(">u4").ravel().astype(np.int64)
        valid = int(verify_batch(ledger.keys, signatures, messages, key_index=members - 1).sum())
        self._admitted += valid
        self.size += valid
        return valid, 0, count - valid, 0

    def remove_final(self, ledger: StubLedger) -> int:
        self.size = self._admitted - ledger.log_size
        return 0
