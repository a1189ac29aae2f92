"""Set up a virtual environment beside this file, and run the suite in it.

Needs Python 3.11 or later with its modules venv and ensurepip, and nothing else.
"""

import sys

# Before anything that an older Python lacks. The rest only has to parse there, from 3.6 on.
if sys.version_info < (3, 11):  # noqa: UP036 - it is for those who have an older one
    sys.exit(
        f"bootstrap: Python 3.11 or later is needed; this is {sys.version.split()[0]}"
        f" ({sys.executable}).\n"
        "bootstrap: start it with a newer one, for example: python3.13 bootstrap.py test"
    )

import argparse
import contextlib
import importlib.util
import itertools
import json
import os
import re
import shlex
import signal
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn


def tag(name: str, cache_tag: str | None, abiflags: str) -> str:
    """Return what tells apart the Pythons whose extension modules differ, e.g. "cpython-313t".

    name, cache_tag: of sys.implementation; the latter may be None, and need not tell a
        free-threaded build from another: sys.abiflags does.
    """
    found = cache_tag or f"{name}-{sys.version_info[0]}{sys.version_info[1]}"
    return found if found.endswith(abiflags) else found + abiflags


PROGRAM = "bootstrap.py"
ROOT = Path(__file__).resolve().parent
VENV = ROOT / (
    ".venv-"
    + tag(sys.implementation.name, sys.implementation.cache_tag, getattr(sys, "abiflags", ""))
)
PYTHON = VENV / "bin" / "python"

# Which Python the environment is of, the requirements that it holds, and those that it could
# not get. Where it is empty or missing, the work was interrupted and is done anew.
STAMP = VENV / "bootstrap.json"

# The packages that the suite can do without, and what it then does without. They are
# extensions: where there is no wheel for the platform, pip compiles them.
OPTIONAL = {
    "posix_ipc": "transports posix_mq and shm outside of Linux",
    "sysv_ipc": "transport sysv_mq",
    "mpi4py": "transport mpi",
    "mpich": "transport mpi",
    "pyzmq": "benchmarks of ZeroMQ",
    "faster-fifo": "benchmarks of faster-fifo",
    "iceoryx2": "benchmarks of iceoryx2",
    "redis": "benchmarks of Redis",
    "pynng": "benchmarks of nng",
    "joblib": "benchmarks of joblib",
}

# What pip prints, and what it means. The network comes first: without it, pip goes on to say
# that there is no such package.
CAUSES = {
    r"onnection broken by|Connection to .+ (failed|timed out)|Failed to establish": (
        "there is no connection to the package index"
    ),
    r"ResolutionImpossible": "it contradicts what is installed for the suite",
    r"No matching distribution": "the package index has no release that fits",
    r"No space left": "the disk is full",
    r"(?i)maturin|setuptools.rust|\bcargo\b|\brustc\b": (
        "it had to be compiled, which takes Rust (rustc and cargo)"
    ),
    r"subprocess-exited-with-error|Failed (building|to build)": (
        "it had to be compiled, which takes a C compiler and the headers of Python"
    ),
}

# Options of pytest and its plugins whose value is the path of something to write or to compare
# with. It is relative to where the user stands. Others name files of the suite itself, as the
# tests that follow the options do: these are relative to the suite (-c, --ignore, --rootdir).
PATHS = {
    "--basetemp", "--benchmark-compare", "--benchmark-cprofile-dump", "--benchmark-histogram",
    "--benchmark-json", "--benchmark-storage", "--counts-compare", "--counts-write",
    "--junit-xml", "--junitxml", "--log-file", "--report-dir",
}  # fmt: skip

EPILOG = f"""\
commands:
  test    run the suite: pytest with the arguments that follow, on all cores; -n 0 takes one
  bench   run the benchmarks: pytest --benchmark-only with the arguments that follow
  lint    check format, style, types, and the files of GitHub Actions

The first run installs what pyproject.toml requires into {VENV.name}, beside this file; later
runs need no network. To start afresh, delete that directory.

The exit status is that of pytest; of lint, 1 if a check fails. It is 1 also if the suite
cannot be set up, and 2 for a wrong command line.
"""


