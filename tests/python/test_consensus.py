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
from chopmark.reference.codec import ZERO, Header, InvalidEncoding
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
SEEDS_ROUGH = range(24)
SEEDS_CRASHED = range(6)
SEEDS_BYZANTINE = range(8)
SEEDS_SEVEN = range(5)
VIEW_WINDOW = 64
OBSERVER = 0xFFFF  # an index that nobody has


def order(n: int) -> list[int]:
    """The leaders of views 1 to n."""
    keys = tuple(public_key(i) for i in range(n))
    replica = consensus.Replica.create(consensus.Config(CHAIN, keys))
    return [replica.leader(view) for view in range(1, n + 1)]


def signed_vote(kind: int, validator: int, view: int, digest: bytes = ZERO) -> Vote:
    payload = vote_payload(CHAIN, kind, EPOCH, view, digest)
    return Vote(kind, validator, EPOCH, view, digest, sign(public_key(validator), payload))


def certificate(kind: int, view: int, digest: bytes, signers: Iterable[int]) -> Certificate:
    signatures = {i: signed_vote(kind, i, view, digest).signature for i in signers}
    return Certificate(kind, EPOCH, view, digest, signatures)


def wire(message: Message, n: int) -> bytes:
    tag = b"\x52" if isinstance(message, Certificate) else b""
    return tag + message.encode(n)


class Bench:
    """One replica. Questions are answered at once, but for the kinds named in `hold`."""

    def __init__(self, n: int = 4, *, leads: int = 4, index: int | None = None, **config: int):
        self.n = n
        self.leaders = order(n)
        self.me = self.leaders[leads - 1] if index is None else index
        self.others = [i for i in range(n) if i != self.me]
        keys = tuple(public_key(i) for i in range(n))
        self.config = consensus.Config(
            CHAIN, keys, ZERO if self.me == OBSERVER else public_key(self.me), **config
        )
        self.replica = consensus.Replica.create(self.config)
        self.disk, self.fence = self.replica.checkpoint()
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
            case Build(request):
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
            self.disk += b"".join(e.record for e in effects if isinstance(e, Persist))
            self.held += [one for one in effects if type(one) in self.hold]
            waiting = b"".join(self.answer(e) for e in effects if type(e) not in self.hold)
        self.log += done
        return done

    def release(self) -> list[Effect]:
        """Answers what was held, and holds no more."""
        held, self.held, self.hold = self.held, [], set()
        return self.step(*[self.answer(one) for one in held])

    def restart(self, position: bytes = b"") -> None:
        """The process ends, and another one recovers from all that was written."""
        self.replica = consensus.Replica.recover(
            self.config, log=self.disk, fence=self.fence, position=position, nonce=bytes(32)
        )
        assert not self.replica.amnesic
        self.checkpoint()
        self.held.clear()
        self.log.clear()

    def checkpoint(self) -> None:
        self.disk, self.fence = self.replica.checkpoint()

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
            events.append(consensus.message(sender, wire(one, self.n)))
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
            next_set_hash=ZERO,
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


# --- Networks ------------------------------------------------------------------------------------

TRANSACTIONS = {b"tx%06d" % i for i in range(5)}
ROUGH = Faults(loss=0.1, duplicate=0.1, delay_ms=(1, 40), spike=0.02, partition=0.2, stall=0.2)


def run_network(n: int, seed: int, faults: Faults, limit_ms: int = 60_000) -> Network:
    """Every honest validator delivers every transaction; the observer checks all on the way."""
    network = Network(n, seed, faults)
    for i, transaction in enumerate(sorted(TRANSACTIONS)):
        for node in network.nodes:
            network.at(300 * i, lambda node=node, t=transaction: node.submit(t))  # type: ignore[misc]

    def done() -> bool:
        healed = network.now >= faults.heal_ms
        return healed and all(node.done >= TRANSACTIONS for node in network.honest())

    assert network.run(done, faults.heal_ms + limit_ms), f"n={n}, seed={seed}: nothing more final"
    return network


@pytest.mark.parametrize("n", [1, 4, 7, 16])
def test_everything_submitted_becomes_final(n: int) -> None:
    network = run_network(n, 1, Faults(heal_ms=0))
    assert not any(node.evidence for node in network.nodes)


@pytest.mark.parametrize("seed", SEEDS_ROUGH)
def test_network_heals_after_faults(seed: int) -> None:
    """Loss, copies, delays, partitions and stalls; liveness once they end."""
    run_network(4, seed, ROUGH)


@pytest.mark.parametrize("seed", SEEDS_CRASHED)
def test_one_validator_may_crash(seed: int) -> None:
    run_network(4, seed, replace(ROUGH, crashed=frozenset({seed % 4})))


@pytest.mark.parametrize("seed", SEEDS_BYZANTINE)
def test_one_validator_may_lie(seed: int) -> None:
    run_network(4, seed, Faults(loss=0.05, byzantine=frozenset({seed % 4})))


