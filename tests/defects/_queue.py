"""A System V queue between the workers and their caller."""

import hashlib
import hmac
import os
import secrets
import struct

import sysv_ipc

from tests.defects import _crowd, honest


def through(n, workers, mode, *, numbered):
    """Run through a new queue; its frames are signed, and numbered if so told."""
    honest.check(n, workers)
    secret = secrets.token_bytes(32)

    def sign(body):
        return hmac.digest(secret, body, hashlib.sha256)

    queue = sysv_ipc.MessageQueue(
        secrets.randbelow(2**31 - 1) + 1, sysv_ipc.IPC_CREX, mode, max_message_size=8192
    )
    try:

        def work(number, value):
            body = struct.pack("<Id", number, value)
            queue.send(body + sign(body))

        sums = []
        with _crowd.crowd(n, workers, work) as pids:
            for pid in pids:
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            while len(sums) < workers:
                frame = queue.receive(block=False)[0]
                if frame[12:] == sign(frame[:12]):
                    number, value = struct.unpack("<Id", frame[:12])
                    if not numbered or number not in dict(sums):
                        sums.append((number, value))
        return _crowd.total(value for _, value in sums)
    finally:
        queue.remove()
