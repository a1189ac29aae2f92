"""Callers of an unusual kind, and callers that have set what holds for the whole process.

Each is forked, and ends after its runs: one that nobody disturbs, and one in which the first child
is killed at its birth.  Each of them is a kind that people have reported in public: containers,
notebooks, daemons, pools, embedded interpreters, libraries that change a default for all.
"""

import asyncio
import ctypes
import gc
import io
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from types import FrameType, ModuleType

from tests.scenarios.callers import allow_fork_in_threads, in_caller, well_and_struck
from tests.scenarios.injection import Births
from tests.scenarios.orders import import_what_it_imports
from tests.scenarios.protocol import Log
from tests.system import namespaces, resources

Runs = Callable[..., None]
"""Makes both runs. It takes the log, the name of the case, and further fields of the outcomes."""

_SHORT = 1e-3  # seconds: a default timeout of sockets
_SLOW = 0.05  # seconds that each worker is late, long beside that

_LARGE_PID = 70_000  # more than sixteen bits; on a machine that has run for days they are usual
_FEW_PIDS = 1000  # that a case needs

_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>

_NO_PROXY = "http://127.0.0.1:9"  # the port "discard", where nobody listens
_NO_HOST = "no-such-host.invalid"  # RFC 2606
_NO_USER = 54_321

_REAPED = "reaped by others"  # field "way" of runs whose workers' exit statuses may be lost
_LOOK_EVERY = 0.01  # seconds: for children that were not forked, which no hook tells of


def of_all_kinds(module: ModuleType, log: Log, *, forks: bool) -> None:
    """Run in a caller of each kind.

    forks: whether its workers are forked; else each starts an interpreter.
    """
    births = Births(log)
    runs = partial(_runs, module=module, births=births)
    cases: dict[str, Callable[[Log, str, Runs], None]] = {
        "pid 1 of a PID namespace": _as_first_process,
        "one whose workers have pids beyond 65535": partial(_as_first_process, last=_LARGE_PID),
        "a subreaper, which adopts orphans": partial(_as_subreaper, module=module),
        "a daemonic process of multiprocessing": _as_daemonic_process,
        "an event loop of asyncio is set": _beside_an_event_loop,
        "in a task of asyncio": _in_a_task,
        "in an executor of asyncio": _in_an_executor,
        "sys.stdin, stdout and stderr None": partial(_with_streams, lambda: None),
        "sys.stdin, stdout and stderr closed": partial(_with_streams, _closed_stream),
        "sys.stdin, stdout and stderr in memory": partial(_with_streams, io.StringIO),
        "sys.stdin, stdout and stderr with nothing but write": partial(_with_streams, _Writes),
        "socket.setdefaulttimeout": _with_a_default_timeout,
        "multiprocessing.set_start_method": _with_another_start_method,
        "embedded: no sys.argv, no file of __main__": _as_if_embedded,
        "a proxy for all addresses": _behind_a_proxy,
        "a host whose name has no address": _on_a_nameless_host,
        "a name of the process with spaces and brackets": _with_an_odd_name,
        "a user without a name, a home and a runtime directory": partial(
            _as_a_nameless_user, module=module, forks=forks
        ),
        "a handler of SIGCHLD that reaps every child": _with_a_handler_that_reaps,
        "a thread that reaps every child": _with_a_thread_that_reaps,
    }
    for name, case in cases.items():
        in_caller(log, name, partial(_in_case, name=name, case=case, runs=runs))


def _in_case(log: Log, name: str, case: Callable[[Log, str, Runs], None], runs: Runs) -> None:
    allow_fork_in_threads()
    case(log, name, runs)


def _runs(log: Log, name: str, *, module: ModuleType, births: Births, **more: str) -> None:
    well_and_struck(module, log, births, case=name, **more)