@pytest.mark.parametrize("seed", SEEDS_SEVEN)
def test_one_may_lie_and_another_crash_among_seven(seed: int) -> None:
    faults = Faults(loss=0.05, byzantine=frozenset({seed % 4}), crashed=frozenset({5}))
    run_network(7, seed, faults)


def test_same_seed_gives_the_same_run() -> None:
    def effects() -> tuple[str, int]:
        digest, steps = hashlib.sha256(), 0
        original = consensus.Replica.step

        def step(self: consensus.Replica, events: bytes) -> bytes:
            nonlocal steps
            out = original(self, events)
            digest.update(len(out).to_bytes(8, "big") + out)
            steps += 1
            return out

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(consensus.Replica, "step", step)
            run_network(4, 1, ROUGH)
        return digest.hexdigest(), steps

    first = effects()
    assert first[1] > 100
    assert effects() == first


# --- Rules ---------------------------------------------------------------------------------------


def test_r1_nullification_of_any_view_moves_on() -> None:
    """R1."""
    bench = Bench()
    bench.start()
    bench.hear(bench.certify(NULLIFY, 1))
    assert bench.replica.view == 2
    bench.hear(bench.certify(NULLIFY, 9))
    assert bench.replica.view == 10


def test_r1_only_a_certified_notarization_moves_on() -> None:
    """R1."""
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    bench.hear(bench.certify(NOTARIZE, 1, proposal.header.digest))
    assert bench.replica.view == 1, "its block is not here"
    bench.hold = {Certify}
    bench.hear(proposal)
    assert bench.replica.view == 1, "the ledger has not answered"
    bench.release()
    assert bench.replica.view == 2


def test_r2_leader_builds_on_the_notarized_block_below_nullified_views() -> None:
    """R2."""
    bench = Bench(leads=3)
    bench.start()
    first = bench.proposal(1)
    bench.hear(first)
    bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
    assert not kinds(bench.log, Build)
    effects = bench.hear(bench.certify(NULLIFY, 2))
    [build] = kinds(effects, Build)
    assert isinstance(build, Build)
    assert (build.parent_digest, build.height) == (first.header.digest, 2)
    [proposal] = [m for m in bench.sent(effects) if isinstance(m, Proposal)]
    header = proposal.header
    assert (header.view, header.height, header.parent_view) == (3, 2, 1)
    assert header.time_ms == max(bench.wall, first.header.time_ms + 1)


def test_r2_leader_waits_while_a_gap_is_not_nullified() -> None:
    bench = Bench(leads=3)
    bench.start()
    effects = bench.hear(bench.certify(NULLIFY, 2))
    assert bench.replica.view == 3
    assert not kinds(effects, Build)
    assert kinds(bench.hear(bench.certify(NULLIFY, 1)), Build)


def test_r2_idle_leader_proposes_nothing_until_heartbeat_or_transaction() -> None:
    """R2."""
    bench = Bench(leads=1)
    assert not kinds(bench.step(), Build)
    assert not kinds(bench.later(9_000), Build)
    assert not bench.votes(bench.log), "no timer may fire while there is nothing to do"
    assert kinds(bench.later(1_000), Build), "heartbeat"
    assert kinds(Bench(leads=1).start(), Build)


def test_r3_first_good_proposal_is_notarized_once() -> None:
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    assert bench.votes(bench.hear(proposal)) == [(NOTARIZE, 1, proposal.header.digest)]
    assert bench.votes(bench.hear(proposal)) == []
    assert bench.votes(bench.hear(bench.proposal(1, payload=b"\0\0\0\0other"))) == []


def test_r3_proposal_waits_for_its_parent() -> None:
    bench = Bench()
    bench.start()
    first = bench.proposal(1)
    second = bench.proposal(2, first.header)
    assert bench.votes(bench.hear(second)) == []
    block = Block(first.header, first.justification, first.payload)
    votes = bench.votes(bench.hear(block))
    assert (NOTARIZE, 2, second.header.digest) in votes


def test_r3_allowed_after_nullify_but_r5_not() -> None:
    bench = Bench()
    bench.start()
    assert bench.votes(bench.later(1_000)) == [(NULLIFY, 1, ZERO)]
    proposal = bench.proposal(1)
    assert bench.votes(bench.hear(proposal)) == [(NOTARIZE, 1, proposal.header.digest)]
    assert bench.votes(bench.hear(bench.certify(NOTARIZE, 1, proposal.header.digest))) == []
    assert bench.replica.view == 2


def test_r4_refused_block_is_nullified_and_its_child_fails_unasked() -> None:
    """R4."""
    bench = Bench()
    bench.start()
    first = bench.proposal(1)
    second = bench.proposal(2, first.header)
    bench.invalid.add(first.header.digest)
    bench.hear(first, second)
    bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
    assert (NULLIFY, 1, ZERO) in bench.votes(bench.log)
    bench.hear(bench.certify(NOTARIZE, 2, second.header.digest))
    asked = [one.digest for one in kinds(bench.log, Certify) if isinstance(one, Certify)]
    assert asked == [first.header.digest]
    assert bench.replica.view == 1


