# SPDX-License-Identifier: Apache-2.0
"""`python -m chopmark` is the `chopmark` command."""

from __future__ import annotations

from chopmark.cli.main import main

main()
