"""Answers to what the core asks: people, conditions, moments, values and versions, from the database and the calendars."""

from __future__ import annotations

from datetime import datetime

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_platform.records.ids import encode
from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.calendars import Calendar, add, parse_duration
from looseleaf_workflow.calendars.arithmetic import add_worked, between
from looseleaf_workflow.calendars.calendar import Shift
from looseleaf_workflow.organisation import Firm
from looseleaf_workflow.people import ExpressionError, resolve
from looseleaf_workflow.plain_json import plain
from looseleaf_workflow.running.changing import fits


def answer(firm: Firm, question: q.Question) -> q.Answer:
    """The answer to one question, as things are now."""
    match question:
        case q.Resolve(person=person, submitter=submitter, holder=holder):
            return resolve(person, firm, submitter, holder)
        case q.Holds(expression=expression, submitter=submitter):
            return _truth(firm, expression, submitter)
        case q.DueAt(after=after, since=since, calendar=name):
            due = add(calendar_named(firm, name), since, parse_duration(after))
            return q.Moment(due.at, due.provisional)
        case q.DueMoved(due=at, paused=paused, resumed=resumed, calendar=name):
            return _moved(calendar_named(firm, name), at, paused, resumed)
        case q.Standing(person=person):
            return q.Colleague(firm.active(person), firm.manager(person))
        case q.Delegations():
            return q.Delegated()
        case q.Fits():
            return fits(firm.connection, firm.context, firm.object, firm.record, question)
        case q.Values(fields=fields):
            return q.Record(values_of(firm, fields))
        case q.Callee(approval=approval, of=of):
            return _callee(firm, approval, of)


def values_of(firm: Firm, fields: tuple[str, ...]) -> FrozenMap[str, object]:
    """What stands in some fields of the record, as JSON; nothing of fields that are gone."""
    scope = firm.scope
    if scope is None:
        return q.NOTHING
    known = {*scope.plan.fields, *scope.plan.formulas}
    return FrozenMap({name: plain(scope[name]) for name in fields if name in known})


def calendar_named(firm: Firm, name: str) -> Calendar:
    """A calendar; without one, time goes on day and night in the firm's zone."""
    found = firm.context.model.others.get("calendar", {}).get(name)
    if isinstance(found, Calendar):
        return found
    day = (Shift(0, 1440),)
    return Calendar(name="", timezone=firm.context.model.defaults.timezone, week=(day,) * 7)


def _truth(firm: Firm, expression: str, submitter: str) -> q.Truth:
    try:
        value, inputs = firm.evaluate(expression, submitter)
    except ExpressionError as error:
        return q.Truth(error=str(error), inputs=FrozenMap(error.inputs))
    return q.Truth(bool(value), FrozenMap(inputs))


def _moved(calendar: Calendar, due: datetime, paused: datetime, resumed: datetime) -> q.Moment:
    """What was left when the clock stopped is left when it goes on; what was late stays late."""
    if due <= paused:
        return q.Moment(due)
    moved = add_worked(calendar, resumed, between(calendar, paused, due))
    return q.Moment(moved.at, moved.provisional)


def _callee(firm: Firm, approval: str, of: str) -> q.Called:
    flow = firm.context.model.others.get("approval", {}).get(approval)
    target = firm.record if not of else firm.value_at(of)
    return q.Called(flow.definition.sha256 if flow is not None else "", encode(target) if isinstance(target, int) else "")