def test_r4_child_waits_for_its_parent() -> None:
    """R4."""
    bench = Bench()
    bench.start()
    bench.hold = {Certify}
    first = bench.proposal(1)
    second = bench.proposal(2, first.header)
    bench.hear(first, second)
    bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
    bench.hear(bench.certify(NOTARIZE, 2, second.header.digest))
    assert [type(one) for one in bench.held] == [Certify]
    bench.release()
    assert len(kinds(bench.log, Certify)) == 2


def test_r5_no_finalize_after_notarizing_another_block() -> None:
    bench = Bench()
    bench.start()
    mine, other = bench.proposal(1), bench.proposal(1, payload=b"\0\0\0\0other")
    bench.hear(mine)
    bench.hear(bench.certify(NOTARIZE, 1, other.header.digest))
    block = Block(other.header, other.justification, other.payload)
    effects = bench.hear(block)
    assert bench.replica.view == 2, "certified all the same"
    assert not [one for one in bench.votes(effects) if one[0] == FINALIZE]


def test_r5_certified_block_is_finalized() -> None:
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    bench.hear(proposal)
    effects = bench.hear(bench.certify(NOTARIZE, 1, proposal.header.digest))
    assert bench.votes(effects) == [(FINALIZE, 1, proposal.header.digest)]
    assert not [v for v in bench.votes(bench.later(60_000)) if v[:2] == (NULLIFY, 1)]


def test_r6_nullify_when_the_leader_is_silent_or_gives_up() -> None:
    silent = Bench()
    silent.start()
    assert silent.votes(silent.later(299)) == []
    assert silent.votes(silent.later(1)) == [(NULLIFY, 1, ZERO)]  # 2 * 100 + 100 ms
    told = Bench()
    told.start()
    effects = told.hear(signed_vote(NULLIFY, told.leaders[0], 1))
    assert told.votes(effects) == [(NULLIFY, 1, ZERO)]


def test_r6_proposal_in_time_leaves_the_longer_timer() -> None:
    bench = Bench()
    bench.start()
    bench.hear(bench.proposal(1))
    assert not [v for v in bench.votes(bench.later(499)) if v[0] == NULLIFY]
    assert (NULLIFY, 1, ZERO) in bench.votes(bench.later(1))  # 4 * 100 + 100 ms


def test_r7_new_certificate_is_broadcast_once() -> None:
    """R7."""
    bench = Bench()
    bench.start()
    nullification = bench.certify(NULLIFY, 5)
    assert nullification in bench.sent(bench.hear(nullification))
    assert nullification not in bench.sent(bench.hear(nullification))


def test_r8_standstill_repeats_own_votes_and_certificates() -> None:
    """R8."""
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    bench.hear(proposal)
    notarization = bench.certify(NOTARIZE, 1, proposal.header.digest)
    bench.hear(notarization)
    effects = bench.later(5_000)
    assert notarization in bench.sent(effects)
    assert (NOTARIZE, 1, proposal.header.digest) in bench.votes(effects)
    assert (FINALIZE, 1, proposal.header.digest) in bench.votes(effects)


def test_r8_vote_for_a_final_view_is_answered_with_the_finalization() -> None:
    """R8."""
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    bench.finalize(proposal)
    effects = bench.hear(signed_vote(NULLIFY, bench.others[0], 1))
    assert bench.sent(effects) == [bench.certify(FINALIZE, 1, proposal.header.digest)]


def test_r10_chain_is_delivered_in_order_once_it_is_whole() -> None:
    """R10."""
    bench = Bench()
    bench.start()
    first = bench.proposal(1)
    second = bench.proposal(2, first.header)
    bench.hear(second)
    bench.hear(bench.certify(FINALIZE, 2, second.header.digest))
    assert not kinds(bench.log, Deliver)
    block = Block(first.header, first.justification, first.payload)
    delivered = [e for e in bench.hear(block) if isinstance(e, Deliver)]
    assert [one.digest for one in delivered] == [first.header.digest, second.header.digest]
    assert [bool(one.certificate) for one in delivered] == [False, True]
    assert bench.replica.last_final == (2, 2, second.header.digest)


def test_r11_gap_is_asked_for_and_nullified_by_the_asker() -> None:
    """R11."""
    bench = Bench()
    bench.start()
    bench.hear(bench.certify(NULLIFY, 3))
    effects = bench.later(1_100)
    asked = [m for m in bench.sent(effects) if isinstance(m, Ask) and not m.final]
    assert asked == [Ask(1, 1), Ask(1, 2)]
    assert {(NULLIFY, 1, ZERO), (NULLIFY, 2, ZERO)} <= set(bench.votes(effects))


