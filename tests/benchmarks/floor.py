"""The floor of the benchmarks of messages: tests/benchmarks/floor.c, built on the spot."""

import atexit
import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

MECHANISMS = ("pipe", "socketpair", "unix", "tcp", "fifo", "posix_mq", "sysv_mq", "shm")


class NoFloor(Exception):  # noqa: N818 - a reason
    """Why there is no floor here."""


def program() -> Path:
    """Return the path of the program, or raise NoFloor."""
    path, reason = _built()
    if path is None:
        raise NoFloor(reason)
    return path


@cache
def _built() -> tuple[Path | None, str]:
    """Compile the program, once; return its path, or None and why there is none."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None, "no C compiler (cc) to build tests/benchmarks/floor.c with"
    directory = tempfile.mkdtemp(prefix="ipc-floor-")
    atexit.register(_remove, os.getpid(), directory)
    program = Path(directory, "floor")
    source = Path(__file__).with_name("floor.c")
    built = subprocess.run(
        [compiler, "-O2", "-pthread", "-o", program, source, "-lrt", "-lm"],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        return None, f"tests/benchmarks/floor.c cannot be built: {built.stderr[-300:]}"
    return program, ""


def _remove(maker: int, directory: str) -> None:
    if os.getpid() == maker:
        shutil.rmtree(directory, ignore_errors=True)


class Floor:
    """The program at work on one mechanism, as a context manager."""

    def __init__(self, program: Path, mechanism: str) -> None:
        self._process = subprocess.Popen(
            [program, mechanism], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()  # its input ends, and then so does it

    def ask(self, processors: tuple[list[int], list[int]], *command: object) -> list[int]:
        """Return the numbers that it answers *command* with: see floor.c.

        processors: those of the caller and those of its workers; none are any.
        """
        assert self._process.stdin
        assert self._process.stdout
        held = (",".join(map(str, each)) or "-" for each in processors)
        self._process.stdin.write(" ".join(map(str, (*held, *command))) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NoFloor(f"tests/benchmarks/floor.c failed at {command}")
        return [int(number) for number in line.split()]
