# SPDX-License-Identifier: Apache-2.0
"""threats.toml names tests that exist, for every one of the forty-two cases."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
CASES = tomllib.loads((TESTS / "threats.toml").read_text())


def functions(path: Path) -> set[str]:
    return {node.name for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test")}  # fmt: skip


def cpp_tests() -> set[str]:
    found: set[str] = set()
    for path in (TESTS / "cpp").rglob("*.cpp"):
        found |= set(
            re.findall(r"^TEST(?:_EACH_BACKEND)?\((\w+)\)", path.read_text(), re.MULTILINE)
        )
    return found


def test_every_case_is_there() -> None:
    assert list(CASES) == [str(i) for i in range(1, 43)]


@pytest.mark.parametrize("number", CASES)
def test_case_has_tests_or_says_who_owes_them(number: str) -> None:
    case = CASES[number]
    assert set(case) <= {"what", "tests", "owed"}
    assert case["what"]
    assert case.get("tests") or case.get("owed"), "neither tests nor a capability that owes them"
    for name in case.get("tests", []):
        if name.startswith("cpp:"):
            assert name[4:] in cpp_tests(), f"no C++ test is called {name[4:]}"
            continue
        file, separator, function = name.partition("::")
        assert separator, f"{name} names a whole file, not a test"
        path = TESTS / "python" / file
        assert path.is_file(), f"there is no {file}"
        assert function in functions(path), f"{file} has no {function}"
