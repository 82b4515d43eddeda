# SPDX-License-Identifier: Apache-2.0
"""The write-ahead log of consensus and its fence as files (docs/spec/consensus.md, B-60 to B-64).

What stands in them is the replica's business: here bytes are only written, synced and handed back.
A folder holds `log`, `fence`, their successors while they are being written, and `lock`, which the
process that uses the folder keeps locked. One journal is one validator's memory of what it signed:
it is never copied, never shared, and never put back from a backup.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from chopmark.errors import JournalError

__all__ = ["DiskFolder", "FileJournal", "Folder", "Journal", "MemoryJournal"]

LOG, FENCE, NEW = "log", "fence", ".new"


class Journal(Protocol):
    """Where a driver keeps what the replica persists. JournalError ends its use for good."""

    def read(self) -> tuple[bytes | None, bytes | None]:
        """Log and fence as they were found; None for one that is missing."""
        ...

    def replace(self, log: bytes, fence: bytes) -> None:
        """Makes a checkpoint (B-63) durable in place of the log, and then of the fence."""
        ...

    def append(self, record: bytes) -> None:
        """Adds a record to the log; it is not durable yet."""
        ...

    def sync(self) -> None:
        """Returns once everything appended is durable."""
        ...


class MemoryJournal:
    """Counts what a durable journal would write. For devnets: nothing outlives the process."""

    def __init__(self) -> None:
        self.records = 0
        self.bytes = 0
        self.checkpoints = 0

    def read(self) -> tuple[bytes | None, bytes | None]:
        return None, None

    def replace(self, log: bytes, fence: bytes) -> None:
        self.checkpoints += 1

    def append(self, record: bytes) -> None:
        self.records += 1
        self.bytes += len(record)

    def sync(self) -> None:
        pass


class Folder(Protocol):
    """What a journal does with files. OSError when the system cannot do it."""

    def read(self, name: str) -> bytes | None:
        """All bytes of a file; None if there is none."""
        ...

    def write(self, name: str, data: bytes) -> None:
        """A file with these bytes, whatever was there before. Not durable yet."""
        ...

    def append(self, name: str, data: bytes) -> None:
        """More bytes at the end of a file that is there. Not durable yet."""
        ...

    def sync(self, name: str) -> None:
        """Makes what was written to the file durable."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Puts a file in the place of another. Not durable yet."""
        ...

    def sync_names(self) -> None:
        """Makes the renames durable."""
        ...


class DiskFolder:
    """A folder of the file system, locked for this process. JournalError if it is in use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._open: dict[str, int] = {}
        try:
            self._make()
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise failure(path, error) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                raise JournalError(path, "is in use by another process") from None
            raise failure(path, error) from error

    def _make(self) -> None:
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700)
            sync_folder(self.path.parent)

    def read(self, name: str) -> bytes | None:
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, name: str, data: bytes) -> None:
        self._forget(name)
        self._open[name] = self._opened(name, os.O_CREAT | os.O_TRUNC)
        self.append(name, data)

    def append(self, name: str, data: bytes) -> None:
        if name not in self._open:
            self._open[name] = self._opened(name, 0)
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._open[name], rest) :]

    def _opened(self, name: str, flags: int) -> int:
        flags |= os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC
        return os.open(self.path / name, flags, 0o600)

    def sync(self, name: str) -> None:
        sync_descriptor(self._open[name])

    def rename(self, old: str, new: str) -> None:
        (self.path / old).rename(self.path / new)
        self._forget(new)
        if old in self._open:
            self._open[new] = self._open.pop(old)

    def sync_names(self) -> None:
        sync_folder(self.path)

    def _forget(self, name: str) -> None:
        if name in self._open:
            os.close(self._open.pop(name))

    def close(self) -> None:
        """Gives the folder free. Nothing is synced by it."""
        for descriptor in [*self._open.values(), self._lock]:
            os.close(descriptor)
        self._open = {}


class FileJournal:
    """A journal in a folder. After anything has failed, every call raises JournalError.

    That is not timidity: after a failed fsync nobody knows what the disk holds, and a second one
    would report success for bytes that were dropped.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._failed: JournalError | None = None
        self._unwritten: list[bytes] = []

    def read(self) -> tuple[bytes | None, bytes | None]:
        log = fence = None
        with self._watch():
            log, fence = self._folder.read(LOG), self._folder.read(FENCE)
        return log, fence

    def replace(self, log: bytes, fence: bytes) -> None:
        with self._watch():
            if self._unwritten:
                raise JournalError("journal", "has records that are not synced")
            self._replace(LOG, log)
            self._replace(FENCE, fence)  # only now: its generation must never be above the log's

    def _replace(self, name: str, data: bytes) -> None:
        self._folder.write(name + NEW, data)
        self._folder.sync(name + NEW)
        self._folder.rename(name + NEW, name)
        self._folder.sync_names()

    def append(self, record: bytes) -> None:
        with self._watch():
            self._unwritten.append(record)

    def sync(self) -> None:
        """One write and one fsync for everything since the last."""
        with self._watch():
            if self._unwritten:
                self._folder.append(LOG, b"".join(self._unwritten))
                self._folder.sync(LOG)
                self._unwritten.clear()

    @contextlib.contextmanager
    def _watch(self) -> Iterator[None]:
        if self._failed is not None:
            raise JournalError("journal", "has failed before") from self._failed
        try:
            yield
        except OSError as error:
            self._failed = failure("journal", error)
            raise self._failed from error
        except JournalError as error:
            self._failed = error
            raise


def failure(path: object, error: OSError) -> JournalError:
    return JournalError(path, f"cannot be used: {error.strerror or error}", error.errno)


def sync_descriptor(descriptor: int) -> None:
    full = getattr(fcntl, "F_FULLFSYNC", None)  # macOS: fsync alone leaves it in the drive's cache
    if full is None:
        os.fsync(descriptor)
    else:
        fcntl.fcntl(descriptor, full)


def sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