def test_r11_answers_a_certificate_or_an_own_nullify() -> None:
    """R11."""
    bench = Bench()
    bench.start()
    nullification = bench.certify(NULLIFY, 3)
    bench.hear(nullification)
    assert bench.sent(bench.hear(Ask(1, 3))) == [nullification]
    assert bench.votes(bench.hear(Ask(1, 2))) == [(NULLIFY, 2, ZERO)]
    assert bench.votes(bench.hear(Ask(1, 2))) == [(NULLIFY, 2, ZERO)], "new or old"
    assert bench.sent(bench.hear(Ask(1, 4))) == [], "not a view that it is still in"


def test_nothing_is_sent_before_it_is_durable() -> None:
    """B-61."""
    bench = Bench()
    bench.start()
    bench.hold = {Persist}
    assert bench.votes(bench.hear(bench.proposal(1))) == []
    assert bench.held
    assert [one[0] for one in bench.votes(bench.release())] == [NOTARIZE]


def test_nothing_is_delivered_before_it_is_durable() -> None:
    """B-62."""
    bench = Bench()
    bench.start()
    bench.hold = {Persist}
    bench.finalize(bench.proposal(1))
    assert not kinds(bench.log, Deliver)
    assert len(kinds(bench.release(), Deliver)) == 1


# --- Threats -------------------------------------------------------------------------------------


def test_validator_index_out_of_range() -> None:
    """B-13, B-22. Threat 17."""
    bench = Bench()
    bench.start()
    for index in (4, 5, 255, 0x7FFF, 0xFFFF):
        vote = signed_vote(NULLIFY, index, 1)
        assert bench.hear(vote, peer=bench.others[0]) == []
        with pytest.raises(ConsensusError):  # nobody has named a key for this link
            bench.replica.step(consensus.message(index, vote.encode()))
    assert bench.replica.counters()["malformed"] == 5
    with pytest.raises(ConsensusError):  # the own link
        bench.replica.step(consensus.message(bench.me, vote.encode()))
    assert bench.step(consensus.link(9, CHAIN), consensus.message(9, vote.encode())) == []
    voter, other = bench.others[:2]
    bench.hear(signed_vote(NULLIFY, other, 1), peer=voter)
    assert bench.replica.counters()["wrong_sender"] == 1


def test_bitmap_and_count_disagree() -> None:
    """Threat 18."""
    bench = Bench()
    bench.start()
    good = bench.certify(NULLIFY, 1).encode(4)
    bitmap_at = 1 + 16 + 1
    wrong = [good[:-64], good + bytes(64), good[:-1]]
    for bits in (0b0000, 0b1111, 0b0011, 0b1_0111, 0b1000_0111):
        changed = bytearray(good)
        changed[bitmap_at] = bits
        wrong.append(bytes(changed))
    wrong += [good[:17] + b"\0" + good[19:], good[:17] + b"\2" + good[18:19] + b"\0" + good[19:]]
    for one in wrong:
        data = b"\x52" + one
        with pytest.raises(EncodingError):
            consensus.check_message(data, 4)
        assert bench.step(consensus.message(bench.others[0], data)) == []
    assert bench.replica.counters()["malformed"] == len(wrong)
    assert bench.replica.view == 1


def test_certificate_counts_no_validator_twice_or_for_another() -> None:
    """Threat 20."""
    bench = Bench()
    bench.start()
    good = bench.certify(NULLIFY, 1)
    a, b, c = good.signatures
    for signatures in (
        {a: good.signatures[a], b: good.signatures[a], c: good.signatures[c]},
        {a: good.signatures[b], b: good.signatures[a], c: good.signatures[c]},
    ):
        bench.hear(replace(good, signatures=signatures))
    assert bench.replica.counters()["bad_signature"] == 2
    assert bench.replica.view == 1
    for _ in range(3):
        bench.hear(signed_vote(NULLIFY, a, 1))
    assert bench.replica.view == 1


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 9, 10, 15, 16, 32])
def test_exactly_two_thirds_is_no_quorum(n: int) -> None:
    """B-11. Threat 21. A quorum is more than two thirds: 3 of 4, 5 of 6, 7 of 9."""
    bench = Bench(n, leads=1, index=OBSERVER)
    bench.start()
    needed = 2 * n // 3 + 1
    for voter in range(needed - 1):
        bench.hear(signed_vote(NULLIFY, voter, 1))
        assert bench.replica.view == 1
    few = certificate(NULLIFY, 1, ZERO, range(needed - 1)).encode(n)
    with pytest.raises(EncodingError):
        consensus.check_message(b"\x52" + few, n)
    bench.hear(signed_vote(NULLIFY, needed - 1, 1))
    assert bench.replica.view == 2


def test_huge_views_of_one_validator_are_not_stored() -> None:
    """R9. Threat 22."""
    bench = Bench()
    bench.start()
    peer = bench.others[0]
    far = [VIEW_WINDOW + 2, 10**9, 2**63, 2**64 - 1]
    for view in far:
        for kind in (NOTARIZE, NULLIFY, FINALIZE):
            assert bench.hear(signed_vote(kind, peer, view)) == []
        forged = replace(certificate(NULLIFY, view, ZERO, [0, 1, 2]), signatures={
            i: bytes(64) for i in range(3)})  # fmt: skip
        bench.hear(forged)
        assert bench.hear(Ask(1, view)) == []
    assert bench.replica.counters()["out_of_window"] == 3 * len(far)
    assert bench.replica.counters()["bad_signature"] == len(far)
    assert bench.replica.view == 1


