"""The replay: a run as self-contained HTML that computes every frame anew."""

import base64
import html
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from typing import Any
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array, checked
from voronet._file import replacing
from voronet.data import VoronoiRule
from voronet.network import decision
from voronet.run import Run, check_path
from voronet.show._cells import Extent, boundary, extent_of
from voronet.show._files import check_drawable, needed
from voronet.show._palette import DARK, LIGHT, Palette

# More frames would make the file larger and show nothing new.
MOST_FRAMES = 400


@dataclass(frozen=True)
class Replay:
    """Hold a replay as HTML. `replay` makes one.

    Parameters
    ----------
    run : Run
        The run.
    html : str
        An element `<voronet-replay>` with its data and script. It asks no server for
        anything. Where scripts may not run, a picture of its end remains.

    Examples
    --------
    See `replay`.
    """

    run: Run
    html: str

    def __repr__(self) -> str:
        return f"<Replay of {self.run}: save('run.html') writes a page>"

    def _repr_html_(self) -> str:
        return self.html

    def _repr_png_(self) -> bytes:
        # For what shows no HTML, such as a notebook that becomes a PDF.
        from voronet.show._film import film, png

        return png(film(self.run))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the replay as a page of its own, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file. A file of that name is replaced.

        Raises
        ------
        OSError
            If the file cannot be written; what stood there before is kept.

        Examples
        --------
        >>> import tempfile, voronet
        >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     replay(run).save(folder + "/run.html")
        """
        with replacing(check_path(path)) as file:
            file.write(asset("page.html").replace("{replay}", self.html).encode())


@checked
def replay(run: Run, rule: VoronoiRule | None = None, video: str = "") -> Replay:
    """Make a replay of a run of one network from two inputs to two outputs.

    Parameters
    ----------
    run : Run
        The run. Of more than 400 frames, 400 are shown: the first, the last, and
        between them more of the early ones, where most changes.
    rule : VoronoiRule, optional
        Its true boundary and seeds are drawn; the run's own rule if not given.
    video : str
        Address of a film, offered to readers without JavaScript.

    Returns
    -------
    Replay
        Shows itself in a notebook; `save(path)` writes it to a file.

    Raises
    ------
    ValueError
        If the run has restarts, its network is not from two inputs to two outputs,
        `rule` is no rule, or `video` no text.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> replay(run).html.count("<voronet-replay")
    1
    """
    check_drawable(run)
    rule = run.rule if rule is None else rule
    needed(".html")
    from voronet.show._film import film

    extent = extent_of(run.x)
    shown = chosen(len(run.steps))
    called = np.array([decision(run.net, w, run.x) > 0.5 for w in run.snapshots[shown]])
    label = run.y.argmax(axis=0)
    # What exceeds the range of 32 bits is drawn as its end.
    most = np.finfo(np.float32).max
    snapshots = run.snapshots[shown].clip(-most, most)
    # Places are told as parts of the square that is shown: from 0 to 1.
    seeds = [] if rule is None else [rule.green, rule.blue]
    data = {
        "label": describe(run),
        "widths": run.net.widths,
        "corner": [extent[0], extent[2]],
        "side": extent[1] - extent[0],
        "steps": run.steps[shown].tolist(),
        "loss": [float(f"{value:.4g}") for value in run.loss[shown]],
        "right": (called == label).sum(axis=1).tolist(),
        "points": within(extent, run.x).round(5).tolist(),
        "labels": label.tolist(),
        "seeds": [within(extent, x).tolist() for x in seeds],
        "boundary": segments(rule, extent),
        "snapshots": base64.b64encode(snapshots.astype("<f4").tobytes()).decode(),
    }
    # Data and script stand in attributes. As elements they would appear as text in a
    # page that refuses scripts, such as a notebook that is not trusted.
    text = html.escape(json.dumps(data, separators=(",", ":"))).replace("&quot;", '"')
    link = f'<p><a href="{html.escape(video)}">Watch the film</a></p>' if video else ""
    return Replay(
        run,
        f"<voronet-replay data-run='{text}'>"
        f'<div class="poster">{film(run).image()}{link}</div>'
        f'<script src="{script()}"></script>'
        "</voronet-replay>",
    )


def script() -> str:
    """Write the script, which brings its own style, as an address."""
    style = json.dumps(schemes() + asset("replay.css"))
    text = asset("replay.js").replace('"{style}"', style)
    # Spelt out it is smaller than in base64, once a server has compressed it.
    return "data:text/javascript," + quote(text, safe="!$()*+,-./:;=?@_~")


def within(extent: Extent, x: Array) -> Array:
    """Tell where points lie in a square: from 0 to 1 along each side."""
    left, right, bottom, _ = extent
    return (x - [[left], [bottom]]) / (right - left)


def chosen(frames: int) -> NDArray[np.int64]:
    """Choose the frames to show: all, or more of the early ones than of the late."""
    if frames <= MOST_FRAMES:
        return np.arange(frames)
    spread = np.linspace(0, 1, MOST_FRAMES) ** 1.5 * (frames - 1)
    # Move on by at least one frame each time, so that none is shown twice.
    return np.maximum(np.rint(spread), np.arange(MOST_FRAMES)).astype(np.int64)


def describe(run: Run) -> str:
    """Say in words what the picture shows."""
    n = run.x.shape[1]
    return (
        f"A square of the plane with {n} training points. The shading shows where the "
        "network calls a point green and where blue; the solid line is its boundary, "
        "the dashed line the true one. Rings mark points on the wrong side."
    )


def segments(rule: VoronoiRule | None, extent: Extent) -> list[list[float]]:
    """List the pieces of the true boundary as x1, y1, x2, y2."""
    if rule is None:
        return []
    ends = [within(extent, piece) for piece in boundary(rule, extent)]
    return [piece.T.ravel().round(5).tolist() for piece in ends]


def schemes() -> str:
    """Write the colours as CSS, for the reader's scheme and for that of the site."""

    def rule(selector: str, palette: Palette) -> str:
        colours = ";".join(f"{name}:{value}" for name, value in palette.css().items())
        return f"{selector}{{{colours}}}"

    dark = rule("voronet-replay", DARK)
    return (
        rule("voronet-replay", LIGHT)
        + f"@media (prefers-color-scheme:dark){{{dark}}}"
        + rule("[data-md-color-scheme=default] voronet-replay", LIGHT)
        + rule("[data-md-color-scheme=slate] voronet-replay", DARK)
    )


def asset(name: str) -> str:
    """Read a file of the replay's assets, without indentation and comments in lines."""
    found: Any = files("voronet.show") / "assets" / name
    lines = [line.strip() for line in found.read_text(encoding="utf-8").splitlines()]
    return "\n".join(line for line in lines if not line.startswith("//"))
