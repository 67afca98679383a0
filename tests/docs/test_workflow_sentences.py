"""Every numbered sentence of the workflow wing has a test with its number, or a line that says why not; never both."""

from __future__ import annotations

import re
from pathlib import Path

from support.shared_data import ROOT, shared

TESTS = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "workflow-guarantees.md"
NUMBERED = re.compile(r"^\s*def test_((?:[a-z]\d{2,3}_)+)", re.MULTILINE)


def held() -> set[str]:
    """The numbers that names of tests begin with."""
    names = (match[1] for path in TESTS.rglob("test_*.py") for match in NUMBERED.finditer(path.read_text("utf-8")))
    return {number.upper() for name in names for number in name.strip("_").split("_")}


def told() -> set[str]:
    """The numbers that the page gives a reason for."""
    return set(re.findall(r"^\| ([A-Z]\d{2,3}) \| [^|]+ \| [^|]+ \|$", PAGE.read_text("utf-8"), re.MULTILINE))


def sentences() -> set[str]:
    """The numbers of the list."""
    text = shared("reference", "workflow.md").read_text("utf-8")
    listed = text[text.index("## 1. Complete semantics") : text.index("### 1.16")]
    return set(re.findall(r"^- ([A-Z]\d{2,3})\b", listed, re.MULTILINE))


def test_every_sentence_has_a_test_or_a_reason() -> None:
    assert sentences() - held() - told() == set()


def test_what_is_told_to_be_missing_is_missing() -> None:
    assert told() & held() == set()
    assert told()
