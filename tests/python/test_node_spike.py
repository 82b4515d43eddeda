# SPDX-License-Identifier: Apache-2.0
"""The spike still runs: four validators agree, and its stages add up to the CPU time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("payload", ["twice", "batches"])
def test_small_run(payload: str, tmp_path: Path) -> None:
    options = ["--payload", payload, "--transactions", "1000", "--folder", str(tmp_path), "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "bench.node_spike", *options],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (run,) = json.loads(done.stdout)["runs"]
    assert run["cipher"] == "TLS_AES_128_GCM_SHA256" and run["blocks"] > 0
    assert sum(run["stages_us"].values()) == pytest.approx(run["cpu_us"])
    assert run["stages_us"]["validate"] > 0 and run["stages_us"]["receive"] > 0
