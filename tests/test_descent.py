"""Plain gradient descent."""

from fractions import Fraction

import numpy as np
import pytest

import voronet
from tests.agree import agree, same_bits
from voronet import Network
from voronet.descent import DescentState, GradientDescent


@pytest.mark.equation("eq:descent")
# --8<-- [start:hand]
def test_hand():
    # At rate 1/2, go half of the gradient downhill, twice.
    descent = GradientDescent(learning_rate=1 / 2)
    w, g = np.array([1.0, -2.0]), np.array([2 / 5, 1.0])
    w, state = descent.step(w, g, descent.start(w))
    agree(w, [4 / 5, -5 / 2])
    assert state.t == 1
    w, state = descent.step(w, np.array([-2 / 5, 3.0]), state)
    agree(w, [1, -4])
    assert state.t == 2


# --8<-- [end:hand]


# --8<-- [start:loops]
def descent_by_loops(w, gradients, rate):
    """Step against each gradient, one parameter at a time."""
    path = [list(w)]
    for g in gradients:
        path.append([path[-1][j] - rate * g[j] for j in range(len(w))])
    return path[1:]


@pytest.mark.equation("eq:descent")
@pytest.mark.parametrize("rate", [1e-3, 0.05, 7.0])
def test_loops(rate, rng):
    w, gradients = rng.standard_normal(6), rng.standard_normal((40, 6))
    expected = descent_by_loops(w, gradients, rate)
    descent = GradientDescent(rate)
    state = descent.start(w)
    for t in range(40):
        w, state = descent.step(w, gradients[t], state)
        agree(w, expected[t], atol=1e-15, what=f"w at step {t + 1}")
        assert state.t == t + 1


# --8<-- [end:loops]


@pytest.mark.equation("eq:descent")
# --8<-- [start:laws]
def test_descent_of_a_parabola_shrinks_by_a_constant():
    # On L = ½ c w² the gradient is c w: each step multiplies w by
    # 1 - η c. It converges below η = 2/c and diverges above.
    for rate, factor in ((1 / 8, 1 / 2), (3 / 8, -1 / 2), (5 / 8, -3 / 2)):
        descent, w = GradientDescent(rate), [1.0]
        state = descent.start(w)
        for t in range(1, 11):
            w, state = descent.step(w, 4 * np.array(w), state)
            agree(w, [factor**t], what=f"w at step {t}, rate {rate}")


# --8<-- [end:laws]


@pytest.mark.equation("eq:descent-gain")
def test_the_linear_gain_of_a_step(rng):
    # Along the step the linear term falls by η times the sum of squares.
    w, g = rng.standard_normal((2, 9))
    descent = GradientDescent(0.3)
    later, _ = descent.step(w, g, descent.start(w))
    gain, squares = 0.0, 0.0
    for j in range(9):
        gain += g[j] * (later[j] - w[j])
        squares += g[j] ** 2
    agree(gain, -0.3 * squares)


@pytest.mark.equation("eq:taylor")
def test_what_the_linear_term_leaves_out_is_of_second_order(rng):
    net, w, x, y = the_problem(rng)
    u = rng.standard_normal(net.size)

    def loss(w):
        return voronet.mean_squared_error(voronet.forward(net, w, x)[1][-1], y)

    left_out = []
    for r in (2.0**-9, 2.0**-10):
        linear = sum(voronet.gradient(net, w, x, y) * r * u)
        left_out.append(loss(w + r * u) - loss(w) - linear)
    # Half the step leaves a quarter.
    agree(left_out[0] / left_out[1], 4, rtol=0.05)


def test_descent_of_the_loss_finds_a_known_answer():
    # One unit and one sample: y = 3/4 is met where W x + b = log 3.
    net, x, y = voronet.Network((1, 1)), [[1.0]], [[3 / 4]]
    descent, w = GradientDescent(20.0), np.zeros(2)
    state = descent.start(w)
    for _ in range(200):
        w, state = descent.step(w, voronet.gradient(net, w, x, y), state)
    agree(w, [np.log(3) / 2, np.log(3) / 2], rtol=1e-10)


def test_nothing_changes_in_place(rng):
    descent = GradientDescent(0.1)
    w, g = rng.standard_normal((2, 3, 4))
    kept_w, kept_g, state = w.copy(), g.copy(), descent.start(w)
    later, _ = descent.step(w, g, state)
    same_bits(w, kept_w)
    same_bits(g, kept_g)
    assert state == DescentState(t=0)
    assert not np.shares_memory(later, w)


