"""Record how strong the check of the equations is: every change of one token, tried.

Run from the root of the repository: python -m docs.run.recorded.tokens

A token of a held formula is left out, or another of its kind takes its place. The check
may refuse the change because the values differ, or because it has no meaning; or the
change says the same; or it passes. `tokens.toml` holds the reasons for which a change that
passes is no mistake: what it says is the same, or true as well.
"""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from literate.equations.check import check
from literate.equations.mutate import find_changes, judge
from literate.equations.pages import read_docstrings, read_pages
from literate.equations.report import fill_values
from voronet_site import DOCS, PACKAGE
from voronet_site.checked import SITE

FOLDER = Path(__file__).parent
load = cache(SITE.load)


def try_changes(formula):
    """Return what becomes of each change of a formula that is held, counted, and what is missed."""
    notation, samples, _ = load()
    with np.errstate(all="ignore"):
        held = check(formula, notation, samples).status == "held"
    found, passed = Counter(), []
    for what, tex in find_changes(formula, notation) if held else ():
        outcome = judge(formula, tex, notation, samples)
        found[outcome] += 1
        if outcome == "missed":
            passed.append(what)
    return found, passed


def main():
    """Try all changes of all formulas, and write down what became of them."""
    began = time.perf_counter()
    formulas, _ = read_pages(DOCS)
    formulas += read_docstrings(PACKAGE, DOCS)
    rows, passed = [], []
    for formula in (fill_values(formula, SITE) for formula in formulas):
        found, changes = try_changes(formula)
        if found:
            print(f"{formula.locate()}: {dict(found)}", file=sys.stderr, flush=True)
            name = formula.label or f"{formula.owner or formula.page} {formula.tex}"
            rows.append({"formula": name, **found})
            passed += [{"formula": name, "change": what} for what in changes]
    record = {
        "command": "python -m docs.run.recorded.tokens",
        "date": datetime.now(UTC).date().isoformat(),
        "seconds": round(time.perf_counter() - began),
        "formulas": rows,
        "passed": passed,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (FOLDER / "tokens.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
