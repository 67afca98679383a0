"""What is wrong with objects and fields: found, placed and named, one table row each."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from looseleaf_metadata.compile import Compiled

FaultsOf = Callable[..., list[tuple[str, str]]]
OTHER = "object: other\nfields: {name: {type: text}, amount: {type: currency}, gone: {type: text, retired: true}}\n"


def field(text: str) -> str:
    return f"object: thing\nfields:\n  name: {{type: text}}\n  it: {text}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("obect: thing\n", ("1:1", "unknown-kind")),
        ("label: x\nobject: thing\n", ("1:1", "unknown-kind")),
        ("object: thing\nfeilds: {}\n", ("2:1", "unknown-key")),
        ("object: Thing\n", ("1:9", "bad-name")),
        ("object: thing\nfields: {Close Date: {type: text}}\n", ("2:10", "bad-name")),
        (f"object: {'a' * 41}\n", ("1:9", "name-too-long")),
        ("object: class\nfields: {name: {type: text}}\n", ("1:9", "reserved-name")),
        ("object: thing\nfields: {owner: {type: text}}\n", ("2:10", "reserved-name")),
        ("object: thing\nlabel: 5\n", ("2:8", "wrong-type")),
        ("object: thing\nlabel: {zh: 事, fr: chose}\n", ("2:16", "unknown-key")),
        ("object: thing\nlabel: ''\n", ("2:8", "empty-value")),
        ("object: thing\nhue: reed\n", ("2:6", "unknown-value")),
        ("object: thing\nfields: [name]\n", ("2:9", "wrong-type")),
        ("object: thing\n", ("1:9", "no-effect")),
        ("object: thing\nfields: {name: {type: text}}\ntitle: nmae\n", ("3:8", "unknown-field")),
        ("object: thing\nfields: {name: {type: text}, on: {type: json}}\n", ("2:30", "bare-yes-no")),
        ("object: thing\nfields: {data: {type: json}}\ntitle: data\n", ("3:8", "not-a-title")),
        ("object: thing\nfields: {name: {type: text}}\nsearch: [name, other.name]\n", ("3:16", "unknown-field")),
        ("object: thing\nfields: {name: {type: text}}\nsearch: [name.length]\n", ("3:10", "not-a-look-up")),
        ("object: thing\nfields: {name: {type: text}}\nsearch: [name, name]\n", ("3:9", "listed-twice")),
        ("object: thing\nfields: {name: {type: text}}\nunique: [{fields: [nmae]}]\n", ("3:20", "unknown-field")),
        (
            "object: thing\nfields: {n: {type: integer}, f: {type: formula, returns: integer, value: 'n + 1'}}\nindexes: [[f]]\n",
            ("3:12", "not-stored"),
        ),
        ("object: thing\nfields: {name: {type: text}}\nduplicates: [{match: [name], within: soon}]\n", ("3:38", "bad-value")),
        ("object: thing\nfields: {name: {type: text}}\nroles_of_fields: {amuont: name}\n", ("3:19", "unknown-key")),
        ("extend: thing\nfields: {name: {type: text}}\n", ("1:9", "unknown-object")),
        (OTHER + "---\nextend: other\nfields: {name: {type: text}}\n", ("5:10", "duplicate-field")),
        (OTHER + "---\nextend: other\noptions: {name: {a: A}}\n", ("5:11", "unknown-field")),
        (OTHER + "---\nobject: other\nfields: {name: {type: text}}\n", ("4:9", "duplicate-name")),
        ("object: user\nfields: {name: {type: text}}\n", ("1:9", "duplicate-name")),
    ],
)
def test_faults_of_objects(faults_of: FaultsOf, text: str, expected: tuple[str, str]) -> None:
    assert faults_of(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{type: txet}", ("4:14", "unknown-field-type")),
        ("{label: It}", ("4:7", "missing-key")),
        ("text", ("4:7", "wrong-type")),
        ("{type: record_id}", ("4:14", "unknown-field-type")),
        ("{type: text, max_length: long}", ("4:32", "wrong-type")),
        ("{type: text, max_length: 0}", ("4:32", "too-small")),
        ("{type: text, options: {a: A}}", ("4:20", "unknown-key")),
        ("{type: text, required: 'true'}", ("4:30", "wrong-type")),
        ("{type: decimal, scale: 5, precision: 3}", ("4:30", "bad-setting")),
        ("{type: lookup}", ("4:7", "missing-key")),
        ("{type: lookup, to: otehr}", ("4:26", "unknown-object")),
        ("{type: lookup, to: other, on_delete: delete}", ("4:44", "unknown-value")),
        ("{type: select}", ("4:7", "missing-key")),
        ("{type: select, options: {}}", ("4:31", "empty-value")),
        ("{type: select, options: {a: {label: A, retired: true}}}", ("4:22", "no-effect")),
        ("{type: select, options: {a: A}, default: b}", ("4:48", "unknown-option")),
        ("{type: select, options: {a: A, b: {label: B, retired: true}}, default: b}", ("4:78", "retired-option")),
        ("{type: integer, default: many}", ("4:32", "bad-default")),
        ("{type: boolean, default: 'true please'}", ("4:32", "bad-default")),
        ("{type: date, default: 2026-02-31}", ("4:29", "bad-default")),
        ("{type: date, default: {value: '1 + 1'}}", ("4:38", "type")),
        ("{type: formula, returns: currency}", ("4:7", "missing-key")),
        ("{type: formula, returns: money, value: '1'}", ("4:32", "unknown-value")),
        ("{type: formula, returns: date, value: 'name'}", ("4:46", "type")),
        ("{type: formula, returns: integer, value: 'nmae + 1'}", ("4:49", "unknown-name")),
        ("{type: formula, returns: integer, value: '(1'}", ("4:49", "syntax")),
        ("{type: formula, returns: integer, value: 'it + 1'}", ("4:3", "circular-formula")),
        ("{type: formula, returns: integer, value: '1', default: 2}", ("4:53", "unknown-key")),
        ("{type: rollup, from: other.thing, sum: amount}", ("4:28", "unknown-field")),
        ("{type: rollup, from: other.name, sum: amount}", ("4:28", "wrong-look-up")),
        ("{type: rollup, from: otehr.thing, sum: amount}", ("4:28", "unknown-object")),
        ("{type: lines, to: other}", ("4:3", "missing-key")),
        ("{type: lines, to: other, by: name}", ("4:36", "wrong-look-up")),
        ("{type: text, visible_when: name}", ("4:34", "type")),
        ("{type: text, visible_when: true}", ("4:34", "wrong-type")),
        ("{type: text, required: true, required_when: \"name == 'x'\"}", ("4:36", "no-effect")),
        ("{type: text, required: true, read_only: true}", ("4:20", "impossible")),
    ],
)
def test_faults_of_fields(faults_of: FaultsOf, text: str, expected: tuple[str, str]) -> None:
    assert faults_of(field(text), OTHER) == [expected]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("{check: \"name != ''\"}", ("3:9", "missing-key")),
        ("{check: 'name', message: m}", ("3:18", "type")),
        ("{check: 'True', message: m}", ("3:17", "no-effect")),
        ("{check: 'created_at < now()', message: m}", ("3:17", "no-effect")),
        ("{check: \"name != ''\", at: nmae, message: m}", ("3:35", "unknown-field")),
        ("{check: \"name.__class__ != ''\", message: m}", ("3:18", "not-allowed")),
    ],
)
def test_faults_of_rules(faults_of: FaultsOf, rule: str, expected: tuple[str, str]) -> None:
    faults = faults_of(f"object: thing\nfields: {{name: {{type: text}}}}\nrules: [{rule}]\n")
    assert len(faults) == 1
    assert faults[0] == expected


def test_a_roll_ups_filter_may_not_depend_on_the_clock_but_on_other_records(faults_of: FaultsOf) -> None:
    parent = "object: order\nfields:\n  name: {type: text}\n  due: {type: rollup, from: line.order, count: true, where: 'day < today()'}\n"
    child = "object: line\nfields: {order: {type: lookup, to: order}, day: {type: date}, name: {type: text}}\n"
    assert faults_of(parent, child) == [("4:61", "clock-in-roll-up")]
    assert faults_of(parent.replace("day < today()", "order.name == name"), child) == []


def test_circular_roll_ups_are_told_with_the_way_round(compiled: Callable[..., Compiled]) -> None:
    problems = compiled(
        "object: a\nfields: {b: {type: lookup, to: b}, n: {type: rollup, from: b.a, sum: n}}",
        "object: b\nfields: {a: {type: lookup, to: a}, n: {type: rollup, from: a.b, sum: n}}",
    ).problems
    assert [problem.code for problem in problems] == ["circular-formula"]
    assert "a.n → b.n → a.n" in str(problems[0].message)


def test_look_ups_that_require_each_other_could_never_begin(compiled: Callable[..., Compiled]) -> None:
    problems = compiled(
        "object: a\nfields: {name: {type: text}, b: {type: lookup, to: b, required: true}}",
        "object: b\nfields: {name: {type: text}, a: {type: lookup, to: a, required: true}}",
    ).problems
    assert [problem.code for problem in problems] == ["circular-look-up"]
    assert "a.b → b.a → a.b" in str(problems[0].message)


def test_a_faulty_field_or_object_causes_no_problems_elsewhere(faults_of: FaultsOf) -> None:
    assert faults_of(
        "object: thing\nfields: {name: {type: text}, price: {type: curency}, it: {type: lookup, to: broken}}\n"
        "rules: [{check: 'price > 1 and it.size > 2', message: m}]\nhighlights: [price, it.size]\n",
        "object: broken\nfields: {size: [",
        "view: v\nobject: thing\ncolumns: [price, it.size]\nsort: [-price]\nwhere: 'it.size > 1'\n---\nrole: r\nobjects: {broken: {read: all}}\n",
        "extend: broken\nfields: {more: {type: text}}",
    ) == [("2:44", "unknown-field-type"), ("2:16", "syntax")]


def test_a_retired_field_may_not_be_used(faults_of: FaultsOf) -> None:
    assert faults_of(OTHER, "view: v\nobject: other\ncolumns: [gone]\n") == [("3:11", "retired-field")]
    assert faults_of(OTHER, "view: v\nobject: other\nwhere: \"gone == 'x'\"\n") == [("3:9", "retired")]


def test_two_related_lists_of_one_name_are_refused(faults_of: FaultsOf) -> None:
    text = "object: thing\nfields:\n  name: {type: text}\n  a: {type: lookup, to: other, related_as: things}\n  b: {type: lookup, to: other, related_as: things}\n"
    assert faults_of(text, OTHER) == [("5:44", "duplicate-related-list")]


def test_a_roll_up_of_a_formula_that_changes_by_itself_is_refused(faults_of: FaultsOf) -> None:
    parent = "object: order\nfields:\n  name: {type: text}\n  it: {type: rollup, from: line.order, sum: late}\n"
    child = (
        "object: line\nfields:\n  order: {type: lookup, to: order}\n  name: {type: text}\n  day: {type: date}\n"
        "  old: {type: formula, returns: boolean, value: 'day < today()'}\n"
        "  late: {type: formula, returns: integer, value: '1 if old else 0'}\n"
    )
    assert faults_of(parent, child) == [("4:45", "clock-in-roll-up")]
    assert faults_of(parent, child.replace("day < today()", "day is None")) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fields: {a: {type: text, id: x}, b: {type: text, id: x}}", ("2:54", "duplicate-id")),
        ("fields: {a: {type: text}}\nunique: [{fields: [a]}, {fields: [a]}]", ("3:25", "listed-twice")),
        ("fields: {a: {type: text}}\nindexes: [[a], [-a]]", ("3:16", "listed-twice")),
    ],
)
def test_what_is_there_twice(faults_of: FaultsOf, text: str, expected: tuple[str, str]) -> None:
    assert faults_of(f"object: thing\n{text}\n") == [expected]
