# SPDX-License-Identifier: Apache-2.0
"""What a store of bytes must do, and one in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

__all__ = ["NAME_BYTES", "MemoryStore", "Store", "check_name"]

NAME_BYTES = 32


def check_name(name: bytes) -> None:
    """TypeError or ValueError unless `name` is 32 bytes: nothing else ever becomes a file name."""
    if not isinstance(name, bytes):
        raise TypeError(f"an address is bytes, not {type(name).__name__}")
    if len(name) != NAME_BYTES:
        raise ValueError(f"an address has {NAME_BYTES} bytes, not {len(name)}")


class Store(Protocol):
    """Bytes under names of 32 bytes.

    An implementation raises StorageError for what it cannot do, and ValueError for other names. It
    is safe to use from several threads and processes at once.
    """

    def put(self, name: bytes, data: bytes) -> None:
        """Stores `data` in place of what was there. When this returns it is durable; if it fails,
        or the machine stops, what was there before is still there, whole.
        """
        ...

    def get(self, name: bytes, bytes_max: int) -> bytes | None:
        """What is stored, or None. StorageError if it has more than `bytes_max` bytes."""
        ...

    def delete(self, name: bytes) -> bool:
        """Removes it, durably. False if there was nothing."""
        ...

    def names(self) -> Iterator[bytes]:
        """The names of all that is stored, in any order."""
        ...


class MemoryStore:
    """A store that lasts as long as the process. For tests and for keys kept elsewhere."""

    def __init__(self) -> None:
        self._items: dict[bytes, bytes] = {}

    def put(self, name: bytes, data: bytes) -> None:
        """See Store."""
        check_name(name)
        self._items[name] = bytes(data)

    def get(self, name: bytes, bytes_max: int) -> bytes | None:
        """See Store; what is in memory is never too large."""
        check_name(name)
        return self._items.get(name)

    def delete(self, name: bytes) -> bool:
        """See Store."""
        check_name(name)
        return self._items.pop(name, None) is not None

    def names(self) -> Iterator[bytes]:
        """See Store."""
        return iter(list(self._items))
