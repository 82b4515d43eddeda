# SPDX-License-Identifier: Apache-2.0
"""CPU time of one thread by stage. Time inside a nested stage counts for that one alone."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from time import thread_time
from types import TracebackType
from typing import Any

__all__ = ["StagedLoop", "Stages"]


class Stage:
    """A context manager for each name, made once: entering costs two calls, no allocation."""

    def __init__(self, stages: Stages, name: str) -> None:
        self._stages = stages
        self._name = name

    def __enter__(self) -> None:
        self._stages.enter(self._name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._stages.leave()


class Stages:
    """Seconds by stage of the thread that uses it."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._made: dict[str, Stage] = {}
        self._open: list[str] = []
        self._since = 0.0

    def __call__(self, name: str) -> Stage:
        return self._made.setdefault(name, Stage(self, name))

    def enter(self, name: str) -> None:
        now = thread_time()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._open.append(name)
        self._since = now

    def leave(self) -> None:
        now = thread_time()
        self.seconds[self._open.pop()] += now - self._since
        self._since = now


class StagedLoop(asyncio.SelectorEventLoop):
    """Counts what transports do on readiness: reading and decrypting, and writing what had to wait.

    The standard library has no public hook there, so two private methods are overridden.
    """

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        self._stages = stages

    def _add_reader(self, fd: int, callback: Callable[..., object], *args: Any) -> Any:
        return super()._add_reader(fd, self._staged, "receive", callback, *args)  # type: ignore[misc]

    def _add_writer(self, fd: int, callback: Callable[..., object], *args: Any) -> Any:
        return super()._add_writer(fd, self._staged, "send", callback, *args)  # type: ignore[misc]

    def _staged(self, name: str, callback: Callable[..., object], *args: Any) -> None:
        with self._stages(name):
            callback(*args)
