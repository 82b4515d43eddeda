# SPDX-License-Identifier: Apache-2.0
"""`chopmark bench`."""

from __future__ import annotations

import json
import time
from pathlib import Path

import click


@click.command()
@click.option("--quick", is_flag=True, help="Smaller inputs and fewer rounds: under a minute.")
@click.option("--json", "as_json", is_flag=True, help="Print the record as JSON.")
@click.option("--save", "folder", type=click.Path(file_okay=False, path_type=Path),
              help="Also write the record into this folder.")  # fmt: skip
@click.option("--only", default="", help="Only rows whose name contains this text.")
def bench(quick: bool, as_json: bool, folder: Path | None, only: str) -> None:
    """Measure the native core against pure Python and against the peers that are installed."""
    from chopmark.benchmarks.cases import cases
    from chopmark.benchmarks.consensus import consensus_splits
    from chopmark.benchmarks.ledger import block_split
    from chopmark.benchmarks.measure import measure, record, save
    from chopmark.benchmarks.stages import render_splits, splits
    from chopmark.benchmarks.table import render

    started = time.monotonic()
    rows = []
    for case in cases(quick):
        if only not in case.name:
            continue
        rows.append(measure(case, rounds=3 if quick else 7, seconds=0.1 if quick else 0.5))
        click.echo(f"  measured {case.name}", err=True)
    if not rows:
        raise click.UsageError(f"no row has a name with {only!r} in it")
    shown = splits() if any(row.name.startswith("ed25519") for row in rows) else []
    if any(row.name.startswith("ledger") for row in rows):
        shown.append(block_split(1000) if quick else block_split())
    if any(row.name.startswith("consensus") for row in rows):
        shown += consensus_splits(quick)
    made = record(rows, shown)
    if folder is not None:
        click.echo(f"  wrote {save(folder, made)}", err=True)
    if as_json:
        click.echo(json.dumps(made, indent=1))
        return
    click.echo(f"{made['cpu']}, kernels: {made['backend']}, {made['compiler']}, one thread, "
               f"{time.monotonic() - started:.0f} s")  # fmt: skip
    click.echo(render(rows))
    if shown:
        click.echo(render_splits(shown))
    if made["note"]:
        click.echo(str(made["note"]))
