"""The files of the site that the build makes: its colours, its mark, and the reader's file so far."""

import numpy as np

from voronet import VoronoiRule
from voronet.show import DARK, LIGHT, cells
from voronet_site.so_far import programs

SCHEMES = {"default": LIGHT, "slate": DARK}


def assets() -> dict[str, dict[str, str]]:
    """Return the files that the theme asks for, and what its templates show."""
    files = {"palette.css": palette(), "favicon.svg": mark(fixed=True)}
    files |= {page.replace(".md", ".py"): code for page, code in programs().items()}
    return {"files": files, "extra": {"logo": mark()}}


def palette() -> str:
    """Return the colours of both schemes as CSS custom properties."""
    return "\n".join(
        f"[data-md-color-scheme={scheme}]{{{';'.join(map(':'.join, colours.css().items()))}}}"
        for scheme, colours in SCHEMES.items()
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
