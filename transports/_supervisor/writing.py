"""Writing all of what is to be written: write(2) may take less."""

import os


def write_all(fd: int, data: bytes | memoryview) -> None:
    """Write all of *data*: write(2) may take less, on a full disk or a signal."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
