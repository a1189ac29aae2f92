"""After one failure every run fails."""

from tests.defects import honest

CAUGHT_BY = ("C11",)
_failed = []


def run(n, workers):
    """Remember the failure."""
    honest.check(n, workers)
    if _failed:
        raise RuntimeError(f"failed before: {_failed}")
    try:
        return honest.run(n, workers)
    except RuntimeError as error:
        _failed.append(str(error))
        raise
