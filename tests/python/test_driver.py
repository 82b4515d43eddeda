# SPDX-License-Identifier: Apache-2.0
"""The driver executes effects, and a devnet of four finalizes what is submitted."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from chopmark import consensus
from chopmark.consensus import Replica
from chopmark.errors import ConsensusError, SigningRefused
from chopmark.ledger import Council, Create, build_transaction, iterate_payload
from chopmark.node.devnet import Devnet, Institution, derived_key, make_genesis
from chopmark.node.journal import DiskFolder, FileJournal, MemoryJournal
from chopmark.reference.codec import encode_payload, parse_header
from chopmark.reference.messages import parse_certificate, parse_position, set_hash
from chopmark.reference.operations import SetValidators

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


def governed(validators: tuple[bytes, ...], net: Devnet) -> bytes:
    """The client, alone on the council, asks for these validators."""
    return encode_payload(
        [
            build_transaction(
                chain_id=net.nodes[0].ledger.chain_id,
                field=0,
                valid_until=100,
                operations=[SetValidators(validators)],
                signers=[(CLIENT.member, CLIENT.key_id, CLIENT.key)],
            )
        ]
    )


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
    assert isinstance(journal, MemoryJournal)
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


def test_only_what_the_own_pool_took_is_forwarded() -> None:
    """L-65: a client cannot have refused transactions spread over the network."""
    net = devnet()
    good, spoiled = iterate_payload(payload(net, 2))
    spoiled = spoiled[:-1] + bytes([spoiled[-1] ^ 1])
    sent: list[bytes] = []
    net.send = lambda _from, _to, message: sent.append(message)  # type: ignore[method-assign]
    driver = net.nodes[0].driver
    assert driver.submit(encode_payload([spoiled, b"nothing"]), net.clock()) == (0, 0, 2, 0)
    assert not any(message[0] == 0x58 for message in sent)
    assert driver.submit(encode_payload([spoiled, good]), net.clock()) == (1, 0, 1, 0)
    assert [m for m in sent if m[0] == 0x58] == [b"\x58" + encode_payload([good])]
    assert driver.submit(encode_payload([good]), net.clock()) == (0, 1, 0, 0)
    assert len([m for m in sent if m[0] == 0x58]) == 2, "known: the others may have missed it"


def test_signer_that_refuses() -> None:
    """Nothing is sent that would have needed the signature, and the others go on."""
    net = devnet()
    node = net.nodes[1]
    said: list[bytes] = []

    class Refusing:
        def sign(self, data: bytes) -> bytes:
            said.append(data)
            raise SigningRefused("not today")

    node.driver._signer = Refusing()
    sent: list[int] = []
    original = net.send

    def send(sender: int, to: int, message: bytes) -> None:
        if sender == node.index:
            sent.append(message[0])
        original(sender, to, message)

    net.send = send  # type: ignore[method-assign]
    net.submit(payload(net, 3), 0)
    run_until_final(net, 3)
    assert said and not {0x50, 0x51} & set(sent)


def test_signer_that_breaks_stops_the_driver() -> None:
    net = devnet(1)

    class Broken:
        def sign(self, data: bytes) -> bytes:
            raise RuntimeError("unplugged")

    net.nodes[0].driver._signer = Broken()
    with pytest.raises(RuntimeError):
        net.submit(payload(net, 1), 0)
    with pytest.raises(ConsensusError, match="stopped"):
        net.nodes[0].driver.tick(net.clock())


def test_devnet_on_a_disk(tmp_path: Path) -> None:
    genesis, keys = make_genesis("test", 4, [CLIENT], [1])
    folders = [DiskFolder(tmp_path / str(i)) for i in range(4)]
    net = Devnet(genesis, keys, delay_ms=0.1, journal=lambda index: FileJournal(folders[index]))
    net.submit(payload(net, 3), 0)
    run_until_final(net, 3)
    assert all((tmp_path / str(i) / "log").stat().st_size > 1000 for i in range(4))
    for folder in folders:
        folder.close()


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


def test_validators_change_at_the_end_of_an_epoch() -> None:
    """L-137, B-70, B-72: the real ledger asks, one seat of four goes to a newcomer."""
    genesis, keys = make_genesis("test", 4, [CLIENT], [1])
    genesis = replace(genesis, council=Council(1, (CLIENT.member,)))
    joining = derived_key("validator", 4)
    net = Devnet(genesis, keys, delay_ms=0.1, epoch_blocks=4, joining=[joining])
    leaving, newcomer = net.nodes[0], net.nodes[4]
    asked = (*genesis.validators[1:], joining.public_key().public_bytes_raw())
    net.submit(governed(asked, net), 1)
    for count in range(2, 9):
        made = payload(net, 8)
        net.submit(encode_payload(iterate_payload(made)[count - 2 : count - 1]), 1)
        run_until_final(net, count)
    assert min(node.driver.replica.epoch for node in net.nodes) > 1
    position = parse_position(newcomer.driver.replica.position())
    expected = (joining.public_key().public_bytes_raw(), *genesis.validators[1:])
    assert position.validators == expected
    last = parse_header(net.nodes[1].blocks[3].header)
    assert last.next_set_hash == set_hash(expected)
    headers = [parse_header(block.header) for block in net.nodes[1].blocks]
    assert {one.next_set_hash for one in headers if one.height % 4} == {bytes(32)}
    signers = set()
    for block, header in zip(net.nodes[1].blocks, headers):
        if header.epoch > 1 and block.certificate:
            signers |= set(parse_certificate(block.certificate, 4).signatures)
    assert 0 in signers, "the newcomer has the seat of the one who left, and votes"
    assert leaving.driver.evidence == []
    assert len({node.ledger.roots() for node in net.nodes}) == 1
