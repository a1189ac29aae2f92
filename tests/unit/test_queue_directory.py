"""The directory of POSIX queues is looked for in a process that may have threads."""

import subprocess
import sys

from tests.harness import ROOT

_PROGRAM = """
import threading
from tests.system import resources
rest = threading.Event()
threading.Thread(target=rest.wait).start()
try:
    resources.posix_queues()
finally:
    rest.set()
"""


def test_no_warning_of_python_is_an_error_there() -> None:
    """Python 3.12 and later warn of a fork in a process with threads, as that of pytest -n is."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", _PROGRAM],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
