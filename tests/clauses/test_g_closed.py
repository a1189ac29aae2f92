"""G. Closed to others: strangers find no way in, or change nothing there."""

import ipaddress
import itertools
import os
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, limits
from tests.harness.intrusion import Struck, Visit, bearing, other_uid, visit
from tests.intruder.paths import own_directory

# What another user does, who is refused by the system, or by the transport: one run for each.
OTHER = (
    "take", "alter", "remove", "deny", "link", "jam", "bomb", "garbage", "half", "replay",
    "silence", "flood",
)  # fmt: skip

# What the same user does, also when what the workers have made is all there.
SAME = (
    "bomb", "garbage", "half", "replay", "middle", "silence", "flood", "take", "alter", "deny",
    "remove", "remove at exit", "jam", "jam at exit", "link", "link at exit", "lay",
)  # fmt: skip

WHO = pytest.mark.parametrize("who", ["another user", "the same user"])

TEMPORARY = "TMPDIR"  # stands for the temporary directory of a trial in the place of its name


@cache
def _another(transport: str) -> Visit:
    return visit(transport, OTHER, other_uid())


@cache
def _same(transport: str) -> Visit:
    return visit(transport, SAME)


def _visit(transport: str, who: str) -> Visit:
    """Return the visit to *transport* of *who*; skip where there is nobody else to be."""
    if not Path("/proc/net/unix").exists():
        pytest.skip("no /proc/net, by which the stranger finds sockets")
    if who == "the same user":
        return _same(transport)
    if other_uid() is None:
        pytest.skip("cannot become another user: not root, or no other uid is mapped here")
    seen = _another(transport)
    if not seen.reaches:
        pytest.skip("the other user reaches no directory that a transport would use")
    return seen


def _borne(
    record_property: RecordProperty, transport: str, who: str, clause: str, *hows: str
) -> None:
    """Fail unless the runs struck in one of *hows* ended well, in time, and left nothing.

    Well is exact; for strikes of the same user, an error too.
    """
    seen = _visit(transport, who)
    runs = seen.of(*hows)
    assert len(runs) >= len(hows), f"only {[run.way for run in runs]} were tried"
    good = {"exact"} if who == "another user" else {"exact", "error"}
    wrong = [run for run in runs if bearing(run) not in good or run.lost > limits.SECOND]
    tried = sum(run.tried for run in runs)
    record_property(clause, f"{tried} strikes by {who}" if seen.found else f"{who} sees nothing")
    if wrong:
        pytest.fail("\n".join(map(_tell, wrong)), pytrace=False)
    leaves = _leaves(transport)
    for outcome in seen.outcomes:
        # A hang is told where it was, and a worker that cannot go on may say so.
        if outcome.verdict not in ("HANG", "DISTURBED"):
            (checks.no_orphan if leaves else checks.nothing_left)(outcome)
    assert leaves or not seen.left, f"left in the temporary directory: {seen.left}"


def _tell(run: Struck) -> str:
    text = f": {run.call['error']}: {run.call['text']}" if run.call and "error" in run.call else ""
    return f"{run.way}: {bearing(run)}, {run.lost:.2f} s lost{text}"


@cache
def _undisturbed(transport: str) -> list[harness.Outcome]:
    """Return two trials of two runs each, under umask 0, that nobody disturbs."""
    found = []
    for _ in range(2):
        with own_directory("ipc-named-") as directory:
            place = str(directory)
            outcome = harness.run_trial(
                transport,
                "exposure.named",
                env={"TMPDIR": place},
                n=20,
                workers=2,
                times=2,
                places=[[place], list(harness.SHARED)],
            )
            for name in os.listdir(place):
                outcome.add_fault("LEAK", f"{name} in the temporary directory")
        for message in outcome.of("appeared"):
            if message.get("place") == place:
                message["place"] = TEMPORARY
        found.append(outcome)
    return found


def _leaves(transport: str) -> bool:
    """Tell whether runs that nobody disturbs leave something: then that is for B to say."""
    return any(verdict == "LEAK" for run in _undisturbed(transport) for verdict, _ in run.faults)


def _own(messages: list[harness.Message]) -> list[harness.Message]:
    """Leave out what appeared where others make files, too, if the trial has not made it."""
    made = {(m["place"], m["name"]) for m in messages if m["kind"] == "named" and m["made"]}
    return [
        message
        for message in messages
        if message["kind"] != "appeared"
        or message.get("place") not in harness.SHARED
        or (message["place"], message["name"]) in made
    ]


def _appeared(transport: str) -> list[list[harness.Message]]:
    """Return what appeared in the trials that nobody disturbs."""
    for outcome in _undisturbed(transport):
        checks.all_exact(checks.no_orphan(outcome).calls())
    return [outcome.messages for outcome in _undisturbed(transport)]


@pytest.mark.clause("G1")
def test_what_appears_is_for_its_owner_alone(
    transport: str, record_property: RecordProperty
) -> None:
    """G1: from the first moment, under umask 0: no mode for others, no address for them."""
    seen = 0
    for message in itertools.chain(*_appeared(transport)):
        if message["kind"] != "appeared":
            continue
        seen += 1
        what, name = message["what"], message["name"]
        assert what != "abstract", f"anybody can connect to the abstract socket {name}"
        if what == "address":
            assert ipaddress.ip_address(name).is_loopback, f"listens on {name}"
        elif message.get("top", True):
            assert message["mode"] & 0o077 == 0, f"{what} {name} has mode {message['mode']:o}"
    record_property("G1", f"{seen} names and addresses")


