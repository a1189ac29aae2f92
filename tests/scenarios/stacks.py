"""Where a process is, as text: it writes the stacks of its threads when it gets a signal.

The signal is one of the real-time signals (signal(7)), the last, which few programs use: none of
those that end a process by default and that clauses are about.  A process that blocks it, ignores
it or has closed the descriptor writes nothing.
"""

import faulthandler
import signal

SIGNAL = getattr(signal, "SIGRTMAX", None)
"""The signal, or None where the system has none, as macOS."""


def write_to(fd: int) -> None:
    """Write stacks to *fd* from now on, in this process and in those that it forks."""
    if SIGNAL is not None:
        faulthandler.register(SIGNAL, file=fd, all_threads=True, chain=False)
