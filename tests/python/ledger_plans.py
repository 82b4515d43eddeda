# SPDX-License-Identifier: Apache-2.0
"""Random transactions for a ledger of `ledger_scene.prepared()`: mostly sensible, often wrong.

Plans are drawn from a `random.Random` and from the present state, as the reference keeps it, so
that long sequences keep succeeding. Everything comes from small pools, so that objects meet. A plan
can be executed by the reference alone (`Scene.run`), or signed (`ledger_world.transaction`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from random import Random
from typing import TypeVar

from ledger_scene import CLASSES, SCHEMAS, TEMPLATES
from ledger_world import (
    BANK,
    CHAIN_ID,
    CLERK,
    CLERK_SPARE,
    COUNCIL,
    COUNCIL_GATEWAY,
    COURT,
    GUEST,
    HOSPITAL,
    ISSUER,
    TRADER,
    WITNESS,
    Signer,
    digest,
    record_id,
)

from chopmark.reference.codec import Amend, Attest, Claim, Council, Create, Operation, Withdraw
from chopmark.reference.ledger.entries import (
    Case,
    Holding,
    LockEntry,
    LockStatus,
    Record,
    StateEntry,
)
from chopmark.reference.operations import (
    AddKey,
    Admit,
    BreakGlass,
    CaseState,
    Condition,
    ConditionKind,
    CoSignature,
    CouncilReplacesKey,
    CouncilRevokesKey,
    DefineSchema,
    DefinitionKind,
    Erase,
    Expel,
    Freeze,
    Grant,
    Hold,
    Issue,
    KeyFlags,
    Lock,
    NullifierMode,
    Object,
    ObjectKind,
    OpenCase,
    Parameter,
    Preimage,
    Reason,
    Redeem,
    Refund,
    Retire,
    RevokeGrant,
    RevokeKey,
    RotateKey,
    SetCouncil,
    SetParameter,
    SetRoles,
    Settle,
    SettleWithPreimage,
    SetValidators,
    Step,
    TargetKind,
    Transfer,
    TransferByOrder,
    Unfreeze,
    Unhold,
    Use,
    holding_id,
)
from chopmark.reference.wire import NEVER, ROLES_KNOWN, ZERO, Roles

E = TypeVar("E", bound=StateEntry)
T = TypeVar("T")

ACTORS = (CLERK, BANK, ISSUER, TRADER, HOSPITAL, WITNESS, COURT, GUEST)
MEMBERS = tuple(one.member for one in ACTORS)
RECORDS = tuple(record_id(n) for n in range(40))
CASES = tuple(digest(f"case {n}") for n in range(30))
LOCKS = tuple(digest(f"lock {n}") for n in range(50))
NULLIFIERS = tuple(digest(f"nullifier {n}") for n in range(12))
SECRETS = tuple(digest(f"secret {n}") for n in range(2))
LOTS = (ZERO, *NULLIFIERS, *RECORDS)
CLASS_IDS = tuple(one.class_id for one in CLASSES)
SCHEMA_IDS = (0, *(one.schema for one in SCHEMAS))
TEMPLATE_IDS = tuple(one.template for one in TEMPLATES)


@dataclass(frozen=True)
class Plan:
    """A transaction before it is signed."""

    operations: tuple[Operation, ...]
    by: tuple[Signer, ...]
    field: int


class Planner:
    """Draws plans. `state` is that after the last transaction; `now` and `height` of the block."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.state: Mapping[bytes, bytes] = {}
        self.now = 0
        self.height = 0
        self.fresh = 100  # numbers of new keys and members
        self.holdings: list[tuple[int, bytes, Signer]] = []  # that may have something in them
        self.granted: list[tuple[bytes, Signer]] = []
        self.held: list[Object] = []

    def pick(self, pool: Sequence[T]) -> T:
        return pool[self.random.randrange(len(pool))]

    def chance(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def find(self, kind: type[E], *identity: int | bytes) -> E | None:
        entry = self.state.get(kind.key(*identity))
        return None if entry is None else kind.decode(entry)

    def choose(self, kind: type[StateEntry], pool: Sequence[bytes], fresh: int) -> bytes:
        """An id that is taken, mostly a late one, or with `fresh` per cent the next free one."""
        free = [one for one in pool if kind.key(one) not in self.state]
        taken = [one for one in pool if kind.key(one) in self.state]
        if free and (not taken or self.chance(fresh)):
            return free[0]
        return self.pick(taken[-6:] if self.chance(80) else taken)

    def amount(self, most: int = 100) -> int:
        most = min(most, NEVER - 1)
        return self.pick((1, 1, 2, 3, max(1, most // 2), max(1, most), max(1, most), most + 1))

    def time(self) -> int:
        """A deadline, mostly one that does not come too soon."""
        return self.pick(
            (NEVER, NEVER, NEVER, self.now + 3000, self.now + 9000, self.now, self.now - 1)
        )

    def refs(self) -> tuple[bytes, ...]:
        count = self.pick((0, 0, 0, 1, 2))
        return tuple(sorted({self.choose(Record, RECORDS, 4) for _ in range(count)}))

    def plan(self) -> Plan:
        """One transaction: often one operation by one member, sometimes a bundle."""
        makers: list[tuple[int, Callable[[], Plan]]] = [
            (20, self.record), (12, self.attest), (14, self.grants), (16, self.cases),
            (16, self.issue), (24, self.quantities), (18, self.locks), (8, self.govern),
            (3, self.holds), (5, self.keys),
        ]  # fmt: skip
        weights = accumulate(weight for weight, _ in makers)
        sums = list(zip(weights, (maker for _, maker in makers)))
        at = self.random.randrange(sums[-1][0])
        plan = next(maker for sum_, maker in sums if at < sum_)()
        while self.chance(20) and len(plan.operations) < 6:
            plan = joined(plan, self.plan())
        if self.chance(5):
            plan = replace(plan, field=self.pick((1, 2, 3)))
        if self.chance(5):
            plan = replace(plan, by=(self.pick(ACTORS), *plan.by[1:]))
            if len({one.member for one in plan.by}) < len(plan.by):
                return self.plan()
        return plan

    def single(self, operation: Operation, *by: Signer, field: int = 1) -> Plan:
        signers = list(dict.fromkeys(by))
        if self.chance(10):
            signers.append(self.pick(ACTORS))
        unique = {one.member: one for one in reversed(signers)}
        return Plan(
            (operation,), tuple(unique[m] for m in dict.fromkeys(s.member for s in signers)), field
        )

    def signer(self, member: int) -> Signer:
        named = {one.member: one for one in (*ACTORS, *COUNCIL)}
        return named.get(member, GUEST)

    # --- The operations

    def record(self) -> Plan:
        identity = self.choose(Record, RECORDS, 50)
        found = self.find(Record, identity)
        if found is None or self.chance(10):
            schema = self.pick(SCHEMA_IDS)
            asks = schema in (one.schema for one in SCHEMAS if one.mode != NullifierMode.NONE)
            nullifier = self.pick(NULLIFIERS) if asks != self.chance(5) else ZERO
            made = Create(
                identity, schema, digest("content"), self.refs(), nullifier=nullifier,
                retention=self.pick((0, 0, self.now + 3000)),
            )  # fmt: skip
            return self.single(
                made, self.pick((CLERK, CLERK, BANK, HOSPITAL)), field=1 + (schema == 5)
            )
        version = found.version if self.chance(90) else self.pick((1, 2, 7))
        schema = found.schema if self.chance(80) else self.pick(SCHEMA_IDS)
        operation: Operation = self.pick(
            (
                Amend(identity, version, schema, digest("other"), self.refs()),
                Amend(identity, version, schema, digest("fourth")),
                Amend(identity, version, schema, digest("third"), retention=self.now + 1000),
                Withdraw(identity, version),
                Erase(identity, version),
            )
        )
        return self.single(operation, self.signer(found.controller))

    def attest(self) -> Plan:
        kind = self.pick((TargetKind.RECORD, TargetKind.RECORD, TargetKind.CASE))
        if kind == TargetKind.RECORD:
            target = self.choose(Record, RECORDS, 4)
            record = self.find(Record, target)
            version = record.version if record else 1
        else:
            target = self.choose(Case, CASES, 4)
            case = self.find(Case, target)
            version = case.steps if case else 1
        version = version if self.chance(85) else self.pick((1, version + 1))
        claim = self.pick((Claim.APPROVED, Claim.APPROVED, *Claim))
        said = Attest(target, version, claim, kind=kind)
        return self.single(said, self.pick((WITNESS, WITNESS, BANK, CLERK, ISSUER)))

    def grants(self) -> Plan:
        identity, grantee = self.choose(Record, RECORDS, 4), self.pick(ACTORS[:3])
        record = self.find(Record, identity)
        owner = self.signer(record.controller) if record else CLERK
        case_id, purposes = self.choose(Case, CASES, 90), self.pick((1, 1, 2, 3))
        choice = self.random.randrange(10)
        if choice < 4:
            self.granted.append((identity, grantee))
            grant = Grant(identity, grantee.member, purposes, self.pick((1, 1, 2)), self.time())
            return self.single(grant, owner)
        if self.granted and self.chance(85):
            identity, grantee = self.pick(self.granted[-12:])
            record = self.find(Record, identity)
            owner = self.signer(record.controller) if record else CLERK
        if choice < 8:
            return self.single(Use(identity, purposes, digest("payload")), grantee)
        if choice < 9:
            return self.single(RevokeGrant(identity, grantee.member), owner)
        glass = BreakGlass(identity, 1, digest("payload"), case_id, self.pick((2, 2, 1)))
        return self.single(glass, HOSPITAL)

    def cases(self) -> Plan:
        identity = self.choose(Case, CASES, 40)
        case = self.find(Case, identity)
        if case is None:
            template = self.pick(TEMPLATES)
            count = len(template.parties) if self.chance(95) else 3
            parties = tuple(self.random.sample(MEMBERS[:6], count))
            opened = OpenCase(
                identity,
                template.template,
                self.pick((0, 0, self.now + 3000)),
                ZERO,
                parties,
                self.refs(),
            )
            return self.single(opened, self.signer(parties[0]), field=template.field)
        state = case.state if self.chance(95) else self.pick((0, 1, 2))
        by = [self.signer(self.pick(case.parties)), self.pick((COURT, WITNESS))]
        by += [self.signer(member) for member in case.parties]
        template = next(one for one in TEMPLATES if one.template == case.template)
        events = [one.event for one in template.transitions if one.source == case.state]
        event = self.pick(events) if events and self.chance(85) else self.pick((0, 0, 1, 2, 5))
        step = Step(identity, state, event, refs=self.refs())
        unique = {one.member: one for one in by}
        return Plan((step,), tuple(unique.values()), case.field)

    def issue(self) -> Plan:
        kind = self.pick(CLASSES)
        backing, attester = ZERO, WITNESS.member
        if kind.backing == 1:
            backing = self.pick(NULLIFIERS)
        elif kind.backing == 2:
            backing = self.choose(Record, RECORDS, 4)
        expires = self.now + 4000 if kind.lots and self.chance(30) else NEVER
        to = self.pick((CLERK, BANK, TRADER, self.pick(ACTORS)))
        if kind.holders_max and self.chance(80):
            to = self.pick((BANK, TRADER, HOSPITAL))
        amount = self.amount() if self.chance(95) else NEVER
        made = Issue(kind.class_id, to.member, amount, backing, attester, expires)
        record = self.find(Record, backing)
        lot = record.nullifier if record and record.nullifier != ZERO else backing
        self.holdings.append((kind.class_id, lot if kind.lots else ZERO, to))
        issuer = self.signer(kind.issuer) if kind.issuer else self.pick((*[ISSUER] * 9, CLERK))
        return self.single(made, issuer, to)

    def holding(self) -> tuple[int, bytes, Signer, int]:
        """One that mostly has something in it, and how much of it is free."""
        for _ in range(20):
            if not self.holdings:
                break
            class_id, lot, one = self.pick(self.holdings[-40:])
            found = self.find(Holding, class_id, lot, one.member)
            if found and (found.total or self.chance(10)):
                return class_id, lot, one, found.free
        return self.pick(CLASS_IDS), self.pick(LOTS), self.pick(ACTORS), 1

    def quantities(self) -> Plan:
        class_id, lot, one, free = self.holding()
        to, amount = self.pick((CLERK, BANK, TRADER, self.pick(ACTORS))), self.amount(free)
        choice = self.random.randrange(10)
        if choice < 6:
            move = Transfer(class_id, lot, to.member, amount)
            self.holdings.append((class_id, lot, to))
            return self.single(move, one, to)
        if choice < 7:
            held = [target.identity for target in self.held if target.kind == ObjectKind.HOLDING]
            if held and self.chance(85):
                found = self.pick(held[-4:])
                class_id, lot, one = (
                    int.from_bytes(found[:4]),
                    found[4:36],
                    self.signer(int.from_bytes(found[36:])),
                )
            order = TransferByOrder(class_id, lot, one.member, to.member, self.pick((1, 1, amount)))
            return self.single(order, COURT)
        reason = self.pick((Reason.USED, Reason.USED, Reason.CANCELLED, Reason.EXPIRED))
        redeemed = Redeem(class_id, lot, one.member, amount, reason)
        return self.single(redeemed, self.pick((one, one, one, ISSUER)))

    def locks(self) -> Plan:
        identity = self.choose(LockEntry, LOCKS, 40)
        lock = self.find(LockEntry, identity)
        for _ in range(6):
            if lock and lock.status != LockStatus.OPEN:
                identity = self.choose(LockEntry, LOCKS, 40)
                lock = self.find(LockEntry, identity)
        if lock is None:
            class_id, lot, one, free = self.holding()
            condition: Condition = self.pick(
                (
                    CaseState(self.choose(Case, CASES, 4), self.pick((0, 1, 2))),
                    Preimage(hashlib.sha256(self.pick(SECRETS)).digest()),
                    CoSignature(self.pick(MEMBERS)),
                )
            )
            to = self.pick((CLERK, BANK, TRADER, self.pick(ACTORS)))
            amount = self.amount(max(1, free // 2))
            made = Lock(identity, class_id, lot, amount, to.member, self.time(), condition)
            self.holdings.append((class_id, lot, to))
            return self.single(made, one, to)
        by = self.signer(self.pick((lock.owner, lock.beneficiary)))
        other = by
        ending: Operation = Refund(identity)
        if lock.deadline >= self.now or self.chance(10):
            ending = Settle(identity)
            if lock.condition == ConditionKind.PREIMAGE:
                ending = SettleWithPreimage(identity, self.pick(SECRETS))
            elif lock.condition == ConditionKind.CO_SIGNATURE:
                other = self.signer(int.from_bytes(lock.subject[:4]))
        return self.single(ending, by if self.chance(95) else WITNESS, other)

    def govern(self) -> Plan:
        member = self.pick((BANK.member, WITNESS.member, TRADER.member, GUEST.member))
        self.fresh += 1
        fresh = Signer(self.fresh, 1)
        everything = [SetRoles(one.member, 1, Roles(ROLES_KNOWN)) for one in ACTORS[:4]]
        operation: Operation = self.pick(
            (
                Freeze(member),
                *[Unfreeze(one) for one in MEMBERS],
                *everything,
                SetRoles(self.pick(MEMBERS), self.pick((1, 2)), Roles(self.random.randrange(4096))),
                Admit(fresh.member, "fresh", 1, fresh.public, fresh.possession(CHAIN_ID)),
                SetParameter(self.pick(tuple(Parameter)), self.pick((NEVER, NEVER, NEVER, 10_000))),
                SetCouncil(Council(2, (1, 2, 3))),
                SetValidators(tuple(digest(f"v {i}") for i in range(self.pick((3, 4, 5))))),
                DefineSchema(self.pick((1, 20, 21)), 1),
                Retire(DefinitionKind.SCHEMA, self.pick((20, 21, 22))),
                Retire(DefinitionKind.CLASS, 99),
                Expel(GUEST.member if self.chance(10) else 1),
            )
        )
        few = COUNCIL[:1], (COUNCIL_GATEWAY, COUNCIL[1])
        by = self.pick(few) if self.chance(10) else self.pick((COUNCIL[:2], COUNCIL[1:], COUNCIL))
        return Plan((operation,), by, 1)

    def holds(self) -> Plan:
        class_id, lot, one, _ = self.holding()
        target = self.pick(
            (
                Object(ObjectKind.RECORD, self.choose(Record, RECORDS, 4)),
                Object(ObjectKind.CASE, self.choose(Case, CASES, 4)),
                Object(ObjectKind.LOCK, self.choose(LockEntry, LOCKS, 4)),
                Object(ObjectKind.HOLDING, holding_id(class_id, lot, one.member)),
            )
        )
        if self.held and self.chance(60):
            return self.single(Unhold(self.pick(self.held[-6:])), COURT)
        self.held.append(target)
        return self.single(Hold(target), COURT)

    def keys(self) -> Plan:
        """Keys that do not sign plans come and go; those that do stay, but for refused attempts."""
        self.fresh += 1
        one = Signer(CLERK.member, self.fresh if self.chance(60) else 101)
        proof = one.possession(CHAIN_ID)
        old = self.pick((101, self.fresh - 1, CLERK_SPARE.key_id))
        own: Operation = self.pick(
            (
                AddKey(one.key_id, self.pick(tuple(KeyFlags)), one.public, proof),
                RotateKey(one.key_id, one.public, bytes(64)),
                RevokeKey(old, self.pick((NEVER, self.height, self.height + 1))),
            )
        )
        if self.chance(60):
            return self.single(own, CLERK)
        council: Operation = self.pick(
            (
                CouncilRevokesKey(CLERK.member, old),
                CouncilRevokesKey(BANK.member, BANK.key_id),
                CouncilReplacesKey(CLERK.member, old, NEVER, one.key_id, one.public, proof),
            )
        )
        return Plan((council,), COUNCIL[:2], 1)


def joined(first: Plan, second: Plan) -> Plan:
    """Both in one transaction, if its signers allow it."""
    keys = {one.member: one for one in (*second.by, *first.by)}
    by = tuple(keys[m] for m in dict.fromkeys(s.member for s in (*first.by, *second.by)))
    if len(by) > 16:
        return first
    members = [one.member for one in by]
    moved = tuple(
        replace(op, actor=members.index(second.by[op.actor].member)) for op in second.operations
    )
    return Plan((*first.operations, *moved), by, first.field)
