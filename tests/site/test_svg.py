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
from voronet.show import DARK, LIGHT, shading
from voronet_site.figures import PALETTE, SETTINGS

pytestmark = pytest.mark.slow


def drawn(draw, prefix="a-b"):
    """Draw something and make it part of a page."""
    with plt.rc_context({**SETTINGS, **svg.FIXED}):
        figure = Figure()
        draw(figure.add_subplot())
        file = io.StringIO()
        figure.savefig(file, format="svg")
    themed = svg.themed(file.getvalue(), PALETTE, prefix)
    return svg.write_figure(themed, 'Lines & "points" < curves')


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
    mixed = PALETTE.substitute(colour)
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


def convert(text, call=svg.call):
    """Convert Markdown with the figures of this site."""
    options = {"literate.figures": {"package": "voronet_site.figures", "call": call}}
    return markdown.markdown(text, extensions=["literate.figures"], extension_configs=options)


def test_a_picture_becomes_a_figure():
    calls = []

    def call(target, *arguments):
        calls.append((target, *arguments))
        return ["<svg></svg>"]

    html = convert("Text.\n\n![Six cells.](figure:data.cells)\n\nMore.", call)
    assert '<figure class="drawn"><svg' in html
    assert 'aria-label="Six cells."' in html
    assert "<p><figure" not in html
    assert calls == [("literate.figures:draw_figures", "voronet_site.figures", ["data.cells"])]


def test_figures_are_numbered_by_page_and_chapter_and_referred_to(tmp_path):
    one, two = tmp_path / "one.md", tmp_path / "more" / "two.md"
    two.parent.mkdir()
    one.write_text("---\nchapter: 3\n---\n![A.](figure:data.cells)\n\n![B.](figure:loss.slice)\n")
    two.write_text("![C.](figure:wrong.curves)\n\n`![D.](figure:data.none)`\n")
    assert svg.number_figures(tmp_path) == {
        "data.cells": ("one.md", "3.1"),
        "loss.slice": ("one.md", "3.2"),
        "wrong.curves": ("more/two.md", "1"),
    }
    options = {
        "package": "voronet_site.figures",
        "docs": str(tmp_path),
        "call": lambda *_: ["<svg></svg>"],
    }
    extension = {"literate.figures": options | {"page": str(one)}}
    text = "![A.](figure:data.cells)\n\nSee [](figure:loss.slice) and [](figure:wrong.curves)."
    html = markdown.markdown(text, extensions=["literate.figures"], extension_configs=extension)
    assert '<figure class="drawn" id="figure-3-1">' in html
    assert 'aria-label="Figure 3.1. A."' in html
    assert '<figcaption aria-hidden="true"><b>Figure 3.1. </b>A.</figcaption>' in html
    assert '<a href="#figure-3-2">Figure 3.2</a>' in html
    assert '<a href="more/two.md#figure-1">Figure 1</a>' in html
    with pytest.raises(
        svg.FigureFailure, match=r"no page shows figure:data\.cell; did you mean data\.cells"
    ):
        markdown.markdown(
            "[](figure:data.cell)", extensions=["literate.figures"], extension_configs=extension
        )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("![](figure:data.cells)", "needs a description"),
        ("![  ](figure:data.cells)", "needs a description"),
        ("Look: ![Six.](figure:data.cells)", "a paragraph of its own"),
        ("![Six.](figure:data.cells) is it", "a paragraph of its own"),
        ("![Six.](figure:nothing.cells)", "figure:nothing.cells"),
        ("![Six.](figure:cells)", "figure:cells"),
        ("![Six.](figure:data.cell)", r"no voronet_site.figures.data.cell\(\); did you mean cells"),
    ],
)
def test_a_figure_that_cannot_be_shown_stops_the_build(text, says):
    with pytest.raises(svg.FigureFailure, match=says):
        convert(text)


def test_both_schemes_name_the_same_properties():
    assert DARK.css().keys() == LIGHT.css().keys()
