"""Before all clauses: a short run gives pi.  Where it does not, no clause is judged."""

import pytest

from tests.harness.smoke import smoke


def test_a_short_run_returns_pi(transport: str) -> None:
    """The call run(1000, 2) returns a float, close to pi: else nothing else can be judged."""
    if why := smoke(transport):
        pytest.fail(f"{why}\nNothing else is judged until this is right.", pytrace=False)
