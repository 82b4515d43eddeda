# SPDX-License-Identifier: Apache-2.0
"""Fields on the wire: strict reading, limits, and dataclasses that know their layout.

General rules C-1 to C-6 of docs/spec/codec.md. A dataclass that derives from Layout lists its
fields in the order of the wire, each annotated with a codec; reading and writing follow from that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Annotated, Any, TypeAlias, TypeVar, get_type_hints

VERSION = 1
SUITE_ED25519 = 1

OPERATION_BYTES_MAX = 2 * 1024
REFS_MAX = 16
PARTIES_MAX = 8
STATES_MAX = 32
TRANSITIONS_MAX = 96
VALIDATORS_MAX = 32
COUNCIL_MAX = 16
MEMBERS_MAX = 65536
NAME_BYTES_MAX = 64
MEMBER_KEYS_MAX = 16
MEMBER_ROLES_MAX = 64

NEVER = 2**64 - 1  # C-6
COUNT_MAX = 2**32 - 1
ZERO = bytes(32)
NAME_CHARACTERS = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-")
T = TypeVar("T")
L = TypeVar("L", bound="Layout")


class InvalidEncoding(ValueError):
    """C-2: bytes that no encoder writes; `reason` at byte `offset`."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class Reader:
    """Reads big-endian fields in order (C-1, C-5)."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def expect(self, condition: bool, reason: str) -> None:
        if not condition:
            raise InvalidEncoding(reason, self.at)

    def bytes(self, size: int) -> bytes:
        self.expect(size <= len(self.data) - self.at, "truncated")
        self.at += size
        return self.data[self.at - size : self.at]

    def uint(self, size: int) -> int:
        return int.from_bytes(self.bytes(size), "big")

    def tag(self, value: int, reason: str) -> None:
        self.expect(self.uint(1) == value, reason)

    def count(self, size: int, least: int, most: int) -> int:
        """A count or length within its limits."""
        value = self.uint(size)
        self.expect(least <= value <= most, "limit")
        return value

    def finish(self) -> None:
        self.expect(self.at == len(self.data), "trailing")


def be(value: int, size: int) -> bytes:
    """An unsigned integer, big-endian. OverflowError if it does not fit."""
    return value.to_bytes(size, "big")


class Roles(IntFlag):
    """What a member may do in a field (C-15)."""

    NONE = 0
    RECORD = 0x0001
    ATTEST = 0x0002
    INSPECT = 0x0004
    APPROVE = 0x0008
    NOTARISE = 0x0010
    HANDLE = 0x0020
    DECIDE = 0x0040
    ISSUE = 0x0080
    HOLD = 0x0100
    SUPERVISE = 0x0200
    TRADE = 0x0400
    EMERGENCY = 0x0800


ROLES_KNOWN = 0x0FFF


# --- Codecs of one field -------------------------------------------------------------------------


@dataclass(frozen=True)
class Codec:
    """How one field is read and written."""

    read: Callable[[Reader], Any]
    write: Callable[[Any], bytes]


def uint(size: int, least: int = 0, most: int | None = None, reason: str = "value") -> Codec:
    """An unsigned integer within a range."""

    def read(reader: Reader) -> int:
        value = reader.uint(size)
        reader.expect(value >= least and (most is None or value <= most), reason)
        return value

    return Codec(read, lambda value: be(value, size))


def enum(kind: type[IntEnum]) -> Codec:
    """One byte, one of the members of `kind`."""
    values = {int(one) for one in kind}

    def read(reader: Reader) -> IntEnum:
        value = reader.uint(1)
        reader.expect(value in values, "tag")
        return kind(value)

    return Codec(read, lambda value: be(value, 1))


def bits(kind: type[IntFlag], size: int) -> Codec:
    """Bits of which all are members of `kind`."""
    known = sum(kind)

    def read(reader: Reader) -> IntFlag:
        value = reader.uint(size)
        reader.expect(value & ~known == 0, "value")
        return kind(value)

    return Codec(read, lambda value: be(value, size))


def raw(size: int) -> Codec:
    """Bytes of fixed length."""

    def write(value: bytes) -> bytes:
        if len(value) != size:
            raise ValueError(f"{size} bytes are needed, not {len(value)}")
        return bytes(value)

    return Codec(lambda reader: reader.bytes(size), write)


def read_name(reader: Reader) -> str:
    """C-11."""
    size = reader.uint(1)
    reader.expect(1 <= size <= NAME_BYTES_MAX, "limit")
    data = reader.bytes(size)
    reader.expect(NAME_CHARACTERS.issuperset(data), "value")
    return data.decode("ascii")


def encode_name(name: str) -> bytes:
    data = name.encode("ascii")
    return be(len(data), 1) + data


def read_refs(reader: Reader) -> tuple[bytes, ...]:
    """C-50."""
    count = reader.count(1, 0, REFS_MAX)
    packed = reader.bytes(32 * count)
    refs = tuple(packed[32 * i : 32 * i + 32] for i in range(count))
    reader.expect(list(refs) == sorted(set(refs)), "order")
    return refs


def encode_refs(refs: Sequence[bytes]) -> bytes:
    return be(len(refs), 1) + b"".join(refs)


def read_ascending(reader: Reader, count: int, id_size: int, rest: Callable[[int], T]) -> list[T]:
    """Entries that start with an id larger than the one before."""
    last = -1
    entries = []
    for _ in range(count):
        identity = reader.uint(id_size)
        reader.expect(identity > last, "order")
        last = identity
        entries.append(rest(identity))
    return entries


def read_distinct(reader: Reader, count: int, read: Callable[[Reader], T]) -> tuple[T, ...]:
    """Entries of which none stands twice."""
    entries: list[T] = []
    for _ in range(count):
        entry = read(reader)
        reader.expect(entry not in entries, "order")
        entries.append(entry)
    return tuple(entries)


ROLES = bits(Roles, 2)

U8: TypeAlias = Annotated[int, uint(1)]
U16: TypeAlias = Annotated[int, uint(2)]
U32: TypeAlias = Annotated[int, uint(4)]
U64: TypeAlias = Annotated[int, uint(8)]
Digest: TypeAlias = Annotated[bytes, raw(32)]
Signature: TypeAlias = Annotated[bytes, raw(64)]
RoleBits: TypeAlias = Annotated[Roles, ROLES]
Name: TypeAlias = Annotated[str, Codec(read_name, encode_name)]
Refs: TypeAlias = Annotated[tuple[bytes, ...], Codec(read_refs, encode_refs)]


# --- Layouts -------------------------------------------------------------------------------------


LAYOUTS: dict[type, list[tuple[str, Codec]]] = {}


def codecs_of(layout: type) -> list[tuple[str, Codec]]:
    """Names and codecs of the annotated fields, in their order."""
    if layout not in LAYOUTS:
        hints = get_type_hints(layout, include_extras=True)
        extras = {name: getattr(hints[name], "__metadata__", ()) for name in layout.__annotations__}
        LAYOUTS[layout] = [(n, e[0]) for n, e in extras.items() if e and isinstance(e[0], Codec)]
    return LAYOUTS[layout]


class Layout:
    """A dataclass whose fields have codecs, in the order of the wire."""

    __slots__ = ()

    @classmethod
    def read(cls: type[L], reader: Reader, **others: Any) -> L:
        """The fields one after the other; `others` are fields that do not stand on the wire."""
        values = {name: codec.read(reader) for name, codec in codecs_of(cls)}
        made = cls(**values, **others)
        made.check(reader)
        return made

    def check(self, reader: Reader) -> None:
        """What is asked of several fields together, when they have been read."""

    def encode(self) -> bytes:
        return b"".join(codec.write(getattr(self, name)) for name, codec in codecs_of(type(self)))
