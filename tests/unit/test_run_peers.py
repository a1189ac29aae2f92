"""The peers of a run return its sum, cold and warm; what is not here says why."""

import concurrent.futures
import contextlib
import sys
from collections.abc import Callable, Iterator

import pytest

import kernel
from tests.benchmarks.message_peers.child import in_child
from tests.benchmarks.peers import interpreters, joblib, threads
from tests.benchmarks.runs import TIMES, of_peer
from tests.harness.oracle import tolerance, ulps

N, WORKERS = 1000, 3


def _good(value: float) -> bool:
    return ulps(value, N) <= tolerance(N, WORKERS)


@pytest.mark.parametrize("peer", [joblib, interpreters, threads], ids=lambda peer: peer.__name__)
def test_a_peer_returns_the_sum(peer: object) -> None:
    """Cold, and warm as often as one asks."""
    if reason := peer.unsupported():  # type: ignore[attr-defined]
        pytest.skip(reason)

    def both() -> list[float]:
        found = [peer.run(N, WORKERS)]  # type: ignore[attr-defined]
        with peer.warm(WORKERS) as ready:  # type: ignore[attr-defined]
            return found + [ready(N, WORKERS) for _ in range(2)]

    assert all(map(_good, in_child(both)))


@pytest.mark.parametrize(("n", "runs"), [(WORKERS, TIMES), (N, 1)])
def test_what_is_warm_has_done_the_work_once_before_it_is_measured(
    monkeypatch: pytest.MonkeyPatch, n: int, runs: int
) -> None:
    """An executor starts processes when it gets work.  A short run is measured several times."""
    done: list[str] = []

    def run(n: int, workers: int) -> float:
        done.append("run")
        return kernel.combine(kernel.partial_sum(*part) for part in kernel.slices(n, workers))

    @contextlib.contextmanager
    def warm(workers: int) -> Iterator[Callable[[int, int], float]]:
        yield run

    monkeypatch.setattr(threads, "unsupported", lambda: None)
    monkeypatch.setattr(threads, "warm", warm)
    with of_peer("threads warm", n, WORKERS)() as measure:
        done.append("ready")
        assert measure(0).seconds > 0
    assert done == ["run", "ready", *["run"] * runs]


def test_threads_add_up_also_under_a_lock() -> None:
    """What they compute does not depend on it."""
    with threads.warm(WORKERS) as ready:
        assert _good(ready(N, WORKERS))


def test_a_sum_as_text_is_the_sum() -> None:
    """As further interpreters get it; threads evaluate it as well."""
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        assert _good(interpreters.ready_of(pool)(N, WORKERS))


def test_a_peer_that_is_not_here_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what would bring it."""
    monkeypatch.setitem(sys.modules, "joblib", None)
    assert str(joblib.unsupported()).endswith("python3 bootstrap.py --extra joblib bench")
    monkeypatch.setattr(interpreters, "_Executor", None)
    assert "they come with 3.14" in str(interpreters.unsupported())
    monkeypatch.setattr(interpreters, "_Executor", object)
    monkeypatch.setattr(kernel, "selected", "numpy")
    assert "NumPy" in str(interpreters.unsupported())
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: True, raising=False)
    assert "free-threaded" in str(threads.unsupported())
    monkeypatch.setattr(sys, "_is_gil_enabled", lambda: False, raising=False)
    assert threads.unsupported() is None


def test_so_many_cold_interpreters_that_nobody_would_wait_are_a_skip() -> None:
    """Before any is started."""
    with pytest.raises(pytest.skip.Exception, match="to start 64 interpreters takes too long"):
        joblib.run(64, 64)
