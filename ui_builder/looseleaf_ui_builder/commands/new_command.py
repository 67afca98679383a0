"""`looseleaf new PATH`: the folder of a new template, small and complete: an app, an object, a role, a menu, a scenario."""

from __future__ import annotations

import re
from pathlib import Path

import click

from looseleaf_metadata.texts import Text
from looseleaf_ui_builder.commands.terminal import tell, translated

FILES = {
    "app.yaml": """\
app: {name}
label: {{zh: {title}, en: {title}}}
version: 0.1.0
""",
    "objects/visitor.yaml": """\
# One file for each object. Its fields become columns, form fields, filters, API properties.
object: {name}_visitor
label: {{zh: 访客, en: Visitor}}
plural: {{zh: 访客, en: Visitors}}
icon: user-round
hue: moss
title: name
highlights: [state, expected_on]
search: [name, phone]
fields:
  name:        {{type: text, label: {{zh: 姓名, en: Name}}, required: true, max_length: 80}}
  phone:       {{type: phone, label: {{zh: 手机, en: Phone}}}}
  expected_on: {{type: date, label: {{zh: 预计到访, en: Expected on}}, required: true, default: {{value: "today()"}}}}
  left_on:     {{type: date, label: {{zh: 离开日期, en: Left on}}}}
  state:
    type: select
    label: {{zh: 状态, en: State}}
    default: expected
    options:
      expected: {{label: {{zh: 待到访, en: Expected}}, hue: amber}}
      here:     {{label: {{zh: 在访, en: Here}}, hue: moss}}
      left:     {{label: {{zh: 已离开, en: Left}}, hue: slate}}
rules:
  - check: "left_on is None or left_on >= expected_on"
    at: left_on
    message: {{zh: 离开日期不能早于到访日期, en: Nobody leaves before they came}}
---
view: {name}_here_today
label: {{zh: 今天的访客, en: Today's visitors}}
object: {name}_visitor
where: "expected_on == today()"
sort: [name]
columns: [name, phone, state]
""",
    "roles.yaml": """\
role: {name}_front_desk
label: {{zh: 前台, en: Front desk}}
objects:
  {name}_visitor: {{read: all, create: true, update: all, delete: own}}
""",
    "menu.yaml": """\
menu: {name}
items:
  - {{object: {name}_visitor}}
""",
    "scenarios/visit.yaml": """\
scenario: nobody leaves before they came
given:
  now: 2026-03-02 10:00 Asia/Shanghai
  people: {{he: {{role: {name}_front_desk}}}}
  records:
    - {{{name}_visitor: anna, name: Anna Berg, expected_on: 2026-03-02, owner: he}}
steps:
  - when: {{as: he, update: anna, set: {{left_on: 2026-03-01}}}}
    refused: {{at: left_on}}
  - when: {{as: he, update: anna, set: {{state: left, left_on: 2026-03-02}}}}
    then: {{anna.state: left}}
""",
}


@click.command()
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--name", help="The template's name in metadata. Default: the folder's name")
def command(path: Path, name: str | None) -> None:
    """Make a small, complete template in the folder PATH, to start from."""
    name = name or re.sub(r"[^a-z0-9]+", "_", path.resolve().name.lower()).strip("_")
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,39}", name):
        raise click.UsageError(
            translated("'{name}' can't be a template's name: use small letters, digits and _, a letter first", name=name)
        )
    if path.exists() and any(path.iterdir()):
        raise click.UsageError(translated("{path} is there already and not empty", path=path))
    title = name.replace("_", " ").capitalize()
    for file, text in FILES.items():
        target = path / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text.format(name=name, title=title), "utf-8")
    tell(Text("Made {path}. Next: looseleaf check {path}", path=str(path)))
