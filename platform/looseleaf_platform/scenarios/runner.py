"""Runs scenarios one after the other, each on its own copy of a scratch workspace that holds the template."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from looseleaf_metadata.documents import Document
from looseleaf_metadata.model import Scenario
from looseleaf_metadata.problems import Place
from looseleaf_metadata.texts import Text
from looseleaf_metadata.vocabulary import Vocabulary
from looseleaf_platform.context import SYSTEM
from looseleaf_platform.errors import LooseleafError
from looseleaf_platform.extension import Extension
from looseleaf_platform.publishing import publish
from looseleaf_platform.records.runtime import Runtime
from looseleaf_platform.scenarios.stage import MovableClock, Stage
from looseleaf_platform.scenarios.steps import run_step
from looseleaf_platform.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one scenario went. `step`: the 1-based step that went wrong, 0 for what was given, None if all is well."""

    name: str
    app: str
    place: Place
    step: int | None
    faults: tuple[Text, ...]

    @property
    def passed(self) -> bool:
        """Whether every step went as expected."""
        return self.step is None

    def as_data(self, locale: str = "en") -> dict[str, Any]:
        """The result for programs."""
        said = [fault.translate(locale) for fault in self.faults]
        return {"scenario": self.name, "app": self.app, "place": str(self.place), "passed": self.passed, "step": self.step, "faults": said}


def run_scenarios(
    documents: Iterable[Document],
    vocabulary: Vocabulary,
    only_apps: frozenset[str] | None = None,
    extensions: Sequence[Extension] = (),
) -> list[ScenarioResult]:
    """Run the scenarios of `documents` (of `only_apps`, if given). Raises MetadataError where the documents have problems."""
    with tempfile.TemporaryDirectory(prefix="looseleaf-scenarios-") as folder:
        original = Path(folder) / "template.sqlite3"
        workspace = Workspace.open(f"sqlite:///{original}", vocabulary, extensions=extensions)
        try:
            publish(workspace, tuple(documents), actor=SYSTEM, reason="scenarios")
            runtime = workspace.runtime
        finally:
            workspace.close()
        wanted = [scenario for scenario in runtime.model.scenarios if only_apps is None or scenario.app in only_apps]
        return [run_scenario(scenario, original, vocabulary, runtime, extensions) for scenario in wanted]


def run_scenario(
    scenario: Scenario, original: Path, vocabulary: Vocabulary, runtime: Runtime, extensions: Sequence[Extension] = ()
) -> ScenarioResult:
    """Run one scenario on a fresh copy of the scratch workspace. `runtime` is the copy's too: the same revision."""
    copy = original.with_name("scenario.sqlite3")
    for leftover in original.parent.glob("scenario.sqlite3*"):
        leftover.unlink()
    shutil.copyfile(original, copy)
    clock = MovableClock()
    workspace = Workspace.open(f"sqlite:///{copy}", vocabulary, clock=clock, extensions=extensions)
    workspace.adopt(runtime)
    try:
        step, faults = play(scenario, Stage(workspace, clock))
    finally:
        workspace.close()
    return ScenarioResult(scenario.name, scenario.app, scenario.place, step, tuple(faults))


def play(scenario: Scenario, stage: Stage) -> tuple[int | None, list[Text]]:
    """Put everything in place and do the steps until one goes wrong."""
    try:
        stage.set(scenario.data.get("given", {}))
    except (LooseleafError, ValueError, KeyError) as error:
        return 0, [Text("what is given can't be put in place: {detail}", detail=error.args[0] if error.args else str(error))]
    for number, step in enumerate(scenario.data["steps"], start=1):
        faults = run_step(stage, step)
        if faults:
            return number, faults
    return None, []
