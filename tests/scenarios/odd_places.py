"""Callers in unusual places: descriptors, directories, masks, another thread.

Each state is entered in a caller that is forked for it, and ends with it.
"""

import contextlib
import gc
import os
import resource
import tempfile
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from types import ModuleType

from tests.scenarios.callers import allow_fork_in_threads, in_caller, well_and_struck
from tests.scenarios.injection import Births
from tests.scenarios.protocol import Log
from tests.system import resources

# select(2) cannot take descriptors past FD_SETSIZE, which is 1024.
_PAST_FD_SETSIZE = 1100
_ENOUGH_DESCRIPTORS = 2048
_MANY_DESCRIPTORS = 4096

# Of directories; the first is longer than the path of a socket may be, unix(7).
_UNUSUAL_NAMES = (b"long" * 50, b"with space", b"not \xff unicode", "ümläut".encode())


def placed(module: ModuleType, log: Log) -> None:
    """Run in callers with unusual descriptors, directories and masks; and in another thread."""
    places = [os.path.join(os.environb[b"TMPDIR"], name) for name in _UNUSUAL_NAMES]
    for place in places:
        os.mkdir(place)
    births = Births(log)
    for name, enter in _places():

        def act(log: Log, name: str = name, enter: Callable[[], object] = enter) -> None:
            enter()
            had = resources.of_this_process()
            well_and_struck(module, log, births, case=name)
            gc.collect()
            log("changed", case=name, what=[], new=resources.added_since(had))

        in_caller(log, name, act)
    for place in places:
        # A run may have left something in it, which the harness will find.
        with contextlib.suppress(OSError):
            os.rmdir(place)
    thread = threading.Thread(target=log.call, args=(module.run, 100, 3), kwargs={"case": "thread"})
    with warnings.catch_warnings():
        allow_fork_in_threads()
        thread.start()
        thread.join()


def _places() -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield states of the descriptors, directories and masks of a caller.

    Each is a name, and what brings it about.
    """
    yield "as it is", lambda: None
    for closed in ((0,), (1,), (2,), (0, 1, 2)):
        yield f"closed {closed}", partial(_close, closed)
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= _ENOUGH_DESCRIPTORS:
        yield "1100 descriptors", _fill
    yield "deleted directory", _delete_directory
    for mask in (0, 0o777):
        yield f"umask {mask:o}", partial(os.umask, mask)
    yield "neither HOME nor TMPDIR", _lose_directories
    yield "a TMPDIR that is no more", partial(_use_directory, b"removed")
    for name in _UNUSUAL_NAMES:
        yield f"TMPDIR {name[:12]!r}", partial(_use_directory, name)


def _close(fds: tuple[int, ...]) -> None:
    for fd in fds:
        os.close(fd)


def _fill() -> None:
    """Have more descriptors open than select(2) can take."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, _MANY_DESCRIPTORS), hard))
    fd = os.open(os.devnull, os.O_RDONLY)
    while fd < _PAST_FD_SETSIZE:
        fd = os.dup(fd)


def _delete_directory() -> None:
    os.chdir(tempfile.mkdtemp())
    os.rmdir(os.getcwd())


def _lose_directories() -> None:
    for name in ("HOME", "TMPDIR", "TEMP", "TMP", "USER", "LOGNAME"):
        os.environ.pop(name, None)
    tempfile.tempdir = None


def _use_directory(name: bytes) -> None:
    os.environb[b"TMPDIR"] = os.path.join(os.environb[b"TMPDIR"], name)
    tempfile.tempdir = None