def test_numbers_are_kept_as_pythons_own():
    rate = GradientDescent(Fraction(1, 4)).learning_rate
    assert (type(rate), rate) == (float, 0.25)
    t = DescentState(np.uint8(3)).t
    assert (type(t), t) == (int, 3)


def test_the_optimiser_is_frozen():
    with pytest.raises(AttributeError):
        GradientDescent(0.1).learning_rate = 0.2


def the_problem(rng, n=5, networks=None):
    """Draw a small network, or several, with samples."""
    net = Network((2, 3, 2))
    lead = () if networks is None else (networks,)
    w = rng.standard_normal((*lead, net.size))
    return net, w, rng.random((2, n)), voronet.one_hot(rng.integers(0, 2, n))


def samples_drawn(net, w, x, y, rng, draws):
    """Tell which sample each draw took, by comparing with all that there are."""
    each = [voronet.gradient(net, w, x[:, [i]], y[:, [i]]) for i in range(x.shape[1])]
    taken = []
    for _ in range(draws):
        g = voronet.stochastic_gradient(net, w, x, y, rng)
        (i,) = [i for i, one in enumerate(each) if np.array_equal(g, one)]
        taken.append(i)
    return taken


# --8<-- [start:stochastic]
def test_one_sample_is_drawn_from_all_alike(rng):
    net, w, x, y = the_problem(rng)
    taken = samples_drawn(net, w, x, y, np.random.default_rng(1), 2000)
    counts = np.bincount(taken, minlength=5)
    # Each of the five is expected 400 times, give or take 18.
    assert (np.abs(counts - 400) < 72).all(), counts
    # The same generator again draws the same samples.
    assert taken == samples_drawn(net, w, x, y, np.random.default_rng(1), 2000)


@pytest.mark.equation("eq:gradient-mean", "eq:stochastic-mean")
def test_the_mean_over_the_samples_is_the_gradient(rng):
    net, w, x, y = the_problem(rng)
    # One sample alone leaves no choice: add up what each would give.
    alone = [
        voronet.stochastic_gradient(net, w, x[:, [i]], y[:, [i]], rng) for i in range(5)
    ]
    agree(sum(alone) / 5, voronet.gradient(net, w, x, y))


# --8<-- [end:stochastic]


@pytest.mark.parametrize("leading", [False, True])
def test_each_network_draws_a_sample_of_its_own(leading, rng):
    net, w, x, y = the_problem(rng, networks=4)
    if leading:
        x, y = rng.random((4, 2, 5)), np.stack([y] * 4)
    rngs = [np.random.default_rng(s) for s in (3, 1, 4, 1)]
    alone = [np.random.default_rng(s) for s in (3, 1, 4, 1)]
    for draw in range(6):
        g = voronet.stochastic_gradient(net, w, x, y, rngs)
        for r in range(4):
            own_x, own_y = (x[r], y[r]) if leading else (x, y)
            one = voronet.stochastic_gradient(net, w[r], own_x, own_y, alone[r])
            same_bits(g[r], one, what=f"network {r} at draw {draw}")


def test_a_generator_for_each_network():
    net, w, x, y = the_problem(np.random.default_rng(0), networks=2)
    one = np.random.default_rng(0)
    for wrong in (one, [one], [one] * 3, [one, 1]):
        with pytest.raises(ValueError, match=r"^rng: .* given.*; allowed: "):
            voronet.stochastic_gradient(net, w, x, y, wrong)
    for name, given in (("x", {"x": np.stack([x] * 3)}), ("y", {"y": y[:, :2]})):
        with pytest.raises(ValueError, match=f"^{name}: .* given with .*; allowed: "):
            voronet.stochastic_gradient(
                net, w, **{"x": x, "y": y, "rng": [one] * 2} | given
            )


def test_one_network_has_no_axis_of_samples_of_its_own(rng):
    # As many sets of samples as there are parameters are still too many for one w.
    net, w, x, y = the_problem(rng)
    with pytest.raises(ValueError, match=r"^x: shape \(17, 2, 5\) given with w of "):
        voronet.stochastic_gradient(net, w, np.stack([x] * 17), y, rng)
