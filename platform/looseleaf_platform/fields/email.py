"""An e-mail address."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, text_of
from looseleaf_platform.fields.numbers import HALF_WIDTH

_NAMED = re.compile(r"[^<>]*<([^<>]+)>")
_ADDRESS = re.compile(
    r"""(?P<local>[^\s@<>()\[\]{},;:"\\|/]{1,64})@(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_](?:[\w-]{0,61}[^\W_]))"""
)
LONGEST = 254


class EmailType(FieldType):
    """One address. The domain is kept in small letters; a name around it (`张三 <zhang@example.com>`) is taken off."""

    name = "email"
    label = Label.of({"zh": "邮箱", "en": "E-mail"})
    operators = WORDED
    widget = "email"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One text column."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. An address, with or without `mailto:` and a name."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        text = text if text.isascii() else text.translate(HALF_WIDTH)
        if named := _NAMED.fullmatch(text):
            text = named[1]
        text = text.strip().removeprefix("mailto:").rstrip(".;,")
        found = _ADDRESS.fullmatch(text) if len(text) <= LONGEST else None
        local = found["local"] if found else ""
        if not found or local.startswith(".") or local.endswith(".") or ".." in local:
            raise Invalid("not-an-email", Text("“{value}” is not an e-mail address", value=text[:60]))
        return f"{local}@{found['domain'].lower()}"

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Plain, with a name, with odd characters."""
        return (
            Sample("Zhang.San@Example.COM", "Zhang.San@example.com"),
            Sample("张三 <zhang@example.com>", "zhang@example.com"),
            Sample("mailto:li+crm@mail.example.cn", "li+crm@mail.example.cn"),
            Sample("li＠example.cn;", "li@example.cn"),
            Sample("李@例子.中国", "李@例子.中国"),
            Sample("", None),
            Sample("zhang@", refused="not-an-email"),
            Sample("a@b.com, c@d.com", refused="not-an-email"),
            Sample("a b@example.com", refused="not-an-email"),
            Sample("x@localhost", refused="not-an-email"),
            Sample("@" * 5000, refused="not-an-email"),
        )
