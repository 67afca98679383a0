"""What screens show where nothing is declared: columns, highlights, the roles of fields. From roles, not from declaration order."""

from __future__ import annotations

from collections.abc import Iterable

from looseleaf_metadata.model import Object, View
from looseleaf_platform.context import Context
from looseleaf_ui_builder.screens.slots import Slot, bind_slots

MOST_COLUMNS = 8
MOST_HIGHLIGHTS = 6
UNSHOWN = frozenset({"lines", "rich_text", "long_text", "json", "many_to_many", "image", "file"})


def default_columns(thing: Object) -> tuple[str, ...]:
    """Columns of a list without a view: title, highlights, stage, owner, amount, date, next step; else the first fields."""
    roles = thing.roles_of_fields
    wanted = [thing.title, *thing.highlights, *(roles[role] for role in ("stage", "amount", "date", "next_step") if role in roles)]
    if len(wanted) < 4:
        wanted += [field.name for field in thing.live_fields if not field.system and field.type not in UNSHOWN]
    if thing.owner != "none":
        wanted = [*wanted[: MOST_COLUMNS - 1], "owner"]
    return tuple(dict.fromkeys(name for name in wanted if name in thing.fields))[:MOST_COLUMNS]


def columns_of(thing: Object, view: View | None, chosen: Iterable[str] = ()) -> tuple[str, ...]:
    """Paths of a list's columns: chosen by the reader, else of the view, else the default; the title always first."""
    named = tuple(chosen) or (view.columns if view and view.columns else default_columns(thing))
    return tuple(dict.fromkeys((thing.title, *named)))


def highlights(context: Context, thing: Object) -> tuple[Slot, ...]:
    """The strip under a record's header: declared highlights, else the fields with a role."""
    named = thing.highlights or tuple(thing.roles_of_fields.values())
    return tuple(slot for slot in bind_slots(context, thing.name, named) if slot.name != thing.title)[:MOST_HIGHLIGHTS]


def phone_slots(thing: Object, columns: tuple[Slot, ...]) -> dict[str, str]:
    """Which column takes which place of a two-line row on phones: path to place. Places: amount, second, date, state, owner."""
    roles = thing.roles_of_fields
    named = {roles.get("amount", ""): "amount", roles.get("date", ""): "date", roles.get("stage", ""): "state", "owner": "owner"}
    places: dict[str, str] = {}
    for slot in columns[1:]:
        place = named.get(slot.path) or _by_kind(slot)
        if place and place not in places.values():
            places[slot.path] = place
    rest = [slot.path for slot in columns[1:] if slot.path not in places]
    if rest and "second" not in places.values():
        places[rest[0]] = "second"
    return places


def _by_kind(slot: Slot) -> str:
    if slot.type.name == "currency" or (slot.numeric and slot.field.settings.get("returns") == "currency"):
        return "amount"
    return {"date": "date", "datetime": "date", "select": "state", "lookup": "second"}.get(slot.type.name, "")
