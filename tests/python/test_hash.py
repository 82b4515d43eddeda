# SPDX-License-Identifier: Apache-2.0
"""Hash functions against published vectors, other implementations and the reference."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import blake3 as blake3_package
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vector_counts import count

import chopmark
from chopmark import Ragged, hash
from chopmark.reference import blake3 as reference_blake3
from chopmark.reference import sm3 as reference_sm3
from chopmark.testing import use_backend

NAMES = ["sha256", "sha512", "blake3", "sm3"]
DIGEST_BYTES = {"sha256": 32, "sha512": 64, "blake3": 32, "sm3": 32}
BACKENDS = chopmark.build_info()["available_backends"]
KEY = bytes(range(32))

# Independent of chopmark; SM3 has only the reference, since not every OpenSSL offers it.
EXPECTED: dict[str, Callable[[bytes], bytes]] = {
    "sha256": lambda data: hashlib.sha256(data).digest(),
    "sha512": lambda data: hashlib.sha512(data).digest(),
    "blake3": lambda data: blake3_package.blake3(data).digest(),
    "sm3": reference_sm3.sm3,
}


def one(name: str) -> Callable[[Any], bytes]:
    return getattr(hash, name)


def many(name: str) -> Callable[..., np.ndarray]:
    return getattr(hash, f"{name}_many")


def pattern(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def rows(digests: np.ndarray) -> list[bytes]:
    return [row.tobytes() for row in digests]


def message_vectors(vectors: Path, name: str) -> list[tuple[bytes, bytes]]:
    files = {
        "sha256": ["nist_sha256_short_a", "nist_sha256_long_a"],
        "sha512": ["nist_sha512_short_a", "nist_sha512_long_a"],
        "sm3": ["sm3_botan_a"],
    }
    cases = []
    for file in files[name]:
        for case in json.loads((vectors / "hash" / f"{file}.json").read_text()):
            message = bytes.fromhex(case["msg"])
            assert case.get("len", len(message)) == len(message)
            cases.append((message, bytes.fromhex(case["md"])))
    return cases


def blake3_vectors(vectors: Path) -> tuple[bytes, list[tuple[bytes, bytes, bytes]]]:
    """The key, and (message, hash, keyed hash); their outputs are longer than ours."""
    file = json.loads((vectors / "hash" / "blake3_a.json").read_text())
    cases = [
        (
            pattern(case["input_len"]),
            bytes.fromhex(case["hash"])[:32],
            bytes.fromhex(case["keyed_hash"])[:32],
        )
        for case in file["cases"]
    ]
    return file["key"].encode(), cases


# Published vectors


@pytest.mark.parametrize("name", ["sha256", "sha512", "sm3"])
def test_vectors(vectors: Path, backend: str, name: str) -> None:
    cases = message_vectors(vectors, name)
    for message, digest in cases:
        assert one(name)(message) == digest
    assert rows(many(name)([message for message, _ in cases])) == [digest for _, digest in cases]
    count(name, backend, len(cases))


def test_vectors_blake3(vectors: Path, backend: str) -> None:
    key, cases = blake3_vectors(vectors)
    for message, digest, keyed in cases:
        assert hash.blake3(message) == digest
        assert hash.blake3_keyed(key, message) == keyed
    assert rows(hash.blake3_many([case[0] for case in cases])) == [case[1] for case in cases]
    count("blake3", backend, len(cases))
    count("blake3 keyed", backend, len(cases))


def test_vectors_reference_sm3(vectors: Path) -> None:
    cases = message_vectors(vectors, "sm3")
    for message, digest in cases:
        assert reference_sm3.sm3(message) == digest
    count("sm3", "reference", len(cases))


def test_vectors_reference_blake3(vectors: Path) -> None:
    """All cases: the longest, 100 KiB, takes the pure-Python reference a fraction of a second."""
    key, cases = blake3_vectors(vectors)
    for message, digest, keyed in cases:
        assert reference_blake3.blake3(message) == digest
        assert reference_blake3.blake3_keyed(key, message) == keyed
    count("blake3", "reference", len(cases))
    count("blake3 keyed", "reference", len(cases))


# Against other implementations


@pytest.mark.parametrize("name", NAMES)
@given(data=st.binary(max_size=2000))
def test_equals_other_implementation(name: str, data: bytes) -> None:
    expected = EXPECTED[name](data)
    for backend in BACKENDS:
        with use_backend(backend):
            assert one(name)(data) == expected
            assert rows(many(name)([data, b"", data])) == [expected, EXPECTED[name](b""), expected]


@pytest.mark.parametrize("name", NAMES)
def test_every_short_length(backend: str, name: str) -> None:
    message = pattern(300)
    expected = [EXPECTED[name](message[:size]) for size in range(301)]
    assert [one(name)(message[:size]) for size in range(301)] == expected
    assert rows(many(name)([message[:size] for size in range(301)])) == expected


@pytest.mark.parametrize("name", ["sha256", "sha512", "sm3"])
def test_long_message(backend: str, name: str) -> None:
    """64 KiB + 1 for SM3, since the reference is slow; 1 MiB + 1 for the others."""
    data = pattern((1 << 16) + 1 if name == "sm3" else (1 << 20) + 1)
    assert one(name)(data) == EXPECTED[name](data)


@settings(deadline=None)
@given(
    key=st.binary(min_size=32, max_size=32),
    chunks=st.integers(0, 40) | st.sampled_from([63, 64, 65, 127, 128, 129, 255, 256]),
    extra=st.integers(-70, 70),
    seed=st.integers(0, 255),
)
def test_blake3_chunk_lengths(key: bytes, chunks: int, extra: int, seed: int) -> None:
    data = pattern(max(0, 1024 * chunks + extra) + seed)[seed:]
    plain = blake3_package.blake3(data).digest()
    keyed = blake3_package.blake3(data, key=key).digest()
    for backend in BACKENDS:
        with use_backend(backend):
            assert hash.blake3(data) == plain
            assert hash.blake3_keyed(key, data) == keyed


def test_blake3_up_to_a_mebibyte(backend: str) -> None:
    data = pattern((1 << 20) + 1)
    for size in [1 << 17, 777_777, (1 << 20) - 1, 1 << 20, (1 << 20) + 1]:
        assert hash.blake3(data[:size]) == blake3_package.blake3(data[:size]).digest()
        expected = blake3_package.blake3(data[:size], key=KEY).digest()
        assert hash.blake3_keyed(KEY, data[:size]) == expected


@settings(deadline=None, max_examples=30)
@given(chunks=st.integers(0, 9), extra=st.integers(-2, 66))
def test_blake3_reference(chunks: int, extra: int) -> None:
    """At most 9 KiB, since the reference is slow."""
    data = pattern(max(0, 1024 * chunks + extra))
    assert reference_blake3.blake3(data) == blake3_package.blake3(data).digest()
    expected = blake3_package.blake3(data, key=KEY).digest()
    assert reference_blake3.blake3_keyed(KEY, data) == expected


def test_sm3_reference_equals_openssl() -> None:
    if "sm3" not in hashlib.algorithms_available:
        pytest.skip("this OpenSSL does not offer SM3")
    for size in range(301):
        data = pattern(size)
        assert reference_sm3.sm3(data) == hashlib.new("sm3", data).digest()


# One message


@pytest.mark.parametrize("name", NAMES)
def test_one_takes_bytes_like(name: str) -> None:
    data = pattern(100)
    expected = EXPECTED[name](data)
    assert one(name)(bytearray(data)) == expected
    assert one(name)(memoryview(data)) == expected
    assert one(name)(np.frombuffer(data, np.uint8)) == expected
    every_second = np.frombuffer(data, np.uint8)[::2]
    assert one(name)(every_second) == EXPECTED[name](data[::2])
    assert one(name)(memoryview(data)[::-1]) == EXPECTED[name](data[::-1])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong",
    [
        "text",
        None,
        5,
        [b"a"],
        np.zeros(4, np.int64),
        np.zeros(4, np.bool_),
        memoryview(b"abcd").cast("I"),
    ],
)
def test_one_refuses_other_types(name: str, wrong: object) -> None:
    with pytest.raises(TypeError, match="data must"):
        one(name)(wrong)


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_blake3_key_size(size: int) -> None:
    with pytest.raises(ValueError, match=f"key must have 32 bytes, not {size}"):
        hash.blake3_keyed(bytes(size), b"")
    with pytest.raises(ValueError, match="key must have 32 bytes"):
        reference_blake3.blake3_keyed(bytes(size), b"")


def test_blake3_keyed_types() -> None:
    assert hash.blake3_keyed(bytearray(KEY), b"a") == hash.blake3_keyed(KEY, b"a")
    with pytest.raises(TypeError, match="key must be bytes-like"):
        hash.blake3_keyed("k" * 32, b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="data must be bytes-like"):
        hash.blake3_keyed(KEY, "")  # type: ignore[arg-type]


# Many messages


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("name", NAMES)
def test_many_forms(backend: str, name: str, threads: int) -> None:
    """Every form of `items` that holds the same messages gives the same digests."""
    array = np.frombuffer(pattern(5000 * 20), np.uint8).reshape(5000, 20)
    messages = rows(array)
    expected = np.stack([np.frombuffer(one(name)(message), np.uint8) for message in messages])
    offsets = np.arange(0, 5001 * 20, 20)
    wide = np.zeros((5000, 40), np.uint8)
    wide[:, ::2] = array
    forms = {
        "list": messages,
        "tuple": tuple(messages),
        "bytearrays": [bytearray(message) for message in messages],
        "memoryviews": [memoryview(message) for message in messages],
        "arrays": list(array),
        "mixed": [bytearray(m) if i % 2 else m for i, m in enumerate(messages)],
        "array": array,
        "not contiguous": wide[:, ::2],
        "fortran order": np.asfortranarray(array),
        "ragged": Ragged(array.tobytes(), offsets),
        "ragged unsigned": Ragged(bytearray(array.tobytes()), offsets.astype(np.uint64)),
    }
    for form, items in forms.items():
        found = many(name)(items, threads=threads)
        assert found.dtype == np.uint8
        assert found.shape == (5000, DIGEST_BYTES[name])
        assert np.array_equal(found, expected), form


@pytest.mark.parametrize("name", NAMES)
@given(messages=st.lists(st.binary(max_size=300), max_size=20), threads=st.sampled_from([0, 1, 3]))
def test_many_equals_one(name: str, messages: list[bytes], threads: int) -> None:
    expected = [one(name)(message) for message in messages]
    offsets = np.cumsum([0, *map(len, messages)])
    for backend in BACKENDS:
        with use_backend(backend):
            assert rows(many(name)(messages, threads=threads)) == expected
            assert (
                rows(many(name)(Ragged(b"".join(messages), offsets), threads=threads)) == expected
            )


@pytest.mark.parametrize("name", NAMES)
def test_many_of_unequal_sizes_on_threads(backend: str, name: str) -> None:
    messages = [pattern(size) for size in [0, 200_000, 1, 1024, 0, 100_000, 65]]
    expected = [one(name)(message) for message in messages]
    for threads in [0, 1, 3, 256]:
        assert rows(many(name)(messages, threads=threads)) == expected


@pytest.mark.parametrize("name", NAMES)
def test_many_empty(backend: str, name: str) -> None:
    shape = (0, DIGEST_BYTES[name])
    for nothing in [
        [],
        (),
        np.zeros((0, 32), np.uint8),
        np.zeros((0, 0), np.uint8),
        Ragged(b"", np.zeros(1, np.int64)),
    ]:
        assert many(name)(nothing).shape == shape
        assert many(name)(nothing, threads=0).shape == shape
    empty = one(name)(b"")
    for three in [[b""] * 3, np.zeros((3, 0), np.uint8), Ragged(b"", np.zeros(4, np.int64))]:
        assert rows(many(name)(three)) == [empty] * 3


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "wrong",
    [
        (m for m in [b"a"]),
        iter([b"a"]),
        "text",
        b"one message",
        bytearray(b"one message"),
        memoryview(b"one message"),
        None,
        7,
        {b"a": 1},
        {b"a"},
        ["text"],
        [b"a", None],
        [b"a", 3],
        [[b"a"]],
        [np.zeros(3, np.int32)],
        np.zeros((2, 2), np.int8),
        np.zeros((2, 2), np.uint16),
        np.zeros((2, 2), np.bool_),
        np.array([[b"ab"]]),
    ],
    ids=repr,
)
def test_many_refuses_other_types(name: str, wrong: object) -> None:
    with pytest.raises(TypeError, match="items"):
        many(name)(wrong)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(), (4,), (2, 2, 2)])
def test_many_refuses_other_shapes(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="items must have shape"):
        many(name)(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("name", NAMES)
def test_many_threads(name: str) -> None:
    for wrong in [-1, 257, 1 << 40]:
        with pytest.raises(ValueError, match="threads must be between 0"):
            many(name)([b"a"], threads=wrong)
    with pytest.raises(TypeError):
        many(name)([b"a"], threads=1.5)
    with pytest.raises(TypeError):
        many(name)([b"a"], 2)


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory through /proc")
def test_many_when_no_thread_can_start() -> None:
    """The calling thread does the work of threads that the system refuses."""
    program = """
