"""What the system may do to a process at its calls: refuse them."""

from collections.abc import Iterator, Sequence

from tests.gate.keeper import Step
from tests.gate.policies import Order
from tests.system.call_errors import RETRIED, errors_of

CALLER = "0"
"""The name of the first process."""

_ALWAYS = 0  # for Order.times


def refusals(steps: Sequence[Step], who: str) -> Iterator[Order]:
    """Yield an order for each system call, by name, that the system may refuse the process *who*.

    From its first call of that name on, all return the first error that such a call may have.
    """
    seen = set[str]()
    for step in steps:
        path = step.thing.names[0] if step.thing and step.thing.names else ""
        error = next(iter(errors_of(step.call, path)), None)
        if step.process == who and step.call not in seen and error not in RETRIED:
            seen.add(step.call)
            if error is not None:
                yield Order(struck=step.place, fail=error, times=_ALWAYS)
