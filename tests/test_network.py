"""The network equations: parameters, sigmoid layers, forward pass, decision."""

import cmath
import math
import warnings
from decimal import Decimal
from itertools import pairwise

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import voronet
from tests.agree import agree, same_bits

WIDTHS = [(2, 2, 8, 2), (2, 2, 3, 2), (1, 1), (3, 4), (4, 3, 2, 5, 2), (2, 9, 2)]


@pytest.mark.equation("eq:pre-activation", "eq:activation", "eq:sigmoid", "eq:shapes")
@pytest.mark.equation("eq:example-parameters")
# --8<-- [start:hand]
def test_hand():
    # Take a 2-2-2 network and write its parameters in units of
    # log 3, because then σ(log 3) = 3/4 and σ(-log 3) = 1/4.
    W_1, b_1 = np.array([[4, -2], [2, 4]]), np.array([-1 / 2, -2])
    W_2, b_2 = np.array([[4, 2], [-4, 4]]), np.array([-3, 1])
    w = np.log(3) * np.array([4, -2, 2, 4, 4, 2, -4, 4, -1 / 2, -2, -3, 1])
    net = voronet.Network((2, 2, 2))
    agree(net.pack([W_1, W_2], [b_1, b_2]) * np.log(3), w)
    # Feed in two points, one a column.
    x = np.array([[1 / 2, 1 / 10], [1 / 4, 9 / 20]])
    z, a = voronet.forward(net, w, x)
    # First layer: 4/2 - 2/4 - 1/2 = 1, 2/2 + 4/4 - 2 = 0, ...
    agree(z[1] / np.log(3), [[1, -1], [0, 0]], atol=1e-15)
    agree(a[1], [[3 / 4, 1 / 4], [1 / 2, 1 / 2]])
    # Second layer: 4·3/4 + 2/2 - 3 = 1, -4·3/4 + 4/2 + 1 = 0, ...
    agree(z[2] / np.log(3), [[1, -1], [0, 2]], atol=1e-15)
    agree(a[2], [[3 / 4, 1 / 4], [1 / 2, 9 / 10]])


# --8<-- [end:hand]


# --8<-- [start:loops]
def cut_by_loops(widths, w):
    """Deal the numbers of w to W_1, ..., W_K, then b_1, ..., b_K."""
    rest = iter(w)
    weights = [
        [[next(rest) for _ in range(n_in)] for _ in range(n_out)]
        for n_in, n_out in pairwise(widths)
    ]
    biases = [[next(rest) for _ in range(n_out)] for n_out in widths[1:]]
    return weights, biases


def forward_by_loops(widths, w, x):
    """Compute z and a of one sample, a unit at a time.

    cmath.exp takes complex numbers too: the complex step needs it.
    """
    weights, biases = cut_by_loops(widths, w)
    z, a = [None], [list(x)]
    for k in range(1, len(widths)):
        z.append([])
        a.append([])
        for j in range(widths[k]):
            total = biases[k - 1][j]
            for r in range(widths[k - 1]):
                total += weights[k - 1][j][r] * a[k - 1][r]
            z[k].append(total)
            a[k].append(1 / (1 + cmath.exp(-total)))
    return z, a


# --8<-- [end:loops]


@pytest.mark.equation(
    "eq:unit", "eq:pre-activation", "eq:activation", "eq:three-layers"
)
@pytest.mark.equation("eq:forward-components", "eq:next-layer", "eq:parameter-order")
# --8<-- [start:loops-agree]
@pytest.mark.parametrize("widths", WIDTHS)
def test_loops(widths, rng):
    # Run five points through both.
    net = voronet.Network(widths)
    w = net.initial_parameters(rng, scale=2.0)
    x = rng.random((widths[0], 5))
    z, a = voronet.forward(net, w, x)
    for i in range(5):
        z_i, a_i = forward_by_loops(widths, w, x[:, i])
        for k in range(1, len(widths)):
            agree(z[k][:, i], z_i[k], atol=1e-14, what=f"z[{k}]")
            agree(a[k][:, i], a_i[k], what=f"a[{k}]")


# --8<-- [end:loops-agree]


# --8<-- [start:laws]
numbers = st.floats(-700, 700)


