from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = [
    "blake3",
    "blake3_keyed",
    "blake3_many",
    "sha256",
    "sha256_many",
    "sha512",
    "sha512_many",
    "sm3",
    "sm3_many",
]

def blake3(data: typing.Any) -> bytes: ...
def blake3_keyed(key: typing.Any, data: typing.Any) -> bytes: ...
def blake3_many(
    items: typing.Any, *, threads: typing.Any = 1, out: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint8]: ...
def sha256(data: typing.Any) -> bytes: ...
def sha256_many(
    items: typing.Any, *, threads: typing.Any = 1, out: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint8]: ...
def sha512(data: typing.Any) -> bytes: ...
def sha512_many(
    items: typing.Any, *, threads: typing.Any = 1, out: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint8]: ...
def sm3(data: typing.Any) -> bytes: ...
def sm3_many(
    items: typing.Any, *, threads: typing.Any = 1, out: typing.Any = None
) -> numpy.typing.NDArray[numpy.uint8]: ...
