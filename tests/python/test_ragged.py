# SPDX-License-Identifier: Apache-2.0
"""Ragged: one buffer and the offsets of its items."""

from __future__ import annotations

import numpy as np
import pytest

from chopmark import Ragged, hash


def ragged(offsets: object, data: object = b"abcdef") -> Ragged:
    return Ragged(data, offsets)  # type: ignore[arg-type]


def test_items() -> None:
    items = ragged(np.array([0, 1, 1, 6]))
    assert len(items) == 3
    assert [items[i] for i in range(3)] == [b"a", b"", b"bcdef"]
    assert items[-1] == b"bcdef"
    assert list(items) == [b"a", b"", b"bcdef"]
    assert items.data == b"abcdef"
    assert items.offsets.dtype == np.uint64
    assert items.offsets.tolist() == [0, 1, 1, 6]
    for outside in [3, -4, 1 << 40]:
        with pytest.raises(IndexError):
            items[outside]


@pytest.mark.parametrize(
    "offsets",
    [[0, 2, 6], (0, 2, 6), np.array([0, 2, 6], np.uint64), np.array([0, 9, 2, 9, 6, 9])[::2]],
    ids=["list", "tuple", "uint64", "strided"],
)
def test_forms_of_offsets(offsets: object) -> None:
    assert list(ragged(offsets)) == [b"ab", b"cdef"]


@pytest.mark.parametrize(
    "data",
    [bytearray(b"abcdef"), memoryview(b"abcdef"), np.frombuffer(b"abcdef", np.uint8)],
    ids=["bytearray", "memoryview", "array"],
)
def test_forms_of_data(data: object) -> None:
    assert list(ragged([0, 2, 6], data)) == [b"ab", b"cdef"]


def test_no_items() -> None:
    assert len(ragged([0], b"")) == 0
    assert list(ragged([0, 0], b"")) == [b""]


def test_offsets_are_copied_and_data_is_held() -> None:
    offsets = np.array([0, 2, 6])
    data = bytearray(b"abcdef")
    items = ragged(offsets, data)
    offsets[:] = 1 << 60
    with pytest.raises(BufferError):
        data.append(1)
    data[0] = ord("x")
    assert list(items) == [b"xb", b"cdef"]
    assert len(hash.sha256_many(items)) == 2
    del items
    data.append(1)


@pytest.mark.parametrize(
    ("offsets", "message"),
    [
        ([1, 6], "start at 0"),
        ([-1, 6], "start at 0"),
        ([0, 4, 3, 6], r"offsets\[2\]"),
        ([0, -1, 6], r"offsets\[1\]"),
        ([0, -(1 << 63), 6], r"offsets\[1\]"),
        ([0, 7, 6], r"offsets\[1\]"),
        ([0, 7], r"offsets\[1\]"),
        ([0, 1 << 62], r"offsets\[1\]"),
        ([0, 3], r"last offset must be len\(data\) = 6"),
        ([0], r"last offset must be len\(data\) = 6"),
        (np.array([0, 2**64 - 1, 6], np.uint64), r"offsets\[1\]"),
        (np.zeros(0, np.int64), r"shape \(n \+ 1,\)"),
        (np.zeros((1, 2), np.int64), r"shape \(n \+ 1,\)"),
        (np.array(0), r"shape \(n \+ 1,\)"),
    ],
)
def test_wrong_offsets(offsets: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ragged(offsets)


@pytest.mark.parametrize(
    "offsets",
    [
        np.array([0.0, 6.0]),
        np.array([0, 6], np.int32),
        np.array([0, 6], ">i8"),
        np.array([False, True]),
        "06",
        None,
        [0, None],
        [0, "6"],
    ],
    ids=repr,
)
def test_wrong_type_of_offsets(offsets: object) -> None:
    with pytest.raises(TypeError, match="offsets must"):
        ragged(offsets)


@pytest.mark.parametrize("data", ["abcdef", None, 6, [1, 2], np.zeros(6, np.int16)], ids=repr)
def test_wrong_type_of_data(data: object) -> None:
    with pytest.raises(TypeError, match="data must"):
        ragged([0, 6], data)
