"""Figures drawn at build: a Python-Markdown extension, and SVG that follows the page's colours.

`![What it shows, in words](figure:swing.decay)` calls `decay()` of the module `swing` of a package that the
site names, and puts the matplotlib figure that it returns into the page as SVG. Every colour of the
package's palette becomes a CSS custom property, so one drawing serves the light and the dark scheme; a
colour that is not in the palette fails the build, and so does a figure without a description. The
description is the caption, too, after the number of the figure, and `[](figure:swing.decay)`, on
any page, becomes a link with this number.

    markdown.markdown(text, extensions=["literate.figures"], extension_configs={
        "literate.figures": {"package": "my.figures", "docs": "docs"}})

The package holds a `PALETTE`, and `SETTINGS` for matplotlib.
"""

import base64
import io
import posixpath
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from html import escape
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import numpy as np
from markdown import Extension, Markdown
from markdown.treeprocessors import Treeprocessor

from literate import Caller, Problem, call, locate
from literate.equations.pages import blank_code, page_files, read_chapter, suggest

COLOUR = re.compile(r"#[0-9a-f]{6}\b|#[0-9a-f]{3}\b", re.IGNORECASE)
FONT = re.compile(r"(?:'[^']*'(?:, )?)+(?:sans-serif|serif)?")
NUMBER = re.compile(r"-?\d+\.\d{3,}")
PICTURE = re.compile(r"!\[[^\]]*\]\(figure:([\w.]+)\)")
# The same drawing has the same names inside each time.
FIXED: dict[str, Any] = {"svg.fonttype": "none", "svg.hashsalt": "literate"}
# Pixels of a shading's longer side: it is smooth, and the browser fills in between.
SHADING = 192
# A figure is drawn in points and shown at most this many pixels wide for each.
ENLARGED = 1.6


class FigureFailure(Problem):
    """A figure cannot be shown: the build ends here."""


def rgb(colour: str) -> Any:
    """Return the three parts of a colour."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], dtype=float)


@dataclass(frozen=True)
class Palette:
    """The colours of a site: the custom property of each, that of the paper, and the ends of a shading."""

    colours: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    paper: str = ""
    ends: tuple[str, str] | tuple[()] = ()
    font: str = "inherit"

    @cached_property
    def known(self) -> dict[str, str]:
        """Return what takes the place of each colour."""
        white = {"#ffffff": f"var({self.paper})"} if self.paper else {}
        return white | {value.lower(): f"var({name})" for name, value in self.colours.items()}

    def substitute(self, colour: str) -> str:
        """Return the custom property of a colour, or the mixture of two that makes it."""
        colour = colour.lower()
        if len(colour) == 4:
            colour = "#" + "".join(2 * digit for digit in colour[1:])
        if colour in self.known or not self.colours:
            return self.known.get(colour, colour)
        share, left = self.shares(rgb(colour)[None])
        if left[0] > 2.5:
            allowed = ", ".join(self.colours.values())
            raise FigureFailure(f"the colour {colour} is not in the palette: {allowed}")
        end = self.ends[int(share[0] > 0)]
        return f"color-mix(in srgb, var({end}) {100 * abs(share[0]):.1f}%, var({self.paper}))"

    def shares(self, pixels: Any) -> tuple[Any, Any]:
        """Place colours on the shading from one end (-1) through paper (0) to the other (1).

        The second array says how far each colour lies from the shading.
        """
        best, left = np.zeros(len(pixels)), np.full(len(pixels), np.inf)
        for sign, end in zip((-1, 1), self.ends, strict=False):
            paper = rgb(self.colours[self.paper])
            way = rgb(self.colours[end]) - paper
            share = np.clip((pixels - paper) @ way / (way @ way), 0, 1)
            away = np.abs(pixels - paper - share[:, None] * way).max(axis=1)
            best = np.where(away < left, sign * share, best)
            left = np.minimum(left, away)
        return best, left


def load_style(package: str) -> tuple[Palette, dict[str, Any]]:
    """Return the palette and the matplotlib settings of a package of figures."""
    found = import_module(package) if package else None
    palette, settings = getattr(found, "PALETTE", Palette()), getattr(found, "SETTINGS", {})
    return palette, {**settings, **FIXED}


def draw_figures(package: str, names: list[str]) -> list[str]:
    """Return the SVG of each figure `module.function` of a package."""
    import matplotlib as mpl

    mpl.use("agg")
    palette, settings = load_style(package)
    drawn = []
    for name in names:
        module, _, function = name.partition(".")
        try:
            found = import_module(f"{package}.{module}")
            figure = getattr(found, function)
        except (ModuleNotFoundError, AttributeError) as error:
            known = [entry for entry in dir(found) if entry[0] != "_"] if isinstance(error, AttributeError) else []
            near = suggest(function, known)
            raise FigureFailure(f"figure:{name}: there is no {package}.{module}.{function}(){near}") from None
        with mpl.rc_context(settings):
            file = io.StringIO()
            figure().savefig(file, format="svg", metadata={"Date": None})
        try:
            drawn.append(themed(file.getvalue(), palette, name.replace(".", "-")))
        except FigureFailure as error:
            raise FigureFailure(f"figure:{name}: {error}") from None
    return drawn


def themed(svg: str, palette: Palette, prefix: str) -> str:
    """Make matplotlib's SVG part of a page: its colours, its fonts, names of its own."""
    root = ElementTree.fromstring(svg)
    for child in root.findall("{*}metadata"):
        root.remove(child)
    for parent in root.iter():
        parent.tag = parent.tag.rpartition("}")[2]
        if parent.tag not in ("text", "tspan"):
            parent.text = (parent.text or "").strip() or None
        parent.tail = (parent.tail or "").strip() or None
        for name, value in [*parent.attrib.items()]:
            del parent.attrib[name]
            parent.set(name.rpartition("}")[2], rewritten(name, value, palette, prefix))
    for parent in [*root.iter()]:
        for k, child in enumerate(parent):
            if child.tag == "image":
                parent[k] = shading(child, palette)
    width, height = (float(size) for size in root.attrib.pop("viewBox").split()[2:])
    root.attrib.clear()
    root.attrib |= {"viewBox": f"0 0 {width:g} {height:g}", "style": f"max-width:{ENLARGED * width:.0f}px"}
    return ElementTree.tostring(root, encoding="unicode")


