"""Pictures: colours, exact cells, the decision region, the film and its files."""

import base64
import importlib.metadata
import inspect
import io
import os
import re
import subprocess
import sys
from dataclasses import fields, replace
from itertools import combinations
from pathlib import Path

import av
import hypothesis.strategies as st
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import voronet
from tests.agree import agree
from voronet import show
from voronet.show import DARK, LIGHT
from voronet.show._cells import extent_of
from voronet.show._files import check_writable, known_suffix, needed, require
from voronet.show._film import (
    HEIGHT,
    HOLD,
    RATE,
    WIDTH,
    Scene,
    few_colours,
    png,
)
from voronet.show._palette import MARKERS

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def figures():
    """Draw without a display."""
    plt.switch_backend("Agg")


# --- colours -------------------------------------------------------------------------

# How a colour is seen without one kind of cone: Machado, Oliveira & Fernandes (2009),
# severity 1, on linear red, green and blue.
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SCHEMES = {"light": LIGHT, "dark": DARK}


def linear(colour):
    """Undo the sRGB curve of "#rrggbb"."""
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )


def contrast(one, other):
    """Compute the contrast ratio of WCAG 2.2."""
    low, high = sorted(
        0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(linear, (one, other))
    )
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    """Turn linear sRGB into CIE L*a*b* under D65."""
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = to_xyz @ np.clip(rgb, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_by_hand():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    agree(lab(linear("#ffffff")), [100, 0, 0], atol=0.02)
    agree(lab(linear("#000000")), [0, 0, 0], atol=1e-12)


@pytest.mark.parametrize("name", SCHEMES)
def test_palette_contrast(name):
    palette = SCHEMES[name]
    # Text: 4.5 : 1 on the paper, and ink and muted text on the pale tints too.
    for text in ("ink", "muted", "green", "blue", "accent"):
        grounds = ["paper"]
        if text in ("ink", "muted"):
            grounds += ["green_tint", "blue_tint", "accent_tint"]
        for ground in grounds:
            ratio = contrast(getattr(palette, text), getattr(palette, ground))
            assert ratio >= 4.5, f"{name}: {text} on {ground} has {ratio:.2f} : 1"
    # Marks: 3 : 1 on every region that they can lie on.
    for mark in ("ink", "green", "blue", "accent"):
        for ground in ("paper", "green_soft", "green_tint", "blue_soft", "blue_tint"):
            ratio = contrast(getattr(palette, mark), getattr(palette, ground))
            assert ratio >= 3, f"{name}: {mark} on {ground} has {ratio:.2f} : 1"


@pytest.mark.parametrize("cones", SEEN)
@pytest.mark.parametrize("name", SCHEMES)
def test_palette_colour_vision(name, cones):
    palette = SCHEMES[name]

    def distance(one, other):
        first, second = (
            lab(SEEN[cones] @ linear(getattr(palette, c))) for c in (one, other)
        )
        return np.sqrt(((first - second) ** 2).sum())

    # A difference of 2.3 is just seen side by side; lines and points need far more.
    for pair in combinations(("green", "blue", "accent", "ink"), 2):
        assert distance(*pair) >= 15, f"{name}, {cones}: {pair}: {distance(*pair):.1f}"
    for pair in (("green_soft", "blue_soft"), ("green_tint", "blue_tint")):
        assert distance(*pair) >= 8, f"{name}, {cones}: {pair}: {distance(*pair):.1f}"


@pytest.mark.parametrize("name", SCHEMES)
def test_palette_in_grey(name):
    palette = SCHEMES[name]
    for one, other, least in (
        ("green", "blue", 10),
        ("green_soft", "blue_soft", 6),
        ("green_tint", "blue_tint", 4),
    ):
        first, second = (lab(linear(getattr(palette, c)))[0] for c in (one, other))
        assert abs(first - second) >= least, f"{name}: {one} and {other} in grey"


@pytest.mark.parametrize("name", SCHEMES)
def test_palette_is_written_once(name):
    palette = SCHEMES[name]
    colours = [getattr(palette, field.name) for field in fields(palette)]
    # A page replaces colours by their values: no two may be the same.
    assert len(set(colours)) == len(colours)
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)
    assert palette.css()["--v-blue-soft"] == palette.blue_soft
    assert list(palette.css().values()) == colours
    assert MARKERS["green"] != MARKERS["blue"]


