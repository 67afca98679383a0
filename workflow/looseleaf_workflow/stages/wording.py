"""A criterion in words, for people who don't read expressions: "预算 大于 0". Made once per revision, in every language.

What has no plain form is said as it is written, with the labels of its fields.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from looseleaf_metadata.expressions.nodes import Compare, Expression, ListOf, Literal, Logical, Node, Path, Unary
from looseleaf_metadata.expressions.types import Kind
from looseleaf_metadata.labels import LOCALES, Label
from looseleaf_metadata.model import Field, Object
from looseleaf_metadata.paths import resolve_path
from looseleaf_metadata.texts import Text

Objects = Mapping[str, Object]
TURNED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""What a comparison is called with its sides exchanged."""


def words(expression: Expression, objects: Objects) -> Label:
    """What an expression demands, as a label."""
    return Label.of({locale: _Speaker(expression, objects, locale).sentence(expression.root) for locale in LOCALES})


@dataclass(frozen=True, slots=True)
class _Speaker:
    """Says one expression in one language."""

    expression: Expression
    objects: Objects
    locale: str

    def sentence(self, node: Node) -> str:
        """A condition."""
        said = self._plain(node)
        return self._as_written() if said is None else said.translate(self.locale)

    def _plain(self, node: Node) -> Text | None:
        """The sentence for a condition of a simple form, None for others."""
        match node:
            case Logical(operator=operator, operands=operands):
                return self._joined(operator, operands)
            case Compare():
                return self._comparison(node)
            case Unary(operator="not", operand=Path() as path):
                return Text("{what} is not set", what=self._path(path))
            case Path(type=kind) if kind.kind is Kind.BOOLEAN:
                return Text("{what} is set", what=self._path(node))
        return None

    def _joined(self, operator: str, operands: tuple[Node, ...]) -> Text | None:
        parts = [self._plain(operand) for operand in operands]
        if any(part is None for part in parts):
            return None
        said = parts[0]
        for part in parts[1:]:
            said = Text("{one} and {other}", one=said, other=part) if operator == "and" else Text("{one} or {other}", one=said, other=part)
        return said

    def _comparison(self, node: Compare) -> Text | None:
        left, right, operator = node.left, node.right, node.operator
        if not isinstance(left, Path) and isinstance(right, Path) and operator in TURNED:
            left, right, operator = right, left, TURNED[operator]
        if not isinstance(left, Path):
            return None
        what, other = self._path(left), self._value(right, left)
        if isinstance(right, Literal) and right.value is None:
            filled = operator in ("is not", "!=")
            return Text("{what} is filled in", what=what) if filled else Text("{what} is empty", what=what)
        return None if other is None else _compared(operator, what, other)

    def _path(self, path: Path) -> str:
        """The labels along a path."""
        steps = resolve_path(self.objects, self.expression.object, path.dotted).steps
        return " · ".join(step.field.label.text(self.locale) for step in steps) or path.dotted

    def _value(self, node: Node, beside: Path) -> str | None:
        """What something is compared with."""
        if isinstance(node, Path):
            return self._path(node)
        if isinstance(node, ListOf):
            parts = [self._value(item, beside) for item in node.items]
            return None if None in parts else ("、" if self.locale == "zh" else ", ").join(str(part) for part in parts)
        if not isinstance(node, Literal):
            return None
        return self._literal(node, beside)

    def _literal(self, node: Literal, beside: Path) -> str:
        steps = resolve_path(self.objects, self.expression.object, beside.dotted).steps
        field: Field | None = steps[-1].field if steps else None
        option = field.option(str(node.value)) if field is not None else None
        if option is not None:
            return f"“{option.label.text(self.locale)}”"
        if isinstance(node.value, bool):
            return (Text("yes") if node.value else Text("no")).translate(self.locale)
        if field is not None and field.type == "percent" and not isinstance(node.value, str):
            return f"{(Decimal(node.value) * 100).normalize():f}%"
        return f"“{node.value}”" if isinstance(node.value, str) else str(node.value)

    def _as_written(self) -> str:
        """The expression's own text with labels for its paths."""
        text = self.expression.source
        for path in sorted(self.expression.reads, key=len, reverse=True):
            steps = resolve_path(self.objects, self.expression.object, path).steps
            label = " · ".join(step.field.label.text(self.locale) for step in steps) or path
            text = re.sub(rf"(?<![\w.'\"]){re.escape(path)}(?![\w.'\"])", f"“{label}”".replace("\\", r"\\"), text)
        return text


def _compared(operator: str, what: str, other: str) -> Text | None:
    match operator:
        case "==" | "is":
            return Text("{what} is {other}", what=what, other=other)
        case "!=" | "is not":
            return Text("{what} is not {other}", what=what, other=other)
        case ">":
            return Text("{what} is more than {other}", what=what, other=other)
        case ">=":
            return Text("{what} is at least {other}", what=what, other=other)
        case "<":
            return Text("{what} is less than {other}", what=what, other=other)
        case "<=":
            return Text("{what} is at most {other}", what=what, other=other)
        case "in":
            return Text("{what} is one of {other}", what=what, other=other)
        case "not in":
            return Text("{what} is none of {other}", what=what, other=other)
    return None
