"""Laws that join several parts: symmetries, and restarts against single runs."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import voronet
from tests.agree import agree, same_bits

seeds = st.integers(0, 2**32)
widths = st.lists(st.integers(1, 9), min_size=2, max_size=5).map(tuple)
samples = st.integers(1, 40)


def problem(widths, n, seed, lead=()):
    """Draw a network of these widths, parameters and samples."""
    rng = np.random.default_rng(seed)
    net = voronet.Network(widths)
    w = rng.standard_normal((*lead, net.size))
    return net, w, rng.random((widths[0], n)), rng.random((widths[-1], n)), rng


def loss(net, w, x, y):
    return voronet.mean_squared_error(voronet.forward(net, w, x)[1][-1], y)


@pytest.mark.equation("eq:loss", "eq:gradient-weights", "eq:gradient-biases")
# --8<-- [start:samples]
@given(widths, samples, seeds)
def test_the_order_of_the_samples_does_not_matter(widths, n, seed):
    net, w, x, y, rng = problem(widths, n, seed)
    order = rng.permutation(n)
    agree(loss(net, w, x[:, order], y[:, order]), loss(net, w, x, y))
    agree(
        voronet.gradient(net, w, x[:, order], y[:, order]),
        voronet.gradient(net, w, x, y),
        rtol=1e-9,
        atol=1e-15,
    )


@pytest.mark.equation("eq:loss", "eq:gradient-weights", "eq:gradient-biases")
@given(widths, samples, seeds)
def test_showing_every_sample_twice_changes_nothing(widths, n, seed):
    net, w, x, y, _ = problem(widths, n, seed)
    twice = np.tile(x, 2), np.tile(y, 2)
    agree(loss(net, w, *twice), loss(net, w, x, y))
    received = voronet.gradient(net, w, *twice)
    agree(received, voronet.gradient(net, w, x, y), rtol=1e-9, atol=1e-15)


@pytest.mark.equation("eq:loss")
@given(widths, st.integers(2, 20), seeds)
def test_a_duplicate_point_weighs_as_one_more_sample(widths, n, seed):
    # n L + ℓ_1 = (n + 1) L with the first sample once more.
    net, w, x, y, _ = problem(widths, n, seed)
    more = np.c_[x, x[:, :1]], np.c_[y, y[:, :1]]
    first = x[:, :1], y[:, :1]
    for f in (loss, voronet.gradient):
        expected = (n * f(net, w, x, y) + f(net, w, *first)) / (n + 1)
        agree(f(net, w, *more), expected, rtol=1e-9, atol=1e-15)


# --8<-- [end:samples]


@pytest.mark.equation("eq:pre-activation", "eq:delta-hidden", "eq:parameter-order")
# --8<-- [start:units]
@given(
    st.lists(st.integers(1, 7), min_size=3, max_size=5).map(tuple),
    samples,
    seeds,
    st.data(),
)
def test_the_order_of_hidden_units_does_not_matter(widths, n, seed, data):
    net, w, x, y, rng = problem(widths, n, seed)
    k = data.draw(st.integers(1, len(widths) - 2), label="layer")
    order = rng.permutation(widths[k])

    def exchange(vector):
        # Rows of W_k, entries of b_k, columns of W_{k+1}.
        weights, biases = net.unpack(vector.copy())
        weights[k - 1][:] = weights[k - 1][order]
        biases[k - 1][:] = biases[k - 1][order]
        weights[k][:] = weights[k][:, order]
        return net.pack(weights, biases)

    other = exchange(w)
    agree(
        voronet.forward(net, other, x)[1][-1],
        voronet.forward(net, w, x)[1][-1],
        rtol=1e-11,
    )
    # The gradient is exchanged just as w is.
    expected = exchange(voronet.gradient(net, w, x, y))
    received = voronet.gradient(net, other, x, y)
    agree(received, expected, rtol=1e-9, atol=1e-14)


# --8<-- [end:units]


@pytest.mark.equation("eq:decision", "eq:loss")
# --8<-- [start:colours]
@given(samples, seeds)
def test_swapping_the_colours_mirrors_everything(n, seed):
    # Swap the rows of the last layer, and the rows of the targets.
    net, w, x, y, _ = problem((2, 2, 8, 2), n, seed)
    weights, biases = net.unpack(w)
    other = net.pack(
        [*weights[:-1], weights[-1][::-1]], [*biases[:-1], biases[-1][::-1]]
    )
    p_blue = voronet.decision(net, w, x)
    agree(voronet.decision(net, other, x), 1 - p_blue, atol=1e-15)
    agree(loss(net, other, x, y[::-1]), loss(net, w, x, y))
    one_hot = voronet.one_hot((p_blue > 0.5).astype(int))
    same_bits(voronet.one_hot((p_blue <= 0.5).astype(int)), one_hot[::-1].copy())


# --8<-- [end:colours]


@given(samples, seeds, st.integers(1, 8))
def test_adding_a_unit_that_nobody_hears_changes_nothing(n, seed, extra):
    net, w, x, _, rng = problem((2, 3, 2), n, seed)
    weights, biases = net.unpack(w)
    wider = voronet.Network((2, 3 + extra, 2))
    padded = wider.pack(
        [
            np.r_[weights[0], rng.standard_normal((extra, 2))],
            np.c_[weights[1], np.zeros((2, extra))],
        ],
        [np.r_[biases[0], rng.standard_normal(extra)], biases[1]],
    )
    agree(voronet.decision(wider, padded, x), voronet.decision(net, w, x), rtol=1e-11)


# --8<-- [start:restarts]
restarts = st.integers(1, 5)


@given(widths, samples, seeds, restarts, st.booleans(), st.booleans())
def test_restarts_equal_single_networks_bit_for_bit(
    widths, n, seed, R, own_points, own_targets
):
    net, w, x, y, rng = problem(widths, n, seed, lead=(R,))
    if own_points:
        x = rng.random((R, *x.shape))
    if own_targets:
        y = rng.random((R, *y.shape))
    z, a = voronet.forward(net, w, x)
    losses = voronet.mean_squared_error(a[-1], y)
    delta = voronet.backpropagate(net, w, a, y)
    g = voronet.gradient(net, w, x, y)
    # Compute each network by itself.
    for r in range(R):
        x_r, y_r = (x[r] if own_points else x), (y[r] if own_targets else y)
        z_r, a_r = voronet.forward(net, w[r], x_r)
        delta_r = voronet.backpropagate(net, w[r], a_r, y_r)
        for k in range(1, len(widths)):
            same_bits(z[k][r], z_r[k], what=f"z[{k}], restart {r}")
            same_bits(a[k][r], a_r[k], what=f"a[{k}], restart {r}")
            same_bits(delta[k][r], delta_r[k], what=f"delta[{k}], restart {r}")
        alone = voronet.mean_squared_error(a_r[-1], y_r)
        same_bits(losses[r], alone, what=f"loss, restart {r}")
        alone = voronet.gradient(net, w[r], x_r, y_r)
        same_bits(g[r], alone, what=f"g, restart {r}")
        if widths[-1] == 2:
            p_blue = voronet.decision(net, w, x)[r]
            alone = voronet.decision(net, w[r], x_r)
            same_bits(p_blue, alone, what=f"p_blue, restart {r}")


# --8<-- [end:restarts]


@given(seeds, restarts, st.integers(1, 30))
@settings(max_examples=settings().max_examples * 2 // 5)
def test_training_on_the_restart_axis_equals_single_runs(seed, R, n):
    net, _, _, _, rng = problem((2, 2, 8, 2), n, seed)
    x, y = rng.random((R, 2, n)), rng.random((R, 2, n))
    options = {"net": net, "max_steps": 30, "record_every": 7}
    options["optimiser"] = voronet.Adam(learning_rate=0.1)
    together = voronet.train(x, y, seed=range(R), **options)
    for r in range(R):
        alone = voronet.train(x[r], y[r], seed=r, **options)
        same_bits(together.steps, alone.steps, what="steps")
        for name in ("loss", "gradient_norm", "snapshots"):
            parts = getattr(together, name)[:, r], getattr(alone, name)
            same_bits(*parts, what=f"{name}, restart {r}")
        same_bits(together.state.m[r], alone.state.m, what=f"m, restart {r}")
        same_bits(together.state.v[r], alone.state.v, what=f"v, restart {r}")
        assert together.stopped[r] == alone.stopped


@given(
    st.lists(st.integers(1, 6), min_size=2, max_size=5).map(tuple),
    seeds,
    st.sampled_from([(), (1,), (3,)]),
)
def test_pack_undoes_unpack_and_unpack_shows_views(widths, seed, lead):
    net = voronet.Network(widths)
    w = np.random.default_rng(seed).standard_normal((*lead, net.size))
    weights, biases = net.unpack(w)
    same_bits(net.pack(weights, biases), w, what="w")
    for k, (W, b) in enumerate(zip(weights, biases, strict=True)):
        assert W.shape == (*lead, widths[k + 1], widths[k])
        assert b.shape == (*lead, widths[k + 1])
        assert W.base is w
        assert b.base is w


@given(widths, samples, seeds, st.floats(0, 1e49))
def test_nothing_overflows_or_warns_however_large_the_parameters(
    widths, n, seed, scale
):
    # Warnings are errors in these tests: a single one would fail.
    net, w, x, y, _ = problem(widths, n, seed)
    w = w * scale
    z, a = voronet.forward(net, w, x)
    assert all(np.isfinite(layer).all() for layer in z[1:])
    assert all(((layer >= 0) & (layer <= 1)).all() for layer in a[1:])
    assert np.isfinite(voronet.gradient(net, w, x, y)).all()
