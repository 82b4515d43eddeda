# SPDX-License-Identifier: Apache-2.0
"""A block log with group commit: a thread writes all blocks that wait, then syncs once."""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["BlockLog"]


class BlockLog:
    """Appends blocks; `on_durable` is called from the log's thread with how many are safe now."""

    def __init__(self, path: Path, *, fsync: bool, on_durable: Callable[[int], None]) -> None:
        self.cpu_seconds = 0.0
        self.sync_seconds = 0.0
        self.syncs = 0
        self._fsync = fsync
        self._on_durable = on_durable
        self._file = path.open("wb", buffering=0)
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="block log")
        self._thread.start()

    def append(self, block: bytes) -> None:
        """Hands a block to the thread."""
        self._waiting.put(block)

    def close(self) -> None:
        """Returns once everything is written and the thread has ended."""
        self._waiting.put(None)
        self._thread.join()
        self._file.close()

    def _run(self) -> None:
        open_end = True
        while open_end:
            taken = [self._waiting.get()]
            while not self._waiting.empty():
                taken.append(self._waiting.get())
            open_end = None not in taken
            blocks = [block for block in taken if block is not None]
            for block in blocks:
                written = self._file.write(len(block).to_bytes(4, "big") + block)
                assert written == 4 + len(block)
            if blocks:
                self._sync()
                self._on_durable(len(blocks))
            self.cpu_seconds = time.thread_time()

    def _sync(self) -> None:
        if self._fsync:
            started = time.monotonic()
            os.fsync(self._file.fileno())
            self.sync_seconds += time.monotonic() - started
            self.syncs += 1
