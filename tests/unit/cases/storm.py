"""Cases: a storm of signals over `run` and channels, at every moment of them.

An interval timer strikes every 0.05 to 5 ms.  Its handler raises, or it returns.  After each round
the caller has to have what it had before, each message has to be exact, or the channel broken, and
each exception has to come out.
"""

import contextlib
import gc
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from types import FrameType, GeneratorType
from typing import Any

from tests.system import resources
from tests.unit.cases import PI, Cases, Snapshot

case = Cases()
"""Of channels."""
run_case = Cases()
"""Of `run`."""

FEW, MANY = 200, 10_000  # strikes of a storm: by default, and with the marker exhaustive

_SHORTEST, _LONGEST = 0.00005, 0.005  # seconds between two strikes
_MESSAGES, _SIZES = 8, (24, 30_000)
_PATIENCE = 10  # strikes that a caller catches in a block, before it lets one end the block


class _Strike(Exception):  # noqa: N818 - what the handler raises
    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def _inside(act: Callable[[], None]) -> None:
    act()


class _Storm:
    """A timer and its handler; which of its exceptions came out, and what was wrong.

    raises: whether the handler raises.
    """

    def __init__(self, raises: bool) -> None:
        self.strikes = 0
        self.pending: list[int] = []  # raised, and not come out yet
        self.wrong = Counter[str]()
        self.broken = self.rounds = 0
        self._raises = raises

    def __call__(self, signum: int, frame: FrameType | None) -> None:
        """Handle a strike: it counts, and raises, within the code under test alone."""
        # A strike amid this handler, or where nothing can come out, is none.
        own = (sys._getframe().f_code, _Storm.ignored.__code__)
        while frame is not None and frame.f_code is not _inside.__code__:
            if frame.f_code in own:
                return
            frame = frame.f_back
        if frame is not None:
            self.strikes += 1
            if self._raises:
                self.pending.append(self.strikes)
                raise _Strike(self.strikes)

    def came_out(self) -> None:
        """Note that an exception came out: where several are raised, the last one does."""
        self.pending = []

    def went_well(self, what: str) -> None:
        """Note that a call came to its end without an exception; there should have been none."""
        if self.pending:
            self.wrong[f"an exception was swallowed by {what}"] += 1
            self.pending = []

    def round(self, act: Callable[[], None]) -> None:
        """Do *act* under strikes; note what comes out of it."""
        self.rounds += 1
        every = _SHORTEST * (_LONGEST / _SHORTEST) ** random.random() ** 2  # short ones rather
        signal.setitimer(signal.ITIMER_REAL, random.uniform(_SHORTEST, _LONGEST), every)
        try:
            _inside(act)
            self.went_well("the whole")
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is a result
            self.came_out()
            if not isinstance(error, _Strike):
                self.wrong[f"{error!r} came out"[:300]] += 1
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ignored(self, unraisable: Any) -> None:
        """Note an exception where none can come out: sys.unraisablehook."""
        name = str(getattr(unraisable.object, "__module__", None) or "")
        if name.startswith("transports"):
            self.wrong[f"an exception was ignored in {unraisable.object!r}"] += 1
        else:  # CPython's own: a callback of a weak reference, a hook at fork
            self.came_out()


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
        if before.difference():
            gc.collect()  # of an error with its frames, perhaps
        if left := before.difference():
            storm.wrong[f"left: {_kinds(left)}"] += 1
            before.restore()
            before = Snapshot()
        if names.new():
            storm.wrong["left: a name"] += 1
            names = _Names()
        if signal.getsignal(signal.SIGALRM) is not storm:
            storm.wrong["the handler has gone"] += 1
            signal.signal(signal.SIGALRM, storm)
    signal.signal(signal.SIGALRM, handler)
    sys.unraisablehook = hook
    for name in resources.added(namespace, resources.of_the_namespace()):
        storm.wrong[f"left: {name.kind}"] += 1
    print(f"{storm.strikes} strikes in {storm.rounds} rounds; {storm.broken} channels were broken")
    found = "; ".join(f"{count} times: {what}" for what, count in storm.wrong.most_common(8))
    assert not storm.wrong, f"{storm.strikes} strikes in {storm.rounds} rounds: {found}"


def _kinds(left: str) -> str:
    """Return the kinds of a difference, so that the same ones are counted together."""
    kinds = ("descriptors", "children", "signal mask", "threads")
    return ", ".join(kind for kind in kinds if kind in left)


