"""The pytest plugin that says where trials run, and lets suites wait for each other if need be.

Trials in namespaces of their own do not see each other.  Where the system refuses namespaces, all
trials of a user share the machine: then one suite runs at a time, and one trial at a time.
"""

import fcntl
import os
import sys
import tempfile

import pytest

from report.spread import is_worker
from tests.harness import apart
from tests.system import inherited_signals

__all__ = ["refusal"]

_HELD = "IPC_CONFORMANCE_LOCKED"  # set for suites that this one starts: they need not wait

_LOCK = pytest.StashKey[int]()  # a descriptor


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --isolation."""
    parser.getgroup("ipc-conformance").addoption(
        "--isolation",
        choices=["auto", "none", "required"],
        default="auto",
        help="give each trial namespaces of its own: where the system allows it (auto, the "
        "default), never (none), or end with an error where it does not (required)",
    )


def refusal(config: pytest.Config) -> str | None:
    """Return why trials have no namespaces of their own, or None: they have."""
    return apart.refused() if config.option.isolation != "none" else "--isolation=none"


@pytest.hookimpl(tryfirst=True)  # before any trial
def pytest_configure(config: pytest.Config) -> None:
    """Find out what the system allows; take the lock where trials share the machine."""
    inherited_signals.take_those_of_the_suite()
    if config.option.isolation == "none":
        apart.forbid("--isolation=none")
    reason = apart.refused()
    if reason is None:
        return
    if sys.platform == "linux" and not os.path.exists("/proc/self/environ"):
        raise pytest.UsageError("no /proc is mounted, in which processes of trials are found")
    if config.option.isolation == "required":
        raise pytest.UsageError(f"--isolation=required: {reason}")
    if is_worker(config):  # the process that has started this one has the lock
        return
    processes = getattr(config.option, "numprocesses", None)
    if isinstance(processes, int) and processes > 1:
        raise pytest.UsageError(
            f"-n {processes}: trials would see each other, for they have no namespaces of their "
            f"own ({reason}); leave out -n"
        )
    if not os.environ.get(_HELD):
        config.stash[_LOCK] = _locked()
        os.environ[_HELD] = str(os.getpid())


def _locked() -> int:
    """Wait until no other suite of this user runs; return what to close after this one."""
    path = os.path.join(tempfile.gettempdir(), f"ipc-conformance-{os.getuid()}.lock")
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        fd = os.open(path, flags, 0o600)
    except OSError as error:
        raise pytest.UsageError(f"{path} cannot be opened: {error.strerror}") from None
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        other = os.pread(fd, 20, 0).decode(errors="replace").strip()
        print(
            f"another suite of this user runs (pid {other}): waiting for its end", file=sys.stderr
        )
        fcntl.flock(fd, fcntl.LOCK_EX)
    os.ftruncate(fd, 0)
    os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
    return fd


def pytest_unconfigure(config: pytest.Config) -> None:
    """Release the lock."""
    if (fd := config.stash.get(_LOCK, None)) is not None:
        os.environ.pop(_HELD, None)
        os.close(fd)


def pytest_report_header(config: pytest.Config) -> str:
    """Say where trials run."""
    reason = refusal(config)
    if reason is None:
        return "isolation: each trial in namespaces of its own"
    return f"isolation: none ({reason}): one suite at a time"


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Let -n auto be one process where trials share the machine; else one more than processors.

    Some tests wait for seconds, and use no processor meanwhile.
    """
    if refusal(config) is not None:
        return 1
    if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):  # as pytest-xdist documents it
        return None
    return processors() + 1


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
