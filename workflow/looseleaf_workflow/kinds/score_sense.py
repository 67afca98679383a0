"""What a score means as a whole: grades that can be reached, criteria that give something, one writer for a field, and no circles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.cycles import Key, circles, inputs_of
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.texts import Text
from looseleaf_workflow.scores.counting import reach, reach_of
from looseleaf_workflow.scores.definition import Criterion, Score

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document

CLOCK = frozenset({"today", "now"})


def checked(score: Score, field: Field, owner: Object, document: Document, run: Compilation) -> Score:
    """The score with its time of day, which one that no day changes does without; what of it has no effect is reported."""
    _check_names(document, run)
    _check_criteria(score, document, run)
    _check_groups(score, document, run)
    _check_bounds(score, field, document, run)
    _check_grades(score, document, run)
    if depends_on_the_day(score, run.objects):
        return score
    if "at" in document.data:
        run.report(document, "/at", "no-effect", Text("nothing here changes because days pass"), key=True)
    return replace(score, at="")


def depends_on_the_day(score: Score, objects: Mapping[str, Object]) -> bool:
    """Whether the total may change because time passes: something asks for today, formulas on the way included."""
    return any(_asks_for_the_day(one, objects, frozenset()) for one in score.expressions())


def _asks_for_the_day(expression: Expression, objects: Mapping[str, Object], seen: frozenset[Key]) -> bool:
    if expression.ambient & CLOCK:
        return True
    for path in expression.reads:
        for step in resolve_path(objects, expression.object, path).steps:
            key = (step.object, step.field.name)
            if step.field.value is not None and key not in seen and _asks_for_the_day(step.field.value, objects, seen | {key}):
                return True
    return False


def _check_names(document: Document, run: Compilation) -> None:
    for key, word in (("criteria", "criterion"), ("groups", "group"), ("grades", "grade")):
        seen: set[str] = set()
        for index, one in enumerate(document.data.get(key, ())):
            if one[word] in seen:
                run.report(document, f"/{key}/{index}/{word}", "duplicate-name", Text("'{name}' is there twice", name=one[word]))
            seen.add(one[word])


def _check_criteria(score: Score, document: Document, run: Compilation) -> None:
    for index, one in enumerate(score.criteria):
        pointer = f"/criteria/{index}"
        if reach_of(one) == (0, 0):
            run.report(document, f"{pointer}/points", "no-effect", Text("this never gives a point"))
        elif one.when is not None and not one.when.reads and not one.when.ambient:
            run.report(document, f"{pointer}/when", "no-effect", Text("this reads no field, so it says nothing about a record"))
        elif _same_for_all(one):
            run.report(document, pointer, "no-effect", Text("every record gets these points: they tell none from another"))
        if one.group and one.group not in {group.name for group in score.groups}:
            run.report(document, f"{pointer}/group", "unknown-group", Text("there is no group '{name}'", name=one.group))


def _same_for_all(one: Criterion) -> bool:
    return one.when is None and one.by_option is None and not one.fades and (one.value is None or not one.value.reads)


def _check_groups(score: Score, document: Document, run: Compilation) -> None:
    for index, group in enumerate(score.groups):
        highs = [reach_of(one)[1] for one in score.criteria if one.group == group.name]
        if not highs:
            run.report(document, f"/groups/{index}", "no-effect", Text("no criterion is in the group '{name}'", name=group.name))
        elif None not in highs and sum(high or 0 for high in highs) <= group.most:
            message = Text("its criteria never give more than {most} together", most=group.most)
            run.report(document, f"/groups/{index}/most", "no-effect", message)


def _check_bounds(score: Score, field: Field, document: Document, run: Compilation) -> None:
    low, high = score.lowest, score.highest
    if low is not None and high is not None and low >= high:
        run.report(document, "/highest", "bad-value", Text("the highest total must be above the lowest, {lowest}", lowest=low))
    least, most = field.settings.get("min"), field.settings.get("max")
    if most is not None and (high is None or high > most):
        message = Text("'{name}' holds {most} at most", name=field.name, most=most)
        run.report(document, "/field", "bad-value", message, Text("add 'highest: {most}'", most=most))
    if least is not None and (low is None or low < least):
        message = Text("'{name}' holds {least} at least", name=field.name, least=least)
        run.report(document, "/field", "bad-value", message, Text("add 'lowest: {least}'", least=least))


def _check_grades(score: Score, document: Document, run: Compilation) -> None:
    least, most = reach(score)
    written = [one["grade"] for one in document.data.get("grades", ())]
    for index, grade in enumerate(score.grades):
        pointer = f"/grades/{written.index(grade.option)}/from"
        above = score.grades[index - 1] if index else None
        if most is not None and grade.least > most:
            message = Text("no record gets there: there are {most} points at most", most=most)
            run.report(document, pointer, "unreachable", message)
        elif above is not None and (above.least == grade.least or (least is not None and above.least <= least)):
            message = Text("no record is called '{name}': all that have {least} points are '{other}'", name=grade.option, least=grade.least, other=above.option)  # fmt: skip
            run.report(document, pointer, "unreachable", message)


# --- among scores


def check_writers(built: Mapping[str, Any], documents: Mapping[str, Document], run: Compilation) -> None:
    """Two scores that write one field would take turns for ever."""
    writers: dict[Key, str] = {}
    for name in sorted(built):
        score: Score = built[name]
        for key, output in zip(("field", "grade"), score.outputs, strict=False):
            other = writers.setdefault((score.object, output), name)
            if other != name or (key == "grade" and score.grade == score.field):
                message = Text("'{name}' is written by the score '{other}' already", name=output, other=other)
                run.report(documents[name], f"/{key}", "duplicate-name", message)


def check_circles(built: Mapping[str, Any], documents: Mapping[str, Document], run: Compilation) -> None:
    """A score that is counted from itself, directly, by formulas and roll-ups, or by another score, would never come to rest."""
    graph: dict[Key, list[Key]] = {
        (name, field.name): inputs_of(run.objects, thing, field)
        for name, thing in run.objects.items()
        if not thing.retired
        for field in thing.live_fields
        if field.type in ("formula", "rollup")
    }
    writers: dict[Key, str] = {}
    for name, score in built.items():
        reads = list(_reads(score, run.objects))
        for output in score.outputs:
            graph[score.object, output] = reads
            writers[score.object, output] = name
    for circle in circles(graph):
        name = next((writers[key] for key in circle if key in writers), "")
        if name:
            way = " → ".join(f"{owner}.{field}" for owner, field in (*circle, circle[0]))
            run.report(documents[name], "/criteria", "circular-score", Text("this score is counted from itself: {path}", path=way))


def _reads(score: Score, objects: Mapping[str, Object]) -> Iterator[Key]:
    for expression in score.expressions():
        for path in sorted(expression.reads):
            for step in resolve_path(objects, expression.object, path).steps:
                yield step.object, step.field.name
