"""Values of the page on backpropagation: the small network, from its outputs back."""

from types import SimpleNamespace

import voronet
from voronet_site.values.loss import error as error
from voronet_site.values.loss import y
from voronet_site.values.network import a, small, unit, units, w
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
