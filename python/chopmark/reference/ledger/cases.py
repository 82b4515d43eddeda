# SPDX-License-Identifier: Apache-2.0
"""Cases, which are finite state machines: OPN and STP (docs/spec/ledger.md, L-701 to L-815)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chopmark.reference.ledger.codes import ResultCode
from chopmark.reference.ledger.context import Context, found, require
from chopmark.reference.ledger.entries import Case, TemplateEntry, held
from chopmark.reference.operations import TIMEOUT, DefineTemplate, OpenCase, State, Step
from chopmark.reference.wire import COUNT_MAX, NEVER


def deadline_of(context: Context, state: State) -> int:
    """L-712."""
    return min(context.time_ms + state.limit_ms, NEVER) if state.limit_ms else NEVER


def open_case(
    context: Context,
    case_id: bytes,
    template: DefineTemplate,
    subject: bytes,
    parties: tuple[int, ...],
    deadline: int,
) -> None:
    """L-711."""
    case = Case(
        hold=0,
        hold_height=0,
        template=template.template,
        field=context.field,
        state=0,
        steps=1,
        deadline=deadline or deadline_of(context, template.states[0]),
        height=context.height,
        subject=subject,
        parties=parties,
    )
    context.put(case, case_id)


def opn(context: Context, op: OpenCase) -> None:
    template = context.template_in_force(op.template)
    require(len(op.parties) == len(template.parties), ResultCode.TEMPLATE)  # L-702
    limit = template.states[0].limit_ms
    require(op.deadline == 0 or limit > 0, ResultCode.TEMPLATE)  # L-703
    active = all(context.is_active(party) for party in op.parties)
    require(active, ResultCode.UNKNOWN_MEMBER)  # L-704
    for party, roles in zip(op.parties, template.parties):
        require(context.has(party, context.field, roles), ResultCode.ROLE_DENIED)  # L-705
    require(is_party(context.actor, op.parties, template.openers), ResultCode.ROLE_DENIED)  # L-706
    require(context.present(Case, op.case_id) is None, ResultCode.DUPLICATE_ID)  # L-707
    context.check_refs(op.refs)
    in_time = context.time_ms <= op.deadline <= context.time_ms + limit
    require(op.deadline == 0 or in_time, ResultCode.DEADLINE)  # L-709
    open_case(context, op.case_id, template, op.subject, op.parties, op.deadline)


def is_party(member: int, parties: tuple[int, ...], mask: int) -> bool:
    """Whether the member is a party whose bit is 1."""
    return member in parties and bool(mask >> parties.index(member) & 1)


def check_timeout(context: Context, case: Case, state: State) -> int:
    """L-804 .. L-806. Returns the next state."""
    require(state.limit_ms > 0, ResultCode.BAD_STATE)
    require(context.actor in case.parties, ResultCode.ROLE_DENIED)
    require(case.deadline < context.time_ms, ResultCode.TOO_EARLY)
    return state.timeout_to


def check_event(context: Context, case: Case, template: DefineTemplate, op: Step) -> int:
    """L-807 .. L-812. Returns the next state."""
    fitting = [t for t in template.transitions if (t.source, t.event) == (case.state, op.event)]
    require(bool(fitting), ResultCode.BAD_STATE)
    (transition,) = fitting
    may = transition.by == 0 or is_party(context.actor, case.parties, transition.by)
    require(may, ResultCode.ROLE_DENIED)
    licensed = context.has(context.actor, case.field, transition.roles)
    require(licensed, ResultCode.ROLE_DENIED)
    for party in case.parties:
        if is_party(party, case.parties, transition.together):
            require(context.signs(party), ResultCode.ROLE_DENIED)
    require(case.deadline >= context.time_ms, ResultCode.DEADLINE)
    require(len(op.refs) >= transition.refs, ResultCode.MISSING_REF)
    return transition.to


def stp(context: Context, op: Step) -> None:
    case = found(context.present(Case, op.case_id), ResultCode.UNKNOWN_CASE)  # L-801
    require(not held(case, context.height), ResultCode.HOLD)  # L-802
    require(case.state == op.expected_state, ResultCode.BAD_STATE)  # L-803
    entry = context.registered(TemplateEntry, case.template)
    assert entry is not None
    template = entry.definition
    if op.event == TIMEOUT:
        to = check_timeout(context, case, template.states[case.state])
    else:
        to = check_event(context, case, template, op)
    context.check_refs(op.refs)
    require(case.steps < COUNT_MAX, ResultCode.LIMIT)  # L-814
    stepped = replace(
        case,
        state=to,
        steps=case.steps + 1,
        deadline=deadline_of(context, template.states[to]),
        height=context.height,
    )
    context.put(stepped, op.case_id)  # L-815


HANDLERS: dict[type, Callable[[Context, Any], None]] = {OpenCase: opn, Step: stp}