# -- run ------------------------------------------------------------------------------------


@run_case.each(raises=[False, True], strikes=[FEW, MANY])
def storm_over_run(module: Any, raises: bool, strikes: int) -> None:
    """Under a storm of signals `run` returns the value or lets the exception out; nothing stays."""
    _storm(lambda storm: _run_once(module, storm), raises, strikes)


def _run_once(module: Any, storm: _Storm) -> None:
    value = module.run(100, 2)
    if abs(value - PI) > 1e-9:
        storm.wrong[f"run returned {value}"] += 1


# -- channels -------------------------------------------------------------------------------


def _text(worker: int, number: int) -> bytes:
    return b"%04d%04d" % (worker, number) * (_SIZES[number % 2] // 8)


def _sends(link: Any) -> None:
    for number in range(_MESSAGES):
        link.send(_text(link.worker, number))


def _sends_back(link: Any) -> None:
    while (message := link.receive()) != b"end":
        due = _text(link.worker, int(message[4:8]))
        assert message == due, f"a worker got {len(message)} bytes that nobody sent"
        link.send(message)


class _Traffic:
    """The messages of one channel; the caller catches strikes and goes on, for a while."""

    def __init__(self, storm: _Storm, messages: Any, patience: int) -> None:
        self._storm = storm
        self._messages = messages
        self._patience = patience
        self._strikes = 0
        self._sent: list[set[int]] = [set(), set()]  # by worker
        self._cut: list[set[int]] = [set(), set()]
        self._came: list[list[int]] = [[], []]

    def _caught(self, strike: _Strike) -> None:
        self._storm.came_out()
        self._strikes += 1
        if self._strikes > self._patience:
            raise strike

    def send(self, worker: int, number: int) -> None:
        """Send a message to a worker, once."""
        self._cut[worker].add(number)
        try:
            self._messages.send(worker, _text(worker, number))
        except _Strike as strike:
            self._caught(strike)
        else:
            self._storm.went_well("send")
            self._sent[worker].add(number)

    def end(self, worker: int) -> None:
        """Tell a worker that there are no more messages; once more if that was cut off."""
        while True:
            try:
                self._messages.send(worker, b"end")
            except _Strike as strike:
                self._caught(strike)
                continue
            except BrokenPipeError:  # it was told before, though a strike came out
                pass
            return

    def receive(self) -> None:
        """Take messages to the end."""
        while True:
            try:
                for worker, message in self._messages:
                    self._storm.went_well("an iteration")
                    number = int(message[4:8])
                    if message != _text(worker, number):
                        self._storm.wrong[f"{len(message)} bytes came that nobody sent"] += 1
                    self._came[worker].append(number)
            except _Strike as strike:
                self._caught(strike)
                continue
            return

    def check(self, due: list[set[int]] | None = None) -> None:
        """Check which messages came; a strike may have come just after one was taken."""
        due = due or self._sent
        for worker, came in enumerate(self._came):
            if came != sorted(set(came)):
                self._storm.wrong[f"out of order, or twice: {came}"] += 1
            if strange := set(came) - due[worker] - self._cut[worker]:
                self._storm.wrong[f"came and was not sent: {strange}"] += 1
        lost = sum(len(due[worker] - set(self._came[worker])) for worker in range(2))
        if lost > self._strikes:
            text = f"the iteration ended, {lost} messages had not come, {self._strikes} strikes"
            self._storm.wrong[text] += 1


def _carry(traffic: _Traffic, duplex: bool) -> None:
    if duplex:
        for number in range(_MESSAGES):
            traffic.send(0, number)
            traffic.send(1, number)
        traffic.end(0)
        traffic.end(1)
    traffic.receive()
    traffic.check(None if duplex else [set(range(_MESSAGES))] * 2)


def _carry_in_a_block(module: Any, duplex: bool, storm: _Storm, patience: int) -> None:
    """Open a channel, carry messages, and leave it; a broken one has a strike as its cause."""
    work = _sends_back if duplex else _sends
    with module.channel(work, 2, duplex=duplex, timeout=60) as messages:
        try:
            _carry(_Traffic(storm, messages, patience), duplex)
        except RuntimeError as error:
            storm.came_out()
            if type(error) is not RuntimeError or not isinstance(error.__cause__, _Strike):
                storm.wrong[f"{error!r}, from {error.__cause__!r}"[:300]] += 1
            storm.broken += 1


@case.each(duplex=[False, True], raises=[False, True], strikes=[FEW, MANY])
def storm_over_channels(module: Any, duplex: bool, raises: bool, strikes: int) -> None:
    """Under a storm each message is exact, or the channel broken, and the exception comes out."""

    def act(storm: _Storm) -> None:
        if random.random() < 0.2:  # leave early
            with module.channel(_sends, 2, timeout=60):
                return
        _carry_in_a_block(module, duplex, storm, random.randrange(_PATIENCE))

    _storm(act, raises, strikes)


# -- one strike, at each place in turn ------------------------------------------------------


class _Entries:
    """A trace function that stands for a handler: it raises at entry number *at* of a function.

    CPython calls handlers at the entry of a function in Python, among other places.  So that is
    where one may raise, unless its signal is blocked.

    most: entries of each function that count.
    """

    def __init__(self, storm: _Storm, at: int, most: int) -> None:
        self.where = ""
        self._storm = storm
        self._left = at
        self._most = most
        self._seen = Counter[object]()
        self._me = os.getpid()

    def __call__(self, frame: FrameType, event: str, arg: object) -> None:
        """Raise, if it is time for that."""
        code = frame.f_code
        if self.where or os.getpid() != self._me or "/transports/" not in code.co_filename:
            return
        if signal.SIGALRM in signal.pthread_sigmask(signal.SIG_BLOCK, ()):
            return
        self._seen[code] += 1
        self._left -= self._seen[code] <= self._most
        if self._left == 0:
            self.where = code.co_qualname
            self._storm.strikes += 1
            self._storm.pending.append(self._storm.strikes)
            raise _Strike(self._storm.strikes)


def _unless_closed(storm: _Storm, unraisable: Any) -> None:
    """Note an ignored exception, but that of a generator which is closed, as nobody needs it.

    CPython traces this as an entry of its function, and calls no handler there.
    """
    if isinstance(unraisable.object, GeneratorType):
        storm.came_out()
    else:
        storm.ignored(unraisable)


def _at_each_entry(act: Callable[[_Storm], None], most: int) -> None:
    """Do *act* with a strike at the first entry of a function, at the second, and so on."""
    storm, before, without = _Storm(raises=False), Snapshot(), 0
    handler = signal.signal(signal.SIGALRM, storm)
    hook, sys.unraisablehook = sys.unraisablehook, partial(_unless_closed, storm)
    while without < 3:  # rounds in a row, for not all have as many entries
        storm.rounds += 1
        entries = _Entries(storm, storm.rounds, most)
        wrong = storm.wrong.copy()
        try:
            sys.settrace(entries)
            act(storm)
            storm.went_well("the whole")
        except _Strike:
            storm.came_out()
        finally:
            sys.settrace(None)
        gc.collect()
        if left := before.difference():
            storm.wrong[f"left: {_kinds(left)}"] += 1
            before.restore()
            before = Snapshot()
        without = 0 if entries.where else without + 1
        for what in storm.wrong - wrong:
            storm.wrong[f"at the entry of {entries.where}: {what}"] += storm.wrong.pop(what)
    sys.unraisablehook = hook
    signal.signal(signal.SIGALRM, handler)
    print(f"{storm.strikes} strikes in {storm.rounds} rounds; {storm.broken} channels were broken")
    found = "; ".join(f"{count} times: {what}" for what, count in storm.wrong.most_common(8))
    assert not storm.wrong, f"{storm.strikes} strikes, one in each round: {found}"


@run_case.each(strikes=[1, MANY])
def a_strike_at_each_entry_in_run(module: Any, strikes: int) -> None:
    """Let a handler raise at the entry of a function: `run` lets that out, and nothing stays."""
    _at_each_entry(lambda storm: _run_once(module, storm), strikes)


@case.each(duplex=[False, True], strikes=[1, MANY])
def a_strike_at_each_entry(module: Any, duplex: bool, strikes: int) -> None:
    """Let a handler raise at the entry of a function: nothing is lost or left, or it is an error.

    strikes: at each function.
    """
    _at_each_entry(lambda storm: _carry_in_a_block(module, duplex, storm, _PATIENCE), strikes)
