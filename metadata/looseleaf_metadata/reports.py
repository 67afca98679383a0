"""Problems as a person and a program want them: text like a good compiler's, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable

from looseleaf_metadata.problems import Problem
from looseleaf_metadata.texts import Text


def text_report(problems: Iterable[Problem], locale: str = "en", *, relative_to: str = "") -> str:
    """All problems in words, and how many there are in how many files. `relative_to`: a folder left out of the file names."""
    listed = list(problems)
    if not listed:
        return Text("no problems").translate(locale)
    prefix = relative_to.rstrip("/") + "/" if relative_to else ""
    told = [problem.as_text(locale).removeprefix(prefix) for problem in listed]
    files = len({problem.place.file for problem in listed})
    summary = Text("{count} problems in {files} files", count=len(listed), files=files)
    return "\n\n".join([*told, summary.translate(locale)])


def json_report(problems: Iterable[Problem], locale: str = "en") -> str:
    """All problems as a JSON object with the list `problems` and their `count`."""
    listed = [problem.as_data(locale) for problem in problems]
    return json.dumps({"count": len(listed), "problems": listed}, ensure_ascii=False, indent=2)
