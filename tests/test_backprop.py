"""The delta recursion and the gradient."""

import cmath
from functools import partial
from itertools import pairwise
from operator import mul

import autograd
import autograd.numpy as anp
import numpy as np
import pytest

import voronet
from tests.agree import agree
from tests.test_loss import loss_by_loops, sample_loss_by_loops
from tests.test_network import cut_by_loops, forward_by_loops

WIDTHS = [(2, 2, 8, 2), (2, 2, 3, 2), (1, 1), (3, 4), (4, 3, 2, 5, 2), (2, 9, 2)]


@pytest.mark.equation("eq:delta-output", "eq:delta-hidden")
# --8<-- [start:hand]
def test_hand_deltas():
    # Take the worked 2-2-2 network and its two samples.
    net = voronet.Network((2, 2, 2))
    w = np.log(3) * np.array([4, -2, 2, 4, 4, 2, -4, 4, -1 / 2, -2, -3, 1])
    x = [[1 / 2, 1 / 10], [1 / 4, 9 / 20]]
    _, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y=[[1, 0], [0, 1]])
    assert delta[0] is None
    # Output: (3/4 - 1)·3/16, (1/4 - 0)·3/16, then
    # (1/2 - 0)·1/4, (9/10 - 1)·9/100.
    agree(delta[2], [[-3 / 64, 3 / 64], [1 / 8, -9 / 1000]])
    # Back through W_2, for sample 1: 4·(-3/64) - 4/8 = -11/16
    # and 2·(-3/64) + 4/8 = 13/32; times σ' = 3/16 and 1/4.
    # For sample 2: 447/2000 and 231/4000, times the same.
    expected = [[-33 / 256, 1341 / 32000], [13 / 128, 231 / 16000]]
    agree(delta[1] / np.log(3), expected)


# --8<-- [end:hand]


@pytest.mark.equation(
    "eq:gradient-weights", "eq:gradient-biases", "eq:example-gradient"
)
# --8<-- [start:hand-gradient]
def test_hand_gradient():
    net = voronet.Network((2, 2, 2))
    w = np.log(3) * np.array([4, -2, 2, 4, 4, 2, -4, 4, -1 / 2, -2, -3, 1])
    x = np.array([[1 / 2, 1 / 10], [1 / 4, 9 / 20]])
    weights, biases = net.unpack(voronet.gradient(net, w, x, np.eye(2)))
    # Average δ a^T over the samples: a is (3/4, 1/2) for the
    # first and (1/4, 1/2) for the second.
    first = [[-9 / 256, -3 / 128], [3 / 32, 1 / 16]]
    second = [[3 / 256, 3 / 128], [-9 / 4000, -9 / 2000]]
    agree(weights[1], np.add(first, second) / 2, atol=1e-16)
    agree(biases[1], [0, 29 / 500], atol=1e-16)
    # One layer down a is x: (1/2, 1/4), then (1/10, 9/20).
    first = [[-33 / 512, -33 / 1024], [13 / 256, 13 / 512]]
    second = [[1341 / 320000, 12069 / 640000], [231 / 160000, 2079 / 320000]]
    agree(weights[0] / np.log(3), np.add(first, second) / 2)
    agree(biases[0] / np.log(3), [-87 / 2000, 29 / 500])


# --8<-- [end:hand-gradient]


# --8<-- [start:loops]
def slope(z):
    """Differentiate σ at z, from z and not from σ(z)."""
    return cmath.exp(-z) / (1 + cmath.exp(-z)) ** 2


def delta_by_loops(widths, w, x, y):
    """Compute every δ of one sample, a unit at a time."""
    K = len(widths) - 1
    weights, _ = cut_by_loops(widths, w)
    z, a = forward_by_loops(widths, w, x)
    delta = [[] for _ in widths]
    for j in range(widths[K]):
        delta[K].append((a[K][j] - y[j]) * slope(z[K][j]))
    for k in range(K - 1, 0, -1):
        for j in range(widths[k]):
            total = 0.0
            for r in range(widths[k + 1]):
                total += weights[k][r][j] * delta[k + 1][r]
            delta[k].append(total * slope(z[k][j]))
    return delta


# --8<-- [end:loops]


def problem(widths, rng, n=5):
    """Draw a network, its parameters and n samples with any targets."""
    net = voronet.Network(widths)
    w = net.initial_parameters(rng, scale=1.0)
    return net, w, rng.random((widths[0], n)), rng.random((widths[-1], n))


