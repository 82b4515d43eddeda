# SPDX-License-Identifier: Apache-2.0
"""A folder for a journal on a disk that can be cut off at every operation, and that can lie."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto


class Crash(BaseException):
    """The power is gone. No handler of errors may see it."""


class Lost(Enum):
    """What a crash leaves of bytes and names that were not synced."""

    ALL = auto()  # none of it
    NOTHING = auto()  # all of it: the system wrote it in time
    TAIL = auto()  # the front half of the bytes; the names are there
    FRONT = auto()  # zeros in place of the front half: pages came in another order
    NAMES = auto()  # all bytes, but the names of before


@dataclass
class File:
    data: bytearray = field(default_factory=bytearray)
    synced: bytes = b""

    def after_crash(self, lost: Lost) -> bytes:
        if not self.data.startswith(self.synced):  # written anew under an old name
            return bytes(self.data) if lost in (Lost.NOTHING, Lost.NAMES) else b""
        fresh = bytes(self.data[len(self.synced) :])
        half = len(fresh) // 2
        kept = {
            Lost.ALL: b"",
            Lost.NOTHING: fresh,
            Lost.NAMES: fresh,
            Lost.TAIL: fresh[:half],
            Lost.FRONT: bytes(half) + fresh[half:],
        }
        return self.synced + kept[lost]


class FakeFolder:
    """Counts its operations. `before` is called with the number and name of each, and may raise."""

    def __init__(self, files: dict[str, bytes] | None = None) -> None:
        self.before: Callable[[int, str], None] = lambda _number, _what: None
        self.calls: list[str] = []
        self._names = {name: File(bytearray(data), data) for name, data in (files or {}).items()}
        self._durable_names = dict(self._names)

    def _enter(self, what: str) -> None:
        self.calls.append(what)
        self.before(len(self.calls) - 1, what)

    def read(self, name: str) -> bytes | None:
        self._enter(f"read {name}")
        return bytes(self._names[name].data) if name in self._names else None

    def write(self, name: str, data: bytes) -> None:
        self._names[name] = File()
        self._put("write", name, data)

    def append(self, name: str, data: bytes) -> None:
        if name not in self._names:
            raise FileNotFoundError(errno.ENOENT, "no such file")
        self._put("append", name, data)

    def _put(self, what: str, name: str, data: bytes) -> None:
        file, start = self._names[name], len(self._names[name].data)
        file.data += data
        try:
            self._enter(f"{what} {name}")
        except OSError:
            del file.data[start + len(data) // 2 :]  # as much as the disk had room for
            raise

    def sync(self, name: str) -> None:
        self._enter(f"sync {name}")
        self._names[name].synced = bytes(self._names[name].data)

    def rename(self, old: str, new: str) -> None:
        self._enter(f"rename {new}")
        self._names[new] = self._names.pop(old)

    def sync_names(self) -> None:
        self._enter("sync names")
        self._durable_names = dict(self._names)

    def after_crash(self, lost: Lost) -> dict[str, bytes]:
        """The files that the next run finds."""
        names = self._durable_names if lost in (Lost.ALL, Lost.NAMES) else self._names
        return {name: file.after_crash(lost) for name, file in names.items()}


def crash_at(number: int) -> Callable[[int, str], None]:
    def before(at: int, _what: str) -> None:
        if at == number:
            raise Crash

    return before


def fail_at(number: int, code: int) -> Callable[[int, str], None]:
    def before(at: int, _what: str) -> None:
        if at == number:
            raise OSError(code, "as the test wants it")

    return before
