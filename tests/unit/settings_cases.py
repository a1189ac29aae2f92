"""Changes settings of a process, and prints what is said of it: a program for test_settings.py.

Its input is a list of statements, in JSON.  Each is run in a forked process.  Its output is what
each has changed, and the values of the names that the statements use.
"""

import asyncio
import builtins
import ctypes
import decimal
import faulthandler
import gc
import json
import logging
import multiprocessing
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import warnings

from tests.system import settings

# What statements may use.
MODULES = (
    asyncio, builtins, ctypes, decimal, faulthandler, gc, logging, multiprocessing, os, random,
    signal, socket, sys, threading, warnings,
)  # fmt: skip
HOME = "/dev"


def _names() -> dict[str, object]:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)  # for set_wakeup_fd
    with tempfile.TemporaryFile() as temporary:
        temporary.write(b"text")
        temporary.seek(0)
        file = os.dup(temporary.fileno())
    names: dict[str, object] = {module.__name__: module for module in MODULES}
    return names | {"r": reader, "w": writer, "file": file, "C": ctypes.CDLL(None)}


def _changed_by(statement: str, names: dict[str, object], output: int) -> None:
    """Write what *statement* changes to *output*."""
    fds = settings.open_descriptors()
    signals, rest = settings.of_signals(), settings.of_the_rest(fds)
    exec(statement, names)  # noqa: S102 - it is one of test_settings.py
    found = settings.changes(signals, settings.of_signals())
    found |= settings.changes(rest, settings.of_the_rest(fds))
    os.write(output, json.dumps(found).encode())


def main() -> None:
    """Serve one list of statements."""
    os.umask(0o022)
    os.chdir(HOME)
    signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGUSR2})
    names = _names()
    settings.of_the_rest(())  # it imports modules
    found = []
    for statement in json.load(sys.stdin):
        reader, writer = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _changed_by(statement, names, writer)
            finally:
                os._exit(0)
        os.close(writer)
        with open(reader, "rb") as answer:
            found.append(json.loads(answer.read() or b"null"))
        os.waitpid(pid, 0)
    plain = {name: value for name, value in names.items() if isinstance(value, int)}
    print(json.dumps({"changed": found, "names": plain}))


if __name__ == "__main__":
    main()