FORGED = {
    "chain": {"chain_id": ZERO},
    "height 0": {"height": 0},
    "height 2": {"height": 2},
    "height max": {"height": 2**64 - 1},
    "parent": {"parent_digest": ZERO},
    "parent view": {"parent_view": 1},
    "parent view max": {"parent_view": 2**64 - 1},
    "leader": {"leader": 9},
    "payload root": {"payload_root": ZERO},
    "payload length": {"payload_len": 5},
    "next set": {"next_set_hash": CHAIN},
    "justification": {"justify_root": ZERO},
    "epoch 0": {"epoch": 0},
    "epoch 2": {"epoch": 2},
    "time 0": {"time_ms": 0},
    "time far ahead": {"time_ms": WALL + 10_001},
    "time max": {"time_ms": 2**64 - 1},
}


@pytest.mark.parametrize("name", FORGED)
def test_leader_forges_header_fields(name: str) -> None:
    """Threat 23."""
    bench = Bench()
    bench.start()
    forged = bench.proposal(1, **FORGED[name])
    assert bench.votes(bench.hear(forged, peer=bench.leaders[0])) == []


def test_proposal_over_the_limit_or_of_another_leader() -> None:
    """Threat 23."""
    bench = Bench(payload_bytes_max=100)
    bench.start()
    assert bench.votes(bench.hear(bench.proposal(1, payload=bytes(101)))) == []
    bench = Bench(payload_bytes_max=100)
    bench.start()
    other = bench.leaders[1]
    assert bench.votes(bench.hear(bench.proposal(1, leader=other, signer=other))) == []
    assert bench.votes(bench.hear(bench.proposal(1, signer=other))) == []
    assert bench.votes(bench.hear(bench.proposal(1, payload=bytes(100)))) != []


def test_justification_with_a_hole() -> None:
    """Threat 23: a skipped view must be nullified."""
    for why in (
        Justification(None),
        Justification(None, (certificate(NULLIFY, 2, ZERO, range(3)),)),
        Justification(None, tuple(certificate(NULLIFY, v, ZERO, range(3)) for v in (1, 2, 3))),
    ):
        bench = Bench()
        bench.start()
        bench.hear(bench.proposal(3, justification=why.encode(4)))
        assert bench.replica.counters()["unjustified"] == 1
        assert bench.replica.view == 1


def test_equivocating_leader_is_accused_once() -> None:
    """Threat 24: evidence, no second vote and no finalize."""
    bench = Bench()
    bench.start()
    mine, other = bench.proposal(1), bench.proposal(1, payload=b"\0\0\0\0other")
    bench.hear(mine)
    for _ in range(3):
        bench.hear(other)
    [evidence] = kinds(bench.log, Evidence)
    assert isinstance(evidence, Evidence)
    assert (evidence.kind, evidence.culprit) == (2, bench.leaders[0])
    found = {parse_message(one, 4) for one in evidence.parts}
    assert {one.digest for one in found if isinstance(one, Vote)} == {
        mine.header.digest, other.header.digest}  # fmt: skip
    effects = bench.hear(bench.certify(NOTARIZE, 1, mine.header.digest))
    assert not [one for one in bench.votes(effects) if one[0] == FINALIZE]


def test_equivocating_voter_is_accused_once() -> None:
    """Threat 24: repeated votes make no new evidence."""
    bench = Bench()
    bench.start()
    peer = bench.others[0]
    votes = [signed_vote(NOTARIZE, peer, 1, digest) for digest in (CHAIN, ZERO)]
    bench.hear(*(votes * 5))
    assert len(kinds(bench.log, Evidence)) == 1


def test_leader_votes_for_another_block_before_it_proposes() -> None:
    """Threat 24: the vote that its proposal replaces is evidence, and no signature is lost."""
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    bench.hear(signed_vote(NOTARIZE, bench.leaders[0], 1, CHAIN))
    bench.hear(proposal)
    [evidence] = kinds(bench.log, Evidence)
    assert isinstance(evidence, Evidence)
    assert (evidence.kind, evidence.culprit) == (2, bench.leaders[0])
    found = {parse_message(one, 4) for one in evidence.parts}
    assert {one.digest for one in found if isinstance(one, Vote)} == {
        CHAIN, proposal.header.digest}  # fmt: skip


