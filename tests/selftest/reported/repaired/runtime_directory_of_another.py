"""The temporary directory, which tempfile has found to be writable."""

import tempfile

from tests.selftest.reported import runtime_directory_of_another as reported

run = reported.placed(tempfile.gettempdir)
