"""Whether a trial shows that it will not go on: its processes wait for ever, or do not compute."""

import math
import time
from collections.abc import Container, Sequence
from typing import NamedTuple, Self

from tests.harness import limits
from tests.harness.worlds import World
from tests.system import blocked, processes
from tests.system.deadline import MOST, Deadline
from tests.system.pace import slowed

_LOOK_EVERY = 0.1  # seconds from a message of a trial to the first look at it, and to the next one
_ROUNDS = 20  # times that each thread that wakes by time has done so, for nothing, in a circle
_SHARE = 20  # times as long as a look takes: it must not take the processor from the trial
_IDLE = 3.0  # seconds without CPU time, in which a process that waits for a processor gets some
_QUIET_FROM = 1.0  # seconds after a message, from when on its use of CPU is looked at

# A trial that uses less of a processor than this hardly computes: some wait by looking again and
# again whether something has come. And a tick more, for that is what is counted: proc_pid_stat(5).
_HARDLY = 0.02


class Silence:
    """What is seen of a trial that says nothing.

    leader: the pid of its interpreter.
    proven: whether all threads of its world wait, without a limit of time, for what only they could
        do; see `tests.system.blocked`.
    circles: whether they have only gone in a circle for long enough.
    """

    def __init__(self, world: World, target: str, leader: int) -> None:
        self._world = world
        self._target = target
        self._leader = leader
        self._next_look = time.monotonic() + _LOOK_EVERY
        self._use: _Use | None = None  # where it began to use hardly any CPU
        self._runnable: set[int] = set()
        self._quiet_looks = 0
        self._heard = time.monotonic()
        self._seen: blocked.Looks | None = None
        self._missed = False
        self._circle: tuple[float, blocked.Looks] | None = None  # since when; the first look
        self.proven = self.circles = False

    def heard(self) -> None:
        """Begin again: the trial has said something."""
        self._heard = time.monotonic()
        self._next_look = self._heard + _LOOK_EVERY
        self._seen = self._circle = self._use = None
        self._quiet_looks = 0

    def is_for_ever(self, deadline: Deadline, besides: Container[int]) -> bool:
        """Tell whether the trial will not go on.

        besides: processes of the suite, which look at the others.

        Either this is proven; or its threads have woken by time alone, and have gone back to where
        they were, for limits.circling() seconds; or they have hardly used CPU for limits.quiet()
        seconds.  Where that is no limit, looks at it begin a little before *deadline*, for
        `is_idle`.
        """
        if time.monotonic() < self._next_look:
            return False
        begun = time.monotonic()
        self.proven = self._waits_for_ever(besides)
        quiet = limits.quiet(self._target)
        silent = begun - self._heard > min(_QUIET_FROM, quiet / 2)
        if (quiet < math.inf and silent) or deadline.left() < 2 * _IDLE:
            self._look_at_times()
        now = time.monotonic()
        self._next_look = now + max(_LOOK_EVERY, _SHARE * (now - begun))
        self.circles = self._circles()
        return self.proven or self.circles or self._quiet_looks > quiet / _LOOK_EVERY

    def is_idle(self) -> bool:
        """Tell whether the trial has hardly used CPU lately: it needs no more of it."""
        return self._quiet_looks > _IDLE / _LOOK_EVERY

    def _waits_for_ever(self, besides: Container[int]) -> bool:
        if not self._world.own_proc:
            return False
        before = self._seen
        self._seen = blocked.look(self._world.own_proc, blocked.open_here(), besides)
        if self._seen is None:
            return False
        # If the interpreter is none of them, it has ended, and the others are for the inventory.
        return (self._leader, self._leader) in self._seen.asleep and self._seen.proves(before)

    def _circles(self) -> bool:
        """Tell whether its threads have woken by time alone, again and again, for nothing.

        One look in between may have met a thread that runs: then nothing is known of it.
        """
        now, missed, self._missed = time.monotonic(), self._missed, self._seen is None
        if self._seen is None:
            self._circle = None if missed else self._circle
            return False
        if self._circle is None or (rounds := self._seen.rounds_since(self._circle[1])) < 0:
            self._circle = now, self._seen
            return False
        since, limit = now - self._circle[0], limits.circling(self._target)
        # On a machine under load, the process that it waits for may not have run yet.
        return rounds >= _ROUNDS and since > limit and since > limit * min(MOST, slowed())

    def _look_at_times(self) -> None:
        seen = [found for found in self._world.stats() if found.session == self._leader]
        now = _Use.of(seen)
        # One that waits for a processor is so at two looks; one that looks whether something has
        # come is met so by chance. One that is stopped is the suite's to let go on.
        runnable = {found.pid for found in seen if found.state in processes.RUNNABLE}
        stopped = any(found.state in processes.STOPPED for found in seen)
        goes_on, self._runnable = stopped or bool(runnable & self._runnable), runnable
        if goes_on or self._use is None or not now.is_hardly_more_than(self._use):
            self._use, self._quiet_looks = now, 0
        else:
            # Looks are counted, not time: this process itself may not have run for a while.
            self._quiet_looks += 1


class _Use(NamedTuple):
    """The CPU time that some processes have used until *at*, in processes.TICKS."""

    at: float
    pids: tuple[int, ...]
    ticks: int

    @classmethod
    def of(cls, seen: Sequence[processes.Stat]) -> Self:
        pids = tuple(sorted(found.pid for found in seen))
        return cls(time.monotonic(), pids, sum(found.ticks for found in seen))

    def is_hardly_more_than(self, before: Self) -> bool:
        """Tell whether the same processes have used little since."""
        most = 1 + _HARDLY * (self.at - before.at) * processes.TICKS
        return self.pids == before.pids and self.ticks - before.ticks <= most
