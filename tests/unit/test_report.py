"""The report: which files are read, which are refused, and what the page shows."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report import clauses, formats, html, page
from report.__main__ import main
from report.formats import Bench, Place, Support
from report.page.axes import number
from report.results import Standing
from tests import harness
from tests.unit import report_samples

WORDS = st.text(max_size=20)
KNOWN = st.none() | WORDS
CLAUSES = st.from_regex(r"\A[A-H][1-9][0-9]?\Z")
VERDICTS = st.fixed_dictionaries(
    {"outcome": st.sampled_from(formats.WORST)},
    optional={"reason": WORDS, "test": WORDS, "partial": st.booleans()},
)
TRANSPORTS = st.dictionaries(
    WORDS.filter(bool),
    st.fixed_dictionaries(
        {
            "unsupported": KNOWN,
            "clauses": st.dictionaries(CLAUSES, VERDICTS, max_size=4),
        }
    ),
    max_size=3,
)
PLATFORMS = st.fixed_dictionaries(
    {
        **dict.fromkeys(("name", "system", "release", "machine", "python"), WORDS),
        **dict.fromkeys(("libc", "container"), KNOWN),
        "cpus": st.none() | st.integers(1, 4096),
        "virtual": st.none() | st.booleans(),
        "root": st.booleans(),
    }
)
SUPPORTS = st.fixed_dictionaries(
    {
        "format": st.just(formats.FORMAT),
        "schema": st.just(formats.SCHEMA),
        "date": st.datetimes().map(lambda when: when.strftime("%Y-%m-%dT%H:%M:%SZ").zfill(20)),
        "suite": st.fixed_dictionaries(
            {"version": KNOWN, "commit": KNOWN},
            optional={"requirements": st.none() | st.integers(1, 99)},
        ),
        "platform": PLATFORMS,
        "limits": st.dictionaries(WORDS, st.none() | st.integers(-1, 1 << 64), max_size=3),
        "libraries": st.dictionaries(WORDS, WORDS, max_size=3),
        "clauses": st.dictionaries(CLAUSES, WORDS, max_size=5),
        "transports": TRANSPORTS,
    },
    optional={"seconds": st.floats(0, 1e6)},
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    *("x_floor", "x_floor_of_as_many_forks", "forks", "workers", "n", "p50_us", "p99_us"),
    *(
        "x_c",
        "redis_over_it",
        "size",
        "mib_per_s",
        "messages_per_s",
        "us_per_worker",
        "ns_per_term",
        "peak_rss_mib",
    ),
)
QUICK = settings(max_examples=12, deadline=None)


class _Structure(HTMLParser):
    """Every tag of a page with its attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@QUICK
@given(SUPPORTS)
def test_a_support_file_comes_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, support: Support
) -> None:
    """It can be shown on a page, whatever is in its texts."""
    path = tmp_path_factory.getbasetemp() / "round.json"
    path.write_text(formats.dumps(support), "utf-8")
    assert formats.read(path) == support
    page.render([Place(support)]).encode("utf-8")


@QUICK
@given(JSON, st.data())
def test_any_other_file_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, anything: Any, data: st.DataObject
) -> None:
    """Any JSON replaces any value of a good file: the file is refused, or read and shown."""
    whole: Any = report_samples.support(3)
    inside = whole
    while True:
        key = data.draw(st.sampled_from(sorted(inside)))
        if not isinstance(inside[key], dict) or not inside[key] or data.draw(st.booleans()):
            break
        inside = inside[key]
    inside[key] = anything
    path = tmp_path_factory.getbasetemp() / "other.json"
    path.write_text(json.dumps(whole), "utf-8")
    places, refused = formats.gather([path])
    assert len(places) + len(refused) == 1
    page.render(places)
    assert all(len(html.plain(line).splitlines()) == 1 for line in map(repr, refused))


