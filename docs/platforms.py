"""Run the suite on a Python and in conditions, keep what it has seen, and write the tables of it.

    python docs/platforms.py list                          # the conditions, and which can be had
    python docs/platforms.py run [OPTION ...] [CONDITION ...]
    python docs/platforms.py absent PLATFORM REASON        # a row of what could not be had
    python docs/platforms.py table                         # docs/support.md, and that of README.md

Only what the files in docs/results/platforms say is in the tables.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.platforms import conditions, interpreters, tables  # noqa: E402 - found by the line above
from tests.platforms.rows import keep, rows, share  # noqa: E402
from tests.platforms.running import SHORT, run, unrun  # noqa: E402


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="print the conditions, and which can be had here")
    runs = commands.add_parser(
        "run", help="run the suite in each condition, and keep a row of each"
    )
    runs.add_argument(
        "conditions",
        nargs="*",
        metavar="CONDITION",
        help="default: all that can be had, one by one",
    )
    runs.add_argument(
        "--python",
        default=sys.executable,
        metavar="PROGRAM",
        help="default: the one that runs this",
    )
    runs.add_argument("--clause", metavar="IDS", help="these clauses alone, as in A1,C1")
    runs.add_argument(
        "--all", action="store_true", help=f"every clause, not only {' '.join(SHORT)}"
    )
    runs.add_argument(
        "--limit",
        type=float,
        default=600,
        metavar="SECONDS",
        help="of one run; default: %(default)s",
    )
    runs.add_argument("--note", default="", help="what a reader has to know of these rows")
    absent = commands.add_parser("absent", help="keep a row of a platform that could not be had")
    absent.add_argument("platform", help="as in cpython-3.14t-glibc-x86_64")
    absent.add_argument("reason")
    commands.add_parser("table", help="write docs/support.md, and the table of README.md")
    return parser


def _to_be_had(program: str) -> list[str]:
    return [name for name in conditions.CONDITIONS if conditions.refusal(name, program) is None]


def _list() -> None:
    program, lacks = interpreters.prepared(sys.executable)
    for name, condition in conditions.CONDITIONS.items():
        refused = lacks or conditions.refusal(name, program)
        print(f"{name:16} {condition.about}" + (f" (not here: {refused})" if refused else ""))


def _run(options: argparse.Namespace) -> None:
    for name in options.conditions:
        conditions.parts(name)  # before hours are spent on the others
    names = options.conditions or _to_be_had(interpreters.prepared(options.python)[0])
    chosen = tuple(options.clause.upper().split(",")) if options.clause else SHORT
    clauses = () if options.all else chosen
    for name in names:
        row = run(options.python, name, clauses, options.limit, options.note)
        print(f"{keep(row).relative_to(ROOT)}: {share(row)} {row['reason'] or ''}", flush=True)


def _table() -> None:
    kept = rows()
    readme = ROOT / "README.md"
    readme.write_text(
        tables.with_short(readme.read_text("utf-8"), tables.short(kept, SHORT)), "utf-8"
    )
    (ROOT / "docs" / "support.md").write_text(tables.page(kept, SHORT), "utf-8")


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    match options.command:
        case "list":
            _list()
        case "run":
            try:
                _run(options)
            except KeyError as error:
                parser.error(error.args[0])
        case "absent":
            print(keep(unrun(options.platform, tables.ANY, options.reason)).relative_to(ROOT))
        case "table":
            _table()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
