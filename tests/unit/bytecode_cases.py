"""Ways to add one to a byte of memory that is shared, each in two steps."""

import ctypes
import mmap
import struct

NAMES = ["by_subscript", "by_slice", "by_call", "by_attribute"]


def by_subscript(memory: mmap.mmap) -> None:
    """Load and store by subscript."""
    memory[0] += 1


def by_slice(memory: mmap.mmap) -> None:
    """Load and store by slice."""
    value = memory[:1]
    memory[:1] = bytes([value[0] + 1])


def by_call(memory: mmap.mmap) -> None:
    """Load and store by calls into C."""
    (value,) = struct.unpack_from("B", memory)
    struct.pack_into("B", memory, 0, value + 1)


def by_attribute(memory: mmap.mmap) -> None:
    """Load and store by a field of ctypes."""
    place = ctypes.c_ubyte.from_buffer(memory)
    place.value = place.value + 1
