"""Views that people save for themselves, and share: filters, sort, columns of an object's list.

Stored by stable ids of fields and options' names, so that a rename of metadata leaves them whole; what is retired is left out.
Knows nothing of screens. Rights are those of the reader: a shared view shows everybody their own records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, or_, select, update

from looseleaf_metadata.model import Model
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.database.system_tables import personal_view
from looseleaf_platform.errors import Fault, NotAllowed, NotThere, Refused
from looseleaf_platform.fields import FIELD_TYPES
from looseleaf_platform.records.ids import new_id
from looseleaf_platform.records.requests import Condition

LONGEST_NAME = 80
MOST_VIEWS = 60


@dataclass(frozen=True, slots=True)
class Saved:
    """What a view says, in names of the present Model. `base`: name of the declared view that it narrows, "" for none."""

    base: str = ""
    filters: tuple[Condition, ...] = ()
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PersonalView:
    """A saved view as one person sees it. `own`: it is theirs to change."""

    id: int
    name: str
    own: bool
    shared: bool
    saved: Saved


def views_of(context: Context, object_name: str) -> tuple[PersonalView, ...]:
    """The caller's views of an object and those that others share, in the order they were made."""
    query = (
        select(personal_view)
        .where(
            personal_view.c.object_id == context.model.objects[object_name].id,
            or_(personal_view.c.user_id == context.actor.id, personal_view.c.shared.is_(True)),
        )
        .order_by(personal_view.c.position, personal_view.c.id)
    )
    with context.workspace.database.read() as connection:
        rows = connection.execute(query).all()
    return tuple(
        PersonalView(row.id, row.name, row.user_id == context.actor.id, row.shared, _loaded(context.model, object_name, row.definition))
        for row in rows
    )


def save(context: Context, object_name: str, name: str, saved: Saved, *, id: int | None = None, shared: bool = False) -> int:
    """Keep a view under a name; returns its id. Raises Refused for a bad name, NotAllowed without the ability to share, NotThere."""
    if context.actor.id is None:
        raise NotAllowed(Text("Only a person has views of their own"))
    if shared and not context.profile.has("views.shared"):
        raise NotAllowed(Text("You may not share views"), "views.shared")
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise Refused([Fault("/name", "required", Text("A view needs a name of at most {most} characters", most=LONGEST_NAME))])
    values = {"name": name, "definition": _stored(context.model, object_name, saved), "shared": shared, "updated_at": context.now}
    return _update(context, id, values) if id is not None else _insert(context, object_name, values)


def remove(context: Context, id: int) -> None:
    """Forget one of the caller's own views. NotThere for any other."""
    mine = (personal_view.c.id == id, personal_view.c.user_id == context.actor.id)
    with context.workspace.database.write() as connection:
        if connection.execute(delete(personal_view).where(*mine)).rowcount == 0:
            raise NotThere


def _insert(context: Context, object_name: str, values: Mapping[str, Any]) -> int:
    id = new_id()
    if len([view for view in views_of(context, object_name) if view.own]) >= MOST_VIEWS:
        raise Refused([Fault("/name", "too-many", Text("{most} views are kept at most; remove one first", most=MOST_VIEWS))])
    whole = {
        **values,
        "id": id,
        "user_id": context.actor.id,
        "object_id": context.model.objects[object_name].id,
        "created_at": context.now,
        "position": 0,
    }
    with context.workspace.database.write() as connection:
        connection.execute(insert(personal_view).values(whole))
    return id


def _update(context: Context, id: int, values: Mapping[str, Any]) -> int:
    mine = (personal_view.c.id == id, personal_view.c.user_id == context.actor.id)
    with context.workspace.database.write() as connection:
        if connection.execute(update(personal_view).where(*mine).values(values)).rowcount == 0:
            raise NotThere
    return id


def _stored(model: Model, object_name: str, saved: Saved) -> dict[str, Any]:
    base = model.views.get(saved.base)
    return {
        "base": base.id if base else "",
        "filters": [[path, one.operator, one.value] for one in saved.filters if (path := _ids(model, object_name, one.path))],
        "sort": [found for key in saved.sort if (found := _signed(model, object_name, key, _ids))],
        "columns": [path for column in saved.columns if (path := _ids(model, object_name, column))],
    }


def _loaded(model: Model, object_name: str, stored: Mapping[str, Any]) -> Saved:
    base = next((view.name for view in model.views_of(object_name) if view.id == stored.get("base")), "")
    filters = (
        Condition(path, str(operator), value)
        for ids, operator, value in stored.get("filters", ())
        if (path := _names(model, object_name, ids))
    )
    return Saved(
        base,
        tuple(filters),
        tuple(key for ids in stored.get("sort", ()) if (key := _signed(model, object_name, ids, _names))),
        tuple(path for ids in stored.get("columns", ()) if (path := _names(model, object_name, ids))),
    )


def _signed(model: Model, object_name: str, key: str, turned: Any) -> str:
    found = turned(model, object_name, key.removeprefix("-"))
    return f"-{found}" if found and key.startswith("-") else str(found)


def _ids(model: Model, object_name: str, path: str) -> str:
    """A path of names as a path of stable ids; "" where a step is unknown."""
    return _walk(model, object_name, path.split("."), by_id=False)


def _names(model: Model, object_name: str, path: str) -> str:
    """A path of stable ids as a path of present names; "" where a step is gone."""
    return _walk(model, object_name, path.split("."), by_id=True)


def _walk(model: Model, object_name: str, steps: Iterable[str], *, by_id: bool) -> str:
    turned: list[str] = []
    for step in steps:
        thing = model.objects.get(object_name)
        field = None if thing is None else thing.field_by_id(step) if by_id else thing.fields.get(step)
        if field is None or field.retired:
            return ""
        turned.append(field.name if by_id else field.id)
        object_name = field.target or FIELD_TYPES[field.type].fixed_target
    return ".".join(turned)
