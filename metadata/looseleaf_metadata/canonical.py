"""The one way documents are written: canonical YAML, short where it fits a line, quoted where a reader could misread.

Reading back what is written gives the same data. Knows nothing of kinds but which keys hold expressions.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from looseleaf_metadata.scalars import AMBIGUOUS, resolve

WIDTH = 140
INDENT = 2
EXPRESSIONS = frozenset({"check", "where", "value", "visible_when", "required_when", "masked"})
"""Keys whose texts are expressions: always in quotes."""
PLAIN = re.compile(r"[^\W\d_][\w .()/（）、。，：；？！“”《》…%+*-]*\Z|[\w.-]+\Z")
PLAIN_KEY = re.compile(r"[A-Za-z_][\w.-]*\Z|[^\W\d_][\w]*\Z")
LITERAL = re.compile(r"[^\s#][^\n]*(\n[^\n]*)+\Z")
ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def write_document(data: Mapping[str, Any]) -> str:
    """One document in canonical form, ending with a line break."""
    return "\n".join(block_lines(data, 0)) + "\n" if data else "{}\n"


def write_documents(documents: list[Mapping[str, Any]]) -> str:
    """Several documents in one text, parted by `---`."""
    return "---\n".join(write_document(data) for data in documents)


def block_lines(data: Any, indent: int) -> list[str]:
    """The lines of a mapping or list that is not empty, in block form, indented by `indent` spaces."""
    lines: list[str] = []
    pad = " " * indent
    if isinstance(data, Mapping):
        for key, value in data.items():
            lines += entry_lines(f"{pad}{key_text(key)}:", str(key), value, indent, top=indent == 0)
        return lines
    for item in data:
        if isinstance(item, Mapping | list | tuple) and item and not fits(item, len(pad) + 2):
            inner = block_lines(item, indent + INDENT)
            lines += [f"{pad}- {inner[0].lstrip(' ')}", *inner[1:]]
        else:
            lines.append(f"{pad}- {inline(item)}")
    return lines


def entry_lines(head: str, key: str, value: Any, indent: int, *, top: bool = False) -> list[str]:
    """The lines of one entry of a mapping: `head` is its indentation, key and colon."""
    if isinstance(value, Mapping | list | tuple) and value:
        if (top and wants_block(value)) or not fits(value, len(head) + 1):
            return [head, *block_lines(value, indent + INDENT)]
        return [f"{head} {inline(value)}"]
    if isinstance(value, str) and LITERAL.match(value) and value.isprintable() is False and _is_literal(value):
        pad = " " * (indent + INDENT)
        body = [pad + line if line else "" for line in value.removesuffix("\n").split("\n")]
        return [f"{head} |{'' if value.endswith(chr(10)) else '-'}", *body]
    return [f"{head} {inline(value, key)}"]


def _is_literal(text: str) -> bool:
    """Whether a text of several lines can stand as it is after `|`."""
    lines = text.removesuffix("\n").split("\n")
    return not text.endswith("\n\n") and all(line.isprintable() and line == line.rstrip() for line in lines) and bool(lines[-1])


def wants_block(value: Any) -> bool:
    """Whether a value at the top of a document reads better one entry a line: mappings of mappings, lists of mappings."""
    items = list(value.values()) if isinstance(value, Mapping) else list(value)
    return any(isinstance(item, Mapping) and item for item in items)


def fits(value: Any, column: int) -> bool:
    """Whether a collection may stand on one line that begins at `column`."""
    return depth(value) <= 3 and len(inline(value)) + column <= WIDTH


def depth(value: Any) -> int:
    """How deep collections are nested."""
    if isinstance(value, Mapping):
        return 1 + max((depth(item) for item in value.values()), default=0)
    if isinstance(value, list | tuple):
        return 1 + max((depth(item) for item in value), default=0)
    return 0


def inline(value: Any, key: str = "") -> str:
    """A value on one line. `key`: the key that it stands under."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key_text(name)}: {inline(item, str(name))}" for name, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(item) for item in value) + "]"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    return text_scalar(str(value), quoted=key in EXPRESSIONS)


def key_text(key: Any) -> str:
    """A key, in quotes where needed."""
    word = str(key)
    return word if PLAIN_KEY.match(word) and isinstance(resolve(word), str) and word not in AMBIGUOUS else quoted_text(word)


def text_scalar(text: str, *, quoted: bool = False) -> str:
    """A text, plain where no reader could take it for something else."""
    numeric = text[:1].isdigit() and " " not in text
    plain = not quoted and not numeric and PLAIN.match(text) and isinstance(resolve(text), str) and text not in AMBIGUOUS
    return text if plain and text == text.strip() and not text.startswith(("-", ".")) and text.isprintable() else quoted_text(text)


def quoted_text(text: str) -> str:
    """A text in double quotes, whatever it holds."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in ESCAPES:
        return ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
