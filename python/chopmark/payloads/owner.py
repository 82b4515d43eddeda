# SPDX-License-Identifier: Apache-2.0
"""What the owner of documents does with them: put, read, wrap for a grantee, erase."""

from __future__ import annotations

import os

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from chopmark.errors import PayloadMissing, PayloadTampered
from chopmark.ledger import commitment
from chopmark.payloads.sealing import (
    BLOB_BYTES_MAX,
    KEY_BYTES,
    SALT_BYTES,
    Opened,
    Terms,
    seal,
    unseal,
    wrap_key,
)
from chopmark.payloads.store import Store

__all__ = ["Payloads"]


class Payloads:
    """Documents in two stores: blobs, which others may see, and content keys, which they may not.

    Everything is addressed by its commitment (L-28). StorageError from any method if a store fails.
    """

    def __init__(self, blobs: Store, keys: Store) -> None:
        self._blobs = blobs
        self._keys = keys

    def put(self, document: bytes, salt: bytes | None = None) -> bytes:
        """Stores a document, durably, and returns its commitment, which is its address.

        `salt` is 32 random bytes unless given. The same document with the same salt is the same
        payload: putting it again mends what is missing or damaged, and grants made before still
        open it. Only one caller at a time may put the same payload. PayloadTooLarge above
        DOCUMENT_BYTES_MAX; ValueError for a salt of another size.
        """
        salt = os.urandom(SALT_BYTES) if salt is None else salt
        address = commitment(salt, document=document)
        kept = self._keys.get(address, KEY_BYTES)
        content_key = os.urandom(KEY_BYTES) if kept is None or len(kept) != KEY_BYTES else kept
        blob = seal(document, salt, content_key, address)
        # The key first: a key without its blob is only missing, a blob without its key is waste.
        if content_key != kept:
            self._keys.put(address, content_key)
        self._blobs.put(address, blob)
        return address

    def blob(self, address: bytes) -> bytes:
        """The encrypted document, as it goes to a grantee. PayloadMissing."""
        blob = self._blobs.get(address, BLOB_BYTES_MAX)
        if blob is None:
            raise PayloadMissing(f"there is no blob of {address.hex()}: never put, or erased")
        return blob

    def read(self, address: bytes) -> Opened:
        """The document and its salt. PayloadMissing, PayloadTampered."""
        content_key = self._content_key(address)
        return unseal(self.blob(address), content_key, address)

    def wrap(self, address: bytes, public_key: X25519PublicKey | bytes, terms: Terms) -> bytes:
        """The content key, encrypted for the grantee and bound to `terms`: 81 bytes.

        Their `wrapped_hash` goes into the grant, the bytes to the grantee. `public_key` is its
        X25519 key, as an object or 32 bytes. PayloadMissing, PayloadTampered; ValueError for a
        public key that is none.
        """
        return wrap_key(self._content_key(address), public_key, address, terms)

    def erase(self, address: bytes) -> bool:
        """Deletes content key, blob and, inside it, the salt. False if there was nothing.

        Wrapped keys that are out open nothing any more, unless their holder kept a copy of the
        blob. The key goes first and durably, so what a crash leaves behind can no longer be read.
        """
        had_key = self._keys.delete(address)
        had_blob = self._blobs.delete(address)
        return had_key or had_blob

    def _content_key(self, address: bytes) -> bytes:
        content_key = self._keys.get(address, KEY_BYTES)
        if content_key is None:
            raise PayloadMissing(f"there is no key of {address.hex()}: never put, or erased")
        if len(content_key) != KEY_BYTES:
            raise PayloadTampered(f"the key of {address.hex()} has {len(content_key)} bytes, "
                                  f"expected {KEY_BYTES}")  # fmt: skip
        return content_key
