"""Nothing that the kernel or the standard library tells of a process is overlooked by clause E6.

What is new in a kernel, or in a version of Python, fails a test here, until somebody has looked at
it: it is compared, or not, with a reason.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import ROOT
from tests.system.settings import interpreter, library, prctl, proc

_HEADER = Path("/usr/include/linux/prctl.h")

# Setters of the standard library that `library` does not compare, by reason.
_NOT_COMPARED = {
    "`signals` has it, for clause E2": """faulthandler.disable faulthandler.enable
        faulthandler.register faulthandler.unregister signal.set_wakeup_fd signal.setitimer""",
    "`process` or `proc` has it": """posix.setegid posix.seteuid posix.setgid posix.setgroups
        posix.setns posix.setpgid posix.setpgrp posix.setpriority posix.setregid posix.setresgid
        posix.setresuid posix.setreuid posix.setsid posix.setuid posix.umask
        resource.setrlimit""",
    "`descriptors` has it": """posix.set_blocking posix.set_inheritable tty.setcbreak
        tty.setraw""",
    "`interpreter` has it": """cgitb.enable gettext.install site.enablerlcompleter
        site.register_readline site.setcopyright site.sethelper site.setquit""",
    "there is nothing that tells, and it has no effect without a call of the caller's own": """
        codecs.register codecs.register_error codecs.unregister
        doctest.set_unittest_reportflags doctest.register_optionflag
        multiprocessing.reduction.register multiprocessing.util.register_after_fork
        readline.set_auto_history readline.set_completion_display_matches_hook
        readline.set_startup_hook readline.set_pre_input_hook
        sqlite3.dbapi2.register_adapter sqlite3.dbapi2.register_converter
        sqlite3.dbapi2.enable_callback_tracebacks sqlite3.enable_callback_tracebacks
        sqlite3.dbapi2.enable_shared_cache sqlite3.enable_shared_cache
        syslog.setlogmask webbrowser.register_standard_browsers""",
    "there is nothing that tells: its effect on the caller's own children may": """
        posix.register_at_fork""",
    "PEP 475: it concerns C code that is interrupted": "signal.siginterrupt",
    "it is of an object that is given": """builtins.setattr email.contentmanager.set_bytes_content
        email.contentmanager.set_message_content email.contentmanager.set_text_content
        importlib.util.set_loader importlib.util.set_package operator.setitem
        posix.setxattr asyncio.graph.capture_call_graph""",
    "it is of a terminal that curses has started": """curses.set_escdelay curses.set_tabsize
        curses.setsyx""",
    "it is of a call that is under way": """ctypes.set_errno
        multiprocessing.context.set_spawning_popen multiprocessing.dummy.freeze_support
        multiprocessing.freeze_support multiprocessing.spawn.freeze_support""",
    "it stops in a debugger": "bdb.set_trace pdb.set_trace pdb.set_trace_async",
    "it is of helpers, which clauses B have": """multiprocessing.resource_sharer.stop
        multiprocessing.resource_tracker.register multiprocessing.resource_tracker.unregister""",
    "it is of the whole system": "socket.sethostname",
}


def test_each_setter_of_the_standard_library_has_been_looked_at() -> None:
    """A new one is compared in `library`, or it is here, with a reason."""
    walk = subprocess.run(
        [sys.executable, "-m", "tests.unit.library_walk"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(json.loads(walk.stdout))
    assert len(found) > 100
    looked_at = {name for names in _NOT_COMPARED.values() for name in names.split()}
    assert found - looked_at - library.COMPARED.keys() == set()


@pytest.mark.parametrize("setter", library.COMPARED)
def test_what_tells_of_a_setter_can_be_read(setter: str) -> None:
    """A name that is written wrongly would never be compared."""
    module, _, name = setter.rpartition(".")
    found = pytest.importorskip(module)
    if not hasattr(found, name):
        pytest.skip(f"this Python has no {setter}")
    expression = library.COMPARED[setter]
    assert library.tells(expression), f"{expression} cannot be read"


def test_each_getter_of_prctl_has_been_looked_at() -> None:
    """By its name in the header of the kernel that this system has."""
    if not _HEADER.exists():
        pytest.skip(f"no {_HEADER}")
    found = re.findall(r"^#\s*define\s+(PR_\w*GET\w*)", _HEADER.read_text("utf-8"), re.MULTILINE)
    assert found
    assert set(found) - prctl.GETTERS.keys() - prctl.NOT_ASKED.keys() == set()


def test_each_file_of_proc_has_been_looked_at() -> None:
    """Lines of a file that is known are compared, if it is not said why not."""
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc/self")
    looked_at = {*proc.FILES, *proc.LINKS, *proc.DIRECTORIES, *proc.NOT_READ}
    assert {*os.listdir("/proc/self")} - looked_at == set()


def test_each_reason_is_of_something_that_is_not_compared() -> None:
    """No name is in two lists."""
    files = {*proc.FILES, *proc.LINKS, *proc.DIRECTORIES}
    assert not files & proc.NOT_READ.keys()
    assert not prctl.GETTERS.keys() & prctl.NOT_ASKED.keys()
    assert proc.STAT_NOT_COMPARED.keys() <= {*proc.STAT_FIELDS}
    names = [name for names in _NOT_COMPARED.values() for name in names.split()]
    assert len(names) == len(set(names))
    assert not set(names) & library.COMPARED.keys()
    assert not interpreter.SYS_NOT_COMPARED.keys() & {"path", "excepthook", "stdout"}
