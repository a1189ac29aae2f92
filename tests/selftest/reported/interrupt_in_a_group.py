"""A nursery raises a group with the interrupt in it, where asyncio raises the interrupt itself.

Here KeyboardInterrupt and SystemExit come out of a run in an exception group, which no
`except KeyboardInterrupt` catches.
"""

from tests.selftest.defects import honest

REPORT = "https://github.com/python-trio/trio/pull/2984"
CAUGHT_BY = ("B2",)


def in_a_group(error):
    return BaseExceptionGroup("Exceptions from Trio nursery", [error])


def raising(made_of):
    def run(n, workers):
        try:
            return honest.run(n, workers)
        except (KeyboardInterrupt, SystemExit) as error:
            raise made_of(error) from error

    return run


run = raising(in_a_group)
