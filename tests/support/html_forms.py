"""Reads forms out of HTML the way a browser fills them in, so that stories can send what a person would send."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from werkzeug.datastructures import MultiDict


@dataclass
class Form:
    """A form with the values that it would send as it stands."""

    action: str = ""
    method: str = "get"
    id: str = ""
    values: MultiDict[str, str] = field(default_factory=MultiDict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **changes: object) -> MultiDict[str, str]:
        """The values with some changed; dots and dashes of names are written as `__dot__` and `__dash__`. A list gives several, None none."""
        values = self.values.copy()
        for key, value in changes.items():
            name = key.replace("__dot__", ".").replace("__dash__", "-")
            values.setlist(name, [] if value is None else [str(item) for item in value] if isinstance(value, list) else [str(value)])
            if value is None:
                values.poplist(name)
        return values


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.open: list[Form] = []
        self.templates = 0
        self.textarea: str | None = None
        self.select: tuple[str, bool] | None = None
        self.options: list[tuple[str, bool]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "template":
            self.templates += 1
        if self.templates:
            return
        if tag == "form":
            self.open.append(Form(given.get("action", ""), given.get("method", "get"), given.get("id", "")))
            self.forms.append(self.open[-1])
        elif self.open:
            self._control(tag, given)

    def _control(self, tag: str, given: dict[str, str]) -> None:
        name, form = given.get("name", ""), self.open[-1]
        if tag == "input" and name and "disabled" not in given:
            if given.get("type") in ("checkbox", "radio"):
                if "checked" in given:
                    form.values.add(name, given.get("value", "on"))
            elif given.get("type") != "file":
                form.values.add(name, given.get("value", ""))
        elif tag == "textarea" and name:
            self.textarea, self.text = name, ""
        elif tag == "select" and name:
            self.select, self.options = (name, "multiple" in given), []
        elif tag == "option":
            self.options.append((given.get("value", ""), "selected" in given))
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self.textarea is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "template":
            self.templates -= 1
        if self.templates or not self.open:
            return
        form = self.open[-1]
        if tag == "form":
            self.open.pop()
        elif tag == "textarea" and self.textarea is not None:
            form.values.add(self.textarea, self.text.removeprefix("\n"))
            self.textarea = None
        elif tag == "select" and self.select is not None:
            name, multiple = self.select
            chosen = [value for value, selected in self.options if selected]
            if not chosen and not multiple and self.options:
                chosen = [self.options[0][0]]
            for value in chosen:
                form.values.add(name, value)
            self.select = None


def forms_of(html: str) -> list[Form]:
    """All forms of a page, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms


def form_of(html: str, part: str) -> Form:
    """The first form whose id or action holds `part`. AssertionError where there is none."""
    found = next((form for form in forms_of(html) if part in form.id or part in form.action), None)
    assert found is not None, f"no form {part!r} among {[form.action or form.id for form in forms_of(html)]}"
    return found
