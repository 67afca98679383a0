"""What is wrong with apps, roles, forms, views, menus, seeds and scenarios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from looseleaf_metadata.compile import check_path
from looseleaf_metadata.vocabulary import Vocabulary

FaultsOf = Callable[..., list[tuple[str, str]]]
DEAL = """
object: deal
fields:
  name: {type: text, required: true}
  amount: {type: currency}
  stage: {type: select, options: {open: Open, won: Won}}
  day: {type: date}
  note: {type: json}
  double: {type: formula, returns: currency, value: amount * 2}
---
object: rate
owner: none
fields: {name: {type: text}}
---
role: rep
objects: {deal: {read: own}}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("role: r\nobjects: {daal: {read: own}}\n", ("2:11", "unknown-object")),
        ("role: r\nobjects: {deal: {raed: own}}\n", ("2:18", "unknown-key")),
        ("role: r\nobjects: {deal: {read: ours}}\n", ("2:24", "unknown-value")),
        ("role: r\nobjects: {deal: {read: 'stage = 1'}}\n", ("2:31", "syntax")),
        ("role: r\nobjects: {deal: {create: own}}\n", ("2:26", "unknown-value")),
        ("role: r\nobjects: {rate: {read: team}}\n", ("2:24", "no-effect")),
        ("role: r\nall_objects: {read: sometimes}\n", ("2:21", "unknown-value")),
        ("role: r\nfields: {deal.amuont: hidden}\n", ("2:10", "unknown-field")),
        ("role: r\nfields: {deal.amount: hiden}\n", ("2:23", "unknown-value")),
        ("role: r\nfields: {deal.amount: {masked: 'amount'}}\n", ("2:33", "type")),
        ("role: r\nincludes: [rap]\n", ("2:12", "unknown-role")),
        ("role: r\nincludes: [s]\n---\nrole: s\nincludes: [r]\n", ("5:1", "circular-roles")),
        ("role: r\nabilities: [bulider]\n", ("2:13", "unknown-ability")),
        ("form: deal\nsections: [{section: a, fields: [name, amuont]}]\n", ("2:40", "unknown-field")),
        ("form: deal\nsections: [{section: a, fields: [amount]}]\n", ("2:1", "required-field-missing")),
        ("form: deal\nsections: [{section: a, fields: [name, name]}]\n", ("2:40", "listed-twice")),
        ("form: deal\nsections: [{section: a, fields: [name]}, {section: a, fields: [day]}]\n", ("2:52", "duplicate-name")),
        ("form: deal\nsections: [{section: a, columns: 9, fields: [name]}]\n", ("2:34", "too-large")),
        ("form: deal\nsections: [{section: a, fields: [{field: name, columns: [x]}]}]\n", ("2:48", "no-effect")),
        ("form: deal\nsections: [{section: a, fields: [name]}]\nrelated: [quotes]\n", ("3:11", "unknown-related-list")),
        ("form: deal\nsections: [{section: a, fields: [name]}]\nphone: {first: [day]}\n", ("3:17", "no-effect")),
        ("form: f\nobject: daal\nsections: [{section: a, fields: [name]}]\n", ("2:9", "unknown-object")),
        ("view: v\n", ("1:1", "missing-key")),
        ("view: v\nobject: deal\ncolumns: [nmae]\n", ("3:11", "unknown-field")),
        ("view: v\nobject: deal\nsort: [note]\n", ("3:8", "not-sortable")),
        ("view: v\nobject: deal\nsum: [name]\n", ("3:7", "wrong-type")),
        ("view: v\nobject: deal\nas: kanban\n", ("3:5", "missing-key")),
        ("view: v\nobject: deal\nas: kanban\nby: name\n", ("4:5", "wrong-type")),
        ("view: v\nobject: deal\nas: calendar\nfrom: amount\n", ("4:7", "wrong-type")),
        ("view: v\nobject: deal\nby: stage\n", ("3:1", "no-effect")),
        ("view: v\nobject: deal\nwhere: \"stage == 'wno'\"\n", ("3:18", "unknown-option")),
        ("view: v\nobject: deal\nfor: [nobody]\n", ("3:7", "unknown-role")),
        ("menu: m\nitems: [dael]\n", ("2:9", "unknown-object")),
        ("menu: m\nitems: [{page: hoem}]\n", ("2:16", "unknown-page")),
        ("menu: m\nitems: [{label: x}]\n", ("2:9", "missing-key")),
        ("menu: m\nitems: [{object: deal, items: [home]}]\n", ("2:24", "no-effect")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{name: a, amuont: 1}]\n", ("4:18", "unknown-field")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{name: a}, {name: a}]\n", ("4:26", "duplicate-row")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{amount: 1}]\n", ("4:8", "missing-key")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{name: a, double: 1}]\n", ("4:18", "computed")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{name: a, stage: lost}]\n", ("4:25", "unknown-option")),
        ("seed: s\nobject: deal\nkey: name\nrows: [{name: a, day: 2026-02-31}]\n", ("4:23", "bad-value")),
        ("scenario: s\nsteps: [{when: {as: lin, update: deal}}]\n", ("2:21", "unknown-person")),
        ("scenario: s\ngiven: {people: {lin: {manager: chen}}}\nsteps: [{when: {as: lin, count: deal}}]\n", ("2:33", "unknown-person")),
        ("scenario: s\ngiven: {people: {lin: {role: rap}}}\nsteps: [{when: {as: lin, list: deal}}]\n", ("2:30", "unknown-role")),
        ("scenario: s\ngiven: {records: [{dael: x}]}\nsteps: [{when: {read: x}}]\n", ("2:20", "unknown-object")),
        ("scenario: s\ngiven: {records: [{deal: x, nmae: y}]}\nsteps: [{when: {read: x}}]\n", ("2:29", "unknown-field")),
        ("scenario: s\nsteps: [{when: {dance: x}}]\n", ("2:16", "missing-key")),
        ("app: a\nversion: 1.0\n", ("2:10", "wrong-type")),
        ("app: a\nversion: one\n", ("2:10", "bad-value")),
        ("app: a\nrequires: {b: '>=1'}\n", ("2:12", "unknown-app")),
        ("app: a\nmodules: {m: {objects: [daal]}}\n", ("2:25", "unknown-object")),
        ("app: a\nmodules: {m: {objects: [deal], needs: [n]}}\n", ("2:40", "unknown-module")),
        ("app: a\nversion: '1.0'\n---\napp: b\nrequires: {a: '>=2.0'}\n", ("5:15", "wrong-version")),
        ("app: a\nrequires: {b: '>=0'}\n---\napp: b\nrequires: {a: '>=0'}\n", ("2:1", "circular-apps")),
    ],
)
def test_faults_are_found_and_placed(faults_of: FaultsOf, text: str, expected: tuple[str, str]) -> None:
    assert faults_of(DEAL, text) == [expected]


def test_a_template_finds_what_it_requires_in_the_folder_beside_it(tmp_path: Path, vocabulary: Vocabulary) -> None:
    for name, text in {
        "ground": "app: ground\nversion: 1.1.0\n---\nobject: account\nfields: {name: {type: text}}\n",
        "shop": "app: shop\nrequires: {ground: '>=1.0'}\n---\nextend: account\nfields: {points: {type: integer}}\n",
    }.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "app.yaml").write_text(text)
    compiled = check_path(tmp_path / "shop", vocabulary)
    assert compiled.problems == ()
    assert compiled.model is not None
    assert compiled.model.objects["account"].app == "ground"
    assert set(compiled.model.apps) == {"ground", "shop"}
