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
