"""What is wrong with an expression is told with its place, a sentence and a suggestion; hostile sources are refused at once."""

from __future__ import annotations

import time

import pytest

from looseleaf_metadata.expressions.check import check_expression
from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import BOOLEAN, DATE, ExpressionType, Kind, number, option
from looseleaf_metadata.problems import Place, Problem
from support.expression_cases import TYPES

PLACE = Place("objects/deal.yaml", 14, 20)


def problems(source: str, expected: ExpressionType | None = None) -> list[Problem]:
    """The problems of a source; [] for none."""
    checked = check_expression(source, None, {}, place=PLACE, extra=TYPES, expected=expected, path="/rules/0/check")
    return [] if isinstance(checked, Expression) else checked


@pytest.mark.parametrize(
    ("source", "code", "column", "message", "suggestion"),
    [
        ("ammount > 5", "unknown-name", 20, "'ammount' is not known here", "did you mean 'amount'?"),
        (
            "closed and foo",
            "unknown-name",
            31,
            "'foo' is not known here",
            "name a field: amount, fee, discount, fine, quantity, stars, name, code, …",
        ),
        ("source == 'wbe'", "unknown-option", 30, "'wbe' is not an option", "did you mean 'web'?"),
        ("source in ['web', 'x']", "unknown-option", 38, "'x' is not an option", "options: web, event, referral"),
        ("'x' == source", "unknown-option", 20, "'x' is not an option", "options: web, event, referral"),
        ("source == web", "unknown-name", 30, "'web' is not known here", "write 'web'"),
        ("source < 'web'", "type", 20, "an option can't be compared by '<'", None),
        ("amount + name", "type", 20, "'+' doesn't work between a number and a text", "write concat(…, …)"),
        ("close_date + 7", "type", 20, "'+' doesn't work between a date and a number", "write days(7)"),
        ("name and closed", "type", 20, "Yes or no is needed here, this is a text", "write … is not None"),
        ("not amount", "type", 24, "Yes or no is needed here, this is a number", "write … is not None"),
        ("amount < None", "type", 20, "A comparison with None never holds", "write is None"),
        ("amount is 5", "type", 20, "'is' tests only for None", "write =="),
        ("amount == 'x'", "type", 20, "a number can't be compared with a text", None),
        (
            "owner == 'lin'",
            "type",
            20,
            "a record of user can't be compared with a text",
            "compare a field of the record: account.name == '…'",
        ),
        ("close_date > '2026-02-30'", "not-a-date", 33, "'2026-02-30' is not a date", "write '2026-03-31'"),
        ("opens > '25:00'", "not-a-time", 28, "'25:00' is not a time of day", "write '09:30'"),
        ("date(2026, 2, 30) > today()", "not-a-date", 20, "Year, month and day of no date", "write date(2026, 3, 31)"),
        ("today > close_date", "unknown-name", 20, "'today' is a function", "write today()"),
        ("rond(amount)", "unknown-function", 20, "There is no function 'rond'", "did you mean 'round'?"),
        ("round(amount, 2, 3)", "arguments", 20, "round is called with the wrong number of values", "write round(number, places)"),
        ("round(amount, quantity)", "type", 34, "The number of places is written as a whole number from -12 to 10", None),
        ("add_days(today(), amount)", "type", 38, "A whole number is needed here", "write round(…)"),
        ("lower(amount)", "type", 26, "A text is needed here, this is a number", "write text(…)"),
        ("year(name)", "type", 25, "A date is needed here, this is a text", None),
        ("min(source, source)", "type", 20, "an option has no order", None),
        ("coalesce(None, None)", "no-type", 20, "At least one of the values must not be None", None),
        ("amount if closed else name", "type", 42, "a number and a text can't be mixed", None),
        ("amount in [1, None]", "type", 34, "None is never in a list", "write … is None"),
        ("source in 'web'", "type", 20, "'in' doesn't work between an option and a text", "write ['…', '…']"),
        ("amount == [1]", "type", 20, "A list stands only after 'in'", None),
        ("amount.value > 1", "type", 20, "'amount' is no look-up: nothing is reached through it", None),
        ("name.lower() == 'x'", "not-allowed", 20, "Values have no methods", "write lower(name)"),
        ("amount ** 2 > 4", "not-allowed", 20, "'**' is not part of the language", None),
        ("name[0] == 'x'", "not-allowed", 20, "'[…]' is not part of the language", None),
        ("f'{name}' == 'x'", "not-allowed", 20, "'f'…'' is not part of the language", None),
        ("[x for x in tags]", "not-allowed", 20, "'for' is not part of the language", None),
        ("lambda: 1", "not-allowed", 20, "'lambda' is not part of the language", None),
        ("round(amount, places=2)", "not-allowed", 34, "Arguments are given by position, without names", None),
        ("round(*tags)", "not-allowed", 26, "'*' is not part of the language", None),
        ("name.__class__ == name", "not-allowed", 20, "Names don't start with an underscore", None),
        ("__import__('os')", "not-allowed", 20, "Names don't start with an underscore", None),
        ("(lambda: 1)()", "not-allowed", 20, "Only a function's name can be called", None),
        (
            "amount < (1 if closed else 2) < 3",
            "not-allowed",
            20,
            "The middle of a chained comparison is a single name or value",
            "write a < b and b < c",
        ),
        ("source = 'web'", "syntax", 27, "'=' has no meaning here", "write =="),
        ("closed && urgent", "syntax", 27, "'&&' has no meaning here", "write and"),
        ("closed || urgent", "syntax", 27, "'||' has no meaning here", "write or"),
        ("!closed", "syntax", 20, "'!' has no meaning here", "write not"),
        ("amount <> 5", "syntax", 27, "'<>' has no meaning here", "write !="),
        ("max（amount, 1)", "syntax", 23, "'（' is a full-width character", "write ("),
        ("closed; urgent", "syntax", 26, "';' has no meaning here", None),
        ("closed # why", "syntax", 27, "'#' has no meaning here", None),
        ("", "empty-expression", 20, "The expression is empty", None),
        ("amount > ", "syntax", 28, "This can't be read as an expression", None),
        ("'a' 'b' 'c'.x", "not-allowed", 20, "Only fields and look-ups have parts", None),
        ("1e50 > amount", "out-of-range", 20, "The number is too large", None),
        ("amount > 99999999999999999999", "out-of-range", 29, "The number is too large", None),
        ("amount > 0.12345678901", "out-of-range", 29, "A number has at most 10 decimal places", None),
        ("name == 'a\\x00b'", "syntax", 28, "The text holds a character that can't be stored", None),
        ("amount > 5j", "not-allowed", 29, "'5j' is not part of the language", None),
        ("name == b'x'", "not-allowed", 28, "'b'x'' is not part of the language", None),
        ("import os", "not-allowed", 20, "This is a statement, not an expression", None),
    ],
)
def test_a_faulty_expression_is_explained(source: str, code: str, column: int, message: str, suggestion: str | None) -> None:
    found = problems(source)
    assert [(problem.code, problem.place.column, str(problem.message)) for problem in found] == [(code, column, message)]
    assert (str(found[0].suggestion) if found[0].suggestion else None) == suggestion
    assert (found[0].place.file, found[0].place.line, found[0].path) == ("objects/deal.yaml", 14, "/rules/0/check")