@pytest.mark.clause("G1")
def test_another_user_finds_no_way_in(transport: str, record_property: RecordProperty) -> None:
    """G1: he cannot read, write, connect, remove or hold up; to a port, he connects in vain."""
    ways = ("take", "alter", "remove", "deny", "link", "jam")
    _borne(record_property, transport, "another user", "G1", *ways)
    entered = _visit(transport, "another user").entered
    inside = [what for what in entered if what.split()[1] not in ("tcp", "udp")]
    assert not inside, "another user can " + "; ".join(inside[:10])


@pytest.mark.clause("G2")
def test_the_same_user_changes_no_result(transport: str, record_property: RecordProperty) -> None:
    """G2: he takes, alters, removes, replaces and passes on: exact, or an error in time."""
    ways = ("take", "alter", "remove", "deny", "jam", "middle")
    _borne(record_property, transport, "the same user", "G2", *ways)


def _names(messages: list[harness.Message], turn: int) -> dict[tuple[str, str], set[str]]:
    """Return the names of one run that others may meet, by kind and place, without numbers."""
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


def _alike(one: str, other: str) -> bool:
    """Tell whether one name leads to the other: the same, or numbers from one counter.

    Numbers of a counter, of processes or of a clock are near each other; of two random
    numbers of 32 bits, one pair in ten thousand is.
    """
    if one == other:
        return True
    for digits, base in ((r"\d+", 10), (r"(?<![0-9a-z])-?[0-9a-f]{4,}(?![0-9a-z])", 16)):
        if re.sub(digits, "#", one) != re.sub(digits, "#", other):
            continue
        pairs = zip(re.findall(digits, one), re.findall(digits, other), strict=True)
        values = [(int(a, base), int(b, base)) for a, b in pairs]
        if values and all(abs(a - b) < max(1024, abs(a) >> 16) for a, b in values):
            return True
    return False


@pytest.mark.clause("G3")
def test_no_name_can_be_foretold(transport: str, record_property: RecordProperty) -> None:
    """G3: not from another run, nor with pids, a counter, the clock or a known random seed."""
    runs = [_names(messages, turn) for messages in _appeared(transport) for turn in range(2)]
    count = 0
    for one, other in itertools.combinations(runs, 2):
        for where in one.keys() & other.keys():
            count += len(one[where])
            for a, b in itertools.product(one[where], other[where]):
                assert not _alike(a, b), f"{' in '.join(where)}: {a} in one run, {b} in another"
    record_property("G3", f"{count} names compared")


@pytest.mark.clause("G3")
def test_no_symbolic_link_is_followed(transport: str, record_property: RecordProperty) -> None:
    """G3: laid where earlier runs had their names, or put in their place during a run."""
    seen = _visit(transport, "the same user")
    assert not seen.followed, f"followed a link that the same user has put: {seen.followed}"
    _borne(record_property, transport, "the same user", "G3", "link", "lay")
    guesses: dict[str, list[str]] = defaultdict(list)
    for messages in _appeared(transport):
        for (what, place), names in _names(_own(messages), 0).items():
            if what in ("file", "fifo", "socket", "directory"):
                guesses[place] += names
    if guesses:
        laid = visit(transport, ["nothing"], other_uid(), names=dict(guesses))
        record_property("G3", f"{laid.tried} links laid ahead")
        assert not laid.followed, f"followed a link that was laid ahead: {laid.followed}"
        for run in laid.struck:
            assert bearing(run) == "exact", f"links laid ahead: {_tell(run)}"


@pytest.mark.clause("G4")
@WHO
def test_bytes_are_never_code(transport: str, who: str, record_property: RecordProperty) -> None:
    """G4: pickles, marshalled code and programs as text, in every frame, are not run."""
    seen = _visit(transport, who)
    assert not seen.marked, f"what {who} sent was run"
    _borne(record_property, transport, who, "G4", "bomb")


@pytest.mark.clause("G5")
@WHO
def test_no_frame_of_a_stranger_counts(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G5: garbage, plausible values, half, oversized and replayed frames."""
    _borne(record_property, transport, who, "G5", "garbage", "half", "replay")


@pytest.mark.clause("G6")
@WHO
def test_silence_and_floods_delay_nobody(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G6: less than a second more than undisturbed, with 256 descriptors to be had."""
    _borne(record_property, transport, who, "G6", "silence", "flood")


@pytest.mark.exhaustive
@pytest.mark.clause("G5")
@WHO
def test_strikes_at_a_stream_of_runs_change_nothing(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G5: all ways in turn, at runs that nobody stops."""
    _visit(transport, who)
    another = who == "another user"
    hows = OTHER if another else SAME
    seen = visit(transport, hows, other_uid() if another else None, stream=5)
    runs = seen.of("harass")
    good = {"exact"} if another else {"exact", "error"}
    record_property("G5", f"{len(runs)} runs under {seen.tried} strikes by {who}")
    wrong = [run for run in runs if bearing(run) not in good or run.lost > limits.SECOND]
    assert runs
    assert not wrong, "\n".join(map(_tell, wrong[:10]))
