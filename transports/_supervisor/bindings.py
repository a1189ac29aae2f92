"""posix_ipc and sysv_ipc: packages that may be missing, with errors of their own."""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from transports._supervisor.supervisor import Supervisor

_Result = TypeVar("_Result")


def optional(name: str) -> Any:
    """Return the module *name*, or None if it is not installed."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        return None


def require(module: object, name: str) -> None:
    """Raise ModuleNotFoundError if *module*, what `optional` has returned, is None."""
    if module is None:
        raise ModuleNotFoundError(f"{name} is not installed: pip install {name}", name=name)


def retry_on_signal(
    interrupted: type[Exception], call: Callable[..., _Result], *args: object
) -> _Result:
    """Return ``call(*args)``, called once more each time that a signal interrupts it.

    Unlike the standard library (PEP 475), posix_ipc and sysv_ipc raise on EINTR, their
    exception *interrupted*.  msgop(2) gives EINTR also after SIGSTOP and SIGCONT, signal(7).
    """
    while True:
        try:
            return call(*args)
        except interrupted as error:
            if not by_signal(error):
                raise


def by_signal(error: Exception) -> bool:
    """Whether *error* tells of a signal: sysv_ipc has no class of its own for that."""
    return "ignal" in f"{type(error).__name__}: {error}"


def close_at_end(supervisor: Supervisor, thing: Any) -> Any:
    """Return *thing*, which is closed at the end at the latest, or now if that cannot be noted."""
    try:
        supervisor.cleanup.callback(thing.close)
    except BaseException:  # MemoryError
        thing.close()
        raise
    return thing


@contextlib.contextmanager
def as_oserror(*kinds: type[Exception], limits: str = "") -> Iterator[None]:
    """Turn exceptions of *kinds*, a library's own, into OSError.

    limits: those of the system that may be the cause.  The text of the error names them, because
        posix_ipc and sysv_ipc keep no errno.
    """
    more = f" (limits: {limits})" if limits else ""
    try:
        yield
    except OSError as error:
        if not limits or error.errno is not None:  # which says more than we know
            raise
        raise OSError(f"{error}{more}") from error
    except kinds as error:
        raise to_oserror(error, more) from error


def to_oserror(error: Exception, more: str = "") -> OSError:
    """Return *error*, a library's own, as an OSError, with *more* behind its text."""
    return OSError(f"{type(error).__name__}: {error}{more}")
