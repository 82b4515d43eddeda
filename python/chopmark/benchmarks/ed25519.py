# SPDX-License-Identifier: Apache-2.0
"""Ed25519 cases: sizes, signers, methods, backends, and batches in which some are not valid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chopmark import build_info, ed25519
from chopmark.benchmarks.case import SAMPLE, SIGNERS, Case, Work, peer, require, seed
from chopmark.reference import ed25519 as reference_ed25519
from chopmark.testing import use_backend

__all__ = ["Signed", "batch", "ed25519_cases", "signed"]

MESSAGE_BYTES = 200


@dataclass(frozen=True)
class Signed:
    """n signatures over messages of 200 bytes."""

    public_keys: list[bytes]
    signatures: list[bytes]
    messages: list[bytes]
    key_index: np.ndarray[tuple[int], np.dtype[np.int64]]
    distinct_keys: list[bytes]


@cache
def signed(n: int, signers: int) -> Signed:
    """n signatures by `signers` keys in turn."""
    keys = [Ed25519PrivateKey.from_private_bytes(seed("key", i)) for i in range(signers)]
    public = [key.public_key().public_bytes_raw() for key in keys]
    messages = [(seed("message", i) * 7)[:MESSAGE_BYTES] for i in range(n)]
    signatures = [keys[i % signers].sign(messages[i]) for i in range(n)]
    index = np.arange(n, dtype=np.int64) % signers
    return Signed([public[i % signers] for i in range(n)], signatures, messages, index, public)


@cache
def pure() -> Work:
    few = signed(SAMPLE, SAMPLE)

    def run() -> None:
        for key, signature, message in zip(few.public_keys, few.signatures, few.messages):
            require(reference_ed25519.verify(key, signature, message))

    return Work(run, SAMPLE, "chopmark.reference.ed25519")


@cache
def peers() -> list[Work]:
    items = 256
    some = signed(items, items)
    triples = list(zip(some.public_keys, some.signatures, some.messages))

    def pynacl() -> Callable[[], object]:
        from nacl.signing import VerifyKey

        keys = [VerifyKey(key) for key in some.public_keys]
        return lambda: [k.verify(m, s) for k, s, m in zip(keys, some.signatures, some.messages)]

    def openssl() -> Callable[[], object]:
        keys = [Ed25519PublicKey.from_public_bytes(key) for key, _, _ in triples]
        return lambda: [k.verify(s, m) for k, (_, s, m) in zip(keys, triples)]

    return [*peer("pynacl", pynacl, items), *peer("cryptography", openssl, items)]


def single() -> Case:
    some = signed(256, 256)

    def ours() -> None:
        for key, signature, message in zip(some.public_keys, some.signatures, some.messages):
            ed25519.verify(key, signature, message)

    return Case("ed25519.verify", "signatures/s", Work(ours, 256), pure(), peers())


def batch(
    n: int,
    signers: int | None = None,
    *,
    method: ed25519.Method = "auto",
    tables: bool = False,
    backend: str | None = None,
    bad: tuple[str, list[int]] | None = None,
) -> Case:
    """A batch of n by distinct keys, or by `signers` keys that stand in a KeySet.

    `bad` is a name and the positions whose signatures are changed in one bit of s.
    """
    data = signed(n, signers or n)
    signatures = list(data.signatures)
    expected = np.ones(n, dtype=bool)
    for i in () if bad is None else bad[1]:
        signatures[i] = signatures[i][:40] + bytes([signatures[i][40] ^ 1]) + signatures[i][41:]
        expected[i] = False
    repeat = max(1, 256 // n)
    keys: Any = data.public_keys
    key_index = None
    label = "distinct keys"
    if signers is not None:
        keys = ed25519.KeySet(data.distinct_keys, tables=tables)
        key_index = data.key_index
        label = f"{signers} signers" + (" with tables" if tables else "")

    def ours() -> None:
        for _ in range(repeat):
            verdicts = ed25519.verify_batch(
                keys, signatures, data.messages, key_index=key_index, method=method
            )
            require(bool((verdicts == expected).all()))

    def capped() -> None:
        with use_backend(str(backend)):
            ours()

    details = [label]
    details += [] if method == "auto" else [method]
    details += [] if bad is None else [bad[0]]
    details += [] if backend is None else [f"on {backend}"]
    name = f"ed25519.verify_batch n={n}, {', '.join(details)}"
    return Case(
        name, "signatures/s", Work(capped if backend else ours, n * repeat), pure(), peers()
    )


def ed25519_cases(quick: bool) -> Iterator[Case]:
    """All of them, or the most telling ones; made when they are asked for."""
    yield single()
    for n in (1, 64, 1024, 8192):
        yield batch(n)
    for n in (1024, 8192) if quick else (64, 1024, 8192):
        yield batch(n, SIGNERS)
    for n in (64,) if quick else (64, 1024):
        yield batch(n, method="exact")
    yield batch(64, SIGNERS, method="exact", tables=True)
    n = 8192
    yield batch(n, bad=("1 bad", [n // 3]))
    if not quick:
        yield batch(n, bad=("last bad", [n - 1]))
        yield batch(n, bad=("1 % bad", list(range(50, n, 100))))
        yield batch(n, bad=("10 % bad", list(range(5, n, 10))))
    yield batch(n, bad=("all bad", list(range(n))))
    available = list(build_info()["available_backends"])
    if "avx2" in available[:-1]:
        yield batch(n, backend="avx2")
    if "portable" in available[:-1]:
        yield batch(1024, backend="portable")
