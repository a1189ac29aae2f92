"""A worker that becomes another program, and starts processes of its own: mpiexec."""

import contextlib
import os
import signal
import time
from collections.abc import Mapping

from transports._supervisor.child import outlive_parent
from transports._supervisor.supervisor import Supervisor

_PATIENCE = 10.0  # seconds until a process that was killed has to be gone
_PAUSE = 0.002  # seconds between two looks for it


def execute(
    supervisor: Supervisor,
    argv: list[str],
    environment: Mapping[str, str],
    directory: str,
    output: int,
) -> int:
    """Start a worker that becomes the program *argv*, in a session of its own; return its number.

    It has *directory*, *environment* and no input, and writes to *output*.  Neither it
    nor what it starts dies with its caller: see :func:`end_all`, and call it from a guard.
    """
    return supervisor.fork(_exec_program, argv, environment, directory, output)


def _exec_program(
    argv: list[str], environment: Mapping[str, str], directory: str, output: int
) -> None:
    outlive_parent()
    for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF):
        signal.setitimer(timer, 0)  # exec(2) keeps timers and drops handlers: they would kill it
    os.setsid()  # what a terminal sends to the caller's group is the caller's to answer
    os.chdir(directory)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    for fd in map(int, os.listdir("/dev/fd")):
        if fd > 2:  # what is inheritable is not meant for it
            with contextlib.suppress(OSError):
                os.set_inheritable(fd, False)
    # Python ignores two of them, the caller perhaps the third, and exec(2) keeps that.
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execvpe(argv[0], argv, environment)  # noqa: S606 - no shell


def end_all(mark: str) -> None:
    """End every process whose environment was started with *mark*, and what each has named.

    For a program that starts others, in sessions of their own, and may die before them.  All
    are stopped first, so that none starts another or tidies up half; then their shared memory
    is removed by its names, which proc(5) tells for as long as they live, and they are killed.
    Without a /proc, or for one that is killed by others, that is left to the program itself.

    Raises TimeoutError if one is there after ten seconds.
    """
    if not os.path.exists("/proc/self/environ"):
        return
    stopped = _stop_all(mark)
    for pid in stopped:
        _unlink_shared_memory(pid)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    until = time.monotonic() + _PATIENCE
    while stopped and (left := _marked(mark)):
        if time.monotonic() > until:
            raise TimeoutError(f"processes {left} do not end")
        time.sleep(_PAUSE)


def _stop_all(mark: str) -> set[str]:
    """Stop every process that carries *mark*, until no other is left; return their pids."""
    stopped: set[str] = set()
    while fresh := set(_marked(mark)) - stopped:
        for pid in fresh:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGSTOP)
        stopped |= fresh
    return stopped


def _marked(mark: str) -> list[str]:
    """Return the pids of the processes that were started with *mark* in their environment."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/environ", "rb") as environment:
            if mark.encode() in environment.read():  # nothing, of a zombie
                found.append(pid)
    return found


def _unlink_shared_memory(pid: str) -> None:
    """Remove the names of the shared memory that a process has open."""
    with contextlib.suppress(OSError):
        for fd in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                name = os.readlink(f"/proc/{pid}/fd/{fd}")
                if name.startswith("/dev/shm/"):  # noqa: S108 - where Linux has them
                    os.unlink(name)
