"""The replay: a run as self-contained HTML that computes every frame anew."""

import base64
import html
import io
import json
import os
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from voronet._check import Array, instance
from voronet._file import replacing
from voronet.data import VoronoiRule
from voronet.network import decision
from voronet.run import Run
from voronet.show.files import require
from voronet.show.palette import DARK, LIGHT, Palette
from voronet.show.tessellation import boundary

# A replay of more frames would weigh more and show no more.
MOST_FRAMES = 400
RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Replay:
    """Hold a replay as HTML.

    Parameters
    ----------
    html : str
        An element `<voronet-replay>` with its data, style and script. It asks no
        server for anything.

    Examples
    --------
    See `replay`.
    """

    html: str

    def _repr_html_(self) -> str:
        return self.html

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
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     Replay("<voronet-replay></voronet-replay>").save(folder + "/run.html")
        """
        with replacing(path) as file:
            file.write(asset("page.html").replace("{replay}", self.html).encode())


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
        If the run has restarts, its network is not from two inputs to two outputs, or
        `rule` is no rule.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=10)
    >>> replay(run).html.count("<voronet-replay")
    1
    """
    instance("run", run, Run)
    rule = run.rule if rule is None else rule
    instance("rule", rule, VoronoiRule, type(None))
    if run.snapshots.ndim != 2 or (run.net.widths[0], run.net.widths[-1]) != (2, 2):
        raise ValueError(
            f"run: {run!r} given; allowed: a run of one network, from two inputs to two"
            " outputs"
        )
    require("PIL", "a replay")
    shown = chosen(len(run.steps))
    called = np.array([decision(run.net, w, run.x) > 0.5 for w in run.snapshots[shown]])
    label = run.y.argmax(axis=0)
    right = (called == label).sum(axis=1)
    data = {
        "label": describe(run),
        "widths": run.net.widths,
        "steps": run.steps[shown].tolist(),
        "loss": [float(f"{value:.4g}") for value in run.loss[shown]],
        "right": right.tolist(),
        "points": run.x.round(5).tolist(),
        "labels": label.tolist(),
        "seeds": [] if rule is None else [rule.green.tolist(), rule.blue.tolist()],
        "boundary": segments(rule),
        "snapshots": base64.b64encode(
            run.snapshots[shown].astype("<f4").tobytes()
        ).decode(),
    }
    # A "<" in the data would end the script element early.
    text = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    posters = [poster(run, rule, undecided(run)), poster(run, rule, -1)]
    film = f'<p><a href="{html.escape(video)}">Watch the film</a></p>' if video else ""
    return Replay(
        f"<voronet-replay><style>{schemes()}{asset('replay.css')}</style>"
        f'<div class="poster">{"".join(posters)}{film}</div>'
        f'<script type="application/json" class="data">{text}</script>'
        f"<script>{asset('replay.js')}</script></voronet-replay>"
    )


def chosen(frames: int) -> NDArray[np.int64]:
    """Choose the frames to show: all, or more of the early ones than of the late."""
    if frames <= MOST_FRAMES:
        return np.arange(frames)
    spread = np.linspace(0, 1, MOST_FRAMES) ** 1.5 * (frames - 1)
    # Move on by at least one frame each time, so that none is shown twice.
    return np.maximum(np.rint(spread), np.arange(MOST_FRAMES)).astype(np.int64)


def undecided(run: Run) -> int:
    """Find an early frame that a poster can show: a tenth of the way in loss."""
    first, last = run.loss[0], run.loss[-1]
    return int(np.argmax(run.loss <= first - 0.1 * (first - last)))


def describe(run: Run) -> str:
    """Say in words what the picture shows."""
    n = run.x.shape[1]
    return (
        f"The unit square with {n} training points. The shading shows where the "
        "network calls a point green and where blue; the solid line is its boundary, "
        "the dashed line the true one. Rings mark points on the wrong side."
    )


def segments(rule: VoronoiRule | None) -> list[list[float]]:
    """List the pieces of the true boundary as x1, y1, x2, y2."""
    if rule is None:
        return []
    ends: Array = boundary(rule).transpose(0, 2, 1).reshape(-1, 4).round(5)
    return ends.tolist()  # type: ignore[no-any-return]


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


def poster(run: Run, rule: VoronoiRule | None, index: int) -> str:
    """Draw one frame as a still picture, for readers without JavaScript."""
    w, shapes = run.snapshots[index], []
    for x1, y1, x2, y2 in segments(rule):
        d = f"M{x1:.3f} {1 - y1:.3f}L{x2:.3f} {1 - y2:.3f}"
        shapes.append(
            f'<path d="{d}" stroke="{LIGHT.ink}" stroke-width=".004" '
            'stroke-dasharray=".015 .012"/>'
        )
    # A line of no length is drawn as its end: a dot for green, a square for blue.
    label = run.y.argmax(axis=0)
    for blue, cap, colour in ((0, "round", LIGHT.green), (1, "square", LIGHT.blue)):
        d = "".join(f"M{x:.3f} {1 - y:.3f}h0" for x, y in run.x[:, label == blue].T)
        shapes.append(
            f'<path d="{d}" stroke="{colour}" stroke-width=".019" '
            f'stroke-linecap="{cap}"/>'
        )
    step, loss = f"{run.steps[index]:,}", size(run.loss[index])
    return (
        f'<figure><svg viewBox="0 0 1 1" role="img" aria-label="{describe(run)}">'
        f'<image width="1" height="1" href="{shading(run, w)}"/>{"".join(shapes)}</svg>'
        f"<figcaption>Step {step}, loss {loss}</figcaption></figure>"
    )


def size(value: float) -> str:
    """Write a loss with two digits, and a small one with a power of ten."""
    digits, _, exponent = f"{value:.1e}".partition("e-")
    if not 0 < value < 1e-3:
        return f"{value:.2g}"
    return f"{digits} × 10⁻{str(int(exponent)).translate(RAISED)}"


def shading(run: Run, w: Array, side: int = 96) -> str:
    """Encode the decision region as a small picture in a data address."""
    from PIL import Image

    # Evaluate p_blue at the centre of each pixel, rows from above.
    centres = (np.arange(side) + 0.5) / side
    x = np.stack(np.meshgrid(centres, centres[::-1])).reshape(2, -1)
    p_blue = decision(run.net, w, x)
    # Shade from green through paper to blue.
    ends = np.array([rgb(LIGHT.green_soft), rgb(LIGHT.paper), rgb(LIGHT.blue_soft)])
    channels = [np.interp(p_blue, [0, 0.5, 1], ends[:, c]) for c in range(3)]
    pixels = np.stack(channels, axis=-1).reshape(side, side, 3).round().astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format="WEBP", quality=80)
    return "data:image/webp;base64," + base64.b64encode(file.getvalue()).decode()


def rgb(colour: str) -> list[int]:
    """Split "#rrggbb" into its three numbers."""
    return list(bytes.fromhex(colour[1:]))


def asset(name: str) -> str:
    """Read a file of the replay's assets, without its indentation."""
    found: Any = files("voronet.show") / "assets" / name
    lines = found.read_text(encoding="utf-8").splitlines()
    return "\n".join(line.strip() for line in lines)
