# SPDX-License-Identifier: Apache-2.0
"""chopmark: a permissioned ledger engine with a native consensus and crypto core."""

from __future__ import annotations

import os
from typing import TypedDict

from chopmark import _core, consensus, ed25519, evidence, hash, ledger, merkle, state
from chopmark._core import Ragged
from chopmark.errors import (
    ChopmarkError,
    ConsensusError,
    EncodingError,
    InvalidProof,
    InvalidSignature,
    LedgerError,
)

__all__ = [
    "BuildInfo",
    "ChopmarkError",
    "ConsensusError",
    "EncodingError",
    "InvalidProof",
    "InvalidSignature",
    "LedgerError",
    "Ragged",
    "__version__",
    "build_info",
    "consensus",
    "ed25519",
    "evidence",
    "hash",
    "ledger",
    "merkle",
    "state",
]

__version__: str = _core.version


class BuildInfo(TypedDict):
    """What `build_info` returns."""

    version: str
    compiler: str
    backend: str
    available_backends: list[str]
    cpu_features: list[str]


def build_info() -> BuildInfo:
    """The version, the compiler, and which kernels run on this processor."""
    return {
        "version": _core.version,
        "compiler": _core.compiler,
        "backend": _core.backend(),
        "available_backends": _core.available_backends(),
        "cpu_features": _core.cpu_features(),
    }


def _cap_backend() -> None:
    name = os.environ.get("CHOPMARK_BACKEND", "")
    try:
        _core.set_backend(name)
    except ValueError as error:
        raise ImportError(f"CHOPMARK_BACKEND: {error}") from None


_cap_backend()
