"""Each symbol of a typeset formula is tied to its row of the notation table, and to no other."""

import re
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import markdown
import pytest

from literate.equations.notation import read_notation
from literate.equations.pages import read_pages
from literate.equations.parse import Sym, Wrong, parse
from literate.explaining import complete_marks, list_explained
from literate.maths import typeset
from literate.symbols import Symbols
from literate.values import VALUE

ROOT = Path(__file__).parents[2]
# These the check has no numbers for.
UNREAD = ("eq:stopping",)


@pytest.fixture(scope="module")
def table():
    """Read the notation table of the site."""
    return read_notation(ROOT / "docs" / "notation.md")


def marked(symbols, tex):
    """List the numbers that the symbols of a formula get."""
    return [int(n) for n in re.findall(r'data-row="(\d+)"', symbols.mark(typeset(tex)))]


def test_each_symbol_of_the_table_is_found_as_the_table_writes_it(table):
    for row in table.rows:
        symbols = Symbols(table, row.page)
        found = marked(symbols, row.tex)
        assert found[:1] == [symbols.numbers[row]], row


def rows_of(node, table):
    """Yield the rows that a formula uses, as the check of the equations reads it."""
    if node == Sym(base="e"):
        return
    if isinstance(node, Sym):
        with suppress(Wrong):
            yield table.find(node, {})[0]
        return
    if node.kind == "derivative" and node.args[1] is None:
        yield next(row for row in table.rows if row.kind == "gradient")
    elif node.kind == "derivative" and isinstance(node.args[1], Sym):
        if row := table.derivative(*node.args):
            yield row
            return
    elif node.kind == "apply" and isinstance(node.args[0], Sym):
        yield from table.by_base.get(("function", node.args[0].base), [])
    for child in node.children():
        yield from rows_of(child, table)


def test_the_symbols_of_every_formula_are_those_that_the_check_reads(table):
    wrong, used = [], set()
    for formula in read_pages(ROOT / "docs")[0]:
        if formula.label in UNREAD:
            continue
        symbols, tex = Symbols(table, formula.page), VALUE.sub("0", formula.tex)
        # L and L(w) are one thing to the reader, and so are all ways to write a symbol.
        names = {number: row.path or row.tex for row, number in reversed(symbols.numbers.items())}
        sides = [side for chain in parse(tex, symbols.table.functions) for side in chain.sides]
        read = {
            names[symbols.numbers[row]] for side in sides for row in rows_of(side, symbols.table)
        }
        found = {names[number] for number in marked(symbols, tex) if number in names}
        used |= found
        if found != read:
            wrong.append(f"{formula.locate()}: {tex}: {sorted(found)}, not {sorted(read)}")
    assert not wrong, "\n".join(wrong)
    assert len(used) > len(table.rows) / 2


@pytest.mark.parametrize(
    ("tex", "counts"),
    [("i", "sample"), (r"\sum_{k=1}^{K} 1", "layer"), ("t - 1", "step"), ("l", "unit")],
)
def test_an_index_that_stands_alone_is_told_by_the_table_of_indices(table, tex, counts):
    rows = [*dict.fromkeys(row.line for row in table.rows), "sample", "unit", "layer", "step"]
    assert counts in [rows[number] for number in marked(Symbols(table, "index.md"), tex)]
    assert marked(Symbols(table, "index.md"), "x_i") == [
        rows.index(table.find(Sym(base="x"), {})[0].line)
    ]


def page(source, url, content):
    """Return a page as MkDocs has it once its content is there."""
    return SimpleNamespace(
        file=SimpleNamespace(src_uri=source), url=url, title=source[:-3].title(), content=content
    )


def test_a_mark_links_the_notation_and_the_sections_that_use_its_equation():
    equation = (
        '<div class="equation" id="eq:one"><div class="eq-body" tabindex="0"><math>'
        '<mi data-row="0">a</mi><annotation>a</annotation></math></div>'
        '<details class="eq-check"><dl></dl></details></div>'
    )
    heading = '<h2 id="there">The <em>place</em><a class="headerlink">#</a></h2>'
    reference = '<a class="eq-ref" href="../one/#eq:one">(1)</a>'
    table = "<table><tr><th>symbol</th></tr><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"
    pages = [
        page("one.md", "one/", f'{equation}<h2 id="here">Here</h2>{reference}{reference}'),
        page("two.md", "two/", heading + reference),
        page("notation.md", "notation/", f"<table><tr><th>index</th></tr></table>{table}"),
    ]
    complete_marks(pages, "notation.md")
    links = re.findall('<a href="([^"]*)">(.*?)</a>', re.search("<dl>.*</dl>", pages[0].content)[0])
    assert links == [
        ("#here", "Here"),
        ("../two/#there", "Two: The <em>place</em>"),
        ("../notation/", "Notation"),
    ]
    explained = list_explained(pages, "notation.md")
    assert explained == {"rows": [["a", "b"]], "equations": {"eq:one": "<math><mi>a</mi></math>"}}


def find_editors():
    """Name a page on which the section below can be edited."""
    return {"motion.py:step": "lab.md?edit=step"}


def test_code_that_can_be_edited_links_to_its_editor(tmp_path):
    (tmp_path / "motion.py").write_text(
        "# --8<-- [start:step]\nx\n# --8<-- [end:step]\n# --8<-- [start:end]\n# --8<-- [end:end]\n"
    )
    options = {"root": str(tmp_path), "page": "derive/motion.md", "edit": "edit it"}
    html = markdown.markdown(
        '```python\n--8<-- "motion.py:step"\n```\n\n```python\n--8<-- "motion.py:end"\n```\n',
        extensions=["pymdownx.superfences", "pymdownx.snippets", "literate.sources"],
        extension_configs={
            "pymdownx.snippets": {"base_path": [str(tmp_path)]},
            "literate.sources": options | {"find_editors": f"{__name__}:find_editors"},
        },
    )
    assert re.findall('<small class="source">(.*)</small>', html) == [
        'motion.py:2, <a href="../lab.md?edit=step">edit it</a>',
        "motion.py:5",
    ]


@pytest.mark.parametrize(
    ("sources", "link"), [("", ""), ("https://host/blob/1/", "https://host/blob/1/{}#L{}")]
)
def test_included_code_says_where_it_stands(tmp_path, sources, link):
    (tmp_path / "motion.py").write_text("import x\n# --8<-- [start:step]\nx\n# --8<-- [end:step]\n")
    html = markdown.markdown(
        '??? note\n\n    ```python\n    --8<-- "motion.py:step"\n    ```\n\nMore.\n',
        extensions=[
            "pymdownx.details",
            "pymdownx.superfences",
            "pymdownx.snippets",
            "literate.sources",
        ],
        extension_configs={
            "pymdownx.snippets": {"base_path": [str(tmp_path)], "check_paths": True},
            "literate.sources": {"root": str(tmp_path), "sources": sources},
        },
    )
    (place,) = re.findall('<small class="source">(.*)</small>', html)
    href = link.format("motion.py", 3)
    assert place == (f'<a href="{href}">motion.py:3</a>' if link else "motion.py:3")
    assert (
        html.index("<details") < html.index(place) < html.index("</details>") < html.index("More.")
    )