def test_colours_without_matplotlib():
    code = (
        "import sys, voronet, voronet.show; voronet.show.LIGHT, voronet.show.cells; "
        "assert 'matplotlib' not in sys.modules, 'matplotlib was imported'; "
        "assert 'PIL' not in sys.modules and 'av' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_public_names():
    code = "import voronet.show as show; print(*dir(show)); print(*show.__all__)"
    # They are there before anything is loaded.
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )
    listed, public = done.stdout.splitlines()
    assert listed.split() == sorted(public.split()) == dir(show)
    for name in show.__all__:
        thing = getattr(show, name)
        assert not inspect.ismodule(thing), f"{name} is a module"
        assert name in ("LIGHT", "DARK") or "Examples" in thing.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'sculpture'"):
        _ = show.sculpture
    # Whatever else lies in the package is private.
    assert all(path.stem.startswith("_") for path in Path(show.__path__[0]).glob("*.*"))


# --- cells ---------------------------------------------------------------------------

seeds = st.lists(
    st.tuples(*[st.integers(-8, 24).map(lambda k: k / 16)] * 2), min_size=1, max_size=4
).map(lambda pairs: np.array(pairs).T)


def area(corners):
    """Add up the trapezia under the edges of a polygon."""
    x, y = corners
    return 0.5 * (x * np.roll(y, -1) - y * np.roll(x, -1)).sum()


@pytest.mark.equation("eq:cell")
@given(seeds, seeds)
def test_cells_cover_the_square(green, blue):
    found = show.cells(voronet.VoronoiRule(green, blue))
    agree(sum(area(cell.corners) for cell in found), 1.0, rtol=1e-12, what="area")
    # Every place inside a cell is nearest to its seed, by a count of all distances.
    together = np.concatenate([green, blue], axis=1)
    for r, cell in enumerate(found):
        assert cell.label == (r >= green.shape[1])
        if area(cell.corners) < 1e-9:
            continue
        for place in np.vstack([cell.corners.T, cell.corners.mean(axis=1)]):
            away = np.sqrt(((together.T - place) ** 2).sum(axis=1))
            assert away[r] <= away.min() + 1e-12, (r, place, away)


@given(seeds, seeds)
def test_boundary_parts_the_colours(green, blue):
    rule = voronet.VoronoiRule(green, blue)
    for start, end in show.boundary(rule).swapaxes(1, 2):
        length = np.sqrt(((end - start) ** 2).sum())
        if length < 1e-6:
            continue
        middle = (start + end) / 2
        # On the segment the nearest seeds of both colours are equally far.
        for place in (start, middle, end):
            to = [
                np.sqrt(((s.T - place) ** 2).sum(axis=1)).min() for s in (green, blue)
            ]
            agree(to[0], to[1], rtol=1e-9, atol=1e-9, what=f"distances at {place}")
        # A little to its left and its right the labels differ, inside the square.
        if middle.min() > 0.01 and middle.max() < 0.99:
            aside = 1e-6 * np.array([start[1] - end[1], end[0] - start[0]]) / length
            both = rule.label(np.stack([middle - aside, middle + aside], axis=1))
            assert both[0] != both[1], f"labels {both} on both sides of {middle}"


