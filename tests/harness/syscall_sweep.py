"""Sweeps: one process of a run is struck at each system call that it makes, one run a point.

A caller, or a child at its birth, stops itself; strace attaches and, at the K-th call of a
name, delivers a signal or lets the call fail (strace(1), "Tampering").  K counts the calls
of that name by that process alone.  A first run, traced and left alone, tells the names.
"""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Self

from tests.harness import Hang, Message, Subject, state
from tests.scenarios.fork_server import PR_SET_PTRACER
from tests.system.resources import Resource

LIMIT = 10.0  # seconds: a point that takes longer is a HANG
PATIENCE = 2.0  # seconds that processes and objects may outlive a killed caller: clause B3
ENOUGH = 5  # points that are wrong end a sweep: a leak takes PATIENCE to be one
LATE = 1.0  # seconds within which an error is raised

_CALL = re.compile(r"^(\w+)\((?:\d+<([^>]*)>)?")
_END = re.compile(r"^kill\(\d+, 0\)")  # of `run`: see tests.scenarios.fork_server

# What the kernel can answer, by the calls' man pages. Not here: what nobody can do anything
# about (close, munmap, unlink), and what a tracer cannot give honestly (an interrupted
# connect goes on by itself; only the open of a FIFO or a device is interrupted).
_FAULTS = {
    "open openat creat": "EMFILE ENOSPC ENOMEM EACCES",
    "pipe pipe2 socket socketpair eventfd2 epoll_create1 memfd_create dup pidfd_open": (
        "EMFILE ENOMEM"
    ),
    "accept accept4": "EMFILE ENOMEM ECONNABORTED EINTR",
    "bind": "EACCES ENOMEM",
    "listen": "EADDRINUSE",
    "connect": "EAGAIN ECONNREFUSED",
    "sendto sendmsg recvfrom recvmsg": "ENOMEM EINTR",
    "fork vfork clone clone3": "EAGAIN ENOMEM",
    "mmap mremap brk": "ENOMEM",
    "ftruncate fallocate": "ENOSPC EINTR",
    "mkdir mkdirat mknod mknodat link linkat symlink symlinkat rename renameat2": (
        "ENOSPC EACCES ENOMEM"
    ),
    "chmod fchmod fchmodat": "ENOMEM",
    "poll ppoll select pselect6 epoll_wait epoll_pwait": "ENOMEM EINTR",
    "wait4 waitid": "EINTR",
    "getrandom": "EINTR",
    "mq_open": "EMFILE ENOSPC ENOMEM EACCES",
    "mq_timedsend mq_timedreceive": "EINTR",
    "msgget semget shmget": "ENOSPC ENOMEM",
    "shmat": "ENOMEM",
    "msgsnd semop semtimedop": "ENOMEM EINTR",
    "msgrcv": "EINTR",
}
_BY_NAME = {name: errnos.split() for names, errnos in _FAULTS.items() for name in names.split()}
_PASSING = {"EINTR", "ECONNABORTED"}
_TRANSFERS = {"read", "write", "readv", "writev", "pread64", "pwrite64"}


@dataclass(frozen=True)
class Point:
    """Whom to strike (0 the caller, or a child by number), at which call, and with what."""

    who: int
    call: str
    count: int
    how: str

    def __str__(self) -> str:
        who = f"child {self.who}" if self.who else "the caller"
        return f"{who}, {self.call} #{self.count}: {self.how}"


@dataclass
class Sweep:
    """What a sweep showed: calls traced, verdicts by number, what was wrong, a line a point."""

    traced: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def note(self, point: Point, verdict: str, why: str) -> None:
        """Count the verdict of a point that was reached."""
        if verdict:
            self.verdicts[verdict] += 1
        if verdict not in ("", "OK", "ERROR"):
            self.wrong.append(f"{verdict}: {point}: {why}")

    def __iadd__(self, other: "Sweep") -> Self:
        self.traced += other.traced
        self.verdicts += other.verdicts
        self.wrong += other.wrong
        return self

    def __str__(self) -> str:
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(self.verdicts.items()))
        return f"{self.verdicts.total()} points" + (f": {told}" if told else "")