def rewritten(name: str, value: str, palette: Palette, prefix: str) -> str:
    """Return the value of an attribute as it stands on the page."""
    if name == "style":
        value = FONT.sub(f"var({palette.font})", COLOUR.sub(lambda found: palette.substitute(found[0]), value))
    # Two figures of one page must not share a name.
    if name == "id":
        return f"{prefix}-{value}"
    if name.endswith("href"):
        return value.replace("#", f"#{prefix}-") if value[0] == "#" else value
    value = re.sub(r"url\(#([^)]*)\)", rf"url(#{prefix}-\1)", value)
    return " ".join(NUMBER.sub(lambda found: f"{float(found[0]):.2f}".rstrip("0").rstrip("."), value).split())


def shading(image: Element, palette: Palette) -> Element:
    """Draw a raster of the shading as two tints of the page, each behind a mask."""
    from PIL import Image

    data = base64.b64decode(image.get("href", "").partition(",")[2])
    picture = Image.open(io.BytesIO(data)).convert("RGBA")
    pixels = np.asarray(picture, dtype=float).reshape(-1, 4)
    share, left = palette.shares(pixels[:, :3])
    if np.any(left[pixels[:, 3] > 0] > 4):
        raise FigureFailure("an image shows other colours than the shading of the palette")
    share = (share * pixels[:, 3] / 255).reshape(picture.size[::-1])
    place = {name: image.get(name, "0") for name in ("x", "y", "width", "height")}
    group = Element("g", {"transform": image.get("transform", "")})
    for end, sign in zip(palette.ends, (-1, 1), strict=True):
        grey = Image.fromarray(np.round(255 * np.clip(sign * share, 0, 1)).astype(np.uint8))
        grey.thumbnail((SHADING, SHADING), Image.Resampling.BILINEAR)
        file = io.BytesIO()
        grey.save(file, "PNG", optimize=True)
        name = f"{image.get('id', 'image')}{end}"
        source = "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
        mask = SubElement(group, "mask", {"id": name})
        SubElement(mask, "image", {**place, "preserveAspectRatio": "none", "href": source})
        SubElement(group, "rect", {**place, "mask": f"url(#{name})", "style": f"fill: var({end})"})
    return group


def number_figure(raw: str, k: int) -> str:
    """Return the number of the k-th figure of a page: after that of its chapter, if it has one."""
    return ".".join(filter(None, (read_chapter(raw), str(k))))


