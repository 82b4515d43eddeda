from __future__ import annotations
import numpy
import numpy.typing
import typing

__all__: list[str] = ["KeySet", "verify", "verify_batch"]

class KeySet:
    """
    Ed25519 public keys, decoded once; see chopmark.ed25519.
    """
    def __init__(self, public_keys: typing.Any, *, tables: bool = False) -> None: ...
    def __len__(self) -> int: ...
    @property
    def valid(self) -> numpy.typing.NDArray[numpy.bool]: ...

def verify(
    public_key: typing.Any, signature: typing.Any, message: typing.Any, rule: str
) -> bool: ...
def verify_batch(
    public_keys: typing.Any,
    signatures: typing.Any,
    messages: typing.Any,
    key_index: typing.Any,
    rule: str,
    method: str,
    threads: typing.Any,
    out: typing.Any,
) -> numpy.typing.NDArray[numpy.bool]: ...
