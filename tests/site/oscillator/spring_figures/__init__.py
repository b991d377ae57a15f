"""The figures of the spring."""

from literate.figures import Palette

PALETTE = Palette({"--ink": "#1040a0", "--paper": "#ffffff", "--axis": "#000000"}, "--paper")
SETTINGS = {"figure.figsize": (4, 2)}
