"""Pins: complete, hashed, and naming no place to download from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from support.shared_data import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
ADDRESS = re.compile(r"(?:https?|git|ssh|file)[:+]|--(?:extra-)?index-url|--find-links|\bregistry\s*=")
NPM_LOCKS = [ROOT / "package-lock.json", *(ROOT / "tests").rglob("package-lock.json")]


def pins(path: Path) -> dict[str, str]:
    """Version by name of a requirements file."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", path.read_text("utf-8"), re.MULTILINE))


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_requirements_are_hashed_and_name_no_host(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not ADDRESS.search(text)
    assert "/tmp" not in text
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in entry for entry in entries)


@pytest.mark.parametrize("path", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_the_npm_lock_names_no_registry_and_every_package_has_its_hash(path: Path) -> None:
    packages = json.loads(path.read_text("utf-8"))["packages"]
    assert all("resolved" not in package for package in packages.values())
    assert all("integrity" in package for name, package in packages.items() if name)


@pytest.mark.parametrize(
    "path", [ROOT / "package.json", *(ROOT / "tests").rglob("support/*/package.json")], ids=lambda path: path.parent.name
)
def test_javascript_packages_are_pinned_exactly(path: Path) -> None:
    about = json.loads(path.read_text("utf-8"))
    versions = {**about.get("dependencies", {}), **about.get("devDependencies", {})}
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions.values()), versions


def test_everything_that_the_project_asks_for_is_pinned_the_same_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    base, test = pins(ROOT / "requirements" / "base.txt"), pins(ROOT / "requirements" / "test.txt")
    names = [re.sub(r"[-_.]+", "-", re.split(r"[^A-Za-z0-9._-]", entry)[0].lower()) for entry in project["project"]["dependencies"]]
    assert set(names) <= set(base), sorted(set(names) - set(base))
    assert {name: test.get(name) for name in base} == base


def test_no_committed_configuration_names_a_registry() -> None:
    for name in (".npmrc", "pyproject.toml", "package.json"):
        assert not ADDRESS.search((ROOT / name).read_text("utf-8").replace("git-ignored", "")), name
