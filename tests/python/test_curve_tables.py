# SPDX-License-Identifier: Apache-2.0
"""The committed constants and tables of the curve: as the generator writes them, and right."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from conftest import ROOT

TOOL = ROOT / "tools" / "curve_tables.py"
SOURCES = ROOT / "cpp" / "src" / "curve25519"
FILES = ("constants.hpp", "base_table.cpp")

# RFC 8032, section 5.1.
P = 2**255 - 19
L = 2**252 + 0x14DEF9DEA2F79CD65812631A5CF5D3ED
D = 37095705934669439343138083508754565189542113879843219016388785533085940283555
BASE = (
    15112221349535400772501151409588531511454012693041857206046113283949847762202,
    46316835694926478169428394003475163141307993866256225615783033603165251855960,
)


def check(tool: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, tool, "--check"], capture_output=True, text=True, check=False
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The generator in a tree of its own, with the committed files beside it."""
    folder = tmp_path / "cpp" / "src" / "curve25519"
    folder.mkdir(parents=True)
    for name in FILES:
        shutil.copy(SOURCES / name, folder)
    (tmp_path / "tools").mkdir()
    return Path(shutil.copy(TOOL, tmp_path / "tools"))


def copied(tool: Path, name: str) -> Path:
    return tool.parents[1] / "cpp" / "src" / "curve25519" / name


def test_committed_files_are_what_the_generator_writes() -> None:
    result = check(TOOL)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", FILES)
def test_a_changed_digit_is_noticed(name: str, copy: Path) -> None:
    assert check(copy).returncode == 0
    path = copied(copy, name)
    before = path.read_text()
    at = before.index("0x", len(before) // 2) + 5
    path.write_text(before[:at] + ("1" if before[at] != "1" else "2") + before[at + 1 :])
    result = check(copy)
    assert result.returncode == 1
    assert name in result.stderr
    assert not any(other in result.stderr for other in FILES if other != name)
    assert path.read_text() != before  # --check writes nothing


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_noticed_and_written_again(name: str, copy: Path) -> None:
    copied(copy, name).unlink()
    assert check(copy).returncode == 1
    assert subprocess.run([sys.executable, copy], check=False).returncode == 0
    assert check(copy).returncode == 0
    assert copied(copy, name).read_bytes() == (SOURCES / name).read_bytes()


def elements(text: str) -> list[int]:
    """Every {{five limbs}} of a source, as a number; limbs are below 2^51."""
    found = []
    for match in re.finditer(r"\{\{((?:0x[0-9a-f]+(?:,\s*)?){5})\}\}", text):
        limbs = [int(limb, 16) for limb in re.findall(r"0x[0-9a-f]+", match[1])]
        assert all(limb < 2**51 for limb in limbs)
        found.append(sum(limb << 51 * i for i, limb in enumerate(limbs)))
    return found


def on_curve(point: tuple[int, int]) -> bool:
    x, y = point
    return (y * y - x * x - 1 - D * x * x * y * y) % P == 0


def added(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    """The addition law of a twisted Edwards curve with a = -1, in affine coordinates."""
    product = D * a[0] * b[0] * a[1] * b[1]
    return (
        (a[0] * b[1] + b[0] * a[1]) * pow(1 + product, -1, P) % P,
        (a[1] * b[1] + a[0] * b[0]) * pow(1 - product, -1, P) % P,
    )


def multiple(scalar: int, point: tuple[int, int]) -> tuple[int, int]:
    total = (0, 1)
    for bit in bin(scalar)[2:]:
        total = added(total, total)
        if bit == "1":
            total = added(total, point)
    return total


def test_definitions_of_this_test() -> None:
    assert (D * 121666 + 121665) % P == 0
    assert on_curve(BASE) and BASE[1] * 5 % P == 4 and BASE[0] % 2 == 0
    assert multiple(L, BASE) == (0, 1)


def test_constants() -> None:
    text = (SOURCES / "constants.hpp").read_text()
    names = re.findall(r"constexpr Fe (\w+)", text)
    values = dict(zip(names, elements(text), strict=True))
    root = values.pop("kSqrtMinusOne")
    assert values == {"kCurveD": D, "kCurve2D": 2 * D % P}
    assert root * root % P == P - 1
    assert root == pow(2, (P - 1) // 4, P)


def test_small_order_y() -> None:
    text = (SOURCES / "constants.hpp").read_text()
    rows = re.findall(r"\{((?:0x[0-9a-f]{2}(?:,\s*)?){32})\}", text)
    got = [
        int.from_bytes(bytes(int(b, 16) for b in re.findall(r"0x..", row)), "little")
        for row in rows
    ]
    # L times any point is of small order; some have order 8, and their multiples are all there are.
    order_eight = None
    for y in range(2, 100):
        square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
        x = pow(square, (P + 3) // 8, P)
        x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
        if x * x % P == square:
            point = multiple(L, (x, y))
            if multiple(4, point) != (0, 1):
                order_eight = point
                break
    assert order_eight is not None
    points = [multiple(i, order_eight) for i in range(8)]
    assert multiple(8, order_eight) == (0, 1)
    assert len(set(got)) == len(got)
    assert set(got) == {y for _, y in points}
    assert {y for x, y in points if x == 0} == set(got[:2])


def test_base_table() -> None:
    values = elements((SOURCES / "base_table.cpp").read_text())
    assert len(values) == 3 * 129
    point = (0, 1)
    for i in range(129):
        x, y = point
        assert values[3 * i : 3 * i + 3] == [(y + x) % P, (y - x) % P, 2 * D * x * y % P]
        point = added(point, BASE)


def test_generator_knows_the_base_point() -> None:
    spec = importlib.util.spec_from_file_location("curve_tables", TOOL)
    assert spec is not None and spec.loader is not None
    module: ModuleType = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.base_point() == BASE
    assert module.D == D
