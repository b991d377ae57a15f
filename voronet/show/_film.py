"""The animation of a run: in a window, in a page, and as a file."""

import base64
import html
import io
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from numpy.typing import NDArray

from voronet._check import integer
from voronet._file import replacing
from voronet.run import Run
from voronet.show.files import needed
from voronet.show.palette import LIGHT
from voronet.show.pictures import (
    Moment,
    draw_boundary,
    draw_half_line,
    draw_mistakes,
    draw_points,
    draw_seeds,
    draw_shading,
    half_line,
    inside,
    square,
)
from voronet.show.style import shading, styled

# Pixels of a frame (H.264 wants even numbers), frames a second, seconds of the last.
WIDTH, HEIGHT, DPI = 480, 560, 100
RATE = 12
HOLD = 2

Pixels = NDArray[np.uint8]


class Scene:
    """One picture whose moving parts can be set to any recorded step."""

    @styled
    def __init__(self, run: Run, figure: Figure | None = None) -> None:
        self.run = run
        if figure is None:
            figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI)
        self.figure = figure
        moment = Moment(run, 0)
        # Leave a line of text above the square and the curve of the loss below it.
        side, left = 444 / WIDTH, 18 / WIDTH
        ax = figure.add_axes((left, 80 / HEIGHT, side, 444 / HEIGHT))
        square(ax)
        if run.rule is not None:
            draw_boundary(ax, run.rule, dashed=True)
            draw_seeds(ax, run.rule)
        draw_points(ax, run.x, moment.label)
        self.shading = draw_shading(ax, moment.p_blue)
        self.line = draw_half_line(ax, moment.p_blue)
        self.rings = draw_mistakes(ax, moment.mistakes)
        self.step = figure.text(left, 1 - 27 / HEIGHT, moment.step, size=12)
        self.result = figure.text(
            left + side, 1 - 27 / HEIGHT, moment.result, ha="right", size=12
        )
        # Draw the whole curve, and a dot that moves along it.
        ax = figure.add_axes((left, 14 / HEIGHT, side, 50 / HEIGHT))
        ax.set_axis_off()
        ax.semilogy(run.steps, run.loss, color=LIGHT.muted, linewidth=1.2)
        ax.set_xlim(0, max(1, run.steps[-1]))
        ax.text(1, 1, "loss", transform=ax.transAxes, ha="right", va="top", size=10)
        (self.dot,) = ax.plot([], [], "o", color=LIGHT.accent, ms=6, clip_on=False)
        self.show(0)

    def show(self, index: int) -> None:
        """Set the picture to a recorded step."""
        moment = Moment(self.run, index)
        self.shading.set_data(moment.p_blue)
        self.line.set_segments(half_line(moment.p_blue))
        self.rings.set_offsets(moment.mistakes[:, inside(moment.mistakes)].T)
        self.step.set_text(moment.step)
        self.result.set_text(moment.result)
        self.dot.set_data([self.run.steps[index]], [self.run.loss[index]])


class Film:
    """A run as a sequence of pictures. `film` makes one.

    Parameters
    ----------
    run : Run
        One network from two inputs to two outputs.
    indices : sequence of int
        The recorded steps that are shown.

    Examples
    --------
    See `film`.
    """

    def __init__(self, run: Run, indices: list[int]) -> None:
        self.run, self.indices = run, indices

    @styled
    def pictures(self) -> Iterator[Pixels]:
        """Draw the frames one after another, each (560, 480, 3) bytes of colour."""
        scene = Scene(self.run)
        canvas = FigureCanvasAgg(scene.figure)
        for index in self.indices:
            scene.show(index)
            canvas.draw()  # type: ignore[no-untyped-call]
            seen = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
            yield np.asarray(seen)[..., :3].copy()

    def last(self) -> Pixels:
        """Draw the last frame."""
        *_, pixels = Film(self.run, self.indices[-1:]).pictures()
        return pixels

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the film to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Ends in .gif, .webp or .mp4, or in .png for the last frame.

        Raises
        ------
        ValueError
            If the name ends in anything else.
        ImportError
            If the library that writes such a file is not installed.
        OSError
            If the file cannot be written.
        """
        writers = {".gif": gif, ".webp": webp, ".mp4": mp4, ".png": png}
        suffix = Path(path).suffix
        if suffix not in writers:
            raise ValueError(
                f"path: {os.fspath(path)!r} given; allowed: a name that ends in "
                + ", ".join(writers)
            )
        needed(suffix)
        content = writers[suffix](self)
        with replacing(path) as file:
            file.write(content)

    def html(self) -> str:
        """Put the film into a page: a <video> with the browser's own controls."""
        still, moving = (
            base64.b64encode(content).decode() for content in (poster(self), mp4(self))
        )
        return (
            f'<video controls muted playsinline preload="metadata" width="{WIDTH}" '
            f'height="{HEIGHT}" style="max-width: 100%; height: auto" '
            f'aria-label="{html.escape(self.description)}" '
            f'poster="data:image/webp;base64,{still}">'
            f'<source type="video/mp4" src="data:video/mp4;base64,{moving}">'
            "</video>"
        )

    @property
    def description(self) -> str:
        """What the film shows, in words."""
        first, last = Moment(self.run, self.indices[0]), Moment(self.run, -1)
        return (
            f"The decision region from {first.step} to {last.step}. "
            f"At first {first.right} points are right, at the end {last.right}."
        )

    def _repr_html_(self) -> str:
        return self.html()


