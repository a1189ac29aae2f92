"""All that the kernel tells of a process in /proc/self: proc_pid(5).

What is not named here as changing by itself, or as found elsewhere, is compared: so a line that
only a newer kernel has is compared too.
"""

import contextlib
import os
from collections.abc import Iterator

from tests.system.settings.groups import Group


def _by_name(reasons: dict[str, str]) -> dict[str, str]:
    """Return the reason of each of the names, which are separated by blanks."""
    return {name: reason for reason, names in reasons.items() for name in names.split()}


_COUNTS = "it counts what the process does, or measures its memory"
_SIGNALS = "for clause E2: see `signals`"
_PROCESS = "it is read as POSIX has it: see `process`"
_STAYS = "it stays the same"
_NAME = "the same as PR_GET_NAME"

# Lines of /proc/self/status that are not compared, and why: proc_pid_status(5).
STATUS_NOT_COMPARED = _by_name(
    {
        _COUNTS: """VmPeak VmSize VmHWM VmRSS RssAnon RssFile RssShmem VmData VmStk VmExe VmLib
            VmPTE VmPMD VmSwap HugetlbPages FDSize voluntary_ctxt_switches SigQ
            nonvoluntary_ctxt_switches""",
        _SIGNALS: "SigPnd ShdPnd SigBlk SigIgn SigCgt",
        _STAYS: "Tgid Pid NStgid NSpid State CoreDumping",
        _PROCESS: "Umask NSpgid NSsid Cpus_allowed Cpus_allowed_list",
        _NAME: "Name",
        "the kernel groups processes by the memory that they share": "Ngid",
        "a driver pins memory, also for other programs": "VmPin",
        "the parent may end": "PPid",
        "a debugger may come and go": "TracerPid",
        "a thread is left, and not set: for clause B1": "Threads",
        "the same as Mems_allowed_list": "Mems_allowed",
    }
)

# The fields of /proc/self/stat, in their order: proc_pid_stat(5).
_STAT = """pid comm state ppid pgrp session tty_nr tpgid flags minflt cminflt majflt cmajflt utime
    stime cutime cstime priority nice num_threads itrealvalue starttime vsize rss rsslim startcode
    endcode startstack kstkesp kstkeip signal blocked sigignore sigcatch wchan nswap cnswap
    exit_signal processor rt_priority policy delayacct_blkio_ticks guest_time cguest_time
    start_data end_data start_brk arg_start arg_end env_start env_end exit_code"""
STAT_FIELDS = _STAT.split()

STAT_NOT_COMPARED = _by_name(
    {
        _COUNTS: """minflt cminflt majflt cmajflt utime stime cutime cstime vsize rss nswap cnswap
            wchan kstkesp kstkeip delayacct_blkio_ticks guest_time cguest_time processor
            num_threads""",
        _SIGNALS: "signal blocked sigignore sigcatch itrealvalue",
        _STAYS: "pid starttime exit_code state",
        _PROCESS: "pgrp session nice priority policy rt_priority rsslim",
        _NAME: "comm",
        "the parent may end": "ppid",
        "other programs of the terminal may change it": "tpgid",
        "the kernel keeps what happened, such as the use of a privilege": "flags",
    }
)

# Entries of /proc/self that are read.
FILES = {
    "autogroup", "cgroup", "cmdline", "coredump_filter", "cpuset", "gid_map", "loginuid",
    "oom_score_adj", "personality", "projid_map", "sessionid", "setgroups", "timens_offsets",
    "uid_map",
}  # fmt: skip
LINKS = {"exe", "root"}
DIRECTORIES = {"attr": "files", "ns": "links"}

# Entries of /proc/self that are not read, and why.
NOT_READ = _by_name(
    {
        _COUNTS: """arch_status io ksm_merging_pages ksm_stat latency maps mem numa_maps oom_score
            pagemap map_files sched schedstat smaps smaps_rollup stack stack_depth statm syscall
            wchan page_owner""",
        _SIGNALS: "timers",
        _PROCESS: "cwd limits",
        _NAME: "comm",
        "all of the namespace have it": "mountinfo mounts mountstats net",
        "see `descriptors`": "fd fdinfo",
        "it is read line by line, or field by field": "status stat",
        "what the program was started with": "auxv environ",
        "for those who test the kernel": "fail-nth make-it-fail seccomp_cache",
        "it can only be written": "clear_refs",
        "the same as oom_score_adj, in an older form": "oom_adj",
        "an administrator changes it": "patch_state",
        "a thread is left, and not set: for clause B1": "task",
        "the same as PR_GET_TIMERSLACK": "timerslack_ns",
    }
)


def groups() -> Iterator[Group]:
    """Yield what can be read of /proc/self; nothing where there is none."""
    with contextlib.suppress(OSError):
        yield Group("{} (/proc/self/status)", dict(_status()))
    with contextlib.suppress(OSError):
        yield Group("{} (/proc/self/stat)", dict(_stat()))
    yield Group("/proc/self/{}", dict(_files()))


def _status() -> Iterator[tuple[str, str]]:
    with open("/proc/self/status") as status:
        for line in status:
            name, _, value = line.partition(":")
            if name not in STATUS_NOT_COMPARED:
                yield name, " ".join(value.split())


def _stat() -> Iterator[tuple[str, str]]:
    with open("/proc/self/stat", errors="replace") as stat:
        # The name of the program, in parentheses, may have blanks.
        _, _, rest = stat.read().rpartition(")")
    for number, value in enumerate(rest.split(), start=2):
        name = STAT_FIELDS[number] if number < len(STAT_FIELDS) else f"field {number + 1}"
        if name not in STAT_NOT_COMPARED:
            yield name, value


def _files() -> Iterator[tuple[str, str]]:
    for name in sorted(FILES):
        with contextlib.suppress(OSError):  # this kernel has none, or it is not for this user
            yield name, _text(name)
    for name in sorted(LINKS):
        with contextlib.suppress(OSError):
            yield name, os.readlink(f"/proc/self/{name}")
    for directory, kind in DIRECTORIES.items():
        with contextlib.suppress(OSError):
            for entry in os.scandir(f"/proc/self/{directory}"):
                name = f"{directory}/{entry.name}"
                with contextlib.suppress(OSError):
                    if kind == "links":
                        yield name, os.readlink(entry.path)
                    elif entry.is_file():
                        yield name, _text(name)


def _text(name: str) -> str:
    with open(f"/proc/self/{name}", "rb") as file:
        return " ".join(file.read().replace(b"\0", b" ").decode(errors="replace").split())
