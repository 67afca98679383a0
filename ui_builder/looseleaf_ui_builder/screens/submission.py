"""Submitting a record, bound to whoever submits it: which flow would start, whom they must pick, who would be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, Fault, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_workflow.approvals.definition import Copy, Definition, Step
from looseleaf_workflow.approvals.preview import Foreseen, Preview
from looseleaf_workflow.approvals.questions import ADMINS
from looseleaf_workflow.organisation import person_id
from looseleaf_workflow.running.submitting import Request, flow_for, foresee
from looseleaf_workflow.who import SubmitterPicks

PICK = "pick."
MOST_SHOWN = 5
"""Look-ups for one step's people."""


@dataclass(frozen=True, slots=True)
class Pick:
    """People whom the submitter picks for a step. `inputs`: the names of the form's inputs."""

    label: Label
    fewest: int
    inputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A step on the way: who would be asked."""

    label: Label
    names: tuple[str, ...]
    copied: bool
    unresolved: bool


@dataclass(frozen=True, slots=True)
class BoundSubmission:
    """What a submission would start. `label` None where no flow fits; then `faults` say why."""

    label: Label | None
    leave_to: str = ""
    picks: tuple[Pick, ...] = ()
    ahead: tuple[Ahead, ...] = ()
    faults: tuple[Fault, ...] = ()


def picks_of(form: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The people that a form names, by step."""
    found: dict[str, dict[str, None]] = {}
    for name, given in form.items():
        if name.startswith(PICK) and given:
            found.setdefault(name.removeprefix(PICK).partition("~")[0], {})[encode(id_of(given))] = None
    return {step: tuple(people) for step, people in found.items()}


def bind_submission(context: Context, wanted: Request) -> BoundSubmission:
    """What would happen if it were submitted. Raises NotThere, NotAllowed."""
    try:
        definition = flow_for(context, wanted)
    except (Refused, Decided) as error:
        return BoundSubmission(None, wanted.leave_to, faults=_faults(error))
    picks = tuple(_picks(definition))
    label = Label.of(definition.label)
    if picks and not wanted.picks:
        return BoundSubmission(label, wanted.leave_to, picks)
    try:
        _, ahead = foresee(context, replace(wanted, picks=FrozenMap(wanted.picks)))
    except (Refused, Decided) as error:
        return BoundSubmission(label, wanted.leave_to, picks, faults=_faults(error))
    return BoundSubmission(label, wanted.leave_to, picks, _ahead(context, definition, ahead))


def _faults(error: Refused | Decided) -> tuple[Fault, ...]:
    return error.faults if isinstance(error, Refused) else (Fault("", error.code, error.message),)


def _picks(definition: Definition) -> list[Pick]:
    found = []
    for id in definition.tree.ids():
        node = definition.tree.node(id)
        for person in node.who if isinstance(node, Step | Copy) else ():
            if isinstance(person, SubmitterPicks):
                most = person.most or person.fewest + 2
                inputs = tuple(f"{PICK}{id}~{number}" for number in range(1, min(max(most, 1), MOST_SHOWN) + 1))
                found.append(Pick(Label.of(node.label or id), person.fewest, inputs))
                break
    return found


def _ahead(context: Context, definition: Definition, found: Preview) -> tuple[Ahead, ...]:
    ids = {id: person for one in found.nodes for person in (*one.people, *one.candidates) if (id := person_id(person)) is not None}
    titles = read.titles(context, "user", ids)
    someone, admins = Text("Someone").translate(context.locale), Text("an administrator").translate(context.locale)
    names = {person: titles.get(id, someone) for id, person in ids.items()} | {ADMINS: admins}
    return tuple(_step(definition, one, names) for one in found.nodes if isinstance(definition.tree.node(one.node), Step | Copy))


def _step(definition: Definition, one: Foreseen, names: Mapping[str, str]) -> Ahead:
    node = definition.tree.node(one.node)
    people = tuple(names.get(person, "") for person in dict.fromkeys((*one.people, *one.candidates)))
    return Ahead(Label.of(node.label or one.node), people, isinstance(node, Copy), one.unresolved)
