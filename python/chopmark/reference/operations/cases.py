# SPDX-License-Identifier: Apache-2.0
"""OPN and STP (docs/spec/codec.md, C-63, C-64)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, TypeAlias

from chopmark.reference.operations.base import Action
from chopmark.reference.wire import (
    PARTIES_MAX,
    STATES_MAX,
    U8,
    U16,
    U64,
    ZERO,
    Codec,
    Digest,
    Reader,
    Refs,
    be,
    read_distinct,
    uint,
)

StateIndex: TypeAlias = Annotated[int, uint(1, most=STATES_MAX - 1)]


# --- OPN, STP (C-63, C-64) -----------------------------------------------------------------------


def read_parties(reader: Reader) -> tuple[int, ...]:
    return read_distinct(reader, reader.count(1, 1, PARTIES_MAX), lambda r: r.uint(4))


def encode_parties(members: tuple[int, ...]) -> bytes:
    return be(len(members), 1) + b"".join(be(member, 4) for member in members)


Parties: TypeAlias = Annotated[tuple[int, ...], Codec(read_parties, encode_parties)]


@dataclass(frozen=True, slots=True)
class OpenCase(Action):
    """OPN: a case of a template, with its parties in the order of the template."""

    CODE = 7
    case_id: Digest
    template: U16
    deadline: U64
    subject: Digest
    parties: Parties
    refs: Refs = ()


TIMEOUT = 0


@dataclass(frozen=True, slots=True)
class Step(Action):
    """STP: one event on a case."""

    CODE = 8
    case_id: Digest
    expected_state: StateIndex
    event: U8
    detail: Digest = ZERO
    refs: Refs = ()
