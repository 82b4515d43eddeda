# SPDX-License-Identifier: Apache-2.0
"""What all operations share, and claims (docs/spec/codec.md, C-14, C-23, C-28, C-51)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Annotated, ClassVar, TypeAlias

from chopmark.reference.wire import Layout, be, bits, uint

TAG_POSSESSION = 0x02


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Layout):
    """One action of one operation. `ACTION` is its first byte, or None if the code has one only."""

    CODE: ClassVar[int]
    ACTION: ClassVar[int | None] = None
    actor: int = field(default=0)

    @property
    def action(self) -> int | None:
        return self.ACTION

    def body(self) -> bytes:
        head = b"" if self.action is None else be(self.action, 1)
        return head + self.encode()


def possession_payload(chain_id: bytes, member: int, key_id: int, public_key: bytes) -> bytes:
    """C-51: what a new key signs."""
    return be(TAG_POSSESSION, 1) + chain_id + be(member, 4) + be(key_id, 4) + public_key


class KeyFlags(IntFlag):
    """C-14."""

    NONE = 0
    ADMINISTRATE = 1


KEY_FLAGS = bits(KeyFlags, 1)
KeyFlagBits: TypeAlias = Annotated[KeyFlags, KEY_FLAGS]
Amount: TypeAlias = Annotated[int, uint(8, least=1)]


class Claim(IntEnum):
    """What an attestation says (C-28)."""

    RECEIVED = 1
    VERIFIED = 2
    FAILED = 3
    INSPECTED = 4
    APPROVED = 5
    REJECTED = 6
    DISPUTED = 7
    NOTARISED = 8
    APPRAISED = 9
    CONSENT = 10
