"""Each interpreter of a trial imports this when it starts: see tests.scenarios.spawned_workers.

Its directory is first in PYTHONPATH, so it hides a `sitecustomize` of this installation.  It
finds and runs that one first.
"""

import importlib.util
import os
import sys
from importlib.machinery import PathFinder

_here = os.path.dirname(__file__)
_others = [place for place in sys.path if os.path.abspath(place or ".") != _here]
if (_spec := PathFinder.find_spec("sitecustomize", _others)) is not None and _spec.loader:
    _spec.loader.exec_module(importlib.util.module_from_spec(_spec))

if "IPC_CONFORMANCE_DOOR" in os.environ or os.environ.get("IPC_CONFORMANCE_PLACES"):
    # First, so that the suite's packages are found whatever the user's are called; `settle` puts
    # sys.path in its order, and takes these names out of sys.modules again.
    sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.dirname(_here))))
    from tests.scenarios import names

    if "IPC_CONFORMANCE_DOOR" in os.environ:
        from tests.scenarios import spawned_workers
    names.settle()
    if "IPC_CONFORMANCE_DOOR" in os.environ:
        spawned_workers.enter()
