"""Whether processes that live on have had a processor for as long as they need to end."""

from collections.abc import Collection

from tests.harness.worlds import World
from tests.system import processes
from tests.system.deadline import Deadline

# Seconds of CPU: more than a process takes that learns of a death, cleans up and exits.
_ENOUGH = 0.5


class Chance:
    """The chance of the processes of a world to end, from now on.

    Those that compute take the processors from each other.  So a limit of time that is stretched
    by the load of the machine would be stretched by their own load too.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._before = {stat.pid: stat.ticks for stat in world.stats()}

    def is_over(self, deadline: Deadline, pids: Collection[int]) -> bool:
        """Tell whether *deadline* is over; it is stretched only for those that need a processor."""
        return deadline.left() <= 0 and deadline.is_over(idle=self.had_by(pids))

    def had_by(self, pids: Collection[int]) -> bool:
        """Tell whether each of *pids* sleeps, or has used so much CPU that it could have ended.

        It is False where that is not to be seen: without /proc.
        """
        now = {stat.pid: stat for stat in self._world.stats()}
        return all(pid in now and self._has_had(now[pid]) for pid in pids)

    def _has_had(self, stat: processes.Stat) -> bool:
        if stat.state not in processes.RUNNABLE:
            return True
        used = stat.ticks - self._before.get(stat.pid, 0)
        return used >= _ENOUGH * processes.TICKS
