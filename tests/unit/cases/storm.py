"""Cases: a storm of signals over `run` and channels, at every moment of them.

An interval timer strikes every 0.05 to 5 ms.  Its handler raises, or it returns.  After each round
the caller has to have what it had before, each message has to be exact, or the channel broken, and
each exception has to come out.
"""

import contextlib
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

from tests.system import resources
from tests.unit.cases import PI, Cases, Snapshot, echo

case = Cases()
"""Of channels."""
run_case = Cases()
"""Of `run`."""

FEW, MANY = 300, 10_000  # strikes of a storm: by default, and with the marker exhaustive

_SHORTEST, _LONGEST = 0.00005, 0.005  # seconds between two strikes
_MESSAGES, _SIZES = 12, (20, 30_000)


class _Strike(Exception):  # noqa: N818 - what the handler raises
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class _Storm:
    """A timer and its handler; which of its exceptions came out, and what was wrong.

    raises: whether the handler raises.
    """

    def __init__(self, raises: bool) -> None:
        self.strikes = 0
        self.raised: set[int] = set()
        self.out: set[int] = set()
        self.wrong = Counter[str]()
        self.broken = self.rounds = 0
        self._raises = raises
        self._armed = False

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Handle a strike."""
        if self._armed:
            self.strikes += 1
            if self._raises:
                self.raised.add(self.strikes)
                raise _Strike(self.strikes)

    def came_out(self, error: BaseException | None) -> None:
        """Note the strikes that *error* is, or that it came after: an error has a context."""
        seen: set[int] = set()
        waiting = [error]
        while waiting:
            if (found := waiting.pop()) is not None and id(found) not in seen:
                seen.add(id(found))
                if isinstance(found, _Strike):
                    self.out.add(found.number)
                waiting += [found.__context__, found.__cause__]

    def round(self, act: Callable[[], None]) -> None:
        """Do *act* under strikes; note what comes out of it."""
        self.rounds += 1
        every = random.uniform(_SHORTEST, _LONGEST) ** 2 / _LONGEST + _SHORTEST  # short ones rather
        try:
            try:
                self._armed = True
                signal.setitimer(signal.ITIMER_REAL, random.uniform(_SHORTEST, every * 3), every)
                act()
            finally:
                self.calm()
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            self.came_out(error)
            if not isinstance(error, _Strike):
                self.wrong[f"{error!r} came out"] += 1
        signal.setitimer(signal.ITIMER_REAL, 0)

    def calm(self) -> None:
        """Let no strike raise from here on, though one may come amid this."""
        while self._armed:
            try:
                self._armed = False
            except _Strike as strike:
                self.came_out(strike)

    def ignored(self, unraisable: Any) -> None:
        """Note a strike that came where no exception can come out: sys.unraisablehook."""
        self.came_out(unraisable.exc_value)
        name = getattr(unraisable.object, "__module__", None) or ""
        if str(name).startswith("transports"):
            self.wrong[f"an exception was ignored in {unraisable.object!r}"] += 1


class _Names:
    """What has a name, and has to be gone after a round."""

    def __init__(self) -> None:
        self._place = tempfile.gettempdir()
        self._before = self._now()

    def _now(self) -> list[str]:
        found = os.listdir(self._place)
        with contextlib.suppress(OSError):
            found += os.listdir("/dev/shm")  # noqa: S108 - looked at
        return found

    def new(self) -> list[str]:
        """Return the names that are new."""
        return [name for name in self._now() if name not in self._before]


def _storm(act: Callable[[_Storm], None], raises: bool, strikes: int) -> None:
    """Do *act* again and again, until there were so many strikes; fail with what was wrong."""
    storm, names, namespace = _Storm(raises), _Names(), resources.of_the_namespace()
    hook, sys.unraisablehook = sys.unraisablehook, storm.ignored
    handler = signal.signal(signal.SIGALRM, storm)
    before = Snapshot()
    while storm.strikes < strikes and storm.rounds < 20 * strikes:
        storm.round(lambda: act(storm))
        left = before.difference()
        if left:
            storm.wrong[f"left: {_kinds(left)}"] += 1
            before.restore()
            before = Snapshot()
        if new := names.new():
            storm.wrong["left: a name"] += 1
            names = _Names()
            del new
        if signal.getsignal(signal.SIGALRM) is not storm:
            storm.wrong["the handler has gone"] += 1
            signal.signal(signal.SIGALRM, storm)
    signal.signal(signal.SIGALRM, handler)
    sys.unraisablehook = hook
    for name in resources.added(namespace, resources.of_the_namespace()):
        storm.wrong[f"left: {name.kind}"] += 1
    if swallowed := storm.raised - storm.out:
        storm.wrong["an exception was swallowed"] += len(swallowed)
    print(f"{storm.strikes} strikes in {storm.rounds} rounds; {storm.broken} channels were broken")
    found = "; ".join(f"{count} times: {what}" for what, count in storm.wrong.most_common(8))
    assert not storm.wrong, f"{storm.strikes} strikes in {storm.rounds} rounds: {found}"


def _kinds(left: str) -> str:
    """Return a difference without its numbers, so that the same ones are counted together."""
    return "".join(char for char in left if not char.isdigit())


# -- run ------------------------------------------------------------------------------------


@run_case.each(raises=[False, True], strikes=[FEW, MANY])
def storm_over_run(module: Any, raises: bool, strikes: int) -> None:
    """Under a storm of signals `run` returns the value or lets the exception out; nothing stays."""

    def act(storm: _Storm) -> None:
        value = module.run(100, 2)
        if abs(value - PI) > 1e-9:
            storm.wrong[f"run returned {value}"] += 1

    _storm(act, raises, strikes)


# -- channels -------------------------------------------------------------------------------


def _text(worker: int, number: int) -> bytes:
    return b"%02d%06d" % (worker, number) * (_SIZES[number % 2] // 8)


def _sends(link: Any) -> None:
    for number in range(_MESSAGES):
        link.send(_text(link.worker, number))


class _Traffic:
    """The messages of one channel under a storm, whose exceptions the caller catches in between."""

    def __init__(self, storm: _Storm, messages: Any, workers: int) -> None:
        self._storm = storm
        self._messages = messages
        self._came = [0] * workers
        self._cut: dict[int, set[int]] = {worker: set() for worker in range(workers)}
        self._last: list[_Strike] = []

    def _broke(self, error: RuntimeError) -> None:
        """Check the error of a channel that is broken: a strike has to be its cause."""
        if type(error) is not RuntimeError or not isinstance(error.__cause__, _Strike):
            self._storm.wrong[f"{error!r}, from {error.__cause__!r}"[:200]] += 1
        self._storm.broken += 1

    def receive(self, due: Callable[[int, int], bytes]) -> bool:
        """Take all messages that are due; tell whether the channel is whole to its end."""
        while True:
            try:
                for worker, message in self._messages:
                    self._take(worker, message, due)
                break
            except _Strike as strike:
                self._storm.came_out(strike)
                self._last.append(strike)
            except RuntimeError as error:
                self._broke(error)
                return False
        return True

    def _take(self, worker: int, message: Any, due: Callable[[int, int], bytes]) -> None:
        pass


_ = echo
