# SPDX-License-Identifier: Apache-2.0
"""More than f Byzantine validators make honest ones deliver different blocks; whoever did it must
be named by the two chains alone (docs/spec/consensus.md, B-92), and nobody else.

Signatures are those of the simulation. Evidence is checked again by the reference.

    python tests/python/over_threshold.py [FORKS [FIRST_SEED [VALIDATORS [BYZANTINE]]]]
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
import struct
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, fields
from multiprocessing.connection import Connection

from chopmark import _core
from chopmark.consensus import Deliver, Epoch, read_deliver, read_epoch
from chopmark.evidence import ChainBlock, FinalChain, flat
from chopmark.reference.codec import parse_header
from chopmark.reference.evidence import check_evidence
from chopmark.reference.messages import parse_evidence, parse_position, quorum
from chopmark.sim import Scenario, TraceKind

CPU_SECONDS = 30  # for one seed
MASK = 2**64 - 1


class Violation(AssertionError):
    """Too few are named, or somebody who did nothing."""


# --- Signatures of simulated runs (cpp/src/sim/scheme.hpp), by code of its own --------------------


def mix(state: int, word: int) -> int:
    product = (state ^ word) * 0x9E3779B97F4A7C15
    return product & MASK ^ product >> 64


def node_key(node: int) -> bytes:
    words = [mix(node + 1, 0x13198A2E03707344 + i) for i in range(0, 32, 8)]
    return struct.pack(">4Q", *words)


def sign(key: bytes, payload: bytes) -> bytes:
    state = mix(0x243F6A8885A308D3, len(payload))
    for i in range(0, 32, 8):
        state = mix(state, int.from_bytes(key[i : i + 8], "little"))
    for i in range(0, len(payload), 8):
        state = mix(state + i & MASK, int.from_bytes(payload[i : i + 8], "little"))
    return struct.pack(">8Q", *(mix(state, i) for i in range(0, 64, 8)))


# --- Chains ---------------------------------------------------------------------------------------


@dataclass
class Chain:
    """What one honest node delivered in one life, and the epochs that it saw end."""

    node: int
    blocks: list[Deliver] = field(default_factory=list)  # by height, from 1
    epochs: dict[int, Epoch] = field(default_factory=dict)  # by the height of the last block

    def up_to(self, height: int) -> Chain:
        """As it was before the block of this height."""
        kept = {at: one for at, one in self.epochs.items() if at < height}
        return Chain(self.node, self.blocks[: height - 1], kept)

    def final(self, height: int) -> FinalChain | None:
        """The chain that makes the block of this height final, down to where its epoch begins."""
        epoch = parse_header(self.blocks[height - 1].header).epoch
        last = height
        while not self.blocks[last - 1].certificate and last not in self.epochs:
            last += 1
            if last > len(self.blocks):
                return None  # the run ended, or the node crashed, in the middle of a delivery
        if last in self.epochs:
            top = FinalChain.of_messages(self.epochs[last].proof)
            finalization, above = top.finalization, top.blocks
        else:
            finalization, block = self.blocks[last - 1].certificate, self.blocks[last - 1]
            above = (ChainBlock(block.header, block.justification),)
        below = [
            ChainBlock(one.header, one.justification)
            for one in reversed(self.blocks[: last - 1])
            if parse_header(one.header).epoch == epoch
        ]
        return FinalChain(finalization, (*above, *below))


def read_chains(rows: list[tuple[int, int, int, int, bytes]], liars: list[int]) -> list[Chain]:
    """Of all honest nodes; of one that delivered again after a restart, each life that differs."""
    present: dict[int, Chain] = {}
    chains: list[Chain] = []
    for _, kind, node, _, body in rows:
        if node in liars:
            continue
        chain = present.setdefault(node, Chain(node))
        if kind == TraceKind.EPOCH:
            epoch = read_epoch(body)
            chain.epochs[parse_position(epoch.position).anchor_height] = epoch
            continue
        block = read_deliver(body)
        if block.height > len(chain.blocks) + 1:
            raise Violation(f"node {node} leaves out heights before {block.height}")
        if block.height <= len(chain.blocks):
            if chain.blocks[block.height - 1].digest == block.digest:
                continue
            chains.append(chain)
            chain = present[node] = chain.up_to(block.height)
        chain.blocks.append(block)
    return [*chains, *present.values()]


def forks(chains: list[Chain]) -> list[tuple[Chain, Chain, int]]:
    """Pairs of chains and the first height at which they differ; of equal pairs the first."""
    found: dict[frozenset[bytes], tuple[Chain, Chain, int]] = {}
    for i, a in enumerate(chains):
        for b in chains[:i]:
            for one, other in zip(a.blocks, b.blocks):
                if one.digest != other.digest:
                    pair = frozenset((one.digest, other.digest))
                    found.setdefault(pair, (a, b, one.height))
                    break
    return list(found.values())


# --- Who did it -----------------------------------------------------------------------------------


@dataclass
class Named:
    """What a fork has shown."""

    seed: int
    height: int
    epoch: int
    culprits: int
    kinds: Counter[int]


def judge(a: Chain, b: Chain, height: int, validators: int, liars: list[int], seed: int) -> Named:
    """Violation unless f + 1 are named, all of them Byzantine."""
    header = parse_header(a.blocks[height - 1].header)
    keys = tuple(node_key(i) for i in range(validators))
    anchor = header.chain_id
    if header.epoch > 1:
        began = next(
            position
            for one in a.epochs.values()
            if (position := parse_position(one.position)).epoch == header.epoch
        )
        keys, anchor = began.validators, began.anchor_digest
    chain_a, chain_b = a.final(height), b.final(height)
    if chain_a is None or chain_b is None:
        raise LookupError("a chain without its end")
    for one, other in ((chain_a, chain_b), (chain_b, chain_a)):
        fork, evidence = _core.sim.culprits(
            one.finalization, flat(one.blocks), other.finalization, flat(other.blocks),
            header.chain_id, anchor, keys,
        )  # fmt: skip
        if fork != "named":
            raise Violation(f"seed {seed}: the fork at height {height} is '{fork}'")
        named = check(evidence, header.chain_id, anchor, keys, liars, seed)
    return Named(seed, height, header.epoch, len(evidence), named)


def check(
    evidence: list[bytes],
    chain_id: bytes,
    anchor: bytes,
    keys: tuple[bytes, ...],
    liars: list[int],
    seed: int,
) -> Counter[int]:
    """The kinds of evidence."""
    byzantine = {node_key(i) for i in liars}
    n, named = len(keys), Counter[int]()
    accused = set()
    for data in evidence:
        claim = check_evidence(data, chain_id=chain_id, anchor=anchor, validators=keys)
        valid = [sign(one.public_key, one.payload) == one.signature for one in claim.all_valid]
        others = [sign(one.public_key, one.payload) == one.signature for one in claim.one_invalid]
        if not all(valid) or (others and all(others)):
            raise Violation(f"seed {seed}: evidence that does not hold: {data.hex()}")
        one = parse_evidence(data)
        if keys[one.culprit] not in byzantine:
            raise Violation(f"seed {seed}: an honest validator is named, by E{one.kind}")
        accused.add(one.culprit)
        named[one.kind] += 1
    f = (n - 1) // 3
    if len(accused) != len(evidence) or len(accused) < max(f + 1, 2 * quorum(n) - n):
        raise Violation(f"seed {seed}: only {len(accused)} of {n} are named")
    return named


@dataclass
class Summary:
    seeds: int = 0
    too_long: int = 0  # seeds that were stopped
    forked_seeds: int = 0
    forks: int = 0
    unended: int = 0
    culprits: Counter[int] = field(default_factory=Counter)  # how many were named: how often
    kinds: Counter[int] = field(default_factory=Counter)
    later_epochs: int = 0
    violations: list[str] = field(default_factory=list)

    def add(self, other: Summary) -> None:
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def run_seed(scenario: Scenario, seed: int) -> Summary:
    """One run with all its forks."""
    total = Summary(seeds=1)
    result, liars, rows = _core.sim.final_rows(*scenario._arguments(), seed)
    for number, _, what in result["violations"]:
        if 6 <= number <= 12:  # holds for the honest whatever the number of the others
            total.violations.append(f"seed {seed}: invariant {number}: {what}")
    found = forks(read_chains(rows, liars))
    total.forked_seeds = int(bool(found))
    for a, b, height in found:
        try:
            named = judge(a, b, height, scenario.validators, liars, seed)
        except LookupError:
            total.unended += 1
            continue
        except Violation as violation:
            total.violations.append(str(violation))
            continue
        total.forks += 1
        total.culprits[named.culprits] += 1
        total.kinds += named.kinds
        total.later_epochs += named.epoch > 1
    return total


def run_apart(scenario: Scenario, seed: int) -> Summary:
    """In a process of its own, which is stopped after a while: without a majority of the honest
    nothing gets on, and some runs are as long as all others together.
    """

    def work(out: Connection) -> None:
        resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
        out.send(run_seed(scenario, seed))

    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(send,))
    process.start()
    send.close()
    try:
        found: Summary = receive.recv()
    except EOFError:
        process.join()
        if process.exitcode not in (-signal.SIGXCPU, -signal.SIGKILL):
            return Summary(seeds=1, violations=[f"seed {seed}: exit code {process.exitcode}"])
        return Summary(seeds=1, too_long=1)
    process.join()
    return found


def main(arguments: list[str]) -> int:
    given = [int(one) for one in arguments]
    wanted, first, validators, byzantine = given + [200, 1, 4, 2][len(given) :]
    scenario = Scenario(validators=validators, byzantine=byzantine)
    started = time.monotonic()
    total, seed = Summary(), first
    while total.forks < wanted:
        total.add(run_apart(scenario, seed))
        seed += 1
    kinds = ", ".join(f"{count} E{kind}" for kind, count in sorted(total.kinds.items()))
    named = ", ".join(f"{size} {count} times" for size, count in sorted(total.culprits.items()))
    print(
        f"n={validators}, {byzantine} Byzantine, seeds {first} to {seed - 1}: {total.forked_seeds} "
        f"with forks, {total.too_long} stopped after {CPU_SECONDS} s\n"
        f"{total.forks} forks judged ({total.later_epochs} in later epochs), {total.unended} "
        f"without an end; named {named}, by {kinds}\n"
        f"{len(total.violations)} violations, {time.monotonic() - started:.0f} s"
    )
    for one in total.violations:
        print(one)
    return 1 if total.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
