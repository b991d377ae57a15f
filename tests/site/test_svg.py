"""Figures in the page: its colours, names of their own, and a description."""

import base64
import io
import re
import xml.etree.ElementTree as ElementTree

import markdown
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from literate import figures as svg
from tests.agree import agree
from voronet.show import DARK, LIGHT, settings, shading


def drawn(draw, prefix="a-b"):
    """Draw something and make it part of a page."""
    with plt.rc_context({**settings(), "svg.fonttype": "none", "svg.hashsalt": "voronet"}):
        figure = Figure()
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(file, format="svg")
    return svg.themed(file.getvalue(), 'Lines & "points" < curves', prefix)


def lines(ax):
    ax.plot([0, 1], [0, 1], color=LIGHT.green)
    ax.plot([0, 1], [1, 0], "s", color=LIGHT.blue, alpha=0.5)
    ax.set(xlabel="step $t$", title="σ and ½")


def test_the_figure_is_whole_and_described():
    html = drawn(lines)
    root = ElementTree.fromstring(html)
    picture = root[0]
    assert root.tag == "figure"
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == 'Lines & "points" < curves'
    assert picture.get("viewBox").startswith("0 0 331.2")
    texts = ["".join(text.itertext()).strip() for text in root.findall(".//{*}text")]
    assert "σ and ½" in texts


def test_every_colour_is_one_of_the_page():
    html = drawn(lines)
    assert not svg.COLOUR.findall(re.sub(r"(href|id|url\()=?\"?#[\w-]+", "", html))
    for name in ("green", "blue", "ink", "muted", "paper"):
        assert f"var(--v-{name})" in html, name


def test_a_colour_that_is_not_in_the_palette_fails():
    with pytest.raises(svg.FigureFailure, match="#ff0000 is not in the palette"):
        drawn(lambda ax: ax.plot([0, 1], color="red"))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.25, 0.4, 0.6, 0.9, 1.0])
def test_a_blend_of_the_shading_is_mixed_from_its_ends(share):
    colour = "#" + "".join(f"{round(255 * part):02x}" for part in shading()(share)[:3])
    mixed = svg.variable(colour)
    if mixed.startswith("var("):
        assert mixed == {0.0: "var(--v-green-soft)", 1.0: "var(--v-blue-soft)"}[share]
        return
    side, percent = re.match(r"color-mix\(in srgb, var\((.*?)\) ([\d.]+)%", mixed).groups()
    assert side == ("--v-green-soft" if share < 0.5 else "--v-blue-soft")
    assert abs(float(percent) - 200 * abs(share - 0.5)) < 4


def test_two_figures_of_a_page_share_no_name():
    names = [set(re.findall(r'id="([^"]+)"', drawn(lines, prefix))) for prefix in ("a-b", "c-d")]
    assert names[0]
    assert not names[0] & names[1]
    html = drawn(lines)
    for target in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', html):
        assert f'id="{"".join(target)}"' in html


def test_the_same_figure_is_drawn_the_same_twice():
    assert drawn(lines) == drawn(lines)


def test_a_raster_of_the_shading_becomes_two_masks():
    p_blue = np.linspace(0, 1, 64)[None].repeat(64, axis=0)
    html = drawn(lambda ax: ax.imshow(p_blue, cmap=shading(), vmin=0, vmax=1, origin="lower"))
    root = ElementTree.fromstring(html)
    masks = list(root.findall(".//{*}mask"))
    assert len(masks) == 2
    # Green fades from left to the middle, blue grows from the middle to the right.
    for mask, side in zip(masks, ("green", "blue"), strict=True):
        seen = greys(mask[0].get("href"))
        share = np.linspace(-1, 1, seen.shape[1])
        wanted = np.clip(-share if side == "green" else share, 0, 1)
        agree(seen.mean(axis=0) / 255, wanted, rtol=0, atol=0.05, what=side)
        assert f"fill: var(--v-{side}-soft)" in html


def greys(data):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2]))), dtype=float)


def test_any_other_raster_fails():
    with pytest.raises(svg.FigureFailure, match="other colours than the shading"):
        drawn(lambda ax: ax.imshow(np.eye(8), cmap="viridis"))


@pytest.fixture
def page(tmp_path, monkeypatch):
    """Convert Markdown with a folder of figures of its own."""
    monkeypatch.setattr(svg, "CACHE", tmp_path)
    calls = []

    def drawn_by(module, function):
        calls.append((module, function))
        file = io.StringIO()
        Figure(facecolor=LIGHT.paper).savefig(file, format="svg")
        return file.getvalue()

    monkeypatch.setattr(svg, "drawn_by", drawn_by)
    return lambda text: (markdown.markdown(text, extensions=["literate.figures"]), calls)


def test_a_picture_becomes_a_figure_and_is_kept(page):
    html, calls = page("Text.\n\n![Six cells.](figure:data.cells)\n\nMore.")
    assert '<figure class="drawn">' in html
    assert 'aria-label="Six cells."' in html
    assert "<p><figure" not in html
    assert calls == [("data", "cells")]
    _, calls = page("![Six cells.](figure:data.cells)")
    assert len(calls) == 1, "the figure was drawn again though nothing had changed"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("![](figure:data.cells)", "needs a description"),
        ("![  ](figure:data.cells)", "needs a description"),
        ("Look: ![Six.](figure:data.cells)", "a paragraph of its own"),
        ("![Six.](figure:data.cells) is it", "a paragraph of its own"),
        ("![Six.](figure:nothing.cells)", "figure:nothing.cells"),
        ("![Six.](figure:cells)", "figure:cells"),
    ],
)
def test_a_figure_that_cannot_be_shown_stops_the_build(page, text, says):
    with pytest.raises(svg.FigureFailure, match=says):
        page(text)


def test_a_function_that_is_not_there_stops_the_build():
    with pytest.raises(svg.FigureFailure, match="has no function nothing"):
        svg.drawn_by("data", "nothing")


def test_both_schemes_name_the_same_properties():
    assert DARK.css().keys() == LIGHT.css().keys()
