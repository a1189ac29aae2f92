"""G. Closed to others: an intruder finds no way in, or changes no result.

The intruder is another process, of another user or of the same one: see tests.intruder.
"""

import ipaddress
import itertools
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from report.results import RecordProperty
from tests import harness
from tests.harness import checks, limits, named_runs, names, plain
from tests.harness.apart import refused
from tests.harness.attacked_runs import NOTHING, STREAM
from tests.harness.intrusion import AttackedRun, Intrusion, intrude, other_uid
from tests.harness.places import SHARED
from tests.harness.trouble import not_judged

# The attacks of another user, which the system or the transport refuses: one run for each.
OTHER = (
    "take", "alter", "remove", "chmod", "link", "block", "code", "garbage", "half",
    "witness at exit", "replay", "silence", "flood",
)  # fmt: skip

# The attacks of the same user. Those "at exit" come when the workers have made all that they make.
SAME = (
    "code", "garbage", "half", "man_in_the_middle", "witness at exit", "replay", "forge", "silence",
    "flood", "take", "alter", "chmod", "remove", "remove at exit", "block", "block at exit", "link",
    "link at exit", "link_inside",
)  # fmt: skip

_MORE_TIMES = 2  # that names are compared which were close

STREAM_SECONDS = 5  # of runs under attack: some hundreds

WHO = pytest.mark.parametrize("who", ["another user", "the same user"])


@cache
def _another(transport: str) -> Intrusion:
    return intrude(transport, OTHER, other_uid())


@cache
def _same(transport: str) -> Intrusion:
    return intrude(transport, SAME)


def _intrusion(transport: str, who: str) -> Intrusion:
    """Return what *who* did to *transport*; skip where this process cannot become another user."""
    if not Path("/proc/net/unix").exists():
        pytest.skip("no /proc/net, in which the intruder finds sockets")
    if who == "the same user":
        return _same(transport)
    if other_uid() is None:
        pytest.skip("cannot become another user: not root, or no other uid is mapped here")
    intrusion = _another(transport)
    if not intrusion.reaches:
        pytest.skip("the other user reaches no directory that a transport would use")
    return intrusion


def _is_good(run: AttackedRun, who: str) -> bool:
    """Tell whether a run ended in time with the exact result; under the same user, or an error."""
    good = ("exact",) if who == "another user" else ("exact", "error")
    return run.result in good and limits.in_time(run.call or {}, run.lost)


def _check_attacked(
    record_property: RecordProperty, transport: str, who: str, clause: str, *attacks: str
) -> None:
    """Fail unless the runs under *attacks* ended well, in time, and left nothing."""
    intrusion = _intrusion(transport, who)
    _needs_calm(intrusion)
    runs = intrusion.of(*attacks)
    assert len(runs) >= len(attacks), f"only {[run.way for run in runs]} were tried"
    wrong = [run for run in runs if not _is_good(run, who)]
    attempts = sum(run.attempts for run in runs)
    record_property(
        clause,
        f"{attempts} attacks by {who}" if intrusion.found else f"{who} sees nothing",
    )
    if wrong and all(run.call is None for run in wrong):
        plain.needs_answered_deaths(transport)  # an attack may end a worker
    inside = _inside(intrusion) if who == "another user" and clause == "G5" else []
    if inside and wrong and all(run.result == "error" for run in wrong):
        not_judged(f"see G1: another user can {inside[0]}: {_describe(wrong[0])}")
    if wrong:
        pytest.fail("\n".join(map(_describe, wrong)), pytrace=False)
    leaves = plain.leaves(transport)
    for outcome in intrusion.outcomes:
        # A hang fails the clause of its attack, above; a worker that cannot go on may say so.
        if outcome.verdict not in ("HANG", "DISTURBED"):
            (checks.no_orphan if leaves else checks.nothing_left)(outcome)
    assert leaves or not intrusion.left, f"left in the temporary directory: {intrusion.left}"


def _inside(intrusion: Intrusion) -> list[str]:
    """Return what an intruder could do to objects; to a port everybody can connect."""
    return [what for what in intrusion.entered if what.split()[1] not in ("tcp", "udp")]


def _needs_calm(intrusion: Intrusion) -> None:
    """Skip where no run was exact that nobody attacked."""
    calm = [c for o in intrusion.outcomes for c in o.calls() if c.get("way") == NOTHING]
    if not any(harness.state(call) == "exact" for call in calm):
        not_judged("see A1: no run was exact that nobody attacked")


def _describe(run: AttackedRun) -> str:
    if run.call is None:
        return f"{run.way}: {run.result}"
    text = f": {run.call['error']}: {run.call['text']}" if "error" in run.call else ""
    return f"{run.way}: {run.result}, {run.lost:.2f} s lost{text}"


def _own(messages: list[harness.Message]) -> list[harness.Message]:
    """Leave out what appeared in a shared directory, where other programs may have made it.

    What the trial has made stays, and sockets and FIFOs: see `tests.harness.trial.may_be_ours`.
    """
    if not refused():
        return messages
    made = {(m["place"], m["name"]) for m in messages if m["kind"] == "named" and m["made"]}
    return [
        message
        for message in messages
        if message["kind"] != "appeared"
        or message.get("place") not in SHARED
        or message["what"] in ("socket", "fifo")
        or (message["place"], message["name"]) in made
    ]


