"""A plan in words: one line a fact, the gravest marked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from looseleaf_metadata.texts import Text
from looseleaf_platform.records.ids import encode

if TYPE_CHECKING:
    from looseleaf_platform.publishing.breaches import Breach
    from looseleaf_platform.publishing.converting import Report
    from looseleaf_platform.publishing.planning import Plan

MARKS = {"added": "+", "revived": "+", "retired": "-", "removed": "-"}
MOST_SOURCES = 8


def lines(plan: Plan, locale: str) -> Iterator[str]:
    """The lines of a plan."""
    if plan.problems:
        yield Text("{count} problems: nothing can be published", count=len(plan.problems)).translate(locale)
        yield from (problem.as_text(locale) for problem in plan.problems)
        return
    if plan.is_empty:
        yield Text("Nothing changes").translate(locale)
        return
    yield Text("Plan on top of revision {number}", number=plan.base_revision).translate(locale)
    yield from (f"  {MARKS.get(change.what, '~')} {change.sentence().translate(locale)}" for change in plan.changes)
    for section in (_breaches, _conversions, _retirements, _dependants, _statements):
        yield from section(plan, locale)
    if not plan.can_publish:
        yield Text("This can't be published before the marked records are mended").translate(locale)


def _breaches(plan: Plan, locale: str) -> Iterator[str]:
    if plan.breaches:
        yield Text("Existing records that don't satisfy it").translate(locale)
    for breach in plan.breaches:
        yield from _breach(breach, locale)


def _breach(breach: Breach, locale: str) -> Iterator[str]:
    mark = "!" if breach.blocking else "?"
    said = Text("{object}: {count} records {what}", object=breach.label, count=breach.count, what=breach.message)
    yield f"  {mark} {said.translate(locale)}  [{breach.address}]"
    for sample in breach.samples:
        yield f"      {encode(sample.id)}  {sample.title}"
    for fix in breach.fixes:
        yield f"    → {fix.translate(locale)}"


def _conversions(plan: Plan, locale: str) -> Iterator[str]:
    if plan.conversions:
        yield Text("Values that are converted").translate(locale)
    for report in plan.conversions:
        yield from _conversion(report, locale)


def _conversion(report: Report, locale: str) -> Iterator[str]:
    said = Text(
        "{field}: {converted} values convert, {refused} don't and stay in the old column",
        field=report.field.label,
        converted=report.converted,
        refused=report.refused,
    )
    yield f"  {'?' if report.refused else '~'} {said.translate(locale)}  [{report.address}]"
    if report.loss:
        yield f"    {report.loss.translate(locale)}"
    for sample, reason in report.samples:
        yield f"      {encode(sample.id)}  {sample.title}  {reason.translate(locale)}"


def _retirements(plan: Plan, locale: str) -> Iterator[str]:
    for one in plan.retirements:
        said = Text("{address} goes out of use; {count} records keep what they hold in it", address=one.address, count=one.records)
        yield f"  - {said.translate(locale)}"


def _dependants(plan: Plan, locale: str) -> Iterator[str]:
    if plan.dependants:
        yield Text("Also touched").translate(locale)
    for one in plan.dependants:
        names = ", ".join(source for source, _ in one.sources[:MOST_SOURCES])
        more = len(one.sources) - MOST_SOURCES
        rest = Text(" and {count} more", count=more).translate(locale) if more > 0 else ""
        yield f"  {one.address} ← {names}{rest}"


def _statements(plan: Plan, locale: str) -> Iterator[str]:
    if plan.steps:
        yield Text("Statements on the database").translate(locale)
    reasons = {one.spec.name: one.why for one in plan.indexes}
    for step in plan.steps:
        sql = " ".join(step.sql.split())
        when = Text(" (afterwards, while others work)").translate(locale) if step.later else ""
        why = f"  -- {reasons[step.name].translate(locale)}" if step.name in reasons else ""
        yield f"  {sql}{when}{why}"
    for one in plan.indexes:
        if one.left_out:
            said = Text("no index for {why} on {table}: six made by themselves are enough for a table", why=one.why, table=one.spec.table)
            yield f"  {said.translate(locale)}"
