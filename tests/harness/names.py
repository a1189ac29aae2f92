"""Names that a transport gave to what it made, and whether one can be foretold from another."""

import itertools
import random
import re
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple
from uuid import RFC_4122, UUID

from tests.harness.outcome import Message
from tests.system.objects import SYSTEM_V_KINDS

# Two numbers are close if they differ by less than a counter or a pid does between two runs, or by
# less than 1/65536 of their value, as times of a clock do.
_CLOSE, _CLOSE_BITS = 1024, 16

# Characters that a name has to draw: mkstemp(3) has six. Of five hexadecimal digits, a stranger can
# try all.
_ENOUGH = 6

# RFC 9562: versions 1 and 6 have no random part, or one of 14 bits.  The dashes may be left out.
_UUID = re.compile(r"(?<![0-9a-f])[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}(?![0-9a-f])")
_OF_TIME = (1, 6)

_NO_PID = "4194304"  # the least number that is no pid of Linux: proc_sys_kernel(5), pid_max


def of_run(messages: list[Message], turn: int) -> dict[tuple[str, str], set[str]]:
    """Return the names of one run in places of everybody, by kind and place; <pid> for each pid."""
    pids = {message["pid"] for message in messages}
    found = defaultdict(set)
    for message in messages:
        if message["kind"] == "appeared" and message["round"] == turn and message.get("top", True):
            name = message["name"]
            if message["what"] not in ("address", "abstract") and (message["what"], name) != (
                "msg",
                "0",  # IPC_PRIVATE: it has no key, sysvipc(7)
            ):
                for pid in pids:
                    name = re.sub(rf"(?<!\d){pid}(?!\d)", "<pid>", name)
                found[message["what"], message["place"]].add(name)
    return found


def _has_uuid_of_time(name: str) -> bool:
    """Tell whether there is a UUID in *name* that is the time and an address.

    One of 64 random numbers of that length looks like one.
    """
    found = _UUID.findall(name)
    uuids = (UUID(digits) for digits in found)
    return any(one.variant == RFC_4122 and one.version in _OF_TIME for one in uuids)


def _is_close(one: str, other: str) -> bool:
    """Tell whether one name can be guessed from the other: the same, or close numbers.

    Numbers of a counter, of processes or of a clock are close to each other.  Of two random
    numbers of 32 bits, one pair in ten thousand is.  UUIDs are, if both are made of the time.
    """
    if one == other or (_has_uuid_of_time(one) and _has_uuid_of_time(other)):
        return True
    for digits, base in ((r"\d+", 10), (r"(?<![0-9a-z])-?[0-9a-f]{4,}(?![0-9a-z])", 16)):
        if re.sub(digits, "#", one) != re.sub(digits, "#", other):
            continue
        pairs = zip(re.findall(digits, one), re.findall(digits, other), strict=True)
        values = [(int(a, base), int(b, base)) for a, b in pairs]
        if values and all(abs(a - b) < max(_CLOSE, abs(a) >> _CLOSE_BITS) for a, b in values):
            return True
    return False


def compared(trials: Sequence[list[Message]]) -> tuple[int, str]:
    """Compare the names of each run of *trials* with those of each other run.

    trials: their messages; each made two runs.
    Return how many names there were to compare, and a pair of them that is close, in words, or "".
    """
    runs = [of_run(messages, turn) for messages in trials for turn in range(2)]
    count, close = 0, ""
    for one, other in itertools.combinations(runs, 2):
        for where in one.keys() & other.keys():
            count += len(one[where])
            for a, b in itertools.product(one[where], other[where]):
                if not close and _is_close(a, b):
                    close = f"{' in '.join(where)}: {a} in one run, {b} in another"
    return count, close or _short(runs)


def _short(runs: Sequence[dict[tuple[str, str], set[str]]]) -> str:
    """Return in words where all names differ from each other in a few characters; "" if nowhere.

    Of two random names some characters are alike by chance, so what differs most counts.
    """
    most: dict[tuple[str, str], tuple[int, str]] = {}
    for one, other in itertools.permutations(runs, 2):
        for where in one.keys() & other.keys():
            for name in () if where[0] in SYSTEM_V_KINDS else one[where]:
                differs = min(_differing(name, had) for had in other[where])
                most[where] = max(most.get(where, (0, "")), (differs, name))
    for where, (length, name) in sorted(most.items()):
        if length < _ENOUGH:
            return f"{' in '.join(where)}: {name}, of which {length} characters differ in others"
    return ""


class Named(NamedTuple):
    """An object to be made: its kind, as `tests.system.objects.kind_of` has it, place and name."""

    what: str
    place: str
    name: str


def resembling(trials: Sequence[list[Message]]) -> list[Named]:
    """Return objects whose names resemble those of runs, as another program's may.

    trials: the messages of trials; each made two runs.
    A name that two runs gave is returned as it is; of two names, what they have in common.  Keys of
    System V objects are left out: all of them look alike.
    """
    runs = [of_run(messages, turn) for messages in trials for turn in range(2)]
    found = set()
    for one, other in itertools.pairwise(runs):
        for what, place in one.keys() & other.keys():
            for name in () if what in SYSTEM_V_KINDS else one[what, place]:
                nearest = max(other[what, place], key=lambda had: len(_common(name, had)))
                drawn = _resembling(name, nearest).replace("<pid>", _NO_PID)
                found.add(Named(what, place, drawn))
    return sorted(found)


def _common(one: str, other: str) -> str:
    """Return the longest beginning of both."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(character for character, _ in same)


def _resembling(one: str, other: str) -> str:
    """Return a name with the same beginning and end as both, and other characters in between."""
    middle = _middle(one, other)
    head = _common(one, other)
    tail = one[len(head) + len(middle) :]
    drawn = random.Random(f"{one} {other}")
    return head + "".join(drawn.choice(one[len(head) :]) for _ in middle) + tail


def _differing(one: str, other: str) -> int:
    """Return how many characters of *one* differ; "<pid>", maybe a random digit, counts as one."""
    return len(_middle(*(name.replace("<pid>", "#") for name in (one, other))))


def _middle(one: str, other: str) -> str:
    """Return what is in *one* between what both begin and what both end with."""
    head = len(_common(one, other))
    tail = len(_common(one[head:][::-1], other[head:][::-1]))
    return one[head : len(one) - tail]
