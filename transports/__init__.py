"""Reference transports: nine ways to bring a result from forked workers to their caller.

Each module here is one transport.  It promises:

``run(n, workers, *, timeout=None) -> float``
    Compute sqrt(8 * sum(1 / (2k+1)**2 for k < n)), which tends to pi, in *workers* new child
    processes that share the terms evenly, and bring their sums here by its mechanism.

    n: terms, an int of at least 0; workers: processes, an int of at least 1; timeout:
    seconds, or None to wait for as long as the workers take.

    Returns the value for exactly n terms, or raises; there is no third way:

    * TypeError or ValueError for the arguments, before anything is made;
    * OSError where the system refuses a process, a descriptor, memory or a channel;
    * :class:`WorkerError` where a worker dies or raises: it names the worker, its pid and
      its exit status or signal;
    * TimeoutError at the end of *timeout*;
    * what the caller's own signal handlers raise.

    On return and on any exception no process, descriptor or named object is left, and the
    caller's signal handlers, mask, timers, umask and directory are as they were.  If the
    caller is killed, its workers die and named objects are removed.

``unsupported() -> str | None``
    Why the mechanism cannot be had here, found by trying it, or None.

``channel(work, workers, *, duplex=False, timeout=None)``
    Optional: carry many messages of any size.  A context manager that forks *workers*
    processes, each of which calls ``work(link)`` and exits::

        def work(link):
            link.send(b"from worker %d" % link.worker)

        with transport.channel(work, 4) as messages:
            for worker, message in messages:
                ...

    ``link.worker``: the number of the worker, from 0; ``link.send(data)``: waits while the
    channel is full.  The caller iterates over ``(worker, message)`` until every worker has
    ended; with ``duplex=True`` it also has ``messages.send(worker, data)``, and the worker
    ``link.receive()``.  What is sent is bytes, a bytearray or a contiguous memoryview; what
    comes is bytes or a bytearray, the receiver's own.

    Messages come whole, once, and in the order of their worker; those of several workers as
    they come.  While the caller waits for room to send, it takes in what workers send, so the
    two do not wait for each other.  Who sends a message may go on before it is taken.

    Raises what `run` raises, for the same reasons: for the arguments on entering; WorkerError
    for a worker that dies, raises or exits before its work returns, at once, whatever is still
    unread; NotImplementedError for a direction that there is not; BrokenPipeError for a message
    to a worker that has ended, where the mechanism tells.  The caller's signal handlers run while
    it is in the block.

    To leave the block early ends the workers.  What `run` promises for its end holds here.
    A module that cannot stream says why in ``no_channel``, a str.

The conformance suite asks of any other module only a ``run(n, workers)``.  To add a
transport, add one file; it is found by its name.
"""

import os

from transports._supervisor import WorkerError

__all__ = ["NAMES", "WorkerError"]

NAMES = tuple(
    sorted(
        file.removesuffix(".py")
        for file in os.listdir(os.path.dirname(__file__))
        if file.endswith(".py") and file[0] != "_"
    )
)
"""The transports in this package, one a file."""
