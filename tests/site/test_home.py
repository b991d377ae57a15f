"""The home page: what it promises is counted, and what it shows is what the chapters show."""

import ast
import importlib
import re
from collections import Counter

import numpy as np
import pytest

from voronet_site import DOCS

pytestmark = pytest.mark.slow

HOME = (DOCS / "index.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def index():
    """Compute what the home page shows: this takes seconds, so not while tests are collected."""
    return importlib.import_module("voronet_site.values.index")


def squeezed(text):
    """Drop what has no meaning between two symbols."""
    return re.sub(r"\s|&|\\displaystyle", "", text)


def test_the_replay_is_the_run_that_the_film_shows(index):
    # Run the cells of the page up to its choice.
    page = (DOCS / "run" / "first-run.py").read_text(encoding="utf-8")
    found = {}
    for cell in page.split("\n# %%")[1:]:
        head, _, code = cell.partition("\n")
        if "[markdown]" in head or "alt=" in head:
            continue
        exec(code, found)
        if "chosen" in found:
            break
    assert found["chosen"] == index.SEED
    assert np.array_equal(index.run.w, found["all_runs"].w[found["chosen"]])


def test_each_formula_stands_in_the_chapter_beside_it(index):
    rows = re.findall(r"\]\((derive/\w+\.md)\)[^$]*\$\{\{= formula\(\"([^\"]+)\"\) \}\}\$", HOME)
    assert [page for page, _ in rows] == re.findall(r"^\d\. .*\((\S+)\)", HOME, re.MULTILINE)
    for page, label in rows:
        displays = re.findall(r"^\$\$\n(.*?)^\$\$", (DOCS / page).read_text(), re.S | re.M)
        display = next(tex for tex in displays if f"\\label{{{label}}}" in tex)
        assert squeezed(index.formula(label)) in squeezed(display), f"{page}: {label}"


def test_the_path_goes_through_every_chapter():
    chapters = {f"derive/{file.name}" for file in (DOCS / "derive").glob("*.md")}
    links = Counter(re.findall(r"^\d\. .*\((derive/\w+\.md)\)", HOME, re.MULTILINE))
    assert links == Counter(chapters)


def test_the_counts_are_those_of_the_sources(index):
    assert index.held == sum(record.status == "held" for record in index.found.records)
    trees = [ast.parse(file.read_text()) for file in (DOCS.parent / "tests").rglob("test_*.py")]
    functions = [
        node.name
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert index.tests == len(functions)
    site = (DOCS.parent / "mkdocs.yml").read_text()
    assert index.pages == len(re.findall(r"run/[\w-]+\.py$", site, re.MULTILINE))
