"""execnet: a gateway and a channel for each worker: execnet.readthedocs.io, "examples/info"."""

import math

from tests.peers import missing


def unsupported():
    return missing("execnet")


WORK = """
import math
lo, hi = channel.receive()
channel.send(math.fsum(1.0 / (2 * k + 1) ** 2 for k in range(lo, hi)))
"""


def run(n, workers):
    from execnet import Group

    group = Group()
    try:
        channels = []
        for i in range(workers):
            channel = group.makegateway("popen").remote_exec(WORK)
            channel.send((i * n // workers, (i + 1) * n // workers))
            channels.append(channel)
        return math.sqrt(8 * math.fsum(channel.receive() for channel in channels))
    finally:
        group.terminate(timeout=1.0)
