"""The lock file has no name from the start, so that nobody can remove or replace it."""

from tests.selftest.defects import _base, _file
from tests.selftest.reported import _os_total
from tests.selftest.reported import lock_file_removed_at_its_release as bug


@_base.careful
def run(n, workers):
    with _file.nameless() as file:
        lock = bug.Lock(f"/proc/self/fd/{file.fileno()}", False)
        return _os_total.added(lock, n, workers)
