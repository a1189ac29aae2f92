"""B. Clean: nothing is left."""

import pytest

from tests import judge, lab


@pytest.mark.clause("B1")
def test_nothing_is_left_after_a_return(transport: str) -> None:
    """B1: no descriptor, child, thread, timer, file, queue, semaphore, segment."""
    judge.clean(lab.trial(transport, "calls", cases=[(100, 3), (0, 1), (5, 12)]))


@pytest.mark.clause("B1")
def test_nothing_grows_in_300_runs(transport: str) -> None:
    """B1: 300 runs leave what three left; memory within 4 MiB."""
    outcome = judge.clean(lab.trial(transport, "repeated", n=30, workers=2, times=300, limit=60))
    (seen,) = outcome.of("repeated")
    assert len(seen["values"]) == 1, f"different results: {seen['values']}"
    assert seen["grown"] < 4 << 20, f"{seen['grown']} bytes more than after three runs"


@pytest.mark.clause("B1")
@pytest.mark.parametrize("way", ["exit", "raise", 9])
def test_nothing_is_left_after_an_exception(transport: str, way: str | int) -> None:
    """B1: nor after an error; the census of `struck` is taken behind all of them."""
    when, n = ("work", 10**9) if way == "raise" else ("birth", 1000)
    judge.faulted(lab.trial(transport, "struck", how=[way], when=when, n=n, workers=2), 2)