@pytest.mark.equation("eq:delta-output-unit", "eq:delta-hidden-unit")
@pytest.mark.equation("eq:delta-output", "eq:delta-hidden", "eq:three-deltas")
# --8<-- [start:loops-delta]
@pytest.mark.parametrize("widths", WIDTHS)
def test_loops_delta(widths, rng):
    net, w, x, y = problem(widths, rng)
    _, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y)
    for i in range(x.shape[1]):
        expected = delta_by_loops(widths, w, x[:, i], y[:, i])
        for k in range(1, len(widths)):
            agree(delta[k][:, i], expected[k], what=f"delta[{k}], sample {i}")


# --8<-- [end:loops-delta]


@pytest.mark.equation("eq:delta", "eq:delta-output", "eq:delta-hidden")
# --8<-- [start:delta-is-a-derivative]
@pytest.mark.parametrize("widths", WIDTHS)
def test_delta_is_the_derivative_by_z(widths, rng):
    # Moving z by iε is moving the bias of its unit by iε.
    net, w, x, y = problem(widths, rng, n=3)
    _, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y)
    bias = sum(m * n for m, n in zip(widths[1:], widths[:-1], strict=True))
    for k in range(1, len(widths)):
        for j in range(widths[k]):
            moved = list(w)
            moved[bias] += 1e-20j
            bias += 1
            for i in range(3):
                _, out = forward_by_loops(widths, moved, x[:, i])
                loss = sample_loss_by_loops(out[-1], y[:, i])
                where = f"delta[{k}][{j}, {i}]"
                agree(delta[k][j, i], loss.imag / 1e-20, what=where)


# --8<-- [end:delta-is-a-derivative]


# --8<-- [start:loops-gradient]
def gradient_by_loops(widths, w, x, y):
    """Average the products δ_j a_r over the samples, in w's order."""
    n = x.shape[1]
    g = [0.0] * len(w)
    for i in range(n):
        _, a = forward_by_loops(widths, w, x[:, i])
        delta = delta_by_loops(widths, w, x[:, i], y[:, i])
        place = 0
        for k in range(1, len(widths)):
            for j in range(widths[k]):
                for r in range(widths[k - 1]):
                    g[place] += delta[k][j] * a[k - 1][r] / n
                    place += 1
        for k in range(1, len(widths)):
            for j in range(widths[k]):
                g[place] += delta[k][j] / n
                place += 1
    return g


@pytest.mark.equation("eq:gradient-weights", "eq:gradient-biases")
@pytest.mark.parametrize("widths", WIDTHS)
def test_loops_gradient(widths, rng):
    net, w, x, y = problem(widths, rng)
    expected = gradient_by_loops(widths, w, x, y)
    agree(voronet.gradient(net, w, x, y), expected, what="g")


# --8<-- [end:loops-gradient]


# --8<-- [start:complex-step]
def loss_of(widths, w, x, y):
    """Compute L from w by the loops alone, in complex numbers."""
    outputs = [forward_by_loops(widths, w, x_i)[1][-1] for x_i in x.T]
    return loss_by_loops(outputs, y.T)


def gradient_by_complex_step(widths, w, x, y, h=1e-20):
    """Differentiate L by each w_j: Im L(w + i h e_j) / h."""
    g = []
    for j in range(len(w)):
        moved = list(w)
        moved[j] += 1j * h
        g.append(loss_of(widths, moved, x, y).imag / h)
    return np.array(g)


@pytest.mark.equation("eq:gradient-weights", "eq:gradient-biases", "eq:differences")
@pytest.mark.parametrize("widths", WIDTHS)
def test_complex_step(widths, rng):
    net, w, x, y = problem(widths, rng)
    expected = gradient_by_complex_step(widths, w, x, y)
    agree(voronet.gradient(net, w, x, y), expected, rtol=1e-12)


# --8<-- [end:complex-step]


