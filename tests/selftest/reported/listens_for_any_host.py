"""vLLM bound a socket that processes of one machine need to all of its interfaces.

Here a run listens for its workers so, at a port that the system chooses; frames are signed.
"""

from tests.selftest.defects import _base, _socket

REPORT = "https://github.com/vllm-project/vllm/pull/17197"
CAUGHT_BY = ("G1",)


def bound(host):
    """Return run; host: the address that the listener is bound to."""

    @_base.careful
    def run(n, workers):
        return _socket.tcp(n, workers, host=host)

    return run


run = bound("")
