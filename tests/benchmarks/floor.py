"""The floor of the benchmarks of messages: tests/benchmarks/floor.c, built on the spot."""

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

MECHANISMS = ("pipe", "socketpair", "unix", "tcp", "fifo", "posix_mq", "sysv_mq", "shm")


class NoFloor(Exception):  # noqa: N818 - a reason
    """Why there is no floor here."""


def build(directory: Path) -> Path:
    """Compile the program into *directory* and return its path, or raise NoFloor."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoFloor("no C compiler (cc) to build tests/benchmarks/floor.c with")
    program = directory / "floor"
    source = Path(__file__).with_name("floor.c")
    built = subprocess.run(
        [compiler, "-O2", "-pthread", "-o", program, source, "-lrt"],
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise NoFloor(f"tests/benchmarks/floor.c cannot be built: {built.stderr[-300:]}")
    return program


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

    def ask(self, *command: object) -> list[int]:
        """Return the nanoseconds that it answers with: see floor.c."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(" ".join(map(str, command)) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise NoFloor(f"tests/benchmarks/floor.c failed at {command}")
        return [int(word) for word in line.split()]
