"""A badge of the level that a support file shows, in the endpoint format of shields.io."""

import json

from report.clauses import LEVELS
from report.formats import Support
from report.results import Standing

__all__ = ["badge"]

_COLOURS = {"hardened": "brightgreen", "robust": "green", "basic": "yellow"}


def _level(support: Support) -> str | None:
    """Return the lowest level of all transports that are supported, or None: one has none."""
    earned = [
        Standing(transport, support["clauses"]).earned
        for transport in support["transports"].values()
        if transport["clauses"]
    ]
    levels = [level for level in earned if level is not None]
    return None if len(levels) < len(earned) else min(levels, key=[*LEVELS].index)


def badge(support: Support) -> str:
    """Return the text of a file as https://shields.io/badges/endpoint-badge wants it.

    It names the lowest level of the transports, and the requirement set if one was chosen.
    """
    chosen = support["suite"].get("requirements")
    judged = any(transport["clauses"] for transport in support["transports"].values())
    level = _level(support) if judged else None
    message = (level or "no level") if judged else "not judged"
    colour = _COLOURS[level] if level else "red" if judged else "lightgrey"
    content = {
        "schemaVersion": 1,
        "label": "ipc-conformance",
        "message": message if chosen is None else f"{message}, set {chosen}",
        "color": colour,
    }
    return json.dumps(content, indent=1) + "\n"
