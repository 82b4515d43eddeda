# SPDX-License-Identifier: Apache-2.0
"""Executes the effects of one replica: the only code that does.

Plain and synchronous: whoever owns a driver brings the clock, the network and the journal. Buffers
go through; no call here is made per vote, signature or transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chopmark import Ragged, consensus, ed25519
from chopmark.consensus import (
    Build,
    Certify,
    Deliver,
    Effect,
    Evidence,
    Persist,
    Replica,
    Send,
    SetTimer,
    Sign,
    VerifyVotes,
)
from chopmark.errors import EncodingError
from chopmark.ledger import Ledger, Pool, Results

__all__ = ["Clock", "Driver", "FinalBlock", "Journal", "MemoryJournal", "Signer"]

log = logging.getLogger(__name__)

TRANSACTIONS_TAG = b"\x58"
EVERYONE = 0xFFFF


class Signer(Protocol):
    """Whatever holds the consensus key; `Ed25519PrivateKey` of `cryptography` is one."""

    def sign(self, data: bytes, /) -> bytes:
        """The 64-byte Ed25519 signature of `data`."""
        ...


class Journal(Protocol):
    """The write-ahead log of consensus records."""

    def append(self, record: bytes) -> None:
        """Adds a record; it need not be durable yet."""
        ...

    def sync(self) -> None:
        """Returns once everything appended is durable."""
        ...


class MemoryJournal:
    """Counts what a durable journal would write. For devnets: nothing outlives the process."""

    def __init__(self) -> None:
        self.records = 0
        self.bytes = 0

    def append(self, record: bytes) -> None:
        self.records += 1
        self.bytes += len(record)

    def sync(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks at one moment, in milliseconds: timers use `mono_ms`, block time `wall_ms`."""

    mono_ms: int
    wall_ms: int


@dataclass(frozen=True, slots=True)
class FinalBlock:
    """What a driver hands on for each final block, in height order."""

    height: int
    digest: bytes
    header: bytes
    certificate: bytes  # its own finalization, or empty when a descendant made it final
    payload: bytes
    results: Results


class Driver:
    """One validator without a network: replica, ledger, pool, signer and journal together."""

    def __init__(
        self,
        *,
        replica: Replica,
        ledger: Ledger,
        pool: Pool,
        signer: Signer,
        journal: Journal,
        send: Callable[[int, bytes], None],
        on_final: Callable[[FinalBlock], None],
        threads: int = 1,
    ) -> None:
        self.replica = replica
        self.ledger = ledger
        self.pool = pool
        self.wake_ms: int | None = None
        self.evidence: list[Evidence] = []
        self._signer = signer
        self._journal = journal
        self._send = send
        self._on_final = on_final
        self._threads = threads
        self._pending_told = -1
        self._events: list[bytes] = []

    def tick(self, now: Clock) -> None:
        """Lets time pass; due timers fire."""
        self._run([consensus.tick(now.mono_ms, now.wall_ms)])

    def receive(self, peer: int, message: bytes, now: Clock) -> None:
        """Takes one message from another validator."""
        events = [consensus.tick(now.mono_ms, now.wall_ms)]
        if message[:1] == TRANSACTIONS_TAG:
            self._admit_forwarded(peer, message[1:])
        else:
            events.append(consensus.message(peer, message))
        self._run(events)

    def _admit_forwarded(self, peer: int, transactions: bytes) -> None:
        try:
            self.pool.admit(self.ledger, transactions, threads=self._threads)
        except EncodingError as error:
            log.warning("transactions from validator %d dropped: %s", peer, error)

    def submit(self, transactions: bytes, now: Clock) -> tuple[int, int, int, int]:
        """Takes transactions (a payload, C-29) from a client and forwards them to all validators.

        Returns how many were admitted, were known already, were refused, and found the pool full.
        """
        counts = self.pool.admit(self.ledger, transactions, threads=self._threads)
        self._send(EVERYONE, TRANSACTIONS_TAG + transactions)
        self._run([consensus.tick(now.mono_ms, now.wall_ms)])
        return counts

    def _run(self, events: list[bytes]) -> None:
        """Steps the replica until it asks for nothing more."""
        while True:
            if self.pool.size != self._pending_told:
                self._pending_told = self.pool.size
                events.append(consensus.pending(self._pending_told))
            if not events:
                return
            self._events = []
            last_seq = 0
            for effect in consensus.decode_effects(self.replica.step(b"".join(events))):
                last_seq = max(last_seq, self._execute(effect))
            if last_seq:
                self._journal.sync()  # one sync for everything that this step persisted
                self._events.append(consensus.durable(last_seq))
            events = self._events

    def _execute(self, effect: Effect) -> int:
        """Carries out one effect; answers go to `self._events`. Returns the sequence persisted."""
        match effect:
            case VerifyVotes():
                self._events.append(self._verify(effect))
            case Sign(request, payload):
                self._events.append(consensus.signed(request, self._signer.sign(payload)))
            case Persist(seq, record):
                self._journal.append(record)
                return seq
            case Send(to, message):
                self._send(to, message)
            case SetTimer(mono_ms):
                self.wake_ms = mono_ms or None
            case Build():
                self._events.append(self._build(effect))
            case Certify(digest, header, payload):
                verdict = self.ledger.validate_block(
                    header + payload, pool=self.pool, threads=self._threads
                )
                if not verdict.ok:
                    log.warning("block refused: %s %s", verdict.code, verdict.detail)
                self._events.append(consensus.certified(digest, verdict.ok))
            case Deliver():
                self._deliver(effect)
            case Evidence():
                self.evidence.append(effect)
        return 0

    def _verify(self, effect: VerifyVotes) -> bytes:
        offsets = np.asarray(effect.offsets, dtype=np.uint64)
        verdicts = ed25519.verify_batch(
            effect.public_keys,
            effect.signatures,
            Ragged(effect.messages, offsets),
            threads=self._threads,
        )
        return consensus.votes_verified(effect.request, verdicts.astype(np.uint8).tobytes())

    def _build(self, effect: Build) -> bytes:
        payload = self.pool.select(
            self.ledger, effect.parent_digest, effect.height, effect.bytes_max
        )
        state_root, log_size, log_root = self.ledger.roots(effect.parent_digest)
        return consensus.built(effect.request, state_root, log_size, log_root, payload)

    def _deliver(self, effect: Deliver) -> None:
        results = self.ledger.finalize(effect.digest)
        self.pool.remove_final(self.ledger)
        self._on_final(
            FinalBlock(
                height=effect.height,
                digest=effect.digest,
                header=effect.header,
                certificate=effect.certificate,
                payload=effect.payload,
                results=results,
            )
        )
