"""The kinds `calendar` and `holidays`: what documents may say, what they become, and every fault with its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from looseleaf_metadata.compile import Compiled, compile_documents
from looseleaf_metadata.kinds.base import NAME, Kind, Schema
from looseleaf_metadata.loader import read_documents
from looseleaf_metadata.schemas import published_schemas
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.vocabulary import platform_vocabulary
from looseleaf_workflow.calendars import Calendar, add, parse_duration
from looseleaf_workflow.calendars.calendar import Shift
from looseleaf_workflow.calendars.durations import DURATION
from looseleaf_workflow.calendars.reading import read_calendar
from looseleaf_workflow.kinds.calendar import CalendarKind, HolidaysKind, calendar_of, known_calendar

OFFICE = """\
calendar: cn_office
label: {zh: 国内办公室, en: Offices in China}
timezone: Asia/Shanghai
hours: {mon-fri: ["09:00-12:00", "13:30-18:00"]}
holidays: {base: CN, year_missing: provisional}
overrides: {"2026-12-31": closed, "2026-12-26": ["09:00-12:00"]}
"""
NOTICE = """\
holidays: cn_2027
base: CN
year: 2027
closed: {new_year: 01-01..01-03}
worked: [2026-12-27]
"""


class PromiseKind(Kind):
    """A kind that names a calendar and a duration, as pipelines and policies do."""

    name = "promise"
    required = ("calendar", "within")

    def properties(self, vocabulary: Vocabulary) -> Schema:
        return {"calendar": NAME, "within": DURATION}

    def build(self, document: Any, run: Any) -> Any:
        known = known_calendar(run, document, "/calendar", document.data["calendar"], f"promise:{document.name}")
        return (document.data["calendar"], parse_duration(document.data["within"])) if known else None


VOCABULARY = replace(platform_vocabulary(), kinds=(HolidaysKind(), CalendarKind(), PromiseKind()))


def compiled(*texts: str) -> Compiled:
    """What the compiler says of texts, each a file."""
    documents, faults = read_documents([(f"{number}.yaml", text) for number, text in enumerate(texts, 1)])
    return compile_documents(documents, VOCABULARY, faults=faults)


def office(*texts: str) -> Calendar:
    """The calendar of texts that are without fault."""
    result = compiled(*texts)
    assert result.model is not None, "\n".join(problem.as_text() for problem in result.problems)
    return calendar_of(result.model.others, "cn_office")


def test_a_calendar_is_built_from_its_document() -> None:
    calendar = office(OFFICE)
    shifts = (Shift(540, 720), Shift(810, 1080))
    assert calendar.week == (shifts,) * 5 + ((),) * 2
    assert (calendar.timezone, calendar.base, calendar.year_missing) == ("Asia/Shanghai", "CN", "provisional")
    assert calendar.overrides == {date(2026, 12, 31): (), date(2026, 12, 26): (Shift(540, 720),)}
    assert calendar.label is not None
    assert calendar.label.text("zh") == "国内办公室"
    assert sorted(calendar.years) == list(range(2004, 2027))


def test_a_calendar_is_a_value_whatever_was_worked_out_with_it() -> None:
    used, fresh = office(OFFICE), office(OFFICE)
    add(used, datetime(2026, 3, 2, tzinfo=UTC), parse_duration("8 workhours"))
    assert used == fresh
    assert hash(used) == hash(fresh)
    assert replace(used, timezone="Asia/Tokyo").memory == {}


def test_the_short_form_needs_a_zone_and_hours_only() -> None:
    calendar = office(
        'calendar: cn_office\ntimezone: Europe/Berlin\nhours: {sat-mon: ["10:00-16:00"], "wed,thu": ["08:00-24:00"], tue: closed}\n'
    )
    assert [len(shifts) for shifts in calendar.week] == [1, 0, 1, 1, 0, 1, 1]
    assert calendar.base == ""
    assert not calendar.missing(2030)
    assert calendar.label is not None
    assert calendar.label.text("en") == "Cn office"


def test_shifts_may_stand_in_any_order() -> None:
    assert office(OFFICE.replace('"09:00-12:00", "13:30-18:00"', '"13:30-18:00", "09:00-12:00"')).week == office(OFFICE).week


def test_l04_a_published_notice_adds_its_year_to_the_calendars_of_its_base() -> None:
    result = compiled(OFFICE, NOTICE, OFFICE.replace("cn_office", "plain").replace("CN", "none").replace(", year_missing: provisional", ""))
    assert result.model is not None, result.problems
    calendar = calendar_of(result.model.others, "cn_office")
    assert not calendar.missing(2027)
    assert calendar.shifts(date(2026, 12, 27)) == calendar.week[0]
    assert calendar_of(result.model.others, "plain").years == {}
    assert [edge.source for edge in result.model.used_by("holidays:cn_2027")] == ["calendar:cn_office"]


def test_what_names_a_calendar_is_in_the_graph_and_an_unknown_one_is_told() -> None:
    promise = "promise: first_answer\ncalendar: cn_office\nwithin: 8 workhours\n"
    model = compiled(OFFICE, promise).model
    assert model is not None
    assert [edge.source for edge in model.used_by("calendar:cn_office")] == ["promise:first_answer"]
    assert faults(OFFICE, promise.replace("cn_office", "cn_ofice")) == [("2:11", "unknown-calendar", "unknown calendar 'cn_ofice'")]
    assert faults(OFFICE.replace("mon-fri", "mon-fry"), promise) == [
        ("4:9", "bad-weekday", "'mon-fry' is not a day of the week or a range such as mon-fri")
    ]
    assert faults(OFFICE, promise.replace("8 workhours", "8 workhuors")) == [
        ("3:9", "bad-value", "'8 workhuors' is not a duration such as '8 workhours' or '2 days'")
    ]


def faults(*texts: str) -> list[tuple[str, str, str]]:
    """Place, code and message of each problem."""
    return [(f"{problem.place.line}:{problem.place.column}", problem.code, str(problem.message)) for problem in compiled(*texts).problems]


@pytest.mark.parametrize(
    ("line", "text", "place", "code", "message"),
    [
        (3, "timezone: Asia/Shanghia", "3:11", "unknown-timezone", "unknown time zone 'Asia/Shanghia'"),
        (3, "timezone: ../../etc/passwd", "3:11", "unknown-timezone", "unknown time zone '../../etc/passwd'"),
        (4, "hours: {}", "4:8", "empty-value", "this must not be empty"),
        (4, "hours: {mon-fri: closed}", "4:1", "never-open", "this calendar is never open: nothing would ever be due"),
        (4, 'hours: {mon-fri: ["09:00-12:00"], wed: closed}', "4:35", "listed-twice", "wed has hours already"),
        (4, 'hours: {monday: ["09:00-12:00"]}', "4:9", "bad-weekday", "'monday' is not a day of the week or a range such as mon-fri"),
        (4, 'hours: {mon-wed-fri: ["09:00-12:00"]}', "4:9", "bad-weekday", "'mon-wed-fri' is not a day of the week or a range such as mon-fri"),
        (4, 'hours: {mon: ["09:00-12:00", "11:30-18:00"]}', "4:30", "overlapping-shifts", "the shift 11:30-18:00 overlaps 09:00-12:00"),
        (4, 'hours: {mon: ["13:00-18:00", "09:00-14:00"]}', "4:15", "overlapping-shifts", "the shift 13:00-18:00 overlaps 09:00-14:00"),
        (4, 'hours: {mon: ["22:00-06:00"]}', "4:15", "night-shift", "the shift 22:00-06:00 goes over midnight"),
        (4, 'hours: {mon: ["18:00-00:00"]}', "4:15", "night-shift", "the shift 18:00-00:00 goes over midnight"),
        (4, 'hours: {mon: ["09:00-09:00"]}', "4:15", "bad-shift", "the shift 09:00-09:00 has no length"),
        (4, 'hours: {mon: ["9-12"]}', "4:15", "bad-shift", "'9-12' is not a shift"),
        (4, 'hours: {mon: ["09:00-24:01"]}', "4:15", "bad-shift", "'09:00-24:01' is not a shift"),
        (4, 'hours: {mon: ["09:60-12:00"]}', "4:15", "bad-shift", "'09:60-12:00' is not a shift"),
        (4, 'hours: {mon: ["09:00-23:59:60"]}', "4:15", "bad-shift", "'09:00-23:59:60' is not a shift"),
        (4, "hours: {mon: open}", "4:14", "unknown-value", "unknown value 'open'"),
        (4, "hours: {mon: []}", "4:14", "empty-value", "this must not be empty"),
        (5, "holidays: {base: DE}", "5:18", "unknown-value", "unknown value 'DE'"),
        (5, "holidays: {base: none, year_missing: refuse}", "5:24", "no-effect", "'year_missing' has no effect without the holidays of a country"),
        (5, "holidays: {year_missing: refuse}", "5:11", "missing-key", "'base' is missing here"),
        (5, "holidays: {base: CN, year_missing: guess}", "5:36", "unknown-value", "unknown value 'guess'"),
        (6, 'overrides: {"2026-02-30": closed}', "6:13", "bad-date", "'2026-02-30' is not a date"),
        (6, 'overrides: {"20260228": closed}', "6:13", "bad-date", "'20260228' is not a date"),
        (6, 'overrides: {"2026-02-28": ["9:00-12:00"]}', "6:28", "bad-shift", "'9:00-12:00' is not a shift"),
        (6, 'alternate: {from: "2026-01-33", hours: {sat: ["09:00-12:00"]}}', "6:19", "bad-date", "'2026-01-33' is not a date"),
        (6, 'alternate: {hours: {sat: ["09:00-12:00"]}}', "6:12", "missing-key", "'from' is missing here"),
        (6, "closed: [2026-12-31]", "6:1", "unknown-key", "unknown key 'closed'"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands(line: int, text: str, place: str, code: str, message: str) -> None:
    lines = OFFICE.splitlines()
    lines[line - 1] = text
    assert faults("\n".join(lines) + "\n") == [(place, code, message)]


def test_a_night_shift_is_told_how_to_be_written() -> None:
    (problem,) = compiled(OFFICE.replace('"09:00-12:00", "13:30-18:00"', '"22:00-06:00"')).problems
    assert str(problem.suggestion) == "write '22:00-24:00' on this day and '00:00-06:00' on the next"
    assert problem.suggestion is not None
    assert problem.suggestion.translate("zh") == "当天写“22:00-24:00”，第二天写“00:00-06:00”"


def test_two_notices_about_one_year_are_told() -> None:
    assert faults(NOTICE, NOTICE.replace("cn_2027", "cn_2027_b")) == [
        ("3:7", "duplicate-name", "the notice 'cn_2027' is about the same year")
    ]
    assert faults(NOTICE, NOTICE.replace("2027", "2028").replace("2026", "2027")) == []


def test_a_faulty_notice_is_told_once_and_not_through_the_calendars() -> None:
    assert faults(OFFICE, NOTICE.replace("01-01..01-03", "01-01..01-33")) == [
        ("4:20", "bad-date", "'01-01..01-33' names a day that does not exist")
    ]


@pytest.mark.parametrize("kind", [CalendarKind(), HolidaysKind()], ids=lambda kind: kind.name)
def test_the_schemas_can_be_published(kind: Kind) -> None:
    schema = published_schemas(VOCABULARY)[f"{kind.name}.schema.json"]
    Draft202012Validator.check_schema(schema)
    data = read_documents([("x.yaml", {"calendar": OFFICE, "holidays": NOTICE}[kind.name])])[0][0].data
    assert list(Draft202012Validator(schema).iter_errors(data)) == []


HOURS = st.dictionaries(
    st.sampled_from(["mon", "mon-fri", "sat,sun", "fri-mon", "x", ""]),
    st.lists(st.sampled_from(["09:00-12:00", "11:00-13:00", "13:00-24:00", "22:00-06:00", "24:00-24:00", ""]), min_size=1)
    | st.just("closed"),
    min_size=1,
)


@given(
    HOURS,
    st.sampled_from(["Asia/Shanghai", "Mars/Olympus", "", "Asia"]),
    st.dictionaries(st.text(max_size=10), st.just("closed"), max_size=2),
)
@settings(deadline=None)
def test_whatever_is_written_becomes_a_calendar_or_faults(hours: Any, timezone: str, overrides: Any) -> None:
    calendar, found = read_calendar("any", {"timezone": timezone, "hours": hours, "overrides": overrides})
    assert (calendar is None) is bool(found)
    assert all(fault.message.translate("zh") and fault.pointer for fault in found)
