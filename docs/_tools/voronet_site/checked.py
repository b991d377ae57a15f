"""What the check of this site's equations found, once for each state of its files."""

import re
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from literate import build_cache
from literate.equations import Report, Site, check_site
from literate.equations.notation import read_notation
from literate.maths import EquationError
from literate.sources import DOCS, PACKAGE, ROOT, TOOLS, dependencies, digest, files, imported

SITE = Site(str(DOCS), "notation.md", "voronet_site.samples", "voronet", str(ROOT / "tests"))


def report() -> Report:
    """Check the whole site, anew whenever a page, a test or the package has changed."""
    return check_state(build_cache.state(), build_cache.pages())


@cache
def check_state(state: str, pages: str) -> Report:
    """Check the site once for each state of its files."""
    # A record depends on the package, the table, and how it is reached; not on other pages or tests.
    table = repr(read_notation(DOCS / SITE.notation))
    equations = files(TOOLS / "literate" / "equations", "*")
    code = {*files(PACKAGE, "*"), *imported(Path(__file__)), *equations}
    place = build_cache.place("verdicts", "site", table, digest(code, dependencies()))
    known = recall_records(place)
    before = len(known)
    found = check_site(SITE, known)
    if found.failures:
        raise EquationError("\n".join(["the equations do not hold:", *found.failures]))
    if len(known) > before or not place.exists():
        build_cache.keep(place, known)
    return found


@cache
def recall_records(place: Path) -> dict[str, Any]:
    """Recall the records, also those of a build that failed in the same process."""
    return build_cache.recall(place) or {}


def report_for(page: str, markdown: str = "") -> str:
    """Return all that a page can say of the check: of its equations, or of all of them."""
    labels = set(re.findall(r"\\(?:label|eqref)\{([^}]*)\}", markdown))
    stem = PurePosixPath(page).stem.replace("-", "_")
    behind = imported(TOOLS / "voronet_site" / "values" / f"{stem}.py")
    whole = Path(__file__) in behind or TOOLS / "voronet_site" / "mistakes.py" in behind
    if not whole and not labels:
        return ""
    return repr([record for record in report().records if whole or record.label in labels])
