# SPDX-License-Identifier: Apache-2.0
"""What is measured: each case does the same work natively, in pure Python, and with the peers that
are installed. Everything runs on one thread; marshalling from Python objects is included.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

import numpy as np

from chopmark import hash, merkle
from chopmark.benchmarks.case import SAMPLE, Case, Work, peer, require
from chopmark.benchmarks.consensus import consensus_cases
from chopmark.benchmarks.ed25519 import batch, ed25519_cases
from chopmark.benchmarks.ledger import ledger_cases
from chopmark.benchmarks.merkle import merkle_cases
from chopmark.benchmarks.state import state_cases
from chopmark.reference import blake3 as reference_blake3
from chopmark.reference import merkle as reference_merkle
from chopmark.reference import sm3 as reference_sm3

__all__ = ["Case", "Work", "batch", "cases", "merkle_root"]


def hash_many(name: str, size: int, items: int) -> Case:
    """Many small inputs of one size, packed in an array."""
    packed = np.frombuffer(hashlib.shake_256(b"chopmark bench").digest(size * items), np.uint8)
    array = packed.reshape(items, size)
    inputs = [row.tobytes() for row in array]
    many: Callable[..., object] = getattr(hash, f"{name}_many")
    peers: list[Work] = []
    if name in {"blake3"}:
        pure = Work(lambda: [reference_blake3.blake3(x) for x in inputs[:SAMPLE]], SAMPLE,
                    "chopmark.reference.blake3")  # fmt: skip

        def blake3() -> Callable[[], object]:
            from blake3 import blake3 as function

            return lambda: [function(x).digest() for x in inputs]

        peers = peer("blake3", blake3, items)
    elif name == "sm3":
        pure = Work(lambda: [reference_sm3.sm3(x) for x in inputs[:SAMPLE]], SAMPLE,
                    "chopmark.reference.sm3")  # fmt: skip
        if "sm3" in hashlib.algorithms_available:
            peers = [Work(lambda: [hashlib.new("sm3", x).digest() for x in inputs], items,
                          "hashlib (OpenSSL)", openssl_version())]  # fmt: skip
    else:
        function = getattr(hashlib, name)
        pure = Work(lambda: [function(x).digest() for x in inputs], items, "hashlib loop")
        peers = [Work(pure.run, items, "hashlib (OpenSSL)", openssl_version())]
    return Case(f"hash.{name}_many, {size} B", "hashes/s", Work(lambda: many(array), items), pure,
                peers)  # fmt: skip


def openssl_version() -> str:
    import ssl

    return ssl.OPENSSL_VERSION.split()[1]


def leaves(n: int) -> list[bytes]:
    block = hashlib.shake_256(b"chopmark leaves").digest(32 * n)
    return [block[32 * i : 32 * i + 32] for i in range(n)]


def merkle_root(n: int) -> Case:
    """RFC 9162 root over n leaves of 32 bytes, SHA-256."""
    items = leaves(n)
    array = np.frombuffer(b"".join(items), np.uint8).reshape(n, 32)
    require(merkle.root(array) == reference_merkle.root_iterative(items))
    few = items[: min(n, 20_000)]

    def pymerkle() -> Callable[[], object]:
        from pymerkle import InmemoryTree

        def run() -> bytes:
            tree = InmemoryTree(algorithm="sha256")
            for leaf in few:
                tree.append_entry(leaf)
            return bytes(tree.get_root())

        return run

    return Case(
        f"merkle.root, {n} leaves of 32 B",
        "leaves/s",
        Work(lambda: merkle.root(array), n),
        Work(lambda: reference_merkle.root_iterative(items), n, "hashlib, level by level"),
        peer("pymerkle", pymerkle, len(few)),
    )


def merkle_verify(n: int) -> Case:
    """Inclusion proofs checked one by one."""
    items = leaves(n)
    log = merkle.Log()
    log.extend(items)
    root, sample = log.root(), range(0, n, max(1, n // 1000))
    hashed = [(merkle.leaf_hash(items[i]), i, log.prove_inclusion(i)) for i in sample]

    def ours() -> None:
        for leaf, i, proof in hashed:
            merkle.verify_inclusion(leaf, i, n, proof, root)

    def pure() -> None:
        for leaf, i, proof in hashed:
            require(reference_merkle.verify_inclusion(leaf, i, n, proof, root))

    def pymerkle() -> Callable[[], object]:
        from pymerkle import InmemoryTree, verify_inclusion

        tree = InmemoryTree(algorithm="sha256")
        few = 2000
        for leaf in items[:few]:
            tree.append_entry(leaf)
        proofs = [(tree.get_leaf(i + 1), tree.prove_inclusion(i + 1)) for i in range(0, few, 8)]
        state = tree.get_root()
        return lambda: [verify_inclusion(leaf, state, proof) for leaf, proof in proofs]

    return Case(
        f"merkle.verify_inclusion, tree of {n}",
        "proofs/s",
        Work(ours, len(hashed)),
        Work(pure, len(hashed), "chopmark.reference.merkle"),
        peer("pymerkle", pymerkle, 250),
    )


def cases(quick: bool) -> Iterator[Case]:
    """All cases, made when they are asked for."""
    yield from ed25519_cases(quick)
    items = 20_000 if quick else 200_000
    for name, size in (
        ("sha256", 64),
        ("sha256", 200),
        ("sha512", 200),
        ("blake3", 64),
        ("sm3", 64),
    ):
        yield hash_many(name, size, items)
    yield merkle_root(100_000 if quick else 1_000_000)
    yield merkle_verify(100_000 if quick else 1_000_000)
    yield from merkle_cases(quick)
    yield from state_cases(quick)
    yield from ledger_cases(quick)
    yield from consensus_cases(quick)