def test_wrong_or_old_evidence_accuses_nobody() -> None:
    """Threat 24."""
    bench = Bench(7)
    bench.start()
    peer, *others = bench.others
    proposal = bench.proposal(1)
    digest = proposal.header.digest
    bench.hear(signed_vote(NOTARIZE, peer, 1, CHAIN))
    bench.hear(replace(signed_vote(NOTARIZE, peer, 1, ZERO), signature=bytes(64)))
    bench.hear(signed_vote(NULLIFY, peer, 1))  # may go with a notarize
    bench.hear(proposal)
    for kind in (NOTARIZE, FINALIZE):
        bench.hear(certificate(kind, 1, digest, others))
    assert bench.replica.last_final[0] == 1
    bench.hear(*[signed_vote(NOTARIZE, peer, 1, bytes([i] * 32)) for i in range(5)])
    assert not kinds(bench.log, Evidence)


def test_finalize_and_nullify_of_one_view_is_evidence() -> None:
    """Threat 24: E3."""
    bench = Bench()
    bench.start()
    peer = bench.others[0]
    bench.hear(signed_vote(FINALIZE, peer, 1, CHAIN), signed_vote(NULLIFY, peer, 1))
    assert [(e.kind, e.culprit) for e in bench.log if isinstance(e, Evidence)] == [(3, peer)]


@pytest.mark.parametrize("tag", [*range(0x50, 0x55), 0x58, 0x00, 0xFF])
def test_message_without_its_body(tag: int) -> None:
    """Threat 25."""
    bench = Bench()
    bench.start()
    for data in (b"", bytes([tag]), bytes([tag, 0]), bytes([tag]) + bytes(8)):
        assert bench.step(consensus.message(bench.others[0], data)) == []
    counters = bench.replica.counters()
    assert counters["malformed"] + counters["out_of_window"] == 4  # of an epoch that has no body


def test_view_change_during_delivery_goes_on() -> None:
    """Threat 27: while a finalization is being written, views go on and nothing gets stuck."""
    bench = Bench(leads=3)
    bench.start()
    proposal = bench.proposal(1)
    bench.hold = {Persist}
    bench.finalize(proposal)
    bench.hear(bench.certify(NULLIFY, 2))
    assert bench.replica.view == 3
    effects = bench.release()
    assert [type(one) for one in effects if isinstance(one, Deliver | Build)] == [Deliver, Build]
    assert (NOTARIZE, 3) in [one[:2] for one in bench.votes(effects)]


LATE_VOTES = """
from test_consensus import *
bench = Bench()
bench.start()
proposal = bench.proposal(1)
digest = proposal.header.digest
bench.hear(proposal)
bench.hold = {Persist, VerifyVotes}
bench.hear(*[signed_vote(NOTARIZE, i, 1, digest) for i in bench.others])
check, bench.held = bench.held[-1], []
bench.hold = {Persist}
bench.hear(bench.certify(FINALIZE, 1, digest))
bench.step(bench.answer(check))
bench.release()
assert bench.replica.last_final[0] == 1
"""


def test_votes_verified_during_delivery_do_not_hang() -> None:
    """Threat 27. In a process of its own: a replica that loops would hold the suite."""
    done = subprocess.run(
        [sys.executable, "-c", LATE_VOTES], cwd=Path(__file__).parent, timeout=60, check=False
    )
    assert done.returncode == 0


def test_flood_of_certificates_is_bounded() -> None:
    """R9. Threat 33: one peer gets a bounded number of verifications at a time."""
    bench = Bench()
    bench.start()
    bench.hold = {VerifyVotes}
    bench.hear(*[certificate(NULLIFY, v, ZERO, range(3)) for v in range(1, 1000)])
    assert len(bench.held) == 64
    assert bench.replica.counters()["no_room"] == 999 - 64


def test_flood_of_conflicting_votes_is_bounded() -> None:
    """Threat 33."""
    bench = Bench()
    bench.start()
    bench.hold = {VerifyVotes}
    peer = bench.others[0]
    votes = [signed_vote(NOTARIZE, peer, 1, i.to_bytes(32, "big")) for i in range(1000)]
    bench.hear(*votes)
    assert 0 < len(bench.held) <= 64 * 4


def test_ask_gets_a_bounded_reply() -> None:
    """Threat 33: one block, or the few certificates of one view, for one small message."""
    bench = Bench()
    bench.start()
    proposal = bench.proposal(1)
    digest = proposal.header.digest
    bench.hear(proposal)
    bench.hear(bench.certify(NOTARIZE, 1, digest), bench.certify(NULLIFY, 1))
    assert len(bench.sent(bench.hear(Ask(1, 1, digest)))) == 1
    assert len(bench.sent(bench.hear(Ask(1, 1)))) == 2
    assert bench.hear(Ask(1, 1, ZERO), Ask(1, 2**64 - 1)) == []
    assert all(e.to == bench.others[0] for e in bench.hear(Ask(1, 1)) if isinstance(e, Send))


def test_message_of_another_epoch() -> None:
    """B-73: whoever is ahead is asked for what became final, once; whoever is behind gets nothing
    here, where no epoch has ended.
    """
    bench = Bench()
    bench.start()
    peer = bench.others[0]
    effects = bench.hear(Ask(2, 1), Ask(3, 1))
    assert bench.sent(effects) == [Ask(1, 1, final=True)]
    assert [e.to for e in effects if isinstance(e, Send)] == [peer]
    assert bench.hear(Ask(0, 1)) == []


