"""The data rule: labels, ties, one-hot targets, points."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import voronet
from tests.agree import agree, same_bits
from voronet.data import squared_distances


@pytest.mark.equation("eq:label", "eq:one-hot", "eq:squared-distance")
# --8<-- [start:hand]
def test_hand():
    # Place two green seeds, one blue seed and three points.
    green = np.array([[0, 1], [0, 1]])
    blue = np.array([[1], [0]])
    x = np.array([[1 / 4, 3 / 4, 1], [1 / 2, 1 / 4, 3 / 4]])
    # Work out each squared distance by hand.
    to_green = [
        [1 / 16 + 1 / 4, 9 / 16 + 1 / 16, 1 + 9 / 16],
        [9 / 16 + 1 / 4, 1 / 16 + 9 / 16, 0 + 1 / 16],
    ]
    to_blue = [[9 / 16 + 1 / 4, 1 / 16 + 1 / 16, 0 + 9 / 16]]
    agree(squared_distances(x, green), to_green, rtol=0)
    agree(squared_distances(x, blue), to_blue, rtol=0)
    # Compare the least of each: 5/16 and 13/16, 10/16 and
    # 2/16, 1/16 and 9/16. The second point alone is blue.
    rule = voronet.VoronoiRule(green, blue)
    label = rule.label(x)
    assert label.tolist() == [0, 1, 0]
    agree(voronet.one_hot(label), [[1, 0, 1], [0, 1, 0]], rtol=0)


# --8<-- [end:hand]


# --8<-- [start:loops]
def label_by_loops(green, blue, x):
    """Label one point: the seeds are a list of pairs each."""

    # Find the least distance to the seeds of one colour.
    def nearest(seeds):
        least = float("inf")
        for seed in seeds:
            total = 0.0
            for j in range(2):
                total += (x[j] - seed[j]) ** 2
            least = min(least, total**0.5)
        return least

    return 0 if nearest(green) <= nearest(blue) else 1


@pytest.mark.equation("eq:label", "eq:least-square")
@pytest.mark.parametrize("seed", range(5))
def test_loops(seed):
    # Label random points both ways.
    rng = np.random.default_rng(seed)
    rule = voronet.VoronoiRule.random(rng, per_class=4)
    x = voronet.sample_points(200, rng)
    expected = [label_by_loops(rule.green.T, rule.blue.T, point) for point in x.T]
    assert rule.label(x).tolist() == expected


# --8<-- [end:loops]


@pytest.mark.equation("eq:label")
# --8<-- [start:ties]
def test_ties_go_to_green():
    # Put the colours a unit apart: the tie is the line x_1 = 1/2.
    rule = voronet.VoronoiRule(np.array([[0], [0]]), np.array([[1], [0]]))
    step = 2.0**-50
    x = np.array([[0.5 - step, 0.5, 0.5 + step], [0.25, 0.25, 0.25]])
    assert rule.label(x).tolist() == [0, 0, 1]
    # A seed of both colours ties everywhere: all is green.
    seed = np.array([[0.5], [0.5]])
    both = voronet.VoronoiRule(seed, seed)
    assert both.label(x).tolist() == [0, 0, 0]


# --8<-- [end:ties]


# --8<-- [start:laws]
# Whole numbers keep every squared distance exact, ties too.
whole = st.integers(-40, 40)
places = st.lists(st.tuples(whole, whole), min_size=1, max_size=5)


@given(places, places, places, st.tuples(whole, whole))
def test_laws(green, blue, x, shift):
    green, blue, x = (np.array(p, float).T for p in (green, blue, x))
    label = voronet.VoronoiRule(green, blue).label(x)

    def moved(turn, shift=(0.0, 0.0)):
        g, b, p = (
            turn @ points + np.reshape(shift, (2, 1)) for points in (green, blue, x)
        )
        return voronet.VoronoiRule(g, b).label(p).tolist()

    # Labels survive a translation, a quarter turn, a reflection
    # and the rotation by atan(4/3), which stretches by 5.
    assert moved(np.eye(2), shift) == label.tolist()
    assert moved(np.array([[0, -1], [1, 0]])) == label.tolist()
    assert moved(np.array([[1, 0], [0, -1]])) == label.tolist()
    assert moved(np.array([[3, -4], [4, 3]])) == label.tolist()


# --8<-- [end:laws]


@pytest.mark.equation("eq:label")
# --8<-- [start:colours]
@given(places, places, places)
def test_swapping_the_colours_swaps_the_labels(green, blue, x):
    green, blue, x = (np.array(p, float).T for p in (green, blue, x))
    label = voronet.VoronoiRule(green, blue).label(x)
    swapped = voronet.VoronoiRule(blue, green).label(x)
    # A point with both labels 0 ties; none has both labels 1.
    least = [squared_distances(x, s).min(axis=0) for s in (green, blue)]
    tie = least[0] == least[1]
    assert (label[~tie] + swapped[~tie] == 1).all()
    assert (label[tie] == 0).all()
    assert (swapped[tie] == 0).all()


# --8<-- [end:colours]


@pytest.mark.equation("eq:bisector", "eq:squared-distance", "eq:label")
# --8<-- [start:bisector]
def test_two_seeds_are_parted_by_their_bisector():
    # From (1, 0) and (3, 4) the squares differ by 4 x_1 + 8 x_2 - 24:
    # twice the way between them, times x, and 1 - 25.
    green, blue = np.array([[1.0], [0.0]]), np.array([[3.0], [4.0]])
    x = np.stack(np.meshgrid(np.arange(-8.0, 9), np.arange(-8.0, 9))).reshape(2, -1)
    to_green, to_blue = squared_distances(x, green), squared_distances(x, blue)
    line = [4 * p + 8 * q - 24 for p, q in x.T]
    agree(to_green - to_blue, [line], rtol=0)
    # Green has the line itself and the side of its seed.
    label = voronet.VoronoiRule(green, blue).label(x)
    assert label.tolist() == [int(value > 0) for value in line]


# --8<-- [end:bisector]


@given(places, places, st.lists(st.tuples(whole, whole), min_size=1, max_size=3))
def test_the_way_to_the_nearest_seed_keeps_its_colour(green, blue, x):
    # A Voronoi cell holds the segment from any of its points to its seed.
    rule = voronet.VoronoiRule(np.array(green).T, np.array(blue).T)
    for point in np.array(x, float):
        label = rule.label(point[:, None])[0]
        seeds = (rule.green, rule.blue)[label]
        nearest = seeds[:, ((seeds.T - point) ** 2).sum(axis=1).argmin()]
        way = [point + share * (nearest - point) for share in (0.25, 0.5, 0.75, 1)]
        got = rule.label(np.array(way).T).tolist()
        assert got == [label] * 4, f"{point} to {nearest}: {got}, expected {label}"


def test_seeds_order_does_not_matter(rng):
    rule = voronet.VoronoiRule.random(rng, per_class=5)
    x = voronet.sample_points(300, rng)
    other = voronet.VoronoiRule(rule.green[:, ::-1], rule.blue[:, [2, 0, 4, 1, 3]])
    assert other.label(x).tolist() == rule.label(x).tolist()
    assert set(rule.label(x).tolist()) == {0, 1}, "the draw shows one colour only"


@pytest.mark.equation("eq:one-hot")
# --8<-- [start:one_hot]
def test_one_hot():
    # Give every column one 1, in the row that its label names.
    label = np.array([0, 1, 1, 0, 1])
    y = voronet.one_hot(label)
    assert y.dtype == np.float64
    for i in range(5):
        for j in range(2):
            assert y[j, i] == (1.0 if label[i] == j else 0.0)


# --8<-- [end:one_hot]


def test_labels_are_integers_one_for_each_point():
    rule = voronet.VoronoiRule([[0], [0]], [[1], [1]])
    label = rule.label([[0.1, 0.9, 0.2], [0.1, 0.9, 0.3]])
    assert label.shape == (3,)
    assert label.dtype == np.int_


# --8<-- [start:sample_points]
def test_points_fill_the_unit_square_evenly():
    x = voronet.sample_points(40_000, np.random.default_rng(8))
    assert x.shape == (2, 40_000)
    assert x.min() >= 0
    assert x.max() <= 1
    # Count the points in each of 16 equal cells: 2500 are expected,
    # and the standard deviation is about 48.
    cell = 4 * np.floor(4 * x[0]) + np.floor(4 * x[1])
    counts = np.bincount(cell.astype(int), minlength=16)
    assert abs(counts - 2500).max() < 6 * 48, counts


# --8<-- [end:sample_points]


def test_a_seeded_generator_repeats_and_moves_on():
    same = [voronet.sample_points(7, np.random.default_rng(3)) for _ in range(2)]
    same_bits(*same, what="x")
    rng = np.random.default_rng(3)
    first, second = voronet.sample_points(7, rng), voronet.sample_points(7, rng)
    assert (first != second).all()


def test_random_rule_draws_the_green_seeds_first():
    rule = voronet.VoronoiRule.random(np.random.default_rng(5), per_class=2)
    drawn = np.random.default_rng(5).random(8).reshape(2, 2, 2)
    same_bits(rule.green, drawn[0], what="green")
    same_bits(rule.blue, drawn[1], what="blue")
    default = voronet.VoronoiRule.random(np.random.default_rng(5))
    assert default.green.shape == default.blue.shape == (2, 3)


def test_a_rule_is_frozen_and_keeps_its_own_seeds():
    green = np.zeros((2, 1))
    rule = voronet.VoronoiRule(green, np.ones((2, 1)))
    green[0, 0] = 9.0
    assert rule.green[0, 0] == 0.0, "the rule shares the caller's array"
    with pytest.raises(ValueError, match="read-only"):
        rule.green[0, 0] = 1.0
    with pytest.raises(AttributeError):
        rule.green = green


def test_equal_rules_are_equal_and_hash_alike():
    rule = voronet.VoronoiRule([[0.0], [0.5]], [[1.0], [0.0]])
    same = voronet.VoronoiRule([[-0.0], [0.5]], [[1.0], [-0.0]])
    other = voronet.VoronoiRule([[0.0], [0.5]], [[1.0], [0.75]])
    assert rule == same
    assert hash(rule) == hash(same), "the sign of a zero changes the hash"
    assert rule != other
    assert rule != "a rule"
    # Rules that differ, however little and in either colour, are told apart.
    near = [
        voronet.VoronoiRule([[green], [0.5]], [[1.0], [blue]])
        for green, blue in ((0.0, 0.0), (1e-20, 0.0), (0.0, 1e-20), (1e-20, 1e-20))
    ]
    assert len({hash(rule) for rule in near}) == 4, "different rules hash alike"
