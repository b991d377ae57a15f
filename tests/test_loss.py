"""The mean squared error between outputs and one-hot targets."""

import cmath

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import voronet
from tests.agree import agree


@pytest.mark.equation("eq:loss", "eq:sample-loss")
# --8<-- [start:hand]
def test_hand():
    # Take the outputs of the worked network, and its targets.
    a = np.array([[3 / 4, 1 / 4], [1 / 2, 9 / 10]])
    y = np.array([[1, 0], [0, 1]])
    # Sample 1: half of (1/4)² + (1/2)². Sample 2: half of
    # (1/4)² + (1/10)². Each is the loss of its sample alone.
    agree(voronet.mean_squared_error(a[:, :1], y[:, :1]), 5 / 32)
    agree(voronet.mean_squared_error(a[:, 1:], y[:, 1:]), 29 / 800)
    # Both: the average of 125/800 and 29/800.
    agree(voronet.mean_squared_error(a, y), 77 / 800)


# --8<-- [end:hand]


# --8<-- [start:loops]
def sample_loss_by_loops(a, y):
    """Halve the squared distance of one output from its target."""
    total = 0.0
    for j in range(len(a)):
        total += (a[j] - y[j]) ** 2
    return total / 2


def loss_by_loops(outputs, targets):
    """Average over samples; both are lists with a list a sample."""
    total = 0.0
    for a, y in zip(outputs, targets, strict=True):
        total += sample_loss_by_loops(a, y)
    return total / len(outputs)


@pytest.mark.equation("eq:loss", "eq:sample-loss")
@pytest.mark.parametrize("shape", [(2, 1), (2, 7), (1, 5), (9, 30)])
def test_loops(shape, rng):
    # Compare on random outputs and targets, for three restarts.
    a, y = rng.random((3, *shape)), rng.random(shape)
    expected = [loss_by_loops(outputs.T, y.T) for outputs in a]
    agree(voronet.mean_squared_error(a, y), expected)
    agree(voronet.mean_squared_error(a[0], y), expected[0])


# --8<-- [end:loops]


@pytest.mark.equation("eq:loss")
# --8<-- [start:laws]
@given(st.integers(1, 4), st.integers(1, 9), st.integers(0, 2**32))
def test_laws(rows, n, seed):
    a, y = np.random.default_rng(seed).random((2, rows, n))
    loss = voronet.mean_squared_error(a, y)
    # It is positive, zero for a perfect fit, and symmetric.
    assert loss > 0
    assert voronet.mean_squared_error(y, y) == 0
    agree(voronet.mean_squared_error(y, a), loss)
    # Twice the error costs four times as much.
    agree(voronet.mean_squared_error(y + 2 * (a - y), y), 4 * loss)
    # Showing every sample twice changes nothing: it is a mean.
    twice = voronet.mean_squared_error(np.tile(a, 2), np.tile(y, 2))
    agree(twice, loss)
    # Outputs and targets in [0, 1] cost at most half a unit each.
    assert loss <= rows / 2


# --8<-- [end:laws]


@pytest.mark.equation("eq:loss")
# --8<-- [start:undecided]
def test_an_undecided_network_loses_a_quarter():
    # Outputs of 1/2 miss either colour by (1/2, 1/2).
    y = voronet.one_hot([0, 1, 1])
    loss = voronet.mean_squared_error(np.full((2, 3), 1 / 2), y)
    agree(loss, 1 / 4)


# --8<-- [end:undecided]


@pytest.mark.equation("eq:loss-derivative")
# --8<-- [start:slopes]
def test_the_slope_of_the_loss_by_an_output_is_its_error(rng):
    # The loss is quadratic in an output: a central difference is its slope.
    a, y = rng.random((3, 1)), rng.random((3, 1))
    for j, h in enumerate(np.eye(3)[:, :, np.newaxis] / 8):
        up, down = (voronet.mean_squared_error(a + s * h, y) for s in (1, -1))
        agree((up - down) / (2 / 8), a[j, 0] - y[j, 0], what=f"slope by a[{j}]")


@pytest.mark.equation("eq:loss-slope")
def test_the_slope_of_the_loss_by_z():
    # One unit with W = 1 and b = 0 has z = x.
    net, z = voronet.Network((1, 1)), np.linspace(-6, 6, 25)
    for y in (0.0, 0.25, 1.0):
        _, a = voronet.forward(net, [1.0, 0.0], [z])
        delta = voronet.backpropagate(net, [1.0, 0.0], a, [np.full(25, y)])
        for i in range(25):
            output = 1 / (1 + cmath.exp(-complex(z[i], 1e-20)))
            slope = sample_loss_by_loops([output], [y]).imag / 1e-20
            agree(delta[1][0, i], slope, what=f"slope at z = {z[i]}, y = {y}")


# --8<-- [end:slopes]


@pytest.mark.equation("eq:loss-recorded", "eq:loss-library")
# --8<-- [start:factors]
@pytest.mark.parametrize("rows", [2, 3])
def test_other_authors_factors(rows, rng):
    # Add up all squares, as the paper's listing does.
    a, y = rng.random((2, rows, 7))
    recorded = 0.0
    for i in range(7):
        for j in range(rows):
            recorded += (y[j, i] - a[j, i]) ** 2
    loss = voronet.mean_squared_error(a, y)
    agree(2 * 7 * loss, recorded)
    # Average over all entries, as many libraries do.
    agree(2 / rows * loss, recorded / (7 * rows))


# --8<-- [end:factors]


def test_one_loss_for_each_restart(rng):
    a, y = rng.random((3, 2, 4)), rng.random((3, 2, 4))
    losses = voronet.mean_squared_error(a, y)
    assert losses.shape == (3,)
    assert np.shape(voronet.mean_squared_error(a[0], y[0])) == ()
    for r in range(3):
        agree(losses[r], loss_by_loops(a[r].T, y[r].T), what=f"loss[{r}]")


@pytest.mark.equation("eq:cross-entropy-slope")
# --8<-- [start:cross-entropy]
@pytest.mark.parametrize("z", [-9.0, -1.5, 0.0, 0.7, 5.0])
def test_cross_entropy_slope(z):
    # A complex step differentiates -log σ(z) and -log(1 - σ(z)).
    h = 1e-30
    s = 1 / (1 + cmath.exp(-complex(z, h)))
    sigma = float(voronet.sigmoid(z))
    agree((-cmath.log(s)).imag / h, sigma - 1, atol=1e-14)
    agree((-cmath.log(1 - s)).imag / h, sigma, atol=1e-14)


# --8<-- [end:cross-entropy]
