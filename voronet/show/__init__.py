"""Pictures of training: tessellation, decision region, curves, film and replay.

Importing this package loads no drawing library; asking it for a picture does.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from voronet.show._cells import Cell, boundary, cells
from voronet.show._files import require, save
from voronet.show._palette import DARK, LIGHT, Palette
from voronet.show._progress import bar
from voronet.show._replay import Replay, replay

if TYPE_CHECKING:
    from voronet.show._film import Film, film
    from voronet.show._pictures import curves, frame, region, tessellation
    from voronet.show._style import settings, shading, styled

__all__ = [
    "DARK",
    "LIGHT",
    "Cell",
    "Film",
    "Palette",
    "Replay",
    "bar",
    "boundary",
    "cells",
    "curves",
    "film",
    "frame",
    "region",
    "replay",
    "save",
    "settings",
    "shading",
    "styled",
    "tessellation",
]

# What is drawn with matplotlib, and the module that draws it.
_DRAWN = {
    **dict.fromkeys(("Film", "film"), "_film"),
    **dict.fromkeys(("curves", "frame", "region", "tessellation"), "_pictures"),
    **dict.fromkeys(("settings", "shading", "styled"), "_style"),
}


def __getattr__(name: str) -> Any:
    """Load what is drawn with matplotlib when it is first asked for."""
    if name not in _DRAWN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    require("matplotlib", f"voronet.show.{name}")
    return getattr(import_module(f"{__name__}.{_DRAWN[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
