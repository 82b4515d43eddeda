# SPDX-License-Identifier: Apache-2.0
"""What validators cannot honestly have signed, and who made two chains final.

Evidence is bytes (docs/spec/codec.md, C-45), as the replica reports it and as anybody may check it
(docs/spec/consensus.md, B-90 and B-92). `anchor` is the chain id in the first epoch, and the digest
of the last block of the epoch before later; `validators` are the public keys of the epoch by index.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chopmark import _core
from chopmark._types import BytesLike, PackedLike
from chopmark.ed25519 import verify_batch
from chopmark.errors import EncodingError, InvalidProof

__all__ = ["ChainBlock", "FinalChain", "culprits", "verify_evidence"]

HEADER_BYTES, CLOSING_HEADER_BYTES = 284, 172


@dataclass(frozen=True, slots=True)
class ChainBlock:
    """Header and justification of a block, or of a Closing header.

    The leader's signature is known to those who got its proposal; it names one culprit more.
    """

    header: bytes
    justification: bytes
    leader_signature: bytes = b""


@dataclass(frozen=True, slots=True)
class FinalChain:
    """A finalization, and the blocks from the one that it names downwards."""

    finalization: bytes
    blocks: tuple[ChainBlock, ...]

    @classmethod
    def of_messages(cls, messages: Sequence[bytes]) -> FinalChain:
        """Of a row of messages: a finalization, then the blocks from the highest down (B-50)."""
        if not messages or messages[0][:1] != b"\x52":
            raise EncodingError("tag", 0, "chain")
        return cls(messages[0][1:], tuple(read_block(one) for one in messages[1:]))


def verify_evidence(
    evidence: BytesLike, *, chain_id: bytes, anchor: bytes, validators: PackedLike
) -> bool:
    """Whether the evidence shows what it says of its culprit.

    False for bytes that are no evidence, and where signatures do not show it. It must be of the
    epoch of `anchor` and `validators`.
    """
    try:
        valid, invalid = _core.consensus.check_evidence(evidence, chain_id, anchor, validators)
    except EncodingError:
        return False
    return bool(verify_batch(*valid).all()) and not (
        invalid[2] and bool(verify_batch(*invalid).all())
    )


def culprits(
    a: FinalChain, b: FinalChain, *, chain_id: bytes, anchor: bytes, validators: PackedLike
) -> list[bytes]:
    """Evidence against at least 2q - n of n validators if the chains conflict, one for each.

    Empty if one chain goes on where the other ends. Of the chain whose final view is higher, the
    blocks are needed down to the first whose parent is at or below the final view of the other; of
    the other its finalization alone. InvalidProof for a finalization that does not hold, and for
    blocks that are missing or not what the ones above name; EncodingError for one that cannot be
    read.
    """
    fork, evidence = _core.consensus.culprits(
        a.finalization, flat(a.blocks), b.finalization, flat(b.blocks), chain_id, anchor, validators
    )
    if fork == "not_final":
        raise InvalidProof("a finalization does not hold, or the two are of different epochs")
    if fork == "incomplete":
        raise InvalidProof("a block that is needed is missing, or not the one that is named")
    return evidence


def read_block(message: bytes) -> ChainBlock:
    """Of a block message (C-43). Its justification is checked where it is needed."""
    if message[:1] != b"\x54":
        raise EncodingError("tag", 0, "block message")
    end = 1 + (CLOSING_HEADER_BYTES if message[1:2] == b"\x21" else HEADER_BYTES)
    size = int.from_bytes(message[end : end + 4], "big")
    if len(message) < end + 4 + size:
        raise EncodingError("truncated", len(message), "block message")
    return ChainBlock(message[1:end], message[end + 4 : end + 4 + size])


def flat(blocks: Sequence[ChainBlock]) -> list[bytes]:
    return [
        part for one in blocks for part in (one.header, one.justification, one.leader_signature)
    ]
