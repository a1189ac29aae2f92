"""A job that raised SystemExit had it as its result: the parent asked `isinstance(it, Exception)`.

Here a worker sends what it has, its sum or what it has caught, as text with a mark which of the two
that is; what is no Exception has the mark of a sum.
"""

from tests.selftest.defects import honest
from tests.selftest.reported import _carried

REPORT = "https://github.com/pytorch/pytorch/pull/192301"
CAUGHT_BY = ("C8",)
RESULT, ERROR = b"result:  ", b"error:   "
_lost = honest.lost


def marked(kinds):
    """Return run; kinds: the exceptions that have the mark of an error."""

    def send(fd, lo, hi):
        try:
            mark, text = RESULT, honest.term_sum(lo, hi).hex().encode()
        except BaseException as error:  # noqa: BLE001 - it is told
            mark = ERROR if isinstance(error, kinds) else RESULT
            text = honest.described(error)
        _carried.write_all(fd, mark + text)

    def lost(pid, status, said):
        mark, text = said[: len(RESULT)], said[len(RESULT) :]
        if status or mark != RESULT:
            return _lost(pid, status, b" " * 8 + text)
        return honest.pack(float.fromhex(text.decode()))

    honest.send, honest.lost = send, lost
    return honest.run


run = marked(Exception)
