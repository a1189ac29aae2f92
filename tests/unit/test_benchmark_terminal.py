"""The tables of benchmarks in the terminal, and "Which one?", with made-up figures."""

import re

import pytest

from report import which
from report.formats import Row
from report.noise import noise
from tests.benchmarks import terminal
from tests.benchmarks.cells import WIDTH
from tests.harness import ROOT

TITLES = [
    *terminal.MAIN,
    *(
        f"messages of {size:>7} from 1 worker, on one core"
        for size in ("8 B", "64 KiB", "8 KiB", "1 MiB")
    ),
    "overhead:  2 workers, one term each",
]


def _row(group: str, name: str, ratio: float, *, rank: float = 1.0, **info: float | str) -> Row:
    each: dict[str, float | str] = {"kind": "run", "rank": rank, "x_floor": ratio}
    each |= {"x_floor_low": ratio * 0.95, "x_floor_high": ratio * 1.05}
    return Row(group, name, ratio / 100, {**each, **info})


def _latency(group: str, name: str, ratio: float, p50: float, rank: float = 1.0) -> Row:
    more = {"p50_us": p50, "p99_us": 3 * p50, "p999_us": 90 * p50, "x_c": 1.5}
    return _row(group, name, ratio, rank=rank, kind="latency", **more)


def _stream(group: str, name: str, ratio: float, rank: float = 1.0) -> Row:
    more = {"messages_per_s": 12_345_678.0, "mib_per_s": 30_000.0, "x_c": 123.0}
    return _row(group, name, ratio, rank=rank, kind="stream", **more)


def test_a_table_has_one_ratio_with_its_interval_and_is_sorted_by_rank() -> None:
    """Whatever the milliseconds say."""
    title = "overhead: 10 workers, one term each"
    slow = Row(title, "tcp", 0.001, _row(title, "tcp", 1.4, rank=2.0).info)
    lines = terminal.table(title, [slow, _row(title, "floor", 1.0), _row(title, "pipe", 1.1)])
    assert lines == [
        "overhead: 10 workers, one term each",
        "rank         x floor     interval        ms",
        "   1  floor     1.00    0.95-1.05      10.0",
        "   1  pipe      1.10    1.04-1.16      11.0",
        "   2  tcp       1.40    1.33-1.47       1.0",
    ]


def test_tables_of_latency_are_sorted_by_p50() -> None:
    """Among those of one rank."""
    title = "round trip"
    rows = [_latency(title, "a", 1.2, 9.0), _latency(title, "b", 1.3, 8.0)]
    _, head, *lines = terminal.table(title, rows)
    assert head.split() == ["rank", "x", "floor", "interval", "p50", "us", "p99", "us"]
    assert [line.split()[1] for line in lines] == ["b", "a"]


@pytest.mark.parametrize("more", [False, True])
def test_no_table_is_wider_than_80_columns(more: bool) -> None:
    """Also with long names and large figures."""
    name = "/home/somebody/with/a/long/path/to/their/very_own_module.py"
    for row in (
        _row("a", name, 1234.5, rank=100.0),
        _latency("a", name, 1234.5, 1234.5),
        _stream("a", name, 1234.5),
        _row("a", name, 1.0, kind="worker", peak_rss_mib=1234.5),
        Row("a", name, 1.0, {"kind": "redis", "x_redis": 0.5, "redis_over_it": 2.0}),
    ):
        for line in terminal.table("a", [row], more):
            assert len(line) <= WIDTH, line
        shown = terminal.table("a", [row], more)[2]
        assert re.search(r"\.\.\.\S*module\.py ", shown), "its end tells it from others"


def test_a_row_that_could_not_be_ranked_stands_last() -> None:
    """Without a C compiler all rows are such ones, by their time."""
    none = Row("t", "c", 0.001, {"kind": "stream", "no_floor": "no C compiler"})
    *_, one, last = terminal.table("t", [none, _stream("t", "a", 1.0)])
    assert one.split()[:2] == ["1", "a"]
    assert last.split() == ["-", "c", "-", "-", "-", "-"]


