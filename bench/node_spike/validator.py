# SPDX-License-Identifier: Apache-2.0
"""One validator without its sockets: admission, gossip, blocks of a rotating leader, votes."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import cast

from chopmark.hash import sha256
from chopmark.ledger import Ledger, Pool
from chopmark.reference.codec import PAYLOAD_BYTES_MAX, Header

from .blocklog import BlockLog
from .load import genesis
from .settings import QUORUM, VALIDATORS, Settings, count_in
from .stages import Stages
from .store import Store
from .stub import StubLedger, StubPool
from .wire import BLOCK, TRANSACTIONS, VOTE, Link, frame

__all__ = ["Validator"]

ADMIT_TRANSACTIONS = 2048  # admitted at once, or what came within
ADMIT_SECONDS = 0.005
POOL_TRANSACTIONS = 12_000  # above it, clients wait
UNFINAL_BLOCKS = 4  # a leader waits rather than build further ahead of finality
PROPOSE_SECONDS = 0.05  # a leader that cannot fill a block waits this long for more
ZERO = bytes(32)


def ledger_and_pool(settings: Settings) -> tuple[Ledger, Pool]:
    """The native ones, or stubs with the part of their face that batches need."""
    if not settings.execute_us:
        return Ledger(genesis().encode()), Pool()
    if settings.payload != "batches":
        raise ValueError("the ledger stub needs the payload named by batches")
    stub = StubLedger(genesis().encode(), settings.execute_us)
    return cast(Ledger, stub), cast(Pool, StubPool())


class Validator:
    """Takes frames, and sends them; every native call stands in a stage of its own."""

    def __init__(
        self, settings: Settings, index: int, log_path: Path, stages: Stages,
        on_done: Callable[[], None],
    ) -> None:  # fmt: skip
        self.settings = settings
        self.index = index
        self.links: dict[str, Link] = {}
        self.ledger, self.pool = ledger_and_pool(settings)
        self.block_count = 0
        self.admit_calls = 0
        self._stages = stages
        self._on_done = on_done
        self._loop = asyncio.get_running_loop()
        self.log = BlockLog(log_path, fsync=settings.fsync, on_durable=self._log_thread_durable)
        names = settings.payload in {"ids", "batches"}
        self._store = Store(single=settings.payload == "ids") if names else None
        self._pieces: list[bytes] = []  # of payloads, not admitted yet
        self._piece_bytes = 0
        self._forwards: list[bytes] = []
        self._timer: asyncio.TimerHandle | None = None
        self._head = (0, self.ledger.chain_id)  # height and digest of the last valid block
        self._head_since = time.monotonic()
        self._wake: asyncio.TimerHandle | None = None
        self._in_blocks: dict[int, int] = {}  # transactions by height, above the last final block
        self._blocks: dict[int, bytes] = {}
        self._undurable: list[tuple[int, bytes]] = []
        self._votes: defaultdict[tuple[int, bytes], set[str]] = defaultdict(set)
        self._paused = False
        self._done = False

    def on_link(self, link: Link) -> None:
        self.links[link.peer] = link

    def on_frame(self, link: Link, tag: int, body: memoryview) -> None:
        if tag == TRANSACTIONS:
            self._on_transactions(link, body)
        elif tag == BLOCK:
            self._blocks[int.from_bytes(body[:8], "big")] = bytes(body[8:])
        elif tag == VOTE:
            self._on_vote(link.peer, int.from_bytes(body[:8], "big"), bytes(body[8:]))
        else:
            raise ValueError(f"tag {tag}")

    def on_read(self) -> None:
        if self._pieces and self._timer is None:
            self._timer = self._loop.call_later(ADMIT_SECONDS, self._admit)
        self._advance()

    def _peers(self) -> list[Link]:
        return [link for name, link in self.links.items() if name != "client"]

    # --- Transactions

    def _on_transactions(self, link: Link, body: memoryview) -> None:
        if 4 + self._piece_bytes + len(body) > PAYLOAD_BYTES_MAX:
            self._admit()
        piece = bytes(body[4:])
        self._pieces.append(piece)
        self._piece_bytes += len(piece)
        if link.peer == "client" and self.settings.payload != "block":
            self._forwards.append(frame(TRANSACTIONS, body))
        if not self.settings.together or count_in(self._piece_bytes) >= ADMIT_TRANSACTIONS:
            self._admit()

    def _admit(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if not self._pieces:
            return
        pieces, forwards = self._pieces, self._forwards
        self._pieces, self._forwards, self._piece_bytes = [], [], 0
        self.admit_calls += 1
        with self._stages("gather"):
            count = count_in(sum(len(piece) for piece in pieces))
            payload = b"".join([count.to_bytes(4, "big"), *pieces])
        with self._stages("admit"):
            admitted, known, refused, full = self.pool.admit(self.ledger, payload)
        if refused or full or admitted + known != count:
            raise AssertionError(f"{refused} refused, {full} found no room")
        if forwards:
            with self._stages("gather"):
                data = b"".join(forwards)
            for link in self._peers():
                link.send(data)
        if self._store is not None:
            with self._stages("names"):
                self._store.add(pieces)
        self._hold_clients()
        self._advance()

    def _hold_clients(self) -> None:
        wanted = self.pool.size > POOL_TRANSACTIONS
        client = self.links.get("client")
        if client is not None and wanted != self._paused:
            self._paused = wanted
            if wanted:
                client.transport.pause_reading()
            else:
                client.transport.resume_reading()

    # --- Blocks

    def _advance(self) -> None:
        while self._next_block() or self._propose():
            pass

    def _next_block(self) -> bool:
        """Validates the block after the head, if it and all that it names are here."""
        height = self._head[0] + 1
        block = self._blocks.get(height)
        if block is None:
            return False
        if self._store is not None:
            with self._stages("names"):
                payload = self._store.take(block[284:])
            if payload is None:
                return False
            block = block[:284] + payload
        del self._blocks[height]
        self._validate(height, block)
        return True

    def _propose(self) -> bool:
        height = self._head[0] + 1
        if height % VALIDATORS != self.index or self.ledger.log_size == self.settings.transactions:
            return False
        if height - self.ledger.final_height > UNFINAL_BLOCKS:
            return False
        late = time.monotonic() - self._head_since >= PROPOSE_SECONDS
        if not late and self._available() < count_in(self.settings.block_bytes):
            if self._wake is None:
                self._wake = self._loop.call_later(PROPOSE_SECONDS, self._woken)
            return False
        with self._stages("select"):
            payload, names = self._choose(height)
            header = self._header(height, payload)
        body = payload if self._store is None else names
        data = frame(BLOCK, height.to_bytes(8, "big"), header, body)
        for link in self._peers():
            link.send(data)
        self._validate(height, header + payload)
        return True

    def _woken(self) -> None:
        self._wake = None
        self._advance()

    def _available(self) -> int:
        if self._store is not None:
            return self._store.transactions
        if self.settings.payload == "block":  # the pool holds our clients' transactions alone
            own = (n for h, n in self._in_blocks.items() if h % VALIDATORS == self.index)
            return self.pool.size - sum(own)
        return self.pool.size - sum(self._in_blocks.values())

    def _choose(self, height: int) -> tuple[bytes, bytes]:
        if self._store is None:
            bytes_max = self.settings.block_bytes
            return self.pool.select(self.ledger, self._head[1], height, bytes_max), b""
        names = self._store.choose(self.settings.block_bytes)
        payload = self._store.take(names)
        assert payload is not None
        return payload, names

    def _header(self, height: int, payload: bytes) -> bytes:
        state_root, log_size, log_root = self.ledger.roots(self._head[1])
        return Header(
            chain_id=self.ledger.chain_id, epoch=0, view=height, height=height,
            parent_view=height - 1, parent_digest=self._head[1], leader=self.index,
            payload_root=sha256(payload), payload_len=len(payload), state_root=state_root,
            log_size=log_size, log_root=log_root, next_set_hash=ZERO, justify_root=ZERO,
            time_ms=height,
        ).encode()  # fmt: skip

    def _validate(self, height: int, block: bytes) -> None:
        with self._stages("validate"):
            verdict = self.ledger.validate_block(block, pool=self.pool)
        if not verdict.ok:
            raise AssertionError(f"block {height}: {verdict.code} {verdict.detail}")
        self.block_count += 1
        self._in_blocks[height] = count_in(len(block) - 288)
        self._head = (height, verdict.digest)
        self._head_since = time.monotonic()
        self._undurable.append(self._head)
        self.log.append(block)

    # --- Log and votes

    def _log_thread_durable(self, count: int) -> None:
        self._loop.call_soon_threadsafe(self._durable, count)

    def _durable(self, count: int) -> None:
        safe, self._undurable = self._undurable[:count], self._undurable[count:]
        for height, digest in safe:
            data = frame(VOTE, height.to_bytes(8, "big"), digest)
            for link in self._peers():
                link.send(data)
            self._on_vote("self", height, digest)
        self._advance()

    def _on_vote(self, voter: str, height: int, digest: bytes) -> None:
        self._votes[height, digest].add(voter)
        known = [
            at for at, voters in self._votes.items()
            if len(voters) >= QUORUM and self.ledger.knows(at[1])
        ]  # fmt: skip
        if not known or max(known)[0] <= self.ledger.final_height:
            return
        final = max(known)
        with self._stages("finalize"):
            self.ledger.finalize(final[1])
        with self._stages("forget"):
            self.pool.remove_final(self.ledger)
        self._in_blocks = {h: n for h, n in self._in_blocks.items() if h > final[0]}
        for at in [at for at in self._votes if at[0] < final[0]]:
            del self._votes[at]
        self._hold_clients()
        if self.ledger.log_size == self.settings.transactions and not self._done:
            self._done = True
            self._on_done()
