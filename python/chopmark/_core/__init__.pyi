"""
Native core of chopmark. Use the typed modules of the package instead.
"""

from __future__ import annotations
import numpy
import numpy.typing
import typing
from . import hash
from . import ed25519
from . import merkle
from . import stages
from . import state
from . import ledger
from . import consensus
from . import sim

__all__: list[str] = [
    "Ragged",
    "available_backends",
    "backend",
    "compiler",
    "consensus",
    "cpu_features",
    "ed25519",
    "hash",
    "ledger",
    "merkle",
    "set_backend",
    "sim",
    "stages",
    "state",
    "version",
]

class Ragged:
    def __getitem__(self, index: typing.SupportsInt | typing.SupportsIndex) -> bytes: ...
    def __init__(self, data: typing.Any, offsets: typing.Any) -> None: ...
    def __len__(self) -> int: ...
    @property
    def data(self) -> typing.Any: ...
    @property
    def offsets(self) -> numpy.typing.NDArray[numpy.uint64]: ...

def available_backends() -> list[str]: ...
def backend() -> str: ...
def cpu_features() -> list[str]: ...
def set_backend(name: str) -> None: ...

compiler: str = "gcc 12.2.0"
version: str = "0.1.0"
