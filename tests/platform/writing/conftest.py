"""A small CRM that the tests of the write path work in: accounts, deals with lines, products, roles. Published once, then cloned."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.clock import FrozenClock
from support.tally import DATABASES

if TYPE_CHECKING:
    from looseleaf_metadata.vocabulary import Vocabulary
    from looseleaf_platform.context import Context
    from looseleaf_platform.workspace import Workspace

CRM = Path(__file__).with_name("crm.yaml").read_text("utf-8")


@pytest.fixture(params=DATABASES)
def crm(request: pytest.FixtureRequest, vocabulary: Vocabulary, clock: FrozenClock) -> Iterator[Workspace]:
    """A workspace with the small CRM, on the frozen clock; the test runs once on each kind of database."""
    from looseleaf_platform.workspace import Workspace
    from support.workspaces import publish_texts

    def fill(url: str) -> None:
        workspace = Workspace.open(url, vocabulary)
        publish_texts(workspace, CRM)
        workspace.close()

    databases = request.getfixturevalue(f"{request.param}_databases")
    with databases.fresh(databases.template("writing_crm", fill)) as url:
        workspace = Workspace.open(url, vocabulary, clock=clock)
        yield workspace
        workspace.close()


@pytest.fixture
def system(crm: Workspace) -> Context:
    """The system itself at work."""
    from looseleaf_platform.context import SYSTEM

    return crm.context(SYSTEM)


@pytest.fixture
def create(system: Context) -> Callable[..., int]:
    """create("account", name="…", by=context) stores a record and gives its id."""
    from looseleaf_platform.records.requests import Change
    from looseleaf_platform.records.write import write

    def make(object_name: str, by: Context | None = None, **values: Any) -> int:
        id = write(by or system, [Change("create", object_name, values=values)]).written[0].id
        assert id is not None
        return id

    return make


@pytest.fixture
def rows(crm: Workspace) -> Callable[..., Sequence[Mapping[str, Any]]]:
    """rows("change", record_id=7): what a table holds, as mappings. Object tables are named by their object."""
    from sqlalchemy import select

    from looseleaf_platform.database.system_tables import SYSTEM as SYSTEM_TABLES

    def read(name: str, **equal: Any) -> Sequence[Mapping[str, Any]]:
        table = SYSTEM_TABLES.tables.get(name)
        if table is None:
            table = crm.runtime.object(name).table
        statement = select(table).where(*(table.c[column] == value for column, value in equal.items())).order_by(next(iter(table.c)))
        with crm.database.read() as connection:
            return [dict(row) for row in connection.execute(statement).mappings()]

    return read


@pytest.fixture
def faults_of() -> Callable[..., list[tuple[str, str]]]:
    """faults_of(context, changes): (pointer, code) of every fault of a refused write."""
    from looseleaf_platform.errors import Refused
    from looseleaf_platform.records.write import write

    def attempt(context: Context, *changes: Any, **options: Any) -> list[tuple[str, str]]:
        with pytest.raises(Refused) as refused:
            write(context, changes, **options)
        return [(fault.pointer, fault.code) for fault in refused.value.faults]

    return attempt
