"""What a page shows is complete: nothing shown calls a helper that no page shows."""

import ast
import re
import textwrap

import voronet
from voronet_site import DOCS, PACKAGE

INCLUDE = re.compile(r'--8<-- "voronet/([\w/]+\.py):(\w+)"')
# Classes that pages name, and whose parts they show one by one.
NAMED = set(voronet.__all__)


def shown():
    """Give each part of the package that a page shows, with its place and its code."""
    for page in sorted(DOCS.rglob("*.md")):
        for file, name in INCLUDE.findall(page.read_text(encoding="utf-8")):
            source = (PACKAGE / file).read_text(encoding="utf-8")
            start = source.index(f"# --8<-- [start:{name}]")
            code = source[start : source.index(f"# --8<-- [end:{name}]", start)]
            yield f"{page.relative_to(DOCS)}: {file}:{name}", textwrap.dedent(code), source


def defined(source):
    """List the functions and classes that the package defines, or a module imports from it."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("voronet"):
            names |= {alias.name for alias in node.names}
    return names


def calls(code, names):
    """List what of these names some code calls."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in names:
                yield name


def find_unseen():
    """List each call of a helper that no page shows."""
    parts = list(shown())
    seen = set(NAMED)
    for _, code, _ in parts:
        seen |= {
            node.name
            for node in ast.walk(ast.parse(code))
            if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        }
    return [
        f"{place} calls {name}"
        for place, code, source in parts
        for name in calls(code, defined(source))
        if name not in seen
    ]


def test_nothing_shown_calls_a_helper_that_no_page_shows():
    unseen = find_unseen()
    assert not unseen, "\n".join(unseen)


def test_the_pages_show_the_functions_of_the_package():
    places = [place for place, _, _ in shown()]
    assert len(places) > 25, places
