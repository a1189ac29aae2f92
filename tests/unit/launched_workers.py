"""A `run` that forks two processes and no worker: one that waits, and one that starts interpreters.

As of a guardian and of mpiexec.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from functools import partial

import kernel
from tests.harness import ROOT

_WORKER = """
import os, sys
import kernel
try:
    print(kernel.partial_sum(*map(int, sys.argv[1:])))
except BaseException as error:
    print(os.getpid(), ascii(error), flush=True)
    os._exit(1)
"""


def run(n: int, workers: int) -> float:
    """Compute pi from *n* terms in *workers* interpreters; RuntimeError if one fails."""
    slices = list(kernel.slices(n, workers))
    guardian = _fork(signal.pause)
    reader, writer = os.pipe()
    launcher = _fork(partial(_launch, slices, writer))
    os.close(writer)
    with open(reader) as printed:
        text = printed.read()
    os.kill(guardian, signal.SIGKILL)
    os.waitpid(guardian, 0)
    if os.waitpid(launcher, 0)[1] != 0:
        raise RuntimeError(text)
    return kernel.combine(map(float, text.split()))


def _fork(body: Callable[[], object]) -> int:
    if (pid := os.fork()) == 0:
        body()
        os._exit(1)
    return pid


def _launch(slices: list[tuple[int, int]], output: int) -> None:
    command = [sys.executable, "-c", _WORKER]
    started = [
        subprocess.Popen([*command, str(lo), str(hi)], cwd=ROOT, stdout=output) for lo, hi in slices
    ]
    os._exit(max(worker.wait() for worker in started))
