"""A reference transport whose supervisor has neither pidfds nor prctl: Linux alone has them.

The environment variable FALLBACK has the name of the transport.
"""

import importlib
import os

from transports._supervisor import child

child.start = child._start_with_life_pipe
child._PRCTL = None

run = importlib.import_module(f"transports.{os.environ['FALLBACK']}").run
