# SPDX-License-Identifier: Apache-2.0
"""The sentences of ledger scripts (tests/scripts/ledger/README.md): what each one stands for.

A sentence is a pattern and a function. In a pattern `{name}` is a label, `{name:kind}` something
else, `[...]` may be left out. The README lists the same patterns; test_ledger_scripts.py compares.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from ledger_world import Signer, digest

from chopmark.ledger import Claim, Council, Operation, Roles, commitment
from chopmark.ledger import entries as state
from chopmark.ledger import operations as ops
from chopmark.reference.wire import NEVER, ZERO

E = TypeVar("E", bound=Enum)

FLAGS = ("held", "closed", "administrating")  # words that stand for themselves, or are left out
LABEL = r"[a-z0-9][a-z0-9.-]*"
KINDS = {
    "label": LABEL,
    "labels": rf"{LABEL}(?:, {LABEL})*",
    "number": r"\d+",
    "text": r'"[^"]*"',
    "span": r"\d+(?:ms|s|min|h|d)",
    "time": r"never|[+-]\d+(?:ms|s|min|h|d)",
    **{flag: flag for flag in FLAGS},
}
UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


class Unclear(Exception):
    """A line that means nothing here; the reader adds where it stands."""


def span_ms(text: str) -> int:
    found = re.fullmatch(r"([+-]?\d+)(ms|s|min|h|d)", text)
    if found is None:
        raise Unclear(f"expected a time such as +2h or 30d, found '{text}'")
    return int(found[1]) * UNITS_MS[found[2]]


def compiled(pattern: str) -> re.Pattern[str]:
    def part(found: re.Match[str]) -> str:
        name, _, kind = found[1].partition(":")
        return f"(?P<{name}>{KINDS[kind or 'label']})"

    escaped = pattern.replace("[", "(?:").replace("]", ")?")
    return re.compile(re.sub(r"\{([^}]*)\}", part, escaped))


@dataclass(frozen=True)
class Sentence:
    pattern: str
    make: Callable[..., Any]

    @property
    def shown(self) -> str:
        """As the README has it: a word in capitals stands for a label, a number, a time."""

        def word(found: re.Match[str]) -> str:
            return found[2] if found[2] in FLAGS else found[1].upper()

        return re.sub(r"\{(\w+)(?::(\w+))?\}", word, self.pattern)

    def read(self, text: str) -> dict[str, str] | None:
        found = compiled(self.pattern).fullmatch(text)
        return found.groupdict() if found else None


Table = list[Sentence]
OPERATIONS: Table = []
QUERIES: Table = []
DEFINITIONS: Table = []
TEMPLATE_LINES: Table = []
USED: set[str] = set()  # patterns that some script has used


def says(table: Table, *patterns: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def add(make: Callable[..., Any]) -> Callable[..., Any]:
        table.extend(Sentence(pattern, make) for pattern in patterns)
        return make

    return add


def find(table: Table, text: str) -> tuple[Sentence, dict[str, str]]:
    """The first sentence that reads like `text`, and what stands in its places."""
    for sentence in table:
        found = sentence.read(text)
        if found is not None:
            USED.add(sentence.pattern)
            return sentence, found
    word = text.split(" ", 1)[0]
    near = [one.shown for one in table if one.pattern.split(" ", 1)[0].split("[")[0] == word]
    hint = "; expected " + " or ".join(f"'{one}'" for one in near) if near else ""
    raise Unclear(f"no sentence reads '{text}'{hint}")


def understand(table: Table, text: str, *context: Any) -> Any:
    """What the sentence that reads like `text` stands for."""
    sentence, found = find(table, text)
    return sentence.make(*context, **found)


def one_of(kind: type[E], word: str) -> E:
    try:
        return kind[word.upper().replace("-", "_")]
    except KeyError:
        known = ", ".join(one.name.lower() for one in kind)
        raise Unclear(f"expected one of {known}; found '{word}'") from None


def roles(words: str | None) -> Roles:
    found = Roles.NONE
    for word in split(words):
        found |= one_of(Roles, word)
    return found


def split(words: str | None) -> list[str]:
    return words.split(", ") if words else []


def place(words: Sequence[str], word: str, what: str) -> int:
    if word not in words:
        raise Unclear(f"expected a {what} of {', '.join(words) or 'none'}; found '{word}'")
    return words.index(word)


# --- What labels stand for -----------------------------------------------------------------------


@dataclass
class TemplateNames:
    """A template while it is being read, and the names of its parts afterwards."""

    number: int
    where: int  # its field
    review: bool = False
    parties: list[str] = field(default_factory=list)
    needs: list[Roles] = field(default_factory=list)
    openers: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    limits: list[tuple[bool, int, str | None]] = field(default_factory=list)
    events: list[str] = field(default_factory=lambda: ["timeout"])
    transitions: list[dict[str, str | None]] = field(default_factory=list)

    def bits(self, parties: str | None) -> int:
        return sum(1 << place(self.parties, one, "party") for one in split(parties))

    def define(self) -> ops.DefineTemplate:
        states = [
            ops.State(ops.StateKind.CLOSED if closed else ops.StateKind.OPEN, limit,
                      place(self.states, to, "state") if to else 0)
            for closed, limit, to in self.limits
        ]  # fmt: skip
        transitions = [
            ops.Transition(
                place(self.states, str(one["source"]), "state"),
                self.events.index(str(one["event"])),
                place(self.states, str(one["to"]), "state"),
                self.bits(one["by"]),
                self.bits(one["together"]),
                roles(one["role"]),
                int(one["refs"] or 0),
            )
            for one in self.transitions
        ]
        return ops.DefineTemplate(
            self.number,
            self.where,
            ops.TemplateFlags.REVIEW if self.review else ops.TemplateFlags.NONE,
            parties=tuple(self.needs),
            openers=self.bits(", ".join(self.openers)),
            states=tuple(states),
            transitions=tuple(sorted(transitions, key=lambda one: (one.source, one.event))),
        )


@dataclass
class Names:
    """Everything that labels of one script stand for, and the block that is being read."""

    chain_id: bytes = ZERO
    height: int = 0
    time_ms: int = 0
    me: int = 0  # the member who acts
    fields: dict[str, int] = field(default_factory=dict)
    members: dict[str, int] = field(default_factory=dict)
    roles: dict[str, dict[int, Roles]] = field(default_factory=dict)
    council: Council = field(default_factory=lambda: Council(0, ()))
    purposes: list[str] = field(default_factory=list)
    schemas: dict[str, ops.DefineSchema] = field(default_factory=dict)
    templates: dict[str, TemplateNames] = field(default_factory=dict)
    classes: dict[str, ops.DefineClass] = field(default_factory=dict)
    cases: dict[str, str] = field(default_factory=dict)  # to their templates
    nullifiers: dict[str, bytes] = field(default_factory=dict)  # of records
    record_schemas: dict[str, int] = field(default_factory=dict)

    def known(self, table: dict[str, Any], word: str, what: str) -> Any:
        if word not in table:
            raise Unclear(f"expected a {what} that is defined; found '{word}'")
        return table[word]

    def member(self, name: str) -> int:
        return int(self.known(self.members, name, "member"))

    def new_member(self, name: str) -> int:
        return self.members.setdefault(name, len(self.members) + 1)

    def signer(self, name: str) -> Signer:
        """`name`, or `name/2` for its key 2."""
        member, _, key = name.partition("/")
        return Signer(self.member(member), int(key or 1))

    def field_of(self, name: str | None) -> int:
        if not self.fields:
            raise Unclear("expected 'field NAME NUMBER' first")
        return int(self.known(self.fields, name or next(iter(self.fields)), "field"))

    def instant(self, text: str | None, default: int = NEVER) -> int:
        if text is None:
            return default
        return NEVER if text == "never" else self.time_ms + span_ms(text)

    def schema(self, name: str | None) -> int:
        return self.known(self.schemas, name, "schema").schema if name else 0

    def asset(self, name: str) -> int:
        return int(self.known(self.classes, name, "class").class_id)

    def lot(self, asset: str, label: str | None) -> bytes:
        """L-908: what keeps units of one backing together."""
        definition: ops.DefineClass = self.known(self.classes, asset, "class")
        if definition.lots and label is None:
            raise Unclear(f"expected 'of LOT': units of {asset} stand in lots")
        return self.backing(asset, label) if definition.lots else ZERO

    def backing(self, asset: str, label: str | None) -> bytes:
        """The key of a backing: the nullifier of a record goes before its id."""
        if label is None:
            return ZERO
        if self.classes[asset].backing == ops.Backing.VALUE:
            return self.nullifier(label)
        return self.nullifiers.get(label, record(label))

    def template_of(self, case: str) -> TemplateNames:
        return self.templates[self.known(self.cases, case, "case")]

    def purpose_bits(self, words: str) -> int:
        return sum(1 << place(self.purposes, one, "purpose") for one in split(words))

    def nullifier(self, label: str) -> bytes:
        """A value that the field can compare: HMAC under a key that its licensed members have."""
        key = digest(f"nullifier key of field {self.field_of(None)}")
        return hmac.digest(key, label.encode(), "sha256")


def record(label: str) -> bytes:
    return digest(f"record {label}")


def case_id(label: str) -> bytes:
    return digest(f"case {label}")


def lock_id(label: str) -> bytes:
    return digest(f"lock {label}")


def secret(label: str) -> bytes:
    return digest(f"secret {label}")


def refs(words: str | None) -> tuple[bytes, ...]:
    return tuple(sorted(record(one) for one in split(words)))


def content(text: str | None, default: str) -> bytes:
    """The commitment to what a line says, with a salt that a script can have."""
    said = text or default
    return commitment(digest(f"salt of {said}"), document=said.encode())


def detail(text: str | None) -> bytes:
    return content(text, "") if text else ZERO


# --- Definitions: before the first block ---------------------------------------------------------


@says(DEFINITIONS, "field {name} {number:number}")
def _(n: Names, name: str, number: str) -> None:
    n.fields[name] = int(number)


@says(DEFINITIONS, "member {name}[ may {may:labels}][ in field {where}]")
def _(n: Names, name: str, may: str | None, where: str | None) -> None:
    n.new_member(name)
    own = n.roles.setdefault(name, {})
    if may:
        own[n.field_of(where)] = roles(may)


@says(DEFINITIONS, "council {threshold:number} of {members:labels}")
def _(n: Names, threshold: str, members: str) -> None:
    n.council = Council(int(threshold), tuple(sorted(n.member(one) for one in split(members))))


@says(DEFINITIONS, "purposes {names:labels}")
def _(n: Names, names: str) -> None:
    n.purposes = split(names)


@says(DEFINITIONS, "schema {name}[ {mode}][ in field {where}][ needs {needs:labels}]")
def _(n: Names, name: str, mode: str | None, where: str | None, needs: str | None) -> Operation:
    kind = one_of(ops.NullifierMode, mode or "none")
    made = ops.DefineSchema(len(n.schemas) + 1, n.field_of(where), kind, roles(needs))
    n.schemas[name] = made
    return made


@says(
    DEFINITIONS,
    "class {name}[ in field {where}][ backed by a {backing}][ claimed {claim}]"
    "[ rules {flags:labels}][ issued only by {issuer}][ held by {holders:labels}]"
    "[ holders at most {holders_max:number}][ supply at most {supply:number}]"
    "[ issue at most {issue:number}][ until {expires:time}]",
)
def _(n: Names, name: str, where: str | None, backing: str | None, claim: str | None,
      flags: str | None, issuer: str | None, holders: str | None, holders_max: str | None,
      supply: str | None, issue: str | None, expires: str | None) -> Operation:  # fmt: skip
    rules = ops.ClassFlags.NONE
    for flag in split(flags):
        rules |= one_of(ops.ClassFlags, flag)
    if issuer:
        rules |= ops.ClassFlags.ONE_ISSUER
    made = ops.DefineClass(
        len(n.classes) + 1,
        n.field_of(where),
        rules,
        n.member(issuer) if issuer else 0,
        one_of(ops.Backing, backing or "none"),
        one_of(Claim, claim) if claim else 0,
        roles(holders),
        int(holders_max or 0),
        int(supply or NEVER),
        int(issue or NEVER),
        n.instant(expires),
    )
    n.classes[name] = made
    return made


@says(DEFINITIONS, "template {name}[ in field {where}]")
def _(n: Names, name: str, where: str | None) -> TemplateNames:
    n.templates[name] = TemplateNames(len(n.templates) + 1, n.field_of(where))
    return n.templates[name]


@says(TEMPLATE_LINES, "review")
def _(t: TemplateNames) -> None:
    t.review = True


@says(TEMPLATE_LINES, "party {name}[ needs {needs:labels}]")
def _(t: TemplateNames, name: str, needs: str | None) -> None:
    t.parties.append(name)
    t.needs.append(roles(needs))


@says(TEMPLATE_LINES, "opened by {parties:labels}")
def _(t: TemplateNames, parties: str) -> None:
    t.openers = split(parties)


@says(TEMPLATE_LINES, "state {name}[ {closed:closed}][ for {limit:span} then {to}]")
def _(t: TemplateNames, name: str, closed: str | None, limit: str | None, to: str | None) -> None:
    t.states.append(name)
    t.limits.append((bool(closed), span_ms(limit) if limit else 0, to))


@says(
    TEMPLATE_LINES,
    "{source}: {event}[ by {by:labels}][ role {role:labels}][ together with {together:labels}]"
    "[ citing {refs:number}] to {to}",
)
def _(t: TemplateNames, **words: str | None) -> None:
    event = str(words["event"])
    if event not in t.events:
        t.events.append(event)
    t.transitions.append(words)


# --- Operations: "ACTOR sentence" ----------------------------------------------------------------


@says(
    OPERATIONS,
    "records {label}[ as {schema}][ saying {text:text}][ nullifier {value}]"
    "[ citing {cited:labels}][ kept until {kept:time}]",
)
def _(n: Names, actor: int, label: str, schema: str | None, text: str | None, value: str | None,
      cited: str | None, kept: str | None) -> Operation:  # fmt: skip
    nullifier = n.nullifier(value) if value else ZERO
    if value:
        n.nullifiers.setdefault(label, nullifier)
    n.record_schemas.setdefault(label, n.schema(schema))
    return ops.Create(
        record(label),
        n.schema(schema),
        content(text, f"{label} version 1"),
        refs(cited),
        retention=n.instant(kept, 0),
        nullifier=nullifier,
        actor=actor,
    )


@says(
    OPERATIONS,
    "amends {label} version {version:number}[ as {schema}][ saying {text:text}]"
    "[ citing {cited:labels}][ kept until {kept:time}]",
)
def _(n: Names, actor: int, label: str, version: str, schema: str | None, text: str | None,
      cited: str | None, kept: str | None) -> Operation:  # fmt: skip
    return ops.Amend(
        record(label),
        int(version),
        n.schema(schema) if schema else n.record_schemas.get(label, 0),
        content(text, f"{label} after version {version}"),
        refs(cited),
        retention=n.instant(kept, 0),
        actor=actor,
    )


@says(OPERATIONS, "withdraws {label} version {version:number}")
def _(n: Names, actor: int, label: str, version: str) -> Operation:
    return ops.Withdraw(record(label), int(version), actor=actor)


@says(OPERATIONS, "erases {label} version {version:number}")
def _(n: Names, actor: int, label: str, version: str) -> Operation:
    return ops.Erase(record(label), int(version), actor=actor)


@says(OPERATIONS, "attests {claim} on {label}[ version {version:number}][ saying {text:text}]")
def _(n: Names, actor: int, claim: str, label: str, version: str | None,
      text: str | None) -> Operation:  # fmt: skip
    what = one_of(Claim, claim)
    return ops.Attest(record(label), int(version or 1), what, detail(text), actor=actor)


@says(OPERATIONS, "attests {claim} on case {case} step {step:number}[ saying {text:text}]")
def _(n: Names, actor: int, claim: str, case: str, step: str, text: str | None) -> Operation:
    target = ops.TargetKind.CASE
    what = one_of(Claim, claim)
    return ops.Attest(case_id(case), int(step), what, detail(text), kind=target, actor=actor)


@says(
    OPERATIONS,
    "grants {grantee} {label} for {purposes:labels} uses {uses:number} until {expires:time}",
)
def _(n: Names, actor: int, grantee: str, label: str, purposes: str, uses: str,
      expires: str) -> Operation:  # fmt: skip
    return ops.Grant(
        record(label), n.member(grantee), n.purpose_bits(purposes), int(uses), n.instant(expires),
        actor=actor,
    )  # fmt: skip


@says(OPERATIONS, "ends the grant of {label} to {grantee}")
def _(n: Names, actor: int, label: str, grantee: str) -> Operation:
    return ops.RevokeGrant(record(label), n.member(grantee), actor=actor)


@says(OPERATIONS, "uses {label} for {purposes:labels}[ saying {text:text}]")
def _(n: Names, actor: int, label: str, purposes: str, text: str | None) -> Operation:
    payload = content(text, f"{label} for {purposes}")
    return ops.Use(record(label), n.purpose_bits(purposes), payload, actor=actor)


@says(
    OPERATIONS,
    "breaks the glass of {label} for {purposes:labels} opening {case} as {template}",
)
def _(n: Names, actor: int, label: str, purposes: str, case: str, template: str) -> Operation:
    number = n.known(n.templates, template, "template").number
    n.cases.setdefault(case, template)
    payload = content(None, f"{label} for {purposes}")
    return ops.BreakGlass(
        record(label), n.purpose_bits(purposes), payload, case_id(case), number, actor=actor
    )


@says(
    OPERATIONS,
    "opens {case} as {template} between {parties:labels}[ about {subject}][ until {deadline:time}]"
    "[ citing {cited:labels}]",
)
def _(n: Names, actor: int, case: str, template: str, parties: str, subject: str | None,
      deadline: str | None, cited: str | None) -> Operation:  # fmt: skip
    number = n.known(n.templates, template, "template").number
    n.cases.setdefault(case, template)
    return ops.OpenCase(
        case_id(case),
        number,
        n.instant(deadline, 0),
        record(subject) if subject else ZERO,
        tuple(n.member(one) for one in split(parties)),
        refs(cited),
        actor=actor,
    )


@says(
    OPERATIONS,
    "takes {event} on {case} from {state}[ saying {text:text}][ citing {cited:labels}]",
)
def _(n: Names, actor: int, event: str, case: str, state: str, text: str | None,
      cited: str | None) -> Operation:  # fmt: skip
    template = n.template_of(case)
    return ops.Step(
        case_id(case),
        place(template.states, state, "state"),
        place(template.events, event, "event"),
        detail(text),
        refs(cited),
        actor=actor,
    )


@says(
    OPERATIONS,
    "issues {amount:number} {asset} to {to}[ on {backing}][ attested by {attester}]"
    "[ until {expires:time}]",
)
def _(n: Names, actor: int, amount: str, asset: str, to: str, backing: str | None,
      attester: str | None, expires: str | None) -> Operation:  # fmt: skip
    number = n.asset(asset)
    value = ZERO
    if backing:
        by_value = n.classes[asset].backing == ops.Backing.VALUE
        value = n.nullifier(backing) if by_value else record(backing)
    witness = n.member(attester) if attester else 0
    return ops.Issue(
        number, n.member(to), int(amount), value, witness, n.instant(expires), actor=actor
    )


@says(OPERATIONS, "transfers {amount:number} {asset}[ of {lot}] to {to}")
def _(n: Names, actor: int, amount: str, asset: str, lot: str | None, to: str) -> Operation:
    return ops.Transfer(n.asset(asset), n.lot(asset, lot), n.member(to), int(amount), actor=actor)


@says(OPERATIONS, "orders {amount:number} {asset}[ of {lot}] from {giver} to {to}")
def _(n: Names, actor: int, amount: str, asset: str, lot: str | None, giver: str,
      to: str) -> Operation:  # fmt: skip
    return ops.TransferByOrder(
        n.asset(asset), n.lot(asset, lot), n.member(giver), n.member(to), int(amount), actor=actor
    )


@says(
    OPERATIONS,
    "redeems {amount:number} {asset}[ of {lot}][ held by {holder}] as {reason}"
    "[ saying {text:text}]",
)
def _(n: Names, actor: int, amount: str, asset: str, lot: str | None, holder: str | None,
      reason: str, text: str | None) -> Operation:  # fmt: skip
    return ops.Redeem(
        n.asset(asset), n.lot(asset, lot), n.member(holder) if holder else n.me, int(amount),
        one_of(ops.Reason, reason), detail(text), actor=actor,
    )  # fmt: skip


@says(
    OPERATIONS,
    *(
        "locks {amount:number} {asset}[ of {lot}] as {lock} for {to} until {deadline:time} if "
        + condition
        for condition in ("{case} is {state}", "{witness} signs", "secret {preimage} is shown")
    ),
)
def _(n: Names, actor: int, amount: str, asset: str, lot: str | None, lock: str, to: str,
      deadline: str, **condition: str) -> Operation:  # fmt: skip
    made: ops.Condition
    if "witness" in condition:
        made = ops.CoSignature(n.member(condition["witness"]))
    elif "preimage" in condition:
        made = ops.Preimage(hashlib.sha256(secret(condition["preimage"])).digest())
    else:
        states = n.template_of(condition["case"]).states
        made = ops.CaseState(case_id(condition["case"]), place(states, condition["state"], "state"))
    return ops.Lock(
        lock_id(lock), n.asset(asset), n.lot(asset, lot), int(amount), n.member(to),
        n.instant(deadline), made, actor=actor,
    )  # fmt: skip


@says(OPERATIONS, "settles {lock}[ showing {preimage}]")
def _(n: Names, actor: int, lock: str, preimage: str | None) -> Operation:
    if preimage is None:
        return ops.Settle(lock_id(lock), actor=actor)
    return ops.SettleWithPreimage(lock_id(lock), secret(preimage), actor=actor)


@says(OPERATIONS, "refunds {lock}")
def _(n: Names, actor: int, lock: str) -> Operation:
    return ops.Refund(lock_id(lock), actor=actor)


def thing(n: Names, kind: str, label: str) -> ops.Object:
    found = one_of(ops.ObjectKind, kind)
    name = {"record": record, "case": case_id, "lock": lock_id}[kind]
    return ops.Object(found, name(label))


def holding(n: Names, asset: str, lot: str | None, member: str) -> ops.Object:
    identity = ops.holding_id(n.asset(asset), n.lot(asset, lot), n.member(member))
    return ops.Object(ops.ObjectKind.HOLDING, identity)


@says(OPERATIONS, *(f"holds {kind} {{{kind}}}" for kind in ("record", "case", "lock")))
def _(n: Names, actor: int, **found: str) -> Operation:
    return ops.Hold(thing(n, *next(iter(found.items()))), actor=actor)


@says(OPERATIONS, *(f"releases {kind} {{{kind}}}" for kind in ("record", "case", "lock")))
def _(n: Names, actor: int, **found: str) -> Operation:
    return ops.Unhold(thing(n, *next(iter(found.items()))), actor=actor)


@says(OPERATIONS, "holds the holding of {member} in {asset}[ of {lot}]")
def _(n: Names, actor: int, member: str, asset: str, lot: str | None) -> Operation:
    return ops.Hold(holding(n, asset, lot, member), actor=actor)


@says(OPERATIONS, "releases the holding of {member} in {asset}[ of {lot}]")
def _(n: Names, actor: int, member: str, asset: str, lot: str | None) -> Operation:
    return ops.Unhold(holding(n, asset, lot, member), actor=actor)


@says(OPERATIONS, "admits {name}")
def _(n: Names, actor: int, name: str) -> Operation:
    key = Signer(n.new_member(name), 1)
    return ops.Admit(key.member, name, 1, key.public, key.possession(n.chain_id), actor=actor)


@says(OPERATIONS, "expels {member}")
def _(n: Names, actor: int, member: str) -> Operation:
    return ops.Expel(n.member(member), actor=actor)


@says(OPERATIONS, "freezes {member}")
def _(n: Names, actor: int, member: str) -> Operation:
    return ops.Freeze(n.member(member), actor=actor)


@says(OPERATIONS, "unfreezes {member}")
def _(n: Names, actor: int, member: str) -> Operation:
    return ops.Unfreeze(n.member(member), actor=actor)


@says(OPERATIONS, "lets {member} do {may:labels}[ within {where}]")
def _(n: Names, actor: int, member: str, may: str, where: str | None) -> Operation:
    allowed = Roles.NONE if may == "nothing" else roles(may)
    return ops.SetRoles(n.member(member), n.field_of(where), allowed, actor=actor)


@says(OPERATIONS, "limits {what} to {limit:span}")
def _(n: Names, actor: int, what: str, limit: str) -> Operation:
    parameters = {
        "grants": ops.Parameter.GRANT_MS_MAX,
        "locks": ops.Parameter.LOCK_MS_MAX,
    }
    return ops.SetParameter(n.known(parameters, what, "limit"), span_ms(limit), actor=actor)


@says(OPERATIONS, "retires {kind} {name}")
def _(n: Names, actor: int, kind: str, name: str) -> Operation:
    found = one_of(ops.DefinitionKind, kind)
    if found == ops.DefinitionKind.SCHEMA:
        number = n.schema(name)
    elif found == ops.DefinitionKind.CLASS:
        number = n.asset(name)
    else:
        number = n.known(n.templates, name, "template").number
    return ops.Retire(found, number, actor=actor)


@says(OPERATIONS, "adds key {key:number}[ {administrating:administrating}]")
def _(n: Names, actor: int, key: str, administrating: str | None) -> Operation:
    flags = ops.KeyFlags.ADMINISTRATE if administrating else ops.KeyFlags.NONE
    new = Signer(n.me, int(key))
    return ops.AddKey(new.key_id, flags, new.public, new.possession(n.chain_id), actor=actor)


@says(OPERATIONS, "rotates to key {key:number}")
def _(n: Names, actor: int, key: str) -> Operation:
    new = Signer(n.me, int(key))
    return ops.RotateKey(new.key_id, new.public, new.possession(n.chain_id), actor=actor)


def compromised(n: Names, blocks: str | None) -> int:
    return n.height - int(blocks) if blocks else NEVER


@says(OPERATIONS, "revokes key {key:number}[ compromised {blocks:number} blocks ago]")
def _(n: Names, actor: int, key: str, blocks: str | None) -> Operation:
    return ops.RevokeKey(int(key), compromised(n, blocks), actor=actor)


@says(OPERATIONS, "revokes key {key:number} of {member}[ compromised {blocks:number} blocks ago]")
def _(n: Names, actor: int, key: str, member: str, blocks: str | None) -> Operation:
    since = compromised(n, blocks)
    return ops.CouncilRevokesKey(n.member(member), int(key), since, actor=actor)


@says(
    OPERATIONS,
    "replaces key {key:number} of {member} by key {other:number}"
    "[ compromised {blocks:number} blocks ago]",
)
def _(n: Names, actor: int, key: str, member: str, other: str, blocks: str | None) -> Operation:
    new = Signer(n.member(member), int(other))
    return ops.CouncilReplacesKey(
        new.member, int(key), compromised(n, blocks), new.key_id, new.public,
        new.possession(n.chain_id), actor=actor,
    )  # fmt: skip


# --- Questions -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """An entry, and what must stand in it; `want` None: there must be none."""

    kind: type[state.StateEntry]
    identity: tuple[int | bytes, ...]
    want: dict[str, Any] | None = None


def optional(**values: str | None) -> dict[str, Any]:
    return {name: int(value) for name, value in values.items() if value is not None}


@says(
    QUERIES,
    "record {label} is version {version:number} {status}[ {held:held}][ controlled by {member}]",
)
def _(n: Names, label: str, version: str, status: str, held: str | None,
      member: str | None) -> Question:  # fmt: skip
    want = {
        "version": int(version),
        "status": one_of(state.RecordStatus, status),
        "held": bool(held),
    }
    if member:
        want["controller"] = n.member(member)
    return Question(state.Record, (record(label),), want)


@says(QUERIES, "no record {label}")
def _(n: Names, label: str) -> Question:
    return Question(state.Record, (record(label),))


def on(label: str | None, version: str | None, case: str | None, step: str | None,
       claim: Claim, member: int) -> tuple[int | bytes, ...]:  # fmt: skip
    if case and step:
        return member, ops.TargetKind.CASE, case_id(case), int(step), claim
    assert label
    return member, ops.TargetKind.RECORD, record(label), int(version or 1), claim


ON_RECORD = "attestation {claim} by {member} on {label}[ version {version:number}]"
ON_CASE = "attestation {claim} by {member} on case {case} step {step:number}"


@says(QUERIES, ON_CASE + "[ times {times:number}]", ON_RECORD + "[ times {times:number}]")
def _(n: Names, claim: str, member: str, times: str | None, label: str | None = None,
      version: str | None = None, case: str | None = None, step: str | None = None
      ) -> Question:  # fmt: skip
    identity = on(label, version, case, step, one_of(Claim, claim), n.member(member))
    return Question(state.Attestation, identity, {"times": int(times or 1)})


@says(QUERIES, "no " + ON_CASE, "no " + ON_RECORD)
def _(n: Names, claim: str, member: str, label: str | None = None, version: str | None = None,
      case: str | None = None, step: str | None = None) -> Question:  # fmt: skip
    identity = on(label, version, case, step, one_of(Claim, claim), n.member(member))
    return Question(state.Attestation, identity)


@says(
    QUERIES, "grant of {label} to {member} is {status} with {uses:number} left {used:number} used"
)
def _(n: Names, label: str, member: str, status: str, uses: str, used: str) -> Question:
    want = {
        "status": one_of(state.GrantStatus, status),
        "uses": int(uses),
        "used": int(used),
    }
    return Question(state.GrantEntry, (record(label), n.member(member)), want)


@says(QUERIES, "no grant of {label} to {member}")
def _(n: Names, label: str, member: str) -> Question:
    return Question(state.GrantEntry, (record(label), n.member(member)))


@says(QUERIES, "case {case} is {status} at step {steps:number}[ {held:held}]")
def _(n: Names, case: str, status: str, steps: str, held: str | None) -> Question:
    number = place(n.template_of(case).states, status, "state")
    want = {"state": number, "steps": int(steps), "held": bool(held)}
    return Question(state.Case, (case_id(case),), want)


@says(QUERIES, "no case {case}")
def _(n: Names, case: str) -> Question:
    return Question(state.Case, (case_id(case),))


@says(
    QUERIES,
    "holding of {member} in {asset}[ of {lot}] is {free:number}[ and {locked:number} locked]"
    "[ {held:held}]",
)
def _(n: Names, member: str, asset: str, lot: str | None, free: str, locked: str | None,
      held: str | None) -> Question:  # fmt: skip
    want = {"free": int(free), "locked": int(locked or 0), "held": bool(held)}
    return Question(state.Holding, (n.asset(asset), n.lot(asset, lot), n.member(member)), want)


@says(QUERIES, "no holding of {member} in {asset}[ of {lot}]")
def _(n: Names, member: str, asset: str, lot: str | None) -> Question:
    return Question(state.Holding, (n.asset(asset), n.lot(asset, lot), n.member(member)))


@says(QUERIES, "backing of {label} in {asset} is {amount:number} with {live:number} live")
def _(n: Names, label: str, asset: str, amount: str, live: str) -> Question:
    want = {"amount": int(amount), "live": int(live)}
    return Question(state.BackingEntry, (n.asset(asset), n.backing(asset, label)), want)


@says(QUERIES, "no backing of {label} in {asset}")
def _(n: Names, label: str, asset: str) -> Question:
    return Question(state.BackingEntry, (n.asset(asset), n.backing(asset, label)))


@says(
    QUERIES,
    "totals of {asset} are {issued:number} issued {redeemed:number} redeemed"
    "[ with {holders:number} holders]",
)
def _(n: Names, asset: str, issued: str, redeemed: str, holders: str | None) -> Question:
    want = optional(issued=issued, redeemed=redeemed, holders=holders)
    return Question(state.Totals, (n.asset(asset),), want)


@says(QUERIES, "nullifier {value} in {schema} counts {count:number}[ with {live:number} live]")
def _(n: Names, value: str, schema: str, count: str, live: str | None) -> Question:
    want = optional(count=count, live=live)
    return Question(state.Nullifier, (n.schema(schema), n.nullifier(value)), want)


@says(QUERIES, "no nullifier {value} in {schema}")
def _(n: Names, value: str, schema: str) -> Question:
    return Question(state.Nullifier, (n.schema(schema), n.nullifier(value)))


@says(QUERIES, "lock {lock} is {status}[ {held:held}]")
def _(n: Names, lock: str, status: str, held: str | None) -> Question:
    want = {"status": one_of(state.LockStatus, status), "held": bool(held)}
    return Question(state.LockEntry, (lock_id(lock),), want)


@says(QUERIES, "no lock {lock}")
def _(n: Names, lock: str) -> Question:
    return Question(state.LockEntry, (lock_id(lock),))


@says(QUERIES, "member {member} is {status}")
def _(n: Names, member: str, status: str) -> Question:
    want = {"status": one_of(state.MemberStatus, status)}
    return Question(state.MemberEntry, (n.member(member),), want)


@says(QUERIES, "member {member} may {may:labels}[ in field {where}]")
def _(n: Names, member: str, may: str, where: str | None) -> Question:
    return Question(state.RoleEntry, (n.member(member), n.field_of(where)), {"roles": roles(may)})


@says(QUERIES, "key {key:number} of {member} {counts}")
def _(n: Names, key: str, member: str, counts: str) -> Question:
    want = {"counts": place(["ended", "counts"], counts, "key that counts or ended") == 1}
    return Question(state.Key, (n.member(member), int(key)), want)
