"""What a pipeline says that its shape can't show to be wrong: stages in no order, keys without effect, pipelines in each other's way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from looseleaf_metadata.documents import pointer_of
from looseleaf_metadata.problems import suggest
from looseleaf_metadata.texts import Text
from looseleaf_workflow.stages.definition import Pipeline

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document

OPEN_ONLY = ("exit_when", "do", "skip", "stall", "gate")
"""What has no effect on a closed stage: nobody goes on from it, and it never stalls."""


def check_stages(document: Document, run: Compilation, pipeline: Pipeline) -> None:
    """Report what makes no sense within one pipeline."""
    seen: set[str] = set()
    closed = False
    for index, data in enumerate(document.data["stages"]):
        pointer, name = f"/stages/{index}", data["stage"]
        if name in seen:
            run.report(document, f"{pointer}/stage", "duplicate-name", Text("the stage '{name}' is there twice", name=name))
        seen.add(name)
        if closed and "closed" not in data:
            message = Text("an open stage comes before the closed ones")
            run.report(document, f"{pointer}/stage", "order", message, Text("move it up, or give it 'closed'"))
        closed = closed or "closed" in data
        for key in _without_effect(index, data, pipeline):
            message = Text("'{key}' has no effect here", key=key)
            run.report(document, f"{pointer}/{key}", "no-effect", message, _why(key, data), key=True)
    for gone, target in document.data.get("moved", {}).items():
        if gone in seen:
            message = Text("'{name}' is a stage still: its records stay", name=gone)
            run.report(document, "/moved" + pointer_of(gone), "no-effect", message, key=True)
        if target not in seen:
            run.report(
                document, "/moved" + pointer_of(gone), "unknown-stage", Text("unknown stage '{name}'", name=target), suggest(target, seen)
            )
    if "closed" in document.data["stages"][0]:
        run.report(document, "/stages/0/stage", "order", Text("a pipeline begins with an open stage"))


def _without_effect(index: int, data: dict[str, object], pipeline: Pipeline) -> Iterator[str]:
    if "closed" in data:
        yield from (key for key in OPEN_ONLY if key in data)
    elif index == 0 and "back" in data:
        yield "back"
    if "probability" in data and not pipeline.probability:
        yield "probability"


def _why(key: str, data: dict[str, object]) -> Text | None:
    if key == "probability":
        return Text("name the field that holds it: 'probability: …' at the top")
    if key == "back":
        return Text("nothing comes before the first stage")
    return Text("a closed stage is not left forward and never stalls")


def check_neighbours(pipelines: Iterable[Pipeline], run: Compilation) -> None:
    """Report pipelines of one field that can take no record, and options that no record could have."""
    documents = {document.name: document for document in run.documents if document.kind == "pipeline"}
    by_field: defaultdict[tuple[str, str], list[Pipeline]] = defaultdict(list)
    for pipeline in pipelines:
        by_field[pipeline.object, pipeline.field].append(pipeline)
    for (object_name, field_name), found in by_field.items():
        ordered = sorted(found, key=lambda one: (one.order, one.when is None))
        takes_all = next((one for one in ordered if one.when is None), None)
        if takes_all is None:
            continue
        for late in ordered[ordered.index(takes_all) + 1 :]:
            message = Text("no record comes to this pipeline: '{other}' takes all of {object}", other=takes_all.name, object=object_name)
            hint = Text("give one of them 'when', or a lower 'order'")
            run.report(documents[late.name], "/pipeline", "unreachable", message, hint)
        known = {data["stage"] for one in found for data in documents[one.name].data["stages"]}
        for option in run.objects[object_name].fields[field_name].options:
            if not option.retired and option.name not in known:
                message = Text("the option '{name}' of '{field}' is a stage of no pipeline", name=option.name, field=field_name)
                hint = Text("no record can come to it: add it as a stage, or retire the option")
                run.report(documents[takes_all.name], "/stages", "unreachable", message, hint, key=True)
