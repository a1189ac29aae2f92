"""The files that the report reads: checked against a JSON Schema, or refused in one line."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

__all__ = [
    "FORMAT",
    "SCHEMA",
    "SUPPORT",
    "Bench",
    "Place",
    "Platform",
    "Refused",
    "Row",
    "Support",
    "Transport",
    "Verdict",
    "complaint",
    "dumps",
    "gather",
    "read",
    "read_support",
    "schema",
    "suite_name",
    "worst",
]

FORMAT = "ipc-conformance support"
SCHEMA = 2

SUPPORT = "support.json"
"""The name of such a file in the directory that `--report-dir` names."""

# The JSON of pytest-benchmark with all its raw data may be some megabytes.
_LARGEST = 32 << 20

Outcome = Literal["passed", "failed", "expected", "not judged", "skipped"]

# Where two runs of a platform disagree, or two tests of a clause, the worse one counts.
WORST: tuple[Outcome, ...] = ("failed", "expected", "not judged", "passed", "skipped")


class Refused(Exception):  # noqa: N818 - what became of a file
    """A file is refused; the text says in one line why."""


class Verdict(TypedDict):
    """What became of a clause on a transport.

    partial: whether tests of the clause were not run; then no level rests on it.
    """

    outcome: Outcome
    reason: NotRequired[str]
    test: NotRequired[str]
    partial: NotRequired[bool]


class Transport(TypedDict):
    """A transport on a platform."""

    unsupported: str | None
    clauses: dict[str, Verdict]


class Platform(TypedDict):
    """The platform of a run."""

    name: str
    system: str
    release: str
    machine: str
    libc: str | None
    python: str
    cpus: int | None
    virtual: bool | None
    container: str | None
    root: bool


class Suite(TypedDict):
    """The version of the suite that was run.

    requirements: the number of the requirement set of which the clauses are; None: all clauses.
    """

    version: str | None
    commit: str | None
    arithmetic: NotRequired[str | None]
    requirements: NotRequired[int | None]


class Support(TypedDict):
    """A support file: see support.schema.json."""

    format: str
    schema: int
    date: str
    seconds: NotRequired[float]
    suite: Suite
    platform: Platform
    limits: dict[str, int | None]
    libraries: dict[str, str]
    clauses: dict[str, str]
    transports: dict[str, Transport]


@dataclass(frozen=True)
class Row:
    """A benchmark: its table, its transport or peer, its median in seconds, and further figures."""

    group: str
    name: str
    median: float
    info: Mapping[str, str | float]


@dataclass(frozen=True)
class Bench:
    """The benchmarks of one run."""

    date: str
    machine: str
    commit: str | None
    rows: tuple[Row, ...]
    rounds: dict[str, Any] = field(default_factory=dict)  # empty in files of earlier versions


@dataclass
class Place:
    """A platform, with its support file and its benchmarks: a column of the page."""

    support: Support | None
    benches: list[Bench] = field(default_factory=list)


@cache
def schema(name: str) -> dict[str, Any]:
    """Return the schema *name*, 'support' or 'benchmark'."""
    text = (Path(__file__).parent / f"{name}.schema.json").read_text("utf-8")
    return cast("dict[str, Any]", json.loads(text))


_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
}


def _is(value: object, kind: str) -> bool:
    if kind in {"number", "integer"}:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return kind == "number" or float(value).is_integer()
    return isinstance(value, _TYPES[kind])


def _shown(value: object) -> str:
    text = (
        json.dumps(value) if isinstance(value, str | int | float | None) else type(value).__name__
    )
    return text if len(text) <= 60 else text[:57] + "..."


def complaint(value: Any, rule: Mapping[str, Any], where: str = "") -> str | None:
    """Return what is wrong with *value* by the JSON Schema *rule*, or None.

    It knows only the keywords that the two schemas in this directory use.  The tests compare it
    with the package jsonschema.
    """
    root = rule.get("$defs", {})

    def look(  # noqa: PLR0911 - one a keyword
        value: Any, rule: Mapping[str, Any], where: str
    ) -> str | None:
        if "$ref" in rule:
            return look(value, root[rule["$ref"].removeprefix("#/$defs/")], where)
        at = where or "it"
        if "anyOf" in rule:
            found = [look(value, option, where) for option in rule["anyOf"]]
            return None if None in found else found[-1]
        kinds = rule.get("type", [])
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(value, kind) for kind in kinds):
            return f"{at} is {_shown(value)}, not {' or '.join(kinds)}"
        if "const" in rule and (isinstance(value, bool) or value != rule["const"]):
            return f"{at} is {_shown(value)}, not {_shown(rule['const'])}"
        if "enum" in rule and value not in rule["enum"]:
            return f"{at} is {_shown(value)}, not one of {', '.join(rule['enum'])}"
        if isinstance(value, str):
            return _text(value, rule, at)
        if isinstance(value, dict):
            return _object(value, rule, where, at)
        if isinstance(value, list):
            if len(value) > rule.get("maxItems", math.inf):
                return f"{at} has more than {rule['maxItems']} items"
            inner = rule.get("items", {})
            complaints = (look(item, inner, f"{where}[{i}]") for i, item in enumerate(value))
            return next(filter(None, complaints), None)
        if _is(value, "number") and value < rule.get("minimum", -math.inf):
            return f"{at} is {_shown(value)}, less than {rule['minimum']}"
        return None

    def _text(value: str, rule: Mapping[str, Any], at: str) -> str | None:
        if len(value) > rule.get("maxLength", math.inf):
            return f"{at} is longer than {rule['maxLength']} characters"
        if len(value) < rule.get("minLength", 0):
            return f"{at} is empty"
        # $ in Python lets a newline follow, in JSON Schema (ECMA-262) it does not.
        if "pattern" in rule and not re.search(re.sub(r"\$$", r"\\Z", rule["pattern"]), value):
            return f"{at} is {_shown(value)}, which is not of the form {rule['pattern']}"
        return None

    def _object(value: dict[str, Any], rule: Mapping[str, Any], where: str, at: str) -> str | None:
        if lost := [key for key in rule.get("required", ()) if key not in value]:
            return f"{at} has no {', '.join(lost)}"
        if len(value) > rule.get("maxProperties", math.inf):
            return f"{at} has more than {rule['maxProperties']} entries"
        known, rest = rule.get("properties", {}), rule.get("additionalProperties", {})
        names = rule.get("propertyNames", {})
        for key, item in value.items():
            inside = f"{where}.{key[:40]}" if where else key[:40]
            wrong = _text(key, names, f"a name in {at}") or look(item, known.get(key, rest), inside)
            if wrong:
                return wrong
        return None

    return look(value, rule, where)


def _load(path: Path) -> Any:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise Refused(f"cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise Refused(f"is larger than {_LARGEST >> 20} MiB")
    try:
        return json.loads(data, parse_constant=lambda _: None)  # NaN, which is no JSON
    except UnicodeDecodeError:
        raise Refused("is no JSON: it is not in UTF-8") from None
    except json.JSONDecodeError as error:
        raise Refused(f"is no JSON: {error.msg} in line {error.lineno}") from None
    except (ValueError, RecursionError) as error:  # a number of 5000 digits, deep nesting
        raise Refused(f"is no JSON that can be taken: {str(error).split(';', 1)[0]}") from None


def read(path: Path) -> Support | Bench:
    """Return what is in the file at *path*, or raise Refused."""
    value = _load(path)
    if isinstance(value, dict) and value.get("format") == FORMAT:
        number = value.get("schema")
        if isinstance(number, int) and not isinstance(number, bool) and number > SCHEMA:
            raise Refused(f"is of schema {number}; this program knows schemas up to {SCHEMA}")
        wrong = complaint(value, schema("support"))
        if wrong is None:
            return cast("Support", value)
        raise Refused(f"is a malformed support file: {wrong}")
    if isinstance(value, dict) and {"machine_info", "benchmarks"} <= value.keys():
        if wrong := complaint(value, schema("benchmark")):
            raise Refused(f"is a malformed file of pytest-benchmark: {wrong}")
        return _bench(value)
    raise Refused("is neither a support file nor one of pytest-benchmark")


def read_support(path: Path) -> Support:
    """Return the support file at *path*, or raise Refused, also for a file of benchmarks."""
    content = read(path)
    if isinstance(content, Bench):
        raise Refused("has benchmarks, and no clauses")
    return content


def suite_name(suite: Suite) -> str:
    """Return the version and the commit of a suite, as far as they are known."""
    return " ".join(filter(None, [suite["version"], suite["commit"]])) or "unknown"


def dumps(support: Support) -> str:
    """Return *support* as the text of a file."""
    return json.dumps(support, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _figure(value: object) -> str | float | None:
    """Return a figure or a short word of extra_info, or None for anything else."""
    if isinstance(value, str):
        return value[:200]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            return None
        return number if math.isfinite(number) else None
    return None


def _bench(value: dict[str, Any]) -> Bench:
    info = value["machine_info"]
    cpu = info.get("cpu") or {}
    implementation, version = info.get("python_implementation"), info.get("python_version")
    parts = [
        " ".join(filter(None, [info.get("system"), info.get("release")])),
        " ".join(filter(None, [implementation, version])),
        cpu.get("brand_raw") or info.get("machine"),
        f"{cpu['count']} CPU{'s' * (cpu['count'] != 1)}" if cpu.get("count") else None,
    ]
    rows = []
    for row in value["benchmarks"]:
        params = row.get("params") or {}
        name = params.get("transport") or params.get("peer") or params.get("run")
        if not isinstance(name, str):  # a floor, named by the last parameter
            name = (row.get("param") or row["name"]).split("-")[-1]
        figures = {key: _figure(item) for key, item in row["extra_info"].items()}
        median = _figure(row["stats"]["median"])
        rows.append(
            Row(
                row.get("group") or "",
                name[:200],
                median if isinstance(median, float) else 0.0,
                {key: item for key, item in figures.items() if item is not None},
            )
        )
    commit = (value.get("commit_info") or {}).get("id")
    machine = ", ".join(filter(None, parts)) or "an unnamed machine"
    return Bench(value["datetime"][:10], machine, commit, tuple(rows), value.get("rounds") or {})


def _same(one: Support, other: Support) -> bool:
    return one["platform"] == other["platform"] and one["suite"] == other["suite"]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst of *verdicts*; of equals the first."""
    return min(verdicts, key=lambda verdict: WORST.index(verdict["outcome"]))