_TAMPERED = f"""
import ctypes, os, signal
ctypes.CDLL(None).prctl({PR_SET_PTRACER}, ctypes.c_ulong(-1), 0, 0, 0)
os.kill(os.getpid(), signal.SIGSTOP)
os.mkdir("")
"""


@cache
def untraceable() -> str | None:
    """Return why no process can be traced here, or None: found by tampering with one."""
    if shutil.which("strace") is None:
        return "no strace"
    command = [sys.executable, "-c", _TAMPERED]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            tracer = _attach(process.pid, "/dev/null", "inject=mkdir:error=ENOSPC:when=1")
            if isinstance(tracer, str):
                return tracer
            os.kill(process.pid, signal.SIGCONT)
            told = process.communicate(timeout=LIMIT)[1]
            tracer.wait()
        finally:
            process.kill()
    return None if "No space left" in told else f"strace does not tamper here: {told[-300:]}"


def _attach(pid: int, log: str, *expressions: str) -> "subprocess.Popen[bytes] | str":
    """Let strace trace *pid*, which is stopped; return it, or why it could not."""
    options = [word for expression in expressions for word in ("-e", expression)]
    with tempfile.TemporaryFile("w+") as said:
        tracer = subprocess.Popen(
            ["strace", "-qq", "-y", "-s", "0", "-o", log, "-p", str(pid), *options],  # noqa: S607
            stderr=said,
        )
        status = Path(f"/proc/{pid}/status")
        while _state(pid) in "Tt" and "TracerPid:\t0\n" in status.read_text():
            if tracer.poll() is not None:
                said.seek(0)
                lines = (line.removeprefix("strace: ") for line in said.read().splitlines())
                return f"strace: {'; '.join(lines)}"
            time.sleep(0.0005)
    return tracer


