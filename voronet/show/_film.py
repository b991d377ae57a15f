"""The animation of a run: in a window, in a page, and as a file."""

import base64
import io
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba_array
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from voronet._check import check_integer
from voronet._file import replacing
from voronet.run import Run
from voronet.show._cells import extent_of
from voronet.show._files import Progress, known_suffix, needed
from voronet.show._palette import LIGHT
from voronet.show._pictures import Moment, half_line, p_blue_on, region
from voronet.show._style import shading, styled

# Pixels of a frame (H.264 wants even numbers), frames a second, seconds of the last.
WIDTH, HEIGHT, DPI = 480, 560, 100
SIZE = (WIDTH / DPI, HEIGHT / DPI)
RATE = 12
HOLD = 2

Pixels = NDArray[np.uint8]


class Scene:
    """One picture whose moving parts can be set to any recorded step."""

    @styled
    def __init__(self, run: Run, figure: Figure) -> None:
        self.run, self.figure = run, figure
        figure.set_facecolor(LIGHT.paper)
        # Leave a line of text above the square and the curve of the loss below it.
        side, left = 444 / WIDTH, 18 / WIDTH
        ax = figure.add_axes((left, 80 / HEIGHT, side, 444 / HEIGHT))
        region(run.net, run.w, run.x, run.y, run.rule, ax)
        ax.set(xticks=[], yticks=[])
        self.extent = extent_of(run.x)
        (self.shading,) = ax.images
        # The line of one half, the points of each colour, the rings.
        collections: Sequence[Any] = ax.collections
        self.line, _, _, self.rings = collections[-4:]
        self.step = figure.text(left, 1 - 27 / HEIGHT, "", size=12)
        self.result = figure.text(left + side, 1 - 27 / HEIGHT, "", ha="right", size=12)
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
        run, moment = self.run, Moment(self.run, index)
        p_blue = p_blue_on(run.net, run.snapshots[index], self.extent)
        self.shading.set_data(p_blue)
        self.line.set_segments(half_line(p_blue, self.extent))
        self.rings.set_offsets(moment.mistakes.T)
        self.step.set_text(moment.step)
        self.result.set_text(moment.result)
        self.dot.set_data([run.steps[index]], [run.loss[index]])


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

    def __repr__(self) -> str:
        return (
            f"<Film of {len(self.indices)} pictures: play() opens a window, "
            "save('run.mp4') writes a file>"
        )

    def pictures(self, progress: Progress | None = None) -> Iterator[Pixels]:
        """Draw the frames one after another, each (560, 480, 3) bytes of colour."""
        scene = Scene(self.run, Figure(figsize=SIZE, dpi=DPI))
        canvas = FigureCanvasAgg(scene.figure)
        for done, index in enumerate(self.indices, 1):
            scene.show(index)
            canvas.draw()  # type: ignore[no-untyped-call]
            seen = canvas.buffer_rgba()  # type: ignore[no-untyped-call]
            yield np.asarray(seen)[..., :3].copy()
            if progress is not None:
                progress(done, len(self.indices))

    def last(self) -> Pixels:
        """Draw the last frame."""
        *_, pixels = Film(self.run, self.indices[-1:]).pictures()
        return pixels

    def save(
        self, path: str | os.PathLike[str], progress: Progress | None = None
    ) -> None:
        """Write the film to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            Ends in .gif, .webp or .mp4, or in .png for the last frame.
        progress : callable, optional
            Called as progress(done, total) for each picture.

        Raises
        ------
        ValueError
            If the name ends in anything else.
        ImportError
            If the library that writes such a file is not installed.
        OSError
            If the file cannot be written.
        """
        suffix = known_suffix(path, WRITERS)
        needed(suffix)
        content = WRITERS[suffix](self, progress)
        with replacing(path) as file:
            file.write(content)

    def play(self) -> None:
        """Play the film in a window, and return when it is closed.

        Notes
        -----
        Without a display matplotlib warns that it cannot show a window.
        """
        figure = plt.figure("The decision region", figsize=SIZE, dpi=DPI)
        # matplotlib keeps no reference: without this name the film would stop.
        kept = self.animate(figure)
        plt.show(block=True)
        del kept

    def animate(self, figure: Figure) -> FuncAnimation:
        """Prepare the film in a figure, to be played once by matplotlib.

        Parameters
        ----------
        figure : matplotlib Figure
            Where to play, such as `plt.figure(figsize=(4.8, 5.6))`.

        Returns
        -------
        matplotlib FuncAnimation
            Keep it for as long as it shall play.
        """
        return FuncAnimation(
            figure,
            Scene(self.run, figure).show,
            frames=self.indices,
            interval=1000 / RATE,
            repeat=False,
            cache_frame_data=False,
        )

    def html(self) -> str:
        """Put the film into a page: a `<video>` with the browser's own controls."""
        # It is loaded when a reader plays it. Where a page may not hold a video, its
        # last frame remains.
        return (
            f'<video controls muted playsinline preload="none" width="{WIDTH}" '
            f'height="{HEIGHT}" style="max-width: 100%; height: auto" '
            f'aria-label="{self.description}" '
            f'poster="{still(self)}">'
            f'<source type="video/mp4" src="{address("video/mp4", mp4(self))}">'
            f"{self.image()}</video>"
        )

    def image(self) -> str:
        """Put the last frame into a page: a small, light picture."""
        return (
            f'<img src="{still(self, width=320)}" '
            f'width="{WIDTH}" height="{HEIGHT}" alt="{self.description}" '
            'style="max-width: 100%; height: auto">'
        )

    @property
    def description(self) -> str:
        """What the film shows, in words."""
        first, last = Moment(self.run, self.indices[0]), Moment(self.run, -1)
        return (
            f"The decision region from {first.step} to {last.step}. "
            f"At first {first.right} points are right, at the end {last.right}."
        )

    def _repr_html_(self) -> str | None:
        # Without the library for videos a notebook shows the last frame.
        return None if find_spec("av") is None else self.html()

    def _repr_png_(self) -> bytes:
        return png(self)


