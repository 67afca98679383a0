"""The template with twelve planted faults: all told in one run, each at its place, none twice."""

from __future__ import annotations

import json
from pathlib import Path

from looseleaf_metadata.compile import check_path
from looseleaf_metadata.problems import Place, Problem
from looseleaf_metadata.reports import json_report, text_report
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import Vocabulary

FOLDER = Path(__file__).parent / "faulty"
PLANTED = [
    ("objects/account.yaml", 5, 3, "duplicate-key"),
    ("objects/account.yaml", 6, 18, "unknown-field-type"),
    ("objects/account.yaml", 7, 25, "unknown-key"),
    ("objects/account.yaml", 8, 56, "unknown-option"),
    ("objects/deal.yaml", 5, 31, "unknown-object"),
    ("objects/deal.yaml", 6, 38, "bare-yes-no"),
    ("objects/deal.yaml", 7, 3, "circular-formula"),
    ("objects/deal.yaml", 10, 3, "reserved-name"),
    ("objects/deal.yaml", 12, 13, "unknown-name"),
    ("roles.yaml", 5, 3, "unknown-object"),
    ("screens.yaml", 2, 1, "required-field-missing"),
    ("screens.yaml", 10, 34, "unknown-field"),
]


def test_twelve_planted_faults_are_twelve_problems_at_their_places(vocabulary: Vocabulary) -> None:
    compiled = check_path(FOLDER, vocabulary)
    found = [
        (Path(problem.place.file).relative_to(FOLDER).as_posix(), problem.place.line, problem.place.column, problem.code)
        for problem in compiled.problems
    ]
    assert found == PLANTED
    assert compiled.model is None


def test_the_text_report_shows_the_line_a_caret_and_the_way_out(vocabulary: Vocabulary) -> None:
    report = text_report(check_path(FOLDER, vocabulary).problems, relative_to=FOLDER.as_posix())
    assert (
        "objects/account.yaml:6:18  unknown field type 'curency' - did you mean 'currency'?  [unknown-field-type]\n"
        "    6 |   budget: {type: curency}\n"
        "                         ^^^^^^^\n"
    ) in report
    assert report.endswith("12 problems in 4 files")


def test_the_report_speaks_chinese(vocabulary: Vocabulary) -> None:
    report = text_report(check_path(FOLDER, vocabulary).problems, "zh")
    assert "没有“curency”这种字段类型" in report
    assert "是不是“currency”？" in report


def test_the_json_report_holds_place_path_code_message_and_suggestion(vocabulary: Vocabulary) -> None:
    report = json.loads(json_report(check_path(FOLDER, vocabulary).problems))
    assert report["count"] == 12
    assert report["problems"][1] == {
        "file": (FOLDER / "objects/account.yaml").as_posix(),
        "line": 6,
        "column": 18,
        "path": "/fields/budget/type",
        "code": "unknown-field-type",
        "message": "unknown field type 'curency'",
        "suggestion": "did you mean 'currency'?",
    }


def test_the_caret_stands_under_the_fault_beside_chinese_text_too() -> None:
    problem = Problem(Place("a.yaml", 1, 5), "", "x", Text("wrong"), None, "标签: 客户", 2)
    assert problem.as_text().split("\n")[1:] == ["    1 | 标签: 客户", "              ^^^^"]
