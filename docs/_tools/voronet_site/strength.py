"""What recorded runs say of the check: how many changed tokens it catches, and of the marked tests."""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from literate.equations.check import check, find_marked_tests
from literate.equations.pages import Formula, read_docstrings, read_pages
from literate.equations.report import fill_values
from voronet_site import DOCS, PACKAGE, ROOT
from voronet_site.checked import SITE

RECORDED = DOCS / "run" / "recorded"


def list_held() -> Iterator[Formula]:
    """Yield each formula that is held: displays, in sentences and in docstrings."""
    notation, samples, _ = SITE.load()
    for formula in [*read_pages(DOCS)[0], *read_docstrings(PACKAGE, DOCS)]:
        filled = fill_values(formula, SITE)
        with np.errstate(all="ignore"):
            if check(filled, notation, samples).status == "held":
                yield filled


def name_formula(formula: Formula) -> str:
    """Name a formula: by its label, or by where it stands and what it says."""
    return formula.label or f"{formula.owner or formula.page} {formula.tex}"


def digest(formula: Formula) -> str:
    """Return what changes with the LaTeX of a formula."""
    return hashlib.sha256(formula.tex.encode()).hexdigest()[:16]


class Tokens:
    """The recorded run in which each token of each formula was changed."""

    def __init__(self) -> None:
        found: dict[str, Any] = json.loads((RECORDED / "tokens.json").read_text(encoding="utf-8"))
        self.command, self.date, self.seconds = found["command"], found["date"], found["seconds"]
        self.formulas = {row.pop("formula"): row.pop("digest") for row in found["formulas"]}
        self.counts = sum(map(Counter, found["formulas"]), Counter[str]())
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