def test_all_problems_are_told_at_once_and_each_only_once() -> None:
    found = problems("foo + 1 > bar and source == 'x' or lower(baz) == 'a'")
    assert [problem.place.column for problem in found] == [20, 30, 48, 61]


def test_the_place_of_a_problem_after_chinese_and_on_a_later_line_is_right() -> None:
    assert [problem.place.column for problem in problems("name == '恒拓' and foo")] == [37]
    (problem,) = problems("closed and\n  foo")
    assert (problem.place.line, problem.place.column, problem.width) == (15, 22, 3)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 10_000 + "1" + ")" * 10_000,
        "[" * 10_000,
        "(" * 1900 + "1" + ")" * 1900,
        '"""' + '"' + "(" * 3000,
        "-" * 3990 + "1",
        "not " * 900 + "closed",
        "1" + "+1" * 1900,
        "a" + ".a" * 1900,
        "1 if " * 700 + "1",
        "lower(" * 600 + "name" + ")" * 600,
        "9" * 3990,
        "amount in [" + "1," * 1900 + "1]",
        "1 < " * 900 + "2",
        "\\" * 3000,
        "\x00" * 3000,
        "'" * 3999,
        "{" * 2000 + ":" * 1500,
        "lambda " * 500,
        "9**9**9**9**9**9",
        "'a' * 10000000000",
    ],
)
def test_bombs_are_refused_in_bounded_time(source: str) -> None:
    taken = []
    for _ in range(3):  # the best of them counts: a garbage collection of the whole test run may fall into one
        started = time.thread_time()
        assert problems(source)
        taken.append(time.thread_time() - started)
    assert min(taken) < 0.5


def test_the_result_is_fitted_to_what_is_wanted() -> None:
    assert problems("amount * discount", number(2)) == []
    assert str(problems("amount", BOOLEAN)[0].message) == "yes or no is needed, this gives a number"
    assert str(problems("name", DATE)[0].message) == "a date is needed, this gives a text"
    wanted = option(("a", "b"))
    assert problems("'a' if closed else 'b'", wanted) == []
    assert str(problems("'a' if closed else 'c'", wanted)[0].message) == "'c' is not an option"
    assert problems("None", ExpressionType(Kind.DATE)) == []
