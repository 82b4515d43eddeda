# SPDX-License-Identifier: Apache-2.0
"""Every exception that chopmark raises on purpose.

ChopmarkError
├── EncodingError        bytes are not a valid encoding (also a ValueError)
├── InvalidSignature     a signature does not verify
├── InvalidProof         a Merkle proof or a proof file does not prove what it should
├── LedgerError          a block or transaction breaks a rule of the ledger
└── ConsensusError       the replica was driven in a way its contract forbids

A wrong type or dtype raises TypeError, a wrong shape, count or range ValueError.
"""

from __future__ import annotations

__all__ = [
    "ChopmarkError",
    "ConsensusError",
    "EncodingError",
    "InvalidProof",
    "InvalidSignature",
    "LedgerError",
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
