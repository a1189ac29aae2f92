"""Which modules an import finds while a benchmark runs."""

from collections.abc import Iterator

import pytest

from tests.scenarios.loading import given_way


@pytest.fixture(autouse=True)
def names_of_modules(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the names of modules be the user's while their transport is measured."""
    if "transport" not in request.fixturenames:
        yield
        return
    with given_way(request.getfixturevalue("transport")):
        yield