@pytest.mark.equation("eq:gradient-weights", "eq:gradient-biases")
@pytest.mark.equation("eq:differences", "eq:quotients")
# --8<-- [start:central-difference]
def test_central_difference():
    # Draw the problem of the site, 20 points and the 2-2-8-2 net.
    rng = np.random.default_rng(0)
    net, rule = voronet.Network(), voronet.VoronoiRule.random(rng)
    x = voronet.sample_points(20, rng)
    y = voronet.one_hot(rule.label(x))
    w = net.initial_parameters(rng)
    g = voronet.gradient(net, w, x, y)
    # Step 1e-5 to either side along each axis of w in turn.
    h = 1e-5
    for j in range(net.size):
        losses = []
        for side in (+h, -h):
            moved = w.copy()
            moved[j] += side
            _, a = voronet.forward(net, moved, x)
            losses.append(voronet.mean_squared_error(a[-1], y))
        estimate = (losses[0] - losses[1]) / (2 * h)
        agree(g[j], estimate, rtol=1e-6, atol=1e-10, what=f"g[{j}]")


# --8<-- [end:central-difference]


@pytest.mark.equation("eq:gradient-weights", "eq:gradient-biases")
# --8<-- [start:autograd]
@pytest.mark.parametrize("widths", WIDTHS)
def test_autograd(widths, rng):
    # Let another library differentiate its own forward pass.
    net, w, x, y = problem(widths, rng, n=50)

    def loss(w):
        a, start = x, 0
        biases = w[-sum(widths[1:]) :]
        for n_in, n_out in pairwise(widths):
            W = w[start : start + n_out * n_in].reshape(n_out, n_in)
            a = 1 / (1 + anp.exp(-(anp.dot(W, a).T + biases[:n_out]).T))
            biases = biases[n_out:]
            start += n_out * n_in
        return anp.sum((a - y) ** 2) / (2 * x.shape[1])

    expected = autograd.grad(loss)(w)
    agree(voronet.gradient(net, w, x, y), expected, rtol=1e-10, atol=1e-17)


# --8<-- [end:autograd]


@pytest.mark.parametrize("widths", WIDTHS)
def test_torch(widths, rng):
    torch = pytest.importorskip("torch")
    net, w, x, y = problem(widths, rng, n=50)
    weights, biases = (
        [torch.tensor(part, requires_grad=True) for part in parts]
        for parts in net.unpack(w)
    )
    a = torch.tensor(x.T)
    for W, b in zip(weights, biases, strict=True):
        a = torch.sigmoid(torch.nn.functional.linear(a, W, b))
    loss = torch.nn.functional.mse_loss(a, torch.tensor(y.T), reduction="sum")
    (loss / (2 * x.shape[1])).backward()
    expected = [part.grad.numpy().ravel() for part in [*weights, *biases]]
    received = voronet.gradient(net, w, x, y)
    agree(received, np.concatenate(expected), rtol=1e-10, atol=1e-17)


@pytest.mark.parametrize("widths", WIDTHS)
def test_jax(widths, rng):
    jax = pytest.importorskip("jax")
    net, w, x, y = problem(widths, rng, n=50)

    def loss(parts):
        a = x
        for W, b in zip(*parts, strict=True):
            a = jax.nn.sigmoid(W @ a + b[:, None])
        return ((a - y) ** 2).sum() / (2 * x.shape[1])

    with jax.enable_x64(True):
        weights, biases = jax.grad(loss)(net.unpack(w))
    expected = [np.asarray(part).ravel() for part in [*weights, *biases]]
    received = voronet.gradient(net, w, x, y)
    agree(received, np.concatenate(expected), rtol=1e-10, atol=1e-17)


# --8<-- [start:negative-control]
@pytest.mark.parametrize("part", [1e-3, 1e-9])
def test_a_gradient_slightly_wrong_is_caught(part, rng):
    # Falsify one component at a time, by a thousandth or less.
    widths = (2, 2, 8, 2)
    net, w, x, y = problem(widths, rng)
    expected = gradient_by_complex_step(widths, w, x, y)
    for j in range(net.size):
        wrong = voronet.gradient(net, w, x, y)
        wrong[j] *= 1 + part
        with pytest.raises(AssertionError, match=rf"g\[{j}\]: "):
            agree(wrong, expected, rtol=1e-12, what="g")


# --8<-- [end:negative-control]


@pytest.mark.parametrize("x_lead", [(), (3,)])
@pytest.mark.parametrize("y_lead", [(), (3,)])
def test_restarts_lead_every_shape(x_lead, y_lead, rng):
    net = voronet.Network((2, 3, 2))
    w = rng.standard_normal((3, net.size))
    x, y = rng.random((*x_lead, 2, 4)), rng.random((*y_lead, 2, 4))
    _, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y)
    assert delta[0] is None
    assert [layer.shape for layer in delta[1:]] == [(3, 3, 4), (3, 2, 4)]
    assert voronet.gradient(net, w, x, y).shape == w.shape


