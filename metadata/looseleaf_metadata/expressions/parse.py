"""The gate: source text to a Python syntax tree of nothing but what simpleeval knows and the language allows. Bounded in time and depth.

Knows nothing of types or names. simpleeval parses and its node table is the outer whitelist; ALLOWED is the inner one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from simpleeval import EvalWithCompoundTypes, InvalidExpression, SimpleEval

from looseleaf_metadata.texts import Text

MAX_LENGTH = 4000
"""Most characters of an expression."""
MAX_NODES = 500
"""Most nodes of its syntax tree."""
MAX_DEPTH = 40
"""Most levels of nesting: brackets, calls, and chains such as a + b + c."""

SIMPLEEVAL_NODES = frozenset(EvalWithCompoundTypes().nodes)
"""The node types that simpleeval interprets."""

ALLOWED: tuple[type[ast.AST], ...] = (
    ast.Expr,
    ast.Constant,
    ast.Name,
    ast.Attribute,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
    ast.List,
    ast.Tuple,
)
OPERATORS: tuple[type[ast.AST], ...] = (
    *(ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.USub, ast.UAdd, ast.Not, ast.And, ast.Or),
    *(ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot, ast.Load),
)
WORDS = {
    ast.Subscript: "[…]",
    ast.JoinedStr: "f'…'",
    ast.Lambda: "lambda",
    ast.ListComp: "for",
    ast.GeneratorExp: "for",
    ast.SetComp: "for",
    ast.DictComp: "for",
    ast.Dict: "{…}",
    ast.Set: "{…}",
    ast.Starred: "*",
    ast.keyword: "name=value",
    ast.NamedExpr: ":=",
    ast.Await: "await",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitOr: "|",
    ast.BitAnd: "&",
    ast.BitXor: "^",
    ast.MatMult: "@",
    ast.Invert: "~",
}
FULL_WIDTH = dict(zip("（），。＝＜＞＋－＊／％！：；【】“”‘’", ["(", ")", ",", ".", *"=<>+-*/%!:;[]", '"', '"', "'", "'"], strict=True))
FOREIGN = (("&&", "and"), ("||", "or"), ("<>", "!="), ("===", "=="), ("!", "not"), ("=", "=="))


class NotAnExpression(Exception):
    """Raised for a source that is no expression of the language. `offset`: 0-based character; `width` characters are at fault."""

    def __init__(self, code: str, message: Text, offset: int = 0, width: int = 1, suggestion: Text | None = None) -> None:
        self.code, self.message, self.offset, self.width, self.suggestion = code, message, offset, width, suggestion
        super().__init__(str(message))


@dataclass(frozen=True, slots=True)
class Parsed:
    """A syntax tree of allowed nodes, and the way from its byte columns back to characters of the source."""

    source: str
    tree: ast.expr
    lead: int
    encoded: bytes

    def offset(self, node: ast.AST) -> int:
        """The 0-based character at which `node` starts in the source."""
        return self._character(getattr(node, "col_offset", 0))

    def width(self, node: ast.AST) -> int:
        """How many characters of the source `node` takes."""
        return max(self._character(getattr(node, "end_col_offset", 0)) - self.offset(node), 1)

    def text(self, node: ast.AST) -> str:
        """The characters of `node`, as written."""
        start = self.offset(node)
        return self.source[start : start + self.width(node)]

    def _character(self, column: int) -> int:
        return self.lead + len(self.encoded[:column].decode("utf-8", "ignore"))


def parse_expression(source: str) -> Parsed:
    """Parse `source`. Raises NotAnExpression; never RecursionError, whatever the source."""
    if len(source) > MAX_LENGTH:
        raise NotAnExpression("too-long", Text("An expression has at most {limit} characters", limit=MAX_LENGTH))
    if not source.strip():
        raise NotAnExpression("empty-expression", Text("The expression is empty"))
    _scan(source)
    line = re.sub(r"[\r\n]", " ", source)
    lead = len(line) - len(line.lstrip())
    stripped = line.strip()
    try:
        statement = SimpleEval.parse(stripped)
    except SyntaxError as error:
        raise _syntax(source, lead + max((error.offset or 1) - 1, 0)) from None
    except (RecursionError, MemoryError):
        raise _too_deep() from None
    except (ValueError, InvalidExpression, Warning):
        raise _syntax(source, lead) from None
    parsed = Parsed(source, statement.value if isinstance(statement, ast.Expr) else ast.Constant(None), lead, stripped.encode())
    if not isinstance(statement, ast.Expr):
        raise _statement(parsed, statement)
    _bound(parsed)
    return parsed


def _scan(source: str) -> None:
    """Refuse deep brackets and characters that part statements before the parser sees them."""
    depth = 0
    for offset, character in _outside_strings(source):
        if character in "([{":
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(offset)
        elif character in ")]}":
            depth -= 1
        elif character in ";#\\`\x00" or (character < " " and character not in "\t\r\n"):
            raise NotAnExpression(
                "syntax", Text("'{word}' has no meaning here", word=character if character.isprintable() else "\\"), offset
            )


def _outside_strings(source: str) -> Iterator[tuple[int, str]]:
    """Characters with their offsets, without those inside quoted strings."""
    quote = ""
    escaped = False
    for offset, character in enumerate(source):
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character in "'\"":
            quote = character
        else:
            yield offset, character


def _too_deep(offset: int = 0) -> NotAnExpression:
    return NotAnExpression("too-deep", Text("The expression is nested more than {limit} levels deep", limit=MAX_DEPTH), offset)


def _syntax(source: str, offset: int) -> NotAnExpression:
    """The best sentence for a source that doesn't parse."""
    outside = list(_outside_strings(source))
    for at, character in outside:
        if character in FULL_WIDTH:
            message = Text("'{word}' is a full-width character", word=character)
            return NotAnExpression("syntax", message, at, 1, Text("write {word}", word=FULL_WIDTH[character]))
    bare = "".join(character for _, character in outside)
    for foreign, ours in FOREIGN:
        if re.search(r"(?<![=!<>])=(?!=)" if foreign == "=" else r"!(?!=)" if foreign == "!" else re.escape(foreign), bare):
            at = source.find(foreign)
            message = Text("'{word}' has no meaning here", word=foreign)
            return NotAnExpression("syntax", message, max(at, 0), len(foreign), Text("write {word}", word=ours))
    return NotAnExpression("syntax", Text("This can't be read as an expression"), min(offset, max(len(source) - 1, 0)))


