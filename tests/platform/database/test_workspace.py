"""A workspace opens, is kept up to date, survives its database's absence, and costs little per object."""

from __future__ import annotations

import threading
import time
import tracemalloc
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, inspect, select, text

from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.database.engines import Database
from looseleaf_platform.database.migrations import Migrations, migrate
from looseleaf_platform.database.system_tables import SYSTEM as SYSTEM_TABLES
from looseleaf_platform.errors import NotThere, Unavailable
from looseleaf_platform.records.read import page
from looseleaf_platform.records.requests import Change, Query
from looseleaf_platform.records.write import write
from looseleaf_platform.workspace import Workspace
from support.workspaces import publish_texts


def test_an_actor_has_the_teams_below_and_the_roles_of_now(workspace: Workspace) -> None:
    publish_texts(workspace, "role: sales_rep\nlabel: Rep\n---\nrole: importer\nlabel: Importer\nabilities: [import]\n")
    context = workspace.context(SYSTEM)
    east = write(context, [Change("create", "team", values={"name": "华东"})]).written[0].id
    below = write(context, [Change("create", "team", values={"name": "苏州", "parent": east})]).written[0].id
    lin = write(context, [Change("create", "user", values={"name": "林晓", "team": east, "state": "active", "locale": "en"})]).written[0].id
    assert lin is not None
    write(context, [Change("create", "role_member", values={"user": lin, "role": role}) for role in ("sales_rep", "importer")])
    actor = workspace.actor(lin, limits=frozenset({"import"}))
    assert (actor.name, actor.team, actor.locale, actor.timezone) == ("林晓", east, "en", "Asia/Shanghai")
    assert set(actor.team_tree) == {east, below}
    assert actor.roles == ("importer", "sales_rep")
    assert actor.limits == {"import"}
    assert not actor.administrator
    with pytest.raises(NotThere):
        workspace.actor(12345)


def test_teams_in_a_circle_do_not_hang(workspace: Workspace) -> None:
    context = workspace.context(SYSTEM)
    teams = [write(context, [Change("create", "team", values={"name": name})]).written[0].id for name in ("a", "b")]
    user = write(context, [Change("create", "user", values={"name": "x", "team": teams[0], "state": "active"})]).written[0].id
    table, column = workspace.runtime.object("team").table, workspace.runtime.object("team").fields["parent"].main
    with workspace.database.write() as connection:
        for id, parent in (teams, teams[::-1]):
            connection.execute(table.update().where(table.c.id == id).values({column: parent}))
    assert user is not None
    assert set(workspace.actor(user).team_tree) == set(teams)


def test_opening_again_changes_nothing(workspace: Workspace, workspace_url: str, vocabulary: Vocabulary) -> None:
    again = Workspace.open(workspace_url, vocabulary)
    assert again.runtime.revision == 1
    assert migrate(again.database) == 0
    again.close()


def test_a_newer_platform_brings_its_system_objects_itself(workspace: Workspace, workspace_url: str, vocabulary: Vocabulary) -> None:
    from dataclasses import replace

    documents = (*vocabulary.system_documents, ("badge.yaml", "object: badge\nlabel: Badge\nowner: none\nfields:\n  name: {type: text}\n"))
    newer = Workspace.open(workspace_url, replace(vocabulary, system_documents=documents))
    assert newer.runtime.revision == 2
    assert write(newer.context(SYSTEM), [Change("create", "badge", values={"name": "x"})]).operation
    newer.close()


def test_extensions_bring_tables_and_steps_of_their_own(database_url: str) -> None:
    tables = MetaData()
    Table("visit_log", tables, Column("id", Integer, primary_key=True))
    ran: list[int] = []

    def second(connection: Connection, database: Database) -> None:
        ran.append(2)
        connection.execute(text("ALTER TABLE visit_log ADD COLUMN place TEXT"))

    database = Database.open(database_url)
    assert migrate(database, [Migrations("visits", tables)]) == 3
    assert migrate(database, [Migrations("visits", tables)]) == 0
    assert migrate(database, [Migrations("visits", tables, (lambda *_: ran.append(1), second))]) == 1
    assert ran == [2]
    with database.read() as connection:
        assert {column["name"] for column in inspect(connection).get_columns("visit_log")} == {"id", "place"}
    database.close()