@pytest.mark.parametrize("seed", range(8))
def test_boundary_is_whole(seed):
    rule = voronet.VoronoiRule.random(np.random.default_rng(seed))
    segments = show.boundary(rule)
    # Wherever neighbours on a lattice differ, a segment passes between them.
    u = np.linspace(0.003, 0.997, 60)
    x = np.stack(np.meshgrid(u, u))
    label = rule.label(x.reshape(2, -1)).reshape(60, 60)
    step = u[1] - u[0]
    for axis in (0, 1):
        rows, columns = np.nonzero(np.diff(label, axis=axis))
        assert len(rows), "the lattice has two colours"
        for place in zip(u[columns], u[rows], strict=True):
            away = [to_segment(np.array(place), *s.T) for s in segments]
            assert min(away) <= step, f"no boundary near {place}: {min(away):.3f}"


def to_segment(place, start, end):
    """Measure the distance of a place to a segment."""
    along = end - start
    t = np.clip((place - start) @ along / max(along @ along, 1e-300), 0, 1)
    return np.sqrt(((place - start - t * along) ** 2).sum())


def test_boundary_of_seeds_that_nearly_coincide():
    # It runs through the middle of the two seeds, however near they are.
    for green, blue in (
        (0.3, 0.1 + 0.2),
        (0.7, np.nextafter(0.7, 0)),
        (1e-120, 3e-120),
    ):
        for turn in (slice(None), slice(None, None, -1)):
            seeds = [np.array([[c], [0.5]])[turn] for c in (green, blue)]
            (segment,) = show.boundary(voronet.VoronoiRule(*seeds))[:, turn]
            agree(segment[0], [green, green], rtol=1e-15, atol=3e-120, what="across")
            agree(sorted(segment[1]), [0, 1], what="along")


def test_cells_of_any_square():
    # Scaled and moved, the cells are scaled and moved with their seeds.
    rng = np.random.default_rng(4)
    green, blue = rng.random((2, 3)), rng.random((2, 3))
    corner = np.array([[-7.0], [30.0]])
    extent = (-7.0, -3.0, 30.0, 34.0)
    far = voronet.VoronoiRule(corner + 4 * green, corner + 4 * blue)
    near = voronet.VoronoiRule(green, blue)
    for here, there in zip(show.cells(near), show.cells(far, extent), strict=True):
        agree(there.corners, corner + 4 * here.corners, rtol=1e-9)
        assert there.neighbours == here.neighbours


@pytest.mark.parametrize(
    ("x", "extent"),
    [
        ([[0.0, 1.0], [0.5, 0.2]], (0, 1, 0, 1)),
        ([[0.4], [0.4]], (0, 1, 0, 1)),
        # 1.1 times as wide as the points, around their middle.
        ([[-1.0, 1.0], [0.0, 0.5]], (-1.1, 1.1, -0.85, 1.35)),
        ([[100.0, 110.0], [-40.0, -60.0]], (94, 116, -61, -39)),
        # A single point lies in the middle.
        ([[3.0], [4.0]], (1, 5, 2, 6)),
    ],
)
def test_the_view_follows_the_data(x, extent):
    agree(extent_of(np.array(x)), extent, rtol=1e-12)


def test_cells_of_repeated_seeds():
    # The blue seed repeats the green one: ties are green, so nothing is blue.
    rule = voronet.VoronoiRule([[0.5], [0.5]], [[0.5], [0.5]])
    first, second = show.cells(rule)
    assert area(first.corners) == 1
    assert second.corners.shape == (2, 0)
    assert show.boundary(rule).shape == (0, 2, 2)


# --- pictures ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def run():
    """Train fast, so that each recorded picture is unlike the others."""
    rng = np.random.default_rng(3)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(30, rng)
    y = voronet.one_hot(rule.label(x))
    adam = voronet.Adam(learning_rate=1e-2)
    return voronet.train(x, y, seed=rng, rule=rule, optimiser=adam, max_steps=2000)


