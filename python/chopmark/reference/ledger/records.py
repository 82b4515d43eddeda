# SPDX-License-Identifier: Apache-2.0
"""Records, attestations, grants and their use: REC, ATT, GRA, USE (docs/spec/ledger.md, L-40 to
L-54, L-301 to L-312, L-501 to L-616).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chopmark.reference.ledger.cases import open_case
from chopmark.reference.ledger.codes import ResultCode
from chopmark.reference.ledger.context import Context, found, require
from chopmark.reference.ledger.entries import (
    Attestation,
    Case,
    GrantEntry,
    GrantStatus,
    Nullifier,
    Record,
    RecordStatus,
    held,
)
from chopmark.reference.operations import (
    Amend,
    Attest,
    BreakGlass,
    Claim,
    Create,
    Erase,
    Grant,
    NullifierMode,
    RevokeGrant,
    TargetKind,
    TemplateFlags,
    Use,
    Withdraw,
)
from chopmark.reference.wire import COUNT_MAX, ZERO, Roles

# --- REC (L-40 .. L-47, L-301 .. L-312) ----------------------------------------------------------


def schema_in_force(context: Context, schema: int, field: int) -> tuple[NullifierMode, Roles]:
    """L-301: what a schema that is in force asks for; schema 0 asks for nothing."""
    if schema == 0:
        return NullifierMode.NONE, Roles.NONE
    definition = context.schema_in_force(schema, field)
    return definition.mode, definition.roles


def check_schema_roles(context: Context, roles: Roles) -> None:
    """L-303."""
    require(context.has(context.actor, context.field, roles), ResultCode.ROLE_DENIED)


def check_recorder(context: Context) -> None:
    """L-40."""
    require(context.has(context.actor, context.field, Roles.RECORD), ResultCode.ROLE_DENIED)


def create(context: Context, op: Create) -> None:
    check_recorder(context)
    require(context.present(Record, op.record_id) is None, ResultCode.DUPLICATE_ID)  # L-41
    mode, roles = schema_in_force(context, op.schema, context.field)
    with_nullifier = op.nullifier != ZERO
    require(with_nullifier == (mode != NullifierMode.NONE), ResultCode.SCHEMA)  # L-302
    check_schema_roles(context, roles)
    context.check_refs(op.refs)
    record = Record(
        status=RecordStatus.ACTIVE,
        hold=0,
        hold_height=0,
        controller=context.actor,
        field=context.field,
        schema=op.schema,
        version=1,
        height=context.height,
        backings=0,
        retention=op.retention,
        commitment=op.commitment,
        nullifier=op.nullifier,
    )  # L-47
    if with_nullifier:
        known = context.present(Nullifier, op.schema, op.nullifier)
        seen = known or Nullifier(0, 0, op.record_id)
        free = mode != NullifierMode.UNIQUE or seen.live == 0
        require(free, ResultCode.DUPLICATE_BACKING)  # L-304
        require(seen.count < COUNT_MAX, ResultCode.LIMIT)  # L-305
        used = Nullifier(seen.count + 1, seen.live + 1, op.record_id)
        context.put(used, op.schema, op.nullifier)  # L-310
    context.put(record, op.record_id)


def changeable(context: Context, op: Amend | Withdraw | Erase) -> Record:
    """L-40, L-42 .. L-44, L-306, L-45."""
    check_recorder(context)
    record = found(context.present(Record, op.record_id), ResultCode.UNKNOWN_RECORD)
    require(record.controller == context.actor, ResultCode.NOT_CONTROLLER)
    erasable = isinstance(op, Erase) and record.status == RecordStatus.WITHDRAWN
    require(record.status == RecordStatus.ACTIVE or erasable, ResultCode.WITHDRAWN)
    require(not held(record, context.height), ResultCode.HOLD)
    same = record.version == op.expected_version
    require(same and record.version < COUNT_MAX, ResultCode.VERSION_CONFLICT)
    return replace(record, version=record.version + 1, height=context.height)


def check_amended_schema(context: Context, record: Record, schema: int) -> None:
    """L-307, L-303."""
    if schema == record.schema:
        roles = context.known_schema(schema).roles if schema else Roles.NONE
    else:
        require(record.nullifier == ZERO, ResultCode.SCHEMA)
        mode, roles = schema_in_force(context, schema, record.field)
        require(mode == NullifierMode.NONE, ResultCode.SCHEMA)
    check_schema_roles(context, roles)


def amend(context: Context, op: Amend) -> None:
    record = changeable(context, op)
    check_amended_schema(context, record, op.schema)
    context.check_refs(op.refs)
    retention = max(record.retention, op.retention)
    amended = replace(record, schema=op.schema, commitment=op.commitment, retention=retention)
    context.put(amended, op.record_id)  # L-47


def count_down(context: Context, record: Record, erase: bool) -> None:
    """L-311, L-312: the nullifier of a record that was active or, for erase, withdrawn."""
    if record.nullifier == ZERO:
        return
    identity = record.schema, record.nullifier
    seen = context.present(Nullifier, *identity)
    assert seen is not None
    live = seen.live - (record.status == RecordStatus.ACTIVE)
    count = seen.count - erase
    if count == 0:
        context.remove(Nullifier, *identity)
    else:
        context.put(replace(seen, count=count, live=live), *identity)


def withdraw(context: Context, op: Withdraw) -> None:
    record = changeable(context, op)
    require(record.backings == 0, ResultCode.BACKING_LIVE)  # L-308
    count_down(context, record, erase=False)
    context.put(replace(record, status=RecordStatus.WITHDRAWN), op.record_id)  # L-47


def erase(context: Context, op: Erase) -> None:
    record = changeable(context, op)
    require(record.backings == 0, ResultCode.BACKING_LIVE)  # L-308
    require(record.retention <= context.time_ms, ResultCode.TOO_EARLY)  # L-309
    count_down(context, record, erase=True)
    tombstone = replace(
        record, status=RecordStatus.ERASED, retention=0, commitment=ZERO, nullifier=ZERO
    )
    context.put(tombstone, op.record_id)  # L-47


# --- ATT (L-50 .. L-54) --------------------------------------------------------------------------

CLAIM_ROLES = {  # C-15
    Claim.RECEIVED: Roles.ATTEST,
    Claim.DISPUTED: Roles.ATTEST,
    Claim.CONSENT: Roles.ATTEST,
    Claim.VERIFIED: Roles.INSPECT,
    Claim.FAILED: Roles.INSPECT,
    Claim.INSPECTED: Roles.INSPECT,
    Claim.APPRAISED: Roles.INSPECT,
    Claim.APPROVED: Roles.APPROVE,
    Claim.REJECTED: Roles.APPROVE,
    Claim.NOTARISED: Roles.NOTARISE,
}


def attest(context: Context, op: Attest) -> None:
    may = context.has(context.actor, context.field, CLAIM_ROLES[op.claim])
    require(may, ResultCode.ROLE_DENIED)  # L-50
    if op.kind == TargetKind.RECORD:
        version = found(context.present(Record, op.target), ResultCode.MISSING_REF).version
    else:
        version = found(context.present(Case, op.target), ResultCode.MISSING_REF).steps
    require(op.version <= version, ResultCode.MISSING_REF)  # L-51
    require(op.version == version, ResultCode.STALE_VERSION)  # L-52
    identity = context.actor, op.kind, op.target, op.version, op.claim
    before = context.present(Attestation, *identity)
    times = before.times if before else 0
    require(times < COUNT_MAX, ResultCode.VERSION_CONFLICT)  # L-54
    stated = Attestation(times + 1, context.height, context.field, op.detail)
    context.put(stated, *identity)  # L-53


# --- GRA, USE (L-501 .. L-616) -------------------------------------------------------------------


def grantable(context: Context, op: Grant | RevokeGrant) -> None:
    """L-501 .. L-504."""
    record = found(context.present(Record, op.record_id), ResultCode.UNKNOWN_RECORD)
    require(record.controller == context.actor, ResultCode.NOT_CONTROLLER)
    if isinstance(op, Grant):
        require(record.status == RecordStatus.ACTIVE, ResultCode.WITHDRAWN)
    require(not held(record, context.height), ResultCode.HOLD)


def grant(context: Context, op: Grant) -> None:
    grantable(context, op)
    require(context.is_active(op.grantee), ResultCode.UNKNOWN_MEMBER)  # L-505
    require(op.expires >= context.time_ms, ResultCode.EXPIRED)  # L-506
    ahead = op.expires - context.time_ms
    require(ahead <= context.governance.grant_ms_max, ResultCode.DEADLINE)  # L-507
    before = context.present(GrantEntry, op.record_id, op.grantee)
    times, used = (before.times, before.used) if before else (0, 0)
    require(times < COUNT_MAX, ResultCode.LIMIT)  # L-508
    given = GrantEntry(
        status=GrantStatus.GIVEN,
        granter=context.actor,
        purposes=op.purposes,
        times=times + 1,
        uses=op.uses,
        used=used,
        expires=op.expires,
        height=context.height,
        wrapped=op.wrapped,
    )
    context.put(given, op.record_id, op.grantee)  # L-509


def given_grant(context: Context, record_id: bytes, grantee: int) -> GrantEntry:
    """L-510, L-601."""
    entry = found(context.present(GrantEntry, record_id, grantee), ResultCode.NO_GRANT)
    require(entry.status == GrantStatus.GIVEN, ResultCode.NO_GRANT)
    return entry


def revoke_grant(context: Context, op: RevokeGrant) -> None:
    grantable(context, op)
    entry = given_grant(context, op.record_id, op.grantee)
    revoked = replace(entry, status=GrantStatus.REVOKED, height=context.height)
    context.put(revoked, op.record_id, op.grantee)  # L-511


def use(context: Context, op: Use) -> None:
    entry = given_grant(context, op.record_id, context.actor)
    require(entry.expires >= context.time_ms, ResultCode.EXPIRED)  # L-602
    require(op.purposes & ~entry.purposes == 0, ResultCode.PURPOSE)  # L-603
    require(entry.uses > 0, ResultCode.EXHAUSTED)  # L-604
    used = replace(entry, uses=entry.uses - 1, used=entry.used + 1, height=context.height)
    context.put(used, op.record_id, context.actor)  # L-605


def break_glass(context: Context, op: BreakGlass) -> None:
    may = context.has(context.actor, context.field, Roles.EMERGENCY)
    require(may, ResultCode.ROLE_DENIED)  # L-611
    record = found(context.present(Record, op.record_id), ResultCode.UNKNOWN_RECORD)  # L-612
    template = context.template_in_force(op.template)
    review = TemplateFlags.REVIEW in template.flags and len(template.parties) == 2
    require(review, ResultCode.TEMPLATE)  # L-613
    require(record.controller != context.actor, ResultCode.CONFLICT)  # L-614
    require(context.present(Case, op.case_id) is None, ResultCode.DUPLICATE_ID)  # L-615
    parties = context.actor, record.controller
    open_case(context, op.case_id, template, op.record_id, parties, 0)  # L-616


HANDLERS: dict[type, Callable[[Context, Any], None]] = {
    Create: create,
    Amend: amend,
    Withdraw: withdraw,
    Erase: erase,
    Attest: attest,
    Grant: grant,
    RevokeGrant: revoke_grant,
    Use: use,
    BreakGlass: break_glass,
}
