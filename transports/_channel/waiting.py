"""Waiting for messages and for the ends of workers, in the caller of a channel.

It is the lean sibling of :meth:`Supervisor.events`, for a channel that carries many messages:
who is to be waited for, and for how long, is the channel's to know.
"""

import contextlib
import math
import os
import select
import time
from collections.abc import Callable, Iterator

from transports._supervisor import Supervisor
from transports._supervisor.child import Child, look_every

_CHECK_EVERY = 250  # milliseconds between two calls of `check` in a watcher

# While messages wait that were read, deaths and the timeout are looked for each hundredth of a
# second.  To ask for the time costs as much as a small message, so a caller that takes messages
# quickly is timed once in eight of them.
_LOOK_EVERY = 0.01  # seconds
_QUICK = 0.001  # seconds between two times of asking, below which a caller is quick
_SKIP = 8  # messages


class Waiting:
    """The waits of a channel.

    exited: workers that have been seen to exit with status 0.
    """

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self._watched = supervisor.watched
        self.exited = supervisor.exited
        self.look_at = 0.0
        """When :meth:`look` is to look again, by time.monotonic()."""
        self._timed_at = 0.0

    @property
    def no_deadline(self) -> bool:
        """Whether the channel has no timeout."""
        return self.supervisor.deadline == math.inf

    def poll(self) -> Callable[[], list[tuple[int, int]]] | None:
        """Return what sleeps until something happens, or None: then only :meth:`wait` will do.

        What it returns is for :meth:`handle`.
        """
        alone = self.no_deadline and not self.supervisor.unseen and look_every() is None
        return self.supervisor.poller.poll if alone else None

    def wait(self, pause: float = math.inf) -> list[int]:
        """Sleep until something happens, *pause* seconds at most; return what can be read.

        Raises WorkerError for a worker that ends otherwise than by exit status 0; TimeoutError.
        If a handler raises, nothing is lost.
        """
        return self.supervisor.wait(time.monotonic() + pause if pause else 0.0)

    def look(self, now: float) -> int:
        """Look for deaths and the timeout, if it is time; return after how many messages to ask.

        It raises as :meth:`wait`.

        now: the time, by time.monotonic().
        """
        quick = now < self._timed_at + _QUICK
        self._timed_at = now
        if now >= self.look_at:
            self.wait(0)
            self.look_at = now + _LOOK_EVERY
        return _SKIP if quick else 0

    def handle(self, woken: list[tuple[int, int]]) -> list[int]:
        """Return what can be read of what :meth:`poll` has reported; it raises as :meth:`wait`."""
        if len(woken) == 1 and (fd := woken[0][0]) not in self._watched:  # as a rule
            return [fd]
        return self.supervisor.handle(woken)

    @contextlib.contextmanager
    def writing(self, fd: int) -> Iterator[None]:
        """Let :meth:`wait` return also when *fd* can be written to."""
        poller, listening = self.supervisor.poller, self.supervisor.listening
        poller.register(fd, select.POLLIN | select.POLLOUT if fd in listening else select.POLLOUT)
        try:
            yield
        finally:
            if fd in listening:
                poller.register(fd, select.POLLIN)
            else:
                with contextlib.suppress(KeyError):  # ignored meanwhile
                    poller.unregister(fd)

    def watch(self, notice: Callable[[], object], check: Callable[[], None] | None = None) -> None:
        """Call *notice*, in a process of its own, when a process ends; and *check* now and then.

        For a caller that sleeps where it has no descriptor to be woken by.  The watchers are forked
        after the last worker; *notice* may wait.  There are two, and each watches the other: if one
        dies, the other calls *notice*.
        """
        supervisor = self.supervisor
        reader, writer = supervisor.pipe()  # its end of file is the second one's
        first = self._watcher([reader, *supervisor.watched], writer, notice, check)
        supervisor.close(reader)
        mate = [first.sentinel] if first.sentinel >= 0 else []
        self._watcher(mate, -1, notice, check)
        supervisor.close(writer)

    def _watcher(
        self,
        sentinels: list[int],
        other: int,
        notice: Callable[[], object],
        check: Callable[[], None] | None,
    ) -> Child:
        supervisor = self.supervisor

        def watch() -> None:
            if other >= 0:
                os.close(other)
            if supervisor.unseen and other >= 0:  # one watcher alone: see Ring.notice
                notice()
            _call_at_each_end(sentinels, notice, check)

        watcher = supervisor.start_helper(watch, outlives=False)
        supervisor.cleanup.callback(watcher.dismiss)
        return watcher


def _call_at_each_end(
    sentinels: list[int], notice: Callable[[], object], check: Callable[[], None] | None
) -> None:
    """Call *notice* whenever one of *sentinels* becomes readable, and *check* in between.

    Where a sentinel may be late, *notice* is called in between too: the caller looks itself.
    """
    poller = select.poll()
    for sentinel in sentinels:
        poller.register(sentinel, select.POLLIN)
    late = look_every() is not None
    while True:
        gone = poller.poll(_CHECK_EVERY if late or check is not None else None)
        for sentinel, _ in gone:
            poller.unregister(sentinel)
        if check is not None:
            check()
        if gone or late:
            notice()
