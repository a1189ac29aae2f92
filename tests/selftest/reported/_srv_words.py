"""Workers tell their exceptions by a codec that another module chooses; the rest is honest."""

import os
import signal

from tests.selftest.defects import honest

_send = honest.send


def text_of(error):
    """Give the type and the message of error, also where its str() raises."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:  # noqa: BLE001  (the __str__ is somebody else's)
        return type(error).__name__


def name_of(status):
    """Name what ended a process: a signal, also one without a name, or an exit code."""
    code = os.waitstatus_to_exitcode(status)
    if code >= 0:
        return str(code)
    try:
        return signal.Signals(-code).name
    except ValueError:  # of the real-time signals only the first and the last have a name
        return f"signal {-code}"


def short(text):
    """Cut text to what a pipe takes at once, with all that goes before it: in characters."""
    return text[:400].encode(errors="backslashreplace")


def plain(data):
    return data.decode(errors="replace")


def install(encode=short, decode=plain, name=name_of, text=text_of):
    """Let workers send encode(text(error)), and the error say decode of that and name(status)."""

    def send(fd, lo, hi):
        try:
            _send(fd, lo, hi)
        except BaseException as error:  # noqa: BLE001
            data = b"!" * 8 + encode(text(error))
            while data:
                data = data[os.write(fd, data) :]
            os._exit(1)

    def lost(pid, status, said):
        raise RuntimeError(f"pid {pid} ended with {name(status)}: {decode(said[8:])}")

    honest.send, honest.lost = send, lost
    return honest.run