import resource
from pathlib import Path
import numpy as np
from chopmark import hash
items = np.zeros((100_000, 200), np.uint8)
expected = hash.sha256_many(items)
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + 100 * 2**20  # far less than 256 stacks
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
assert np.array_equal(hash.sha256_many(items, threads=256), expected)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_many_out(backend: str, name: str) -> None:
    width = DIGEST_BYTES[name]
    messages = [pattern(size) for size in range(40)]
    out = np.zeros((40, width), np.uint8)
    assert many(name)(messages, threads=3, out=out) is out
    assert rows(out) == [one(name)(message) for message in messages]


@pytest.mark.parametrize("name", NAMES)
def test_many_refuses_out(name: str) -> None:
    width = DIGEST_BYTES[name]
    messages = [b"a", b"b", b"c"]
    for wrong in [np.zeros((3, width), np.int8), np.zeros((3, width)), bytearray(3 * width), [0]]:
        with pytest.raises(TypeError, match="out must be an array of dtype uint8"):
            many(name)(messages, out=wrong)
    for shape in [(2, width), (4, width), (3, width - 1), (3 * width,), (3, width, 1)]:
        with pytest.raises(ValueError, match="out must have shape"):
            many(name)(messages, out=np.zeros(shape, np.uint8))
    read_only = np.zeros((3, width), np.uint8)
    read_only.flags.writeable = False
    strided = np.zeros((3, 2 * width), np.uint8)[:, ::2]
    fortran = np.zeros((3, width), np.uint8, order="F")
    for wrong in [read_only, strided, fortran]:
        with pytest.raises(ValueError, match="C-contiguous and writable"):
            many(name)(messages, out=wrong)
        assert not wrong.any()


