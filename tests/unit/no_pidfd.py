"""A reference transport under a supervisor that has neither pidfds nor prctl, as outside of Linux.

The environment variable FALLBACK names it.
"""

import importlib
import os

from transports._supervisor import child

child.start = child._start_with_life_pipe
child._PRCTL = None

run = importlib.import_module(f"transports.{os.environ['FALLBACK']}").run
