"""The recorded runs: their problems and their beginnings, computed again.

A long run amplifies the last bit, so no other machine ends where it ended. What can
be made again anywhere is drawn and trained here: the points, the labels, and the
parameters after the first hundred steps.
"""

from datetime import date

import numpy as np
import pytest

import voronet
from docs.run.recorded import adam, failure, paper
from docs.run.recorded.record import BEGINNINGS, FOLDER
from tests.agree import agree, same_bits

FILES = sorted(path.stem for path in FOLDER.glob("*.npz"))


def recorded(name):
    """Read the arrays of a recorded run."""
    with np.load(FOLDER / f"{name}.npz") as file:
        return {array: file[array] for array in file.files}


@pytest.mark.parametrize("name", ["adam", "failure", "paper"])
def test_a_record_says_where_it_comes_from(name):
    record = recorded(name)
    assert record["command"] == f"python -m docs.run.recorded.{name}"
    assert date.fromisoformat(str(record["date"])) >= date(2026, 11, 1)
    assert str(record["numpy"]).count(".") == 2
    assert str(record["python"]).startswith("3.")
    assert record["seconds"] > 0
    assert len(record["seeds"]) > 0


def test_every_record_is_small_and_has_a_script():
    assert FILES == ["adam", "failure", "failure-worst", "paper"]
    for name in FILES:
        size = (FOLDER / f"{name}.npz").stat().st_size
        assert size < 100_000, f"{name}.npz has {size} bytes"


def test_failure_begins_as_recorded():
    record = recorded("failure")
    assert record["seeds"].tolist() == list(failure.SEEDS)
    for seed in BEGINNINGS:
        # Draw the problem from its seed: three green seeds, three blue, fifty points.
        rng = np.random.default_rng(seed)
        green, blue = rng.random((2, 3)), rng.random((2, 3))
        x = rng.random((2, 50))
        same_bits(record["x"][seed], x, what=f"points of seed {seed}")
        # Colour each point by its nearest seed, one at a time.
        for i, point in enumerate(x.T):
            nearest = [
                min(((point - seed_) ** 2).sum() for seed_ in seeds.T)
                for seeds in (green, blue)
            ]
            assert record["label"][seed, i] == (nearest[1] < nearest[0])
        # Train for a hundred steps by the public functions.
        net, adam_ = voronet.Network(), voronet.Adam()
        y, w = voronet.one_hot(record["label"][seed]), 0.5 * rng.standard_normal(48)
        state = adam_.start(w)
        for _ in range(100):
            w, state = adam_.step(w, voronet.gradient(net, w, x, y), state)
        agree(record["w_100"][seed], w, atol=1e-12, what=f"w of seed {seed}")


def test_failure_agrees_with_itself():
    record = recorded("failure")
    # Points are wrong by whole numbers, and the accuracy says the same.
    agree(1 - record["wrong"] / 50, record["accuracy"], atol=1e-12)
    worst = voronet.load(FOLDER / "failure-worst.npz")
    assert worst.loss[-1] == record["loss"].max()
    # Evaluate its last parameters: the loss and the mistakes are those on record.
    _, a = voronet.forward(worst.net, worst.w, worst.x)
    agree(voronet.mean_squared_error(a[-1], worst.y), record["loss"].max())
    missed = ((a[-1][1] > a[-1][0]) != (worst.y[1] == 1)).sum()
    assert missed == record["wrong"][record["loss"].argmax()]
    seed = int(record["seeds"][record["loss"].argmax()])
    rng = np.random.default_rng(seed)
    assert worst.rule == voronet.VoronoiRule.random(rng)
    same_bits(worst.x, voronet.sample_points(50, rng))
    same_bits(worst.snapshots[0], worst.net.initial_parameters(rng))


