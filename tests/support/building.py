"""What people do in the builder, for stories that need more than one of it."""

from __future__ import annotations

import re
from typing import Any

from support.html_forms import Form, forms_of


def draft_of(address: str) -> str:
    """The address of the draft that somebody was sent to."""
    found = re.search(r"/builder/drafts/\d+", address)
    assert found, address
    return found[0]


def begin(visitor: Any, name: str = "拜访") -> str:
    answer = visitor.send(visitor.form("/builder/", "/builder/drafts"), follow=False, name=name)
    assert answer.status_code == 303
    return draft_of(answer.headers["Location"])


def edit_form(html: str, edit: str, **values: str) -> Form:
    """The form that carries out one edit, told apart by its other hidden values."""
    wanted = {"edit": edit, **values}
    found = [form for form in forms_of(html) if all(form.values.get(key) == value for key, value in wanted.items())]
    assert found, f"no form for {wanted} among {[dict(form.values) for form in forms_of(html)]}"
    return found[0]


def publish(visitor: Any, draft: str, reason: str = "试用") -> str:
    """Publish a draft; the page of the new revision."""
    answer = visitor.send(visitor.form(f"{draft}/plan", "/publication"), reason=reason)
    assert answer.status_code == 200
    assert "已发布为第" in answer.text, answer.text
    return str(answer.text)
