# SPDX-License-Identifier: Apache-2.0
"""The driver executes effects, and a devnet of four finalizes what is submitted."""

from __future__ import annotations

import hashlib

import pytest

from chopmark import consensus
from chopmark.consensus import Replica
from chopmark.ledger import Create, build_transaction
from chopmark.node.devnet import Devnet, Institution, derived_key, make_genesis
from chopmark.reference.codec import encode_payload

CLIENT = Institution(1, "clerk", 1, derived_key("client", 1))


def devnet(validators: int = 4) -> Devnet:
    genesis, keys = make_genesis("test", validators, [CLIENT], [1])
    return Devnet(genesis, keys, delay_ms=0.1)


def payload(net: Devnet, count: int) -> bytes:
    made = [
        build_transaction(
            chain_id=net.nodes[0].ledger.chain_id,
            field=1,
            valid_until=100,
            operations=[Create(hashlib.sha256(b"%d" % i).digest(), schema=1, commitment=bytes(32))],
            signers=[(CLIENT.member, CLIENT.key_id, CLIENT.key)],
            salt=i.to_bytes(16, "big"),
        )
        for i in range(count)
    ]
    return encode_payload(made)


def run_until_final(net: Devnet, count: int) -> None:
    assert net.run(lambda: all(n.ledger.log_size >= count for n in net.nodes), 20)


def test_devnet_of_four_agrees_on_everything_submitted() -> None:
    net = devnet()
    assert net.submit(payload(net, 5), 2) == (5, 0, 0, 0)
    run_until_final(net, 5)
    height = min(len(node.blocks) for node in net.nodes)
    for blocks in zip(*[node.blocks[:height] for node in net.nodes]):
        assert len({(one.height, one.digest, one.header, one.payload) for one in blocks}) == 1
    assert len({node.ledger.log_root(5) for node in net.nodes}) == 1
    for node in net.nodes:
        assert [one.height for one in node.blocks] == list(range(1, len(node.blocks) + 1))
        assert node.driver.pool.size == 0
        assert node.driver.evidence == []


def test_one_journal_sync_for_each_step_that_persists(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the records of a step are appended before its sync."""
    net = devnet()
    journal = net.nodes[0].journal
    synced: list[int] = []
    monkeypatch.setattr(journal, "sync", lambda: synced.append(journal.records))
    stepped = 0
    original = net.nodes[0].driver.replica.step

    class Counting:
        def __getattr__(self, name: str) -> object:
            return getattr(original.__self__, name)  # type: ignore[attr-defined]

        def step(self, events: bytes) -> bytes:
            nonlocal stepped
            effects = original(events)
            found = consensus.decode_effects(effects)
            stepped += any(isinstance(one, consensus.Persist) for one in found)
            return effects

    net.nodes[0].driver.replica = Counting()  # type: ignore[assignment]
    net.submit(payload(net, 1), 0)
    run_until_final(net, 1)
    assert len(synced) == stepped > 0
    assert synced == sorted(set(synced)), "a sync found nothing new"
    assert synced[-1] == journal.records


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1", b"\xff" * 100, bytes(3), bytes(5)])
def test_malformed_forwarded_transactions_do_no_harm(data: bytes) -> None:
    net = devnet()
    net.nodes[1].driver.receive(0, b"\x58" + data, net.clock())
    assert net.nodes[1].driver.pool.size == 0
    net.submit(payload(net, 1), 1)
    run_until_final(net, 1)


def test_empty_message_is_counted() -> None:
    net = devnet()
    net.nodes[1].driver.receive(0, b"", net.clock())
    assert net.nodes[1].driver.replica.counters()["malformed"] == 1


def test_steps_do_not_grow_with_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python is called for each message, never for each transaction."""
    steps = 0
    original = Replica.step

    def step(self: Replica, events: bytes) -> bytes:
        nonlocal steps
        steps += 1
        return original(self, events)

    monkeypatch.setattr(Replica, "step", step)

    def steps_to_admit_and_propose(count: int) -> int:
        nonlocal steps
        net = devnet(1)
        transactions = payload(net, count)
        steps = 0
        net.submit(transactions, 0)
        assert sum(block.payload != bytes(4) for block in net.nodes[0].blocks) == 1
        assert net.nodes[0].ledger.log_size == count
        return steps

    assert steps_to_admit_and_propose(200) == steps_to_admit_and_propose(1) > 0
