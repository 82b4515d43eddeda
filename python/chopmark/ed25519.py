# SPDX-License-Identifier: Apache-2.0
"""Ed25519 verification (RFC 8032): one signature, or many in one call with a verdict for each.

Two rules (docs/spec/signatures.md):

- "zip215": cofactored, with the decoding of ZIP-215. The same verdict single, exact and combined,
  on every input: the rule of everything on the ledger.
- "strict": that of libsodium and of dalek's `verify_strict`: cofactorless, small-order or
  non-canonical keys and R refused. Exact only.

Errors: TypeError for a wrong type or dtype; ValueError for counts that differ, a wrong trailing
dimension, an unknown rule or method, or an index out of range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chopmark import _core
from chopmark._types import AnyArray, BytesLike, ItemsLike, PackedLike, Verdicts
from chopmark.errors import InvalidSignature

__all__ = ["KeySet", "Method", "Rule", "verify", "verify_batch"]

Rule: TypeAlias = Literal["zip215", "strict"]
Method: TypeAlias = Literal["auto", "exact", "combined"]

KeySet = _core.ed25519.KeySet
"""Public keys, decoded once: `KeySet(public_keys, *, tables=False)`.

Takes (n, 32) uint8, n * 32 bytes, or a sequence of bytes. Immutable, and may be shared between
threads. `len()` is n; `valid` is an (n,) bool array that tells which keys decode. With `tables`,
each key has a comb of its multiples, 110,976 bytes: exact verification takes a third of the time,
and "auto" prefers it for batches of up to some hundreds. For few, long-lived keys.
"""


def verify(
    public_key: BytesLike, signature: BytesLike, message: BytesLike, *, rule: Rule = "zip215"
) -> None:
    """Returns if the signature is valid, and raises InvalidSignature if it is not.

    A key that has not 32 bytes or a signature that has not 64 is not valid either.
    """
    if not _core.ed25519.verify(public_key, signature, message, rule):
        raise InvalidSignature(f"the signature does not verify under rule {rule}")


def verify_batch(
    public_keys: PackedLike | KeySet,
    signatures: PackedLike,
    messages: ItemsLike,
    *,
    key_index: Sequence[int] | AnyArray | None = None,
    rule: Rule = "zip215",
    method: Method = "auto",
    threads: int = 1,
    out: NDArray[np.bool_] | None = None,
) -> Verdicts:
    """Verifies n signatures; element i of the (n,) bool result tells whether signature i is valid.

    `public_keys` is (n, 32) uint8, n * 32 bytes, a sequence of bytes, or a `KeySet` with
    `key_index` (n,) of any integer dtype; `signatures` likewise with 64; `messages` is a sequence
    of bytes, an (n, m) uint8 array, or a `Ragged`. In a sequence, an item of the wrong length is
    just False.

    `method` "exact" checks one by one, "combined" many in one equation (a failed one is halved),
    "auto" chooses; the verdicts are the same. `threads` = 0 means all cores. The GIL is released,
    and arrays are read in place: writing to them meanwhile gives an unspecified verdict. `out`, if
    given, is a C-contiguous writable (n,) bool array that takes the verdicts.
    """
    return _core.ed25519.verify_batch(
        public_keys, signatures, messages, key_index, rule, method, threads, out
    )
