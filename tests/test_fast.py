"""The prepared step is the plain one: the same numbers, in arrays made once."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import voronet
from tests.agree import agree, same_bits
from voronet import fast
from voronet._problem import Problem

OPTIMISERS = (voronet.Adam(learning_rate=0.02), voronet.GradientDescent(0.5))


def problem(widths, n, R, seed, own_points=True):
    rng = np.random.default_rng(seed)
    net = voronet.Network(widths)
    lead = (R,) if own_points else ()
    x = rng.random((*lead, widths[0], n))
    y = rng.random((*lead, widths[-1], n))
    return net, x, y, rng.standard_normal((R, net.size))


def prepared(net, optimiser, x, y, w):
    what = Problem(net, optimiser, x, y, None, w.shape[:-1])
    return fast.Prepared(what, w, optimiser.start(w))


# --8<-- [start:plain]
@pytest.mark.equation(
    "eq:half-z",
    "eq:delta-output-scaled",
    "eq:delta-hidden-scaled",
    "eq:gradient-weights-scaled",
    "eq:gradient-biases-scaled",
    "eq:loss-scaled",
    "eq:adam-rearranged",
)
@given(
    widths=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    n=st.integers(1, 20),
    R=st.integers(1, 4),
    cache=st.integers(1, 40_000),
    own_points=st.booleans(),
    optimiser=st.sampled_from(OPTIMISERS),
    seed=st.integers(0, 99),
)
# Take every way that a product has, alone and together, in one block and in many.
@example([3, 11, 9, 2, 9], 20, 1, 2**22, False, OPTIMISERS[0], 0)
@example([3, 11, 9, 2, 9], 20, 3, 2**22, True, OPTIMISERS[0], 0)
@example([3, 11, 9, 2, 9], 20, 3, 6000, True, OPTIMISERS[0], 0)
@settings(max_examples=settings().max_examples // 4)
def test_a_hundred_steps_equal_the_plain_functions(
    widths, n, R, cache, own_points, optimiser, seed
):
    net, x, y, w = problem(tuple(widths), n, R, seed, own_points)
    state = optimiser.start(w)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast, "CACHE", cache)
        job = prepared(net, optimiser, x, y, w)
    for t in range(100):
        # Take the plain step.
        g = voronet.gradient(net, w, x, y)
        _, a = voronet.forward(net, w, x)
        loss = voronet.mean_squared_error(a[-1], y)
        w, state = optimiser.step(w, g, state)
        # Take the prepared one, and compare what both know.
        norm = np.sqrt((g**2).sum(axis=-1))
        job.differentiate()
        agree(job.norm(), norm, rtol=0, atol=1e-13, what=f"‖g‖ at step {t}")
        agree(job.loss(), loss, rtol=0, atol=1e-13, what=f"L at step {t}")
        job.step()
        agree(job.w, w, rtol=0, atol=1e-13, what=f"w after step {t}")
    if isinstance(state, voronet.AdamState):
        agree(job.state.m, state.m, rtol=0, atol=1e-13, what="m")
        agree(job.state.v, state.v, rtol=0, atol=1e-13, what="v")


# --8<-- [end:plain]


# --8<-- [start:alone]
@given(
    widths=st.lists(st.integers(1, 12), min_size=2, max_size=5),
    n=st.one_of(st.integers(1, 20), st.just(1000)),
    # All networks in a block, one, or several blocks for each.
    room=st.sampled_from([5, 1.2, 0.3]),
    own_points=st.booleans(),
    optimiser=st.sampled_from(OPTIMISERS),
)
@settings(max_examples=settings().max_examples // 2)
def test_a_row_does_not_know_of_the_others(widths, n, room, own_points, optimiser):
    net, x, y, w = problem(tuple(widths), n, 3, seed=4, own_points=own_points)
    with pytest.MonkeyPatch.context() as patch:
        # A sample takes about three numbers for each unit.
        patch.setattr(fast, "CACHE", int(8 * 3 * sum(widths) * n * room))
        together = prepared(net, optimiser, x, y, w)
        alone = [
            prepared(
                net,
                optimiser,
                *(part[r] if own_points else part for part in (x, y)),
                w[[r]],
            )
            for r in range(3)
        ]
    for t in range(4):
        together.differentiate()
        for r, job in enumerate(alone):
            job.differentiate()
            same_bits(together.norm()[r], job.norm()[0], what=f"‖g‖, row {r}, step {t}")
            same_bits(together.loss()[r], job.loss()[0], what=f"L, row {r}, step {t}")
            job.step()
        together.step()
        for r, job in enumerate(alone):
            same_bits(together.w[r], job.w[0], what=f"w, row {r}, step {t}")


# --8<-- [end:alone]


def test_what_is_kept_goes_on_as_before():
    net, x, y, w = problem((2, 3, 2), 5, 4, seed=1)
    job, rows = prepared(net, OPTIMISERS[0], x, y, w), np.array([0, 1, 0, 1], bool)
    rest = prepared(net, OPTIMISERS[0], x[rows], y[rows], w[rows])
    job.differentiate()
    # Let two rows go between the gradient and the step, as training does.
    job.keep(rows)
    job.step()
    rest.differentiate()
    rest.step()
    same_bits(job.w, rest.w, what="w of the rows that were kept")
    for one in (job, rest):
        one.differentiate()
    same_bits(job.norm(), rest.norm(), what="their next ‖g‖")


# --8<-- [start:no-array]
@pytest.mark.parametrize("optimiser", OPTIMISERS, ids=["adam", "descent"])
@pytest.mark.parametrize("cache", [2**16, 2**22], ids=["small", "large"])
@pytest.mark.parametrize("R", [1, 3, 64])
@pytest.mark.parametrize("n", [100, 2000])
def test_a_step_makes_no_array(n, R, cache, optimiser, monkeypatch):
    monkeypatch.setattr(fast, "CACHE", cache)
    net, x, y, w = problem((2, 2, 8, 2), n, R, seed=2)
    job = prepared(net, optimiser, x, y, w)
    # NumPy reads the targets of many networks through buffers of a fixed size. All
    # else, views and Python numbers, stays below four rows of a hundred samples.
    buffers = 2 * 8 * np.getbufsize() if R > 1 else 0
    few = 4 * 100 * 8
    for call, most in ((job.differentiate, few + buffers), (job.step, few)):
        call()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            for _ in range(5):
                call()
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        assert peak < most, f"n = {n}, R = {R}: {call.__name__} made {peak} bytes"


# --8<-- [end:no-array]


# --8<-- [start:turns]
@pytest.mark.parametrize("count", [1, 2, 3])
def test_blocks_that_take_turns_in_their_arrays_lose_nothing(count, monkeypatch):
    # Cut twelve samples into equal parts: a sample takes 21 rows here.
    net, x, y, w = problem((2, 3, 2), 12, 2, seed=6)
    monkeypatch.setattr(fast, "CACHE", 8 * 21 * 12 // count)
    job = prepared(net, OPTIMISERS[0], x, y, w)
    assert len(job.blocks) == 2 * count, "samples, for each of two networks"
    job.differentiate()
    _, a = voronet.forward(net, w, x)
    loss = voronet.mean_squared_error(a[-1], y)
    assert job.loss() == pytest.approx(loss, rel=1e-13)


# --8<-- [end:turns]


# --8<-- [start:tangent]
@pytest.mark.equation("eq:sigmoid-tanh", "eq:slope-tanh")
@pytest.mark.parametrize("z", [-30.0, -2.5, -1e-3, 0.0, 0.7, math.log(3), 12.0])
def test_the_tangent_gives_the_sigmoid_and_its_slope(z):
    h = math.tanh(z / 2)
    a = voronet.sigmoid(z)
    assert (1 + h) / 2 == pytest.approx(a, abs=1e-15), f"z = {z}"
    slope = math.exp(-z) / (1 + math.exp(-z)) ** 2
    assert (1 - h * h) / 4 == pytest.approx(slope, abs=1e-15), f"z = {z}"
    assert voronet.sigmoid_derivative(a) == pytest.approx(slope, abs=1e-15), f"z = {z}"


# --8<-- [end:tangent]


# --8<-- [start:calls]
@pytest.mark.parametrize("networks", [1, 64])
def test_a_step_takes_as_many_calls_as_the_chapter_counts(networks):
    net, x, y, w = problem((2, 2, 8, 2), 100, networks, seed=3)
    job = prepared(net, OPTIMISERS[0], x, y, w)
    # A product, a tangent and an addition for each of three layers, but for the last
    # addition, and the errors: 9. Two for all slopes, one for the output's delta; a
    # product for each layer's derivatives, and two for each delta before: 10.
    assert len(job.slope) == 9 + 3 + 3 + 2 * 2
    # Two numbers that change with t, four calls for the moments, five for the step.
    assert len(job.move) == 1 + 4 + 5


# --8<-- [end:calls]


def test_a_further_block_takes_its_own_calls_and_an_addition(monkeypatch):
    net, x, y, w = problem((2, 2, 8, 2), 100, 1, seed=3)
    # A sample takes x and a one, y, a - y, two hidden a with a one each, and 12 each
    # of h and δ: 3 + 2 + 2 + 3 + 9 + 12 + 12 numbers.
    monkeypatch.setattr(fast, "CACHE", 8 * 43 * 20)
    job = prepared(net, OPTIMISERS[0], x, y, w)
    assert len(job.slope) == 19 + 4 * (19 + 1), f"{len(job.slope)} calls in 5 blocks"
    assert len(job.move) == 1 + 4 + 5, "the step knows of no blocks"


@pytest.mark.parametrize(
    ("n", "R", "room", "expected"),
    [
        # (networks, samples) of each block, where the cache has room for so many
        # samples of one network; as few blocks as fit, and of like size.
        (12, 1, 4, [(1, 4)] * 3),
        (12, 2, 5, [(1, 4)] * 6),
        (13, 1, 5, [(1, 5), (1, 5), (1, 3)]),
        (9, 1, 4.99, [(1, 3)] * 3),
        (12, 4, 25, [(2, 12)] * 2),
        (12, 3, 24, [(2, 12), (1, 12)]),
        (12, 4, 23, [(1, 12)] * 4),
        (12, 3, 40, [(3, 12)]),
        (3, 2, 0.01, [(1, 1)] * 6),
    ],
)
def test_blocks_fit_the_cache_and_are_few(n, R, room, expected, monkeypatch):
    # A sample takes: x and a one, y, a - y, a of the hidden layer and a one, and
    # h and δ of both layers.
    numbers = (2 + 1) + 2 + 2 + (3 + 1) + 2 * (3 + 2)
    monkeypatch.setattr(fast, "CACHE", int(8 * numbers * room))
    net, x, y, w = problem((2, 3, 2), n, R, seed=6)
    job = prepared(net, OPTIMISERS[1], x, y, w)
    sizes = [(len(block.h[0]), block.h[0].shape[2]) for block in job.blocks]
    assert sizes == expected, f"(networks, samples) of each block: {sizes}"
