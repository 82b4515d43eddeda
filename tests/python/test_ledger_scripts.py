# SPDX-License-Identifier: Apache-2.0
"""The sixteen flows of the pilot as scripts (tests/scripts/ledger), on both ledgers."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import ledger_words
import pytest
from ledger_script import Run, ScriptError, replay, run_script

from chopmark.ledger import ResultCode

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts" / "ledger"
REFUSED = ("UNKNOWN_SIGNER", "EXPIRED")

# For each field: its flow, how many steps that has, and what its bad input must lead to.
FLOWS = {
    "manufacturing": (1, 7, "INSUFFICIENT ROLE_DENIED DUPLICATE_BACKING DEADLINE"),
    "energy": (2, 7, "DUPLICATE_BACKING STALE_VERSION BACKING_LIVE"),
    "government-data": (3, 7, "PURPOSE EXHAUSTED EXPIRED NO_GRANT DEADLINE TOO_EARLY"),
    "rule-of-law": (4, 7, "DEADLINE BAD_STATE HOLD WITHDRAWN"),
    "tax": (5, 6, "INSUFFICIENT DUPLICATE_BACKING NOT_HOLDER"),
    "trial": (6, 7, "HOLD STALE_VERSION WITHDRAWN ROLE_DENIED"),
    "procuratorate": (7, 6, "NOT_HOLDER BAD_STATE EXPIRED HOLD TOO_EARLY"),
    "copyright": (8, 7, "INSUFFICIENT DUPLICATE_BACKING DEADLINE EXPIRED"),
    "civil-affairs": (9, 7, "DUPLICATE_BACKING INSUFFICIENT LOCKED COND_UNMET TOO_EARLY"),
    "human-resources": (10, 7, "DUPLICATE_BACKING INSUFFICIENT"),
    "education": (11, 7, "ROLE_DENIED WITHDRAWN THRESHOLD LAST_KEY"),
    "health": (12, 7, "EXPIRED INSUFFICIENT STALE_VERSION FROZEN DEADLINE"),
    "trade-finance": (13, 7, "DUPLICATE_BACKING MISSING_REF LOCKED HOLD"),
    "risk": (14, 7, "EXHAUSTED NO_GRANT PURPOSE FROZEN THRESHOLD"),
    "equity": (15, 7, "CAP LOCKED HOLD NOT_ALLOWED"),
    "cross-border": (16, 7, "INSUFFICIENT COND_UNMET DEADLINE"),
}


@cache
def run(field: str) -> Run:
    return run_script(SCRIPTS / f"{field}.txt")


def text_of(field: str) -> str:
    return (SCRIPTS / f"{field}.txt").read_text(encoding="utf-8")


def test_there_is_a_script_for_each_field() -> None:
    assert {path.stem for path in SCRIPTS.glob("*.txt")} == set(FLOWS)
    assert sorted(flow for flow, _, _ in FLOWS.values()) == list(range(1, 17))


@pytest.mark.parametrize("field", FLOWS)
def test_flow(field: str) -> None:
    flow, steps, bad = FLOWS[field]
    made = run(field)
    assert made.steps == list(range(1, steps + 1))
    assert made.branches
    found = {ResultCode(code).name for code, _ in made.results}
    assert {"OK", *bad.split()} <= found
    head = text_of(field).splitlines()[0]
    assert f"(F{flow})" in head and "Synthetic data" in head


@pytest.mark.parametrize("field", FLOWS)
def test_whole_blocks_give_the_same_on_every_backend(field: str, backend: str) -> None:
    made = run(field)
    assert replay(made) == (made.reference.roots(made.blocks[-1].digest), made.results)


@pytest.mark.parametrize("field", FLOWS)
def test_members_are_roles_and_not_institutions(field: str) -> None:
    for name in run(field).names.members:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*-\d\d\.[a-z]+", name), name


def test_all_operations_take_effect_in_some_flow() -> None:
    assert set().union(*(run(field).operations for field in FLOWS)) == set(range(1, 13))


def test_both_kinds_of_refused_blocks_stand_in_a_flow() -> None:
    for code in REFUSED:
        assert any(f"-> refused {code}" in text_of(field) for field in FLOWS)


# --- The language --------------------------------------------------------------------------------

TABLES = (
    ledger_words.DEFINITIONS,
    ledger_words.TEMPLATE_LINES,
    ledger_words.OPERATIONS,
    ledger_words.QUERIES,
)

HEAD = """\
field health 12
field tax 5
member council-01.x
member council-02.x
council 2 of council-01.x, council-02.x
member clinic-01.x may record, emergency, issue, trade, handle
member clinic-01.x may record in field tax
member court-01.x may hold, attest, decide
purposes treatment
schema plain
class coupon held by trade until +30d
class cash rules holder-redeems held by trade supply at most 100
template talk
  party one
  party two
  opened by one, two
  state open
  state over closed
  open: end by one to over