@QUICK
@given(SUPPORTS, JSON, st.sampled_from(sorted(formats.schema("support")["properties"])))
def test_the_schema_says_what_the_reader_takes(support: Any, anything: Any, key: str) -> None:
    """The package jsonschema accepts and refuses the same files."""
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
    validator = jsonschema.Draft202012Validator(formats.schema("support"))
    for value in (support, {**support, key: anything}, anything):
        wrong = formats.complaint(value, formats.schema("support"))
        assert (wrong is None) == validator.is_valid(value), wrong


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is no JSON"),
        (b"\xff\xfe\xff", "is no JSON"),
        (b'{"format": "ipc-conformance support", "schema": NaN}', "has no date"),
        (b"[" * 100_000, "is no JSON"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "is no JSON"),
        (b"[]", "is neither"),
        (b'{"format": "something else"}', "is neither"),
        (b'{"format": "ipc-conformance support", "schema": 3}', "is of schema 3"),
        (b'{"format": "ipc-conformance support", "schema": 1}', "has no date"),
        (b'{"machine_info": {}, "benchmarks": [1], "datetime": "2031-01-01T"}', "benchmarks[0]"),
        (None, "cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_told_and_the_others_merge(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, reason: str
) -> None:
    """One line on standard error, status 1, and the page of the others."""
    bad, good = tmp_path / "bad.json", tmp_path / "support.json"
    if content is not None:
        bad.write_bytes(content)
    good.write_text(json.dumps(report_samples.support(0)), "utf-8")
    assert main(["merge", str(bad), str(good), "-o", str(tmp_path / "site")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"report: {bad} ")
    assert reason in line
    assert report_samples.NAMES[0] in (tmp_path / "site" / "index.html").read_text("utf-8")


def test_nothing_to_merge_is_status_2(tmp_path: Path) -> None:
    """Nothing is written."""
    assert main(["merge", str(tmp_path), "-o", str(tmp_path / "site")]) == 2
    assert not (tmp_path / "site").exists()


def test_what_is_in_the_files_is_never_markup() -> None:
    """Not in text, not in an attribute, and not by a character that reverses the line."""
    attack = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;\u202e\0\ud800"
    support: Any = report_samples.support(3)
    support["platform"] |= dict.fromkeys(("name", "system", "release", "libc", "python"), attack)
    support["suite"] |= dict.fromkeys(("version", "commit", "arithmetic"), attack)
    support["libraries"][attack] = attack
    support["limits"][attack] = 1
    support["clauses"] = dict.fromkeys(support["clauses"], attack)
    support["transports"][attack] = {
        "unsupported": None,
        "clauses": {"C1": {"outcome": "failed", "reason": attack, "test": attack}},
    }
    support["transports"]["tcp"]["unsupported"] = attack
    figures = report_samples.benchmark(0)
    for row in figures["benchmarks"]:
        row["group"] = attack + row["group"]
        row["params"] = {"transport": attack + str(row["param"])}
    figures["machine_info"]["cpu"]["brand_raw"] = attack
    assert formats.complaint(figures, formats.schema("benchmark")) is None
    bench = formats._bench(figures)
    text = page.render([Place(support, [bench])])
    seen = _Structure(text)
    assert {tag for tag, _ in seen.tags}.isdisjoint({"script", "img"})
    assert not any(key.startswith("on") for _, attributes in seen.tags for key in attributes)
    assert "<script>alert(1)</script>" in seen.text
    assert not set("\u202e\0\ud800") & set(text)
    text.encode("utf-8")


def test_the_page_loads_nothing(tmp_path: Path) -> None:
    """It has no address outside the page, no script, and a policy that forbids both."""
    report_samples.write(tmp_path)
    text = page.render(formats.gather([tmp_path])[0])
    seen = _Structure(text)
    links = [a[key] or "" for _, a in seen.tags for key in ("href", "src", "data") if key in a]
    assert all(link.startswith(("#", "data:image/svg+xml,")) for link in links)
    ids = [a["id"] for _, a in seen.tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link[0] == "#"} <= set(ids)
    policies = [a["content"] or "" for _, a in seen.tags if "http-equiv" in a]
    assert [policy.split(";")[0] for policy in policies] == ["default-src 'none'"]
    assert "url(" not in text
    assert "script" not in {tag for tag, _ in seen.tags}
    assert len(text.encode()) < 300 << 10, "over 300 KiB for six platforms"


def test_a_level_is_earned_by_what_was_judged_alone() -> None:
    """A failed clause, or one not run or not judged, prevents its level; a skipped one does not."""
    known = list(report_samples.CLAUSES)

    def earned(**outcomes: Any) -> str | None:
        clauses = dict.fromkeys(known, "passed") | outcomes
        verdicts: Any = {c: {"outcome": o} for c, o in clauses.items() if o}
        return Standing({"unsupported": None, "clauses": verdicts}, known).earned

    assert earned() == "hardened"
    assert earned(C4="skipped") == "hardened"
    assert earned(G2="failed") == "robust"
    assert earned(F1=None) == "basic"
    assert earned(F1="not judged") == "basic"
    assert earned(B1="not judged") is None
    assert earned(C3="expected") == "basic"
    assert earned(B1=None) is None
    assert earned(**dict.fromkeys((c for c in known if c[0] == "A"), None)) is None


def test_levels_contain_each_other() -> None:
    """The last one has every clause; ids are sorted by number."""
    known = set(report_samples.CLAUSES)
    basic, robust, hardened = (
        {clause for clause in known if clauses.level_has(level, clause)} for level in clauses.LEVELS
    )
    assert basic < robust < hardened == known
    assert basic == {"A1", "A2", "A3", "A4", "A5", "A6", "B1", "H1", "H2"}
    assert clauses.order(["C10", "B1", "C2"]) == ["B1", "C2", "C10"]


def test_two_runs_of_a_platform_are_one_column(tmp_path: Path) -> None:
    """The worse outcome counts; a clause that only one of them ran has the outcome of that."""
    one, two = report_samples.support(0), report_samples.support(0)
    del one["transports"]["pipe"]["clauses"]["F1"]
    two["transports"]["pipe"]["clauses"] = {
        "F1": {"outcome": "passed"},
        "A1": {"outcome": "failed", "reason": "returned 3"},
    }
    for name, support in (("one", one), ("two", two)):
        (tmp_path / f"{name}.json").write_text(json.dumps(support), "utf-8")
    (place,), refused = formats.gather([tmp_path])
    assert not refused
    assert place.support
    clauses = place.support["transports"]["pipe"]["clauses"]
    assert clauses["F1"]["outcome"] == "passed"
    assert clauses["A1"]["outcome"] == "failed"


def test_benchmarks_go_with_the_support_file_beside_them(tmp_path: Path) -> None:
    """Without a support file they have charts too."""
    report_samples.write(tmp_path, 2)
    (tmp_path / "job-1" / "support.json").unlink()
    places, refused = formats.gather([tmp_path])
    assert not refused
    assert [(place.support is not None, len(place.benches)) for place in places] == [
        (True, 1),
        (False, 1),
    ]
    seen = _Structure(page.render(places))
    kinds = (
        "overhead",
        "latency: round trip",
        "throughput",
        "cost per worker",
        "cost per term",
        "Redis",
    )
    for word in kinds:
        assert seen.text.count(word) >= 2, word
    assert "Imaginary Processor 1" in seen.text
    assert "never shown" not in seen.text


@QUICK
@given(st.lists(st.dictionaries(st.sampled_from(KEYS), JSON | st.floats(1, 1e9)), max_size=6))
def test_charts_bear_any_figures(infos: list[dict[str, Any]]) -> None:
    """Zero, missing, huge, negative, text: a figure is drawn if it can be."""
    rows = [
        {"name": f"test[{i % 2}]", "extra_info": info, "stats": {"median": i}, "group": None}
        for i, info in enumerate(infos)
    ]
    saved: dict[str, Any] = {"machine_info": {}, "datetime": "2031-01-01T", "benchmarks": rows}
    bench = formats._bench(saved)
    assert isinstance(bench, Bench)
    assert not re.search(r"nan|inf\b", page.render([Place(None, [bench])]).split("</style>")[1])


def test_figures_are_written_in_three_digits() -> None:
    """Thousands are separated by thin spaces."""
    assert [number(x) for x in (0, 0.0123, 1.234, 12.34, 123.4, 12345.6)] == [
        "0", "0.0123", "1.23", "12.3", "123", "12\u202f346",
    ]  # fmt: skip


TOY = """
import pytest

def pytest_generate_tests(metafunc):
    metafunc.parametrize("transport", ["good", "bad", "none"], scope="session", indirect=True)

@pytest.fixture(scope="session")
def transport(request):
    if request.param == "none":
        pytest.skip("none: the system says no")
    return request.param

@pytest.mark.clause("A1")
def test_it_is_right(transport):
    if transport == "bad":
        pytest.fail("1 of 2 calls were not exact:\\nrun(1, 1) <returned> 3", pytrace=False)

@pytest.mark.clause("C4")
def test_locks(transport):
    pytest.skip("takes no lock")

@pytest.mark.clause("Z1")
@pytest.mark.xfail(reason="it is known", strict=True)
def test_of_a_clause_that_is_new(transport):
    assert 1 + 1 == 3
"""


def _pytest(directory: Path, *arguments: str) -> list[str]:
    (directory / "test_toy.py").write_text(TOY, "utf-8")
    (directory / "pytest.ini").write_text("[pytest]\nmarkers =\n clause(id): x\n", "utf-8")
    return [sys.executable, "-m", "pytest", "-p", "report.plugin", "-p", "no:benchmark",
            "-p", "no:hypothesispytest", *arguments]  # fmt: skip


def test_a_run_writes_what_became_of_each_clause(tmp_path: Path) -> None:
    """The file has the reasons; the tests need not know of the report."""
    done = subprocess.run(
        _pytest(tmp_path, "-q", "--report-dir=out"),
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(harness.ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "report: out/report.html" in done.stdout, done.stdout + done.stderr
    support = formats.read(tmp_path / "out" / "support.json")
    assert not isinstance(support, Bench)
    assert list(support["clauses"]) == ["A1", "C4", "Z1"]
    assert support["clauses"]["Z1"] == "of a clause that is new"
    good, bad, none = (support["transports"][name] for name in ("good", "bad", "none"))
    assert none == {"unsupported": "the system says no", "clauses": {}}
    assert good["clauses"]["A1"] == {"outcome": "passed"}
    assert good["clauses"]["C4"]["reason"] == "takes no lock"
    assert good["clauses"]["Z1"]["outcome"] == "expected"
    assert good["clauses"]["Z1"]["reason"] == "it is known"
    seen = "1 of 2 calls were not exact: run(1, 1) <returned> 3"
    assert bad["clauses"]["A1"]["reason"] == seen
    assert seen in _Structure((tmp_path / "out" / "report.html").read_text("utf-8")).text
