"""The transport mpi over two hosts: ranks that die, and a host that vanishes."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import kernel
from tests import harness
from tests.system import namespaces, processes
from tests.unit.two_hosts import Host, two_hosts

_RANKS = 4
_LONG = 10**10  # terms: something else ends the run
_SILENCE = 8.0  # seconds: IPC_MPI_SILENCE; a rank may have to wait for a processor
_SPARE = 3.0  # seconds beyond what is promised, for a machine under load

# The first host is the caller's. Rank 0, which gathers the sums, is with it, or not, or none is.
_WHERE = ["node1:2 node2:2", "node2:2 node1:2", "node2:4"]

_CALLER = """
import sys
from transports import mpi
try:
    print(mpi.run(int(sys.argv[1]), int(sys.argv[2])))
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture(scope="module", autouse=True)
def _supported() -> None:
    if (reason := harness.unsupported("transports.mpi")) is not None:
        pytest.skip(reason)


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[list[Host]]:
    """Return two hosts; look that nothing is left of a run, and then of the hosts."""
    with contextlib.ExitStack() as stack:
        try:
            pair = stack.enter_context(two_hosts(tmp_path))
        except (namespaces.Refused, OSError) as reason:
            pytest.skip(str(reason))
        yield pair
        assert [host.shared_memory() for host in pair] == [[], []]
        assert not os.listdir(tmp_path / "temporary")


@pytest.fixture
def start(hosts: list[Host], tmp_path: Path) -> Iterator[Callable[..., "Run"]]:
    """Return what starts a run on the hosts: see Run."""
    with contextlib.ExitStack() as stack:

        def start(where: str, **options: Any) -> Run:
            run = Run(hosts, tmp_path, where, **options)
            stack.callback(run.close)
            return run

        yield start


