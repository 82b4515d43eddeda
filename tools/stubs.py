# SPDX-License-Identifier: Apache-2.0
"""Writes the stubs of the native module, or checks that the committed ones are what it would write.

Usage: python tools/stubs.py [--check]
"""

from __future__ import annotations

import filecmp
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STUBS = ROOT / "python" / "chopmark" / "_core"


def generate(into: Path) -> Path:
    """Runs the generator and the formatter; returns the folder of stubs."""
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pybind11_stubgen",
            "chopmark._core",
            "--output-dir",
            str(into),
            "--exit-code",
            "--numpy-array-use-type-var",
        ],
        check=True,
        capture_output=True,
    )
    made = into / "chopmark" / "_core"
    if not made.is_dir():  # a module without submodules is one file
        raise SystemExit("tools/stubs.py: the generator wrote no folder of stubs")
    subprocess.run(
        [
            sys.executable,
            "-m",
            "ruff",
            "format",
            "--quiet",
            "--isolated",
            "--line-length",
            "100",
            str(made),
        ],
        check=True,
    )
    return made


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        made = generate(Path(folder))
        if "--check" not in sys.argv[1:]:
            shutil.rmtree(STUBS, ignore_errors=True)
            shutil.copytree(made, STUBS)
            return 0
        names = sorted(path.name for path in made.iterdir())
        committed = sorted(path.name for path in STUBS.glob("*.pyi"))
        _, differ, missing = filecmp.cmpfiles(made, STUBS, names, shallow=False)
        if names != committed or differ or missing:
            stale = sorted({*differ, *missing, *(set(names) ^ set(committed))})
            print(f"stubs are stale ({', '.join(stale)}): run python tools/stubs.py")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
