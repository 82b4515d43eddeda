# SPDX-License-Identifier: Apache-2.0
"""Every numbered rule of codec, ledger and consensus is cited by a test, or a reason stands here.

A test cites a rule by its number, in a name, a comment or a docstring. A span ("L-40 .. L-47") is a
heading and cites nothing: it would cover a rule that nobody thought of.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
DOCUMENTS = {"codec.md": 40, "ledger.md": 40, "consensus.md": 30}  # and at least so many rules
NUMBER = r"(?:[BCL]-\d+|R\d+)"
RULE = re.compile(rf"\b({NUMBER})\b(?!\*\*)")
SPAN = re.compile(rf"\b{NUMBER}\s*(?:\.\.+|to)\s*{NUMBER}\b")

NOT_TESTED: dict[str, str] = {}  # a rule, and why no test could find it broken


def rules(name: str) -> list[str]:
    text = (ROOT / "docs/spec" / name).read_text()
    return re.findall(rf"^- \*\*({NUMBER})\b", text, re.MULTILINE)


def every_rule() -> set[str]:
    return {rule for name in DOCUMENTS for rule in rules(name)}


def cited() -> set[str]:
    found: set[str] = set()
    files = [*(TESTS / "python").glob("*.py"), *(TESTS / "cpp").rglob("*.?pp")]
    for path in files:
        if path != Path(__file__):
            text = path.read_text()
            of_consensus = "consensus" in text  # elsewhere R is half a signature
            numbers = RULE.findall(SPAN.sub("", text))
            found |= {one for one in numbers if of_consensus or not one.startswith("R")}
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_rule_is_cited(name: str) -> None:
    numbered = rules(name)
    assert len(numbered) == len(set(numbered)) > DOCUMENTS[name]
    missing = sorted(set(numbered) - cited() - set(NOT_TESTED), key=numbered.index)
    assert not missing, f"no test cites {', '.join(missing)}"


def test_no_citation_of_a_rule_that_is_not_there() -> None:
    known = every_rule()
    assert cited() <= known, sorted(cited() - known)


def test_exceptions_are_rules_that_no_test_cites() -> None:
    assert set(NOT_TESTED) <= every_rule()
    assert not set(NOT_TESTED) & cited()
