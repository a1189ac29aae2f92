"""B. Clean, also towards others."""

import pytest

from tests import judge, lab


@pytest.mark.clause("B4")
def test_objects_of_others_neither_break_a_run_nor_are_removed(transport: str) -> None:
    """B4: files, FIFOs, sockets, links, queues, segments, semaphores, ports of likely names."""
    outcome = judge.clean(lab.trial(transport, "undisturbed.foreign"))
    judge.all_exact(outcome.calls())
    (laid,) = outcome.of("laid")
    assert laid["count"] > 50, "hardly anything was laid in its way"
    assert not laid["lost"], f"not as it was: {laid['lost'][:10]}"
