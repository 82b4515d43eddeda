# SPDX-License-Identifier: Apache-2.0
"""Members, council, definitions, holds and keys: GOV and KEY (docs/spec/ledger.md, L-101 to L-241).

What they write into the register counts from the next block on (L-33); the objects that they are
about they read at present (L-34).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chopmark.reference import ed25519
from chopmark.reference.ledger.codes import ResultCode
from chopmark.reference.ledger.context import Context, found, require
from chopmark.reference.ledger.entries import (
    Case,
    ClassEntry,
    DefinitionStatus,
    Governance,
    Holdable,
    Holding,
    Key,
    LockEntry,
    MemberEntry,
    MemberStatus,
    PublicKey,
    Record,
    RoleEntry,
    SchemaEntry,
    TemplateEntry,
    Validators,
)
from chopmark.reference.operations import (
    AddKey,
    Admit,
    ClassFlags,
    CouncilReplacesKey,
    CouncilRevokesKey,
    DefineClass,
    DefineSchema,
    DefineTemplate,
    DefinitionKind,
    Expel,
    Freeze,
    Hold,
    KeyFlags,
    Object,
    ObjectKind,
    Parameter,
    Retire,
    RevokeKey,
    RotateKey,
    SetCouncil,
    SetParameter,
    SetRoles,
    SetValidators,
    Unfreeze,
    Unhold,
    possession_payload,
)
from chopmark.reference.wire import MEMBER_KEYS_MAX, MEMBERS_MAX, NEVER, Reader, Roles

VALIDATORS_LEAST = 4


def governance_at_present(context: Context) -> Governance:
    entry = context.present(Governance)
    assert entry is not None
    return entry


# --- Members (L-110 .. L-131) --------------------------------------------------------------------


def check_public_key(context: Context, public_key: bytes) -> None:
    """L-112, L-212."""
    require(context.present(PublicKey, public_key) is None, ResultCode.KEY_REUSED)


def check_possession(
    context: Context, member: int, key_id: int, public_key: bytes, possession: bytes
) -> None:
    """L-113, L-214."""
    payload = possession_payload(context.chain_id, member, key_id, public_key)
    require(ed25519.verify(public_key, possession, payload), ResultCode.BAD_POSSESSION)


def put_key(context: Context, member: int, key_id: int, flags: KeyFlags, public_key: bytes) -> None:
    """A new key, which counts from the next block on (L-82, L-83)."""
    context.put(Key(member, key_id, flags, public_key, context.next), member, key_id)
    context.put(PublicKey(member, key_id), public_key)


def admit(context: Context, op: Admit) -> None:
    context.check_council()
    require(context.present(MemberEntry, op.member) is None, ResultCode.CONFLICT)  # L-110
    governance = governance_at_present(context)
    require(governance.members < MEMBERS_MAX, ResultCode.LIMIT)  # L-111
    check_public_key(context, op.public_key)
    check_possession(context, op.member, op.key_id, op.public_key, op.possession)
    entry = MemberEntry(
        op.member, MemberStatus.ACTIVE, context.next, context.next, 1, 1, op.name
    )  # L-114
    context.put(entry, op.member)
    put_key(context, op.member, op.key_id, KeyFlags.ADMINISTRATE, op.public_key)
    context.put(replace(governance, members=governance.members + 1))


CHANGES_OF_STATUS: dict[type, tuple[set[MemberStatus], MemberStatus]] = {
    Expel: ({MemberStatus.ACTIVE, MemberStatus.FROZEN}, MemberStatus.EXPELLED),
    Freeze: ({MemberStatus.ACTIVE}, MemberStatus.FROZEN),
    Unfreeze: ({MemberStatus.FROZEN}, MemberStatus.ACTIVE),
}


def change_status(context: Context, op: Expel | Freeze | Unfreeze) -> None:
    context.check_council()
    before, after = CHANGES_OF_STATUS[type(op)]
    member = found(context.present(MemberEntry, op.member), ResultCode.UNKNOWN_MEMBER)  # L-120
    require(member.status in before, ResultCode.CONFLICT)  # L-121
    if not isinstance(op, Unfreeze):  # L-122
        on_council = op.member in governance_at_present(context).council.members
        require(not on_council, ResultCode.CONFLICT)
    context.put(replace(member, status=after, since=context.next), op.member)  # L-123


def set_roles(context: Context, op: SetRoles) -> None:
    context.check_council()
    member = found(context.present(MemberEntry, op.member), ResultCode.UNKNOWN_MEMBER)  # L-120
    require(member.status != MemberStatus.EXPELLED, ResultCode.CONFLICT)  # L-130
    entry = RoleEntry(op.member, op.field, op.roles, context.next)
    context.put(entry, op.member, op.field)  # L-131


# --- The chain (L-135 .. L-145) ------------------------------------------------------------------


def set_validators(context: Context, op: SetValidators) -> None:
    context.check_council()
    before = context.present(Validators)
    assert before is not None
    least = min(VALIDATORS_LEAST, len(before.public_keys))
    require(len(op.public_keys) >= least, ResultCode.LAST_VALIDATOR)  # L-135
    context.put(Validators(context.next, op.public_keys))  # L-136


def set_council(context: Context, op: SetCouncil) -> None:
    context.check_council()
    for member in op.council.members:  # L-140
        entry = found(context.present(MemberEntry, member), ResultCode.UNKNOWN_MEMBER)
        require(entry.status == MemberStatus.ACTIVE, ResultCode.UNKNOWN_MEMBER)
    context.put(replace(governance_at_present(context), council=op.council))  # L-141


def set_parameter(context: Context, op: SetParameter) -> None:
    context.check_council()
    governance = governance_at_present(context)
    if op.parameter == Parameter.GRANT_MS_MAX:  # L-145
        context.put(replace(governance, grant_ms_max=op.value))
    else:
        context.put(replace(governance, lock_ms_max=op.value))


# --- Definitions (L-150 .. L-157) ----------------------------------------------------------------


def define_schema(context: Context, op: DefineSchema) -> None:
    context.check_council()
    require(context.present(SchemaEntry, op.schema) is None, ResultCode.CONFLICT)  # L-150
    context.put(SchemaEntry(DefinitionStatus.IN_FORCE, context.next, op), op.schema)  # L-152


def define_template(context: Context, op: DefineTemplate) -> None:
    context.check_council()
    require(context.present(TemplateEntry, op.template) is None, ResultCode.CONFLICT)  # L-150
    context.put(TemplateEntry(DefinitionStatus.IN_FORCE, context.next, op), op.template)  # L-152


def define_class(context: Context, op: DefineClass) -> None:
    context.check_council()
    require(context.present(ClassEntry, op.class_id) is None, ResultCode.CONFLICT)  # L-150
    if ClassFlags.ONE_ISSUER in op.flags:  # L-151
        found(context.present(MemberEntry, op.issuer), ResultCode.UNKNOWN_MEMBER)
    context.put(ClassEntry(DefinitionStatus.IN_FORCE, context.next, op), op.class_id)  # L-152


def definition_at_present(context: Context, op: Retire) -> SchemaEntry | TemplateEntry | ClassEntry:
    """L-155."""
    match op.kind:
        case DefinitionKind.SCHEMA:
            return found(context.present(SchemaEntry, op.identity), ResultCode.SCHEMA)
        case DefinitionKind.TEMPLATE:
            return found(context.present(TemplateEntry, op.identity), ResultCode.TEMPLATE)
        case DefinitionKind.CLASS:
            return found(context.present(ClassEntry, op.identity), ResultCode.CLASS)


def retire(context: Context, op: Retire) -> None:
    context.check_council()
    entry = definition_at_present(context, op)
    require(entry.status == DefinitionStatus.IN_FORCE, ResultCode.CONFLICT)  # L-156
    retired = replace(entry, status=DefinitionStatus.RETIRED, since=context.next)
    context.put(retired, op.identity)  # L-157


# --- Holds (L-160 .. L-163) ----------------------------------------------------------------------


def identity_of(target: Object) -> tuple[int | bytes, ...]:
    """The parts of the id, as its kind of entry has them."""
    if target.kind != ObjectKind.HOLDING:
        return (target.identity,)
    reader = Reader(target.identity)
    return reader.uint(4), reader.bytes(32), reader.uint(4)


def object_at_present(context: Context, target: Object) -> Holdable:
    """L-160."""
    match target.kind:
        case ObjectKind.RECORD:
            return found(context.present(Record, target.identity), ResultCode.UNKNOWN_RECORD)
        case ObjectKind.CASE:
            return found(context.present(Case, target.identity), ResultCode.UNKNOWN_CASE)
        case ObjectKind.LOCK:
            return found(context.present(LockEntry, target.identity), ResultCode.UNKNOWN_LOCK)
        case ObjectKind.HOLDING:
            return found(context.present(Holding, *identity_of(target)), ResultCode.NOT_HOLDER)


def field_of(context: Context, thing: Holdable, identity: bytes) -> int:
    """The field of a record, of a case, or of the class of a lock or holding (L-161)."""
    if isinstance(thing, Record | Case):
        return thing.field
    class_id = thing.class_id if isinstance(thing, LockEntry) else int.from_bytes(identity[:4])
    return context.known_class(class_id).field


def change_hold(context: Context, op: Hold | Unhold) -> None:
    thing = object_at_present(context, op.object)
    field = field_of(context, thing, op.object.identity)
    require(context.has(context.actor, field, Roles.HOLD), ResultCode.ROLE_DENIED)  # L-161
    placed = isinstance(op, Hold)
    changeable = thing.hold_height <= context.height and thing.hold == (not placed)
    require(changeable, ResultCode.CONFLICT)  # L-162
    changed = replace(thing, hold=int(placed), hold_height=context.next)
    context.put(changed, *identity_of(op.object))  # L-163


# --- Keys (L-210 .. L-241) -----------------------------------------------------------------------


def member_at_present(context: Context, member: int) -> MemberEntry:
    entry = context.present(MemberEntry, member)
    assert entry is not None
    return entry


def check_new_key(context: Context, member: int, key_id: int, public_key: bytes) -> None:
    """L-211, L-212."""
    require(context.present(Key, member, key_id) is None, ResultCode.KEY_REUSED)
    check_public_key(context, public_key)


def add_key(context: Context, op: AddKey) -> None:
    require(context.signing_key.administrates, ResultCode.ROLE_DENIED)  # L-210
    check_new_key(context, context.actor, op.key_id, op.public_key)
    member = member_at_present(context, context.actor)
    require(member.keys < MEMBER_KEYS_MAX, ResultCode.LIMIT)  # L-213
    check_possession(context, context.actor, op.key_id, op.public_key, op.possession)
    put_key(context, context.actor, op.key_id, op.flags, op.public_key)  # L-215
    admin_keys = member.admin_keys + (KeyFlags.ADMINISTRATE in op.flags)
    context.put(replace(member, keys=member.keys + 1, admin_keys=admin_keys), context.actor)


def replace_key(
    context: Context, old: Key, key_id: int, public_key: bytes, compromised_since: int
) -> None:
    """L-221, L-241."""
    ended = replace(old, until=context.next, compromised_since=compromised_since)
    context.put(ended, old.member, old.key_id)
    put_key(context, old.member, key_id, old.flags, public_key)


def rotate_key(context: Context, op: RotateKey) -> None:
    old = context.present(Key, context.actor, context.signing_key.key_id)
    assert old is not None
    require(old.until == NEVER, ResultCode.KEY_REVOKED)  # L-220
    check_new_key(context, context.actor, op.key_id, op.public_key)
    check_possession(context, context.actor, op.key_id, op.public_key, op.possession)
    replace_key(context, old, op.key_id, op.public_key, old.compromised_since)


def valid_key(context: Context, member: int, key_id: int) -> Key:
    """L-230, L-231."""
    key = found(context.present(Key, member, key_id), ResultCode.KEY_UNKNOWN)
    require(key.until == NEVER, ResultCode.KEY_REVOKED)
    return key


def check_compromised(context: Context, compromised_since: int) -> None:
    """L-233."""
    known = compromised_since <= context.height or compromised_since == NEVER
    require(known, ResultCode.CONFLICT)


def end_key(context: Context, key: Key, compromised_since: int) -> None:
    """L-234, L-235."""
    member = member_at_present(context, key.member)
    require(not key.administrates or member.admin_keys > 1, ResultCode.LAST_KEY)
    ended = replace(key, until=context.next, compromised_since=compromised_since)
    context.put(ended, key.member, key.key_id)
    admin_keys = member.admin_keys - key.administrates
    context.put(replace(member, keys=member.keys - 1, admin_keys=admin_keys), key.member)


def revoke_key(context: Context, op: RevokeKey) -> None:
    key = valid_key(context, context.actor, op.key_id)
    signing = context.signing_key
    may = signing.administrates or signing.key_id == op.key_id
    require(may, ResultCode.ROLE_DENIED)  # L-232
    check_compromised(context, op.compromised_since)
    end_key(context, key, op.compromised_since)


def check_member_of_key(context: Context, member: int) -> None:
    """L-240."""
    entry = found(context.present(MemberEntry, member), ResultCode.UNKNOWN_MEMBER)
    require(entry.status != MemberStatus.EXPELLED, ResultCode.UNKNOWN_MEMBER)


def council_revokes_key(context: Context, op: CouncilRevokesKey) -> None:
    context.check_council()
    check_member_of_key(context, op.member)
    key = valid_key(context, op.member, op.key_id)
    check_compromised(context, op.compromised_since)
    end_key(context, key, op.compromised_since)


def council_replaces_key(context: Context, op: CouncilReplacesKey) -> None:
    context.check_council()
    check_member_of_key(context, op.member)
    key = valid_key(context, op.member, op.key_id)
    check_compromised(context, op.compromised_since)
    check_new_key(context, op.member, op.new_key_id, op.public_key)
    check_possession(context, op.member, op.new_key_id, op.public_key, op.possession)
    replace_key(context, key, op.new_key_id, op.public_key, op.compromised_since)


HANDLERS: dict[type, Callable[[Context, Any], None]] = {
    Admit: admit,
    Expel: change_status,
    Freeze: change_status,
    Unfreeze: change_status,
    SetRoles: set_roles,
    SetValidators: set_validators,
    SetCouncil: set_council,
    SetParameter: set_parameter,
    DefineSchema: define_schema,
    DefineTemplate: define_template,
    DefineClass: define_class,
    Retire: retire,
    Hold: change_hold,
    Unhold: change_hold,
    AddKey: add_key,
    RotateKey: rotate_key,
    RevokeKey: revoke_key,
    CouncilRevokesKey: council_revokes_key,
    CouncilReplacesKey: council_replaces_key,
}
