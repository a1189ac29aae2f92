"""B. Clean, also towards others."""

import pytest

from tests import harness
from tests.harness import checks


@pytest.mark.clause("B4")
def test_objects_of_others_neither_break_a_run_nor_are_removed(transport: str) -> None:
    """B4: files, FIFOs, sockets, links, queues, segments, semaphores, ports of likely names."""
    outcome = checks.clean(harness.trial(transport, "surroundings.foreign"))
    checks.all_exact(outcome.calls())
    (laid,) = outcome.of("laid")
    assert laid["count"] > 50, "hardly anything was laid in its way"
    assert not laid["lost"], f"not as it was: {laid['lost'][:10]}"
