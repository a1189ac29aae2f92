"""The transport mpi, for what the clauses cannot test: its ranks, their proxy and the launcher."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import harness
from tests.system import processes
from transports import mpi

# Prints the error of a run which is so long that something else ends it first.
_CALLER = """
import sys
from transports import mpi
try:
    mpi.run(10**9, 3, timeout=float(sys.argv[1]))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module", autouse=True)
def _supported() -> None:
    if not Path("/proc/self/environ").exists():
        pytest.skip("no /proc, by which these tests find the ranks")
    if (reason := harness.unsupported("transports.mpi")) is not None:
        pytest.skip(reason)


class Run:
    """A long run in a process of its own; all of its processes carry a mark."""

    def __init__(self, timeout: float) -> None:
        self._mark = f"IPC_MPI_TEST={os.urandom(8).hex()}"
        name, _, value = self._mark.partition("=")
        self.caller = subprocess.Popen(
            [sys.executable, "-c", _CALLER, str(timeout)],
            cwd=harness.ROOT,
            env=os.environ | {name: value},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        until = time.monotonic() + 20
        while len(self.of("-m transports.mpi")) < 4:  # three ranks, and mpiexec
            assert time.monotonic() < until, self.all()
            time.sleep(0.01)
        # Each has mapped the shared memory, which has lost its name by then.
        while not all("ucx" in self._maps(pid) for pid in self.ranks()):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.1)
        maps = "".join(map(self._maps, self.ranks()))
        self._shared = set(re.findall(r"/dev/shm/mpich_\w+", maps))  # noqa: S108 - is there

    def all(self) -> dict[int, str]:
        """Return the command of each living process except the caller."""
        found = {}
        for pid in processes.marked(self._mark.encode()):
            with contextlib.suppress(OSError):
                command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ")
                found[pid] = command.decode(errors="replace")
        found.pop(self.caller.pid, None)
        return found

    def of(self, text: str) -> list[int]:
        """Return the processes with *text* in their command."""
        return sorted(pid for pid, command in self.all().items() if text in command)

    def ranks(self) -> list[int]:
        """Return the ranks."""
        return [pid for pid in self.of("-m transports.mpi") if pid not in self.of("mpiexec")]

    @staticmethod
    def _maps(pid: int) -> str:
        try:
            return Path(f"/proc/{pid}/maps").read_text()
        except OSError:
            return ""

    def end(self) -> tuple[str, float]:
        """Return what the caller printed, and the seconds until it and all others had ended."""
        start = time.monotonic()
        output = self.caller.communicate(timeout=20)[0]
        while self.all() and time.monotonic() < start + 2:
            time.sleep(0.01)
        took = time.monotonic() - start
        assert not self.all()
        assert not [name for name in self._shared if os.path.exists(name)]
        return output, took


@pytest.mark.parametrize("who", ["a rank", "the proxy", "mpiexec"])
def test_whoever_is_killed_the_run_ends_in_an_error_and_nothing_is_left(who: str) -> None:
    """Within two seconds."""
    run = Run(timeout=60)
    victims = {"a rank": run.ranks(), "the proxy": run.of("hydra_pmi_proxy")}
    os.kill(victims.get(who, run.of("mpiexec"))[-1], signal.SIGKILL)
    output, took = run.end()
    assert output.startswith("WorkerError"), output
    assert "SIGKILL" in output or who == "the proxy", output
    assert took < 2, f"{took:.2f} s: {output}"


def test_a_launcher_that_is_stopped_is_bounded_by_the_timeout() -> None:
    """The run raises TimeoutError, and stopped processes are ended too."""
    run = Run(timeout=3)
    for pid in run.of("mpiexec") + run.of("hydra_pmi_proxy"):
        os.kill(pid, signal.SIGSTOP)
    output, took = run.end()
    assert output.startswith("TimeoutError"), output
    assert took < 3 + 2


def test_a_rank_that_is_silent_for_too_long_is_an_error_that_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """By IPC_MPI_SILENCE, here on one host: see test_two_hosts."""
    monkeypatch.setenv("IPC_MPI_SILENCE", "2")
    run = Run(timeout=60)
    os.kill(run.ranks()[-1], signal.SIGSTOP)
    output, took = run.end()
    assert re.match(r"OSError .* rank \d on \S+ has been silent for 2 s$", output), output
    assert took < 2 + 2


def test_all_end_when_the_caller_is_killed() -> None:
    """Within two seconds: the guardian ends them."""
    run = Run(timeout=60)
    run.caller.kill()
    _, took = run.end()
    assert took < 2


def test_a_hostfile_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the only host that the tests have."""
    (tmp_path / "hosts").write_text("localhost:4\n")
    monkeypatch.setenv("IPC_MPI_HOSTFILE", str(tmp_path / "hosts"))
    assert mpi.run(1000, 2) == pytest.approx(3.14127, abs=1e-5)


@pytest.mark.parametrize(
    ("script", "reason"),
    [("exit 3", "WorkerError: .*status 3"), ("sleep 100", "TimeoutError")],
)
def test_a_launcher_that_does_not_start_is_a_reason(
    script: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is neither a hang nor an exception of another kind."""
    launcher = tmp_path / "launcher"
    launcher.write_text(f"#!/bin/sh\n{script}\n")
    launcher.chmod(0o700)
    monkeypatch.setenv("IPC_MPIEXEC", str(launcher))
    monkeypatch.setattr(mpi, "_PROBE", 0.3)
    with pytest.raises(Exception, match=reason):  # unsupported() returns it as text
        raise RuntimeError(mpi.unsupported())


def test_a_launcher_that_is_missing_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason has the name of the program that is missing."""
    monkeypatch.setenv("IPC_MPIEXEC", "no-such-launcher")
    assert "no-such-launcher" in str(mpi.unsupported())
