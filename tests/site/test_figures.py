"""The figures of the derivation pages: legible, and in the palette."""

import io
import re
from dataclasses import fields
from functools import cache
from importlib import import_module
from inspect import getmembers, isfunction
from itertools import combinations
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

from literate import figures as svg
from voronet.show import LIGHT
from voronet_site.figures import PALETTE, common

pytestmark = pytest.mark.slow

FOLDER = Path(common.__file__).parent
SHOWN = re.compile(r"\(figure:([\w.]+)\)")
# What a function of these modules draws with is not itself a figure.
TOOLS = {"tessellation", "activation", "column", "signed", "edge", "node"}


def figures():
    """List every function that draws a figure, by its name on a page."""
    for path in sorted(FOLDER.glob("*.py")):
        if path.stem not in ("__init__", "common"):
            module = import_module(f"voronet_site.figures.{path.stem}")
            for name, function in getmembers(module, isfunction):
                if function.__module__ == module.__name__ and name not in TOOLS:
                    yield pytest.param(function, id=f"{path.stem}.{name}")


def paint(draw):
    """Draw a figure, and return it with its pixels."""
    canvas = FigureCanvasAgg(draw())
    canvas.draw()
    return canvas.figure, np.asarray(canvas.buffer_rgba()).tobytes()


drawn = cache(paint)


def texts(figure):
    """Find what is written in a figure, with the pixels that it covers."""
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    # A tick beyond the limits of its axis has a label that is never drawn.
    unseen = set()
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    unseen |= {tick.label1, tick.label2}
    for text in figure.findobj(Text):
        if text.get_visible() and text.get_text().strip() and text not in unseen:
            yield text, text.get_window_extent(renderer)


@pytest.mark.parametrize("draw", list(figures()))
def test_legible(draw):
    figure, _ = drawn(draw)
    assert figure.get_figwidth() == common.WIDTH
    written = list(texts(figure))
    for text, box in written:
        assert text.get_fontsize() >= 8.5, f"{text.get_text()!r} is too small"
        inside = box.x0 >= -1 and box.y0 >= -1
        inside &= box.x1 <= figure.bbox.x1 + 1 and box.y1 <= figure.bbox.y1 + 1
        assert inside, f"{text.get_text()!r} is cut off"
    # No two labels cover each other: a pixel of touching is not seen.
    for (one, here), (other, there) in combinations(written, 2):
        apart = here.padded(-1).overlaps(there.padded(-1))
        assert not apart, f"{one.get_text()!r} covers {other.get_text()!r}"


@pytest.mark.parametrize("draw", list(figures()))
def test_small_and_in_the_palette(draw):
    file = io.StringIO()
    drawn(draw)[0].savefig(file, format="svg", metadata={"Date": None})
    svg = file.getvalue()
    allowed = {getattr(LIGHT, field.name) for field in fields(LIGHT)}
    assert set(re.findall("#[0-9a-f]{6}", svg)) <= allowed
    assert "<image" not in svg
    assert len(svg) < 150_000, f"{len(svg)} bytes"
    assert draw.__doc__, "a figure says what it shows"


def test_each_figure_stands_on_its_page():
    ours = {parameter.id for parameter in figures()}
    shown = set()
    docs = FOLDER.parents[2]
    for page in (*docs.glob("*.md"), *docs.glob("derive/*.md")):
        names = SHOWN.findall(page.read_text(encoding="utf-8"))
        assert {name.split(".")[0] for name in names} <= {page.stem}
        shown |= set(names)
    assert shown == ours


@pytest.mark.parametrize("draw", list(figures()))
def test_figures_repeat(draw):
    # A second drawing in the same process is the same, whatever came before it.
    assert paint(draw)[1] == drawn(draw)[1]


@pytest.mark.parametrize("name", ["backprop.flow", "train.curves", "data.rule_at_work"])
def test_a_page_shows_what_is_written(name):
    module, function = name.split(".")
    figure = getattr(import_module(f"voronet_site.figures.{module}"), function)()
    file = io.StringIO()
    with plt.rc_context(svg.FIXED):
        figure.savefig(file, format="svg")
    written, shown = file.getvalue(), svg.themed(file.getvalue(), PALETTE, "prefix")
    # Coordinates are rounded on the way to the page; written numbers are not.
    between = re.compile("<text[^>]*>([^<]+)</text>")
    assert between.findall(written)
    assert between.findall(shown) == between.findall(written)
