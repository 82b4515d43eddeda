# SPDX-License-Identifier: Apache-2.0
"""The consensus replica: events in, effects out, as bytes (docs/spec/consensus.md).

No input or output happens here. A driver encodes events with the functions below, calls `step`, and
carries out the decoded effects in order. `chopmark.node.driver` is one.

Errors: ConsensusError for events that the replica cannot read or did not ask for; EncodingError for
other bytes that are no valid encoding.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import BytesLike
from chopmark.errors import EncodingError
from chopmark.reference.messages import encode_set

__all__ = [
    "Build",
    "Certify",
    "Config",
    "Deliver",
    "Effect",
    "Epoch",
    "Evidence",
    "Persist",
    "Record",
    "Replica",
    "Send",
    "Serve",
    "SetTimer",
    "Sign",
    "VerifyVotes",
    "built",
    "certified",
    "check_message",
    "decode_effects",
    "durable",
    "link",
    "message",
    "pending",
    "position",
    "read_record",
    "signed",
    "stored",
    "tick",
    "unsigned",
    "votes_verified",
]

OBSERVER = bytes(32)  # instead of a key: never votes
PAYLOAD_BYTES_MAX = 1 << 20
HEADER_BYTES = 284


@dataclass(frozen=True, slots=True)
class Config:
    """What a replica is told before it starts (B-10). Times are milliseconds."""

    chain_id: bytes
    validators: tuple[bytes, ...]  # public keys of the genesis, by index
    own_key: bytes = OBSERVER  # one that is no validator now may become one (B-70)
    genesis_time_ms: int = 0
    delta_ms: int = 100
    build_ms: int = 100
    standstill_ms: int = 1000
    heartbeat_ms: int = 10_000
    views_per_leader: int = 1
    payload_bytes_max: int = PAYLOAD_BYTES_MAX
    epoch_blocks: int = 0  # 0: one epoch that never ends

    def encode(self) -> bytes:
        """B-10."""
        return b"".join(
            [
                self.chain_id,
                self.own_key,
                encode_set(self.validators),
                struct.pack(
                    ">QIIIIHII",
                    self.genesis_time_ms,
                    self.delta_ms,
                    self.build_ms,
                    self.standstill_ms,
                    self.heartbeat_ms,
                    self.views_per_leader,
                    self.payload_bytes_max,
                    self.epoch_blocks,
                ),
            ]
        )


class Replica:
    """One validator's part in consensus. Safe to share between threads; `step` releases the GIL.

    Made by `create` or `recover`, never otherwise.
    """

    __slots__ = ("_replica",)

    def __init__(self, native: _core.consensus.Replica) -> None:
        self._replica = native

    @classmethod
    def create(cls, config: Config) -> Replica:
        """At genesis, with a key that was just made and has signed nothing (B-64), or an observer.

        EncodingError if the config breaks B-10.
        """
        return cls(_core.consensus.Replica.create(config.encode()))

    @classmethod
    def recover(
        cls,
        config: Config,
        *,
        log: BytesLike | None,
        fence: BytesLike | None,
        position: BytesLike = b"",
        nonce: bytes,
    ) -> Replica:
        """From what a run before has written (B-64, B-65); None for a file that is missing.

        Whatever is wrong with log or fence is no error: the replica is then `amnesic` (B-80).
        `position` (C-47) is where the driver's own ledger stands, empty at genesis; `nonce` are 32
        random bytes. EncodingError if config or position is malformed.
        """
        native = _core.consensus.Replica.recover(config.encode(), log, fence, position, nonce)
        return cls(native)

    def checkpoint(self) -> tuple[bytes, bytes]:
        """Log and fence that stand for all that was persisted (B-63), in the order in which they
        are to replace the files: at every start, and when the log has grown.
        """
        return self._replica.checkpoint()

    def step(self, events: BytesLike) -> bytes:
        """Handles encoded events in order and returns encoded effects.

        ConsensusError for malformed events and for an answer to what was not asked: the driver's
        bug (B-22). A malformed message from a peer is no error: it is dropped and counted.
        """
        return self._replica.step(events)

    @property
    def view(self) -> int:
        """The present view."""
        return self._replica.view

    @property
    def epoch(self) -> int:
        """The present epoch (B-70)."""
        return self._replica.epoch

    @property
    def amnesic(self) -> bool:
        """Whether its memory of what it signed is lost, so that it signs nothing yet (B-80)."""
        return self._replica.amnesic

    @property
    def last_final(self) -> tuple[int, int, bytes]:
        """Height, view and digest of the last final block."""
        return self._replica.last_final

    def position(self) -> bytes:
        """Where the chain stands, with proof (C-47)."""
        return self._replica.position()

    def snapshot(self) -> bytes:
        """All state that matters, in one order: equal for replicas that behave alike from here on,
        whatever their clocks and request numbers.
        """
        return self._replica.snapshot()

    @property
    def held_bytes(self) -> int:
        """What it holds of others' data."""
        return self._replica.held_bytes

    def leader(self, view: int) -> int:
        """Index of the validator that leads a view (B-12)."""
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


def message(link: int, data: bytes) -> bytes:
    """A message (C-43) came over a link (B-13): of validator `link` if it is one of the config."""
    return frame(0x02, struct.pack(">H", link) + data)


def votes_verified(request: int, verdicts: bytes) -> bytes:
    """Answers VerifyVotes: one byte, 0 or 1, for each signature."""
    return frame(0x03, struct.pack(">Q", request) + verdicts)


