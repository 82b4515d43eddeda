# SPDX-License-Identifier: Apache-2.0
"""The ledger: transactions, whole blocks, the pool (docs/spec/ledger.md, docs/spec/codec.md).

Operations are dataclasses (`chopmark.ledger.operations`); `build_transaction` signs them. What
stands in the state are others (`chopmark.ledger.entries`). `Ledger` and `Pool` take and return
bytes and arrays: no Python object stands for a transaction on their paths. Both may be shared
between threads, and release the GIL.

Errors: EncodingError for bytes that are no valid encoding; LedgerError for a block the ledger does
not know; TypeError and ValueError for arguments of the wrong kind.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from typing import Protocol, TypeAlias, TypeVar

from chopmark import _core
from chopmark._types import BytesLike
from chopmark.reference.codec import (
    Amend,
    Attest,
    Claim,
    Council,
    Create,
    Genesis,
    GenesisKey,
    Member,
    Operation,
    Role,
    Roles,
    Transaction,
    Withdraw,
    encode_payload,
    signing_payload,
)
from chopmark.reference.codec import parse_payload as _parse_payload
from chopmark.reference.ledger import ResultCode
from chopmark.reference.ledger.entries import StateEntry

__all__ = [
    "Amend",
    "Attest",
    "Claim",
    "Council",
    "Create",
    "Genesis",
    "GenesisKey",
    "Ledger",
    "Member",
    "Operation",
    "Pool",
    "ResultCode",
    "Results",
    "Role",
    "Roles",
    "Roots",
    "Signer",
    "Transactions",
    "Verdict",
    "Withdraw",
    "build_transaction",
    "check_genesis",
    "check_header",
    "check_payload",
    "check_transaction",
    "commitment",
    "encode_payload",
    "iterate_payload",
    "result_name",
    "transaction_id",
    "view_payload",
]

RESULT_NAMES = _core.ledger.result_names()

Verdict = _core.ledger.Verdict
"""The answer to a block: `ok`; `code` and `number` (L-11); `transaction`, the index of the one at
fault or -1; `detail` for malformed bytes; `digest` of the block.
"""
Results = _core.ledger.Results
"""Transactions that became final, in order, an array for each field: `height` (m,) uint64,
`transaction_id` (m, 32) uint8, `code` (m,) uint16, `failing_op` (m,) uint8 (255: none), `log_index`
(m,) uint64.
"""
Transactions = _core.ledger.Transactions
"""Transactions of a payload, in order, an array for each field: `start` (m,) uint64 and `size` (m,)
uint32, where each stands in the payload's bytes; `transaction_id` (m, 32) uint8; `field` (m,)
uint16; `submitter` (m,) uint32, the first signer's member; `valid_until` (m,) uint64; `signers` and
`operations` (m,) uint8, how many.
"""
Roots: TypeAlias = tuple[bytes, int, bytes]
E = TypeVar("E", bound=StateEntry)


class Signer(Protocol):
    """Whatever signs with an Ed25519 key, as `Ed25519PrivateKey` of `cryptography` does."""

    def sign(self, data: bytes, /) -> bytes:
        """The 64-byte signature of `data`."""
        ...


def build_transaction(
    *,
    chain_id: bytes,
    field: int,
    valid_until: int,
    operations: Sequence[Operation],
    signers: Sequence[tuple[int, int, Signer]],
    salt: bytes | None = None,
) -> bytes:
    """An encoded, signed transaction (C-20).

    `signers` are (member id, key id, signer); the first submits, and an operation's `actor` is an
    index into them. `salt` is 16 random bytes unless given. EncodingError if a limit is passed.
    """
    unsigned = Transaction(
        chain_id=chain_id,
        field=field,
        valid_until=valid_until,
        salt=os.urandom(16) if salt is None else salt,
        signers=tuple((member, key) for member, key, _ in signers),
        operations=tuple(operations),
    )
    body = unsigned.encode_body()
    payload = signing_payload(hashlib.sha256(body).digest())
    transaction = body + b"".join(signer.sign(payload) for _, _, signer in signers)
    check_transaction(transaction)
    return transaction


def check_transaction(transaction: BytesLike) -> None:
    """Raises EncodingError unless the bytes are one transaction; signatures are not looked at."""
    _core.ledger.check_transaction(transaction)


def check_genesis(genesis: BytesLike) -> None:
    """Raises EncodingError unless the bytes are one genesis."""
    _core.ledger.check_genesis(genesis)


def check_header(header: BytesLike) -> None:
    """Raises EncodingError unless the bytes are one header."""
    _core.ledger.check_header(header)


def check_payload(payload: BytesLike) -> None:
    """Raises EncodingError unless the bytes are one payload; transactions are not looked at."""
    _core.ledger.check_payload(payload)


def transaction_id(transaction: BytesLike) -> bytes:
    """The id of an encoded transaction: the SHA-256 of its body (C-25)."""
    return _core.ledger.transaction_id(transaction)


def commitment(
    salt: bytes, *, document: BytesLike | None = None, document_hash: bytes | None = None
) -> bytes:
    """What is recorded of a document (L-28): SHA-256("chopmark commitment v1", salt, its SHA-256).

    Give the document or its SHA-256. ValueError unless salt and hash have 32 bytes.
    """
    if (document is None) == (document_hash is None):
        raise TypeError("give either document or document_hash")
    if document_hash is None:
        assert document is not None
        document_hash = _core.hash.sha256(document)
    if len(salt) != 32 or len(document_hash) != 32:
        raise ValueError("salt and document_hash must have 32 bytes")
    return hashlib.sha256(b"chopmark commitment v1" + salt + document_hash).digest()


def iterate_payload(payload: bytes) -> list[bytes]:
    """The transactions of a payload (C-29)."""
    check_payload(payload)
    return _parse_payload(payload)


def view_payload(payload: BytesLike) -> Transactions:
    """What stands in a payload (C-29), all transactions parsed in one call without the GIL.

    EncodingError, naming the transaction, if the payload or one of them is malformed; signatures
    and chain are not looked at. The payload of a block stands behind its header of 284 bytes.
    """
    return _core.ledger.view_payload(payload)


def result_name(code: int) -> str:
    """The stable name of a result code, such as OK or DUPLICATE_ID."""
    return RESULT_NAMES.get(code, f"CODE_{code}")


class Ledger:
    """State and log of one chain from its genesis, with an overlay for each block not yet final."""

    __slots__ = ("_ledger",)

    def __init__(self, genesis: BytesLike) -> None:
        self._ledger = _core.ledger.Ledger(genesis)

    @property
    def chain_id(self) -> bytes:
        """SHA-256 of the genesis."""
        return self._ledger.chain_id

    @property
    def final_height(self) -> int:
        """Height of the last final block; 0 before the first."""
        return self._ledger.final_height

    @property
    def final_digest(self) -> bytes:
        """Digest of the last final block; the chain id before the first."""
        return self._ledger.final_digest

    @property
    def log_size(self) -> int:
        """Entries of the final log."""
        return self._ledger.log_size

    def knows(self, digest: BytesLike) -> bool:
        """Whether a block is the last final one, or a valid one above it."""
        return self._ledger.knows(digest)

    def roots(self, digest: BytesLike | None = None) -> Roots:
        """State root, log size and log root after a known block (None: the last final one)."""
        return self._ledger.roots(digest)

    def next_set(self, parent: BytesLike, present: Sequence[bytes]) -> tuple[bytes, ...]:
        """The validators to whom the last block of an epoch on `parent` hands over, after `present`
        (L-137).
        """
        keys = self._ledger.next_set(parent, b"".join(present))
        return tuple(keys[at : at + 32] for at in range(0, len(keys), 32))

    def validate_block(
        self, block: BytesLike, *, pool: Pool | None = None, threads: int = 1
    ) -> Verdict:
        """Checks a whole block, header and payload, and keeps its overlay if it is valid.

        A refused block leaves no trace. Signatures of transactions that wait in `pool` with the
        same bytes and public keys are not verified again. `threads` = 0 means all cores.
        """
        return self._ledger.validate_block(block, None if pool is None else pool._pool, threads)

    def finalize(self, digest: BytesLike) -> Results:
        """Makes a known block and those below it final; returns what became final, in order."""
        return self._ledger.finalize(digest)

    def find(self, transaction_id: BytesLike) -> tuple[int, int, int, int] | None:
        """(log index, height, result code, failing operation) of a transaction of the last final
        blocks, 1,024 at least (L-14), or None.
        """
        return self._ledger.find(transaction_id)

    def get(self, kind: type[E], *identity: int | bytes) -> E | None:
        """An entry of the final state, or None: `get(Record, record_id)`,
        `get(Holding, asset_class, lot, member_id)`. ValueError if `identity` does not fit the kind
        (L-27).
        """
        found = self._ledger.entry(kind.preimage(*identity))
        return None if found is None else kind.decode(found)

    def prove(self, kind: type[StateEntry], *identity: int | bytes) -> tuple[bytes | None, bytes]:
        """(the entry's bytes or None, proof): that it stands under the final state's root, or that
        none does. `chopmark.state` verifies it, with the BLAKE3 of the bytes as the value (L-20).
        """
        preimage = kind.preimage(*identity)
        return self._ledger.prove_entry(preimage)

    @property
    def usage(self) -> tuple[int, int]:
        """Entries of the final state, and the bytes of memory that the state takes."""
        return self._ledger.usage

    def log_root(self, size: int | None = None) -> bytes:
        """Root of the final log when it had `size` entries (None: now). ValueError if never."""
        return self._ledger.log_root(self.log_size if size is None else size)

    def prove_inclusion(self, index: int, size: int) -> list[bytes]:
        """RFC 9162 path of entry `index` in the final log of `size` entries."""
        return self._ledger.prove_inclusion(index, size)


class Pool:
    """Verified transactions that wait for a block; bounded in number and bytes."""

    __slots__ = ("_pool",)

    def __init__(self) -> None:
        self._pool = _core.ledger.Pool()

    @property
    def size(self) -> int:
        """Transactions that wait."""
        return self._pool.size

    @property
    def total_bytes(self) -> int:
        """Their bytes."""
        return self._pool.total_bytes

    def admit(
        self, ledger: Ledger, transactions: BytesLike, *, threads: int = 1
    ) -> tuple[int, int, int, int]:
        """Takes the transactions of a payload (C-29), all signatures verified in one batch.

        Returns how many were admitted, known already, refused, and valid but found no room.
        EncodingError if the bytes are no payload.
        """
        return self._pool.admit(ledger._ledger, transactions, threads)

    def admit_waiting(
        self, ledger: Ledger, transactions: BytesLike, *, threads: int = 1
    ) -> tuple[tuple[int, int, int, int], bytes]:
        """`admit`, and the payload of those that wait afterwards: what to forward (L-65)."""
        return self._pool.admit_waiting(ledger._ledger, transactions, threads)

    def select(self, ledger: Ledger, parent: BytesLike, height: int, bytes_max: int) -> bytes:
        """The payload for a block of `height` on `parent`, of at most `bytes_max` bytes."""
        return self._pool.select(ledger._ledger, parent, height, bytes_max)

    def remove_final(self, ledger: Ledger) -> int:
        """Drops what is final or expired. Returns how many went."""
        return self._pool.remove_final(ledger._ledger)
