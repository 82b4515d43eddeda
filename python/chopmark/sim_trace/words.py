# SPDX-License-Identifier: Apache-2.0
"""Messages of the protocol in a few words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from chopmark.reference.codec import ClosingHeader, InvalidEncoding
from chopmark.reference.messages import (
    FINALIZE,
    NOTARIZE,
    NULLIFY,
    AmnesiaAsk,
    AmnesiaReply,
    Ask,
    Block,
    Certificate,
    Evidence,
    Message,
    Proposal,
    Vote,
    parse_message,
)

VOTES = {NOTARIZE: "notarize", NULLIFY: "nullify", FINALIZE: "finalize"}
CERTIFICATES = {NOTARIZE: "notarization", NULLIFY: "nullification", FINALIZE: "finalization"}
STYLES = {
    Proposal: "proposal",
    Ask: "ask",
    Block: "block",
    AmnesiaAsk: "amnesia",
    AmnesiaReply: "amnesia",
    Evidence: "evidence",
}


@lru_cache(maxsize=1 << 14)
def parsed(data: bytes, nodes: int) -> Message | None:
    """Read for as many validators as it fits; an epoch may have fewer than there are nodes."""
    for validators in range(nodes, 0, -1):
        try:
            return parse_message(data, validators)
        except InvalidEncoding:
            continue
    return None


def style_of(data: bytes) -> str:
    """What it is drawn as, by its first bytes: also a message that nobody can read has a colour."""
    tag, kind = data[:1], int.from_bytes(data[1:2], "big")
    if tag == b"\x51" and kind in VOTES:
        return VOTES[kind]
    if tag == b"\x52" and kind in CERTIFICATES:
        return CERTIFICATES[kind]
    tags = {b"\x50": "proposal", b"\x53": "ask", b"\x54": "block", b"\x57": "evidence"}
    return tags.get(tag, "amnesia" if tag in (b"\x55", b"\x56") else "unreadable")


def short(digest: bytes) -> str:
    """Enough of a digest to tell two blocks apart."""
    return digest[:2].hex()


def view_of(epoch: int, view: int) -> str:
    """The epoch is said from the second one on."""
    return f"v{view}" if epoch <= 1 else f"e{epoch} v{view}"


def numbers(items: Iterable[int]) -> str:
    return ",".join(str(i) for i in sorted(items))


def evidence_words(kind: int, culprit: int) -> str:
    return f"EVIDENCE E{kind} against {culprit}"


def said(data: bytes, nodes: int) -> str:
    """What, in which view, about which block."""
    match parsed(data, nodes):
        case Proposal(header=head) | Block(header=head) as one:
            what = "propose" if isinstance(one, Proposal) else "block"
            closing = " closing" if isinstance(head, ClosingHeader) else ""
            where = view_of(head.epoch, head.view)
            return f"{what}{closing} {where} h{head.height} {short(head.digest)}"
        case Vote() as vote:
            block = "" if vote.kind == NULLIFY else f" {short(vote.digest)}"
            return f"{VOTES[vote.kind]} {view_of(vote.epoch, vote.view)}{block}"
        case Certificate() as made:
            block = "" if made.kind == NULLIFY else f" {short(made.digest)}"
            where = view_of(made.epoch, made.view)
            return f"{CERTIFICATES[made.kind]} {where}{block} by {numbers(made.signatures)}"
        case Ask() as ask:
            if ask.final:
                return f"ask: final from h{ask.number}"
            what = "view" if ask.digest is None else f"block {short(ask.digest)}"
            return f"ask: {what} {view_of(ask.epoch, ask.number)}"
        case AmnesiaAsk():
            return "amnesic: what did I sign?"
        case AmnesiaReply(highest=highest):
            return f"to the amnesic: v{highest}"
        case Evidence(kind=kind, culprit=culprit):
            return evidence_words(kind, culprit)
    return f"unreadable {data[:1].hex()}, {len(data)} bytes"
