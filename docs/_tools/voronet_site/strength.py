"""What recorded runs say of the check: how many changed tokens it catches, and of the marked tests."""

import json
import tomllib
from collections import Counter
from typing import Any

from literate.equations.check import find_marked_tests
from voronet_site import DOCS, ROOT

RECORDED = DOCS / "run" / "recorded"


class Tokens:
    """The recorded run in which each token of each formula was changed."""

    def __init__(self) -> None:
        found: dict[str, Any] = json.loads((RECORDED / "tokens.json").read_text(encoding="utf-8"))
        self.command, self.date, self.seconds = found["command"], found["date"], found["seconds"]
        self.formulas = [row["formula"] for row in found["formulas"]]
        self.counts = Counter[str]()
        for row in found["formulas"]:
            self.counts.update({kind: count for kind, count in row.items() if kind != "formula"})
        reasons = tomllib.loads((RECORDED / "tokens.toml").read_text(encoding="utf-8"))["true"]
        why = {(r["formula"], change): r["why"] for r in reasons for change in r["changes"]}
        # What passed, and why it is no mistake; an empty reason is a mistake that the check missed.
        self.passed = [
            (p["formula"], p["change"], why.get((p["formula"], p["change"]), ""))
            for p in found["passed"]
        ]
        self.counts["true as well"] = sum(bool(reason) for *_, reason in self.passed)
        self.counts["missed"] -= self.counts["true as well"]

    @property
    def share(self) -> float:
        """The share of the changes to something false that are caught because the values differ."""
        return self.counts["value"] / (self.counts["value"] + self.counts["missed"])


class Markers:
    """The recorded run in which the functions behind marked tests were broken."""

    def __init__(self) -> None:
        found: dict[str, Any] = json.loads((RECORDED / "markers.json").read_text(encoding="utf-8"))
        self.command, self.date = found["command"], found["date"]
        # Those that have been taken away since are not counted.
        marked = find_marked_tests(ROOT / "tests")
        stand = {f"{t.label} {t.path}::{t.name}" for tests in marked.values() for t in tests}
        self.markers: dict[str, dict[str, Any]] = {
            name: marker for name, marker in found["markers"].items() if name in stand
        }
        self.skipped: list[str] = found["skipped"]
        self.noticed = sum(bool(marker["noticed"]) for marker in self.markers.values())
