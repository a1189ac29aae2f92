"""A reference transport on a crew that has neither pidfds nor prctl, as outside of Linux.

The environment variable FALLBACK names it.
"""

import importlib
import os

from transports import _crew

_crew._PIDFD = False
_crew._PRCTL = None

run = importlib.import_module(f"transports.{os.environ['FALLBACK']}").run