def test_the_gradient_vanishes_where_the_fit_is_perfect(rng):
    net, w, x, _ = problem((2, 3, 2), rng)
    y = voronet.forward(net, w, x)[1][-1]
    assert not voronet.gradient(net, w, x, y).any()


# --8<-- [start:jacobians]
def jacobian(function, z):
    """Differentiate each entry of function(z) by each z_j."""
    columns = []
    for j in range(len(z)):
        moved = list(z)
        moved[j] += 1e-20j
        columns.append([value.imag / 1e-20 for value in function(moved)])
    return np.array(columns).T


def activate(z):
    return [1 / (1 + cmath.exp(-entry)) for entry in z]


def next_layer(W, b, z):
    """Compute the next z from this one, a unit at a time."""
    a = activate(z)
    return [sum(map(mul, W[r], a)) + b[r] for r in range(len(b))]


@pytest.mark.equation("eq:elementwise", "eq:jacobian-activation", "eq:diagonal")
@pytest.mark.equation("eq:next-layer-derivative", "eq:jacobian-layer")
@pytest.mark.equation("eq:chain-output", "eq:output-error", "eq:chain-hidden")
@pytest.mark.equation("eq:delta-jacobian")
@pytest.mark.parametrize("widths", WIDTHS)
def test_jacobians(widths, rng):
    net, w, x, y = problem(widths, rng, n=1)
    z, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y)
    # The last δ is the error, sent back through the sigmoids.
    through = jacobian(activate, z[-1][:, 0])
    agree(delta[-1], through.T @ (a[-1] - y))
    for k in range(1, net.depth):
        # A layer of sigmoids has a diagonal Jacobian.
        slopes = voronet.sigmoid_derivative(a[k])[:, 0]
        through = jacobian(activate, z[k][:, 0])
        agree(through, np.diag(slopes), what=f"∂a/∂z, layer {k}")
        # The next z by this: W, its columns scaled by the slopes.
        W, b = (pieces[k] for pieces in net.unpack(w))
        onwards = jacobian(partial(next_layer, W, b), z[k][:, 0])
        agree(onwards, W * slopes, what=f"∂z/∂z, layer {k}")
        # The chain rule sums over the units of the next layer.
        agree(delta[k], onwards.T @ delta[k + 1], atol=1e-17)


# --8<-- [end:jacobians]


@pytest.mark.equation("eq:weight-derivative", "eq:bias-derivative")
@pytest.mark.equation("eq:three-gradients")
# --8<-- [start:outer]
def test_one_samples_gradient_is_delta_times_incoming(rng):
    # Differentiate the loss of one sample by the complex step.
    net, w, x, y = problem((2, 2, 8, 2), rng, n=1)
    g = gradient_by_complex_step((2, 2, 8, 2), w, x, y)
    by_weights, by_biases = cut_by_loops((2, 2, 8, 2), g)
    _, a = voronet.forward(net, w, x)
    delta = voronet.backpropagate(net, w, a, y)
    for k in (1, 2, 3):
        for j in range(net.widths[k]):
            agree(delta[k][j, 0], by_biases[k - 1][j])
            for r in range(net.widths[k - 1]):
                product = delta[k][j, 0] * a[k - 1][r, 0]
                agree(product, by_weights[k - 1][j][r])


# --8<-- [end:outer]


@pytest.mark.equation("eq:gradient-mean")
def test_the_mean_gradient_is_the_mean_of_the_samples_gradients(rng):
    net, w, x, y = problem((2, 2, 8, 2), rng, n=6)
    one = [voronet.gradient(net, w, x[:, [i]], y[:, [i]]) for i in range(6)]
    expected = np.mean(one, axis=0)
    agree(voronet.gradient(net, w, x, y), expected, atol=1e-16)


def test_a_small_step_against_the_gradient_lowers_the_loss(rng):
    net, w, x, y = problem((2, 2, 8, 2), rng)
    before, after = (
        voronet.mean_squared_error(voronet.forward(net, moved, x)[1][-1], y)
        for moved in (w, w - 1e-3 * voronet.gradient(net, w, x, y))
    )
    # First order: the loss falls by the rate times ‖g‖².
    expected = 1e-3 * (voronet.gradient(net, w, x, y) ** 2).sum()
    agree(before - after, expected, rtol=0.01)