def gif(film: Film, progress: Progress | None = None) -> bytes:
    """Encode the film as a GIF that starts again after its end."""
    # Share one table of colours: a table chosen by frequency would lose the rings.
    table = Image.new("P", (1, 1))
    table.putpalette(few_colours().tobytes())
    few = (
        Image.fromarray(pixels).quantize(palette=table, dither=Image.Dither.NONE)
        for pixels in film.pictures(progress)
    )
    return encoded("GIF", *few)


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


def webp(film: Film, progress: Progress | None = None) -> bytes:
    """Encode the film as a WebP animation that starts again after its end."""
    images = map(Image.fromarray, film.pictures(progress))
    return encoded("WEBP", *images, quality=60, method=4)


def png(film: Film, _: Progress | None = None) -> bytes:
    """Encode the last frame as a PNG."""
    return encoded("PNG", Image.fromarray(film.last()), optimize=True)


def still(film: Film, width: int = WIDTH) -> str:
    """Write the last frame as an address: a WebP as light as can be."""
    image = Image.fromarray(film.last())
    image.thumbnail((width, HEIGHT))
    return address("image/webp", encoded("WEBP", image, quality=40, method=6))


def encoded(form: str, first: Image.Image, *more: Image.Image, **options: Any) -> bytes:
    """Encode a picture, or pictures that follow each other; the last one stays."""
    if more:
        times = [round(1000 / RATE)] * len(more) + [HOLD * 1000]
        options |= {"save_all": True, "append_images": more, "loop": 0}
        options["duration"] = times
    file = io.BytesIO()
    first.save(file, form, **options)
    return file.getvalue()


def address(kind: str, content: bytes) -> str:
    """Write content as an address."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def mp4(film: Film, progress: Progress | None = None) -> bytes:
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
            for pixels in film.pictures(progress):
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
    frames = check_integer("frames", frames, least=1)
    # Refuse at once what cannot be drawn.
    Moment(run, -1)
    last = len(run.steps) - 1
    return Film(run, [round(i) for i in np.linspace(0, last, min(frames, last + 1))])


WRITERS: dict[str, Callable[[Film, Progress | None], bytes]] = {
    ".gif": gif,
    ".webp": webp,
    ".mp4": mp4,
    ".png": png,
}