def _as_first_process(log: Log, name: str, runs: Runs, last: int = 0) -> None:
    """Be pid 1, as a program is in a container that has no init: pid_namespaces(7).

    last: the pid after which the next ones come there, or 0: proc_sys_kernel(5), ns_last_pid.
    """
    user = os.geteuid()
    try:
        namespaces.leave(namespaces.NEWPID)
    except namespaces.Refused as refused:
        log("refused", case=name, reason=str(refused))
        return

    def act(log: Log) -> None:
        try:
            namespaces.mount("proc", "/proc")  # else it shows the pids of the namespace outside
        except namespaces.Refused as refused:
            log("refused", case=name, reason=str(refused))
            return
        if last and (reason := _set_last_pid(last)):
            log("refused", case=name, reason=reason)
            return
        if user != 0:  # in its user namespace this process may do everything
            namespaces.give_up()
        runs(log, name)

    in_caller(log, name, act)  # the first that this process forks is pid 1: unshare(2)


def _set_last_pid(last: int) -> str:
    """Let the next pid of this namespace be one more than *last*; return why not, or ""."""
    try:
        with open("/proc/sys/kernel/pid_max") as most:
            if int(most.read()) <= last + _FEW_PIDS:
                return "kernel.pid_max is lower"
        with open("/proc/sys/kernel/ns_last_pid", "w") as kept:
            kept.write(str(last))
    except OSError as error:
        return str(error)
    return ""


def _as_subreaper(log: Log, name: str, runs: Runs, *, module: ModuleType) -> None:
    """Adopt orphans, as service managers and the inits of containers do: prctl(2)."""
    if ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        log("refused", case=name, reason="prctl(2) refuses PR_SET_CHILD_SUBREAPER")
        return
    had = resources.of_this_process()
    log.call(module.run, 100, 3, case=name)
    gc.collect()
    log("changed", case=name, what=[], new=resources.added_since(had))
    # Where a worker is killed, its own children may come here, which no run can know of.
    runs(log, name)


def _as_daemonic_process(log: Log, name: str, runs: Runs) -> None:
    """Be what a worker of multiprocessing.Pool is: it may have no children of multiprocessing."""
    act = partial(_in_process, log, name, runs)
    process = multiprocessing.get_context("fork").Process(target=act, daemon=True)
    process.start()
    process.join()
    if process.exitcode:
        log("failed", case=name, error=f"ended with {process.exitcode}")


def _in_process(log: Log, name: str, runs: Runs) -> None:
    log = log.again()
    try:
        runs(log, name)
    except BaseException as error:  # noqa: BLE001 - multiprocessing would print it
        log("failed", case=name, error=repr(error))


