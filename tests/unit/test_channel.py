"""Channels: many messages of any size arrive complete and in order, or there is an error."""

import time
from functools import cache

import pytest

from tests import harness
from tests.harness import checks, limits
from tests.scenarios import channel_faults, messages
from tests.system.pace import slowed
from tests.unit.cases import KINDS, WITH_A_NAME_AND_WITHOUT

# What the supervisor decides; what the code that transports have in common does.  The mechanism
# decides the other cases.
_OVER = {
    **dict.fromkeys(["timeout", "handler", "arguments"], WITH_A_NAME_AND_WITHOUT),
    **dict.fromkeys(["kinds", "more_than_it_holds", "answers_to_many", "one_direction"], KINDS),
    **dict.fromkeys(["left_early"], KINDS),
    "stopped_caller": ("tcp", *KINDS),  # tcp delivers later than it says so
}
CASES = [
    pytest.param(case, marks=pytest.mark.over(*_OVER[case]) if case in _OVER else ())
    for case in messages.CASES
]


@pytest.fixture
def channel(transport: str) -> str:
    """Return the transport if it has a channel, or skip with the reason."""
    if (reason := harness.support(transport).no_channel) is not None:
        pytest.skip(reason)
    return transport


@cache
def _trial(transport: str, cases: tuple[str, ...]) -> harness.Outcome:
    """Run one trial for all cases: to start an interpreter for each would take longer."""
    return harness.run_trial(transport, harness.call(messages.carried, cases), limit=30)


@pytest.fixture
def carried(request: pytest.FixtureRequest, channel: str) -> harness.Outcome:
    """Return the outcome of a trial that does all cases that are selected for the transport."""
    selected = [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    transport = request.node.callspec.params["transport"]
    cases = [p["case"] for p in selected if "case" in p and p["transport"] == transport]
    return _trial(channel, tuple(cases or messages.CASES))


@pytest.mark.parametrize("case", CASES)
def test_messages_come_whole_and_in_order(carried: harness.Outcome, case: str) -> None:
    """Each case is a function of that name in tests/scenarios/messages.py."""
    found = [message for message in carried.of("case") if message["case"] == case]
    assert found, f"not reached: {carried.faults}"
    assert found[0]["why"] is None


def test_a_channel_prints_nothing_and_brings_no_worker_back(carried: harness.Outcome) -> None:
    """Not even a warning on the standard error of the caller."""
    checks.not_disturbed(carried)


def test_nothing_is_left_of_a_channel(carried: harness.Outcome) -> None:
    """After all cases: no descriptor, child, thread, timer, mapping, file, queue or segment."""
    checks.nothing_left(carried)


def test_a_worker_that_ends_too_early_is_an_error_at_once(channel: str) -> None:
    """It is killed, raises or exits with 0: before, between and amid its messages."""
    outcome = checks.not_disturbed(
        checks.nothing_left(
            harness.run_trial(channel, harness.call(channel_faults.killed), limit=30)
        )
    )
    pairs = list(zip(outcome.of("injected"), outcome.of("channel_ended"), strict=True))
    assert len(pairs) == 10
    for injected, ended in pairs:
        late = ended["at"] - injected["at"]
        assert ended.get("error") == "WorkerError", ended
        assert f"worker 0 (pid {injected['pid']})" in ended["text"], ended
        assert "partial" not in ended, ended
        assert limits.in_time({"slowed": slowed()}, late), f"{late:.2f} s: {ended}"


@pytest.mark.over(*WITH_A_NAME_AND_WITHOUT)
def test_every_exception_of_a_worker_is_told(channel: str) -> None:
    """The error of `channel` has its worker, its type, and its text if there is one."""
    outcome = checks.not_disturbed(
        checks.nothing_left(
            harness.run_trial(channel, harness.call(channel_faults.raised), limit=30)
        )
    )
    raised = outcome.of("raised")
    assert [message["case"] for message in raised] == list(channel_faults.EXCEPTIONS)
    for message in raised:
        assert message["error"] == "WorkerError", message
        for part in (f"worker 0 (pid {message['worker']})", *message["parts"]):
            assert part in message["text"], message


@pytest.mark.over(*WITH_A_NAME_AND_WITHOUT)
def test_nothing_is_left_of_a_channel_whose_caller_is_killed(channel: str) -> None:
    """SIGKILL amid the messages; after 2 s no worker lives, and no object is left."""
    with harness.Trial(channel, harness.call(channel_faults.endless)) as trial:
        trial.expect("born", 2)
        time.sleep(0.05)
        trial.process.kill()
        checks.nothing_left(trial.finish(5, patience=2))
