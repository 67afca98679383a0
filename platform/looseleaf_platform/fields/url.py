"""An address on the web."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Text as TextColumn

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_metadata.texts import Text
from looseleaf_platform.errors import Invalid
from looseleaf_platform.fields.base import WORDED, ColumnSpec, FieldType, Sample, Situation, text_of

LONGEST = 2048
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?\.?|localhost|\[[0-9a-f:.]+\]", re.IGNORECASE)
_MAIL = re.compile(r"mailto:[^\s@<>\"]+@[^\s@<>\"]+", re.IGNORECASE)


class UrlType(FieldType):
    """A link to http, https or mailto, which is safe to show as one; `https://` is put in front where no scheme is given."""

    name = "url"
    label = Label.of({"zh": "网址", "en": "URL"})
    operators = WORDED
    widget = "url"

    def columns(self, field: Field) -> tuple[ColumnSpec, ...]:
        """4. One text column."""
        return (ColumnSpec("", TextColumn()),)

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. A link, with or without its scheme."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        if len(text) > LONGEST:
            raise Invalid("too-long", Text("{length} characters: at most {most} fit", length=len(text), most=LONGEST))
        if _MAIL.fullmatch(text):
            return "mailto:" + text[7:]
        scheme, mark, rest = text.partition("://")
        link = f"{scheme.lower()}://{rest}" if mark and scheme.lower() in ("http", "https") else f"https://{text.removeprefix('//')}"
        if not _is_link(link):
            raise Invalid("not-a-url", Text("“{value}” is not a web address (http, https or mailto)", value=text[:60]))
        return link

    def display(self, value: str | None, field: Field, situation: Situation) -> str:
        """9. Without what everybody takes for granted."""
        return "" if value is None else value.removeprefix("https://").removeprefix("http://").removeprefix("mailto:").removesuffix("/")

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Links that may be shown, and those that may not."""
        return (
            Sample("https://example.com/a?b=c#d", "https://example.com/a?b=c#d"),
            Sample("www.example.com", "https://www.example.com"),
            Sample("HTTP://Example.com:8080/x", "http://Example.com:8080/x"),
            Sample("恒拓.中国/关于", "https://恒拓.中国/关于"),
            Sample("mailto:a@example.com", "mailto:a@example.com"),
            Sample("", None),
            Sample("javascript:alert(1)", refused="not-a-url"),
            Sample("data:text/html,x", refused="not-a-url"),
            Sample("ftp://example.com", refused="not-a-url"),
            Sample("https://user:secret@example.com", refused="not-a-url"),
            Sample("https://exa mple.com", refused="not-a-url"),
            Sample("no link", refused="not-a-url"),
            Sample("https://example.com/" + "x" * 2048, refused="too-long"),
        )


def _is_link(link: str) -> bool:
    """Whether a link has a host, no user name in it, and nothing that would break out of an attribute."""
    if not link.isprintable() or any(mark in link for mark in ' <>"\\^`{|}'):
        return False
    try:
        parts = urlsplit(link)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    return bool(host and "@" not in parts.netloc and _HOST.fullmatch(f"[{host}]" if ":" in host else host))
