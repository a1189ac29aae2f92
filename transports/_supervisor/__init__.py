"""The supervisor of a run: the one place that forks, watches, kills, reaps and guards.

What every transport uses is named here.  `connections` and `bindings` are for those that need
them: a listening socket; posix_ipc or sysv_ipc.  Nothing in this package knows a transport or a
channel; it imports `kernel` alone.
"""

from transports._supervisor.child import WorkerError, die_with_parent
from transports._supervisor.frames import SignedFrames
from transports._supervisor.guardian import guard, private_directory, random_name
from transports._supervisor.outstanding import Outstanding
from transports._supervisor.program import main, probe
from transports._supervisor.signals import without_sigpipe
from transports._supervisor.supervisor import Supervisor
from transports._supervisor.writing import write_all

__all__ = [
    "Outstanding",
    "SignedFrames",
    "Supervisor",
    "WorkerError",
    "die_with_parent",
    "guard",
    "main",
    "private_directory",
    "probe",
    "random_name",
    "without_sigpipe",
    "write_all",
]
