# SPDX-License-Identifier: Apache-2.0
"""The `chopmark` command. Subcommands import what they need when they run."""

from __future__ import annotations

import sys

try:
    import click
except ImportError:  # the core installs without it
    sys.exit("chopmark: the command line needs the node extra: pip install 'chopmark[node]'")

from chopmark import __version__, build_info
from chopmark.errors import ChopmarkError


class Commands(click.Group):
    """Shows errors of chopmark as one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ChopmarkError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="chopmark %(version)s")
# These two are served by chopmark.__main__, before click is needed; here they are for --help.
@click.option("--cmakedir", is_flag=True, expose_value=False, help="Print where CMake finds us.")
@click.option("--includedir", is_flag=True, expose_value=False, help="Print where chopmark.h is.")
def cli() -> None:
    """A permissioned ledger engine: many validators check every record and sign."""


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def info(as_json: bool) -> None:
    """Show version, compiler, and the kernels that run on this processor."""
    import json

    about = build_info()
    if as_json:
        click.echo(json.dumps(about))
        return
    for name, value in about.items():
        click.echo(f"{name:20} {', '.join(value) if isinstance(value, list) else value}")


def main() -> None:
    """Entry point."""
    from chopmark.cli import bench, demo, devnet, keys, proof, sim

    for command in (demo.demo, devnet.devnet, keys.keys, proof.proof, bench.bench, sim.sim):
        cli.add_command(command)
    cli(prog_name="chopmark")
