"""Break-even, with made-up figures; and that work is done."""

import contextlib
import time

import pytest

from tests.benchmarks import break_even, conftest
from tests.benchmarks.break_even import WORK, figures, times_of
from tests.benchmarks.rounds import Sample, Series
from tests.benchmarks.tables import Entry, Row
from tests.benchmarks.test_under_load import EVEN
from tests.harness.isolation import processors
from transports.pipe import channel


def _series(own: int, *more: int) -> Series:
    """Return rounds in which a channel takes so many microseconds of a message, beside the work."""
    return Series(
        [
            Sample(each / 1e6, parts={str(work): [(each + work) * 1000] for work in WORK})
            for each in (own, *more)
        ]
    )


@pytest.mark.parametrize(
    ("own", "even"), [(1, 0), (2, 10), (6, 50), (11, 100), (56, 500), (101, 1000), (114, None)]
)
def test_break_even_is_the_least_work_with_nine_tenths_of_the_rate_of_the_fastest(
    own: int, even: int | None
) -> None:
    """Beside one that takes 1 us: (1 + work) / (own + work) is at least 0.9 from there on."""
    mine, fastest = _series(own), _series(1)
    found = figures(mine, [mine, fastest])
    assert found.get("break_even_us") == even
    assert found["messages_per_s_with_0_us"] == round(1e6 / own)


def test_what_is_near_only_for_a_while_is_not_even() -> None:
    """With all longer work too it has to be near."""
    mine = dict.fromkeys(WORK, 100)
    fastest = {**mine, 50: 80, 200: 80}
    assert break_even.break_even(mine, [mine, fastest]) == 500


def test_the_fastest_may_be_another_one_for_each_work() -> None:
    """One that is the first without work need not be it with work."""
    mine = {work: 100 if work < 20 else 200 for work in WORK}
    other = dict.fromkeys(WORK, 120)
    assert break_even.break_even(mine, [mine, other]) is None
    assert break_even.break_even(other, [mine, other]) == 20


def test_rounds_that_others_have_disturbed_do_not_count() -> None:
    """As long as a quarter of them was not."""
    assert times_of(_series(1, 900, 1, 900, 700)) == times_of(_series(1))


def test_one_that_failed_is_not_the_fastest() -> None:
    """Its figures are of no use."""
    good, bad = _series(50), _series(1)
    bad.error = AssertionError("a message is not whole")
    rows = [Row(each, {}, {}) for each in (good, bad)]
    entry = Entry("t", "even", lambda: contextlib.nullcontext(lambda turn: Sample(1.0)), {}, EVEN)
    assert conftest.more(entry, rows[0], rows)["break_even_us"] == 0


def test_the_work_is_cpu_time_of_the_receiver() -> None:
    """For each message as much as it says, beside other programs too."""
    messages = [(0, b"%d" % number) for number in range(50)]
    before = time.thread_time_ns()
    stamps, found = break_even._computing(200_000, iter(messages))
    assert time.thread_time_ns() - before >= 50 * 200_000
    assert found == messages
    assert stamps == sorted(stamps)


@pytest.mark.skipif(processors() < 2, reason="there is one core alone")
def test_a_message_takes_at_least_as_long_as_its_work() -> None:
    """Through a real channel, for each amount."""
    parts = break_even._worked(0, channel).parts
    assert {*parts} == {str(work) for work in WORK}
    for work in WORK:
        assert parts[str(work)][0] >= work * 1000
