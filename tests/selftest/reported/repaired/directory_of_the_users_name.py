"""The directory has a random name, and is made exclusively."""

from tests.selftest.defects import _base, _fifo
from tests.selftest.reported import directory_of_the_users_name as bug


@_base.careful
def run(n, workers):
    return bug.through(n, workers, _fifo.private_directory())
