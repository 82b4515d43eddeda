# SPDX-License-Identifier: Apache-2.0
"""Every exception that chopmark raises on purpose.

ChopmarkError
├── EncodingError        bytes are not a valid encoding (also a ValueError)
├── InvalidSignature     a signature does not verify
├── InvalidProof         a Merkle proof or a proof file does not prove what it should
├── LedgerError          a block or transaction breaks a rule of the ledger
├── ConsensusError       the replica was driven in a way its contract forbids
├── SigningRefused       a signer will not sign this
├── StorageError         a file cannot be written, read or removed
│   └── JournalError     the write-ahead log of consensus failed: nothing more may be signed
└── PayloadError         a payload cannot be stored or opened
    ├── PayloadMissing   it was never put there, or has been erased
    ├── PayloadTampered  what is stored is not what was put
    ├── PayloadTooLarge  it is above the maximum
    └── WrongKey         the wrapped key was not made for this key and these terms

A wrong type or dtype raises TypeError, a wrong shape, count or range ValueError.
"""

from __future__ import annotations

__all__ = [
    "ChopmarkError",
    "ConsensusError",
    "EncodingError",
    "InvalidProof",
    "InvalidSignature",
    "JournalError",
    "LedgerError",
    "PayloadError",
    "PayloadMissing",
    "PayloadTampered",
    "PayloadTooLarge",
    "SigningRefused",
    "StorageError",
    "WrongKey",
]


class ChopmarkError(Exception):
    """Root of the tree."""


class EncodingError(ChopmarkError, ValueError):
    """Bytes that are not a valid encoding: `reason` (docs/spec/codec.md) at byte `offset`."""

    def __init__(self, reason: str, offset: int, what: str = "input") -> None:
        super().__init__(f"{what} is not a valid encoding: {reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class InvalidSignature(ChopmarkError):
    """The signature does not verify under the rule that was asked for."""


class InvalidProof(ChopmarkError):
    """The proof does not lead to the root."""


class LedgerError(ChopmarkError):
    """A block or transaction breaks a rule; `code` is the stable name of the rule."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class ConsensusError(ChopmarkError):
    """An event that the replica did not ask for, or bytes that are not an event."""


class SigningRefused(ChopmarkError):
    """Raised by a signer that will not sign this, now or ever; whoever asked goes on without."""


class StorageError(ChopmarkError):
    """A file or folder cannot be used as asked; `path` names it, and `errno` is the system's number
    of the reason, or None if the system had no objection but we have one.
    """

    def __init__(self, path: object, message: str, errno: int | None = None) -> None:
        super().__init__(f"{path} {message}")
        self.path = path
        self.errno = errno


class JournalError(StorageError):
    """The write-ahead log of consensus cannot be written, read or trusted any longer. The validator
    stops and signs nothing more; a new run recovers from what is on the disk.
    """


class PayloadError(ChopmarkError):
    """A payload cannot be stored or opened; the message names it by the hex of its address."""


class PayloadMissing(PayloadError):
    """Nothing is stored under this address: it was never put there, or has been erased."""


class PayloadTampered(PayloadError):
    """What is stored is not what was put there."""


class PayloadTooLarge(PayloadError):
    """The document is above the maximum."""


class WrongKey(PayloadError):
    """The wrapped key does not open: made for another key or other terms, or altered."""
