# SPDX-License-Identifier: Apache-2.0
"""Fixtures shared by all tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import vector_counts

import chopmark
from chopmark.testing import use_backend

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def vectors() -> Path:
    """Folder of the third-party test vectors (not part of the project)."""
    named = os.environ.get("CHOPMARK_VECTORS", "")
    folder = Path(named) if named else ROOT.parent / "shared" / "vectors"
    if not folder.is_dir():
        pytest.skip(f"third-party vectors not found at {folder}: set CHOPMARK_VECTORS")
    return folder


@pytest.fixture(params=chopmark.build_info()["available_backends"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Runs the test once on every backend that this processor has."""
    with use_backend(request.param):
        yield request.param


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where CI has everything that the tests ask for, a skip means that something went missing."""
    everything = bool(os.environ.get("CI")) and os.environ.get("CHOPMARK_VECTORS") != "none"
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if everything and sys.platform == "linux" and reporter and reporter.stats.get("skipped"):
        reporter.write_line("CI: no test may be skipped here", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in vector_counts.lines():
        terminalreporter.write_line(line)
