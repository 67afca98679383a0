"""The Model of one published revision: frozen, typed, with no database in it. Everything downstream takes it as an argument.

Built only by `compile.py` from checked documents. Stable ids name storage; names are what people write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from looseleaf_metadata.expressions.nodes import Expression
from looseleaf_metadata.expressions.types import ExpressionType
from looseleaf_metadata.frozen import FrozenMap
from looseleaf_metadata.labels import Label
from looseleaf_metadata.problems import Place

EMPTY: Mapping[Any, Any] = FrozenMap()

SYSTEM_FIELDS = ("id", "owner", "team", "created_at", "created_by", "updated_at", "updated_by", "version", "deleted_at", "deleted_by")
"""Fields that every object has (owner and team only where `Object.owner` is not "none"): never written in metadata."""


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a select. Retired options stay on old records and can't be chosen."""

    id: str
    name: str
    label: Label
    hue: str = ""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object. `settings` are the options of its type (max_length, to, by, format, …), checked by its schema.

    `id` is stable for life; `column` is the storage name, also for life (the name it was first published with).
    `default` is a literal (parsed by the type when applied) or an Expression. `expression_type` is what expressions see.
    `value` is the formula of a formula field, `where` the filter of a roll-up (an Expression on the child object).
    `system` marks SYSTEM_FIELDS. `reveals`: a formula readable without rights to all that it reads.
    """

    id: str
    name: str
    type: str
    label: Label
    column: str
    expression_type: ExpressionType
    settings: Mapping[str, Any] = EMPTY
    help: Label | None = None
    required: bool = False
    default: Any = None
    options: tuple[Option, ...] = ()
    value: Expression | None = None
    where: Expression | None = None
    visible_when: Expression | None = None
    required_when: Expression | None = None
    read_only: bool = False
    reveals: bool = False
    retired: bool = False
    system: bool = False
    place: Place = field(default=Place(), compare=False)

    @property
    def target(self) -> str:
        """The object that a look-up, lines, many-to-many or user field refers to; "" for other fields."""
        return str(self.settings.get("to", ""))

    def option(self, name: str) -> Option | None:
        """The option of that name, or None."""
        return next((option for option in self.options if option.name == name), None)


@dataclass(frozen=True, slots=True)
class Rule:
    """A sentence that must hold when a record is created, or changed in a field that the rule reads."""

    id: str
    check: Expression
    message: Label
    at: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Unique:
    """Fields whose values together occur once among the undeleted records."""

    id: str
    fields: tuple[str, ...]
    message: Label | None = None
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Index:
    """An index asked for in metadata; `fields` may start with "-" for descending."""

    id: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DuplicateRule:
    """Records that agree on the normalised `match` fields are likely the same. `within` in days, None for ever."""

    id: str
    match: tuple[str, ...]
    within_days: int | None = None
    then: Literal["warn", "refuse"] = "warn"


@dataclass(frozen=True, slots=True)
class Object:
    """A kind of record. `fields` holds declared and system fields, retired ones too, in declared order.

    `table` is the storage name, for life. `owner`: "required", "optional" or "none".
    `owned_by`: for line objects, "parent_object.lines_field", else "". `key`: field used as external key by imports.
    """

    id: str
    name: str
    label: Label
    plural: Label
    table: str
    fields: Mapping[str, Field]
    title: str
    icon: str = "file"
    hue: str = "slate"
    owner: Literal["required", "optional", "none"] = "required"
    roles_of_fields: Mapping[str, str] = EMPTY
    highlights: tuple[str, ...] = ()
    search: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    unique: tuple[Unique, ...] = ()
    indexes: tuple[Index, ...] = ()
    duplicates: tuple[DuplicateRule, ...] = ()
    app: str = ""
    help: Label | None = None
    owned_by: str = ""
    key: str = ""
    system: bool = False
    retired: bool = False
    place: Place = field(default=Place(), compare=False)

    @property
    def live_fields(self) -> tuple[Field, ...]:
        """Fields that are not retired."""
        return tuple(field for field in self.fields.values() if not field.retired)

    def field_by_id(self, id: str) -> Field | None:
        """The field with that stable id, or None."""
        return next((field for field in self.fields.values() if field.id == id), None)


Scope = Literal["none", "own", "team", "team_tree", "all"]
ACTIONS = ("create", "read", "update", "delete", "import", "export")
FIELD_LEVELS = ("hidden", "masked", "read", "edit")


@dataclass(frozen=True, slots=True)
class Grant:
    """Which records an action reaches: the records of `scope`, narrowed by `where` if given, and those shared with the actor.

    For an expression grant ("own and stage == 'qualify'") `scope` is "all" and `where` holds it all; `own`, `team`,
    `team_tree` are boolean names inside such an expression. create/import are "all" or "none".
    """

    action: str
    scope: Scope
    where: Expression | None = None
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class FieldGrant:
    """What a role may do with one field. `masked_when`: masked only where it holds (None: always)."""

    object: str
    field: str
    level: Literal["hidden", "masked", "read", "edit"]
    masked_when: Expression | None = None
    place: Place = field(default=Place(), compare=False)  # type: ignore[operator]  # the attribute above hides the function from mypy only


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of rights. `grants[object][action]`; several grants of one action are OR-ed over a user's roles.

    `fields` are explicit levels; a field without one has level "edit". Included roles are already merged in;
    the including role's own lines win. `abilities`: names such as "import", "builder", "users", "reports.personal".
    """

    id: str
    name: str
    label: Label
    grants: Mapping[str, Mapping[str, Grant]] = EMPTY
    fields: Mapping[tuple[str, str], FieldGrant] = EMPTY
    abilities: frozenset[str] = frozenset()
    includes: tuple[str, ...] = ()
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class FormItem:
    """A field on a form. `columns`: of a lines field. `width`: "half" or "full"."""

    field: str
    width: Literal["half", "full"] = "half"
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A titled part of a form."""

    id: str
    label: Label | None
    columns: int
    items: tuple[FormItem, ...]
    visible_when: Expression | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """How a record of `object` is laid out. `related`: names of related lists (`related_as` names). `phone_first`: fields.

    `declared` is False for the form of all fields that an object without a form of its own is given. `shows_unplaced`: live fields that
    no section names are shown in a last section.
    """

    id: str
    name: str
    object: str
    sections: tuple[Section, ...]
    related: tuple[str, ...] = ()
    phone_first: tuple[str, ...] = ()
    app: str = ""
    declared: bool = True
    shows_unplaced: bool = True
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class View:
    """A saved way to look at an object's records. `sort`: names, "-" in front for descending; `columns` may be paths."""

    id: str
    name: str
    label: Label
    object: str
    kind: str = "table"
    where: Expression | None = None
    sort: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    sum: tuple[str, ...] = ()
    settings: Mapping[str, Any] = EMPTY
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class MenuItem:
    """An entry of the navigation: an object, a built-in page (`page`), or a group of items with a label."""

    object: str = ""
    page: str = ""
    label: Label | None = None
    items: tuple[MenuItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Menu:
    """A navigation. Menus of several apps are shown together, in app order."""

    id: str
    name: str
    items: tuple[MenuItem, ...]
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class App:
    """A template: its name, version, what it requires, and the workspace defaults it suggests."""

    id: str
    name: str
    label: Label
    version: str
    requires: Mapping[str, str] = EMPTY
    defaults: Mapping[str, Any] = EMPTY
    modules: Mapping[str, Any] = EMPTY
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Defaults:
    """Workspace-wide settings, merged from the apps."""

    currency: str = "CNY"
    timezone: str = "Asia/Shanghai"
    locale: str = "zh"
    phone_region: str = "CN"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A test in plain words; `data` is its checked document (given / steps), run by the scenario runner."""

    id: str
    name: str
    data: Mapping[str, Any]
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Seed:
    """Records that a template brings: `object`, external `key` field, and rows of raw values (parsed by the field types)."""

    id: str
    name: str
    object: str
    key: str
    rows: tuple[Mapping[str, Any], ...]
    demo: bool = False
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class ImportDefinition:
    """How files of a known shape are imported; `data` holds the checked `group` and `targets`."""

    id: str
    name: str
    label: Label
    data: Mapping[str, Any]
    app: str = ""
    place: Place = field(default=Place(), compare=False)


@dataclass(frozen=True, slots=True)
class Edge:
    """One place where metadata names other metadata. `source` and `target` are addresses such as
    "object:account/field:amount", "object:account/field:source/option:web", "role:sales_rep", "view:my_open_deals".
    """

    source: str
    target: str
    place: Place
    how: str  # "lookup", "expression", "column", "grant", "section", …


@dataclass(frozen=True, slots=True)
class Model:
    """All metadata of one revision, checked. `others[kind][name]`: kinds added by extensions."""

    revision: int
    objects: Mapping[str, Object]
    apps: Mapping[str, App] = EMPTY
    roles: Mapping[str, Role] = EMPTY
    forms: Mapping[str, Form] = EMPTY
    views: Mapping[str, View] = EMPTY
    menus: Mapping[str, Menu] = EMPTY
    scenarios: tuple[Scenario, ...] = ()
    seeds: tuple[Seed, ...] = ()
    others: Mapping[str, Mapping[str, Any]] = EMPTY
    defaults: Defaults = Defaults()
    edges: tuple[Edge, ...] = ()

    def object(self, name: str) -> Object:
        """The object of that name; KeyError where there is none."""
        return self.objects[name]

    def form_of(self, object_name: str) -> Form | None:
        """The first form declared for an object, or None."""
        return next((form for form in self.forms.values() if form.object == object_name), None)

    def views_of(self, object_name: str) -> tuple[View, ...]:
        """Views declared for an object, in declared order."""
        return tuple(view for view in self.views.values() if view.object == object_name)

    def used_by(self, address: str) -> tuple[Edge, ...]:
        """Every edge that points at `address` or at a part of it."""
        return tuple(edge for edge in self.edges if edge.target == address or edge.target.startswith(address + "/"))
