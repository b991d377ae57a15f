"""The replay as a file: what it holds, what it weighs, what it refuses."""

import base64
import io
import json
import re
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

import voronet
from voronet.show import replay
from voronet.show._film import HEIGHT, WIDTH
from voronet.show._replay import MOST_FRAMES, chosen


def problem(n=100, seed=5):
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(n, rng)
    return rule, x, voronet.one_hot(rule.label(x))


@pytest.fixture(scope="module")
def run():
    rule, x, y = problem()
    return voronet.train(x, y, rule=rule, max_steps=2000, record_every=5)


def data(html):
    """Read the data of a replay back out of its HTML."""
    return json.loads(unescape(re.search("data-run='(.*?)'", html)[1]))


def test_the_snapshots_are_in_it_to_32_bits(run):
    held = data(run.replay().html)
    w = np.frombuffer(base64.b64decode(held["snapshots"]), dtype="<f4")
    shown = [list(run.steps).index(step) for step in held["steps"]]
    assert w.reshape(-1, 48) == pytest.approx(run.snapshots[shown], rel=1e-7)


def test_the_counts_beside_a_frame_are_those_of_its_parameters(run):
    held = data(run.replay().html)
    label = run.rule.label(run.x)
    for i in (0, 57, len(held["steps"]) - 1):
        k = list(run.steps).index(held["steps"][i])
        # Decide by the larger output, as the paper does.
        a = voronet.forward(run.net, run.snapshots[k], run.x)[1][-1]
        right = int(((a[1] > a[0]) == (label == 1)).sum())
        assert held["right"][i] == right, f"frame {i}: {held['right'][i]}, not {right}"
        assert held["loss"][i] == pytest.approx(run.loss[k], rel=1e-3)


def test_four_hundred_frames_weigh_at_most_160_kilobytes(run):
    html = run.replay().html
    assert len(data(html)["steps"]) == MOST_FRAMES
    assert len(html.encode()) <= 160_000, f"{len(html.encode()):,} bytes"


@pytest.mark.parametrize("frames", [1, 2, 399, 400, 401, 450, 1001, 20_000])
def test_the_chosen_frames_are_distinct_with_both_ends(frames):
    shown = chosen(frames)
    assert shown[0] == 0, f"{frames} frames begin with {shown[0]}"
    assert shown[-1] == frames - 1, f"{frames} frames end with {shown[-1]}"
    assert len(shown) == min(frames, MOST_FRAMES)
    assert (np.diff(shown) > 0).all(), f"{frames} frames: one is shown twice"


class Addresses(HTMLParser):
    """Collect every address that a page would load."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, _tag, attrs):
        self.found += [value for name, value in attrs if name in ("src", "href")]


def test_it_loads_nothing(run):
    parser = Addresses()
    parser.feed(run.replay().html)
    assert [a for a in parser.found if not a.startswith("data:")] == []
    assert "@import" not in run.replay().html
    assert "url(" not in run.replay().html


def test_without_javascript_a_picture_and_a_film_remain(run):
    html = replay(run, video='film.mp4?"<').html
    (still,) = re.findall('<img src="data:image/webp;base64,([^"]*)"', html)
    with Image.open(io.BytesIO(base64.b64decode(still))) as picture:
        assert picture.size == (320, 373)
    assert "The decision region from step 0 to step 2,000." in html
    assert '<a href="film.mp4?&quot;&lt;">' in html


def test_the_rule_can_be_given_later():
    rule, x, y = problem()
    bare = voronet.train(x, y, max_steps=20)
    assert data(bare.replay().html)["seeds"] == []
    assert data(bare.replay().html)["boundary"] == []
    given = data(replay(bare, rule=rule).html)
    assert given["seeds"] == [rule.green.tolist(), rule.blue.tolist()]
    # Each piece of the boundary is as far from a green seed as from a blue one.
    for x1, y1, x2, y2 in given["boundary"]:
        middle = np.array([[x1 + x2], [y1 + y2]]) / 2
        green, blue = (
            np.linalg.norm(seeds - middle, axis=0).min()
            for seeds in (rule.green, rule.blue)
        )
        assert green == pytest.approx(blue, abs=1e-4), f"at {middle.ravel()}"


def test_the_file_is_whole_or_not_there(run, tmp_path, monkeypatch):
    path = tmp_path / "run.html"
    run.replay().save(path)
    before = path.read_text(encoding="utf-8")
    assert before.startswith("<!doctype html>")
    assert before.count("<voronet-replay ") == 1

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        run.replay().save(path)
    assert path.read_text(encoding="utf-8") == before
    assert [p.name for p in tmp_path.iterdir()] == ["run.html"]


def test_a_notebook_shows_the_replay_of_what_can_be_shown(run):
    assert run._repr_html_() == run.replay().html
    assert run.replay()._repr_html_() == run.replay().html
    for shown in (run, run.replay()):
        with Image.open(io.BytesIO(shown._repr_png_())) as picture:
            assert picture.size == (WIDTH, HEIGHT)
    assert repr(run.replay()) == f"<Replay of {run}: save('run.html') writes a page>"
    several = voronet.train(run.x, run.y, seed=[0, 1], max_steps=5)
    assert several._repr_html_() is several._repr_png_() is None
    other = voronet.train([[0.1]], [[1.0]], net=voronet.Network((1, 1)), max_steps=5)
    assert other._repr_html_() is None


@pytest.mark.parametrize(
    "optimiser", [voronet.GradientDescent(1e50), voronet.Adam(1e48)]
)
def test_the_largest_rates_are_shown(run, optimiser):
    # A warning would be an error here.
    far = voronet.train(
        run.x, run.y, optimiser=optimiser, max_steps=3, record_every=1, tol=0
    )
    assert np.abs(far.snapshots).max() > np.finfo(np.float32).max
    shown = np.frombuffer(
        base64.b64decode(data(far._repr_html_())["snapshots"]), np.float32
    )
    assert np.isfinite(shown).all()
    assert far._repr_png_()


def test_what_cannot_be_shown_is_refused(run):
    several = voronet.train(run.x, run.y, seed=[0, 1], max_steps=5)
    with pytest.raises(ValueError, match=r"run: .*2 networks.* given; allowed"):
        several.replay()
    with pytest.raises(ValueError, match="rule: 3 given; allowed"):
        replay(run, rule=3)
    with pytest.raises(ValueError, match="video: 3 given; allowed"):
        replay(run, video=3)
    with pytest.raises(ValueError, match="path: 3 given; allowed"):
        replay(run).save(3)
    with pytest.raises(ValueError, match="run: 'x' given; allowed"):
        replay("x")
