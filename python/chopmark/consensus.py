# SPDX-License-Identifier: Apache-2.0
"""The consensus replica: events in, effects out, as bytes (docs/spec/consensus.md).

No input or output happens here. A driver encodes events with the functions below, calls `step`, and
carries out the decoded effects in order.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import BytesLike
from chopmark.errors import EncodingError

__all__ = [
    "Build",
    "Certify",
    "Config",
    "Deliver",
    "Effect",
    "Evidence",
    "Persist",
    "Replica",
    "Send",
    "SetTimer",
    "Sign",
    "VerifyVotes",
    "built",
    "certified",
    "check_message",
    "decode_effects",
    "durable",
    "message",
    "pending",
    "signed",
    "tick",
    "votes_verified",
]

OBSERVER = 0xFFFF
PAYLOAD_BYTES_MAX = 1 << 20


@dataclass(frozen=True, slots=True)
class Config:
    """What a replica is told before it starts (B-10). Times are milliseconds."""

    chain_id: bytes
    validators: tuple[bytes, ...]
    index: int = OBSERVER  # of this validator; an observer never votes
    genesis_time_ms: int = 0
    delta_ms: int = 100
    build_ms: int = 100
    standstill_ms: int = 1000
    heartbeat_ms: int = 10_000
    views_per_leader: int = 1
    payload_bytes_max: int = PAYLOAD_BYTES_MAX
    epoch: int = 1

    def encode(self) -> bytes:
        """B-10."""
        return b"".join(
            [
                self.chain_id,
                struct.pack(">QHB", self.epoch, self.index, len(self.validators)),
                *self.validators,
                struct.pack(
                    ">QIIIIHI",
                    self.genesis_time_ms,
                    self.delta_ms,
                    self.build_ms,
                    self.standstill_ms,
                    self.heartbeat_ms,
                    self.views_per_leader,
                    self.payload_bytes_max,
                ),
            ]
        )


class Replica:
    """One validator's part in consensus. Safe to share between threads; `step` releases the GIL."""

    __slots__ = ("_replica",)

    def __init__(self, config: Config) -> None:
        self._replica = _core.consensus.Replica(config.encode())

    def step(self, events: BytesLike) -> bytes:
        """Handles encoded events in order and returns encoded effects.

        ConsensusError for malformed events and for an answer to what was not asked: the driver's
        bug. A malformed message from a peer is no error: it is dropped and counted.
        """
        return self._replica.step(events)

    @property
    def view(self) -> int:
        """The present view."""
        return self._replica.view

    @property
    def last_final(self) -> tuple[int, int, bytes]:
        """Height, view and digest of the last final block."""
        return self._replica.last_final

    def leader(self, view: int) -> int:
        """Index of the validator that leads a view."""
        return self._replica.leader(view)

    def counters(self) -> dict[str, int]:
        """How many messages were dropped, by reason."""
        return self._replica.counters()


def check_message(data: BytesLike, validators: int) -> None:
    """Raises EncodingError unless the bytes are one message (C-43) of `validators` validators."""
    _core.consensus.check_message(data, validators)


# --- Events (B-20) -------------------------------------------------------------------------------


def frame(kind: int, body: bytes) -> bytes:
    return struct.pack(">BI", kind, len(body)) + body


def tick(mono_ms: int, wall_ms: int) -> bytes:
    """Time has come: a clock that never steps back, and the time of day."""
    return frame(0x01, struct.pack(">QQ", mono_ms, wall_ms))


def message(peer: int, data: bytes) -> bytes:
    """A message (C-43) came from the validator with index `peer`, whom the link authenticated."""
    return frame(0x02, struct.pack(">H", peer) + data)


def votes_verified(request: int, verdicts: bytes) -> bytes:
    """Answers VerifyVotes: one byte, 0 or 1, for each signature."""
    return frame(0x03, struct.pack(">Q", request) + verdicts)


def signed(request: int, signature: bytes) -> bytes:
    """Answers Sign."""
    return frame(0x04, struct.pack(">Q", request) + signature)


def durable(seq: int) -> bytes:
    """Everything persisted up to `seq` survives a crash from now on."""
    return frame(0x05, struct.pack(">Q", seq))


def built(request: int, state_root: bytes, log_size: int, log_root: bytes, payload: bytes) -> bytes:
    """Answers Build: roots after the *parent* block, and the payload of the new one."""
    head = struct.pack(">Q", request) + state_root + struct.pack(">Q", log_size) + log_root
    return frame(0x06, head + payload)


