# SPDX-License-Identifier: Apache-2.0
"""Ed25519 against the reference and two other libraries, on honest and on crafted signatures."""

from __future__ import annotations

from typing import Any

import nacl.exceptions
import nacl.signing
import pytest
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
from hypothesis import given, settings
from hypothesis import strategies as st

import chopmark
from chopmark import InvalidSignature, ed25519
from chopmark.reference import ed25519 as reference
from chopmark.testing import use_backend

BACKENDS = chopmark.build_info()["available_backends"]
scalars = st.integers(0, L - 1)
messages = st.binary(max_size=300)
small_order_or_odd_encodings = st.sampled_from([*TORSION_ENCODINGS, *non_canonical_encodings()])
property_test = settings(max_examples=60, deadline=None)


def by_reference(item: Item, rule: str) -> bool:
    return reference.verify(item.public_key, item.signature, item.message, rule=rule)


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


def by_single(item: Item, rule: Any) -> bool:
    try:
        ed25519.verify(item.public_key, item.signature, item.message, rule=rule)
    except InvalidSignature:
        return False
    return True


def batch(items: list[Item], **options: Any) -> list[bool]:
    return ed25519.verify_batch(
        [item.public_key for item in items],
        [item.signature for item in items],
        [item.message for item in items],
        **options,
    ).tolist()


def by_key_set(items: list[Item], tables: bool, **options: Any) -> list[bool]:
    keys = sorted({item.public_key for item in items})
    return ed25519.verify_batch(
        ed25519.KeySet(keys, tables=tables),
        [item.signature for item in items],
        [item.message for item in items],
        key_index=[keys.index(item.public_key) for item in items],
        **options,
    ).tolist()


def assert_one_verdict(items: list[Item], zip215: list[bool], strict: list[bool]) -> None:
    """Every path on every backend gives these verdicts."""
    for name in BACKENDS:
        with use_backend(name):
            assert [by_single(item, "zip215") for item in items] == zip215
            assert [by_single(item, "strict") for item in items] == strict
            assert batch(items, rule="strict") == strict
            for method in ("auto", "exact", "combined"):
                assert batch(items, method=method) == zip215
            for tables in (False, True):
                assert by_key_set(items, tables, method="exact") == zip215
                assert by_key_set(items, tables, method="combined") == zip215
                assert by_key_set(items, tables, rule="strict") == strict


def assert_like_reference(items: list[Item]) -> None:
    zip215 = [by_reference(item, "zip215") for item in items]
    strict = [by_reference(item, "strict") for item in items]
    assert_one_verdict(items, zip215, strict)
    assert [by_pynacl(item) for item in items] == strict


@property_test
@given(seed=st.binary(min_size=32, max_size=32), message=messages)
def test_signatures_of_other_libraries(seed: bytes, message: bytes) -> None:
    signer = Ed25519PrivateKey.from_private_bytes(seed)
    key = signer.public_key().public_bytes_raw()
    signature = signer.sign(message)
    assert reference.public_key(seed) == key
    assert reference.sign(seed, message) == signature
    assert nacl.signing.SigningKey(seed).sign(message).signature == signature
    assert_one_verdict([Item(key, signature, message)], [True], [True])


@property_test
@given(data=st.data(), message=st.binary(min_size=1, max_size=80))
def test_one_bit_flipped(data: st.DataObject, message: bytes) -> None:
    seed = bytes(32)
    whole = bytearray(reference.public_key(seed) + reference.sign(seed, message) + message)
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    whole[bit // 8] ^= 1 << bit % 8
    item = Item(bytes(whole[:32]), bytes(whole[32:96]), bytes(whole[96:]))
    assert_like_reference([item])
    assert by_cryptography(item) is by_single(item, "zip215") is False


@property_test
@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64), messages)
def test_random_bytes(key: bytes, signature: bytes, message: bytes) -> None:
    assert_like_reference([Item(key, signature, message)])


