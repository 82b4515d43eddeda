# SPDX-License-Identifier: Apache-2.0
"""What one validator cannot honestly have signed, in plain Python (docs/spec/consensus.md, B-90).

Errors: InvalidEncoding for what is no evidence whatever its signatures are worth; offsets count in
the encoding of the evidence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from chopmark.reference import ed25519
from chopmark.reference.codec import (
    CLOSING_HEADER_BYTES,
    HEADER_BYTES,
    TAG_CLOSING_HEADER,
    AnyHeader,
    InvalidEncoding,
    parse_any_header,
)
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Certificate,
    Evidence,
    Justification,
    Vote,
    parse_evidence,
    parse_justification,
    parse_message,
    vote_payload,
)

__all__ = ["Claim", "Signed", "check_evidence", "justification_fits", "verify_evidence"]

FIRST_AT = 1 + 2 + 8 + 4  # kind, culprit, epoch, length
TWO_NOTARIZE, FINALIZE_AND_NULLIFY, NOTARIZE_AND_FINALIZE, TWO_FINALIZE = 2, 3, 4, 5
LEADER_UNJUSTIFIED, UNJUSTIFIED = 7, 8


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature, by whom, over what."""

    public_key: bytes
    signature: bytes
    payload: bytes

    def verifies(self) -> bool:
        return ed25519.verify(self.public_key, self.signature, self.payload)


@dataclass(frozen=True, slots=True)
class Claim:
    """All of the first must verify, and one of the second must not, if there are any."""

    all_valid: tuple[Signed, ...]
    one_invalid: tuple[Signed, ...] = ()

    def holds(self) -> bool:
        said = all(one.verifies() for one in self.all_valid)
        return said and not (self.one_invalid and all(one.verifies() for one in self.one_invalid))


@dataclass(frozen=True, slots=True)
class Signers:
    """Who signs in an epoch, and where it starts."""

    chain_id: bytes
    anchor: bytes
    validators: Sequence[bytes]

    def vote(self, vote: Vote) -> Signed:
        payload = vote_payload(self.chain_id, vote.kind, vote.epoch, vote.view, vote.digest)
        return Signed(self.validators[vote.validator], vote.signature, payload)

    def certificate(self, one: Certificate) -> list[Signed]:
        payload = vote_payload(self.chain_id, one.kind, one.epoch, one.view, one.digest)
        return [Signed(self.validators[i], s, payload) for i, s in sorted(one.signatures.items())]


def justification_fits(header: AnyHeader, why: Justification, anchor: bytes) -> bool:
    """R3: the parent's certificate, or none for the anchor, and a nullification of every view in
    between, all of the header's epoch.
    """
    if why.parent is None:
        if (header.parent_view, header.parent_digest) != (0, anchor):
            return False
    else:
        certified = (why.parent.epoch, why.parent.view, why.parent.digest)
        if certified != (header.epoch, header.parent_view, header.parent_digest):
            return False
        if header.parent_view == 0 or why.parent.kind == NULLIFY:
            return False
    if header.view - header.parent_view != len(why.nullifications) + 1:
        return False
    skipped = range(header.parent_view + 1, header.view)
    return all(
        (one.kind, one.epoch, one.view) == (NULLIFY, header.epoch, view)
        for one, view in zip(why.nullifications, skipped, strict=True)
    )


def read_vote(part: bytes, at: int, evidence: Evidence, validators: int) -> Vote:
    """A vote of the culprit in the epoch of the evidence."""
    if part[:1] not in (b"", b"\x51"):
        raise InvalidEncoding("tag", at + 1)
    try:
        vote = parse_message(part, validators)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, at + error.offset) from None
    assert isinstance(vote, Vote)
    if (vote.validator, vote.epoch) != (evidence.culprit, evidence.epoch):
        raise InvalidEncoding("value", at + len(part))
    return vote


CONFLICTS = {
    (NOTARIZE, NOTARIZE): TWO_NOTARIZE,
    (FINALIZE, NULLIFY): FINALIZE_AND_NULLIFY,
    (NOTARIZE, FINALIZE): NOTARIZE_AND_FINALIZE,
    (FINALIZE, FINALIZE): TWO_FINALIZE,
}


def conflict(first: Vote, second: Vote) -> int:
    """The kind of evidence that two votes of one validator and epoch are in this order, or 0."""
    same = first.digest == second.digest and second.kind != NULLIFY
    if first.view != second.view or same:
        return 0
    return CONFLICTS.get((first.kind, second.kind), 0)


def check_conflict(evidence: Evidence, first: Vote, second: Vote, end: int) -> None:
    """E2 to E5."""
    if conflict(first, second) != evidence.kind:
        raise InvalidEncoding("value", end)
    alike = evidence.kind in (TWO_NOTARIZE, TWO_FINALIZE)
    if alike and first.digest > second.digest:
        raise InvalidEncoding("order", end)


def check_unjustified(evidence: Evidence, vote: Vote, at: int, signers: Signers) -> list[Signed]:
    """E7, E8: the signatures of which one must be wrong; none if it does not hold anyway."""
    part = evidence.second
    closing = part[:1] == bytes([TAG_CLOSING_HEADER])
    size = CLOSING_HEADER_BYTES if closing else HEADER_BYTES
    try:
        header = parse_any_header(part[:size])
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, at + error.offset) from None
    committed = (
        header.digest == vote.digest
        and (evidence.kind == LEADER_UNJUSTIFIED) == (header.leader == vote.validator)
        and hashlib.sha256(part[size:]).digest() == header.justify_root
    )
    if not committed:
        raise InvalidEncoding("value", at + len(part))
    if (header.chain_id, header.epoch, header.view) != (signers.chain_id, vote.epoch, vote.view):
        return []
    try:
        why = parse_justification(part[size:], len(signers.validators))
    except InvalidEncoding:
        return []
    if not justification_fits(header, why, signers.anchor):
        return []
    certificates = [*([] if why.parent is None else [why.parent]), *why.nullifications]
    if not certificates:
        raise InvalidEncoding("value", at + len(part))
    return [signed for one in certificates for signed in signers.certificate(one)]


def check_evidence(
    data: bytes, *, chain_id: bytes, anchor: bytes, validators: Sequence[bytes]
) -> Claim:
    """What shows it."""
    signers = Signers(chain_id, anchor, validators)
    evidence = parse_evidence(data)
    first = read_vote(evidence.first, FIRST_AT, evidence, len(validators))
    at = FIRST_AT + len(evidence.first) + 4
    if evidence.kind in (LEADER_UNJUSTIFIED, UNJUSTIFIED):
        invalid = check_unjustified(evidence, first, at, signers)
        return Claim((signers.vote(first),), tuple(invalid))
    second = read_vote(evidence.second, at, evidence, len(validators))
    check_conflict(evidence, first, second, at + len(evidence.second))
    return Claim((signers.vote(first), signers.vote(second)))


def verify_evidence(
    data: bytes, *, chain_id: bytes, anchor: bytes, validators: Sequence[bytes]
) -> bool:
    """Whether it is evidence and its signatures show it."""
    try:
        claim = check_evidence(data, chain_id=chain_id, anchor=anchor, validators=validators)
    except InvalidEncoding:
        return False
    return claim.holds()
