"""Cases: callers that are killed, that enter in a thread, that are late."""

# A docstring here says what is due.
# ruff: noqa: D401, PT017

import contextlib
import os
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tests.system import resources
from tests.unit.cases import (
    KINDS,
    WITH_A_NAME_AND_WITHOUT,
    Cases,
    NotHere,
    echo,
    falls_asleep,
    gates,
    has_ended,
    is_whole,
    until,
)
from transports import WorkerError

case = Cases()
"""Of channels."""
kind_case = Cases(KINDS)
"""Of channels: what the code that transports have in common decides."""
supervisor_case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of channels: what the supervisor decides."""
foreign_case = Cases(("pipe", "posix_mq"))
"""Of channels with a foreign child of the caller.  Where there is a name during the run, it stays
for a second then, see transports/_supervisor/guardian.py: one case of `case` has that."""
run_case = Cases(WITH_A_NAME_AND_WITHOUT)
"""Of `run`."""
exhaustive_case = Cases()
"""Of channels, with the marker exhaustive."""

_DEATH = 2.0  # seconds in which workers die with their caller
_NOBODY = 65534


# -- in a thread ----------------------------------------------------------------------------


def _in_a_thread(act: Callable[[], Any]) -> Any:
    result: list[Any] = []
    thread = threading.Thread(target=lambda: result.append(act()))
    thread.start()
    thread.join()
    return result[0]


def _in_an_executor(act: Callable[[], Any]) -> Any:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - takes long

    with ThreadPoolExecutor(1) as executor:
        return executor.submit(act).result()


def _to_thread(act: Callable[[], Any]) -> Any:
    import asyncio  # noqa: PLC0415 - takes long

    return asyncio.run(asyncio.to_thread(act))


_THREADS = {"thread": _in_a_thread, "executor": _in_an_executor, "asyncio": _to_thread}


@kind_case.each(by=["thread"])
@supervisor_case.each(by=list(_THREADS))
def entered_in_a_thread_that_ends(module: Any, by: str) -> None:
    """A channel may be entered in a thread that ends before it: its workers live on."""

    def work(link: Any) -> None:
        go.wait()
        echo(link)

    with gates(1) as (go,):
        channel = module.channel(work, 2, duplex=True)
        messages = _THREADS[by](channel.__enter__)
        error: list[Any] = [None, None, None]
        try:
            time.sleep(0.02)  # a signal of the kernel to the workers would have come
            go.open(2)
            is_whole(messages, 2)
        except BaseException as raised_here:
            error = [type(raised_here), raised_here, raised_here.__traceback__]
            raise
        finally:
            channel.__exit__(*error)


@kind_case
def left_in_another_thread(module: Any) -> None:
    """It may be left in a thread too, early; then nothing is left."""
    channel = module.channel(_endless, 2)
    messages = _in_a_thread(channel.__enter__)
    next(iter(messages))
    _in_a_thread(lambda: channel.__exit__(None, None, None))


def _endless(link: Any) -> None:
    while True:
        link.send(b"message")


# -- a caller that is killed ----------------------------------------------------------------


@contextlib.contextmanager
def _killed_with_all(pids: list[int]) -> Iterator[None]:
    """Kill these processes at the end, whatever happens; another user's, too, if root."""
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _caller(use: Callable[[], object]) -> int:
    """Fork a caller that calls *use*, in a process group of its own; return its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            use()
        finally:
            os._exit(1)
    return pid


class _Names:
    """All that has a name; what is new since this was made."""

    def __init__(self) -> None:
        self._before = self._now()

    def _now(self) -> resources.Inventory:
        found = resources.of_the_system(tempfile.gettempdir(), "/dev/shm")  # noqa: S108
        return {name for name in found if name.size is None}

    def new(self) -> list[str]:
        """Return what is new."""
        return [str(name) for name in self._now() - self._before]


def _dies(pid: int, workers: list[int], names: _Names, how: Callable[[], None]) -> None:
    """Kill a caller; check that its workers die, and that no name stays."""
    made = names.new()
    with _killed_with_all([*workers, pid]):
        how()
        os.waitpid(pid, 0)
        until(
            f"after its death the workers {workers} of a caller die",
            lambda: all(map(has_ended, workers)),
            _DEATH,
        )
        until(f"the names of its run, {made}, are removed", lambda: not names.new(), _DEATH)


_WHAT = ["sleeps", "computes", "sends", "receives"]


def _does(what: str, link: Any) -> None:
    if what == "sleeps":
        time.sleep(60)
    elif what == "computes":
        sum(range(10**12))  # in C: no system call, and no look at a flag
    elif what == "sends":
        _endless(link)
    else:
        link.receive()


@case.each(how=["sends, thread", "computes, foreign"])
@supervisor_case.each(how=["sleeps", "receives"])
@foreign_case.each(how=["sends, foreign thread"])
def a_killed_caller(module: Any, how: str) -> None:
    """After SIGKILL of the caller its workers die within two seconds, and no name stays.

    That holds also where a foreign child of the caller has copies of all its descriptors and
    lives on, where the channel was entered in a thread that has ended, and where workers compute.
    """
    _kill_one(module, how.split(",", maxsplit=1)[0], "foreign" in how, "thread" in how, user=None)


@exhaustive_case.each(what=_WHAT, foreign=[False, True], thread=[False, True])
def a_killed_caller_in_any_way(module: Any, what: str, foreign: bool, thread: bool) -> None:
    """After SIGKILL of the caller its workers die within two seconds, and no name stays."""
    _kill_one(module, what, foreign, thread, user=None)


@supervisor_case.each(what=["sleeps"])
@foreign_case.each(what=["computes"])
def a_killed_caller_of_another_users_workers(module: Any, what: str) -> None:
    """That holds also where its workers have changed their user, setuid(2), and a child lives."""
    if os.geteuid() != 0:
        raise NotHere("only root can change the user of a worker")
    _kill_one(module, what, foreign=what == "computes", thread=False, user=_NOBODY)


def _kill_one(module: Any, what: str, foreign: bool, thread: bool, user: int | None) -> None:
    with gates(2) as (pids, others):

        def work(link: Any) -> None:
            if user is not None:
                os.setuid(user)
            pids.tell(os.getpid())
            _does(what, link)

        def use() -> None:
            duplex = what == "receives"
            channel = module.channel(work, 2, duplex=duplex)
            messages = _in_a_thread(channel.__enter__) if thread else channel.__enter__()
            child = os.fork() if foreign else -1
            if child == 0:
                time.sleep(60)
                os._exit(0)
            others.tell(child)
            if what == "sends":
                time.sleep(60)
            list(messages)

        names, pid = _Names(), _caller(use)
        child = others.hear()
        workers = [pids.hear(), pids.hear()]
        time.sleep(0.01)
        with _killed_with_all([child] if child > 0 else []):
            _dies(pid, workers, names, lambda: os.kill(pid, signal.SIGKILL))
            if child > 0:
                assert not has_ended(child), "a child that is not the transport's was killed too"


_GROUP = ["SIGUSR1", "SIGALRM", "SIGRTMIN", "SIGPROF"]


@case.each(name=_GROUP[:1])
@supervisor_case.each(name=_GROUP)
def a_signal_to_the_group(module: Any, name: str) -> None:
    """A signal to the whole group ends the caller and its workers, and no name stays."""
    with gates(1) as (pids,):

        def work(link: Any) -> None:
            pids.tell(os.getpid())
            time.sleep(60)

        names, pid = _Names(), _caller(lambda: _iterate(module, work))
        workers = [pids.hear(), pids.hear()]
        falls_asleep(pid)
        _dies(pid, workers, names, lambda: os.killpg(pid, getattr(signal, name)))


def _iterate(module: Any, work: Callable[[Any], None]) -> None:
    with module.channel(work, 2) as messages:
        list(messages)


@run_case.each(name=_GROUP)
def a_signal_to_the_group_in_run(module: Any, name: str) -> None:
    """A signal to the whole group amid a run leaves no process, and no name."""
    names, pid = _Names(), _caller(partial(module.run, 10**12, 2))
    time.sleep(0.05)
    _dies(pid, [], names, lambda: os.killpg(pid, getattr(signal, name)))


# -- behind a flood -------------------------------------------------------------------------

_SPENT = 0.02  # seconds that the caller spends on each message
_BEHIND = 12  # messages that may still be taken: a fifth of a second


@kind_case.each(timeout=[None, 60])
def a_death_behind_a_flood(module: Any, timeout: float | None) -> None:
    """A worker dies while others flood a slow caller: WorkerError, whatever is still unread."""

    def work(link: Any) -> None:
        if link.worker == 0:
            _endless(link)
        pids.tell(os.getpid())
        go.wait()
        os._exit(7)

    behind = 0
    with gates(2) as (pids, go), module.channel(work, 2, timeout=timeout) as messages:
        iterator = iter(messages)
        for _ in range(5):
            next(iterator)
        go.open()
        pid = pids.hear()
        until("a worker that calls _exit ends", lambda: has_ended(pid))
        try:
            for _ in iterator:
                behind += 1
                assert behind <= _BEHIND, (
                    f"a worker has exited with 7, and {behind} messages, at {_SPENT} s each, came "
                    "after that"
                )
                time.sleep(_SPENT)
        except WorkerError as error:
            assert error.exitcode == 7, f"{error}"
        else:
            raise AssertionError("a worker has exited with 7, and the iteration just ended")


@kind_case
def a_timeout_behind_a_flood(module: Any) -> None:
    """`timeout` ends while workers flood a slow caller: TimeoutError, whatever is unread."""
    timeout, late = 0.1, 0
    end = time.monotonic() + timeout
    try:
        with module.channel(_endless, 2, timeout=timeout) as messages:
            for _ in messages:
                late += time.monotonic() > end + _SPENT
                assert late <= _BEHIND, (
                    f"timeout={timeout} is over, and {late} messages, at {_SPENT} s each, came "
                    "after that"
                )
                time.sleep(_SPENT)
    except TimeoutError:
        return
    raise AssertionError("the iteration ended without TimeoutError")