def say(text: str) -> None:
    """Print *text* on standard error: standard output is for pytest."""
    for line in text.splitlines():
        print("bootstrap:", line, file=sys.stderr, flush=True)


def give_up(text: str) -> NoReturn:
    """Say why the suite cannot be set up, and exit with status 1."""
    say(text)
    sys.exit(1)


def quietly(*command: str) -> str | None:
    """Run *command*; return None, or all that it printed if it fails."""
    done = subprocess.run(  # noqa: S603 - a list of arguments, no shell
        command,
        check=False,
        env={**os.environ, "PIP_USER": "0"},  # "user = true" in pip.conf fails here
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
    )
    return done.stdout if done.returncode else None


def end(output: str) -> str:
    """Return the last lines of *output*, indented, and no more than fits a screen."""
    lines = [line for line in output.splitlines() if line.strip()]
    return "\n".join(f"    {line[:200]}" for line in lines[-6:])


def cause(output: str) -> str:
    """Return why pip failed, in words of our own if *output* is known."""
    for pattern, meaning in CAUSES.items():
        if re.search(pattern, output):
            return meaning
    errors = re.findall(r"^ERROR: (.+)", output, re.MULTILINE)
    return errors[-1] if errors else "pip failed"


def package(requirement: str) -> str:
    """Return the name at the start of *requirement*, which has the form of PEP 508."""
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0] or os.path.basename(requirement)


def is_path(requirement: str) -> bool:
    """Tell whether *requirement*, as `located` returns it, is a path."""
    return requirement.startswith(os.sep)


def located(requirement: str, start: str) -> str:
    """Return *requirement*, and if it is a path, an absolute one.

    requirement: in the form of PEP 508, or a path, relative to *start*, of a project or a file
        that pip can install; it may have extras, as in "./project[extra]".
    """
    path, bracket, extras = requirement.partition("[")
    if "://" in requirement:
        return requirement
    place = os.path.abspath(os.path.join(start, os.path.expanduser(path)))
    is_project = any(os.path.exists(f"{place}/{name}") for name in ("pyproject.toml", "setup.py"))
    if os.sep in path or path.startswith(".") or is_project or os.path.isfile(place):
        return place + bracket + extras
    return requirement


def from_start(arguments: list[str], start: str) -> list[str]:
    """Return *arguments* of pytest with absolute paths as values of the options PATHS.

    start: the directory to which they are relative.
    """

    def absolute(option: str, value: str) -> str:
        before, scheme, path = value.rpartition("file://")
        place = os.path.join(start, os.path.expanduser(path))
        if not path or before or "://" in path:
            return value
        if option == "--benchmark-compare" and not os.path.isfile(place):
            return value  # the number of a run
        return scheme + place

    found: list[str] = []
    for argument in arguments:
        option, equals, value = argument.partition("=")
        if found and found[-1] in PATHS and not argument.startswith("-"):
            argument = absolute(found[-1], argument)  # noqa: PLW2901
        elif equals and option in PATHS:
            argument = f"{option}={absolute(option, value)}"  # noqa: PLW2901
        found.append(argument)
    return found


