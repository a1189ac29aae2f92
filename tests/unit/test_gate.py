"""The gate for system calls: what waits, who is blocked, and what an answer does."""

import contextlib
import ctypes
import errno
import fcntl
import mmap
import multiprocessing
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import posix_ipc
import pytest
import sysv_ipc

from tests.gate import calls, first, sweeps
from tests.gate.keeper import once
from tests.gate.policies import Follow, Order, Priorities, Walk
from tests.gate.seccomp import Reach, Refused, install
from tests.gate.tasks import Place
from tests.unit.gated import run, tell

pytestmark = pytest.mark.usefixtures("gate")

_PIPE_HOLDS = 1 << 20  # bytes, more than a pipe holds: pipe(7)
_TERMS = 3_000_000  # of a loop that takes some 0.1 s


# -- blocked ----------------------------------------------------------------------------------


def _reads() -> None:
    os.read(os.pipe()[0], 1)


def _writes() -> None:
    os.write(os.pipe()[1], bytes(_PIPE_HOLDS))


def _polls() -> None:
    poller = select.poll()
    poller.register(os.pipe()[0], select.POLLIN)
    poller.poll()


def _selects() -> None:
    select.select([os.pipe()[0]], (), ())


def _epolls() -> None:
    select.epoll().poll()


def _accepts() -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0" + os.urandom(8).hex())
    listener.listen()
    listener.accept()


def _receives() -> None:
    one, _other = socket.socketpair()
    one.recv(1)


def _sends() -> None:
    one, _other = socket.socketpair()
    one.sendall(bytes(_PIPE_HOLDS * 8))


def _file() -> int:
    return os.open(tempfile.gettempdir(), os.O_TMPFILE | os.O_RDWR)


def _flocks() -> None:
    fd = _file()
    fcntl.flock(fd, fcntl.LOCK_EX)
    fcntl.flock(os.open(f"/proc/self/fd/{fd}", os.O_RDWR), fcntl.LOCK_EX)


def _locks() -> None:
    fd = _file()
    ours, theirs = os.pipe()
    if os.fork() == 0:
        fcntl.lockf(fd, fcntl.LOCK_EX)
        os.write(theirs, b"!")
        signal.pause()
    os.read(ours, 1)
    fcntl.lockf(fd, fcntl.LOCK_EX)


def _opens_a_fifo() -> None:
    os.mkfifo("fifo")
    Path("fifo").read_bytes()


def _posix_queue() -> None:
    name = f"/gate-{os.urandom(8).hex()}"
    queue = posix_ipc.MessageQueue(name, posix_ipc.O_CREX)
    queue.unlink()
    queue.receive()


def _waits_for_a_semaphore() -> None:
    multiprocessing.get_context("fork").Semaphore(0).acquire()


def _waits_for_a_child() -> None:
    if os.fork() == 0:
        signal.pause()
    os.wait()


def _waits_for_an_end() -> None:
    if os.fork() == 0:
        signal.pause()
    os.waitid(os.P_ALL, 0, os.WEXITED)


def _waits_for_a_signal() -> None:
    signal.sigwait([signal.SIGUSR1])


def _joins() -> None:
    thread = threading.Thread(target=signal.sigwait, args=([signal.SIGUSR1],), daemon=True)
    thread.start()
    thread.join()


def _starts_a_program() -> None:
    subprocess.run(["/bin/cat"], stdin=os.pipe()[0], check=False)


# By the calls in which one of the processes waits; machines have different ones.
# By the calls in which one of the processes waits; machines have different ones.
_BLOCKED = {
    "read": _reads,
    "write": _writes,
    "poll ppoll": _polls,
    "select pselect6": _selects,
    "epoll_wait epoll_pwait": _epolls,
    "accept accept4": _accepts,
    "recvfrom": _receives,
    "sendto": _sends,
    "flock": _flocks,
    "fcntl": _locks,
    "openat": _opens_a_fifo,
    "mq_timedreceive": _posix_queue,
    "futex": _waits_for_a_semaphore,
    "wait4": _waits_for_a_child,
    "waitid": _waits_for_an_end,
    "rt_sigtimedwait": _waits_for_a_signal,
    "pause ppoll": signal.pause,
    "futex thread": _joins,
    "read program": _starts_a_program,
}