@pytest.mark.equation("eq:sigmoid", "eq:sigmoid-symmetry")
@given(st.lists(numbers, min_size=1, max_size=20))
def test_sigmoid_laws(z):
    z = np.sort(z)
    a = voronet.sigmoid(z)
    # It is bounded by 0 and 1, and never falls (but by a last bit).
    assert ((a > 0) & (a <= 1)).all()
    assert (np.diff(a) >= -2e-16).all()
    # It is symmetric about (0, 1/2), where it crosses a half.
    agree(voronet.sigmoid(-z), 1 - a, atol=1e-15)
    assert (a[z > 1e-15] > 0.5).all()
    assert (a[z < -1e-15] < 0.5).all()
    assert voronet.sigmoid(0.0) == 0.5
    # Its logarithm of the odds is z, while 1 - a is not yet rounded.
    near = a[abs(z) < 5]
    agree(np.log(near / (1 - near)), z[abs(z) < 5], atol=1e-13)


# --8<-- [end:laws]


@pytest.mark.parametrize("z", [-1e4, -746, -745, -740, -709, -40, 30, 36, 40, 1e4])
def test_sigmoid_is_right_to_the_last_digit_at_both_ends(z):
    # Decimal numbers have room for what a float rounds away.
    e = Decimal(-z).exp()
    agree(voronet.sigmoid(z), float(1 / (1 + e)), rtol=2e-16, what=f"sigmoid({z})")


@pytest.mark.equation("eq:sigmoid")
# --8<-- [start:sigmoid]
def test_sigmoid_values():
    # Since e^(log k) = k, the values at log k are k/(k + 1).
    for k in (1, 2, 3, 7, 1 / 9, 1e-6, 1e6):
        agree(voronet.sigmoid(math.log(k)), k / (k + 1), what=f"σ(log {k})")
    # Far out it neither overflows nor warns.
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        a = voronet.sigmoid([-1e308, -1e4, -745.0, -40.0, 40.0, 745.0, 1e4, 1e308])
    agree(a[:3], [0, 0, 5e-324], what="σ far below 0")
    agree(a[3], math.exp(-40))
    assert (a[4:] == 1).all()


# --8<-- [end:sigmoid]


@pytest.mark.equation("eq:sigmoid-derivative")
# --8<-- [start:sigmoid_derivative]
def test_sigmoid_derivative():
    # At z = log 3 the activation is 3/4 and the slope 3/16.
    agree(voronet.sigmoid_derivative(np.array([3 / 4, 1 / 2])), [3 / 16, 1 / 4])
    # Elsewhere the complex step differentiates σ to the last digits.
    for z in np.linspace(-8, 8, 33):
        slope = (1 / (1 + cmath.exp(-complex(z, 1e-20)))).imag / 1e-20
        received = voronet.sigmoid_derivative(voronet.sigmoid(z))
        agree(received, slope, rtol=1e-12, what=f"σ'({z})")


# --8<-- [end:sigmoid_derivative]


@pytest.mark.equation("eq:parameter-count")
# --8<-- [start:parameter_count]
def test_parameter_count():
    # Count by hand: 2·2 + 8·2 + 2·8 weights and 2 + 8 + 2 biases.
    assert voronet.Network().size == 4 + 16 + 16 + 2 + 8 + 2 == 48
    # The paper's example has 23, its section 2 says.
    assert voronet.Network((2, 2, 3, 2)).size == 4 + 6 + 6 + 2 + 3 + 2 == 23
    # Deal exactly that many numbers to the loops: none is left over.
    for widths in WIDTHS:
        numbers = iter(range(voronet.Network(widths).size))
        cut_by_loops(widths, numbers)
        assert next(numbers, None) is None, f"{widths}: numbers left over"


# --8<-- [end:parameter_count]


@pytest.mark.equation("eq:parameter-order")
# --8<-- [start:parameter_order]
def test_parameter_order():
    # Number the parameters of a 2-3-1 network from 0 to 12.
    net = voronet.Network((2, 3, 1))
    weights, biases = net.unpack(np.arange(13.0))
    # All weights come first, row by row, then all biases.
    agree(weights[0], [[0, 1], [2, 3], [4, 5]])
    agree(weights[1], [[6, 7, 8]])
    agree(biases[0], [9, 10, 11])
    agree(biases[1], [12])