def signed(request: int, signature: bytes) -> bytes:
    """Answers Sign."""
    return frame(0x04, struct.pack(">Q", request) + signature)


def durable(seq: int) -> bytes:
    """Everything persisted up to `seq` survives a crash from now on."""
    return frame(0x05, struct.pack(">Q", seq))


def built(
    request: int,
    state_root: bytes,
    log_size: int,
    log_root: bytes,
    payload: bytes,
    next_set: Sequence[bytes] = (),
) -> bytes:
    """Answers Build: roots after the *parent* block, and the payload of the new one. `next_set`
    only for the last block of its epoch (B-70).
    """
    head = struct.pack(">Q", request) + state_root + struct.pack(">Q", log_size) + log_root
    return frame(0x06, head + encode_set(next_set) + payload)


def certified(digest: bytes, ok: bool, next_set: Sequence[bytes] = ()) -> bytes:
    """Answers Certify: whether the ledger finds the block valid. `next_set` is what it asks for if
    the block is the last of its epoch (B-70).
    """
    return frame(0x07, digest + struct.pack(">B", ok) + encode_set(next_set))


def pending(count: int) -> bytes:
    """How many transactions wait, own or forwarded, that are not final."""
    return frame(0x08, struct.pack(">I", count))


def stored(height: int) -> bytes:
    """Final blocks up to `height` are durable in the driver's own log, so that the replica's need
    not hold them any longer (B-63).
    """
    return frame(0x09, struct.pack(">Q", height))


def link(number: int, public_key: bytes) -> bytes:
    """A link has authenticated a key other than those of the config (B-13)."""
    return frame(0x0A, struct.pack(">H", number) + public_key)


def unsigned(request: int) -> bytes:
    """Answers Sign: the signer refuses. Nothing is sent that would have needed the signature."""
    return frame(0x0B, struct.pack(">Q", request))


def position(position: bytes) -> bytes:
    """The driver has brought its ledger up to here (C-47) by blocks that it verified (B-51)."""
    return frame(0x0C, position)


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
    """Sign with the consensus key; answer with `signed`, or `unsigned` if it must not be."""

    request: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Persist:
    """Append to the write-ahead log; answer with `durable` once it is synced."""

    seq: int
    record: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """Send over one link (B-13), or to all others (0xffff)."""

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
    last: bool  # of its epoch: the next set is asked for too (B-70)


@dataclass(frozen=True, slots=True)
class Certify:
    """Validate this block; answer with `certified`."""

    digest: bytes
    header: bytes
    payload: bytes

    @property
    def parent_digest(self) -> bytes:
        return self.header[66:98]

    def is_last(self, epoch_blocks: int) -> bool:
        """Whether the block is the last of its epoch (B-70)."""
        return epoch_blocks > 0 and u(8, self.header, 50) == u(8, self.header, 34) * epoch_blocks


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
    """What an honest validator would not have signed (C-45, B-90), verified and sent to all."""

    data: bytes

    @property
    def kind(self) -> int:
        """The number of B-90."""
        return self.data[0]

    @property
    def culprit(self) -> int:
        """Index of the validator in the set of `epoch`."""
        return u(2, self.data, 1)

    @property
    def epoch(self) -> int:
        return u(8, self.data, 3)

    @property
    def parts(self) -> tuple[bytes, bytes]:
        """What contradicts each other."""
        first, at = sized(self.data, 11)
        return first, sized(self.data, at)[0]


@dataclass(frozen=True, slots=True)
class Serve:
    """Send the final blocks from `height` on over this link, out of the driver's own log (B-50)."""

    link: int
    height: int


@dataclass(frozen=True, slots=True)
class Epoch:
    """A new epoch begins at `position` (C-47); the messages of `proof` show it to who is in the one
    before (B-72).
    """

    position: bytes
    proof: tuple[bytes, ...]


Effect: TypeAlias = (
    VerifyVotes
    | Sign
    | Persist
    | Send
    | SetTimer
    | Build
    | Certify
    | Deliver
    | Evidence
    | Serve
    | Epoch
)


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


def read_epoch(body: bytes) -> Epoch:
    start, at = sized(body, 0)
    messages = []
    while at < len(body):
        one, at = sized(body, at)
        messages.append(one)
    return Epoch(start, tuple(messages))


READERS: dict[int, Callable[[bytes], Effect]] = {
    0x81: read_verify_votes,
    0x82: lambda b: Sign(u(8, b, 0), b[8:]),
    0x83: lambda b: Persist(u(8, b, 0), b[8:]),
    0x84: lambda b: Send(u(2, b, 0), b[2:]),
    0x85: lambda b: SetTimer(u(8, b, 0)),
    0x86: lambda b: Build(u(8, b, 0), b[8:40], u(8, b, 40), u(4, b, 48), b[52] == 1),
    0x87: lambda b: Certify(b[:32], b[32 : 32 + HEADER_BYTES], b[32 + HEADER_BYTES :]),
    0x88: read_deliver,
    0x89: Evidence,
    0x8A: lambda b: Serve(u(2, b, 0), u(8, b, 2)),
    0x8B: read_epoch,
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


# --- Records (B-60) ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the write-ahead log (B-60)."""

    seq: int
    synced: int
    epoch: int
    kind: int
    body: bytes


def read_record(record: bytes) -> Record:
    """The fields of a record that a replica has made; its CRC is not looked at."""
    _, seq, synced, epoch, kind = struct.unpack_from(">IQQQB", record)
    return Record(seq, synced, epoch, kind, record[29:-4])
