"""What a check reports: a failure that may be of another clause, or that it could not judge.

`causes` decides which clause reports the failure.
"""

from collections.abc import Sequence
from typing import NoReturn

import pytest

from report.results import NOT_JUDGED
from tests.harness.outcome import Message, Outcome

__all__ = ["Crashed", "Hung", "Inexact", "Trouble", "not_judged"]


def not_judged(why: str) -> NoReturn:
    """End a test that cannot judge its clause: it does not count as passed.

    why: begins with "see CLAUSE: " where the failure of that clause is the reason.
    """
    pytest.skip(NOT_JUDGED + why)


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
