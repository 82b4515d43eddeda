# SPDX-License-Identifier: Apache-2.0
"""verify_batch on every backend: whatever a batch is made of, each item gets the verdict that the
reference gives it alone, by every method, with and without a key set, with any number of threads.
"""

from __future__ import annotations

import functools
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nacl.exceptions
import nacl.signing
import numpy as np
from cryptography.exceptions import InvalidSignature as OtherInvalid
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from ed25519_forge import (
    TORSION_ENCODINGS,
    Item,
    L,
    honest,
    non_canonical_encodings,
    sign_with,
    spoiled,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chopmark import ed25519
from chopmark.reference import ed25519 as reference

METHODS: tuple[ed25519.Method, ...] = ("auto", "exact", "combined")
SIGNERS = 40
# The backend stays the same for all examples of one run of a test.
on_each_backend = functools.partial(
    settings, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@functools.cache
def verdict(item: Item, rule: str = "zip215") -> bool:
    return reference.verify(item.public_key, item.signature, item.message, rule=rule)


def flipped(item: Item, bit: int) -> Item:
    whole = bytearray(item.public_key + item.signature + item.message)
    whole[bit // 8 % len(whole)] ^= 1 << bit % 8
    return Item(bytes(whole[:32]), bytes(whole[32:96]), bytes(whole[96:]))


def with_s(item: Item, s: int) -> Item:
    return Item(item.public_key, item.signature[:32] + s.to_bytes(32, "little"), item.message)


def s_of(item: Item) -> int:
    return int.from_bytes(item.signature[32:], "little")


@functools.cache
def good() -> tuple[Item, ...]:
    """More than the largest batch of this file, by repeated and by distinct keys."""
    return tuple(honest(300, signers=SIGNERS) + honest(60))


@functools.cache
def crafted() -> tuple[Item, ...]:
    """Items of all other kinds, valid ones among them."""
    source = random.Random(1)
    items = []
    for i in range(12):
        item = good()[i]
        items += [spoiled(item, by) for by in (1, -1, 8, L // 2)]
        items += [with_s(item, s_of(item) + m * L) for m in (1, 14)]
        items += [flipped(item, source.randrange(8 * 136)) for _ in range(4)]
        items += [flipped(item, bit) for bit in (255, 511, 8 * 96 - 1)]  # signs, the top bit of s
    for i in range(20):
        secret, nonce = source.randrange(L), source.randrange(L)
        for error in (0, 0, 1):
            items.append(
                sign_with(
                    secret,
                    nonce,
                    bytes([i]),
                    key_torsion=source.randrange(8),
                    r_torsion=source.randrange(8),
                    error=error,
                )
            )
    odd = [*TORSION_ENCODINGS, *non_canonical_encodings(), (2).to_bytes(32, "little")]
    for key, r in zip(odd, reversed(odd)):
        items.append(Item(key, r + bytes(32), b"odd"))
        items.append(Item(key, r + (1).to_bytes(32, "little"), b"odd"))
        items.append(Item(key, good()[0].signature, good()[0].message))
        items.append(Item(good()[0].public_key, r + good()[0].signature[32:], good()[0].message))
    item = good()[1]
    for size in (0, 31, 33):
        items.append(Item((item.public_key * 2)[:size], item.signature, item.message))
    for size in (0, 32, 63, 65):
        items.append(Item(item.public_key, (item.signature * 2)[:size], item.message))
    return tuple(items)


@functools.cache
def everything() -> tuple[Item, ...]:
    return good() + crafted()


@functools.cache
def key_index() -> dict[bytes, int]:
    keys = dict.fromkeys(item.public_key for item in everything())
    return {key: i for i, key in enumerate(keys)}


@functools.cache
def key_set(tables: bool) -> ed25519.KeySet:
    """Every key of this file, those that are none included."""
    return ed25519.KeySet(list(key_index()), tables=tables)


KEY_MODES = ("keys", "set", "tables")


def verify(items: list[Item], keys: str = "keys", **options: Any) -> list[bool]:
    signatures = [item.signature for item in items]
    messages = [item.message for item in items]
    if keys == "keys":
        got = ed25519.verify_batch(
            [item.public_key for item in items], signatures, messages, **options
        )
    else:
        index = [key_index()[item.public_key] for item in items]
        got = ed25519.verify_batch(
            key_set(keys == "tables"), signatures, messages, key_index=index, **options
        )
    return got.tolist()


def assert_like_reference(items: list[Item], ways: Any) -> None:
    want = [verdict(item) for item in items]
    for method, keys, threads in ways:
        assert verify(items, keys, method=method, threads=threads) == want, (method, keys, threads)


ALL_WAYS = list(itertools.product(METHODS, KEY_MODES, (1, 3)))


def test_pool_has_both_verdicts() -> None:
    assert all(verdict(item) and verdict(item, "strict") for item in good())
    valid = [item for item in crafted() if verdict(item)]
    assert 20 < len(valid) < len(crafted()) / 2
    assert {verdict(item, "strict") for item in valid} == {False, True}


def test_every_size_with_bad_items(backend: str) -> None:
    source = random.Random(2)
    for size in range(301):
        items = source.sample(good(), size)
        if size % 3 == 0:  # one key only
            items = source.choices(good()[:300:SIGNERS], k=size)
        for _ in range(source.choice([0, 1, 2, 5, size // 4, size])):
            if size:
                items[source.randrange(size)] = source.choice(crafted())
        # Every method; the other choices take turns.
        keys, threads = KEY_MODES[size % 3], (1, 3)[size // 3 % 2]
        assert_like_reference(items, [(method, keys, threads) for method in METHODS])
        if size % 7 == 0:
            want = [verdict(item, "strict") for item in items]
            assert verify(items, keys, rule="strict", threads=threads) == want


def test_every_item_in_every_way(backend: str) -> None:
    items = list(everything())
    assert_like_reference(items, ALL_WAYS)
    assert_like_reference(items[::-1], ALL_WAYS[::4])
    for keys in KEY_MODES:
        want = [verdict(item, "strict") for item in items]
        assert verify(items, keys, rule="strict") == want
        assert verify(items, keys, rule="strict", method="exact", threads=3) == want


@on_each_backend(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    size=st.integers(1, 300),
    bad=st.lists(
        st.tuples(st.integers(0, 299), st.integers(0, 10**6)), max_size=12, unique_by=lambda b: b[0]
    ),
    ways=st.lists(st.sampled_from(ALL_WAYS), min_size=2, max_size=4, unique=True),
)
def test_any_batch(
    backend: str, seed: int, size: int, bad: list[tuple[int, int]], ways: list[Any]
) -> None:
    items = random.Random(seed).choices(good(), k=size)
    for place, which in bad:
        items[place % size] = crafted()[which % len(crafted())]
    assert_like_reference(items, ways)


@on_each_backend(max_examples=25)
@given(
    forged=st.lists(
        st.tuples(
            st.integers(0, L - 1),  # secret
            st.integers(0, L - 1),  # nonce
            st.integers(0, 7),  # torsion of A
            st.integers(0, 7),  # torsion of R
            st.sampled_from([0, 0, 0, 1, 8, L - 1, L // 8]),
            st.sampled_from([0, 0, 0, 0, 1, 2, 14]),
        ),
        min_size=1,
        max_size=6,
    ),
    before=st.integers(0, 70),
    method=st.sampled_from(METHODS),
    threads=st.sampled_from([1, 3]),
)
def test_forged_items_among_good_ones(
    backend: str, forged: list[Any], before: int, method: str, threads: int
) -> None:
    items = list(good()[:before])
    for place, (secret, nonce, a, r, error, multiples) in enumerate(forged):
        item = sign_with(
            secret,
            nonce,
            b"forged",
            key_torsion=a,
            r_torsion=r,
            error=error,
            multiples_of_order=multiples,
        )
        items.insert(place * 11 % (len(items) + 1), item)
        assert verdict(item) == (error == 0 and multiples == 0)
    assert_like_reference(items, [(method, "keys", threads)])
    want = [verdict(item, "strict") for item in items]
    assert verify(items, rule="strict", threads=threads) == want


@on_each_backend(max_examples=25)
@given(
    size=st.integers(2, 200),
    errors=st.lists(st.integers(1, L - 1), min_size=1, max_size=4),
    first=st.integers(0, 199),
    step=st.integers(1, 80),
    one_key=st.booleans(),
    keys=st.sampled_from(KEY_MODES),
)
def test_errors_that_cancel(
    backend: str, size: int, errors: list[int], first: int, step: int, one_key: bool, keys: str
) -> None:
    """Errors of s that add up to 0 modulo L, at places near and far, by one key and by many."""
    pool = good()[:300:SIGNERS] if one_key else good()
    items = [pool[i % len(pool)] for i in range(size)]
    places = list(dict.fromkeys((first + step * i) % size for i in range(len(errors) + 1)))
    used = errors[: len(places) - 1]
    for place, by in zip(places, [*used, -sum(used)]):
        items[place] = spoiled(items[place], by)
    assert_like_reference(
        items, [(method, keys, threads) for method in METHODS for threads in (1, 3)]
    )


def test_parts_that_change_places(backend: str) -> None:
    """The sum over all items stays the same when two exchange s, or R, or the message."""
    items = list(good()[:64])
    a, b, c = (items[i] for i in (3, 40, 43))
    swaps: list[list[Item]] = [
        [with_s(a, s_of(b)), with_s(b, s_of(a))],
        [
            Item(a.public_key, b.signature[:32] + a.signature[32:], a.message),
            Item(b.public_key, a.signature[:32] + b.signature[32:], b.message),
        ],
        [
            Item(a.public_key, a.signature, c.message),
            Item(c.public_key, c.signature, a.message),
        ],
        [Item(a.public_key, b.signature, b.message), Item(b.public_key, a.signature, a.message)],
    ]
    for pair in swaps:
        for places in ((0, 1), (7, 63)):
            mixed = list(items)
            for place, item in zip(places, pair):
                mixed[place] = item
            assert [verdict(item) for item in mixed].count(False) == 2
            assert_like_reference(mixed, ALL_WAYS)


def by_pynacl(item: Item) -> bool:
    try:
        nacl.signing.VerifyKey(item.public_key).verify(item.message, item.signature)
    except (nacl.exceptions.BadSignatureError, nacl.exceptions.ValueError):
        return False
    return True


def by_cryptography(item: Item) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(item.public_key).verify(item.signature, item.message)
    except (OtherInvalid, ValueError):
        return False
    return True


@on_each_backend(max_examples=20)
@given(
    seeds=st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=5),
    messages=st.lists(st.binary(max_size=200), min_size=1, max_size=60),
    flips=st.dictionaries(st.integers(0, 59), st.integers(0, 10**6), max_size=20),
    method=st.sampled_from(METHODS),
    threads=st.sampled_from([1, 3]),
)
def test_other_libraries_agree(
    backend: str,
    seeds: list[bytes],
    messages: list[bytes],
    flips: dict[int, int],
    method: str,
    threads: int,
) -> None:
    signers = [Ed25519PrivateKey.from_private_bytes(seed) for seed in seeds]
    items = []
    for i, message in enumerate(messages):
        signer = signers[i % len(signers)]
        item = Item(signer.public_key().public_bytes_raw(), signer.sign(message), message)
        items.append(flipped(item, flips[i]) if i in flips else item)
    got = verify(items, method=method, threads=threads)
    assert got == [i not in flips for i in range(len(items))]
    assert got == [by_cryptography(item) for item in items]
    assert got == [by_pynacl(item) for item in items]
    assert got == verify(items, rule="strict", threads=threads)


def rows(items: list[bytes]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), -1)


def moved(array: np.ndarray[Any, Any], by: int) -> np.ndarray[Any, Any]:
    """The same values at an address `by` bytes after an aligned one."""
    room = np.zeros(array.nbytes + 128, np.uint8)
    view: np.ndarray[Any, Any] = np.ndarray(
        array.shape, array.dtype, room.data, -room.ctypes.data % 64 + by
    )
    view[...] = array
    return view


def test_views_of_every_kind(backend: str) -> None:
    items = list(good()[:65])
    items[9], items[64] = spoiled(items[9]), flipped(items[64], 300)
    want = [verdict(item) for item in items]
    keys = rows([item.public_key for item in items])
    signatures = rows([item.signature for item in items])
    messages = rows([item.message for item in items])
    index = np.array([key_index()[item.public_key] for item in items])

    def read_only(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        copy = array.copy()
        copy.flags.writeable = False
        return copy

    def wide(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Every other row and column of something larger."""
        room = np.full([3 * n for n in array.shape], 0x5A, array.dtype)
        view = room[tuple(slice(1, None, 3) for _ in array.shape)]
        view[...] = array
        return view

    def backwards(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return array[::-1].copy()[::-1]

    views: list[Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]] = [
        read_only,
        wide,
        backwards,
        np.asfortranarray,
        *(functools.partial(moved, by=by) for by in (1, 3, 7, 8, 33)),
    ]
    for view in views:
        for method in METHODS:
            got = ed25519.verify_batch(
                view(keys), view(signatures), view(messages), method=method, threads=3
            )
            assert got.tolist() == want
            got = ed25519.verify_batch(
                key_set(True),
                view(signatures),
                view(messages),
                key_index=view(index),
                method=method,
                out=moved(np.zeros(65, np.bool_), 5),
            )
            assert got.tolist() == want
    assert not moved(index, 1).flags.aligned
    one_key = np.broadcast_to(keys[0], keys.shape)
    repeated = [np.broadcast_to(array[0], array.shape) for array in (signatures, messages)]
    assert ed25519.verify_batch(one_key, *repeated).all()


def test_64_threads_at_once(backend: str) -> None:
    source = random.Random(3)
    work = []
    for i in range(64):
        items = source.sample(everything(), 20 + i)
        work.append((items, [verdict(item) for item in items], ALL_WAYS[i % len(ALL_WAYS)]))
    start = threading.Barrier(64)

    def run(i: int) -> bool:
        items, want, (method, keys, threads) = work[i]
        start.wait()
        return (
            all(verify(items, keys, method=method, threads=threads) == want for _ in range(3))
            and verify(items[::-1], keys) == want[::-1]
        )

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(run, range(64))) == [True] * 64


def wait_for(child: int, seconds: float) -> int:
    """The exit code of a child process, which is killed if it takes longer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid == child:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    raise AssertionError("the child process hangs")


def test_fork_while_threads_verify(backend: str) -> None:
    items = list(everything())[250:400]
    want = [verdict(item) for item in items]
    stop = threading.Event()
    wrong: list[str] = []

    def run(keys: str, method: str) -> None:
        while not stop.is_set():
            if verify(items, keys, method=method, threads=3) != want:
                wrong.append(keys)

    threads = [
        threading.Thread(target=run, args=way)
        for way in (("keys", "combined"), ("tables", "exact"), ("set", "auto"))
    ]
    for thread in threads:
        thread.start()
    try:
        for i in range(6):
            with warnings.catch_warnings():  # newer Pythons warn of what is tested here
                warnings.simplefilter("ignore", DeprecationWarning)
                child = os.fork()
            if child == 0:
                code = 3
                try:
                    same = [
                        verify(items, KEY_MODES[i % 3], method=method, threads=3) == want
                        for method in METHODS
                    ]
                    code = 0 if all(same) else 1
                finally:
                    os._exit(code)
            assert wait_for(child, 30) == 0
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not wrong


FORK_EARLY = """
import os, threading, time
from test_ed25519_batches import ed25519, honest, wait_for

items = honest(3)
keys = ed25519.KeySet([item.public_key for item in items], tables=True)


def verify():
    signatures, messages = [i.signature for i in items], [i.message for i in items]
    options = dict(key_index=[0, 1, 2], method="exact")
    return ed25519.verify_batch(keys, signatures, messages, **options).all()


for attempt in range(24):
    first = os.fork()
    if first == 0:  # a process that has made no tables
        threading.Thread(target=verify, daemon=True).start()
        time.sleep(attempt % 12 * 0.0004)
        child = os.fork()
        if child == 0:
            os._exit(0 if verify() else 1)
        code = 9
        try:
            code = wait_for(child, 20)
        finally:
            os._exit(code)
    assert wait_for(first, 60) == 0
"""


def test_fork_while_the_first_tables_are_made() -> None:
    """What is made on first use must not stay locked in a child that was forked meanwhile."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK_EARLY],
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
