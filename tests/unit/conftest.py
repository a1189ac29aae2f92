"""Fixtures of the tests that do cases, see `tests.unit.stage`; and a check of all of them."""

import os
import tempfile
from collections.abc import Iterator

import pytest

from tests import harness
from tests.system.files import remove_tree
from tests.unit.stage import Stage, stage_of
from transports import NAMES


def _is_of_another(item: pytest.Item) -> bool:
    """Tell whether a test is of the reference transports, and *item* of another module."""
    if "reference" not in getattr(item, "fixturenames", ()):
        return False
    name = str(item.callspec.params["transport"])  # type: ignore[attr-defined]
    return name not in NAMES


def _is_left_out(item: pytest.Item) -> bool:
    """Tell whether a test has the mark `over`, and its transport is not named in it."""
    over = item.get_closest_marker("over")
    return over is not None and item.callspec.params["transport"] not in over.args  # type: ignore[attr-defined]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what is promised of the reference transports alone, for any other module.

    And follow the mark `over`.  What the reference transports are made of is tested with the suite
    itself.
    """
    others = [item for item in items if _is_of_another(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in set(others)]
    for item in items:
        if not config.option.transport and _is_left_out(item):
            item.add_marker(pytest.mark.exhaustive)
        elif "reference" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.suite)


# These are kept on purpose: directories of pytest, and a program until the end of the suite.
_KEPT = ("pytest-of-", "ipc-floor-")


@pytest.fixture(scope="session")
def _temporary_files() -> Iterator[str]:
    """Give a directory for temporary files, with the mode of /tmp: some tests are another user."""
    place = tempfile.mkdtemp(prefix="ipc-unit-")  # short: it is a part of names of sockets
    os.chmod(place, 0o1777)  # noqa: S103
    yield place
    remove_tree(place)


@pytest.fixture(autouse=True, scope="module")
def _leaves_nothing(_temporary_files: str) -> Iterator[None]:
    """Fail where the tests of a file leave something among the temporary files of the machine."""
    before = os.listdir(_temporary_files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", _temporary_files)
        patch.setattr(tempfile, "tempdir", None)
        yield
    after = os.listdir(_temporary_files)
    left = sorted(name for name in {*after} - {*before} if not name.startswith(_KEPT))
    assert not left, f"tests of this file leave {left}"


@pytest.fixture
def reference(transport: str) -> str:
    """Return the module name of a reference transport."""
    return transport


@pytest.fixture
def run_stage(reference: str) -> Stage:
    """Return the stage of a transport."""
    return stage_of(reference)


@pytest.fixture
def channel_stage(reference: str) -> Stage:
    """Return the stage of a transport that has a channel, or skip with the reason."""
    if (reason := harness.support(reference).no_channel) is not None:
        pytest.skip(reason)
    return stage_of(reference)
