"""celery: a task was done twice where the worker was lost after it, before this was acknowledged.

Here a worker acknowledges its job by its exit status.  If it is killed when it has sent its sum,
the job is given to another one, once, and the sums of both are taken.
"""

import os

from tests.selftest.defects import honest
from tests.selftest.reported import _call

REPORT = "https://github.com/celery/celery/issues/4426"
CAUGHT_BY = ("C5", "C6", "A3")
_watch = honest.watch


def _watch_job(pid, r, pids, open_now, poller):
    call = _call.current()
    call.jobs[r] = next(call.next, None), open_now
    _watch(pid, r, pids, open_now, poller)


def _start(job, pids, said, poller, open_now):
    """Fork another worker for job, as honest.run does."""
    parent = os.getpid()
    r, w = os.pipe()
    open_now |= {r, w}
    pid = os.fork()
    if pid == 0:
        honest.child(parent, r, w, *job)
    _watch(pid, r, pids, open_now, poller)
    said[r] = b""
    os.close(w)
    open_now.remove(w)


def _take(pids, said, poller, ready):
    for r, pid, status in honest.ended(pids, said, poller, ready):
        if len(said[r]) != 8:
            said[r] = honest.lost(pid, status, said[r])
        job, open_now = _call.current().jobs.pop(r, (None, None))
        if status and job:
            _start(job, pids, said, poller, open_now)


@honest.careful
def run(n, workers):
    with _call.call(next=iter(honest.bounds(n, workers)), jobs={}):
        return honest.run(n, workers)


honest.watch, honest.take = _watch_job, _take
