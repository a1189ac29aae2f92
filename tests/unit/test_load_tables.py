"""The tables of latency under load and of break-even, with made-up figures."""

import pytest

from report.formats import Row
from tests.benchmarks import terminal
from tests.benchmarks.break_even import WORK
from tests.benchmarks.cells import WIDTH
from tests.benchmarks.load_tables import SHOWN
from tests.benchmarks.open_loop import LEVELS

LONG = "/home/somebody/with/a/long/path/to/their/very_own_module.py"


def _load(name: str, p99: float, rank: float = 1.0, *, x_c: float | None = 1.5) -> Row:
    info: dict[str, float | str] = {"kind": "load", "rank": rank, "messages_per_s": 1_234_567.0}
    for level in LEVELS:
        times = (p99 / 4, p99, 2 * p99, 3 * p99)
        keys = (f"{key}_us_at_{level}" for key in ("p50", "p99", "p999", "max"))
        info |= dict(zip(keys, times, strict=True))
        if x_c is not None:
            info[f"x_c_p50_at_{level}"] = x_c
    return Row("latency under load", name, p99 / 1e6, info)


def _even(name: str, even: float | None, own: float = 1.0, share: float = 1.0) -> Row:
    info: dict[str, float | str] = {"kind": "even"}
    for work in WORK:
        info[f"messages_per_s_with_{work}_us"] = share * 1e6 / (own + work)
    if even is not None:
        info["break_even_us"] = even
    return Row("break-even", name, own / 1e6, info)


@pytest.mark.parametrize(
    "rows",
    [
        [_load(LONG, 300_000.0, 100.0, x_c=1234.5), _load("shm", 0.01, x_c=0.012)],
        [_load("mp_simple_queue", 8.0, x_c=None)],
        [_even(LONG, None, 0.1), _even("shm", 0.0), _even(LONG, 1000.0, share=0.01)],
    ],
)
def test_no_table_is_wider_than_80_columns_and_no_two_figures_touch(rows: list[Row]) -> None:
    """Also with long names and large figures."""
    lines = terminal.table("a", rows)
    lines += terminal.legend({"a": rows})
    assert max(map(len, lines)) <= WIDTH
    assert not [line for line in lines if ".0." in line], "two figures without a space"
    for row in rows:
        assert any(row.name[-10:] in line for line in lines), "its end tells it from others"


def test_a_row_has_a_line_for_each_level_and_its_name_once() -> None:
    """Sorted by rank, those of one rank by the p99 at half the load."""
    rows = [_load("c", 9.0, 2.0), _load("b", 8.0), _load("a", 7.0, x_c=None)]
    title, head, *lines = terminal.table("latency  under load", rows)
    assert title == "latency under load"
    assert head.split()[:3] == ["rank", "reached/s", "load"]
    assert [line.split()[1] for line in lines[:: len(LEVELS)]] == ["a", "b", "c"]
    assert lines[0].split() == ["1", "a", "1,234,567", "10", "%", "1.8", "7.0", "14.0", "21.0", "-"]
    assert lines[-1].split() == ["95", "%", "2.2", "9.0", "18.0", "27.0", "1.50"]


def test_a_row_that_could_not_be_ranked_stands_last() -> None:
    """As where there is no C compiler."""
    row = _load("a", 1.0)
    info = {key: value for key, value in row.info.items() if key != "rank"}
    *_, last = terminal.table("t", [Row(row.group, "none", 1.0, info), _load("b", 9.0)])[:-3]
    assert last.split()[:2] == ["-", "none"]


def test_break_even_is_one_number_and_the_least_comes_first() -> None:
    """One that is even nowhere is the last, and says so."""
    rows = [_even("c", None, 200.0), _even("b", 50.0, 6.0), _even("a", 0.0)]
    _, _, head, *lines = terminal.table("break-even", rows)
    assert head.split() == [word for work in SHOWN for word in (str(work), "us")]
    assert [line.split()[0] for line in lines] == ["a", "b", "c"]
    assert lines[1].split()[1:3] == ["50", "us"]
    assert lines[2].split()[1:4] == [">", "1000", "us"]


def test_it_says_if_receivers_could_not_compute_all_the_time() -> None:
    """Half of them or more: then the table shows the other programs, and no channel."""
    busy = [_even("a", None, share=0.98), _even("b", None, share=0.4), _even("c", None, share=0.3)]
    text = " ".join(" ".join(terminal.table("break-even", busy)).split())
    assert "could compute in 40 % of the time or less" in text
    quiet = [_even("a", 0.0), _even("b", None, share=0.99), _even("c", None, share=0.3)]
    assert "Other programs" not in " ".join(terminal.table("break-even", quiet))


def test_each_table_has_its_own_legend() -> None:
    """Break-even has no ranks, and other tables have nothing of these."""
    load, even = (
        " ".join(" ".join(terminal.legend({"a": [row]})).split())
        for row in (_load("pipe", 1.0), _even("pipe", 1.0))
    )
    assert "rank:" in load
    assert "x C:" in load
    assert "break-even:" not in load
    assert "at least 90 % of the messages a second" in even
    assert "rank" not in even
    assert "floor:" not in load + even


def test_the_floor_is_explained_where_it_is_measured() -> None:
    """It is not, where the transports were given."""
    rows = [_load("pipe", 1.0), _load("floor", 1.0)]
    assert "the machine was late" in " ".join(terminal.legend({"a": rows}))
