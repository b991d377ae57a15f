"""Figures drawn at build: a Python-Markdown extension, and SVG that follows the page's colours.

`![What it shows, in words](figure:data.cells)` calls `cells()` of `docs/_tools/voronet_site/figures/data.py` and puts the
matplotlib figure that it returns into the page as SVG. Every colour of the palette becomes a
CSS custom property, so one drawing serves the light and the dark scheme; a colour that is
not in the palette fails the build, and so does a figure without a description.
"""

import base64
import io
import re
from functools import cache
from html import escape
from importlib import import_module
from typing import Any
from xml.etree.ElementTree import Element

import numpy as np
from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor

from literate.sources import CACHE, DOCS, PACKAGE, dependencies, digest, files, imported
from voronet.show import LIGHT

FIGURES = DOCS / "_tools" / "voronet_site" / "figures"
# What a figure may read beside the package: records of what takes too long for a build.
RECORDED = DOCS / "run" / "recorded"
COLOUR = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b", re.IGNORECASE)
NUMBER = re.compile(r"-?\d+\.\d{3,}")
IMAGE = re.compile(r"<image\b(?P<attributes>[^>]*?)/>", re.DOTALL)
# Pixels of a shading's longer side: it is smooth, and the browser fills in between.
SHADING = 192
# A figure is drawn in points and shown at most this many pixels wide for each.
ENLARGED = 1.6

Mix = tuple[str, str, float]


class FigureFailure(Exception):
    """A figure cannot be shown: the build ends here."""


def rgb(colour: str) -> Any:
    """Return the three parts of a colour."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=float)


@cache
def variable(colour: str) -> str:
    """Return the custom property of a colour, or the mixture of two that makes it."""
    if len(colour) == 4:
        colour = "#" + "".join(2 * digit for digit in colour[1:])
    for name, value in LIGHT.css().items():
        if value.lower() == colour.lower():
            return f"var({name})"
    if colour.lower() == "#ffffff":
        return "var(--v-paper)"
    share, left = shares(rgb(colour)[None])
    if left[0] > 2.5:
        allowed = ", ".join(LIGHT.css().values())
        raise FigureFailure(f"the colour {colour} is not in the palette: {allowed}")
    side = "--v-green-soft" if share[0] < 0 else "--v-blue-soft"
    return f"color-mix(in srgb, var({side}) {100 * abs(share[0]):.1f}%, var(--v-paper))"


def shares(pixels: Any) -> tuple[Any, Any]:
    """Place colours on the shading from green (-1) through paper (0) to blue (1).

    The second array says how far each colour lies from the shading.
    """
    paper, best, left = rgb(LIGHT.paper), np.zeros(len(pixels)), np.full(len(pixels), np.inf)
    for sign, end in ((-1, LIGHT.green_soft), (1, LIGHT.blue_soft)):
        way = rgb(end) - paper
        share = np.clip((pixels - paper) @ way / (way @ way), 0, 1)
        away = np.abs(pixels - paper - share[:, None] * way).max(axis=1)
        best = np.where(away < left, sign * share, best)
        left = np.minimum(left, away)
    return best, left


def themed(svg: str, description: str, prefix: str) -> str:
    """Make matplotlib's SVG part of a page: its colours, its fonts, names of its own."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", body, flags=re.DOTALL)
    width, height = map(float, re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', body)[0])
    body = body[body.index(">") + 1 :]
    body = body.replace("xlink:href", "href")
    # Two figures of one page must not share a name.
    body = re.sub(r'\bid="([^"]*)"', rf'id="{prefix}-\1"', body)
    body = re.sub(r'href="#([^"]*)"', rf'href="#{prefix}-\1"', body)
    body = re.sub(r"url\(#([^)]*)\)", rf"url(#{prefix}-\1)", body)
    body = IMAGE.sub(lambda match: shading(match["attributes"], prefix), body)
    body = re.sub(r'(?<=style=")[^"]*', lambda match: styled(match[0]), body)
    # Round the coordinates, which stand in tags; what is written between them stays.
    body = re.sub(r"<[^>]*>", lambda tag: NUMBER.sub(rounded, tag[0]), body)
    body = re.sub(r"\s*\n\s*", " ", body)
    size = f"max-width:{ENLARGED * width:.0f}px"
    return (
        f'<figure class="drawn"><svg xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="{escape(description)}" viewBox="0 0 {width:g} {height:g}" style="{size}">'
        f"{body.strip()}</figure>"
    )


def rounded(number: re.Match[str]) -> str:
    """Write a coordinate with two decimals."""
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".")


