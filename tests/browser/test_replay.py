"""The replay in a real browser: it draws what `voronet.decision` says, and it plays."""

import re

import numpy as np
import pytest

import voronet
from voronet.show.palette import DARK, LIGHT
from voronet.show.replay import replay

pytestmark = pytest.mark.browser

SIDE = 40
FRAMES = (0, 1, 2, 5, 9, 14, 20, 27, 35, 40)


@pytest.fixture(scope="module")
def run():
    rng = np.random.default_rng(11)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(60, rng)
    y = voronet.one_hot(rule.label(x))
    # A high rate, so that few steps bend the boundary far.
    adam = voronet.Adam(learning_rate=0.05)
    return voronet.train(
        x, y, optimiser=adam, rule=rule, max_steps=2000, record_every=50
    )


@pytest.fixture(scope="module")
def address(run, tmp_path_factory):
    path = tmp_path_factory.mktemp("replay") / "run.html"
    run.replay().save(path)
    return path.as_uri()


@pytest.fixture
def open_page(browser, address):
    """Open the replay; fail on a console error, a page error or any request."""
    contexts, wrong = [], []

    def opened(url=address, width=800, flat=False, still=True, **options):
        motion = "reduce" if still else "no-preference"
        context = browser.new_context(
            viewport={"width": width, "height": 1000}, reduced_motion=motion, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda m: m.type == "error" and wrong.append(m.text))
        page.on("request", lambda r: r.url != url and wrong.append(f"asks for {r.url}"))
        if flat:
            page.add_init_script(
                "const get = HTMLCanvasElement.prototype.getContext;"
                "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
                "return kind === 'webgl2' ? null : get.call(this, kind, ...rest); };"
            )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert wrong == []


def ask(page, expression):
    """Evaluate an expression about the replay `r`."""
    found = "const r = document.querySelector('voronet-replay');"
    return page.evaluate(f"(() => {{ {found} return {expression}; }})()")


def lattice(side):
    """List the centres of a lattice, rows from below."""
    centres = (np.arange(side) + 0.5) / side
    return np.stack(np.meshgrid(centres, centres)).reshape(2, -1)


def wrongest(page, net, w, frame):
    """Compare what is drawn in a frame with the decision of w: the greatest error."""
    drawn = np.array(ask(page, f"r.probabilities({frame}, {SIDE})"))
    return np.abs(drawn - voronet.decision(net, w, lattice(SIDE))).max()


@pytest.mark.parametrize("flat", [False, True], ids=["webgl2", "2d"])
def test_every_drawn_probability_is_the_decision(open_page, run, flat):
    page = open_page(flat=flat)
    assert ask(page, "r.painter.kind") == ("2d" if flat else "webgl2")
    for frame in FRAMES:
        error = wrongest(page, run.net, run.snapshots[frame], frame)
        assert error < 1e-5, f"frame {frame}: off by {error:.1e}"


def test_the_comparison_sees_a_wrong_frame_layer_or_transpose(open_page, run):
    page = open_page()
    frame = FRAMES[-1]
    w = run.snapshots[frame]
    weights, biases = (list(parts) for parts in run.net.unpack(w))
    flipped = [weights[0].T, *weights[1:]]
    square = voronet.Network((2, 2, 2, 2))
    rng = np.random.default_rng(0)
    v = square.initial_parameters(rng, scale=3.0)
    pieces, shifts = square.unpack(v)
    swapped = square.pack([pieces[1], pieces[0], pieces[2]], list(shifts))
    assert wrongest(page, run.net, run.snapshots[frame - 1], frame) > 1e-3
    assert wrongest(page, run.net, run.net.pack(flipped, biases), frame) > 1e-3
    gap = voronet.decision(square, swapped, lattice(SIDE))
    assert np.abs(gap - voronet.decision(square, v, lattice(SIDE))).max() > 1e-3


@pytest.mark.parametrize("widths", [(2, 2), (2, 5, 2), (2, 3, 4, 5, 2)])
@pytest.mark.parametrize("flat", [False, True], ids=["webgl2", "2d"])
def test_any_widths_are_drawn(open_page, run, tmp_path, widths, flat):
    net = voronet.Network(widths)
    adam = voronet.Adam(learning_rate=0.05)
    other = voronet.train(run.x, run.y, net=net, optimiser=adam, max_steps=300)
    path = tmp_path / "other.html"
    other.replay().save(path)
    page = open_page(path.as_uri(), flat=flat)
    for frame in (0, 1, 3):
        error = wrongest(page, net, other.snapshots[frame], frame)
        assert error < 1e-5, f"widths {widths}, frame {frame}: off by {error:.1e}"