@property_test
@given(
    secret=scalars,
    nonce=scalars,
    message=messages,
    key_torsion=st.integers(0, 7),
    r_torsion=st.integers(0, 7),
    error=st.sampled_from([0, 0, 0, 1, L - 1, 8, L // 2]),
    multiples=st.sampled_from([0, 0, 0, 1, 2, 14]),
)
def test_torsion(
    secret: int,
    nonce: int,
    message: bytes,
    key_torsion: int,
    r_torsion: int,
    error: int,
    multiples: int,
) -> None:
    item = sign_with(
        secret,
        nonce,
        message,
        key_torsion=key_torsion,
        r_torsion=r_torsion,
        error=error,
        multiples_of_order=multiples,
    )
    assert by_reference(item, "zip215") == (error == 0 and multiples == 0)
    assert_like_reference([item])


@property_test
@given(small_order_or_odd_encodings, small_order_or_odd_encodings, scalars, messages)
def test_odd_encodings(key: bytes, r: bytes, s: int, message: bytes) -> None:
    of_zero = Item(key, r + bytes(32), message)
    of_s = Item(key, r + s.to_bytes(32, "little"), message)
    assert_like_reference([of_zero, of_s])


def test_every_pair_of_odd_encodings() -> None:
    encodings = sorted({*TORSION_ENCODINGS, *non_canonical_encodings()})
    items = [Item(key, r + bytes(32), b"chopmark") for key in encodings for r in encodings]
    zip215 = [by_reference(item, "zip215") for item in items]
    strict = [by_reference(item, "strict") for item in items]
    assert True in zip215 and True not in strict
    for name in BACKENDS:
        with use_backend(name):
            for method in ("auto", "exact", "combined"):
                assert batch(items, method=method) == zip215
            assert batch(items, rule="strict") == strict


@pytest.mark.parametrize("s", [0, 1, L - 1, L, L + 1, 2**252, 2**253, 2**255, 2**256 - 1])
def test_bound_of_s(s: int) -> None:
    # With A = R = 0 the equation holds for s = 0 modulo L, so only the bound can refuse L.
    neutral = TORSION_ENCODINGS[0]
    item = Item(neutral, neutral + s.to_bytes(32, "little"), b"")
    assert by_single(item, "zip215") == (s == 0)
    assert_like_reference([item])


@property_test
@given(st.integers(1, L - 1), st.integers(2, 40), st.data())
def test_cancelling_pair(difference: int, size: int, data: st.DataObject) -> None:
    items = honest(size, signers=data.draw(st.sampled_from([1, 3, size])))
    first, second = sorted(data.draw(st.sets(st.integers(0, size - 1), min_size=2, max_size=2)))
    items[first] = spoiled(items[first], difference)
    items[second] = spoiled(items[second], -difference)
    want = [i not in (first, second) for i in range(size)]
    for method in ("auto", "exact", "combined"):
        assert batch(items, method=method) == want


POOL = honest(130)


@pytest.mark.parametrize("method", ["auto", "exact", "combined"])
def test_every_batch_size(method: str, backend: str) -> None:
    for size in range(131):
        assert batch(POOL[:size], method=method) == [True] * size


@pytest.mark.parametrize("size", [1, 2, 15, 16, 17, 64, 65, 130])
def test_one_bad_item_at_every_position(size: int, backend: str) -> None:
    for bad in range(size):
        items = [spoiled(item) if i == bad else item for i, item in enumerate(POOL[:size])]
        want = [i != bad for i in range(size)]
        assert batch(items, method="combined") == want
        assert batch(items, method="auto") == want


@property_test
@given(st.lists(st.sampled_from(["good", "s", "r", "key", "long", "torsion"]), max_size=90))
def test_mixed_batches(kinds: list[str]) -> None:
    items = []
    for kind, item in zip(kinds, POOL):
        key, signature = item.public_key, item.signature
        made = {
            "good": item,
            "s": spoiled(item, 5),
            "r": Item(key, (2).to_bytes(32, "little") + signature[32:], item.message),
            "key": Item((2).to_bytes(32, "little"), signature, item.message),
            "long": Item(key, signature + b"\0", item.message),
            "torsion": sign_with(len(items) + 3, 5, b"m", key_torsion=3, r_torsion=6),
        }[kind]
        items.append(made)
    want = [kind in ("good", "torsion") for kind in kinds]
    # The torsion of A is multiplied by k: for one k in eight it cancels that of R.
    strict = [
        kind == "good" or (kind == "torsion" and by_reference(item, "strict"))
        for kind, item in zip(kinds, items)
    ]
    for name in BACKENDS:
        with use_backend(name):
            for method in ("auto", "exact", "combined"):
                assert batch(items, method=method) == want
            assert batch(items, rule="strict") == strict


def test_same_item_many_times(backend: str) -> None:
    assert batch(POOL[:1] * 9000, method="combined") == [True] * 9000
    poisoned = POOL[:1] * 4999 + [spoiled(POOL[0])] + POOL[:1] * 1
    assert batch(poisoned, method="combined") == [True] * 4999 + [False, True]
