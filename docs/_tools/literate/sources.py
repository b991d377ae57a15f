"""What a page is made from: which page it is, and a digest of the sources behind it."""

import ast
import hashlib
import os
import platform
import re
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from markdown import Markdown

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
TOOLS = DOCS / "_tools"
CACHE = ROOT / ".cache"
PACKAGE = ROOT / "voronet"
# What executed pages read: runs that take longer than a build may, and what others computed.
RECORDED = DOCS / "run" / "recorded"
ORACLES = ROOT / "tests" / "oracles"


def page_of(md: Markdown) -> str:
    """Return the path of the page that is being converted, below `docs/`."""
    # MkDocs names the page in its own processor of links.
    return str(md.treeprocessors["relpath"].file.src_uri)


def included(text: str) -> set[Path]:
    """Return the files of which a text includes a section."""
    return {
        path
        for name in re.findall(r'^[ \t]*--8<-- "([^":]+)', text, re.MULTILINE)
        if (path := ROOT / name).is_file()
    }


def files(folder: Path, *patterns: str) -> list[Path]:
    """Return the files of a folder and all below it, in order."""
    found = {path for pattern in patterns for path in folder.rglob(pattern)}
    return sorted(path for path in found if path.is_file() and "__pycache__" not in path.parts)


def digest(paths: Iterable[Path], *words: str) -> str:
    """Return a digest of the names and the contents of files, and of some words."""
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{os.path.relpath(path, ROOT)}\0".encode())
        found.update(path.read_bytes())
    for word in words:
        found.update(f"\0{word}".encode())
    return found.hexdigest()[:20]


@cache
def dependencies() -> str:
    """Return Python's version and that of every installed distribution."""
    installed = {f"{found.metadata['Name']}=={found.version}" for found in distributions()}
    return " ".join([platform.python_version(), *sorted(installed)])


def imported(path: Path) -> set[Path]:
    """Return a module of `docs/_tools` with all those of that folder that it imports."""
    found: set[Path] = set()
    waiting = [path]
    while waiting:
        path = waiting.pop()
        if path in found or not path.is_file():
            continue
        found.add(path)
        for level, name in modules(path.read_text(encoding="utf-8")):
            folder = path.relative_to(TOOLS).parts[:-level] if level else ()
            name = ".".join([*folder, *filter(None, [name])])
            if name.partition(".")[0] in ("literate", "voronet_site"):
                place = TOOLS.joinpath(*name.split("."))
                waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return found


@cache
def modules(code: str) -> list[tuple[int, str]]:
    """Return what code imports: how many folders up, and the name of what may be a module."""
    found = []
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            found += [(0, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = f"{node.module}." if node.module else ""
            found += [(node.level, module + alias.name) for alias in node.names]
            found += [(node.level, node.module or "")]
    return found
