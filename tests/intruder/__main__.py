"""The intruder's process: ``python -m tests.intruder JSON``, started by tests.harness.intrusion.

JSON has these keys:

session: the process that leads the session of the transport under attack.
private, shared: directories to look in: those that only the trial uses, and those of everybody.
marker: a directory that code makes where it is run.
canary: a directory with a file, to which links lead; nobody may change it.
uid: the user to act as, or null.
alone: whether all that the system has is the trial's, in namespaces of its own.

First it writes {"ready": the private directories that it reaches, "euid": its user}, or
{"refused": the reason}, and ends, where it cannot become that user.  Then it
reads requests from its standard input, as lines of JSON, and answers each with a report:

{"do": "ignore_present"}: leave out from now on what exists now.
{"do": "know", "messages": hexadecimal, "inner": paths}: know what workers of another run have sent,
    and which files they have made, from a directory of that run on.
{"do": "plant_links", "names": {directory: names}}: make links to the canary.
{"do": "attack", "attacks": names, "made": paths}: attack what is there now.
{"do": "attack_repeatedly", "attacks": names, "made": paths, "seconds": s}: for so long, by one
    attack after the other.
{"do": "clear"}: close what is held open, and remove what was planted.

Started by root, it can act as another user.  Only the effective uid counts for what a process
may open, send to or remove (credentials(7)).  So it keeps the real one, and with that can see
which process has what open.
"""

import json
import os
import resource
import select
import sys
import time
from typing import Any

from tests.intruder.attacks import Intruder
from tests.system.objects import queue_directory

_READ = 65536  # bytes of requests at a time: the default capacity of a pipe, pipe(7)
_SEEN_LIMIT = 40  # names in a report: more would not tell more


def _do(intruder: Intruder, request: dict[str, Any]) -> None:
    if request["do"] == "ignore_present":
        intruder.search.ignore_present()
    elif request["do"] == "know":
        intruder.know(request["messages"], request["inner"])
    elif request["do"] == "plant_links":
        intruder.plant_links(request["names"])
    elif request["do"] == "clear":
        intruder.clear()
    elif request["do"] == "attack":
        targets = intruder.search.look(request["made"])
        for name in request["attacks"]:
            intruder.attack(name, targets)
    elif request["do"] == "attack_repeatedly":
        _attack_repeatedly(intruder, **request)


def _attack_repeatedly(
    intruder: Intruder, attacks: list[str], made: list[str], seconds: float, **_: str
) -> None:
    until = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < until:
        targets = intruder.search.look(made)
        intruder.attack(attacks[turn % len(attacks)], targets)
        intruder.clear()
        turn += bool(targets)


def _report(intruder: Intruder) -> dict[str, Any]:
    record = intruder.record
    return {
        "attempts": record.attempts,
        "entered": record.entered,
        "seen": sorted({f"{found.kind} {found.name}" for found in record.seen})[:_SEEN_LIMIT],
        "found": len(record.seen),
    }


def _serve(intruder: Intruder) -> None:
    """Answer requests, and relay what listeners get, until the end of the standard input."""
    rest = b""
    while True:
        poller = select.poll()
        for fd in (0, *intruder.listeners):
            poller.register(fd, select.POLLIN)
        for fd, _ in poller.poll():
            if fd in intruder.listeners:
                intruder.relay(fd)
            if fd != 0:
                continue
            data = os.read(0, _READ)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                _do(intruder, json.loads(line))
                print(json.dumps(_report(intruder)), flush=True)


def main() -> None:
    """Act as the user that the argument names, and serve."""
    spec = json.loads(sys.argv[1])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.umask(0)  # the mode of what it plants must keep nobody out
    with queue_directory() as queues:
        if spec["uid"] is not None:
            try:
                os.setgroups([])
            except PermissionError as error:  # in a user namespace, user_namespaces(7)
                print(json.dumps({"refused": f"setgroups: {error.strerror}"}), flush=True)
                return
            os.setegid(spec["uid"])
            os.seteuid(spec["uid"])
        intruder = Intruder(spec, queues)  # now, as it opens its directories as that user
        reached = [
            place for place in spec["private"] if os.access(place, os.X_OK, effective_ids=True)
        ]
        print(json.dumps({"ready": reached, "euid": os.geteuid()}), flush=True)
        _serve(intruder)
        intruder.clear()
        os.seteuid(os.getuid())


if __name__ == "__main__":
    main()