class Environment:
    """The virtual environment as its stamp describes it."""

    def __init__(self) -> None:
        """Read the stamp."""
        # Another Python of the same version may have gone, or have another C library.
        self.python = [sys.version, sys.base_prefix]
        self.whole = False
        self.installed: list[str] = []
        self.failed: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
            stamp = json.loads(STAMP.read_text("utf-8"))
            if stamp["python"] == self.python and os.access(PYTHON, os.X_OK):
                self.whole = True
                self.installed = stamp["installed"]
                self.failed = stamp["failed"]

    def write(self) -> None:
        """Write the stamp: what the environment holds is whole."""
        self.whole = True
        stamp = {"python": self.python, "installed": self.installed, "failed": self.failed}
        STAMP.write_text(json.dumps(stamp, indent=1), "utf-8")

    def require(self, requirements: list[str]) -> None:
        """Install those of *requirements* that are missing, or exit.

        A path is installed anew each time: what is there may have changed.
        """
        known = {*self.installed, *self.failed}
        missing = [r for r in requirements if r not in known or is_path(r)]
        if missing or not self.whole:
            try:
                VENV.mkdir(exist_ok=True)
                STAMP.write_text("")
            except OSError as error:
                give_up(
                    f"cannot write {error.filename}: {error.strerror}.\n"
                    "Copy the project to a directory of your own, and start it there."
                )
            if not self.whole:
                make()
            self._install(missing)
            self.write()
        lost = self.failed.keys() & set(requirements)
        for requirement in sorted(lost):
            name = package(requirement)
            say(
                f"{name} could not be installed ({self.failed[requirement]}):"
                f" {OPTIONAL[name]} will be reported as unsupported."
            )
        if lost:
            say(f"What pip said is in {VENV.name}/*.log; to try again, delete {VENV.name}.")

    def _install(self, requirements: list[str]) -> None:
        required = [r for r in requirements if is_path(r) or package(r) not in OPTIONAL]
        # With those that are there: what a user's package requires must not replace them.
        output = install(required, self.installed) if required else None
        if output is not None:
            if self.whole:  # as before: pip changes nothing until it has everything
                self.write()
            give_up(f"this failed: {cause(output)}.\nThe end of what pip said:\n{end(output)}")
        self.installed += [r for r in required if r not in self.installed]
        # One by one: the failure of one is not to take the others along.
        for requirement in requirements:
            if requirement not in required:
                output = install([requirement])
                if output is None:
                    self.installed.append(requirement)
                else:
                    self.failed[requirement] = cause(output)
                    (VENV / f"{package(requirement)}.log").write_text(output, "utf-8")


def make() -> None:
    """Make an empty virtual environment, or exit."""
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            give_up(
                f"the module {module} is missing from this Python ({sys.executable}).\n"
                "On Debian and Ubuntu, install the package python3-venv."
            )
    say(f"making {VENV.name}")
    # -I, here and for pip: not with modules of the current directory or of PYTHONPATH.
    output = quietly(sys.executable, "-I", "-m", "venv", "--clear", str(VENV))
    if output is not None:
        give_up(f"{VENV} could not be made. The end of what venv said:\n{end(output)}")


def install(requirements: list[str], others: list[str] | None = None) -> str | None:
    """Install *requirements*; return None, or what pip printed if it failed.

    others: requirements that are installed, and have to be met still.
    """
    say("installing " + ", ".join(package(requirement) for requirement in requirements))
    options = ("--quiet", "--no-input", "--disable-pip-version-check")
    others = [other for other in others or [] if not is_path(other)]
    return quietly(str(PYTHON), "-I", "-m", "pip", "install", *options, *requirements, *others)


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """Wait until no other bootstrap.py is setting up this project."""
    import fcntl  # noqa: PLC0415 - there is none where there is no fork, which is said first

    with open(__file__, "rb") as file:
        # Some network file systems have no locks, or none on a file open for reading.
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


# Options of pytest with which tests are not to be spread: they say how to, or ask for one thing
# at a time, for a debugger, for output as it comes, or for a list.
ALONE = (
    r"-n\d*|-n(auto|logical)|--numprocesses|--dist|--tx|-d|(-p)?no:(xdist|terminal)|--pdb|--trace"
    r"|--capture|-[vqxl]*s[vqxl]*|--co|--collect-only|--sw|--stepwise|--setup-(show|plan|only)|--fixtures\S*|--markers"
    r"|--benchmark-(only|enable)|-h|--help|-V|--version|--debug"
)


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13
        return os.process_cpu_count() or 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def spread(arguments: list[str], count: int) -> list[str]:
    """Return the options that spread the tests over *count* cores, or none.

    arguments: those of pytest.  With a node id, or a part of a single transport, there is nothing
        to spread.
        The tests of the suite itself and of the browser (-m) start runs of their own.
    """
    words = [*shlex.split(os.environ.get("PYTEST_ADDOPTS", "")), *arguments]
    names = [word.partition("=")[0] for word in words]
    pairs = [*itertools.pairwise(words), *(word.partition("=")[::2] for word in words)]
    marks = " ".join(value for name, value in pairs if name == "-m")
    if (
        count < 2
        or any(re.fullmatch(ALONE, name) for name in names)
        or any("::" in word for word in words)
        or re.search(r"\b(?<!not )(suite|browser)\b", marks)
        or (names.count("--transport") == 1 and {"--clause", "-k", "-m"} & {*names})
    ):
        return []
    # The suite itself says how many "auto" are: one where its trials would see each other.
    return ["-n", "auto", "--dist", "loadgroup"]


