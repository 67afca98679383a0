"""Runs a template's scenarios: tests in plain words, each in a scratch workspace of its own, on a frozen clock.

They use the doors that people use (the write path, visible()), so that what they show holds everywhere.
"""

from __future__ import annotations

from looseleaf_platform.scenarios.runner import ScenarioResult, run_scenarios

__all__ = ["ScenarioResult", "run_scenarios"]
