"""The card that stands for a page where its address is shared."""

import base64
import struct
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from mkdocs.config import load_config

from voronet_site import ROOT, card

pytestmark = pytest.mark.slow


def test_the_card_has_its_size_and_is_drawn_alike_each_time():
    picture = base64.b64decode(card.draw())
    assert picture[12:16] == b"IHDR"
    assert struct.unpack(">II", picture[16:24]) == (1200, 630)
    assert len(picture) < 300_000
    card.trained.cache_clear()
    assert base64.b64decode(card.draw()) == picture


def head(address, page):
    """Render what the theme puts into the head of a page, by name."""
    config = load_config(str(ROOT / "mkdocs.yml"), site_url=address)
    template = config.theme.get_env().get_template("main.html")
    context = template.new_context({"config": config, "page": page, "base_url": "."})
    html = "".join(template.blocks["extrahead"](context))
    tags = BeautifulSoup(html, "html.parser").select("meta")
    return {tag.get("property", tag.get("name")): tag["content"] for tag in tags}


PAGE = SimpleNamespace(
    title='<em>Of</em> "marks" &amp; words',
    meta={"description": 'It is "so" & not so.'},
    canonical_url="https://host/site/page/",
    content="",
    url="page/",
)


def test_a_page_without_an_address_has_a_title_and_no_card():
    assert head("", PAGE) == {
        "og:title": 'Of "marks" & words',
        "og:description": 'It is "so" & not so.',
    }


def test_a_page_with_an_address_has_a_card_whose_address_is_whole():
    told = head("https://host/site/", PAGE)
    assert told["og:url"] == "https://host/site/page/"
    assert told["og:image"] == "https://host/site/card.png"
    size = (told["og:image:width"], told["og:image:height"])
    assert size == (str(card.WIDTH), str(card.HEIGHT))
    assert told["twitter:card"] == "summary_large_image"


def test_a_page_that_describes_nothing_is_described_by_the_site():
    page = SimpleNamespace(**vars(PAGE) | {"meta": {}})
    described = load_config(str(ROOT / "mkdocs.yml")).site_description
    assert head("", page)["og:description"] == described
