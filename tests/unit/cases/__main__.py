"""The program that does cases of one transport: ``python -m tests.unit.cases MODULE FD``.

It reads requests, lines of JSON, from standard input and writes answers to the descriptor FD.  It
forks a process for each case: to start an interpreter for each would take fifty times as long.
None has more than one import and one run behind it.
"""

import contextlib
import faulthandler
import gc
import importlib
import json
import os
import resource
import select
import signal
import sys
import tempfile
import time
import traceback
from typing import Any, NoReturn

from tests.system import namespaces, processes, resources
from tests.unit.cases import APART, SKIP, NotHere, find

_SHARED = "/dev/shm"  # noqa: S108 - looked at
_LOOK_EVERY = 0.02  # seconds between two looks whether the process of a case has ended
_DUMP_TIME = 0.1  # seconds that a process has to print where it is
_PATIENCE = 2.0  # seconds after a case, in which its workers die and its names are removed


def main() -> None:
    """Do what standard input asks for."""
    target, mark, answers = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
    if namespaces.leave_ipc():
        os.environ[APART] = "1"
        with contextlib.suppress(namespaces.Refused):
            namespaces.mount("tmpfs", _SHARED)
    module = importlib.import_module(target)
    module.run(2, 1)
    if hasattr(module, "channel"):
        with module.channel(lambda link: link.send(b"warm"), 1) as messages:
            list(messages)
    names = _names()
    gc.collect()
    gc.freeze()  # a collection in a case has less to look at
    os.write(answers, b"{}\n")
    for line in sys.stdin:
        answer = _Case(module, mark, json.loads(line)).answer(names)
        os.write(answers, json.dumps(answer).encode() + b"\n")


def _names() -> resources.Inventory:
    """Return all that has a name, where this program or its cases could make it."""
    places = (tempfile.gettempdir(), _SHARED)
    return {found for found in resources.of_the_system(*places) if found.name != "output"}


class _Case:
    """A case that a process does."""

    def __init__(self, module: Any, mark: bytes, request: dict[str, Any]) -> None:
        self._mark = mark
        self._limit: float = request["limit"]
        importlib.import_module(request["module"])  # once, and not in each process
        self._reader, writer = os.pipe()
        self._output = os.path.join(tempfile.gettempdir(), "output")
        open(self._output, "wb").close()
        self._pid = os.fork()
        if self._pid == 0:
            os.close(self._reader)
            _perform(module, request, writer, self._output)
        os.close(writer)

    def answer(self, names: resources.Inventory) -> dict[str, Any]:
        """Return what is wrong, or None, and what was printed."""
        found = self._wait()
        os.close(self._reader)
        faults = [found] if found else []
        faults += self._left(names)
        with open(self._output, errors="replace") as output:
            return {"why": "; ".join(faults) or None, "output": output.read()}

    def _wait(self) -> str:
        """Wait for the end of the process; return what is wrong, or "" if all is well."""
        poller, said = select.poll(), b""
        poller.register(self._reader, select.POLLIN)
        end = time.monotonic() + self._limit
        while time.monotonic() < end:
            if poller.poll(_LOOK_EVERY * 1000):
                if data := os.read(self._reader, 65536):
                    said += data
                else:
                    time.sleep(_LOOK_EVERY / 10)
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                while poller.poll(0) and (data := os.read(self._reader, 65536)):
                    said += data
                if not said:
                    code = os.waitstatus_to_exitcode(status)
                    return f"the process of the case ended with {code}, and said nothing"
                verdicts = said.decode().splitlines()
                wrong = [verdict for line in verdicts if (verdict := json.loads(line))]
                return "; ".join(wrong)
        self._dump()
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        return f"HANG: it has not ended within {self._limit} s; where it is stands in the output"

    def _dump(self) -> None:
        """Let each process print where it is: see faulthandler.enable()."""
        for pid in [self._pid, *sorted(set(self._survivors()) - {self._pid})]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGABRT)
                time.sleep(_DUMP_TIME)

    def _survivors(self) -> list[int]:
        found = processes.marked(self._mark)
        return [
            pid
            for pid in found
            if pid != os.getpid() and processes.state(pid) not in processes.ENDED
        ]

    def _left(self, names: resources.Inventory) -> list[str]:
        """Return what is left of the case after a moment; kill the processes of it."""
        end = time.monotonic() + _PATIENCE
        while True:
            alive, new = self._survivors(), resources.added(names, _names())
            if not (alive or new) or time.monotonic() > end:
                break
            time.sleep(_LOOK_EVERY / 2)
        for pid in alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        names.update(new)  # they are told once
        return [f"process {pid} lives on" for pid in alive] + [f"left over: {name}" for name in new]


def _perform(module: Any, request: dict[str, Any], writer: int, output: str) -> NoReturn:
    """Do the case in this process, write what is wrong with it, and exit."""
    me, why = os.getpid(), ""
    try:
        os.setsid()
        for fd, target in ((os.open(os.devnull, os.O_RDONLY), 0), (_appending(output), 1)):
            os.dup2(fd, target)
            os.close(fd)
        os.dup2(1, 2)
        faulthandler.enable()
        case = find(importlib.import_module(request["module"]), request["name"])
        before = _state()
        case(module)
        why = _difference(before)
    except NotHere as reason:
        why = f"{SKIP}{reason}"
    except BaseException as error:  # noqa: BLE001 - it must not get into the code above
        why = _told(error)
    finally:
        sys.stdout.flush()
        if os.getpid() != me:
            why = f"another process came back into the case: {why or 'and reached its end'}"
        os.write(writer, json.dumps(why[-3000:]).encode() + b"\n")
        os._exit(0)


def _appending(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_APPEND)


def _told(error: BaseException) -> str:
    if isinstance(error, AssertionError) and error.args:
        return str(error)
    return "".join(traceback.format_exception(error))


def _state() -> dict[str, Any]:
    """Return what a case may not change."""
    numbers = [n for n in signal.valid_signals() if n not in (signal.SIGKILL, signal.SIGSTOP)]
    umask = os.umask(0o22)
    os.umask(umask)
    return {
        "resources": resources.of_this_process(),
        "blocked signals": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "handlers": [signal.getsignal(number) for number in numbers],
        "umask": umask,
        "directory": os.getcwd(),
        "collector": gc.isenabled(),
    }


def _difference(before: dict[str, Any]) -> str:
    gc.collect()
    now = _state()
    faults = []
    if found := resources.added_since(before["resources"]):
        faults.append("left in the caller: " + ", ".join(map(str, found)))
    faults += [
        f"{kind} before: {before[kind]}, after: {now[kind]}"
        for kind in before.keys() - {"resources"}
        if now[kind] != before[kind]
    ]
    return "; ".join(faults)


if __name__ == "__main__":
    main()
