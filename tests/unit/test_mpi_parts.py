"""What the transport mpi has beside MPI, without mpi4py and mpiexec: `transports._mpi`."""

import errno
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from transports._mpi import life, lines, mpiexec, pmi, shared_memory
from transports._supervisor import WorkerError

_BAD_TERMINATION = b"""
===================================================================================
=   BAD TERMINATION OF ONE OF YOUR APPLICATION PROCESSES
=   PID 4711 RUNNING AT node2
=   EXIT CODE: 137
=   CLEANING UP REMAINING PROCESSES
===================================================================================
"""


def _lines(capfd: pytest.CaptureFixture[str]) -> bytearray:
    return bytearray(capfd.readouterr().out.encode())


# -- lines -----------------------------------------------------------------------------------


def test_the_error_of_a_rank_that_has_raised_has_its_number_its_pid_and_the_text(
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Of several lines it becomes one, and mpiexec's own words come after it."""
    lines.print_raised(2, ValueError("the first line\nGröße"))
    error = lines.rank_error(WorkerError(0, 99, 1), _lines(capfd) + _BAD_TERMINATION)
    assert (error.worker, error.pid, error.exitcode) == (2, os.getpid(), 1)
    assert error.text == "ValueError: the first line Größe"


def test_a_text_of_any_size_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    """It is cut, perhaps within a letter."""
    for text in ("ö" * 5000, "-" + "ö" * 5000):
        lines.print_raised(0, ValueError(text))
        said = _lines(capfd)
        assert len(said) < 1100
        assert text[:400] in lines.rank_error(WorkerError(0, 99, 1), said).text


@pytest.mark.parametrize(("status", "name"), [(137, "SIGKILL (9)"), (6, "SIGABRT (6)")])
def test_the_error_of_a_rank_that_was_killed_has_its_host_and_the_signal(
    status: int, name: str
) -> None:
    """By what MPICH's mpiexec prints: an exit code, or a status as of wait(2)."""
    said = bytearray(_BAD_TERMINATION.replace(b"137", b"%d" % status))
    error = lines.rank_error(WorkerError(0, 99, 9), said)
    assert error.text == f"mpiexec: a rank on node2 was killed by {name}"
    assert (error.worker, error.pid, error.exitcode) == (0, 99, 9)


def test_another_error_has_what_mpiexec_has_printed_last() -> None:
    """Its text, if it could not even be started."""
    said = bytearray(b"x" * 1000 + b"\n\nno such host\n")
    text = lines.rank_error(WorkerError(0, 99, 1), said).text
    assert text.endswith("x; no such host")
    assert len(text) < 500
    not_started = WorkerError(0, 99, 1, "OSError: no mpiexec")
    assert lines.rank_error(not_started, said).text == "mpiexec: OSError: no mpiexec"


def test_signs_of_life_are_taken_out_wherever_they_stand(capfd: pytest.CaptureFixture[str]) -> None:
    """Amid a frame too; half a line is left until the rest has come."""
    lines.print_life(1)
    sign = _lines(capfd)
    said = bytearray(b"fra") + sign + b"me" + sign[:-1]
    assert lines.take_lives(said) == {1: os.uname().nodename}
    assert said == b"frame" + sign[:-1]
    said += b"\n"
    assert lines.take_lives(said) == {1: os.uname().nodename}
    assert said == b"frame"


def test_the_names_of_jobs_are_found(capfd: pytest.CaptureFixture[str]) -> None:
    """Each rank prints the same; without a process manager there is none."""
    for job in (b"kvs_1", b"kvs_1", b""):
        lines.print_job(job)
    assert lines.jobs(_lines(capfd)) == {b"kvs_1"}


# -- signs of life ---------------------------------------------------------------------------


def test_a_rank_that_is_heard_of_has_its_time_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Six times the silence until it begins, and then the silence; the error names its host."""
    now = 100.0
    monkeypatch.setattr(life, "time", SimpleNamespace(monotonic=lambda: now))
    heard = life.LastHeard(2, 10.0)
    assert heard.until == 160.0
    heard.note({0: "node1", 1: "node2"})
    assert heard.until == 110.0
    now = 110.0
    heard.check()
    heard.note({0: "node1"})
    now = 110.5
    with pytest.raises(OSError, match="rank 1 on node2 has been silent for 10 s") as caught:
        heard.check()
    assert caught.value.errno == errno.EHOSTDOWN


def test_a_rank_that_does_not_begin_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says within how many seconds."""
    now = 0.0
    monkeypatch.setattr(life, "time", SimpleNamespace(monotonic=lambda: now))
    heard = life.LastHeard(1, 10.0)
    now = 60.5
    with pytest.raises(OSError, match="rank 0 has not begun within 60 s"):
        heard.check()


def test_without_a_limit_nobody_is_silent_for_too_long() -> None:
    """As on one host."""
    assert life.allowed_silence({life.SILENCE: "2.5"}) == 2.5
    heard = life.LastHeard(2, life.allowed_silence({}))
    heard.check()
    assert heard.until == float("inf")


@pytest.mark.parametrize("ends", [True, False])
def test_a_rank_that_does_not_begin_ends_itself(ends: bool) -> None:
    """It waits in a system call here; without a limit to the silence it is left alone."""
    silence = "0.05" if ends else "math.inf"
    program = f"import math, time; from transports._mpi import life; life.limit_start({silence})"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}; time.sleep({60 if ends else 1})"],
        cwd=mpiexec.ROOT,
        capture_output=True,
        check=False,
    )
    assert done.returncode == (1 if ends else 0), done


