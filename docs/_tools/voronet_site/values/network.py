"""Values of the page on the network: a 2-2-2 network that computes fractions."""

from types import SimpleNamespace

import numpy as np

import voronet
from voronet_site.values.tex import column as column
from voronet_site.values.tex import fraction as fraction
from voronet_site.values.tex import rows as rows

net = voronet.Network()
count = [int(np.prod(shape)) for shape in net.shapes]

# Take log 3 as the unit of every parameter: σ(log 3) = 3/4 and σ(-log 3) = 1/4.
unit = np.log(3)
small = voronet.Network((2, 2, 2))
units = np.array([4, -2, 2, 4, 4, 2, -4, 4, -1 / 2, -2, -3, 1])
w = unit * units
W, b = small.unpack(units)
x = np.array([[1 / 2, 1 / 10], [1 / 4, 9 / 20]])
z, a = voronet.forward(small, w, x)
in_units = [None, *(layer / unit for layer in z[1:])]
p_blue = voronet.decision(small, w, x)

# Where σ rounds to 0 and to 1, and what it is near the lower end.
whole = np.arange(-800.0, 100.0)
lowest, highest = whole[voronet.sigmoid(whole) == 0].max(), whole[voronet.sigmoid(whole) < 1].max()
low = -740.0
tiny = float(voronet.sigmoid(low))
largest = np.finfo(float).max

# The chessboard, solved by three units. Those of the first layer look at the sum of the
# coordinates; the third is on where the first is on and the second is not.
three = voronet.Network((2, 2, 1))
sharp, sure = 20.0, 12.0
chosen = three.pack(
    [np.full((2, 2), sharp), np.array([[sure, -sure]])],
    [np.array([-0.75, -1.25]) * sharp, np.array([-sure / 2])],
)
seeds = np.array([[0.25, 0.75, 0.75, 0.25], [0.25, 0.75, 0.25, 0.75]])
colours = ["green", "green", "blue", "blue"]
xor = SimpleNamespace(w=chosen, x=seeds, colour=colours, a=voronet.forward(three, chosen, seeds)[1])
if ((xor.a[2][0] > 0.5) != (np.array(colours) == "blue")).any():
    raise ValueError("the three units do not solve the chessboard")

# The same layers in another order.
swapped = voronet.Network((2, 8, 2, 2))
swapped_count = [int(np.prod(shape)) for shape in swapped.shapes]
if swapped.size != net.size:
    raise ValueError("the page says that both networks have as many parameters")
