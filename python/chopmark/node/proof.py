# SPDX-License-Identifier: Apache-2.0
"""Writes proof files (docs/spec/proof.md); chopmark.reference.proof_file checks them.

In two steps, because the root of a state stands in the header of the block behind it: a draft takes
entries and their proofs from the final state of now, and `export` finishes it when the header with
that root is final.

    draft = draft_record(ledger, record_id, salt=salt)
    ...                                             # until one more block is final
    proof = export(draft, genesis, blocks)
    proof.json(); proof.cbor()
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from chopmark.errors import ChopmarkError
from chopmark.ledger import Ledger, iterate_payload, transaction_id
from chopmark.ledger.entries import (
    Key,
    MemberEntry,
    MemberStatus,
    Record,
    RoleEntry,
    StateEntry,
)
from chopmark.node.cbor import Item, encode_cbor
from chopmark.node.driver import FinalBlock
from chopmark.reference.codec import parse_header, parse_transaction

__all__ = [
    "Draft",
    "NotProvable",
    "Opening",
    "Proof",
    "draft_absence",
    "draft_entry",
    "draft_key",
    "draft_record",
    "draft_role",
    "draft_transaction",
    "export",
]

HEADERS_MAX = 64
E = TypeVar("E", bound=StateEntry)


class NotProvable(ChopmarkError):
    """It is not so, or no final header covers it yet; the message says which."""


@dataclass(frozen=True)
class Opening:
    """What ties a commitment to a document: the operation that made it, and its salt."""

    operation: int
    salt: bytes


@dataclass(frozen=True)
class Draft:
    """Entries of one final state with their proofs. `height` is that of the header that shows the
    root of that state: when it is final, `export` can finish the draft.
    """

    kind: str
    height: int
    state_root: bytes
    entries: tuple[Mapping[str, Item], ...]
    more: Mapping[str, Item]  # the fields that a kind has of its own
    block_height: int | None = None  # of a transaction


@dataclass(frozen=True)
class Proof:
    """A proof file, as fields."""

    fields: Mapping[str, Item]

    def json(self) -> str:
        """As JSON text; bytes in hexadecimal."""
        return json.dumps(_with_hex(self.fields), indent=1) + "\n"

    def cbor(self) -> bytes:
        """As CBOR; about half as long."""
        return encode_cbor(self.fields)


Wanted = tuple[type[StateEntry], tuple[int | bytes, ...]]


def draft_transaction(
    ledger: Ledger, blocks: Sequence[FinalBlock], wanted: bytes, opening: Opening | None = None
) -> Draft:
    """That the transaction with id `wanted` stands in the log, with its result and its signers.

    `blocks` are all final blocks in height order, from height 1. NotProvable if the transaction is
    not final, or so old that the ledger has forgotten where it stands.
    """
    found = ledger.find(wanted)
    if found is None:
        raise NotProvable(f"no final transaction has the id {wanted.hex()}, or it is forgotten")
    log_index, height, code, failing_op = found
    block = blocks[height - 1]
    transactions = iterate_payload(block.payload)
    transaction = next(tx for tx in transactions if transaction_id(tx) == wanted)
    log_size = parse_header(block.header).log_size + len(transactions)
    more: dict[str, Item] = {
        "transaction": transaction,
        "result": {"code": code, "failing_op": failing_op},
        "log_index": log_index,
        "inclusion": ledger.prove_inclusion(log_index, log_size),
    }
    if opening is not None:
        more["opening"] = {"operation": opening.operation, "salt": opening.salt}
    signers: list[Wanted] = []
    for member, key in parse_transaction(transaction).signers:
        signers += [(Key, (member, key)), (MemberEntry, (member,))]
    return replace(_draft(ledger, "transaction", signers, more), block_height=height)


def draft_record(ledger: Ledger, record_id: bytes, salt: bytes | None = None) -> Draft:
    """Version and status of a record; with the salt, also of which document. NotProvable if there
    is no such record.
    """
    more: dict[str, Item] = {} if salt is None else {"opening": {"salt": salt}}
    return _draft(ledger, "record", [(Record, (record_id,))], more)


def draft_key(ledger: Ledger, member: int, key: int) -> Draft:
    """That a key of a member is valid. NotProvable if there is none, it no longer counts, or the
    member is expelled.
    """
    found, owner = _with_member(ledger, Key, member, key)
    if found is not None and not found.counts_at(ledger.final_height + 1):
        raise NotProvable(f"key {key} of member {member} is not valid since {found.until}")
    if owner is not None and owner.status == MemberStatus.EXPELLED:
        raise NotProvable(f"member {member} is expelled since {owner.since}")
    return _draft(ledger, "key", [(Key, (member, key)), (MemberEntry, (member,))])


def draft_role(ledger: Ledger, member: int, field: int) -> Draft:
    """Which roles an active member has in a field. NotProvable if it has none, or is not active."""
    found, owner = _with_member(ledger, RoleEntry, member, field)
    if found is not None and not found.roles:
        raise NotProvable(f"member {member} has no role in field {field} since {found.since}")
    if owner is not None and owner.status != MemberStatus.ACTIVE:
        raise NotProvable(f"member {member} is {owner.status.name.lower()} since {owner.since}")
    return _draft(ledger, "role", [(RoleEntry, (member, field)), (MemberEntry, (member,))])


def draft_entry(ledger: Ledger, kind: type[StateEntry], *identity: int | bytes) -> Draft:
    """What stands in any entry, named as for `Ledger.get`. NotProvable if there is none."""
    return _draft(ledger, "entry", [(kind, identity)])


def draft_absence(ledger: Ledger, kind: type[StateEntry], *identity: int | bytes) -> Draft:
    """That there is no such entry, named as for `Ledger.get`. NotProvable if there is one."""
    return _draft(ledger, "absence", [(kind, identity)], present=False)


def _with_member(
    ledger: Ledger, kind: type[E], member: int, which: int
) -> tuple[E | None, MemberEntry | None]:
    return ledger.get(kind, member, which), ledger.get(MemberEntry, member)


def _draft(
    ledger: Ledger,
    kind: str,
    wanted: Sequence[Wanted],
    more: Mapping[str, Item] | None = None,
    *,
    present: bool = True,
) -> Draft:
    height, root = ledger.final_height + 1, ledger.roots()[0]
    entries: list[Mapping[str, Item]] = []
    for what, identity in wanted:
        entry, proof = ledger.prove(what, *identity)
        if (entry is not None) != present:
            name = f"{what.__name__} {', '.join(map(_shown, identity))}"
            raise NotProvable(f"{name} is {'not ' * present}in the state at height {height}")
        entries.append({"id": what.preimage(*identity), "entry": entry or b"", "proof": proof})
    if ledger.final_height + 1 != height:
        raise NotProvable("the ledger went on meanwhile: draft again")
    return Draft(kind, height, root, tuple(entries), more or {})


def export(draft: Draft, genesis: bytes, blocks: Sequence[FinalBlock]) -> Proof:
    """Finishes a draft. `blocks` are all final blocks in height order, from height 1.

    NotProvable until the header of `draft.height` is final, by itself or under one of the next.
    """
    fields: dict[str, Item] = {
        "format": "chopmark-proof",
        "version": 2,
        "kind": draft.kind,
        "genesis": genesis,
        "state": _final(blocks, draft.height, 1),
        "entries": draft.entries,
        **draft.more,
    }
    if draft.block_height is not None:
        fields["block"] = _final(blocks, draft.block_height, 2)
    if parse_header(blocks[draft.height - 1].header).state_root != draft.state_root:
        raise NotProvable(f"block {draft.height} does not follow the state of this draft")
    return Proof(fields)


def _final(blocks: Sequence[FinalBlock], height: int, least: int) -> Mapping[str, Item]:
    """Headers from `height` on, at least so many, up to one with a certificate of its own."""
    for last in range(height + least - 1, min(len(blocks), height + HEADERS_MAX - 1) + 1):
        if blocks[last - 1].certificate:
            chain = blocks[height - 1 : last]
            headers = [block.header for block in chain]
            return {"headers": headers, "certificate": chain[-1].certificate}
    raise NotProvable(f"height {height} is not under a finalized header yet")


def _shown(part: int | bytes) -> str:
    return part.hex() if isinstance(part, bytes) else str(part)


def _with_hex(item: Item) -> object:
    if isinstance(item, bytes):
        return item.hex()
    if isinstance(item, Mapping):
        return {name: _with_hex(value) for name, value in item.items()}
    if isinstance(item, Sequence) and not isinstance(item, str):
        return [_with_hex(one) for one in item]
    return item
