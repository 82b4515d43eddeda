# SPDX-License-Identifier: Apache-2.0
"""Evidence and culprits with real signatures: native code against the reference (B-90, B-92)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from chopmark import EncodingError, InvalidProof, _core, evidence
from chopmark.evidence import ChainBlock, FinalChain
from chopmark.reference import evidence as reference
from chopmark.reference.codec import ZERO, AnyHeader, ClosingHeader, Header, InvalidEncoding
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    Ask,
    Certificate,
    Evidence,
    Justification,
    Vote,
    encode_sized,
    quorum,
    vote_payload,
)

CHAIN, ANCHOR = b"\xc1" * 32, b"\xa1" * 32
LOW, HIGH = b"\x01" * 32, b"\x02" * 32
EPOCH, VIEW, N = 3, 10, 4
SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in range(7)]
KEYS = [one.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw) for one in SECRETS]
AROUND = {"chain_id": CHAIN, "anchor": ANCHOR}


def vote(kind: int, validator: int, view: int, digest: bytes = ZERO, epoch: int = EPOCH) -> Vote:
    payload = vote_payload(CHAIN, kind, epoch, view, digest)
    return Vote(kind, validator, epoch, view, digest, SECRETS[validator].sign(payload))


def certificate(
    kind: int, view: int, digest: bytes = ZERO, by: Iterable[int] = range(quorum(N))
) -> Certificate:
    signatures = {i: vote(kind, i, view, digest).signature for i in by}
    return Certificate(kind, EPOCH, view, digest, signatures)


def header(view: int, parent_view: int, parent: bytes, why: bytes, leader: int = 1) -> Header:
    return Header(
        CHAIN, EPOCH, view, view, parent_view, parent, leader, ZERO, 0, ZERO, 0, ZERO, ZERO,
        hashlib.sha256(why).digest(), 7,
    )  # fmt: skip


GOOD = Justification(
    certificate(NOTARIZE, 7, LOW), (certificate(NULLIFY, 8), certificate(NULLIFY, 9))
)
GOOD_BYTES = GOOD.encode(N)


def unjustified(
    why: bytes, *, by: int = 2, kind: int = NOTARIZE, head: AnyHeader | None = None
) -> Evidence:
    """E7 by validator 1, who leads; E8 by others."""
    head = header(VIEW, 7, LOW, why) if head is None else head
    said = vote(kind, by, VIEW, head.digest)
    number = 7 if by == head.leader else 8
    return Evidence(number, by, EPOCH, said.encode(), head.encode() + why)


def pair(kind: int, a: Vote, b: Vote) -> Evidence:
    return Evidence(kind, a.validator, a.epoch, a.encode(), b.encode())


def forged(which: int) -> bytes:
    """A justification with one wrong signature: of the parent, or of a nullification."""
    parts = [GOOD.parent, *GOOD.nullifications]
    bad = parts[which]
    assert bad is not None
    parts[which] = replace(bad, signatures=bad.signatures | {2: bytes(64)})
    return Justification(parts[0], tuple(one for one in parts[1:] if one is not None)).encode(N)


def closing(why: bytes) -> ClosingHeader:
    return ClosingHeader(CHAIN, EPOCH, VIEW, 6, 7, LOW, 1, HIGH, hashlib.sha256(why).digest(), 7)


HOLDS = {
    "E2": pair(2, vote(NOTARIZE, 2, VIEW, LOW), vote(NOTARIZE, 2, VIEW, HIGH)),
    "E3": pair(3, vote(FINALIZE, 2, VIEW, LOW), vote(NULLIFY, 2, VIEW)),
    "E3 of zeros": pair(3, vote(FINALIZE, 2, VIEW), vote(NULLIFY, 2, VIEW)),
    "E4": pair(4, vote(NOTARIZE, 2, VIEW, HIGH), vote(FINALIZE, 2, VIEW, LOW)),
    "E5": pair(5, vote(FINALIZE, 2, VIEW, LOW), vote(FINALIZE, 2, VIEW, HIGH)),
    "E7": unjustified(forged(0), by=1),
    "E7 of nothing": unjustified(b"", by=1),
    "E8": unjustified(forged(2)),
    "E8 of a finalize": unjustified(forged(1), kind=FINALIZE),
    "E8 of a gap": unjustified(Justification(GOOD.parent, GOOD.nullifications[:1]).encode(N)),
    "E8 of another parent": unjustified(
        Justification(certificate(NOTARIZE, 7, HIGH), GOOD.nullifications).encode(N)
    ),
    "E8 of the anchor": unjustified(Justification(None, ()).encode(N)),
    "E8 of a Closing header": unjustified(b"?", head=closing(b"?")),
    "E8 of another view": unjustified(
        GOOD_BYTES, head=replace(header(VIEW, 7, LOW, GOOD_BYTES), view=VIEW + 1)
    ),
}
FIRST = header(1, 0, ANCHOR, bytes(3))  # stands on the anchor, and needs no signature
DOES_NOT_HOLD = {
    "swapped": pair(2, vote(NOTARIZE, 2, VIEW, HIGH), vote(NOTARIZE, 2, VIEW, LOW)),
    "one vote": pair(2, vote(NOTARIZE, 2, VIEW, LOW), vote(NOTARIZE, 2, VIEW, LOW)),
    "two views": pair(5, vote(FINALIZE, 2, VIEW, LOW), vote(FINALIZE, 2, VIEW + 1, HIGH)),
    "two epochs": pair(5, vote(FINALIZE, 2, VIEW, LOW), vote(FINALIZE, 2, VIEW, HIGH, EPOCH + 1)),
    "two validators": pair(5, vote(FINALIZE, 2, VIEW, LOW), vote(FINALIZE, 3, VIEW, HIGH)),
    "notarize and nullify": pair(3, vote(NOTARIZE, 2, VIEW, LOW), vote(NULLIFY, 2, VIEW)),
    "notarize and finalize": pair(4, vote(NOTARIZE, 2, VIEW, LOW), vote(FINALIZE, 2, VIEW, LOW)),
    "no validator": pair(2, vote(NOTARIZE, 5, VIEW, LOW), vote(NOTARIZE, 5, VIEW, HIGH)),
    "justified": unjustified(GOOD_BYTES),
    "justified finalize": unjustified(GOOD_BYTES, kind=FINALIZE),
    "justified by the leader": unjustified(GOOD_BYTES, by=1),
    "justified without signatures": Evidence(
        8, 2, EPOCH, vote(NOTARIZE, 2, 1, FIRST.digest).encode(), FIRST.encode() + bytes(3)
    ),
    "E8 of the leader": replace(unjustified(forged(0), by=1), kind=8),
    "E7 of another": replace(unjustified(forged(0)), kind=7),
    "another justification": replace(
        unjustified(forged(0)), second=unjustified(GOOD_BYTES).second[:284] + forged(0)
    ),
    "an ask": replace(HOLDS["E2"], first=Ask(EPOCH, VIEW).encode()),
    "nullify of a header": replace(HOLDS["E8"], first=vote(NULLIFY, 2, VIEW).encode()),
    "not signed": pair(2, vote(NOTARIZE, 2, VIEW, LOW), replace(
        vote(NOTARIZE, 2, VIEW, HIGH), signature=bytes(64))),
}  # fmt: skip


def shown(checks: Iterable[reference.Signed]) -> tuple[bytes, bytes, list[bytes]]:
    listed = list(checks)
    return (
        b"".join(one.public_key for one in listed),
        b"".join(one.signature for one in listed),
        [one.payload for one in listed],
    )


def agreed(data: bytes) -> bool:
    """Native code and reference say the same of it. Whether it may be evidence."""
    found: object
    expected: object
    try:
        found = _core.consensus.check_evidence(data, CHAIN, ANCHOR, KEYS[:N])
    except EncodingError as error:
        found = error.reason, error.offset
    try:
        claim = reference.check_evidence(data, **AROUND, validators=KEYS[:N])
        expected = shown(claim.all_valid), shown(claim.one_invalid)
    except InvalidEncoding as error:
        expected = error.reason, error.offset
    assert found == expected
    return not isinstance(found, tuple) or isinstance(found[0], tuple)


def holds(data: bytes) -> bool:
    agreed(data)
    return evidence.verify_evidence(data, **AROUND, validators=KEYS[:N])


def flips(data: bytes) -> Iterable[bytes]:
    for bit in range(8 * len(data)):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        yield bytes(changed)


@pytest.mark.parametrize("name", HOLDS)
def test_evidence_that_holds(name: str) -> None:
    """B-90, C-45."""
    data = HOLDS[name].encode_alone()
    assert agreed(data)
    assert holds(data)
    assert reference.verify_evidence(data, **AROUND, validators=KEYS[:N])


@pytest.mark.parametrize("name", DOES_NOT_HOLD)
def test_evidence_that_does_not_hold(name: str) -> None:
    """B-90, C-45."""
    data = DOES_NOT_HOLD[name].encode_alone()
    assert not holds(data)
    assert not reference.verify_evidence(data, **AROUND, validators=KEYS[:N])


@pytest.mark.parametrize("name", HOLDS)
def test_evidence_that_was_spoiled(name: str) -> None:
    """Every flip, every truncation, bytes appended: never evidence, and both say so alike."""
    data = HOLDS[name].encode_alone()
    assert not any(holds(one) for one in flips(data))
    assert not any(holds(data[:size]) for size in range(len(data)))
    assert not any(holds(data + tail) for tail in (b"\0", data))


@pytest.mark.parametrize("name", ["E2", "E3", "E8"])
def test_evidence_is_of_its_chain_epoch_and_validators(name: str) -> None:
    data = HOLDS[name].encode_alone()
    other: list[tuple[bytes, list[bytes]]] = [
        (HIGH, KEYS[:N]),
        (CHAIN, KEYS[:2]),
        (CHAIN, [KEYS[i] for i in (0, 1, 3, 2)]),
    ]
    for chain_id, validators in other:
        for verify in (evidence.verify_evidence, reference.verify_evidence):
            assert not verify(data, chain_id=chain_id, anchor=ANCHOR, validators=validators)


def test_anchor_decides_what_justifies_the_first_block() -> None:
    """B-12, B-90."""
    data = DOES_NOT_HOLD["justified without signatures"].encode_alone()
    for verify in (evidence.verify_evidence, reference.verify_evidence):
        assert not verify(data, **AROUND, validators=KEYS[:N])
        assert verify(data, chain_id=CHAIN, anchor=HIGH, validators=KEYS[:N])


def test_arguments() -> None:
    data = HOLDS["E2"].encode_alone()
    assert not evidence.verify_evidence(b"", **AROUND, validators=KEYS[:N])
    assert evidence.verify_evidence(data, **AROUND, validators=b"".join(KEYS[:N]))
    for validators in ([], KEYS[:1] * 33, [b"short"]):
        with pytest.raises(ValueError, match="validators"):
            evidence.verify_evidence(data, **AROUND, validators=validators)
    with pytest.raises(ValueError, match="anchor must have 32 bytes"):
        evidence.verify_evidence(data, chain_id=CHAIN, anchor=b"", validators=KEYS[:N])
    with pytest.raises(TypeError):
        evidence.verify_evidence("text", **AROUND, validators=KEYS[:N])  # type: ignore[arg-type]


digests = st.sampled_from([LOW, HIGH, ZERO])
votes = st.builds(
    lambda kind, validator, view, digest: vote(
        kind, validator, view, ZERO if kind == NULLIFY else digest
    ),
    st.sampled_from([NOTARIZE, NULLIFY, FINALIZE]), st.integers(1, 2), st.integers(1, 2), digests,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 5), votes, votes)
def test_pairs_of_votes(kind: int, a: Vote, b: Vote) -> None:
    """Of R3, R5 and R6 follows what one validator never signs both."""
    kinds = {a.kind, b.kind}
    expected = {
        2: kinds == {NOTARIZE} and a.digest < b.digest,
        3: (a.kind, b.kind) == (FINALIZE, NULLIFY),
        4: (a.kind, b.kind) == (NOTARIZE, FINALIZE) and a.digest != b.digest,
        5: kinds == {FINALIZE} and a.digest < b.digest,
    }
    one = (a.validator, a.view) == (b.validator, b.view)
    assert holds(pair(kind, a, b).encode_alone()) == (one and expected[kind])


certificates = st.builds(
    certificate,
    st.sampled_from([NOTARIZE, NULLIFY, FINALIZE]), st.integers(0, 4), digests,
    st.sampled_from([range(3), range(1, 4), range(4)]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    st.none() | certificates, st.lists(certificates, max_size=3), st.integers(0, 4),
    st.integers(0, 5), digests,
)  # fmt: skip
def test_justifications(
    parent: Certificate | None, between: list[Certificate], parent_view: int, view: int,
    parent_digest: bytes,
) -> None:  # fmt: skip
    """R3."""
    why = Justification(parent, tuple(between)).encode(N)
    head = header(view, parent_view, parent_digest, why)
    said = vote(NOTARIZE, 2, view, head.digest)
    agreed(Evidence(8, 2, EPOCH, said.encode(), head.encode() + why).encode_alone())


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*HOLDS.values(), *DOES_NOT_HOLD.values()]), st.data(),
    st.sampled_from(["first", "second"]),
)  # fmt: skip
def test_parts_with_random_damage(of: Evidence, data: st.DataObject, name: str) -> None:
    part = getattr(of, name)
    at, gone = data.draw(st.integers(0, len(part))), data.draw(st.integers(0, 8))
    inserted = data.draw(st.binary(max_size=8))
    changed = part[:at] + inserted + part[at + gone :]
    agreed(replace(of, **{name: changed}).encode_alone())


# --- Culprits (B-92) -----------------------------------------------------------------------------

LEFT, RIGHT = (0, 1, 2), (1, 2, 3)  # 1 and 2 lie


class Chain:
    """Blocks from the lowest up; `by` sign."""

    def __init__(self, salt: int = 0) -> None:
        self.salt = salt
        self.blocks: tuple[ChainBlock, ...] = ()
        self.parent, self.parent_view = ANCHOR, 0
        self.why = Justification(None)

    def skip(self, by: Iterable[int]) -> Chain:
        view = self.parent_view + len(self.why.nullifications) + 1
        nullification = certificate(NULLIFY, view, by=by)
        self.why = replace(self.why, nullifications=(*self.why.nullifications, nullification))
        return self

    def add(
        self, by: Iterable[int], kind: int = NOTARIZE,
        change: Callable[[Justification], Justification] = lambda why: why,
    ) -> Chain:  # fmt: skip
        view = self.parent_view + len(self.why.nullifications) + 1
        why = change(self.why).encode(N)
        head = replace(header(view, self.parent_view, self.parent, why), time_ms=self.salt)
        self.blocks = (ChainBlock(head.encode(), why), *self.blocks)
        self.parent, self.parent_view = head.digest, view
        self.why = Justification(certificate(kind, view, head.digest, by))
        return self

    def final(self, by: Iterable[int]) -> FinalChain:
        finalization = certificate(FINALIZE, self.parent_view, self.parent, by)
        return FinalChain(finalization.encode(N), self.blocks)


def named(a: FinalChain, b: FinalChain) -> list[tuple[int, int]]:
    """Kind and culprit of each piece of evidence, which must hold."""
    found = evidence.culprits(a, b, **AROUND, validators=KEYS[:N])
    assert found == evidence.culprits(b, a, **AROUND, validators=KEYS[:N])
    for data in found:
        assert holds(data)
        assert reference.verify_evidence(data, **AROUND, validators=KEYS[:N])
    return [(data[0], data[2]) for data in found]


ONE = Chain().add(LEFT).final(LEFT)


def test_culprits() -> None:
    """B-92: the four ways in which two chains can conflict."""
    assert named(ONE, Chain(1).add(RIGHT).final(RIGHT)) == [(5, 1), (5, 2)]
    skipping = Chain().skip(RIGHT).skip(RIGHT).add(RIGHT).add(RIGHT)
    assert named(ONE, skipping.final(RIGHT)) == [(3, 1), (3, 2)]
    for kind, number in ((NOTARIZE, 4), (FINALIZE, 5)):
        other = Chain(1).add(RIGHT, kind).skip(RIGHT).add(RIGHT).final(RIGHT)
        assert named(ONE, other) == [(number, 1), (number, 2)]
    unsaid = Chain().skip(RIGHT).add(RIGHT, change=lambda why: Justification(None)).add(RIGHT)
    assert named(ONE, unsaid.final(RIGHT)) == [(7, 1), (8, 2), (8, 3)]


def test_culprit_by_the_signature_of_a_proposal() -> None:
    """B-92: the leader is named too where its signature is known."""
    made = Chain().skip(RIGHT).skip(RIGHT).add((0, 2, 3), change=lambda why: Justification(None))
    said = vote(NOTARIZE, 1, 3, made.parent).signature
    for signature, leaders in ((b"", 0), (said, 1), (bytes(64), 0)):
        chain = made.final((0, 2, 3))
        blocks = (replace(chain.blocks[0], leader_signature=signature),)
        assert named(ONE, replace(chain, blocks=blocks)).count((7, 1)) == leaders


def test_chain_of_messages() -> None:
    """B-50: as others are given final blocks."""
    made = Chain().skip(RIGHT).add(RIGHT).add(RIGHT).final(RIGHT)
    row = [b"\x52" + made.finalization]
    row += [b"\x54" + one.header + encode_sized(one.justification) + bytes(4)
            for one in made.blocks]  # fmt: skip
    assert FinalChain.of_messages(row) == made
    above = ChainBlock(closing(b"?").encode(), b"?")
    message = b"\x54" + above.header + encode_sized(b"?") + bytes(4)
    assert FinalChain.of_messages([row[0], message]).blocks == (above,)
    for spoiled in ([], row[1:], [row[0], row[0]], [row[0], message[:-5]], [row[0], b""]):
        with pytest.raises(EncodingError):
            FinalChain.of_messages(spoiled)


def test_nobody_is_to_blame_for_chains_that_agree() -> None:
    """B-92."""
    chain = Chain().add(RIGHT)
    first = chain.final(RIGHT)
    assert named(first, first) == named(ONE, first) == []
    assert named(first, chain.skip(LEFT).add(LEFT).add(LEFT).final(LEFT)) == []


def test_chains_that_show_nothing() -> None:
    """B-92."""
    good = Chain().skip(RIGHT).add(RIGHT).add(RIGHT).final(RIGHT)
    spoiled = good.finalization[:-1] + bytes([good.finalization[-1] ^ 1])
    for other in (
        replace(good, finalization=spoiled),
        replace(good, blocks=good.blocks[1:]),
        replace(good, blocks=good.blocks[:1]),
        replace(good, blocks=()),
        replace(good, blocks=(replace(good.blocks[0], justification=b""), good.blocks[1])),
    ):
        with pytest.raises(InvalidProof):
            evidence.culprits(ONE, other, **AROUND, validators=KEYS[:N])
    with pytest.raises(EncodingError):
        evidence.culprits(ONE, replace(good, finalization=b""), **AROUND, validators=KEYS[:N])
    with pytest.raises(ValueError, match="64 bytes"):
        blocks = (replace(good.blocks[0], leader_signature=b"short"),)
        evidence.culprits(ONE, replace(good, blocks=blocks), **AROUND, validators=KEYS[:N])


def test_evidence_stands_in_a_message() -> None:
    """C-45: its offsets there count from the front of the message."""
    whole = HOLDS["E2"].encode()
    assert whole == b"\x57" + HOLDS["E2"].encode_alone()
    assert HOLDS["E2"].encode_alone()[:15] == bytes.fromhex("02 0002 0000000000000003 00000074")
    assert encode_sized(HOLDS["E2"].second) == whole[-120:]
