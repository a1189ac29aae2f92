"""Failed jobs had one reason, whatever it was: "unhandled errors in a TaskGroup (1 sub-exception)".

Here a worker does its work in a group, and tells what str() makes of what is raised.
"""

from tests.selftest.reported import _srv_words

REPORT = "https://github.com/epam/statgpt-backend/pull/454"
CAUGHT_BY = ("C8",)


def grouped(error):
    return BaseExceptionGroup("unhandled errors in a TaskGroup", [error])


run = _srv_words.install(text=lambda error: _srv_words.text_of(grouped(error)))
