"""One step of a scenario: what somebody does, and what is expected of it. Returns what was otherwise, in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.problems import Place
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Conflict, LooseleafError, NotAllowed, NotThere, Refused
from looseleaf_platform.fields import field_type
from looseleaf_platform.fields.currency import Money
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Operation, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.scenarios.stage import Stage

COMPUTED = {Kind.DATE: "date", Kind.DATETIME: "datetime"}
"""How values that are computed are read, where what a scenario writes is not the value already."""
WRITES = ("create", "update", "delete", "restore")


def run_step(stage: Stage, step: Mapping[str, Any]) -> list[Text]:
    """Do one step; the differences between what was expected and what happened, [] if none."""
    if "now" in step:
        stage.clock.set(str(step["now"]), stage.timezone)
        let_happen(stage)
    when, then = step["when"], step.get("then")
    context = stage.caller(when.get("as"))
    try:
        outcome = act(stage, context, when)
    except LooseleafError as error:
        return judge_error(step, error)
    if "refused" in step:
        return [Text("expected to be refused, and it went through")]
    return judge(stage, context, when, then, outcome)


def let_happen(stage: Stage) -> None:
    """What is due by now happens before anybody does anything."""
    for extension in stage.workspace.extensions:
        for chore in extension.chores:
            chore(stage.workspace)


def act(stage: Stage, context: Context, when: Mapping[str, Any]) -> Any:
    """What the person does; for reads, what they were shown."""
    verbs = {word: verb for extension in stage.workspace.extensions for word, verb in extension.verbs.items()}
    verb = next(name for name in (*WRITES, "read", "list", "count", *verbs) if name in when)
    subject = str(when[verb])
    if verb in verbs:
        made = verbs[verb](context, *stage.records.get(subject, (subject, 0)), when)
        for part, name in dict(when.get("became", {})).items():
            stage.records[str(name)] = made[part]  # type: ignore[index]  # what has parts to name gives them
        return made
    if verb == "read":
        object_name, id = stage.records[subject]
        return read.get(context, object_name, id)
    if verb in ("list", "count"):
        return read.page(context, subject, Query(expression=which(context, subject, when), count=True))
    object_name, id_or_none = (subject, None) if verb == "create" else stage.records[subject]
    change = Change(verb, object_name, id_or_none, stage.resolve(object_name, when.get("set", {})))  # type: ignore[arg-type]
    written = write(context, [change], Operation("scenario", reason=str(when.get("reason", "")))).written[0]
    if verb == "create" and "name" in when and written.id is not None:
        stage.records[str(when["name"])] = (object_name, written.id)
    return written


def which(context: Context, object_name: str, when: Mapping[str, Any]) -> Expression | None:
    """The records that a count is about, where the step says which: `count: task, where: "status == 'open'"`."""
    if "where" not in when:
        return None
    objects = context.model.objects
    found = check_expression(str(when["where"]), objects.get(object_name), objects, place=Place())
    return found if isinstance(found, Expression) else None


def judge_error(step: Mapping[str, Any], error: LooseleafError) -> list[Text]:
    """Whether the error is the one that was expected."""
    wanted = step.get("refused", step.get("then"))
    said = Text("was refused: {detail}", detail=error.args[0] if error.args else str(error))
    if isinstance(error, NotThere):
        return [] if wanted == "not there" else [said]
    if isinstance(error, NotAllowed):
        return [] if wanted == "not allowed" else [said]
    if isinstance(error, Conflict):
        return [] if wanted == "conflict" else [said]
    if not isinstance(error, Refused) or "refused" not in step:
        return [said]
    if isinstance(wanted, Mapping) and "at" in wanted:
        places = {fault.pointer.strip("/") for fault in error.faults}
        if str(wanted["at"]).replace(".", "/") in places:
            return []
        return [Text("expected to be refused at {wanted}, was refused at {found}", wanted=wanted["at"], found=", ".join(sorted(places)))]
    return [] if wanted in (True, "rules") else [said]


def judge(stage: Stage, context: Context, when: Mapping[str, Any], then: Any, outcome: Any) -> list[Text]:
    """Whether what happened is what was expected of a step that went through."""
    if isinstance(then, Mapping):
        reader = stage.caller(when.get("as") if "read" in when else None)
        return [fault for path, value in then.items() if (fault := compare(stage, reader, str(path), value)) is not None]
    if then in ("visible", "hidden", "masked"):
        found = visibility(context, stage, when, outcome)
        return [] if found == then else [Text("expected {wanted}, is {found}", wanted=then, found=found)]
    if isinstance(outcome, list):
        return judge_texts(outcome, then)
    if "count" in when or "list" in when:
        return [] if outcome.count == then else [Text("expected {wanted}, is {found}", wanted=then, found=outcome.count)]
    return [] if then is None else [Text("expected {wanted}, and it went through", wanted=str(then))]


def judge_texts(texts: list[str], then: Any) -> list[Text]:
    """Whether as many texts came of a step as were expected, or one that holds each of the words."""
    if isinstance(then, int):
        return [] if len(texts) == then else [Text("expected {wanted}, is {found}", wanted=then, found=len(texts))]
    words = [str(then)] if isinstance(then, str) else [str(word) for word in then or ()]
    missing = [word for word in words if not any(word in text for text in texts)]
    return [Text("expected {wanted}, is {found}", wanted=word, found=" / ".join(texts) or "0") for word in missing]


def visibility(context: Context, stage: Stage, when: Mapping[str, Any], record: Any) -> str:
    """How the reader sees the field that a read names; "lines.price" speaks of a field of the line object."""
    head, _, rest = str(when.get("field", "")).partition(".")
    if not head:
        return "visible"
    if rest:
        target = context.model.object(record.object).fields[head].target
        shown = head in context.profile.readable(record.object) and rest in context.profile.readable(target)
        return "visible" if shown else "hidden"
    if head in record.masked:
        return "masked"
    return "visible" if head in record.values else "hidden"


def compare(stage: Stage, reader: Context, path: str, wanted: Any) -> Text | None:
    """Compare one value, "record.field", with what the scenario says it is; None if equal."""
    name, _, field_name = path.partition(".")
    if name not in stage.records:
        return Text("there is no record called '{name}' in this scenario", name=name)
    object_name, id = stage.records[name]
    found = read.get(reader, object_name, id).values.get(field_name)
    field = reader.model.object(object_name).fields[field_name]
    resolved = stage.resolve(object_name, {field_name: wanted})[field_name]
    kind = COMPUTED.get(field.expression_type.kind, "") if field.type in ("formula", "rollup") else field.type
    expected = field_type(kind).parse(resolved, field, stage.situation()) if kind else resolved
    if same(found, expected, stage):
        return None
    return Text("{path}: expected {wanted}, is {found}", path=path, wanted=str(wanted), found=str(found))


def same(found: Any, expected: Any, stage: Stage) -> bool:
    """Whether a stored value is what a scenario wrote, money and numbers by worth."""
    if isinstance(found, Money):
        expected = money(expected, found.currency)
        return isinstance(expected, Money) and (found.amount, found.currency) == (expected.amount, expected.currency)
    if hasattr(found, "as_tuple") and not isinstance(expected, bool) and expected is not None:
        return bool(found == type(found)(str(money(expected, "").amount if isinstance(expected, str) else expected)))
    return bool(found == expected)


def money(value: Any, currency: str) -> Any:
    """Money as a scenario writes it: "500000 CNY", or a bare number in `currency`."""
    if value is None or isinstance(value, Money):
        return value
    amount, _, code = str(value).partition(" ")
    return Money(Decimal(amount), code or currency)
