"""Keeps the pages of a site in step with its code: equations, values, figures and executed pages, on any site."""

import ast
import gc
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol


class Problem(Exception):
    """Something on a page, or behind it, must not reach a reader: the build ends here."""


def locate(page: str | Path, fragment: str) -> str:
    """Return `file:line:column` of a fragment of a page, or of its beginning."""
    text = Path(page).read_text(encoding="utf-8") if Path(page).is_file() else ""
    before = text[: max(text.find(fragment), 0)]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1
    # Name a file of this folder from here, as editors and compilers do.
    inside = Path(page).is_relative_to(Path.cwd())
    return f"{Path(page).relative_to(Path.cwd()) if inside else page}:{line}:{column}"


class Caller(Protocol):
    """Calls a function by name: here, in a worker, or not at all if its result is known."""

    def __call__(self, target: str, *args: Any) -> Any:
        """Return what the function gives."""


def call(target: str, *args: Any) -> Any:
    """Call a function named `module:function`."""
    module, _, name = target.partition(":")
    return reduce(getattr, name.split("."), import_module(module))(*args)


def options_for(
    page: str, file: str, docs: str, root: Path, caller: Caller, report: Callable[[], Any], sources: str
) -> dict[str, dict[str, Any]]:
    """Return what the Markdown extensions must know of a page: `file` is its source, `page` its name below `docs`."""
    here = {"docs": docs, "page": page}
    return {
        "literate.values": {"page": file, "call": caller},
        "literate.figures": {"page": file, "call": caller, "docs": docs},
        "literate.maths": {**here, "report": report, "sources": sources},
        "literate.sources": {"root": root, "sources": sources, "page": page, "call": caller},
        "literate.claims": {**here, "call": caller},
    }


def parse_python(code: str) -> ast.Module:
    """Parse Python code while the garbage collector waits.

    Python 3.11 may fail ("AST constructor recursion depth mismatch") if the collector runs in the midst
    of a parse and another thread gets its turn.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        return ast.parse(code)
    finally:
        if collecting:
            gc.enable()
