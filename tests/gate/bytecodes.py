"""Bytecodes of a module's own lines as stops of the gate, for memory that is shared without a call.

A forked child makes a call before each bytecode of these lines that may read or write memory which
others have too.  The gate knows the call by its path.  A trace function makes it, which gets an
event before each bytecode: sys.settrace, and f_trace_opcodes of a frame.
"""

import contextlib
import dis
import os
import sys
from functools import cache
from types import CodeType, FrameType
from typing import Any

BYTECODE = "bytecode"
"""What the gate calls such a call."""

PLACE = "/dev/ipc-conformance-bytecode/"
"""Begins the path of such a call; there is no such directory.  The bytecode and its line follow."""

_SUBSCRIPTS = ("BINARY_SUBSCR", "STORE_SUBSCR", "DELETE_SUBSCR", "BINARY_SLICE", "STORE_SLICE")
_ATTRIBUTES = ("LOAD_ATTR", "STORE_ATTR")  # of ctypes: its fields may be in shared memory
_CALLS = ("CALL", "CALL_KW", "CALL_FUNCTION_EX", "CALL_FUNCTION_KW")
_METHOD = 1  # of the argument of LOAD_ATTR, from 3.12 on: what follows is a call


def trace_children(directory: str) -> None:
    """Let each child that this process forks from now on stop at bytecodes of files in *directory*.

    It holds for the rest of the life of this process.
    """
    own = tuple(os.path.join(path, "") for path in (directory, os.path.realpath(directory)))

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        if not frame.f_code.co_filename.startswith(own):
            return None
        if event != "opcode":
            frame.f_trace = trace  # before f_trace_opcodes: 3.13 does nothing without
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
        if event == "opcode" and (name := _touching(frame.f_code).get(frame.f_lasti)):
            where = f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
            with contextlib.suppress(OSError):
                os.readlink(f"{PLACE}{where} {name}")
        return trace

    def begin() -> None:
        frame: FrameType | None = sys._getframe(1)
        sys.settrace(trace)
        while frame is not None:  # those that were there before the fork
            trace(frame, "", None)
            frame = frame.f_back

    os.register_at_fork(after_in_child=begin)


@cache
def _touching(code: CodeType) -> dict[int, str]:
    """Return the bytecodes that may read or write memory of others, by their offset."""
    return {found.offset: found.opname for found in dis.get_instructions(code) if _may_touch(found)}


def _may_touch(found: dis.Instruction) -> bool:
    if found.opname == "LOAD_ATTR" and sys.version_info >= (3, 12):
        return not (found.arg or 0) & _METHOD
    # A subscript is an operation from 3.14 on.
    is_subscript = found.opname == "BINARY_OP" and found.argrepr == "[]"
    return is_subscript or found.opname in (*_SUBSCRIPTS, *_ATTRIBUTES, *_CALLS)
