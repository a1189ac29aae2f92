"""The directories of the suite and of its trials, and the environment of a trial."""

import atexit
import contextlib
import fcntl
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tests.scenarios import names
from tests.system.files import remove_tree

ROOT = Path(__file__).resolve().parents[2]

# The directory in which the user started the suite. bootstrap.py changes to ROOT before it starts
# pytest, and says here where it was.
STARTED_IN = os.environ.get("IPC_CONFORMANCE_FROM") or os.getcwd()

SHARED = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - looked at, not written to
"""Directories for all programs of the machine, or of the world of a trial."""

_PREFIX = "ipc-trials-"
_NEW = 60.0  # seconds: a directory that was made just now may not be locked yet
_in_use = list[int | None]()  # descriptors of locks, which this process keeps to its end

_TEST = "PYTEST_CURRENT_TEST"  # pytest sets it anew for each test

# Variables that name files which an interpreter of a trial needs, wherever these are.
_NAME_FILES = ("PYTHON", "LD_", "COVERAGE")


@cache
def base_directory() -> str:
    """Return the directory that has those of all trials; it is removed at exit.

    Every user can pass through it, if that is so for the directory it is in: another user attacks
    some trials.  Trials share it, so that none sees the directory of another appear in the
    system's own.
    """
    bases = [tempfile.gettempdir(), *SHARED]
    open_to_all = [b for b in bases if os.path.isdir(b) and os.stat(b).st_mode & 0o1007 == 0o1007]
    place = [*open_to_all, bases[0]][0]
    remove_left_over(place)
    base = tempfile.mkdtemp(prefix=_PREFIX, dir=place)
    _in_use.append(locked(base))
    os.chmod(base, 0o711)  # noqa: S103 - for passing through
    owner = os.getpid()

    def clear() -> None:
        if os.getpid() == owner:
            remove_tree(base)

    atexit.register(clear)
    return base


def locked(directory: str) -> int | None:
    """Return a descriptor that keeps *directory* locked, flock(2); None if somebody else does."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(fd)
        return None
    return fd


def remove_left_over(place: str) -> None:
    """Remove from *place* what suites of this user have left that were killed: nobody locks it."""
    with os.scandir(place) as entries:
        found = [entry for entry in entries if entry.name.startswith(_PREFIX)]
    for entry in found:
        with contextlib.suppress(OSError):  # somebody else has removed it, or it is no directory
            info = entry.stat(follow_symlinks=False)
            if info.st_uid != os.getuid() or time.time() - info.st_mtime < _NEW:
                continue
            if (fd := locked(entry.path)) is not None:
                remove_tree(entry.path)
                os.close(fd)


def outer_environment() -> dict[str, str]:
    """Return the environment of the suite, without what changes from test to test."""
    return {name: value for name, value in os.environ.items() if name != _TEST}


def environment(temporary: Path, home: Path) -> dict[str, str]:
    """Return the environment of a trial with these directories."""
    found = (
        outer_environment()
        | names.environment(STARTED_IN)
        | {
            "TMPDIR": str(temporary),
            "HOME": str(home),
            "PYTHONPYCACHEPREFIX": os.path.join(base_directory(), "pycache"),
        }
    )
    # With unbuffered output, no test would see that a worker flushes a buffer a second time.
    found.pop("PYTHONUNBUFFERED", None)
    found.pop("PYTHONDONTWRITEBYTECODE", None)  # the cache makes each start faster
    found.pop("PYTHONPROFILEIMPORTTIME", None)  # it prints
    return found


def needed(target: str, env: Mapping[str, str]) -> Iterator[str]:
    """Yield the files and directories that a trial needs, wherever these are.

    target: the module under test.
    env: the variables that are added to the environment.
    """
    yield from (str(ROOT), base_directory(), STARTED_IN, sys.prefix, sys.base_prefix)
    if os.path.isabs(target):
        yield os.path.dirname(target)
    yield from (path for path in sys.path if os.path.isabs(path))
    for name, value in (os.environ | env).items():
        if name in env or name.startswith(_NAME_FILES):
            for path in value.replace(" ", os.pathsep).split(os.pathsep):
                if os.path.isabs(path) and path not in SHARED:
                    yield path
