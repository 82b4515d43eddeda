# SPDX-License-Identifier: Apache-2.0
"""Helpers for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from chopmark import _core

__all__ = ["use_backend"]


@contextmanager
def use_backend(name: str) -> Iterator[None]:
    """Caps the kernels of the whole process at `name` inside the block.

    ValueError if the backend is unknown or this processor cannot run it.
    """
    before = _core.backend()
    _core.set_backend(name)
    try:
        yield
    finally:
        _core.set_backend(before)
