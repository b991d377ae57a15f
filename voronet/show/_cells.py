"""The exact Voronoi cells of a rule in a square, and the true boundary."""

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from voronet._check import Array, check_shape, checked, describe, refuse
from voronet.data import VoronoiRule


def _check_extent(name: str, value: Any, given: dict[str, Any]) -> Any:  # noqa: ARG001
    sides = ": left, right, bottom and top"
    extent = check_shape(name, value, (4,), hint=sides).tolist()
    left, right, bottom, top = extent
    if left >= right or bottom >= top:
        refuse(name, describe(value), "left < right and bottom < top")
    return tuple(extent)


# Left, right, bottom and top of a square, as matplotlib's `imshow` takes them.
Extent = Annotated[tuple[float, float, float, float], _check_extent]
UNIT_SQUARE: Extent = (0.0, 1.0, 0.0, 1.0)
# What lies across an edge that borders no other cell: the side of the square.
OUTSIDE = -1


def extent_of(x: Array) -> Extent:
    """Choose what to show of the plane: the unit square, if it holds all points.

    Otherwise it is the smallest square around them, and a margin.
    """
    low, high = x.min(axis=1), x.max(axis=1)
    if low.min() >= 0 and high.max() <= 1:
        return UNIT_SQUARE
    half = 0.55 * (high - low).max() or 0.5 * np.abs(x).max()
    (left, bottom), (right, top) = (low + high) / 2 - half, (low + high) / 2 + half
    return float(left), float(right), float(bottom), float(top)


@dataclass(frozen=True, eq=False)
class Cell:
    """Hold one Voronoi cell: a convex polygon, cut off at a square.

    Parameters
    ----------
    label : int
        0 for a green seed, 1 for a blue one.
    corners : ndarray, shape (2, m)
        The corners, a column each, counter-clockwise.
    neighbours : tuple of int, length m
        Which seed lies across the edge from corner i to corner i + 1: its number among
        the green seeds followed by the blue ones, or -1 at the side of the square.

    Examples
    --------
    See `cells`.
    """

    label: int
    corners: Array
    neighbours: tuple[int, ...]


@checked
def cells(rule: VoronoiRule, extent: Extent = UNIT_SQUARE) -> list[Cell]:
    """Cut a square into the Voronoi cells of the seeds.

    Parameters
    ----------
    rule : VoronoiRule
        The seeds.
    extent : tuple of float
        Left, right, bottom and top of the square; the unit square if not given.

    Returns
    -------
    list of Cell
        One for each seed, green seeds first. A cell that lies outside the square has
        no corners, and so has that of a seed which repeats an earlier one.

    Raises
    ------
    ValueError
        If `rule` is no rule, or `extent` no square.

    Notes
    -----
    The cell of a seed s is what remains of the square when each other seed u cuts away
    its side of the perpendicular bisector: {x : (u − s)ᵀ (x − (s + u) / 2) > 0}.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.5]], blue=[[1.0], [0.5]])
    >>> cells(rule)[0].corners
    array([[0. , 0.5, 0.5, 0. ],
           [0. , 0. , 1. , 1. ]])
    >>> cells(rule)[0].neighbours
    (-1, 1, -1, -1)
    """
    left, right, bottom, top = extent
    seeds = np.concatenate([rule.green, rule.blue], axis=1)
    # A seed that repeats an earlier one has no cell, and cuts no other.
    first = [
        (seeds[:, :j] != seeds[:, [j]]).any(axis=0).all() for j in range(len(seeds.T))
    ]
    found = []
    for i, seed in enumerate(seeds.T):
        # Begin with the square, and let every other seed cut away its side.
        square = [(left, bottom), (right, bottom), (right, top), (left, top)]
        edges = [(np.array(corner, float), OUTSIDE) for corner in square if first[i]]
        for j, other in enumerate(seeds.T):
            if first[i] and first[j] and i != j:
                edges = _cut(edges, seed, other, j)
        corners = np.array([corner for corner, _ in edges]).reshape(-1, 2).T
        label = int(i >= rule.green.shape[1])
        found.append(Cell(label, corners, tuple(across for _, across in edges)))
    return found


@checked
def boundary(rule: VoronoiRule, extent: Extent = UNIT_SQUARE) -> Array:
    """Find the true boundary: the edges between green and blue cells.

    Parameters
    ----------
    rule : VoronoiRule
        The seeds.
    extent : tuple of float
        Left, right, bottom and top of a square; the unit square if not given.

    Returns
    -------
    ndarray, shape (m, 2, 2)
        m straight segments inside the square; `[i, :, 0]` and `[i, :, 1]` are the two
        ends of segment i.

    Raises
    ------
    ValueError
        If `rule` is no rule, or `extent` no square.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.5]], blue=[[1.0], [0.5]])
    >>> boundary(rule)
    array([[[0.5, 0.5],
            [0. , 1. ]]])
    """
    greens = rule.green.shape[1]
    segments = []
    for cell in cells(rule, extent):
        following = np.roll(cell.corners, -1, axis=1)
        for i, across in enumerate(cell.neighbours):
            # Keep the edges of green cells that have a blue seed across.
            if cell.label == 0 and across >= greens:
                segments.append(np.stack([cell.corners[:, i], following[:, i]], axis=1))
    return np.array(segments).reshape(-1, 2, 2)


def _cut(
    edges: list[tuple[Array, int]], seed: Array, other: Array, across: int
) -> list[tuple[Array, int]]:
    """Keep the part of a convex polygon that is nearer to one seed than to another.

    Each edge is the corner it starts from and the number of the seed across it.
    """
    # Measure from the midpoint of the seeds, along the line that joins them. Squares of
    # their lengths would lose a small difference.
    normal = other - seed
    normal, middle = normal / np.abs(normal).max(), seed + (other - seed) / 2
    kept = []
    for (start, label), (end, _) in zip(edges, edges[1:] + edges[:1], strict=True):
        from_line, to_line = normal @ (start - middle), normal @ (end - middle)
        crossing = None
        if (from_line < 0 < to_line) or (to_line < 0 < from_line):
            crossing = start + (end - start) * from_line / (from_line - to_line)
        # Keep an edge that starts inside; one that comes in starts at the line.
        if from_line < 0 or (from_line == 0 and to_line <= 0):
            kept.append((start, label))
        elif crossing is not None:
            kept.append((crossing, label))
        # Go along the line from where the polygon leaves the kept side.
        if from_line < 0 < to_line and crossing is not None:
            kept.append((crossing, across))
        elif from_line == 0 < to_line:
            kept.append((start, across))
    return kept