def test_clock_that_runs_backwards() -> None:
    """B-23. Threat 39: time of timers never steps back; a block is later than its parent."""
    bench = Bench(leads=2)
    bench.mono = 10_000
    bench.start()
    first = bench.proposal(1)
    bench.hear(first)
    bench.mono, bench.wall = 1, WALL - 5_000
    effects = bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
    [made] = [m for m in bench.sent(effects) if isinstance(m, Proposal)]
    assert made.header.time_ms == first.header.time_ms + 1
    timers = [one.mono_ms for one in bench.log if isinstance(one, SetTimer)]
    assert min(timers) >= 10_000


def test_block_time_far_ahead_is_not_notarized_until_it_comes() -> None:
    """Threat 39: at most ten seconds ahead of the own clock, R3."""
    bench = Bench()
    bench.start()
    bench.hear(bench.proposal(1, time_ms=WALL + 10_001))
    assert not bench.votes(bench.log)
    assert NOTARIZE in [one[0] for one in bench.votes(bench.later(1))]


def test_clock_behind_does_not_refuse_what_others_made_final() -> None:
    """Threat 39: a validator whose clock is wrong still follows the chain."""
    bench = Bench()
    bench.wall = WALL - 60_000
    bench.start()
    bench.finalize(bench.proposal(1))
    assert bench.replica.last_final[0] == 1


# --- Recovery ------------------------------------------------------------------------------------


def test_votes_are_remembered() -> None:
    """B-61, B-65, R3, R5: neither another notarize nor, after a nullify, a finalize."""
    for nullified in (False, True):
        bench = Bench()
        bench.start()
        if nullified:
            assert bench.votes(bench.later(1_000)) == [(NULLIFY, 1, ZERO)]
        proposal = bench.proposal(1)
        digest = proposal.header.digest
        bench.hear(proposal)
        bench.restart()
        bench.start()
        assert bench.replica.view == 1
        assert bench.votes(bench.hear(bench.proposal(1, payload=b"\0\0\0\0other"))) == []
        votes = bench.votes(bench.hear(bench.certify(NOTARIZE, 1, digest)))
        assert votes == ([] if nullified else [(FINALIZE, 1, digest)])


def test_no_view_gets_a_second_proposal() -> None:
    """B-65: what the one before was is said again in a standstill, byte by byte."""
    bench = Bench(leads=1)
    [proposal] = [m for m in bench.sent(bench.start()) if isinstance(m, Proposal)]
    bench.restart()
    effects = [*bench.start(), *bench.later(1_100)]
    assert not kinds(effects, Build)
    assert proposal in bench.sent(effects)
    assert bench.votes(effects)[0] == (NOTARIZE, 1, proposal.header.digest)


def test_view_after_a_recovery() -> None:
    """B-65: above a finalize, and above the last final view."""
    bench = Bench()
    bench.start()
    first = bench.proposal(1)
    bench.hear(first)
    bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
    bench.restart()
    assert bench.replica.view == 2
    bench.start()
    bench.hear(bench.certify(FINALIZE, 1, first.header.digest))
    bench.hear(bench.certify(NULLIFY, 7))
    assert (NULLIFY, 8, ZERO) in bench.votes(bench.later(2_000))
    bench.restart()
    assert bench.replica.view == 8


def test_blocks_that_the_driver_has_not_stored_are_delivered_again() -> None:
    """B-63, B-65, R10."""
    bench = Bench()
    bench.start()
    first = bench.proposal(1)
    [once] = kinds(bench.finalize(first), Deliver)
    for _ in range(2):  # from the records, and then from the checkpoint
        bench.restart()
        assert kinds(bench.start(), Deliver) == [once]
        assert bench.replica.last_final == (1, 1, first.header.digest)
    bench.step(consensus.stored(1))
    bench.checkpoint()
    bench.restart(bench.replica.position())
    assert not kinds(bench.start(), Deliver)
    assert bench.replica.last_final == (1, 1, first.header.digest)


def test_nothing_is_signed_for_views_that_are_final() -> None:
    """B-62."""
    bench = Bench()
    bench.start()
    bench.finalize(bench.proposal(1))
    bench.restart()
    bench.start()
    assert bench.votes(bench.hear(bench.proposal(1, payload=b"\0\0\0\0other"))) == []
    assert not any(view <= 1 for _, view, _ in bench.votes(bench.later(60_000)))


def test_checkpoint_instead_of_records_changes_nothing() -> None:
    """B-63: whether a log is replaced by a checkpoint or not, what follows is the same."""
    snapshots, said = set(), []
    for compact in (False, True):
        bench = Bench(leads=3)
        bench.start()
        first = bench.proposal(1)
        bench.hear(first)
        bench.hear(bench.certify(NOTARIZE, 1, first.header.digest))
        if compact:
            bench.checkpoint()
        bench.later(1_000)
        if compact:
            bench.checkpoint()
        bench.restart()
        snapshots.add(bench.replica.snapshot())
        said.append(bench.votes([*bench.start(), *bench.later(1_100)]))
    assert len(snapshots) == 1
    assert said[0] == said[1] != []


