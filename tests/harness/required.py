"""What is unsupported here is one skip, or one error if --require names it.

Each transport is asked once before any test runs.  With pytest-xdist the controller asks and tells
the others, which must all collect the same tests.
"""

from collections.abc import Collection, Iterable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from report.results import clause_of, transport_of
from tests import harness
from transports import NAMES

__all__ = ["Required", "check", "has"]

_TOLD = "ipc_conformance_unsupported"  # in what the controller tells


def check(names: str, given: Collection[str]) -> None:
    """Raise UsageError if *names*, of --require, has a name that does not exist.

    given: the transports to be tested.
    """
    asked = set(filter(None, names.split(",")))
    left_out = {name for name in asked if name.startswith("-")}
    unknown = asked - left_out - {"all", *given}
    unknown |= left_out - {f"-{name}" for name in (*given, *NAMES)}
    if unknown:
        raise pytest.UsageError(
            f"--require: no transport {', '.join(sorted(unknown))}; built in are {', '.join(NAMES)}"
        )
    if left_out and "all" not in asked:
        raise pytest.UsageError(f"--require: {min(left_out)} is left out of 'all': all,{names}")


def has(names: str, transport: str) -> bool:
    """Tell whether *names*, of --require, ask for *transport*."""
    asked = names.split(",")
    if transport in asked:
        return True
    # "all" means those that need no extra of pyproject.toml.
    of_all = "all" in asked and not harness.support(harness.module_of(transport)).extra
    return of_all and f"-{transport}" not in asked


def _reasons(names: Iterable[str]) -> dict[str, str]:
    """Return why each of *names* is unsupported; those that are supported are left out."""
    found = {}
    for name in names:
        answer = harness.support(harness.module_of(name))
        # Where a transport could not be asked, its tests fail, and show why.
        if not answer.error and answer.reason is not None:
            found[name] = answer.reason
    return found


class Unsupported(pytest.Item):
    """Stands for all tests of a transport that is unsupported here: one skip, or one error.

    callspec: as that of a test of the transport.
    judges: whether it stands for a test of a clause.
    """

    def __init__(
        self,
        *,
        transport: str,
        reason: str,
        required: bool,
        instead_of: list[pytest.Item],
        **more: Any,
    ) -> None:
        name = f"transport[{transport}]"
        super().__init__(name=name, nodeid=f"transports::{name}", **more)
        self.callspec = SimpleNamespace(params={"transport": transport})
        self.judges = any(clause_of(item) for item in instead_of)
        self._reason = reason
        self._required = required

    def setup(self) -> None:
        """Skip, or fail where the transport is required, with the reason."""
        name = self.callspec.params["transport"]
        if self._required:
            why = f"required transport {name} is unsupported: {self._reason}"
            pytest.fail(f"{why}\nNone of its clauses was run.", pytrace=False)
        pytest.skip(f"{name}: {self._reason}")

    def runtest(self) -> None:
        """Do nothing: setup has said all."""

    def reportinfo(self) -> tuple[str, int, str]:
        """Return where it is, as pytest prints it."""
        return "transports", 0, self.name


class Required:
    """The plugin that puts one item in the place of all tests of an unsupported transport."""

    def __init__(self, required: str, given: Sequence[str]) -> None:
        """Ask nothing yet.

        required: of --require.
        given: the transports to be tested.
        """
        self._required = required
        self._given = given
        self._told: dict[str, str] | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Ask all transports, and tell a process of pytest-xdist what they said."""
        if self._told is None:
            self._told = _reasons(self._given)
        node.workerinput[_TOLD] = self._told

    @pytest.hookimpl(trylast=True)  # when -k and -m have chosen
    def pytest_collection_modifyitems(
        self, session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Replace the tests of each unsupported transport."""
        if config.option.collectonly:  # a list of tests takes no trial
            return
        names = dict.fromkeys(filter(None, map(transport_of, items)))
        told: dict[str, str] | None = getattr(config, "workerinput", {}).get(_TOLD)
        reasons = _reasons(names) if told is None else told
        lost = [item for item in items if transport_of(item) in reasons]
        kept = [item for item in items if transport_of(item) not in reasons]
        for name in names:
            if name in reasons:
                mine = [item for item in lost if transport_of(item) == name]
                kept.append(
                    Unsupported.from_parent(
                        session,
                        transport=name,
                        reason=reasons[name],
                        required=has(self._required, name),
                        instead_of=mine,
                    )
                )
        if lost:
            config.hook.pytest_deselected(items=lost)
            items[:] = kept
