"""A program cut its list into chunks of `len(files) // processes`: 0 where there are few files.

range() takes no step of 0.  Here a slice has n // workers terms, and the last one the rest too.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/EleutherAI/gpt-neo/issues/134"
CAUGHT_BY = ("A1",)


def cut(size):
    """Return run; size(n, workers): the number of terms in a slice."""

    def bounds(n, workers):
        starts = list(range(0, n, size(n, workers)))[:workers]
        slices = list(zip(starts, [*starts[1:], n], strict=True)) if starts else []
        return slices + [(n, n)] * (workers - len(slices))

    honest.bounds = bounds
    return honest.run


run = cut(lambda n, workers: n // workers)
