"""Where a trial runs: in namespaces of its own, or, where these are refused, on the machine.

Both kinds of world have the same methods.  A pid is always what the processes of that world know
it by.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from tests.system import processes, resources

PROGRAM = ("-m", "tests.scenarios")
"""The arguments of the interpreter that runs the caller of a trial, before two descriptors."""


class Streams(NamedTuple):
    """Descriptors for the standard streams of a process."""

    stdin: int
    stdout: int
    stderr: int


class Process(Protocol):
    """A process that a world has started: the part of subprocess.Popen that trials use."""

    @property
    def pid(self) -> int:
        """Its pid."""

    @property
    def returncode(self) -> int | None:
        """What `poll` has returned last."""

    def poll(self) -> int | None:
        """Return its exit code, or minus the signal that has ended it; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the same when it has ended; raise subprocess.TimeoutExpired."""

    def kill(self) -> None:
        """Send it SIGKILL."""


class World(Protocol):
    """What `tests.harness.apart.Apart` and `tests.harness.machine.Machine` are.

    own_proc: a file system proc with the processes of this world alone, and its keeper as the
        first; "" where there are others.
    """

    own_proc: str

    def run(
        self, streams: Streams, log: int, stacks: int, directory: str, env: Mapping[str, str]
    ) -> Process:
        """Start the caller of a trial, the leader of a session.

        log, stacks: descriptors for messages, and for the stacks of a process that hangs.
        directory, env: its working directory, and its whole environment.
        """

    def start(self, arguments: Sequence[str], streams: Streams) -> Process:
        """Start a program that is no part of a trial; *arguments* begin with its path."""

    def kill(self, pid: int, number: int) -> None:
        """Send the signal *number*; raise ProcessLookupError if there is no such process."""

    def stats(self) -> list[processes.Stat]:
        """Return the processes of the trials of this world, zombies too."""

    def pids(self) -> list[int]:
        """Return the pids of those of them that live."""

    def inventory(self, places: Sequence[str]) -> resources.Inventory:
        """Return what exists: queues, segments, semaphores, and files in *places*."""

    def state(self, pid: int) -> str:
        """Return the state of a process, as tests.system.processes.state does."""

    def proc(self, pid: int, name: str) -> str:
        """Return the path of a file of /proc/PID."""

    def close(self) -> None:
        """End all of its processes."""
