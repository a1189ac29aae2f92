"""The memory of a program grew by 55 MB with each model: its modules had a name of their own.

They stay in sys.modules for good.  Here a run has its settings in such a module.
"""

import sys
import types

from tests.selftest.defects import honest

REPORT = "https://github.com/PolicyEngine/policyengine-core/issues/520"
CAUGHT_BY = ("B1", "E6")


def kept(keep):
    """Return run; keep(module): called with the module of each run."""

    @honest.careful
    def run(n, workers):
        settings = types.ModuleType("pi_settings")
        settings.__name__ = f"pi_settings_{id(settings)}"
        settings.n, settings.workers = n, workers
        keep(settings)
        return honest.run(settings.n, settings.workers)

    return run


def _register(module):
    sys.modules[module.__name__] = module


run = kept(_register)
