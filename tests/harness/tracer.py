"""strace: whether it can be used here, and how it is attached to a process that is stopped."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from tests.harness.machine import Machine
from tests.harness.worlds import Process, Streams, World
from tests.scenarios.fork_server import PR_SET_PTRACER
from tests.system import processes

_LIMIT = 10.0  # seconds for the probe
_PAUSE = 0.0005  # seconds between two looks at a process

_TAMPERED = f"""
import ctypes, os, signal
ctypes.CDLL(None).prctl({PR_SET_PTRACER}, ctypes.c_ulong(-1), 0, 0, 0)
os.kill(os.getpid(), signal.SIGSTOP)
os.mkdir("")
"""


class Untraceable(Exception):  # noqa: N818 - a reason, no error
    """strace cannot attach."""


@cache
def untraceable() -> str | None:
    """Return why no process can be traced on this machine, or None: one is, to find it out."""
    if shutil.which("strace") is None:
        return "no strace"
    if not hasattr(ctypes.CDLL(None), "prctl"):
        return "no prctl"
    command = [sys.executable, "-c", _TAMPERED]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
            expression = "inject=mkdir:error=ENOSPC:when=1"
            tracer = attach(Machine(), process.pid, os.devnull, expression)
            os.kill(process.pid, signal.SIGCONT)
            errors = process.communicate(timeout=_LIMIT)[1]
            if tracer is not None:
                tracer.wait()
        except Untraceable as reason:
            return str(reason)
        finally:
            process.kill()
    return None if "No space left" in errors else f"strace does not tamper here: {errors[-300:]}"


def attach(world: World, pid: int, log: str, *expressions: str) -> Process | None:
    """Let strace trace *pid*, which is stopped; return it, or None if *pid* has ended meanwhile.

    Raises Untraceable.
    """
    options = [word for expression in expressions for word in ("-e", expression)]
    arguments = [
        str(shutil.which("strace")),
        *("-qq", "-y", "-s", "0", "-o", log, "-p", str(pid)),
        *options,
    ]
    with tempfile.TemporaryFile("w+") as errors, open(os.devnull, "r+b") as null:
        nowhere = null.fileno()
        tracer = world.start(arguments, Streams(nowhere, nowhere, errors.fileno()))
        while (state := world.state(pid)) in processes.STOPPED and not _traced(world, pid):
            if tracer.poll() is not None:
                if world.state(pid) not in processes.STOPPED:
                    return None
                errors.seek(0)
                lines = (line.removeprefix("strace: ") for line in errors.read().splitlines())
                raise Untraceable(f"strace: {'; '.join(lines)}")
            time.sleep(_PAUSE)
    if state in processes.ENDED:
        # strace notices it and exits.  Killed, it could leave a process that it forks at its start
        # to find out what the kernel can do.
        tracer.wait()
        return None
    return tracer


def _traced(world: World, pid: int) -> bool:
    try:
        return "TracerPid:\t0\n" not in Path(world.proc(pid, "status")).read_text()
    except OSError:  # it has ended
        return True
