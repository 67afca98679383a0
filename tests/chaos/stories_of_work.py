"""Stories of records, views, files and imports, and of the work that the house does by itself."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import delete, update

from chaos.stories import Act, House, tells
from looseleaf_platform import files, personal_views, sharing
from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.migrations import PLATFORM, migrate
from looseleaf_platform.database.system_tables import file, idempotency, import_mapping, job, migration, outbox
from looseleaf_platform.errors import NotAllowed
from looseleaf_platform.importing import background as importing
from looseleaf_platform.importing.mapping import ImportMapping, Source, Target
from looseleaf_platform.jobs import background
from looseleaf_platform.jobs.outbox import put, retry
from looseleaf_platform.records import read
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_ui_builder.commands import rebuild_command

MAPPING = ImportMapping((Target("account", {"name": Source("name")}),))


@tells("platform.records.write:write.once", "platform.jobs.outbox:_claim", "platform.jobs.outbox:_note")
def a_record_is_written_under_its_key(house: House) -> Iterator[Act]:
    name, person = house.name("account"), house.by(house.boss)

    def create() -> None:
        write(person, [Change("create", "account", values={"name": name})], idempotency_key=name)
        house.settle()

    yield create
    assert house.count("account", name=name) == 1


@tells("platform.records.writing.idempotency:forget")
def keys_of_long_ago_are_forgotten(house: House) -> Iterator[Act]:
    name = house.name("account")
    write(house.by(house.boss), [Change("create", "account", values={"name": name})], idempotency_key=name)
    house.settle()
    house.clock.advance(days=60)
    yield house.settle
    assert house.rows(idempotency, key=name) == []


@tells("platform.jobs.background:start", "platform.jobs.background:_take", "platform.jobs.background:_finish")
@tells("platform.jobs.background:Run.tell", "platform.jobs.leases:prolong")
def a_job_is_asked_for_and_done(house: House) -> Iterator[Act]:
    person, mark = house.by(house.boss), house.name("job")

    def ask() -> None:
        if not any(one.payload == mark for one in background.jobs_of(person, "count")):  # whoever got no answer looks first
            background.start(person, "count", mark)
        house.settle()

    yield ask
    (done,) = [one for one in background.jobs_of(person, "count") if one.payload == mark]
    assert (done.state, done.result, done.progress) == ("done", 2, {"done": 2})


@tells("platform.jobs.background:cancel")
def a_job_is_cancelled(house: House) -> Iterator[Act]:
    person = house.by(house.boss)
    id = background.start(person, "count", "never")

    def cancel() -> None:
        with suppress(NotAllowed):  # it is over already
            background.cancel(person, id)

    yield cancel
    assert background.job_of(person, id).state in ("cancelled", "done")  # done where the house came first


@tells("platform.jobs.background:again")
def a_job_that_failed_is_done_again(house: House) -> Iterator[Act]:
    person = house.by(house.boss)
    id = background.start(person, "count", "twice")
    house.settle()
    with house.workspace.database.write() as connection:
        connection.execute(update(job).where(job.c.id == id).values(state="failed", error="no room", result=None))
    yield lambda: background.again(person, id)
    assert (background.job_of(person, id).state, background.job_of(person, id).result) == ("done", 2)


@tells("platform.jobs.outbox:retry")
def a_message_that_was_given_up_is_tried_again(house: House) -> Iterator[Act]:
    with house.workspace.database.write() as connection:
        id = put(connection, house.workspace, "revision.published", {"revision": 0})
        connection.execute(update(outbox).where(outbox.c.id == id).values(done_at=house.clock(), error="no room", attempts=8))
    yield lambda: retry(house.workspace, id)
    (message,) = house.rows(outbox, id=id)
    assert (message.error, message.done_at is not None) == (None, True)


@tells("platform.jobs.outbox:prune")
def old_messages_are_cleared_away(house: House) -> Iterator[Act]:
    with house.workspace.database.write() as connection:
        id = put(connection, house.workspace, "revision.published", {"revision": 0})
    house.settle()
    house.clock.advance(days=30)
    yield house.settle
    assert house.rows(outbox, id=id) == []


@tells("platform.personal_views:_insert", "platform.personal_views:_update", "platform.personal_views:remove")
def somebody_keeps_and_forgets_a_view(house: House) -> Iterator[Act]:
    person, name = house.by(house.boss), house.name("view")

    def found() -> list[Any]:
        return [one for one in personal_views.views_of(person, "account") if one.name.startswith(name)]

    def keep() -> None:
        id = found()[0].id if found() else personal_views.save(person, "account", name, personal_views.Saved(columns=("name",)))
        personal_views.save(person, "account", f"{name}!", personal_views.Saved(columns=("name",)), id=id)
        other = personal_views.save(person, "account", f"{name}?", personal_views.Saved())
        personal_views.remove(person, other)

    yield keep
    assert [one.name for one in found() if one.name.endswith("!")] == [f"{name}!"]


@tells("platform.sharing:give", "platform.sharing:take_back")
def a_record_is_shared_and_the_share_ended(house: House) -> Iterator[Act]:
    id, other = house.make("deal", name=house.name("deal"), owner=house.boss.actor.id), house.lin.actor.id or 0

    def share() -> None:
        sharing.give(house.system, "deal", id, "user", other, "read")
        sharing.give(house.system, "deal", id, "user", house.zhou.actor.id or 0, "read")
        sharing.take_back(house.system, "deal", id, "user", other)

    yield share
    assert [one.principal_id for one in sharing.shares_of(house.system, "deal", id)] == [house.zhou.actor.id]


@tells("platform.files:keep", "platform.files:attach")
def a_file_is_uploaded_and_belongs_to_a_record(house: House) -> Iterator[Act]:
    person, name = house.by(house.boss), house.name("paper")
    id = house.make("account", name=name)

    def upload() -> None:
        kept = files.keep(person, io.BytesIO(b"signed"), f"{name}.txt").as_data()
        write(person, [Change("update", "account", id, {"papers": [kept]})])
        files.attach(person, "account", id, {"papers": [kept]})

    yield upload
    (held,) = house.get("account", id)["papers"]
    assert [row.record_id for row in house.rows(file, id=held.id)] == [id]


@tells("platform.importing.background:remember_mapping")
def a_mapping_is_remembered(house: House) -> Iterator[Act]:
    person, headings = house.by(house.boss), (house.name("name"),)
    mapping = ImportMapping((Target("account", {"name": Source(headings[0])}),))
    yield lambda: importing.remember_mapping(person, "account", headings, mapping)
    assert importing.remembered_mapping(person, "account", headings) == mapping
    with house.workspace.database.write() as connection:
        connection.execute(delete(import_mapping))


@tells("platform.importing.storing:store.once")
def a_file_without_keys_is_imported_once(house: House) -> Iterator[Act]:
    person, prefix = house.by(house.boss), house.name("line")
    text = "name\n" + "".join(f"{prefix}-{number}\n" for number in range(3))
    upload = importing.keep_upload(person, io.BytesIO(text.encode()), "accounts.csv")
    job_id = importing.start_import(person, upload, MAPPING, dry=False)
    yield house.settle
    done = background.job_of(person, job_id)
    assert (done.state, done.result["lines"], done.result["objects"]) == ("done", 3, {"account": {"created": 3}}), done
    for number in range(3):
        assert house.count("account", name=f"{prefix}-{number}") == 1


@tells("platform.database.migrations:migrate")
def a_new_database_gets_its_tables(house: House) -> Iterator[Act]:
    with house.empty() as url:

        def open_and_migrate() -> int:
            database = Database.open(url)
            try:
                return migrate(database)
            finally:
                database.close()

        yield open_and_migrate
        database = Database.open(url)
        with database.read() as connection:
            assert len(connection.execute(migration.select()).all()) == len(PLATFORM.steps)
        database.close()


@tells("ui_builder.commands.rebuild_command:_search")
def the_index_of_search_is_made_anew(house: House) -> Iterator[Act]:
    name = house.name("findable")
    id = house.make("account", name=name)
    yield lambda: rebuild_command._search(house.system)
    assert [record.id for record in read.page(house.system, "account", Query(search=name)).records] == [id]
