# SPDX-License-Identifier: Apache-2.0
"""The native ledger and the reference side by side: the same blocks, every answer compared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from ledger_scene import Executed
from ledger_world import (
    GENESIS_BLOCK,
    GENESIS_BYTES,
    Block,
    block,
    transaction,
)

import chopmark
from chopmark import ledger
from chopmark.reference import codec
from chopmark.reference import ledger as reference
from chopmark.reference import state as tree
from chopmark.reference.blake3 import blake3
from chopmark.reference.ledger import Refusal
from chopmark.reference.ledger.entries import StateEntry
from chopmark.testing import use_backend

# A state of the reference knows the keys of its entries, which are hashes. The native ledger is
# asked by identity, so whatever key the reference computes is remembered with what it is made of.
IDENTITIES: dict[bytes, tuple[type[StateEntry], tuple[int | bytes, ...]]] = {}


def key_remembered(cls: type[StateEntry], *identity: int | bytes) -> bytes:
    key = cached_blake3(cls.preimage(*identity))
    IDENTITIES[key] = cls, identity
    return key


cached_blake3 = lru_cache(1 << 18)(blake3)
StateEntry.key = classmethod(key_remembered)  # type: ignore[method-assign, assignment]
# The reference computes every root from nothing; most nodes are those of the block before.
tree.leaf_hash = lru_cache(1 << 18)(tree.leaf_hash)
tree.node_hash = lru_cache(1 << 18)(tree.node_hash)

Answer = tuple[str, int, int, str, bytes, ledger.Roots | None]
Final = tuple[list[tuple[int, bytes, int, int, int]], ledger.Roots, int]


def answer(on: ledger.Ledger, data: bytes, threads: int) -> Answer:
    """All that a ledger says to a block."""
    found = on.validate_block(data, threads=threads)
    roots = on.roots(found.digest) if found.ok else None
    return found.code, found.number, found.transaction, found.detail, found.digest, roots


def made_final(on: ledger.Ledger, digest: bytes) -> Final:
    """All that a ledger says to a block that becomes final."""
    got = on.finalize(digest)
    entries = list(
        zip(
            got.height.tolist(),
            [row.tobytes() for row in got.transaction_id],
            got.code.tolist(),
            got.failing_op.tolist(),
            got.log_index.tolist(),
        )
    )
    return entries, on.roots(), on.usage[0]


@dataclass(frozen=True)
class Unreadable:
    """Bytes that are no block."""

    data: bytes
    time_ms: int = 0


class Twins:
    """Both ledgers. `script` is what they were asked, with what the native one answered."""

    def __init__(self, genesis: bytes = GENESIS_BYTES) -> None:
        self.genesis = genesis
        self.native = ledger.Ledger(genesis)
        self.reference = reference.Ledger(genesis)
        self.blocks = [GENESIS_BLOCK]  # the last final one and the valid ones above it
        self.final_entries = 0
        self.script: list[tuple[bytes, Answer | Final]] = []
        self.answers: set[str] = set()

    def validate(
        self, data: bytes, threads: int = 1, pool: ledger.Pool | None = None
    ) -> reference.Verdict:
        known = set(self.reference.blocks)
        digest = hashlib.sha256(data[: codec.HEADER_BYTES]).digest()
        # The reference forgets no block; the native ledger those that can no longer be final.
        parent = data[66:98]
        forgotten = parent in known and not self.native.knows(parent)
        forgotten = forgotten and not self.native.knows(digest)
        if pool is not None:
            # On a ledger of its own it would not be the same block any more: asked first, and the
            # answer must be the same when the block comes again.
            self.native.validate_block(data, pool=pool, threads=threads)
        ours = answer(self.native, data, threads)
        code, number, index, detail, named, roots = ours
        self.script.append((data, ours))
        self.answers.add(code)
        theirs = self.reference.validate_block(data)
        if forgotten and (theirs.ok or theirs.code > Refusal.UNKNOWN_PARENT):
            theirs = reference.Verdict(Refusal.UNKNOWN_PARENT)
            if digest not in known:
                self.reference.blocks.pop(digest, None)
        assert (number, code, index) == (int(theirs.code), theirs.code.name, theirs.transaction)
        if code.startswith("MALFORMED"):
            assert detail.endswith(f" at byte {theirs.offset}")
        else:
            assert detail == ""
        assert theirs.ok == self.native.knows(digest) or digest in known
        assert named == (bytes(32) if code == "MALFORMED_HEADER" else digest)
        if theirs.ok:
            assert roots == self.reference.roots(digest)
        else:
            assert set(self.reference.blocks) == known
        return theirs

    def validate_block(self, one: Block | Unreadable) -> bool:
        """Without building on it later."""
        return self.validate(one.data).ok

    def propose(
        self, one: Block | Unreadable, threads: int = 1, pool: ledger.Pool | None = None
    ) -> bool:
        ok = self.validate(one.data, threads, pool).ok
        if (
            ok
            and isinstance(one, Block)
            and one.digest not in [known.digest for known in self.blocks]
        ):
            self.blocks.append(one)
        return ok

    def results(self, one: Block) -> list[str]:
        return [entry.code.name for entry in self.reference.blocks[one.digest].entries]

    def finalize(self, target: Block) -> None:
        start = self.native.final_digest
        path: list[bytes] = []
        at = target.digest
        while at != start:
            path.append(at)
            at = self.reference.blocks[at].parent
        want = [
            (self.reference.blocks[digest].height, entry.id, int(entry.code), entry.failing_op)
            for digest in reversed(path)
            for entry in self.reference.blocks[digest].entries
        ]
        first = self.final_entries
        self.final_entries += len(want)
        got = made_final(self.native, target.digest)
        self.script.append((target.digest, got))
        assert got[0] == [(*entry, index) for index, entry in enumerate(want, first)]
        for index, (height, identity, code, failing_op) in enumerate(want, first):
            assert self.native.find(identity) == (index, height, code, failing_op)
        self.compare_final(target)
        self.blocks = [one for one in self.blocks if self.stands_on(one, target.digest)]
        assert all(self.native.knows(one.digest) for one in self.blocks)

    def stands_on(self, one: Block, digest: bytes) -> bool:
        at = one.digest
        while at not in (digest, b""):
            at = self.reference.blocks[at].parent
        return at == digest

    def compare_final(self, target: Block) -> None:
        overlay = self.reference.blocks[target.digest]
        final = self.native.final_digest, self.native.final_height
        assert final == (target.digest, overlay.height)
        assert self.native.roots() == overlay.roots
        assert self.native.log_size == len(overlay.leaves)
        assert self.native.log_root() == overlay.roots[2]
        self.compare_entries(overlay.state)

    def compare_entries(self, state: dict[bytes, bytes]) -> None:
        """Each by its identity, and that there are no others."""
        assert self.native.usage[0] == len(state)
        assert state.keys() <= IDENTITIES.keys()
        for key in state:
            kind, identity = IDENTITIES[key]
            got = self.native.get(kind, *identity)
            assert got is not None and got.entry() == state[key]

    def repeat(self, backend: str, threads: int) -> None:
        """The whole script again, on a ledger of its own."""
        with use_backend(backend):
            other = ledger.Ledger(self.genesis)
            for asked, answered in self.script:
                if len(asked) == 32 and len(answered) == 3:
                    assert made_final(other, asked) == answered
                else:
                    assert answer(other, asked, threads) == answered


BACKENDS: tuple[str, ...] = tuple(chopmark.build_info()["available_backends"])


def replay(journal: Iterable[Executed], threads: int = 1) -> Twins:
    """Blocks of all that a scene executed. What a block may not hold is taken out of it, one by
    one, until it passes: the scene itself asks for no signatures.
    """
    twins = Twins()
    heights: dict[int, list[Executed]] = {}
    for one in journal:
        heights.setdefault(one.height, []).append(one)
    for height in range(1, max(heights, default=0) + 1):
        executed = heights.get(height, [])
        parent = twins.blocks[-1]
        time_ms = executed[0].time_ms if executed else parent.time_ms + 1
        items = [
            transaction(
                *one.operations, by=one.by, field=one.field, valid_until=height, salt=number
            )
            for number, one in enumerate(executed)
        ]
        made = block(twins.reference, parent, items, time_ms=max(time_ms, parent.time_ms + 1))
        while not (verdict := twins.validate(made.data, threads)).ok:
            assert verdict.transaction >= 0
            del items[verdict.transaction]
            made = block(twins.reference, parent, items, time_ms=made.time_ms)
        assert twins.propose(made)
    twins.finalize(twins.blocks[-1])
    return twins