class Nursery:
    """A running nursery (`tests.scenarios.fork_server`), and the sweeps over it."""

    def __init__(self, target: str, n: int, workers: int) -> None:
        self._subject = Subject(target, "fork_server.nurse", {"n": n, "workers": workers}, {})
        self._log = str(self._subject.private[2].parent / "trace")  # in none of the trial's own
        Path(self._log).touch()
        self.traced = 0

    def __enter__(self) -> Self:
        self._subject.__enter__()
        (births,) = self._subject.expect("births")
        self.children: int = births["count"]
        self.seconds: float = births["seconds"]
        self._before = self._subject.inventory()
        return self

    def __exit__(self, *details: object) -> None:
        self._subject.__exit__(*details)

    def _run(self, who: int, *expressions: str, stop: bool, kill: int, delay: float) -> Message:
        """Let a caller run once; return all that was heard of it, in one message."""
        messages = self._subject.outcome.messages
        messages.clear()
        os.truncate(self._log, 0)  # or an earlier trace would be read again
        self._subject.tell({"who": who, "stop": stop, "kill": kill, "delay": delay})
        tracer: subprocess.Popen[bytes] | None = None
        try:
            # A helper may be ended before it has said that it stops: then the run ends without.
            stopped = self._subject.expect("stopped ended", limit=LIMIT)[0] if stop else None
            if stopped is not None and stopped["kind"] == "stopped":
                while (now := _state(stopped["pid"])) not in "TZX":
                    time.sleep(0.0002)
                # A helper may be ended while it is stopped: then there is nothing to trace.
                attached = _attach(stopped["pid"], self._log, *expressions) if now == "T" else None
                if isinstance(attached, str) and _state(stopped["pid"]) == "T":
                    raise RuntimeError(attached)
                if isinstance(attached, subprocess.Popen):
                    tracer = attached
                with contextlib.suppress(ProcessLookupError):
                    os.kill(stopped["pid"], signal.SIGCONT)
                if tracer is not None and not who:
                    self._leave(tracer)
            (ended,) = self._subject.expect("ended", limit=LIMIT)
        except Hang as hang:
            for pid in self._subject.survivors():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if tracer is not None:
                tracer.kill()
            self._subject.expect("ended", limit=LIMIT)
            ended = {"hang": str(hang)}
        finally:
            if tracer is not None:
                tracer.wait()
        for message in list(messages):
            ended |= {message["kind"]: message}
        return ended

    def _leave(self, tracer: "subprocess.Popen[bytes]") -> None:
        """Take *tracer* from the caller that has come back from `run`, if it has.

        What comes then, the census inside, is no longer to be tampered with.
        """
        returned = self._subject.expect("returned ended", limit=LIMIT)[0]
        if returned["kind"] == "returned":
            tracer.terminate()  # it detaches
            tracer.wait()
            os.kill(returned["pid"], signal.SIGUSR1)

    def trace(self, who: int) -> list[tuple[str, str]]:
        """Return (name, kind of its descriptor) of each system call, from two runs."""
        calls: Counter[tuple[str, int]] = Counter()
        found: list[tuple[str, str]] = []
        for _ in range(2):
            self._run(who, stop=True, kill=0, delay=0.0)
            seen: Counter[str] = Counter()
            for line in Path(self._log).read_text().splitlines():
                match = _CALL.match(line)
                if match is None:
                    continue
                name, target = match.group(1), match.group(2) or ""
                if _END.match(line) and not who:
                    break
                seen[name] += 1
                if not calls[name, seen[name]]:
                    calls[name, seen[name]] += 1
                    found.append((name, target.split(":")[0]))
        self.traced += len(found)
        return found

    def strike(self, point: Point, expression: str) -> tuple[str, str]:
        """Strike at *point*; return the verdict, or "", if it was not reached, and why."""
        ended = self._run(point.who, expression, stop=True, kill=0, delay=0.0)
        with open(self._log) as log:
            text = log.read()
        fired = "(INJECTED" in text or re.search(rf"(---|killed by) {point.how}\b", text)
        if "hang" not in ended and not fired:
            return "", ""
        return self._judge(point, ended)

    def rain(self, point: Point, delay: float) -> tuple[str, str]:
        """Send the caller a signal *delay* seconds after its birth; return verdict and why."""
        number = int(signal.Signals[point.how])
        return self._judge(point, self._run(0, stop=False, kill=number, delay=delay))

    def _judge(self, point: Point, ended: Message) -> tuple[str, str]:
        if "hang" in ended:
            return "HANG", ended["hang"]
        if "failed" in ended:
            return "CRASH", ended["failed"]["error"]
        if "strayed" in ended:
            return "DISTURBED", "a worker came back into the caller's code"
        verdict, why = _verdict(point, ended)
        until = time.monotonic() + PATIENCE
        while (left := self._subject.left(self._before)) and time.monotonic() < until:
            time.sleep(0.002)
        new = ended.get("inside", {}).get("new", [])
        left += [("LEAK", f"in the caller, {Resource(*entry)}") for entry in new]
        if left:
            for pid in self._subject.survivors():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._before = self._subject.inventory()
            verdict, why = left[0][0], "; ".join(text for _, text in left)
        return verdict, why


