"""The option --require: the names of the transports that must be supported where the suite runs."""

from collections.abc import Collection

import pytest

from tests import harness
from transports import NAMES

__all__ = ["check", "has"]


def check(names: str, given: Collection[str]) -> None:
    """Raise UsageError if *names*, of --require, has a name that does not exist.

    given: the transports to be tested.
    """
    asked = set(filter(None, names.split(",")))
    left_out = {name for name in asked if name.startswith("-")}
    unknown = asked - left_out - {"all", *given}
    unknown |= left_out - {f"-{name}" for name in (*given, *NAMES)}
    if unknown:
        raise pytest.UsageError(
            f"--require: no transport {', '.join(sorted(unknown))}; built in are {', '.join(NAMES)}"
        )
    if left_out and "all" not in asked:
        raise pytest.UsageError(f"--require: {min(left_out)} is left out of 'all': all,{names}")


def has(names: str, transport: str) -> bool:
    """Tell whether *names*, of --require, ask for *transport*."""
    asked = names.split(",")
    if transport in asked:
        return True
    # "all" means those that need no extra of pyproject.toml.
    of_all = "all" in asked and not harness.support(harness.module_of(transport)).extra
    return of_all and f"-{transport}" not in asked
