"""What a build takes over from an earlier one, kept under a digest of all that it depends on.

Pages, values, and verdicts on equations are kept below `.cache/`, as figures and executed pages are. What
is kept is named after the sources behind it; it is found again only while they are what they were.
"""

import pickle
import re
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from literate import sources

# All but the pages: what the look is made of comes into a page only when its template is filled.
FOLDERS = ("voronet", "tests", "docs/_tools", "docs/run/recorded")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CITATION.cff")
LOOK = sources.DOCS / "_tools" / "voronet_site" / "theme"

waiting: dict[Path, Any] = {}


@cache
def state() -> str:
    """Return a digest, taken once a build, of all that any page may depend on but the pages."""
    return now()


@cache
def pages() -> str:
    """Return a digest, taken once a build, of the text of all pages."""
    return sources.digest(sources.files(sources.DOCS, "*.md", "*.py"))


def now() -> str:
    """Return the digest of `state` as it is at this moment."""
    found = [path for folder in FOLDERS for path in sources.files(sources.ROOT / folder, "*")]
    found += [path for name in FILES if (path := sources.ROOT / name).is_file()]
    return sources.digest(
        (path for path in found if not path.is_relative_to(LOOK)), sources.dependencies()
    )


def begin() -> None:
    """Look at the sources anew, and drop what a build that failed has left."""
    state.cache_clear()
    pages.cache_clear()
    waiting.clear()


def place(kind: str, name: str, *behind: str) -> Path:
    """Name a thing after all that it depends on."""
    found = sha256("\0".join(behind).encode()).hexdigest()[:20]
    return sources.CACHE / kind / f"{re.sub('[^a-z0-9]+', '-', name)}.{found}"


def recall(path: Path) -> Any:
    """Return what is kept in a place, or None."""
    if path in waiting:
        return waiting[path]
    return pickle.loads(path.read_bytes()) if path.exists() else None


def keep(path: Path, found: Any) -> None:
    """Keep something once the build has come to a good end."""
    waiting[path] = found


def end() -> None:
    """Write what is to be kept, unless the sources have changed while the build went on."""
    if state() == now():
        for path, found in waiting.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            for old in path.parent.glob(f"{path.stem}.*"):
                old.unlink()
            path.write_bytes(pickle.dumps(found))
    waiting.clear()