class Run:
    """A run whose caller is on the first of two hosts."""

    def __init__(
        self,
        hosts: list[Host],
        directory: Path,
        where: str,
        terms: int = _LONG,
        silence: float = _SILENCE,
        **environment: str,
    ) -> None:
        self._hosts = hosts
        (directory / "hostfile").write_text(where.replace(" ", "\n") + "\n")
        (directory / "temporary").mkdir()
        shell = directory / "rsh"  # mpiexec calls it as ssh: -x HOST COMMAND
        program = f"cd {harness.ROOT} && exec {sys.executable} -m tests.unit.two_hosts"
        shell.write_text(f'#!/bin/sh\nshift\n{program} shell "$@"\n')
        shell.chmod(0o700)
        caller = [sys.executable, "-c", _CALLER, str(terms), str(_RANKS)]
        self._caller = subprocess.Popen(
            hosts[0].command(*caller),
            env=os.environ
            | {
                "HYDRA_LAUNCHER_EXEC": str(shell),
                "IPC_MPI_HOSTFILE": str(directory / "hostfile"),
                "IPC_MPI_SILENCE": str(silence),
                "TMPDIR": str(directory / "temporary"),
            }
            | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ranks(self, host: Host) -> list[int]:
        """Return the ranks on a host."""
        found = host.processes().items()
        return [pid for pid, text in found if "-m transports.mpi" in text and "mpiexec" not in text]

    def wait_for(self, where: str, seconds: float) -> None:
        """Wait until all ranks are where they belong, and have computed for so many seconds."""
        due = [
            sum(int(word[6:]) for word in where.split() if word[:5] == host.name)
            for host in self._hosts
        ]
        until = time.monotonic() + 60
        while True:
            ranks = [self.ranks(host) for host in self._hosts]
            stats = [processes.stat(pid) for pid in ranks[0] + ranks[1]]
            used = [found.utime / processes.TICKS for found in stats if found is not None]
            if list(map(len, ranks)) == due and min(used) >= seconds:
                return
            assert self._caller.poll() is None, self._caller.communicate()[0]
            assert time.monotonic() < until, (ranks, used)
            time.sleep(0.01)

    def output(self) -> str:
        """Return what the caller printed, when it has ended."""
        return self._caller.communicate(timeout=30)[0]

    def kill_caller(self) -> None:
        """Kill the caller; not nsenter(1), which reaps it, or the host would not end."""
        for pid in processes.children(self._caller.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def close(self) -> None:
        """End what is left of the caller, as where a test has failed."""
        self.kill_caller()
        with self._caller:  # closes the pipe, and waits
            pass

    def all_end_in(self, seconds: float, hosts: list[Host]) -> None:
        """Fail if a process of the hosts is there for longer."""
        until = time.monotonic() + seconds
        while left := [host.processes() for host in hosts if host.processes()]:
            assert time.monotonic() < until, left
            time.sleep(0.01)


@pytest.mark.parametrize("where", _WHERE)
def test_the_sum_is_exact_with_ranks_on_both_hosts(
    where: str, hosts: list[Host], start: Callable[..., Run]
) -> None:
    """Wherever rank 0 is; none of them is left on either host."""
    terms = 20_000_000
    run = start(where, terms=terms)
    run.wait_for(where, 0)
    exact = kernel.combine(kernel.partial_sum(*slice_) for slice_ in kernel.slices(terms, _RANKS))
    assert run.output() == f"{exact}\n"
    run.all_end_in(_SPARE, hosts)


@pytest.mark.parametrize("where", _WHERE[:2])
@pytest.mark.parametrize("victim", ["node1", "node2"])
def test_a_rank_that_is_killed_on_either_host_is_an_error_that_names_the_host(
    victim: str, where: str, hosts: list[Host], start: Callable[..., Run]
) -> None:
    """At once, and all others end on both hosts."""
    run = start(where)
    run.wait_for(where, 1)
    host = next(host for host in hosts if host.name == victim)
    os.kill(run.ranks(host)[0], signal.SIGKILL)
    before = time.monotonic()
    output = run.output()
    took = time.monotonic() - before
    assert output.startswith("WorkerError"), output
    assert f"a rank on {victim} was killed by SIGKILL (9)" in output
    assert took < _SPARE, f"{took:.2f} s: {output}"
    run.all_end_in(_SPARE, hosts)


def test_all_ranks_end_on_both_hosts_when_the_caller_is_killed(
    hosts: list[Host], start: Callable[..., Run]
) -> None:
    """On its own host by the guardian, on the other because MPICH's proxy loses mpiexec."""
    run = start(_WHERE[0])
    run.wait_for(_WHERE[0], 1)
    run.kill_caller()
    run.all_end_in(_SPARE, hosts)


@pytest.mark.parametrize("where", _WHERE)
@pytest.mark.parametrize("side", ["node1", "node2"])
def test_a_host_that_vanishes_ends_the_run_and_itself_within_the_silence_that_is_allowed(
    side: str, where: str, hosts: list[Host], start: Callable[..., Run]
) -> None:
    """The error names the host; on neither side a process is left, while the cable is cut.

    side: the host whose interface is down; the other sees that its cable is dead.
    """
    run = start(where)
    run.wait_for(where, 2)
    next(host for host in hosts if host.name == side).ip("link set eth0 down")
    before = time.monotonic()
    output = run.output()
    took = time.monotonic() - before
    assert output.startswith("OSError"), output
    assert "Host is down: rank" in output
    assert "on node2 has been silent" in output
    assert took < _SILENCE + _SPARE, f"{took:.2f} s: {output}"
    run.all_end_in(1 + _SPARE, hosts)


def test_a_host_that_vanishes_while_the_ranks_start_is_an_error(
    hosts: list[Host], start: Callable[..., Run]
) -> None:
    """Within six times the silence: some ranks wait in MPI_Init for the others."""
    silence = 1.0
    run = start(_WHERE[0], silence=silence)
    stopped: set[int] = set()
    until = time.monotonic() + 30
    while len(stopped) < 2:
        assert time.monotonic() < until
        for pid in set(run.ranks(hosts[1])) - stopped:
            os.kill(pid, signal.SIGSTOP)
            stopped.add(pid)
    hosts[1].ip("link set eth0 down")
    for pid in stopped:
        os.kill(pid, signal.SIGCONT)
    before = time.monotonic()
    output = run.output()
    took = time.monotonic() - before
    assert output.startswith("OSError"), output
    assert "Host is down: rank" in output
    assert took < 6 * silence + _SPARE, f"{took:.2f} s: {output}"
    run.all_end_in(1 + _SPARE, hosts)


def test_ranks_that_fail_in_mpi_init_leave_no_shared_memory_on_either_host(
    hosts: list[Host], start: Callable[..., Run]
) -> None:
    """MPI_Init ends the processes where, as here, no network reaches the other host."""
    run = start(_WHERE[0], UCX_NET_DEVICES="lo")
    assert run.output().startswith("WorkerError")
    run.all_end_in(_SPARE, hosts)


@pytest.mark.parametrize("missing", ["unshare", "nsenter", "ip"])
def test_without_a_program_or_the_right_there_are_no_hosts_but_a_reason(
    missing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The reason names the program: one that is missing, or unshare(1), which is refused."""
    for name in {"unshare", "nsenter", "ip"} - {missing}:
        if path := shutil.which(name):
            (tmp_path / name).symlink_to(path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with (
        pytest.raises((namespaces.Refused, OSError), match=f"{missing}|unshare"),
        two_hosts(tmp_path),
    ):
        pass
