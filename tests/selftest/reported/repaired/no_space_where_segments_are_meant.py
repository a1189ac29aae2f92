"""The error names the limit."""

from tests.selftest.defects import _base
from tests.selftest.reported import no_space_where_segments_are_meant as bug


def _complain(error):
    raise OSError(
        f"no segment, see SHMMNI and SHMMAX, kernel.shmmni and kernel.shmmax: {error}"
    ) from error


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _complain)
