"""What a trial has shown.

A trial ends in a verdict. These are all, the weightiest first:

HANG        the interpreter had not ended when its time was over
CRASH       it died, or something outside of `run` raised
DISTURBED   a worker came back into the caller's code, or something was printed
ORPHAN      a process of the trial outlived it
LEAK        something was left, in the interpreter or in the system
OK          none of these; whether `run` returned or raised the right thing is for the test to check
"""

from dataclasses import dataclass, field
from typing import Any

from tests.harness.hang import Explained
from tests.harness.oracle import tolerance, ulps
from tests.scenarios.protocol import KINDS

VERDICTS = ("HANG", "CRASH", "DISTURBED", "ORPHAN", "LEAK")  # the weightiest first

# A line of the log of a scenario. Its kinds and fields: `tests.scenarios.protocol.KINDS`.
Message = dict[str, Any]


class Hang(Exception):  # noqa: N818 - a verdict
    """A message did not come in time."""


@dataclass
class Outcome:
    """What a trial has shown: its faults, all messages, and all that was printed.

    faults: pairs of a verdict and its reason, the weightiest verdict first.
    hang: what is known of a HANG; it has no signature where nobody has looked at the processes.
    """

    faults: list[tuple[str, str]] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    output: str = ""
    hang: Explained = field(default_factory=lambda: Explained(""))

    @property
    def verdict(self) -> str:
        """The weightiest verdict."""
        return self.faults[0][0] if self.faults else "OK"

    def add_fault(self, verdict: str, why: str) -> None:
        """Add a fault."""
        self.faults.append((verdict, why))
        self.faults.sort(key=lambda fault: VERDICTS.index(fault[0]))  # keeps the order of equals

    def add_hang(self, hang: Explained) -> None:
        """Add a HANG that was explained."""
        self.hang = hang
        self.add_fault("HANG", hang.text)

    def of(self, *kinds: str) -> list[Message]:
        """Return the messages of *kinds*, in their order."""
        if unknown := set(kinds) - KINDS.keys():
            raise KeyError(f"no scenario logs {unknown}")
        return [message for message in self.messages if message["kind"] in kinds]

    def calls(self) -> list[Message]:
        """Return the outcomes of all calls of `run`, except those that only warm up."""
        return [message for message in self.of("outcome") if "warm" not in message]


def state(call: Message) -> str:
    """Return what `run` did in *call*: 'exact', 'error', or a text that says what is wrong."""
    if "error" in call:
        return "error" if call["exception"] else f"raised {call['error']}, no Exception"
    n, workers = int(call["n"]), int(call["workers"])
    if call["type"] != "float":
        return f"returned a {call['type']}: {call['value']!r}"
    off = ulps(call["value"], n)
    if off <= tolerance(n, workers):
        return "exact"
    return f"returned {call['value']!r}, {off:.3g} ulp off"
