"""A program left by sys.exit(1) amid a nursery, and its exit status was 0.

Where a group held a SystemExit, a new one of its type was raised from it, without its arguments.
Here a handler of the caller's that leaves by SystemExit, or by a subclass of KeyboardInterrupt,
ends a run so: the exception that comes out has its type alone.
"""

from tests.selftest.reported import interrupt_in_a_group

REPORT = "https://github.com/python-trio/trio/issues/3275"
CAUGHT_BY = ("B2",)


def anew(error):
    return type(error)()


run = interrupt_in_a_group.raising(anew)
