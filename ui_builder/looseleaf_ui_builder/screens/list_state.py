"""What the address of a list says: which view, filters, sort, columns, search, page. Pure: arguments in, arguments out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from werkzeug.datastructures import MultiDict

from looseleaf_platform.records.requests import Condition

Arguments = MultiDict[str, str]


def condition_of(text: str) -> Condition | None:
    """A filter as it stands in an address, `path:operator:value`; None for what isn't one."""
    path, _, rest = text.partition(":")
    operator, _, value = rest.partition(":")
    return Condition(path, operator, value) if path and operator else None


def text_of(condition: Condition) -> str:
    """A filter for an address."""
    value = condition.value
    said = ";".join(map(str, value)) if isinstance(value, list | tuple) else "" if value is None else str(value)
    return f"{condition.path}:{condition.operator}:{said}"


@dataclass(frozen=True, slots=True)
class ListState:
    """The state of one list. None means: not said, so the view decides. `view`: a declared view's name, "p:ID" (as people see ids) or "all"."""

    view: str = ""
    filters: tuple[Condition, ...] | None = None
    sort: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    search: str = ""
    after: str = ""
    before: str = ""
    bin: bool = False

    @classmethod
    def from_arguments(cls, arguments: Arguments) -> ListState:
        """The state that an address asks for."""
        filters = None
        if "filter" in arguments:
            filters = tuple(one for text in arguments.getlist("filter") if (one := condition_of(text)) is not None)
        return cls(
            view=arguments.get("view", ""),
            filters=filters,
            sort=_names(arguments, "sort"),
            columns=_names(arguments, "columns"),
            search=arguments.get("q", "").strip(),
            after=arguments.get("after", ""),
            before=arguments.get("before", ""),
            bin=arguments.get("bin") == "1",
        )

    @property
    def changed(self) -> bool:
        """Whether more is asked for than the view says."""
        return self.filters is not None or self.sort is not None or self.columns is not None

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """The state, with some of it changed, as arguments of an address. Any change but of the page goes back to the first page."""
        if not {"after", "before"} & set(changes):
            changes = {**changes, "after": "", "before": ""}
        state = replace(self, **changes)
        said: Mapping[str, Any] = {
            "view": state.view,
            "filter": None if state.filters is None else [text_of(one) for one in state.filters] or [""],
            "sort": None if state.sort is None else ",".join(state.sort),
            "columns": None if state.columns is None else ",".join(state.columns),
            "q": state.search,
            "after": state.after,
            "before": state.before,
            "bin": "1" if state.bin else "",
        }
        return {name: value for name, value in said.items() if value}

    def plain(self, view: str) -> dict[str, Any]:
        """The address of a view as it was saved."""
        return ListState(view=view, bin=self.bin).arguments()


def _names(arguments: Arguments, name: str) -> tuple[str, ...] | None:
    """Names parted by commas, or given several times."""
    if name not in arguments:
        return None
    return tuple(part for text in arguments.getlist(name) for part in text.split(",") if part)
