"""Reading, writing and losing a database, on both kinds."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, func, insert, inspect, select, text

from looseleaf_platform.database.engines import AlreadyServed, Busy, Database
from looseleaf_platform.errors import Unavailable

NOTES = Table("notes", MetaData(), Column("id", Integer, primary_key=True), Column("by", Integer))
LATER = Table("later", MetaData(), Column("id", Integer, primary_key=True))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database.open(database_url)
    with database.write() as connection:
        NOTES.create(connection)
    yield database
    database.close()


def count(database: Database) -> int:
    """How many notes are stored."""
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(NOTES)) or 0


def test_what_raises_is_not_stored_and_neither_are_its_tables(database: Database) -> None:

    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(insert(NOTES).values(id=1))
            LATER.create(connection)
            connection.execute(text("ALTER TABLE notes ADD COLUMN extra TEXT"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert count(database) == 0
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["notes"]
        assert [column["name"] for column in inspect(connection).get_columns("notes")] == ["id", "by"]


def test_a_reader_sees_one_snapshot(database: Database) -> None:
    with database.read() as reader:
        assert reader.scalar(select(func.count()).select_from(NOTES)) == 0
        with database.write() as writer:
            writer.execute(insert(NOTES).values(id=1))
        assert reader.scalar(select(func.count()).select_from(NOTES)) == 0
    assert count(database) == 1


def test_a_reader_can_not_write(database: Database) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"), database.read() as connection:
        connection.execute(insert(NOTES).values(id=1))
    assert count(database) == 0


def test_what_follows_a_commit_happens_after_it_and_only_then(database: Database) -> None:
    seen: list[int] = []
    with database.write() as connection:
        connection.execute(insert(NOTES).values(id=1))
        database.after_commit(connection, lambda: seen.append(count(database)))
        assert seen == []
    assert seen == [1]

    def fail() -> None:
        with database.write() as connection:
            database.after_commit(connection, lambda: seen.append(-1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert seen == [1]


def test_a_failing_follow_up_does_not_undo_the_write(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.write() as connection:
        connection.execute(insert(NOTES).values(id=1))
        database.after_commit(connection, lambda: [][1])
    assert count(database) == 1
    assert "IndexError" in caplog.text


def test_eight_writers_lose_nothing_and_are_all_served(database: Database) -> None:
    each, failures = 60, []

    def work(mine: int) -> None:
        try:
            for number in range(each):
                with database.write() as connection:
                    connection.scalar(select(func.count()).select_from(NOTES))
                    connection.execute(insert(NOTES).values(id=mine * each + number, by=mine))
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(mine,)) for mine in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as connection:
        assert connection.execute(select(NOTES.c.by, func.count()).group_by(NOTES.c.by).order_by(NOTES.c.by)).all() == [
            (mine, each) for mine in range(8)
        ]


def test_writers_of_an_sqlite_file_are_served_in_turn(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    order: list[int] = []

    def work(mine: int) -> None:
        with database.write():
            order.append(mine)

    with database.write():
        threads = [threading.Thread(target=work, args=(mine,)) for mine in range(12)]
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert order == list(range(12))
    database.close()


def test_a_write_that_waits_too_long_says_so(database: Database) -> None:
    with database.write() as connection:
        connection.execute(insert(NOTES).values(id=1))

    answers: list[BaseException] = []

    def impatient() -> None:
        try:
            with database.write(wait_seconds=0.2) as connection:
                connection.execute(NOTES.update().values(by=2))
        except Unavailable as error:
            answers.append(error)

    with database.write() as connection:
        connection.execute(NOTES.update().values(by=1))
        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join()
    assert [type(answer) for answer in answers] == [Busy]
    assert "busy" in str(answers[0])
    with database.write() as connection:  # and the turn is free again
        assert connection.scalar(select(NOTES.c.by)) == 1


def test_a_second_write_inside_a_write_is_a_programming_error_on_sqlite(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with database.write(), pytest.raises(RuntimeError, match="already writing"), database.write():
        pass
    database.close()


PROGRAM = """
import sys
from looseleaf_platform.database.engines import AlreadyServed, Database
from sqlalchemy import text
database = Database.open(sys.argv[1])
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 50):
    with database.write() as connection:
        connection.execute(text("INSERT INTO notes (id) VALUES (:id)"), {"id": number})
try:
    database.serve()
    print("served")
except AlreadyServed as refusal:
    print(refusal)
"""


def test_other_processes_write_the_same_sqlite_file_but_do_not_serve_it(sqlite_url: str) -> None:
    database = Database.open(sqlite_url)
    with database.write() as connection:
        NOTES.create(connection)
    database.serve()
    others = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, sqlite_url, str(start)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for start in (1000, 2000)
    ]
    for number in range(50):
        with database.write() as connection:
            connection.execute(insert(NOTES).values(id=number))
    for other in others:
        output, errors = other.communicate(timeout=60)
        assert errors == ""
        assert "is already serving" in output
    assert count(database) == 150
    second = Database.open(sqlite_url)
    with pytest.raises(AlreadyServed, match="is already serving"):
        second.serve()
    database.close()
    second.serve()
    second.close()


def test_a_lost_postgresql_connection_is_replaced(postgresql_url: str) -> None:
    database, killer = Database.open(postgresql_url), Database.open(postgresql_url)
    with database.write() as connection:
        NOTES.create(connection)

    def kill_the_others() -> None:
        with killer.write() as connection:
            connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )
            )

    assert count(database) == 0

    def lose_it_half_way() -> None:
        with database.write() as connection:
            connection.execute(insert(NOTES).values(id=1))
            kill_the_others()
            connection.execute(insert(NOTES).values(id=2))

    with pytest.raises(Unavailable, match="can't be reached"):
        lose_it_half_way()
    with database.write() as connection:
        connection.execute(insert(NOTES).values(id=3))
    kill_the_others()
    time.sleep(0.05)  # let the farewells arrive
    assert count(database) == 1
    database.close()
    killer.close()


def test_a_database_that_is_not_there_is_unavailable(tmp_path_factory: pytest.TempPathFactory) -> None:
    gone = tmp_path_factory.mktemp("gone")
    for url in (f"sqlite:///{gone}/no/such/folder/file.sqlite3", f"postgresql://postgres@/nothing?host={gone}"):
        database = Database.open(url)
        assert not database.reachable()
        with pytest.raises(Unavailable), database.read():
            pass
        with pytest.raises(Unavailable), database.write():
            pass
        database.close()


def test_an_sqlite_file_that_comes_back_is_used_again(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    database = Database.open(sqlite_url)
    folder, away = path.parent, path.parent.with_name(path.parent.name + "-away")
    folder.rename(away)
    assert not database.reachable()
    away.rename(folder)
    assert database.reachable()
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/x"])
def test_an_address_that_can_not_serve_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite"):
        Database.open(url)


def test_schemas_of_one_postgresql_database_are_apart(postgresql_url: str) -> None:
    public = Database.open(postgresql_url)
    with public.write() as connection:
        connection.execute(text("CREATE SCHEMA north"))
        connection.execute(text("CREATE SCHEMA south"))
    north, south = Database.open(postgresql_url, "north"), Database.open(postgresql_url, "south")
    for database in (north, south):
        with database.write() as connection:
            NOTES.create(connection)
    with north.write() as connection:
        connection.execute(insert(NOTES).values(id=1))
    assert (count(north), count(south)) == (1, 0)
    for database in (public, north, south):
        database.close()