def number_figures(docs: Path) -> dict[str, tuple[str, str]]:
    """Map each figure that a page asks for to the page and to its number there."""
    pages = {path: path.read_text(encoding="utf-8") for path in page_files(docs) if path.suffix == ".md"}
    return {
        name: (path.relative_to(docs).as_posix(), number_figure(raw, k))
        for path, raw in pages.items()
        for k, name in enumerate(PICTURE.findall(blank_code(raw)), 1)
    }


def find_anchor(number: str) -> str:
    """Return the name of a figure in an address."""
    return f"figure-{number.replace('.', '-')}"


def write_figure(svg: str, description: str, number: str = "") -> str:
    """Write a figure with its caption, for those who see it and for those who do not."""
    name = f"Figure {number}. " if number else ""
    anchor = f' id="{find_anchor(number)}"' if number else ""
    label = escape(name + description)
    role = f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{label}"'
    # The label says it already to those who hear the page.
    caption = f'<figcaption aria-hidden="true"><b>{name}</b>{escape(description)}</figcaption>'
    return f'<figure class="drawn"{anchor}>{svg.replace("<svg", role, 1)}{caption}</figure>'


def write_raw(source: str, *_: Any, **__: Any) -> str:
    """Put HTML into the page as it is: the format of the fence `html-output`."""
    return f'<div class="html-output">{source}</div>'


class Figures(Treeprocessor):
    """Replaces each picture of a figure by the figure."""

    def __init__(self, md: Markdown, package: str, docs: str, page: str, call: Caller) -> None:
        super().__init__(md)
        self.package, self.docs, self.page, self.call = package, docs, page, call

    def run(self, root: Element) -> None:
        """Draw the figures of a page, and number them and the links to them."""
        # A page is made of many pieces of Markdown, such as docstrings: few of them ask for a figure.
        if not any(part.get("href", part.get("src", "")).startswith("figure:") for part in root.iter()):
            return
        numbers = number_figures(Path(self.docs)) if self.docs else {}
        for link in root.iter("a"):
            if link.get("href", "").startswith("figure:"):
                self.refer(link, numbers)
        found = []
        for parent in root.iter():
            for image in parent.findall("img"):
                address = image.get("src", "")
                if not address.startswith("figure:"):
                    continue
                place = locate(self.page, address)
                if not image.get("alt", "").strip():
                    raise FigureFailure(f"{place}: ![]({address}) needs a description in words")
                if len(parent) > 1 or (parent.text or "").strip() or (image.tail or "").strip():
                    raise FigureFailure(f"{place}: ![…]({address}) must be a paragraph of its own")
                found.append((parent, image, address.removeprefix("figure:")))
        if not found:
            return
        try:
            drawn = self.call("literate.figures:draw_figures", self.package, [name for *_, name in found])
        except Problem as error:
            raise FigureFailure(f"{locate(self.page, str(error).partition(': ')[0])}: {error}") from None
        for (parent, image, name), svg in zip(found, drawn, strict=True):
            parent.remove(image)
            _, number = numbers.get(name, ("", ""))
            parent.text = self.md.htmlStash.store(write_figure(svg, image.get("alt", "").strip(), number))

    def refer(self, link: Element, numbers: Mapping[str, tuple[str, str]]) -> None:
        """Make a link to a figure one to its page, with its number."""
        address = link.get("href", "")
        name = address.removeprefix("figure:")
        if name not in numbers:
            raise FigureFailure(f"{locate(self.page, address)}: no page shows {address}{suggest(name, [*numbers])}")
        page, number = numbers[name]
        here = Path(self.page).resolve().relative_to(Path(self.docs).resolve()).as_posix()
        way = "" if page == here else posixpath.relpath(page, posixpath.dirname(here) or ".")
        link.set("href", f"{way}#{find_anchor(number)}")
        link.text = f"Figure {number}"


class DrawnFigures(Extension):
    """Adds figures drawn at build to Markdown."""

    def __init__(self, **options: Any) -> None:
        self.config = {
            "package": ["", "the package of figures, with its palette and settings"],
            "docs": ["", "the folder of pages"],
            "page": ["", "the file of the page, for messages"],
            "call": [call, "calls a function by name: elsewhere, or not at all if its result is known"],
        }
        super().__init__(**options)

    def extendMarkdown(self, md: Markdown) -> None:
        """Register after inline patterns (20), which make the pictures."""
        md.treeprocessors.register(Figures(md, **self.getConfigs()), "figures", 8)


def makeExtension(**options: Any) -> DrawnFigures:
    """Return the extension, as Python-Markdown asks for it by this name."""
    return DrawnFigures(**options)
