"""Approvals: the inbox, one approval by itself, deciding a task, asking something of an approval, submitting a record.

Each question is a dialog over its page, or a page of its own; what is refused is said there, with what was typed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Decided, Fault, LooseleafError, NotAllowed, NotThere, Refused
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.screens.approvals import bind_approval, names_of, word_for
from looseleaf_ui_builder.screens.editing import raw_values, titles_of
from looseleaf_ui_builder.screens.inbox import bind_inbox
from looseleaf_ui_builder.screens.lists import object_of
from looseleaf_ui_builder.screens.painting import Filled
from looseleaf_ui_builder.screens.records import id_of
from looseleaf_ui_builder.screens.rendering import go_to, painter, safe_back, show, show_object
from looseleaf_ui_builder.screens.slots import Slot, bind_slots
from looseleaf_ui_builder.screens.stages import without_place
from looseleaf_ui_builder.screens.submission import bind_submission, picks_of
from looseleaf_ui_builder.screens.submitted import entered
from looseleaf_ui_builder.web.callers import caller
from looseleaf_ui_builder.web.notices import notify
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.approvals import commands as c
from looseleaf_workflow.running import asking
from looseleaf_workflow.running.asking import Said, choices_of, positions_of, targets_of
from looseleaf_workflow.running.looking import OpenTask, count_of_tasks, seen, seen_instance, task_of
from looseleaf_workflow.running.several import decide_several
from looseleaf_workflow.running.stored import Instance
from looseleaf_workflow.running.submitting import Request, submit

TABS = ("waiting", "decided", "submitted")
MOST_ADDED = 3
"""People whom one adds at once on a screen."""


def show_inbox() -> Response:
    """GET: what waits for the caller, what they decided, what they submitted."""
    tab = request.args.get("tab", "")
    return _inbox(caller(), tab if tab in TABS else "waiting")


def _inbox(context: Context, tab: str, faults: Sequence[Fault] = ()) -> Response:
    shown = {"rows": bind_inbox(context, tab), "tab": tab, "waiting": count_of_tasks(context), "faults": faults}
    return show("screens/approvals/inbox.html", 422 if faults else 200, **shown, values=request.form)


def decide_ticked() -> Response:
    """POST: decide the ticked tasks, each by itself; what keeps some is told with their names."""
    context, form = caller(), request.form
    ids = [id_of(one) for one in form.getlist("task")]
    done = decide_several(context, ids, form.get("decision", ""), Said(form.get("comment", "").strip()))
    count = sum(1 for one in done if one.message is None)
    if count:
        notify(_("Decided: {count}", count=count))
    faults = [
        Fault("", one.code, Text("{name}: {reason}", name=one.title, reason=one.message) if one.title else one.message)
        for one in done
        if one.message is not None
    ]
    return _inbox(context, "waiting", faults) if faults else go_to(url_for("screens.show_inbox"))


def show_approval(id: str) -> Response:
    """GET: one approval by itself, for those too who don't see its record."""
    context = caller()
    found = seen(context, id_of(id))
    title = read.titles(context, found.instance.object, (found.instance.record,)).get(found.instance.record, "")
    return show("screens/approvals/approval.html", approval=bind_approval(context, found, names_of(context, (found,))), title=title)


# --- a task


def task_form(task: str, decision: str) -> Response:
    """GET: what is asked before a task is decided."""
    context = caller()
    found = task_of(context, id_of(task))
    if not found.open:
        notify(_("This task is not open any more"))
        return go_to(url_for("screens.show_approval", id=found.instance.code))
    if decision not in choices_of(context, found):
        raise NotThere
    return _ask_task(context, found, decision)


def act_on_task(task: str, decision: str) -> Response:
    """POST: decide it, or say what keeps it."""
    context = caller()
    found = task_of(context, id_of(task))
    slots = _edited(context, found, decision)
    said = _said(request.form, _changed(context, found, slots, entered(slots, request.form)))
    try:
        after = asking.decide_task(context, found, decision, said)
    except (Refused, Decided, NotAllowed) as error:
        return _ask_task(context, found, decision, _faults(error), _status(error))
    notify(_done(decision, after))
    return _on(context, after)


