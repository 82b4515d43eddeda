# SPDX-License-Identifier: Apache-2.0
"""chopmark.ed25519: arguments, results, errors, threads."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from ed25519_forge import Item, honest, spoiled

import chopmark
from chopmark import InvalidSignature, Ragged, ed25519

ITEMS = honest(12, signers=5)
ITEMS[7] = spoiled(ITEMS[7])
KEYS = [item.public_key for item in ITEMS]
SIGNATURES = [item.signature for item in ITEMS]
MESSAGES = [item.message for item in ITEMS]
WANT = [i != 7 for i in range(12)]
SIGNERS = KEYS[:5]
INDEX = [i % 5 for i in range(12)]


def rows(items: list[bytes]) -> Any:
    return np.frombuffer(b"".join(items), np.uint8).reshape(len(items), -1).copy()


def ragged(items: list[bytes]) -> Ragged:
    offsets = np.cumsum([0, *map(len, items)]).astype(np.int64)
    return Ragged(b"".join(items), offsets)


def test_single() -> None:
    for rule in ("zip215", "strict"):
        ed25519.verify(KEYS[0], SIGNATURES[0], MESSAGES[0], rule=rule)
        with pytest.raises(InvalidSignature, match=rule):
            ed25519.verify(KEYS[7], SIGNATURES[7], MESSAGES[7], rule=rule)
    ed25519.verify(bytearray(KEYS[0]), memoryview(SIGNATURES[0]), rows(MESSAGES)[0])


@pytest.mark.parametrize("size", [0, 1, 31, 33, 64])
def test_single_key_of_wrong_length(size: int) -> None:
    with pytest.raises(InvalidSignature):
        ed25519.verify((KEYS[0] * 2)[:size], SIGNATURES[0], MESSAGES[0])


@pytest.mark.parametrize("size", [0, 1, 32, 63, 65, 128])
def test_single_signature_of_wrong_length(size: int) -> None:
    with pytest.raises(InvalidSignature):
        ed25519.verify(KEYS[0], (SIGNATURES[0] * 2)[:size], MESSAGES[0])


@pytest.mark.parametrize("wrong", ["text", 7, None, [1, 2], np.zeros(32, np.uint16)])
def test_single_wrong_type(wrong: Any) -> None:
    good = (KEYS[0], SIGNATURES[0], MESSAGES[0])
    for place in range(3):
        arguments = [*good[:place], wrong, *good[place + 1 :]]
        with pytest.raises(TypeError):
            ed25519.verify(*arguments)


def test_single_unknown_rule() -> None:
    unknown: Any = "loose"
    with pytest.raises(ValueError, match="loose"):
        ed25519.verify(KEYS[0], SIGNATURES[0], MESSAGES[0], rule=unknown)


def test_every_form_of_argument(backend: str) -> None:
    strided_keys = np.zeros((12, 64), np.uint8)
    strided_keys[:, ::2] = rows(KEYS)
    keys: list[Any] = [
        KEYS,
        tuple(KEYS),
        b"".join(KEYS),
        bytearray(b"".join(KEYS)),
        memoryview(b"".join(KEYS)),
        rows(KEYS),
        rows(KEYS).reshape(-1),
        np.asfortranarray(rows(KEYS)),
        strided_keys[:, ::2],
        ragged(KEYS),
        [bytearray(key) for key in KEYS],
        [memoryview(key) for key in KEYS],
        list(rows(KEYS)),
    ]
    signatures: list[Any] = [SIGNATURES, b"".join(SIGNATURES), rows(SIGNATURES), ragged(SIGNATURES)]
    messages: list[Any] = [MESSAGES, rows(MESSAGES), rows(MESSAGES)[::-1][::-1], ragged(MESSAGES)]
    for key_form in keys:
        got = ed25519.verify_batch(key_form, SIGNATURES, MESSAGES)
        assert got.tolist() == WANT
    for signature_form in signatures:
        for message_form in messages:
            got = ed25519.verify_batch(rows(KEYS), signature_form, message_form)
            assert got.tolist() == WANT
            assert got.dtype == np.bool_ and got.shape == (12,)


def test_non_contiguous_rows_are_seen_as_they_are() -> None:
    backwards = ed25519.verify_batch(rows(KEYS)[::-1], rows(SIGNATURES)[::-1], rows(MESSAGES)[::-1])
    assert backwards.tolist() == WANT[::-1]


@pytest.mark.parametrize("dtype", ["i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", ">i4"])
@pytest.mark.parametrize("tables", [False, True])
def test_key_set(dtype: str, tables: bool) -> None:
    key_set = ed25519.KeySet(SIGNERS, tables=tables)
    assert len(key_set) == 5
    assert key_set.valid.tolist() == [True] * 5
    for index in (np.array(INDEX, dtype), np.repeat(np.array(INDEX, dtype), 2)[::2]):
        for rule in ("zip215", "strict"):
            got = ed25519.verify_batch(key_set, SIGNATURES, MESSAGES, key_index=index, rule=rule)
            assert got.tolist() == WANT
    assert ed25519.verify_batch(key_set, SIGNATURES, MESSAGES, key_index=INDEX).tolist() == WANT


def test_key_set_tells_which_keys_decode() -> None:
    no_point = (2).to_bytes(32, "little")
    key_set = ed25519.KeySet([KEYS[0], no_point, b"short", b"", KEYS[1] + b"x", KEYS[1]])
    assert key_set.valid.tolist() == [True, False, False, False, False, True]
    for tables in (False, True):
        key_set = ed25519.KeySet([no_point, KEYS[0], b"short"], tables=tables)
        for method in ("exact", "combined"):
            got = ed25519.verify_batch(
                key_set, SIGNATURES[:1] * 3, MESSAGES[:1] * 3, key_index=[0, 1, 2], method=method
            )
            assert got.tolist() == [False, True, False]


def test_key_set_is_immutable() -> None:
    buffer = bytearray(b"".join(SIGNERS))
    key_set = ed25519.KeySet(buffer)
    buffer[:] = bytes(len(buffer))
    key_set.valid[:] = False
    assert key_set.valid.all()
    assert ed25519.verify_batch(key_set, SIGNATURES, MESSAGES, key_index=INDEX).tolist() == WANT
    with pytest.raises(AttributeError):
        key_set.valid = np.zeros(5, np.bool_)  # type: ignore[misc]


def test_empty() -> None:
    for method in ("auto", "exact", "combined"):
        got = ed25519.verify_batch([], [], [], method=method)
        assert got.shape == (0,) and got.dtype == np.bool_
    assert ed25519.verify_batch(b"", b"", np.zeros((0, 9), np.uint8)).shape == (0,)
    key_set = ed25519.KeySet([])
    assert len(key_set) == 0 and key_set.valid.shape == (0,)
    assert ed25519.verify_batch(key_set, [], [], key_index=[]).shape == (0,)


@pytest.mark.parametrize("method", ["auto", "exact", "combined"])
def test_items_of_wrong_length_are_false(method: Any) -> None:
    keys, signatures = list(KEYS), list(SIGNATURES)
    keys[1], keys[2] = keys[1][:31], keys[2] + b"\0"
    signatures[3], signatures[4], signatures[5] = b"", signatures[4][:63], signatures[5] + b"\0"
    got = ed25519.verify_batch(keys, signatures, MESSAGES, method=method)
    assert got.tolist() == [i not in (1, 2, 3, 4, 5, 7) for i in range(12)]


def test_out() -> None:
    out = np.zeros(12, np.bool_)
    assert ed25519.verify_batch(KEYS, SIGNATURES, MESSAGES, out=out) is out
    assert out.tolist() == WANT
    out[:] = True
    ed25519.verify_batch(KEYS, SIGNATURES, MESSAGES, out=out)
    assert out.tolist() == WANT


def call(**changes: Any) -> Any:
    arguments: dict[str, Any] = {
        "public_keys": KEYS,
        "signatures": SIGNATURES,
        "messages": MESSAGES,
        **changes,
    }
    return ed25519.verify_batch(**arguments)


KEY_SET = ed25519.KeySet(SIGNERS)
READ_ONLY = np.zeros(12, np.bool_)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    "changes",
    [
        {"rule": "loose"},
        {"rule": ""},
        {"method": "fast"},
        {"rule": "strict", "method": "combined"},
        {"threads": -1},
        {"threads": 257},
        {"public_keys": KEYS[:-1]},
        {"signatures": SIGNATURES[:-1]},
        {"messages": MESSAGES[:-1]},
        {"messages": []},
        {"public_keys": b"".join(KEYS)[:-1]},
        {"signatures": b"".join(SIGNATURES) + b"x"},
        {"public_keys": rows(KEYS)[:, :31]},
        {"signatures": rows(SIGNATURES)[:, :63]},
        {"signatures": rows(SIGNATURES)[None]},
        {"messages": rows(MESSAGES).reshape(-1)},
        {"out": np.zeros(11, np.bool_)},
        {"out": np.zeros((12, 1), np.bool_)},
        {"out": np.zeros(24, np.bool_)[::2]},
        {"out": READ_ONLY},
        {"public_keys": KEY_SET, "key_index": INDEX[:-1]},
        {"public_keys": KEY_SET, "key_index": [INDEX]},
        {"public_keys": KEY_SET, "key_index": [5, *INDEX[1:]]},
        {"public_keys": KEY_SET, "key_index": [-1, *INDEX[1:]]},
        {"public_keys": KEY_SET, "key_index": np.array([-1, *INDEX[1:]], np.int8)},
        {"public_keys": KEY_SET, "key_index": np.array([2**63, *INDEX[1:]], np.uint64)},
        {"public_keys": KEY_SET, "key_index": np.array([2**32, *INDEX[1:]], np.int64)},
    ],
)
def test_value_errors(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        call(**changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"public_keys": "text"},
        {"public_keys": 5},
        {"public_keys": [*KEYS[:-1], "text"]},
        {"public_keys": rows(KEYS).astype(np.int8)},
        {"public_keys": rows(KEYS).astype(np.uint16)},
        {"signatures": None},
        {"signatures": [*SIGNATURES[:-1], 7]},
        {"signatures": rows(SIGNATURES).astype(np.float64)},
        {"messages": b"".join(MESSAGES)},
        {"messages": "text"},
        {"messages": iter(MESSAGES)},
        {"messages": [*MESSAGES[:-1], "text"]},
        {"rule": 1},
        {"method": None},
        {"threads": "all"},
        {"threads": 1.5},
        {"out": np.zeros(12, np.uint8)},
        {"out": [False] * 12},
        {"key_index": INDEX},
        {"public_keys": KEY_SET},
        {"public_keys": KEY_SET, "key_index": [float(i) for i in INDEX]},
        {"public_keys": KEY_SET, "key_index": np.array(INDEX, np.float32)},
        {
            "public_keys": KEY_SET,
            "key_index": np.zeros(0, np.float64),
            "signatures": [],
            "messages": [],
        },
        {"public_keys": KEY_SET, "key_index": np.array(INDEX).astype(np.bool_)},
        {"public_keys": KEY_SET, "key_index": "text"},
        {"public_keys": KEY_SET, "key_index": [None] * 12},
    ],
)
def test_type_errors(changes: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        call(**changes)


@pytest.mark.parametrize(
    ("keys", "error"),
    [
        ("text", TypeError),
        (5, TypeError),
        (rows(KEYS).astype(np.int64), TypeError),
        (b"".join(KEYS)[:-1], ValueError),
        (rows(KEYS)[:, :31], ValueError),
        ([1], TypeError),
    ],
)
def test_key_set_errors(keys: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ed25519.KeySet(keys)


def test_options_are_keyword_only() -> None:
    verify_batch: Any = ed25519.verify_batch
    key_set: Any = ed25519.KeySet
    with pytest.raises(TypeError):
        verify_batch(KEYS, SIGNATURES, MESSAGES, None)
    with pytest.raises(TypeError):
        key_set(KEYS, True)


def test_public_names() -> None:
    assert ed25519.__all__ == ["KeySet", "Method", "Rule", "verify", "verify_batch"]
    assert "ed25519" in chopmark.__all__ and chopmark.ed25519 is ed25519


@pytest.mark.parametrize("method", ["auto", "exact", "combined"])
def test_threads_change_nothing(method: Any, backend: str) -> None:
    items = honest(700, signers=20)
    bad = {0, 63, 64, 233, 234, 466, 699}
    items = [spoiled(item) if i in bad else item for i, item in enumerate(items)]
    keys = [item.public_key for item in items]
    signatures = [item.signature for item in items]
    messages = [item.message for item in items]
    for threads in (1, 0, 3, 256):
        got = ed25519.verify_batch(keys, signatures, messages, method=method, threads=threads)
        assert set(np.flatnonzero(~got).tolist()) == bad


def test_many_threads_at_once() -> None:
    key_set = ed25519.KeySet(SIGNERS, tables=True)
    start = threading.Barrier(64)

    def work(i: int) -> list[Any]:
        start.wait()
        by_index = ed25519.verify_batch(key_set, SIGNATURES, MESSAGES, key_index=INDEX)
        by_key = ed25519.verify_batch(KEYS, SIGNATURES, MESSAGES, threads=1 + i % 3)
        ed25519.verify(KEYS[0], SIGNATURES[0], MESSAGES[0])
        return [by_index.tolist(), by_key.tolist()]

    with ThreadPoolExecutor(64) as pool:
        assert list(pool.map(work, range(64))) == [[WANT, WANT]] * 64


def _in_child(items: list[Item]) -> list[bool]:
    keys = [item.public_key for item in items]
    signatures = [item.signature for item in items]
    messages = [item.message for item in items]
    return ed25519.verify_batch(keys, signatures, messages, threads=2).tolist()


def test_fork_after_first_use() -> None:
    items = honest(130)
    items[5] = spoiled(items[5])
    before = _in_child(items)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(_in_child, [items] * 4) == [before] * 4


def test_buffers_written_meanwhile_do_no_harm() -> None:
    keys, signatures = rows(KEYS * 20), rows(SIGNATURES * 20)
    messages = rows(MESSAGES * 20)
    key_set = ed25519.KeySet(SIGNERS)
    index = np.array(INDEX * 20)
    stop = threading.Event()

    def scribble() -> None:
        random = np.random.default_rng(1)
        while not stop.is_set():
            for array in (keys, signatures, messages):
                array[random.integers(len(array))] ^= 1
            index[random.integers(len(index))] = random.integers(2**40)

    writer = threading.Thread(target=scribble)
    writer.start()
    try:
        for _ in range(20):
            assert ed25519.verify_batch(keys, signatures, messages).shape == (240,)
            try:
                ed25519.verify_batch(key_set, signatures, messages, key_index=index)
            except ValueError as error:
                assert "key_index" in str(error)
            index[:] = INDEX * 20
    finally:
        stop.set()
        writer.join()


def test_long_message(backend: str) -> None:
    item = honest(1, size=3_000_000)[0]
    ed25519.verify(item.public_key, item.signature, item.message)
    got = ed25519.verify_batch([item.public_key], [item.signature], [item.message[:-1] + b"x"])
    assert got.tolist() == [False]
