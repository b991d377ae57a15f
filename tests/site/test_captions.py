"""What the captions of the derivation pages say is true of what the figures draw."""

import re
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.text import Text

import voronet
from literate.figures import number_figures
from tests.agree import agree
from voronet.show import LIGHT
from voronet_site import DOCS
from voronet_site.figures import common
from voronet_site.figures.network import LEVELS
from voronet_site.values import speed
from voronet_site.values.network import xor

pytestmark = pytest.mark.slow


@cache
def draw(name):
    """Draw a figure by its name on a page, once for all tests."""
    module, function = name.split(".")
    return getattr(import_module(f"voronet_site.figures.{module}"), function)()


def curves(ax):
    """Return x and y of each curve that has a name."""
    named = {line.get_label(): line for line in ax.lines}
    return {name: line.get_xydata().T for name, line in named.items() if name[0] != "_"}


def say(name, expected, received, holds=None):
    """Hold a statement of a caption; without a verdict, the two are to be equal."""
    holds = expected == received if holds is None else np.all(holds)
    assert holds, f"figure:{name}: expected {expected}, received {received}"


def numbers(figure):
    """Read the numbers that are written in the picture, not on its axes."""
    found = []
    for ax in figure.axes:
        for text in ax.texts:
            found += re.findall(r"−?\d+\.\d+", text.get_text())
    return [float(number.replace("−", "-")) for number in found]


def contour(ax, level):
    """Return the points of a contour line, a column each."""
    (lines,) = (c for c in ax.collections if isinstance(c, ContourSet) and not c.filled)
    return np.concatenate(lines.allsegs[list(lines.levels).index(level)]).T


def veils(ax, points):
    """Count the veils over each point, given as columns: more are darker."""
    filled = [c for c in ax.collections if isinstance(c, ContourSet) and c.filled]
    paths = [path for one in filled for path in one.get_paths()]
    return sum(path.contains_points(points.T).astype(int) for path in paths)


def bend(line):
    """Return how far a line of points leaves the chord between its ends."""
    far = line[:, np.square(line - line[:, :1]).sum(axis=0).argmax()]
    along = (far - line[:, 0]) / np.hypot(*(far - line[:, 0]))
    return np.abs(along[0] * (line[1] - line[1, 0]) - along[1] * (line[0] - line[0, 0])).max()


def test_every_figure_of_a_page_has_a_test_here():
    tests = Path(__file__).read_text(encoding="utf-8")
    for name, (page, _) in number_figures(DOCS).items():
        listed = NAMED.count(name) + (name in FORMULAS)
        assert tests.count(f'"{name}"') > listed, f"{page}: {name} is not held"


