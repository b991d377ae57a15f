"""Plain gradient descent."""

import numpy as np
import pytest

import voronet
from tests.agree import agree, same_bits
from voronet.descent import DescentState, GradientDescent


@pytest.mark.equation("eq:descent")
# --8<-- [start:hand]
def test_hand():
    # At rate 1/2, go half of the gradient downhill, twice.
    descent = GradientDescent(learning_rate=1 / 2)
    w, state = descent.step([1.0, -2.0], [2 / 5, 1.0], descent.start([1.0, -2.0]))
    agree(w, [4 / 5, -5 / 2])
    assert state.t == 1
    w, state = descent.step(w, [-2 / 5, 3.0], state)
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


def test_the_optimiser_is_frozen():
    with pytest.raises(AttributeError):
        GradientDescent(0.1).learning_rate = 0.2