def _both(one: Verdict, other: Verdict) -> Verdict:
    """Return the verdict of two runs: the worse one, partial if neither ran the whole clause."""
    both = cast("Verdict", {**worst([one, other])})
    both.pop("partial", None)
    if one.get("partial") and other.get("partial"):
        both["partial"] = True
    return both


def _add(one: Support, other: Support) -> Support:
    """Return one file of two runs on a platform; where they disagree, the worse counts."""
    transports = dict(one["transports"])
    for name, more in other["transports"].items():
        if name not in transports:
            transports[name] = more
            continue
        have = transports[name]
        clauses = dict(have["clauses"])
        for clause, verdict in more["clauses"].items():
            clauses[clause] = _both(clauses[clause], verdict) if clause in clauses else verdict
        # It is supported if one of the runs could use it.
        reasons = [t["unsupported"] for t in (have, more)]
        unsupported = None if None in reasons else reasons[0]
        transports[name] = {"unsupported": unsupported, "clauses": clauses}
    both = {**one, "transports": transports, "clauses": one["clauses"] | other["clauses"]}
    both["date"] = max(one["date"], other["date"])
    both["schema"] = max(one["schema"], other["schema"])
    return cast("Support", both)


def _files(paths: Iterable[Path]) -> tuple[list[Path], list[str]]:
    """Return the files at *paths* and in directories there, and a line for each empty directory."""
    files: dict[Path, None] = {}
    refused = []
    for path in paths:
        found = sorted(path.rglob("*.json")) if path.is_dir() else [path]
        files |= dict.fromkeys(found)
        if not found:
            refused.append(f"{path} has no file that ends in .json")
    return list(files), refused


def gather(paths: Iterable[Path]) -> tuple[list[Place], list[str]]:
    """Read the files at *paths*, and those ending in .json in directories; never raises.

    Returns the places, and a line for each file that was refused.  Benchmarks belong to the
    support file in the directory that they are in; without one they are a place of their own.
    """
    files, refused = _files(paths)
    supports: dict[Path, list[Support]] = {}
    benches: dict[Path, list[Bench]] = {}
    for path in files:
        try:
            content = read(path)
        except Refused as error:
            refused.append(f"{path} {error}")
        else:
            into: dict[Path, list[Any]] = benches if isinstance(content, Bench) else supports
            into.setdefault(path.resolve().parent, []).append(content)
    places: list[Place] = []
    of_directory: dict[Path, Place] = {}
    for directory, several in supports.items():
        for support in several:
            for place in places:
                if place.support and _same(place.support, support):
                    place.support = _add(place.support, support)
                    break
            else:
                place = Place(support)
                places.append(place)
            of_directory.setdefault(directory, place)
    alone: dict[str, Place] = {}
    for directory, more in benches.items():
        for bench in more:
            host = of_directory.get(directory) or alone.setdefault(bench.machine, Place(None))
            host.benches.append(bench)
    return [*places, *alone.values()], refused
