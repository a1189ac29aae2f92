"""Workers of a channel that end too early, or raise; and a caller that is killed."""

import gc
import os
import signal
import time
from collections.abc import Callable
from types import ModuleType
from typing import Any

from tests.scenarios.messages import MIB, content
from tests.scenarios.protocol import Log, text_of
from tests.system import resources

_LONGER = 9  # seconds that the other worker waits: the error has to come within one
_AMID_A_MESSAGE = 0.02  # seconds after which a worker that sends large messages is amid one
_ASLEEP = 0.05  # seconds after which the caller sleeps


def killed(module: ModuleType, log: Log) -> None:
    """Let a worker end too early, at several points and in several ways; log each end.

    The other of two workers sends, or waits.
    """
    before = resources.of_this_process()

    def at(point: str, way: Any) -> Callable[[Any], None]:
        def end() -> None:
            log("injected", point=point, way=way)
            if way == "exit":
                os._exit(0)
            if way == "raise":
                raise ZeroDivisionError("planted by the suite")
            os.kill(os.getpid(), way)

        def work(link: Any) -> None:
            if link.worker == 1:
                if point == "while another sends":
                    while True:
                        link.send(b"more")
                time.sleep(_LONGER)
            if point == "first":
                end()
            elif point == "after some":
                for number in range(3):
                    link.send(content(0, number, 1000))
                end()
            elif point == "amid a message":
                signal.signal(signal.SIGALRM, lambda *_: end())
                signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGALRM])
                signal.setitimer(signal.ITIMER_REAL, _AMID_A_MESSAGE)
                while True:
                    link.send(bytes(8 * MIB))
            elif point == "while another sends":
                end()
            else:  # "asleep": the caller waits for a message
                time.sleep(_ASLEEP)
                end()

        return work

    cases = [
        ("first", signal.SIGKILL),
        ("first", "exit"),
        ("after some", signal.SIGKILL),
        ("after some", "raise"),
        ("amid a message", signal.SIGKILL),
        ("amid a message", "exit"),
        ("while another sends", signal.SIGKILL),
        ("while another sends", "exit"),
        ("asleep", signal.SIGKILL),
        ("asleep", "exit"),
    ]
    for point, way in cases:
        facts: dict[str, Any] = {"point": point, "way": str(way)}
        try:
            with module.channel(at(point, way), 2, duplex=point == "asleep") as channel:
                for worker, message in channel:
                    if worker == 0 and len(message) not in (1000, 8 * MIB):
                        facts["partial"] = len(message)
        except Exception as error:  # noqa: BLE001 - any error is a result
            facts |= {"error": type(error).__name__, "text": str(error)}
        log("channel_ended", **facts)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


class TwoArguments(Exception):  # noqa: N818 - its arguments are tested
    """An exception with arguments of its own: its pickle cannot be loaded."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(f"{one} and {two}")


class Unprintable(Exception):  # noqa: N818
    """An exception whose text cannot be asked for: str() raises."""

    def __str__(self) -> str:
        raise ValueError("no text")


def _raise_with_cause() -> None:
    try:
        raise KeyError("the cause")
    except KeyError as error:
        raise RuntimeError("the effect") from error


def _raise(error: BaseException) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


# What a worker raises, and the parts of the text that the error of `channel` must have.
EXCEPTIONS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "plain": (_raise(ValueError("plain text")), ("ValueError", "plain text")),
    "other arguments": (_raise(TwoArguments("one", "two")), ("TwoArguments", "one and two")),
    "SystemExit": (_raise(SystemExit(0)), ("SystemExit",)),
    "SystemExit with text": (_raise(SystemExit("why")), ("SystemExit", "why")),
    "KeyboardInterrupt": (_raise(KeyboardInterrupt()), ("KeyboardInterrupt",)),
    "GeneratorExit": (_raise(GeneratorExit()), ("GeneratorExit",)),
    "StopIteration": (_raise(StopIteration(3)), ("StopIteration",)),
    "umlauts": (_raise(ValueError("ümläut €")), ("ümläut €",)),
    "a lone surrogate": (_raise(OSError(os.fsdecode(b"caf\xe9"))), ("caf\\udce9",)),
    "a NUL": (_raise(ValueError("before\0behind")), ("before\0behind",)),
    "a megabyte": (_raise(ValueError("é" * MIB)), ("ValueError", "ééé")),
    "no text": (_raise(ValueError()), ("ValueError",)),
    "no text to be had": (_raise(Unprintable()), ("Unprintable",)),
    "several lines": (_raise(ValueError("first\nsecond")), ("first\nsecond",)),
    "a group": (_raise(ExceptionGroup("some", [ValueError("one")])), ("ExceptionGroup", "some")),
    "a cause": (_raise_with_cause, ("RuntimeError", "the effect")),
    "a syntax error": (_raise(SyntaxError("odd", ("x", 1, 1, "text"))), ("SyntaxError", "odd")),
}


def raised(module: ModuleType, log: Log) -> None:
    """Let a worker raise each of EXCEPTIONS while another one waits; log the errors."""
    before = resources.of_this_process()
    for case, (act, parts) in EXCEPTIONS.items():

        def work(link: Any, act: Callable[[], None] = act) -> None:
            if link.worker == 0:
                act()
            time.sleep(_LONGER)

        facts: dict[str, Any] = {"case": case, "parts": parts, "worker": None}
        try:
            with module.channel(work, 2) as channel:
                list(channel)
        except Exception as error:  # noqa: BLE001 - any error is a result
            facts |= {"error": type(error).__name__, "text": text_of(error)}
            facts["worker"] = getattr(error, "pid", None)
        log("raised", **facts)
    gc.collect()
    log("inside", new=resources.added(before, resources.of_this_process()))


def endless(module: ModuleType, log: Log) -> None:
    """Receive and answer without end, until the harness kills the caller."""

    def work(link: Any) -> None:
        log("born")
        while True:
            link.send(link.receive())

    with module.channel(work, 2, duplex=True) as channel:
        for worker in range(2):
            channel.send(worker, bytes(100))
        for worker, message in channel:
            channel.send(worker, message)
