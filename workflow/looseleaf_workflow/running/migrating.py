"""Running approvals under today's version of their flow: what would become of one, and the commands that move it there and back (A98, A99)."""

from __future__ import annotations

from collections.abc import Mapping

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, NotAllowed
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.approvals.definition import Definition
from looseleaf_workflow.approvals.migration import Migration, migration_of
from looseleaf_workflow.running.stored import Instance, version


def foresee(context: Context, found: Instance, mapping: Mapping[str, str]) -> Migration:
    """What would become of an approval. Raises NotAllowed for all but administrators, Decided where there is nothing to migrate to."""
    return migration_of(found.definition, _today(context, found), found.state, mapping)


def migration(context: Context, found: Instance, mapping: Mapping[str, str]) -> c.Migrate:
    """The command that moves it. Raises NotAllowed, Decided."""
    return c.Migrate(_today(context, found), FrozenMap(mapping))


def undoing(context: Context, found: Instance) -> c.UndoMigration:
    """The command that moves it back to the version before. Raises NotAllowed, Decided."""
    _must_administer(context)
    if found.state.undo is None:
        raise Decided(Text("this migration can't be undone any more"))
    with context.workspace.database.read() as connection:
        return c.UndoMigration(version(connection, context.runtime, found.state.undo.definition))


def _today(context: Context, found: Instance) -> Definition:
    """The published version of its flow, if that is another."""
    _must_administer(context)
    flows = context.model.others.get("approval", {}).values()
    today = next((flow.definition for flow in flows if flow.id == found.approval_id), None)
    if today is None:
        raise Decided(Text("its flow is not published any more"), "gone")
    if today.sha256 == found.definition.sha256:
        raise Decided(Text("it runs on the published version already"), "same-version")
    return today  # type: ignore[no-any-return]


def _must_administer(context: Context) -> None:
    if not context.actor.administrator:
        raise NotAllowed(Text("only an administrator may do this"))
