"""A reader of vLLM's ring buffer may see the flag of a block before the data it stands for.

The report is of stores that a processor, or Python, may do in another order.  x86 keeps their
order, so here they are in the wrong order in the program.  The caller takes a block once, as soon
as it is flagged.  It looks at all when a worker has ended: it takes one that is just between two
lines, or put off there under load, to have a block taken too early: one run in some hundred or
thousand gives a wrong result.
"""

import struct

from tests.selftest.defects import _base

REPORT = "https://github.com/vllm-project/vllm/issues/29389"
CAUGHT_BY = ("A2",)


def through(n, workers, in_order):
    """Run; in_order(write, flag) calls both."""
    with _base.ticks(9 * workers) as memory:
        taken = {}

        def work(number, value):
            def write():
                struct.pack_into("<d", memory, 9 * number, value)

            def flag():
                memory[9 * number + 8] = 1

            in_order(write, flag)

        def take(_):
            for number in range(workers):
                if number not in taken and memory[9 * number + 8]:
                    taken[number] = struct.unpack_from("<d", memory, 9 * number)[0]
            return taken

        return _base.total(_base.gather(n, workers, work, take))


def _flag_and_write(write, flag):
    flag()
    write()


@_base.careful
def run(n, workers):
    return through(n, workers, _flag_and_write)
