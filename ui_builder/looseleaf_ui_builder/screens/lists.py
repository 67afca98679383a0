"""The list of an object: views as tabs, columns, filters, sums, one page of records. Bound to one reader; reads through records.read.

Queries of a page: the page itself, the count, the sums (if any), the titles of filtered look-ups, and the saved views: at most five.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from looseleaf_metadata.model import Object, View
from looseleaf_metadata.texts import Text
from looseleaf_platform.context import Context
from looseleaf_platform.errors import BadQuery, Invalid, NotThere
from looseleaf_platform.fields.operators import OPERATORS, operators_of, sentence
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.importing import exporting
from looseleaf_platform.importing.exporting import Export
from looseleaf_platform.personal_views import PersonalView, Saved, views_of
from looseleaf_platform.records import read
from looseleaf_platform.records.ids import decode, encode
from looseleaf_platform.records.requests import Condition, Group, Page, Query
from looseleaf_ui_builder.screens.layout import columns_of, phone_slots
from looseleaf_ui_builder.screens.list_state import ListState
from looseleaf_ui_builder.screens.situations import situation_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slot, bind_slots
from looseleaf_ui_builder.web.texts import _

EVERYTHING = "all"
PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Tab:
    """A view as a tab. `key`: what the address says; `whole`: leaves nothing out; `personal`: a view of the reader's, to be changed or removed."""

    key: str
    label: str
    whole: bool = False
    current: bool = False
    personal: PersonalView | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force, in words, with the arguments of the address without it."""

    words: str
    without: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BoundList:
    """A list as one reader sees it now. `sums`: totals by path of the columns that have one."""

    object: Object
    state: ListState
    tabs: tuple[Tab, ...]
    columns: tuple[Slot, ...]
    places: Mapping[str, str]
    sort: tuple[str, ...]
    filters: tuple[Condition, ...]
    chips: tuple[Chip, ...]
    page: Page
    sums: Mapping[str, Any]
    query: Query

    @property
    def tab(self) -> Tab:
        """The view that is open."""
        return next(tab for tab in self.tabs if tab.current)

    @property
    def filtered(self) -> bool:
        """Whether the list may be empty because of what was asked for."""
        return bool(self.filters or self.state.search)

    @property
    def whole(self) -> str:
        """The key of the view that leaves nothing out, "" where it is the one that is open."""
        key = next((tab.key for tab in self.tabs if tab.whole), "")
        return "" if key == self.tab.key else key


def object_of(context: Context, name: str, action: str = "read") -> Object:
    """An object that the caller may do something with. Raises NotThere for an unknown one as for one that may not be seen."""
    thing: Object | None = context.model.objects.get(name)
    if thing is None or thing.retired or not context.profile.can(name, "read") or not context.profile.can(name, action):
        raise NotThere
    return thing


def bind_list(context: Context, object_name: str, state: ListState) -> BoundList:
    """The list that an address asks for, read."""
    thing = object_of(context, object_name)
    personal = views_of(context, object_name)
    tabs = _tabs(context, thing, personal, state)
    current = next(tab for tab in tabs if tab.current)
    view, saved = _said(context, thing, current)
    readable = set(context.profile.readable(object_name))
    sort = tuple(key for key in (state.sort if state.sort is not None else saved.sort) if key.removeprefix("-").split(".")[0] in readable)
    filters = state.filters if state.filters is not None else saved.filters
    columns = bind_slots(context, object_name, columns_of(thing, view, _known(context, thing, state.columns) or saved.columns))
    query = _query(view, state, sort, filters, columns)
    summed = _summed(context, thing, view, columns)
    page = _page(context, object_name, query)
    return BoundList(
        object=thing,
        state=state,
        tabs=tabs,
        columns=columns,
        places=phone_slots(thing, columns),
        sort=sort,
        filters=filters,
        chips=_chips(context, thing, state, filters),
        page=page,
        sums=read.totals(context, object_name, query, tuple(summed)) if summed and page.records else {},
        query=query,
    )


def bind_first_list(context: Context, object_name: str) -> BoundList:
    """The list of somebody who asked for none in particular: the first view, or the whole where that one has nothing for them."""
    bound = bind_list(context, object_name, ListState())
    if bound.page.records or not bound.whole:
        return bound
    whole = bind_list(context, object_name, ListState(view=bound.whole))
    return whole if whole.page.records else bound


def prepare_export(context: Context, object_name: str, state: ListState, ids: Sequence[int] = ()) -> Export:
    """A list as an export: its columns, filters and order; only the records with these `ids`, if any are given."""
    query = bind_list(context, object_name, replace(state, after="", before="")).query
    if ids:
        ticked = Group("or", tuple(Condition("id", "eq", encode(id)) for id in ids))
        query = replace(query, where=Group("and", (ticked, *((query.where,) if query.where else ()))))
    return exporting.prepare(context, object_name, query, query.fields or ())


def _tabs(context: Context, thing: Object, personal: tuple[PersonalView, ...], state: ListState) -> tuple[Tab, ...]:
    declared = [view for view in context.model.views_of(thing.name) if view.kind == "table" and read.may_use(context, view)]
    tabs = [Tab(view.name, view.label.text(context.locale), view.where is None) for view in declared]
    if not any(tab.whole for tab in tabs):
        tabs.append(Tab(EVERYTHING, _("All"), whole=True))
    tabs += [Tab(f"p:{encode(view.id)}", view.name, personal=view) for view in personal]
    wanted = state.view if any(tab.key == state.view for tab in tabs) else tabs[0].key
    return tuple(replace(tab, current=tab.key == wanted) for tab in tabs)


def _said(context: Context, thing: Object, tab: Tab) -> tuple[View | None, Saved]:
    """The declared view behind a tab, and what a view, saved or declared, says of filters, sort and columns."""
    if tab.personal is not None:
        saved = tab.personal.saved
        view = context.model.views.get(saved.base) if saved.base else None
        return view, replace(saved, sort=saved.sort or (view.sort if view else ()))
    view = context.model.views.get(tab.key)
    return view, Saved(sort=view.sort if view else ())


def _known(context: Context, thing: Object, paths: tuple[str, ...] | None) -> tuple[str, ...]:
    """The paths of an address that lead somewhere."""
    known = []
    for path in paths or ():
        try:
            if bind_slot(context, thing.name, path) is not None:
                known.append(path)
        except LookupError:
            continue
    return tuple(known)


def _query(view: View | None, state: ListState, sort: tuple[str, ...], filters: tuple[Condition, ...], columns: tuple[Slot, ...]) -> Query:
    return Query(
        where=Group("and", filters) if filters else None,
        expression=view.where if view else None,
        search=state.search,
        sort=sort or ("-created_at",),
        fields=tuple(slot.path for slot in columns),
        after=state.after,
        before=state.before,
        size=PAGE_SIZE,
        deleted=state.bin,
        count=True,
    )


def _page(context: Context, object_name: str, query: Query) -> Page:
    """The page; a cursor that no longer fits (the sort changed, the address is old) leads to the first one."""
    try:
        return read.page(context, object_name, query)
    except BadQuery as bad:
        if not (query.after or query.before) or not bad.pointer.endswith(("after", "before")):
            raise
        return read.page(context, object_name, replace(query, after="", before=""))


def _summed(context: Context, thing: Object, view: View | None, columns: tuple[Slot, ...]) -> tuple[str, ...]:
    """Columns with a sum: those that the view names, else the amount by role. A withheld column has none."""
    masked = context.profile.masked(thing.name)
    named = view.sum if view and view.sum else tuple(name for role, name in thing.roles_of_fields.items() if role == "amount")
    return tuple(slot.path for slot in columns if slot.path in named and slot.numeric and slot.path not in masked)


def _chips(context: Context, thing: Object, state: ListState, filters: tuple[Condition, ...]) -> tuple[Chip, ...]:
    return tuple(
        Chip(words_of(context, thing, one), state.arguments(filters=filters[:at] + filters[at + 1 :])) for at, one in enumerate(filters)
    )


def words_of(context: Context, thing: Object, condition: Condition) -> str:
    """A filter said to people; look-ups by their titles."""
    try:
        slot = bind_slot(context, thing.name, condition.path)
    except LookupError:
        slot = None
    if slot is None:
        raise BadQuery(_field_unknown(condition), "filter")
    if condition.operator not in OPERATORS or condition.operator not in operators_of(slot.field):
        raise BadQuery(_operator_unknown(condition), "filter")
    shown = _titles_shown(context, slot, condition) if slot.target and OPERATORS[condition.operator].values != "none" else None
    try:
        return sentence(condition.operator, slot.field, condition.value, situation_of(context), shown)
    except Invalid as invalid:
        raise BadQuery(_value_unfit(slot, invalid), "filter") from invalid


def _titles_shown(context: Context, slot: Slot, condition: Condition) -> Any:
    """How the records that a filter names are called; one query for all of them."""
    given = condition.value if isinstance(condition.value, list | tuple) else str(condition.value or "").replace("；", ";").split(";")
    ids = {}
    for raw in given:
        try:
            ids[str(raw)] = decode(str(raw).strip())
        except ValueError:
            continue
    titles = read.titles(context, slot.target, tuple(ids.values())) if ids else {}
    return lambda raw: titles.get(ids.get(str(raw), 0), str(raw))


def _field_unknown(condition: Condition) -> Text:
    return Text("There is no field “{name}” to filter by", name=condition.path)


def _operator_unknown(condition: Condition) -> Text:
    return Text("“{name}” can't be filtered by “{operator}”", name=condition.path, operator=condition.operator)


def _value_unfit(slot: Slot, invalid: Invalid) -> Text:
    return Text("{field}: {fault}", field=slot.field.label, fault=invalid.message)


def filterable(context: Context, thing: Object) -> tuple[Slot, ...]:
    """The fields that the reader may filter by: readable, with operators, never withheld."""
    masked = context.profile.masked(thing.name)
    names = [name for name in context.profile.readable(thing.name) if name not in masked]
    return tuple(slot for slot in bind_slots(context, thing.name, names) if operators_of(slot.field) and slot.name not in ("id", "version"))


def addable_columns(context: Context, thing: Object, shown: tuple[Slot, ...]) -> tuple[tuple[Slot, bool], ...]:
    """All columns that the reader may choose, those shown first and in their order."""
    paths = {slot.path for slot in shown}
    unshown = {"id", "version", "deleted_at", "deleted_by"}
    names = [name for name in context.profile.readable(thing.name) if name not in paths and name not in unshown]
    rest = [slot for slot in bind_slots(context, thing.name, names) if result_type(slot.field).name not in ("lines", "rich_text", "json")]
    return tuple((slot, True) for slot in shown) + tuple((slot, False) for slot in rest)