def certified(digest: bytes, ok: bool) -> bytes:
    """Answers Certify: whether the ledger finds the block valid."""
    return frame(0x07, digest + struct.pack(">B", ok))


def pending(count: int) -> bytes:
    """How many transactions wait, own or forwarded, that are not final."""
    return frame(0x08, struct.pack(">I", count))


# --- Effects (B-21) ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VerifyVotes:
    """Verify these signatures in one batch; answer with `votes_verified`."""

    request: int
    public_keys: bytes  # 32 bytes each
    signatures: bytes  # 64 bytes each
    offsets: NDArray[np.uint64]  # (n + 1,), of the messages
    messages: bytes


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign with the consensus key; answer with `signed`."""

    request: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Persist:
    """Append to the write-ahead log; answer with `durable` once it is synced."""

    seq: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send to one validator, or to all others (0xffff)."""

    to: int
    message: bytes


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Send a `tick` at this time, at the latest; replaces the one before. 0: none."""

    mono_ms: int


@dataclass(frozen=True, slots=True)
class Build:
    """Build a payload on this parent; answer with `built`."""

    request: int
    parent_digest: bytes
    height: int
    bytes_max: int


@dataclass(frozen=True, slots=True)
class Certify:
    """Validate this block; answer with `certified`."""

    digest: bytes
    header: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Deliver:
    """This block is final. Comes once for each height, in order."""

    height: int
    digest: bytes
    header: bytes
    certificate: bytes  # its finalization, or empty if a descendant's made it final
    justification: bytes
    payload: bytes


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed messages that an honest validator would not have sent both."""

    kind: int
    culprit: int
    first: bytes
    second: bytes


Effect: TypeAlias = (
    VerifyVotes | Sign | Persist | Send | SetTimer | Build | Certify | Deliver | Evidence
)
HEADER_BYTES = 284


def u(size: int, data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + size], "big")


def sized(data: bytes, at: int) -> tuple[bytes, int]:
    end = at + 4 + u(4, data, at)
    return data[at + 4 : end], end


def read_verify_votes(body: bytes) -> VerifyVotes:
    n = u(4, body, 8)
    keys, signatures = 12, 12 + 32 * n
    offsets = signatures + 64 * n
    messages = offsets + 8 * (n + 1)
    return VerifyVotes(
        u(8, body, 0),
        body[keys:signatures],
        body[signatures:offsets],
        np.frombuffer(body, ">u8", n + 1, offsets).astype(np.uint64),
        body[messages:],
    )


def read_deliver(body: bytes) -> Deliver:
    header_end = 40 + HEADER_BYTES
    certificate, at = sized(body, header_end)
    justification, at = sized(body, at)
    return Deliver(
        u(8, body, 0), body[8:40], body[40:header_end], certificate, justification, body[at:]
    )


def read_evidence(body: bytes) -> Evidence:
    first, at = sized(body, 3)
    second, _ = sized(body, at)
    return Evidence(body[0], u(2, body, 1), first, second)


READERS: dict[int, Callable[[bytes], Effect]] = {
    0x81: read_verify_votes,
    0x82: lambda b: Sign(u(8, b, 0), b[8:]),
    0x83: lambda b: Persist(u(8, b, 0), b[8:]),
    0x84: lambda b: Send(u(2, b, 0), b[2:]),
    0x85: lambda b: SetTimer(u(8, b, 0)),
    0x86: lambda b: Build(u(8, b, 0), b[8:40], u(8, b, 40), u(4, b, 48)),
    0x87: lambda b: Certify(b[:32], b[32 : 32 + HEADER_BYTES], b[32 + HEADER_BYTES :]),
    0x88: read_deliver,
    0x89: read_evidence,
}


def decode_effects(data: bytes) -> list[Effect]:
    """The effects that `Replica.step` returned, in the order in which they are to be done."""
    effects: list[Effect] = []
    at = 0
    while at < len(data):
        if len(data) - at < 5:
            raise EncodingError("truncated", at, "effects")
        kind, size = struct.unpack_from(">BI", data, at)
        if kind not in READERS or at + 5 + size > len(data):
            raise EncodingError("tag", at, "effects")
        effects.append(READERS[kind](data[at + 5 : at + 5 + size]))
        at += 5 + size
    return effects
