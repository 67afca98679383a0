"""Standing delegations: who gets the task of somebody who is away (A50 to A53)."""

from __future__ import annotations

from typing import cast

from looseleaf_workflow.approvals import questions as q
from looseleaf_workflow.approvals.deciding.course import Course
from looseleaf_workflow.approvals.definition import Step

MOST_HOPS = 5
Notes = tuple[tuple[str, ...], ...]


def follow_delegations(course: Course, step: Step, person: str) -> tuple[str, tuple[str, ...], Notes]:
    """The holder of a task of `person`, the people on the way, and notes. A circle or an unfit delegate leaves the task where it was."""
    if person == q.ADMINS:
        return person, (), ()
    way = [person]
    while len(way) <= MOST_HOPS:
        found = cast(q.Delegated, course.ask(q.Delegations(way[-1])))
        current = next((one.to for one in found.delegations if one.covers(course.now, course.definition.name)), "")
        if not current:
            break
        if current in way:
            return person, (), (("delegation_circle", *way, current),)
        way.append(current)
    holder = way[-1]
    if holder == person:
        return person, (), ()
    if holder == course.state.submitter and step.policies.self_approval != "allow":
        return person, (), (("delegate_is_submitter", person, holder),)
    if not course.active(holder):
        return person, (), (("delegate_inactive", person, holder),)
    return holder, tuple(way[:-1]), ()
