"""The colours: the only place where they are written.

matplotlib, the site's style sheet and the replay all read them from here, so that a
green point is the same green in each. This module needs nothing but Python.
"""

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Palette:
    """Hold the colours of one scheme, light or dark, as "#rrggbb".

    Parameters
    ----------
    paper, ink, muted, grid : str
        The page, the text on it, text of less weight, and thin lines that carry no
        meaning of their own.
    green, green_soft, green_tint : str
        The first class: for points and text, and two tints for regions. A region
        shades from `green_soft` (p_blue = 0) through `paper` (½) to `blue_soft` (1).
    blue, blue_soft, blue_tint : str
        The second class, likewise.
    accent, accent_tint : str
        What the reader should look at: mistakes above all.

    Notes
    -----
    Text colours reach a contrast of 4.5 : 1 on the paper (WCAG 2.2, AA), points 3 : 1
    on every region. Green and blue differ in lightness as well as in hue, so they stay
    apart in grey print and for readers who see fewer hues.

    Examples
    --------
    >>> LIGHT.css()["--v-green-tint"] == LIGHT.green_tint
    True
    """

    paper: str
    ink: str
    muted: str
    grid: str
    green: str
    green_soft: str
    green_tint: str
    blue: str
    blue_soft: str
    blue_tint: str
    accent: str
    accent_tint: str

    def css(self) -> dict[str, str]:
        """Name the colours as CSS custom properties: "--v-green-tint" and so on.

        Returns
        -------
        dict of str to str
            The value of each property, in the order of the fields.

        Examples
        --------
        >>> list(LIGHT.css())[:2]
        ['--v-paper', '--v-ink']
        """
        return {
            "--v-" + field.name.replace("_", "-"): getattr(self, field.name)
            for field in fields(self)
        }


LIGHT = Palette(
    paper="#fdfcf9",
    ink="#1d2428",
    muted="#566066",
    grid="#dcdcd6",
    green="#0b5439",
    green_soft="#98cdaf",
    green_tint="#cae5d5",
    blue="#2563cf",
    blue_soft="#c0d5f9",
    blue_tint="#e8effd",
    accent="#b23c08",
    accent_tint="#fae3d3",
)
"""The colours on light paper: those of every picture and of the site by day."""

DARK = Palette(
    paper="#15191c",
    ink="#e9e7e1",
    muted="#a6afb4",
    grid="#363d42",
    green="#72d8a4",
    green_soft="#20573f",
    green_tint="#1b3f31",
    blue="#6b9bf7",
    blue_soft="#213561",
    blue_tint="#1a233b",
    accent="#ff9a62",
    accent_tint="#4a2a18",
)
"""The colours on dark paper: those of the site by night, and of a replay there."""

# Green points are circles and blue points are squares: the shape shows the colour too.
MARKERS = {"green": "o", "blue": "s"}