def _appeared(transport: str) -> list[list[harness.Message]]:
    """Return the messages of the trials that nobody attacks, without what others have made."""
    outcomes = named_runs.undisturbed(transport)
    for outcome in outcomes:
        checks.all_exact(checks.no_orphan(outcome).calls())
    return [_own(outcome.messages) for outcome in outcomes]


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
    """G1: it cannot read, write, connect, remove or delay; to a port, it connects in vain."""
    attacks = ("take", "alter", "remove", "chmod", "link", "block")
    _check_attacked(record_property, transport, "another user", "G1", *attacks)
    inside = _inside(_intrusion(transport, "another user"))
    assert not inside, "another user can " + "; ".join(inside[:10])


@pytest.mark.clause("G2")
def test_the_same_user_changes_no_result(transport: str, record_property: RecordProperty) -> None:
    """G2: it takes, alters, removes, replaces, forges, passes on: exact, or an error in time."""
    attacks = ("take", "alter", "remove", "chmod", "block", "man_in_the_middle", "forge")
    _check_attacked(record_property, transport, "the same user", "G2", *attacks)


@pytest.mark.clause("G3")
def test_no_name_can_be_foretold(transport: str, record_property: RecordProperty) -> None:
    """G3: not from another run, nor with pids, a counter, the clock or a known random seed.

    Nor may it be one of few.  Of random numbers some are close by chance, so names that are close
    have to be so again.
    """
    count, close = names.compared(_appeared(transport))
    for _ in range(_MORE_TIMES):
        if not close:
            break
        again = named_runs.trials(transport)
        _, close = names.compared([_own(outcome.messages) for outcome in again])
    assert not close, close
    record_property("G3", f"{count} names compared")


@pytest.mark.clause("G3")
def test_no_symbolic_link_is_followed(transport: str, record_property: RecordProperty) -> None:
    """G3: planted where earlier runs had their names, or put in their place during a run."""
    followed = _intrusion(transport, "the same user").followed
    assert not followed, f"followed a link that the same user has put: {followed}"
    _check_attacked(record_property, transport, "the same user", "G3", "link", "link_inside")
    guesses: dict[str, list[str]] = defaultdict(list)
    for messages in _appeared(transport):
        for (what, place), found in names.of_run(messages, 0).items():
            if what in ("file", "fifo", "socket", "directory"):
                guesses[place] += found
    if guesses:
        planted = intrude(transport, [NOTHING], other_uid(), names=dict(guesses))
        record_property("G3", f"{planted.attempts} links planted before the run")
        assert not planted.followed, f"followed a link that was planted: {planted.followed}"
        for run in planted.runs:
            assert run.result == "exact", f"links planted before: {_describe(run)}"


@pytest.mark.clause("G4")
@WHO
def test_bytes_are_never_code(transport: str, who: str, record_property: RecordProperty) -> None:
    """G4: pickles, marshalled code and programs as text, in every frame, are not run.

    What they do to the result is for clause G5.
    """
    intrusion = _intrusion(transport, who)
    assert not intrusion.marked, f"what {who} sent was run as code"
    _needs_calm(intrusion)
    attempts = sum(run.attempts for run in intrusion.of("code"))
    if not intrusion.of("code"):
        not_judged("see G5: the runs ended before code was sent")
    record_property("G4", f"{attempts} programs sent by {who}")


@pytest.mark.clause("G5")
@WHO
def test_no_frame_of_a_stranger_counts(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G5: garbage, plausible values, half, oversized and replayed frames, and programs.

    Replayed are frames of the same run, and those that were seen in earlier ones.
    """
    attacks = ("garbage", "half", "witness", "replay", "code")
    _check_attacked(record_property, transport, who, "G5", *attacks)


@pytest.mark.clause("G6")
@WHO
def test_silence_and_floods_delay_nobody(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G6: less than a second more than undisturbed, with 256 descriptors to be had."""
    _check_attacked(record_property, transport, who, "G6", "silence", "flood")


@pytest.mark.exhaustive
@pytest.mark.clause("G5")
@WHO
def test_strikes_at_a_stream_of_runs_change_nothing(
    transport: str, who: str, record_property: RecordProperty
) -> None:
    """G5: all attacks in turn, on runs that nobody stops."""
    _intrusion(transport, who)  # skips where there is no such user
    another = who == "another user"
    attacks, uid = (OTHER, other_uid()) if another else (SAME, None)
    intrusion = intrude(transport, attacks, uid, stream=STREAM_SECONDS)
    runs = intrusion.of(STREAM)
    record_property("G5", f"{len(runs)} runs under {intrusion.attempts} attacks by {who}")
    wrong = [run for run in runs if not _is_good(run, who)]
    assert runs
    assert not wrong, "\n".join(map(_describe, wrong[:10]))
