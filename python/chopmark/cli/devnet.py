# SPDX-License-Identifier: Apache-2.0
"""`chopmark devnet`: a ledger under synthetic load, in one process."""

from __future__ import annotations

import hashlib
import json
import time

import click
import numpy as np

from chopmark.ledger import Create, build_transaction, encode_payload
from chopmark.node.devnet import Devnet, Institution, derived_key, make_genesis

FIELD = 1
VALID_FOR = 1000
BATCH = 32


@click.command()
@click.option("--validators", type=click.IntRange(1, 32), default=4, show_default=True)
@click.option("--seconds", type=click.FloatRange(0.1), default=10.0, show_default=True)
@click.option("--rate", type=click.IntRange(0), default=500, show_default=True,
              help="Transactions offered per second.")  # fmt: skip
@click.option("--delay-ms", type=click.FloatRange(0), default=1.0, show_default=True,
              help="Simulated one-way network delay.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def devnet(validators: int, seconds: float, rate: int, delay_ms: float, as_json: bool) -> None:
    """Run validators in one process with deterministic keys, and offer them synthetic records.

    The delay of the network is simulated and nothing is written to disk.
    """
    institution = Institution(1, "institution-01", 1, derived_key("institution", 0))
    genesis, keys = make_genesis("devnet", validators, [institution], [FIELD])
    net = Devnet(genesis, keys, delay_ms=delay_ms)
    chain_id = net.nodes[0].ledger.chain_id
    if not as_json:
        click.echo(f"chain id   {chain_id.hex()}")
        for i, key in enumerate(genesis.validators):
            click.echo(f"validator  {i:2} {key.hex()}")
    offered = 0

    def load() -> bool:
        nonlocal offered
        spent = time.monotonic() - started
        if spent >= seconds:
            return True
        if rate and offered + BATCH <= rate * spent:
            height = net.nodes[0].ledger.final_height
            batch = [
                synthetic(chain_id, institution, offered + i, height + VALID_FOR)
                for i in range(BATCH)
            ]
            net.submit(encode_payload(batch), offered // BATCH % validators)
            offered += BATCH
        return False

    started = time.monotonic()
    net.run(load, seconds + 60)
    drained = net.run(lambda: all(n.driver.pool.size == 0 for n in net.nodes), 60)
    blocks = net.nodes[0].blocks
    final = int(np.sum([len(block.results.code) for block in blocks])) if blocks else 0
    spent = time.monotonic() - started
    about = {
        "validators": validators,
        "delay_ms": delay_ms,
        "seconds": round(spent, 3),
        "offered": offered,
        "final": final,
        "blocks": len(blocks),
        "final_per_second": round(final / spent, 1),
        "agree": len({node.ledger.roots() for node in net.nodes}) == 1,
        "drained": drained,
    }
    if as_json:
        click.echo(json.dumps(about))
    else:
        for name, value in about.items():
            click.echo(f"{name:18} {value}")


def synthetic(chain_id: bytes, by: Institution, number: int, valid_until: int) -> bytes:
    """A signed transaction that records a made-up document."""
    return build_transaction(
        chain_id=chain_id,
        field=FIELD,
        valid_until=valid_until,
        operations=[
            Create(hashlib.sha256(b"record %d" % number).digest(), schema=0,
                   commitment=hashlib.sha256(b"document %d" % number).digest())
        ],
        signers=[(by.member, by.key_id, by.key)],
    )  # fmt: skip
