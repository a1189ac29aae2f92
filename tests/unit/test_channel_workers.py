"""What the code of a worker meets; `run` and `channel` in a worker, a child, a handler."""

import pytest

from tests.unit.cases import places, workers
from tests.unit.stage import Stage, fresh, parameters

_QUIET = """
import importlib, os, sys
module = importlib.import_module(sys.argv[1])
module.run(1000, 2)
if hasattr(module, "channel"):
    def one(link):
        link.send(b"1" * 100)
        link.send(b"2" * 100_000)
    def both(link):
        link.receive()
        link.send(b"1")
    with module.channel(one, 2) as messages:
        list(messages)
    with module.channel(both, 2, duplex=True) as messages:
        messages.send(0, b"x")
        messages.send(1, b"x")
        list(messages)
    with module.channel(one, 2) as messages:
        next(iter(messages))
    try:
        with module.channel(lambda link: os._exit(1), 2) as messages:
            list(messages)
    except Exception:
        pass
"""


@pytest.mark.parametrize("name", parameters(workers.case))
def test_workers(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/workers.py."""
    channel_stage.perform(workers, name, limit=20)


@pytest.mark.parametrize("name", parameters(places.case))
def test_places(channel_stage: Stage, name: str) -> None:
    """Each case is a function of that name in tests/unit/cases/places.py."""
    channel_stage.perform(places, name, limit=20)


@pytest.mark.parametrize("name", parameters(workers.run_case))
def test_run(run_stage: Stage, name: str) -> None:
    """The same, of `run` alone."""
    run_stage.perform(workers, name, limit=20)


def test_no_warning_is_printed(reference: str) -> None:
    """With -X dev and -W error."""
    status, printed = fresh("-X", "dev", "-W", "error", "-c", _QUIET, reference)
    assert (status, printed) == (0, ""), f"it ended with {status}, and printed {printed}"