def test_processes_may_open_a_new_workspace_at_the_same_time(database_url: str, vocabulary: Vocabulary) -> None:
    opened: list[Workspace] = []
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            opened.append(Workspace.open(database_url, vocabulary))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert {workspace.runtime.revision for workspace in opened} == {1}
    for workspace in opened:
        workspace.close()


def test_a_workspace_recovers_when_its_database_comes_back(sqlite_url: str, vocabulary: Vocabulary) -> None:
    workspace = Workspace.open(sqlite_url, vocabulary)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    away = path.parent.with_name(path.parent.name + "-away")
    path.parent.rename(away)
    workspace.database.reader.dispose()
    workspace.database.writer.dispose()
    change = [Change("create", "team", values={"name": "北方"})]
    with pytest.raises(Unavailable):
        write(workspace.context(SYSTEM), change)
    assert workspace.runtime.revision == 1  # what is known stays known
    away.rename(path.parent)
    assert write(workspace.context(SYSTEM), change).operation
    workspace.close()


def test_a_workspace_survives_the_loss_of_all_its_connections(postgresql_url: str, vocabulary: Vocabulary) -> None:
    workspace, killer = Workspace.open(postgresql_url, vocabulary), Database.open(postgresql_url)
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    for number in range(4):
        with killer.write() as connection:
            connection.execute(text(others))
        time.sleep(0.05)  # let the farewells arrive
        assert write(workspace.context(SYSTEM), [Change("create", "team", values={"name": f"t{number}"})]).operation
        assert len(page(workspace.context(SYSTEM), "team", Query()).records) == number + 1
    workspace.close()
    killer.close()


def test_two_workspaces_live_in_two_schemas_of_one_database(postgresql_url: str, vocabulary: Vocabulary) -> None:
    north = Workspace.open(postgresql_url, vocabulary, schema="north")
    south = Workspace.open(postgresql_url, vocabulary, schema="South of it")
    publish_texts(north, "object: note\nlabel: Note\nowner: none\nfields:\n  name: {type: text}\n")
    assert (north.runtime.revision, south.refresh().revision) == (2, 1)
    assert write(north.context(SYSTEM), [Change("create", "note", values={"name": "n"})]).operation
    assert write(south.context(SYSTEM), [Change("create", "team", values={"name": "s"})]).operation
    with north.database.read() as connection:
        assert inspect(connection).get_table_names(schema="public") == []
    north.close()
    south.close()


def test_system_tables_are_the_same_on_both_databases(workspace: Workspace) -> None:
    with workspace.database.read() as connection:
        there = set(inspect(connection).get_table_names(schema=workspace.database.schema))
    assert {table.name for table in SYSTEM_TABLES.tables.values()} <= there
    with workspace.database.write() as connection:
        setting = SYSTEM_TABLES.tables["setting"]
        connection.execute(insert(setting).values(key="a", value={"b": [1]}, updated_at=workspace.clock()))
        assert connection.scalar(select(setting.c.value)) == {"b": [1]}


MANY = 40
OBJECT = "object: thing_{number}\nlabel: Thing {number}\nfields:\n  name: {{type: text, required: true}}\n" + "".join(
    f"  field_{field}: {{{{type: {kind}}}}}\n"
    for field, kind in enumerate(["text", "integer", "decimal", "date", "datetime", "boolean", "currency"] * 4 + ["email"])
)


def test_forty_objects_of_thirty_fields_cost_less_than_a_megabyte_each(sqlite_url: str, vocabulary: Vocabulary) -> None:
    workspace = Workspace.open(sqlite_url, vocabulary)
    publish_texts(workspace, *(OBJECT.format(number=number) for number in range(MANY)))
    workspace.close()
    tracemalloc.start()
    again = Workspace.open(sqlite_url, vocabulary)
    runtime = again.runtime
    before = tracemalloc.get_traced_memory()[0]
    for number in range(MANY):
        found = runtime.object(f"thing_{number}")
        assert len(found.fields) > 30
        assert found.table.c.f_name is found.fields["name"].main
    used = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert used < MANY * 1_000_000
    assert used - before < MANY * 400_000  # tables and fields alone
    began = time.thread_time()
    for number in range(MANY):
        runtime.object(f"thing_{number}")
    assert time.thread_time() - began < 0.05  # made once
    again.close()
