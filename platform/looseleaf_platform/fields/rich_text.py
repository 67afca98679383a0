"""Text with headings, lists, links and emphasis: HTML of a few harmless tags, cleaned before it is stored."""

from __future__ import annotations

import html
import re
from typing import Any

import nh3

from looseleaf_metadata.labels import Label
from looseleaf_metadata.model import Field
from looseleaf_platform.fields.base import Sample, Situation, settings, text_of
from looseleaf_platform.fields.text import TextType

_TAGS = """
    p br strong b em i u s del sub sup h1 h2 h3 h4 ul ol li blockquote pre code hr a table thead tbody tr th td span
"""
TAGS = frozenset(_TAGS.split())
ATTRIBUTES = {"a": {"href", "title"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_CLEANER = nh3.Cleaner(
    tags=set(TAGS), attributes=ATTRIBUTES, url_schemes=set(SCHEMES), link_rel="noopener noreferrer nofollow", strip_comments=True
)
_BARE = nh3.Cleaner(tags=set(), strip_comments=True)
_BREAKS = re.compile(r"<br ?/?>|</(?:p|li|h[1-4]|tr|blockquote|pre)>|<hr ?/?>")


def plain_text(value: str) -> str:
    """The words of cleaned HTML, paragraphs as lines."""
    lines = html.unescape(_BARE.clean(_BREAKS.sub("\n", value))).replace("\x00", "").split("\n")
    return "\n".join(line.strip() for line in lines if line.strip())


class RichTextType(TextType):
    """Sanitised HTML: scripts, styles, images, event handlers and odd links are taken out, what is left is kept.

    `max_length` counts characters of the HTML (50,000 unless told).
    """

    name = "rich_text"
    label = Label.of({"zh": "富文本", "en": "Rich text"})
    settings_schema = settings(max_length={"type": "integer", "minimum": 1, "maximum": 200_000})
    operators = ("contains", "empty", "not_empty")
    widget = "rich_text"
    sortable = False
    titled = False
    longest = 50_000

    def parse(self, raw: Any, field: Field, situation: Situation) -> str | None:
        """5. Cleaned. Markup without a word in it is no value."""
        text = None if raw is None else text_of(raw)
        if not text:
            return None
        self.validate(text, field)
        cleaned: str = _CLEANER.clean(text.replace("\r\n", "\n")).strip()
        if not plain_text(cleaned):
            return None
        self.validate(cleaned, field)
        return cleaned

    def display(self, value: str | None, field: Field, situation: Situation) -> str:
        """9. The words alone; a screen that shows the markup takes the value itself, which is clean."""
        return plain_text(value) if value else ""

    def samples(self, field: Field) -> tuple[Sample, ...]:
        """12. Harmless markup, and what is taken out of the other kind."""
        link = '<a href="https://example.com" rel="noopener noreferrer nofollow">网址</a>'
        return (
            Sample("<p>你好 <strong>世界</strong></p>", "<p>你好 <strong>世界</strong></p>"),
            Sample('<p onclick="x()">a<script>alert(1)</script></p>', "<p>a</p>"),
            Sample('<a href="javascript:alert(1)">x</a>', '<a rel="noopener noreferrer nofollow">x</a>'),
            Sample('<a href="https://example.com" style="color:red">网址</a>', link),
            Sample("1 < 2 & 3", "1 &lt; 2 &amp; 3"),
            Sample("<p> </p>", None),
            Sample("<p>a\x00</p>", refused="nul-character"),
            Sample("x" * 50_001, refused="too-long"),
        )
