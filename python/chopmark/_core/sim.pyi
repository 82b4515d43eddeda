from __future__ import annotations
import typing

__all__: list[str] = ["culprits", "final_rows", "run_seeds", "trace"]

def culprits(
    finalization_a: typing.Any,
    blocks_a: typing.Any,
    finalization_b: typing.Any,
    blocks_b: typing.Any,
    chain_id: typing.Any,
    anchor: typing.Any,
    validators: typing.Any,
) -> tuple[str, list[bytes]]: ...
def final_rows(
    profile: str,
    validators: typing.SupportsInt | typing.SupportsIndex,
    byzantine: typing.SupportsInt | typing.SupportsIndex | None,
    crashed: typing.SupportsInt | typing.SupportsIndex,
    seconds: typing.SupportsInt | typing.SupportsIndex,
    block_bytes: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[dict[str, typing.Any], list[int], list[tuple[int, int, int, int, bytes]]]: ...
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
