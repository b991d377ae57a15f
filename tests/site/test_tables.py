"""Each cell of a table carries its heading, for screens too narrow for columns."""

import markdown
from bs4 import BeautifulSoup

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
