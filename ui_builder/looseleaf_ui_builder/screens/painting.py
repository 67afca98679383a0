"""Values become markup: each widget has fragments for showing (`display`), editing (`edit`) and table cells (`cell`).

A Painter serves one caller for one request. It reads nothing from the database: titles come with the records.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, Template
from markupsafe import Markup

from looseleaf_metadata.expressions.types import Kind
from looseleaf_platform.context import Context
from looseleaf_platform.errors import Fault
from looseleaf_platform.fields.results import result_type
from looseleaf_platform.records.ids import encode
from looseleaf_platform.records.requests import Record
from looseleaf_ui_builder.screens.situations import situation_of
from looseleaf_ui_builder.screens.slots import Slot, bind_slot
from looseleaf_ui_builder.web.texts import _

GROUPS = frozenset({"multi_select", "rating", "address", "lines"})
"""Widgets of several controls, or of none: their label names a group."""
WITHHELD = "•••"


@dataclass(frozen=True, slots=True)
class Control:
    """One control of a form, rendered. `name` is its input's name, `id` its element."""

    slot: Slot
    name: str
    id: str
    html: Markup
    kind: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a lines table in a form. `id`: of the record it is kept in, "" for a new one."""

    name: str
    id: str
    controls: tuple[Control, ...]


@dataclass(frozen=True, slots=True)
class Filled:
    """What a form shows: raw values by field name, titles of records by id as people see it, faults by JSON pointer.

    `shown`: parsed values of fields that can't be written, with which computed fields are displayed.
    """

    raw: Mapping[str, Any] = field(default_factory=dict)
    titles: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    record: Record | None = None

    def faults_at(self, pointer: str, locale: str) -> tuple[str, ...]:
        """The messages for one place."""
        return tuple(fault.say(locale) for fault in self.faults if fault.pointer == pointer)


class Painter:
    """Renders values for one caller."""

    def __init__(self, context: Context, environment: Environment) -> None:
        self.context = context
        self.environment = environment
        self.situation = situation_of(context)
        self.prefix = "f"  # of the ids of controls: a form over a form has another
        self.linked: dict[int, str] = {}  # titles of the records that many-to-many fields hold, where a page asked for them
        self._templates: dict[tuple[str, str], Template] = {}

    # --- showing --------------------------------------------------------------------------------------------------------------

    def text(self, slot: Slot, record: Record) -> str:
        """The value as plain text; titles for references, nothing for what is withheld."""
        if slot.path in record.masked:
            return WITHHELD
        value = record.values.get(slot.path)
        if value is None:
            return ""
        if slot.target and slot.type.name not in ("lines", "many_to_many"):
            return str(record.titles.get(slot.path, ""))
        return slot.type.display(value, slot.field, self.situation)

    def display(self, slot: Slot, record: Record) -> Markup:
        """The value on a record's page."""
        return self._show("display", slot, record)

    def sum(self, slot: Slot, total: Any) -> str:
        """A column's total."""
        return "" if total is None else result_type(slot.field).display(total, slot.field, self.situation)

    def cell(self, slot: Slot, record: Record) -> Markup:
        """The value in a table."""
        return self._show("cell", slot, record)

    def _show(self, shape: str, slot: Slot, record: Record) -> Markup:
        if slot.path in record.masked:
            return Markup(self._template("masked", "display").render(paint=self))
        value = record.values.get(slot.path)
        text = self.text(slot, record)
        widget = result_type(slot.field).widget
        if value is None or value == ():
            return Markup()
        if widget in PLAIN:
            return Markup.escape(text)
        title = record.titles.get(slot.path, "")
        if widget == "lookups" and shape == "cell":
            return Markup.escape(title)
        template = self._template(widget, shape)
        linked = [(encode(id), self.linked[id]) for id in value if id in self.linked] if widget == "lookups" else []
        rows = value if widget == "lines" else ()
        return Markup(
            template.render(slot=slot, value=value, text=text, title=title, record=record, paint=self, linked=linked, rows=rows).strip()
        )

    # --- editing --------------------------------------------------------------------------------------------------------------

    def control(self, slot: Slot, filled: Filled, *, name: str = "", pointer: str = "", in_row: bool = False) -> Control:
        """The control of one slot, filled in. In a row it carries its label as an accessible name."""
        name, pointer = name or slot.name, pointer or f"/{slot.name}"
        id = f"{self.prefix}-{name}"
        faults = filled.faults_at(pointer, self.context.locale)
        if not slot.editable:
            html = self._computed(slot, filled, id)
            return Control(slot, name, id, html, kind_of(slot), faults)
        describedby = f"{id}-fault" if faults else f"{id}-help" if slot.help and not in_row else ""
        attributes = self._attributes(slot, id, describedby, bool(faults), in_row)
        raw = filled.raw.get(slot.name)
        html = Markup(
            self._template(slot.widget, "edit").render(
                slot=slot,
                raw=raw,
                name=name,
                id=id,
                attributes=attributes + Markup(' name="{}"').format(name),
                attributes_without_name=attributes,
                describedby=describedby,
                scale=slot.field.expression_type.scale,
                situation=self.situation,
                paint=self,
                **self._references(slot, raw, filled, name, pointer),
            )
        )
        return Control(slot, name, id, html, kind_of(slot), faults)

    def field(self, slot: Slot, filled: Filled, name: str = "") -> Markup:
        """A control with its label, help and faults: one cell of a form. `name`: of its input, where it isn't the field's."""
        control = self.control(slot, filled, name=name)
        return Markup(
            self._template("", "_field").render(
                slot=slot,
                control=control.html,
                id=control.id,
                faults=control.faults,
                kind=control.kind,
                scale=slot.field.expression_type.scale if control.kind == "number" else None,
                group=slot.widget in GROUPS or not slot.editable,
                required=slot.required and slot.editable,
            )
        )

    def _computed(self, slot: Slot, filled: Filled, id: str) -> Markup:
        shown = self.display(slot, filled.record) if filled.record else Markup()
        return Markup(self._template("computed", "edit").render(slot=slot, shown=shown, id=id))

    def _attributes(self, slot: Slot, id: str, describedby: str, faulty: bool, in_row: bool) -> Markup:
        parts = [Markup('id="{}"').format(id)]
        if in_row:
            parts.append(Markup('aria-label="{}"').format(slot.label))
        if describedby:
            parts.append(Markup('aria-describedby="{}"').format(describedby))
        if faulty:
            parts.append(Markup('aria-invalid="true"'))
        if slot.required:
            parts.append(Markup('aria-required="true"'))
        return Markup(" ").join(parts)

    def _references(self, slot: Slot, raw: Any, filled: Filled, name: str, pointer: str) -> dict[str, Any]:
        """What a widget needs beyond its raw value: titles of records, rows of lines."""
        if slot.widget == "lines":
            rows = [self._row(slot, row, filled, f"{name}-{at}", f"{pointer}/{at}") for at, row in enumerate(raw or ())]
            return {"rows": rows, "blank_row": self._row(slot, self.defaults(slot.columns), filled, f"{name}-__row__", "//")}
        if slot.widget == "lookups":
            return {"linked": [(id, filled.titles.get(id, id)) for id in raw or ()]}
        return {"title": filled.titles.get(str(raw), "") if raw else ""}

    def _row(self, slot: Slot, raw: Mapping[str, Any], filled: Filled, name: str, pointer: str) -> Row:
        shown = Filled(raw, filled.titles, filled.faults, _row_record(filled.record, slot, raw))
        controls = (
            self.control(column, shown, name=f"{name}-{column.name}", pointer=f"{pointer}/{column.name}", in_row=True)
            for column in slot.columns
        )
        return Row(name, str(raw.get("id", "") or ""), tuple(controls))

    def defaults(self, slots: Iterable[Slot]) -> dict[str, Any]:
        """Raw values that a new record begins with: literal defaults; what an expression gives is for the server to fill in."""
        given: dict[str, Any] = {}
        for slot in slots:
            default = slot.field.default
            if default is None or hasattr(default, "root"):
                continue
            try:
                given[slot.name] = slot.type.dump(slot.type.parse(default, slot.field, self.situation), slot.field)
            except Exception:
                given[slot.name] = default
        return given

    def person_lookup(self, name: str, label: str, raw: str = "", title: str = "") -> Markup:
        """A look-up of a user or, by the name "team", of a team, outside the form of an object."""
        target = "team" if name == "team" else "user"
        slot = bind_slot(self.context, "user", "team" if target == "team" else "manager")
        if slot is None:
            return Markup()
        slot = replace(slot, label=label, path=name, field=replace(slot.field, name=name, required=False), help="", editable=True)
        return self.control(slot, Filled({name: raw}, {raw: title})).html

    def place_of(self, fault: Fault, slots: Iterable[Slot]) -> dict[str, str]:
        """Where a fault belongs on the form: the control's id and label, empty for the form as a whole."""
        parts = fault.pointer.removeprefix("/").split("/")
        slot = next((slot for slot in slots if slot.name == parts[0]), None)
        if slot is None:
            return {"id": "", "label": ""}
        column = next((column for column in slot.columns if len(parts) > 2 and column.name == parts[2]), None)
        if column is not None:
            return {
                "id": f"{self.prefix}-{slot.name}-{parts[1]}-{column.name}",
                "label": f"{slot.label} {int(parts[1]) + 1}, {column.label}",
            }
        return {"id": f"{self.prefix}-{slot.name}", "label": slot.label}

    def is_quick(self, slot: Slot, filled: Filled) -> bool:
        """Whether a field belongs on the short form: needed, filled in, faulty, or one of those that tell records apart."""
        thing = slot.object
        near = {thing.title, *thing.search, *(name for rule in thing.duplicates for name in rule.match)}
        return slot.required or slot.name in near or bool(filled.raw.get(slot.name)) or bool(filled.faults_at(f"/{slot.name}", "en"))

    def stamp(self, record: Record) -> str:
        """Who made and last changed a record, as far as the reader may know."""
        created, updated = record.values.get("created_at"), record.values.get("updated_at")
        by, changed_by = record.titles.get("created_by", ""), record.titles.get("updated_by", "")
        said = []
        if created:
            at = _moment(created, self.situation.timezone)
            said.append(_("Created {at} by {name}", at=at, name=by) if by else _("Created {at}", at=at))
        if updated and updated != created:
            at = _moment(updated, self.situation.timezone)
            said.append(_("changed {at} by {name}", at=at, name=changed_by) if changed_by else _("changed {at}", at=at))
        return " · ".join(said)

    def _template(self, widget: str, shape: str) -> Template:
        key = (widget, shape)
        if key not in self._templates:
            if not widget:
                names = [f"fields/{shape}.html"]
            else:
                names = [
                    f"fields/{widget}/{shape}.html",
                    f"fields/{widget}/display.html",
                    f"fields/text/{shape}.html",
                    "fields/text/display.html",
                ]
                if shape == "edit":
                    names = [names[0], "fields/text/edit.html"]
            self._templates[key] = self.environment.select_template(names)
        return self._templates[key]


PLAIN = frozenset({"text", "number", "auto_number", "record_id", "time", "duration", "address", "geolocation"})
"""Widgets that show nothing but the text."""


def kind_of(slot: Slot) -> str:
    """What the browser's expressions take a value for."""
    kind = slot.field.expression_type.kind
    return "currency" if slot.type.name == "currency" else "percent" if slot.type.name == "percent" else Kind(kind).value


def _moment(moment: datetime, timezone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(timezone)):%Y-%m-%d %H:%M}"


def _row_record(record: Record | None, slot: Slot, raw: Mapping[str, Any]) -> Record | None:
    """The stored row behind a row of the form, for its computed cells."""
    id = raw.get("id")
    rows = record.values.get(slot.name) if record else None
    return next((row for row in rows or () if isinstance(row, Record) and encode(row.id) == id), None) if id else None
