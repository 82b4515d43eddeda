# SPDX-License-Identifier: Apache-2.0
"""The replica: whole networks with faults, and one replica fed by hand (docs/spec/consensus.md).

Signatures are those of the simulated network: hashes that only these tests compute.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from simulated_network import CHAIN, EPOCH, Faults, Network, public_key, sign

from chopmark import consensus
from chopmark.consensus import (
    Build,
    Certify,
    Deliver,
    Effect,
    Evidence,
    Persist,
    Send,
    SetTimer,
    Sign,
    VerifyVotes,
)
from chopmark.errors import ConsensusError, EncodingError
from chopmark.reference.codec import ZERO, Header, InvalidEncoding, parse_header
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Ask,
    Block,
    Certificate,
    Justification,
    Message,
    Proposal,
    Vote,
    parse_message,
    quorum,
    vote_payload,
)

EMPTY = bytes(4)
WALL = 1_000_000
VIEW_WINDOW = 64


def order(n: int) -> list[int]:
    """The leaders of views 1 to n."""
    keys = tuple(public_key(i) for i in range(n))
    replica = consensus.Replica(consensus.Config(CHAIN, keys))
    return [replica.leader(view) for view in range(1, n + 1)]


def signed_vote(kind: int, validator: int, view: int, digest: bytes = ZERO) -> Vote:
    payload = vote_payload(CHAIN, kind, EPOCH, view, digest)
    return Vote(kind, validator, EPOCH, view, digest, sign(public_key(validator), payload))


def certificate(kind: int, view: int, digest: bytes, signers: Iterable[int]) -> Certificate:
    signatures = {i: signed_vote(kind, i, view, digest).signature for i in signers}
    return Certificate(kind, EPOCH, view, digest, signatures)


class Bench:
    """One replica. Questions are answered at once, but for the kinds named in `hold`."""

    def __init__(self, n: int = 4, *, leads: int = 4, index: int | None = None, **config: int):
        self.n = n
        self.leaders = order(n)
        self.me = self.leaders[leads - 1] if index is None else index
        self.others = [i for i in range(n) if i != self.me]
        keys = tuple(public_key(i) for i in range(n))
        self.replica = consensus.Replica(
            consensus.Config(CHAIN, keys, index=self.me, **config)
        )
        self.hold: set[type] = set()
        self.held: list[Effect] = []
        self.invalid: set[bytes] = set()  # digests that the ledger refuses
        self.mono, self.wall = 1, WALL
        self.log: list[Effect] = []

    def answer(self, effect: Effect) -> bytes:
        match effect:
            case VerifyVotes():
                ends = effect.offsets.tolist()
                verdicts = bytes(
                    effect.signatures[64 * i : 64 * i + 64]
                    == sign(
                        effect.public_keys[32 * i : 32 * i + 32],
                        effect.messages[ends[i] : ends[i + 1]],
                    )
                    for i in range(len(ends) - 1)
                )
                return consensus.votes_verified(effect.request, verdicts)
            case Sign(request, payload):
                return consensus.signed(request, sign(public_key(self.me), payload))
            case Persist(seq, _):
                return consensus.durable(seq)
            case Build(request, _, _, _):
                return consensus.built(request, ZERO, 0, ZERO, EMPTY)
            case Certify(digest, _, _):
                return consensus.certified(digest, digest not in self.invalid)
        return b""

    def step(self, *events: bytes) -> list[Effect]:
        """Everything that follows from the events, until the replica asks nothing more."""
        done: list[Effect] = []
        waiting = b"".join([consensus.tick(self.mono, self.wall), *events])
        while waiting:
            effects = consensus.decode_effects(self.replica.step(waiting))
            done += effects
            self.held += [one for one in effects if type(one) in self.hold]
            waiting = b"".join(self.answer(e) for e in effects if type(e) not in self.hold)
        self.log += done
        return done

    def release(self) -> list[Effect]:
        """Answers what was held, and holds no more."""
        held, self.held, self.hold = self.held, [], set()
        return self.step(*[self.answer(one) for one in held])

    def start(self) -> list[Effect]:
        """With a transaction waiting, so that the idle rule keeps out of the way."""
        return self.step(consensus.pending(1))

    def hear(self, *messages: Message, peer: int | None = None) -> list[Effect]:
        """Messages from a peer: by default the one who speaks in them."""
        events = []
        for one in messages:
            match one:
                case Vote():
                    sender = one.validator
                case Proposal():
                    sender = one.header.leader
                case _:
                    sender = self.others[0]
            sender = sender if peer is None else peer
            events.append(consensus.message(sender, one.encode(self.n)))
        return self.step(*events)

    def later(self, ms: int) -> list[Effect]:
        self.mono += ms
        self.wall += ms
        return self.step()

    def sent(self, effects: Iterable[Effect]) -> list[Message]:
        return [parse_message(e.message, self.n) for e in effects if isinstance(e, Send)]

    def votes(self, effects: Iterable[Effect]) -> list[tuple[int, int, bytes]]:
        """Own votes sent, the leader's within a proposal included."""
        found = []
        for one in self.sent(effects):
            if isinstance(one, Vote) and one.validator == self.me:
                found.append((one.kind, one.view, one.digest))
            if isinstance(one, Proposal):
                found.append((NOTARIZE, one.header.view, one.header.digest))
        return found

    def certify(self, kind: int, view: int, digest: bytes = ZERO) -> Certificate:
        return certificate(kind, view, digest, self.others[: quorum(self.n)])

    def proposal(
        self,
        view: int,
        parent: Header | None = None,
        payload: bytes = EMPTY,
        *,
        justification: bytes | None = None,
        signer: int | None = None,
        **fields: object,
    ) -> Proposal:
        """What an honest leader of `view` would send, but for the fields given."""
        if justification is None:
            why = None if parent is None else self.certify(NOTARIZE, parent.view, parent.digest)
            first = 1 if parent is None else parent.view + 1
            nullified = tuple(self.certify(NULLIFY, v) for v in range(first, view))
            justification = Justification(why, nullified).encode(self.n)
        leader = self.replica.leader(view)
        header = Header(
            chain_id=CHAIN,
            epoch=EPOCH,
            view=view,
            height=1 if parent is None else parent.height + 1,
            parent_view=0 if parent is None else parent.view,
            parent_digest=CHAIN if parent is None else parent.digest,
            leader=leader,
            payload_root=hashlib.sha256(payload).digest(),
            payload_len=len(payload),
            state_root=ZERO,
            log_size=0,
            log_root=ZERO,
            justify_root=hashlib.sha256(justification).digest(),
            time_ms=WALL if parent is None else parent.time_ms + 1,
        )
        header = replace(header, **fields)  # type: ignore[arg-type]
        key = public_key(leader if signer is None else signer)
        signature = sign(key, vote_payload(CHAIN, NOTARIZE, header.epoch, view, header.digest))
        return Proposal(header, signature, justification, payload)

    def finalize(self, proposal: Proposal) -> list[Effect]:
        """The block and the finalization of it arrive."""
        header = proposal.header
        self.hear(proposal)
        self.hear(self.certify(NOTARIZE, header.view, header.digest))
        return self.hear(self.certify(FINALIZE, header.view, header.digest))


def kinds(effects: Iterable[Effect], kind: type) -> list[Effect]:
    return [one for one in effects if isinstance(one, kind)]
