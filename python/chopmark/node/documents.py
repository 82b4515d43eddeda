# SPDX-License-Identifier: Apache-2.0
"""Turns a folder of documents into transactions: a commitment to each goes on the ledger, the
documents stay where they are.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chopmark.ledger import Attest, Claim, Create, build_transaction, commitment, transaction_id
from chopmark.node.devnet import Institution

__all__ = ["Document", "attestation", "find_documents", "record", "record_id"]

SKIPPED_FOLDERS = frozenset({"build", "dist", "node_modules", "__pycache__"})
ZERO = bytes(32)


def find_documents(folder: Path) -> Iterator[Path]:
    """Regular files below `folder` in a stable order, without hidden and build folders."""
    for path, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and f[:1] != ".")
        for name in sorted(files):
            file = Path(path) / name
            if file.is_file() and not file.is_symlink():
                yield file


@dataclass(frozen=True, slots=True)
class Document:
    """A document and what its owner keeps to open the commitment later."""

    path: Path
    record_id: bytes
    salt: bytes
    commitment: bytes
    transaction: bytes

    @property
    def transaction_id(self) -> bytes:
        return transaction_id(self.transaction)


def record_id(owner: Institution, name: str) -> bytes:
    """The id under which an institution records the document that it calls `name`."""
    return hashlib.sha256(f"document/{owner.name}/".encode() + os.fsencode(name)).digest()


def record(
    path: Path, folder: Path, owner: Institution, *, chain_id: bytes, field: int,
    schema: int, valid_until: int,
) -> Document:  # fmt: skip
    """Reads a document and signs the transaction that records it. OSError if it cannot be read."""
    with path.open("rb") as file:
        document_hash = hashlib.file_digest(file, "sha256").digest()
    salt = os.urandom(32)
    identity = record_id(owner, str(path.relative_to(folder)))
    committed = commitment(salt, document_hash=document_hash)
    transaction = build_transaction(
        chain_id=chain_id,
        field=field,
        valid_until=valid_until,
        operations=[Create(identity, schema=schema, commitment=committed)],
        signers=[(owner.member, owner.key_id, owner.key)],
    )
    return Document(path, identity, salt, committed, transaction)


def attestation(
    documents: Sequence[Document], by: Institution, *, chain_id: bytes, field: int, valid_until: int
) -> bytes:
    """One signed transaction in which an institution says that it received these records."""
    return build_transaction(
        chain_id=chain_id,
        field=field,
        valid_until=valid_until,
        operations=[Attest(one.record_id, 1, Claim.RECEIVED, ZERO) for one in documents],
        signers=[(by.member, by.key_id, by.key)],
    )