def pytest(arguments: list[str]) -> NoReturn:
    """Become pytest: then signals and the exit status are its own."""
    # -m puts the current directory on its path: the project itself is not installed.
    os.execv(PYTHON, [str(PYTHON), "-m", "pytest", *arguments])  # noqa: S606 - no shell


# Programs of the environment, with their arguments. The last three are for GitHub Actions.
CHECKS = (
    "ruff format --check .",
    "ruff check .",
    "mypy",
    "check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/ci.yml",
    "check-jsonschema --builtin-schema vendor.github-actions action.yml",
    "zizmor --quiet --offline --min-severity=medium action.yml .github",
)


def lint() -> int:
    """Run all checks, also after one that failed; say which failed, and return 1 if any did."""
    failed = []
    for check in CHECKS:
        say(check)
        program, *arguments = check.split()
        command = [str(VENV / "bin" / program), *arguments]
        if subprocess.run(command, check=False).returncode:  # noqa: S603 - no shell
            failed.append(f"failed: {check}")
    say("\n".join(failed) or "all checks passed")
    return 1 if failed else 0


def main() -> int:
    """Do what the command line says; return the exit status."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=(
            "python3 bootstrap.py [--extra NAME]... [--with PACKAGE_OR_PATH]..."
            " {test,bench,lint} [pytest arguments]"
        ),
        description=__doc__,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--extra",
        action="append",
        choices=extras,
        default=[],
        metavar="NAME",
        help=f"install this extra of pyproject.toml too ({', '.join(extras)}); may be repeated",
    )
    parser.add_argument(
        "--with",
        action="append",
        default=[],
        dest="packages",
        metavar="PACKAGE_OR_PATH",
        help="install what a module of your own needs: a requirement as pip takes it, or the path"
        " of a project, which is installed anew each time; may be repeated",
    )
    parser.add_argument("command", choices=("test", "bench", "lint"), help=argparse.SUPPRESS)
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    if not sys.argv[1:]:
        parser.print_help(sys.stderr)
        return 2
    options = parser.parse_args()
    if options.command == "lint":
        if options.arguments:
            parser.error("lint takes no arguments")
        options.extra.append("dev")
    if not hasattr(os, "fork"):
        give_up(
            "this platform has no fork(2), by which every transport here starts its workers.\n"
            "Linux, macOS and the BSDs have it; on Windows, use WSL."
        )
    requirements = dict.fromkeys(project["dependencies"])
    for extra in options.extra:
        requirements |= dict.fromkeys(extras[extra])
    # Paths are from where the user is: after --transport they are resolved by the suite.
    start = os.environ.setdefault("IPC_CONFORMANCE_FROM", os.getcwd())
    packages = [located(package, start) for package in options.packages]
    for path in filter(is_path, packages):
        if not os.path.exists(path.partition("[")[0]):
            parser.error(f"--with: there is no {path}")
    with alone():
        environment = Environment()
        environment.require(list(requirements))
        environment.require(packages)
    options.arguments = from_start(options.arguments, start)
    if "PYTEST_ADDOPTS" in os.environ:
        added = from_start(shlex.split(os.environ["PYTEST_ADDOPTS"]), start)
        os.environ["PYTEST_ADDOPTS"] = shlex.join(added)
    # For the line that shows a failure again.
    os.environ["IPC_CONFORMANCE_BOOTSTRAP"] = shlex.join([sys.executable, str(ROOT / PROGRAM)])
    os.chdir(ROOT)
    if options.command == "lint":
        return lint()
    if options.command == "bench":
        options.arguments.insert(0, "--benchmark-only")
    options.arguments[:0] = spread(options.arguments, cores())
    pytest(options.arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        # Die of it, so that a shell script around us stops as well.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
