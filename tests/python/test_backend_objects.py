# SPDX-License-Identifier: Apache-2.0
"""Objects compiled for a newer processor define no symbol that the linker may share.

A weak symbol (an inline function, a template instance) of such an object can be the copy that the
whole program uses, which then stops on an older processor.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from conftest import ROOT

SHARED_KINDS = {"W", "V", "u"}  # of nm: weak, weak object, unique; lower-case w and v are undefined


def backend_objects() -> list[Path]:
    """Objects with such code in all build trees found: of the backends, and of their tests."""
    objects = (ROOT / "build").glob("*/CMakeFiles/chopmark_core.dir/cpp/src/backends/*.o")
    of_tests = "*/CMakeFiles/chopmark_tests.dir/tests/cpp/backends/avx512ifma_lanes.cpp.o"
    tests = (ROOT / "build").glob(of_tests)
    return sorted(path for path in [*objects, *tests] if path.name != "portable.cpp.o")


def defined_shared_symbols(listing: str) -> list[str]:
    found = []
    for line in listing.splitlines():
        fields = line.split(maxsplit=2)
        if len(fields) == 3 and fields[1] in SHARED_KINDS:
            found.append(fields[2])
    return found


def test_no_shared_symbols() -> None:
    nm = shutil.which("nm")
    if nm is None:
        pytest.skip("nm is not installed")
    objects = backend_objects()
    if not objects:
        pytest.skip("no backend objects under build/: configure and build the ci preset first")
    found = {}
    for path in objects:
        listed = subprocess.run([nm, "-C", path], capture_output=True, text=True, check=True).stdout
        if symbols := defined_shared_symbols(listed):
            found[str(path.relative_to(ROOT))] = symbols
    assert not found


def test_reads_the_listing() -> None:
    listing = (
        "                 U memcpy\n"
        "                 w __cxa_finalize\n"
        "0000000000000000 t local()\n"
        "0000000000000010 W shared(unsigned int)\n"
        "0000000000000020 V table\n"
        "0000000000000030 u unique\n"
    )
    assert defined_shared_symbols(listing) == ["shared(unsigned int)", "table", "unique"]
