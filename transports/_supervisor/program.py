"""A transport as a program, ``python -m transports.NAME``, and the probe that it begins with."""

import os
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import kernel
from transports._supervisor.child import WorkerError
from transports._supervisor.supervisor import Supervisor

if TYPE_CHECKING:
    import argparse


def probe(make: Callable[[Supervisor], object]) -> str | None:
    """Return why what *make* makes for a supervisor cannot be had here, or None."""
    if not hasattr(os, "fork"):
        return "this platform has no fork(2)"
    try:
        with Supervisor() as supervisor:
            make(supervisor)
    except (OSError, ImportError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def main(run: Callable[..., float], unsupported: Callable[[], str | None]) -> NoReturn:
    """Be the program of a transport: print pi, and exit.

    Exit status: 0; 1 and a line if the transport cannot run or fails; 2 for bad arguments.
    """
    parser = _parser()
    options = parser.parse_args()
    try:
        kernel.slices(options.n, options.workers)
        Supervisor(options.timeout)
    except ValueError as error:
        parser.error(str(error))
    try:
        kernel.use(options.kernel)
        if reason := unsupported():
            parser.exit(1, f"{parser.prog}: unsupported here: {reason}\n")
        print(run(options.n, options.workers, timeout=options.timeout))
    except (WorkerError, OSError, ImportError) as error:
        parser.exit(1, f"{parser.prog}: {type(error).__name__}: {error}\n")
    except KeyboardInterrupt:
        # Die of it, so that a shell script around this program stops as well.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.raise_signal(signal.SIGINT)
    sys.exit()


def _parser() -> "argparse.ArgumentParser":
    import argparse  # noqa: PLC0415 - a program alone needs it: it makes forks dearer

    name = sys.modules["__main__"].__spec__.name  # type: ignore[union-attr]
    doc = sys.modules["__main__"].__doc__ or ""
    parser = argparse.ArgumentParser(
        prog=f"python -m {name}",
        description="Compute pi from n terms of its series in forked workers. " + doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "n", type=int, nargs="?", default=10_000_000, help="terms, 0 or more (default: %(default)s)"
    )
    parser.add_argument(
        "workers",
        type=int,
        nargs="?",
        default=10,
        help="processes, 1 or more (default: %(default)s)",
    )
    parser.add_argument(
        "--kernel",
        choices=kernel.KERNELS,
        default=kernel.selected,
        help="arithmetic (default: %(default)s)",
    )
    parser.add_argument("--timeout", type=float, metavar="S", help="give up after S seconds")
    return parser
