"""How the exception of a worker comes to the caller."""

import os

from tests.selftest.defects import honest

_send = honest.send


def text_of(error):
    try:
        text = f"{type(error).__name__}: {error}"
    except BaseException:  # noqa: BLE001 - of a class whose __str__ raises
        text = type(error).__name__
    return text.encode(errors="replace")[:4000]


def in_words(data):
    return data.decode(errors="replace")


def write_all(fd, data):
    while data:
        data = data[os.write(fd, data) :]


def carried(dump=text_of, load=in_words, *, deliver=None):
    """Let a worker send dump(error), bytes, which load turns into text. Return run.

    deliver: called with the descriptor and the error, in the place of that.
    """
    deliver = deliver or (lambda fd, error: write_all(fd, b"!" * 8 + dump(error)))

    def send(fd, lo, hi):
        try:
            _send(fd, lo, hi)
        except BaseException as error:  # noqa: BLE001 - it exits
            deliver(fd, error)
            os._exit(1)

    def lost(pid, status, said):
        raise RuntimeError(f"pid {pid} ended with {how(status)}: {load(said[8:])}")

    honest.send, honest.lost = send, lost
    return honest.run


def how(status):
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else code