@pytest.mark.parametrize("page", sorted((DOCS / "run").glob("*.py")), ids=lambda page: page.stem)
def test_every_picture_of_an_executed_page_holds_its_caption(page):
    cells = re.split(r"^(?=# %%)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for cell in cells:
        if cell.startswith('# %% alt="'):
            _, _, held = cell.partition("# Hold the caption")
            assert "assert" in held, f"{page.name}: nothing holds {cell.splitlines()[0]}"


NAMED = ["adam.one_parameter", "descent.path", "gradient.layers", "wrong.curves"]


@pytest.mark.parametrize("name", NAMED)
def test_a_name_has_the_colour_of_its_curve(name):
    seen = set()
    for ax in draw(name).axes:
        colours = {line.get_label(): line.get_color() for line in ax.lines}
        for text in ax.texts:
            words = text.get_text().strip("$")
            if words in colours:
                seen.add(words)
                say(name, (words, colours[words]), (words, text.get_color()))
    say(name, "the names of the curves", seen, seen)


# --- the data rule --------------------------------------------------------------------


def test_cells():
    name, rule = "data.cells", common.trained().rule
    (ax,) = draw(name).axes
    seeds = np.concatenate([rule.green, rule.blue], axis=1)
    tints, colours = (LIGHT.green_tint, LIGHT.blue_tint), (LIGHT.green, LIGHT.blue)
    say(name, 6, len(ax.patches))
    for polygon in ax.patches:
        inside = [k for k, seed in enumerate(seeds.T) if polygon.get_path().contains_point(seed)]
        say(name, "one seed in each cell", inside, len(inside) == 1)
        tint = LIGHT.paper, tints[inside[0] >= 3]
        drawn = [to_hex(polygon.get_edgecolor()), to_hex(polygon.get_facecolor())]
        say(name, [*tint], drawn)
    marks = [line for line in ax.lines if line.get_marker() in ("o", "s")]
    for k, (mark, text) in enumerate(zip(marks, ax.texts, strict=True)):
        say(name, f"${'GB'[k >= 3]}_{k % 3 + 1}$", text.get_text())
        say(name, ("os"[k >= 3], colours[k >= 3]), (mark.get_marker(), mark.get_color()))
        say(name, seeds[:, k].tolist(), mark.get_xydata()[0].tolist())
    thick = [line for line in ax.lines if line not in marks]
    for line in thick:
        say(name, "thicker than between cells", line.get_linewidth(), line.get_linewidth() > 1.2)
        middle = line.get_xydata().mean(axis=0)
        green, blue = (
            np.hypot(*(s - middle[:, np.newaxis])).min() for s in (rule.green, rule.blue)
        )
        say(name, f"as far from green as from blue, {green}", blue, abs(green - blue) < 1e-9)


def test_rule_at_work():
    name, run = "data.rule_at_work", common.trained()
    figure = draw(name)
    (ax,) = figure.axes
    seeds = np.concatenate([run.rule.green, run.rule.blue], axis=1)
    written = numbers(figure)
    lines = [line for line in ax.lines if line.get_zorder() == 3]
    lengths = [np.hypot(*np.diff(line.get_xydata(), axis=0)[0]) for line in lines]
    say(name, written, lengths, np.abs(np.subtract(written, lengths)) <= 0.005)
    say(name, seeds.T.tolist(), [line.get_xydata()[1].tolist() for line in lines])
    nearest = int(np.argmin(lengths))
    say(name, "a green seed", nearest, nearest < run.rule.green.shape[1])
    widths = [line.get_linewidth() for line in lines]
    say(name, "the shortest line thick", widths, np.argmax(widths) == nearest)
    # The point is one of the run, and lies near the boundary of the colours.
    at = lines[0].get_xydata()[0]
    say(name, 1, int((at == run.x.T).all(axis=1).sum()))
    ends = [line.get_xydata() for line in ax.lines if line not in lines]
    edges = np.concatenate([np.linspace(*two, 200) for two in ends])
    gap = np.hypot(*(edges - at).T).min()
    say(name, "near the thick boundary", gap, gap < 0.03)
    # The other points have the colour of their cell.
    green, blue = (set(map(tuple, run.x.T[run.y[k] == 1])) - {tuple(at)} for k in (0, 1))
    shown = [{tuple(point) for point in one.get_offsets()} for one in ax.collections[:2]]
    say(name, (len(green), len(blue)), tuple(map(len, shown)))
    say(name, [green, blue], shown)
    say(name, [LIGHT.green, LIGHT.blue], [to_hex(c.get_facecolor()) for c in ax.collections[:2]])


# --- the network ----------------------------------------------------------------------


def test_half_planes():
    name = "network.half_planes"
    panels = draw(name).axes
    side = np.linspace(0.005, 0.995, 100)
    square = np.stack(np.meshgrid(side, side)).reshape(2, -1)
    directions, middles, soft = [], [], []
    for ax in panels:
        line, dark = contour(ax, 0), veils(ax, square)
        say(name, "a straight line", bend(line), bend(line) < 1e-9)
        (arrow,) = (text for text in ax.texts if not text.get_text())
        way = np.array(arrow.xy) - arrow.xyann
        way /= np.hypot(*way)
        # The arrow starts on the line, at a right angle, and points to the tinted side.
        middle = line.mean(axis=1)
        off = way @ (line - np.array(arrow.xyann)[:, np.newaxis])
        say(name, "an arrow at a right angle to the line", off, np.abs(off) < 1e-9)
        tinted = dark[way @ square > way @ middle[:, np.newaxis] + 1e-9].min()
        plain = dark[way @ square < way @ middle[:, np.newaxis] - 1e-9].max()
        say(name, f"more than {plain} veils where the arrow points", tinted, tinted > plain)
        directions.append(way)
        middles.append(way @ middle)
        soft.append(np.mean((dark > 0) & (dark < len(LEVELS))))
    say(name, f"sharper than {soft[0]}", soft[1], soft[1] < soft[0] / 2)
    say(name, "the same line", middles[:2], abs(middles[0] - middles[1]) < 1e-9)
    say(name, "a line moved", middles[::2], abs(middles[0] - middles[2]) > 0.1)
    same = [directions[0] @ one for one in directions]
    say(name, "three directions alike, the last turned", same, same[3] < 0.8 < min(same[:3]))


def test_sigmoid():
    name = "network.sigmoid"
    upper, lower = draw(name).axes
    (z, a), (_, slope) = curves(upper)["sigmoid"], curves(lower)["slope"]
    say(name, "a rise", np.diff(a).min(), np.diff(a) > 0)
    say(name, "from zero to one", a[[0, -1]], [a[0] < 0.01, a[-1] > 0.99])
    say(name, 0.5, float(a[z == 0][0]))
    say(name, (0.0, 0.25), (float(z[slope.argmax()]), float(slope.max())))
    # By differences: the lower curve is the slope of the upper one.
    steep = np.gradient(a, z)
    say(name, "the slope of the upper curve", slope, np.abs(steep - slope)[1:-1] < 1e-4)
    for ax in (upper, lower):
        spans = [patch.get_x() + np.array([0, patch.get_width()]) for patch in ax.patches]
        inside = np.any([(z > low) & (z < high) for low, high in spans], axis=0)
        say(name, "marked where it is flat", spans, (inside == (slope < slope.max() / 10))[1:-1])
    words = [text.get_text() for text in upper.texts].count("saturated")
    say(name, 2, words)


def test_exclusive_or():
    name, board = "network.exclusive_or", xor
    first, second, third = draw(name).axes
    below, above = contour(first, 0), contour(second, 0)
    ways = [
        (line[:, -1] - line[:, 0]) / np.hypot(*(line[:, -1] - line[:, 0]))
        for line in (below, above)
    ]
    say(name, "parallel lines", ways, np.abs(ways[0] - ways[1]) < 1e-9)
    say(name, "slanted lines", ways, np.abs(ways) > 0.1)
    heights = [np.interp(0.5, *line[:, line[0].argsort()]) for line in (below, above)]
    say(name, "the second further up", heights, heights[0] < heights[1])
    for ax, height in zip((first, second), heights, strict=True):
        off, on = veils(ax, np.array([[0.5, 0.5], [height - 0.1, height + 0.1]]))
        say(name, f"on above the line, more veils than {off}", on, on > off)
    blue = np.array(board.colour) == "blue"
    dark = veils(third, board.x)
    half = len(LEVELS) // 2
    say(name, "on at both blue seeds and at no green one", dark, (dark > half) == blue)
    strip = np.array([board.x.T[blue].mean(axis=0)] * 2).T
    say(name, "on between the lines", veils(third, strip), veils(third, strip) > half)
    for ax in (first, second, third):
        marks = {tuple(one.get_xydata()[0]): one.get_markeredgecolor() for one in ax.lines}
        wanted = {
            tuple(at): (LIGHT.green, LIGHT.blue)[int(b)]
            for at, b in zip(board.x.T, blue, strict=True)
        }
        say(name, wanted, marks)


def test_graph():
    name = "network.graph"
    (ax,) = draw(name).axes
    edges = [line.get_xydata() for line in ax.lines if line.get_marker() == "None"]
    nodes = [line for line in ax.lines if line.get_marker() != "None"]
    places = np.array([node.get_xydata()[0] for node in nodes])
    columns, counts = np.unique(places[:, 0], return_counts=True)
    say(name, [2, 2, 8, 2], counts.tolist())
    # Each node is joined to each of the next column, once.
    pairs = {(tuple(start), tuple(end)) for start, end in edges}
    wanted = {
        (tuple(one), tuple(other))
        for left, right in pairwise(columns)
        for one in places[places[:, 0] == left]
        for other in places[places[:, 0] == right]
    }
    say(name, wanted, pairs)
    say(name, 36, len(edges))
    ends = [node.get_markeredgecolor() for node in nodes[-2:]]
    say(name, [LIGHT.green, LIGHT.blue], ends)
    words = [(text.get_position()[0], text.get_text()) for text in ax.texts]
    gaps = [text for x, text in sorted(words) if "×" in text]
    say(name, ["2 × 2", "8 × 2", "2 × 8"], gaps)
    say(name, ["2", "2", "8", "2"], [text for x, text in sorted(words) if text.isdigit()])


def test_two_units():
    name = "network.two_units"
    bends = [bend(contour(ax, 0)) for ax in draw(name).axes]
    say(name, "straight edges in the first layer", bends[:2], np.array(bends[:2]) < 1e-9)
    say(name, "bent edges in the second layer", bends[2:], np.array(bends[2:]) > 0.05)
    for ax in draw(name).axes[:2]:
        dark = veils(ax, np.random.default_rng(0).random((2, 500)))
        say(name, "a soft half-plane", np.unique(dark), len(np.unique(dark)) > 3)


# --- the loss -------------------------------------------------------------------------


def test_slice():
    name, run = "loss.slice", common.trained()
    (ax,) = draw(name).axes
    path = curves(ax)["path"]
    dark = veils(ax, path)
    say(name, "a start above the level 0.2, under five veils", dark[0], dark[0] >= 5)
    down = dark[run.steps <= 250]
    say(name, "down a slope", down, np.diff(down) <= 0)
    say(name, "down a slope", down, down[-1] <= down[0] - 2)
    flat = (run.steps >= 400) & (run.steps <= 1800)
    say(name, "across a plateau", dark[flat], np.ptp(dark[flat]) <= 1)
    length = np.hypot(*np.diff(path, axis=1))
    share = length[flat[1:]].sum() / length.sum()
    say(name, "a wide plateau", f"{share:.0%} of the path", share > 0.3)
    first, last = path[:, 60] - path[:, 20], path[:, -1] - path[:, 220]
    # As drawn: both axes are as long as the panel.
    across, up = (np.ptp(limits) for limits in (ax.get_xlim(), ax.get_ylim()))
    headings = [np.arctan2(way[1] / up, way[0] / across) for way in (first, last)]
    turn = abs(np.degrees(np.diff(np.unwrap(headings))[0]))
    say(name, "a turn of about a right angle", turn, 70 < turn < 120)
    say(name, "the end below all levels", dark[-1], dark[-1] == 0)


def test_one_output():
    name = "loss.one_output"
    (ax,) = draw(name).axes
    (z, loss), (_, slope) = curves(ax)["loss"], curves(ax)["slope"]
    say(
        name, "a rise from zero to one half", loss[[0, -1]], np.abs(loss[[0, -1]] - [0, 0.5]) < 1e-3
    )
    say(name, "a rise throughout", np.diff(loss).min(), np.diff(loss) > 0)
    say(name, "½ σ(z)²", loss, np.abs(loss - 0.5 / (1 + np.exp(-z)) ** 2) < 1e-12)
    say(name, "the slope of the loss", slope, np.abs(np.gradient(loss, z) - slope)[1:-1] < 1e-3)
    top = slope.argmax()
    say(name, "a bump that rises", np.diff(slope[: top + 1]).min(), np.diff(slope[: top + 1]) > 0)
    say(name, "that falls after its top", np.diff(slope[top:]).max(), np.diff(slope[top:]) < 0)
    say(name, "to zero on both sides", slope[[0, -1]], slope[[0, -1]] < slope[top] / 100)


# --- backpropagation and the gradient -------------------------------------------------


def test_flow_arrows():
    name = "backprop.flow"
    (ax,) = draw(name).axes
    arrows = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    ways = {LIGHT.ink: [], LIGHT.accent: []}
    for arrow in arrows:
        ways[to_hex(arrow.arrow_patch.get_edgecolor())].append(arrow.xy[0] - arrow.xyann[0])
    say(name, (8, 4), tuple(map(len, ways.values())))
    say(name, "black arrows to the right", ways[LIGHT.ink], np.array(ways[LIGHT.ink]) > 0)
    say(name, "coloured arrows to the left", ways[LIGHT.accent], np.array(ways[LIGHT.accent]) < 0)


def test_flow_by_hand():
    # log 3 makes every activation of this network a fraction: see the page's example.
    unit = np.log(3)
    a1, a2, y = np.array([3 / 4, 1 / 2]), np.array([3 / 4, 1 / 2]), np.array([1, 0])
    w2 = unit * np.array([[4, 2], [-4, 4]])
    delta2 = (a2 - y) * a2 * (1 - a2)
    carried = w2 * delta2[:, np.newaxis]
    delta1 = carried.sum(axis=0) * a1 * (1 - a1)
    written = numbers(draw("backprop.flow"))
    wanted = [*a1, *a2, *delta1, *delta2, *carried.ravel(), *w2.ravel()]
    for value in wanted:
        near = np.abs(np.array(written) - value).min()
        assert near <= 0.0051, f"{value:.3f} is not in the figure: {written}"


def test_layers_by_central_differences():
    run = common.trained()
    (ax,) = draw("gradient.layers").axes
    at = 50
    w = run.snapshots[at]

    def loss(w):
        _, a = voronet.forward(run.net, w, run.x)
        return float(voronet.mean_squared_error(a[-1], run.y))

    for line, (start, stop) in zip(ax.lines, ((0, 4), (4, 20), (20, 36)), strict=True):
        slopes = [
            (loss(w + 1e-5 * e) - loss(w - 1e-5 * e)) / 2e-5 for e in np.eye(len(w))[start:stop]
        ]
        drawn = line.get_ydata()[at - 1]
        agree(drawn, np.sqrt(np.mean(np.square(slopes))), rtol=1e-5, what="size")


def test_layers_cross_and_move_together():
    name = "gradient.layers"
    (ax,) = draw(name).axes
    steps, sizes = curves(ax)["W_1"][0], np.array([curves(ax)[f"W_{k}"][1] for k in (1, 2, 3)])
    say(
        name,
        "that of the last matrix much the largest",
        sizes[:, 0],
        sizes[2, 0] > 5 * sizes[:2, 0],
    )
    signs = np.sign(sizes[0] - sizes[1:])
    say(name, "crossing curves", signs[:, [0, -1]], (np.diff(signs) != 0).any(axis=1))
    together = np.corrcoef(np.log(sizes[:, steps > 1000]))
    say(name, "jumps and falls together", together, together > 0.8)


# --- gradient descent and Adam --------------------------------------------------------


def test_path():
    name = "descent.path"
    (ax,) = draw(name).axes
    paths = curves(ax)
    # The floor of the valley: through the minimum, where σ(z) is the target of both samples.
    logit = [np.log(y / (1 - y)) for y in (0.3, 0.7)]
    minimum = np.linalg.solve([[1.0, 1.0], [2.5, 1.0]], logit)
    hessian = sum(0.21**2 * np.outer(v, v) / 2 for v in ([1.0, 1.0], [2.5, 1.0]))
    sizes, ways = np.linalg.eigh(hessian)
    say(name, "a narrow valley", sizes, sizes[1] > 20 * sizes[0])
    across = {key: ways[:, 1] @ (path - minimum[:, np.newaxis]) for key, path in paths.items()}
    along = {
        key: np.abs(ways[:, 0] @ (path - minimum[:, np.newaxis])) for key, path in paths.items()
    }
    say(
        name,
        "one start",
        [path[:, 0].tolist() for path in paths.values()],
        len({tuple(path[:, 0]) for path in paths.values()}) == 1,
    )
    walls = np.sign(across["gradient descent"])
    say(name, "from wall to wall at each step", walls, walls[1:] == -walls[:-1])
    creep = -np.diff(along["gradient descent"])
    jump = np.abs(np.diff(across["gradient descent"]))
    say(name, "creeping along the floor", creep, np.median(creep) < np.median(jump) / 2)
    turns = np.flatnonzero(np.diff(np.sign(across["Adam"])))
    say(name, "few crossings", turns, 2 <= len(turns) <= 5)
    swings = [np.abs(part).max() for part in np.split(across["Adam"], turns + 1)]
    say(name, "smaller and smaller swings", swings, np.diff(swings) < 0)
    say(name, "Adam along the valley", along["Adam"], along["Adam"][-1] < along["Adam"][0] / 10)


def test_bias_correction():
    name = "adam.bias_correction"
    moments, steps = map(curves, draw(name).axes)
    m, v = moments["m"][1], moments["root of v"][1] ** 2
    say(name, "near zero at first", (m[0], v[0]), [m[0] <= 0.1 + 1e-12, v[0] < 0.01])
    say(name, "a first moment that takes tens of steps", m[[9, 49]], [m[9] < 0.7, m[49] > 0.99])
    say(name, "a second that is far slower", v[-1], v[-1] < 0.1)
    for key in ("m_hat", "root of v_hat"):
        say(name, "one from the first step", moments[key][1], np.abs(moments[key][1] - 1) < 1e-9)
    swing = steps["not corrected"][1]
    say(name, "far above one", swing, [swing.min() > 3, swing.max() > 6])
    say(name, "one throughout", steps["corrected"][1], np.abs(steps["corrected"][1] - 1) < 1e-6)


def test_step_ratios():
    steady, alternating, spike, growing = numbers(draw("adam.step_ratio"))
    assert steady == 1
    # Of alternating signs, m oscillates by (1 − β_1)/(1 + β_1) while v is 1.
    assert alternating == pytest.approx(0.1 / 1.9, abs=0.005)
    # (1 − β_1)/√(1 − β_2) after a silence without end; this one had an end.
    assert 3 < spike < 0.1 / np.sqrt(0.001)
    bound = 0.1 / np.sqrt(0.001 * (1 - 0.9**2 / 0.999))
    assert 7 < growing < bound


def test_one_parameter():
    name = "adam.one_parameter"
    place, moments, steps = map(curves, draw(name).axes)
    start, at = 5.0, {key: path[1] for key, path in place.items()}
    slow, fast = at["gradient descent"], at["Adam"]
    say(name, "hardly moved after 50 steps", slow[49], slow[49] > start - 0.5)
    drop = np.flatnonzero((slow < 3) & (slow > -1))
    say(name, "a drop all at once", len(drop), 0 < len(drop) < 80)
    crawl = slow[299] - slow[-1]
    say(name, "then a crawl", crawl, 0 < crawl < 0.5)
    say(name, "Adam off at once", fast[[0, 49]], [fast[0] < slow[0], fast[49] < start - 1])
    uneven = {key: path[1].max() / path[1][:200].min() for key, path in steps.items()}
    say(name, "a more even pace", uneven, uneven["Adam"] < uneven["gradient descent"] / 1.5)
    for key, path in steps.items():
        moved = np.abs(np.diff(at[key], prepend=start))
        say(name, f"the length of each step, {moved}", path[1], np.abs(path[1] - moved) < 1e-12)
    say(name, ["m_hat", "root of v_hat"], [*moments])


# --- training, mistakes, speed --------------------------------------------------------


def test_training_curves():
    name = "train.curves"
    upper, lower = draw(name).axes
    (steps, loss), (_, norm) = (ax.lines[0].get_xydata().T for ax in (upper, lower))
    say(name, ["log", "log"], [ax.get_yscale() for ax in (upper, lower)])
    at = dict(zip(steps.astype(int), loss, strict=True))
    say(name, "a fall", (at[0], at[400]), at[400] < at[0] / 2)
    say(name, "a long flat stretch", (at[400], at[1800]), at[1800] > at[400] / 2)
    say(name, "a second fall", (at[1800], at[2400]), at[2400] < at[1800] / 20)
    say(name, "a shorter gradient at the end", norm[[0, -1]], norm[-1] < norm[0] / 100)
    peaks = [
        int(steps[k])
        for k in range(8, len(norm) - 8)
        if norm[k] == norm[k - 8 : k + 9].max() > 1.2 * norm[k - 8 : k + 9].min()
    ]
    say(
        name,
        "peaks, one where the stretch ends",
        peaks,
        len(peaks) > 1 and any(1900 < step < 2200 for step in peaks),
    )


def test_wrong_curves():
    name = "wrong.curves"
    (ax,) = draw(name).axes
    say(name, "log", ax.get_yscale())
    loss = {key: path[1] for key, path in curves(ax).items()}
    ends = [loss[key][-1] for key in ("right", "counter stuck", "slope one", "root dropped")]
    say(name, "right, counter stuck, slope one, root dropped, from below", ends, np.diff(ends) > 0)
    half = [np.argmax(loss[key] < 0.1) for key in ("right", "counter stuck")]
    say(name, "the stuck counter slower", half, half[0] < half[1])
    say(name, "slope one learns", loss["slope one"][[0, -1]], ends[2] < loss["slope one"][0] / 2)
    hardly = loss["root dropped"]
    say(name, "hardly lower than at the start", hardly.min(), hardly.min() > 0.8 * hardly[0])


def test_speed_of_one_network():
    name = "speed.one_network"
    (ax,) = draw(name).axes
    drawn = curves(ax)
    say(name, ("log", "log"), (ax.get_xscale(), ax.get_yscale()))
    say(name, "a line at one", ax.lines[0].get_ydata(), np.equal(ax.lines[0].get_ydata(), 1))
    torch, jax, sklearn = (drawn[key][1] for key in ("torch", "jax", "sklearn"))
    say(name, "far below one and rising", torch, [*(torch < 0.5), *(np.diff(torch) > 0)])
    say(name, "from above one towards it", jax, [*(np.diff(jax) < 0), abs(jax[-1] - 1) < 0.1])
    say(name, "below one throughout", sklearn, sklearn < 1)
    strokes = [line.get_ydata() for line in ax.lines if "strokes" in line.get_label()]
    wanted = [each for who in ("torch", "jax", "sklearn") for each in speed.steps[who].values()]
    say(name, "every repetition", [*map(len, strokes)], [*map(len, strokes)] == [*map(len, wanted)])
    say(name, sorted(np.concatenate(wanted)), sorted(np.concatenate(strokes)))


def test_speed_of_the_whole():
    name = "speed.whole"
    (ax,) = draw(name).axes
    say(name, "log", ax.get_xscale())
    values = [path[0] for path in curves(ax).values()]
    names = [label.get_text() for label in ax.get_yticklabels()]
    say(name, [*curves(ax)], names)
    torch, jax, many, alone = map(np.median, values)
    say(name, "far left of one, PyTorch first", (torch, jax), torch < jax < 0.5)
    say(name, "close to one", many, 0.8 < many < 1.25)
    say(name, "left of one", alone, alone < 0.8)
    say(
        name,
        [*map(len, (speed.cold["torch"], speed.cold["jax"], speed.together, speed.by_one))],
        [*map(len, values)],
    )


def test_counts():
    name = "fast.counts"
    bars, lines = draw(name).axes
    calls = {"plain": [], "prepared": []}
    for group in bars.containers:
        calls[group.get_label()] += [int(bar.get_width()) for bar in group]
    total = {key: sum(parts) for key, parts in calls.items()}
    say(name, "three times as many", total, 2.5 * total["prepared"] < total["plain"])
    say(
        name, "checks in the plain step alone", calls, calls["plain"][0] > 0 == calls["prepared"][0]
    )
    drawn = curves(lines)
    n, plain = drawn["plain"]
    prepared = drawn["prepared"][1]
    say(name, "bytes in proportion to n", plain / n, np.ptp(plain / n) < 1e-9 * plain[0])
    full = prepared == prepared.max()
    say(name, "the same until a block is full", prepared, prepared[~full] == plain[~full])
    say(name, "then level", full, 0 < full.argmax() < len(n) and full[full.argmax() :].all())


# --- formulas in figures --------------------------------------------------------------


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def unit(k, j):
    """Give a_j^(k) of the shared run at points, loop by loop from the equation."""

    def activation(points):
        w, a = iter(common.trained().w), points
        widths = (2, 2, 8, 2)
        weights = [[[next(w) for _ in range(n)] for _ in range(m)] for n, m in pairwise(widths)]
        biases = [[next(w) for _ in range(m)] for m in widths[1:]]
        for rows, shifts in zip(weights[:k], biases, strict=False):
            a = [
                sigmoid(b + sum(each * value for each, value in zip(row, a, strict=True)))
                for row, b in zip(rows, shifts, strict=True)
            ]
        return a[j - 1]

    return activation


def corrected(power, beta):
    """Give the corrected moment of the gradient along the path of the bias."""

    def moment(text, _):
        found, total, b = [], 0.0, 5.0
        for t, after in enumerate(curves(text.figure.axes[0])["Adam"][1], start=1):
            a = sigmoid(b)
            total = beta * total + (1 - beta) * (a * a * (1 - a)) ** power
            found.append((total / (1 - beta**t)) ** (1 / power))
            b = after
        return np.array(found)

    return moment


def norm(_, x):
    """Give the length of the central differences of the loss at three recorded steps."""
    run, found = common.trained(), np.full(len(x), np.nan)

    def loss(w):
        _, a = voronet.forward(run.net, w, run.x)
        return np.square(a[-1] - run.y).sum() / (2 * run.x.shape[1])

    for k in (0, 100, 250):
        steps = 1e-5 * np.eye(len(run.w))
        slopes = [(loss(run.snapshots[k] + e) - loss(run.snapshots[k] - e)) / 2e-5 for e in steps]
        found[k] = np.sqrt(np.square(slopes).sum())
    return found


def loss_of_run(*_):
    """Give the loss at each recorded step, as the sum over points and outputs."""
    run, found = common.trained(), []
    for w in run.snapshots:
        _, a = voronet.forward(run.net, w, run.x)
        squares = [(p - q) ** 2 for p, q in zip(a[-1].flat, run.y.flat, strict=True)]
        found.append(sum(squares) / 2 / run.x.shape[1])
    return np.array(found)


def on_curves(oracle, *, colour=True, rtol=1e-9):
    """Hold a formula by the curves of its colour, or by all of its axes."""

    def hold(name, text):
        drawn = [line for line in text.axes.lines if len(line.get_xdata()) > 2]
        if colour:
            drawn = [line for line in drawn if line.get_color() == text.get_color()]
        assert drawn, f"figure:{name}: no curve has the colour of {text.get_text()}"
        for line in drawn:
            x, y = line.get_xydata().T
            wanted = oracle(text, x)
            known = np.isfinite(wanted)
            agree(y[known], wanted[known], rtol=rtol, atol=1e-12, what=text.get_text())

    return hold


def over_integers(name, text):
    """Hold the name of an axis that counts: integers, from zero or one on."""
    for line in (line for ax in text.figure.axes for line in ax.lines):
        x = line.get_xdata()
        if len(x) > 2:
            say(name, "integers that grow", x, (x == np.round(x)) & (np.diff(x, prepend=-1) > 0))


def above_numbers(*values):
    """Hold the name of a column by the numbers of its two units, from above."""

    def hold(_, text):
        at, height = text.get_position()
        others = [(o.get_position(), o.get_text()) for o in text.axes.texts if o.get_text()]
        below = sorted((height - y, word) for (x, y), word in others if x == at and y < height)
        numbers = [float(word.replace("−", "-")) for _, word in below[:2]]
        agree(numbers, values, rtol=0, atol=0.0051, what=text.get_text())

    return hold


def in_order(name, text):
    """Hold a name with an index by its place among those of its letter, from the left."""
    kind = [o for o in text.axes.texts if o.get_text()[:2] == text.get_text()[:2]]
    words = [o.get_text() for o in sorted(kind, key=lambda o: o.get_position()[0])]
    say(name, sorted(words), words)


def at_half(k, j):
    """Hold the title of a panel by its line, where this unit gives one half."""

    def hold(_, text):
        a = unit(k, j)(contour(text.axes, 0))
        agree(a, np.full_like(a, 0.5), rtol=0, atol=0.03, what=text.get_text())

    return hold


def near(end):
    """Hold a word on the plane by the veils under it, which tell between which levels a is."""

    def hold(name, text):
        (dark,) = veils(text.axes, np.array([text.get_position()]).T)
        between = np.array([0, *LEVELS, 1])[[dark, dark + 1]]
        say(name, text.get_text(), between, np.abs(between - end) <= 0.1)

    return hold


def product(_, text):
    """Hold the slope by which a sum is multiplied: that of the unit on its line."""
    a = 3 / 4 if text.get_position()[1] > 1 else 1 / 2  # the upper unit, and the lower
    agree(float(text.get_text()[-6:-1]), a * (1 - a), rtol=0, atol=0.0051, what="slope")


def elsewhere(name, text):
    """Leave a name to the test of its caption, which compares it with what is drawn."""


DELTA = [[-0.1422, 0.1116], [-0.0469, 0.125]]
FORMULAS = {
    "adam.bias_correction": {
        "$m$": on_curves(lambda _, t: 1 - 0.9**t),
        r"√$\!v$": on_curves(lambda _, t: np.sqrt(1 - 0.999**t)),
        r"corrected: $\hat m$ and √$\!\hat v$": on_curves(lambda _, t: np.ones_like(t)),
        "step $t$": over_integers,
    },
    "adam.one_parameter": {
        r"$\hat m$": on_curves(corrected(1, 0.9)),
        r"√$\!\hat v$": on_curves(corrected(2, 0.999)),
        "step $t$": over_integers,
    },
    "adam.step_ratio": {"step $t$": over_integers},
    "backprop.flow": {
        "$a^{(0)}$": above_numbers(0.5, 0.25),
        "$a^{(1)}$": above_numbers(0.75, 0.5),
        "$a^{(2)}$": above_numbers(0.75, 0.5),
        r"$\delta^{(1)}$": above_numbers(*DELTA[0]),
        r"$\delta^{(2)}$": above_numbers(*DELTA[1]),
        r"$\times\ \sigma$′ $= 0.19$": product,
        r"$\times\ \sigma$′ $= 0.25$": product,
    },
    "data.cells": dict.fromkeys([f"${c}_{k}$" for c in "GB" for k in (1, 2, 3)], elsewhere),
    "fast.counts": {"samples $n$": elsewhere},
    "gradient.layers": {
        **dict.fromkeys(["$W_1$", "$W_2$", "$W_3$"], elsewhere),
        "step $t$": over_integers,
    },
    "loss.one_output": {
        "loss $L$": on_curves(lambda _, z: sigmoid(z) ** 2 / 2),
        r"slope $\partial L/\partial z$": on_curves(
            lambda _, z: (sigmoid(z + 1e-5) ** 2 - sigmoid(z - 1e-5) ** 2) / 4e-5, rtol=1e-5
        ),
        "$z$": elsewhere,
    },
    "network.graph": {
        **dict.fromkeys([f"$a^{{({k})}}$" for k in range(4)], in_order),
        **dict.fromkeys([f"$W_{k}$" for k in (1, 2, 3)], in_order),
    },
    "network.half_planes": {"$a$ near 1": near(1), "$a$ near 0": near(0)},
    "network.sigmoid": {
        r"$\sigma(z)$": on_curves(lambda _, z: sigmoid(z)),
        r"$\sigma$′$(z)$": on_curves(
            lambda _, z: (sigmoid(z + 1e-5) - sigmoid(z - 1e-5)) / 2e-5, rtol=1e-5
        ),
        "$z$": elsewhere,
    },
    "network.two_units": {
        f"layer {k}, unit {j}: $a_{j}^{{({k})}}$": at_half(k, j)
        for k, j in ((1, 1), (1, 2), (2, 4), (2, 7))
    },
    "train.curves": {
        "loss $L$": on_curves(loss_of_run, colour=False),
        r"gradient norm $\Vert g\Vert$": on_curves(norm, colour=False, rtol=1e-4),
        "step $t$": over_integers,
    },
}


@pytest.mark.parametrize("name", number_figures(DOCS))
def test_every_formula_in_a_figure_is_held(name):
    figure = draw(name)
    texts = [
        text
        for text in figure.findobj(Text)
        if re.search(r"[$√σδ′]", text.get_text()) and "10^" not in text.get_text()
    ]
    held = FORMULAS.get(name, {})
    say(name, sorted(held), sorted({text.get_text() for text in texts}))
    for text in texts:
        held[text.get_text()](name, text)


# What a cell of an executed page draws under each formula on its axes.
DRAWN = {
    ("adam", "step $t$"): ["np.arange(1, T + 1), taken", "ax.plot(path, color=colour)"],
    ("adam", "$x$"): ["ax.plot(path, color=colour)"],
    ("adam", r"learning rate $\\eta$"): ['ax.errorbar(record["rates"], share'],
    ("failure", "$n L$, the final loss times the number of points"): ["loss[success] * N"],
    ("failure", "number of points $n$"): ['(N, swept("n", N))'],
    ("how-do-we-know", "step $t$"): ["ax.semilogy(steps, path"],
    ("how-do-we-know", "loss $L$"): ["ax.semilogy(steps, path"],
    ("how-do-we-know", "step $h$"): ["ax.loglog(steps, curves[kind]"],
    ("how-often", "final loss $L$"): ["ax.plot(study.loss[these], height"],
    ("how-often", "$n={n}$"): ["enumerate(studies.values())"],
    ("how-often", "step $t$"): ["ax.semilogy(steps, middle"],
    ("inside", "$a_1^{(1)}$"): ["ax.plot(*image[:, blue]"],
    ("inside", "$a_2^{(1)}$"): ["ax.plot(*image[:, blue]"],
    ("inside", "step $t$"): ["ax.plot(run.steps, "],
}


@pytest.mark.parametrize("page", sorted((DOCS / "run").glob("*.py")), ids=lambda page: page.stem)
def test_every_formula_on_an_axis_of_an_executed_page_names_what_is_drawn(page):
    cells = re.split(r"^(?=# %%)", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for cell in cells:
        code = "\n".join(line for line in cell.splitlines() if line[:1] != "#")
        for label in re.findall(r'"([^"\n]*\$[^"\n]+\$[^"\n]*)"', code):
            drawn = DRAWN.get((page.stem, label), [])
            say(f"{page.stem}: {label}", drawn, code, any(each in code for each in drawn))
