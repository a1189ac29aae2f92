"""Reference transports: ways to bring a result from forked workers to their caller.

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

    It may be called from anywhere: from a thread, a signal handler that has broken into
    another run, a finalizer, a worker of a channel, a child that somebody has forked while
    a run was under way.  Such a child may do what it likes: it has no part in the runs and
    channels of its parent, and does not keep anything of them alive.  Deaths, *timeout* and
    signals are heeded at once, while workers are being forked too.

    Where a process can be short of memory: MemoryError or RecursionError, and nothing is left
    but what CPython itself has lost (os.fork and os.pipe make their result when the process
    or the descriptors are there).  Who has the right to ptrace(2) a process can open its
    pipes and its memory in /proc/PID/fd: that cannot be prevented or noticed.  In a process
    with more threads the kernel may hand a signal to any of them that does not block it, and
    Python runs its handler in the main thread: if it raises amid the clean-up, that is begun
    anew, up to a hundred times.

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
    to a worker that has ended, where the mechanism tells; IndexError for a message to a worker
    that there is not.  The caller's signal handlers run while it is in the block.

    The channel is the caller's, for the time of the block, and whole:

    * after the block: ValueError;
    * in a child that was forked in the block: RuntimeError.  To leave the block there does
      nothing;
    * for one thread at a time: RuntimeError while another one waits for a message or sends, or
      for a handler that has broken into that.  The channel stays whole;
    * an exception of a handler that comes while an iteration waits loses nothing: iterate on.
      One that breaks into `send`, or into the taking of a message, may leave the channel
      broken.  Then, and after each error but BrokenPipeError, IndexError, TypeError and those
      above, every further use raises RuntimeError, with the exception as its cause;
    * after ``break`` the iteration can be taken up again.

    The work of a worker meets what the user of a pool expects.  A signal that the caller handles
    in Python does nothing: it may have been sent to the whole process group, as Ctrl-C is, and
    the caller answers it.  The work may set handlers of its own; programs that it starts have
    the default actions.  The signal mask is the caller's.
    The garbage collector is on if it was; it leaves the caller's objects alone.  What was
    printed is flushed in the caller before the first fork, and in the worker at its end.
    A worker may use `send` in one thread and `receive` in another; an exception that breaks into
    either makes each further use of it a RuntimeError.  It may change its user: it dies with its
    caller all the same.  The channel may be entered in a thread that ends before the block.

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
