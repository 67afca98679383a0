"""The navigation: menus of the apps, bound to what the reader may see; what they may make; the tools of their abilities."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, url_for

from looseleaf_metadata.model import MenuItem, Object
from looseleaf_platform.context import Context
from looseleaf_ui_builder.web.assets import icon_names
from looseleaf_ui_builder.web.texts import _
from looseleaf_workflow.pools.acting import may_enter
from looseleaf_workflow.running.looking import count_of_tasks

MOST_CREATABLE = 12
PEOPLE = ("user", "team")


@dataclass(frozen=True, slots=True)
class Entry:
    """An object as an index tab. `label` is its plural."""

    name: str
    label: str
    one: str
    icon: str
    hue: str


@dataclass(frozen=True, slots=True)
class Group:
    """Entries under a heading ("" for the first)."""

    label: str
    items: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A page of the product itself. `path`: its address without the workspace, to know when it is open; `count`: what waits there."""

    label: str
    icon: str
    url: str
    path: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Navigation:
    """All that the reader may go to."""

    groups: tuple[Group, ...]
    creatable: tuple[Entry, ...]
    tools: tuple[Tool, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All objects of all groups."""
        return tuple(entry for group in self.groups for entry in group.items)


def bind_navigation(context: Context) -> Navigation:
    """The navigation of one caller. Objects that no menu names come last; system objects only for those who manage people."""
    groups: list[Group] = []
    loose: list[Entry] = []
    seen: set[str] = set()
    for menu in context.model.menus.values():
        _collect(context, menu.items, "", groups, loose, seen)
    unnamed = [
        thing.name
        for thing in context.model.objects.values()
        if not (thing.retired or thing.system or thing.owned_by or _is_line(context, thing)) and thing.name not in seen
    ]
    loose += _entries(context, unnamed if not loose and not groups else [], seen)
    if loose:
        groups.insert(0, Group("", tuple(loose)))
    entries = [entry for group in groups for entry in group.items]
    creatable = [entry for entry in entries if context.profile.can(entry.name, "create")][:MOST_CREATABLE]
    return Navigation(tuple(groups), tuple(creatable), tuple(_tools(context)))


def _collect(context: Context, items: Iterable[MenuItem], label: str, groups: list[Group], loose: list[Entry], seen: set[str]) -> None:
    """Take apart one level of a menu: its objects go to `loose`, its groups become groups."""
    for item in items:
        if item.object and not any(item.object == system for system in PEOPLE):
            loose += _entries(context, [item.object], seen)
        elif item.items:
            inside: list[Entry] = []
            _collect(context, item.items, "", groups, inside, seen)
            if inside:
                groups.append(Group(item.label.text(context.locale) if item.label else label, tuple(inside)))


def _entries(context: Context, names: Iterable[str], seen: set[str]) -> list[Entry]:
    found = []
    for name in names:
        thing = context.model.objects.get(name)
        if thing is None or thing.retired or name in seen or not context.profile.can(name, "read"):
            continue
        seen.add(name)
        found.append(entry_of(context, thing))
    return found


def entry_of(context: Context, thing: Object) -> Entry:
    """An object as the navigation shows it."""
    return Entry(thing.name, thing.plural.text(context.locale), thing.label.text(context.locale), icon_of(thing), thing.hue)


def icon_of(thing: Object) -> str:
    """The object's icon, if the sprite has it."""
    known = icon_names()
    return thing.icon if not known or thing.icon in known else "file"


def _is_line(context: Context, thing: Object) -> bool:
    return thing.owned_by != ""


def _tools(context: Context) -> Iterable[Tool]:
    """Pages of the product that the caller's abilities open."""
    if context.model.others.get("approval"):
        yield Tool(_("Approvals"), "stamp", url_for("screens.show_inbox"), "/approvals", count_of_tasks(context))
    if any(may_enter(context, pool) for pool in context.model.others.get("pool", {}).values()):
        yield Tool(_("Pools"), "waves", url_for("screens.list_pools"), "/pools")
    if context.profile.has("automations") and context.model.others.get("automation"):
        yield Tool(_("Automations"), "workflow", url_for("screens.list_automations"), "/automations")
    if context.profile.has("automations") and context.model.others.get("inbound"):
        yield Tool(_("Inbound events"), "radio", url_for("screens.list_inbound"), "/inbound")
    if context.profile.has("users"):
        yield Tool(_("People"), "users", url_for("screens.people"), "/people")
    if context.profile.everything:
        yield Tool(_("Background work"), "activity", url_for("screens.show_jobs"), "/jobs")
    if context.profile.has("import") and "imports.index" in current_app.view_functions:
        yield Tool(_("Imports"), "upload", url_for("imports.index"), "/imports")
    if context.profile.has("builder") and "builder.index" in current_app.view_functions:
        yield Tool(_("Builder"), "settings-2", url_for("builder.index"), "/builder")
