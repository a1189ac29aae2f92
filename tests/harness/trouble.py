"""What a check has found that may be another clause's to tell: `causes` decides whose it is."""

from collections.abc import Sequence

from tests.harness.outcome import Message, Outcome

__all__ = ["Crashed", "Hung", "Inexact", "Trouble"]


class Trouble(AssertionError):  # noqa: N818 - a verdict
    """A failure of a check; its text says what was seen."""


class Hung(Trouble):
    """A trial did not end."""

    def __init__(self, text: str, outcome: Outcome) -> None:
        super().__init__(text)
        self.outcome = outcome


class Crashed(Trouble):
    """The interpreter of a trial died, or something was raised outside of a call that is judged."""


class Inexact(Trouble):
    """Calls of `run` that returned no exact result, where one was due.

    calls: their outcomes.
    """

    def __init__(self, text: str, calls: Sequence[Message]) -> None:
        super().__init__(text)
        self.calls = calls