def test_failure_splits_the_gradient():
    record = recorded("failure")
    worst = voronet.load(FOLDER / "failure-worst.npz")
    row = record["loss"].argmax()
    _, a = voronet.forward(worst.net, worst.w, worst.x)
    off = (a[-1][1] > a[-1][0]) != (worst.y[1] == 1)
    # Add up the gradients of the samples one by one, wrong and right apart.
    parts = {True: np.zeros(48), False: np.zeros(48)}
    for i in range(50):
        x, y = worst.x[:, [i]], worst.y[:, [i]]
        parts[bool(off[i])] += voronet.gradient(worst.net, worst.w, x, y) / 50
    wrong, right = parts[True], parts[False]
    agree(record["pull_wrong"][row], np.sqrt((wrong**2).sum()), rtol=1e-6)
    agree(record["pull_right"][row], np.sqrt((right**2).sum()), rtol=1e-6)
    whole = np.sqrt(((wrong + right) ** 2).sum())
    agree(worst.gradient_norm[-1], whole, rtol=1e-6)


def test_the_cross_entropy_gradient_is_that_of_a_complex_step(rng):
    net, h = voronet.Network((2, 3, 2)), 1e-30
    w, x = rng.normal(size=net.size), rng.random((2, 5))
    y = voronet.one_hot([0, 1, 1, 0, 1])

    def loss(w):
        W1, W2 = w[:6].reshape(3, 2), w[6:12].reshape(2, 3)
        a = 1 / (1 + np.exp(-(W1 @ x + w[12:15, np.newaxis])))
        a = 1 / (1 + np.exp(-(W2 @ a + w[15:, np.newaxis])))
        return -(y * np.log(a) + (1 - y) * np.log(1 - a)).sum() / 5

    expected = [loss(w + 1j * h * axis).imag / h for axis in np.eye(net.size)]
    agree(failure.cross_entropy_gradient(net, w, x, y), np.array(expected))


@pytest.mark.parametrize("n", [10, 11])
def test_paper_begins_as_recorded(n):
    record = recorded("paper")
    same_bits(record["x"], paper.X)
    # Train a few of the starts for a hundred steps, each alone, with plain gradients.
    for seed in (0, 1, 63):
        rng = np.random.default_rng(seed)
        w = 0.5 * rng.standard_normal(23)
        for _ in range(100):
            i = rng.integers(n)
            sample = record["x"][:, [i]], record["y"][:, [i]]
            w = w - 0.05 * voronet.gradient(paper.NET, w, *sample)
        agree(record[f"w_100_{n}"][seed], w, atol=1e-12, what=f"w of seed {seed}")


@pytest.mark.parametrize("n", [10, 11])
def test_paper_agrees_with_itself(n):
    record = recorded("paper")
    assert record["steps"][[0, -1]].tolist() == [0, paper.STEPS]
    x, y = record["x"][:, :n], record["y"][:, :n]
    for row, w in enumerate(record[f"w_{n}"]):
        outputs = voronet.forward(paper.NET, w, x)[1][-1]
        cost = sum(((y[:, i] - outputs[:, i]) ** 2).sum() for i in range(n))
        agree(record[f"cost_{n}"][-1, row], np.float64(cost), rtol=1e-6)
    order = np.argsort(record[f"cost_{n}"][-1])
    assert record[f"median_{n}"] == order[len(order) // 2]


def test_adam_begins_as_recorded():
    record = recorded("adam")
    assert record["rates"].tolist() == list(adam.RATES)
    for rate, w_100 in zip(record["rates"], record["w_100"], strict=True):
        # Another processor's last bit grows beyond the tolerance at larger rates.
        if rate > 0.1:
            continue
        again = voronet.study(
            range(8), optimiser=voronet.Adam(learning_rate=rate), max_steps=100
        )
        agree(again.w, w_100, atol=1e-12, what=f"w at rate {rate}")
    # Follow the first of the watched runs, one step at a time.
    rng = np.random.default_rng(0)
    rule = voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(50, rng)
    y, w = voronet.one_hot(rule.label(x)), 0.5 * rng.standard_normal(48)
    adam_ = voronet.Adam()
    state, norms = adam_.start(w), []
    for _ in range(101):
        g = voronet.gradient(voronet.Network(), w, x, y)
        norms.append(np.sqrt((g**2).sum()))
        w, state = adam_.step(w, g, state)
    at = record["kept"].tolist().index(100)
    agree(record["shrunk"][at, 0], norms[100] / norms[0], rtol=1e-9)
    # A run that fits every point has lost none of them.
    fits = record["accuracy"] == 1
    assert (record["loss"][fits] < 0.25).all()
    assert fits.any()
    assert not fits.all()
