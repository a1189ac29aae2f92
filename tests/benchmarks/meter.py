"""A timer by which pytest-benchmark is told what was measured already."""

from collections.abc import Iterable
from typing import Any, NoReturn


class Meter:
    """A clock that is moved by hand: the timer of all benchmarks here."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the time that it shows."""
        return self.seconds

    def replay(self, benchmark: Any, seconds: Iterable[float]) -> None:
        """Let *benchmark*, a fixture of pytest-benchmark with this timer, measure *seconds*."""
        each = [*seconds]
        left = iter(each)

        def advance() -> None:
            self.seconds = next(left)

        def begin() -> None:
            self.seconds = 0.0

        benchmark.pedantic(advance, setup=begin, rounds=len(each))

    def fail(self, benchmark: Any, error: BaseException) -> NoReturn:
        """Raise *error*; *benchmark*, which nothing has used, is not to warn of that."""
        benchmark.skipped = True
        raise error


METER = Meter()