# --8<-- [end:parameter_order]


@pytest.mark.equation("eq:parameter-order")
# --8<-- [start:views]
@pytest.mark.parametrize("lead", [(), (3,)])
def test_unpack_shows_views(lead):
    net = voronet.Network()
    w = np.zeros((*lead, net.size))
    weights, biases = net.unpack(w)
    # Write through every view; w then holds each number once.
    for i, piece in enumerate([*weights, *biases]):
        assert np.shares_memory(piece, w), f"piece {i} is a copy"
        piece += i + 1
    counts = [4, 16, 16, 2, 8, 2]
    agree(w, np.broadcast_to(np.repeat(np.arange(1.0, 7.0), counts), w.shape))


# --8<-- [end:views]


@pytest.mark.parametrize("widths", WIDTHS)
@pytest.mark.parametrize("lead", [(), (1,), (4,)])
def test_pack_undoes_unpack(widths, lead, rng):
    net = voronet.Network(widths)
    w = rng.standard_normal((*lead, net.size))
    weights, biases = net.unpack(w)
    same_bits(net.pack(weights, biases), w, what="w")
    again = net.unpack(net.pack(weights, biases))
    for k, pieces in enumerate(zip(weights, again[0], strict=True)):
        same_bits(*pieces, what=f"weights[{k}]")
    for k, pieces in enumerate(zip(biases, again[1], strict=True)):
        same_bits(*pieces, what=f"biases[{k}]")
    assert not np.shares_memory(net.pack(weights, biases), w)


def test_pack_moves_numbers_of_any_size():
    net = voronet.Network((2, 1))
    w = np.array([1e300, -1e300, 5e-324])
    same_bits(net.pack(*net.unpack(w)), w, what="w")


def test_pack_takes_one_axis_of_restarts_at_most():
    net = voronet.Network((2, 1))
    with pytest.raises(ValueError, match=r"^weights\[0\]: shape \(4, 3, 1, 2\) given"):
        net.pack([np.zeros((4, 3, 1, 2))], [np.zeros((4, 3, 1))])


def test_unpack_also_shows_rows_and_strides():
    # A slice of a larger array is shown, not copied.
    net = voronet.Network((2, 1))
    store = np.zeros((4, 6))
    for w in (store[1, ::2], store[::2, :3], store.T[:3, 0]):
        weights, biases = net.unpack(w)
        assert np.shares_memory(weights[0], store)
        assert np.shares_memory(biases[0], store)


@pytest.mark.equation("eq:input", "eq:shapes")
def test_the_forward_pass_keeps_every_layer():
    net = voronet.Network((2, 3, 2))
    x = np.full((2, 4), 0.25)
    z, a = voronet.forward(net, np.zeros(net.size), x)
    assert z[0] is None
    assert a[0] is x
    assert [layer.shape for layer in z[1:]] == [(3, 4), (2, 4)]
    assert [layer.shape for layer in a] == [(2, 4), (3, 4), (2, 4)]


def test_restarts_lead_every_shape(rng):
    net = voronet.Network((2, 3, 2))
    w = net.initial_parameters(rng) + np.zeros((5, 1))
    for x in (rng.random((2, 4)), rng.random((5, 2, 4))):
        z, a = voronet.forward(net, w, x)
        assert [layer.shape for layer in z[1:]] == [(5, 3, 4), (5, 2, 4)]
        assert [layer.shape for layer in a[1:]] == [(5, 3, 4), (5, 2, 4)]
        assert voronet.decision(net, w, x).shape == (5, 4)


@pytest.mark.equation("eq:decision")
# --8<-- [start:decision]
def test_decision():
    # Set both outputs through their biases: σ(±log k) is known.
    net = voronet.Network((2, 2))

    def p_blue(green, blue):
        w = np.array([0, 0, 0, 0, math.log(green), math.log(blue)])
        return voronet.decision(net, w, np.array([[0.3], [0.8]]))

    # Outputs 3/4 and 1/4: a quarter is blue's share.
    agree(p_blue(3, 1 / 3), [1 / 4])
    # Outputs 1/2 and 9/10: blue has 9/14.
    agree(p_blue(1, 9), [9 / 14])
    # Equal outputs sit on the boundary, however small they are.
    assert p_blue(5, 5) == [0.5]
    assert p_blue(1e-300, 1e-300) == [0.5]