"""

REST = """
block +1h
clinic-01.x records r-1 as plain -> OK
clinic-01.x records r-2 in field tax -> OK
clinic-01.x opens c-1 as talk between clinic-01.x, court-01.x -> OK
clinic-01.x issues 10 cash to clinic-01.x -> OK
clinic-01.x locks 4 cash as l-1 for clinic-01.x until +1d if c-1 is over -> OK
council admits lab-01.x -> OK
council limits grants to 30d -> OK
council limits locks to 30d -> OK
court-01.x holds case c-1 -> OK
court-01.x attests received on case c-1 step 1 -> OK
court-01.x attests received on case c-1 step 1 -> OK
clinic-01.x records r-3 nullifier p-1 -> SCHEMA
attestation received by court-01.x on case c-1 step 1 times 2
no attestation consent by court-01.x on case c-1 step 1
case c-1 is open at step 1 held
no case c-2
no lock l-2
no record r-3
no grant of r-1 to lab-01.x
no nullifier p-1 in plain
no backing of r-1 in cash
no holding of lab-01.x in cash
member lab-01.x is active
member clinic-01.x may record in field tax
block +1h
clinic-01.x takes end on c-1 from open -> HOLD
clinic-01.x grants lab-01.x r-1 for treatment uses 1 until +31d -> DEADLINE
clinic-01.x locks 4 cash as l-2 for clinic-01.x until +31d if c-1 is over -> DEADLINE
court-01.x releases case c-1 -> OK
council lets lab-01.x do trade -> OK
council lets lab-01.x do record within tax -> OK
council retires schema plain -> OK
council retires template talk -> OK
council retires class coupon -> OK
council retires class coupon -> CONFLICT
council replaces key 1 of lab-01.x by key 2 compromised 1 blocks ago -> OK
clinic-01.x adds key 2 -> OK
case c-1 is open at step 1
member lab-01.x may record in field tax
key 1 of lab-01.x ended
key 2 of lab-01.x counts
block +1h
clinic-01.x records r-3 as plain -> SCHEMA
clinic-01.x opens c-2 as talk between clinic-01.x, court-01.x -> TEMPLATE
clinic-01.x issues 1 coupon to clinic-01.x -> CLASS
council revokes key 2 of clinic-01.x -> OK
lab-01.x/2 revokes key 2 -> LAST_KEY
clinic-01.x/2 adds key 3 administrating -> ROLE_DENIED
key 2 of clinic-01.x ended
"""


def test_every_sentence_is_used() -> None:
    Run("rest.txt").run(HEAD + REST)
    for field in FLOWS:
        run(field)
    assert {one.pattern for table in TABLES for one in table} == ledger_words.USED


def test_the_readme_lists_every_sentence() -> None:
    readme = (SCRIPTS / "README.md").read_text(encoding="utf-8")
    listed = "".join(readme.split())  # a long sentence may be broken
    patterns = [one.shown for table in TABLES for one in table]
    assert [one for one in patterns if one.replace(" ", "") not in listed] == []


BAD_SCRIPTS = {
    "wrong code": ("clinic-01.x records r-1 -> SCHEMA", "expected SCHEMA, found OK"),
    "wrong operation": (
        "bundle -> MISSING_REF at 1\n  clinic-01.x records r-1\n"
        "  clinic-01.x records r-2 citing r-9",
        "expected MISSING_REF at 1, found MISSING_REF at 2",
    ),
    "no operation named": (
        "bundle -> MISSING_REF\n  clinic-01.x records r-1\n  clinic-01.x records r-2 citing r-9",
        "expected 'MISSING_REF at N'",
    ),
    "no bundle": (
        "clinic-01.x records r-1 -> OK\n  clinic-01.x records r-2",
        "expected a bundle above 'clinic-01.x records r-2'",
    ),
    "empty bundle": ("bundle -> OK", "expected indented operations"),
    "unknown code": ("clinic-01.x records r-1 -> FINE", "expected one of ok, role_denied"),
    "unknown verb": ("clinic-01.x files r-1 -> OK", "no sentence reads 'files r-1'"),
    "half a sentence": ("clinic-01.x withdraws r-1 -> OK", "withdraws LABEL version VERSION"),
    "unknown member": ("clinic-09.x records r-1 -> OK", "found 'clinic-09.x'"),
    "unknown schema": ("clinic-01.x records r-1 as ghost -> OK", "a schema that is defined"),
    "unknown claim": ("court-01.x attests seen on r-1 -> OK", "found 'seen'"),
    "unknown state": (
        "clinic-01.x opens c-1 as talk between clinic-01.x, court-01.x -> OK\n"
        "clinic-01.x takes end on c-1 from ended -> OK",
        "expected a state of open, over; found 'ended'",
    ),
    "unknown role": ("council lets court-01.x do dance -> OK", "found 'dance'"),
    "wrong answer": (
        "clinic-01.x records r-1 -> OK\nrecord r-1 is version 2 active",
        "expected version 2, found 1",
    ),
    "wrong status": (
        "clinic-01.x records r-1 -> OK\nrecord r-1 is version 1 withdrawn",
        "expected status withdrawn, found active",
    ),
    "not absent": ("clinic-01.x records r-1 -> OK\nno record r-1", "expected none, found Record"),
    "absent": ("record r-1 is version 1 active", "expected an entry, found no Record"),
    "absent by a slip": ("no record r-1", "a label that a transaction has used; found 'r-1'"),
    "after a question": ("no case c-1\nclinic-01.x records r-1 -> OK", "expected a new block"),
    "not refused": (
        "clinic-01.x records r-1 -> refused UNKNOWN_SIGNER",
        "expected the block to be refused for UNKNOWN_SIGNER, found native OK, reference OK",
    ),
    "refused": (
        "clinic-01.x/7 records r-1 -> OK",
        "expected a valid block, found native UNKNOWN_SIGNER",
    ),
    "not in range": ("clinic-01.x issues 0 cash to clinic-01.x -> OK", "InvalidEncoding"),
}


@pytest.mark.parametrize("name", BAD_SCRIPTS)
def test_a_script_that_does_not_hold(name: str) -> None:
    """The error names file and line: the last, but for those that concern a whole bundle."""
    body, message = BAD_SCRIPTS[name]
    lines = body.splitlines()
    whole = [i for i, line in enumerate(lines) if line[0] != " "]
    at = len(lines) - 1 if name == "no bundle" else whole[-1]
    number = len(HEAD.splitlines()) + 2 + at
    with pytest.raises(ScriptError) as caught:
        Run("some.txt").run(f"{HEAD}block +1h\n{body}\n")
    assert str(caught.value).startswith(f"some.txt:{number}: ")
    assert message in str(caught.value)


BAD_HEADS = {
    "field ghost": "some.txt:1: no sentence reads 'field ghost'; expected 'field NAME",
    "  party one": "some.txt:1: expected a template above 'party one'",
    "field tax 5": "some.txt:1: expected a block, found the end",
    "member a-01.x may record": "some.txt:1: expected 'field NAME NUMBER' first",
}


@pytest.mark.parametrize("text", BAD_HEADS)
def test_definitions_that_do_not_hold(text: str) -> None:
    with pytest.raises(ScriptError, match=re.escape(BAD_HEADS[text])):
        Run("some.txt").run(text)
