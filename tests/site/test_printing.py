"""The pages of a site as one document, which is printed."""

import pytest
from bs4 import BeautifulSoup

from literate.printing import Printed, join_pages

HEAD = '<head><link rel="stylesheet" href="{}look.css"></head><body data-scheme="a">'
HOME = """<article class="c"><h1 id="top">Home</h1><script>f("<p id='x'>")</script>
<a href="one/#top">in one</a><a href="#top">here</a><a href="https://doi.org/1">paper</a>
<a href="one/file.py">file</a><code>&lt;p id="top"></code></article></body>"""
ONE = """<article class="c"><h1 id="top">One</h1><a href="..">home</a>
<svg><path id="curve" title="a > b" d=""/><use xlink:href="#curve"/><g clip-path="url(#top)"/></svg>
<img src="../a.png" alt="" loading="lazy"></article></body>"""


@pytest.fixture
def site(tmp_path):
    """Write a site of two pages."""
    (tmp_path / "one").mkdir()
    (tmp_path / "index.html").write_text(HEAD.format("") + HOME)
    (tmp_path / "one" / "index.html").write_text(HEAD.format("../") + ONE)
    return tmp_path


def joined(site, address=""):
    pages = [Printed("", "Home"), Printed("one/", "One", "Part")]
    return BeautifulSoup(join_pages(pages, site, "Site", "About", address), "html.parser")


def test_names_stay_apart_and_links_follow_them(site):
    document = joined(site)
    names = [tag["id"] for tag in document.select("[id]")]
    assert names == ["./", "./top", "one/", "one/top", "one/curve"]
    front, home, one = document.select("article")
    assert [link["href"] for link in front.select("a")] == ["#./", "#one/"]
    assert [link.get("href") for link in home.select("a")] == [
        "#one/top",
        "#./top",
        "https://doi.org/1",
        None,
    ]
    assert home.code.text == '<p id="top">'
    assert not document.select("script")
    assert one.a["href"] == "#./"
    assert one.use["xlink:href"] == "#one/curve"
    assert one.g["clip-path"] == "url(#one/top)"
    assert one.path["title"] == "a > b"
    assert one.img["src"] == "a.png"
    assert not one.img.has_attr("loading")
    assert document.link["href"] == "look.css"
    assert document.body["data-scheme"] == "a"


def test_what_is_no_page_is_linked_where_the_site_has_an_address(site):
    links = joined(site, "https://host/site/").select("article:nth-of-type(2) a")
    assert links[-1]["href"] == "https://host/site/one/file.py"
