"""The files of the site that the build makes: its style, its mark, its card, how to cite it, what the laboratory offers, and the reader's file so far."""

from html import escape
from pathlib import Path
from typing import Any

import material
import numpy as np
import yaml

from literate.build_cache import cached
from voronet import VoronoiRule
from voronet.show import DARK, LIGHT, Palette, cells
from voronet_site import ROOT
from voronet_site.editable import list_editable, list_formulas

THEMES = Path(material.__file__).parent / "templates" / "assets" / "stylesheets"
OURS = Path(__file__).parent / "theme"

SCHEMES = {"default": LIGHT, "slate": DARK}


def assets() -> dict[str, dict[str, str]]:
    """Return the files that pages ask for, and what the templates of the theme show."""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    files = {
        "style.css": style(),
        "favicon.svg": mark(fixed=True),
        "voronet.bib": bibtex(cited),
        "lab/functions.json": list_editable(),
        "lab/formulas.json": list_formulas(),
        "LICENSE.txt": (ROOT / "LICENSE").read_text(encoding="utf-8"),
    }
    files |= {page.replace(".md", ".py"): code for page, code in cached("voronet_site.so_far:programs").items()}
    pictures = {"card.png": cached("voronet_site.card:draw")}
    extra = {"logo": mark(), "citation": citation(cited), "licence": cited["license"]}
    return {"files": files, "pictures": pictures, "extra": extra}


def style() -> str:
    """Put the theme's style sheets and our own together: a page waits for one file, not for five."""
    (main,), (colours,) = THEMES.glob("main.*.css"), THEMES.glob("palette.*.css")
    sheets = [main, colours, OURS / "site.css", OURS / "equations.css"]
    return "\n".join([palette(), *(sheet.read_text(encoding="utf-8") for sheet in sheets)])


def palette() -> str:
    """Return the colours of both schemes as CSS custom properties; paper is always light."""

    def rule(scheme: str, colours: Palette) -> str:
        return f"[data-md-color-scheme={scheme}]{{{';'.join(map(':'.join, colours.css().items()))}}}"

    return f"{rule('default', LIGHT)}\n{rule('slate', DARK)}\n@media print{{{rule('slate', LIGHT)}}}"


def citation(cited: dict[str, Any]) -> str:
    """Write in a sentence how to cite the site."""
    authors = ", ".join(author["name"] for author in cited["authors"])
    return f"{authors} ({cited['date-released'].year}). <cite>{escape(cited['title'])}</cite>, version {cited['version']}."


def bibtex(cited: dict[str, Any]) -> str:
    """Write how to cite the site, as BibTeX; braces within braces keep names as they are."""
    authors = " and ".join(f"{{{author['name']}}}" for author in cited["authors"])
    return (
        f"@software{{voronet,\n  author = {{{authors}}},\n  title = {{{{{cited['title']}}}}},\n"
        f"  version = {{{cited['version']}}},\n  year = {{{cited['date-released'].year}}},\n}}\n"
    )


def mark(fixed: bool = False) -> str:
    """Draw the mark, the cells of six seeds, in fixed colours or in those of the page."""
    rule = VoronoiRule.random(np.random.default_rng(11))
    drawn = []
    for cell in cells(rule):
        side = ("green", "blue")[cell.label]
        colour = getattr(LIGHT, side) if fixed else f"var(--v-{side})"
        corners = " ".join(f"{24 * x:.2f},{24 - 24 * y:.2f}" for x, y in cell.corners.T)
        paper = LIGHT.paper if fixed else "var(--v-paper)"
        drawn.append(f'<polygon points="{corners}" style="fill:{colour};stroke:{paper}"/>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" aria-hidden="true">'
        f"{''.join(drawn)}</svg>"
    )
