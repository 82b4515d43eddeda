# SPDX-License-Identifier: Apache-2.0
"""Documents off the chain: encrypted, addressed by their commitments, opened by grantees, erasable.

The ledger holds the commitment to a document (L-28) and the hash of a key wrapped for a grantee
(L-89), never the document. Here its owner keeps the rest:

    payloads = Payloads(DirectoryStore("blobs"), DirectoryStore("keys"))
    address = payloads.put(document)                        # the commitment that Create records
    wrapped = payloads.wrap(address, grantee_key, terms)    # wrapped_hash(wrapped) goes into Grant
    opened = open_wrapped(blob, wrapped, secret_key, address, terms)      # by the grantee
    payloads.erase(address)                                 # key, salt and blob are gone

Blobs may be handed to anybody: without the content key they say nothing but their length. The store
of keys stays with the owner. Needs `cryptography`, version 47 or later.

Errors: PayloadError and below for payloads, StorageError for files and folders; ValueError for
arguments of a wrong size or range.
"""

from __future__ import annotations

from chopmark.payloads.directory import DirectoryStore
from chopmark.payloads.owner import Payloads
from chopmark.payloads.sealing import (
    DOCUMENT_BYTES_MAX,
    Opened,
    Terms,
    open_wrapped,
    wrapped_hash,
)
from chopmark.payloads.store import MemoryStore, Store

__all__ = [
    "DOCUMENT_BYTES_MAX",
    "DirectoryStore",
    "MemoryStore",
    "Opened",
    "Payloads",
    "Store",
    "Terms",
    "open_wrapped",
    "wrapped_hash",
]
