# SPDX-License-Identifier: Apache-2.0
"""Votes, certificates, justifications, messages in plain Python (docs/spec/codec.md, C-40 .. C-47).

`validators` is the number of validators of the chain. Errors: InvalidEncoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chopmark.reference.codec import (
    CLOSING_HEADER_BYTES,
    HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    TAG_CLOSING_HEADER,
    ZERO,
    AnyHeader,
    ClosingHeader,
    Header,
    InvalidEncoding,
    Reader,
    be,
    parse_any_header,
    parse_header,
)
from chopmark.reference.wire import VALIDATORS_MAX, VERSION, read_distinct

__all__ = [
    "FINALIZE",
    "NOTARIZE",
    "NULLIFY",
    "AmnesiaAsk",
    "AmnesiaReply",
    "Ask",
    "Block",
    "Certificate",
    "Evidence",
    "Justification",
    "Message",
    "Position",
    "Proposal",
    "Vote",
    "amnesia_reply_payload",
    "encode_set",
    "encode_sized",
    "parse_certificate",
    "parse_evidence",
    "parse_justification",
    "parse_message",
    "parse_position",
    "quorum",
    "set_hash",
    "vote_payload",
]

NOTARIZE, NULLIFY, FINALIZE = 0x10, 0x11, 0x12
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
TAG_AMNESIA_REPLY = 0x13
TAG_SET, TAG_POSITION = 0x41, 0x42
JUSTIFY_MAX = 2048
JUSTIFICATION_BYTES_MAX = 5 * 1024 * 1024
EVIDENCE_PART_BYTES_MAX = JUSTIFICATION_BYTES_MAX + HEADER_BYTES
EVIDENCE_KINDS = (2, 3, 4, 5, 7, 8)
CERTIFICATE_BYTES_MAX = 64 + 32 + 64 * 32


def quorum(validators: int) -> int:
    """n - f, where f = floor((n - 1) / 3) may be faulty."""
    return validators - (validators - 1) // 3


def encode_sized(data: bytes) -> bytes:
    """A length u32 and the bytes."""
    return be(len(data), 4) + data


def encode_subject(kind: int, epoch: int, view: int, digest: bytes) -> bytes:
    return be(epoch, 8) + be(view, 8) + (b"" if kind == NULLIFY else digest)


def vote_payload(chain_id: bytes, kind: int, epoch: int, view: int, digest: bytes) -> bytes:
    """C-40: the bytes that a validator signs."""
    return be(kind, 1) + chain_id + encode_subject(kind, epoch, view, digest)


def read_kind(reader: Reader) -> int:
    kind = reader.uint(1)
    reader.expect(NOTARIZE <= kind <= FINALIZE, "tag")
    return kind


def read_subject(reader: Reader, kind: int) -> tuple[int, int, bytes]:
    epoch, view = reader.uint(8), reader.uint(8)
    return epoch, view, ZERO if kind == NULLIFY else reader.bytes(32)


@dataclass(frozen=True, slots=True)
class Certificate:
    """C-41. `signatures` by the index of the validator; the digest of a nullification is zeros."""

    kind: int
    epoch: int
    view: int
    digest: bytes
    signatures: dict[int, bytes]

    def encode(self, validators: int) -> bytes:
        bitmap = bytearray((validators + 7) // 8)
        for signer in self.signatures:
            bitmap[signer // 8] |= 1 << signer % 8
        subject = encode_subject(self.kind, self.epoch, self.view, self.digest)
        ordered = b"".join(self.signatures[i] for i in sorted(self.signatures))
        return be(self.kind, 1) + subject + be(len(bitmap), 1) + bytes(bitmap) + ordered


def parse_certificate(data: bytes, validators: int) -> Certificate:
    """Exactly one certificate, with a quorum of signatures; whether they verify is not asked."""
    reader = Reader(data)
    kind = read_kind(reader)
    epoch, view, digest = read_subject(reader, kind)
    size = reader.uint(1)
    reader.expect(size == (validators + 7) // 8, "limit")
    bitmap = reader.bytes(size)
    signers = [i for i in range(8 * size) if bitmap[i // 8] >> i % 8 & 1]
    reader.expect(all(i < validators for i in signers), "value")
    reader.expect(len(signers) >= quorum(validators), "limit")
    signatures = {i: reader.bytes(64) for i in signers}
    reader.finish()
    return Certificate(kind, epoch, view, digest, signatures)


def read_certificate(reader: Reader, validators: int) -> Certificate:
    size = reader.uint(4)
    reader.expect(size <= CERTIFICATE_BYTES_MAX, "limit")
    start = reader.at
    data = reader.bytes(size)
    try:
        return parse_certificate(data, validators)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None


@dataclass(frozen=True, slots=True)
class Justification:
    """C-42."""

    parent: Certificate | None
    nullifications: tuple[Certificate, ...] = ()

    def encode(self, validators: int) -> bytes:
        parent = b"" if self.parent is None else encode_sized(self.parent.encode(validators))
        head = be(self.parent is not None, 1) + parent + be(len(self.nullifications), 2)
        return head + b"".join(encode_sized(c.encode(validators)) for c in self.nullifications)


def parse_justification(data: bytes, validators: int) -> Justification:
    """Exactly one justification."""
    reader = Reader(data)
    kind = reader.uint(1)
    reader.expect(kind <= 1, "tag")
    parent = None
    if kind == 1:
        parent = read_certificate(reader, validators)
        reader.expect(parent.kind != NULLIFY, "tag")
    count = reader.uint(2)
    reader.expect(count <= JUSTIFY_MAX, "limit")
    found: list[Certificate] = []
    for _ in range(count):
        one = read_certificate(reader, validators)
        reader.expect(one.kind == NULLIFY, "tag")
        reader.expect(not found or one.view == found[-1].view + 1, "order")
        found.append(one)
    reader.finish()
    return Justification(parent, tuple(found))


@dataclass(frozen=True, slots=True)
class Proposal:
    """C-43: 0x50. The payload of a Closing header is empty."""

    header: AnyHeader
    leader_signature: bytes
    justification: bytes
    payload: bytes

    def encode(self, validators: int = 0) -> bytes:
        sized = encode_sized(self.justification) + encode_sized(self.payload)
        return b"\x50" + self.header.encode() + self.leader_signature + sized


@dataclass(frozen=True, slots=True)
class Block:
    """C-43: 0x54. The payload of a Closing header is empty."""

    header: AnyHeader
    justification: bytes
    payload: bytes

    def encode(self, validators: int = 0) -> bytes:
        sized = encode_sized(self.justification) + encode_sized(self.payload)
        return b"\x54" + self.header.encode() + sized


@dataclass(frozen=True, slots=True)
class Vote:
    """C-43: 0x51. The digest of a nullify is zeros."""

    kind: int
    validator: int
    epoch: int
    view: int
    digest: bytes
    signature: bytes

    def encode(self, validators: int = 0) -> bytes:
        subject = encode_subject(self.kind, self.epoch, self.view, self.digest)
        return b"\x51" + be(self.kind, 1) + be(self.validator, 2) + subject + self.signature


@dataclass(frozen=True, slots=True)
class Ask:
    """C-43: 0x53. For the certificates of a view or the asked one's nullify; with a digest, for a
    block of a view; or, `final`, for final blocks from a height on.
    """

    epoch: int
    number: int  # a view or, if `final`, a height
    digest: bytes | None = None
    final: bool = False

    def encode(self, validators: int = 0) -> bytes:
        what = b"\x01" if self.digest is None else b"\x02" + self.digest
        what = b"\x03" if self.final else what
        return b"\x53" + be(self.epoch, 8) + be(self.number, 8) + what


@dataclass(frozen=True, slots=True)
class AmnesiaAsk:
    """C-44: 0x55."""

    epoch: int
    nonce: bytes

    def encode(self, validators: int = 0) -> bytes:
        return b"\x55" + be(self.epoch, 8) + self.nonce


@dataclass(frozen=True, slots=True)
class AmnesiaReply:
    """C-44: 0x56."""

    epoch: int
    nonce: bytes
    validator: int
    highest: int
    signature: bytes
    proof: Certificate | None = None

    def encode(self, validators: int) -> bytes:
        head = b"\x56" + be(self.epoch, 8) + self.nonce + be(self.validator, 2)
        proof = b"\0" if self.proof is None else b"\1" + encode_sized(self.proof.encode(validators))
        return head + be(self.highest, 8) + self.signature + proof


def amnesia_reply_payload(
    chain_id: bytes, epoch: int, nonce: bytes, asker_key: bytes, highest: int
) -> bytes:
    """C-44: the bytes that a reply signs."""
    tag = be(TAG_AMNESIA_REPLY, 1)
    return tag + chain_id + be(epoch, 8) + nonce + asker_key + be(highest, 8)


@dataclass(frozen=True, slots=True)
class Evidence:
    """C-45; as a message 0x57. Whether it holds is asked in `evidence`."""

    kind: int
    culprit: int
    epoch: int
    first: bytes
    second: bytes

    def encode_alone(self) -> bytes:
        head = be(self.kind, 1) + be(self.culprit, 2) + be(self.epoch, 8)
        return head + encode_sized(self.first) + encode_sized(self.second)

    def encode(self, validators: int = 0) -> bytes:
        return b"\x57" + self.encode_alone()


Message: TypeAlias = (
    Proposal | Vote | Certificate | Ask | Block | AmnesiaAsk | AmnesiaReply | Evidence
)


def read_header(reader: Reader) -> AnyHeader:
    """A header of either kind inside of something else."""
    start = reader.at
    closing = reader.data[start : start + 1] == bytes([TAG_CLOSING_HEADER])
    head = reader.bytes(CLOSING_HEADER_BYTES if closing else HEADER_BYTES)
    try:
        return parse_any_header(head)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None


def read_bodies(reader: Reader, header: AnyHeader) -> tuple[bytes, bytes]:
    """Justification and payload, which must be those that the header commits to."""
    size = reader.uint(4)
    reader.expect(size <= JUSTIFICATION_BYTES_MAX, "limit")
    justification = reader.bytes(size)
    reader.expect(hashlib.sha256(justification).digest() == header.justify_root, "value")
    size = reader.uint(4)
    reader.expect(size <= PAYLOAD_BYTES_MAX, "limit")
    payload = reader.bytes(size)
    if isinstance(header, ClosingHeader):
        reader.expect(payload == b"", "value")
    else:
        reader.expect(len(payload) == header.payload_len, "value")
        reader.expect(hashlib.sha256(payload).digest() == header.payload_root, "value")
    return justification, payload


def read_proposal(reader: Reader, validators: int) -> Proposal:
    header = read_header(reader)
    signature = reader.bytes(64)
    return Proposal(header, signature, *read_bodies(reader, header))


def read_block(reader: Reader, validators: int) -> Block:
    header = read_header(reader)
    return Block(header, *read_bodies(reader, header))


def read_vote(reader: Reader, validators: int) -> Vote:
    kind = read_kind(reader)
    validator = reader.uint(2)
    reader.expect(validator < validators, "value")
    epoch, view, digest = read_subject(reader, kind)
    return Vote(kind, validator, epoch, view, digest, reader.bytes(64))


def read_ask(reader: Reader, validators: int) -> Ask:
    epoch, number, what = reader.uint(8), reader.uint(8), reader.uint(1)
    reader.expect(what in (1, 2, 3), "tag")
    return Ask(epoch, number, reader.bytes(32) if what == 2 else None, what == 3)


def read_amnesia_ask(reader: Reader, validators: int) -> AmnesiaAsk:
    return AmnesiaAsk(reader.uint(8), reader.bytes(32))


def read_amnesia_reply(reader: Reader, validators: int) -> AmnesiaReply:
    epoch, nonce, validator = reader.uint(8), reader.bytes(32), reader.uint(2)
    reader.expect(validator < validators, "value")
    highest, signature = reader.uint(8), reader.bytes(64)
    kind = reader.uint(1)
    reader.expect(kind <= 1, "tag")
    proof = read_certificate(reader, validators) if kind == 1 else None
    return AmnesiaReply(epoch, nonce, validator, highest, signature, proof)


def read_evidence(reader: Reader, validators: int = 0) -> Evidence:
    kind = reader.uint(1)
    reader.expect(kind in EVIDENCE_KINDS, "tag")
    culprit, epoch = reader.uint(2), reader.uint(8)
    first = reader.bytes(reader.count(4, 0, EVIDENCE_PART_BYTES_MAX))
    second = reader.bytes(reader.count(4, 0, EVIDENCE_PART_BYTES_MAX))
    return Evidence(kind, culprit, epoch, first, second)


def parse_evidence(data: bytes) -> Evidence:
    """Exactly one piece of evidence, by its layout alone."""
    reader = Reader(data)
    evidence = read_evidence(reader)
    reader.finish()
    return evidence


READERS: dict[int, Callable[[Reader, int], Message]] = {
    0x50: read_proposal,
    0x51: read_vote,
    0x53: read_ask,
    0x54: read_block,
    0x55: read_amnesia_ask,
    0x56: read_amnesia_reply,
    0x57: read_evidence,
}


def parse_message(data: bytes, validators: int) -> Message:
    """Exactly one message. A body is the one that its header commits to."""
    reader = Reader(data)
    reader.expect(len(data) <= MESSAGE_BYTES_MAX, "limit")
    tag = reader.uint(1)
    if tag == 0x52:
        try:
            return parse_certificate(data[1:], validators)
        except InvalidEncoding as error:
            raise InvalidEncoding(error.reason, 1 + error.offset) from None
    reader.expect(tag in READERS, "tag")
    message = READERS[tag](reader, validators)
    reader.finish()
    return message


# --- Sets and positions (C-46, C-47) -------------------------------------------------------------


def encode_set(keys: Sequence[bytes]) -> bytes:
    """C-46."""
    return be(len(keys), 1) + b"".join(keys)


def set_hash(keys: Sequence[bytes]) -> bytes:
    """C-46: what the last header of an epoch names."""
    return hashlib.sha256(be(TAG_SET, 1) + encode_set(keys)).digest()


@dataclass(frozen=True, slots=True)
class Position:
    """C-47. `final`: header and finalization of the last final block of the epoch."""

    epoch: int
    anchor_height: int
    anchor_digest: bytes
    anchor_time_ms: int
    anchor_records: bool
    validators: tuple[bytes, ...]
    final: tuple[Header, Certificate] | None = None

    def encode(self) -> bytes:
        parts = [
            bytes([TAG_POSITION, VERSION]),
            be(self.epoch, 8),
            be(self.anchor_height, 8),
            self.anchor_digest,
            be(self.anchor_time_ms, 8),
            be(self.anchor_records, 1),
            encode_set(self.validators),
            be(self.final is not None, 1),
        ]
        if self.final is not None:
            header, finalization = self.final
            parts += [header.encode(), encode_sized(finalization.encode(len(self.validators)))]
        return b"".join(parts)


def read_final(reader: Reader, epoch: int, validators: int) -> tuple[Header, Certificate]:
    start = reader.at
    head = reader.bytes(HEADER_BYTES)
    try:
        header = parse_header(head)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None
    certificate = read_certificate(reader, validators)
    subject = (certificate.kind, certificate.epoch, certificate.view, certificate.digest)
    reader.expect(subject == (FINALIZE, epoch, header.view, header.digest), "value")
    reader.expect(header.epoch == epoch, "value")
    return header, certificate


def parse_position(data: bytes) -> Position:
    """Exactly one position; the finalization is one of the header."""
    reader = Reader(data)
    reader.tag(TAG_POSITION, "tag")
    reader.tag(VERSION, "version")
    epoch = reader.uint(8)
    reader.expect(epoch != 0, "value")
    height, digest, time_ms = reader.uint(8), reader.bytes(32), reader.uint(8)
    records = reader.uint(1)
    reader.expect(records <= 1, "tag")
    count = reader.count(1, 0, VALIDATORS_MAX)
    validators = read_distinct(reader, count, lambda r: r.bytes(32))
    reader.expect(len(validators) > 0, "limit")
    final = reader.uint(1)
    reader.expect(final <= 1, "tag")
    last = read_final(reader, epoch, len(validators)) if final == 1 else None
    reader.finish()
    return Position(epoch, height, digest, time_ms, records == 1, validators, last)
