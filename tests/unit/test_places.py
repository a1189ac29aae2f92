"""What the suite keeps in the directory for temporary files, and what it removes there."""

import os
from pathlib import Path

from tests.harness.places import locked, remove_left_over

LONG_AGO = 1_000_000_000  # seconds since 1970


def _directory(place: Path, name: str, when: float = LONG_AGO) -> Path:
    """Return a directory with a file, as old as it says."""
    path = place / name
    path.mkdir()
    (path / "file").touch()
    os.utime(path, (when, when))
    return path


def test_what_a_killed_suite_has_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """Not that of a suite that runs, nor one that was made just now, nor what others have made."""
    left = _directory(tmp_path, "ipc-trials-left")
    used = _directory(tmp_path, "ipc-trials-used")
    new = _directory(tmp_path, "ipc-trials-new")
    os.utime(new)
    other = _directory(tmp_path, "ipc-other")
    link = tmp_path / "ipc-trials-link"
    link.symlink_to(other)
    os.utime(link, (LONG_AGO, LONG_AGO), follow_symlinks=False)
    lock = locked(str(used))
    assert lock is not None
    assert locked(str(used)) is None
    try:
        remove_left_over(str(tmp_path))
    finally:
        os.close(lock)
    assert sorted(tmp_path.iterdir()) == sorted([used, new, other, link])
    assert not left.exists()
    assert (other / "file").exists()
