#!/usr/bin/env python3
"""One door to everything: makes the environment in .venv, then runs the real program in it.

    ./dev.py demo            a demo workspace on SQLite: prints the address and the logins
    ./dev.py test [ARGS]     the whole suite, with a real PostgreSQL, Redis and browser (ARGS go to pytest)
    ./dev.py check           the gate: format, lint, types, import contracts, tests
    ./dev.py format          put sources into the one format
    ./dev.py lint | types    one step of the gate
    ./dev.py bench [ARGS]    the benchmarks (ARGS go to benchmarks/run.py)
    ./dev.py races [N]       two actors on one approval at once: every pair of commands, N times (default 20)
    ./dev.py chaos [ARGS]    kill -9, outages and forgetting, while approvals and automations go on; then what holds
    ./dev.py failpoints      kill -9 just before and just after every commit, on both databases; then what holds
    ./dev.py endings         every small approval, every state that it can reach: each can end
    ./dev.py pin             renew the pinned requirements and package-lock.json
    ./dev.py COMMAND …       anything else is a command of `looseleaf`: check PATH, new, serve, user, …

Needs Python 3.11 or newer with venv, and nothing else. Standard library only; knows nothing of the product's code.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
SCRIPTS = ENVIRONMENT / ("Scripts" if os.name == "nt" else "bin")
PYTHON = SCRIPTS / ("python.exe" if os.name == "nt" else "python")
OLDEST = (3, 11)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NEEDS_TESTS = ("test", "check", "bench", "races", "chaos", "failpoints", "endings", "lint", "format", "types", "pin")


def say(sentence: str) -> None:
    """Tell the person at the terminal what is going on."""
    print(sentence, file=sys.stderr, flush=True)


def run(*command: object, quiet: bool = False) -> int:
    """Run a program in the project's folder; returns its exit status."""
    return subprocess.call([str(part) for part in command], cwd=ROOT, stdout=subprocess.DEVNULL if quiet else None)


def need(*command: object, sentence: str) -> None:
    """Run a program that must succeed; ends with `sentence` where it does not."""
    if run(*command) != 0:
        sys.exit(sentence)


