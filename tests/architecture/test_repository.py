"""The repository speaks of the product alone: no machine's paths, no third-party code, no leftovers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from support.shared_data import ROOT

MACHINE = re.compile(r"(?<![\w.~-])/(?:home|Users|root|work|mnt|data|opt/[a-z]+)/[\w.-]+")
LEFTOVERS = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
BINARY = {".png", ".jpg", ".ico", ".woff2", ".xlsx", ".gz", ".zip", ".sqlite3"}


def committed() -> list[Path]:
    """Files that belong to the repository."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.split("\0")
    else:  # an unpacked archive
        names = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if path.is_file() and not {".venv", "node_modules"} & set(path.parts)
        ]
    return [path for name in names if name and (path := ROOT / name).is_file() and path.suffix not in BINARY]


def lines_with(pattern: re.Pattern[str], *, skip: tuple[str, ...] = ()) -> list[str]:
    """Places where a pattern occurs."""
    found = []
    for path in committed():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(skip) or path == Path(__file__):
            continue
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            if pattern.search(line):
                found.append(f"{name}:{number}: {line.strip()[:120]}")
    return found


def test_no_path_of_a_machine_is_named() -> None:
    assert lines_with(MACHINE, skip=("LICENSE", "package-lock.json")) == []


def test_nothing_is_left_to_be_done_in_a_comment() -> None:
    assert lines_with(LEFTOVERS, skip=("requirements/", "package-lock.json", "examples/")) == []


def test_no_third_party_code_is_kept() -> None:
    names = [path.relative_to(ROOT).as_posix() for path in committed()]
    assert [name for name in names if re.search(r"\.min\.(js|css)$|(^|/)(node_modules|vendor|dist)/", name)] == []


def test_the_readmes_name_the_two_commands_first() -> None:
    for name in ("README.md", "README.zh.md"):
        block = re.search(r"```[a-z]*\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
        assert block is not None
        commands = [line.split("#")[0].strip() for line in block.group(1).strip().splitlines()]
        assert commands == ["./dev.py demo", "./dev.py test"], name
        assert (ROOT / name).read_text("utf-8").index("```") < 900


def test_the_gate_runs_what_the_readme_says() -> None:
    assert "./dev.py check" in (ROOT / ".ci" / "run").read_text("utf-8")
    assert "./dev.py check" in (ROOT / "README.md").read_text("utf-8")


def test_the_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