def _statement(parsed: Parsed, statement: ast.AST) -> NotAnExpression:
    if isinstance(statement, ast.Assign):
        at = parsed.source.find("=")
        return NotAnExpression("syntax", Text("'{word}' has no meaning here", word="="), at, 1, Text("write {word}", word="=="))
    return NotAnExpression("not-allowed", Text("This is a statement, not an expression"), parsed.lead, parsed.width(statement))


def _bound(parsed: Parsed) -> None:
    """Walk without recursion: count, measure the depth, refuse what the language has not."""
    stack: list[tuple[ast.AST, int]] = [(parsed.tree, 1)]
    count = 0
    while stack:
        node, depth = stack.pop()
        if isinstance(node, OPERATORS):
            continue
        count += 1
        if depth > MAX_DEPTH:
            raise _too_deep(parsed.offset(node))
        if count > MAX_NODES:
            raise NotAnExpression("too-big", Text("The expression has more than {limit} parts", limit=MAX_NODES))
        _admit(parsed, node)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))


def _admit(parsed: Parsed, node: ast.AST) -> None:
    operator = getattr(node, "op", None)
    word = WORDS.get(type(operator)) if operator is not None else None
    if word is None and (not isinstance(node, ALLOWED) or type(node) not in SIMPLEEVAL_NODES):
        word = WORDS.get(type(node), type(node).__name__)
    if word is not None:
        raise NotAnExpression(
            "not-allowed", Text("'{word}' is not part of the language", word=word), parsed.offset(node), parsed.width(node)
        )
    if (isinstance(node, ast.Attribute) and node.attr.startswith("_")) or (isinstance(node, ast.Name) and node.id.startswith("_")):
        raise NotAnExpression("not-allowed", Text("Names don't start with an underscore"), parsed.offset(node), parsed.width(node))
    if isinstance(node, ast.Call):
        _admit_call(parsed, node)


def _admit_call(parsed: Parsed, node: ast.Call) -> None:
    if isinstance(node.func, ast.Attribute):
        suggestion = Text("write {word}", word=f"{node.func.attr}({parsed.text(node.func.value)})")
        raise NotAnExpression("not-allowed", Text("Values have no methods"), parsed.offset(node), parsed.width(node), suggestion)
    if not isinstance(node.func, ast.Name):
        raise NotAnExpression("not-allowed", Text("Only a function's name can be called"), parsed.offset(node), parsed.width(node))
    if node.keywords:
        message = Text("Arguments are given by position, without names")
        raise NotAnExpression("not-allowed", message, parsed.offset(node.keywords[0]), parsed.width(node.keywords[0]))
