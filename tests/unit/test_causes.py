"""One cause is told once, and a clause fails for what it names."""

import math

import pytest

from tests.harness import causes, limits, plain
from tests.harness.hang import Explained
from tests.harness.outcome import Outcome
from tests.harness.trouble import Crashed, Hung, Inexact, Trouble

DEATH = Explained("run(30, 3) did not return.\nThe caller waits.", "get < run", True, ("30", "3"))
QUIET = DEATH._replace(of_a_death=False)
OTHER = QUIET._replace(signature="join < run")


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Name a module that is right in plain surroundings."""
    for name in ("unanswered", "small_trouble"):
        monkeypatch.setattr(plain, name, lambda target: "")
    monkeypatch.setattr(plain, "run_trouble", lambda target, n, workers: "")
    return str(request.node.nodeid)


def _hung(explained: Explained) -> Hung:
    outcome = Outcome()
    outcome.add_hang(explained)
    return Hung(explained.text, outcome)


def _verdict(clause: str, target: str, trouble: Trouble) -> str:
    """Return "failed" or "skipped" and the text of what `settle` raises."""
    try:
        causes.settle(clause, target, trouble)
    except pytest.fail.Exception as failure:
        causes.note(clause, target, "failed")
        return f"failed: {failure}"
    except pytest.skip.Exception as skip:
        return f"skipped: {skip}"


def test_a_hang_is_told_in_full_once(target: str) -> None:
    """A later clause that names it fails in one line; one that does not is not judged."""
    head = DEATH.text.splitlines()[0]
    assert _verdict("C1", target, _hung(DEATH)) == f"failed: HANG: {DEATH.text}"
    assert _verdict("C2", target, _hung(DEATH)) == f"failed: as C1: {head}"
    assert _verdict("C1", target, _hung(DEATH)) == f"failed: as C1: {head}"
    for clause in ("B4", "D1", "E2", "F1"):
        assert _verdict(clause, target, _hung(DEATH)) == f"skipped: not judged: see C1: {head}"


def test_a_repeat_is_known_by_its_text(target: str) -> None:
    """By that its explanation is left out."""
    seen = [_verdict(clause, target, _hung(DEATH)) for clause in ("C1", "C2")]
    assert [causes.is_repeat(text.removeprefix("failed: ")) for text in seen] == [False, True]


def test_another_hang_is_told_by_itself(target: str) -> None:
    """One at another place, or without a fault in a worker."""
    for clause, hang in (("C1", DEATH), ("D1", QUIET), ("E1", OTHER)):
        assert _verdict(clause, target, _hung(hang)) == f"failed: HANG: {hang.text}"
    assert _verdict("E8", target, _hung(OTHER)).startswith("failed: as E1: ")


def test_a_hang_that_nobody_could_look_at_is_told_by_each(target: str) -> None:
    """Without a signature, two hangs may have two causes, unless both follow a death."""
    for clause in ("D1", "E1"):
        assert _verdict(clause, target, _hung(Explained("it hung"))) == "failed: HANG: it hung"
    seen = [_verdict(c, target, _hung(DEATH._replace(signature=""))) for c in ("C1", "C2")]
    assert seen[1].startswith("failed: as C1: ")


@pytest.mark.parametrize("clause", ["E2", "F1", "A3"])
def test_a_death_that_is_never_answered_is_for_c1(
    clause: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever clause meets it first."""
    monkeypatch.setattr(plain, "unanswered", lambda target: "HANG")
    seen = _verdict(clause, target, _hung(DEATH))
    assert "C1: run(30, 3) did not return." in seen
    assert _verdict("C1", target, _hung(DEATH)) == f"failed: HANG: {DEATH.text}"


def test_a_death_that_hangs_in_odd_surroundings_alone_is_their_clause_s(target: str) -> None:
    """Here the death of a worker is answered in plain ones."""
    assert _verdict("E2", target, _hung(DEATH)) == f"failed: HANG: {DEATH.text}"


def test_a_death_that_hangs_at_times_is_for_the_clauses_of_deaths(target: str) -> None:
    """A3 is about results: it neither tells the hang nor passes."""
    assert _verdict("A3", target, _hung(DEATH)).startswith("skipped: not judged: see clauses C: ru")
    assert _verdict("C4", target, _hung(DEATH)) == f"failed: HANG: {DEATH.text}"


def test_a_caller_that_computes_alone_is_for_a5(target: str) -> None:
    """Where A5 has found that it does the work itself."""
    hang = DEATH._replace(computes_alone=True)
    assert _verdict("C2", target, _hung(hang)) == f"failed: HANG: {DEATH.text}"
    causes.note("A5", target, "failed")
    assert _verdict("C8", target, _hung(hang)).startswith("skipped: not judged: see A5: the caller")


def _inexact(*cases: tuple[str, str]) -> Inexact:
    return Inexact("2 of 9 calls", [{"n": n, "workers": workers} for n, workers in cases])


@pytest.mark.parametrize(
    ("trouble", "stub"),
    [
        (_inexact(("30", "3")), "run_trouble"),
        (Crashed("CRASH: exit status 1"), "small_trouble"),
        (_hung(QUIET), "run_trouble"),
    ],
    ids=["inexact", "crashed", "hung"],
)
def test_what_goes_wrong_in_plain_surroundings_too_is_for_a1(
    trouble: Trouble, stub: str, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A1 itself fails by it, and so does each other clause once A1 has passed."""
    monkeypatch.setattr(plain, stub, lambda target, *run: "returned 2.0")
    assert _verdict("E1", target, trouble).startswith(("skipped: not judged: see A1", "failed: as"))
    assert _verdict("B4", target, trouble).startswith("skipped: not judged: see A1")
    causes.note("A1", target, "passed")
    if not isinstance(trouble, Hung):
        assert _verdict("E1", target, trouble) == f"failed: {trouble}"


def test_a_wrong_value_after_each_death_is_told_by_c1(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And by A3, which is about results."""
    monkeypatch.setattr(plain, "unanswered", lambda target: "returned nan")
    seen = [_verdict(clause, target, _inexact(("30", "3"))) for clause in ("A3", "C1", "C2")]
    assert seen == ["failed: 2 of 9 calls", "failed: 2 of 9 calls", "failed: as C1: 2 of 9 calls"]


def test_a_wrong_value_of_one_call_alone_is_the_clause_s(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If any of them is right in plain surroundings, these are not to blame."""
    monkeypatch.setattr(plain, "run_trouble", lambda target, n, workers: "wrong" * (n == 30))
    trouble = _inexact(("30", "3"), ("40", "3"))
    assert _verdict("E1", target, trouble) == "failed: 2 of 9 calls"


def test_a_transport_that_has_hung_is_waited_for_less(target: str) -> None:
    """But for trials whose workers sleep on purpose."""
    assert limits.quiet(target) == 30.0
    limits.set_pace(target, 2.0)
    assert math.isclose(limits.quiet(target), 50.0)
    _verdict("C1", target, _hung(DEATH))
    assert math.isclose(limits.quiet(target), 20.0)
    limits.set_pace(target, 0.15)
    assert limits.quiet(target) == 2.0
    with limits.quiet_after(math.inf):
        assert math.isinf(limits.quiet(target))
    assert limits.quiet(target) == 2.0
