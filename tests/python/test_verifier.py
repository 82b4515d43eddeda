# SPDX-License-Identifier: Apache-2.0
"""The verifier of a driver answers as the single verification does, whatever keys it has seen."""

from __future__ import annotations

import random

import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark import ed25519
from chopmark.consensus import VerifyVotes
from chopmark.node.verifier import KEYS_MAX, Verifier

SECRETS = [Ed25519PrivateKey.from_private_bytes(bytes([i]) * 32) for i in range(KEYS_MAX + 40)]
KEYS = [one.public_key().public_bytes_raw() for one in SECRETS]
NO_POINT = (2).to_bytes(32, "little")


def batch(source: random.Random, among: range) -> tuple[VerifyVotes, list[bool]]:
    """Votes of some validators; some of them wrong, some of a key that is none."""
    keys, signatures, messages, good = [], [], [], []
    for _ in range(source.randint(1, 12)):
        i = source.choice(among)
        message = source.randbytes(source.choice([49, 81]))
        signature = SECRETS[i].sign(message if source.random() < 0.8 else b"else")
        key = KEYS[i] if source.random() < 0.95 else NO_POINT
        keys.append(key)
        signatures.append(signature)
        messages.append(message)
        good.append(ed25519.verify(key, signature, message))
    offsets = np.cumsum([0, *map(len, messages)]).astype(np.uint64)
    joined = b"".join(messages)
    return VerifyVotes(1, b"".join(keys), b"".join(signatures), offsets, joined), good


def test_as_single_verification() -> None:
    source, verifier = random.Random(1), Verifier()
    for _ in range(60):
        at = source.randrange(len(KEYS) - 8)  # sets come and go; the table is begun anew meanwhile
        asked, good = batch(source, range(at, at + 8))
        assert list(verifier(asked, 1)) == good
    assert len(verifier._numbers) <= KEYS_MAX