def _state(pid: int) -> str:
    """Return the state of *pid* by proc(5), X if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def _verdict(point: Point, ended: Message) -> tuple[str, str]:
    """Judge what became of the caller and of its call: OK, ERROR or what is wrong."""
    status, call = ended["status"], ended.get("outcome")
    if point.who == 0 and point.how in ("SIGKILL", "SIGTERM"):
        deadly = -int(signal.Signals[point.how])
        if status == deadly or call:  # it may have been over before
            return "OK", ""
        return "CRASH", f"the caller ended with {status}, not {deadly}"
    if status or (call is None and "interrupted" not in ended):
        return "CRASH", f"the caller ended with {status}"
    if point.who == 0 and point.how == "SIGINT":
        if "interrupted" in ended or (call and call.get("error") == "KeyboardInterrupt"):
            return "OK", ""
        if call and call["at"] < ended.get("sent", {"at": 0.0})["at"]:
            return "", ""  # it came too late
        return "DISTURBED", f"no KeyboardInterrupt, but {call and state(call)}"
    assert call
    outcome = state(call)
    shown = f"{call['error']}: {call['text']}" if "error" in call else outcome
    if call["seconds"] > LATE:
        return "HANG", f"{call['seconds']:.1f} s until {shown}"
    if outcome == "exact":
        return "OK", ""
    if outcome != "error":
        return "WRONG", shown
    if point.how.split()[0] in _PASSING:
        return "WRONG", f"it was to call again, but {shown}"
    if point.who == 0 and not {"OSError", "MemoryError"} & set(call["mro"]):
        return "WRONG", f"no OSError, but {shown}"
    return "ERROR", ""


def _faults(name: str, target: str, count: int) -> Iterator[tuple[str, str]]:
    """Yield (what, when) for call number *count* of *name*, on a descriptor of *target*."""
    errnos = _BY_NAME.get(name, [])
    if name in _TRANSFERS:
        errnos = ["EINTR"]
        if target.startswith("/") and not target.startswith("/dev/"):
            errnos = ["EIO", "EINTR"] + ["ENOSPC"] * ("write" in name)
    for errno in errnos:
        yield errno, f"{count}"
        if errno in _PASSING:  # not for ever, which nobody could bear
            yield f"{errno} thrice", f"{count}..{count + 2}"
        else:
            yield f"{errno} from then on", f"{count}+"


def _numbered(calls: list[tuple[str, str]]) -> Iterator[tuple[str, str, int]]:
    seen: Counter[str] = Counter()
    for name, target in calls:
        seen[name] += 1
        yield name, target, seen[name]


def kill_points(nursery: Nursery, who: int) -> Iterator[tuple[Point, str]]:
    """Yield each point at which to end *who*, and the expression for strace."""
    for name, _, count in _numbered(nursery.trace(who)):
        for how in ("SIGKILL",) if who else ("SIGKILL", "SIGTERM", "SIGINT"):
            yield Point(who, name, count, how), f"inject={name}:signal={how}:when={count}"


def fault_points(nursery: Nursery, who: int) -> Iterator[tuple[Point, str]]:
    """Yield each point at which to let a call of *who* fail, and the expression for strace."""
    for name, target, count in _numbered(nursery.trace(who)):
        for how, when in _faults(name, target, count):
            errno = how.split()[0]
            yield Point(who, name, count, how), f"inject={name}:error={errno}:when={when}"


def sweep(nursery: Nursery, points: Iterable[tuple[Point, str]]) -> Sweep:
    """Strike at each of *points*."""
    seen, traced = Sweep(), nursery.traced
    for point, expression in points:  # which traces, when the first is asked for
        seen.note(point, *nursery.strike(point, expression))
        if len(seen.wrong) == ENOUGH:
            break
    seen.traced = nursery.traced - traced
    return seen


def rain(nursery: Nursery, hows: Sequence[str], times: int, seed: int) -> Sweep:
    """Send the caller each of the signals *hows* at *times* moments drawn from *seed*."""
    seen, draw = Sweep(), random.Random(seed)
    for number in range(times):
        for how in hows:
            delay = draw.uniform(0.0, 1.2 * nursery.seconds)
            point = Point(0, f"after {delay * 1e3:.2f} ms", number, how)
            seen.note(point, *nursery.rain(point, delay))
        if len(seen.wrong) >= ENOUGH:
            break
    return seen
