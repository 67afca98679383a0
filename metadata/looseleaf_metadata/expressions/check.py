"""From source text to a checked Expression: every node typed against an object and what is reached through its look-ups.

Collects all problems of an expression. Knows objects of the Model; knows nothing of YAML or databases.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from looseleaf_metadata.expressions import operators
from looseleaf_metadata.expressions.conversions import (
    BROKEN,
    Mismatch,
    check_options,
    common_type,
    convert,
    kind_word,
    literal_number,
    name_list,
    unify,
)
from looseleaf_metadata.expressions.functions import FUNCTIONS
from looseleaf_metadata.expressions.nodes import Ambient, Call, Conditional, Expression, ListOf, Literal, Node, Path, walk
from looseleaf_metadata.expressions.parse import NotAnExpression, Parsed, parse_expression
from looseleaf_metadata.expressions.types import ANY, BOOLEAN, NULL, TEXT, ExpressionType, Kind, record
from looseleaf_metadata.model import Object
from looseleaf_metadata.problems import Place, Problem, did_you_mean
from looseleaf_metadata.texts import Text

MAX_REACH = 6
"""Most names in a path through look-ups."""
ZONED_FUNCTIONS = frozenset({"date", "start_of_day"})
"""Functions that depend on the time zone of whoever asks; so does the text of a moment."""
SYMBOLS: Mapping[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.USub: "-",
    ast.UAdd: "+",
    ast.Not: "not",
    ast.And: "and",
    ast.Or: "or",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Is: "is",
    ast.IsNot: "is not",
}


def check_expression(
    source: str,
    object: Object | None,
    objects: Mapping[str, Object],
    *,
    place: Place,
    extra: Mapping[str, ExpressionType] = {},
    expected: ExpressionType | None = None,
    path: str = "",
) -> Expression | list[Problem]:
    """Check `source` for records of `object` (None: no record, only names of `extra`, `me` and functions).

    `extra`: further names, dotted ones too. `expected`: the type wanted of the whole (BOOLEAN for conditions; a number is
    rounded to its scale). `place`: where the first character of `source` stands; `path`: JSON pointer for the problems.
    """
    if not isinstance(source, str):
        return [Problem(place, path, "syntax", Text("An expression is written as a quoted text"))]
    try:
        parsed = parse_expression(source)
    except NotAnExpression as error:
        return [_problem(source, place, path, error.offset, error.width, error)]
    checker = _Checker(parsed, object, objects, extra)
    root = checker.whole(expected)
    if checker.faults:
        return [_problem(source, place, path, offset, width, fault) for offset, width, fault in checker.faults]
    nodes = tuple(walk(root))
    reads = frozenset(node.dotted for node in nodes if isinstance(node, Path))
    return Expression(source, object.name if object else "", root, reads, frozenset(_ambient(nodes)))


def _ambient(nodes: tuple[Node, ...]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Ambient):
            yield node.name
        elif isinstance(node, Call) and (
            node.function in ZONED_FUNCTIONS or (node.function == "text" and node.arguments[0].type.kind is Kind.DATETIME)
        ):
            yield "timezone"


def _problem(source: str, place: Place, path: str, offset: int, width: int, fault: Mismatch | NotAnExpression) -> Problem:
    before = source[:offset]
    line = before.count("\n")
    column = place.column + (offset if not line else len(before) - before.rindex("\n") - 1) if place.line else place.column
    shifted = replace(place, line=place.line + line if place.line else 0, column=column)
    return Problem(shifted, path, fault.code, fault.message, fault.suggestion, width=max(min(width, len(source) - offset), 1))


class _Checker:
    """One walk over one syntax tree. `faults`: offset, width and what is wrong."""

    def __init__(self, parsed: Parsed, object: Object | None, objects: Mapping[str, Object], extra: Mapping[str, ExpressionType]) -> None:
        self.parsed, self.object, self.objects, self.extra = parsed, object, objects, extra
        self.faults: list[tuple[int, int, Mismatch]] = []
        self.widths: dict[int, int] = {}

    def whole(self, expected: ExpressionType | None) -> Node:
        """The typed tree, converted to `expected`."""
        tree = self.parsed.tree
        root = self.visit(tree)
        if isinstance(root, ListOf):
            return self._fault(tree, Mismatch("type", Text("A list stands only after 'in'")))
        if expected is None or root.type is BROKEN:
            return root
        try:
            if expected.kind is Kind.OPTION:
                check_options(root, expected.options)
            converted = convert(root, expected)
        except Mismatch as mismatch:
            return self._fault(tree, mismatch)
        if converted is None:
            message = Text("{wanted} is needed, this gives {kind}", wanted=kind_word(expected), kind=kind_word(root.type))
            return self._fault(tree, Mismatch("type", message))
        return converted

    def visit(self, tree: ast.AST) -> Node:
        """The typed node of one syntax node; a broken one where a problem was found."""
        try:
            node = self._visit(tree)
        except Mismatch as mismatch:
            return self._fault(tree, mismatch)
        self.widths.setdefault(node.offset, self.parsed.width(tree))
        return node

    def _fault(self, tree: ast.AST, mismatch: Mismatch) -> Node:
        offset, width = self.parsed.offset(tree), self.parsed.width(tree)
        if mismatch.at is not None:
            width = self.widths.get(mismatch.at.offset, width)
            offset = mismatch.at.offset
        self.faults.append((offset, width, mismatch))
        return operators.broken(offset)

    def _visit(self, tree: ast.AST) -> Node:
        offset = self.parsed.offset(tree)
        match tree:
            case ast.Constant(value=value):
                return self._constant(tree, value, offset)
            case ast.Name() | ast.Attribute():
                return self._path(self._names(tree), offset)
            case ast.UnaryOp(op=operator, operand=operand):
                return operators.unary(SYMBOLS[type(operator)], self.visit(operand), offset)
            case ast.BinOp(left=left, op=operator, right=right):
                return operators.binary(SYMBOLS[type(operator)], self._single(left), self._single(right), offset)
            case ast.BoolOp(op=operator, values=values):
                return operators.logical(SYMBOLS[type(operator)], [self._single(value) for value in values], offset)
            case ast.IfExp(test=test, body=body, orelse=otherwise):
                return self._conditional(test, body, otherwise, offset)
            case ast.Compare():
                return self._compare(tree, offset)
            case ast.Call(func=ast.Name(id=name), args=arguments):
                return self._call(name, arguments, offset)
            case ast.List(elts=items) | ast.Tuple(elts=items):
                return ListOf(ANY, offset, tuple(self._single(item) for item in items))
        raise Mismatch("not-allowed", Text("'{word}' is not part of the language", word=type(tree).__name__))

    def _single(self, tree: ast.AST) -> Node:
        """A node that is no list."""
        node = self.visit(tree)
        if isinstance(node, ListOf):
            return self._fault(tree, Mismatch("type", Text("A list stands only after 'in'")))
        return node

    def _constant(self, tree: ast.AST, value: Any, offset: int) -> Node:
        if value is None:
            return Literal(NULL, offset, None)
        if isinstance(value, bool):
            return Literal(BOOLEAN, offset, value)
        if isinstance(value, str):
            if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
                raise Mismatch("syntax", Text("The text holds a character that can't be stored"))
            return Literal(TEXT, offset, value)
        if isinstance(value, int):
            return literal_number(value, offset)
        if isinstance(value, float):
            return literal_number(_decimal(self.parsed.text(tree)), offset)
        raise Mismatch("not-allowed", Text("'{word}' is not part of the language", word=self.parsed.text(tree)))

    def _names(self, tree: ast.AST) -> tuple[str, ...]:
        names: list[str] = []
        while isinstance(tree, ast.Attribute):
            names.append(tree.attr)
            tree = tree.value
        if not isinstance(tree, ast.Name):
            raise Mismatch("not-allowed", Text("Only fields and look-ups have parts"))
        return (tree.id, *reversed(names))

    def _path(self, names: tuple[str, ...], offset: int) -> Node:
        dotted = ".".join(names)
        if dotted in self.extra:
            return Path(self.extra[dotted], offset, names)
        if names == ("me",):
            return Ambient(record("user"), offset, "me")
        if names[0] in FUNCTIONS and (self.object is None or names[0] not in self.object.fields):
            example = Text("write {word}", word=FUNCTIONS[names[0]].signature)
            raise Mismatch("unknown-name", Text("'{name}' is a function", name=names[0]), example)
        if len(names) > MAX_REACH:
            raise Mismatch("too-deep", Text("A path through look-ups has at most {limit} names", limit=MAX_REACH))
        return Path(self._field_type(names), offset, names)

    def _field_type(self, names: tuple[str, ...]) -> ExpressionType:
        owner = self.object
        found: ExpressionType | None = None
        for index, name in enumerate(names):
            if index == 0 and name in self.extra:
                found = self.extra[name]
                continue
            if found is not None:
                owner = self._reach(names[index - 1], name, found)
            field = owner.fields.get(name) if owner else None
            if field is None:
                raise self._unknown(name, owner, first=index == 0)
            if field.retired:
                raise Mismatch("retired", Text("{object} has retired its field '{name}'", object=owner.name if owner else "", name=name))
            found = field.expression_type
        return found or NULL

    def _reach(self, through: str, name: str, type: ExpressionType) -> Object:
        target = self.objects.get(type.object) if type.kind is Kind.RECORD else None
        if target is not None:
            return target
        if type.kind is Kind.RECORDS:
            raise Mismatch("type", Text("'{name}' holds many records", name=through), Text("add a roll-up field and name it here"))
        hint = Text("write {word}", word=f"{name}({through})") if name in FUNCTIONS else None
        raise Mismatch("type", Text("'{name}' is no look-up: nothing is reached through it", name=through), hint)

    def _unknown(self, name: str, owner: Object | None, *, first: bool) -> Mismatch:
        fields = [field.name for field in owner.live_fields] if owner else []
        known = [*fields, *(self.extra if first else ()), *(["me", "True", "False", "None"] if first else [])]
        close = did_you_mean(name, known) or did_you_mean(name.lower(), known)
        if close is None and known:
            declared = [field.name for field in owner.live_fields if not field.system] if owner else list(self.extra)
            close = Text("name a field: {names}", names=name_list(declared or known))
        if owner is None:
            return Mismatch("unknown-name", Text("'{name}' is not known here", name=name), close)
        message = Text("'{name}' is not known here: {object} has no such field", name=name, object=owner.name)
        return Mismatch("unknown-name", message, close)

    def _conditional(self, test: ast.AST, body: ast.AST, otherwise: ast.AST, offset: int) -> Node:
        condition = operators.boolean(self._single(test))
        one, other = unify((self._single(body), self._single(otherwise)))
        kind = common_type((condition, condition)) if condition.type is BROKEN else common_type((one, other))
        return operators.broken(offset) if kind is BROKEN else Conditional(kind, offset, condition, one, other)

    def _compare(self, tree: ast.Compare, offset: int) -> Node:
        sides = [tree.left, *tree.comparators]
        nodes = [self.visit(side) for side in sides]
        if any(not isinstance(node, Literal | Path | Ambient) for node in nodes[1:-1]):
            raise Mismatch(
                "not-allowed",
                Text("The middle of a chained comparison is a single name or value"),
                Text("write {word}", word="a < b and b < c"),
            )
        tests = []
        for index, operator in enumerate(tree.ops):
            symbol = SYMBOLS[type(operator)]
            left, right = nodes[index], nodes[index + 1]
            self._hint_quotes(sides[index], sides[index + 1], left, right)
            self._hint_quotes(sides[index + 1], sides[index], right, left)
            if isinstance(left, ListOf) or (isinstance(right, ListOf) and symbol not in ("in", "not in")):
                raise Mismatch("type", Text("A list stands only after 'in'"))
            tests.append(operators.compare(symbol, left, right, offset))
        return tests[0] if len(tests) == 1 else operators.logical("and", tests, offset)

    def _hint_quotes(self, tree: ast.AST, other: ast.AST, node: Node, counterpart: Node) -> None:
        """`status == paid`: an unknown name that is an option of the other side wants quotes."""
        if isinstance(tree, ast.Name) and node.type is BROKEN and tree.id in counterpart.type.options:
            for index, (offset, width, fault) in enumerate(self.faults):
                if offset == self.parsed.offset(tree):
                    quoted = Text("write {word}", word=f"'{tree.id}'")
                    self.faults[index] = (offset, width, Mismatch(fault.code, fault.message, quoted))

    def _call(self, name: str, arguments: list[ast.expr], offset: int) -> Node:
        nodes = [self._single(argument) for argument in arguments]
        function = FUNCTIONS.get(name)
        if function is None:
            close = did_you_mean(name, FUNCTIONS) or Text("functions: {names}", names=name_list(sorted(FUNCTIONS)))
            raise Mismatch("unknown-function", Text("There is no function '{name}'", name=name), close)
        return function.call(nodes, offset)


def _decimal(written: str) -> Decimal:
    """A number with a point or exponent, exactly as written."""
    try:
        value = Decimal(written)
        if not value.is_finite() or abs(value.adjusted()) > 40:
            raise InvalidOperation
    except InvalidOperation:
        raise Mismatch("out-of-range", Text("The number is too large")) from None
    return value if value.as_tuple().exponent <= 0 else Decimal(int(value))  # type: ignore[operator]
