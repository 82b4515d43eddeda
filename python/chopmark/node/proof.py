# SPDX-License-Identifier: Apache-2.0
"""Writes proof files (docs/spec/proof.md); chopmark.reference.proof_file checks them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from chopmark.errors import ChopmarkError
from chopmark.ledger import Ledger, iterate_payload, transaction_id
from chopmark.node.driver import FinalBlock
from chopmark.reference.codec import parse_header

__all__ = ["NotProvable", "Opening", "export_proof"]


class NotProvable(ChopmarkError):
    """The transaction is not final, or no later final block covers it yet."""


@dataclass(frozen=True)
class Opening:
    """What ties a commitment to a document: the operation that made it, and its salt."""

    operation: int
    salt: bytes


def export_proof(
    ledger: Ledger,
    genesis: bytes,
    blocks: Sequence[FinalBlock],
    wanted: bytes,
    opening: Opening | None = None,
) -> str:
    """The proof file (JSON text) for the final transaction with id `wanted`.

    `blocks` are all final blocks in height order, from height 1. NotProvable if the transaction is
    not final yet, or its log entry is not under a finalized header yet.
    """
    found = ledger.find(wanted)
    if found is None:
        raise NotProvable(f"no final transaction has the id {wanted.hex()}")
    log_index, height, code, failing_op = found
    payload = blocks[height - 1].payload
    transaction = next(tx for tx in iterate_payload(payload) if transaction_id(tx) == wanted)
    for block in blocks[height:]:
        header = parse_header(block.header)
        if block.certificate and header.log_size > log_index:
            break
    else:
        raise NotProvable(f"transaction {wanted.hex()} is not under a finalized header yet")
    fields: dict[str, object] = {
        "format": "chopmark-proof",
        "version": 1,
        "genesis": genesis.hex(),
        "transaction": transaction.hex(),
        "result": {"code": code, "failing_op": failing_op},
        "log_index": log_index,
        "inclusion": [step.hex() for step in ledger.prove_inclusion(log_index, header.log_size)],
        "header": block.header.hex(),
        "certificate": block.certificate.hex(),
    }
    if opening is not None:
        fields["opening"] = {"operation": opening.operation, "salt": opening.salt.hex()}
    return json.dumps(fields, indent=1) + "\n"
