"""A timer for pytest-benchmark that runs only while something is measured."""


class Meter:
    """A clock that runs only while something is measured: a timer for benchmarks.

    What it shows is scaled, so that the tables tell the time of one message.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return what has been measured so far."""
        return self.seconds