def shade(p_blue, palette):
    """Shade a probability: green_soft at 0, paper at ½, blue_soft at 1."""
    ends = [palette.green_soft, palette.paper, palette.blue_soft]
    rgb = np.array([list(bytes.fromhex(colour[1:])) for colour in ends])
    return [float(np.interp(p_blue, [0, 0.5, 1], rgb[:, c])) for c in range(3)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("flat", [False, True], ids=["webgl2", "2d"])
def test_twenty_pixels_have_the_palette_s_colour(open_page, run, flat, scheme):
    page = open_page(flat=flat, color_scheme=scheme)
    rng, side = np.random.default_rng(2), 400
    for x, y in rng.random((20, 2)):
        frame = int(rng.integers(len(run.steps)))
        centre = (np.floor(np.array([[x], [y]]) * side) + 0.5) / side
        p_blue = voronet.decision(run.net, run.snapshots[frame], centre)[0]
        want = shade(p_blue, DARK if scheme == "dark" else LIGHT)
        got = ask(page, f"r.pixel({frame}, {x}, {y}, {side})")
        assert got == pytest.approx(want, abs=2), f"frame {frame} at ({x:.3f}, {y:.3f})"


@pytest.mark.parametrize("flat", [False, True], ids=["webgl2", "2d"])
def test_the_screen_shows_the_frame_that_the_text_names(open_page, run, flat):
    page = open_page(flat=flat)
    for frame in (0, 20, 40):
        ask(page, f"r.go({frame})")
        # Read the canvas itself, not the function that fills it, away from any mark.
        got = ask(
            page,
            "(() => { r.paint(); const c = document.createElement('canvas');"
            "c.width = c.height = r.under.width; const g = c.getContext('2d');"
            "g.drawImage(r.under, 0, 0); const side = c.width;"
            "return [[.05, .05], [.5, .5], [.95, .2], [.3, .8]].map(([x, y]) =>"
            "Array.from(g.getImageData(Math.floor(x * side),Math.floor((1 - y) * side),"
            "1, 1).data.slice(0, 3))); })()",
        )
        places = np.array([[0.05, 0.5, 0.95, 0.3], [0.05, 0.5, 0.2, 0.8]])
        p_blue = voronet.decision(run.net, run.snapshots[frame], places)
        for colour, p in zip(got, p_blue, strict=True):
            assert colour == pytest.approx(shade(p, LIGHT), abs=4), f"frame {frame}"
        assert page.inner_text(".text").startswith(f"step {run.steps[frame]:,}")


def test_keys_move_through_the_frames(open_page):
    page = open_page()
    page.focus(".stage")
    for key, frame in (("End", 40), ("ArrowLeft", 39), ("Home", 0), ("ArrowRight", 1)):
        page.keyboard.press(key)
        assert ask(page, "r.index") == frame, key
    page.keyboard.press("Space")
    assert ask(page, "r.playing")
    page.keyboard.press("Space")
    assert not ask(page, "r.playing")


def test_it_plays_to_the_end_and_stops(open_page):
    page = open_page()
    page.select_option("select", "4")
    page.click("button[aria-label=Play]")
    page.wait_for_function("document.querySelector('voronet-replay').index === 40")
    page.wait_for_selector("button[aria-label=Play]")
    assert not ask(page, "r.playing")
    said = page.inner_text("[aria-live=polite]")
    assert re.fullmatch(r"step 2,000, loss \S.*, \d+ of 60 points right", said)


def test_a_click_on_the_curve_goes_to_its_step(open_page, run):
    page = open_page()
    box = page.locator(".curve").bounding_box()
    page.mouse.click(box["x"] + 0.75 * box["width"], box["y"] + 10)
    assert run.steps[ask(page, "r.index")] == 1500


def test_it_starts_by_itself_unless_motion_is_unwanted(open_page):
    page = open_page(still=False)
    page.wait_for_function("document.querySelector('voronet-replay').index > 2")
    still = open_page(still=True)
    still.wait_for_timeout(500)
    assert ask(still, "[r.playing ?? false, r.index]") == [False, 0]


def test_without_javascript_the_poster_remains(open_page, run, tmp_path):
    path = tmp_path / "film.html"
    replay(run, video="film.mp4").save(path)
    page = open_page(path.as_uri(), java_script_enabled=False)
    assert page.locator(".poster figure svg").count() == 2
    assert page.get_by_role("link", name="Watch the film").is_visible()


def test_with_javascript_the_poster_is_gone(open_page):
    page = open_page()
    assert not page.locator(".poster").is_visible()


def test_each_unit_shows_its_activation_when_asked(open_page, run):
    page = open_page()
    ask(page, "r.go(40)")
    page.click("summary")
    page.wait_for_timeout(100)
    _, a = voronet.forward(
        run.net, run.snapshots[40], np.array([[24.5 / 48], [1 - 24.5 / 48]])
    )
    units = np.concatenate([layer[:, 0] for layer in a[1:]])
    for u, activation in enumerate(units):
        drawn = f"r.maps[{u}].getContext('2d').getImageData(24, 24, 1, 1).data"
        assert ask(page, f"Array.from({drawn}.slice(0, 3))") == pytest.approx(
            shade(activation, LIGHT), abs=3
        ), f"unit {u}"


@pytest.mark.parametrize("width", [360, 800])
def test_it_fits_the_screen_and_the_finger(open_page, width):
    page = open_page(width=width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in ("Play", "Previous frame", "Next frame"):
        box = page.get_by_role("button", name=name).bounding_box()
        assert min(box["width"], box["height"]) >= 44, name


def test_it_follows_the_site_s_scheme_and_comes_back_after_leaving(open_page):
    page = open_page()
    page.evaluate("document.body.setAttribute('data-md-color-scheme', 'slate')")
    page.wait_for_timeout(100)
    paper = list(bytes.fromhex(DARK.paper[1:]))
    assert ask(page, "r.colours.paper") == paper
    # What instant navigation does: the element leaves the page and is put back.
    page.evaluate(
        "const r = document.querySelector('voronet-replay'), home = r.parentNode;"
        "r.remove(); home.append(r)"
    )
    page.focus(".stage")
    page.keyboard.press("End")
    assert ask(page, "r.index") == 40
