"""What the function `run` of a module can be given."""

from types import ModuleType


def takes_timeout(module: ModuleType) -> bool:
    """Tell whether `run` takes an argument `timeout`."""
    import inspect  # noqa: PLC0415 - see tests.scenarios.preloaded

    return "timeout" in inspect.signature(module.run).parameters
