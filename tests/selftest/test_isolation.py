"""Where trials run: the header says it; where they share the machine, one suite runs at a time."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests import harness
from tests.harness import apart
from tests.system.deadline import Deadline

ONE = ["--transport=pipe", "--clause=H1"]


def _start(*arguments: str, env: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=harness.ROOT,
        env={name: text for name, text in os.environ.items() if name != "IPC_CONFORMANCE_LOCKED"}
        | env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _printed(process: "subprocess.Popen[str]", status: int) -> str:
    text = process.communicate(timeout=300)[0]
    assert process.returncode == status, text
    return text


def test_the_header_says_where_trials_run(tmp_path: Path) -> None:
    """And why, where they have no namespaces."""
    env = {"TMPDIR": str(tmp_path)}
    shared = _printed(_start("--isolation=none", *ONE, env=env), pytest.ExitCode.OK)
    assert "isolation: none (--isolation=none): one suite at a time" in shared
    reason = apart.refused()
    text = _printed(_start(*ONE, env=env), pytest.ExitCode.OK)
    own = "isolation: each trial in namespaces of its own"
    assert (own if reason is None else f"isolation: none ({reason})") in text


def test_several_processes_are_refused_where_trials_share_the_machine(tmp_path: Path) -> None:
    """In one line; -n auto is one process there."""
    env = {"TMPDIR": str(tmp_path)}
    refused = _start("--isolation=none", "-n", "2", *ONE, env=env)
    (line,) = _printed(refused, pytest.ExitCode.USAGE_ERROR).strip().splitlines()
    assert "-n 2: trials would see each other" in line
    auto = _start("--isolation=none", "-n", "auto", *ONE, env=env)
    assert "created: 1/1 worker" in _printed(auto, pytest.ExitCode.OK)


def test_a_suite_waits_for_another_one_of_the_user(tmp_path: Path) -> None:
    """It says for which process; the lock ends with that process, however it ends."""
    env = {"TMPDIR": str(tmp_path)}
    lock = tmp_path / f"ipc-conformance-{os.getuid()}.lock"
    first = _start("--isolation=none", "--transport=pipe", "--clause=A", env=env)
    deadline = Deadline(60)
    while not (lock.exists() and lock.read_text().strip()):
        assert not deadline.is_over(), "the first suite does not take the lock"
        time.sleep(0.01)
    second = _start("--isolation=none", *ONE, env=env)
    assert second.stdout
    line = second.stdout.readline()
    assert f"another suite of this user runs (pid {first.pid}): waiting for its end" in line
    first.send_signal(signal.SIGKILL)
    first.communicate()
    _printed(second, pytest.ExitCode.OK)
    assert lock.read_text().strip() == str(second.pid)


# In a user namespace of its own a process may set how many namespaces there can be below it.
WITHOUT = """
import os, sys
from tests.system import namespaces
uid, gid = os.getuid(), os.getgid()
namespaces.call("unshare", 0x10000000)
maps = {"setgroups": "deny", "uid_map": f"{uid} {uid} 1", "gid_map": f"{gid} {gid} 1"}
for name, text in maps.items():
    with open(f"/proc/self/{name}", "w") as file:
        file.write(text)
with open("/proc/sys/user/max_pid_namespaces", "w") as file:
    file.write("0")
os.execv(sys.argv[1], sys.argv[1:])
"""


def test_a_required_isolation_that_is_refused_is_an_error(tmp_path: Path) -> None:
    """In one line, with the reason."""
    if apart.refused() is not None:
        pytest.skip("there are no namespaces here")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--isolation=required"]
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT, *command, *ONE],
        cwd=harness.ROOT,
        env=os.environ | {"TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
    (line,) = filter(None, done.stderr.splitlines())
    assert "--isolation=required: unshare: No space left on device" in line
