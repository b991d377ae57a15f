"""The exact Voronoi cells of a rule in the unit square, and the true boundary."""

from dataclasses import dataclass

import numpy as np

from voronet._check import Array
from voronet.data import VoronoiRule

# The side of the square that an edge lies on, where it borders no other cell.
OUTSIDE = -1


@dataclass(frozen=True, eq=False)
class Cell:
    """Hold one Voronoi cell: a convex polygon, cut off at the unit square.

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


def cells(rule: VoronoiRule) -> list[Cell]:
    """Cut the unit square into the Voronoi cells of the seeds.

    Parameters
    ----------
    rule : VoronoiRule
        The seeds.

    Returns
    -------
    list of Cell
        One for each seed, green seeds first. A cell that lies outside the square has
        no corners, and so has that of a seed which repeats an earlier one.

    Notes
    -----
    The cell of a seed s is what remains of the square when each other seed u cuts away
    its side of the perpendicular bisector: {x : 2 (u − s)ᵀ x > ‖u‖² − ‖s‖²}.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.5]], blue=[[1.0], [0.5]])
    >>> cells(rule)[0].corners
    array([[0. , 0.5, 0.5, 0. ],
           [0. , 0. , 1. , 1. ]])
    >>> cells(rule)[0].neighbours
    (-1, 1, -1, -1)
    """
    seeds = np.concatenate([rule.green, rule.blue], axis=1)
    # A seed that repeats an earlier one has no cell, and cuts no other.
    first = [
        (seeds[:, :j] != seeds[:, [j]]).any(axis=0).all() for j in range(len(seeds.T))
    ]
    found = []
    for i, seed in enumerate(seeds.T):
        # Begin with the square, and let every other seed cut away its side.
        square = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
        edges = [(corner, OUTSIDE) for corner in square if first[i]]
        for j, other in enumerate(seeds.T):
            if i != j and first[j]:
                normal = 2 * (other - seed)
                edges = cut(edges, normal, other @ other - seed @ seed, j)
        corners = np.array([corner for corner, _ in edges]).reshape(-1, 2).T
        label = int(i >= rule.green.shape[1])
        found.append(Cell(label, corners, tuple(across for _, across in edges)))
    return found


def boundary(rule: VoronoiRule) -> Array:
    """Find the true boundary: the edges between green and blue cells.

    Parameters
    ----------
    rule : VoronoiRule
        The seeds.

    Returns
    -------
    ndarray, shape (m, 2, 2)
        m straight segments inside the unit square; `[i, :, 0]` and `[i, :, 1]` are the
        two ends of segment i.

    Examples
    --------
    >>> rule = VoronoiRule(green=[[0.0], [0.5]], blue=[[1.0], [0.5]])
    >>> boundary(rule)
    array([[[0.5, 0.5],
            [0. , 1. ]]])
    """
    greens = rule.green.shape[1]
    segments = []
    for cell in cells(rule):
        following = np.roll(cell.corners, -1, axis=1)
        for i, across in enumerate(cell.neighbours):
            # Keep the edges of green cells that have a blue seed across.
            if cell.label == 0 and across >= greens:
                segments.append(np.stack([cell.corners[:, i], following[:, i]], axis=1))
    return np.array(segments).reshape(-1, 2, 2)


def cut(
    edges: list[tuple[Array, int]], normal: Array, offset: float, across: int
) -> list[tuple[Array, int]]:
    """Keep the part of a convex polygon where normalᵀ x ≤ offset.

    Each edge is the corner it starts from and the seed across it.
    """
    kept = []
    for (start, label), (end, _) in zip(edges, edges[1:] + edges[:1], strict=True):
        from_line, to_line = normal @ start - offset, normal @ end - offset
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
