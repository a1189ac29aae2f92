"""Made-up platforms for the tests of the report.  No figure in here was measured."""

import json
import random
from pathlib import Path
from typing import Any

from report.clauses import clauses
from report.formats import FORMAT, SCHEMA, Support, Verdict
from tests import harness

# Countries of fiction, so that nobody takes a page of these for a real one.
NAMES = (
    "Atlantis Linux 3",
    "Brobdingnag OS 12",
    "Erewhon 7.1",
    "Laputa BSD 9",
    "Lilliput Linux 0.9",
    "Utopia 1516",
)
CLAUSES = {ident: clause.sentence for ident, clause in clauses().items()}
TRANSPORTS = (*harness.NAMES,)


def support(i: int) -> Support:
    """Return the file of the made-up platform *i*, from 0 to 5: the last ones do worse."""
    dice = random.Random(i)
    nine: dict[str, Any] = {}
    for name in TRANSPORTS:
        if name == "posix_mq" and i in {2, 3}:
            reason = "no POSIX message queues here: mq_open: Function not implemented"
            nine[name] = {"unsupported": reason, "clauses": {}}
            continue
        verdicts: dict[str, Verdict] = {}
        for clause in CLAUSES:
            verdict: Verdict = {"outcome": "passed"}
            if clause == "C4" and name != "shm":
                reason = "takes no lock that the suite can see"
                verdict = {"outcome": "skipped", "reason": reason, "test": "tests/c.py::C4"}
            elif clause == "F1" and i == 1:
                continue
            elif clause in {"G1", "G3"} and i == 0:
                reason = "not root: there is no second user to try it with"
                verdict = {"outcome": "skipped", "reason": reason, "test": "tests/g.py::G"}
            elif dice.random() < (0.0, 0.0, 0.0, 0.004, 0.02, 0.06)[i] and clause[0] not in "AH":
                verdict = {
                    "outcome": "failed",
                    "reason": f"HANG: not done after 20.0 s; last heard: {{'kind': 'injected', "
                    f"'pid': {dice.randrange(2000, 9999)}, 'where': '1,send'}}",
                    "test": f"tests/clauses/test_c_failing.py::test_of_{clause}[{name}]",
                }
            verdicts[clause] = verdict
        nine[name] = {"unsupported": None, "clauses": verdicts}
    return {
        "format": FORMAT,
        "schema": SCHEMA,
        "date": f"2031-04-{10 + i}T08:15:30Z",
        "seconds": 150.5 + i,
        "suite": {"version": "0.0", "commit": "0123456789ab", "arithmetic": "python"},
        "platform": {
            "name": NAMES[i],
            "system": ("Fable", "Fable", "Myth", "Myth", "Fable", "Saga")[i],
            "release": f"{i}.{i + 4}.1-made-up",
            "machine": ("unobtainium64", "adamant32")[i % 2],
            "libc": ("flibc 1.2", "mlibc 3", None)[i % 3],
            "python": f"CPython 3.{11 + i % 4}.1",
            "cpus": i + 1,
            "virtual": (True, False, None)[i % 3],
            "container": (None, None, "bottle")[i % 3],
            "root": i % 2 == 1,
        },
        "limits": {"mq_msg_max": 10, "pipe_buf": 4096, "rlimit_nofile": -1, "sysv_msgmnb": None},
        "libraries": {"pytest": "9.9", "hypothesis": "9.9", "posix_ipc": "9.9"},
        "clauses": dict(CLAUSES),  # to be spoilt
        "transports": nine,
    }


def benchmark(i: int) -> dict[str, Any]:
    """Return figures of the made-up platform *i* in the form of pytest-benchmark."""
    dice = random.Random(100 + i)
    rows: list[dict[str, Any]] = []

    def row(group: str, name: str, median: float, **info: Any) -> None:
        for key in ("x_floor", "x_c"):
            if key in info:
                info[f"{key}_low"], info[f"{key}_high"] = info[key] / 1.03, info[key] * 1.03
        rows.append(
            {
                "name": f"test_{name}",
                "group": group,
                "params": None if name == "floor" else {"transport": name},
                "param": name,
                "extra_info": {"kernel": "python", **info},
                "stats": {"median": median, "rounds": 20},
            }
        )

    for name in (*TRANSPORTS, "floor"):
        speed = 1.0 if name == "floor" else dice.uniform(1.1, 1.9)
        for workers in (2, 10, 64):
            forks = workers + (name in {"posix_mq", "shm", "sysv_mq"})
            row(
                f"overhead: {workers:2} workers, one term each",
                name,
                workers * 0.0016 * speed,
                workers=workers,
                forks=forks,
                x_floor=round(speed, 3),
                x_floor_of_as_many_forks=round(1 + (speed - 1) * workers / forks, 3),
            )
        if name == "file":
            continue
        p50 = dice.uniform(4, 40)
        for group, times in (("latency: round trip", 1.0), ("latency: one way", 0.55)):
            us = {"p50_us": p50 * times, "p99_us": p50 * 3.1 * times}
            us |= {"p999_us": p50 * dice.uniform(8, 30) * times, "x_c": speed}
            row(group, name, p50 * times * 1e-6, **us)
        for size in (8, 64, 1024, 8192, 65536, 1 << 20):
            per_second = 1e6 / (p50 / 8 + size / dice.uniform(500, 4000))
            mib = per_second * size / (1 << 20)
            row(
                f"throughput: {size} B",
                name,
                0.2,
                size=size,
                messages_per_s=per_second,
                mib_per_s=mib,
            )
        for workers in (1, 4, 16, 64, 256):
            group = f"cost of a worker: {workers:3} workers, one term each"
            cost = 0.0016 * speed * (1 + 3 / workers)
            peak = 11.5 + dice.random()
            row(group, name, cost, workers=workers, n=workers, x_floor=speed, peak_rss_mib=peak)
        for power in (4, 6, 8):
            cost = 55e-9 + 0.02 * speed / 10**power
            group = f"cost of a term: 10^{power} terms, 2 workers, python"
            row(group, name, cost, workers=2, n=10**power, x_floor=speed, peak_rss_mib=12.0)
        row("what replacing Redis gains", name, 0.01, redis_over_it=9 / speed, workers=10, n=10)
    return {
        "machine_info": {
            "node": "never shown",
            "machine": "unobtainium64",
            "system": "Fable",
            "release": f"{i}.{i + 4}.1-made-up",
            "python_implementation": "CPython",
            "python_version": "3.13.1",
            "cpu": {"brand_raw": f"Imaginary Processor {i}", "count": i + 1},
        },
        "commit_info": {"id": "0123456789ab"},
        "benchmarks": rows,
        "datetime": f"2031-04-{10 + i}T09:00:00.000000+00:00",
        "version": "5.2.3",
    }


def write(directory: Path, count: int = 6) -> Path:
    """Write the files of *count* platforms below *directory*, one directory each; return it."""
    for i in range(count):
        place = directory / f"job-{i}"
        place.mkdir(parents=True, exist_ok=True)
        (place / "support.json").write_text(json.dumps(support(i)), "utf-8")
        (place / "benchmark.json").write_text(json.dumps(benchmark(i)), "utf-8")
    return directory
