"""What the function `run` of a module can be given."""

import inspect
from types import ModuleType


def takes_timeout(module: ModuleType) -> bool:
    """Tell whether `run` takes an argument `timeout`."""
    return "timeout" in inspect.signature(module.run).parameters
