"""What the page says: levels, families, the texts of clauses, and the words below charts."""

import copy
import dataclasses
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from report import clauses, formats, host, page
from report.formats import Place
from tests import harness
from tests.unit import report_samples
from tests.unit.report_samples import CLAUSES


class _Rows(HTMLParser):
    """The rows of all tables with a class, each the texts and classes of its cells."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__()
        self.rows: list[list[tuple[str, str | None]]] = []
        self._kind, self._inside, self._cell = kind, False, False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class")
        if tag == "table":
            self._inside = self._kind in (kind or "").split()
        elif tag == "tr" and self._inside:
            self.rows.append([])
        elif tag in {"td", "th"} and self._inside:
            self.rows[-1].append(("", kind))
        self._cell = self._inside and bool(self.rows and self.rows[-1])

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "table"

    def handle_data(self, data: str) -> None:
        if self._inside and self._cell:
            text, kind = self.rows[-1][-1]
            self.rows[-1][-1] = (text + data, kind)


def _text(markup: str) -> str:
    return " ".join(re.sub("<[^>]+>", "", markup.replace("<dd>", " ")).split())


def _one(**outcomes: str) -> Any:
    """Return a support file in which all is passed, but for *outcomes* of the transport pipe."""
    support: Any = report_samples.support(0)
    for transport in support["transports"].values():
        transport["clauses"] = {clause: {"outcome": "passed"} for clause in CLAUSES}
    for clause, outcome in outcomes.items():
        verdict = {"outcome": outcome, "reason": "it is so"}
        support["transports"]["pipe"]["clauses"][clause] = verdict
    return support


def _families(*supports: Any) -> dict[str, list[tuple[str, str | None]]]:
    rows = _Rows(page.render([Place(support) for support in supports]), "families").rows
    return {row[0][0]: row[1:] for row in rows}


def _bench(*rows: dict[str, Any]) -> formats.Bench:
    figures = report_samples.benchmark(0)
    figures["benchmarks"] = [
        {"name": "test", "stats": {"median": 1.0}, "param": None, "params": None, **row}
        for row in rows or figures["benchmarks"]
    ]
    bench = formats._bench(figures)
    assert isinstance(bench, formats.Bench)
    return bench


def test_the_support_table_has_a_column_for_each_family() -> None:
    """Passed of judged, and the level behind; a failure, and what was not judged, are marked."""
    skips = {clause: "skipped" for clause in CLAUSES if clause[0] == "G"}
    rows = _families(_one(C1="failed", C4="skipped", F1="not judged", **skips))
    assert [text[0] for text, _ in rows["transport"]] == [*"ABCDEFGH", "l"]
    cells = dict(zip("ABCDEFGH", rows["pipe"], strict=False))
    assert cells["A"] == ("6/6", None)
    assert cells["C"] == ("11/12", "f")
    assert cells["F"] == ("2/2?", "o")
    assert cells["G"] == ("-", None)
    level, _ = rows["pipe"][-1]
    assert level.startswith("basic")
    assert "C1 fails" in level
    assert "F1 not judged" in level
    assert rows["shm"][-1][0] == "hardened"


def test_a_family_that_no_transport_was_tried_on_has_no_column() -> None:
    """As after --clause=A."""
    support = _one()
    for transport in support["transports"].values():
        transport["clauses"] = {c: v for c, v in transport["clauses"].items() if c[0] == "A"}
    rows = _families(support)
    assert [text[0] for text, _ in rows["transport"]] == ["A", "l"]
    assert "44" not in rows["pipe"][-1][0]
    assert "not run" in rows["pipe"][-1][0]


def test_of_several_platforms_each_has_its_rows_of_families() -> None:
    """Below the table of their levels."""
    text = page.render([Place(report_samples.support(i)) for i in (0, 5)])
    heads = [row[0][0] for row in _Rows(text, "families").rows if len(row) == 1]
    assert heads == [report_samples.NAMES[0], report_samples.NAMES[5]]
    assert len(_Rows(text, "matrix").rows) == 1 + len(report_samples.TRANSPORTS)


def test_an_unsupported_transport_says_why_in_its_row() -> None:
    """Across all columns."""
    rows = _families(report_samples.support(2))
    assert rows["posix_mq"] == [
        ("unsupported: no POSIX message queues here: mq_open: Function not implemented", "no")
    ]


def test_the_page_says_level_and_none_and_never_profile() -> None:
    """A level and a profile are one thing."""
    support = _one(A1="failed")
    assert _families(support)["pipe"][-1][0].startswith("none")
    for places in ([Place(support)], [Place(support), Place(report_samples.support(5))]):
        text = page.render(places).partition("</style>")[2]
        assert "profile" not in text
    assert "<span>level: none</span>" in page.render([Place(support)])


def test_a_clause_that_was_not_passed_has_its_text_and_remedy_on_the_page() -> None:
    """It and no other; what names it where it failed is a link to it."""
    text = page.render([Place(_one(C1="failed", G3="skipped", H1="expected"))])
    (section,) = re.findall(r"<section id=clauses>.*?</section>", text, re.DOTALL)
    told = dict(re.findall(r"<div id=(\w+)>(.*?)</div>", section, re.DOTALL))
    assert list(told) == ["C1", "G3", "H1"]
    for clause, markup in told.items():
        known = clauses.clauses()[clause]
        want = f"{clause} {known.sentence} When it fails: {known.remedy}".replace("`", "")
        assert _text(markup) == want.replace(">", "&gt;").replace("<", "&lt;")
        assert text.count(f"href=#{clause}>") == 2, "in the support table and in that of pipe"
    assert "<code>" in section


def test_where_all_is_passed_no_text_of_a_clause_is_on_the_page() -> None:
    """There is no section for it, and no link to one."""
    assert "=clauses>" not in page.render([Place(_one())]).replace("class=clauses", "")


def test_the_words_of_a_chart_are_told_below_it() -> None:
    """Each only where it stands."""
    row = {"group": "overhead", "param": "pipe", "params": {"transport": "pipe"}}
    few = {"x_floor": 1.2, "workers": 2, "forks": 2}
    more = {**few, "forks": 3, "x_floor_of_as_many_forks": 1.1}
    plain = page.render([Place(None, [_bench({**row, "extra_info": few})])])
    assert "Dotted line: 1, as long as the floor." in plain
    assert "Same forks," not in plain
    assert "Plain loop:" not in plain
    loop = {**row, "param": "plain loop", "params": None, "extra_info": few}
    full = page.render([Place(None, [_bench({**row, "extra_info": more}, loop)])])
    assert full.count("Same forks,") == 1
    assert full.count("Plain loop:") == 1
    redis = page.render([Place(None, [_bench({**row, "extra_info": {"redis_over_it": 3.0}})])])
    assert "Dotted line: 1, Redis takes just as long." in redis
    latency = {"p50_us": 3.0, "p99_us": 5.0}
    without = page.render([Place(None, [_bench({**row, "extra_info": latency})])])
    over = page.render([Place(None, [_bench({**row, "extra_info": {**latency, "x_c": 2.0}})])])
    assert "×\u00a0C:" not in without
    assert "×\u00a0C: how many times as long as the same mechanism driven from C." in over


def _beside_names(bench: formats.Bench) -> set[str]:
    text = page.render([Place(None, [bench])])
    return set(re.findall(r"<small>[^<]+ MiB/s at ([^<]+)</small>", text.replace("\u00a0", " ")))


def test_the_figures_beside_small_pictures_are_all_at_the_same_size() -> None:
    """At the largest that all have, whatever the best of each is."""
    figures = {"pipe": {64: 10.0, 1024: 50.0, 4096: 40.0}, "shm": {64: 5.0, 1024: 70.0}}

    def moved(figures: dict[str, dict[int, float]]) -> formats.Bench:
        return _bench(
            *(
                {
                    "group": f"messages of {size} B",
                    "param": name,
                    "params": {"transport": name},
                    "extra_info": {"size": size, "mib_per_s": mib},
                }
                for name, points in figures.items()
                for size, mib in points.items()
            )
        )

    assert _beside_names(moved(figures)) == {"1 KiB"}
    whole = copy.deepcopy(figures)
    whole["shm"][4096] = 1.0
    assert _beside_names(moved(whole)) == {"4 KiB"}


def test_the_machine_of_a_run_of_benchmarks_is_named_once() -> None:
    """Above its charts, not in each caption."""
    text = page.render([Place(report_samples.support(0), [_bench()])])
    assert text.count("Imaginary Processor 0") == 1
    assert text.count("10 April 2031") == 2, "at the top and above the charts"
    assert "2031\u201104\u201110" not in text


@pytest.mark.parametrize(
    ("urls", "home"),
    [
        ({"Homepage": "https://example.org/ipc"}, "https://example.org/ipc"),
        ({"Homepage": "javascript:alert(1)"}, None),
        (None, None),
    ],
)
def test_the_page_leads_to_the_project_if_that_has_an_address(
    monkeypatch: pytest.MonkeyPatch, urls: dict[str, str] | None, home: str | None
) -> None:
    """The one in the project file; none is made up."""
    monkeypatch.setattr(host, "_project", lambda: {"urls": urls} if urls else {})
    assert host.home() == home
    text = page.render([Place(_one())])
    found = re.findall(r'<a href="?([^#">][^">]*)', text)
    assert found == ([home] if home else [])


def test_on_paper_nothing_stays_closed_and_summaries_are_not_bound_together() -> None:
    """The rules alone are read here; test_report_browser.py has a browser follow them."""
    style = page.render([]).partition("<style>")[2].partition("</style>")[0]
    assert style.count("{") == style.count("}")
    printed = style[style.index("@media print") :]
    assert "\n  details::details-content { content-visibility: visible;" in printed
    assert ".charts, .many { display: block; }" in printed
    lines = [line.strip() for line in printed.splitlines() if "summary" in line]
    assert [line.partition("summary {")[0] for line in lines if "break-after" in line] == [
        "details[open] > ",
        "@supports selector(::details-content) { ",
    ]


TOY = """
import pytest