def use_new_enough_python() -> None:
    """Hand over to a newer Python on PATH where this one is too old."""
    if sys.version_info >= OLDEST:
        return
    for minor in (14, 13, 12, 11):
        newer = shutil.which(f"python3.{minor}")
        if newer and subprocess.call([newer, "-c", "import venv, ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0:
            os.execv(newer, [newer, *sys.argv])
    sys.exit(f"Looseleaf needs Python 3.11 or newer; this is {sys.version.split()[0]}.")


def works(python: Path) -> bool:
    """Whether the environment's Python still runs (it does not after the Python it was made from is gone)."""
    try:
        return subprocess.call([str(python), "-c", "import pip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_environment() -> None:
    """Make .venv, unless it is there and works."""
    if works(PYTHON):
        return
    try:
        import ensurepip  # noqa: F401
        import venv
    except ImportError:
        sys.exit(
            f"This Python has no venv. Debian/Ubuntu: sudo apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv, then try again."
        )
    say("Making the environment in .venv …")
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(ENVIRONMENT)


def digest(*names: str) -> str:
    """A hash of files of the project, of where it lies and of the Python in use."""
    result = hashlib.sha256(f"{ROOT} {sys.version}".encode())
    for name in names:
        result.update((ROOT / name).read_bytes())
    return result.hexdigest()


def node_on_path() -> bool:
    """Whether PATH has a Node that builds the screens; the build hook knows which one will do."""
    return run(PYTHON, "-c", "import sys, hatch_build; sys.exit(0 if hatch_build.node_on_path() else 3)") == 0


def install(tests: bool) -> None:
    """Install the pinned requirements and the project itself, unless that was done for these very files."""
    stamp = ENVIRONMENT / ".looseleaf"
    files = ("requirements/base.txt", "requirements/test.txt", "requirements/node.txt", "pyproject.toml", "hatch_build.py")
    current = digest(*files)
    done = stamp.read_text().split() if stamp.exists() else []
    if done[:1] == [current] and (not tests or "tests" in done):
        return
    say("Installing what it needs (the first time takes a minute) …")
    pip = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input")
    trouble = "The packages could not be installed: see above. Behind a company certificate set PIP_CERT (and NODE_EXTRA_CA_CERTS for npm)."
    need(*pip, "--require-hashes", "-r", f"requirements/{'test' if tests else 'base'}.txt", sentence=trouble)
    if not node_on_path():
        need(*pip, "--require-hashes", "-r", "requirements/node.txt", sentence=trouble)
    need(*pip, "--no-deps", "--no-build-isolation", "-e", ".", sentence="The project could not be installed: see above.")
    stamp.write_text(f"{current} {'tests' if tests else ''}")


def build_assets(tests: bool) -> None:
    """Build the browser's files where their sources changed; for checks, get the checkers too."""
    need(PYTHON, "hatch_build.py", *(["--all"] if tests else []), sentence="The screens could not be built: see above.")


def use_node() -> list[str]:
    """Put the Node that builds the assets first on PATH: the linter of JavaScript needs one. Returns the command line of its npm."""
    said = subprocess.check_output(
        [PYTHON, "-c", "import json, hatch_build; print(json.dumps(hatch_build.commands()))"], cwd=ROOT, text=True
    )
    node, npm = json.loads(said)
    os.environ["PATH"] = os.pathsep.join([str(Path(node[0]).parent), os.environ["PATH"]])
    return npm


def get_browser() -> None:
    """Have a Chromium for the browser tests: the one on PATH, else Debian's where we may install it, else a download."""
    if os.environ.get("LOOSELEAF_CHROMIUM") or any(map(shutil.which, BROWSERS)):
        return
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests …")
        os.environ["DEBIAN_FRONTEND"] = "noninteractive"
        if run("apt-get", "update", quiet=True) == 0:
            run("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-noto-cjk", quiet=True)
        if any(map(shutil.which, BROWSERS)):
            return
    need(
        PYTHON,
        "tests/support/browser_download.py",
        sentence="There is no browser for the tests: install Chromium, or set LOOSELEAF_CHROMIUM to its path.",
    )


def hand_over(*command: object) -> None:
    """Become another program, in the folder that the person is in (paths on the command line are theirs)."""
    parts = [str(part) for part in command]
    if os.name == "nt":
        sys.exit(subprocess.call(parts))
    sys.stdout.flush()
    os.execv(parts[0], parts)


def biome(*arguments: str) -> tuple[object, ...]:
    """The command line of the linter and formatter of our JavaScript and CSS."""
    return (ROOT / "node_modules" / ".bin" / ("biome.cmd" if os.name == "nt" else "biome"), *arguments)


def tests_command(arguments: list[str]) -> tuple[object, ...]:
    """The command line of the tests: in parallel, unless one file or test is asked for."""
    parallel = (
        () if any(not argument.startswith("-") for argument in arguments) else ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
    )
    return (PYTHON, "-m", "pytest", "-q", *parallel, *arguments)


def steps_of_check() -> list[tuple[str, list[tuple[object, ...]]]]:
    """The gate, step by step."""
    return [
        ("format", [(SCRIPTS / "ruff", "format", "--check", "--quiet", "."), biome("format", "--log-level=warn")]),
        ("lint", [(SCRIPTS / "ruff", "check", "--quiet", "."), biome("lint", "--log-level=warn", "--error-on-warnings")]),
        ("types", [(SCRIPTS / "mypy",)]),
        ("import contracts", [(SCRIPTS / "lint-imports",)]),
        ("tests", [tests_command([])]),
    ]


def run_steps(wanted: tuple[str, ...]) -> int:
    """Run steps of the gate, all of them even where one fails; say at the end which did. Returns the exit status."""
    results = {}
    for name, programs in steps_of_check():
        if name in wanted:
            say(f"── {name}")
            statuses = [run(*program) for program in programs]
            results[name] = not any(statuses)
    say("── " + ", ".join(f"{name}: {'ok' if good else 'FAILED'}" for name, good in results.items()))
    return 0 if all(results.values()) else 1


def format_sources() -> int:
    """Put all sources into the one format and mend what can be mended without judgement."""
    programs = [
        (SCRIPTS / "ruff", "check", "--fix", "--quiet", "."),
        (SCRIPTS / "ruff", "format", "--quiet", "."),
        biome("check", "--write", "--log-level=warn"),
    ]
    return max(run(*program) for program in programs)


def pin(npm: list[str]) -> int:
    """Renew the pins. uv is only needed here: it is put into the environment for the purpose."""
    need(PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "uv", sentence="uv could not be installed: see above.")
    pip_compile = (
        PYTHON,
        "-m",
        "uv",
        "pip",
        "compile",
        "--quiet",
        "--universal",
        "--generate-hashes",
        "--no-header",
        "--no-emit-index-url",
        "--upgrade",
    )
    build = ("pyproject.toml", "--group", "build")
    status = run(*pip_compile, *build, "-o", "requirements/base.txt")
    status |= run(*pip_compile, *build, "--group", "test", "-o", "requirements/test.txt")
    status |= run(*pip_compile, "--group", "node", "-o", "requirements/node.txt")
    return status | run(*npm, "update", "--save")


def main(arguments: list[str]) -> None:
    """Prepare, then run."""
    use_new_enough_python()
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__.strip())
        return
    command, rest = arguments[0], arguments[1:]
    if command == "check" and rest and not rest[0].startswith("-"):
        command = "check PATH"  # `looseleaf check PATH`, not the gate
    if command == "test" and rest and Path(rest[0]).is_dir() and not Path(rest[0]).resolve().is_relative_to(ROOT / "tests"):
        command = "test PATH"  # `looseleaf test PATH`: a template's scenarios
    os.environ.setdefault("PYTHONUTF8", "1")
    os.environ["PATH"] = os.pathsep.join([str(SCRIPTS), os.environ.get("PATH", "")])
    for_tests = command in NEEDS_TESTS
    make_environment()
    install(for_tests)
    build_assets(for_tests)
    npm = use_node() if for_tests else []
    if command in ("test", "check"):
        get_browser()
    if command in NEEDS_TESTS:
        os.chdir(ROOT)
    if command == "test":
        hand_over(*tests_command(rest))
    elif command == "races":
        os.environ["LOOSELEAF_RACES"] = rest[0] if rest else "20"
        hand_over(PYTHON, "-m", "pytest", "-q", "tests/workflow/running/test_approval_races.py")
    elif command == "chaos":
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]))
        hand_over(PYTHON, "-m", "chaos.drill", *rest)
    elif command == "failpoints":
        os.environ["LOOSELEAF_FAILPOINTS"] = "1"
        hand_over(*tests_command(["-n", "2", "--dist", "worksteal", *rest, "tests/chaos/test_failpoints.py"]))
    elif command == "endings":
        os.environ["LOOSELEAF_EXHAUSTIVE"] = "1"
        hand_over(*tests_command([*rest, "tests/workflow/approvals/test_every_instance_can_end.py"]))
    elif command == "bench":
        hand_over(PYTHON, "benchmarks/run.py", *rest)
    elif command in ("lint", "types"):
        sys.exit(run_steps(("lint", "import contracts") if command == "lint" else ("types",)))
    elif command == "check":
        sys.exit(run_steps(tuple(name for name, _ in steps_of_check())))
    elif command in ("format", "pin"):
        sys.exit(format_sources() if command == "format" else pin(npm))
    else:
        hand_over(PYTHON, "-m", "looseleaf_ui_builder.cli", *arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
