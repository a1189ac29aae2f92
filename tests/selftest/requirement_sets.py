"""Write the files of requirements/: python -m tests.selftest.requirement_sets.

The newest set has every clause of CONFORMANCE.md.  It is frozen when CHANGELOG.md gives a date to
its version.  From then on its ids, sentences, levels and versions stay as they are, and a new
clause makes a new set.  The proofs of a clause are kept up to date in all sets: its tests, and the
modules with a bug that it finds.
"""

import json
import re
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from report import host
from report.clauses import clauses, level
from report.requirement_sets import FORMAT, Requirement, RequirementSet, numbers, path, read
from tests.harness import ROOT
from tests.selftest import defects, races, reported
from tests.selftest.judged import constant, modules_of

__all__ = ["Overdue", "dumps", "files", "frozen_versions", "made"]


class Overdue(Exception):  # noqa: N818 - it says what is to be done
    """A new set is due, and the version of the suite is that of a frozen one."""


def frozen_versions(changelog: str) -> set[str]:
    """Return the versions to which *changelog*, the text of CHANGELOG.md, gives a date."""
    return set(re.findall(r"^## (\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$", changelog, re.MULTILINE))


def proofs(*packages: ModuleType) -> dict[str, list[str]]:
    """Return the paths of the modules in *packages* that break a clause, by clause."""
    found: dict[str, list[str]] = defaultdict(list)
    for package in packages:
        for module in modules_of(package):
            caught_by = constant(module, "CAUGHT_BY", ())
            assert isinstance(caught_by, tuple), f"CAUGHT_BY of {module} is no tuple"
            for clause in caught_by:
                found[clause].append(f"{module.replace('.', '/')}.py")
    return found


def _current(planted: Mapping[str, list[str]], told: Mapping[str, list[str]]) -> list[Requirement]:
    """Return all clauses of CONFORMANCE.md.

    planted, told: by clause, the paths of modules with a bug.
    """
    return [
        {
            "id": ident,
            "sentence": clause.sentence,
            "level": level(ident),
            "since": clause.since,
            "tests": clause.tests,
            "planted": planted.get(ident, []),
            "reported": told.get(ident, []),
        }
        for ident, clause in clauses().items()
    ]


def made(
    sets: Mapping[int, RequirementSet], frozen: set[str], version: str
) -> dict[int, RequirementSet]:
    """Return the sets as they have to be, by number.

    sets: those that there are.
    frozen: the versions of which the sets are frozen.
    version: of the suite.  Raises Overdue if a new set is due, and this version is frozen.
    """
    current = _current(proofs(defects, races), proofs(reported))
    proven = {each["id"]: each for each in current}
    found: dict[int, RequirementSet] = {}
    for number, kept in sets.items():
        of_set = [{**proven.get(each["id"], each), **_judgement(each)} for each in kept["clauses"]]
        found[number] = {**kept, "clauses": of_set}  # type: ignore[typeddict-item]
    newest = max(sets, default=0)
    if newest and sets[newest]["version"] in frozen:
        if {each["id"] for each in sets[newest]["clauses"]} == proven.keys():
            return found
        if version in frozen:
            raise Overdue(
                f"set {newest} is frozen with version {version}, and CONFORMANCE.md has other "
                "clauses: raise the version in pyproject.toml, and run this again"
            )
        newest += 1
    newest = newest or 1
    found[newest] = {"format": FORMAT, "set": newest, "version": version, "clauses": current}
    return found


def _judgement(requirement: Requirement) -> dict[str, str]:
    """Return what of *requirement* is frozen."""
    return {
        "id": requirement["id"],
        "sentence": requirement["sentence"],
        "level": requirement["level"],
        "since": requirement["since"],
    }


def dumps(requirements: RequirementSet) -> str:
    """Return *requirements* as the text of a file."""
    return json.dumps(requirements, indent=1, ensure_ascii=False) + "\n"


def files() -> dict[Path, str]:
    """Return what each file of requirements/ has to hold."""
    frozen = frozen_versions((ROOT / "CHANGELOG.md").read_text("utf-8"))
    sets = {number: read(number) for number in numbers()}
    version = host.version()
    assert version is not None
    return {path(number): dumps(each) for number, each in made(sets, frozen, version).items()}


def main() -> int:
    """Write the files; return the exit status."""
    try:
        wanted = files()
    except Overdue as error:
        print(f"requirement_sets: {error}", file=sys.stderr)
        return 1
    for place, text in wanted.items():
        place.parent.mkdir(exist_ok=True)
        place.write_text(text, "utf-8")
        print(place.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
