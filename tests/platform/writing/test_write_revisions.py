"""Writes and publishes: a write goes by the newest revision, whatever its caller was made on. And what extensions add to the path."""

from __future__ import annotations

import threading

import pytest

from looseleaf_metadata.texts import Text
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import Refused
from looseleaf_platform.extension import Extension
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change
from looseleaf_platform.records.write import write
from support.workspaces import publish_texts

THING = """
app: things
label: Things
version: 1.0.0
---
object: thing
title: name
owner: none
fields:
  name: {type: text, required: true}
  parts: {type: lines, to: part, by: thing}
  friends: {type: many_to_many, to: thing}
EXTRA
---
object: part
title: name
owner: none
fields:
  thing: {type: lookup, to: thing, required: true}
  name: {type: text}
"""


def test_a_caller_of_an_older_revision_writes_on_the_newest(workspace):
    publish_texts(workspace, THING.replace("EXTRA", ""))
    old = workspace.context(SYSTEM)
    publish_texts(workspace, THING.replace("EXTRA", "  colour: {type: text, default: red}"))
    id = write(old, [Change("create", "thing", values={"name": "a", "colour": "blue"})]).written[0].id
    assert read.get(workspace.context(SYSTEM), "thing", id).values["colour"] == "blue"
    other = write(old, [Change("create", "thing", values={"name": "b"})]).written[0].id
    assert read.get(workspace.context(SYSTEM), "thing", other).values["colour"] == "red"


def test_a_field_that_has_gone_is_unknown_to_older_callers_too(workspace):
    publish_texts(workspace, THING.replace("EXTRA", "  colour: {type: text}"))
    old = workspace.context(SYSTEM)
    publish_texts(workspace, THING.replace("EXTRA", ""))
    with pytest.raises(Refused) as refused:
        write(old, [Change("create", "thing", values={"name": "a", "colour": "blue"})])
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/colour", "unknown-field")]


def test_writers_go_on_while_others_publish(workspace):
    publish_texts(workspace, THING.replace("EXTRA", ""))
    context = workspace.context(SYSTEM)
    failures: list[BaseException] = []
    stop = threading.Event()
    written: list[int] = []

    def work(number: int) -> None:
        try:
            while not stop.is_set():
                outcome = write(context, [Change("create", "thing", values={"name": f"{number}-{len(written)}", "parts": [{"name": "x"}]})])
                written.append(outcome.written[0].id or 0)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for number in range(3):
        publish_texts(
            workspace, THING.replace("EXTRA", "".join(f"  extra{n}: {{type: integer, default: {n}}}\n" for n in range(number + 1)))
        )
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read.count(workspace.context(SYSTEM), "thing", read.Query())[0] == min(len(written), 1000)


def test_rules_may_ask_for_links(workspace):
    publish_texts(workspace, THING.replace("EXTRA", "rules: [{check: 'not (id in friends)', at: friends, message: 'its own friend'}]"))
    context = workspace.context(SYSTEM)
    first, second = (one.id for one in write(context, [Change("create", "thing", values={"name": name}) for name in "ab"]).written)
    assert first is not None
    write(context, [Change("update", "thing", first, {"friends": [second]})])
    with pytest.raises(Refused) as refused:
        write(context, [Change("update", "thing", first, {"friends": [second, first]})])
    assert [(fault.pointer, fault.say("en")) for fault in refused.value.faults] == [("/friends", "its own friend")]


def test_an_extension_may_refuse_what_the_rest_of_the_path_would_take(workspace):
    publish_texts(workspace, THING.replace("EXTRA", ""))

    def gate(batch) -> None:
        for row in batch.of_kind("create", "update"):
            if row.plan.name == "thing" and row.current("name") == "locked":
                row.fault("locked", Text("Expected text"), row.plan.fields["name"])

    workspace.extensions = (Extension("locks", gates=(gate,)),)
    context = workspace.context(SYSTEM)
    with pytest.raises(Refused) as refused:
        write(context, [Change("create", "thing", values={"name": "locked"})])
    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [("/name", "locked")]
    assert write(context, [Change("create", "thing", values={"name": "free"})]).operation is not None
