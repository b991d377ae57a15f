"""Judges LaTeX in the reader's browser, with the checker of the build: an edit, or what a page displays."""

from functools import cache
from typing import Any

import numpy as np

import voronet
import voronet.show  # what some draws import, before a reader waits for a verdict
from literate.equations import Record, Samples, verdict
from literate.equations.notation import read_notation
from literate.equations.pages import Formula
from voronet_site import DOCS, ROOT, samples

NOTATION = read_notation(DOCS / "notation.md")
SIMPLEST = samples.simplest()
# Beside it lies the name of the commit that the reader's files are of.
COMMIT = ROOT / "commit"
# Smaller networks than those of the build, and how many samples each has: a page is to be checked within seconds.
# Two samples at least: one alone may have a coordinate of zero, and then gradients that are zero.
SMALL = (((2, 2, 3, 2), 2), ((2, 3, 2, 2), 2), ((2, 2, 2, 2), 3))


class Fresh(samples.Trial):
    """A problem with numbers that nobody has chosen."""

    def anything(self, name: str, shape: tuple[int, ...]) -> Any:
        """Return numbers that are not small: rounding would hide how what remains of them shrinks."""
        found = super().anything(name, shape)
        return found + np.sign(found)


@cache
def draw_samples(seed: int | None) -> Samples:
    """Draw the problems of the build; with a seed, others, which nobody has chosen."""
    # The examples that the pages work out are left out: what is about them is not judged here.
    if seed is None:
        return Samples(samples.draws(), samples.extremes(), SIMPLEST)
    drawn = [
        Fresh(np.random.default_rng([seed, k]), widths, n, voronet)
        for k, (widths, n) in enumerate(SMALL)
    ]
    # Extremes are no accident: each is at an edge that a bound may be attained at.
    return Samples(drawn, samples.extremes(widths=SMALL[0][0]), SIMPLEST)


def judge(
    label: str, number: str, page: str, tex: str, notes: str = "", seed: int | None = None
) -> dict[str, bool | str]:
    """Tell whether a formula is held, and what the build would say if it stood on its page; a display has a label."""
    kind = "display" if label else "inline"
    formula = Formula(label, number, page, tex, f"docs/{page}", kind=kind, notes=notes)
    found = verdict(formula, NOTATION, draw_samples(seed))
    commit = COMMIT.read_text(encoding="utf-8") if COMMIT.is_file() else ""
    if not isinstance(found, Record):
        return {"held": False, "said": found, "commit": commit}
    # A formula in a sentence may choose a number, and states nothing then.
    if found.status not in ("held", "condition"):
        return {"held": False, "said": f"{formula.name} is not evaluated: {found.reason}", "commit": commit}
    said = f"on {found.draws} draws, greatest relative error {found.max_error:.1e}"
    return {"held": True, "said": said, "commit": commit}
