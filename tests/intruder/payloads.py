"""What the intruder sends: garbage, incomplete frames, and bytes that are a program."""

import json
import marshal
import os
import pickle
import random
import struct
from collections.abc import Callable

VALUE = 0.1234  # a value that a worker could send as its sum


class Marker:
    """Makes the directory *marker* when it is unpickled."""

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (self._marker,)


def _framed(bodies: list[bytes]) -> list[bytes]:
    """Return *bodies* as they are, and after their length in the formats that programs use.

    "!i" is the format of multiprocessing.connection.
    """
    lengths = ("!i", "<I", "<Q", "!Q")
    return bodies + [struct.pack(f, len(b)) + b for b in bodies for f in lengths]


def garbage() -> list[bytes]:
    """Return bytes that could be taken for a result, and bytes that are certainly none."""
    record = {"worker": 0, "value": VALUE, "result": VALUE, "sum": VALUE}
    texts = [repr(VALUE), f"{VALUE}\n", f"0 {VALUE}\n", f"0,{VALUE}\n", VALUE.hex()]
    plausible = [struct.pack(form, VALUE) for form in ("<d", ">d")]
    plausible += [struct.pack(form, 0, VALUE) for form in ("<id", ">id", "<qd", ">qd")]
    plausible += [struct.pack("<idd", 0, VALUE, VALUE), struct.pack("<d", float("nan"))]
    plausible += [text.encode() for text in texts]
    plausible += [json.dumps(value).encode() + b"\n" for value in (VALUE, [0, VALUE], record)]
    plausible += [pickle.dumps(value) for value in (VALUE, (0, VALUE), [VALUE], record)]
    noise = [random.randbytes(size) for size in (1, 7, 8, 36, 512)]
    return _framed(plausible) + noise + [bytes(8), b"\xff" * 16, random.randbytes(65536)]


def half_frames() -> list[bytes]:
    """Return frames that end too early, or announce more bytes than any machine sends."""
    announced = [struct.pack(form, 0x7FFFFFFF) for form in ("!i", "<I", "<q", "!q")]
    return [b"", b"\0", struct.pack("d", VALUE)[:3], struct.pack("!i", 8), *announced, b"0.12"]


def code(marker: str) -> list[bytes]:
    """Return programs as bytes: a receiver that runs one makes the directory *marker*."""
    source = f"__import__('os').mkdir({marker!r})"
    pickles = [pickle.dumps(Marker(marker), protocol) for protocol in (0, 2, 4)]
    marshalled = marshal.dumps(compile(source, "intruder", "eval"))
    shell = f"$(mkdir '{marker}')\n"
    yaml = f"!!python/object/apply:os.mkdir ['{marker}']\n"
    # Also as a line of its own: in a stream, other bytes may stand before it.
    texts = [source, source + "\n", f"\n{source}\n", shell, yaml]
    return _framed([*pickles, marshalled, *(text.encode() for text in texts)])
