# SPDX-License-Identifier: Apache-2.0
"""Writes the constants and tables of cpp/src/curve25519, or checks the committed ones.

Usage: python tools/curve_tables.py [--check]

Everything is computed here from the definition of the curve (RFC 8032, section 5.1) with Python
integers.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "cpp" / "src" / "curve25519"

P = 2**255 - 19
D = -121665 * pow(121666, -1, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
BASE_MULTIPLES = 129  # 0 .. 128: signed windows of 8 bits

HEAD = """\
// SPDX-License-Identifier: Apache-2.0
// Written by tools/curve_tables.py. Do not edit.
// clang-format off
"""


def base_point() -> tuple[int, int]:
    y = 4 * pow(5, -1, P) % P
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * SQRT_MINUS_ONE % P
    return (P - x if x % 2 else x, y)


def add(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + y1 * x2) * pow(1 + t, -1, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - t, -1, P) % P
    return (x, y)


def limbs(value: int) -> str:
    words = (value % P >> 51 * i & (2**51 - 1) for i in range(5))
    return "{{" + ", ".join(f"0x{word:013x}" for word in words) + "}}"


def small_order_y() -> list[int]:
    """y of all points of order 1, 2, 4 and 8; those with x = 0 first."""
    # Twice a point of order 8 has y = 0, so x^2 = -y^2: the equation of the curve becomes
    # d y^4 + 2 y^2 - 1 = 0.
    found = []
    root = square_root(1 + D)
    assert root is not None
    for sign in (1, -1):
        y = square_root((-1 + sign * root) * pow(D, -1, P) % P)
        if y is not None:
            found += [y, P - y]
    return [1, P - 1, 0, *sorted(found)]


def square_root(value: int) -> int | None:
    root = pow(value, (P + 3) // 8, P)
    for candidate in (root, root * SQRT_MINUS_ONE % P):
        if candidate * candidate % P == value % P:
            return candidate
    return None


def byte_array(value: int) -> str:
    text = [f"0x{byte:02x}" for byte in value.to_bytes(32, "little")]
    rows = [", ".join(text[i : i + 16]) for i in (0, 16)]
    return "    {" + ",\n     ".join(rows) + "},\n"


def constants() -> str:
    named = {"kCurveD": D, "kCurve2D": 2 * D, "kSqrtMinusOne": SQRT_MINUS_ONE}
    meaning = {
        "kCurveD": "d = -121665 / 121666",
        "kCurve2D": "2 d",
        "kSqrtMinusOne": "2^((p-1)/4)",
    }
    lines = "".join(
        f"/// {meaning[name]}\ninline constexpr Fe {name} = {{\n    {limbs(value)}}};\n"
        for name, value in named.items()
    )
    return (
        f"{HEAD}// Constants of the field and the curve, limbs below 2^51. Floor: curve25519.\n"
        f'#pragma once\n\n#include "base/bytes.hpp"\n#include "curve25519/field.hpp"\n\n'
        f"namespace chopmark::curve25519 {{\n\n{lines}"
        f"/// y of the points of small order, little-endian; those with x = 0 first.\n"
        f"inline constexpr Digest kSmallOrderY[] = {{\n"
        f"{''.join(map(byte_array, small_order_y()))}}};\n\n"
        f"}}  // namespace chopmark::curve25519\n"
    )


def base_table() -> str:
    point = (0, 1)
    rows = []
    for _ in range(BASE_MULTIPLES):
        x, y = point
        values = (y + x, y - x, 2 * D * x * y)
        rows.append("    {" + ",\n     ".join(limbs(value) for value in values) + "},\n")
        point = add(point, base_point())
    return (
        f'{HEAD}#include "curve25519/point.hpp"\n\nnamespace chopmark::curve25519 {{\n\n'
        f"const Niels kBaseTable[kBaseMultiples] = {{\n{''.join(rows)}}};\n\n"
        f"}}  // namespace chopmark::curve25519\n"
    )


def files() -> dict[Path, str]:
    return {FOLDER / "constants.hpp": constants(), FOLDER / "base_table.cpp": base_table()}


def main() -> int:
    stale = []
    for path, text in files().items():
        if "--check" not in sys.argv[1:]:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
    for name in stale:
        print(f"tools/curve_tables.py: {name} is not what the generator writes", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
