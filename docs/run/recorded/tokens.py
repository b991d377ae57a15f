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
from pathlib import Path

from literate.equations.mutate import find_changes, judge
from voronet_site.checked import SITE
from voronet_site.strength import digest, list_held, name_formula

FOLDER = Path(__file__).parent


def try_changes(formula, notation, samples):
    """Return what becomes of each change of a formula, counted, and what is missed."""
    found, passed = Counter(), []
    for what, tex in find_changes(formula, notation):
        outcome = judge(formula, tex, notation, samples)
        found[outcome] += 1
        if outcome == "missed":
            passed.append(what)
    return found, passed


def main():
    """Try all changes of all formulas, and write down what became of them."""
    began = time.perf_counter()
    notation, samples, _ = SITE.load()
    rows, passed = [], []
    for formula in list_held():
        found, changes = try_changes(formula, notation, samples)
        print(f"{formula.locate()}: {dict(found)}", file=sys.stderr, flush=True)
        rows.append(
            {"formula": name_formula(formula), "digest": digest(formula), **found}
        )
        passed += [
            {"formula": name_formula(formula), "change": what} for what in changes
        ]
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
