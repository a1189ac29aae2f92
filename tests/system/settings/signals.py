"""Handlers, mask, timers and what else decides how signals reach this process: signal(7)."""

import contextlib
import ctypes
import faulthandler
import signal
import sys
from collections.abc import Iterator
from typing import NamedTuple

from tests.system.settings.groups import Group

TIMERS = ("ITIMER_REAL", "ITIMER_VIRTUAL", "ITIMER_PROF")
CAN_HANDLE = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}

# A timer runs on between two snapshots, so what is left of it is compared in steps: longer than any
# trial, so that a timer that expires amid a step does not come to the next one.
STEP = 100.0  # seconds

_ROOM = 512  # bytes: more than struct sigaction or stack_t has on any system


class Handler(NamedTuple):
    """What a signal does.

    python: what the module signal knows; it does not know all that C code has set.
    address: of the function that the kernel calls; 0 and 1 are SIG_DFL and SIG_IGN; None if the C
        library has no sigaction(2).
    """

    python: object
    address: int | None

    @classmethod
    def of(cls, number: int) -> "Handler":
        """Return the handler of signal *number*."""
        with contextlib.suppress(AttributeError):
            return cls(signal.getsignal(number), _address(number))
        return cls(signal.getsignal(number), None)

    def __repr__(self) -> str:
        """Return it in words."""
        known = self.python.value if isinstance(self.python, signal.Handlers) else None
        if self.address is None or self.address == known or callable(self.python):
            return (
                self.python.name if isinstance(self.python, signal.Handlers) else repr(self.python)
            )
        return {0: "SIG_DFL", 1: "SIG_IGN"}.get(self.address, "a function") + " by C code"


def groups() -> Iterator[Group]:
    """Yield all that can be read of the signals of this process."""
    yield Group("{}", _python())
    handlers = {name_of(number): Handler.of(number) for number in sorted(CAN_HANDLE)}
    yield Group("the handler of {}", dict(handlers))
    with contextlib.suppress(AttributeError):  # another C library may have no such function
        yield Group("{}", {"the alternate signal stack": _sigaltstack()})
    yield Group("{}", {f"the timer {name}": _timer(name) for name in TIMERS})
    with contextlib.suppress(OSError), open("/proc/self/timers") as timers:
        yield Group("{}", {"the POSIX timers (timer_create(2))": timers.read() or "none"})


def name_of(number: int) -> str:
    """Return the name of a signal, or its number if it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _set(numbers: set[int] | set[signal.Signals]) -> str:
    return "{" + ", ".join(name_of(number) for number in sorted(numbers)) + "}"


def _python() -> dict[str, object]:
    wakeup = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(wakeup)
    return {
        "the signal mask": _set(signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "the wakeup descriptor of signals": wakeup,
        "faulthandler.is_enabled()": faulthandler.is_enabled(),
        # A child that ends sends one, which stays where it is blocked.
        "the set of pending signals": _set(signal.sigpending() - {signal.SIGCHLD}),
    }


def _address(number: int) -> int:
    """Return the address of a handler: the first field of struct sigaction."""
    found = ctypes.create_string_buffer(_ROOM)
    ctypes.CDLL(None).sigaction(int(number), None, found)
    return int.from_bytes(found.raw[: ctypes.sizeof(ctypes.c_void_p)], sys.byteorder)


def _sigaltstack() -> bytes:
    found = ctypes.create_string_buffer(_ROOM)
    ctypes.CDLL(None).sigaltstack(None, found)
    return found.raw.rstrip(b"\0")


def _timer(name: str) -> str:
    left, interval = signal.getitimer(getattr(signal, name))
    if not left:
        return "not armed"
    first = int(left // STEP * STEP)
    again = f", and then every {interval} s" if interval else ""
    return f"expires in {first} to {first + STEP:.0f} s{again}"