@pytest.mark.clause("A1")
@pytest.mark.parametrize("transport", ["good"])
def test_it_is_right(transport):
    pass
"""


def test_a_file_that_is_not_below_this_directory_is_told_by_its_whole_path(
    tmp_path: Path,
) -> None:
    """bootstrap.py starts pytest in the directory of the suite, not in that of the user."""
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "test_toy.py").write_text(TOY, "utf-8")
    (suite / "pytest.ini").write_text("[pytest]\nmarkers =\n clause(id): x\n", "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "report.plugin", "-p", "no:benchmark"]
    for given, told in (("out", "out"), (tmp_path / "c" / "out", tmp_path / "c" / "out")):
        done = subprocess.run(
            [*command, "-p", "no:hypothesispytest", f"--report-dir={given}"],
            cwd=suite,
            env=os.environ | {"PYTHONPATH": str(harness.ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        lines = [line for line in done.stdout.splitlines() if line.startswith("report: ")]
        assert lines == [f"report: {told}/support.json", f"report: {told}/report.html"], done


def _figures(group: str, **ratios: tuple[float, float, float]) -> formats.Bench:
    """Return the rows of a table, with ratios and intervals."""
    rows = [
        {
            "group": group,
            "param": name,
            "params": {"transport": name},
            "extra_info": {"x_floor": x, "x_floor_low": low, "x_floor_high": high, "workers": 10},
        }
        for name, (x, low, high) in ratios.items()
    ]
    return _bench(*rows)


def test_which_one_to_take_stands_at_the_top_of_the_page() -> None:
    """Before the support of clauses, as a picture: the pick, what is within noise, the others."""
    group = "overhead: 10 workers, one term each"
    bench = _figures(group, tcp=(1.3, 1.2, 1.4), pipe=(1.1, 1.0, 1.21), shm=(2.0, 1.9, 2.1))
    text = page.render([Place(report_samples.support(0), [bench])])
    sections = re.findall(r"<section id=(\w+)>", text)
    assert sections[:2] == ["which", "support"]
    (section,) = re.findall(r"<section id=which>.*?</section>", text, re.DOTALL)
    (row,) = re.findall(r"<tr><th scope=row>.*", section)
    assert _text(row).startswith("small resultspipe1.10 x floor (1.00-1.21)")
    assert row.partition("</svg>")[2].partition("tcp")[1] == "tcp"
    (picture,) = re.findall(r"<svg .*?</svg>", row)
    assert picture.count("<circle") == 3
    assert picture.count("class=other") == 1
    assert picture.count("<line") == 2, "an interval for each that can be taken"
    assert "what is noise" not in _text(section), "a file of an earlier version has no load"
    rounds = {"seed": 1, "load_before": 0.5, "load_after": 2.0, "cores": 2}
    busy = page.render([Place(None, [dataclasses.replace(bench, rounds=rounds)])])
    assert "Load 0.5 before and 2.0 after, on 2 cores; no floor was measured, so" in _text(busy)


def test_bars_have_their_intervals_and_a_word_for_them() -> None:
    """And none where a file of an earlier version has none."""
    with_ = page.render([Place(None, [_figures("overhead", pipe=(1.5, 1.0, 2.0))])])
    without = page.render([Place(None, [_figures("overhead", pipe=(1.5, 1.5, 1.5))])])
    words = "the ratio of another run lies in it"
    assert ("class=span" in with_, words in with_) == (True, True)
    assert ("class=span" in without, words in without) == (False, False)


def test_the_cost_of_workers_is_drawn_as_a_ratio_with_its_interval() -> None:
    """The time of a worker drifts with the machine; it stands in the table."""
    rows = [
        {
            "group": f"cost of a worker: {workers:3} workers, one term each",
            "param": name,
            "params": {"transport": name},
            "extra_info": {
                "x_floor": x,
                "x_floor_low": x / 2,
                "x_floor_high": x * 2,
                "workers": workers,
            },
        }
        for workers in (1, 4)
        for name, x in (("pipe", 1.1), ("tcp", 1.3))
    ]
    text = page.render([Place(None, [_bench(*rows)])])
    (figure,) = re.findall(r"<figure class=wide>.*?</figure>", text, re.DOTALL)
    assert "times the floor against workers" in figure
    assert figure.count("class=span") == 2
    assert "us each" in figure.replace("µ", "u")


def test_streams_from_one_worker_are_drawn_by_where_they_are_held() -> None:
    """What one core and two cores make of a size are two figures."""
    rows = [
        {
            "group": f"messages of {size} B from 1 worker, on {where}",
            "param": "pipe",
            "params": {"transport": "pipe"},
            "extra_info": {"size": size, "workers": 1, "mib_per_s": mib, "messages_per_s": 1.0},
        }
        for where, mib in (("one core", 5.0), ("two cores", 7.0))
        for size in (8, 64)
    ]
    text = page.render([Place(None, [_bench(*rows)])])
    assert "throughput, 1 worker, on one core" in text
    assert "MiB/s, 1 worker, on two cores" in text