# -- mpiexec ---------------------------------------------------------------------------------


@pytest.fixture
def _launcher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "launch").write_text("#!/bin/sh\n")
    (tmp_path / "launch").chmod(0o700)
    monkeypatch.setenv("IPC_MPIEXEC", str(tmp_path / "launch"))


@pytest.mark.usefixtures("_launcher")
def test_a_hostfile_is_in_the_command_and_gives_the_silence_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one the ranks are here, and use no network."""
    for name in ("IPC_MPI_HOSTFILE", life.SILENCE, "UCX_TLS"):
        monkeypatch.delenv(name, raising=False)
    here = mpiexec.environment(b"key")
    assert life.SILENCE not in here
    assert here["UCX_TLS"] == "self,posix"
    program = [sys.executable, "-m", "transports.mpi", "1000", "3"]
    assert mpiexec.command(1000, 3) == [str(tmp_path / "launch"), "-n", "3", *program]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IPC_MPI_HOSTFILE", "hosts")
    there = mpiexec.environment(b"key")
    assert there[life.SILENCE] == "30"
    assert "UCX_TLS" not in there
    assert mpiexec.command(1000, 3)[1:3] == ["-hostfile", str(tmp_path / "hosts")]


def test_what_the_user_has_set_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of MPICH and UCX, and PYTHONPATH, to which the project is added."""
    monkeypatch.setenv("UCX_TLS", "tcp")
    monkeypatch.setenv("PYTHONPATH", "/theirs")
    variables = mpiexec.environment(b"key")
    assert variables["UCX_TLS"] == "tcp"
    assert variables["PYTHONPATH"].split(os.pathsep) == [mpiexec.ROOT, "/theirs"]


def test_the_mark_of_a_run_is_in_its_environment_and_in_no_other() -> None:
    """As environ has it: NAME=VALUE."""
    variables, others = mpiexec.environment(b"one"), mpiexec.environment(b"two")
    assert mpiexec.mark(variables) in [f"{name}={value}" for name, value in variables.items()]
    assert mpiexec.mark(variables) != mpiexec.mark(others)


# -- a rank before MPI_Init ------------------------------------------------------------------


def test_the_name_of_the_job_is_asked_of_the_process_manager(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In PMI version 1; an answer may come in pieces, here of a byte."""
    ours, theirs = socket.socketpair()
    asked = []

    def answer() -> None:
        asked.append(theirs.recv(4096))
        theirs.sendall(b"cmd=response_to_init rc=0 pmi_version=1 pmi_subversion=1\n")
        asked.append(theirs.recv(4096))
        theirs.sendall(b"cmd=my_kvsname kvsname=kvs_7_0\n")

    byte = SimpleNamespace(environ=os.environ, read=lambda fd, _: os.read(fd, 1))
    monkeypatch.setattr(pmi, "os", byte)
    monkeypatch.setenv("PMI_FD", str(ours.fileno()))
    with ours, theirs:
        thread = threading.Thread(target=answer)
        thread.start()
        assert pmi.job() == b"kvs_7_0"
        thread.join()
        assert [re.findall(rb"cmd=(\w+)", line) for line in asked] == [
            [b"init"],
            [b"get_my_kvsname"],
        ]
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(ConnectionError, match="proxy is gone"):
            pmi.job()


@pytest.mark.parametrize(
    ("variables", "rank"),
    [({}, -1), ({"PMI_RANK": "3"}, 3), ({"OMPI_COMM_WORLD_RANK": "4"}, 4)],
)
def test_the_rank_is_known_by_the_environment(
    variables: dict[str, str], rank: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of MPICH, or of Open MPI, which has no PMI_FD."""
    for name in ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "PMI_FD"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert pmi.rank() == rank
    assert pmi.job() == b""


# -- shared memory ---------------------------------------------------------------------------


@pytest.mark.skipif(not os.path.isdir("/dev/shm"), reason="no /dev/shm")  # noqa: S108 - is there
@pytest.mark.parametrize("suffix", ["", "-0"])
def test_the_shared_memory_of_a_job_is_removed_and_that_of_others_left(suffix: str) -> None:
    """By the hash in its name, FNV-1a of 32 bits: of "a" it is e40c292c."""
    assert _hash("a") == "e40c292c"
    job = f"kvs_{os.urandom(8).hex()}"
    directory = Path("/dev/shm")  # noqa: S108 - is there
    theirs, other = (
        directory / f"mpich_shm_{_hash(name)}_0" for name in (job + suffix, job + "other")
    )
    theirs.touch()
    other.touch()
    try:
        shared_memory.unlink_of_job(job.encode())
        assert not theirs.exists()
        assert other.exists()
    finally:
        theirs.unlink(missing_ok=True)
        other.unlink(missing_ok=True)


def test_nothing_is_kept_of_jobs_whose_shared_memory_was_removed() -> None:
    """Such as a pattern for each: it would grow with each run."""
    shared_memory.unlink_of_job(b"the first")
    before = sys.getallocatedblocks()
    for number in range(300):
        shared_memory.unlink_of_job(b"%d" % number)
    assert sys.getallocatedblocks() - before < 100


def _hash(text: str) -> str:
    value = 0x811C9DC5
    for byte in text.encode():
        value = (value ^ byte) * 0x01000193 % 2**32
    return f"{value:x}"
