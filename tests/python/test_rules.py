# SPDX-License-Identifier: Apache-2.0
"""Every numbered rule of codec.md and ledger.md is cited by a test, or a reason stands here.

A test cites a rule by its number, in a name, a comment or a docstring. A span ("L-40 .. L-47") is a
heading and cites nothing: it would cover a rule that nobody thought of.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
RULE = re.compile(r"\b([CL]-\d+)\b(?!\*\*)")
SPAN = re.compile(r"\b[CL]-\d+\s*(?:\.\.+|to)\s*[CL]-\d+\b")

NOT_TESTED: dict[str, str] = {}  # a rule, and why no test could find it broken


def rules(name: str) -> list[str]:
    text = (ROOT / "docs/spec" / name).read_text()
    return re.findall(r"^- \*\*([A-Z]-\d+)\*\*", text, re.MULTILINE)


def cited() -> set[str]:
    found: set[str] = set()
    files = [*(TESTS / "python").glob("*.py"), *(TESTS / "cpp").rglob("*.?pp")]
    for path in files:
        if path != Path(__file__):
            found |= set(RULE.findall(SPAN.sub("", path.read_text())))
    return found


@pytest.mark.parametrize("name", ["codec.md", "ledger.md"])
def test_every_rule_is_cited(name: str) -> None:
    numbered = rules(name)
    assert len(numbered) == len(set(numbered)) > 40
    missing = sorted(set(numbered) - cited() - set(NOT_TESTED), key=numbered.index)
    assert not missing, f"no test cites {', '.join(missing)}"


def test_no_citation_of_a_rule_that_is_not_there() -> None:
    known = {rule for name in ("codec.md", "ledger.md") for rule in rules(name)}
    assert cited() <= known, sorted(cited() - known)


def test_exceptions_are_rules_that_no_test_cites() -> None:
    known = {rule for name in ("codec.md", "ledger.md") for rule in rules(name)}
    assert set(NOT_TESTED) <= known
    assert not set(NOT_TESTED) & cited()
