"""The supervisor of a run: the one place that forks, watches, kills, reaps and guards.

What a transport may use is named here.  Nothing in this package knows a transport or a channel;
it imports `kernel` alone.
"""

from transports._supervisor.bindings import as_oserror, optional, require, retry_on_signal
from transports._supervisor.child import WorkerError, die_with_parent
from transports._supervisor.connections import Rendezvous, accept_pending, gather_connections
from transports._supervisor.frames import SignedFrames
from transports._supervisor.guardian import guard, private_directory, random_name
from transports._supervisor.outstanding import Outstanding
from transports._supervisor.program import main, probe
from transports._supervisor.signals import without_sigpipe
from transports._supervisor.supervisor import Event, Supervisor, write_all

__all__ = [
    "Event",
    "Outstanding",
    "Rendezvous",
    "SignedFrames",
    "Supervisor",
    "WorkerError",
    "accept_pending",
    "as_oserror",
    "die_with_parent",
    "gather_connections",
    "guard",
    "main",
    "optional",
    "private_directory",
    "probe",
    "random_name",
    "require",
    "retry_on_signal",
    "without_sigpipe",
    "write_all",
]
