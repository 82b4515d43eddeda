# SPDX-License-Identifier: Apache-2.0
"""A chain on a devnet whose transactions and states are proven: three members, one the council."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark.ledger import (
    Council,
    Create,
    Operation,
    build_transaction,
    commitment,
    encode_payload,
    transaction_id,
)
from chopmark.node.devnet import Devnet, Institution, Node, derived_key, make_genesis
from chopmark.node.driver import FinalBlock
from chopmark.node.keys import public_bytes
from chopmark.node.proof import Draft, NotProvable, Proof, export
from chopmark.reference.operations import possession_payload

FIELD = 1
CLINIC, COURT, NOTARY = 1, 2, 3
NAMES = {CLINIC: "clinic-1", COURT: "court-1", NOTARY: "notary-1"}
SALT = bytes(range(32))
DOCUMENT = b"finding: none\n"
DOCUMENT_HASH = hashlib.sha256(DOCUMENT).digest()
COMMITMENT = commitment(SALT, document=DOCUMENT)
BLOCKS_MAX = 20


def record_id(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def possession(chain_id: bytes, member: int, key: int, secret: Ed25519PrivateKey) -> bytes:
    return secret.sign(possession_payload(chain_id, member, key, public_bytes(secret)))


class Chain:
    """`run` makes transactions final, `prove` drafts final blocks for their headers."""

    def __init__(self, name: str, validators: int) -> None:
        people = [Institution(m, NAMES[m], 1, derived_key(name, m)) for m in NAMES]
        genesis, keys = make_genesis(name, validators, people, [FIELD])
        genesis = replace(genesis, council=Council(1, (COURT,)))
        self.net = Devnet(genesis, keys, delay_ms=0.1)
        self.genesis = genesis.encode()
        self.secrets = {(one.member, 1): one.key for one in people}
        self.count = 0

    @property
    def node(self) -> Node:
        return self.net.nodes[0]

    @property
    def chain_id(self) -> bytes:
        return self.node.ledger.chain_id

    @property
    def blocks(self) -> list[FinalBlock]:
        return self.node.blocks

    def run(self, *operations: Operation, by: tuple[int, int] = (CLINIC, 1)) -> bytes:
        """Makes one transaction final and returns its id. It may fail."""
        self.count += 1
        transaction = build_transaction(
            chain_id=self.chain_id,
            field=FIELD,
            valid_until=self.node.ledger.final_height + 100,
            operations=operations,
            signers=[(*by, self.secrets[by])],
            salt=self.count.to_bytes(16, "big"),
        )
        assert self.net.submit(encode_payload([transaction]), 0)[0] == 1
        wanted = transaction_id(transaction)
        assert self.net.run(lambda: self.node.ledger.find(wanted) is not None, 30)
        return wanted

    def result(self, wanted: bytes) -> int:
        return self.node.ledger.find(wanted)[2]

    def step(self) -> None:
        """One more final block at least."""
        self.run(Create(record_id(f"filler {self.count}"), 0, bytes(32)))

    def prove(self, draft: Draft) -> Proof:
        for _ in range(BLOCKS_MAX):
            try:
                return export(draft, self.genesis, self.blocks)
            except NotProvable:
                self.step()
        return export(draft, self.genesis, self.blocks)

    def finals(self) -> Iterator[FinalBlock]:
        """Blocks with certificates of their own."""
        return (block for block in self.blocks if block.certificate)
