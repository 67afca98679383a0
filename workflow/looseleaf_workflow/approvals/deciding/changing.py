"""Material fields that change on the way: who has decided about other values is asked again, as the flow says (A84, A85)."""

from __future__ import annotations

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.texts import Text
from looseleaf_workflow.approvals import events as e
from looseleaf_workflow.approvals.commands import RecordChanged
from looseleaf_workflow.approvals.deciding.course import Course, RefusedError, digest_of
from looseleaf_workflow.approvals.deciding.rewinding import rewind
from looseleaf_workflow.approvals.state import NodeState, Slot
from looseleaf_workflow.approvals.wayback import lifted, way_to_start


def record_changed(course: Course, body: RecordChanged) -> None:
    """Note the new values. Nothing happens where they are the same as before, or where nobody has decided about others."""
    material = course.definition.material
    if course.state.ended or course.state.status == "draft" or not material.fields:
        return
    unknown = [name for name in body.values if name not in material.fields]
    if unknown:
        raise RefusedError("invalid", Text("the field '{name}' is not material", name=unknown[0]))
    values = FrozenMap({**course.state.values, **body.values})
    digest = digest_of(values)
    if digest == course.state.digest:
        return
    known = course.state.values
    different = {name: value for name, value in values.items() if value != known.get(name)}
    before = FrozenMap({name: known.get(name) for name in different})
    course.emit(e.Changed(FrozenMap(different), before, digest, material.on_change, body.bypass))
    if course.state.returned is not None or course.state.status != "running":
        return
    if material.on_change == "restart" and any(_stale_slots(course, node) for node in course.state.nodes.values()):
        way = way_to_start(course.definition, course.state)
        course.emit(e.Rewound("", "", way, "material_changed"), by="system")
    elif material.on_change == "reask_voted":
        _restore(course)
        _reask(course)


def _stale_slots(course: Course, node: NodeState) -> list[Slot]:
    """Slots that people decided about other values than those of now."""
    if node.status not in ("active", "passed") or node.round != course.state.round:
        return []
    return [slot for slot in node.slots if slot.vote is not None and not slot.vote.auto and slot.vote.digest != course.state.digest]


def _restore(course: Course) -> None:
    """Decisions about these very values count again."""
    for id in course.definition.tree.ids():
        node = course.state.node(id)
        if node.status != "active":
            continue
        for slot in node.slots:
            former = slot.former
            if slot.status in ("open", "waiting") and former is not None and former.digest == course.state.digest:
                course.emit(e.Restored(node.id, node.visit, slot.key, former), by="system")


def _reask(course: Course) -> None:
    """Go back to the first step that was decided about other values; in a step at work, open the decided slots again."""
    for _ in course.definition.tree.ids():
        stale = [id for id in course.definition.tree.ids() if _stale_slots(course, course.state.node(id))]
        passed = [id for id in stale if course.state.node(id).status == "passed"]
        if passed:
            target = lifted(course.definition, course.state, passed[0], only_finished=True)
            rewind(course, "", target, "material_changed", keeps_votes=True)
            continue
        for id in stale:
            node = course.state.node(id)
            keys = tuple(slot.key for slot in _stale_slots(course, node))
            course.emit(e.Reasked(id, node.visit, keys), by="system")
        return
