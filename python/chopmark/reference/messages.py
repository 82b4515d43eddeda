# SPDX-License-Identifier: Apache-2.0
"""Votes, certificates, justifications and messages in plain Python (docs/spec/codec.md, C-40..43).

`validators` is the number of validators of the chain. Errors: InvalidEncoding.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias

from chopmark.reference.codec import (
    HEADER_BYTES,
    PAYLOAD_BYTES_MAX,
    ZERO,
    Header,
    InvalidEncoding,
    Reader,
    be,
    parse_header,
)

__all__ = [
    "FINALIZE",
    "NOTARIZE",
    "NULLIFY",
    "Ask",
    "Block",
    "Certificate",
    "Justification",
    "Message",
    "Proposal",
    "Vote",
    "encode_sized",
    "parse_certificate",
    "parse_justification",
    "parse_message",
    "quorum",
    "vote_payload",
]

NOTARIZE, NULLIFY, FINALIZE = 0x10, 0x11, 0x12
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
JUSTIFY_MAX = 2048
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
class Body:
    """What proposals and blocks carry."""

    header: Header
    leader_signature: bytes
    justification: bytes
    payload: bytes

    def encode_body(self) -> bytes:
        sized = encode_sized(self.justification) + encode_sized(self.payload)
        return self.header.encode() + self.leader_signature + sized


@dataclass(frozen=True, slots=True)
class Proposal(Body):
    """C-43: 0x50."""

    def encode(self, validators: int = 0) -> bytes:
        return b"\x50" + self.encode_body()


@dataclass(frozen=True, slots=True)
class Block(Body):
    """C-43: 0x54."""

    def encode(self, validators: int = 0) -> bytes:
        return b"\x54" + self.encode_body()


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
    """C-43: 0x53. For a certificate or the asked one's nullify; with a digest, for a block."""

    epoch: int
    view: int
    digest: bytes | None = None

    def encode(self, validators: int = 0) -> bytes:
        what = b"\x01" if self.digest is None else b"\x02" + self.digest
        return b"\x53" + be(self.epoch, 8) + be(self.view, 8) + what


Message: TypeAlias = Proposal | Vote | Certificate | Ask | Block


def read_body(reader: Reader) -> tuple[Header, bytes, bytes, bytes]:
    start = reader.at
    head = reader.bytes(HEADER_BYTES)
    try:
        header = parse_header(head)
    except InvalidEncoding as error:
        raise InvalidEncoding(error.reason, start + error.offset) from None
    signature = reader.bytes(64)
    size = reader.uint(4)
    reader.expect(size <= MESSAGE_BYTES_MAX, "limit")
    justification = reader.bytes(size)
    reader.expect(hashlib.sha256(justification).digest() == header.justify_root, "value")
    size = reader.uint(4)
    reader.expect(size <= PAYLOAD_BYTES_MAX, "limit")
    payload = reader.bytes(size)
    reader.expect(len(payload) == header.payload_len, "value")
    reader.expect(hashlib.sha256(payload).digest() == header.payload_root, "value")
    return header, signature, justification, payload


def read_vote(reader: Reader, validators: int) -> Vote:
    kind = read_kind(reader)
    validator = reader.uint(2)
    reader.expect(validator < validators, "value")
    epoch, view, digest = read_subject(reader, kind)
    return Vote(kind, validator, epoch, view, digest, reader.bytes(64))


def read_ask(reader: Reader) -> Ask:
    epoch, view, what = reader.uint(8), reader.uint(8), reader.uint(1)
    reader.expect(what in (1, 2), "tag")
    return Ask(epoch, view, reader.bytes(32) if what == 2 else None)


def parse_message(data: bytes, validators: int) -> Message:
    """Exactly one message. A body is the one that its header commits to."""
    reader = Reader(data)
    reader.expect(len(data) <= MESSAGE_BYTES_MAX, "limit")
    tag = reader.uint(1)
    reader.expect(tag in (0x50, 0x51, 0x52, 0x53, 0x54), "tag")
    if tag == 0x52:
        try:
            return parse_certificate(data[1:], validators)
        except InvalidEncoding as error:
            raise InvalidEncoding(error.reason, 1 + error.offset) from None
    message: Message
    if tag == 0x50:
        message = Proposal(*read_body(reader))
    elif tag == 0x54:
        message = Block(*read_body(reader))
    elif tag == 0x51:
        message = read_vote(reader, validators)
    else:
        message = read_ask(reader)
    reader.finish()
    return message
