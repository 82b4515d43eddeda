# SPDX-License-Identifier: Apache-2.0
"""How documents and content keys are encrypted (docs/spec/payload.md, D-1 to D-5)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from chopmark.errors import PayloadTampered, PayloadTooLarge, WrongKey
from chopmark.ledger import commitment

__all__ = [
    "BLOB_BYTES_MAX",
    "DOCUMENT_BYTES_MAX",
    "KEY_BYTES",
    "SALT_BYTES",
    "Opened",
    "Terms",
    "open_wrapped",
    "seal",
    "unseal",
    "wrap_key",
    "wrapped_hash",
]

DOCUMENT_BYTES_MAX = 1 << 28
KEY_BYTES = 32
SALT_BYTES = 32
TAG_BYTES = 16
VERSION = b"\x01"
NONCE = bytes(12)  # a key encrypts one plaintext ever, see D-2
WRAPPED_BYTES = 1 + 32 + KEY_BYTES + TAG_BYTES
BLOB_BYTES_MAX = 1 + SALT_BYTES + DOCUMENT_BYTES_MAX + TAG_BYTES
SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a grant allows, as its GRA says (L-89): the record, the grantee's member id, and the
    bits of the purposes. ValueError if one is out of range.
    """

    record_id: bytes
    grantee: int
    purposes: int

    def __post_init__(self) -> None:
        if len(self.record_id) != 32:
            raise ValueError(f"record_id must have 32 bytes, not {len(self.record_id)}")
        if not 0 <= self.grantee < 1 << 32:
            raise ValueError(f"grantee must be from 0 to 2^32 - 1, not {self.grantee}")
        if not 0 < self.purposes < 1 << 16:
            raise ValueError(f"purposes must be from 1 to 2^16 - 1, not {self.purposes}")

    def info(self, address: bytes) -> bytes:
        """What HPKE binds the wrapped key to."""
        numbers = self.grantee.to_bytes(4, "big") + self.purposes.to_bytes(2, "big")
        return b"chopmark grant v1" + address + self.record_id + numbers


@dataclass(frozen=True, slots=True)
class Opened:
    """A document and the salt of its commitment: with both, anybody can check the commitment."""

    document: bytes
    salt: bytes


def associated(address: bytes) -> bytes:
    return b"chopmark payload v1" + address


def seal(document: bytes, salt: bytes, content_key: bytes, address: bytes) -> bytes:
    """The blob. PayloadTooLarge above DOCUMENT_BYTES_MAX."""
    if len(document) > DOCUMENT_BYTES_MAX:
        raise PayloadTooLarge(
            f"the document of {address.hex()} has {len(document)} bytes, expected at most "
            f"{DOCUMENT_BYTES_MAX}"
        )
    return VERSION + AESGCM(content_key).encrypt(NONCE, salt + document, associated(address))


def unseal(blob: bytes, content_key: bytes, address: bytes) -> Opened:
    """Opens a blob. PayloadTampered unless it is the one of this key and this commitment."""
    if blob[:1] != VERSION:
        found = blob[:1].hex() or "nothing"
        raise PayloadTampered(f"the blob of {address.hex()} begins with {found}, expected 01")
    try:
        plain = AESGCM(content_key).decrypt(NONCE, blob[1:], associated(address))
    except (InvalidTag, ValueError):
        raise PayloadTampered(
            f"the blob of {address.hex()} ({len(blob)} bytes) is not the one of its content key"
        ) from None
    salt, document = plain[:SALT_BYTES], plain[SALT_BYTES:]
    # GCM alone is not enough: whoever knows a key can make blobs that open.
    if len(salt) != SALT_BYTES or commitment(salt, document=document) != address:
        raise PayloadTampered(
            f"the blob of {address.hex()} holds something else than it commits to"
        )
    return Opened(document, salt)


def wrap_key(
    content_key: bytes, public_key: X25519PublicKey | bytes, address: bytes, terms: Terms
) -> bytes:
    """A content key for one grantee and these terms: 81 bytes, others each time.

    ValueError if `public_key` is no X25519 key that one can agree with.
    """
    if isinstance(public_key, bytes):
        public_key = X25519PublicKey.from_public_bytes(public_key)
    return VERSION + SUITE.encrypt(content_key, public_key, terms.info(address))


def unwrap_key(wrapped: bytes, secret_key: X25519PrivateKey, address: bytes, terms: Terms) -> bytes:
    """The content key. WrongKey unless it was wrapped for this key, commitment and terms."""
    if len(wrapped) != WRAPPED_BYTES or wrapped[:1] != VERSION:
        found = f"{len(wrapped)} bytes and begins with {wrapped[:1].hex() or 'nothing'}"
        raise WrongKey(
            f"the wrapped key for {address.hex()} has {found}, expected {WRAPPED_BYTES} and 01"
        )
    try:
        content_key = SUITE.decrypt(wrapped[1:], secret_key, terms.info(address))
    except (InvalidTag, ValueError):
        raise WrongKey(
            f"the wrapped key for {address.hex()} was not made for this secret key, member "
            f"{terms.grantee}, record {terms.record_id.hex()} and purposes {terms.purposes:#06x}"
        ) from None
    return content_key


def wrapped_hash(wrapped: bytes) -> bytes:
    """SHA-256 of a wrapped key: the field `wrapped` of a grant (C-61)."""
    return hashlib.sha256(wrapped).digest()


def open_wrapped(
    blob: bytes,
    wrapped: bytes,
    secret_key: X25519PrivateKey,
    address: bytes,
    terms: Terms,
    *,
    granted: bytes | None = None,
) -> Opened:
    """The document, as the grantee opens it.

    `address` is the commitment that the ledger holds for the record, `terms` and `granted` (its
    field `wrapped`, looked at if given) are those of the grant. WrongKey if the wrapped key is not
    the one of the grant or of this secret key; PayloadTampered if the blob is another one.
    """
    if granted is not None and wrapped_hash(wrapped) != granted:
        raise WrongKey(
            f"the wrapped key for {address.hex()} has the hash {wrapped_hash(wrapped).hex()}, "
            f"expected the {granted.hex()} of the grant"
        )
    return unseal(blob, unwrap_key(wrapped, secret_key, address, terms), address)