# --8<-- [end:decision]


@pytest.mark.equation("eq:decision", "eq:decision-sign")
@given(st.integers(0, 2**32), st.floats(0, 1e6))
def test_blue_is_above_a_half_where_its_output_is_the_larger(seed, scale):
    rng = np.random.default_rng(seed)
    net = voronet.Network((2, 2, 3, 2))
    w, x = net.initial_parameters(rng, scale), rng.random((2, 6))
    green, blue = voronet.forward(net, w, x)[1][-1]
    p_blue = voronet.decision(net, w, x)
    assert ((p_blue >= 0) & (p_blue <= 1)).all()
    # Near a half the quotient rounds: p = 1/2 where the outputs all but tie.
    assert (p_blue[blue > green] >= 0.5).all()
    assert (p_blue[blue < green] <= 0.5).all()
    # It lies as far from a half as the outputs do from each other.
    for i in range(6):
        if (total := green[i] + blue[i]) == 0:
            assert p_blue[i] == 0.5, f"p_blue[{i}] with both outputs 0"
            continue
        lead = (blue[i] - green[i]) / (2 * total)
        agree(p_blue[i] - 0.5, lead, atol=2e-16, what=f"p_blue[{i}] - 1/2")


def test_initial_parameters_are_normal_with_the_scale():
    net = voronet.Network((100, 200, 100))
    w = net.initial_parameters(np.random.default_rng(4), scale=0.25)
    assert w.shape == (net.size,)
    # The mean has standard deviation 0.25/√p, the spread 0.25/√(2p).
    assert abs(w.mean()) < 6 * 0.25 / net.size**0.5
    assert abs(w.std() - 0.25) < 6 * 0.25 / (2 * net.size) ** 0.5
    inside = (abs(w) < 0.25).mean()
    assert abs(inside - math.erf(0.5**0.5)) < 6 * 0.5 / net.size**0.5
    # The default scale is a half, and 0 gives zeros.
    half = voronet.Network().initial_parameters(np.random.default_rng(1))
    whole = voronet.Network().initial_parameters(np.random.default_rng(1), scale=1)
    agree(half, whole / 2, rtol=0)
    assert not voronet.Network().initial_parameters(np.random.default_rng(1), 0).any()


def test_a_network_is_frozen_hashable_and_holds_widths_alone():
    net = voronet.Network([2, np.int64(3), 2])
    assert net == voronet.Network((2, 3, 2))
    assert hash(net) == hash(voronet.Network((2, 3, 2)))
    assert net.widths == (2, 3, 2)
    assert all(type(width) is int for width in net.widths)
    assert net.depth == 2
    with pytest.raises(AttributeError):
        net.widths = (1, 1)


@pytest.mark.equation("eq:first-layer-undone", "eq:first-layer-jacobian")
@pytest.mark.parametrize("widths", [(2, 2, 8, 2), (3, 2, 2)])
def test_the_first_layer_is_a_change_of_coordinates(widths, rng):
    net, x = voronet.Network(widths), rng.random((widths[0], 5))
    w = rng.standard_normal(net.size)
    (W, *_), (b, *_) = net.unpack(w)
    z, a = voronet.forward(net, w, x)
    for i in range(5):
        for j in range(2):
            # Undo the sigmoid of each activation by a logarithm.
            back = math.log(a[1][j, i] / (1 - a[1][j, i]))
            straight = sum(W[j, r] * x[r, i] for r in range(widths[0])) + b[j]
            agree(back, straight, rtol=1e-11, what=f"z of unit {j}, sample {i}")
            # Move one coordinate along the imaginary axis.
            for r in range(widths[0]):
                moved = z[1][j, i] + W[j, r] * 1e-20j
                slope = (1 / (1 + cmath.exp(-moved))).imag / 1e-20
                received = voronet.sigmoid_derivative(a[1])[j, i] * W[j, r]
                agree(received, slope, what=f"unit {j} by coordinate {r}")
