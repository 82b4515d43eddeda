# SPDX-License-Identifier: Apache-2.0
"""The reference of docs/spec/ledger.md: every result code, and what takes effect when."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from ledger_scene import (
    ABROAD,
    AGREE,
    ANSWER,
    ARGUING,
    CASH,
    CLASS_END,
    CLOSE,
    COUPON,
    DECISION,
    DISPUTE,
    DONE,
    ELSEWHERE,
    FOREIGN,
    HEARD,
    INVOICE,
    LICENSED,
    LIMIT_MS,
    LINKING,
    PART,
    PLAIN,
    PRIVATE,
    QUOTA,
    RECEIPT,
    REOPEN,
    REVIEW,
    RULE,
    SETTLED,
    SHARES,
    TICKET,
    UNIQUE,
    Scene,
    prepared,
)
from ledger_twins import replay
from ledger_world import (
    BANK,
    CHAIN_ID,
    CLERK,
    CLERK_SPARE,
    COUNCIL,
    COUNCIL_GATEWAY,
    COURT,
    GENESIS,
    GUEST,
    HOSPITAL,
    ISSUER,
    TRADER,
    WITNESS,
    Signer,
    attest,
    digest,
    record_id,
)

from chopmark.reference.codec import Amend, Council, Create, Operation, Roles, Withdraw
from chopmark.reference.ledger import ResultCode
from chopmark.reference.ledger.entries import (
    Attestation,
    BackingEntry,
    Case,
    ClassEntry,
    Governance,
    GrantEntry,
    GrantStatus,
    Holding,
    Key,
    LockEntry,
    LockStatus,
    MemberEntry,
    MemberStatus,
    Nullifier,
    PublicKey,
    Record,
    RecordStatus,
    RoleEntry,
    SchemaEntry,
    TemplateEntry,
    Totals,
    Validators,
)
from chopmark.reference.operations import (
    AddKey,
    Admit,
    BreakGlass,
    CaseState,
    Claim,
    CoSignature,
    CouncilReplacesKey,
    CouncilRevokesKey,
    DefineClass,
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
    possession_payload,
)
from chopmark.reference.wire import COUNT_MAX, NEVER, ZERO

TWO = COUNCIL[:2]
ONE, TWO_N = digest("nullifier 1"), digest("nullifier 2")
DOCUMENT = digest("document")
FRESH = Signer(30, 1)  # admitted by tests
REACHED: set[str] = set()


@pytest.fixture
def scene() -> Iterator[Scene]:
    """What the test executes is executed again by the native ledger, which must answer alike."""
    made = prepared()
    run = made.execute

    def counted(*arguments: object) -> ResultCode:
        code = run(*arguments)  # type: ignore[arg-type]
        REACHED.add(code.name)
        return code

    made.execute = counted  # type: ignore[method-assign]
    yield made
    replay(made.journal)


def admit(one: Signer = FRESH, name: str = "fresh") -> Admit:
    return Admit(one.member, name, one.key_id, one.public, one.possession(CHAIN_ID))


def held_record(n: int) -> Object:
    return Object(ObjectKind.RECORD, record_id(n))


def held_holding(class_id: int, member: Signer, lot: bytes = ZERO) -> Object:
    return Object(ObjectKind.HOLDING, holding_id(class_id, lot, member.member))


def put(scene: Scene, entry: object, *identity: int | bytes) -> None:
    """An entry that no test could reach by operations in reasonable time."""
    scene.state[entry.key(*identity)] = entry.entry()  # type: ignore[attr-defined]
    scene.parent[entry.key(*identity)] = entry.entry()  # type: ignore[attr-defined]


# --- Transactions (L-30 .. L-37) -----------------------------------------------------------------


def test_bundle_is_all_or_nothing(scene: Scene) -> None:
    """L-30, C-36."""
    made = Create(record_id(1), 0, DOCUMENT)
    code = scene.run(made, attest(1), attest(2, actor=1), by=(CLERK, BANK))
    assert (code, scene.failing_op) == ("MISSING_REF", 2)
    assert scene.find(Record, record_id(1)) is None
    scene.ok(made, attest(1), attest(1, actor=1), by=(CLERK, BANK))
    assert scene.failing_op == 255


def test_later_operations_see_earlier_ones_of_the_bundle(scene: Scene) -> None:
    scene.ok(
        Create(record_id(1), 0, DOCUMENT),
        Amend(record_id(1), 1, 0, DOCUMENT, (record_id(1),)),
        Create(record_id(2), 0, DOCUMENT, (record_id(1),)),
    )
    assert scene.get(Record, record_id(1)).version == 2


def test_frozen_from_the_next_block_on(scene: Scene) -> None:
    """L-33, L-35: what governance does begins with the next block."""
    scene.ok(Freeze(CLERK.member), by=TWO)
    scene.ok(Create(record_id(1), 0, DOCUMENT))
    scene.next()
    assert scene.run(Create(record_id(2), 0, DOCUMENT)) == "FROZEN"
    scene.ok(Unfreeze(CLERK.member), by=TWO)
    assert scene.run(Create(record_id(2), 0, DOCUMENT)) == "FROZEN"
    scene.next()
    scene.ok(Create(record_id(2), 0, DOCUMENT))


def test_frozen_member_has_no_effect_beside_others(scene: Scene) -> None:
    scene.govern(Freeze(BANK.member))
    made = Create(record_id(1), 0, DOCUMENT)
    code = scene.run(made, attest(1, actor=1), by=(CLERK, BANK))
    assert (code, scene.failing_op) == ("FROZEN", 1)
    scene.ok(made, by=(CLERK, BANK))  # its signature alone does nothing


FROZEN_CAN_DO_NOTHING: list[Operation] = [
    Freeze(7), RotateKey(2, digest("key"), bytes(64)), Create(record_id(1), 0, DOCUMENT), attest(1),
    Grant(record_id(1), 7, 1, 1, NEVER), Use(record_id(1), 1, ZERO),
    OpenCase(ZERO, DISPUTE, 0, ZERO, (20, 7)), Step(ZERO, 0, 1), Issue(CASH, 7, 1),
    Transfer(CASH, ZERO, 7, 1), Redeem(CASH, ZERO, 20, 1), Settle(ZERO), Hold(held_record(1)),
]  # fmt: skip


@pytest.mark.parametrize("operation", FROZEN_CAN_DO_NOTHING, ids=lambda op: type(op).__name__)
def test_frozen_comes_before_every_other_check(scene: Scene, operation: Operation) -> None:
    scene.govern(Freeze(BANK.member))
    assert scene.run(operation, by=(BANK,)) == "FROZEN"


# --- GOV (L-101 .. L-163) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (COUNCIL[:1], "THRESHOLD"),
        ((COUNCIL[0], CLERK, BANK), "THRESHOLD"),
        ((COUNCIL_GATEWAY, COUNCIL[1]), "THRESHOLD"),
        (COUNCIL[1:], "OK"),
        ((CLERK, *COUNCIL), "OK"),
    ],
)
def test_threshold(scene: Scene, by: tuple[Signer, ...], code: str) -> None:
    """L-101."""
    assert scene.run(Freeze(GUEST.member), by=by) == code


@pytest.mark.parametrize(
    "operation",
    [
        admit(), Expel(20), Freeze(20), Unfreeze(20), SetRoles(20, 1, Roles.NONE),
        SetValidators((digest("v"),) * 1), SetCouncil(Council(1, (1,))),
        SetParameter(Parameter.LOCK_MS_MAX, 1), DefineSchema(PLAIN, 1),
        prepared().get(TemplateEntry, DISPUTE).definition, DefineClass(CASH, 1),
        Retire(DefinitionKind.SCHEMA, PLAIN), CouncilRevokesKey(20, 5),
        CouncilReplacesKey(20, 5, NEVER, 6, BANK.public, bytes(64)),
    ],
    ids=lambda op: type(op).__name__,
)  # fmt: skip
def test_whatever_the_council_does_needs_the_council(scene: Scene, operation: Operation) -> None:
    """L-101: before every other rule, also for what would be refused anyhow."""
    for by in (COUNCIL[:1], (COUNCIL_GATEWAY, COUNCIL[1]), (CLERK, COURT)):
        assert scene.run(operation, by=by) == "THRESHOLD"


def test_threshold_counts_active_members_of_the_council_in_force(scene: Scene) -> None:
    scene.ok(SetCouncil(Council(1, (7,))), by=TWO)
    assert scene.run(Freeze(GUEST.member), by=(CLERK,)) == "THRESHOLD"
    scene.ok(Freeze(3), by=TWO)  # no longer on the council at present
    scene.next()
    assert scene.run(Freeze(GUEST.member), by=TWO) == "THRESHOLD"
    scene.ok(Freeze(GUEST.member), by=(CLERK,))


def test_no_council_no_governance(scene: Scene) -> None:
    put(scene, replace(scene.get(Governance), council=Council(0, ())))
    assert scene.run(Freeze(GUEST.member), by=COUNCIL) == "THRESHOLD"


def test_admit(scene: Scene) -> None:
    """L-114, and the entries of L-24, L-82, L-83, L-85."""
    height = scene.height
    scene.ok(admit(), by=TWO)
    assert scene.get(MemberEntry, 30) == MemberEntry(
        30, MemberStatus.ACTIVE, height + 1, height + 1, 1, 1, "fresh"
    )
    key = Key(30, 1, KeyFlags.ADMINISTRATE, FRESH.public, height + 1)
    assert scene.get(Key, 30, 1) == key
    assert scene.get(PublicKey, FRESH.public) == PublicKey(30, 1)
    assert scene.get(Governance).members == len(GENESIS.members) + 1
    scene.ok(SetRoles(30, 1, Roles.RECORD), by=TWO)  # sees the member at present
    scene.next()
    scene.ok(Create(record_id(1), 0, DOCUMENT), by=(FRESH,))


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (admit(Signer(7, 77)), "CONFLICT"),
        (replace(admit(), public_key=CLERK.public), "KEY_REUSED"),
        (replace(admit(), possession=bytes(64)), "BAD_POSSESSION"),
        (replace(admit(), key_id=2), "BAD_POSSESSION"),
        (Expel(99), "UNKNOWN_MEMBER"),
        (Expel(1), "CONFLICT"),
        (Freeze(2), "CONFLICT"),
        (Unfreeze(7), "CONFLICT"),
        (SetRoles(99, 1, Roles.NONE), "UNKNOWN_MEMBER"),
        (SetValidators((digest("v"),) * 1), "LAST_VALIDATOR"),
        (SetCouncil(Council(1, (1, 99))), "UNKNOWN_MEMBER"),
        (DefineSchema(PLAIN, 1), "CONFLICT"),
        (replace(prepared().get(TemplateEntry, DISPUTE).definition, actor=0), "CONFLICT"),
        (DefineClass(CASH, 1), "CONFLICT"),
        (DefineClass(99, 1, prepared().get(ClassEntry, PRIVATE).definition.flags, 99),
         "UNKNOWN_MEMBER"),
        (Retire(DefinitionKind.SCHEMA, 99), "SCHEMA"),
        (Retire(DefinitionKind.TEMPLATE, 99), "TEMPLATE"),
        (Retire(DefinitionKind.CLASS, 99), "CLASS"),
    ],
)  # fmt: skip
def test_governance_refuses(scene: Scene, operation: Operation, code: str) -> None:
    assert scene.run(operation, by=TWO) == code


def test_members_have_a_limit(scene: Scene) -> None:
    put(scene, replace(scene.get(Governance), members=65536))
    assert scene.run(admit(), by=TWO) == "LIMIT"


def test_expelled_for_good(scene: Scene) -> None:
    scene.ok(Freeze(20), Expel(20), by=TWO)
    assert scene.run(Expel(20), by=TWO) == "CONFLICT"
    assert scene.run(SetRoles(20, 1, Roles.NONE), by=TWO) == "CONFLICT"
    assert scene.run(SetCouncil(Council(1, (20,))), by=TWO) == "UNKNOWN_MEMBER"
    assert scene.run(admit(Signer(20, 9)), by=TWO) == "CONFLICT"
    entry = scene.get(MemberEntry, 20)
    assert (entry.status, entry.since) == (MemberStatus.EXPELLED, scene.height + 1)
    assert scene.get(Key, 20, BANK.key_id).until == NEVER


def test_roles_are_replaced_from_the_next_block_on(scene: Scene) -> None:
    """L-131, L-84."""
    scene.ok(SetRoles(CLERK.member, 1, Roles.NONE), by=TWO)
    scene.ok(Create(record_id(1), 0, DOCUMENT))
    expected = RoleEntry(CLERK.member, 1, Roles.NONE, scene.height + 1)
    assert scene.get(RoleEntry, CLERK.member, 1) == expected
    scene.next()
    assert scene.run(Create(record_id(2), 0, DOCUMENT)) == "ROLE_DENIED"


def test_validators(scene: Scene) -> None:
    """L-135, L-136, L-86."""
    keys = tuple(digest(f"new {i}") for i in range(4))
    scene.ok(SetValidators(keys), by=TWO)
    assert scene.get(Validators) == Validators(scene.height + 1, keys)
    assert scene.run(SetValidators(keys[:3]), by=TWO) == "LAST_VALIDATOR"
    put(scene, Validators(0, keys[:1]))
    scene.ok(SetValidators(keys[1:2]), by=TWO)  # fewer than four where there were fewer


def test_parameters(scene: Scene) -> None:
    scene.ok(SetParameter(Parameter.GRANT_MS_MAX, 5), by=TWO)
    scene.ok(SetParameter(Parameter.LOCK_MS_MAX, 6), by=TWO)
    governance = scene.get(Governance)
    assert (governance.grant_ms_max, governance.lock_ms_max) == (5, 6)


def test_definitions_begin_and_end_with_a_block(scene: Scene) -> None:
    """L-38, L-87, L-152, L-157."""
    scene.ok(DefineSchema(50, 1), by=TWO)
    assert scene.run(Create(record_id(1), 50, DOCUMENT)) == "SCHEMA"
    scene.next()
    scene.ok(Create(record_id(1), 50, DOCUMENT))
    scene.ok(Retire(DefinitionKind.SCHEMA, 50), by=TWO)
    assert scene.run(Retire(DefinitionKind.SCHEMA, 50), by=TWO) == "CONFLICT"
    scene.ok(Create(record_id(2), 50, DOCUMENT))
    assert scene.get(SchemaEntry, 50).since == scene.height + 1
    scene.next()
    assert scene.run(Create(record_id(3), 50, DOCUMENT)) == "SCHEMA"
    scene.ok(Amend(record_id(2), 1, 50, DOCUMENT))  # what began goes on


def test_holds_change_once_in_a_block(scene: Scene) -> None:
    """L-37, L-162, L-163."""
    scene.record(1)
    hold, unhold = Hold(held_record(1)), Unhold(held_record(1))
    assert scene.run(unhold, by=(COURT,)) == "CONFLICT"
    scene.ok(hold, by=(COURT,))
    assert scene.run(hold, by=(COURT,)) == "CONFLICT"
    assert scene.run(unhold, by=(COURT,)) == "CONFLICT"
    scene.ok(Amend(record_id(1), 1, 0, DOCUMENT))  # held from the next block on
    scene.next()
    assert scene.run(Amend(record_id(1), 2, 0, DOCUMENT)) == "HOLD"
    scene.ok(unhold, by=(COURT,))
    assert scene.run(hold, by=(COURT,)) == "CONFLICT"
    assert scene.run(Amend(record_id(1), 2, 0, DOCUMENT)) == "HOLD"
    scene.next()
    scene.ok(Amend(record_id(1), 2, 0, DOCUMENT))


def test_holds_are_for_courts_of_the_field(scene: Scene) -> None:
    scene.record(1)
    assert scene.run(Hold(held_record(1)), by=COUNCIL) == "ROLE_DENIED"
    scene.ok(Create(record_id(2), 0, DOCUMENT), field=2)
    scene.ok(Hold(held_record(2)), by=(COURT,), field=9)  # the field is that of the object
    scene.govern(SetRoles(COURT.member, 2, Roles.NONE))
    assert scene.run(Unhold(held_record(2)), by=(COURT,)) == "ROLE_DENIED"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ObjectKind.RECORD, "UNKNOWN_RECORD"),
        (ObjectKind.CASE, "UNKNOWN_CASE"),
        (ObjectKind.LOCK, "UNKNOWN_LOCK"),
        (ObjectKind.HOLDING, "NOT_HOLDER"),
    ],
)
def test_hold_of_nothing(scene: Scene, kind: ObjectKind, code: str) -> None:
    identity = bytes(40 if kind == ObjectKind.HOLDING else 32)
    assert scene.run(Hold(Object(kind, identity)), by=(COURT,)) == code


# --- KEY (L-210 .. L-241) ------------------------------------------------------------------------


def new_key(key_id: int, *, admin: bool = True, member: Signer = CLERK) -> AddKey:
    one = Signer(member.member, key_id)
    flags = KeyFlags.ADMINISTRATE if admin else KeyFlags.NONE
    return AddKey(key_id, flags, one.public, one.possession(CHAIN_ID))


def other_key(key_id: int) -> AddKey:
    """A public key that was never used, under a number that may have been."""
    one = Signer(CLERK.member, 77)
    payload = possession_payload(CHAIN_ID, CLERK.member, key_id, one.public)
    return AddKey(key_id, KeyFlags.NONE, one.public, one.private.sign(payload))


def rotation(key_id: int, member: Signer = CLERK) -> RotateKey:
    one = Signer(member.member, key_id)
    return RotateKey(key_id, one.public, one.possession(CHAIN_ID))


def replacement(old: Signer, key_id: int) -> CouncilReplacesKey:
    one = Signer(old.member, key_id)
    return CouncilReplacesKey(
        old.member, old.key_id, NEVER, key_id, one.public, one.possession(CHAIN_ID)
    )


def test_add_key(scene: Scene) -> None:
    scene.ok(new_key(2, admin=False))
    entry = scene.get(Key, CLERK.member, 2)
    assert (entry.since, entry.until, entry.administrates) == (scene.height + 1, NEVER, False)
    member = scene.get(MemberEntry, CLERK.member)
    assert (member.keys, member.admin_keys) == (3, 2)
    scene.next()
    gateway = Signer(CLERK.member, 2)
    assert scene.run(new_key(3), by=(gateway,)) == "ROLE_DENIED"
    assert scene.run(RevokeKey(CLERK.key_id), by=(gateway,)) == "ROLE_DENIED"
    scene.ok(RevokeKey(2), by=(gateway,))


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        (new_key(CLERK_SPARE.key_id), "KEY_REUSED"),
        (other_key(CLERK_SPARE.key_id), "KEY_REUSED"),
        (replace(new_key(2), public_key=BANK.public), "KEY_REUSED"),
        (replace(new_key(2), possession=bytes(64)), "BAD_POSSESSION"),
        (replace(new_key(2), key_id=3), "BAD_POSSESSION"),
        (rotation(CLERK_SPARE.key_id), "KEY_REUSED"),
        (replace(rotation(2), public_key=BANK.public), "KEY_REUSED"),
        (replace(rotation(2), possession=bytes(64)), "BAD_POSSESSION"),
        (RevokeKey(99), "KEY_UNKNOWN"),
        (RevokeKey(CLERK_SPARE.key_id, 99), "CONFLICT"),
    ],
)
def test_keys_refused(scene: Scene, operation: Operation, code: str) -> None:
    assert scene.run(operation) == code


def test_keys_have_a_limit(scene: Scene) -> None:
    """L-213: of those that are not revoked."""
    scene.ok(*[new_key(100 + i) for i in range(14)])
    assert scene.get(MemberEntry, CLERK.member).keys == 16
    assert scene.run(new_key(2)) == "LIMIT"
    scene.ok(rotation(2))
    assert scene.run(new_key(3)) == "LIMIT"
    scene.ok(RevokeKey(100), new_key(3))


def test_rotate_key(scene: Scene) -> None:
    scene.ok(rotation(2))
    assert scene.run(rotation(3)) == "KEY_REVOKED"
    scene.ok(Create(record_id(1), 0, DOCUMENT))  # the old key counts in this block
    old, new = scene.get(Key, CLERK.member, CLERK.key_id), scene.get(Key, CLERK.member, 2)
    assert old.until == new.since == scene.height + 1
    assert new.flags == old.flags and scene.get(MemberEntry, CLERK.member).keys == 2


def test_revoke_key(scene: Scene) -> None:
    scene.ok(RevokeKey(CLERK_SPARE.key_id, compromised_since=1))
    entry = scene.get(Key, CLERK.member, CLERK_SPARE.key_id)
    assert (entry.until, entry.compromised_since) == (scene.height + 1, 1)
    assert scene.run(RevokeKey(CLERK_SPARE.key_id)) == "KEY_REVOKED"
    assert scene.run(RevokeKey(CLERK.key_id)) == "LAST_KEY"
    member = scene.get(MemberEntry, CLERK.member)
    assert (member.keys, member.admin_keys) == (1, 1)


def test_council_and_lost_keys(scene: Scene) -> None:
    lost = CouncilRevokesKey(BANK.member, BANK.key_id)
    assert scene.run(lost, by=COUNCIL[:1]) == "THRESHOLD"
    assert scene.run(replace(lost, member=99), by=TWO) == "UNKNOWN_MEMBER"
    assert scene.run(replace(lost, key_id=99), by=TWO) == "KEY_UNKNOWN"
    assert scene.run(replace(lost, compromised_since=scene.height + 1), by=TWO) == "CONFLICT"
    assert scene.run(lost, by=TWO) == "LAST_KEY"
    assert scene.run(replace(replacement(BANK, 8), possession=bytes(64)), by=TWO) == (
        "BAD_POSSESSION"
    )
    assert scene.run(replacement(BANK, BANK.key_id), by=TWO) == "KEY_REUSED"
    scene.ok(replacement(BANK, 8), by=TWO)
    assert scene.run(replacement(BANK, 9), by=TWO) == "KEY_REVOKED"
    assert scene.get(Key, BANK.member, 8).administrates
    scene.ok(CouncilRevokesKey(CLERK.member, CLERK_SPARE.key_id), by=TWO)
    scene.ok(Expel(BANK.member), by=TWO)
    code = scene.run(CouncilRevokesKey(BANK.member, 8), by=TWO)
    assert code == "UNKNOWN_MEMBER"
    assert scene.run(replacement(Signer(BANK.member, 8), 9), by=TWO) == "UNKNOWN_MEMBER"
    assert scene.run(replacement(Signer(99, 8), 9), by=TWO) == "UNKNOWN_MEMBER"
    early = replace(replacement(WITNESS, 9), compromised_since=scene.height)
    late = replace(early, compromised_since=scene.height + 1)
    assert scene.run(late, by=TWO) == "CONFLICT"
    scene.ok(early, by=TWO)


# --- REC (L-40 .. L-47, L-301 .. L-312) ----------------------------------------------------------


def test_create(scene: Scene) -> None:
    """L-47, L-310, and the entries of L-25, L-88."""
    scene.ok(
        Create(record_id(1), UNIQUE, DOCUMENT, nullifier=ONE, retention=5), by=(BANK,), field=1
    )
    assert scene.get(Record, record_id(1)) == Record(
        RecordStatus.ACTIVE, 0, 0, BANK.member, 1, UNIQUE, 1, scene.height, 0, 5, DOCUMENT, ONE
    )
    assert scene.get(Nullifier, UNIQUE, ONE) == Nullifier(1, 1, record_id(1))


@pytest.mark.parametrize(
    ("operation", "by", "field", "code"),
    [
        (Create(record_id(2), 0, DOCUMENT), GUEST, 1, "ROLE_DENIED"),
        (Create(record_id(2), 0, DOCUMENT), CLERK, 3, "ROLE_DENIED"),
        (Create(record_id(1), 99, DOCUMENT), CLERK, 1, "DUPLICATE_ID"),
        (Create(record_id(2), 99, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Create(record_id(2), ELSEWHERE, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Create(record_id(2), ELSEWHERE, DOCUMENT), CLERK, 2, "OK"),
        (Create(record_id(2), UNIQUE, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Create(record_id(2), PLAIN, DOCUMENT, nullifier=ONE), CLERK, 1, "SCHEMA"),
        (Create(record_id(2), 0, DOCUMENT, nullifier=ONE), CLERK, 1, "SCHEMA"),
        (Create(record_id(2), DECISION, DOCUMENT), CLERK, 1, "ROLE_DENIED"),
        (Create(record_id(2), 0, DOCUMENT, (record_id(2),)), CLERK, 1, "MISSING_REF"),
        (Create(record_id(2), UNIQUE, DOCUMENT, nullifier=ONE), CLERK, 1, "DUPLICATE_BACKING"),
        (Create(record_id(2), LINKING, DOCUMENT, nullifier=ONE), CLERK, 1, "OK"),
        (Amend(record_id(2), 1, 0, DOCUMENT), CLERK, 1, "UNKNOWN_RECORD"),
        (Amend(record_id(1), 1, UNIQUE, DOCUMENT), BANK, 1, "NOT_CONTROLLER"),
        (Amend(record_id(1), 2, UNIQUE, DOCUMENT), CLERK, 1, "VERSION_CONFLICT"),
        (Amend(record_id(1), 1, 0, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Amend(record_id(1), 1, UNIQUE, DOCUMENT, (record_id(9),)), CLERK, 1, "MISSING_REF"),
        (Amend(record_id(1), 1, UNIQUE, DOCUMENT), CLERK, 2, "OK"),
        (Amend(record_id(3), 1, UNIQUE, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Amend(record_id(3), 1, ELSEWHERE, DOCUMENT), CLERK, 1, "SCHEMA"),
        (Amend(record_id(3), 1, DECISION, DOCUMENT), CLERK, 1, "ROLE_DENIED"),
        (Amend(record_id(3), 1, PLAIN, DOCUMENT), CLERK, 1, "OK"),
        (Withdraw(record_id(2), 1), CLERK, 1, "UNKNOWN_RECORD"),
        (Withdraw(record_id(1), 1), GUEST, 1, "ROLE_DENIED"),
        (Withdraw(record_id(1), 9), CLERK, 1, "VERSION_CONFLICT"),
        (Erase(record_id(3), 1), CLERK, 1, "TOO_EARLY"),
    ],
)
def test_records(scene: Scene, operation: Operation, by: Signer, field: int, code: str) -> None:
    """L-40, and the order of the rules behind it."""
    scene.record(1, schema=UNIQUE, nullifier=ONE)
    scene.record(3, retention=scene.time_ms + 1)
    assert scene.run(operation, by=(by,), field=field) == code


def test_amend_keeps_field_and_the_later_retention(scene: Scene) -> None:
    scene.record(1, retention=7)
    scene.ok(Amend(record_id(1), 1, 0, ZERO, retention=5), field=2)
    entry = scene.get(Record, record_id(1))
    assert (entry.field, entry.retention, entry.version) == (1, 7, 2)
    scene.ok(Amend(record_id(1), 2, 0, ZERO, retention=8))
    assert scene.get(Record, record_id(1)).retention == 8


def test_last_version(scene: Scene) -> None:
    scene.record(1)
    put(scene, replace(scene.get(Record, record_id(1)), version=COUNT_MAX), record_id(1))
    assert scene.run(Amend(record_id(1), COUNT_MAX, 0, ZERO)) == "VERSION_CONFLICT"


def test_withdraw_frees_a_unique_nullifier(scene: Scene) -> None:
    scene.record(1, schema=UNIQUE, nullifier=ONE)
    scene.ok(Withdraw(record_id(1), 1))
    assert scene.get(Nullifier, UNIQUE, ONE) == Nullifier(1, 0, record_id(1))
    assert scene.run(Withdraw(record_id(1), 2)) == "WITHDRAWN"
    scene.record(2, schema=UNIQUE, nullifier=ONE)
    assert scene.get(Nullifier, UNIQUE, ONE) == Nullifier(2, 1, record_id(2))


def test_erase_leaves_a_tombstone(scene: Scene) -> None:
    scene.record(1, schema=LINKING, nullifier=ONE, retention=3)
    scene.record(2, schema=LINKING, nullifier=ONE)
    scene.ok(Withdraw(record_id(1), 1), Erase(record_id(1), 2))
    entry = scene.get(Record, record_id(1))
    assert (entry.status, entry.version, entry.retention) == (RecordStatus.ERASED, 3, 0)
    assert entry.commitment == entry.nullifier == ZERO
    assert scene.get(Nullifier, LINKING, ONE) == Nullifier(1, 1, record_id(2))
    assert scene.run(Erase(record_id(1), 3)) == "WITHDRAWN"
    assert scene.run(Create(record_id(1), 0, ZERO)) == "DUPLICATE_ID"
    scene.ok(attest(1, 3), by=(WITNESS,))
    scene.ok(Erase(record_id(2), 1))
    assert scene.find(Nullifier, LINKING, ONE) is None


def test_counts_of_nullifiers_have_a_limit(scene: Scene) -> None:
    put(scene, Nullifier(COUNT_MAX, 0, ZERO), LINKING, ONE)
    made = Create(record_id(1), LINKING, ZERO, nullifier=ONE)
    assert scene.run(made) == "LIMIT"


@pytest.mark.parametrize("make", [Withdraw, Erase])
def test_held_record_stays(scene: Scene, make: Callable[[bytes, int], Operation]) -> None:
    scene.record(1)
    scene.ok(Hold(held_record(1)), by=(COURT,))
    scene.next()
    assert scene.run(make(record_id(1), 1)) == "HOLD"


def test_record_behind_live_units_stays(scene: Scene) -> None:
    lot = scene.record(1)
    scene.issue(PART, CLERK, 3, lot)
    assert scene.run(Withdraw(lot, 1)) == "BACKING_LIVE"
    assert scene.run(Erase(lot, 1)) == "BACKING_LIVE"
    scene.ok(Redeem(PART, lot, CLERK.member, 2))
    assert scene.run(Withdraw(lot, 1)) == "BACKING_LIVE"
    scene.ok(Redeem(PART, lot, CLERK.member, 1), Withdraw(lot, 1))


# --- ATT (L-50 .. L-54) --------------------------------------------------------------------------

LICENCES = {
    Roles.ATTEST: {Claim.RECEIVED, Claim.DISPUTED, Claim.CONSENT},
    Roles.INSPECT: {Claim.VERIFIED, Claim.FAILED, Claim.INSPECTED, Claim.APPRAISED},
    Roles.APPROVE: {Claim.APPROVED, Claim.REJECTED},
    Roles.NOTARISE: {Claim.NOTARISED},
}


@pytest.mark.parametrize("role", LICENCES)
def test_each_claim_has_its_licence(scene: Scene, role: Roles) -> None:
    scene.record(1)
    scene.govern(SetRoles(WITNESS.member, 1, role))
    for claim in Claim:
        code = scene.run(attest(1, 1, claim), by=(WITNESS,))
        assert code == ("OK" if claim in LICENCES[role] else "ROLE_DENIED")


def test_attest_versions(scene: Scene) -> None:
    scene.record(1)
    assert scene.run(attest(2), by=(WITNESS,)) == "MISSING_REF"
    assert scene.run(attest(1, 2), by=(WITNESS,)) == "MISSING_REF"
    scene.ok(Withdraw(record_id(1), 1))
    assert scene.run(attest(1, 1), by=(WITNESS,)) == "STALE_VERSION"
    scene.ok(attest(1, 2), attest(1, 2), by=(WITNESS,))
    identity = WITNESS.member, 1, record_id(1), 2, Claim.VERIFIED
    expected = Attestation(2, scene.height, 1, digest("detail 1"))
    assert scene.get(Attestation, *identity) == expected
    put(scene, replace(expected, times=COUNT_MAX), *identity)
    assert scene.run(attest(1, 2), by=(WITNESS,)) == "VERSION_CONFLICT"


def test_attest_on_a_case(scene: Scene) -> None:
    case = scene.open(1, CLERK, BANK)
    said = replace(attest(1), kind=TargetKind.CASE, target=case)
    assert scene.run(replace(said, target=ZERO), by=(WITNESS,)) == "MISSING_REF"
    scene.ok(said, by=(WITNESS,))
    scene.ok(Step(case, ARGUING, ANSWER), by=(BANK,))
    assert scene.run(said, by=(WITNESS,)) == "STALE_VERSION"
    scene.ok(replace(said, version=2), by=(WITNESS,))


# --- GRA, USE (L-501 .. L-616) -------------------------------------------------------------------


def grant(n: int = 1, to: Signer = BANK, purposes: int = 3, uses: int = 2) -> Grant:
    return Grant(record_id(n), to.member, purposes, uses, NEVER)


def test_grant_and_use(scene: Scene) -> None:
    """L-509, L-511, L-605, L-89."""
    scene.record(1)
    use = Use(record_id(1), 1, DOCUMENT)
    assert scene.run(use, by=(BANK,)) == "NO_GRANT"
    scene.ok(grant())
    assert scene.run(replace(use, purposes=4), by=(BANK,)) == "PURPOSE"
    assert scene.run(replace(use, purposes=5), by=(BANK,)) == "PURPOSE"
    scene.ok(use, replace(use, purposes=3), by=(BANK,))
    assert scene.run(use, by=(BANK,)) == "EXHAUSTED"
    assert scene.run(use) == "NO_GRANT"
    scene.ok(grant(uses=1))
    assert scene.get(GrantEntry, record_id(1), BANK.member) == GrantEntry(
        GrantStatus.GIVEN, CLERK.member, 3, 2, 1, 2, NEVER, scene.height, ZERO
    )
    scene.ok(RevokeGrant(record_id(1), BANK.member))
    assert scene.run(RevokeGrant(record_id(1), BANK.member)) == "NO_GRANT"
    assert scene.run(use, by=(BANK,)) == "NO_GRANT"
    entry = scene.get(GrantEntry, record_id(1), BANK.member)
    assert (entry.times, entry.used, entry.uses) == (2, 2, 1)


def test_grants_end(scene: Scene) -> None:
    """L-602, C-6: `expires` is the last instant."""
    scene.record(1)
    scene.ok(replace(grant(), expires=scene.time_ms + 1000))
    assert scene.run(replace(grant(), expires=scene.time_ms - 1)) == "EXPIRED"
    scene.next()
    scene.ok(Use(record_id(1), 1, DOCUMENT), by=(BANK,))
    scene.next(1)
    assert scene.run(Use(record_id(1), 1, DOCUMENT), by=(BANK,)) == "EXPIRED"


def test_grants_refused(scene: Scene) -> None:
    scene.record(1)
    assert scene.run(grant(2)) == "UNKNOWN_RECORD"
    assert scene.run(grant(), by=(BANK,)) == "NOT_CONTROLLER"
    assert scene.run(replace(grant(), grantee=99)) == "UNKNOWN_MEMBER"
    put(scene, replace(GrantEntry(GrantStatus.REVOKED, 7, 1, COUNT_MAX, 1, 0, 0, 0, ZERO)),
        record_id(1), BANK.member)  # fmt: skip
    assert scene.run(grant()) == "LIMIT"
    scene.govern(SetParameter(Parameter.GRANT_MS_MAX, 500))
    assert scene.run(replace(grant(), expires=scene.time_ms + 501)) == "DEADLINE"
    scene.ok(replace(grant(to=WITNESS), expires=scene.time_ms + 500))
    scene.ok(Hold(held_record(1)), by=(COURT,))
    scene.next()
    assert scene.run(grant()) == "HOLD"
    assert scene.run(RevokeGrant(record_id(1), WITNESS.member)) == "HOLD"
    scene.record(2)
    scene.ok(Withdraw(record_id(2), 1))
    assert scene.run(grant(2)) == "WITHDRAWN"
    assert scene.run(RevokeGrant(record_id(2), BANK.member)) == "NO_GRANT"


def test_break_glass(scene: Scene) -> None:
    scene.record(1)
    case_id = digest("emergency")
    glass = BreakGlass(record_id(1), 1, DOCUMENT, case_id, REVIEW)
    assert scene.run(glass) == "ROLE_DENIED"
    by = (HOSPITAL,)
    assert scene.run(replace(glass, record_id=record_id(9)), by=by) == "UNKNOWN_RECORD"
    assert scene.run(replace(glass, template=99), by=by) == "TEMPLATE"
    assert scene.run(replace(glass, template=DISPUTE), by=by) == "TEMPLATE"
    scene.record(2, by=HOSPITAL)
    assert scene.run(replace(glass, record_id=record_id(2)), by=by) == "CONFLICT"
    scene.ok(glass, by=by)
    assert scene.run(glass, by=by) == "DUPLICATE_ID"
    case = scene.get(Case, case_id)
    assert (case.subject, case.parties) == (record_id(1), (HOSPITAL.member, CLERK.member))
    assert (case.template, case.deadline, case.steps) == (REVIEW, NEVER, 1)
    assert scene.run(Step(case_id, 0, 1), by=(HOSPITAL,)) == "ROLE_DENIED"
    scene.ok(Step(case_id, 0, 1), by=(WITNESS,))


# --- OPN, STP (L-701 .. L-815) -------------------------------------------------------------------


def opening(template: int = DISPUTE, *parties: int, **changes: object) -> OpenCase:
    chosen = parties or (CLERK.member, BANK.member)
    made = OpenCase(digest("case 1"), template, 0, ZERO, chosen)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("operation", "by", "field", "code"),
    [
        (opening(99), CLERK, 1, "TEMPLATE"),
        (opening(), CLERK, 2, "TEMPLATE"),
        (opening(DISPUTE, 7), CLERK, 1, "TEMPLATE"),
        (opening(LICENSED, 7, 20, deadline=1), BANK, 1, "TEMPLATE"),
        (opening(DISPUTE, 7, 99), CLERK, 1, "UNKNOWN_MEMBER"),
        (opening(LICENSED, 20, GUEST.member), BANK, 1, "ROLE_DENIED"),
        (opening(LICENSED, 7, GUEST.member), GUEST, 1, "ROLE_DENIED"),
        (opening(LICENSED, 7, 20), CLERK, 1, "ROLE_DENIED"),
        (opening(LICENSED, 7, 20), BANK, 1, "OK"),
        (opening(), BANK, 1, "ROLE_DENIED"),
        (opening(), GUEST, 1, "ROLE_DENIED"),
        (opening(refs=(record_id(9),)), CLERK, 1, "MISSING_REF"),
        (opening(deadline=1), CLERK, 1, "DEADLINE"),
        (opening(deadline=prepared().time_ms + LIMIT_MS + 1), CLERK, 1, "DEADLINE"),
        (opening(deadline=prepared().time_ms + LIMIT_MS), CLERK, 1, "OK"),
        (opening(ABROAD, 7), CLERK, 2, "OK"),
    ],
)
def test_opening(scene: Scene, operation: OpenCase, by: Signer, field: int, code: str) -> None:
    assert scene.run(operation, by=(by,), field=field) == code


def test_open_case(scene: Scene) -> None:
    """L-711, L-90."""
    case_id = scene.open(1, CLERK, BANK)
    assert scene.get(Case, case_id) == Case(
        0, 0, DISPUTE, 1, ARGUING, 1, scene.time_ms + LIMIT_MS, scene.height,
        digest("subject"), (CLERK.member, BANK.member),
    )  # fmt: skip
    assert scene.run(opening()) == "DUPLICATE_ID"
    early = scene.open(2, CLERK, BANK, deadline=scene.time_ms + 5)
    assert scene.get(Case, early).deadline == scene.time_ms + 5


def test_steps(scene: Scene) -> None:
    case = scene.open(1, CLERK, BANK)
    ref = scene.record(1)
    by = (BANK,)
    assert scene.run(Step(ZERO, 0, 1), by=by) == "UNKNOWN_CASE"
    assert scene.run(Step(case, HEARD, ANSWER), by=by) == "BAD_STATE"
    assert scene.run(Step(case, ARGUING, CLOSE), by=by) == "BAD_STATE"
    assert scene.run(Step(case, ARGUING, ANSWER)) == "ROLE_DENIED"
    agree = Step(case, ARGUING, AGREE, refs=(ref,))
    assert scene.run(agree, by=by) == "ROLE_DENIED"  # both must sign
    assert scene.run(replace(agree, refs=()), by=(BANK, CLERK)) == "MISSING_REF"
    assert scene.run(replace(agree, refs=(ZERO,)), by=(BANK, CLERK)) == "MISSING_REF"
    assert scene.run(Step(case, ARGUING, 0), by=by) == "TOO_EARLY"
    scene.ok(agree, by=(BANK, CLERK))
    assert scene.get(Case, case).deadline == NEVER
    scene.next()
    scene.ok(Step(case, SETTLED, REOPEN), by=by)
    found = scene.get(Case, case)
    assert (found.state, found.steps, found.height) == (ARGUING, 3, scene.height)
    assert found.deadline == scene.time_ms + LIMIT_MS
    scene.ok(Step(case, ARGUING, ANSWER), by=by)
    assert scene.run(Step(case, HEARD, 0), by=by) == "BAD_STATE"  # no limit, no timeout
    assert scene.run(Step(case, HEARD, RULE), by=by) == "ROLE_DENIED"
    scene.ok(Step(case, HEARD, RULE), by=(COURT,))
    for event in range(6):
        assert scene.run(Step(case, DONE, event)) == "BAD_STATE"  # closed is final


def test_deadline_of_a_step(scene: Scene) -> None:
    case = scene.open(1, CLERK, BANK)
    scene.next(LIMIT_MS)
    other = scene.open(2, CLERK, BANK)
    assert scene.run(Step(case, ARGUING, 0), by=(BANK,)) == "TOO_EARLY"
    scene.next(1)
    assert scene.run(Step(case, ARGUING, ANSWER), by=(BANK,)) == "DEADLINE"
    assert scene.run(Step(case, ARGUING, 0), by=(WITNESS,)) == "ROLE_DENIED"
    scene.ok(Step(case, ARGUING, 0), by=(BANK,))
    scene.ok(Step(other, ARGUING, ANSWER), by=(BANK,))


def test_retired_template_opens_no_more(scene: Scene) -> None:
    """L-157, L-613, L-701: what began goes on."""
    case_id = scene.open(1, CLERK, BANK)
    scene.record(1)
    retired = [Retire(DefinitionKind.TEMPLATE, one) for one in (DISPUTE, REVIEW)]
    scene.ok(*retired, by=TWO)
    glass = BreakGlass(record_id(1), 1, DOCUMENT, digest("case 2"), REVIEW)
    scene.ok(glass, by=(HOSPITAL,))
    scene.next()
    assert scene.run(replace(opening(), case_id=digest("case 3"))) == "TEMPLATE"
    assert scene.run(replace(glass, case_id=digest("case 4")), by=(HOSPITAL,)) == "TEMPLATE"
    scene.ok(Step(case_id, ARGUING, ANSWER), by=(BANK,))


def test_held_case_and_last_step(scene: Scene) -> None:
    case = scene.open(1, CLERK, BANK)
    put(scene, replace(scene.get(Case, case), steps=COUNT_MAX), case)
    assert scene.run(Step(case, ARGUING, ANSWER), by=(BANK,)) == "LIMIT"
    scene.ok(Hold(Object(ObjectKind.CASE, case)), by=(COURT,))
    scene.next()
    assert scene.run(Step(case, ARGUING, ANSWER), by=(BANK,)) == "HOLD"


def test_frozen_party_does_not_sign(scene: Scene) -> None:
    case = scene.open(1, CLERK, BANK)
    ref = scene.record(1)
    scene.govern(Freeze(CLERK.member))
    code = scene.run(Step(case, ARGUING, AGREE, refs=(ref,)), by=(BANK, CLERK))
    assert code == "ROLE_DENIED"


# --- ISS (L-901 .. L-912) ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "by", "code"),
    [
        (Issue(99, 7, 1), ISSUER, "CLASS"),
        (Issue(CASH, 7, 1), CLERK, "ROLE_DENIED"),
        (Issue(FOREIGN, 7, 1), ISSUER, "ROLE_DENIED"),
        (Issue(PRIVATE, 7, 1), ISSUER, "ROLE_DENIED"),
        (Issue(CASH, 7, 1, expires=1), ISSUER, "EXPIRED"),
        (Issue(CASH, 7, 1, expires=NEVER - 1), ISSUER, "CLASS"),
        (Issue(CASH, 7, 1, backing=ONE), ISSUER, "CLASS"),
        (Issue(RECEIPT, 7, 1), ISSUER, "MISSING_REF"),
        (Issue(PART, 7, 1, backing=ONE), ISSUER, "MISSING_REF"),
        (Issue(PART, 7, 1, backing=record_id(2)), ISSUER, "MISSING_REF"),
        (Issue(PART, 7, 1, backing=record_id(1)), ISSUER, "OK"),
        (Issue(INVOICE, 7, 1, backing=record_id(1), attester=21), ISSUER, "MISSING_REF"),
        (Issue(PART, 7, 1, backing=record_id(3)), ISSUER, "HOLD"),
        (Issue(CASH, 7, 401), ISSUER, "SUPPLY"),
        (Issue(CASH, 99, 400), ISSUER, "NOT_ALLOWED"),
        (Issue(SHARES, 7, 1), ISSUER, "NOT_ALLOWED"),
        (Issue(RECEIPT, 7, 1, backing=ONE), ISSUER, "NOT_ALLOWED"),
    ],
)
def test_issues(scene: Scene, operation: Issue, by: Signer, code: str) -> None:
    """L-910, and the order of the rules before it."""
    scene.record(1)
    scene.record(2)
    scene.ok(Withdraw(record_id(2), 1))
    scene.record(3)
    scene.ok(Hold(held_record(3)), by=(COURT,))
    scene.next()
    assert scene.run(operation, by=(by,)) == code


def test_issue_on_an_approved_record_once(scene: Scene) -> None:
    """L-911, L-912, and the entries of L-91, L-92, L-93."""
    ref = scene.record(1, schema=UNIQUE, nullifier=ONE)
    issue = Issue(INVOICE, BANK.member, 5, ref, WITNESS.member)
    scene.ok(attest(1, 1, Claim.APPROVED), by=(WITNESS,))
    scene.ok(issue, by=(ISSUER,))
    assert scene.run(issue, by=(ISSUER,)) == "DUPLICATE_BACKING"
    assert scene.get(Totals, INVOICE) == Totals(5, 0, 0)
    holding = scene.get(Holding, INVOICE, ONE, BANK.member)  # the lot is the nullifier
    assert holding == Holding(0, 0, 5, 0, NEVER)
    backing = BackingEntry(ISSUER.member, 5, 5, scene.height, ref)
    assert scene.get(BackingEntry, INVOICE, ONE) == backing
    assert scene.get(Record, ref).backings == 1
    # Redeemed, withdrawn and recorded again under another id: still the same invoice.
    scene.ok(Redeem(INVOICE, ONE, BANK.member, 5), by=(BANK,))
    scene.ok(Withdraw(ref, 1))
    again = scene.record(2, schema=UNIQUE, nullifier=ONE)
    scene.ok(attest(2, 1, Claim.APPROVED), by=(WITNESS,))
    code = scene.run(replace(issue, backing=again), by=(ISSUER,))
    assert code == "DUPLICATE_BACKING"


def test_claim_must_be_on_the_present_version(scene: Scene) -> None:
    ref = scene.record(1)
    scene.ok(attest(1, 1, Claim.APPROVED), by=(WITNESS,))
    scene.ok(Amend(ref, 1, 0, DOCUMENT))
    issue = Issue(INVOICE, BANK.member, 5, ref, WITNESS.member)
    assert scene.run(issue, by=(ISSUER,)) == "MISSING_REF"


def test_supply(scene: Scene) -> None:
    for _ in range(2):
        scene.issue(CASH, CLERK, 400)
    assert scene.run(Issue(CASH, 7, 201), by=(ISSUER,)) == "SUPPLY"
    scene.issue(CASH, CLERK, 200)
    scene.ok(Redeem(CASH, ZERO, 7, 300))
    scene.issue(CASH, BANK, 300)
    assert scene.get(Totals, CASH) == Totals(1300, 300, 2)
    put(scene, Totals(NEVER - 1, NEVER - 1, 0), COUPON)
    assert scene.run(Issue(COUPON, 7, 2), by=(ISSUER,)) == "SUPPLY"
    scene.issue(COUPON, CLERK, 1)


def test_one_issuer(scene: Scene) -> None:
    scene.govern(SetRoles(CLERK.member, 1, Roles.ISSUE))
    scene.ok(Issue(PRIVATE, BANK.member, 1))
    assert scene.run(Issue(PRIVATE, BANK.member, 1), by=(ISSUER,)) == "ROLE_DENIED"
    taken = Redeem(PRIVATE, ZERO, BANK.member, 1)
    assert scene.run(taken, by=(ISSUER,)) == "ROLE_DENIED"  # L-1101
    scene.ok(taken)


def test_retired_class_issues_no_more(scene: Scene) -> None:
    scene.issue(CASH, CLERK, 5)
    scene.govern(Retire(DefinitionKind.CLASS, CASH))
    assert scene.run(Issue(CASH, 7, 1), by=(ISSUER,)) == "CLASS"
    scene.ok(Transfer(CASH, ZERO, BANK.member, 2))


def test_class_ends(scene: Scene) -> None:
    scene.issue(COUPON, CLERK, 5)
    scene.ok(Lock(digest("l"), COUPON, ZERO, 1, 20, CLASS_END + 9, CoSignature(21)))
    scene.next(CLASS_END - scene.time_ms)
    scene.ok(Transfer(COUPON, ZERO, BANK.member, 1))
    assert scene.run(Redeem(COUPON, ZERO, 7, 1, Reason.EXPIRED)) == "TOO_EARLY"
    scene.next(1)
    assert scene.run(Issue(COUPON, 7, 1), by=(ISSUER,)) == "EXPIRED"
    assert scene.run(Transfer(COUPON, ZERO, BANK.member, 1)) == "EXPIRED"
    assert scene.run(Redeem(COUPON, ZERO, 7, 1)) == "EXPIRED"
    assert scene.run(Settle(digest("l")), by=(CLERK, WITNESS)) == "EXPIRED"
    late = Lock(digest("m"), COUPON, ZERO, 1, 20, NEVER, CoSignature(21))
    assert scene.run(late) == "EXPIRED"
    scene.ok(Redeem(COUPON, ZERO, 7, 1, Reason.EXPIRED))


# --- TRF, RED (L-1001 .. L-1104) -----------------------------------------------------------------


def test_transfer(scene: Scene) -> None:
    scene.issue(CASH, CLERK, 10)
    scene.ok(Transfer(CASH, ZERO, BANK.member, 4))
    assert scene.get(Holding, CASH, ZERO, CLERK.member).free == 6
    assert scene.get(Holding, CASH, ZERO, BANK.member).free == 4
    scene.ok(Transfer(CASH, ZERO, BANK.member, 6))
    assert scene.get(Totals, CASH).holders == 1
    assert scene.run(Transfer(CASH, ZERO, BANK.member, 1)) == "INSUFFICIENT"  # held some before
    code = scene.run(Transfer(CASH, ZERO, BANK.member, 1), by=(WITNESS,))
    assert code == "NOT_HOLDER"
    assert scene.run(Transfer(CASH, ONE, 20, 1)) == "NOT_HOLDER"  # no lots in this class
    assert scene.run(Transfer(99, ZERO, 20, 1)) == "CLASS"
    assert scene.run(Transfer(CASH, ZERO, BANK.member, 1), by=(BANK,)) == "NOT_ALLOWED"
    assert scene.run(Transfer(CASH, ZERO, 99, 1), by=(BANK,)) == "NOT_ALLOWED"
    scene.govern(Freeze(CLERK.member))
    assert scene.run(Transfer(CASH, ZERO, 7, 1), by=(BANK,)) == "NOT_ALLOWED"


def test_bound_units_stay(scene: Scene) -> None:
    scene.issue(QUOTA, CLERK, 10, ONE)
    assert scene.run(Transfer(QUOTA, ONE, BANK.member, 1)) == "NOT_ALLOWED"
    lock = Lock(digest("l"), QUOTA, ONE, 1, 20, NEVER, CoSignature(21))
    assert scene.run(lock) == "NOT_ALLOWED"
    assert scene.run(Redeem(QUOTA, ONE, 7, 1)) == "ROLE_DENIED"  # the issuer redeems
    scene.ok(Redeem(QUOTA, ONE, 7, 1), by=(ISSUER,))
    assert scene.run(Redeem(QUOTA, ONE, 20, 1), by=(ISSUER,)) == "NOT_HOLDER"
    assert scene.run(Redeem(CASH, ZERO, 7, 1), by=(ISSUER,)) == "ROLE_DENIED"
    assert scene.run(Redeem(99, ZERO, 7, 1), by=(ISSUER,)) == "CLASS"


def test_holders_cap(scene: Scene) -> None:
    scene.govern(SetRoles(CLERK.member, 1, Roles.TRADE))
    scene.issue(SHARES, BANK, 10)
    scene.issue(SHARES, TRADER, 10)
    assert scene.run(Issue(SHARES, CLERK.member, 1), by=(ISSUER,)) == "CAP"
    third = Transfer(SHARES, ZERO, CLERK.member, 9)
    assert scene.run(third, by=(BANK,)) == "CAP"
    scene.ok(replace(third, amount=10), by=(BANK,))  # the giver leaves
    assert scene.get(Totals, SHARES).holders == 2
    assert scene.run(Transfer(SHARES, ZERO, GUEST.member, 1), by=(TRADER,)) == "NOT_ALLOWED"
    lock = Lock(digest("l"), SHARES, ZERO, 9, BANK.member, NEVER, CoSignature(21))
    scene.ok(lock, by=(TRADER,))
    assert scene.run(Settle(digest("l")), by=(TRADER, WITNESS)) == "CAP"
    scene.ok(Redeem(SHARES, ZERO, TRADER.member, 1), by=(TRADER,))
    scene.ok(Settle(digest("l")), by=(TRADER, WITNESS))
    assert scene.get(Totals, SHARES) == Totals(20, 1, 2)


def test_receiver_signs(scene: Scene) -> None:
    scene.ok(Issue(RECEIPT, CLERK.member, 5, ONE), by=(ISSUER, CLERK))
    move = Transfer(RECEIPT, ZERO, BANK.member, 1)
    assert scene.run(move) == "NOT_ALLOWED"
    scene.ok(move, by=(CLERK, BANK))
    lock = Lock(digest("l"), RECEIPT, ZERO, 1, BANK.member, NEVER, CoSignature(21))
    assert scene.run(lock) == "NOT_ALLOWED"
    scene.ok(lock, by=(CLERK, BANK))
    scene.ok(Settle(digest("l")), by=(CLERK, WITNESS))
    assert scene.get(BackingEntry, RECEIPT, ONE) == BackingEntry(
        ISSUER.member, 5, 0, scene.height, ZERO
    )


def test_lots_are_not_mixed(scene: Scene) -> None:
    expires = scene.time_ms + 5
    scene.ok(Issue(TICKET, 7, 1, ONE, expires=expires), by=(ISSUER,))
    scene.issue(TICKET, CLERK, 1, TWO_N)
    scene.ok(Transfer(TICKET, ONE, BANK.member, 1))
    assert scene.get(Holding, TICKET, ONE, BANK.member).expires == expires
    scene.next(6)
    assert scene.run(Transfer(TICKET, ONE, 7, 1), by=(BANK,)) == "EXPIRED"
    assert scene.run(Redeem(TICKET, ONE, 20, 1), by=(BANK,)) == "EXPIRED"
    assert scene.run(Redeem(TICKET, TWO_N, 7, 1, Reason.EXPIRED)) == "TOO_EARLY"
    scene.ok(Redeem(TICKET, ONE, 20, 1, Reason.EXPIRED), by=(BANK,))
    scene.ok(Redeem(TICKET, TWO_N, 7, 1))
    assert scene.run(Redeem(TICKET, TWO_N, 7, 1)) == "INSUFFICIENT"
    assert scene.run(Redeem(TICKET, TWO_N, 7, 2)) == "INSUFFICIENT"
    assert scene.get(Totals, TICKET) == Totals(2, 2, 0)


def test_held_units_go_where_a_court_says(scene: Scene) -> None:
    scene.issue(CASH, CLERK, 10)
    scene.ok(Lock(digest("l"), CASH, ZERO, 2, 20, NEVER, CoSignature(21)))
    order = TransferByOrder(CASH, ZERO, CLERK.member, BANK.member, 5)
    by = (COURT,)
    assert scene.run(order) == "ROLE_DENIED"
    assert scene.run(replace(order, class_id=99), by=by) == "CLASS"
    assert scene.run(replace(order, giver=21), by=by) == "NOT_HOLDER"
    assert scene.run(order, by=by) == "CONFLICT"
    scene.ok(Hold(held_holding(CASH, CLERK)), by=by)
    assert scene.run(order, by=by) == "CONFLICT"  # held from the next block on
    scene.next()
    assert scene.run(Transfer(CASH, ZERO, BANK.member, 1)) == "HOLD"
    assert scene.run(Redeem(CASH, ZERO, CLERK.member, 1)) == "HOLD"
    lock = Lock(digest("m"), CASH, ZERO, 1, 20, NEVER, CoSignature(21))
    assert scene.run(lock) == "HOLD"
    assert scene.run(replace(order, amount=9), by=by) == "LOCKED"
    assert scene.run(replace(order, amount=11), by=by) == "INSUFFICIENT"
    assert scene.run(replace(order, to=CLERK.member), by=by) == "NOT_ALLOWED"
    assert scene.run(replace(order, to=99), by=by) == "NOT_ALLOWED"
    scene.ok(order, by=by)
    assert scene.get(Holding, CASH, ZERO, BANK.member).free == 5
    scene.ok(Settle(digest("l")), by=(CLERK, WITNESS))  # the lock is not held


# --- LCK (L-1201 .. L-1222) ----------------------------------------------------------------------

SECRET = digest("secret")
LOCK = digest("lock")
CONDITIONS = {
    "case": CaseState(digest("case 1"), HEARD),
    "preimage": Preimage(hashlib.sha256(SECRET).digest()),
    "co-signature": CoSignature(WITNESS.member),
}


def locked(scene: Scene, condition: str, deadline: int = NEVER, amount: int = 4) -> Lock:
    scene.issue(CASH, CLERK, 10)
    scene.open(1, CLERK, BANK)
    return Lock(LOCK, CASH, ZERO, amount, BANK.member, deadline, CONDITIONS[condition])


def test_lock(scene: Scene) -> None:
    """L-1204, L-94."""
    lock = locked(scene, "preimage", scene.time_ms + 50)
    scene.ok(lock)
    assert scene.get(Holding, CASH, ZERO, CLERK.member) == Holding(0, 0, 6, 4, NEVER)
    assert scene.get(LockEntry, LOCK) == LockEntry(
        LockStatus.OPEN, 0, 0, CASH, ZERO, CLERK.member, BANK.member, 4, scene.time_ms + 50, NEVER,
        lock.condition.KIND, hashlib.sha256(SECRET).digest(), 0, scene.height,
    )  # fmt: skip
    assert scene.run(lock) == "DUPLICATE_ID"
    assert scene.run(Transfer(CASH, ZERO, BANK.member, 7)) == "LOCKED"
    assert scene.run(Transfer(CASH, ZERO, BANK.member, 11)) == "INSUFFICIENT"


def test_locks_refused(scene: Scene) -> None:
    lock = replace(locked(scene, "co-signature"), lock_id=digest("other"))
    assert scene.run(replace(lock, class_id=99)) == "CLASS"
    assert scene.run(replace(lock, deadline=scene.time_ms - 1)) == "DEADLINE"
    assert scene.run(replace(lock, beneficiary=99)) == "NOT_ALLOWED"
    assert scene.run(replace(lock, condition=CaseState(ZERO, 0))) == "UNKNOWN_CASE"
    assert scene.run(replace(lock, condition=CoSignature(99))) == "UNKNOWN_MEMBER"
    assert scene.run(lock, by=(WITNESS,)) == "NOT_HOLDER"
    assert scene.run(replace(lock, amount=11)) == "INSUFFICIENT"
    scene.govern(SetParameter(Parameter.LOCK_MS_MAX, 10))
    assert scene.run(replace(lock, deadline=scene.time_ms + 11)) == "DEADLINE"
    scene.ok(replace(lock, deadline=scene.time_ms + 10))


def settled(scene: Scene, condition: str) -> str:
    """The right settlement by the beneficiary."""
    if condition == "preimage":
        return scene.run(SettleWithPreimage(LOCK, SECRET), by=(BANK,))
    return scene.run(Settle(LOCK), by=(BANK, WITNESS) if condition == "co-signature" else (BANK,))


@pytest.mark.parametrize("condition", CONDITIONS)
def test_settle(scene: Scene, condition: str) -> None:
    scene.ok(locked(scene, condition))
    assert scene.run(Settle(LOCK), by=(BANK,)) == "COND_UNMET"
    assert scene.run(SettleWithPreimage(LOCK, ZERO), by=(BANK,)) == "COND_UNMET"
    if condition != "preimage":
        assert scene.run(SettleWithPreimage(LOCK, SECRET), by=(BANK, WITNESS)) == "COND_UNMET"
    assert scene.run(Refund(LOCK)) == "TOO_EARLY"
    scene.ok(Step(digest("case 1"), ARGUING, ANSWER), by=(BANK,))
    assert settled(scene, condition) == "OK"
    assert settled(scene, condition) == "DONE"
    assert scene.run(Refund(LOCK)) == "DONE"
    assert scene.get(Holding, CASH, ZERO, CLERK.member) == Holding(0, 0, 6, 0, NEVER)
    assert scene.get(Holding, CASH, ZERO, BANK.member).free == 4
    assert scene.get(LockEntry, LOCK).status == LockStatus.SETTLED
    assert scene.get(Totals, CASH) == Totals(10, 0, 2)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_refund(scene: Scene, condition: str) -> None:
    scene.ok(locked(scene, condition, scene.time_ms + 1000, amount=10))
    scene.ok(Step(digest("case 1"), ARGUING, ANSWER), by=(BANK,))
    scene.next()
    assert scene.run(Refund(LOCK)) == "TOO_EARLY"
    scene.next(1)
    assert settled(scene, condition) == "DEADLINE"
    assert scene.run(Refund(LOCK), by=(WITNESS,)) == "NOT_PARTY"
    assert scene.run(Refund(ZERO)) == "UNKNOWN_LOCK"
    scene.ok(Refund(LOCK))
    assert scene.get(Holding, CASH, ZERO, CLERK.member) == Holding(0, 0, 10, 0, NEVER)
    assert scene.run(Refund(LOCK)) == "DONE"
    assert settled(scene, condition) == "DONE"


def test_held_lock_waits(scene: Scene) -> None:
    scene.ok(locked(scene, "co-signature", scene.time_ms + 1000))
    scene.ok(Hold(Object(ObjectKind.LOCK, LOCK)), by=(COURT,))
    scene.next()
    assert settled(scene, "co-signature") == "HOLD"
    scene.next(1)
    assert scene.run(Refund(LOCK)) == "HOLD"
    scene.ok(Unhold(Object(ObjectKind.LOCK, LOCK)), by=(COURT,))
    scene.next()
    scene.ok(Refund(LOCK))


def test_pledge(scene: Scene) -> None:
    """The owner is the beneficiary, the lender co-signs."""
    lock = replace(locked(scene, "co-signature"), beneficiary=CLERK.member)
    scene.ok(lock)
    assert scene.run(Settle(LOCK)) == "COND_UNMET"
    scene.ok(Settle(LOCK), by=(CLERK, WITNESS))
    assert scene.get(Holding, CASH, ZERO, CLERK.member) == Holding(0, 0, 10, 0, NEVER)


def test_settle_to_who_may_not_receive(scene: Scene) -> None:
    scene.ok(locked(scene, "co-signature"))
    scene.govern(Freeze(BANK.member))
    assert scene.run(Settle(LOCK), by=(CLERK, WITNESS)) == "NOT_ALLOWED"


def test_settle_before_the_units_end(scene: Scene) -> None:
    """L-1216, L-80: a lock keeps the `expires` of its holding."""
    scene.ok(Issue(TICKET, CLERK.member, 5, ONE, expires=scene.time_ms + 1000), by=(ISSUER,))
    lock = Lock(LOCK, TICKET, ONE, 2, BANK.member, NEVER, CoSignature(WITNESS.member))
    scene.ok(lock, replace(lock, lock_id=digest("l")))
    scene.next(1000)
    scene.ok(Settle(digest("l")), by=(CLERK, WITNESS))
    assert scene.get(Holding, TICKET, ONE, BANK.member).expires == scene.time_ms
    scene.next(1)
    assert scene.run(Settle(LOCK), by=(CLERK, WITNESS)) == "EXPIRED"
    assert scene.run(Refund(LOCK)) == "TOO_EARLY"
    assert scene.run(Transfer(TICKET, ONE, BANK.member, 1)) == "EXPIRED"
    assert scene.run(Redeem(TICKET, ONE, CLERK.member, 1)) == "EXPIRED"
    scene.ok(Redeem(TICKET, ONE, CLERK.member, 1, Reason.EXPIRED))


def test_frozen_co_signer_does_not_sign(scene: Scene) -> None:
    scene.ok(locked(scene, "co-signature"))
    scene.govern(Freeze(WITNESS.member))
    assert settled(scene, "co-signature") == "COND_UNMET"


# --- Last instants and last units ----------------------------------------------------------------


def test_at_the_last_instant(scene: Scene) -> None:
    """C-6: whatever ends at t can still be done at t, and what must wait for t need not wait on."""
    now = scene.time_ms
    scene.record(1, retention=now)
    scene.ok(
        replace(grant(), expires=now), Use(record_id(1), 1, DOCUMENT, actor=1), by=(CLERK, BANK)
    )
    scene.ok(Erase(record_id(1), 1))
    early = replace(opening(), deadline=now)
    scene.ok(early)
    scene.ok(Step(early.case_id, ARGUING, ANSWER), by=(BANK,))
    scene.ok(Issue(TICKET, CLERK.member, 5, ONE, expires=now), by=(ISSUER,))
    assert scene.run(Redeem(TICKET, ONE, 7, 1, Reason.EXPIRED)) == "TOO_EARLY"
    lock = Lock(LOCK, TICKET, ONE, 2, BANK.member, now, CoSignature(WITNESS.member))
    scene.ok(lock, Transfer(TICKET, ONE, BANK.member, 1), Redeem(TICKET, ONE, CLERK.member, 1))
    scene.ok(Settle(LOCK), by=(CLERK, WITNESS))
    scene.ok(RevokeKey(CLERK_SPARE.key_id, compromised_since=scene.height))


def test_last_units(scene: Scene) -> None:
    """L-77, L-78, L-909."""
    scene.issue(CASH, CLERK, 5)
    scene.ok(Lock(LOCK, CASH, ZERO, 3, BANK.member, NEVER, CoSignature(WITNESS.member)))
    for amount, code in ((6, "INSUFFICIENT"), (5, "LOCKED"), (3, "LOCKED"), (2, "OK")):
        assert scene.run(Transfer(CASH, ZERO, BANK.member, amount)) == code
    scene.issue(TICKET, CLERK, NEVER - 1, ONE)
    assert scene.run(Issue(TICKET, CLERK.member, 2, TWO_N), by=(ISSUER,)) == "SUPPLY"
    scene.ok(Redeem(TICKET, ONE, CLERK.member, NEVER - 1))
    assert scene.run(Issue(TICKET, CLERK.member, 2, TWO_N), by=(ISSUER,)) == "SUPPLY"
    scene.ok(Issue(TICKET, CLERK.member, 1, TWO_N), by=(ISSUER,))
    assert scene.get(Totals, TICKET) == Totals(NEVER, NEVER - 1)


# --- All codes -----------------------------------------------------------------------------------


def test_every_code_is_reached() -> None:
    """Runs last in this file: what the tests above have seen."""
    if len(REACHED) < 5:
        pytest.skip("only where all tests of this file have run")
    assert {code.name for code in ResultCode} == REACHED
