# SPDX-License-Identifier: Apache-2.0
"""A chain of the reference without signatures: operations run one transaction at a time, and blocks
end when the test says so. `prepared()` has schemas, templates and classes of every sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from ledger_world import (
    CHAIN_ID,
    CLERK,
    COUNCIL,
    GENESIS,
    ISSUER,
    Signer,
    digest,
    record_id,
)

from chopmark.reference import ledger
from chopmark.reference.codec import Create, Operation, Roles, Transaction
from chopmark.reference.ledger import ResultCode
from chopmark.reference.ledger.entries import StateEntry
from chopmark.reference.operations import (
    Backing,
    Claim,
    ClassFlags,
    DefineClass,
    DefineSchema,
    DefineTemplate,
    Issue,
    NullifierMode,
    OpenCase,
    State,
    StateKind,
    TemplateFlags,
    Transition,
)
from chopmark.reference.wire import NEVER, ZERO

E = TypeVar("E", bound=StateEntry)
OK = ResultCode.OK
BLOCK_MS = 1000
START = GENESIS.time_ms + BLOCK_MS  # of the first block
LIMIT_MS = 10_000  # of the first state of a dispute
CLASS_END = START + 100_000  # of a class that ends

# Schemas. All but one are of field 1.
PLAIN, LINKING, UNIQUE, DECISION, ELSEWHERE = 1, 2, 3, 4, 5
# Templates.
DISPUTE, REVIEW, LICENSED, ABROAD = 1, 2, 3, 4
ARGUING, HEARD, DONE, SETTLED = range(4)  # states of a dispute
ANSWER, AGREE, CLOSE, RULE, REOPEN = range(1, 6)  # its events
# Classes.
CASH, SHARES, INVOICE, QUOTA, COUPON, RECEIPT, PRIVATE, PART, FOREIGN, TICKET = range(1, 11)

SCHEMAS = (
    DefineSchema(PLAIN, 1),
    DefineSchema(LINKING, 1, NullifierMode.LINKING),
    DefineSchema(UNIQUE, 1, NullifierMode.UNIQUE),
    DefineSchema(DECISION, 1, roles=Roles.DECIDE),
    DefineSchema(ELSEWHERE, 2),
)
TEMPLATES = (
    DefineTemplate(
        DISPUTE,
        1,
        parties=(Roles.NONE, Roles.NONE),
        openers=0b01,
        states=(
            State(StateKind.OPEN, LIMIT_MS, DONE),
            State(),
            State(StateKind.CLOSED),
            State(StateKind.CLOSED),
        ),
        transitions=(
            Transition(ARGUING, ANSWER, HEARD, by=0b10),
            Transition(ARGUING, AGREE, SETTLED, by=0b11, together=0b11, refs=1),
            Transition(HEARD, CLOSE, DONE, by=0b01),
            Transition(HEARD, RULE, DONE, by=0, roles=Roles.DECIDE),
            Transition(SETTLED, REOPEN, ARGUING, by=0b11),
        ),
    ),
    DefineTemplate(
        REVIEW,
        1,
        TemplateFlags.REVIEW,
        parties=(Roles.NONE, Roles.NONE),
        openers=0b11,
        states=(State(StateKind.OPEN, NEVER, 1), State(StateKind.CLOSED)),
        transitions=(Transition(0, 1, 1, by=0, roles=Roles.APPROVE),),
    ),
    DefineTemplate(
        LICENSED,
        1,
        parties=(Roles.NONE, Roles.APPROVE),
        openers=0b10,
        states=(State(),),
    ),
    DefineTemplate(ABROAD, 2, parties=(Roles.NONE,), states=(State(),)),
)
CLASSES = (
    DefineClass(
        CASH, 1, ClassFlags.HOLDER_REDEEMS, supply_max=1000, issue_max=400, backing=Backing.NONE
    ),
    DefineClass(SHARES, 1, holder_roles=Roles.TRADE, holders_max=2, backing=Backing.NONE),
    DefineClass(
        INVOICE,
        1,
        ClassFlags.LOTS | ClassFlags.HOLDER_REDEEMS | ClassFlags.ISSUER_REDEEMS,
        backing=Backing.RECORD,
        claim=Claim.APPROVED,
    ),
    DefineClass(
        QUOTA,
        1,
        ClassFlags.LOTS | ClassFlags.BOUND | ClassFlags.ISSUER_REDEEMS,
        backing=Backing.VALUE,
    ),
    DefineClass(COUPON, 1, expires=CLASS_END),
    DefineClass(RECEIPT, 1, ClassFlags.RECEIVER_SIGNS, backing=Backing.VALUE),
    DefineClass(PRIVATE, 1, ClassFlags.ONE_ISSUER | ClassFlags.ISSUER_REDEEMS, issuer=CLERK.member),
    DefineClass(PART, 1, ClassFlags.LOTS | ClassFlags.HOLDER_REDEEMS, backing=Backing.RECORD),
    DefineClass(FOREIGN, 2),
    DefineClass(TICKET, 1, ClassFlags.LOTS | ClassFlags.HOLDER_REDEEMS, backing=Backing.VALUE),
)


@dataclass(frozen=True)
class Executed:
    """A transaction that a scene was given."""

    height: int
    time_ms: int
    operations: tuple[Operation, ...]
    by: tuple[Signer, ...]
    field: int


class Scene:
    """State, height and time; what the operations of one block see of the block before."""

    def __init__(self) -> None:
        self.state = ledger.genesis_state(GENESIS)
        self.parent = dict(self.state)
        self.height = 1
        self.time_ms = START
        self.failing_op = 255
        self.journal: list[Executed] = []

    def execute(
        self, operations: Sequence[Operation], by: Sequence[Signer], field: int
    ) -> ResultCode:
        given = Executed(self.height, self.time_ms, tuple(operations), tuple(by), field)
        self.journal.append(given)
        signers = tuple((one.member, one.key_id) for one in by)
        transaction = Transaction(
            CHAIN_ID, field, self.height, bytes(16), signers, tuple(operations)
        )
        block = ledger.Block(CHAIN_ID, self.height, self.time_ms, self.parent)
        before = dict(self.state)
        code, self.failing_op = ledger.execute(block, self.state, transaction)
        if code != OK:
            assert self.state == before  # L-32
        return code

    def run(self, *operations: Operation, by: Sequence[Signer] = (CLERK,), field: int = 1) -> str:
        """The name of the result code."""
        return self.execute(operations, by, field).name

    def ok(self, *operations: Operation, by: Sequence[Signer] = (CLERK,), field: int = 1) -> None:
        assert self.run(*operations, by=by, field=field) == "OK"

    def govern(self, *operations: Operation) -> None:
        """By two of the council, and in force when this returns."""
        self.ok(*operations, by=COUNCIL[:2])
        self.next()

    def next(self, ms: int = BLOCK_MS) -> None:
        """The next block begins."""
        self.parent = dict(self.state)
        self.height += 1
        self.time_ms += ms

    def find(self, kind: type[E], *identity: int | bytes) -> E | None:
        entry = self.state.get(kind.key(*identity))
        return None if entry is None else kind.decode(entry)

    def get(self, kind: type[E], *identity: int | bytes) -> E:
        found = self.find(kind, *identity)
        assert found is not None
        return found

    # --- Frequent steps

    def record(self, n: int, *, by: Signer = CLERK, nullifier: bytes = ZERO, schema: int = 0,
               retention: int = 0) -> bytes:  # fmt: skip
        identity = record_id(n)
        made = Create(
            identity, schema, digest(f"document {n}"), nullifier=nullifier, retention=retention
        )
        self.ok(made, by=(by,))
        return identity

    def issue(self, class_id: int, to: Signer, amount: int, backing: bytes = ZERO) -> None:
        self.ok(Issue(class_id, to.member, amount, backing), by=(ISSUER,))

    def open(self, n: int, *parties: Signer, template: int = DISPUTE, deadline: int = 0) -> bytes:
        identity = digest(f"case {n}")
        members = tuple(party.member for party in parties)
        opened = OpenCase(identity, template, deadline, digest("subject"), members)
        self.ok(opened, by=(parties[0],))
        return identity


def prepared() -> Scene:
    scene = Scene()
    scene.govern(*SCHEMAS, *TEMPLATES, *CLASSES)
    return scene
