# SPDX-License-Identifier: Apache-2.0
"""The rules of docs/spec/ledger.md in plain Python: the state, the operations, whole blocks.

The oracle of the tests and the baseline of the benchmarks. Needs its sibling modules only.

`entries` is what stands in the state, `context` what an operation sees; `governance`, `records`,
`cases` and `quantities` are the operations, `blocks` everything around them.
"""

from chopmark.reference.ledger.blocks import (
    Block,
    Entry,
    Ledger,
    Overlay,
    Verdict,
    execute,
    genesis_state,
)
from chopmark.reference.ledger.codes import Refusal, ResultCode
from chopmark.reference.ledger.entries import (
    Record,
    attestation_key,
    commitment,
    member_key,
    record_key,
    state_root,
)

__all__ = [
    "Block",
    "Entry",
    "Ledger",
    "Overlay",
    "Record",
    "Refusal",
    "ResultCode",
    "Verdict",
    "attestation_key",
    "commitment",
    "execute",
    "genesis_state",
    "member_key",
    "record_key",
    "state_root",
]
