"""Counts what the works of one transport take, and prints it as a line of JSON.

``python -m tests.benchmarks.counts TARGET``, where TARGET is what tests.scenarios.loading loads.
"""

import json
import sys
from typing import Any

from tests.benchmarks.counts import behind, usage
from tests.benchmarks.counts.works import OF_MESSAGES, RUN
from tests.gate.seccomp import Refused
from tests.scenarios.loading import give_way, load


def main(target: str) -> dict[str, Any]:
    """Return tests.benchmarks.counts.counted.Figures, as a dictionary."""
    usage.stay_on_one_processor()
    give_way(target)
    module = load(target)
    works = [RUN, *(OF_MESSAGES if hasattr(module, "channel") else ())]
    found: dict[str, dict[str, Any]] = {work.key: {**usage.measure(module, work)} for work in works}
    try:
        for work in works:
            found[work.key] |= behind.count(module, work)._asdict()
    except (Refused, behind.Uncountable) as reason:
        refused = isinstance(reason, Refused)
        return {"works": found, "no_counts": str(reason), "refused": refused}
    return {"works": found, "no_counts": "", "refused": False}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1])))
