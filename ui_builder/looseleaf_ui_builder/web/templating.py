"""What templates may call: words, addresses, marks. Set up once per application; nothing here reads records."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date
from flask import Flask, g, request, url_for
from jinja2 import Environment
from markupsafe import Markup

from looseleaf_platform.context import Actor
from looseleaf_platform.fields.currencies import CODES
from looseleaf_platform.records.ids import encode
from looseleaf_ui_builder.web import callers
from looseleaf_ui_builder.web.assets import asset
from looseleaf_ui_builder.web.notices import notices
from looseleaf_ui_builder.web.texts import _, locale, say
from looseleaf_ui_builder.web.workspaces import workspace

HUES = ("rose", "vermilion", "amber", "straw", "moss", "pine", "teal", "sky", "ink", "iris", "plum")
COMMON_CURRENCIES = ("CNY", "USD", "EUR", "HKD", "JPY", "GBP", "SGD", "TWD", "KRW", "AUD", "CAD", "CHF")
HTMX = json.dumps({"history": "reload", "includeIndicatorCSS": False, "defaultTimeout": 15000, "defaultSettleDelay": 0})
"""How htmx behaves: no style of its own and none carried over, Back loads the page anew, 15 s until a request is given up."""


def icon(name: str, size: str = "") -> Markup:
    """A picture of the sprite; decoration, so it has no name of its own."""
    return Markup('<svg class="icon {}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>').format(
        size, asset("icons.svg"), name
    )


def fault_mark(message: str, id: str = "") -> Markup:
    """A fault beside its field."""
    return Markup('<p class="fault" id="{}">{}<span>{}</span></p>').format(id, icon("triangle-alert"), message)


def csrf_field() -> Markup:
    """The hidden input that every posting form carries."""
    return Markup('<input type="hidden" name="_csrf" value="{}">').format(callers.csrf_token())


def hue_of(name: str) -> str:
    """A hue for a person or thing that has none, the same every time."""
    return HUES[hashlib.sha256(name.encode()).digest()[0] % len(HUES)]


def initial_of(name: str) -> str:
    """What an avatar shows: the family name of a Chinese name, else the first letter."""
    return (name.strip() or "?")[0].upper()


def currencies(chosen: str = "") -> list[str]:
    """Currency codes for a choice: the common ones first."""
    first = list(dict.fromkeys([code for code in (chosen, *COMMON_CURRENCIES) if code]))
    return first + sorted(CODES - set(first))


def record_url(object_name: str, id: int | str) -> str:
    """The address of a record."""
    return url_for("screens.show_record", object=object_name, id=id if isinstance(id, str) else encode(id))


def here() -> str:
    """The address of this page within the application, to come back to."""
    if request.method != "GET":
        return ""
    return request.full_path.rstrip("?") if request.query_string else request.path


def here_is(*endpoints: str) -> bool:
    """Whether this page is one of these endpoints."""
    return request.endpoint in endpoints


# --- filters ----------------------------------------------------------------------------------------------------------------------


def hundredths(raw: Any) -> str:
    """A percentage for its input: a stored fraction times a hundred, typed text without its sign."""
    if raw is None or raw == "":
        return ""
    text = str(raw).strip()
    if text.endswith(("%", "％")):
        return text[:-1].strip()
    try:
        return f"{(Decimal(text) * 100).normalize():f}"
    except InvalidOperation:
        return text


def plain_number(raw: Any) -> str:
    """A stored number for its input: grouped by thousands, without empty decimal places; typed text as typed."""
    text = "" if raw is None else str(raw)
    found = re.fullmatch(r"(-?)(\d+)(?:\.(\d*?)0*)?", text)
    return f"{found[1]}{int(found[2]):,}{'.' + found[3] if found[3] else ''}" if found else text


def is_date(raw: Any) -> bool:
    """Whether a date input takes it."""
    try:
        return bool(date.fromisoformat(str(raw)))
    except ValueError:
        return False


def is_clock(raw: Any) -> bool:
    """Whether a time input takes it."""
    try:
        time.fromisoformat(str(raw))
    except ValueError:
        return False
    return True


def local_moment(raw: Any) -> str:
    """A moment for a datetime-local input, in the reader's zone; "" for what isn't one."""
    try:
        moment = datetime.fromisoformat(str(raw))
    except ValueError:
        return ""
    if moment.tzinfo is not None:
        moment = moment.astimezone(ZoneInfo(_actor().timezone)).replace(tzinfo=None)
    return moment.isoformat(timespec="minutes")


def short_date(day: Any) -> str:
    """11月28日 or Nov 28 this year, with the year otherwise."""
    if not isinstance(day, date):
        return "" if day is None else str(day)
    chinese = locale() == "zh"
    this_year = day.year == workspace().clock().year
    if chinese:
        return f"{day.month}月{day.day}日" if this_year else f"{day.year}年{day.month}月{day.day}日"
    return f"{day:%b} {day.day}" if this_year else f"{day:%b} {day.day}, {day.year}"


def short_moment(moment: Any) -> str:
    """A moment as a short date with its time, in the reader's zone."""
    if not isinstance(moment, datetime):
        return short_date(moment)
    local = moment.astimezone(ZoneInfo(_actor().timezone)) if moment.tzinfo else moment
    return f"{short_date(local.date())} {local:%H:%M}"


