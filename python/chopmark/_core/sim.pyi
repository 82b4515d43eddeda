from __future__ import annotations
import typing

__all__: list[str] = ["culprits", "final_rows", "plan", "run_plan", "run_seeds", "shrink", "trace"]

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
def plan(
    profile: str,
    validators: typing.SupportsInt | typing.SupportsIndex,
    byzantine: typing.SupportsInt | typing.SupportsIndex | None,
    crashed: typing.SupportsInt | typing.SupportsIndex,
    seconds: typing.SupportsInt | typing.SupportsIndex,
    block_bytes: typing.SupportsInt | typing.SupportsIndex,
    seed: typing.SupportsInt | typing.SupportsIndex,
) -> str: ...
def run_plan(plan: str) -> dict[str, typing.Any]: ...
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
def shrink(
    plan: str,
    invariant: typing.SupportsInt | typing.SupportsIndex,
    runs_max: typing.SupportsInt | typing.SupportsIndex,
) -> tuple[str, int, bool]: ...
def trace(
    plan: str, follow: typing.SupportsInt | typing.SupportsIndex | None
) -> tuple[dict[str, typing.Any], list[tuple[int, int, int, int, bytes]]]: ...
