# SPDX-License-Identifier: Apache-2.0
"""The choice of kernels: by environment, by test helper, and loud when it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

import chopmark
from chopmark.testing import use_backend

PRINT = "import chopmark; print(chopmark.build_info()['backend'])"


def run_with(value: str | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "CHOPMARK_BACKEND"}
    if value is not None:
        environment["CHOPMARK_BACKEND"] = value
    return subprocess.run(
        [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("value", [None, ""])
def test_absent_or_empty_means_the_best(value: str | None) -> None:
    assert run_with(value).stdout.strip() == chopmark.build_info()["available_backends"][-1]


def test_the_environment_caps(backend: str) -> None:
    assert run_with(backend).stdout.strip() == backend


def test_unknown_is_a_loud_error() -> None:
    done = run_with("fastest")
    assert done.returncode != 0
    assert "CHOPMARK_BACKEND: unknown backend 'fastest'" in done.stderr
    assert "portable" in done.stderr


def test_use_backend_restores(backend: str) -> None:
    with use_backend("portable"):
        assert chopmark.build_info()["backend"] == "portable"
    assert chopmark.build_info()["backend"] == backend


def test_use_backend_refuses_unknown_names_and_changes_nothing() -> None:
    before = chopmark.build_info()["backend"]
    with pytest.raises(ValueError, match="unknown backend"), use_backend("no such"):
        pass
    assert chopmark.build_info()["backend"] == before
