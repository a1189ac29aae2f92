"""A limit of time for each test, by pytest-timeout: a plugin of pytest.

Every wait for a transport has a bound of its own, and a verdict says what it waited for.  This
limit is for errors of the suite itself: a test that never ends would hold up all the others.
"""

import os

import pytest

# Seconds for one test, set-up and all: some three times what the longest takes on a loaded machine,
# all clauses over a module with a bug that hangs (tests/selftest).
LIMIT = 1800.0


@pytest.hookimpl(tryfirst=True)  # before pytest-timeout reads its options
def pytest_configure(config: pytest.Config) -> None:
    """Set the limit, where pytest-timeout is installed and the user has set none."""
    given = getattr(config.option, "timeout", LIMIT) is not None or "PYTEST_TIMEOUT" in os.environ
    if not given:
        config.option.timeout = LIMIT
        config.option.timeout_method = "signal"  # the other one starts a thread, and tests fork
