# SPDX-License-Identifier: Apache-2.0
"""Executes the effects of one replica: the only code that does.

Plain and synchronous: whoever owns a driver brings the clock, the network, the journal and the
store. Buffers go through; no call here is made per vote, signature or transaction.

A driver stops for good at the first error that is not a peer's: what failed may have been half
done. A new one recovers from journal and store.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from chopmark import consensus
from chopmark.consensus import (
    Build,
    Certify,
    Config,
    Deliver,
    Effect,
    Epoch,
    Evidence,
    Persist,
    Replica,
    Send,
    Serve,
    SetTimer,
    Sign,
    VerifyVotes,
)
from chopmark.errors import ConsensusError, EncodingError, JournalError, LedgerError, SigningRefused
from chopmark.ledger import Ledger, Pool, Results
from chopmark.node.blocks import BlockStore, MemoryBlockStore, final_row
from chopmark.node.journal import Journal
from chopmark.node.verifier import Verifier
from chopmark.reference.messages import parse_position

__all__ = ["Clock", "Driver", "FinalBlock", "Signer"]

log = logging.getLogger(__name__)

TRANSACTIONS_TAG = b"\x58"
NO_TRANSACTIONS = bytes(4)
EVERYONE = 0xFFFF
LOG_BYTES_MAX = 64 << 20  # of records above a checkpoint


class Signer(Protocol):
    """Whatever holds the consensus key; `Ed25519PrivateKey` of `cryptography` is one."""

    def sign(self, data: bytes, /) -> bytes:
        """The 64-byte Ed25519 signature of `data`. SigningRefused if it must not be given."""
        ...


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
    """One validator without a network: replica, ledger, pool, signer, journal and store together.

    `new_key` says that the key of the config was just made and has signed nothing: its journal is
    begun. Every other start is a recovery, and one without a complete journal leaves the replica
    amnesic (B-64, B-80). JournalError if `new_key` finds a journal that was begun already.

    `ledger` stands where the store does, or behind; it is brought up to it, and `on_final` is
    called for each block on the way. `send` takes a link (B-13; EVERYONE: all others) and a
    message, and may lose it. It must not raise.
    """

    def __init__(
        self,
        *,
        config: Config,
        new_key: bool,
        ledger: Ledger,
        pool: Pool,
        signer: Signer,
        journal: Journal,
        send: Callable[[int, bytes], None],
        on_final: Callable[[FinalBlock], None],
        store: BlockStore | None = None,
        verify: Callable[[VerifyVotes, int], bytes] | None = None,
        nonce: bytes | None = None,
        threads: int = 1,
        log_bytes_max: int = LOG_BYTES_MAX,
    ) -> None:
        self.ledger = ledger
        self.pool = pool
        self.wake_ms: int | None = None
        self.evidence: list[Evidence] = []
        self._epoch_blocks = config.epoch_blocks
        self._signer = signer
        self._journal = journal
        self._store = MemoryBlockStore() if store is None else store
        self._send = send
        self._on_final = on_final
        self._verify = Verifier() if verify is None else verify
        self._threads = threads
        self._log_bytes_max = log_bytes_max
        self._log_bytes = 0  # appended since the last checkpoint
        self._pending_told = -1
        self._answers: list[bytes] = []
        self._stopped: BaseException | None = None
        self._catch_up()
        self.replica = self._started(config, new_key, os.urandom(32) if nonce is None else nonce)
        self._validators = parse_position(self.replica.position()).validators
        self.checkpoint()
        if new_key and self._store.position:
            self._answers.append(consensus.position(self._store.position))

    def _started(self, config: Config, new_key: bool, nonce: bytes) -> Replica:
        found, fence = self._journal.read()
        if not new_key:
            position = self._store.position
            return Replica.recover(config, log=found, fence=fence, position=position, nonce=nonce)
        if found is not None or fence is not None:
            raise JournalError("journal", "was begun already: this key is not new")
        return Replica.create(config)

    def _catch_up(self) -> None:
        """Brings the ledger to where the store ends."""
        for height in range(self.ledger.final_height + 1, self._store.height + 1):
            block = self._store.block(height)
            if block is None:
                raise LedgerError("UNKNOWN_PARENT", f"block {height} is missing in the store")
            self._finalize(block)

    def tick(self, now: Clock) -> None:
        """Lets time pass; due timers fire."""
        self._run([consensus.tick(now.mono_ms, now.wall_ms)])

    def receive(self, link: int, message: bytes, now: Clock) -> None:
        """Takes one message that came over a link (B-13)."""
        events = [consensus.tick(now.mono_ms, now.wall_ms)]
        if message[:1] == TRANSACTIONS_TAG:
            self._admit_forwarded(link, message[1:])
        else:
            events.append(consensus.message(link, message))
        self._run(events)

    def connect(self, link: int, public_key: bytes, now: Clock) -> None:
        """Names the key that a link beyond those of the config's validators has authenticated."""
        self._run([consensus.tick(now.mono_ms, now.wall_ms), consensus.link(link, public_key)])

    def _admit_forwarded(self, link: int, transactions: bytes) -> None:
        try:
            self.pool.admit(self.ledger, transactions, threads=self._threads)
        except EncodingError as error:
            log.warning("transactions over link %d dropped: %s", link, error)

    def submit(self, transactions: bytes, now: Clock) -> tuple[int, int, int, int]:
        """Takes transactions (a payload, C-29) from a client, and forwards those to all validators
        that wait here now (L-65).

        Returns how many were admitted, were known already, were refused, and found the pool full.
        """
        counts, waiting = self.pool.admit_waiting(self.ledger, transactions, threads=self._threads)
        if waiting != NO_TRANSACTIONS:
            self._send(EVERYONE, TRANSACTIONS_TAG + waiting)
        self._run([consensus.tick(now.mono_ms, now.wall_ms)])
        return counts

    def checkpoint(self) -> None:
        """Replaces the journal by one that says the same in fewer records (B-63)."""
        self._journal.replace(*self.replica.checkpoint())
        self._log_bytes = 0

    def _run(self, events: list[bytes]) -> None:
        """Steps the replica until it asks for nothing more."""
        if self._stopped is not None:
            raise ConsensusError("this driver has stopped") from self._stopped
        try:
            events = self._with_pending(events + self._take_answers())
            while events:
                events = self._with_pending(self.step(b"".join(events)))
            if self._log_bytes > self._log_bytes_max:
                self.checkpoint()
        except BaseException as error:
            self._stopped = error
            raise

    def _with_pending(self, events: list[bytes]) -> list[bytes]:
        if self.pool.size == self._pending_told:
            return events
        self._pending_told = self.pool.size
        return [*events, consensus.pending(self._pending_told)]

    def step(self, events: bytes) -> list[bytes]:
        """Steps the replica once, does what it asks, and returns the answers: the events of a next
        step. For tests that decide when an answer comes; `_run` gives each at once.
        """
        last_seq, before = 0, self._store.height
        for effect in consensus.decode_effects(self.replica.step(events)):
            last_seq = max(last_seq, self._execute(effect))
        if last_seq:
            self._journal.sync()  # one sync for everything that this step persisted
            self._answers.append(consensus.durable(last_seq))
        if self._store.height != before:
            self._store.sync(self.replica.position())
            self._answers.append(consensus.stored(self._store.height))
        return self._take_answers()

    def _take_answers(self) -> list[bytes]:
        answers, self._answers = self._answers, []
        return answers

    def _execute(self, effect: Effect) -> int:
        """Carries out one effect; answers go to `self._answers`. Returns the sequence persisted."""
        match effect:
            case VerifyVotes(request):
                verdicts = self._verify(effect, self._threads)
                self._answers.append(consensus.votes_verified(request, verdicts))
            case Sign():
                self._answers.append(self._sign(effect))
            case Persist(seq, record):
                self._journal.append(record)
                self._log_bytes += len(record)
                return seq
            case Send(to, message):
                self._send(to, message)
            case SetTimer(mono_ms):
                self.wake_ms = mono_ms or None
            case Build():
                self._answers.append(self._build(effect))
            case Certify():
                self._answers.append(self._certify(effect))
            case Deliver():
                self._deliver(effect)
            case Evidence():
                self.evidence.append(effect)
            case Serve(link, height):
                for message in final_row(self._store, height):
                    self._send(link, message)
            case Epoch(position):
                self._validators = parse_position(position).validators
                self._store.add_epoch(effect)
        return 0

    def _sign(self, effect: Sign) -> bytes:
        try:
            return consensus.signed(effect.request, self._signer.sign(effect.payload))
        except SigningRefused as refused:
            log.warning("not signed: %s", refused)
            return consensus.unsigned(effect.request)

    def _build(self, effect: Build) -> bytes:
        parent = effect.parent_digest
        payload = self.pool.select(self.ledger, parent, effect.height, effect.bytes_max)
        next_set = self.ledger.next_set(parent, self._validators) if effect.last else ()
        return consensus.built(effect.request, *self.ledger.roots(parent), payload, next_set)

    def _certify(self, effect: Certify) -> bytes:
        verdict = self.ledger.validate_block(
            effect.header + effect.payload, pool=self.pool, threads=self._threads
        )
        if not verdict.ok:
            log.warning("block refused: %s %s", verdict.code, verdict.detail)
            return consensus.certified(effect.digest, False)
        next_set: tuple[bytes, ...] = ()
        if effect.is_last(self._epoch_blocks):
            next_set = self.ledger.next_set(effect.parent_digest, self._validators)
        return consensus.certified(effect.digest, True, next_set)

    def _deliver(self, effect: Deliver) -> None:
        self._store.add(effect)
        self._finalize(effect)

    def _finalize(self, block: Deliver) -> None:
        """Makes a block final in the ledger. After a restart it may not have seen it yet."""
        if not self.ledger.knows(block.digest):
            verdict = self.ledger.validate_block(
                block.header + block.payload, threads=self._threads
            )
            if not verdict.ok:
                raise LedgerError(verdict.code, f"final block {block.height} is refused")
        results = self.ledger.finalize(block.digest)
        self.pool.remove_final(self.ledger)
        self._on_final(
            FinalBlock(
                height=block.height,
                digest=block.digest,
                header=block.header,
                certificate=block.certificate,
                payload=block.payload,
                results=results,
            )
        )