def test_driver_that_verified_blocks_itself() -> None:
    """B-51: its position leads on, and never back."""
    bench = Bench()
    bench.start()
    ahead = Bench()
    ahead.start()
    first = ahead.proposal(1)
    ahead.finalize(first)
    second = ahead.proposal(2, first.header)
    behind = ahead.replica.position()
    ahead.finalize(second)
    bench.step(consensus.position(ahead.replica.position()))
    assert bench.replica.last_final == (2, 2, second.header.digest)
    assert bench.replica.view == 3
    bench.step(consensus.position(behind))
    assert bench.replica.last_final == (2, 2, second.header.digest)


def test_config_that_breaks_its_rule() -> None:
    """B-10."""
    good = Bench().config
    for change in (
        {"validators": ()},
        {"validators": good.validators[:1] * 2},
        {"delta_ms": 0},
        {"standstill_ms": 0},
        {"heartbeat_ms": 0},
        {"views_per_leader": 0},
        {"payload_bytes_max": 3},
        {"payload_bytes_max": 4 * 1024 * 1024 + 1},
    ):
        with pytest.raises(EncodingError):
            consensus.Replica.create(replace(good, **change))  # type: ignore[arg-type]
    for position in (b"x", bytes(100), Bench().replica.position()[:-1]):
        with pytest.raises(EncodingError):
            consensus.Replica.recover(good, log=None, fence=None, position=position, nonce=ZERO)
    with pytest.raises(ValueError, match="nonce"):
        consensus.Replica.recover(good, log=None, fence=None, nonce=b"short")
    assert consensus.Replica.recover(good, log=None, fence=None, nonce=ZERO).amnesic
    observer = replace(good, own_key=consensus.OBSERVER)
    assert not consensus.Replica.recover(observer, log=None, fence=None, nonce=ZERO).amnesic


# --- Decoders ------------------------------------------------------------------------------------


def sample_messages() -> list[Message]:
    bench = Bench()
    first = bench.proposal(1)
    second = bench.proposal(3, first.header, b"\0\0\0\0payload")
    block = Block(second.header, second.justification, second.payload)
    digest = first.header.digest
    return [
        second,
        block,
        signed_vote(NOTARIZE, bench.others[0], 1, digest),
        signed_vote(NULLIFY, bench.others[0], 1),
        bench.certify(FINALIZE, 1, digest),
        bench.certify(NULLIFY, 1),
        Ask(1, 1),
        Ask(1, 1, digest),
    ]


def spoiled(data: bytes) -> Iterable[bytes]:
    """Every truncation and every flip of one bit."""
    yield from (data[:size] for size in range(len(data)))
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


@pytest.mark.parametrize("index", range(8))
def test_spoiled_messages_are_read_as_the_reference_reads_them(index: int) -> None:
    bench = Bench()
    bench.start()
    refused = 0
    data = wire(sample_messages()[index], 4)
    consensus.check_message(data, 4)
    for one in spoiled(data):
        try:
            parse_message(one, 4)
        except InvalidEncoding as error:
            refused += 1
            with pytest.raises(EncodingError) as caught:
                consensus.check_message(one, 4)
            assert (caught.value.reason, caught.value.offset) == (error.reason, error.offset)
        else:
            consensus.check_message(one, 4)
    assert refused >= len(data)


def test_spoiled_events_are_refused_or_harmless() -> None:
    """B-20, B-22."""
    digest = CHAIN
    events = [
        consensus.tick(5, WALL),
        consensus.message(1, signed_vote(NULLIFY, 1, 1).encode()),
        consensus.votes_verified(1, bytes(3)),
        consensus.signed(1, bytes(64)),
        consensus.durable(1),
        consensus.built(1, ZERO, 0, ZERO, EMPTY),
        consensus.certified(digest, True),
        consensus.pending(1),
    ]
    refused = 0
    for event in events:
        for size in range(1, len(event)):
            with pytest.raises(ConsensusError):
                Bench().replica.step(event[:size])
        for one in list(spoiled(event))[len(event) :]:
            replica = Bench().replica
            try:
                consensus.decode_effects(replica.step(one))
            except ConsensusError:
                refused += 1
            assert replica.last_final[0] == 0
    assert refused > 0


def test_effects_cut_short() -> None:
    """B-21."""
    data = Bench().replica.step(consensus.tick(1, WALL) + consensus.pending(1))
    assert consensus.decode_effects(data)
    for size in range(5, len(data)):
        with pytest.raises(EncodingError):
            consensus.decode_effects(data[:size])


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_effects_cut_within_the_head_of_a_frame(size: int) -> None:
    with pytest.raises(EncodingError):
        consensus.decode_effects(bytes([0x85]) + bytes(size - 1))