def _beside_an_event_loop(log: Log, name: str, runs: Runs) -> None:
    """Have a loop that does not run; it is the caller's, and has to work after the runs."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    runs(log, name)
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()


def _in_a_task(log: Log, name: str, runs: Runs) -> None:
    """Run while a loop runs in the same thread, as in a cell of a notebook."""

    async def task() -> None:
        runs(log, name)
        await asyncio.sleep(0)

    asyncio.run(task())


def _in_an_executor(log: Log, name: str, runs: Runs) -> None:
    """Run in a thread of concurrent.futures while a loop runs in another one."""

    async def task() -> None:
        await asyncio.get_running_loop().run_in_executor(None, runs, log, name)

    asyncio.run(task())


class _Writes:
    """A stream as many programs put in the place of sys.stdout, to write to a log too."""

    def write(self, text: str) -> int:
        """Write nothing."""
        return len(text)


def _closed_stream() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


def _with_streams(make: Callable[[], object], log: Log, name: str, runs: Runs) -> None:
    for stream in ("stdin", "stdout", "stderr"):
        setattr(sys, stream, make())
    runs(log, name)


def _with_a_default_timeout(log: Log, name: str, runs: Runs) -> None:
    """Give each socket a short timeout, as a library may that meant its own; be slower than it."""
    socket.setdefaulttimeout(_SHORT)
    # It comes after the hook of `Births`, so a child that is killed at its birth is not late.
    os.register_at_fork(after_in_child=lambda: time.sleep(_SLOW))
    runs(log, name)


def _with_another_start_method(log: Log, name: str, runs: Runs) -> None:
    """Let multiprocessing start interpreters afresh, as from Python 3.14 on it does."""
    multiprocessing.set_start_method("spawn", force=True)
    runs(log, name)


def _as_if_embedded(log: Log, name: str, runs: Runs) -> None:
    """Be as in another program: Py_InitializeEx sets no sys.argv, and nothing was a script."""
    del sys.argv, sys.orig_argv
    main = sys.modules["__main__"]
    main.__spec__ = None
    if hasattr(main, "__file__"):
        del main.__file__
    runs(log, name)


def _behind_a_proxy(log: Log, name: str, runs: Runs) -> None:
    """Have the variables that many libraries of HTTP obey, also for the loopback."""
    os.environ.pop("no_proxy", None)
    os.environ.pop("NO_PROXY", None)
    for variable in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[variable] = os.environ[variable.upper()] = _NO_PROXY
    runs(log, name)


def _on_a_nameless_host(log: Log, name: str, runs: Runs) -> None:
    """Be on a host whose name nobody knows, as many containers are: gethostname(2)."""
    user = os.geteuid()
    try:
        namespaces.leave(namespaces.NEWUTS)
        socket.sethostname(_NO_HOST)
    except (namespaces.Refused, OSError) as refused:
        log("refused", case=name, reason=str(refused))
        return
    if user != 0:
        namespaces.give_up()
    runs(log, name)


def _with_an_odd_name(log: Log, name: str, runs: Runs) -> None:
    """Have a name that breaks a line of /proc/PID/stat if it is split at spaces: prctl(2)."""
    try:
        with open("/proc/self/comm", "w") as kept:
            kept.write("a) (b c) 1")
    except OSError as error:
        log("refused", case=name, reason=str(error))
        return
    runs(log, name)


def _as_a_nameless_user(
    log: Log, name: str, runs: Runs, *, module: ModuleType, forks: bool
) -> None:
    """Be a number that no /etc/passwd has, as programs in containers are started: setuid(2)."""
    # Afterwards it may have no way to Python's library, if that is in a home that is private.
    import_what_it_imports(module, log, 100, 3)
    for variable in ("HOME", "USER", "LOGNAME", "LNAME", "USERNAME"):
        os.environ.pop(variable, None)
    # What whoever has started it had: it belongs to somebody else.
    os.environ["XDG_RUNTIME_DIR"] = os.environ["TMPDIR"]
    os.environ["TMPDIR"], tempfile.tempdir = "/tmp", None  # noqa: S108 - it is of the world
    try:
        os.chmod(os.environ["XDG_RUNTIME_DIR"], 0o700)
        os.setgroups([])
        os.setresgid(_NO_USER, _NO_USER, _NO_USER)
        os.setresuid(_NO_USER, _NO_USER, _NO_USER)
        os.chdir("/")
    except (AttributeError, OSError) as error:
        log("refused", case=name, reason=str(error))
        return
    if not forks and not os.access(sys.executable, os.X_OK):  # as in a home that is private
        log("refused", case=name, reason=f"it may not start {sys.executable}")
        return
    runs(log, name)


def _reap_all() -> None:
    """Reap every child that has ended, and wait for none."""
    try:
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
    except ChildProcessError:
        pass


def _with_a_handler_that_reaps(log: Log, name: str, runs: Runs) -> None:
    """Have a handler as in many examples of how to avoid zombies: wait(2)."""

    def handler(number: int, frame: FrameType | None) -> None:
        _reap_all()

    signal.signal(signal.SIGCHLD, handler)
    runs(log, name, way=_REAPED)


def _with_a_thread_that_reaps(log: Log, name: str, runs: Runs) -> None:
    """Have a thread as a program has that is an init to others: it takes each exit status."""
    caller, forked = os.getpid(), threading.Event()

    def reap() -> None:
        while True:
            forked.wait(_LOOK_EVERY)
            forked.clear()
            try:
                while True:
                    os.waitpid(-1, 0)
            except ChildProcessError:
                pass

    os.register_at_fork(after_in_parent=lambda: forked.set() if os.getpid() == caller else None)
    threading.Thread(target=reap, daemon=True).start()
    runs(log, name, way=_REAPED)
