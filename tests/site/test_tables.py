"""Tables have numbered captions, and each cell its heading, for screens too narrow for columns."""

import markdown
import pytest
from bs4 import BeautifulSoup

from literate.tables import TableFailure

TABLE = """
| symbol | *meaning* |
| --- | --- |
| n | number of **samples** |
| K | |
"""


def test_each_cell_starts_with_a_hidden_copy_of_its_heading():
    html = markdown.markdown(TABLE, extensions=["tables", "literate.tables"])
    cells = [
        [str(part) for part in cell.children]
        for cell in BeautifulSoup(html, "html.parser").select("td")
    ]
    symbol = '<span aria-hidden="true" class="cell-heading">symbol</span>'
    meaning = '<span aria-hidden="true" class="cell-heading"><em>meaning</em></span>'
    assert cells == [
        [symbol, "<span>n</span>"],
        [meaning, "<span>number of <strong>samples</strong></span>"],
        [symbol, "<span>K</span>"],
        [meaning, "<span></span>"],
    ]


def test_a_heading_that_is_a_formula_is_read_out_and_an_empty_one_is_no_heading():
    page = "| $\\beta_1$ | |\n| --- | --- |\n| 0.9 | x |\n"
    html = markdown.markdown(page, extensions=["tables", "literate.maths", "literate.tables"])
    head = BeautifulSoup(html, "html.parser").thead
    cells = head.tr.find_all(True, recursive=False)
    assert [(cell.name, cell.get("scope")) for cell in cells] == [("th", "col"), ("td", None)]
    assert head.th.select_one(".visually-hidden").text == "beta_1"
    assert head.th.select_one("[aria-hidden=true] math")


def test_the_paragraph_before_a_table_is_its_numbered_caption():
    listed = "- A list\n\n    Table: Again.\n\n    | a |\n    | --- |\n    | b |\n"
    page = f"Text.\n\n{listed}\nTable: All of *n*.\n{TABLE}"
    options = {"literate.tables": {"chapter": "6"}}
    html = markdown.markdown(
        page, extensions=["tables", "literate.tables"], extension_configs=options
    )
    found = BeautifulSoup(html, "html.parser")
    captions = [str(table.caption) for table in found("table")]
    assert captions == [
        "<caption><b>Table 6.1. </b>Again.</caption>",
        "<caption><b>Table 6.2. </b>All of <em>n</em>.</caption>",
    ]
    assert [p.text for p in found("p")] == ["Text.", "A list"]


def test_a_table_of_a_chapter_without_a_caption_is_refused(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"Text.\n{TABLE}")
    options = {"literate.tables": {"chapter": "6", "page": str(page)}}
    with pytest.raises(TableFailure, match=r"page.md:3:1: a table needs a paragraph before it"):
        markdown.markdown(
            page.read_text(), extensions=["tables", "literate.tables"], extension_configs=options
        )
