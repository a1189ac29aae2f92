"""Whether the caller forks its workers: told from two runs, the second with twice as many."""

import pytest

from tests.harness.support import forks_its_workers


@pytest.mark.parametrize(
    ("forked", "more", "more_forked", "forks"),
    [
        pytest.param(4, 2, 2, True, id="each worker is forked"),
        pytest.param(5, 2, 2, True, id="a guardian is forked beside them"),
        pytest.param(0, 2, 0, False, id="each worker is started as an interpreter"),
        pytest.param(1, 2, 0, False, id="a launcher is forked, and starts interpreters"),
        pytest.param(1, 0, 0, True, id="a process is forked, and the workers are not met"),
        pytest.param(0, 0, 0, False, id="nobody is met"),
    ],
)
def test_a_launcher_is_no_worker(forked: int, more: int, more_forked: int, *, forks: bool) -> None:
    """Many runs of MPI fork mpiexec alone, which starts the ranks."""
    message = {"count": forked, "more": more, "more_forked": more_forked}
    assert forks_its_workers(message) is forks
