"""Run the suite on the peers, keep what it has seen, and write the tables of it.

    python docs/peers.py run [NAME ...]          # the suite on all of them, or these; and keep it
    python docs/peers.py keep out/support.json   # into docs/results
    python docs/peers.py tables                  # of README.md, and docs/results/README.md

Only what the files in docs/results say is in the tables.
"""

import ast
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from report import formats  # noqa: E402 - it is found by the line above
from report.clauses import FAMILIES, order  # noqa: E402
from report.formats import Support, Transport  # noqa: E402
from report.kinds import KINDS, MARKS, kind  # noqa: E402
from report.results import Standing  # noqa: E402

RESULTS = ROOT / "docs" / "results"
PEERS = "tests.peers."
BEGIN, END = "<!-- grid of the peers: docs/peers.py -->", "<!-- end of the grid -->"

# Which program shows a failure: by the clause, or by its family.
PROGRAMS = {
    "A3": "killed_worker.py",
    "B2": "interrupted_caller.py",
    "B3": "killed_caller.py",
    "C8": "raising_worker.py",
    "C13": "failed_fork.py",
    "C": "killed_worker.py",
    "F1": "few_descriptors.py",
    "H": "bad_arguments.py",
}

# Parts of a reason that depend on the machine: paths to an installation, and to the directories of
# a trial.
_PATH = re.compile(
    r"(?:/[\w.+-]+)+/(?=lib/python\d|tests/|site-packages/)|(?:/[\w.+-]+)*/ipc-trials?-\w+/\w+/"
)


def keep(source: Path) -> list[Path]:
    """Copy each peer in the support file *source* to a file of its own, without paths.

    The commit is left out, and how the kernel of the suite computes, which no peer uses: files of
    one version and platform are one table.
    """
    found = formats.read_support(source)
    written = []
    for name, transport in found["transports"].items():
        if not name.startswith(PEERS):
            continue
        target = RESULTS / f"{name.removeprefix(PEERS)}.json"
        suite = {"version": found["suite"]["version"], "commit": None}
        one = found | {"transports": {name: transport}, "suite": suite}
        text = _PATH.sub("", json.dumps(one, indent=1, sort_keys=False))
        target.write_text(text + "\n", "utf-8")
        written.append(target)
    return written


def run(names: list[str]) -> None:
    """Run the suite on each of the peers *names*, or on all, and keep what it has seen."""
    every = sorted(path.stem for path in (ROOT / "tests" / "peers").glob("[!_]*.py"))
    for name in names or every:
        with tempfile.TemporaryDirectory() as place:
            options = ["-q", f"--transport={PEERS}{name}", f"--report-dir={place}"]
            subprocess.run(
                [sys.executable, "-m", "pytest", *options, "tests/clauses"], cwd=ROOT, check=False
            )
            print(*keep(Path(place, "support.json")), sep="\n")


def results() -> dict[str, tuple[Support, Transport]]:
    """Return what is kept of each peer, by its name."""
    found = {}
    for path in sorted(RESULTS.glob("*.json")):
        support = formats.read_support(path)
        found[path.stem] = support, support["transports"][PEERS + path.stem]
    return found


def title(name: str) -> str:
    """Return what a peer is: its docstring up to the first colon, comma or end of a sentence."""
    tree = ast.parse((ROOT / "tests" / "peers" / f"{name}.py").read_text("utf-8"))
    first = (ast.get_docstring(tree) or name).splitlines()[0]
    return re.split(r"[:,]|\.$|\. ", first)[0]


def _known(found: dict[str, tuple[Support, Transport]]) -> list[str]:
    return order({clause for _, each in found.values() for clause in each["clauses"]})


def grid() -> str:
    """Return the table of README.md: clauses passed of those judged, by family.

    Only peers stand in it over which each clause was run.
    """
    found = results()
    known = _known(found)
    families = [family for family, _ in groupby(known, lambda clause: clause[0])]
    parts = [[c for c in known if c[0] == family] for family in families]
    lines = [
        "| " + " | ".join(["", *(f"{f} {FAMILIES[f].word}" for f in families), "all"]) + " |",
        "|---" * (2 + len(families)) + "|",
    ]
    for name, (_, transport) in found.items():
        if not transport["clauses"].keys() >= set(known):
            continue
        standings = [Standing(transport, part) for part in [*parts, known]]
        shares = [each.share() for each in standings]
        lines.append(f"| {' | '.join([f'[{title(name)}](tests/peers/{name}.py)', *shares])} |")
    return "\n".join(lines)


