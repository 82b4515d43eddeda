from __future__ import annotations
import typing

__all__: list[str] = ["run_seeds", "trace"]

def run_seeds(
    profile: str,
    validators: typing.SupportsInt | typing.SupportsIndex,
    byzantine: typing.SupportsInt | typing.SupportsIndex | None,
    crashed: typing.SupportsInt | typing.SupportsIndex,
    seconds: typing.SupportsInt | typing.SupportsIndex,
    block_bytes: typing.SupportsInt | typing.SupportsIndex,
    first_seed: typing.SupportsInt | typing.SupportsIndex,
    seeds: typing.SupportsInt | typing.SupportsIndex,
) -> dict[str, typing.Any]: ...
def trace(
    profile: str,
    validators: typing.SupportsInt | typing.SupportsIndex,
    byzantine: typing.SupportsInt | typing.SupportsIndex | None,
    crashed: typing.SupportsInt | typing.SupportsIndex,
    seconds: typing.SupportsInt | typing.SupportsIndex,
    block_bytes: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
    follow: typing.SupportsInt | typing.SupportsIndex | None,
) -> tuple[dict[str, typing.Any], list[tuple[int, int, int, int, bytes]]]: ...
