# SPDX-License-Identifier: Apache-2.0
"""Includes and imports point downward only (layers.toml), and the core does no I/O."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = tomllib.loads((Path(__file__).parent / "layers.toml").read_text())
CPP = ROOT / "cpp" / "src"
PACKAGE = ROOT / "python" / "chopmark"

CPP_FILES = sorted(p for p in CPP.rglob("*") if p.suffix in {".cpp", ".hpp", ".inl"})
PYTHON_FILES = sorted(PACKAGE.rglob("*.py"))

# The core sees public data only: no file, clock, random source, socket or environment.
FORBIDDEN_HEADERS = {
    "chrono", "ctime", "time.h", "fstream", "filesystem", "random", "iostream", "sys/socket.h",
    "unistd.h", "fcntl.h", "memory_resource",
}  # fmt: skip
FORBIDDEN_CALLS = re.compile(
    r"\b(getenv|fopen|system|rand|random_device|gettimeofday|clock_gettime)\("
)


def floor_of(path: Path, root: Path) -> str:
    return path.relative_to(root).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", CPP_FILES, ids=lambda p: str(p.relative_to(CPP)))
def test_cpp_includes_point_downward(path: Path) -> None:
    floor = floor_of(path, CPP)
    allowed = {floor, *LAYERS["cpp"][floor]}
    for included in re.findall(r'^#include "([^"]+)"', path.read_text(), re.MULTILINE):
        if "/" in included:
            assert included.split("/")[0] in allowed, f"{path.name} includes {included}"


@pytest.mark.parametrize("path", CPP_FILES, ids=lambda p: str(p.relative_to(CPP)))
def test_core_does_no_input_or_output(path: Path) -> None:
    text = path.read_text()
    headers = set(re.findall(r"^#include <([^>]+)>", text, re.MULTILINE))
    assert not headers & FORBIDDEN_HEADERS
    assert not FORBIDDEN_CALLS.search(text)


def imported_floors(path: Path) -> set[str]:
    floors: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} uses a relative import"
            module = node.module or ""
            if module == "chopmark":
                floors |= {alias.name for alias in node.names}
            elif module.startswith("chopmark."):
                floors.add(module.split(".")[1])
        elif isinstance(node, ast.Import):
            floors |= {a.name.split(".")[1] for a in node.names if a.name.startswith("chopmark.")}
    return floors


@pytest.mark.parametrize("path", PYTHON_FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_python_imports_point_downward(path: Path) -> None:
    floor = floor_of(path, PACKAGE)
    values = {"build_info", "__version__", "Ragged"}  # of chopmark itself, made from _core
    allowed = {floor, *LAYERS["python"][floor], *values}
    assert imported_floors(path) <= allowed


def test_every_folder_has_a_floor() -> None:
    assert {p.name for p in CPP.iterdir() if p.is_dir()} == set(LAYERS["cpp"])
    modules = {p.stem if p.is_file() else p.name for p in PACKAGE.iterdir()
               if p.suffix == ".py" or (p.is_dir() and (p / "__init__.py").exists())}  # fmt: skip
    assert modules <= set(LAYERS["python"])


def test_floors_have_no_cycle() -> None:
    for table in LAYERS.values():
        done: set[str] = set()
        while len(done) < len(table):
            ready = {name for name, below in table.items() if set(below) <= done} - done
            assert ready, f"a cycle among {sorted(set(table) - done)}"
            done |= ready
