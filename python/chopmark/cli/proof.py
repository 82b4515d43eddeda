# SPDX-License-Identifier: Apache-2.0
"""`chopmark proof`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chopmark.cli.proof_page import page
from chopmark.reference import proof_file


@click.group()
def proof() -> None:
    """Work with proof files."""


@proof.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--chain-id", required=True, help="Trust anchor: 64 hexadecimal digits.")
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The document that was recorded.")  # fmt: skip
@click.option("--kind", type=click.Choice(sorted(proof_file.FIELDS)), help="What must be proven.")
@click.option("--about", help="Id of the transaction or entry that it must be proven of, in hex.")
@click.option("--allow-refused", is_flag=True,
              help="Exit 0 for a proven transaction that the ledger refused.")  # fmt: skip
@click.option("--allow-inactive", is_flag=True,
              help="Exit 0 for a proven record that is withdrawn or erased.")  # fmt: skip
def verify(
    file: Path,
    chain_id: str,
    document: Path | None,
    kind: str | None,
    about: str | None,
    allow_refused: bool,
    allow_inactive: bool,
) -> None:
    """Check the proof FILE offline; exit 1 on anything but a proven success.

    The same check runs without chopmark: python/chopmark/reference/proof_file.py is one file that
    needs the standard library only.
    """
    arguments = [str(file), "--chain-id", chain_id]
    for name, value in (("--document", document), ("--kind", kind), ("--about", about)):
        if value is not None:
            arguments += [name, str(value)]
    if allow_refused:
        arguments.append("--allow-refused")
    if allow_inactive:
        arguments.append("--allow-inactive")
    sys.exit(proof_file.main(arguments))


@proof.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--chain-id", required=True, help="Trust anchor: 64 hexadecimal digits.")
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="The document that was recorded.")  # fmt: skip
@click.option("--html", required=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Where the page is written.")  # fmt: skip
def show(file: Path, chain_id: str, document: Path | None, html: Path) -> None:
    """Check the proof FILE and write a page about it that can be printed.

    The page is one HTML file that loads nothing. Without a proof there is no page, and the exit
    status is 1; a refused transaction or an inactive record gets a page that says so.
    """
    try:
        trusted = proof_file.chain_id_bytes(chain_id)
    except ValueError:
        raise click.BadParameter(
            "expected 64 hexadecimal digits", param_hint="--chain-id"
        ) from None
    data = proof_file.read_file(file)
    document_hash = proof_file.hash_file(document) if document is not None else None
    try:
        proven = proof_file.verify(data, trusted, document_hash)
    except proof_file.Refused as refusal:
        click.echo(f"NOT PROVEN: {refusal}")
        sys.exit(1)
    try:
        html.write_text(page(proven, file.name, data, document_hash), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot write {html}: {error.strerror}") from None
    click.echo(proof_file.describe(proven))
    click.echo(f"  page: {html}")
