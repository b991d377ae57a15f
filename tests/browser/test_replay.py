"""The replay in a real browser: it draws what `voronet.decision` says, and it plays."""

import re
from dataclasses import replace

import numpy as np
import pytest

import voronet
from voronet.show import DARK, LIGHT, replay

pytestmark = [pytest.mark.browser, pytest.mark.slow]

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


@pytest.fixture(scope="module")
def browser(launch):
    """Draw with WebGL2, in software, so that no graphics card is needed."""
    return launch("--use-angle=swiftshader", "--enable-unsafe-swiftshader")


@pytest.fixture
def open_page(browser, address):
    """Open the replay; fail on a console error, a page error or any request."""
    contexts, wrong = [], []

    def opened(url=address, width=800, flat=False, still=True, at="", **options):
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
        page.goto(url + at)
        if still and options.get("java_script_enabled", True):
            # The graphics card starts when a reader does something.
            ask(page, "r.show(r.index)")
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


def test_the_handle_on_the_curve_is_dragged(open_page, run):
    page = open_page()
    handle, curve = page.locator(".handle"), page.locator(".curve").bounding_box()
    page.mouse.move(curve["x"] + curve["width"], curve["y"] + 20)
    page.mouse.down()
    page.mouse.move(curve["x"] + 0.25 * curve["width"], curve["y"] + 20, steps=5)
    page.mouse.up()
    assert run.steps[ask(page, "r.index")] == 500
    box = handle.bounding_box()
    assert box["x"] + box["width"] / 2 == pytest.approx(
        curve["x"] + 0.25 * curve["width"], abs=1
    )
    # Its knob lies on the curve: as high as the loss, on a logarithmic scale.
    logs = np.log10(run.loss)
    share = (logs[10] - logs.min()) / np.ptp(logs)
    height = handle.evaluate("e => e.style.getPropertyValue('--height')")
    assert float(height.rstrip("%")) == pytest.approx(
        100 * (54 - 50 * share) / 56, abs=0.2
    )


def test_an_address_opens_a_frame(open_page, address, run):
    page = open_page()
    ask(page, "r.go(20)")
    href = page.get_by_role("link", name="Link to this frame").get_attribute("href")
    assert href == f"#step-{run.steps[20]}"
    ask(page, "r.go(3)")
    page.evaluate(f"location.hash = '{href}'")
    page.wait_for_function("document.querySelector('voronet-replay').index === 20")
    # Opened anew, it stays at that frame, also where it would begin to play.
    again = open_page(address, still=False, at=href)
    again.wait_for_timeout(400)
    assert ask(again, "[r.playing ?? false, r.index]") == [False, 20]


def test_the_line_of_a_single_steep_layer_is_straight(open_page, run, tmp_path):
    # With z_2 = -z_1, log(a_2 / a_1) = z_2 is linear: its line is found exactly. The
    # probability jumps from 0 to 1 within one step of the lattice.
    net = voronet.Network((2, 2))
    steep = voronet.train(run.x, run.y, net=net, max_steps=0)
    w = 300 * np.array([-3.0, -1.0, 3.0, 1.0, 1.7, -1.7])
    path = tmp_path / "steep.html"
    replace(steep, snapshots=w[np.newaxis]).replay().save(path)
    page = open_page(path.as_uri())
    x, y = np.array(ask(page, "r.line(0)")).reshape(-1, 2).T
    assert len(x) > 100
    worst = np.abs(3 * x + y - 1.7).max()
    assert worst < 1e-6, f"{worst:.1e} away from the line 3 x + y = 1.7"


@pytest.mark.parametrize("flat", [False, True], ids=["webgl2", "2d"])
def test_the_view_follows_the_points(open_page, run, tmp_path, flat):
    x = 6 * run.x - [[3], [40]]
    adam = voronet.Adam(learning_rate=0.05)
    far = voronet.train(x, run.y, optimiser=adam, max_steps=300)
    path = tmp_path / "far.html"
    far.replay().save(path)
    page = open_page(path.as_uri(), flat=flat)
    low, high = x.min(axis=1, keepdims=True), x.max(axis=1, keepdims=True)
    side = 1.1 * (high - low).max()
    places = (low + high) / 2 + side * (lattice(SIDE) - 0.5)
    drawn = np.array(ask(page, f"r.probabilities(3, {SIDE})"))
    error = np.abs(drawn - voronet.decision(far.net, far.w, places)).max()
    assert error < 1e-5, f"off by {error:.1e}"
    at = np.array(ask(page, "r.data.points"))
    assert at == pytest.approx((x - (low + high) / 2) / side + 0.5, abs=1e-4)


def test_it_starts_when_a_reader_moves_unless_motion_is_unwanted(open_page):
    page = open_page(still=False)
    page.wait_for_timeout(300)
    # Before that it shows what was learnt.
    assert ask(page, "[r.playing ?? false, r.index]") == [False, 40]
    page.mouse.move(5, 5)
    page.mouse.move(9, 9)
    page.wait_for_function("document.querySelector('voronet-replay').index < 40")
    page.wait_for_function("document.querySelector('voronet-replay').index > 2")
    still = open_page(still=True)
    still.mouse.move(5, 5)
    still.mouse.move(9, 9)
    still.wait_for_timeout(500)
    # What stands still is the end.
    assert ask(still, "[r.playing ?? false, r.index]") == [False, 40]


def test_far_below_the_window_it_waits_until_it_is_near(open_page, run, tmp_path):
    path = tmp_path / "below.html"
    run.replay().save(path)
    begin, tag, rest = path.read_text(encoding="utf-8").partition("<voronet-replay")
    above = '<p style="height: 5000px"></p>'
    path.write_text(begin + above + tag + rest, encoding="utf-8")
    page = open_page(path.as_uri(), still=False)
    assert ask(page, "!r.stage"), "it began 5,000 px below the window"
    page.mouse.wheel(0, 3500)
    page.wait_for_function("document.querySelector('voronet-replay').stage")
    named = open_page(path.as_uri(), still=False, at="#step-100")
    assert ask(named, "r.frames - 1 > r.index && scrollY > 0"), "it missed its step"


def test_a_tap_on_play_plays(open_page):
    page = open_page(still=False, has_touch=True)
    page.get_by_role("button", name="Play").tap()
    page.wait_for_timeout(200)
    assert ask(page, "r.playing")


def test_without_javascript_the_poster_remains(open_page, run, tmp_path):
    path = tmp_path / "film.html"
    replay(run, video="film.mp4").save(path)
    page = open_page(path.as_uri(), java_script_enabled=False)
    image = page.locator(".poster img")
    image.wait_for()
    assert image.evaluate("image => image.naturalWidth") == 320
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


def test_the_slider_has_a_row_of_its_own_on_a_phone(open_page):
    for width, alone in ((390, True), (800, False)):
        page = open_page(width=width)
        slider = page.get_by_role("slider").bounding_box()
        play = page.get_by_role("button", name="Play").bounding_box()
        assert (slider["y"] + slider["height"] <= play["y"]) == alone, width
        assert slider["width"] > (0.85 if alone else 0.5) * width


def test_picture_and_controls_fit_a_small_laptop(open_page):
    page = open_page(width=1366)
    page.set_viewport_size({"width": 1366, "height": 768})
    page.evaluate("document.querySelector('.stage').scrollIntoView()")
    for place in (".stage", ".curve", ".controls"):
        box = page.locator(place).bounding_box()
        assert 0 <= box["y"] < box["y"] + box["height"] <= 768, place


@pytest.mark.parametrize("width", [320, 360, 800])
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