def long_date(day: date) -> str:
    """11月18日 星期三, or Wednesday, November 18."""
    return str(format_date(day, "M月d日 EEEE" if locale() == "zh" else "EEEE, MMMM d", locale=locale()))


def clock(moment: datetime) -> str:
    """The time of day in the reader's zone."""
    return f"{moment.astimezone(ZoneInfo(_actor().timezone)):%H:%M}"


def is_past(day: Any) -> bool:
    """Whether a day, or a moment, is over for the reader."""
    now = workspace().clock()
    if isinstance(day, datetime):
        return day < now
    return isinstance(day, date) and day < now.astimezone(ZoneInfo(_actor().timezone)).date()


def safe_json(text: str) -> Markup:
    """JSON for a script element that holds data: it can't end the element."""
    return Markup(text.replace("<", "\\u003c").replace("&", "\\u0026"))  # noqa: S704 - no mark-up left in it


def json_text(raw: Any) -> str:
    """JSON for a text area; what doesn't parse stays as typed."""
    return "" if raw is None else raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, indent=2)


def coordinates(raw: Any) -> str:
    """A place for its input: "31.2, 120.6"."""
    if isinstance(raw, Mapping):
        return ", ".join(str(value) for value in raw.values())
    return "" if raw is None else ", ".join(map(str, raw)) if isinstance(raw, list | tuple) else str(raw)


def inside(words: Any) -> str:
    """A name inside a sentence: "New opportunity", but "New VAT invoice" and 新建商机."""
    text = say(words)
    ordinary = locale() == "en" and text[1:2].islower()
    return text[0].lower() + text[1:] if ordinary else text


def duration_text(raw: Any) -> str:
    """A length of time for its input: "1 h 30 min" for what is stored as PT1H30M, typed text as typed."""
    found = re.fullmatch(r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", str(raw or ""))
    if not found:
        return "" if raw is None else str(raw)
    parts = [f"{count} {unit}" for count, unit in zip(found.groups()[1:], ("d", "h", "min", "s"), strict=True) if count]
    return found[1] + " ".join(parts)


def browser(agent: str) -> str:
    """What a browser calls itself, in short: "Chrome, Windows"."""
    names = (
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("MicroMessenger", "WeChat"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    )
    systems = (
        ("Windows", "Windows"),
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    )
    found = [next((name for mark, name in known if mark in agent), "") for known in (names, systems)]
    return ", ".join(part for part in found if part) or agent[:40] or _("Unknown")


def trusted_html(value: Any) -> Markup:
    """Rich text: cleaned by its field type before it was stored."""
    return Markup(value or "")  # noqa: S704 - the field type keeps only harmless tags


def _actor() -> Actor:
    current = callers.session()
    return current.actor if current else callers.NOBODY


FILTERS = (
    inside,
    hundredths,
    plain_number,
    is_date,
    is_clock,
    local_moment,
    short_date,
    short_moment,
    json_text,
    coordinates,
    duration_text,
    browser,
    trusted_html,
    long_date,
    clock,
    is_past,
    safe_json,
)
GLOBALS: Mapping[str, Any] = {
    "_": _, "say": say, "asset": asset, "icon": icon, "fault_mark": fault_mark, "csrf_field": csrf_field, "csrf_token": callers.csrf_token,
    "hue_of": hue_of, "initial_of": initial_of, "currencies": currencies, "record_url": record_url, "here": here, "here_is": here_is,
    "notices": notices, "encode": encode,
}  # fmt: skip


def furnish(app: Flask) -> None:
    """Give an application's templates what they may call."""
    environment: Environment = app.jinja_env
    environment.globals.update(GLOBALS)
    environment.filters.update({each.__name__: each for each in FILTERS})
    environment.trim_blocks = environment.lstrip_blocks = True

    @app.context_processor
    def page() -> dict[str, Any]:
        language = locale()
        return {
            "locale": language,
            "html_lang": "zh-CN" if language == "zh" else "en",
            "theme": request.cookies.get("looseleaf_theme") if request.cookies.get("looseleaf_theme") in ("light", "dark") else "",
            "htmx_config": HTMX,
            "workspace_label": workspace_label(),
            "actor": _actor(),
            "current_object": g.get("current_object", ""),
        }


def workspace_label() -> str:
    """What the workspace is called: its own name once it has one, else the product's."""
    if "workspace_label" not in g:
        apps = workspace().runtime.model.apps
        g.workspace_label = next((app.label.text(locale()) for app in reversed(list(apps.values()))), "") if len(apps) == 1 else ""
        g.workspace_label = g.workspace_label or _("Looseleaf")
    return str(g.workspace_label)