def styled(style: str) -> str:
    """Replace the colours and the fonts of a style by those of the page."""
    style = COLOUR.sub(lambda match: variable(match[0]), style)
    return re.sub(r"(?:'[^']*'(?:, )?)+(?:sans-serif|serif)?", "var(--v-figure-font)", style)


def shading(attributes: str, prefix: str) -> str:
    """Draw a raster of the shading as two tints of the page, each behind a mask."""
    from PIL import Image

    found = dict(re.findall(r'([\w:-]+)="([^"]*)"', attributes, re.DOTALL))
    data = base64.b64decode(found.pop("href").partition(",")[2])
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    pixels = np.asarray(picture, dtype=float).reshape(-1, 4)
    share, left = shares(pixels[:, :3])
    if np.any(left[pixels[:, 3] > 0] > 4):
        raise FigureFailure("an image shows other colours than the shading of p_blue")
    share = (share * pixels[:, 3] / 255).reshape(picture.size[::-1])
    place = " ".join(f'{name}="{found[name]}"' for name in ("x", "y", "width", "height"))
    name, drawn = found.get("id", f"{prefix}-image"), []
    for side, sign in (("green", -1), ("blue", 1)):
        grey = Image.fromarray(np.round(255 * np.clip(sign * share, 0, 1)).astype(np.uint8))
        grey.thumbnail((SHADING, SHADING), Image.Resampling.BILINEAR)
        file = io.BytesIO()
        grey.save(file, "PNG", optimize=True)
        source = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        drawn.append(
            f'<mask id="{name}-{side}"><image {place} preserveAspectRatio="none" href="{source}"/></mask>'
            f'<rect {place} mask="url(#{name}-{side})" style="fill: var(--v-{side}-soft)"/>'
        )
    return f'<g transform="{found.get("transform", "")}">{"".join(drawn)}</g>'


def draw(name: str) -> str:
    """Return the SVG of a figure function, drawn anew only if something behind it changed."""
    module, _, function = name.partition(".")
    source = FIGURES / f"{module}.py"
    if not function or not source.exists():
        raise FigureFailure(
            f"figure:{name} is not figure:<module of docs/_tools/voronet_site/figures>.<function>"
        )
    behind = {*files(PACKAGE, "*.py"), *files(RECORDED, "*.json"), *imported(source)}
    cached = CACHE / "figures" / f"{name}-{digest(behind, dependencies())}.svg"
    if cached.exists():
        return cached.read_text(encoding="utf-8")
    drawn = drawn_by(module, function)
    cached.parent.mkdir(parents=True, exist_ok=True)
    for old in cached.parent.glob(f"{name}-*.svg"):
        old.unlink()
    cached.write_text(drawn, encoding="utf-8")
    return drawn


def drawn_by(module: str, function: str) -> str:
    """Call a figure function and return what it draws as SVG."""
    import matplotlib as mpl

    from voronet.show import settings

    mpl.use("agg")
    found = getattr(import_module(f"voronet_site.figures.{module}"), function, None)
    if not callable(found):
        raise FigureFailure(
            f"docs/_tools/voronet_site/figures/{module}.py has no function {function}"
        )
    with mpl.rc_context({**settings(), "svg.fonttype": "none", "svg.hashsalt": "voronet"}):
        figure = found()
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


class Figures(Treeprocessor):
    """Replaces each picture of a figure by the figure."""

    def run(self, root: Element) -> None:
        """Draw the figures of a page."""
        for parent in root.iter():
            for image in parent.findall("img"):
                address = image.get("src", "")
                if not address.startswith("figure:"):
                    continue
                description = image.get("alt", "").strip()
                if not description:
                    raise FigureFailure(f"![]({address}) needs a description in words")
                if len(parent) > 1 or (parent.text or "").strip() or (image.tail or "").strip():
                    raise FigureFailure(f"![…]({address}) must be a paragraph of its own")
                name = address.removeprefix("figure:")
                try:
                    html = themed(draw(name), description, name.replace(".", "-"))
                except FigureFailure as error:
                    raise FigureFailure(f"{address}: {error}") from None
                parent.remove(image)
                parent.text = self.md.htmlStash.store(html)


class DrawnFigures(Extension):
    """Adds figures drawn at build to Markdown."""

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after inline patterns (20), which make the pictures."""
        md.treeprocessors.register(Figures(md), "figures", 8)


def makeExtension(**options: Any) -> DrawnFigures:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return DrawnFigures(**options)
