"""Runs one server for as long as whoever started it lives, then stops it and removes its folder.

`python keeper.py FOLDER COMMAND…`: ends when its standard input closes, so a killed test run leaves nothing behind.
It knows nothing of what it runs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading


def main(folder: str, command: list[str]) -> int:
    """Run `command`; stop it at the end of standard input or when it ends by itself."""
    rights = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.environ.pop("KEEPER_AS_NOBODY", "") else {}
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, cwd="/" if os.name == "posix" else None, **rights)

    def wait_for_the_end_of_input() -> None:
        sys.stdin.buffer.read()
        process.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)

    threading.Thread(target=wait_for_the_end_of_input, daemon=True).start()
    status = process.wait()
    shutil.rmtree(folder, ignore_errors=True)
    return status


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ignored, signal.SIG_IGN)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