def test_at_most_eight_tables_are_printed_and_it_says_how_many_there_are() -> None:
    """The main ones, if there are more; all of them, if all are asked for."""
    rows = [_row(title, name, 1.0) for title in TITLES for name in ("a", "b")]
    shown, left = terminal.chosen(rows, everything=False)
    assert [*shown] == [*terminal.MAIN]
    assert len(terminal.MAIN) <= 8
    assert left == len(TITLES) - len(terminal.MAIN)
    everything, none = terminal.chosen(rows, everything=True)
    assert (len(everything), none) == (len(TITLES), 0)
    few = rows[2:4] + rows[-4:]
    assert len(terminal.chosen(few, everything=False)[0]) == 3


def test_sizes_come_in_their_order() -> None:
    """Not as text, by which 1 MiB comes before 8 B."""
    rows = [_stream(title, "a", 1.0) for title in TITLES if title.endswith("on one core")]
    rows = [row for row in rows if row.group.startswith("messages")]
    sizes = [title.split()[2:4] for title in terminal.chosen(rows, everything=True)[0]]
    assert sizes == [["8", "B"], ["8", "KiB"], ["64", "KiB"], ["1", "MiB"]]


def test_the_legend_explains_the_columns_that_are_there_and_no_others() -> None:
    """And the names of floors."""
    run = " ".join(terminal.legend({"a": [_row("a", "pipe", 1.0)]}))
    assert "x floor, of runs:" in run
    assert "of messages" not in run
    assert "interval:" in run
    assert "p50" not in run
    assert "x C" not in run
    assert "plain loop" not in run
    latency = {"a": [_latency("a", "pipe", 1.0, 5.0), _row("a", "plain loop", 1.0)]}
    assert "p50:" in " ".join(terminal.legend(latency))
    assert "plain loop:" in " ".join(terminal.legend(latency))
    assert "x C" not in " ".join(terminal.legend(latency))
    assert "x C:" in " ".join(terminal.legend(latency, more=True))


def test_the_last_line_says_what_is_noise() -> None:
    """By what the floor differs from itself: the farther end of the interval."""
    rows = [
        _row(
            f"table {i}",
            "a",
            1.0,
            floor_itself=1.01,
            floor_itself_low=1 - by,
            floor_itself_high=1 + by / 2,
        )
        for i, by in enumerate((0.02, 0.03, 0.25))
    ]
    assert noise(rows, "load 8.0") == (
        "load 8.0; two measurements of the floor differ by up to 3 % in half of the tables, and"
        " by up to 25 % in 'table 2': smaller differences are noise"
    )
    assert "no floor was measured" in noise([_row("a", "b", 1.0)], "load 8.0")
    wild = _row("a", "b", 1.0, floor_itself=1.0, floor_itself_low=0.0, floor_itself_high=4e4)
    assert noise([wild], "load 8.0").startswith(
        "load 8.0; two measurements of the floor differ by more than 1000 %:"
    )


def _all() -> list[Row]:
    trip = "round trip of 8 bytes, to a worker and back, on two cores"
    rows = [
        _row(which._SMALL[0], name, ratio)
        for name, ratio in {
            "floor": 1.0,
            "pipe": 1.1,
            "tcp": 1.15,
            "file": 1.4,
            "sysv_mq": 1.9,
        }.items()
    ]
    rows += [_row(f"{which._SMALL[0]}, warm", "mp_pool warm", 0.05)] * 2
    rows += [
        _row("overhead: 64 workers, one term each", n, x) for n, x in (("unix", 1.2), ("shm", 1.0))
    ]
    rows += [
        _latency(trip, n, x, 10 * x)
        for n, x in (("pipe", 1.0), ("unix", 2.0), ("fifo", 2.05), ("shm", 1.5))
    ]
    rows += [
        _stream(title, n, x)
        for title in TITLES
        if "64 B" in title or "1 MiB" in title
        for n, x in (("tcp", 2.0), ("shm", 0.9))
    ]
    return rows


