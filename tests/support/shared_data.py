"""The data sets that lie beside the repository, in ../shared. The only reason for which a test may be skipped is that they are absent."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ABSENT = "../shared is absent"


def shared(*parts: str) -> Path:
    """A path under ../shared; skips the test where the folder is absent, fails where only the file is."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip(ABSENT)
    path = folder.joinpath(*parts)
    assert path.exists(), f"{path} is missing from ../shared"
    return path
