"""Timers of a process that send it any signal: timer_create(2), where there is one.

A worker can neither take such a timer for its own, as it can those of setitimer(2), nor hand it on:
a forked child does not inherit it, and execve(2) deletes it.
"""

import ctypes

_SIGEVENT_SIZE = 64  # bytes of a struct sigevent, sigevent(3type)


class _Event(ctypes.Structure):
    """struct sigevent; its first field, which a handler may ask for, is a pointer or an int."""

    _fields_ = (
        ("value", ctypes.c_void_p),
        ("signal", ctypes.c_int),
        ("notify", ctypes.c_int),  # 0: SIGEV_SIGNAL
        ("rest", ctypes.c_char * (_SIGEVENT_SIZE - ctypes.sizeof(ctypes.c_void_p) - 8)),
    )


class _Times(ctypes.Structure):
    """struct itimerspec: of an interval, and until the first signal."""

    _fields_ = tuple(
        (name, ctypes.c_long) for name in ("every_s", "every_ns", "seconds", "nanoseconds")
    )


def _library() -> ctypes.CDLL | None:
    """Return the library with timer_create: before glibc 2.34 it is not the C library."""
    for name in (None, "librt.so.1"):
        try:
            library = ctypes.CDLL(name)
            library.timer_create  # noqa: B018 - an AttributeError where there is none
        except (OSError, AttributeError):
            continue
        return library
    return None


_LIBRARY = _library()


def start(clock: int, number: int, seconds: float) -> bool:
    """Let this process get a signal in *seconds*; return False where that is not possible.

    clock: one of the module time, such as CLOCK_PROCESS_CPUTIME_ID for seconds of computing.
    """
    if _LIBRARY is None:
        return False
    timer = ctypes.c_void_p()
    event = _Event(signal=number)
    if _LIBRARY.timer_create(ctypes.c_int(clock), ctypes.byref(event), ctypes.byref(timer)):
        return False
    whole = int(seconds)
    times = _Times(seconds=whole, nanoseconds=max(1, round((seconds - whole) * 1e9)))
    return not _LIBRARY.timer_settime(timer, 0, ctypes.byref(times), None)
