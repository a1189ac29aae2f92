"""The border between the two sides of a trial: calls by function, and the table of messages."""

import ast
import itertools
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest

from tests.harness import ROOT, Outcome
from tests.scenarios import __main__ as program
from tests.scenarios import basics
from tests.scenarios.protocol import KINDS, Log, call, resolve

LOGS = {"log", "self._log", "self"}  # what a log is called in the code; "self" in its own class

SCENARIOS = sorted((ROOT / "tests" / "scenarios").glob("*.py"))


def _logged(tree: ast.AST) -> Iterator[tuple[str, set[str | None]]]:
    """Yield the kind of each message, and the names of its fields; None stands for **facts.

    The kind follows the log: log("kind", ...) or atexit.register(log, "kind", ...).
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if ast.unparse(node.func) == "in_caller":  # the name of a case comes after the log
            continue
        fields = {keyword.arg for keyword in node.keywords}
        if ast.unparse(node.func) == "log.call":
            yield "outcome", fields - {"once"}
        for word, following in itertools.pairwise([node.func, *node.args]):
            if ast.unparse(word) not in LOGS:
                continue
            if isinstance(following, ast.Constant) and isinstance(following.value, str):
                yield following.value, fields
            else:  # another function that takes a log
                assert word is not node.func, f"line {node.lineno}: the kind is not a literal"


@cache
def _all_logged() -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = defaultdict(set)
    for path in SCENARIOS:
        for kind, fields in _logged(ast.parse(path.read_text("utf-8"))):
            found[kind] |= fields
    return dict(found)


def _fields(kind: str) -> set[str]:
    return {field.partition(":")[0].strip() for field in KINDS[kind].split(";")} - {""}


def test_the_table_has_every_kind_of_message_and_no_other() -> None:
    """Read from the code of the scenarios."""
    assert set(_all_logged()) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_the_table_has_the_fields_of_a_message(kind: str) -> None:
    """Those that the code names; it may give others in a dict."""
    fields = _all_logged().get(kind, set()) - {None}
    assert fields <= _fields(kind)


def test_an_outcome_has_no_other_kinds() -> None:
    """A misspelt kind is an error, and not an empty list."""
    outcome = Outcome()
    assert not outcome.of("born")
    with pytest.raises(KeyError, match="birth"):
        outcome.of("born", "birth")


def nothing(module: ModuleType, log: Log, text: object = "") -> None:
    """Stand in for a scenario."""


def test_a_call_has_the_address_of_its_function() -> None:
    """By which the interpreter under test finds it."""
    request = call(nothing, text="some").request
    assert request == {
        "function": "tests.unit.test_protocol:nothing", "args": [], "kwargs": {"text": "some"},
    }  # fmt: skip
    assert resolve("tests.unit.test_protocol:nothing") is nothing


def test_a_call_that_cannot_be_sent_is_refused_when_it_is_made() -> None:
    """A function without an address, or an argument that JSON does not have."""
    with pytest.raises(TypeError, match="cannot be imported by its name"):
        call(lambda module, log: None)
    with pytest.raises(TypeError, match="not JSON serializable"):
        call(nothing, text=object())


def test_the_program_knows_the_scenario_with_rules_of_its_own() -> None:
    """By its address, which it has as text."""
    assert call(basics.support).request["function"] == program.SUPPORT


# ctypes comes first: libffi may keep its own file open from then on.
EFFECTS = """
import ctypes, importlib, os, signal, sys

def state():
    handlers = [signal.getsignal(number) for number in signal.valid_signals()]
    return handlers, dict(os.environ), os.listdir("/dev/fd"), sys.getprofile()

def note(*hooks, **more):
    registered_by = sys._getframe(1).f_globals["__name__"]
    assert not registered_by.startswith("tests."), registered_by

os.register_at_fork = sys.addaudithook = note  # modules of the standard library may call them
before = state()
for name in sys.argv[1:]:
    importlib.import_module(f"tests.scenarios.{name}")
assert state() == before
"""


def test_to_import_a_scenario_has_no_effect() -> None:
    """No handler of a signal, no hook, no descriptor, no variable: pytest's process imports it."""
    names = [path.stem for path in SCENARIOS if path.stem != "__init__"]
    command = [sys.executable, "-c", EFFECTS, *names]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
