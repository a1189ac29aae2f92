"""celery: the class of an exception is looked up by a name from the result store, and called.

Who can write there names os.system (CVE-2021-23727). Here a worker's exception goes into the fifo
of the results as JSON, module, class and text, and is rebuilt as the cause of the error. Results
are signed, exceptions are not.
"""

import contextlib
import importlib
import json
import os

from tests.selftest.defects import _base, _fifo, honest
from tests.selftest.reported import _call

REPORT = "https://github.com/nautobot/nautobot/issues/1238"
CAUGHT_BY = ("G4",)
MISSED = "G4 sends pickles and code, not JSON that names a class"
_term_sum = honest.term_sum


def rebuilding(build):
    """Return run.

    build: makes an exception of a module, a name and a text.
    """

    def term_sum(lo, hi):
        try:
            return _term_sum(lo, hi)
        except Exception as error:
            kind, text = type(error), honest.described(error).decode(errors="replace")
            frame = {"module": kind.__module__, "type": kind.__qualname__, "text": text}
            _write(_call.current().path, json.dumps(frame).encode() + b"\n")
            raise

    @_base.careful
    def run(n, workers):
        seal, causes = _base.Seal(), []

        def pack(number, value):
            return json.dumps({"result": seal.pack(number, value).hex()}).encode() + b"\n"

        def scan(stream):
            *lines, rest = stream.split(b"\n")
            stream[:] = rest[-4096:]
            sums = {}
            for line in lines:
                with contextlib.suppress(Exception):  # whatever it is, it is none of ours
                    frame = json.loads(line)
                    if "result" in frame:
                        sums |= seal.unpack(bytes.fromhex(frame["result"]))
                    else:
                        causes.append(build(frame["module"], frame["type"], frame["text"]))
            return sums

        with _fifo.private_directory() as place:
            path = os.path.join(place, "fifo")
            with _call.call(path=path):
                try:
                    return _fifo.through(path, n, workers, pack=pack, scan=scan)
                except RuntimeError as error:
                    found = [cause for cause in causes if isinstance(cause, BaseException)]
                    raise error from (found[0] if found else None)

    honest.term_sum = term_sum
    return run


def _write(path, frame):
    fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    os.write(fd, frame)
    os.close(fd)


def _by_name(module, name, text):
    return getattr(importlib.import_module(module), name)(text)


def as_text(module, name, text):
    return RuntimeError(f"{module}.{name}: {text}")


run = rebuilding(_by_name)
