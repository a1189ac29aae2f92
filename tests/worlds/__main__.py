"""The zygote: ``python -m tests.worlds FD MODULES``, started by tests.harness.worlds.

It has imported what most scenarios need, and MODULES.  For each request, which comes with a socket,
it forks a process in new namespaces: the keeper of a world, which serves that socket
(tests.worlds.keeper).
A caller that the keeper forks is as fresh as a new interpreter: the zygote runs nothing but this,
and has neither a thread nor a descriptor that a caller would inherit.  It takes 10 ms, where the
start of an interpreter takes 100.

A request is a line of JSON: {"kept": paths to show at their places}.  The zygote ends when its
end of FD's connection is closed.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
from typing import Any

from tests.scenarios import preloaded  # noqa: F401 - for the callers that are forked
from tests.system import inherited_signals, namespaces
from tests.worlds import keeper, mounts

_REQUEST = 65536  # bytes: paths
_APART = namespaces.NEWIPC | namespaces.NEWPID | namespaces.NEWNET


def _make_world(request: dict[str, Any], control: socket.socket) -> keeper.Body:
    """Be the parent of a keeper in new namespaces, and end when it has ended.

    In a process that the keeper has forked for a request, return what it is to do.

    As long as this process lives, *control* is open.  So its other end tells when all processes
    of the world have ended: a pid namespace ends with its first process, pid_namespaces(7).
    """
    user = os.geteuid()
    try:
        namespaces.leave(_APART)
        pid = os.fork()
    except (namespaces.Refused, OSError) as refused:
        keeper.answer(control, refused=str(refused))
        os._exit(0)
    if pid == 0:
        try:
            mounts.enter(request["kept"])
            keeper.raise_loopback()
        except (namespaces.Refused, OSError) as refused:
            keeper.answer(control, refused=str(refused))
            os._exit(0)
        return keeper.keep(control, privileged=user == 0)
    keeper.answer(control, keeper=pid)
    os.waitpid(pid, 0)
    os._exit(0)


def main() -> keeper.Body | None:
    """Serve requests; in a process that a keeper has forked, return what it is to do."""
    inherited_signals.reset()
    for name in sys.argv[2:]:
        importlib.import_module(name)
    # The collector of a caller need not look at all this, which would copy most of its memory.
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the parents of keepers are not waited for
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        while True:
            data, fds, _, _ = socket.recv_fds(connection, _REQUEST, 1)
            if not data:
                return None
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                connection.close()
                return _make_world(json.loads(data), socket.socket(fileno=fds[0]))
            os.close(fds[0])


if __name__ == "__main__" and (body := main()) is not None:
    body()