def _program(name: str, clause: str) -> str:
    """Return what a cell of a failure leads to."""
    program = PROGRAMS.get(clause, PROGRAMS.get(clause[0], ""))
    return f"programs/{program}" if program else f"../../tests/peers/{name}.py"


def _cells(name: str, transport: Transport, known: list[str]) -> Iterator[str]:
    for clause in known:
        verdict = transport["clauses"].get(clause)
        seen = "" if verdict is None else kind(verdict)
        marked = MARKS.get(seen, seen)
        yield f"[{seen}]({_program(name, clause)})" if seen and seen not in MARKS else marked


def _text(reason: str) -> str:
    """Return a reason as text of a line of Markdown."""
    return re.sub(r"([<|`*_\[\]\\])", r"\\\1", reason.removesuffix("…"))


def _failures(transport: Transport, known: list[str]) -> Iterator[str]:
    for clause in known:
        verdict = transport["clauses"].get(clause)
        if verdict is not None and verdict["outcome"] == "failed":
            yield f"- {clause}, {kind(verdict)}: {_text(verdict.get('reason', ''))}"
            if test := verdict.get("test"):
                yield f"  `{test}`"


HEAD = """\
# What was seen of libraries that people use

Written by `python docs/peers.py tables` from the files in this directory; the same as a page:
`python3 -m report merge docs/results/*.json -o site`. Each library was used as its documentation
shows it, by a module in [tests/peers](../../tests/peers/README.md); the clauses are those of
[CONFORMANCE.md](../../CONFORMANCE.md). A cell says what one run of the suite has seen, on one
machine. It does not say whether a library is good for its own purpose: many of the clauses are of
what its documentation does not promise. Where a library is a queue, its user has to find out that a
worker has died; these modules do not do so, and neither do the examples in the documentation. A
pool that replaces a worker that has died, and gives the exact result, fails clauses of C, which ask
for an error: "untold" in the table.

A failure leads to the smallest program that shows it, to be called from the root of the project
with the name of the module, or else to the module. Below it stands the test that failed:
`python3 bootstrap.py test --transport=tests.peers.NAME 'TEST'`.
"""


def page() -> str:
    """Return the text of docs/results/README.md."""
    found = results()
    known = _known(found)
    key = "; ".join(f"{MARKS.get(name, name)}: {text}" for name, text in KINDS.items())
    lines = [HEAD, f"{key}. An empty cell was not run.\n"]
    lines += [f"| | {' | '.join(known)} |", "|---" * (1 + len(known)) + "|"]
    for name, (_, transport) in found.items():
        row = " | ".join(_cells(name, transport, known))
        lines.append(f"| [{name}](#{name}) | {row} |")
    for name, (support, transport) in found.items():
        versions = support["libraries"]
        used = [f"{package} {versions[package]}" for package in _packages(name) & versions.keys()]
        place = support["platform"]
        where = [place["name"], f"Linux {place['release'].partition('-')[0]}", place["python"]]
        lines += [f"\n## {name}\n", f"{title(name)}: [{name}.py](../../tests/peers/{name}.py)."]
        facts = [*sorted(used), *where, f"as {'root' if place['root'] else 'an ordinary user'}"]
        lines.append(f"{', '.join(facts)}, {support['date'][:10]}.\n")
        lines += list(_failures(transport, known)) or ["No failure."]
    return "\n".join(lines) + "\n"


def _packages(name: str) -> set[str]:
    """Return the packages that a peer may be of: by the words of its module's name."""
    words = name.replace("py_sharedmemory", "py-sharedmemory").split("_")
    aliases = {"deadpool": "deadpool-executor", "cloudtoid": "cloudtoid-interprocess"}
    return {aliases.get(word, word) for word in words}


def with_grid(readme: str, table: str) -> str:
    """Return the text of README.md with that table between its marks."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{table}\n\n{END}{after}"


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    match arguments:
        case ["run", *names]:
            run(names)
        case ["keep", *sources] if sources:
            for source in map(Path, sources):
                print(*keep(source), sep="\n")
        case ["tables"]:
            readme = ROOT / "README.md"
            readme.write_text(with_grid(readme.read_text("utf-8"), grid()), "utf-8")
            (RESULTS / "README.md").write_text(page(), "utf-8")
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