def _said(form: Mapping[str, str], values: Mapping[str, Any]) -> Said:
    """What a form says beside the decision itself."""
    people = tuple(dict.fromkeys(encode(id_of(form[name])) for name in form if name.startswith("said.person") and form[name]))
    comment, target = form.get("said.comment", "").strip(), form.get("said.target", "")
    return Said(comment, people, target, form.get("said.position", ""), form.get("said.mode", "all"), "said.advice" not in form, values)


def _done(decision: str, after: Instance) -> str:
    said = {"approved": Text("Done: it is approved"), "rejected": Text("Done: it is rejected")}.get(after.state.status)
    words = {"transfer": Text("Handed on"), "urge": Text("Asked to hurry"), "claim": Text("Claimed: it is yours")}.get(decision)
    return _((words or said or Text("Done")).msgid)


def _ask_task(context: Context, found: OpenTask, decision: str, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    slots = _edited(context, found, decision)
    painter().prefix = "e"
    return show(
        "screens/approvals/task.html",
        status,
        task=found,
        decision=decision,
        title=word_for(found, decision),
        label=Label.of(found.instance.definition.label),
        positions=positions_of(found) if decision == "add_sign" else (),
        targets=[(one, _target(found, one)) for one in targets_of(found)] if decision == "reject" and found.task.node else (),
        leads=_leads(found) if decision == "reject" else "",
        slots=slots,
        filled=_filled(context, found, slots, faults),
        faults=without_place(faults, slots),
        paint=painter(),
        inputs=[f"said.person{number or ''}" for number in range(MOST_ADDED if decision == "add_sign" else 1)],
        back=request.form.get("said.back", "") or request.args.get("back", ""),
        values=request.form,
    )


def _target(found: OpenTask, target: str) -> Text | Label:
    """What a rejection leads to, in words."""
    words = {"to_submitter": Text("back to whoever submitted it"), "end": Text("to the end: rejected")}
    if target in words:
        return words[target]
    step = found.instance.definition.step(target.removeprefix("step:"))
    return Label.of(step.label or step.id)


def _leads(found: OpenTask) -> str:
    """Where a rejection leads, where the step says so itself."""
    return found.instance.definition.step(found.task.node).on_reject if found.task.node else ""


def _edited(context: Context, found: OpenTask, decision: str) -> tuple[Slot, ...]:
    """The fields of the record that the holder may, or must, fill in with the decision."""
    if decision != "agree" or found.kind not in ("approve", "handle") or found.instance.object not in context.model.objects:
        return ()
    names = [name for name in dict.fromkeys((*found.require, *found.edit)) if name in found.edit]
    return tuple(slot for slot in bind_slots(context, found.instance.object, names) if slot.editable)


def _changed(context: Context, found: OpenTask, slots: Sequence[Slot], values: dict[str, Any]) -> FrozenMap[str, Any]:
    """Those of the values given that are others than the record's."""
    if not values:
        return FrozenMap()
    before = _raw(context, found, slots)
    return FrozenMap({name: value for name, value in values.items() if str(value or "") != str(before.get(name) or "")})


def _raw(context: Context, found: OpenTask, slots: Sequence[Slot]) -> dict[str, Any]:
    try:
        record = read.get(context, found.instance.object, found.instance.record, tuple(slot.name for slot in slots))
    except NotThere:
        return {}
    return raw_values(slots, record)


def _filled(context: Context, found: OpenTask, slots: Sequence[Slot], faults: Sequence[Fault]) -> Filled:
    if not slots:
        return Filled()
    raw = _raw(context, found, slots) | (entered(slots, request.form) if request.method == "POST" else {})
    return Filled(raw, titles_of(context, slots, raw), tuple(faults))


# --- an approval as a whole

DEEDS: dict[str, Callable[[str, str], c.Body]] = {
    "withdraw": lambda words, slot: c.Withdraw(words),
    "comment": lambda words, slot: c.Comment(words),
    "terminate": lambda words, slot: c.Terminate(words),
    "retry": lambda words, slot: c.Retry(),
    "reverse": lambda words, slot: c.Reverse(words),
    "takeback": lambda words, slot: c.TakeBack(*_slot(slot)),
    "remove": lambda words, slot: c.RemoveSign(*_slot(slot)),
}


def approval_form(id: str, deed: str) -> Response:
    """GET: what is asked before something is done with an approval."""
    context = caller()
    if deed not in DEEDS:
        raise NotThere
    return _ask_deed(seen_instance(context, id_of(id)), deed)


def act_on_approval(id: str, deed: str) -> Response:
    """POST: do it, or say what keeps it."""
    context, form = caller(), request.form
    found = seen_instance(context, id_of(id))
    if deed not in DEEDS:
        raise NotThere
    try:
        after = asking.ask(context, found.id, DEEDS[deed](form.get("said.comment", "").strip(), form.get("said.slot", "")))
    except (Refused, Decided, NotAllowed) as error:
        return _ask_deed(found, deed, _faults(error), _status(error))
    notify(_("Done"))
    return _on(context, after)


def _ask_deed(found: Instance, deed: str, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    label = Label.of(found.definition.label)
    words = {
        "approval": found,
        "deed": deed,
        "label": label,
        "faults": faults,
        "slot": request.form.get("said.slot", "") or request.args.get("slot", ""),
    }
    return show("screens/approvals/deed.html", status, **words, values=request.form)


def _slot(written: str) -> tuple[str, int, str]:
    node, visit, key = (*written.split(":"), "", "")[:3]
    return node, int(visit) if visit.isdecimal() and len(visit) < 9 else 0, key


# --- submitting


def submission_form(object: str, id: str) -> Response:
    """GET: which flow would start, and who would be asked."""
    context = caller()
    object_of(context, object)
    return _ask_submission(context, object, id_of(id))


def submit_for_approval(object: str, id: str) -> Response:
    """POST: submit it, or say what keeps it."""
    context = caller()
    object_of(context, object)
    wanted = _request(object, id_of(id))
    try:
        submit(context, wanted)
    except (Refused, Decided) as error:
        return _ask_submission(context, object, id_of(id), _faults(error), _status(error))
    notify(_("Submitted for approval"))
    return go_to(url_for("screens.show_record", object=object, id=id))


def _request(object: str, id: int) -> Request:
    return Request(object, id, "", FrozenMap(picks_of(request.form)), request.values.get("to", ""))


def _ask_submission(context: Context, object: str, id: int, faults: Sequence[Fault] = (), status: int = 200) -> Response:
    bound = bind_submission(context, _request(object, id))
    title = read.titles(context, object, (id,)).get(id, "")
    shown = {"bound": bound, "title": title, "record_id": encode(id), "faults": faults or bound.faults, "values": request.form}
    return show_object("screens/approvals/submission.html", object_of(context, object), status, **shown)


# --- common


def _on(context: Context, after: Instance) -> Response:
    """Back to where it was asked; else to the record, where it may be seen."""
    back = request.form.get("said.back", "")
    if not back and after.object in context.model.objects and read.reachable(context, after.object, (after.record,)):
        return go_to(url_for("screens.show_record", object=after.object, id=encode(after.record)))
    return go_to(safe_back(back, url_for("screens.show_inbox")))


def _faults(error: LooseleafError) -> Sequence[Fault]:
    return error.faults if isinstance(error, Refused) else (Fault("", "refused", error.message),)


def _status(error: LooseleafError) -> int:
    return 422 if isinstance(error, Refused) else 403 if isinstance(error, NotAllowed) else 409
