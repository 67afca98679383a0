"""`score`: what a record of an object is worth, in points that criteria give, and what that is called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import INTEGER
from looseleaf_metadata.expressions.types import Kind as ValueKind
from looseleaf_metadata.frozen import freeze
from looseleaf_metadata.kinds.base import EXPRESSION, LABEL, NAME, PATH, Kind, Schema, either, listing, mapping, named, text
from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.names import humanised
from looseleaf_metadata.texts import Text
from looseleaf_workflow.kinds import score_sense as sense
from looseleaf_workflow.scores.definition import Criterion, Grade, Group, Score

if TYPE_CHECKING:
    from looseleaf_metadata.compilation import Compilation
    from looseleaf_metadata.documents import Document
    from looseleaf_metadata.vocabulary import Vocabulary

POINTS: Schema = {"type": "integer", "minimum": -10_000, "maximum": 10_000}
TOTAL: Schema = {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000}
TIME: Schema = text(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
FADES = mapping({"since": PATH, "days": {"type": "integer", "minimum": 1, "maximum": 3650}}, ("since", "days"))
CRITERION = mapping(
    {
        "criterion": NAME,
        "label": LABEL,
        "when": EXPRESSION,
        "by": PATH,
        "points": either(integer=POINTS, string=EXPRESSION, object=named(POINTS, minProperties=1)),
        "otherwise": POINTS,
        "fades": FADES,
        "group": NAME,
    },
    ("criterion", "points"),
)
GROUP = mapping({"group": NAME, "label": LABEL, "most": {**POINTS, "minimum": 0}}, ("group", "most"))
GRADE = mapping({"grade": NAME, "from": TOTAL}, ("grade", "from"))
DAILY = "02:00"
"""When in the day what depends on the day is counted again, where nothing is said."""


class ScoreKind(Kind):
    """A score."""

    name = "score"
    required = ("object", "field", "criteria")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {
            "id": NAME,
            "label": LABEL,
            "object": NAME,
            "field": NAME,
            "grade": NAME,
            "where": EXPRESSION,
            "criteria": listing(CRITERION, minItems=1, maxItems=50),
            "groups": listing(GROUP, minItems=1),
            "lowest": TOTAL,
            "highest": TOTAL,
            "grades": listing(GRADE, minItems=1),
            "at": TIME,
        }

    def build(self, document: Document, run: Compilation) -> Any:
        """The score, with everything that it names checked."""
        owner = run.known_object(document, "/object", document.data["object"], f"score:{document.name}", "score")
        return None if owner is None else _Builder(document, run, owner).score()

    def finish(self, built: dict[str, Any], run: Compilation) -> None:
        """A field has one score that writes it, and no score is counted from itself."""
        documents = {document.name: document for document in run.documents if document.kind == self.name}
        sense.check_writers(built, documents, run)
        sense.check_circles(built, documents, run)


class _Builder:
    """Builds one score from its document."""

    def __init__(self, document: Document, run: Compilation, owner: Object) -> None:
        self.document, self.run, self.owner = document, run, owner
        self.source = f"score:{document.name}"

    def score(self) -> Score | None:
        """The whole score; None where it could not be stored."""
        data = self.document.data
        field = self._output("field", data["field"], "integer")
        grade = self._output("grade", data["grade"], "select") if "grade" in data else None
        groups = tuple(
            Group(one["group"], Label.of(one.get("label", humanised(one["group"]))), one["most"]) for one in data.get("groups", ())
        )
        criteria = tuple(self._criterion(f"/criteria/{index}", one) for index, one in enumerate(data["criteria"]))
        if field is None:
            return None
        made = Score(
            id=data.get("id", self.document.name),
            name=self.document.name,
            label=Label.of(data.get("label", humanised(self.document.name))),
            object=self.owner.name,
            field=field.name,
            grade=grade.name if grade is not None else "",
            criteria=criteria,
            groups=groups,
            grades=self._grades(grade),
            where=self._expression("/where") if "where" in data else None,
            lowest=data.get("lowest", 0),
            highest=data.get("highest"),
            at=data.get("at", DAILY),
            app=self.document.app,
            place=self.document.place(),
        )
        return sense.checked(made, field, self.owner, self.document, self.run)

    def report(self, pointer: str, code: str, message: Text, hint: Text | None = None, *, key: bool = False) -> None:
        """Note a problem of this document."""
        self.run.report(self.document, pointer, code, message, hint, key=key)

    def _output(self, key: str, name: str, type: str) -> Field | None:
        """A field that the score writes, and nobody else."""
        found = self.run.known_field(self.document, f"/{key}", self.owner.name, name, self.source, "score")
        if found is None:
            return None
        if found.type != type:
            self.report(
                f"/{key}", "wrong-type", Text("'{name}' must be of type {type}: it is {kind}", name=name, type=type, kind=found.type)
            )
            return None
        if not found.read_only:
            message = Text("a score writes '{name}': people must not", name=name)
            self.report(f"/{key}", "bad-value", message, Text("write 'read_only: true' at the field"))
        return found

    def _expression(self, pointer: str, expected: Any = None) -> Expression | None:
        more = {} if expected is None else {"expected": expected}
        found = self.run.expression(self.document, pointer, self.owner.name, source=self.source, how="expression", **more)
        if found is not None and "me" in found.ambient:
            self.report(pointer, "bad-value", Text("a score is the same for everybody: it can't ask who looks"))
        for path in sorted(found.reads) if found is not None else ():
            self._check_changing(pointer, path)
        return found

    def _check_changing(self, pointer: str, path: str) -> None:
        """What the score itself changes by writing."""
        if path in ("updated_at", "updated_by", "version"):
            message = Text("a score that is written changes '{name}': it would be counted from itself", name=path)
            self.report(pointer, "circular-score", message, Text("name a date that people or records set"))

    # --- criteria

    def _criterion(self, pointer: str, data: Mapping[str, Any]) -> Criterion:
        points, by = data["points"], data.get("by", "")
        options = freeze(points) if isinstance(points, Mapping) else None
        value = self._expression(f"{pointer}/points", INTEGER) if isinstance(points, str) else None
        if options is not None:
            value = self._by(pointer, by, options)
        elif by or "otherwise" in data:
            key = "by" if by else "otherwise"
            self.report(f"{pointer}/{key}", "no-effect", Text("'{key}' goes with points for each option", key=key), key=True)
        return Criterion(
            name=data["criterion"],
            label=Label.of(data.get("label", humanised(data["criterion"]))),
            when=self._expression(f"{pointer}/when") if "when" in data else None,
            fixed=points if isinstance(points, int) else 0,
            value=value,
            by_option=options,
            otherwise=data.get("otherwise", 0),
            age=self._age(pointer, data["fades"]["since"]) if "fades" in data else None,
            fades=data["fades"]["days"] if "fades" in data else 0,
            group=data.get("group", ""),
        )

    def _by(self, pointer: str, by: str, options: Mapping[str, int]) -> Expression | None:
        """The select field whose options give points."""
        if not by:
            self.report(f"{pointer}/points", "missing-key", Text("say whose options these are"), Text("add 'by: …', a select field"))
            return None
        found = self.run.known_path(self.document, f"{pointer}/by", self.owner.name, by, self.source, "score")
        if found is None:
            return None
        if found.type != "select":
            message = Text("'{name}' must be of type {type}: it is {kind}", name=by, type="select", kind=found.type)
            self.report(f"{pointer}/by", "wrong-type", message)
            return None
        for name in options:
            if found.option(name) is None:
                message = Text("'{name}' is no option of '{field}'", name=name, field=by)
                self.report(f"{pointer}/points/{name}", "unknown-option", message, key=True)
        return self._made(by, pointer)

    def _age(self, pointer: str, since: str) -> Expression | None:
        """The days that have passed since a date."""
        found = self.run.known_path(self.document, f"{pointer}/fades/since", self.owner.name, since, self.source, "score")
        if found is None:
            return None
        if found.expression_type.kind not in (ValueKind.DATE, ValueKind.DATETIME):
            self.report(f"{pointer}/fades/since", "wrong-type", Text("'{name}' is no date: it is {kind}", name=since, kind=found.type))
            return None
        self._check_changing(f"{pointer}/fades/since", since)
        return self._made(f"days_between({since}, today())", pointer)

    def _made(self, source: str, pointer: str) -> Expression | None:
        """An expression of our own making."""
        found = check_expression(source, self.owner, self.run.objects, place=self.document.place(), path=pointer)
        return found if isinstance(found, Expression) else None

    def _grades(self, field: Field | None) -> tuple[Grade, ...]:
        """The grades, the best first."""
        written = self.document.data.get("grades", ())
        if written and "grade" not in self.document.data:
            self.report("/grades", "missing-key", Text("say where the grade is kept"), Text("add 'grade: …', a select field"))
        elif field is not None and not written:
            self.report("/grade", "no-effect", Text("without 'grades' nothing is ever written there"), key=True)
        found: dict[str, Grade] = {}
        for index, one in enumerate(written):
            if field is not None and field.option(one["grade"]) is None:
                message = Text("'{name}' is no option of '{field}'", name=one["grade"], field=field.name)
                self.report(f"/grades/{index}/grade", "unknown-option", message)
            found[one["grade"]] = Grade(one["grade"], one["from"])
        return tuple(sorted(found.values(), key=lambda grade: -grade.least))