def pixels(figure):
    """Draw a figure and return its rows of pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].astype(int)


def differences(seen, net, w, corner, side):
    """Compare shading with decision, where a pixel more or less makes no difference.

    The lower left corner of the square is given as (row, column), and its side.
    """
    x = 0.02 + 0.96 * voronet.sample_points(600, np.random.default_rng(0))
    p_blue = voronet.decision(net, w, x)
    near = [
        voronet.decision(net, w, x + 0.01 * np.array([[dx], [dy]]))
        for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1))
    ]
    # The line of one half covers what lies under it.
    free = (np.min(near, axis=0) > 0.5) | (np.max(near, axis=0) < 0.5)
    still = (np.ptp(near, axis=0) < 0.04) & free
    assert still.sum() > 100
    x, p_blue = x[:, still], p_blue[still]
    rows = np.rint(corner[0] - side * x[1]).astype(int)
    columns = np.rint(corner[1] + side * x[0]).astype(int)
    green, paper, blue = (
        np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
        for colour in (LIGHT.green_soft, LIGHT.paper, LIGHT.blue_soft)
    )
    ends = np.where(p_blue[:, np.newaxis] < 0.5, green, blue)
    expected = paper + np.abs(2 * p_blue[:, np.newaxis] - 1) * (ends - paper)
    return np.abs(seen[rows, columns] - expected).max(axis=1), x


def test_region_shows_the_decision(run):
    figure = Figure(figsize=(4, 4), dpi=100)
    ax = show.region(run.net, run.w, ax=figure.add_axes((0, 0, 1, 1)))
    error, x = differences(pixels(figure), run.net, run.w, (399, 0), 399)
    worst = error.argmax()
    assert error[worst] <= 4, f"at {x[:, worst]}: {error[worst]:.1f} of 255 apart"
    # Every corner of the ½ line is where the decision is one half.
    line = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
    agree(voronet.decision(run.net, run.w, line.T), np.full(len(line), 0.5), rtol=0.02)


def mistakes_by_loop(run, index):
    """List the points that are called by the wrong colour, one at a time."""
    wrong = []
    for i in range(run.x.shape[1]):
        _, a = voronet.forward(run.net, run.snapshots[index], run.x[:, i : i + 1])
        blue = a[-1][1, 0] > a[-1][0, 0]
        if blue != (run.y[1, i] == 1):
            wrong.append(run.x[:, i])
    return np.array(wrong)


def test_frame_marks_the_mistakes(run):
    wrong = mistakes_by_loop(run, 4)
    assert 0 < len(wrong) < 30
    ax = show.frame(run, 4)
    agree(np.asarray(ax.collections[-1].get_offsets()), wrong, what="rings")
    assert ax.get_title(loc="left") == "step 400"
    assert ax.get_title(loc="right") == (
        f"loss {run.loss[4]:.2g}   {30 - len(wrong)} of 30 right"
    )


def test_tessellation_shows_points_and_seeds(run):
    ax = show.tessellation(run.rule, run.x)
    drawn = [np.asarray(c.get_offsets()) for c in ax.collections[1:]]
    label = run.rule.label(run.x)
    agree(drawn[0], run.x[:, label == 0].T, what="green points")
    agree(drawn[1], run.x[:, label == 1].T, what="blue points")
    agree(drawn[2], run.rule.green.T, what="green seeds")
    agree(drawn[4], run.rule.blue.T, what="blue seeds")
    # Without points there are only the cells.
    bare = show.tessellation(run.rule)
    assert len(bare.collections) == len(ax.collections) - 2
    assert len(bare.patches) == len(ax.patches) == 6


@pytest.mark.parametrize("place", [(0.0, 0.0), (40.0, -20.0)])
def test_points_anywhere_are_seen(run, place):
    # Move points, seeds and the first layer's lines: the picture stays the same.
    shift = np.array(place)[:, np.newaxis]
    rule = voronet.VoronoiRule(run.rule.green + shift, run.rule.blue + shift)
    (w1, *weights), (b1, *biases) = run.net.unpack(run.w)
    w = run.net.pack([w1, *weights], [b1 - w1 @ shift[:, 0], *biases])
    x = 3 * run.x - 1
    for ax in (
        show.tessellation(rule, x + shift),
        show.region(run.net, w, x + shift, run.y, rule),
    ):
        left, right = ax.get_xlim()
        bottom, top = ax.get_ylim()
        assert right - left == pytest.approx(top - bottom)
        low, high = (x + shift).min(axis=1), (x + shift).max(axis=1)
        assert left < low[0] < high[0] < right
        assert bottom < low[1] < high[1] < top
        # There is colour in each corner, and numbers say where this is.
        assert len(ax.get_xticks()) > 2
    image = np.asarray(ax.images[0].get_array())
    u = np.linspace(left, right, len(image))
    v = np.linspace(bottom, top, len(image))
    for r, c in ((0, 0), (7, 100), (60, 60), (120, 3)):
        there = voronet.decision(run.net, w, [[u[c]], [v[r]]])[0]
        assert image[r, c] == pytest.approx(there, abs=1e-9), (r, c)
    # The same pictures in a film: its last frame has as many rings.
    moved = replace(run, x=x + shift, rule=rule, snapshots=run.snapshots[:, :] * 0 + w)
    assert show.film(moved, frames=2).last().shape == (HEIGHT, WIDTH, 3)
    rings = Scene(moved, Figure()).rings.get_offsets()
    agree(rings, ax.collections[-1].get_offsets(), what="rings")


def test_curves_show_the_record(run):
    upper, lower = show.curves(run)
    for ax, values in ((upper, run.loss), (lower, run.gradient_norm)):
        (line,) = ax.lines
        agree(line.get_xdata(), run.steps)
        agree(line.get_ydata(), values)
        assert ax.get_yscale() == "log"
    both = voronet.train(run.x, run.y, seed=[0, 1], max_steps=300)
    assert [len(ax.lines) for ax in show.curves(both)] == [2, 2]


def test_pictures_leave_settings_alone(run):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    show.frame(run)
    assert dict(mpl.rcParams) == before


def test_all_words_are_in_the_style(run):
    # A notebook draws the picture later, with settings of its own.
    for ax in show.curves(run):
        ax.figure.canvas.draw()
        for label in (*ax.get_xticklabels(), *ax.get_yticklabels(), ax.xaxis.label):
            assert label.get_fontfamily() == ["STIXGeneral"], label


def test_pictures_need_a_plane(run):
    both = voronet.train(run.x, run.y, seed=[0, 1], max_steps=0)
    for draw in (show.frame, show.film):
        with pytest.raises(ValueError, match=r"run: .*2 networks.* given; allowed"):
            draw(both)
    with pytest.raises(ValueError, match=r"net: widths \(3, 2\) given; allowed"):
        show.region(voronet.Network((3, 2)), np.zeros(8))
    with pytest.raises(
        ValueError, match=r"y: shape \(2, 5\) given; allowed: \(2, 30\)"
    ):
        show.region(run.net, run.w, run.x, np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"index: 21 given; allowed: one of the 21"):
        show.frame(run, 21)
    with pytest.raises(ValueError, match=r"index: -22 given; allowed"):
        show.frame(run, -22)
    with pytest.raises(ValueError, match="frames: 0 given; allowed"):
        show.film(run, frames=0)


NET, W = voronet.Network(), np.zeros(48)
RULE = voronet.VoronoiRule([[0.2], [0.3]], [[0.7], [0.6]])
X = np.full((2, 3), 0.5)


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: show.curves(3), "run: 3 given; allowed: voronet.Run"),
        (lambda: show.tessellation(3), "rule: 3 given; allowed: voronet.VoronoiRule"),
        (lambda: show.boundary(3), "rule: 3 given; allowed: voronet.VoronoiRule"),
        (lambda: show.cells("a"), "rule: 'a' given; allowed: voronet.VoronoiRule"),
        (
            lambda: show.cells(RULE, (0, 1, 0)),
            "extent: shape (3,) given; allowed: (4,): left, right, bottom and top",
        ),
        (
            lambda: show.boundary(RULE, (0, 1, 1, 1)),
            "extent: (0, 1, 1, 1) given; allowed: left < right and bottom < top",
        ),
        (
            lambda: show.boundary(RULE, (1, 1, 0, 1)),
            "extent: (1, 1, 0, 1) given; allowed: left < right and bottom < top",
        ),
        (lambda: show.save(3, "a.npz"), "run: 3 given; allowed: voronet.Run"),
        (lambda: show.film(3), "run: 3 given; allowed: voronet.Run"),
        (
            lambda: show.region(NET, W, rule=3),
            "rule: 3 given; allowed: voronet.VoronoiRule or None",
        ),
        (
            lambda: show.region(NET, W, ax=3),
            "ax: 3 given; allowed: matplotlib.axes.Axes or None",
        ),
        (
            lambda: show.region(NET, np.zeros((2, 48))),
            "w: shape (2, 48) given; allowed: (48,) for widths (2, 2, 8, 2)",
        ),
        (
            lambda: show.region(NET, W, X),
            "y: None given; allowed: both x and y, or neither",
        ),
        (
            lambda: show.region(NET, W, y=X),
            "x: None given; allowed: both x and y, or neither",
        ),
        (
            lambda: show.region(NET, W, X, np.ma.masked_array(X)),
            "y: a masked array given; allowed: one without a mask",
        ),
        (
            lambda: show.region((2, 2, 8, 2), W),
            "net: (2, 2, 8, 2) given; allowed: voronet.Network, such as "
            "Network((2, 2, 8, 2))",
        ),
        (
            lambda: voronet.decision((2, 2, 8, 2), W, X),
            "net: (2, 2, 8, 2) given; allowed: voronet.Network, such as "
            "Network((2, 2, 8, 2))",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_by_name(draw, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        draw()


def test_pictures_without_a_rule():
    run = voronet.train([[0.2, 0.9], [0.3, 0.4]], np.eye(2), max_steps=20)
    assert show.frame(run).get_title(loc="left") == "step 20"
    assert len(list(show.film(run).pictures())) == 2


# --- the film ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def film(run):
    """Make a film of ten frames."""
    return show.film(run, frames=10)


def test_film_runs_from_start_to_end(run, film):
    assert film.indices == [0, 2, 4, 7, 9, 11, 13, 16, 18, 20]
    assert show.film(run, frames=500).indices == list(range(21))
    frames = list(film.pictures())
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * 10
    assert all((a != b).any() for a, b in combinations(frames, 2))
    # A film has no memory: its last frame drawn alone is the same.
    assert (frames[-1] == film.last()).all()


def test_film_shows_each_decision(film):
    run = film.run
    for index, picture in zip(film.indices, film.pictures(), strict=True):
        w = run.snapshots[index]
        seen = picture.astype(int)
        error, _ = differences(seen, run.net, w, (HEIGHT - 80, 18), 444)
        # Points, seeds and the true boundary lie on the shading here and there.
        assert np.mean(error <= 4) > 0.85, f"step {run.steps[index]}"


@pytest.mark.parametrize("index", [4, 0, 20])
def test_scene_moves_all_its_parts(run, index):
    scene = Scene(run, Figure())
    scene.show(7)
    scene.show(index)
    wrong = mistakes_by_loop(run, index).reshape(-1, 2)
    agree(np.asarray(scene.rings.get_offsets()).reshape(-1, 2), wrong, what="rings")
    w = run.snapshots[index]
    line = np.concatenate([*scene.line.get_segments(), np.empty((0, 2))])
    if len(line):
        p_blue = voronet.decision(run.net, w, line.T)
        agree(p_blue, np.full(len(line), 0.5), rtol=0.02, what="p_blue on the line")
    # There is a line wherever both colours are called.
    x = voronet.sample_points(500, np.random.default_rng(0))
    blue = voronet.decision(run.net, w, x) > 0.5
    assert (len(line) > 0) == (0 < blue.sum() < 500)
    assert scene.step.get_text() == f"step {run.steps[index]:,}"
    assert f"{30 - len(wrong)} of 30 right" in scene.result.get_text()
    agree(scene.dot.get_xydata()[0], [run.steps[index], run.loss[index]])


def same_pictures(received, film):
    """Assert that each frame is its drawing, but for what the compression takes."""
    drawn = [picture.astype(int) for picture in film.pictures()]
    assert len(received) == len(drawn)
    for i, frame in enumerate(received):
        errors = [np.abs(frame - picture).mean() for picture in drawn]
        nearest = int(np.argmin(errors))
        assert nearest == i, f"frame {i} shows drawing {nearest}"
        assert errors[i] < 6, f"frame {i}: mean error {errors[i]:.1f} of 255"


def test_mp4(film, tmp_path):
    path = tmp_path / "run.mp4"
    film.save(path)
    content = path.read_bytes()
    # The index comes before the pictures, so that a browser can start at once.
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert float(stream.average_rate) == RATE
        frames = [f.to_ndarray(format="rgb24") for f in container.decode(stream)]
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * 10
    same_pictures(frames, film)
    paper = np.array([int(LIGHT.paper[i : i + 2], 16) for i in (1, 3, 5)])
    agree(frames[0][2, 2].astype(int), paper, rtol=0, atol=4, what="paper")
    # The same run gives the same bytes.
    film.save(tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").read_bytes() == content


@pytest.mark.parametrize("suffix", ["gif", "webp"])
def test_gif_and_webp(film, tmp_path, suffix):
    film.save(tmp_path / f"run.{suffix}")
    frames = []
    with Image.open(tmp_path / f"run.{suffix}") as image:
        assert (image.n_frames, image.size) == (10, (WIDTH, HEIGHT))
        assert image.info["loop"] == 0
        for i in range(10):
            image.seek(i)
            frames.append(np.asarray(image.convert("RGB")).astype(int))
            wanted = HOLD * 1000 if i == 9 else 1000 / RATE
            assert abs(image.info["duration"] - wanted) < 10
    same_pictures(frames, film)


def test_gif_keeps_the_rings():
    accent = [int(LIGHT.accent[i : i + 2], 16) for i in (1, 3, 5)]
    assert accent in few_colours().tolist()
    assert len(few_colours()) <= 256


def test_png(film, tmp_path):
    film.save(tmp_path / "run.png")
    with Image.open(tmp_path / "run.png") as image:
        assert (np.asarray(image.convert("RGB")) == film.last()).all()


def test_film_in_a_page(film):
    page = film._repr_html_()
    assert film._repr_png_() == png(film)
    assert repr(film).startswith("<Film of 10 pictures: play() opens a window, ")
    assert page.startswith("<video controls ")
    assert page.endswith("</video>")
    assert "autoplay" not in page
    assert "http" not in page
    moving = base64.b64decode(re.search('"data:video/mp4;base64,([^"]+)"', page)[1])
    with av.open(io.BytesIO(moving)) as container:
        assert len(list(container.decode(video=0))) == 10
    stills = re.findall('"data:image/webp;base64,([^"]+)"', page)
    sizes = [Image.open(io.BytesIO(base64.b64decode(still))).size for still in stills]
    assert sizes == [(WIDTH, HEIGHT), (320, 373)]
    label = re.search('aria-label="([^"]+)"', page)[1]
    wrong = [len(mistakes_by_loop(film.run, i)) for i in (0, -1)]
    assert label == (
        "The decision region from step 0 to step 2,000. At first "
        f"{30 - wrong[0]} of 30 points are right, at the end {30 - wrong[1]} of 30."
    )


def test_a_film_is_small(run):
    # A page shows about 120 frames; many such films must not weigh it down.
    size = len(show.film(run, frames=20).html())
    assert size < 150_000, f"{size} bytes for 20 frames"


@pytest.mark.parametrize("suffix", ["gif", "webp", "mp4", "png"])
def test_files_appear_whole_or_not_at_all(film, tmp_path, monkeypatch, suffix):
    path = tmp_path / f"run.{suffix}"
    path.write_bytes(b"old")

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        show.save(film.run, path)
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == [path.name]


def test_a_film_plays_in_a_window(run, monkeypatch):
    shown = []

    def show_all(block):
        for figure in map(plt.figure, plt.get_fignums()):
            figure.canvas.draw()
            shown.append((block, figure.get_label()))

    monkeypatch.setattr(plt, "show", show_all)
    show.film(run).play()
    assert shown == [(True, "The decision region")]


def test_animation_moves_in_a_figure(run):
    figure = Figure(figsize=(4.8, 5.6), dpi=100)
    FigureCanvasAgg(figure)
    animation = show.film(run).animate(figure)
    assert list(animation.new_frame_seq()) == show.film(run).indices
    first = pixels(figure)
    assert first.shape == (HEIGHT, WIDTH, 3)
    for index in animation.new_frame_seq():
        animation._draw_frame(index)
    assert "step 2,000" in [text.get_text() for text in figure.texts]
    assert (pixels(figure) != first).any()


# --- files ---------------------------------------------------------------------------


def test_save_goes_by_the_name(run, tmp_path):
    show.save(run, tmp_path / "run.npz")
    assert voronet.load(tmp_path / "run.npz").stopped == "max_steps"
    show.save(run, tmp_path / "RUN.NPZ")
    assert voronet.load(tmp_path / "RUN.NPZ").stopped == "max_steps"
    seen = []
    show.save(run, tmp_path / "run.PNG", progress=lambda *counts: seen.append(counts))
    assert seen == []
    show.save(run, tmp_path / "run.gif", progress=lambda *counts: seen.append(counts))
    assert seen == [(i, 21) for i in range(1, 22)]
    with Image.open(tmp_path / "run.PNG") as image:
        assert image.size == (WIDTH, HEIGHT)
    for name in ("run.jpg", "run", ".png/run", "run.NPZ.old"):
        with pytest.raises(ValueError, match=r"given; allowed: a name that ends in"):
            show.save(run, name)
    with pytest.raises(ValueError, match=r"given; allowed: a name that ends in"):
        show.film(run).save("run.npz")


def test_save_as_a_replay(run, tmp_path):
    show.save(run, tmp_path / "run.html")
    assert run.replay().html in (tmp_path / "run.html").read_text(encoding="utf-8")


def test_what_is_missing_is_named():
    assert known_suffix("a/b.GIF") == ".gif"
    for suffix in (".gif", ".mp4", ".npz"):
        needed(suffix)
    with pytest.raises(ImportError) as caught:
        require("no_string", "a kite")
    assert str(caught.value) == (
        'a kite needs no_string: run pip install -e ".[show]" in the folder of '
        "voronet's source"
    )
    # What it says to run is what the package offers.
    extras = importlib.metadata.metadata("voronet").get_all("Provides-Extra")
    assert "show" in extras


def test_check_writable(tmp_path):
    check_writable(tmp_path / "new.gif")
    assert os.listdir(tmp_path) == []
    with pytest.raises(FileNotFoundError):
        check_writable(tmp_path / "none" / "new.gif")
    with pytest.raises(IsADirectoryError):
        check_writable(tmp_path)
    with pytest.raises(OSError, match="too long"):
        check_writable(tmp_path / ("a" * 260 + ".gif"))
