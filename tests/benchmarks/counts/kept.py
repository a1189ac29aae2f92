"""Counts in a file: write them, and say in what others differ.

A file is JSON: ``where``, the Python and the system whose counts they are; ``kernel``, its version;
``transports``: by name, and work, and side, how often each system call is made, and the bytes.  A
call that is not named is never made.  One with null was not made as often each time; it is not
compared.
"""

import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypedDict

from tests.benchmarks.counts.works import WORKS

Kept = dict[str, dict[str, dict[str, int | None]]]
"""Of a transport: by work and side, how often each call is made."""

# Of processes that wait for each other in shared memory.  How many of these calls there are depends
# on timing: a process makes one only if it has to wait, or to wake another one.
_OF_THE_MOMENT = ("futex", "futex_waitv", "futex_wake", "futex_wait")


class Content(TypedDict):
    """What a file has."""

    where: str
    kernel: str
    transports: dict[str, Kept]


class Unusable(Exception):  # noqa: N818 - a reason
    """Why a file has nothing to compare with."""


def where() -> str:
    """Return what counts depend on: a Python, and its C library, on a machine."""
    version = "{}.{}".format(*sys.version_info)
    threads = "" if getattr(sys, "_is_gil_enabled", lambda: True)() else " free-threaded"
    library = platform.libc_ver()[0] or "another C library"
    names = platform.python_implementation(), f"{version}{threads}", platform.system()
    return f"{' '.join(names)} {platform.machine()}, {library}"


def read(path: Path) -> Content:
    """Return what the file *path* has; raise Unusable."""
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise Unusable(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise Unusable(f"{path} is no JSON: {error}") from None
    if not isinstance(content, dict) or not content.keys() >= {"where", "kernel", "transports"}:
        raise Unusable(f"{path} has no counts")
    return Content(
        where=content["where"], kernel=content["kernel"], transports=content["transports"]
    )


def merged(found: Sequence[Kept]) -> Kept:
    """Return what several counts of a transport have in common, and None where they differ."""
    first = found[0]
    return {
        work: {side: _common([each[work][side] for each in found]) for side in sides}
        for work, sides in first.items()
    }


def _common(found: Sequence[dict[str, int | None]]) -> dict[str, int | None]:
    names = sorted({name for each in found for name in each})
    values = {name: {each.get(name, 0) for each in found} for name in names}
    return {
        name: seen.pop() if len(seen) == 1 and name not in _OF_THE_MOMENT else None
        for name, seen in values.items()
    }


def write(path: Path, name: str, found: Sequence[Kept]) -> None:
    """Put the counts of the transport *name* into the file *path*, which need not be there.

    Raises Unusable if it has those of another Python, machine or C library.
    """
    content = read(path) if path.exists() else Content(where=where(), kernel="", transports={})
    if content["where"] != where():
        raise Unusable(f"{path} has counts of {content['where']}, and this is {where()}")
    content["kernel"] = ".".join(platform.release().split(".")[:2])
    content["transports"][name] = merged(found)
    content["transports"] = dict(sorted(content["transports"].items()))
    path.write_text(_dumped(content), "utf-8")


def _dumped(content: Content) -> str:
    """Return *content* as JSON, each work and side in a line of its own."""
    transports = ",\n".join(
        f'  "{name}": {{\n' + ",\n".join(_work(*item) for item in works.items()) + "\n  }"
        for name, works in content["transports"].items()
    )
    head = "".join(f' "{key}": {json.dumps(content[key])},\n' for key in ("where", "kernel"))
    return f'{{\n{head} "transports": {{\n{transports}\n }}\n}}\n'


def _work(key: str, sides: dict[str, dict[str, int | None]]) -> str:
    lines = ",\n".join(f'    "{side}": {json.dumps(calls)}' for side, calls in sides.items())
    return f'   "{key}": {{\n{lines}\n   }}'


def differences(kept: Kept, found: Kept) -> set[str]:
    """Return in what counts of a transport differ from those that were kept, each as a line."""
    lines = set()
    for work in WORKS:
        if (work.key in kept) != (work.key in found):
            lines.add(f"{work.words}: {'none any more' if work.key in kept else 'none before'}")
            continue
        for side, calls in found.get(work.key, {}).items():
            before = kept[work.key].get(side, {})
            for name in sorted(calls.keys() | before.keys()):
                old, new = before.get(name, 0), calls.get(name, 0)
                if old is not None and old != new and name not in _OF_THE_MOMENT:
                    count = "" if work.times == 1 else f"{work.times} "
                    lines.add(f"{count}{work.words}, {side}: {name} {old}, now {new}")
    return lines
