"""The world of a trial where there are no namespaces: the machine, with all that runs there."""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence

from tests.harness.places import ROOT
from tests.harness.worlds import PROGRAM, Streams
from tests.system import processes, resources


class Machine:
    """The machine itself: see `tests.harness.worlds.World`."""

    own_proc = ""

    def __init__(self) -> None:
        mark = uuid.uuid4().hex
        self._mark = f"{processes.MARK}={mark}".encode()
        self._environment = {processes.MARK: mark}
        self._started: list[subprocess.Popen[bytes]] = []

    def run(
        self, streams: Streams, log: int, stacks: int, directory: str, env: Mapping[str, str]
    ) -> "subprocess.Popen[bytes]":
        """Start the caller of a trial."""
        process = subprocess.Popen(
            [sys.executable, *PROGRAM, str(log), str(stacks)],
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            cwd=directory,
            env={**env, **self._environment},
            pass_fds=[log, stacks],
            start_new_session=True,
        )
        self._started.append(process)
        return process

    def start(self, arguments: Sequence[str], streams: Streams) -> "subprocess.Popen[bytes]":
        """Start a program that is no part of a trial."""
        process = subprocess.Popen(
            arguments,
            stdin=streams.stdin,
            stdout=streams.stdout,
            stderr=streams.stderr,
            cwd=ROOT,
        )
        self._started.append(process)
        return process

    def kill(self, pid: int, number: int) -> None:
        """Send the signal *number*."""
        os.kill(pid, number)

    def stats(self) -> list[processes.Stat]:
        """Return the processes of the trials.

        They are found by a mark in the environment that each was started with.
        """
        found = (processes.stat(pid) for pid in processes.marked(self._mark))
        return [stat for stat in found if stat is not None]

    def pids(self) -> list[int]:
        """Return the pids of the same: on systems without /proc there is no more to know."""
        return processes.marked(self._mark)

    def inventory(self, places: Sequence[str]) -> resources.Inventory:
        """Return what exists."""
        return resources.of_the_system(*places)

    def state(self, pid: int) -> str:
        """Return the state of a process."""
        return processes.state(pid)

    def proc(self, pid: int, name: str) -> str:
        """Return the path of a file of /proc/PID."""
        return f"/proc/{pid}/{name}"

    def close(self) -> None:
        """Kill what is left."""
        for pid in self.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in self._started:
            process.kill()
            process.wait()
