"""Pictures of training: the problem, the decision region, curves, films, the replay.

Importing this package loads no drawing library; asking it for a picture does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from voronet.show.files import require, save
from voronet.show.palette import DARK, LIGHT, Palette
from voronet.show.progress import bar
from voronet.show.tessellation import Cell, boundary, cells

if TYPE_CHECKING:
    from voronet.show.animation import Film, animate, film
    from voronet.show.pictures import curves, frame, problem, region
    from voronet.show.style import settings, shading, styled

__all__ = [
    "DARK",
    "LIGHT",
    "Cell",
    "Film",
    "Palette",
    "animate",
    "bar",
    "boundary",
    "cells",
    "curves",
    "film",
    "frame",
    "problem",
    "region",
    "save",
    "settings",
    "shading",
    "styled",
]

# What is drawn with matplotlib, and the module that draws it.
DRAWN = {
    **dict.fromkeys(("Film", "animate", "film"), "animation"),
    **dict.fromkeys(("curves", "frame", "problem", "region"), "pictures"),
    **dict.fromkeys(("settings", "shading", "styled"), "style"),
}


def __getattr__(name: str) -> Any:
    """Load what is drawn with matplotlib when it is first asked for."""
    if name not in DRAWN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("matplotlib", f"voronet.show.{name}")
    value = getattr(import_module(f"{__name__}.{DRAWN[name]}"), name)
    globals()[name] = value
    return value
