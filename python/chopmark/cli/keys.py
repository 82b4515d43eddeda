# SPDX-License-Identifier: Apache-2.0
"""`chopmark keys`."""

from __future__ import annotations

import json
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chopmark.node.keys import load_key, public_bytes, save_key


@click.group()
def keys() -> None:
    """Make and inspect Ed25519 key files."""


def ask_passphrase(wanted: bool, confirm: bool) -> bytes | None:
    if not wanted:
        return None
    text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm)
    return text.encode()


@keys.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase and encrypt the file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def new(path: Path, passphrase: bool, as_json: bool) -> None:
    """Make a new key and write it to PATH (mode 0600, never overwritten)."""
    key = Ed25519PrivateKey.generate()
    save_key(path, key, ask_passphrase(passphrase, confirm=True))
    show_public(path, key, as_json)


@keys.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--passphrase", is_flag=True, help="Ask for the passphrase of an encrypted file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(path: Path, passphrase: bool, as_json: bool) -> None:
    """Show the public key of the key file PATH."""
    show_public(path, load_key(path, ask_passphrase(passphrase, confirm=False)), as_json)


def show_public(path: Path, key: Ed25519PrivateKey, as_json: bool) -> None:
    public = public_bytes(key).hex()
    click.echo(json.dumps({"file": str(path), "public_key": public}) if as_json else public)
