"""Values of the page on backpropagation: the small network, differentiated."""

from types import SimpleNamespace

import numpy as np

import voronet
from voronet_site.values.loss import error as error
from voronet_site.values.loss import y
from voronet_site.values.network import a, small, unit, units, w, x
from voronet_site.values.tex import column as column
from voronet_site.values.tex import fraction as fraction
from voronet_site.values.tex import rows as rows

net = voronet.Network()

# Go back through the small network; δ^(1) carries one factor log 3, from W_2.
delta = voronet.backpropagate(small, w, a, y)
slope = [None, *(voronet.sigmoid_derivative(layer) for layer in a[1:])]
W, _ = small.unpack(units)
back = W[1].T @ delta[2]
first = delta[1] / unit
g = voronet.gradient(small, w, x, y)
g_weights, g_biases = small.unpack(g)
one = [np.outer(delta[2][:, i], a[1][:, i]) for i in range(2)]

# The smallest chain: one unit after another, with log 3 as the unit of the parameters.
pair = voronet.Network((1, 1, 1))
W2 = 4 / 3
in_chain = pair.pack([[[unit]], [[W2 * unit]]], [[0.0], [0.0]])
_, a_chain = voronet.forward(pair, in_chain, [[1.0]])
delta_chain = voronet.backpropagate(pair, in_chain, a_chain, [[1.0]])
g_chain, _ = pair.unpack(voronet.gradient(pair, in_chain, [[1.0]], [[1.0]]))
chain = SimpleNamespace(
    W2=W2,
    a=[layer.item() for layer in a_chain],
    loss=voronet.mean_squared_error(a_chain[2], [[1.0]]),
    error=a_chain[2].item() - 1,
    slope=voronet.sigmoid_derivative(a_chain[2]).item(),
    delta2=delta_chain[2].item(),
    back=delta_chain[2].item() * W2,
    delta1=delta_chain[1].item() / unit,
    gradient2=g_chain[1].item(),
)

# The same gradient by central differences and by the complex step, for one problem.
rng = np.random.default_rng(0)
rule = voronet.VoronoiRule.random(rng)
points = voronet.sample_points(50, rng)
targets = voronet.one_hot(rule.label(points))
start = net.initial_parameters(rng)
exact = voronet.gradient(net, start, points, targets)


def loss(parameters):
    """Compute L without the package's checks, for real or complex parameters."""
    layer, place = points, 0
    matrices = [shape for shape in net.shapes if len(shape) == 2]
    bias = sum(n * m for n, m in matrices)
    for n, m in matrices:
        weight = parameters[place : place + n * m].reshape(n, m)
        shift = parameters[bias : bias + n]
        layer = 1 / (1 + np.exp(-(weight @ layer + shift[:, np.newaxis])))
        place, bias = place + n * m, bias + n
    return ((layer - targets) ** 2).sum() / (2 * layer.shape[1])


def worst(estimate):
    """Return the greatest relative error of a component."""
    return float(np.max(np.abs(estimate - exact) / np.abs(exact)))


steps = np.eye(net.size)
h_one_sided, h_central, h_complex = 1e-8, 1e-5, 1e-20
base = loss(start)
one_sided = [(loss(start + h_one_sided * e) - base) / h_one_sided for e in steps]
central = [
    (loss(start + h_central * e) - loss(start - h_central * e)) / (2 * h_central) for e in steps
]
complex_step = [loss(start + 1j * h_complex * e).imag / h_complex for e in steps]
errors = worst(one_sided), worst(central), worst(complex_step)

# Count the multiplications by a weight, for one sample.
matrices = [n * m for n, m in zip(net.widths[1:], net.widths[:-1], strict=True)]
forward_cost = sum(matrices)
backward_cost = sum(matrices[1:]) + sum(matrices)
both = forward_cost + backward_cost
differences = (net.size + 1) * forward_cost

# The chain with one more unit of the same weight.
triple = voronet.Network((1, 1, 1, 1))
in_triple = triple.pack([[[unit]], [[W2 * unit]], [[W2 * unit]]], [[0.0]] * 3)
_, a_triple = voronet.forward(triple, in_triple, [[1.0]])
delta_triple = voronet.backpropagate(triple, in_triple, a_triple, [[1.0]])
longer = SimpleNamespace(
    a=a_triple[3].item(),
    error=a_triple[3].item() - 1,
    slope=voronet.sigmoid_derivative(a_triple[3]).item(),
    delta=[delta_triple[k].item() / unit ** (3 - k) for k in (1, 2, 3)],
    factor=(delta_triple[1] / delta_triple[2]).item(),
)