@pytest.mark.parametrize("name", NAMES)
def test_many_refuses_out_over_items(name: str) -> None:
    width = DIGEST_BYTES[name]
    memory = np.frombuffer(bytearray(pattern(5 * width)), np.uint8)
    before = memory.copy()
    out = memory[width : 4 * width].reshape(3, width)
    for items in [
        out,
        memory[: 3 * width].reshape(3, width),
        [b"a", b"b", memory[4 * width - 1 :]],
        Ragged(memory, np.array([0, 0, width, 5 * width])),
    ]:
        with pytest.raises(ValueError, match="out must not overlap items"):
            many(name)(items, out=out)
        assert np.array_equal(memory, before)
    beside = [memory[:width], memory[4 * width :], memory[2 * width : 2 * width]]
    expected = [one(name)(item) for item in beside]
    assert rows(many(name)(beside, out=out)) == expected


def test_items_stay_while_the_list_changes() -> None:
    """The call holds every message, whatever other threads do with the list."""
    stop = threading.Event()
    items = [bytes([i % 256]) * 2000 for i in range(2000)]
    expected = rows(hash.blake3_many(items))

    def replace() -> None:
        while not stop.is_set():
            for i in range(len(items)):
                items[i] = bytes([i % 256]) * 2000

    other = threading.Thread(target=replace, name="replace")
    other.start()
    try:
        for _ in range(5):
            assert rows(hash.blake3_many(items, threads=2)) == expected
    finally:
        stop.set()
        other.join()


def test_buffers_are_held_only_during_the_call() -> None:
    message = bytearray(b"abc")
    hash.sha256_many([message])
    hash.sha256(message)
    message.append(1)  # BufferError if an export were left
    assert hash.sha256(message) == EXPECTED["sha256"](b"abc\x01")


def test_public_names() -> None:
    assert sorted(hash.__all__) == hash.__all__
    for name in hash.__all__:
        assert getattr(hash, name).__doc__
