"""What prctl(2) can read of a process or thread."""

import ctypes
from collections.abc import Iterator
from typing import NamedTuple

from tests.system.settings.groups import Group


class Getter(NamedTuple):
    """A question to prctl(2).

    option: its number.
    stores: whether the answer is stored where the second argument points to, and not returned.
    which: the second argument, of a getter that has one and returns the answer.
    """

    option: int
    stores: bool = False
    which: int = 0


GETTERS = {
    "PR_GET_PDEATHSIG": Getter(2, stores=True),
    "PR_GET_DUMPABLE": Getter(3),
    "PR_GET_UNALIGN": Getter(5, stores=True),
    "PR_GET_KEEPCAPS": Getter(7),
    "PR_GET_FPEMU": Getter(9, stores=True),
    "PR_GET_FPEXC": Getter(11, stores=True),
    "PR_GET_TIMING": Getter(13),
    "PR_GET_NAME": Getter(16, stores=True),
    "PR_GET_ENDIAN": Getter(19, stores=True),
    "PR_GET_TSC": Getter(25, stores=True),
    "PR_GET_SECUREBITS": Getter(27),
    "PR_GET_TIMERSLACK": Getter(30),
    "PR_MCE_KILL_GET": Getter(34),
    "PR_GET_CHILD_SUBREAPER": Getter(37, stores=True),
    "PR_GET_TID_ADDRESS": Getter(40, stores=True),
    "PR_GET_THP_DISABLE": Getter(42),
    "PR_GET_FP_MODE": Getter(46),
    "PR_SVE_GET_VL": Getter(51),
    "PR_GET_SPECULATION_CTRL, PR_SPEC_L1D_FLUSH": Getter(52, which=2),
    "PR_GET_TAGGED_ADDR_CTRL": Getter(56),
    "PR_GET_IO_FLUSHER": Getter(58),
    "PR_PAC_GET_ENABLED_KEYS": Getter(61),
    "PR_SME_GET_VL": Getter(64),
    "PR_GET_MDWE": Getter(66),
    "PR_GET_MEMORY_MERGE": Getter(68),
    "PR_RISCV_V_GET_CONTROL": Getter(70),
    "PR_PPC_GET_DEXCR": Getter(72),
    "PR_GET_SHADOW_STACK_STATUS": Getter(74, stores=True),
    "PR_RSEQ_SLICE_EXTENSION_GET": Getter(79, which=1),
}

# Getters in <linux/prctl.h> that are not asked, and why.
NOT_ASKED = {
    "PR_GET_SECCOMP": "the line Seccomp of /proc/self/status",
    "PR_GET_NO_NEW_PRIVS": "the line NoNewPrivs of /proc/self/status",
    "PR_GET_SPECULATION_CTRL": "asked for what /proc/self/status does not tell",
    "PR_GET_CFI": "of RISC-V, for programs that are compiled for it",
    "PR_GET_AUXV": "/proc/self/auxv",
    "PR_SCHED_CORE_GET": "the cookie of core scheduling is of a group of processes",
    "PR_TIMER_CREATE_RESTORE_IDS_GET": "for programs that restore processes alone",
    "PR_FUTEX_HASH_GET_SLOTS": "the kernel changes it as threads come",
    "PR_FUTEX_HASH_GET_IMMUTABLE": "the kernel changes it as threads come",
}

_ROOM = 64  # bytes: more than any answer that is stored


def groups() -> Iterator[Group]:
    """Yield the answers to all of GETTERS that this kernel, on this machine, knows."""
    try:
        ask = ctypes.CDLL(None).prctl
    except AttributeError:  # not Linux
        return
    ask.argtypes = [ctypes.c_int] + [ctypes.c_ulong] * 4
    found: dict[str, object] = {}
    for name, getter in GETTERS.items():
        room = ctypes.create_string_buffer(_ROOM)
        second = ctypes.addressof(room) if getter.stores else getter.which
        returned = ask(getter.option, second, 0, 0, 0)
        if returned >= 0:
            found[name] = _stored(name, room.raw) if getter.stores else returned
    yield Group("{} (prctl(2))", found)


def _stored(name: str, room: bytes) -> object:
    if name == "PR_GET_NAME":
        return room.partition(b"\0")[0].decode(errors="replace")
    return int.from_bytes(room, "little")
