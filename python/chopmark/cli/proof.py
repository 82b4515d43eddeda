# SPDX-License-Identifier: Apache-2.0
"""`chopmark proof`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chopmark.reference import proof_file


@click.group()
def proof() -> None:
    """Work with proof files."""


@proof.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--chain-id", required=True, help="Trust anchor: 64 hexadecimal digits.")
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The document that was recorded.")  # fmt: skip
@click.option("--allow-refused", is_flag=True,
              help="Exit 0 for a proven transaction that the ledger refused.")  # fmt: skip
def verify(file: Path, chain_id: str, document: Path | None, allow_refused: bool) -> None:
    """Check the proof FILE offline; exit 1 on anything but a proven success.

    The same check runs without chopmark: python/chopmark/reference/proof_file.py is one file that
    needs the standard library only.
    """
    arguments = [str(file), "--chain-id", chain_id]
    if document is not None:
        arguments += ["--document", str(document)]
    if allow_refused:
        arguments.append("--allow-refused")
    sys.exit(proof_file.main(arguments))
