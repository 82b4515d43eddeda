# SPDX-License-Identifier: Apache-2.0
"""The `chopmark` command, also as `python -m chopmark`.

The folders of the C library are printed here, because that must work without the node extra, which
every other command needs.
"""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point."""
    if sys.argv[1:2] in (["--cmakedir"], ["--includedir"]):
        from chopmark import embed

        try:
            print(embed.cmake_dir() if sys.argv[1] == "--cmakedir" else embed.include_dir())
        except FileNotFoundError as error:
            sys.exit(f"chopmark: {error}")
        return
    from chopmark.cli.main import main as cli

    cli()


if __name__ == "__main__":
    main()
