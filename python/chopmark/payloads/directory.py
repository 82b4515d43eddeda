# SPDX-License-Identifier: Apache-2.0
"""A store in a folder: one file for each name, 0600, written whole or not at all.

A file is `ROOT/ab/abcd...`, where the second part is the name in hexadecimal. It is written as
`ROOT/incoming/<random>`, synced, renamed into place, and then the folder is synced: at every moment
the place holds the old bytes or the new ones.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from chopmark.errors import StorageError
from chopmark.payloads.store import NAME_BYTES, check_name

__all__ = ["DirectoryStore"]

INCOMING = "incoming"
ABANDONED_S = 3600.0
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
WRITE_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextlib.contextmanager
def explained(path: Path, failed: str) -> Iterator[None]:
    """Turns an OSError into a StorageError that says which path could not be what."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise StorageError(path, f"{failed}: {reason}", error.errno) from error


class DirectoryStore:
    """A `Store` in the folder `root`, which is made (0700) if it is not there.

    StorageError if the folder cannot be used, belongs to somebody else or is open to others. A
    deleted file is unlinked; what the medium keeps of it is out of our reach.
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self._incoming = self.root / INCOMING
        with explained(self.root, "cannot be made or read"):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            status = self.root.stat()
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise StorageError(self.root, f"has mode {mode:04o}, expected 0700: run chmod 700")
        if status.st_uid != os.geteuid():
            raise StorageError(self.root, f"belongs to user {status.st_uid}, not {os.geteuid()}")
        self._make_folder(self._incoming)
        self.sweep(ABANDONED_S)

    def put(self, name: bytes, data: bytes) -> None:
        """See Store. StorageError with `errno` ENOSPC when the disk is full, and so on."""
        place = self._place(name)
        self._make_folder(place.parent)
        draft = self._incoming / secrets.token_hex(16)
        with explained(place, "cannot be written"):
            try:
                write_durably(draft, data)
                draft.replace(place)
            except BaseException:
                with contextlib.suppress(OSError):
                    draft.unlink()
                raise
            sync_folder(place.parent)

    def get(self, name: bytes, bytes_max: int) -> bytes | None:
        """See Store. A symbolic link or another thing that is no regular file is refused."""
        place = self._place(name)
        with explained(place, "cannot be read"):
            try:
                descriptor = os.open(place, READ_FLAGS)
            except FileNotFoundError:
                return None
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                if not stat.S_ISREG(status.st_mode):
                    raise StorageError(place, "is no regular file")
                data = file.read(bytes_max + 1)
        if len(data) > bytes_max:
            raise StorageError(place, f"has {status.st_size} bytes, expected at most {bytes_max}")
        return data

    def delete(self, name: bytes) -> bool:
        """See Store."""
        place = self._place(name)
        with explained(place, "cannot be removed"):
            try:
                place.unlink()
            except FileNotFoundError:
                return False
            sync_folder(place.parent)
        return True

    def names(self) -> Iterator[bytes]:
        """See Store. Files that we did not make are passed over."""
        with explained(self.root, "cannot be listed"):
            places = list(self.root.glob("[0-9a-f][0-9a-f]/" + "[0-9a-f]" * 2 * NAME_BYTES))
        for place in places:
            name = bytes.fromhex(place.name)
            if place == self._place(name):
                yield name

    def sweep(self, older_than_s: float) -> int:
        """Removes what writers that were killed have left behind. Returns how many files.

        A draft younger than `older_than_s` may still be in the making and stays.
        """
        removed = 0
        with explained(self._incoming, "cannot be swept"):
            for draft in self._incoming.iterdir():
                with contextlib.suppress(FileNotFoundError):  # another sweep, or it was renamed
                    if time.time() - draft.stat().st_mtime >= older_than_s:
                        draft.unlink()
                        removed += 1
            sync_folder(self._incoming)
        return removed

    def _place(self, name: bytes) -> Path:
        check_name(name)
        digits = name.hex()
        return self.root / digits[:2] / digits

    def _make_folder(self, folder: Path) -> None:
        with explained(folder, "cannot be made"):
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                return
            sync_folder(self.root)


def write_durably(path: Path, data: bytes) -> None:
    """Writes a new file with mode 0600 and syncs it. OSError."""
    descriptor = os.open(path, WRITE_FLAGS, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(folder: Path) -> None:
    """Makes names in a folder durable: a rename is only safe when its folder has been synced."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
