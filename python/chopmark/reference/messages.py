# SPDX-License-Identifier: Apache-2.0
"""Votes, certificates, justifications and messages in plain Python (docs/spec/codec.md, C-40..46).

`validators` is the number of validators of the chain. Errors: InvalidEncoding.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from chopmark.reference.codec import (
    CLOSING_BYTES,
    HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    TAG_CLOSING,
    ZERO,
    ClosingHeader,
    Header,
    InvalidEncoding,
    Reader,
    be,
    parse_any_header,
)

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
    "Proposal",
    "Vote",
    "amnesia_payload",
    "encode_set",
    "encode_sized",
    "parse_certificate",
    "parse_evidence",
    "parse_justification",
    "parse_message",
    "quorum",
    "set_hash",
    "vote_payload",
]

NOTARIZE, NULLIFY, FINALIZE = 0x10, 0x11, 0x12
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
JUSTIFY_MAX = 2048
EVIDENCE_PART_BYTES_MAX = 2 * 1024 * 1024
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
    """C-43: 0x50."""

    header: Header | ClosingHeader
    leader_signature: bytes
    justification: bytes
    payload: bytes

    def encode(self, validators: int = 0) -> bytes:
        sized = encode_sized(self.justification) + encode_sized(self.payload)
        return b"\x50" + self.header.encode() + self.leader_signature + sized


@dataclass(frozen=True, slots=True)
class Block:
    """C-43: 0x54."""

    header: Header | ClosingHeader
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


CERTIFICATE, BLOCK, FINAL_BLOCKS = 1, 2, 3


@dataclass(frozen=True, slots=True)
class Ask:
    """C-43: 0x53. `number` is a view, or a height if final blocks are asked for; the digest is that
    of a block.
    """

    epoch: int
    number: int
    what: int = CERTIFICATE
    digest: bytes = b""

    def encode(self, validators: int = 0) -> bytes:
        return b"\x53" + be(self.epoch, 8) + be(self.number, 8) + be(self.what, 1) + self.digest


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
    proof: Certificate | None

    def encode(self, validators: int = 0) -> bytes:
        head = be(self.epoch, 8) + self.nonce + be(self.validator, 2) + be(self.highest, 8)
        proof = b"" if self.proof is None else encode_sized(self.proof.encode(validators))
        return b"\x56" + head + self.signature + be(self.proof is not None, 1) + proof


def amnesia_payload(
    chain_id: bytes, epoch: int, nonce: bytes, asker_key: bytes, highest: int
) -> bytes:
    """C-44: the bytes that a reply signs."""
    return b"\x13" + chain_id + be(epoch, 8) + nonce + asker_key + be(highest, 8)


@dataclass(frozen=True, slots=True)
class Evidence:
    """C-45; as a message 0x57."""

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


def encode_set(public_keys: Sequence[bytes]) -> bytes:
    """C-46."""
    return be(len(public_keys), 1) + b"".join(public_keys)


def set_hash(public_keys: Sequence[bytes]) -> bytes:
    """C-46: what a header calls `next_set_hash`."""
    return hashlib.sha256(b"\x41" + encode_set(public_keys)).digest()


def read_any_header(reader: Reader) -> Header | ClosingHeader:
    start = reader.at
    closing = reader.data[start : start + 1] == bytes([TAG_CLOSING])
    head = reader.bytes(CLOSING_BYTES if closing else HEADER_BYTES)
    try:
        return parse_any_header(head)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None


def read_sized(reader: Reader, most: int) -> bytes:
    size = reader.uint(4)
    reader.expect(size <= most, "limit")
    return reader.bytes(size)


def read_parts(reader: Reader, header: Header | ClosingHeader) -> tuple[bytes, bytes]:
    """Justification and payload."""
    justification = read_sized(reader, MESSAGE_BYTES_MAX)
    reader.expect(hashlib.sha256(justification).digest() == header.justify_root, "value")
    payload = read_sized(reader, PAYLOAD_BYTES_MAX)
    if isinstance(header, ClosingHeader):
        reader.expect(not payload, "value")
    else:
        reader.expect(len(payload) == header.payload_len, "value")
        reader.expect(hashlib.sha256(payload).digest() == header.payload_root, "value")
    return justification, payload


def read_proposal(reader: Reader) -> Proposal:
    header = read_any_header(reader)
    signature = reader.bytes(64)
    return Proposal(header, signature, *read_parts(reader, header))


def read_block(reader: Reader) -> Block:
    header = read_any_header(reader)
    return Block(header, *read_parts(reader, header))


def read_vote(reader: Reader, validators: int) -> Vote:
    kind = read_kind(reader)
    validator = reader.uint(2)
    reader.expect(validator < validators, "value")
    epoch, view, digest = read_subject(reader, kind)
    return Vote(kind, validator, epoch, view, digest, reader.bytes(64))


def read_ask(reader: Reader) -> Ask:
    epoch, number, what = reader.uint(8), reader.uint(8), reader.uint(1)
    reader.expect(CERTIFICATE <= what <= FINAL_BLOCKS, "tag")
    return Ask(epoch, number, what, reader.bytes(32) if what == BLOCK else b"")


def read_amnesia_reply(reader: Reader, validators: int) -> AmnesiaReply:
    epoch, nonce, validator = reader.uint(8), reader.bytes(32), reader.uint(2)
    reader.expect(validator < validators, "value")
    highest, signature, kind = reader.uint(8), reader.bytes(64), reader.uint(1)
    reader.expect(kind <= 1, "tag")
    proof = read_certificate(reader, validators) if kind == 1 else None
    return AmnesiaReply(epoch, nonce, validator, highest, signature, proof)


def read_evidence(reader: Reader) -> Evidence:
    kind = reader.uint(1)
    reader.expect(kind in (2, 3, 4, 5, 7, 8), "tag")
    culprit, epoch = reader.uint(2), reader.uint(8)
    first = read_sized(reader, EVIDENCE_PART_BYTES_MAX)
    return Evidence(kind, culprit, epoch, first, read_sized(reader, EVIDENCE_PART_BYTES_MAX))


def parse_evidence(data: bytes) -> Evidence:
    """Exactly one piece of evidence; whether it holds is not asked."""
    reader = Reader(data)
    evidence = read_evidence(reader)
    reader.finish()
    return evidence


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
    message = read_message(reader, tag, validators)
    reader.finish()
    return message


def read_message(reader: Reader, tag: int, validators: int) -> Message:
    match tag:
        case 0x50:
            return read_proposal(reader)
        case 0x51:
            return read_vote(reader, validators)
        case 0x53:
            return read_ask(reader)
        case 0x54:
            return read_block(reader)
        case 0x55:
            return AmnesiaAsk(reader.uint(8), reader.bytes(32))
        case 0x56:
            return read_amnesia_reply(reader, validators)
        case 0x57:
            return read_evidence(reader)
    raise InvalidEncoding("tag", reader.at)