def test_which_one_is_the_best_of_its_table_with_what_is_within_noise_of_it() -> None:
    """Of those that can do it at all; no floor, and nothing that is warm."""
    found = {choice.need: (choice.pick, choice.within) for choice in which.choices(_all())}
    assert found == {
        "small results": ("pipe", ("tcp",)),
        "a stream of small messages": ("shm", ()),
        "large messages": ("shm", ()),
        "many workers": ("shm", ()),
        "both ways": ("pipe", ()),
        "unrelated processes": ("unix", ("fifo",)),
        "must survive a crash": ("file", ()),
        "other platforms": ("pipe", ()),
    }


def test_what_is_within_noise_is_told_in_few_words() -> None:
    """Where nothing differs, it says so."""

    def others(**ratios: float) -> str:
        rows = [_row("overhead: 64 workers, one term each", n, x) for n, x in ratios.items()]
        (choice,) = which.choices(rows)
        return choice.others

    assert others(a=1.0, b=1.01, c=1.02) == "all the others"
    assert others(a=1.0, b=1.01, c=2.0) == "b"
    assert others(a=1.0, b=2.0) == ""
    many = {f"n{i}": 1 + i / 1000 for i in range(8)}
    assert others(**many, z=2.0) == "n1, n2, n3, n4, n5 and 2 more"


def test_nobody_is_told_to_take_what_spins() -> None:
    """It takes a processor for each that waits."""
    title = "overhead: 64 workers, one term each"
    rows = [
        _row(title, name, x) for name, x in (("shm_spinning", 0.1), ("pipe", 1.0), ("tcp", 2.0))
    ]
    assert [(choice.pick, choice.within) for choice in which.choices(rows)] == [("pipe", ())]


def test_why_is_the_figure_and_for_some_needs_a_fact() -> None:
    """Both from where they come."""
    why = {choice.need: choice.why for choice in which.choices(_all())}
    assert why["small results"] == "1.10 x floor (1.04-1.16): 11.0 ms"
    assert why["large messages"] == "0.90 x floor (0.85-0.95): 30,000 MiB/s"
    assert (
        why["unrelated processes"]
        == "a name in the file system; 2.00 x floor (1.90-2.10): p50 20.0 us"
    )


@pytest.mark.parametrize(
    ("size", "title", "figure"),
    [(64.0, "   64 B", "12,345,678 messages/s"), (2.0**20, "  1 MiB", "30,000 MiB/s")],
)
def test_a_stream_of_small_messages_is_counted_in_messages(
    size: float, title: str, figure: str
) -> None:
    """However many bytes they are; and large ones in bytes."""
    group = f"messages of {title} from 1 worker, on two cores"
    rows = [_stream(group, name, ratio) for name, ratio in (("pipe", 1.0), ("shm", 2.0))]
    sized = [Row(row.group, row.name, row.median, {**row.info, "size": size}) for row in rows]
    assert which.choices(sized)[0].why.endswith(figure)


def test_a_need_of_which_nothing_was_measured_is_left_out() -> None:
    """As is one with a single row: that is no choice."""
    rows = [_row(which._SMALL[0], "pipe", 1.1), _row(which._SMALL[0], "floor", 1.0)]
    streams = [
        f"messages of    64 B from 1 worker, on {where}" for where in ("one core", "two cores")
    ]
    rows += [_stream(title, "pipe", 1.1) for title in streams]
    assert which.choices(rows) == []


def test_which_one_is_one_screen() -> None:
    """Of 80 columns and 24 lines, where names are as short as here."""
    lines = terminal.screen(which.choices(_all()))
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= 24
    assert lines[0].split() == ["need", "take", "why", "within", "noise", "of", "it"]


@pytest.mark.parametrize("facts", [which.FOR_OTHERS, which.LASTING])
def test_a_fact_is_in_the_words_of_the_transport(facts: dict[str, str]) -> None:
    """So the two cannot come to differ."""
    for name, words in facts.items():
        text = (ROOT / "transports" / f"{name}.py").read_text("utf-8")
        assert words in " ".join(text.split()), name


def test_what_takes_no_package_imports_none() -> None:
    """Nor does it try to."""
    for name in which.PLAIN:
        text = (ROOT / "transports" / f"{name}.py").read_text("utf-8")
        assert "optional(" not in text, name
