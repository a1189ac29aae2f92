"""The channel of a transport in the form of `run`: messages carry the ranges and the sums.

The clauses are about ``run(n, workers)``.  In this form a channel can be tested by all of them.
"""

import struct
from types import ModuleType
from typing import Any

import kernel

_RANGE = struct.Struct("=QQ")
_PART = struct.Struct("=IId")  # number of the message, number of all messages, a sum

PARTS = 3  # messages of each worker, so that their order and their number can be wrong


def channel_of(module: ModuleType) -> ModuleType:
    """Return a module whose `run` uses the function `channel` of *module*."""
    made = ModuleType(f"{module.__name__}:channel", __doc__)
    made.__file__ = module.__file__
    expected = getattr(module, "CHANNEL_EXPECTED_FAILURES", {})
    made.EXPECTED_FAILURES = expected  # type: ignore[attr-defined]
    made.EXTRA = getattr(module, "EXTRA", "")  # type: ignore[attr-defined]
    channel = getattr(module, "channel", None)

    def run(n: int, workers: int, *, timeout: float | None = None) -> float:
        assert channel is not None
        slices = kernel.slices(n, workers)
        parts: dict[int, list[float]] = {worker: [] for worker in range(workers)}
        with channel(_work, workers, duplex=True, timeout=timeout) as messages:
            for worker, (lo, hi) in enumerate(slices):
                messages.send(worker, _RANGE.pack(lo, hi))
            for worker, message in messages:
                number, count, part = _PART.unpack(message)
                if (number, count) != (len(parts[worker]), PARTS):
                    raise AssertionError(f"message {number} of {count} of worker {worker} came")
                parts[worker].append(part)
        if short := [worker for worker, sums in parts.items() if len(sums) != PARTS]:
            raise AssertionError(f"messages of workers {short} are missing")
        return kernel.combine(part for sums in parts.values() for part in sums)

    def unsupported() -> str | None:
        if channel is None:
            return str(getattr(module, "no_channel", "it has no channel(work, workers)"))
        reason: str | None = getattr(module, "unsupported", lambda: None)()
        return reason

    made.run, made.unsupported = run, unsupported  # type: ignore[attr-defined]
    return made


def _work(link: Any) -> None:
    lo, hi = _RANGE.unpack(link.receive())
    for number, (first, last) in enumerate(kernel.slices(hi - lo, PARTS)):
        link.send(_PART.pack(number, PARTS, kernel.partial_sum(lo + first, lo + last)))
