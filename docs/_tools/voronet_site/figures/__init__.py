"""The figures of the derivation pages, one module for each page.

Each function takes nothing, computes what it shows with voronet from a fixed seed, and
returns a matplotlib figure drawn in the light palette alone, so that a page can put its
own colours in their place.
"""

from literate.figures import Palette
from voronet.show import LIGHT, settings

PALETTE = Palette(
    LIGHT.css(), "--v-paper", ("--v-green-soft", "--v-blue-soft"), font="--v-figure-font"
)
SETTINGS = settings()
