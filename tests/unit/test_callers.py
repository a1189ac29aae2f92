"""The callers of clauses E4 and E8 are what they are called."""

from tests import harness
from tests.harness import checks
from tests.scenarios import odd_callers
from tests.unit import callers_scenarios

PARROT = "tests.unit.tells_its_caller"

KINDS = {
    "pid 1 of a PID namespace": "first",
    "a subreaper, which adopts orphans": "",
    "a daemonic process of multiprocessing": "daemonic",
    "an event loop of asyncio is set": "",
    "in a task of asyncio": "loop",
    "in an executor of asyncio": "thread",
    "sys.stdin, stdout and stderr None": "none",
    "sys.stdin, stdout and stderr closed": "closed memory",
    "sys.stdin, stdout and stderr in memory": "memory",
    "sys.stdin, stdout and stderr with nothing but write": "writes",
    "socket.setdefaulttimeout": "timeout",
    "multiprocessing.set_start_method": "spawn",
    "embedded: no sys.argv, no file of __main__": "embedded",
    "one whose workers have pids beyond 65535": "first",
    "a proxy for all addresses": "",
    "a host whose name has no address": "",
    "a name of the process with spaces and brackets": "",
    "a user without a name, a home and a runtime directory": "",
    "a handler of SIGCHLD that reaps every child": "handler reaped",
    "a thread that reaps every child": "reaped",
}


def test_a_caller_is_of_the_kind_that_its_case_names() -> None:
    """And of no other kind: each state ends with the caller that has entered it."""
    outcome = checks.finished(
        harness.run_trial(PARROT, harness.call(odd_callers.of_all_kinds, forks=True))
    )
    assert not outcome.of("failed")
    refused = {message["case"] for message in outcome.of("refused")}
    seen = {call["case"]: call["text"] for call in outcome.calls()}
    assert seen == {case: kind for case, kind in KINDS.items() if case not in refused}


def test_a_refused_namespace_is_told_and_no_failure() -> None:
    """The other callers run all the same."""
    outcome = checks.finished(
        harness.run_trial(PARROT, harness.call(callers_scenarios.without_namespaces))
    )
    assert not outcome.of("failed")
    refused = {message["case"] for message in outcome.of("refused")}
    assert refused >= {"pid 1 of a PID namespace", "one whose workers have pids beyond 65535"}
    assert {call["case"] for call in outcome.calls()} == KINDS.keys() - refused


def test_holders_have_each_descriptor_until_their_block_ends() -> None:
    """The end of a pipe does not come while one of them lives."""
    outcome = checks.finished(harness.run_trial(PARROT, harness.call(callers_scenarios.held)))
    (children,) = outcome.of("children")
    assert children["states"] == [False, True]


def test_holders_end_while_a_child_of_the_run_lives_on() -> None:
    """A pool that keeps its workers is not to blame: they have the pipe of the holders too."""
    outcome = harness.run_trial(PARROT, harness.call(callers_scenarios.kept), limit=10)
    assert outcome.verdict == "OK", outcome.faults