@pytest.mark.parametrize("name", _BLOCKED)
def test_whoever_is_blocked_for_ever_is_seen_to_be(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is proven, and told at once, in which call each waits."""
    monkeypatch.chdir(tmp_path)
    _is_seen_to_be_blocked(_BLOCKED[name], name)


def test_whoever_waits_for_a_message_is_seen_to_be_blocked() -> None:
    """On a queue of System V, which is removed here: the process that waits is killed."""
    queue = sysv_ipc.MessageQueue(sysv_ipc.IPC_PRIVATE, sysv_ipc.IPC_CREX)
    try:
        _is_seen_to_be_blocked(queue.receive, "msgrcv")
    finally:
        queue.remove()


def _is_seen_to_be_blocked(act: Callable[[], object], names: str) -> None:
    start = time.monotonic()
    record = run(act)
    assert record.proven, record
    assert not record.told
    assert record.status is None
    assert record.stuck
    assert set(names.split()) & {stuck.call for stuck in record.stuck}, record.stuck
    assert time.monotonic() - start < 10  # the limit is 20


# -- not blocked ------------------------------------------------------------------------------


def _sleeps() -> str:
    time.sleep(0.3)
    return "slept"


def _computes() -> int:
    return sum(range(_TERMS))


def _polls_for_a_while() -> str:
    poller = select.poll()
    poller.register(os.pipe()[0], select.POLLIN)
    return str(poller.poll(300))


def _waits_for_an_alarm() -> str:
    signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    signal.pause()
    return "woken"


def _threads() -> int:
    found: list[int] = []
    threads = [threading.Thread(target=found.append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(found)


def _program() -> str:
    return subprocess.run(["/bin/echo", "here"], capture_output=True, text=True, check=True).stdout


def _spawned() -> str:
    command = [sys.executable, "-S", "-c", "print(6 * 7)"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    ("act", "told"),
    [
        (_sleeps, "slept"),
        (_computes, str(_TERMS * (_TERMS - 1) // 2)),
        (_polls_for_a_while, "[]"),
        (_waits_for_an_alarm, "woken"),
        (_threads, "6"),
        (_program, "here\n"),
        (_spawned, "42\n"),
    ],
)
def test_whoever_sleeps_or_computes_is_not_taken_for_blocked(
    act: Callable[[], object], told: str
) -> None:
    """It comes to its end."""
    record = run(act)
    assert record.told.decode() == told, record
    assert record.status == 0
    assert not record.stuck


# -- answers ----------------------------------------------------------------------------------


def _two_writers() -> str:
    """Let two children write to one pipe; return what came."""
    reader, writer = os.pipe()
    for text in (b"a", b"b"):
        if os.fork() == 0:
            os.write(writer, text)
            os._exit(0)
    os.close(writer)
    for _ in range(2):
        os.wait()
    return os.read(reader, 9).decode()


def _all_orders() -> Iterator[Order]:
    yield from sweeps.stalls(sweeps.bases(_act))


def _act() -> bytes:
    return tell(_two_writers)


def test_the_order_is_that_of_the_policy() -> None:
    """The eldest first, or the youngest; or one is held."""
    assert run(_two_writers, Order()).told == b"ab"
    assert run(_two_writers, Order(youngest=True)).told == b"ba"
    assert {sweeps.follow(_act, order).told for order in _all_orders()} == {b"ab", b"ba"}


def test_an_order_comes_again() -> None:
    """The same calls in the same order, twice, by each policy."""
    for policy in (lambda: Follow(Order(True)), lambda: Walk(5), lambda: Priorities(5, steps=30)):
        one, two = (
            [(step.task, step.call) for step in once(_act, policy()).steps] for _ in range(2)
        )
        assert one == two


def test_the_later_of_two_calls_can_come_first() -> None:
    """Where it does not need the earlier one."""
    reversed_ = 0
    for order in sweeps.pairs(sweeps.bases(_act)):
        record = sweeps.follow(_act, order)
        assert not record.stuck
        assert order.held
        assert order.until
        reversed_ += sweeps.came_first(record.steps, order.until, order.held)
    assert reversed_ > 5


def _makes_a_pipe() -> str:
    try:
        os.pipe()
    except OSError as error:
        return errno.errorcode[error.errno or 0]
    return "made"


def test_a_call_can_fail() -> None:
    """With the errno of choice; it is not done then."""
    order = Order(struck=Place("0", 0), fail="EMFILE")
    assert run(_makes_a_pipe, order).told == b"EMFILE"
    assert run(_makes_a_pipe).told == b"made"


def _reaps() -> str:
    pid = os.fork()
    if pid == 0:
        os.write(os.pipe()[1], b"here")
        os._exit(0)
    return str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def test_a_process_can_be_killed_before_any_of_its_calls() -> None:
    """At its birth, and at each call."""
    steps = [step for step in run(_reaps).steps if step.task == "1"]
    assert len(steps) >= 3
    for step in steps:
        order = Order(struck=Place("1", step.number), signal="SIGKILL")
        assert run(_reaps, order).told == b"-9", step


def _kills_the_reaped() -> str:
    pid = os.fork()
    if pid == 0:
        signal.pause()
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return "gone"
    return "killed"


def test_a_process_that_was_reaped_cannot_be_killed() -> None:
    """The call fails as it does without the gate."""
    assert run(_kills_the_reaped).told == b"gone"


def _interrupted() -> str:
    with contextlib.suppress(KeyboardInterrupt):
        os.read(os.pipe()[0], 1)
        return "read"
    return "interrupted"


def test_a_process_can_get_a_signal_at_a_call() -> None:
    """It is delivered, as the call waits."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    steps = run(_interrupted).steps
    order = Order(struck=Place("0", steps[-1].number), signal="SIGINT")
    assert run(_interrupted, order).told == b"interrupted"


def test_processes_that_outlive_the_first_one_are_seen() -> None:
    """They are killed in the end."""

    def leaves() -> str:
        if os.fork() == 0:
            signal.pause()
        return "gone"

    record = run(leaves)
    assert record.told == b"gone"
    assert record.status == 0
    assert [stuck[:2] for stuck in record.stuck] == [("1", "pause")]
    assert record.proven


def test_memory_of_a_run_is_its_own() -> None:
    """A private futex does not wait for an answer, a shared one does."""

    def waits() -> str:
        with mmap.mmap(-1, 4096) as memory:
            address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
            libc = ctypes.CDLL(None)
            futex = calls.of_this_machine().numbers["futex"]  # type: ignore[union-attr]
            private = libc.syscall(futex, ctypes.c_void_p(address), 128 | 1, 1, None, None, 0)
            shared = libc.syscall(futex, ctypes.c_void_p(address), 1, 1, None, None, 0)
            return f"{private} {shared}"

    record = run(waits)
    assert [step.call for step in record.steps].count("futex") == 1, record


def test_a_gate_within_a_gate_is_refused_with_the_reason() -> None:
    """There is one listener for a process: EBUSY."""

    def nested() -> str:
        try:
            once(lambda: b"", Walk(0))
        except Refused as reason:
            return str(reason)
        return "no reason"

    assert os.strerror(errno.EBUSY) in run(nested).told.decode()


def test_the_numbers_of_calls_are_those_of_the_headers() -> None:
    """As far as there are headers on this machine."""
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if os.uname().machine != "x86_64" or not header.exists():
        pytest.skip("no <asm/unistd_64.h>")
    defined = dict(line.split()[1:3] for line in header.read_text().splitlines() if "__NR_" in line)
    machine = calls.of_this_machine()
    assert machine
    for name, number in machine.numbers.items():
        if f"__NR_{name}" in defined:
            assert defined[f"__NR_{name}"] == str(number), name


def test_a_listener_comes_though_its_process_waits_before_it_sends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As where Python takes memory from the system: mmap(2) waits already."""

    def installed(free: int, reach: Reach) -> int:
        listener = install(free, reach)
        mmap.mmap(-1, 1 << 20).close()
        return listener

    monkeypatch.setattr(first, "install", installed)
    assert once(lambda: b"told", Walk(0), own=True).told == b"told"