def durations(film: Film) -> list[int]:
    """Give each frame its milliseconds: the last one stays for a while."""
    tick = round(1000 / RATE)
    return [tick] * (len(film.indices) - 1) + [HOLD * 1000]


def gif(film: Film) -> bytes:
    """Encode the film as a GIF that starts again after its end."""
    from PIL import Image

    # Share one table of colours: a table chosen by frequency would lose the rings.
    table = Image.new("P", (1, 1))
    table.putpalette(few_colours().tobytes())
    few = [
        Image.fromarray(pixels).quantize(palette=table, dither=Image.Dither.NONE)
        for pixels in film.pictures()
    ]
    file = io.BytesIO()
    few[0].save(
        file,
        "GIF",
        save_all=True,
        append_images=few[1:],
        duration=durations(film),
        loop=0,
    )
    return file.getvalue()


def few_colours() -> Pixels:
    """List the colours of a GIF: the shading, and every mark's edge on it."""
    shades = shading()(np.linspace(0, 1, 49))[:, :3]
    marks = to_rgba_array(
        [LIGHT.ink, LIGHT.muted, LIGHT.green, LIGHT.blue, LIGHT.accent]
    )[:, np.newaxis, :3]
    # Mix each mark with three parts of the shading, in thirds: an edge is smooth.
    edges = [
        mark + part * (shades[[0, 24, 48]] - mark)
        for part in (0, 1 / 3, 2 / 3)
        for mark in marks
    ]
    table = np.concatenate([shades, *edges])
    return np.asarray(np.rint(255 * table), dtype=np.uint8)


def webp(film: Film) -> bytes:
    """Encode the film as a WebP animation that starts again after its end."""
    from PIL import Image

    images = [Image.fromarray(pixels) for pixels in film.pictures()]
    file = io.BytesIO()
    images[0].save(
        file,
        "WEBP",
        save_all=True,
        append_images=images[1:],
        duration=durations(film),
        loop=0,
        quality=60,
        method=4,
    )
    return file.getvalue()


def png(film: Film) -> bytes:
    """Encode the last frame as a PNG."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(film.last()).save(file, "PNG", optimize=True)
    return file.getvalue()


def poster(film: Film) -> bytes:
    """Encode the last frame as a small WebP, to stand where the film will play."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(film.last()).save(file, "WEBP", quality=70, method=6)
    return file.getvalue()


def mp4(film: Film) -> bytes:
    """Encode the film as H.264, so that it can start before it is loaded whole."""
    import av
    from av.video.reformatter import Colorspace

    # The index goes to the front in a second pass, which wants a real file.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        front = {"movflags": "faststart"}
        with av.open(str(path), "w", format="mp4", options=front) as container:
            # One thread, whatever the processor: the same run gives the same bytes.
            # Name the colour space, or players must guess how to undo it.
            options = {
                "crf": "30",
                "tune": "animation",
                "threads": "1",
                "x264-params": "cpu-independent=1:colorprim=bt709:"
                "transfer=iec61966-2-1:colormatrix=bt709",
            }
            stream = container.add_stream("libx264", rate=RATE, options=options)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for pixels in film.pictures():
                picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU709
                )
                container.mux(stream.encode(picture))
            container.mux(stream.encode())
        return path.read_bytes()


def film(run: Run, frames: int = 120) -> Film:
    """Make the animation of a run: its decision region from the first step to the last.

    Parameters
    ----------
    run : Run
        One network from two inputs to two outputs.
    frames : int
        The most frames to show, spread evenly over the recorded steps.

    Returns
    -------
    Film
        Shows itself in a notebook; `save(path)` writes .gif, .webp, .mp4 or .png.

    Raises
    ------
    ValueError
        If the run has restarts, its network does not lead from two inputs to two
        outputs, or `frames` is not a positive integer.

    Examples
    --------
    >>> import voronet
    >>> run = voronet.train([[0.2], [0.3]], [[1.0], [0.0]], max_steps=300)
    >>> [picture.shape for picture in film(run, frames=2).pictures()]
    [(560, 480, 3), (560, 480, 3)]
    """
    frames = integer("frames", frames, least=1)
    Moment(run, -1)
    last = len(run.steps) - 1
    return Film(run, [round(i) for i in np.linspace(0, last, min(frames, last + 1))])


def animate(run: Run, figure: Figure) -> FuncAnimation:
    """Play the film of a run in a figure of a window.

    Parameters
    ----------
    run : Run
        One network from two inputs to two outputs.
    figure : matplotlib Figure
        Where to play, such as `plt.figure(figsize=(4.8, 5.6))`.

    Returns
    -------
    matplotlib FuncAnimation
        Keep it until the window is closed. It plays once and stays at the end.

    Raises
    ------
    ValueError
        As for `film`.
    """
    scene = Scene(run, figure)
    return FuncAnimation(
        figure,
        scene.show,
        frames=film(run).indices,
        interval=1000 / RATE,
        repeat=False,
        cache_frame_data=False,
    )
