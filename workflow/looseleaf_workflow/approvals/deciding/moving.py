"""Going on under another version of the flow, and back (A98, A99)."""

from __future__ import annotations

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.commands import Migrate, UndoMigration
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError
from looseleaf_workflow.approvals.migration import migration_of


def migrate(course: Course, body: Migrate) -> None:
    """Move the instance. Refused with every reason where it is impossible."""
    course.must_admin()
    unknown = [id for id in body.mapping if id not in course.definition.tree.positions]
    if unknown:
        raise RefusedError("invalid", Text("unknown step '{name}'", name=unknown[0]))
    plan = migration_of(course.definition, body.to, course.state, body.mapping)
    if not plan.possible:
        raise RefusedError("conflict", plan.reasons[0], reasons=plan.reasons)
    before = course.definition.sha256
    course.emit(e.Migrated(before, body.to.sha256, plan.nodes, plan.timers, body.mapping, plan.dropped))
    course.definition = body.to


def undo_migration(course: Course, body: UndoMigration) -> None:
    """Move the instance back, while nobody has voted since."""
    course.must_admin()
    undo = course.state.undo
    if undo is None or undo.definition != body.to.sha256:
        raise RefusedError("conflict", Text("this migration can't be undone any more"))
    plan = migration_of(course.definition, body.to, course.state, undo.mapping)
    if not plan.possible:
        raise RefusedError("conflict", plan.reasons[0], reasons=plan.reasons)
    nodes = FrozenMap({**undo.dropped, **plan.nodes})
    course.emit(e.Migrated(course.definition.sha256, body.to.sha256, nodes, plan.timers, undo.mapping, undone=True))
    course.definition = body.to
