"""What people are told: into one inbox, folded where it is much, led to the record only by those who may see it, read by its reader alone."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import text

from looseleaf_platform.database.migrations import Migrations, migrate
from looseleaf_platform.errors import NotAllowed, NotThere
from looseleaf_platform.identity import tokens
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Change
from looseleaf_ui_builder.compose import create_app
from looseleaf_workflow.notifications import inbox
from looseleaf_workflow.notifications.telling import WINDOW, About, tell
from looseleaf_workflow.tables import MIGRATIONS, TABLES, add_missing_parts
from support.workspaces import as_user

WARN = "automation: warn\nobject: deal\ntrigger: created\nsteps: [{notify: n, who: {user: he@firm.example}, text: '{{ name }} is here'}]\n"


def now_of(firm, person):
    """A person on the newest revision and by the moving clock."""
    return firm.workspace.context(firm.workspace.actor(person.actor.id), "api")


def box(firm, person, **asked):
    return inbox.inbox(now_of(firm, person), **asked).notices


def unread(firm, person):
    return inbox.unread(now_of(firm, person))


def said(firm, texts, topic="", object_id="deal", record=None):
    with firm.workspace.database.write() as connection:
        tell(connection, firm.clock(), texts, About(object_id, record), topic)


def test_t45_what_one_rule_tells_a_person_of_many_records_is_one_digest(firm):
    firm.publish(WARN)
    deals = [firm.deal(name=f"D{number}") for number in range(12)]
    firm.settle()
    (head,) = box(firm, firm.boss)
    assert (head.text, head.record, head.more, unread(firm, firm.boss)) == ("D0 is here", deals[0], 11, 1)
    folded = box(firm, firm.boss, within=head.id)
    assert [one.text for one in folded] == [f"D{number} is here" for number in range(11, 0, -1)]
    assert {one.record for one in folded} == set(deals[1:])


def test_t45_a_digest_ends_with_its_window_and_where_it_was_read(firm):
    me = firm.lin.actor.id
    said(firm, {me: "first"}, "topic")
    inbox.mark_read(now_of(firm, firm.lin), box(firm, firm.lin)[0].id)
    said(firm, {me: "after reading"}, "topic")
    said(firm, {me: "other topic"}, "other")
    said(firm, {me: "of no topic"})
    firm.clock.advance(seconds=WINDOW.total_seconds())
    said(firm, {me: "later"}, "topic")
    said(firm, {me: "later still"}, "topic")
    found = [(one.text, one.more) for one in box(firm, firm.lin)]
    assert found == [("later", 1), ("of no topic", 0), ("other topic", 0), ("after reading", 0), ("first", 0)]
    assert unread(firm, firm.lin) == 4


def test_t45_several_who_tell_at_the_same_time_make_one_digest_and_nothing_hides_behind_what_was_read(firm):
    me, together = firm.lin.actor.id, threading.Barrier(5)

    def talk() -> None:
        together.wait()
        for _ in range(5):
            said(firm, {me: "x"}, "topic")

    def read() -> None:
        together.wait()
        for _ in range(5):
            inbox.mark_all_read(now_of(firm, firm.lin))

    threads = [threading.Thread(target=talk) for _ in range(4)] + [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    heads = [row for row in firm.rows("wf_notification") if row["head_id"] is None]
    assert sum(1 + one.more for one in box(firm, firm.lin)) == 20
    assert sum(head["read_at"] is None for head in heads) <= 1


def test_who_may_not_see_the_record_is_shown_neither_its_title_nor_the_way_there(firm):
    clerk = as_user(firm.workspace, [])
    deal = firm.deal(name="秘密项目")
    said(firm, {clerk.actor.id: "look", firm.boss.actor.id: "look"}, record=deal)
    seen = {person: box(firm, person)[0] for person in (clerk, firm.boss)}
    assert (seen[firm.boss].object, seen[firm.boss].record, seen[firm.boss].title) == ("deal", deal, "秘密项目")
    assert (seen[clerk].text, seen[clerk].object, seen[clerk].record, seen[clerk].title) == ("look", "", None, "")


def test_nobody_reads_or_marks_what_others_were_told(firm):
    said(firm, {firm.lin.actor.id: "for lin"})
    (told,) = box(firm, firm.lin)
    assert box(firm, firm.boss) == ()
    for forbidden in (lambda: inbox.mark_read(now_of(firm, firm.boss), told.id), lambda: inbox.one(now_of(firm, firm.boss), told.id)):
        with pytest.raises(NotThere):
            forbidden()
    inbox.mark_all_read(now_of(firm, firm.boss))
    assert unread(firm, firm.lin) == 1


def test_everything_is_marked_read_up_to_what_was_seen(firm):
    for number in range(3):
        said(firm, {firm.lin.actor.id: str(number)})
    seen = box(firm, firm.lin)[1].id
    assert inbox.mark_all_read(now_of(firm, firm.lin), until=seen) == 2
    assert [one.text for one in box(firm, firm.lin, only_unread=True)] == ["2"]


def test_pages_follow_each_other_without_gaps(firm):
    for number in range(inbox.PAGE + 2):
        said(firm, {firm.lin.actor.id: str(number)})
    first = inbox.inbox(now_of(firm, firm.lin))
    rest = inbox.inbox(now_of(firm, firm.lin), before=first.before)
    assert [int(one.text) for one in (*first.notices, *rest.notices)] == list(range(inbox.PAGE + 1, -1, -1))
    assert (len(first.notices), rest.before) == (inbox.PAGE, None)


def test_erasing_a_record_erases_what_was_told_of_it_and_keeps_what_was_folded_into_it(firm):
    deals = [firm.deal(name=name) for name in ("gone", "stays")]
    for deal in deals:
        said(firm, {firm.boss.actor.id: f"about {deal}"}, "topic", record=deal)
    for kind in ("delete", "purge"):
        firm.write(Change(kind, "deal", deals[0]), by=firm.system)
    (head,) = box(firm, firm.boss)
    assert (head.text, head.record, head.more) == ("", None, 1)
    assert [one.record for one in box(firm, firm.boss, within=head.id)] == [deals[1]]
    for kind in ("delete", "purge"):
        firm.write(Change(kind, "deal", deals[1]), by=firm.system)
    assert str(deals[1]) not in str(firm.rows("wf_notification"))


def test_the_api_lists_and_marks_what_the_caller_was_told(firm):
    deal = firm.deal(name="二期")
    said(firm, {firm.lin.actor.id: "look"}, record=deal)
    client = create_app(firm.workspace, TESTING=True).test_client()

    def call(method, path, limits=None, **more):
        secret = tokens.create(now_of(firm, firm.lin), "test", limits=limits)[1]
        return client.open(f"/api/v1/notifications{path}", method=method, headers={"Authorization": f"Bearer {secret}"}, **more)

    listed = call("GET", "?unread=true").json
    (one,) = listed["data"]
    assert (listed["unread"], one["text"], one["object"], one["record"], one["title"]) == (1, "look", "deal", encode(deal), "二期")
    assert call("POST", f"/{one['id']}/read").json == {"unread": 0}
    assert call("GET", "").json["data"][0]["read"] is True
    said(firm, {firm.lin.actor.id: "again"})
    assert call("POST", "/read", json={}).json == {"unread": 0}
    assert [call("GET", path).status_code for path in ("?unread=1", "?before=x", "?more=1")] == [400, 400, 400]
    assert call("POST", "/read", json={"until": "x"}).status_code == 422
    assert call("POST", "/0000000000001/read").status_code == 404


def test_a_token_with_limits_sees_what_is_about_its_objects_and_marks_nothing(firm):
    said(firm, {firm.lin.actor.id: "deal"}, record=firm.deal())
    limited = firm.workspace.context(firm.workspace.actor(firm.lin.actor.id, limits=frozenset({"account:read"})), "api")
    assert (inbox.inbox(limited).notices, inbox.unread(limited)) == ((), 0)
    with pytest.raises(NotAllowed):
        inbox.mark_all_read(limited)


def test_a_database_of_the_time_before_digests_gets_their_columns_and_indexes(firm):
    database = firm.workspace.database
    with database.write() as connection:
        for index in TABLES.tables["wf_notification"].indexes:
            connection.execute(text(f"DROP INDEX {index.name}"))
        for column in ("digest", "head_id"):
            connection.execute(text(f"ALTER TABLE wf_notification DROP COLUMN {column}"))
    assert migrate(database, [Migrations(MIGRATIONS.owner, TABLES, (*MIGRATIONS.steps, add_missing_parts))]) == 1
    for _ in range(2):
        said(firm, {firm.lin.actor.id: "folded"}, "topic")
    assert [one.more for one in box(firm, firm.lin)] == [1]
